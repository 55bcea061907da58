// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/llama2c.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/byte_reader.hpp"
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
  /// Appends `count` finite floats to `out`.
  void floats(std::size_t count, std::string_view what, std::vector<float>& out) {
    const auto from = take(checked_mul(count, 4), what);
    const std::size_t before = out.size();
    out.resize(before + count);
    if (count != 0) std::memcpy(out.data() + before, from.data(), from.size());
    for (std::size_t i = before; i < out.size(); ++i)
      if (!std::isfinite(out[i]))
        fail(file(), std::string(what) + " holds a value that is not finite, at index " + std::to_string(i - before));
  }
  void end() const {
    if (left() != 0)
      fail(file(), "has " + std::to_string(left()) + " bytes behind its last tensor; expected " +
                       std::to_string(done()) + " in all, found " + std::to_string(done() + left()));
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

/// Reads all layers of a quantized matrix; each layer is its integers, then its scales.
void read_llama2c_groups(checkpoint_reader& in, const std::filesystem::path& file, std::string_view what,
                         std::size_t layers, std::size_t rows, std::size_t cols, std::size_t group, raw_tensor& out) {
  const std::size_t count = checked_mul(rows, cols);
  if (count % group != 0)
    fail(file, std::string(what) + " has " + std::to_string(count) + " weights, not a multiple of the group of " +
                   std::to_string(group));
  out.group = group;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const auto integers = in.take(count, what);
    const std::size_t first_scale = out.scales.size();
    in.floats(count / group, std::string(what) + "'s scales", out.scales);
    for (std::size_t i = 0; i < count; ++i) {
      const auto q = static_cast<std::int8_t>(integers[i]);
      out.integers.push_back(q);
      out.values.push_back(static_cast<float>(q) * out.scales[first_scale + i / group]);
      if (!std::isfinite(out.values.back()))
        fail(file, std::string(what) + " holds a product that is not finite, at index " + std::to_string(i));
    }
  }
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

}  // namespace

}  // namespace detail

raw_model parse_llama2c(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  constexpr std::uint32_t magic = 0x616B3432;  // "ak42"; a legacy checkpoint starts with its dim instead
  detail::checkpoint_reader in(bytes, file);
  raw_model m;
  std::uint32_t first = 0;
  if (bytes.size() >= 4) std::memcpy(&first, bytes.data(), 4);

  const bool legacy = first != magic;
  std::size_t group = 0;
  if (legacy) {
    m.shape = detail::read_llama2c_shape(in, file, true);
    m.source = "llama2.c legacy, floats";
  } else {
    in.take(4, "the magic number");
    const auto version = in.number<std::int32_t>("the version");
    if (version != 1 && version != 2)
      fail(file, "is of llama2.c version " + std::to_string(version) + "; expected 1 or 2");
    m.shape = detail::read_llama2c_shape(in, file, false);
    const auto shared = in.number<std::uint8_t>("the header");
    if (shared > 1) fail(file, "the header says shared classifier = " + std::to_string(shared) + "; expected 0 or 1");
    m.shape.tied_head = shared == 1;
    m.source = "llama2.c version 1, floats";
    if (version == 2) {
      const auto stored = in.number<std::int32_t>("the header");
      if (stored < 1 || stored > (1 << 20))
        fail(file, "the header says group = " + std::to_string(stored) + "; expected 1 to 1048576");
      group = static_cast<std::size_t>(stored);
      m.source = "llama2.c version 2, int8 in groups of " + std::to_string(group);
    }
    in.take(256 - (bytes.size() - in.left()), "the header");
  }

  const mote::shape& s = m.shape;
  const std::size_t needed = detail::llama2c_payload_bytes(s, group, legacy);
  if (needed != in.left())
    fail(file,
         "expected " +
             (needed == too_big ? "more bytes than this machine can address" : std::to_string(needed) + " bytes") +
             " of tensors for dim " + std::to_string(s.dim) + ", hidden " + std::to_string(s.hidden) + ", layers " +
             std::to_string(s.layers) + ", vocab " + std::to_string(s.vocab) + ", found " + std::to_string(in.left()));

  const auto norm = [&](std::size_t layers, std::string_view what, raw_tensor& out) {
    in.floats(layers * s.dim, what, out.values);
  };
  const auto matrix = [&](std::size_t layers, std::size_t rows, std::size_t cols, std::string_view what,
                          raw_tensor& out) {
    if (group != 0) detail::read_llama2c_groups(in, file, what, layers, rows, cols, group, out);
    else in.floats(layers * rows * cols, what, out.values);
  };
  const auto blocks_of_attention = [&] {
    matrix(s.layers, s.dim, s.dim, "wq", m.of(role::query));
    matrix(s.layers, s.kv_dim(), s.dim, "wk", m.of(role::key));
    matrix(s.layers, s.kv_dim(), s.dim, "wv", m.of(role::value));
    matrix(s.layers, s.dim, s.dim, "wo", m.of(role::output));
  };
  const auto blocks_of_feed_forward = [&] {
    matrix(s.layers, s.hidden, s.dim, "w1", m.of(role::gate));
    matrix(s.layers, s.dim, s.hidden, "w2", m.of(role::down));
    matrix(s.layers, s.hidden, s.dim, "w3", m.of(role::up));
  };
  if (legacy) {
    matrix(1, s.vocab, s.dim, "the token embedding", m.embedding);
    norm(s.layers, "the attention norms", m.of(vector_role::attention_norm));
    blocks_of_attention();
    norm(s.layers, "the feed-forward norms", m.of(vector_role::ffn_norm));
    blocks_of_feed_forward();
    norm(1, "the final norm", m.of(vector_role::final_norm));
    in.take(s.context * s.head_dim() * 4, "the rope tables");  // skipped: mote computes them
  } else {
    norm(s.layers, "the attention norms", m.of(vector_role::attention_norm));
    norm(s.layers, "the feed-forward norms", m.of(vector_role::ffn_norm));
    norm(1, "the final norm", m.of(vector_role::final_norm));
    matrix(1, s.vocab, s.dim, "the token embedding", m.embedding);
    blocks_of_attention();
    blocks_of_feed_forward();
  }
  if (!s.tied_head) matrix(1, s.vocab, s.dim, "the head", m.head);
  in.end();
  return m;
}

raw_model read_llama2c(const std::filesystem::path& file) {
  const mapped_file mapped(file);
  return parse_llama2c(mapped.bytes(), file);
}

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
