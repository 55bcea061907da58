// SPDX-License-Identifier: BSL-1.0
// Costs of pipelines that nobody made: of one, and of all that the policies of several axes make together.
//   constexpr mote::choices c = mote::choices_of<hearth, mote::quantize<4>, mote::context<256>>;
//   mote::sweep<hearth, mote::axis<mote::quantize<8>, mote::quantize<4>>, mote::axis<mote::cache<32>, mote::cache<8>>>(
//       [](auto made) { std::printf("%zu\n", made.cost.ram.object()); });
// Refuses to instantiate a pipeline: a hundred combinations cost a compiler little more than their names.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/budget/cost.hpp"
#include "mote/core/slots.hpp"
#include "mote/model/dialogue.hpp"
#include "mote/pipeline.hpp"

namespace mote::inline v0 {

namespace detail {

/// Stands for the model where there is none yet. Its context is no bound.
struct any_shape {
  static constexpr std::string_view name = "any";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 64, .layers = 1, .heads = 1, .kv_heads = 1, .vocab = 256, .context = std::size_t{1} << 20U};
  static constexpr std::size_t vocabulary_bytes = 0;
  static constexpr mote::dialogue dialogue{};
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

/// What policies choose, the first of them a model or not: choices_of<quantize<8>, context<256>> hold for every shape,
/// unless some policy's cost depends on the shape in a way that its type alone knows; then name the model.
template <class... Policies>
inline constexpr choices choices_of = detail::choices_maker<Policies...>::make();

/// Policies of which one is taken at a time.
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

/// Calls f(combination) for each element of the product of the axes that composes with Model and fits its board, the last
/// axis fastest; returns how many there were. An axis of one policy says what stays.
template <class Model, class... Axes, class Function>
constexpr std::size_t sweep(Function&& f) {
  return detail::sweeper<Model, axis<>, Axes...>::run(f);
}

}  // namespace mote::inline v0
