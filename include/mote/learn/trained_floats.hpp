// SPDX-License-Identifier: BSL-1.0
// The state of every learner: the floats that it trains, their gradients and the optimiser's state, as members.
// Refuses to give the floats a meaning: the delta does.
#pragma once

#include <cstddef>

#include "mote/core/status.hpp"
#include "mote/learn/optimiser.hpp"

namespace mote::inline v0 {

/// Floats is a multiple of 16. Every member is zero until a learner's reset(), so that a static pipeline goes to .bss.
template <class Optimiser, std::size_t Floats>
class trained_floats {
 public:
  static constexpr std::size_t parameter_floats = Floats;
  static constexpr std::size_t optimiser_floats = Optimiser::state_floats(Floats);

  /// One step of the optimiser; the gradients become zero. False: a parameter would not be finite or would exceed
  /// largest_weight; parameters and optimiser keep their values.
  bool step() { return optimiser_.step(parameters_, gradients_, optimiser_state_, Floats); }
  /// Zeroes the collected gradients.
  void drop() {
    for (float& g : gradients_) g = 0;
  }
  /// Sets the learning rate. bad_rate: r is outside 0 to largest_rate; the old rate stays.
  status rate(float r) {
    if (!is_rate(r)) return status::bad_rate;
    optimiser_.rate = r;
    return status::ok;
  }
  float rate() const { return optimiser_.rate; }

  /// Copies saved parameters (Floats); gradients and optimiser restart.
  void restore(const float* parameters) {
    __builtin_memcpy(parameters_, parameters, sizeof parameters_);
    forget();
  }

  float* parameters() { return parameters_; }
  const float* parameters() const { return parameters_; }
  float* gradients() { return gradients_; }

 protected:
  /// Starts a run: zeroes the gradients and the optimiser's state.
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
