// SPDX-License-Identifier: BSL-1.0
// A schedule: the way back goes through the last layers only, and those alone learn. A step costs one way forward and that
// part of the way back; streams are kept, and parameters held, for those layers.
//   lora<4, lora_knobs{}, adam<>, last_layers<1>>
// As many layers as the model has, or more, are backpropagation. Refuses none: nothing would learn.
#pragma once

#include <cstddef>

#include "mote/config.hpp"
#include "mote/learn/schedule.hpp"

namespace mote::inline v0 {

template <std::size_t Layers>
struct last_layers {
  static constexpr bool goes_back = true;
  static constexpr std::size_t layers = Layers == 0 ? 1 : Layers;  // nought is refused below, and there alone
  static constexpr std::size_t first_layer(const shape& s) { return layers < s.layers ? s.layers - layers : 0; }
  template <std::size_t Batch>
  struct state {};
  static_assert(Layers >= 1, "mote: last_layers<> needs one layer at least, or nothing would learn [mote-last-layers]");
};

}  // namespace mote::inline v0
