// SPDX-License-Identifier: BSL-1.0
// Stops learning when the held-out loss has not fallen for Patience evaluations. With few examples a longer run damages
// what the model could do before (docs/design/early_stop.md).
// Refuses to hold a copy of what was learned: save on `better`, load it again on `stop`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class verdict : std::uint8_t { better, wait, stop };

template <std::size_t Patience = 3>
class early_stop {
 public:
  /// Takes the held-out loss of one evaluation. `better`: it is the first number, or at least a thousandth below the
  /// best. `stop`: the last Patience evaluations were not better. A NaN is never better.
  constexpr verdict observe(float held_out_loss) {
    if (seen_ ? held_out_loss < best_ * 0.999F : held_out_loss == held_out_loss) {
      seen_ = true;
      best_ = held_out_loss;
      waited_ = 0;
      return verdict::better;
    }
    return ++waited_ >= Patience ? verdict::stop : verdict::wait;
  }
  constexpr float best() const { return best_; }

 private:
  float best_ = 0;
  std::size_t waited_ = 0;
  bool seen_ = false;
};

}  // namespace mote::inline v0
