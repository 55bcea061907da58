// SPDX-License-Identifier: BSL-1.0
// Learns keys and values for positions before every prompt, in the cache of each layer (Li and Liang 2021, "prefix
// tuning", arXiv 2101.00190; without its second network). No token runs at these positions: only attention gets longer.
//   prefix_tuning<8>
// Cost: 2 * kv_dim parameters for each position and layer with attention; each position takes one of the context.
// Refuses last_layers<>, and families with a block that keeps a state: such a block would see nothing of the prefix.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/layer.hpp"
#include "mote/core/rng.hpp"
#include "mote/learn/learner.hpp"
#include "mote/learn/learner_knobs.hpp"

namespace mote::inline v0 {

struct prefix_tuning_knobs {
  std::uint64_t seed = 1;    ///< of the keys' random start; values start at zero
  std::size_t tokens = 64;   ///< longest example, control tokens included
  std::size_t batch = 1;     ///< examples for one step of the optimizer
  std::size_t chunk = 8;     ///< tokens that go through a layer together
  bool takes_turns = false;  ///< true: an answer may run between two portions of a lesson
};

/// Keys and values of the first positions. Satisfies `prefixing_delta`.
class prefix_rows : public matrices_only {
 public:
  prefix_rows(std::size_t count, const cache_shape& kept, std::uint64_t seed, float* rows, float* gradients)
      : count_(count), layers_(kept.layers), kv_dim_(kept.kv_dim()), seed_(seed), rows_(rows), gradients_(gradients) {}
  static void apply(std::size_t, role, const float*, float*) {}
  std::size_t positions() const { return count_; }
  const float* key(std::size_t layer, std::size_t position) const { return rows_ + at(layer, 0, position); }
  const float* value(std::size_t layer, std::size_t position) const { return rows_ + at(layer, 1, position); }
  float* key_gradient(std::size_t layer, std::size_t position) { return gradients_ + at(layer, 0, position); }
  float* value_gradient(std::size_t layer, std::size_t position) { return gradients_ + at(layer, 1, position); }

  /// Calls f(offset, n) for each key and each value, without the padding.
  template <class Function>
  void each(Function f) const {
    for (std::size_t row = 0; row < 2 * layers_ * count_; ++row) f(row * padded(kv_dim_), kv_dim_);
  }
  void reset() {
    each_start([this](std::size_t i, float start) { rows_[i] = start; });
  }
  bool has_effect() const {
    bool found = false;
    each_start([&](std::size_t i, float start) { found = found || rows_[i] != start; });
    return found;
  }

 private:
  std::size_t at(std::size_t layer, std::size_t values, std::size_t position) const {
    return ((2 * layer + values) * count_ + position) * padded(kv_dim_);
  }
  /// Calls f(i, start) for each trained float. Keys start at random, because equal positions would learn the same.
  template <class Function>
  void each_start(Function f) const {
    rng random(seed_ * 0x9E3779B97F4A7C15ULL);
    each([&](std::size_t first, std::size_t n) {
      const bool is_key = first / padded(kv_dim_) / count_ % 2 == 0;
      for (std::size_t i = 0; i < n; ++i) f(first + i, is_key ? 0.3F * random.normal() : 0.0F);
    });
  }

  std::size_t count_, layers_, kv_dim_;
  std::uint64_t seed_;
  float *rows_, *gradients_;  // (layers that attend, keys and values, count, padded(kv_dim))
};

template <std::size_t Count, std::uint64_t Seed>
struct cache_prefix {
  static constexpr std::size_t positions = Count;
  template <class Family>
  static constexpr std::size_t floats(const shape& s) {
    return 2 * cached_by<Family>(s).layers * Count * padded(cached_by<Family>(s).kv_dim());
  }
  template <class Family, shape S>
  static prefix_rows over(float* parameters, float* gradients) {
    return {Count, cached_by<Family>(S), Seed, parameters, gradients};
  }
  static void reset(prefix_rows all) { all.reset(); }
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return v0::fingerprint{}.add("prefix tuning").add(Count).add(Seed).value();
  }
};

template <std::size_t Count = 0 /* refused below */, prefix_tuning_knobs Knobs = prefix_tuning_knobs{},
          class Optimizer = adam<adam_knobs{.rate = 1e-2F}>, class Schedule = backpropagation>
struct prefix_tuning
    : learner<cache_prefix<Count == 0 ? 1 : Count, Knobs.seed>, Optimizer, Schedule, learner_knobs_of(Knobs)> {
  static_assert(Count >= 1,
                "mote: prefix_tuning<> owns no position; say how many, as in prefix_tuning<8> [mote-prefix-tuning]");
};

}  // namespace mote::inline v0
