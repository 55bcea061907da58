// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

mote::shape read_gguf_shape(const gguf_file& in) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20U;  // the limit of shape::valid()
  const auto number = [&](std::string_view key, std::int64_t fallback = -1) {
    return static_cast<std::size_t>(in.integer(key, 1, most, fallback));
  };
  if (const std::string_view kind = in.text("general.architecture"); kind != "llama")
    fail(in.name(), "is of the architecture " + shown(kind) + "; expected \"llama\"");
  mote::shape s;
  s.dim = number("llama.embedding_length");
  s.hidden = number("llama.feed_forward_length");
  s.layers = number("llama.block_count");
  s.heads = number("llama.attention.head_count");
  s.kv_heads = number("llama.attention.head_count_kv", static_cast<std::int64_t>(s.heads));
  s.context = number("llama.context_length");
  s.norm_epsilon = in.real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  s.rope_theta = in.real("llama.rope.freq_base", 10000.0F);

  const std::string heads = "dim " + std::to_string(s.dim) + ", heads " + std::to_string(s.heads) + ", kv heads " +
                            std::to_string(s.kv_heads);
  if (s.dim % s.heads != 0 || s.head_dim() % 2 != 0)
    fail(in.name(), "says " + heads + "; expected heads that divide dim into an even width");
  if (s.heads % s.kv_heads != 0) fail(in.name(), "says " + heads + "; expected kv heads that divide heads");
  if (!(s.norm_epsilon > 0)) fail(in.name(), "has a norm epsilon that is not above zero");
  if (!(s.rope_theta > 1)) fail(in.name(), "has a rotary base that is not above one");
  for (const char* key : {"llama.rope.dimension_count", "llama.attention.key_length", "llama.attention.value_length"})
    if (const auto width = number(key, static_cast<std::int64_t>(s.head_dim())); width != s.head_dim())
      fail(in.name(), shown(key) + " is " + std::to_string(width) + "; only the heads' width, " +
                          std::to_string(s.head_dim()) + ", is supported");
  if (in.integer("llama.expert_count", 0, most, 0) != 0)
    fail(in.name(), "is a mixture of experts, which is not supported");
  if (in.find("llama.rope.scaling.type") != nullptr && in.text("llama.rope.scaling.type") != "none")
    fail(in.name(), "scales its rotary positions, which is not supported");
  return s;
}

/// A tensor name of the family, with '#' replaced by the number of the layer.
std::string name_in_layer(std::string_view pattern, std::size_t layer) {
  std::string name(pattern);
  if (const std::size_t at = name.find('#'); at != std::string::npos) name.replace(at, 1, std::to_string(layer));
  return name;
}

/// Appends the weights and blocks of one tensor of (rows, cols) to `out`.
void append_gguf_tensor(const gguf_file& in, std::string_view name, std::size_t rows, std::size_t cols,
                        raw_tensor& out) {
  const auto at = in.tensors().find(name);
  if (at == in.tensors().end()) fail(in.name(), "has no tensor " + shown(name));
  const gguf_tensor& t = at->second;
  if (t.rows != rows || t.cols != cols)
    fail(in.name(), shown(name) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) + "; expected " +
                        std::to_string(cols) + " x " + std::to_string(rows));
  // The bytes of the tensor are in the file, which bounds this allocation.
  const std::size_t before = out.values.size();
  out.values.resize(before + rows * cols);
  for (std::size_t i = 0; i < rows * cols / t.type->cols; ++i)
    gguf_decode(t.type->type, t.bytes.data() + i * t.type->bytes, out.values.data() + before + i * t.type->cols);
  for (std::size_t i = before; i < out.values.size(); ++i)
    if (!std::isfinite(out.values[i]))
      fail(in.name(), shown(name) + " holds a value that is not finite, at index " + std::to_string(i - before));
  out.blocks.push_back({.type = t.type->type, .bytes = {t.bytes.begin(), t.bytes.end()}});
}

vocabulary_text read_gguf_vocabulary(const gguf_file& in) {
  if (const std::string_view kind = in.text("tokenizer.ggml.model"); kind != "llama")
    fail(in.name(), "has a tokenizer of the kind " + shown(kind) + "; expected \"llama\" (SentencePiece)");
  if (!in.truth("tokenizer.ggml.add_space_prefix", true))
    fail(in.name(), "puts no space in front of a text, which is not supported");
  const gguf_value* tokens = in.array("tokenizer.ggml.tokens", gguf_value_type::string);
  if (tokens == nullptr) in.missing("tokenizer.ggml.tokens");
  const gguf_value* scores = in.array("tokenizer.ggml.scores", gguf_value_type::f32);
  if (scores == nullptr) in.missing("tokenizer.ggml.scores");
  const gguf_value* types = in.array("tokenizer.ggml.token_type", gguf_value_type::i32);
  if (scores->count != tokens->count || (types != nullptr && types->count != tokens->count))
    fail(in.name(), "has " + std::to_string(tokens->count) + " tokens but another number of scores or types");

  constexpr std::int32_t normal = 1, user_defined = 4, byte = 6;
  constexpr std::string_view space = "\xE2\x96\x81";  // SentencePiece's sign for a space, U+2581
  vocabulary_text text;
  const std::vector<std::string_view> pieces = in.texts(*tokens);
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    std::int32_t type = normal;
    if (types != nullptr) std::memcpy(&type, types->bytes.data() + id * 4, 4);
    float score = 0;
    std::memcpy(&score, scores->bytes.data() + id * 4, 4);
    if (!std::isfinite(score)) fail(in.name(), "token " + std::to_string(id) + " has a score that is not finite");
    std::string piece;
    if (type == normal || type == user_defined || type == byte) {
      for (std::string_view rest = pieces[id]; !rest.empty();) {
        const bool is_space = type != byte && rest.starts_with(space);
        if (is_space) piece += ' ';
        else piece += rest.front();
        rest.remove_prefix(is_space ? space.size() : 1);
      }
    }  // <unk>, control and unused tokens get an empty text: no text is encoded as one, and they print nothing
    text.pieces.push_back(std::move(piece));
    text.scores.push_back(score);
  }
  return text;
}

}  // namespace

}  // namespace detail

gguf_model parse_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  const gguf_file in(bytes, file);
  gguf_model out;
  raw_model& m = out.model;
  m.shape = detail::read_gguf_shape(in);
  mote::shape& s = m.shape;
  out.vocabulary = detail::read_gguf_vocabulary(in);
  s.vocab = out.vocabulary.pieces.size();
  if (s.vocab == 0 || s.vocab > std::size_t{1} << 20U)
    fail(file, "has " + std::to_string(s.vocab) + " tokens; expected 1 to 1048576");
  for (const auto& [key, id] :
       {std::pair{"tokenizer.ggml.bos_token_id", &out.bos}, {"tokenizer.ggml.eos_token_id", &out.eos}})
    if (in.find(key) != nullptr) *id = static_cast<int>(in.integer(key, 0, s.vocab - 1));

  constexpr const auto& names = llama::names;
  std::size_t used = 0;
  const auto take = [&](tensor_id which, std::size_t layer, std::size_t rows, std::size_t cols, raw_tensor& to) {
    detail::append_gguf_tensor(in, detail::name_in_layer(names.find(which).gguf, layer), rows, cols, to);
    ++used;
  };
  take(outer_matrix::embedding, 0, s.vocab, s.dim, m.embedding);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    take(vector_role::attention_norm, layer, 1, s.dim, m.of(vector_role::attention_norm));
    take(role::query, layer, s.dim, s.dim, m.of(role::query));
    take(role::key, layer, s.kv_dim(), s.dim, m.of(role::key));
    take(role::value, layer, s.kv_dim(), s.dim, m.of(role::value));
    take(role::output, layer, s.dim, s.dim, m.of(role::output));
    take(vector_role::ffn_norm, layer, 1, s.dim, m.of(vector_role::ffn_norm));
    take(role::gate, layer, s.hidden, s.dim, m.of(role::gate));
    take(role::down, layer, s.dim, s.hidden, m.of(role::down));
    take(role::up, layer, s.hidden, s.dim, m.of(role::up));
  }
  take(vector_role::final_norm, 0, 1, s.dim, m.of(vector_role::final_norm));
  s.tied_head = !in.tensors().contains(names.find(outer_matrix::head).gguf);
  if (!s.tied_head) {
    take(outer_matrix::head, 0, s.vocab, s.dim, m.head);
    // Some writers store the embedding a second time as the head; keep one copy.
    if (m.head.values == m.embedding.values && m.head.blocks[0].type == m.embedding.blocks[0].type) {
      s.tied_head = true;
      m.head = {};
    }
  }
  if (used != in.tensors().size()) {
    for (const auto& [name, t] : in.tensors()) {
      const auto known = [&, n = name] {
        for (const named& ours : names.all)
          for (std::size_t layer = 0; layer < s.layers; ++layer)
            if (n == detail::name_in_layer(ours.gguf, layer)) return true;
        return false;
      };
      if (!known()) fail(file, "has the tensor " + detail::shown(name) + ", which no model of this kind has");
    }
  }

  std::string types;
  for (const gguf_type_facts& facts : gguf_types) {
    const auto matrix_of_type = [&](const auto& t) { return t.second.dimensions > 1 && t.second.type == &facts; };
    if (!std::any_of(in.tensors().begin(), in.tensors().end(), matrix_of_type)) continue;
    types += (types.empty() ? "" : ", ") + std::string(facts.name);
  }
  m.source = "GGUF, " + types;
  return out;
}

gguf_model read_gguf(const std::filesystem::path& file) {
  const mapped_file mapped(file);
  return parse_gguf(mapped.bytes(), file);
}

}  // namespace mote::inline v0::host
