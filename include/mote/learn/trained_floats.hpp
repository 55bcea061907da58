// SPDX-License-Identifier: BSL-1.0
// The state of every learner: the floats that it trains, their gradients and the optimizer's state, as members.
// Refuses to give the floats a meaning: the delta does.
#pragma once

#include <cstddef>

#include "mote/core/status.hpp"
#include "mote/learn/optimizer.hpp"

namespace mote::inline v0 {

/// Floats is a multiple of 16. Every member is zero until a learner's reset(), so that a static pipeline goes to .bss.
template <class Optimizer, std::size_t Floats>
class trained_floats {
 public:
  static constexpr std::size_t parameter_floats = Floats;
  static constexpr std::size_t optimizer_floats = Optimizer::state_floats(Floats);

  /// One step of the optimizer; the gradients become zero. False: a parameter would not be finite or would exceed
  /// largest_weight; parameters and optimizer keep their values.
  bool step() { return optimizer_.step(parameters_, gradients_, optimizer_state_, Floats); }
  /// Zeroes the collected gradients.
  void drop() {
    for (float& g : gradients_) g = 0;
  }
  /// Sets the learning rate. bad_rate: r is outside 0 to largest_rate; the old rate stays.
  status rate(float r) {
    if (!is_rate(r)) return status::bad_rate;
    optimizer_.rate = r;
    return status::ok;
  }
  float rate() const { return optimizer_.rate; }

  /// Copies saved parameters (Floats); gradients and optimizer restart.
  void restore(const float* parameters) {
    __builtin_memcpy(parameters_, parameters, sizeof parameters_);
    forget();
  }

  float* parameters() { return parameters_; }
  const float* parameters() const { return parameters_; }
  float* gradients() { return gradients_; }

 protected:
  /// Starts a run: zeroes the gradients and the optimizer's state.
  void forget() {
    drop();
    for (float& v : optimizer_state_) v = 0;
    optimizer_.reset();
  }

  alignas(64) float parameters_[Floats] = {};
  alignas(64) float gradients_[Floats] = {};
  alignas(64) float optimizer_state_[optimizer_floats == 0 ? 1 : optimizer_floats] = {};
  Optimizer optimizer_;
};

}  // namespace mote::inline v0
