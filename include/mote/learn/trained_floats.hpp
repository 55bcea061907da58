// SPDX-License-Identifier: BSL-1.0
// What every learner keeps: the floats that it trains, their gradients and the optimiser's state, as members.
// Refuses to know what the floats mean: that is the delta's.
#pragma once

#include <cstddef>

#include "mote/core/status.hpp"
#include "mote/learn/optimiser.hpp"

namespace mote::inline v0 {

/// Floats is a multiple of 16. Zero until a learner resets it, so that a pipeline lies in .bss.
template <class Optimiser, std::size_t Floats>
class trained_floats {
 public:
  static constexpr std::size_t parameter_floats = Floats;
  static constexpr std::size_t optimiser_floats = Optimiser::state_floats(Floats);

  /// False where the step would leave the floats: parameters and optimiser stay as they were.
  bool step() { return optimiser_.step(parameters_, gradients_, optimiser_state_, Floats); }
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

  /// Takes saved parameters; gradients and the optimiser start anew.
  void restore(const float* parameters) {
    __builtin_memcpy(parameters_, parameters, sizeof parameters_);
    forget();
  }

  float* parameters() { return parameters_; }
  const float* parameters() const { return parameters_; }
  float* gradients() { return gradients_; }

 protected:
  /// The start of a run: no gradients, and an optimiser that has seen none.
  void forget() {
    drop();
    for (float& v : optimiser_state_) v = 0;
    optimiser_.reset();
  }

  alignas(64) float parameters_[Floats] = {};
  alignas(64) float gradients_[Floats] = {};
  alignas(64) float optimiser_state_[optimiser_floats == 0 ? 1 : optimiser_floats] = {};
  Optimiser optimiser_;
};

}  // namespace mote::inline v0
