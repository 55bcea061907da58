// SPDX-License-Identifier: BSL-1.0
// Learns by low-rank adapters beside a frozen, quantised base (Hu et al. 2021, arXiv 2106.09685; on the base as it is
// deployed, Dettmers et al. 2023, arXiv 2305.14314).
//   lora<4>                                       rank 4 on query and value: the least memory that teaches a command
//   lora<8, lora_knobs{.targets = all_matrices}>  more room to learn, four times the adapter
//   lora<4, lora_knobs{}, sgd<>>                  no optimiser state
// Cost: 4 bytes a parameter, 4 for its gradient, 8 for Adam; rank * (rows + cols) parameters a matrix.
// Refuses to merge into the base: integers would round the adapter away.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/status.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/low_rank_adapters.hpp"
#include "mote/learn/optimiser.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

struct lora_knobs {
  float alpha = 0;  ///< the adapter counts alpha / rank; 0: 2 * rank
  role_set targets = query_and_value;
  std::size_t tokens = 64;  ///< longest example, prompt and answer together
  std::size_t batch = 1;    ///< examples to a step of the optimiser
  std::size_t chunk = 8;    ///< tokens at a time through the wide layers
  std::uint64_t seed = 1;   ///< of A; B starts at zero, so nothing changes before the first step
};

template <std::size_t Rank = 0 /* refused below */, lora_knobs Knobs = lora_knobs{}, class Optimiser = adam<>>
struct lora {
  static constexpr std::size_t rank = Rank == 0 ? 1 : Rank;  // nought is refused below, and there alone
  using slot = slots::learning;
  // An optimiser that refuses its own knobs speaks first, then one that lacks a member.
  using said = decltype(let_speak(static_cast<Optimiser*>(nullptr)));
  using missed = decltype(let_speak(static_cast<optimiser_gap<Optimiser>*>(nullptr)));
  using optimiser = whole_optimiser<Optimiser>;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = Knobs.tokens;
  // Noughts are refused below, and there alone.
  static constexpr std::size_t batch = Knobs.batch == 0 ? 1 : Knobs.batch;
  static constexpr std::size_t chunk = Knobs.chunk == 0 ? 1 : Knobs.chunk < Knobs.tokens ? Knobs.chunk : Knobs.tokens;
  static constexpr float scale =
      (Knobs.alpha > 0 ? Knobs.alpha : 2.0F * static_cast<float>(rank)) / static_cast<float>(rank);

  /// The floats of all adapters of a model, for each of the rank.
  template <class Family>
  static constexpr std::size_t floats_a_rank(const shape& s) {
    return s.layers * lay_adapters<Family, Knobs.targets>(s, 1).layer_floats;
  }

  /// The parameters of one model's adapters.
  template <class Model, class Format>
  class state {
   public:
    static constexpr shape s = Model::shape;

    using family = family_of<Model>;
    static constexpr role_set targets = targets_in<family>(Knobs.targets);
    static_assert(targets != 0 || Knobs.targets == 0,
                  "mote: lora<> adapts no matrix; set .targets, as in query_and_value [mote-lora-targets]");
    static constexpr auto map = lay_adapters<family, Knobs.targets>(s, rank);
    static constexpr std::size_t parameter_floats = rank * floats_a_rank<family>(s);
    static constexpr std::size_t optimiser_floats = optimiser::state_floats(parameter_floats);

    /// What is added to the decoder, and what collects the gradients.
    low_rank_adapters adapter() const {
      return view(const_cast<float*>(parameters_));
    }  // of which only add() is called
    low_rank_adapters collector() { return view(parameters_); }

    /// The pipeline answers as if there were no adapter.
    void reset() {
      collector().reset(Knobs.seed);
      forget();
    }

    /// False where the step would leave the floats: parameters and optimiser stay as they were.
    bool step() { return optimiser_.step(parameters_, gradients_, optimiser_state_, parameter_floats); }
    /// Forgets the gradients that were collected.
    void drop() {
      for (float& g : gradients_) g = 0;
    }
    /// bad_rate where it is not within 0 to largest_rate: the rate stays.
    status rate(float r) {
      if (!is_rate(r)) return status::bad_rate;
      optimiser_.rate = r;
      return status::ok;
    }
    float rate() const { return optimiser_.rate; }

    /// Whether these parameters would change an answer.
    static bool has_effect(const float* parameters, const std::byte*) {
      return low_rank_adapters(s, map, scale, const_cast<float*>(parameters), nullptr).has_effect();
    }

    /// Takes saved parameters; gradients and the optimiser start anew.
    void restore(const float* parameters) {
      __builtin_memcpy(parameters_, parameters, sizeof parameters_);
      forget();
    }

    /// What a snapshot of these parameters must agree with.
    static constexpr std::uint64_t fingerprint() {
      return v0::fingerprint{}.add("lora").add(rank).add(targets).add(__builtin_bit_cast(std::uint32_t, scale)).value();
    }

    float* parameters() { return parameters_; }
    const float* parameters() const { return parameters_; }
    float* gradients() { return gradients_; }

   private:
    low_rank_adapters view(float* parameters) const {
      return {s, map, scale, parameters, const_cast<float*>(gradients_)};
    }
    void forget() {
      drop();
      for (float& v : optimiser_state_) v = 0;
      optimiser_.reset();
    }

    alignas(64) float parameters_[parameter_floats] = {};
    alignas(64) float gradients_[parameter_floats] = {};
    alignas(64) float optimiser_state_[optimiser_floats == 0 ? 1 : optimiser_floats] = {};
    optimiser optimiser_;
  };

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(Rank >= 1 && Rank <= 256,
                "mote: the rank of lora<> must lie in 1 to 256; 2, 4 and 8 are usual [mote-lora-rank]");
  static_assert(
      Knobs.tokens >= 2 && Knobs.batch >= 1 && Knobs.chunk >= 1,
      "mote: a learning policy has a knob of nought; .tokens is 2 or more, .batch and .chunk are 1 or more [mote-learning-knobs]");
  static_assert(Knobs.targets != 0,
                "mote: lora<> adapts no matrix; set .targets, as in query_and_value [mote-lora-targets]");
};

}  // namespace mote::inline v0
