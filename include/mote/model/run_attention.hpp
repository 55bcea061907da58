// SPDX-License-Identifier: BSL-1.0
// Attention of a run that no cache keeps: the tokens of a text see each other and nothing else
// (attention_form<in_one_run>).
// Refuses to store: who attends to what came before has a cache (model/cache.hpp).
#pragma once

#include <cstddef>

#include "mote/kernel/attention.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

/// attend() of a cache, for a run whose tokens see each other alone: keys are put by channel into key_columns
/// (kv_dim, padded(tokens)), values are read where they are, and nothing is kept.
template <class Attention>
void attend_run(const Attention& a, const attention_run& r, std::size_t first, std::size_t last, float* key_columns,
                float* scratch) {
  const std::size_t stride = padded(r.tokens);
  const std::size_t begin = first * a.head_dim;
  const std::size_t end = last * a.head_dim;
  for (std::size_t i = 0; i < r.tokens; ++i)
    for (std::size_t d = begin; d < end; ++d) key_columns[d * stride + i] = r.key[i * r.key_stride + d];
  Attention part = a;  // only these heads
  part.kv_heads = last - first;
  part.heads = part.kv_heads * a.group();
  const float* query = r.query + begin * a.group();
  float* out = r.out + begin * a.group();
  std::size_t i = 0;
  if constexpr (detail::tokens_together > 1)
    for (; i + detail::tokens_together <= r.tokens; i += detail::tokens_together)
      attention_of_several(part, query + i * r.query_stride, r.query_stride, key_columns + begin * stride, stride,
                           r.value + begin, r.key_stride, r.tokens, scratch, out + i * r.query_stride);
  for (; i < r.tokens; ++i)
    attention(part, query + i * r.query_stride, key_columns + begin * stride, stride, r.value + begin, r.key_stride,
              r.tokens, scratch, out + i * r.query_stride);
}

}  // namespace mote::inline v0
