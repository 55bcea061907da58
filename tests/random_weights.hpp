// SPDX-License-Identifier: BSL-1.0
// A Llama's weights drawn from the project's generator, as a raw model: tables, gains and matrices in a fixed order.
// Refuses to be trained: the same shape, seed and spread give the same weights everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/model/shape.hpp"

namespace mote_tests {

/// Standard deviations, and the mean of the gains of norms.
struct weight_spread {
  float table = 1;
  float matrix = 1;
  float gain = 1;
  float mean_gain = 0;
};

inline mote::host::raw_model random_weights(const mote::shape& s, std::uint64_t seed, weight_spread spread = {}) {
  mote::host::raw_model m;
  m.shape = s;
  mote::rng random(seed);
  const auto fill = [&random](mote::host::raw_tensor& t, std::size_t n, float scale, float mean = 0) {
    for (std::size_t i = 0; i < n; ++i) t.values.push_back(mean + scale * random.normal());
  };
  fill(m.embedding, s.vocab * s.dim, spread.table);
  fill(m.of(mote::vector_role::attention_norm), s.layers * s.dim, spread.gain, spread.mean_gain);
  fill(m.of(mote::vector_role::ffn_norm), s.layers * s.dim, spread.gain, spread.mean_gain);
  fill(m.of(mote::vector_role::final_norm), s.dim, spread.gain, spread.mean_gain);
  fill(m.of(mote::role::query), s.layers * s.dim * s.dim, spread.matrix);
  fill(m.of(mote::role::key), s.layers * s.kv_dim() * s.dim, spread.matrix);
  fill(m.of(mote::role::value), s.layers * s.kv_dim() * s.dim, spread.matrix);
  fill(m.of(mote::role::output), s.layers * s.dim * s.dim, spread.matrix);
  fill(m.of(mote::role::gate), s.layers * s.hidden * s.dim, spread.matrix);
  fill(m.of(mote::role::down), s.layers * s.hidden * s.dim, spread.matrix);
  fill(m.of(mote::role::up), s.layers * s.hidden * s.dim, spread.matrix);
  if (!s.tied_head) fill(m.head, s.vocab * s.dim, spread.table);
  return m;
}

}  // namespace mote_tests
