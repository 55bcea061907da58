// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/llama2c.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "mote/core/bytes.hpp"
#include "mote/family/llama.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/byte_reader.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// Reads tensors one after another. A size that overflowed (too_big) fails as a lack of bytes.
class checkpoint_reader : public byte_reader {
 public:
  using byte_reader::byte_reader;

  std::span<const std::byte> take(std::size_t n, std::string_view what) {
    if (n == too_big) lacks(what, "too many");
    return byte_reader::take(n, what);
  }
};

/// The seven integers that every version has; each is checked, and named in messages.
mote::shape read_llama2c_shape(checkpoint_reader& in, const std::filesystem::path& file, bool sign_unties) {
  const auto positive = [&](std::int64_t v, std::string_view what) {
    if (v < 1 || v > (std::int64_t{1} << 20))
      fail(file, "the header says " + std::string(what) + " = " + std::to_string(v) + "; expected 1 to 1048576");
    return static_cast<std::size_t>(v);
  };
  mote::shape s;
  s.dim = positive(in.number<std::int32_t>("the header"), "dim");
  s.hidden = positive(in.number<std::int32_t>("the header"), "hidden");
  s.layers = positive(in.number<std::int32_t>("the header"), "layers");
  s.heads = positive(in.number<std::int32_t>("the header"), "heads");
  s.kv_heads = positive(in.number<std::int32_t>("the header"), "kv heads");
  const std::int64_t vocab = in.number<std::int32_t>("the header");
  s.tied_head = vocab > 0 || !sign_unties;
  s.vocab = positive(sign_unties && vocab < 0 ? -vocab : vocab, "vocab");
  s.context = positive(in.number<std::int32_t>("the header"), "context");
  const auto all = [&] {
    return "dim " + std::to_string(s.dim) + ", heads " + std::to_string(s.heads) + ", kv heads " +
           std::to_string(s.kv_heads);
  };
  if (s.dim % s.heads != 0 || s.head_dim() % 2 != 0)
    fail(file, "the header says " + all() + "; expected heads that divide dim into an even width");
  if (s.heads % s.kv_heads != 0) fail(file, "the header says " + all() + "; expected kv heads that divide heads");
  return s;
}

std::size_t product(std::size_t a, std::size_t b, std::size_t c) { return checked_mul(checked_mul(a, b), c); }

/// Bytes of all tensors, or too_big. The caller compares it with the size of the file before it allocates anything.
std::size_t llama2c_payload_bytes(const mote::shape& s, std::size_t group, bool with_rope_tables) {
  const std::size_t attention = checked_add(product(2, s.dim, s.dim), product(2, s.dim, s.kv_dim()));
  const std::size_t block = checked_add(attention, product(3, s.dim, s.hidden));
  const std::size_t matrices = checked_add(product(s.vocab, s.dim, s.tied_head ? 1 : 2), checked_mul(s.layers, block));
  const std::size_t norms = checked_mul(checked_add(checked_mul(2, s.layers), 1), s.dim);
  const std::size_t tables = with_rope_tables ? checked_mul(s.context, s.head_dim()) : 0;
  const std::size_t floats = checked_mul(checked_add(norms, tables), 4);
  const std::size_t packed =
      group == 0 ? checked_mul(matrices, 4) : checked_add(matrices, checked_mul(matrices / group, 4));
  return matrices == too_big ? too_big : checked_add(floats, packed);
}

/// The tensors of a checkpoint. All layers of a tensor follow one another; of integers, each layer is the integers, then
/// their scales.
class llama2c_source : public model_source {
 public:
  explicit llama2c_source(file_bytes file) : file_(std::move(file)) {
    checkpoint_reader in(file_.bytes(), file_.name());
    const bool legacy = read_header(in);
    lay_out(in, legacy);
  }

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    const auto [t, layer, size] = matrix_at(p);
    if (first > size.rows || count > size.rows - first)
      throw std::runtime_error("llama2.c: a matrix has fewer rows than asked");
    const std::size_t at = first * size.cols;  // within the layer
    const std::size_t n = count * size.cols;
    if (group_ == 0) return floats(t, layer * size.rows * size.cols + at, n, out);
    const stored_matrix in = stored(p);
    const std::span<const std::byte> integers = integers_.next(in.integers.subspan(at, n));
    const std::size_t first_scale = at / group_;
    const std::size_t scales = n == 0 ? 0 : (at + n - 1) / group_ + 1 - first_scale;
    const std::span<const std::byte> own = scales_.next(in.scales.subspan(first_scale * 4, scales * 4));
    for (std::size_t i = 0; i < scales; ++i)
      if (!std::isfinite(float_at(own, i)))
        fail(file_.name(), std::string(t.what) + "'s scales holds a value that is not finite, at index " +
                               std::to_string(first_scale + i));
    for (std::size_t i = 0; i < n; ++i) {
      out[i] =
          static_cast<float>(static_cast<std::int8_t>(integers[i])) * float_at(own, (at + i) / group_ - first_scale);
      if (!std::isfinite(out[i]))
        fail(file_.name(),
             std::string(t.what) + " holds a product that is not finite, at index " + std::to_string(at + i));
    }
  }

  void load_vector(std::size_t layer, vector_role v, float* out) override {
    if (v == vector_role::final_norm) return floats(final_norm_, 0, shape_.dim, out);
    const part& t = v == vector_role::attention_norm ? attention_norm_ : ffn_norm_;
    floats(t, layer * shape_.dim, shape_.dim, out);
  }

  stored_matrix stored(const tensor_place& p) override {
    if (group_ == 0) return {};
    const auto [t, layer, size] = matrix_at(p);
    const std::size_t n = size.rows * size.cols;
    const std::span<const std::byte> own = t.bytes.subspan(layer * (n + n / group_ * 4), n + n / group_ * 4);
    return {.integers = own.first(n), .scales = own.subspan(n), .group = group_, .blocks = {}};
  }

 private:
  struct part {
    std::string_view what;
    std::span<const std::byte> bytes;  // of all layers
  };
  struct found {
    const part& t;
    std::size_t layer;
    matrix_size size;
  };

  /// The header; whether it is the legacy one.
  bool read_header(checkpoint_reader& in) {
    constexpr std::uint32_t magic = 0x616B3432;  // "ak42"; a legacy checkpoint starts with its dim instead
    const std::span<const std::byte> bytes = file_.bytes();
    std::uint32_t first = 0;
    if (bytes.size() >= 4) std::memcpy(&first, bytes.data(), 4);
    if (first != magic) {
      shape_ = read_llama2c_shape(in, file_.name(), true);
      kind_ = "llama2.c legacy, floats";
      return true;
    }
    in.take(4, "the magic number");
    const auto version = in.number<std::int32_t>("the version");
    if (version != 1 && version != 2)
      fail(file_.name(), "is of llama2.c version " + std::to_string(version) + "; expected 1 or 2");
    shape_ = read_llama2c_shape(in, file_.name(), false);
    const auto shared = in.number<std::uint8_t>("the header");
    if (shared > 1)
      fail(file_.name(), "the header says shared classifier = " + std::to_string(shared) + "; expected 0 or 1");
    shape_.tied_head = shared == 1;
    kind_ = "llama2.c version 1, floats";
    if (version == 2) {
      const auto stored = in.number<std::int32_t>("the header");
      if (stored < 1 || stored > (1 << 20))
        fail(file_.name(), "the header says group = " + std::to_string(stored) + "; expected 1 to 1048576");
      group_ = static_cast<std::size_t>(stored);
      kind_ = "llama2.c version 2, int8 in groups of " + std::to_string(group_);
    }
    in.take(256 - (bytes.size() - in.left()), "the header");
    return false;
  }

  /// Where each tensor is, once the file is known to be as long as its header says.
  void lay_out(checkpoint_reader& in, bool legacy) {
    const mote::shape& s = shape_;
    const std::size_t needed = llama2c_payload_bytes(s, group_, legacy);
    if (needed != in.left())
      fail(file_.name(),
           "expected " +
               (needed == too_big ? "more bytes than this machine can address" : std::to_string(needed) + " bytes") +
               " of tensors for dim " + std::to_string(s.dim) + ", hidden " + std::to_string(s.hidden) + ", layers " +
               std::to_string(s.layers) + ", vocab " + std::to_string(s.vocab) + ", found " +
               std::to_string(in.left()));

    const auto norm = [&](std::size_t layers, std::string_view what, part& out) {
      out = {what, in.take(layers * s.dim * 4, what)};
    };
    const auto matrix = [&](std::size_t layers, std::size_t rows, std::size_t cols, std::string_view what, part& out) {
      const std::size_t count = rows * cols;
      if (group_ != 0 && count % group_ != 0)
        fail(file_.name(), std::string(what) + " has " + std::to_string(count) +
                               " weights, not a multiple of the group of " + std::to_string(group_));
      out = {what, in.take(layers * (group_ == 0 ? count * 4 : count + count / group_ * 4), what)};
    };
    const auto of = [&](role r) -> part& { return matrices_[tensors_of<llama>::find(r)]; };
    const auto attention_matrices = [&] {
      matrix(s.layers, s.dim, s.dim, "wq", of(role::query));
      matrix(s.layers, s.kv_dim(), s.dim, "wk", of(role::key));
      matrix(s.layers, s.kv_dim(), s.dim, "wv", of(role::value));
      matrix(s.layers, s.dim, s.dim, "wo", of(role::output));
    };
    const auto feed_forward_matrices = [&] {
      matrix(s.layers, s.hidden, s.dim, "w1", of(role::gate));
      matrix(s.layers, s.dim, s.hidden, "w2", of(role::down));
      matrix(s.layers, s.hidden, s.dim, "w3", of(role::up));
    };
    if (legacy) {
      matrix(1, s.vocab, s.dim, "the token embedding", embedding_);
      norm(s.layers, "the attention norms", attention_norm_);
      attention_matrices();
      norm(s.layers, "the feed-forward norms", ffn_norm_);
      feed_forward_matrices();
      norm(1, "the final norm", final_norm_);
      in.take(s.context * s.head_dim() * 4, "the rope tables");  // skipped: mote computes them
    } else {
      norm(s.layers, "the attention norms", attention_norm_);
      norm(s.layers, "the feed-forward norms", ffn_norm_);
      norm(1, "the final norm", final_norm_);
      matrix(1, s.vocab, s.dim, "the token embedding", embedding_);
      attention_matrices();
      feed_forward_matrices();
    }
    if (!s.tied_head) matrix(1, s.vocab, s.dim, "the head", head_);
  }

  found matrix_at(const tensor_place& p) const {
    const matrix_size size = size_of(shape_, p);
    switch (p.where) {
      case tensor_place::part::embedding: return {embedding_, 0, size};
      case tensor_place::part::head: return {head_, 0, size};
      case tensor_place::part::positions: fail(file_.name(), "has no table of positions");
      case tensor_place::part::block: break;
    }
    return {matrices_[tensors_of<llama>::find(p.role)], p.layer, size};
  }

  static float float_at(std::span<const std::byte> bytes, std::size_t index) {
    float x = 0;
    std::memcpy(&x, bytes.data() + index * 4, 4);
    return x;
  }

  /// `n` floats from index `at` of a tensor on.
  void floats(const part& t, std::size_t at, std::size_t n, float* out) {
    const auto from = integers_.next(t.bytes.subspan(at * 4, n * 4));
    if (n != 0) std::memcpy(out, from.data(), from.size());
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isfinite(out[i]))
        fail(file_.name(),
             std::string(t.what) + " holds a value that is not finite, at index " + std::to_string(at + i));
  }

  file_bytes file_;
  part_in_use integers_{file_};  // or floats
  part_in_use scales_{file_};
  std::size_t group_ = 0;  // integers per scale; 0: floats
  part embedding_, head_, attention_norm_, ffn_norm_, final_norm_;
  std::array<part, tensors_of<llama>::matrices> matrices_;
};

}  // namespace

}  // namespace detail

std::unique_ptr<model_source> open_llama2c(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return std::make_unique<detail::llama2c_source>(detail::file_bytes(bytes, file));
}
std::unique_ptr<model_source> open_llama2c(const std::filesystem::path& file) {
  return std::make_unique<detail::llama2c_source>(detail::file_bytes(file));
}

raw_model parse_llama2c(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return read_whole(*open_llama2c(bytes, file));
}
raw_model read_llama2c(const std::filesystem::path& file) { return read_whole(*open_llama2c(file)); }

vocabulary_text parse_llama2c_tokenizer(std::span<const std::byte> bytes, std::size_t vocab,
                                        const std::filesystem::path& file) {
  detail::checkpoint_reader in(bytes, file);
  const auto longest = in.number<std::int32_t>("the longest length");
  vocabulary_text text;
  while (in.left() != 0 && text.pieces.size() < vocab) {
    const std::string what = "token " + std::to_string(text.pieces.size());
    const auto score = in.number<float>(what);
    const auto length = in.number<std::int32_t>(what);
    if (!std::isfinite(score)) fail(file, what + " has a score that is not finite");
    if (length < 1 || length > longest)
      fail(file, what + " has length " + std::to_string(length) + "; expected 1 to " + std::to_string(longest));
    const auto piece = in.take(static_cast<std::size_t>(length), what);
    text.pieces.emplace_back(reinterpret_cast<const char*>(piece.data()), piece.size());
    text.scores.push_back(score);
  }
  if (text.pieces.size() != vocab || in.left() != 0)
    fail(file, "holds " + (in.left() != 0 ? "more than " : std::string()) + std::to_string(text.pieces.size()) +
                   " tokens; expected " + std::to_string(vocab) + ", the model's vocabulary");
  return text;
}

vocabulary_text read_llama2c_tokenizer(const std::filesystem::path& file, std::size_t vocab) {
  const mapped_file mapped(file);
  return parse_llama2c_tokenizer(mapped.bytes(), vocab, file);
}

}  // namespace mote::inline v0::host
