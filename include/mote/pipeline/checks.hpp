// SPDX-License-Identifier: BSL-1.0
// Checks a model and a pack of policies in a fixed order and reports only the first fault.
// A fault is void, or a class with an assertion that fails. Slots and policies have their own (core/slots.hpp: lack,
// fault, proof); here are those about the pack itself.
// Refuses a page of errors: one mistake gives one message.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/block/check.hpp"
#include "mote/budget/board.hpp"
#include "mote/core/check.hpp"
#include "mote/family/family_of.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/pipeline/proof.hpp"
#include "mote/pipeline/slots.hpp"
#include "mote/pipeline/stand_in.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0 {

namespace detail {

// Plain bools: of a concept that fails, a compiler prints the inside as further lines.
template <class M>
inline constexpr bool is_model = model<M>;
template <class P>
inline constexpr bool is_policy = policy<P>;
template <class T>
inline constexpr bool is_tokenizer = tokenizer<T>;

template <class P, class... Slots>
consteval bool fills_one_of(slot_list<Slots...>) {
  return (fills<P, Slots> || ...);
}
template <class P>
inline constexpr bool fills_a_known_slot =
    fills_one_of<P>(slots::of_the_image{}) || fills_one_of<P>(slots::of_the_object{});

template <class Slot, class... Policies>
inline constexpr std::size_t times_filled = (std::size_t{fills<Policies, Slot>} + ... + 0);

// ---- messages about the pack ----------------------------------------------------------------------------------------

template <class Model>
struct is_a_model {
  static_assert(
      is_model<Model>,
      "mote: the first argument of pipeline<> is not a model; include the header that the importer wrote and name its type first [mote-not-a-model]");
};
template <class Model>
struct makes_a_decoder {
  static_assert(
      Model::shape.valid(),
      "mote: the model's shape makes no decoder; sizes must not be zero, heads must divide dim unless head_width is named, heads must be a multiple of kv_heads, and the width of a head must be even [mote-shape]");
};
template <class Policy>
struct is_a_policy {
  static_assert(
      is_policy<Policy>,
      "mote: this is not a policy; a policy is a complete class with a member type `slot` [mote-not-a-policy]");
};
template <class Policy>
struct is_more_than_a_retriever {
  static_assert(is_policy<Policy>,
                "mote: a retriever is not yet a policy; wrap it, as in rag<bm25<>> [mote-bare-retriever]");
};
template <class Policy>
struct is_more_than_a_board {
  static_assert(is_policy<Policy>,
                "mote: a board is not yet a policy; wrap it, as in fit<boards::stm32h743> [mote-bare-board]");
};
template <class Policy>
struct fills_a_slot {
  static_assert(
      fills_a_known_slot<Policy>,
      "mote: this policy fills a slot that a pipeline does not have; mote::slots lists them [mote-unknown-slot]");
};
template <class Slot, std::size_t Times>
struct slot_is_filled_once {
  static_assert(Times <= 1, "mote: two policies fill the same slot; keep one of them [mote-slot-twice]");
};

/// The check of a type that is no policy.
template <class P>
using stranger = std::conditional_t<retriever<P>, is_more_than_a_retriever<P>,
                                    std::conditional_t<board<P>, is_more_than_a_board<P>, is_a_policy<P>>>;

// ---- the order ------------------------------------------------------------------------------------------------------

// A question is asked about each type of a list and gives void or a fault. After a fault no later question is asked,
// because the members that it uses may not exist.

/// Faults of the pack itself: a type that is no policy, an unknown slot, a slot that is filled twice.
struct no_policy {
  template <class P>
  static consteval auto ask() {
    if constexpr (is_policy<P>) return std::type_identity<void>{};
    else return std::type_identity<stranger<P>>{};
  }
};
struct no_known_slot {
  template <class P>
  static consteval auto ask() {
    return std::type_identity<unless<fills_a_known_slot<P>, fills_a_slot<P>>>{};
  }
};
template <class... Policies>
struct filled_twice {
  template <class Slot>
  static consteval auto ask() {
    constexpr std::size_t times = times_filled<Slot, Policies...>;
    return std::type_identity<unless<(times <= 1), slot_is_filled_once<Slot, times>>>{};
  }
};

/// Which member the policy of a slot lacks; a default lacks none.
template <class Chosen>
struct lack_of {
  template <class Slot>
  static consteval auto ask() {
    using P = typename Chosen::template in<Slot>;
    if constexpr (std::is_same_v<P, typename Slot::fallback>) return std::type_identity<void>{};
    else return std::type_identity<typename Slot::template lack<P, Chosen>>{};
  }
};
template <class Chosen>
struct fault_of {
  template <class Slot>
  static consteval auto ask() {
    return std::type_identity<typename Slot::template fault<Chosen>>{};
  }
};
template <class Chosen>
struct proof_of {
  template <class Slot>
  static consteval auto ask() {
    return std::type_identity<typename Slot::template proof<Chosen>>{};
  }
};

/// As proof_of, but without a message.
template <class Chosen>
struct holds_of {
  template <class Slot>
  static consteval auto ask() {
    if constexpr (Slot::template holds<Chosen>) return std::type_identity<void>{};
    else return std::type_identity<Slot>{};
  }
};

template <template <class> class>
struct taken;
/// The fault that a policy itself states.
template <class Chosen>
struct refused_by_policy {
  template <class P>
  static consteval auto ask() {
    if constexpr (requires { sizeof(taken<P::template fault>*); })
      return std::type_identity<typename P::template fault<Chosen>>{};
    else return std::type_identity<void>{};
  }
};

template <class Question>
consteval auto first_found(slot_list<>) {
  return std::type_identity<void>{};
}
template <class Question, class First, class... Rest>
consteval auto first_found(slot_list<First, Rest...>) {
  using found = decltype(Question::template ask<First>());
  if constexpr (!std::is_void_v<typename found::type>) return found{};
  else return first_found<Question>(slot_list<Rest...>{});
}

template <class Question, class List>
struct asked {
  using found = decltype(first_found<Question>(List{}));
};
template <class First, class... Rest>
consteval auto in_turn() {
  if constexpr (!std::is_void_v<typename First::found::type>) return typename First::found{};
  else if constexpr (sizeof...(Rest) > 0) return in_turn<Rest...>();
  else return std::type_identity<void>{};
}

/// The first fault of a composition, as the type of the result. The order: model, family and tokenizer; the pack;
/// missing members of the image's policies and of fit; the policies' own faults; missing members of the object's
/// policies; policies that exclude each other; the whole.
template <template <class> class Proof, class Model, class... Policies>
consteval auto composition_fault() {
  // Instantiates each policy before any question about it. A policy with wrong arguments then prints its own message,
  // and still counts as a policy.
  (static_cast<void>(sizeof(decltype(let_speak(static_cast<Policies*>(nullptr)))*)), ...);
  if constexpr (!is_model<Model>) {
    return std::type_identity<is_a_model<Model>>{};
  } else if constexpr (!Model::shape.valid()) {
    return std::type_identity<makes_a_decoder<Model>>{};
  } else if constexpr (!std::is_void_v<family_fault<family_of<Model>, Model>>) {
    return std::type_identity<family_fault<family_of<Model>, Model>>{};
  } else if constexpr (!is_tokenizer<tokenizer_of<Model>>) {
    return std::type_identity<tokenizer_check<tokenizer_of<Model>>>{};
  } else {
    using pack = slot_list<Policies...>;
    using p = picked<Model, Policies...>;
    using c = chosen<Model, Policies...>;
    return in_turn<asked<no_policy, pack>, asked<no_known_slot, pack>,
                   asked<filled_twice<Policies...>, slots::of_the_image>,
                   asked<filled_twice<Policies...>, slots::of_the_object>, asked<lack_of<p>, slots::of_the_image>,
                   asked<lack_of<p>, slot_list<slots::fit>>, asked<refused_by_policy<c>, pack>,
                   asked<lack_of<c>, slots::of_the_object>, asked<fault_of<c>, slots::of_the_image>,
                   asked<fault_of<c>, slots::of_the_object>, asked<Proof<c>, slots::of_the_object>>();
  }
}

/// Instantiates a check whose assertion fails, and gives no_pipeline. It does so by a name lookup, as let_speak() does:
/// if the check were a base or asked for a member, Clang would reject every later use of the pipeline as well.
no_pipeline refuse(const volatile void*);

template <class Fault, class Model, class... Policies>
struct outcome {
  using type = decltype(refuse(static_cast<Fault*>(nullptr)));
};
template <class Model, class... Policies>
struct outcome<void, Model, Policies...> {
  using type = typename chosen<Model, Policies...>::type;
};

}  // namespace detail

}  // namespace mote::inline v0
