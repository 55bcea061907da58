// SPDX-License-Identifier: BSL-1.0
// Writes a GGUF file of a shape with random weights, every matrix in one format, for the peers that read such files:
//   make_gguf SHAPE f32|f16|bf16|q8_0|q4_0 FILE
// A megabyte of random blocks is made for each width of row and repeated: no engine's time depends on the numbers.
// Refuses to be a model: its vocabulary is there so that a reader takes the file, and says nothing.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/core/rng.hpp"
#include "mote/simd/half.hpp"
#include "shapes.hpp"

namespace {

struct format {
  std::string_view name;
  std::uint32_t tensor_type, file_type;  // GGUF's numbers
  std::size_t block, block_bytes;
};
constexpr format formats[] = {
    {"f32", 0, 0, 1, 4}, {"f16", 1, 1, 1, 2}, {"bf16", 30, 32, 1, 2}, {"q8_0", 8, 7, 32, 34}, {"q4_0", 2, 2, 32, 18},
};

struct tensor {
  std::string name;
  std::size_t rows, cols;  // rows = 0: a vector of floats
};

class writer {
 public:
  explicit writer(const char* path) : file_(std::fopen(path, "wb")) {
    if (file_ == nullptr) throw std::runtime_error(std::string("cannot write ") + path);
  }
  ~writer() {
    if (file_ != nullptr) std::fclose(file_);
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void bytes(const void* from, std::size_t count) {
    if (std::fwrite(from, 1, count, file_) != count) throw std::runtime_error("the disk is full");
    written_ += count;
  }
  template <class Number>
  void number(Number n) {
    bytes(&n, sizeof n);
  }
  void text(std::string_view t) {
    number(std::uint64_t{t.size()});
    bytes(t.data(), t.size());
  }
  void pad(std::size_t to) {
    while (written_ % to != 0) number(char{0});
  }
  void finish() {
    const int failed = std::fclose(file_);
    file_ = nullptr;
    if (failed != 0) throw std::runtime_error("the disk is full");
  }

  // key and value
  void key(std::string_view k, std::uint32_t type) {
    text(k);
    number(type);
  }
  void integer(std::string_view k, std::size_t v) { key(k, 4), number(static_cast<std::uint32_t>(v)); }
  void real(std::string_view k, float v) { key(k, 6), number(v); }
  void words(std::string_view k, std::string_view v) { key(k, 8), text(v); }
  void array(std::string_view k, std::uint32_t of, std::size_t count) {
    key(k, 9), number(of), number(std::uint64_t{count});
  }

 private:
  std::FILE* file_;
  std::size_t written_ = 0;
};

std::size_t bytes_of(const tensor& t, const format& f) {
  return t.rows == 0 ? t.cols * sizeof(float) : t.rows * t.cols / f.block * f.block_bytes;
}

/// Whole blocks, about a megabyte, whose products of `cols` have a variance near one.
std::vector<char> random_blocks(std::size_t cols, const format& f, mote::rng& random) {
  const float deviation = 1.0F / std::sqrt(static_cast<float>(cols));
  std::vector<char> out((std::size_t{1} << 20U) / f.block_bytes * f.block_bytes);
  const auto put = [&out](std::size_t at, auto n) { __builtin_memcpy(out.data() + at, &n, sizeof n); };
  for (std::size_t at = 0; at < out.size(); at += f.block_bytes) {
    if (f.block == 1) {
      const float x = random.normal() * deviation;
      if (f.name == "f32") put(at, x);
      else if (f.name == "f16") put(at, mote::simd::float_to_half(x));
      else put(at, static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16U));
      continue;
    }
    // integers drawn evenly have a deviation of 0.29 of their range
    put(at, mote::simd::float_to_half(deviation / 0.29F / (f.name == "q8_0" ? 256.0F : 16.0F)));
    for (std::size_t i = 2; i < f.block_bytes; i += 4) {
      const std::uint32_t draw = random.next();
      for (std::size_t byte = 0; byte < 4 && i + byte < f.block_bytes; ++byte)
        out[at + i + byte] = static_cast<char>(draw >> (8U * byte));
    }
  }
  return out;
}

std::vector<tensor> tensors_of(const mote::shape& s) {
  std::vector<tensor> all{{"token_embd.weight", s.vocab, s.dim}, {"output_norm.weight", 0, s.dim}};
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    all.push_back({block + "attn_norm.weight", 0, s.dim});
    all.push_back({block + "attn_q.weight", s.dim, s.dim});
    all.push_back({block + "attn_k.weight", s.kv_dim(), s.dim});
    all.push_back({block + "attn_v.weight", s.kv_dim(), s.dim});
    all.push_back({block + "attn_output.weight", s.dim, s.dim});
    all.push_back({block + "ffn_norm.weight", 0, s.dim});
    all.push_back({block + "ffn_gate.weight", s.hidden, s.dim});
    all.push_back({block + "ffn_up.weight", s.hidden, s.dim});
    all.push_back({block + "ffn_down.weight", s.dim, s.hidden});
  }
  return all;
}

void write_facts(writer& out, std::string_view name, const mote::shape& s, const format& f) {
  out.words("general.architecture", "llama");
  out.words("general.name", name);
  out.integer("general.file_type", f.file_type);
  out.integer("llama.context_length", s.context);
  out.integer("llama.embedding_length", s.dim);
  out.integer("llama.block_count", s.layers);
  out.integer("llama.feed_forward_length", s.hidden);
  out.integer("llama.attention.head_count", s.heads);
  out.integer("llama.attention.head_count_kv", s.kv_heads);
  out.real("llama.attention.layer_norm_rms_epsilon", s.norm_epsilon);
  out.integer("llama.rope.dimension_count", s.head_dim());
  out.real("llama.rope.freq_base", s.rope_theta);
  out.integer("llama.vocab_size", s.vocab);
  out.words("tokenizer.ggml.model", "llama");
  out.array("tokenizer.ggml.tokens", 8, s.vocab);  // three control tokens, the bytes, then words of letters
  for (std::size_t i = 0; i < s.vocab; ++i) {
    char piece[16];
    if (i < 3) std::snprintf(piece, sizeof piece, "%s", i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
    else if (i < 259) std::snprintf(piece, sizeof piece, "<0x%02X>", static_cast<unsigned>(i - 3));
    else {
      std::size_t left = i;
      for (std::size_t at = 0; at < 4; ++at, left /= 26) piece[at] = static_cast<char>('a' + left % 26);
      piece[4] = 0;
    }
    out.text(piece);
  }
  out.array("tokenizer.ggml.scores", 6, s.vocab);
  for (std::size_t i = 0; i < s.vocab; ++i) out.number(-static_cast<float>(i));
  out.array("tokenizer.ggml.token_type", 5, s.vocab);
  for (std::size_t i = 0; i < s.vocab; ++i) out.number(std::int32_t{i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1});
  out.integer("tokenizer.ggml.bos_token_id", 1);
  out.integer("tokenizer.ggml.eos_token_id", 2);
}
constexpr std::size_t fact_count = 19;

}  // namespace

int main(int count, char** words) try {
  const mote::shape s = count == 4 ? peers::shape_called(words[1]) : mote::shape{};
  const format* f = nullptr;
  for (const format& candidate : formats)
    if (count == 4 && candidate.name == words[2]) f = &candidate;
  if (f == nullptr || !s.valid()) {
    std::fprintf(stderr, "usage: make_gguf SHAPE f32|f16|bf16|q8_0|q4_0 FILE\n");
    return 2;
  }
  const std::vector<tensor> tensors = tensors_of(s);
  for (const tensor& t : tensors)
    if (t.rows != 0 && t.cols % f->block != 0)
      throw std::runtime_error("rows of " + std::to_string(t.cols) + " cannot be had in " + std::string(f->name));

  const std::string unfinished = std::string(words[3]) + ".part";
  writer out(unfinished.c_str());
  out.bytes("GGUF", 4);
  out.number(std::uint32_t{3});
  out.number(std::uint64_t{tensors.size()});
  out.number(std::uint64_t{fact_count});
  write_facts(out, words[1], s, *f);
  std::uint64_t offset = 0;
  for (const tensor& t : tensors) {
    out.text(t.name);
    out.number(std::uint32_t{t.rows == 0 ? 1U : 2U});
    out.number(std::uint64_t{t.cols});
    if (t.rows != 0) out.number(std::uint64_t{t.rows});
    out.number(t.rows == 0 ? 0U : f->tensor_type);
    out.number(offset);
    offset = mote::round_up(offset + bytes_of(t, *f), 32);
  }
  mote::rng random(20231);
  std::vector<std::pair<std::size_t, std::vector<char>>> pools;  // by width
  for (const tensor& t : tensors) {
    out.pad(32);
    if (t.rows == 0) {
      for (std::size_t i = 0; i < t.cols; ++i) out.number(1.0F);
      continue;
    }
    const std::vector<char>* pool = nullptr;
    for (const auto& p : pools)
      if (p.first == t.cols) pool = &p.second;
    if (pool == nullptr) pool = &pools.emplace_back(t.cols, random_blocks(t.cols, *f, random)).second;
    for (std::size_t left = bytes_of(t, *f); left != 0;) {
      const std::size_t part = left < pool->size() ? left : pool->size();
      out.bytes(pool->data(), part);
      left -= part;
    }
  }
  out.finish();
  if (std::rename(unfinished.c_str(), words[3]) != 0) throw std::runtime_error("cannot rename the finished file");
} catch (const std::exception& e) {
  std::fprintf(stderr, "make_gguf: %s\n", e.what());
  return 1;
}
