// SPDX-License-Identifier: BSL-1.0
// A schedule without a backward pass (Malladi et al. 2023, arXiv 2305.17333, "MeZO"; Spall 1992). It computes the loss
// with the parameters moved by +distance and by -distance along a random direction of signs; the slope between the two
// losses times the direction is the gradient. No activations are kept: a lesson needs no more memory than an answer of
// its length that reads as many tokens of its prompt at a time and has a cache of floats.
//   ia3<ia3_knobs{}, adam<>, zeroth_order<>>
// The direction is computed again from its number each time. The moved parameters use the memory of the gradients
// (cost() calls them perturbed), so that an answer between two portions of a lesson uses the true parameters.
// Refuses a distance outside 1e-6 to 1. For few parameters, as of ia3<>: its noise grows with their number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/learn/schedule.hpp"

namespace mote::inline v0 {

struct zeroth_order_knobs {
  float distance = 1e-2F;  ///< how far every parameter is moved
  std::uint64_t seed = 1;  ///< of the directions
};

template <zeroth_order_knobs Knobs = zeroth_order_knobs{}>
struct zeroth_order {
  static constexpr bool goes_back = false;
  static constexpr std::size_t first_layer(const shape&) { return 0; }

  template <std::size_t Batch>
  class state {
   public:
    template <class View>
    void begin(const View& all, const float* parameters, float* moved) {
      below_ = false;
      move(all, parameters, moved, Knobs.distance);
    }
    /// Takes the loss at `moved`. First call of a lesson: moves the parameters the other way; true. Second call: `loss`
    /// becomes the mean of both; false. After the last example of a batch `moved` holds the gradient.
    template <class View>
    bool next(const View& all, const float* parameters, float* moved, float& loss) {
      if (!below_) {
        above_ = loss;
        below_ = true;
        move(all, parameters, moved, -Knobs.distance);
        return true;
      }
      slope_[examples_++] = (above_ - loss) / (2.0F * Knobs.distance * static_cast<float>(Batch));
      loss = 0.5F * (above_ + loss);
      ++directions_;
      if (examples_ < Batch) return false;
      all.each([&](std::size_t at, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) moved[at + i] = 0;
      });
      directions_ -= static_cast<std::uint32_t>(Batch);
      for (const float slope : slope_) {
        add_direction(all, moved, slope);
        ++directions_;
      }
      examples_ = 0;
      return false;
    }
    void drop() { examples_ = 0; }

   private:
    template <class View>
    void move(const View& all, const float* parameters, float* moved, float distance) const {
      all.each([&](std::size_t at, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) moved[at + i] = parameters[at + i];
      });
      add_direction(all, moved, distance);
    }
    /// Adds factor or -factor, by the random direction, to every parameter, without the padding.
    template <class View>
    void add_direction(const View& all, float* to, float factor) const {
      rng random(Knobs.seed + (directions_ + 1) * 0x9E3779B97F4A7C15ULL);
      for (int i = 0; i < 8; ++i) (void)random.next();  // similar seeds give similar first signs
      all.each([&](std::size_t at, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) to[at + i] += (random.next() >> 31U) != 0 ? factor : -factor;
      });
    }

    std::array<float, Batch> slope_{};
    float above_ = 0;
    std::uint32_t directions_ = 0;  // tried so far
    std::size_t examples_ = 0;      // of the batch
    bool below_ = false;
  };

  static_assert(
      Knobs.distance >= 1e-6F && Knobs.distance <= 1.0F,
      "mote: zeroth_order<> moves parameters by too little or too much; .distance must lie in 1e-6 to 1, such as 1e-2 [mote-zeroth-order]");
};

}  // namespace mote::inline v0
