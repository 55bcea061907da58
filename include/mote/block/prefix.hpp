// SPDX-License-Identifier: BSL-1.0
// Stores the keys and values that a delta owns before a text in a cache of any kind, and collects their gradients.
// Refuses keys and values too large for attention: it stores zeros instead, and returns false.
#pragma once

#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/block/delta.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

/// `layer` is the index among the layers that attend, `to` the index in the cache. query and out (heads, head_dim) are
/// buffers of a token that runs later: the outputs made here are not read. False: the keys and values of some position
/// were too large.
template <prefixing_delta Delta, class Cache, class Attention>
MOTE_NOINLINE bool keep_prefix(const Delta& delta, std::size_t layer, const Cache& cache, std::size_t to,
                               const Attention& a, const float* query, float* out, float* scratch) {
  bool sound = true;
  for (std::size_t position = 0; position < delta.positions(); ++position) {
    attention_run run{.layer = to,
                      .position = position,
                      .query = query,
                      .key = delta.key(layer, position),
                      .value = delta.value(layer, position),
                      .out = out};
    detail::square_sum all;
    all.add(run.key, a.kv_dim());
    all.add(run.value, a.kv_dim());
    if (!(all.joined() < largest_squares)) {
      sound = false;
      zero(out, a.kv_dim());
      run.key = run.value = out;
    }
    cache.attend(a, run, 0, a.kv_heads, scratch);
  }
  return sound;
}

/// Adds to the gradients of the delta's keys and values those of its positions in dkeys and dvalues, (kv_dim, stride)
/// each.
template <prefixing_delta Delta>
MOTE_NOINLINE void prefix_backward(Delta& delta, std::size_t layer, const float* dkeys, const float* dvalues,
                                   std::size_t kv_dim, std::size_t stride) {
  for (std::size_t position = 0; position < delta.positions(); ++position) {
    float* key = delta.key_gradient(layer, position);
    float* value = delta.value_gradient(layer, position);
    for (std::size_t d = 0; d < kv_dim; ++d) {
      key[d] += dkeys[d * stride + position];
      value[d] += dvalues[d * stride + position];
    }
  }
}

}  // namespace mote::inline v0
