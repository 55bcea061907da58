// SPDX-License-Identifier: BSL-1.0
// A schedule: the backward pass goes through the last Layers layers, and only they learn. A lesson costs a whole
// forward pass and that part of the backward pass; layer inputs are kept, and parameters exist, for those layers only.
//   lora<4, lora_knobs{}, adam<>, last_layers<1>>
// With as many layers as the model has, or more, it is backpropagation. Refuses 0 layers: nothing would learn.
#pragma once

#include <cstddef>

#include "mote/config.hpp"
#include "mote/learn/schedule.hpp"

namespace mote::inline v0 {

template <std::size_t Layers>
struct last_layers {
  static constexpr bool goes_back = true;
  static constexpr std::size_t layers = Layers == 0 ? 1 : Layers;  // 0 is refused below, and only there
  static constexpr std::size_t first_layer(const shape& s) { return layers < s.layers ? s.layers - layers : 0; }
  template <std::size_t Batch>
  struct state {};
  static_assert(Layers >= 1, "mote: last_layers<> needs one layer at least, or nothing would learn [mote-last-layers]");
};

}  // namespace mote::inline v0
