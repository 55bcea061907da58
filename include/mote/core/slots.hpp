// SPDX-License-Identifier: BSL-1.0
// A slot is one choice that a pipeline leaves open, such as how it learns; a policy is a type that names its slot.
// Each slot has a default policy, so a program names only those that differ. A new slot is a declaration and an entry
// of a list here; its class is defined next to its default.
// Refuses to know any policy: a user's own type with `using slot = mote::slots::learning;` is as good as mote's.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// A list of slots.
template <class... Slots>
struct slot_list {};

/// The slots of a pipeline. A slot's class has its default, what it requires of a policy, and what must hold for a
/// pipeline with that policy. The class is defined in the header named here; see docs/reference/slots.md.
namespace slots {
struct weights;     ///< format of the weights:      quantize<8>              policy/quantize.hpp
struct interleave;  ///< rows interleaved:           interleave<16>           policy/interleave.hpp
struct context;     ///< length of the KV cache:     context<256>             policy/context.hpp
struct overflow;    ///< what if that is full:      window<128, 4>           policy/window.hpp
struct fit;         ///< which board it must fit:    fit<boards::stm32h743>   policy/fit.hpp
struct cache;       ///< format of the KV cache:     cache<32>                policy/cache.hpp
struct learning;    ///< how it learns:              frozen, lora<4>, full<>  learn/slot.hpp
struct recall;      ///< how it recalls texts:       no_recall, rag<bm25<>>   recall/slot.hpp
struct decoding;    ///< how it picks a token:       greedy, sample<>         decode/slot.hpp
struct constraint;  ///< what may be said:           unconstrained, gbnf<>    decode/constraint.hpp
struct stopping;    ///< which texts end an answer:  stop_at<"\n">            decode/stopping_slot.hpp
struct confidence;  ///< how sure an answer is:      no_confidence            decode/confidence_slot.hpp
struct drafting;    ///< how it drafts tokens:       no_draft, ngram<1024>    decode/draft.hpp
struct prefill;     ///< prompt tokens at once:      one_by_one, prefill<16>  policy/prefill.hpp
struct threads;     ///< how many cores work:        single_thread            core/team.hpp

/// Slots that decide the image and the context. A pipeline's type has their results, not these policies: policies that
/// give the same image and context give the same pipeline.
using of_the_image = slot_list<weights, interleave, context>;
/// Slots whose policies are part of the pipeline's type, in the order in which they are checked: `fit` first, because
/// the others may ask for the format, which its board decides.
using of_the_object = slot_list<fit, cache, learning, recall, decoding, constraint, stopping, confidence, drafting,
                                prefill, overflow, threads>;
}  // namespace slots

/// The base of each slot's class; a slot hides the members that it needs. The three aliases are void if there is no
/// error, else a class of which an assertion fails.
struct slot_facts {
  /// A member that policy P lacks. Chosen: all policies, the model and the format; see pipeline/slots.hpp.
  template <class P, class Chosen>
  using lack = void;
  /// Policies that cannot be combined. A policy may have a `fault` as well.
  template <class Chosen>
  using fault = void;
  /// What is wrong with the finished pipeline, Chosen::type.
  template <class Chosen>
  using proof = void;
  /// Whether `proof` finds nothing, if that is cheaper to compute than `proof`; can_compose uses it.
  template <class Chosen>
  static constexpr bool holds = true;
};

// Numbers with a type of their own, for messages of more than one slot: compilers print the type's name.
struct context_tokens {
  std::size_t value;
};
struct trained_for_tokens {
  std::size_t value;
};

/// A complete class with a member type `slot`.
template <class P>
concept policy = requires { typename P::slot; } && std::is_class_v<P>;

template <class P, class Slot>
concept fills = policy<P> && std::same_as<typename P::slot, Slot>;

namespace detail {

template <class Slot, class Policy>
struct slot_entry {};
template <class... Policies>
struct policy_set : slot_entry<typename Policies::slot, Policies>... {};

// Overload resolution finds the policy; a search through a list would be instantiated for each slot.
template <class Slot, class Policy>
std::type_identity<Policy> look_up(const slot_entry<Slot, Policy>*);
template <class Slot>
std::type_identity<typename Slot::fallback> look_up(const void*);

/// The one of these policies that fills Slot, else its default.
template <class Slot, class... Policies>
using policy_in = typename decltype(look_up<Slot>(static_cast<const policy_set<Policies...>*>(nullptr)))::type;

}  // namespace detail

}  // namespace mote::inline v0
