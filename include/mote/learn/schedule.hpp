// SPDX-License-Identifier: BSL-1.0
// Schedules: which layers learn, and whether a lesson has a backward pass.
//   backpropagation       backward through every layer                                    (here)
//   last_layers<2>        backward through the last two layers; only these learn          (last_layers.hpp)
//   zeroth_order<>        two forward passes, no backward pass, in the memory of answers  (zeroth_order.hpp)
// A schedule has first_layer(shape), the first layer that learns; goes_back; and state<Batch>, kept between passes.
// Refuses to run the pass: sequence_pass (block/train.hpp) does.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "mote/block/train.hpp"

namespace mote::inline v0 {

struct backpropagation {
  static constexpr bool goes_back = true;
  static constexpr std::size_t first_layer(const shape&) { return 0; }
  template <std::size_t Batch>
  struct state {};
};

/// A model's shape without the layers before `first`.
constexpr shape from_layer(shape s, std::size_t first) {
  s.layers -= first;
  return s;
}

/// Applies a delta to the layers from `first` on: the model's layer `first` is layer 0 of the delta.
template <class View>
class upper_layers : public matrices_only {
 public:
  upper_layers(View delta, std::size_t first) : delta_(delta), first_(first) {}
  void apply(std::size_t layer, role r, const float* x, float* y) const {
    if (layer >= first_) delta_.apply(layer - first_, r, x, y);
  }
  void backward(std::size_t layer, role r, const float* x, std::size_t x_stride, std::size_t count, const float* dy,
                std::size_t y_stride, float* dx, std::size_t dx_stride) {
    delta_.backward(layer - first_, r, x, x_stride, count, dy, y_stride, dx, dx_stride);
  }
  float* vector_gradient(std::size_t layer, vector_role v) {
    return layer < first_ ? nullptr : delta_.vector_gradient(layer - first_, v);
  }
  template <class V = View>
  auto scales(std::size_t layer, role r) const -> decltype(std::declval<const V&>().scales(layer, r)) {
    return delta_.scales(layer - first_, r);
  }
  template <class V = View>
  auto output_backward(std::size_t layer, role r, const float* dy, float* y, std::size_t count, std::size_t stride)
      -> decltype(std::declval<V&>().output_backward(layer, r, dy, y, count, stride)) {
    delta_.output_backward(layer - first_, r, dy, y, count, stride);
  }

 private:
  View delta_;
  std::size_t first_;
};

namespace detail {
/// The schedule of a learning policy; backpropagation if the policy names none.
template <class Learning>
struct schedule_of {
  using type = backpropagation;
};
template <class Learning>
  requires requires { typename Learning::schedule; }
struct schedule_of<Learning> {
  using type = typename Learning::schedule;
};
/// Whether the collector of a learning policy's state scales the outputs of matrices: a scaling_delta.
template <class State>
constexpr bool scales_outputs() {
  if constexpr (requires(State& s) { s.collector(); })
    return scaling_delta<std::remove_cvref_t<decltype(std::declval<State&>().collector())>>;
  else return false;
}
template <class Learning>
constexpr bool takes_turns() {
  if constexpr (requires { Learning::takes_turns; }) return Learning::takes_turns;
  else return false;
}
}  // namespace detail

}  // namespace mote::inline v0
