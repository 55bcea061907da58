// SPDX-License-Identifier: BSL-1.0
// Costs of pipelines that are not instantiated: of one, and of every combination of the policies of several axes.
//   constexpr mote::choices c = mote::choices_of<hearth, mote::quantize<4>, mote::context<256>>;
//   mote::sweep<hearth, mote::axis<mote::quantize<8>, mote::quantize<4>>, mote::axis<mote::cache<32>, mote::cache<8>>>(
//       [](auto made) { std::printf("%zu\n", made.cost.ram.object()); });
// Refuses to instantiate a pipeline: each combination costs a compiler little more than its name.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/budget/cost.hpp"
#include "mote/core/slots.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/pipeline.hpp"

namespace mote::inline v0 {

namespace detail {

/// Replaces a model that is not known yet. Its context is larger than any context<> in use.
struct any_shape {
  static constexpr std::string_view name = "any";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 64, .layers = 1, .heads = 1, .kv_heads = 1, .vocab = 256, .context = std::size_t{1} << 20U};
  static constexpr std::size_t vocabulary_bytes = 0;
  static constexpr mote::special_tokens special_tokens{};
};

template <class... Policies>
struct choices_maker {
  static constexpr choices make() {
    using c = chosen<any_shape, Policies...>;
    choices made = c::facts();
    made.context = c::template in<slots::context>::tokens;
    return made;
  }
};
template <model Model, class... Policies>
struct choices_maker<Model, Policies...> {
  static constexpr choices make() { return chosen<Model, Policies...>::facts(); }
};

}  // namespace detail

/// The choices of some policies, after a model or without one. choices_of<quantize<8>, context<256>> hold for every
/// shape, unless a policy's cost depends on the shape in a way that only its type knows; then name the model first.
template <class... Policies>
inline constexpr choices choices_of = detail::choices_maker<Policies...>::make();

/// Alternative policies: a combination takes one of each axis.
template <class... Policies>
struct axis {};

/// One combination of a sweep.
template <class Model, class... Policies>
struct combination {
  static constexpr choices chosen = detail::chosen<Model, Policies...>::facts();
  static constexpr costs paid = cost_of(Model::shape, chosen);
  static constexpr footprint cost = detail::chosen<Model, Policies...>::cost();
  template <template <class...> class Pipeline>
  using as = Pipeline<Model, Policies...>;  ///< as<mote::pipeline> is the pipeline itself
};

namespace detail {

template <class Model, class Taken, class... Axes>
struct sweeper;
template <class Model, class... Taken>
struct sweeper<Model, axis<Taken...>> {
  template <class Function>
  static constexpr std::size_t run(Function& f) {
    if constexpr (can_compose<Model, Taken...>) {
      f(combination<Model, Taken...>{});
      return 1;
    } else {
      return 0;
    }
  }
};
template <class Model, class... Taken, class... Here, class... Others>
struct sweeper<Model, axis<Taken...>, axis<Here...>, Others...> {
  template <class Function>
  static constexpr std::size_t run(Function& f) {
    return (sweeper<Model, axis<Taken..., Here>, Others...>::run(f) + ... + std::size_t{0});
  }
};

}  // namespace detail

/// Calls f(combination) for each combination of the axes that composes with Model and fits its board; the last axis
/// varies fastest. Returns how many there were. A policy that does not vary is an axis of one.
template <class Model, class... Axes, class Function>
constexpr std::size_t sweep(Function&& f) {
  return detail::sweeper<Model, axis<>, Axes...>::run(f);
}

}  // namespace mote::inline v0
