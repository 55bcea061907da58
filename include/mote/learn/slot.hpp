// SPDX-License-Identifier: BSL-1.0
// The learning slot: the members that a pipeline needs of a learning policy, its state and its gradient collector.
// Refuses a policy that lacks one of them. A policy that does not learn needs only those that a pipeline uses.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "mote/block/delta.hpp"
#include "mote/block/layer.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/status.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/answers.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/learn/schedule.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// The members of a learning policy, in the order in which they are checked: the policy's, those of its state for a
/// model and a format, then those of the state's collector.
enum class learning_member {
  none,
  learns,
  owns_weights,
  tokens,
  chunk,
  batch,
  state,
  parameter_floats,
  optimizer_floats,
  fingerprint,
  adapter,
  reset,
  step,
  has_effect,
  parameters,
  restore,
  bytes,
  collector,
  backward,
  vector_gradient,
  embedding_backward,
  head_backward,
  trial,
  begin_trials,
  next_trial,
  front
};

namespace detail {

template <class P>
inline constexpr bool learning_has_learns = requires {
  { P::learns } -> std::convertible_to<bool>;
};
template <class P>
inline constexpr bool learning_has_owns_weights = requires {
  { P::owns_weights } -> std::convertible_to<bool>;
};
template <class P>
inline constexpr bool learning_has_tokens = requires {
  { P::tokens } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool learning_has_chunk = requires {
  { P::chunk } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool learning_has_batch = requires {
  { P::batch } -> std::convertible_to<std::size_t>;
};
template <class P, class Model, class Format>
inline constexpr bool learning_has_state =
    requires { requires std::default_initializable<typename P::template state<Model, Format>>; };

template <class P, class Model, class Format>
inline constexpr learning_member learning_policy_lacks = first_missing<learning_member>({
    {learning_has_learns<P>, learning_member::learns},
    {learning_has_owns_weights<P>, learning_member::owns_weights},
    {learning_has_tokens<P>, learning_member::tokens},
    {learning_has_chunk<P>, learning_member::chunk},
    {learning_has_batch<P>, learning_member::batch},
    {learning_has_state<P, Model, Format>, learning_member::state},
});

template <class S>
inline constexpr bool learner_has_parameter_floats = requires {
  { S::parameter_floats } -> std::convertible_to<std::size_t>;
};
template <class S>
inline constexpr bool learner_has_optimizer_floats = requires {
  { S::optimizer_floats } -> std::convertible_to<std::size_t>;
};
template <class S>
inline constexpr bool learner_has_fingerprint = requires {
  { S::fingerprint() } -> std::same_as<std::uint64_t>;
};
template <class S>
inline constexpr bool learner_has_adapter =
    requires(const S& s, std::size_t layer, role r, const float* x, float* y) { s.adapter().apply(layer, r, x, y); };
template <class S, bool OwnsWeights>
inline constexpr bool learner_resets = requires(S& s) { s.reset(); };
template <class S>
inline constexpr bool learner_resets<S, true> = requires(S& s, const std::byte* weights) { s.reset(weights); };
template <class S>
inline constexpr bool learner_steps = requires(S& s) { s.step(); };
/// Whether a state saves and loads records of its own; it then needs no parameters(), restore() or has_effect().
template <class S>
inline constexpr bool learner_streams = requires(S& s, std::span<const std::byte> records, const std::byte* weights) {
  { s.check(records, weights) } -> std::same_as<status>;
  s.load(records);
};
template <class S>
inline constexpr bool learner_has_effect = requires(const S& s, const float* parameters, const std::byte* weights) {
  { s.has_effect(parameters, weights) } -> std::same_as<bool>;
};
template <class S>
inline constexpr bool learner_has_parameters = requires(const S& s) {
  { s.parameters() } -> std::same_as<const float*>;
};
template <class S>
inline constexpr bool learner_restores = requires(S& s, const float* parameters) { s.restore(parameters); };
template <class S>
inline constexpr bool learner_has_bytes = requires(const S& s) {
  { s.bytes() } -> std::same_as<const std::byte*>;
};
template <class S>
inline constexpr bool learner_has_collector = requires(S& s) { s.collector(); };
template <class S>
inline constexpr bool collector_goes_back = requires(S& s, std::size_t n, role r, const float* in, float* out) {
  s.collector().backward(n, r, in, n, n, in, n, out,
                         n);  // layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride
};
template <class S>
inline constexpr bool collector_has_vectors = requires(S& s, std::size_t layer, vector_role v) {
  { s.collector().vector_gradient(layer, v) } -> std::same_as<float*>;
};
template <class S>
inline constexpr bool collector_has_embedding =
    requires(S& s, std::size_t token, const float* dx) { s.collector().embedding_backward(token, dx); };
template <class S>
inline constexpr bool collector_has_head =
    requires(S& s, std::size_t n, const float* in) { s.collector().head_backward(in, in, n, n, n); };

template <class S>
inline constexpr bool learner_has_trial = requires(S& s) {
  { s.trial() } -> std::same_as<decltype(s.collector())>;
};
template <class S>
inline constexpr bool learner_begins_trials = requires(S& s) { s.begin_trials(); };
template <class S>
inline constexpr bool learner_goes_on = requires(S& s, float& loss) {
  { s.next_trial(loss) } -> std::same_as<bool>;
};

/// Whether adapter and collector fill the positions that the policy owns.
template <class P, class S>
inline constexpr bool learner_fills_front = [] {
  if constexpr (positions_of<P>() == 0) return true;
  else {
    using collector = std::remove_cvref_t<decltype(std::declval<S&>().collector())>;
    using adapter = std::remove_cvref_t<decltype(std::declval<const S&>().adapter())>;
    if constexpr (prefix_of<P>() == 0) return prompting_delta<collector> && prompting_delta<adapter>;
    else return prefixing_delta<collector> && prefixing_delta<adapter>;
  }
}();

/// The first member that a state lacks. Some are needed only if Learns, OwnsWeights or Tries (no backward pass).
template <class S, bool Learns, bool OwnsWeights, bool Tries = false>
inline constexpr learning_member learning_state_lacks = first_missing<learning_member>({
    {learner_has_parameter_floats<S>, learning_member::parameter_floats},
    {learner_has_optimizer_floats<S>, learning_member::optimizer_floats},
    {learner_has_fingerprint<S>, learning_member::fingerprint},
    {learner_has_adapter<S>, learning_member::adapter},
    {!Learns || learner_resets<S, OwnsWeights>, learning_member::reset},
    {!Learns || learner_steps<S>, learning_member::step},
    {!Learns || learner_streams<S> || learner_has_effect<S>, learning_member::has_effect},
    {!Learns || learner_streams<S> || learner_has_parameters<S>, learning_member::parameters},
    {!Learns || learner_streams<S> || learner_restores<S>, learning_member::restore},
    {!OwnsWeights || learner_has_bytes<S>, learning_member::bytes},
    {!Learns || learner_has_collector<S>, learning_member::collector},
    {!Learns || collector_goes_back<S>, learning_member::backward},
    {!Learns || collector_has_vectors<S>, learning_member::vector_gradient},
    {!Learns || collector_has_embedding<S>, learning_member::embedding_backward},
    {!Learns || collector_has_head<S>, learning_member::head_backward},
    {!Tries || learner_has_trial<S>, learning_member::trial},
    {!Tries || learner_begins_trials<S>, learning_member::begin_trials},
    {!Tries || learner_goes_on<S>, learning_member::next_trial},
});

template <class P, class Model, class Format>
consteval learning_member learning_lacking() {
  if constexpr (learning_policy_lacks<P, Model, Format> != learning_member::none)
    return learning_policy_lacks<P, Model, Format>;
  else {
    using state = typename P::template state<Model, Format>;
    constexpr learning_member lacks = learning_state_lacks < state, P::learns, P::owns_weights,
                              P::learns && !schedule_of<P>::type::goes_back > ;
    if constexpr (lacks != learning_member::none) return lacks;
    else return learner_fills_front<P, state> ? learning_member::none : learning_member::front;
  }
}

}  // namespace detail

/// The first member that a learning policy lacks, for a model and the format of its weights.
template <class P, class Model, class Format>
inline constexpr learning_member learning_lacks = detail::learning_lacking<P, Model, Format>();

template <class P, learning_member Lacks>
struct learning_check {
  using m = learning_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(has<m::learns>,
                "mote: this policy does not say whether it learns; give it `learns` [mote-learning-policy]");
  static_assert(
      has<m::owns_weights>,
      "mote: this policy does not say whether it replaces the weights; give it `owns_weights` [mote-learning-policy]");
  static_assert(has<m::tokens>,
                "mote: this policy does not say how long an example may be; give it `tokens` [mote-learning-policy]");
  static_assert(
      has<m::chunk>,
      "mote: this policy does not say how many tokens go through a layer at a time; give it `chunk` [mote-learning-policy]");
  static_assert(has<m::batch>,
                "mote: this policy does not say how many examples make a step; give it `batch` [mote-learning-policy]");
  static_assert(
      has<m::state>,
      "mote: this policy keeps nothing; give it a class template `state<Model, Format>` [mote-learning-policy]");
  static_assert(
      has<m::parameter_floats>,
      "mote: this policy's state does not say how much it learns; give it `parameter_floats` [mote-learning-policy]");
  static_assert(
      has<m::optimizer_floats>,
      "mote: this policy's state does not say what its optimizer keeps; give it `optimizer_floats`, or 0 [mote-learning-policy]");
  static_assert(
      has<m::fingerprint>,
      "mote: this policy's state does not say what a snapshot must agree with; give it `static std::uint64_t fingerprint()` [mote-learning-policy]");
  static_assert(
      has<m::adapter>,
      "mote: this policy's state does not answer; give it `adapter() const` with `apply(layer, role, x, y) const`, or a no_adapter [mote-learning-policy]");
  static_assert(
      has<m::reset>,
      "mote: this policy's state has no start; give it `reset()`, or `reset(const std::byte*)` where it owns the weights [mote-learning-policy]");
  static_assert(has<m::step>, "mote: this policy's state makes no step; give it `bool step()` [mote-learning-policy]");
  static_assert(
      has<m::has_effect>,
      "mote: this policy's state does not say what parameters would change; give it `static bool has_effect(parameters, weights)` [mote-learning-policy]");
  static_assert(
      has<m::parameters>,
      "mote: this policy's state cannot be kept; give it `const float* parameters() const` [mote-learning-policy]");
  static_assert(
      has<m::restore>,
      "mote: this policy's state cannot be restored; give it `restore(const float* parameters)` [mote-learning-policy]");
  static_assert(
      has<m::bytes>,
      "mote: this policy's state does not show the weights that it owns; give it `const std::byte* bytes() const` [mote-learning-policy]");
  static_assert(
      has<m::collector>,
      "mote: this policy's state takes no gradients; give it `collector()`, a delta_view or a reference to one [mote-learning-policy]");
  static_assert(
      has<m::backward>,
      "mote: this policy's collector takes no gradient of a matrix; give it `backward(layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride)` [mote-learning-policy]");
  static_assert(
      has<m::vector_gradient>,
      "mote: this policy's collector takes no gradient of a vector; give it `float* vector_gradient(layer, vector_role)`, or a null one [mote-learning-policy]");
  static_assert(
      has<m::embedding_backward>,
      "mote: this policy's collector takes no gradient of the embedding; give it `embedding_backward(token, dx)`, empty or not [mote-learning-policy]");
  static_assert(
      has<m::head_backward>,
      "mote: this policy's collector takes no gradient of the head; give it `head_backward(dlogits, x, tokens, y_stride, x_stride)`, empty or not [mote-learning-policy]");
  static_assert(
      has<m::trial>,
      "mote: this policy's schedule does not go back, and its state has no parameters to try; give it `trial()`, of the type of its collector() [mote-learning-policy]");
  static_assert(
      has<m::begin_trials>,
      "mote: this policy's schedule does not go back, and its state moves no parameters; give it `begin_trials()` [mote-learning-policy]");
  static_assert(
      has<m::next_trial>,
      "mote: this policy's schedule does not go back, and its state takes no loss; give it `bool next_trial(float& loss)` [mote-learning-policy]");
  static_assert(
      has<m::front>,
      "mote: this policy's `positions` are not filled; its view is a prompting_delta where its delta has `lead`, else a prefixing_delta [mote-learning-policy]");
};

namespace detail {
/// The policy's schedule is checked before its state, because the state contains the schedule's.
template <class P, class Model, class Format>
consteval auto learning_gap() {
  using of_schedule = decltype(schedule_fault_of<typename schedule_of<P>::type, Model>());
  if constexpr (!std::is_void_v<typename of_schedule::type>) {
    return of_schedule{};
  } else {
    constexpr learning_member lacks = learning_lacks<P, Model, Format>;
    return std::type_identity<unless<lacks == learning_member::none, learning_check<P, lacks>>>{};
  }
}
}  // namespace detail

// Numbers with names, so that the message shows what each one is.
struct window_tokens {
  std::size_t value;
};
template <window_tokens Window, trained_for_tokens Trained>
struct learning_window {
  static_assert(
      Window.value <= Trained.value,
      "mote: the learning window is longer than the model was trained for; lower .tokens of the learning policy [mote-learning-window]");
};

struct owned_positions {
  std::size_t value;
};
template <owned_positions Owned, context_tokens Context>
struct learning_leaves_room {
  static_assert(
      Owned.value <= Context.value / 2,
      "mote: what the learning policy puts in front of a prompt takes more than half of the context; lower its number, or raise context<> [mote-front-room]");
};

template <class Family, bool LooksAhead>
struct learning_looks_back {
  static_assert(
      !LooksAhead,
      "mote: in this family tokens see those behind them, and such a model does not learn; leave the learning policy out [mote-learning-looks-ahead]");
};

template <class Family, bool KeepsStates>
struct learning_prefix_is_seen {
  static_assert(
      !KeepsStates,
      "mote: a block of this family keeps a state, and sees nothing of keys and values in front of a prompt; put vectors there, prompt_tuning<> [mote-prefix-states]");
};

/// The slot.
struct slots::learning : slot_facts {
  using fallback = frozen;
  template <class P, class Chosen>
  using lack = typename decltype(detail::learning_gap<P, typename Chosen::model_type, typename Chosen::format>())::type;
  template <class Chosen, class P = typename Chosen::template in<slots::learning>,
            class Family = family_of<typename Chosen::model_type>, std::size_t Front = detail::positions_of<P>()>
  using fault = std::conditional_t<
      P::learns && looks_ahead<Family>(Chosen::shape), learning_looks_back<Family, true>,
      std::conditional_t<
          states_of<Family>::any && detail::prefix_of<P>() != 0, learning_prefix_is_seen<Family, true>,
          std::conditional_t<
              (Front > Chosen::tokens / 2),
              learning_leaves_room<owned_positions{Front}, context_tokens{Chosen::tokens}>,
              unless<(Front + P::tokens <= Chosen::shape.context),
                     learning_window<window_tokens{Front + P::tokens}, trained_for_tokens{Chosen::shape.context}>>>>>;
};

}  // namespace mote::inline v0
