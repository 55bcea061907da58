// SPDX-License-Identifier: BSL-1.0
// How the pass of a lesson goes.
//   backpropagation       back through every layer                              (here)
//   last_layers<2>        back through the last two, which alone learn          (last_layers.hpp)
//   zeroth_order<>        two losses and no way back, in the memory of answers  (zeroth_order.hpp)
// A schedule says from which layer on a model learns, whether the pass goes back at all, and what it keeps between passes.
// Refuses to run: sequence_pass does.
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

/// A model's shape without the layers in front of `first`.
constexpr shape from_layer(shape s, std::size_t first) {
  s.layers -= first;
  return s;
}

/// A delta of the layers from `first` on, whose own first layer that is.
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
/// What a learning policy that says less than learner<> does means.
template <class Learning>
struct schedule_of {
  using type = backpropagation;
};
template <class Learning>
  requires requires { typename Learning::schedule; }
struct schedule_of<Learning> {
  using type = typename Learning::schedule;
};
/// Whether what a state of a learning policy collects scales what matrices give.
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
