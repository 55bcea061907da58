// SPDX-License-Identifier: BSL-1.0
// What a policy is: a type that names the slot it fills. The slots are the questions that a pipeline asks;
// each has a default, so a policy is only written where the answer matters. A new slot is a name and a place in a list
// here, and its class beside its default.
// Refuses to know any policy: a user's own type with `using slot = mote::slots::learning;` is as good as ours.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Slots in their order.
template <class... Slots>
struct slot_list {};

/// The questions of a pipeline. A slot is a class: it has its default, what it asks of a policy, and what must be true of
/// a pipeline with it. It is defined beside its default, in the header named here; docs/reference/slots.md tells all.
namespace slots {
struct weights;   ///< how the weights are kept:   quantize<8>              policy/quantize.hpp
struct layout;    ///< how their rows lie:         layout<16>               policy/layout.hpp
struct context;   ///< how many tokens it sees:    context<256>             policy/context.hpp
struct fit;       ///< which board it must fit:    fit<boards::stm32h743>   policy/fit.hpp
struct cache;     ///< how keys and values lie:    cache<32>                policy/cache.hpp
struct learning;  ///< how it learns:              frozen, lora<4>, full<>  learn/slot.hpp
struct recall;    ///< how it recalls:             no_recall, rag<bm25<>>   recall/slot.hpp
struct decoding;  ///< how it picks a token:       greedy, sample<>         decode/slot.hpp
struct drafting;  ///< how it guesses ahead:       no_draft, ngram<1024>    decode/draft.hpp
struct prefill;   ///< prompt tokens at once:      one_by_one, prefill<16>  policy/prefill.hpp
struct threads;   ///< how many cores work:        single_thread            core/team.hpp

/// Two policies that give one image and one context are one pipeline: of these, only what they mean is kept.
using of_the_image = slot_list<weights, layout, context>;
/// The policies that the object is made of, in the order in which they are checked: `fit` first, because the others may
/// ask for the format, which its board decides.
using of_the_object = slot_list<fit, cache, learning, recall, decoding, drafting, prefill, threads>;
}  // namespace slots

/// What a slot's class begins with: three aliases of the slot's own may hide these. Each is void where all is well, else
/// a class of which an assertion fails.
struct slot_facts {
  /// Which member a policy P lacks. Chosen: all policies, a model and their format; see pipeline/slots.hpp.
  template <class P, class Chosen>
  using lack = void;
  /// What does not go together. A policy may have a `fault` as well.
  template <class Chosen>
  using fault = void;
  /// What is wrong with the finished pipeline, Chosen::type.
  template <class Chosen>
  using proof = void;
  /// Whether nothing is, where that can be said for less: what can_compose asks.
  template <class Chosen>
  static constexpr bool holds = true;
};

// Numbers with names, for messages of more than one slot: compilers print them.
struct context_tokens {
  std::size_t value;
};
struct trained_for_tokens {
  std::size_t value;
};

/// A type with a member type `slot`. It must be complete, because the pipeline looks inside.
template <class P>
concept policy = requires { typename P::slot; } && std::is_class_v<P>;

template <class P, class Slot>
concept fills = policy<P> && std::same_as<typename P::slot, Slot>;

namespace detail {

template <class Slot, class Policy>
struct slot_entry {};
template <class... Policies>
struct policy_set : slot_entry<typename Policies::slot, Policies>... {};

// Chosen by overload: a search through a list would be written, and compiled, for each slot.
template <class Slot, class Policy>
std::type_identity<Policy> look_up(const slot_entry<Slot, Policy>*);
template <class Slot>
std::type_identity<typename Slot::fallback> look_up(const void*);

/// The one of these policies that fills Slot, else its default.
template <class Slot, class... Policies>
using policy_in = typename decltype(look_up<Slot>(static_cast<const policy_set<Policies...>*>(nullptr)))::type;

}  // namespace detail

}  // namespace mote::inline v0
