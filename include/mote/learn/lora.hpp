// SPDX-License-Identifier: BSL-1.0
// Learns by low-rank adapters beside a frozen base (Hu et al. 2021, arXiv 2106.09685), which may be quantized:
// gradients are computed on the weights as deployed (Dettmers et al. 2023, arXiv 2305.14314).
//   lora<4>                                       the usual: rank 4 on query and value
//   lora<8, lora_knobs{.targets = all_matrices}>  can learn more; about ten times the parameters in a Llama
//   lora<4, lora_knobs{}, sgd<>>                  no optimizer state
//   lora<4, lora_knobs{}, adam<>, last_layers<1>> the last layer alone
// Cost: 4 bytes a parameter, 4 for its gradient, 8 for Adam; rank * (rows + cols) parameters a matrix.
// Refuses to merge into the base: integers would round the adapter away.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/learn/learner.hpp"
#include "mote/learn/learner_knobs.hpp"
#include "mote/learn/low_rank_adapters.hpp"

namespace mote::inline v0 {

struct lora_knobs {
  float alpha = 0;  ///< the adapter's output is scaled by alpha / rank; 0: alpha is 2 * rank
  role_set targets = query_and_value;
  std::size_t tokens = 64;   ///< longest example, control tokens included
  std::size_t batch = 1;     ///< examples for one step of the optimizer
  std::size_t chunk = 8;     ///< tokens that go through a layer together
  std::uint64_t seed = 1;    ///< of A; B starts at zero, so nothing changes before the first step
  bool takes_turns = false;  ///< true: an answer may run between two portions of a lesson
};

/// The delta of lora<>: adds Scale * B (A x) to W x, for each matrix W in Targets.
template <std::size_t Rank, float Scale, role_set Targets, std::uint64_t Seed>
struct low_rank_delta {
  template <class Family, shape S>
  static constexpr auto layout = lay_adapters<Family, Targets>(S, Rank);

  template <class Family>
  static constexpr std::size_t floats(const shape& s) {
    return s.layers * lay_adapters<Family, Targets>(s, Rank).layer_floats;
  }
  template <class Family, shape S>
  static low_rank_adapters over(float* parameters, float* gradients) {
    return {S, layout<Family, S>, Scale, parameters, gradients};
  }
  static void reset(low_rank_adapters all) { all.reset(Seed); }
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return v0::fingerprint{}
        .add("lora")
        .add(Rank)
        .add(targets_in<Family>(Targets))
        .add(__builtin_bit_cast(std::uint32_t, Scale))
        .value();
  }
};

namespace detail {
constexpr std::size_t some_rank(std::size_t rank) { return rank == 0 ? 1 : rank; }  // 0 is refused by lora itself
constexpr role_set some_targets(role_set targets) { return targets == 0 ? query_and_value : targets; }  // 0 as well
constexpr float lora_scale(std::size_t rank, float alpha) {
  return (alpha > 0 ? alpha : 2.0F * static_cast<float>(rank)) / static_cast<float>(rank);
}
template <std::size_t Rank, lora_knobs Knobs, class Optimizer, class Schedule>
using lora_learner = learner<
    low_rank_delta<some_rank(Rank), lora_scale(some_rank(Rank), Knobs.alpha), some_targets(Knobs.targets), Knobs.seed>,
    Optimizer, Schedule, learner_knobs_of(Knobs)>;
}  // namespace detail

template <std::size_t Rank = 0 /* refused below */, lora_knobs Knobs = lora_knobs{}, class Optimizer = adam<>,
          class Schedule = backpropagation>
struct lora : detail::lora_learner<Rank, Knobs, Optimizer, Schedule> {
  static constexpr std::size_t rank = detail::some_rank(Rank);
  /// The floats of all adapters of a model at rank 1; at rank r there are r times as many.
  template <class Family>
  static constexpr std::size_t floats_a_rank(const shape& s) {
    return s.layers * lay_adapters<Family, Knobs.targets>(s, 1).layer_floats;
  }
  static constexpr float scale = detail::lora_scale(rank, Knobs.alpha);

  // Last, because Clang drops every member after a failed assertion and then reports that it is missing.
  static_assert(Rank >= 1 && Rank <= 256,
                "mote: the rank of lora<> must lie in 1 to 256; 2, 4 and 8 are usual [mote-lora-rank]");
  static_assert(Knobs.alpha == 0.0F || detail::is_within(Knobs.alpha, 1e-3F, 1e4F),
                "mote: .alpha of lora<> must lie in 0.001 to 10000, or be 0 for twice the rank [mote-lora-alpha]");
  static_assert(Knobs.targets != 0,
                "mote: lora<> adapts no matrix; set .targets, as in query_and_value [mote-lora-targets]");
};

}  // namespace mote::inline v0
