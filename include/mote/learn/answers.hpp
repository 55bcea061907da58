// SPDX-License-Identifier: BSL-1.0
// Checks a learner's three parts (delta, optimizer, schedule): each is in its place and has the members that a lesson
// uses. answers_fault<...> is void if all is well, else a check whose message names the place or the member.
// Refuses to judge whether a gradient is right: tests do.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "mote/block/delta.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/optimizer.hpp"
#include "mote/learn/schedule.hpp"

namespace mote::inline v0 {

/// The members of a delta, then of its view, in the order in which they are checked.
enum class delta_member {
  none,
  floats,
  over,
  fingerprint,
  apply,
  backward,
  vector_gradient,
  embedding_backward,
  head_backward,
  scales,
  output_backward,
  each
};
/// The members of a schedule, then of its state if it has no backward pass. learning_layers: first_layer() < layers.
enum class schedule_member { none, goes_back, first_layer, learning_layers, state, begin, next };
enum class learner_place { delta, optimizer, schedule };

namespace detail {

template <class D, class Model>
inline constexpr bool delta_has_floats =
    requires { typename std::integral_constant<std::size_t, D::template floats<family_of<Model>>(Model::shape)>; };
template <class D, class Model>
using view_of = std::remove_cvref_t<decltype(D::template over<family_of<Model>, Model::shape>(std::declval<float*>(),
                                                                                              std::declval<float*>()))>;
template <class D, class Model>
inline constexpr bool delta_has_view = requires { requires std::is_class_v<view_of<D, Model>>; };
template <class D, class Model>
inline constexpr bool delta_has_fingerprint =
    requires { typename std::integral_constant<std::uint64_t, D::template fingerprint<family_of<Model>>()>; };

template <class V>
inline constexpr bool view_applies =
    requires(const V& v, std::size_t n, role r, const float* in, float* out) { v.apply(n, r, in, out); };
template <class V>
inline constexpr bool view_goes_back =
    requires(V& v, std::size_t n, role r, const float* in, float* out) { v.backward(n, r, in, n, n, in, n, out, n); };
template <class V>
inline constexpr bool view_has_vectors = requires(V& v, std::size_t n, vector_role r) {
  { v.vector_gradient(n, r) } -> std::same_as<float*>;
};
template <class V>
inline constexpr bool view_has_embedding =
    requires(V& v, std::size_t n, const float* in) { v.embedding_backward(n, in); };
template <class V>
inline constexpr bool view_has_head =
    requires(V& v, std::size_t n, const float* in) { v.head_backward(in, in, n, n, n); };
template <class V>
inline constexpr bool view_says_what_it_scales = requires(V& v, std::size_t n, role r) {
  { v.scales(n, r) } -> std::same_as<bool>;
};
template <class V>
inline constexpr bool view_goes_back_through_outputs =
    requires(V& v, std::size_t n, role r, const float* in, float* out) { v.output_backward(n, r, in, out, n, n); };
/// Stands for the f(offset, n) that each() calls.
struct any_run {
  void operator()(std::size_t, std::size_t) const {}
};
template <class V>
inline constexpr bool view_lists_floats = requires(const V& v) { v.each(any_run{}); };

template <class S>
inline constexpr bool schedule_has_goes_back = requires { typename std::bool_constant<S::goes_back>; };
template <class S, class Model>
inline constexpr bool schedule_has_first_layer =
    requires { typename std::integral_constant<std::size_t, S::first_layer(Model::shape)>; };
template <class S, class Model>
inline constexpr bool schedule_leaves_layers =
    requires { requires S::first_layer(Model::shape) < Model::shape.layers; };
template <class S>
inline constexpr bool schedule_has_state =
    requires { requires std::default_initializable<typename S::template state<2>>; };
template <class S, class View>
inline constexpr bool schedule_begins =
    requires(S& s, const View& v, const float* parameters, float* moved) { s.begin(v, parameters, moved); };
template <class S, class View>
inline constexpr bool schedule_goes_on =
    requires(S& s, const View& v, const float* parameters, float* moved, float& loss) {
      { s.next(v, parameters, moved, loss) } -> std::same_as<bool>;
    };

// What a type is meant to be: it has at least one member of that part.
template <class T, class Model>
inline constexpr bool looks_like_delta =
    delta_has_floats<T, Model> || delta_has_view<T, Model> || delta_has_fingerprint<T, Model>;
template <class T>
inline constexpr bool looks_like_optimizer =
    optimizer_has_state_floats<T> || optimizer_steps<T> || optimizer_has_rate<T> || requires { T::first_rate; };
template <class T, class Model>
inline constexpr bool looks_like_schedule = schedule_has_goes_back<T> || schedule_has_first_layer<T, Model>;
template <class T, class Model>
inline constexpr bool looks_like_another =
    looks_like_delta<T, Model> || looks_like_optimizer<T> || looks_like_schedule<T, Model> || policy<T>;

template <class D, class Model>
inline constexpr delta_member delta_itself_lacks = first_missing<delta_member>({
    {delta_has_floats<D, Model>, delta_member::floats},
    {delta_has_view<D, Model>, delta_member::over},
    {delta_has_fingerprint<D, Model>, delta_member::fingerprint},
});
template <class V, bool GoesBack>
inline constexpr delta_member view_lacks = first_missing<delta_member>({
    {view_applies<V>, delta_member::apply},
    {view_goes_back<V>, delta_member::backward},
    {view_has_vectors<V>, delta_member::vector_gradient},
    {view_has_embedding<V>, delta_member::embedding_backward},
    {view_has_head<V>, delta_member::head_backward},
    {view_says_what_it_scales<V> || !view_goes_back_through_outputs<V>, delta_member::scales},
    {view_goes_back_through_outputs<V> || !view_says_what_it_scales<V>, delta_member::output_backward},
    {GoesBack || view_lists_floats<V>, delta_member::each},
});
template <class D, class Model, bool GoesBack>
consteval delta_member delta_lacking() {
  if constexpr (delta_itself_lacks<D, Model> != delta_member::none) return delta_itself_lacks<D, Model>;
  else return view_lacks<view_of<D, Model>, GoesBack>;
}

}  // namespace detail

/// The first member that a delta or its view lacks, for a model. GoesBack: of the schedule.
template <class D, class Model, bool GoesBack = true>
inline constexpr delta_member delta_lacks = detail::delta_lacking<D, Model, GoesBack>();

/// The first member that a schedule lacks, for a model.
template <class S, class Model>
inline constexpr schedule_member schedule_lacks = first_missing<schedule_member>({
    {detail::schedule_has_goes_back<S>, schedule_member::goes_back},
    {detail::schedule_has_first_layer<S, Model>, schedule_member::first_layer},
    {detail::schedule_leaves_layers<S, Model>, schedule_member::learning_layers},
    {detail::schedule_has_state<S>, schedule_member::state},
});
/// The first member that the state of a schedule without a backward pass lacks, for the view of a delta.
template <class S, class View>
inline constexpr schedule_member trials_lack = first_missing<schedule_member>({
    {detail::schedule_begins<typename S::template state<1>, View>, schedule_member::begin},
    {detail::schedule_goes_on<typename S::template state<1>, View>, schedule_member::next},
});

template <delta_member Lacks, class Delta>
struct delta_check {
  using m = delta_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(
      has<m::floats>,
      "mote: this delta does not say how many floats it trains; give it `template <class Family> static constexpr std::size_t floats(const shape&)` [mote-delta]");
  static_assert(
      has<m::over>,
      "mote: this delta has nothing that kernels see; give it `template <class Model> static view over(float* parameters, float* gradients)` [mote-delta]");
  static_assert(
      has<m::fingerprint>,
      "mote: this delta does not say what a snapshot must agree with; give it `template <class Family> static constexpr std::uint64_t fingerprint()` [mote-delta]");
  static_assert(has<m::apply>,
                "mote: this delta's view changes no answer; give it `apply(layer, role, x, y) const` [mote-delta]");
  static_assert(
      has<m::backward>,
      "mote: this delta's view takes no gradient of a matrix; give it `backward(layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride)`, or derive it from matrices_only [mote-delta]");
  static_assert(
      has<m::vector_gradient>,
      "mote: this delta's view takes no gradient of a vector; give it `float* vector_gradient(layer, vector_role)`, or derive it from matrices_only [mote-delta]");
  static_assert(
      has<m::embedding_backward>,
      "mote: this delta's view takes no gradient of the embedding; give it `embedding_backward(token, dx)`, or derive it from matrices_only [mote-delta]");
  static_assert(
      has<m::head_backward>,
      "mote: this delta's view takes no gradient of the head; give it `head_backward(dlogits, x, tokens, y_stride, x_stride)`, or derive it from matrices_only [mote-delta]");
  static_assert(
      has<m::scales>,
      "mote: this delta's view does not say which matrices it scales; give it `bool scales(layer, role) const` beside its output_backward() [mote-delta]");
  static_assert(
      has<m::output_backward>,
      "mote: this delta's view scales matrices and not their gradients; give it `output_backward(layer, role, dy, y, tokens, y_stride)` beside its scales() [mote-delta]");
  static_assert(
      has<m::each>,
      "mote: this delta's view does not list the floats that a schedule without a way back moves; give it `each(f) const`, which calls f(offset, n) [mote-delta]");
};

template <schedule_member Lacks, class Schedule>
struct schedule_check {
  using m = schedule_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(
      has<m::goes_back>,
      "mote: this schedule does not say whether the pass goes back; give it `static constexpr bool goes_back` [mote-schedule]");
  static_assert(
      has<m::first_layer>,
      "mote: this schedule does not say from which layer on a model learns; give it `static constexpr std::size_t first_layer(const shape&)` [mote-schedule]");
  static_assert(
      has<m::learning_layers>,
      "mote: this schedule leaves no layer that learns; its first_layer() must be less than the model's layers [mote-schedule]");
  static_assert(
      has<m::state>,
      "mote: this schedule does not say what it keeps between passes; give it `template <std::size_t Batch> struct state`, empty where it keeps nothing [mote-schedule]");
  static_assert(
      has<m::begin>,
      "mote: this schedule does not go back and moves no parameters; give its state `begin(view, parameters, moved)` [mote-schedule]");
  static_assert(
      has<m::next>,
      "mote: this schedule does not go back and takes no loss; give its state `bool next(view, parameters, moved, float& loss)` [mote-schedule]");
};

/// Found: the type in that place, which is another part or a whole policy.
template <learner_place Place, class Found>
struct place_check {
  using p = learner_place;
  template <p At>
  static constexpr bool is_right = Place != At;
  static_assert(
      is_right<p::delta>,
      "mote: what stands in the place of a learner's delta is no delta; the order is learner<delta, optimizer, schedule> [mote-learner-place]");
  static_assert(
      is_right<p::optimizer>,
      "mote: what stands in the place of a learner's optimizer is no optimizer; the order is delta, optimizer, schedule, as in lora<4, lora_knobs{}, adam<>, last_layers<1>> [mote-learner-place]");
  static_assert(
      is_right<p::schedule>,
      "mote: what stands in the place of a learner's schedule is no schedule; the order is delta, optimizer, schedule, as in lora<4, lora_knobs{}, adam<>, last_layers<1>> [mote-learner-place]");
};

namespace detail {

template <class Optimizer, class Model>
consteval auto optimizer_fault_of() {
  if constexpr (optimizer_lacks<Optimizer> == optimizer_member::none) return std::type_identity<void>{};
  else if constexpr (!looks_like_optimizer<Optimizer> && looks_like_another<Optimizer, Model>)
    return std::type_identity<place_check<learner_place::optimizer, Optimizer>>{};
  else return std::type_identity<optimizer_check<Optimizer>>{};
}
template <class Schedule, class Model>
consteval auto schedule_fault_of() {
  constexpr schedule_member lacks = schedule_lacks<Schedule, Model>;
  if constexpr (lacks == schedule_member::none) return std::type_identity<void>{};
  else if constexpr (!looks_like_schedule<Schedule, Model> && looks_like_another<Schedule, Model>)
    return std::type_identity<place_check<learner_place::schedule, Schedule>>{};
  else return std::type_identity<schedule_check<lacks, Schedule>>{};
}
template <class Optimizer, class Schedule, class Model>
consteval auto rule_and_way_fault_of() {
  using of_rule = decltype(optimizer_fault_of<Optimizer, Model>());
  if constexpr (!std::is_void_v<typename of_rule::type>) return of_rule{};
  else return schedule_fault_of<Schedule, Model>();
}

template <class Delta, class Optimizer, class Schedule, class Model>
consteval auto answers_fault_of() {
  if constexpr (!looks_like_delta<Delta, Model> && looks_like_another<Delta, Model>) {
    return std::type_identity<place_check<learner_place::delta, Delta>>{};
  } else {
    using others = decltype(rule_and_way_fault_of<Optimizer, Schedule, Model>());
    if constexpr (!std::is_void_v<typename others::type>) {
      return others{};
    } else {
      constexpr delta_member lacks = delta_lacks<Delta, Model, Schedule::goes_back>;
      if constexpr (lacks != delta_member::none) {
        return std::type_identity<delta_check<lacks, Delta>>{};
      } else if constexpr (!Schedule::goes_back) {
        constexpr schedule_member trials = trials_lack<Schedule, view_of<Delta, Model>>;
        return std::type_identity<unless<trials == schedule_member::none, schedule_check<trials, Schedule>>>{};
      } else {
        return std::type_identity<void>{};
      }
    }
  }
}

}  // namespace detail

/// The check of the first fault of a learner's parts, for a model; void if there is none.
template <class Delta, class Optimizer, class Schedule, class Model>
using answers_fault = typename decltype(detail::answers_fault_of<Delta, Optimizer, Schedule, Model>())::type;
/// The same without a delta, for full<>: it trains the weights themselves.
template <class Optimizer, class Schedule, class Model>
using rule_and_way_fault = typename decltype(detail::rule_and_way_fault_of<Optimizer, Schedule, Model>())::type;

}  // namespace mote::inline v0
