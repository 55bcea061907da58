// SPDX-License-Identifier: BSL-1.0
// The KV cache: one call, attend(), stores the keys and values of new tokens and answers their queries. A cache is a
// view of memory that the pipeline owns. Here: floats and halves; int8_cache.hpp has 8 bits, kivi_cache.hpp fewer.
// Refuses results that depend on how work is split: a run of tokens gives the bits of its tokens one by one, and any
// split of the key heads gives the same bits.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"
#include "mote/kernel/attention.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// The sizes of a cache: the heads of the layers that attend, and how many such layers there are. Their windows, caps
/// and scales may differ.
struct cache_shape : attention_shape {
  std::size_t layers = 1;
};
/// For a model whose layers all attend.
constexpr cache_shape cache_shape_of(const shape& s) {
  return {{.heads = s.heads, .kv_heads = s.kv_heads, .head_dim = s.head_dim()}, s.layers};
}

/// Consecutive tokens in one layer: their queries, the keys and values to store, and where the outputs go.
struct attention_run {
  std::size_t layer = 0;     // index among those that attend
  std::size_t position = 0;  // of the first token
  std::size_t tokens = 1;
  const float* query = nullptr;  // (tokens, query_stride): (heads, head_dim) each
  const float* key = nullptr;    // (tokens, key_stride): (kv_heads, head_dim) each
  const float* value = nullptr;  // (tokens, key_stride): (kv_heads, head_dim) each
  float* out = nullptr;          // (tokens, query_stride): (heads, head_dim) each
  std::size_t query_stride = 0;
  std::size_t key_stride = 0;
};

/// Keys and values as floats or halves.
template <class Element>
class plain_cache {
 public:
  static constexpr std::size_t bytes(const cache_shape& s, std::size_t context) {
    return 2 * elements(s, context) * sizeof(Element);
  }
  /// The floats of scratch that attend() needs for runs of at most `tokens`. Each thread needs its own scratch.
  static constexpr std::size_t scratch_floats(const attention_shape& a, std::size_t context, std::size_t tokens = 1) {
    return attention_scratch_floats(a, context, tokens);
  }
  /// How many of the newest tokens can be taken back and replaced, with the results as if they had never been stored.
  static constexpr std::size_t rollback_tokens(std::size_t context) { return context; }

  /// Calls range(offset, bytes) for the parts of the memory that hold the first `tokens` positions.
  template <class Range>
  static void each_range(const cache_shape& s, std::size_t context, std::size_t tokens, Range&& range) {
    constexpr std::size_t each = sizeof(Element);
    const std::size_t stride = padded(context);
    for (std::size_t row = 0; row < s.layers * s.kv_dim(); ++row) range(row * stride * each, tokens * each);
    for (std::size_t l = 0; l < s.layers; ++l)
      range((elements(s, context) + l * stride * s.kv_dim()) * each, tokens * s.kv_dim() * each);
  }

  plain_cache(std::byte* memory /* (bytes), 64-byte aligned */, const cache_shape& s, std::size_t context)
      : keys_(reinterpret_cast<Element*>(memory)), values_(keys_ + elements(s, context)), stride_(padded(context)) {}

  /// Stores the run's keys and values and writes the outputs of its queries to r.out, for the key heads [first, last)
  /// and the query heads that share them. A position that was stored before is replaced, and later ones are no longer
  /// valid.
  template <class Attention>
  void attend(const Attention& a, const attention_run& r, std::size_t first, std::size_t last, float* scratch) const {
    const std::size_t width = a.head_dim;
    const std::size_t group = a.group();
    const std::size_t kv_dim = a.kv_dim();
    const std::size_t channels = (last - first) * width;
    Element* keys = keys_ + (r.layer * a.kv_heads + first) * width * stride_;
    Element* values = values_ + r.layer * kv_dim * stride_ + first * width;
    // All of the run is stored first: a query reads only the positions that it sees, and `scratch` may overlap the key
    // and value of a single token.
    for (std::size_t i = 0; i < r.tokens; ++i) {
      const std::size_t t = r.position + i;
      const float* key = r.key + i * r.key_stride + first * width;
      const float* value = r.value + i * r.key_stride + first * width;
      for (std::size_t d = 0; d < channels; ++d) keep(keys[d * stride_ + t], key[d]);
      for (std::size_t d = 0; d < channels; ++d) keep(values[t * kv_dim + d], value[d]);
    }
    const float* query = r.query + first * group * width;
    float* out = r.out + first * group * width;
    Attention part = a;  // only these heads
    part.kv_heads = last - first;
    part.heads = part.kv_heads * group;
    std::size_t i = 0;
    if constexpr (detail::tokens_together > 1)
      for (; i + detail::tokens_together <= r.tokens; i += detail::tokens_together)
        attention_of_several(part, query + i * r.query_stride, r.query_stride, keys, stride_, values, kv_dim,
                             seen_by<Attention>(r.position, i, r.tokens), scratch, out + i * r.query_stride);
    for (; i < r.tokens; ++i)
      attention(part, query + i * r.query_stride, keys, stride_, values, kv_dim,
                seen_by<Attention>(r.position, i, r.tokens), scratch, out + i * r.query_stride);
  }

 private:
  static constexpr std::size_t elements(const cache_shape& s, std::size_t context) {
    return s.layers * s.kv_dim() * padded(context);
  }
  static void keep(float& to, float x) { to = x; }
  static void keep(simd::half_bits& to, float x) { to = simd::float_to_signed_half(x); }

  Element* keys_;       // (layers, kv_heads, head_dim, stride)
  Element* values_;     // (layers, stride, kv_heads, head_dim)
  std::size_t stride_;  // padded(context)
};
using float_cache = plain_cache<float>;
using half_cache = plain_cache<simd::half_bits>;

}  // namespace mote::inline v0
