// SPDX-License-Identifier: BSL-1.0
// What a policy is: a type that names the slot it fills. The slots are the questions that a pipeline asks;
// each has a default, so a policy is only written where the answer matters.
// Refuses to know any policy: a user's own type with `using slot = mote::slots::learning;` is as good as ours.
#pragma once

#include <concepts>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// The questions of a pipeline. `docs/reference/slots.md` lists the concept behind each.
namespace slots {
struct weights {};   ///< how the weights are kept:   quantize<8>
struct layout {};    ///< how their rows lie:         layout<16>
struct context {};   ///< how many tokens it sees:    context<256>
struct cache {};     ///< how keys and values lie:    cache<32>
struct learning {};  ///< how it learns:              frozen, lora<4>, full<>
struct recall {};    ///< how it recalls:             no_recall, rag<bm25<>>
struct decoding {};  ///< how it picks a token:       greedy, sample<>
struct drafting {};  ///< how it guesses ahead:       no_draft, ngram<1024>
struct prefill {};   ///< prompt tokens at once:      one_by_one, prefill<16>
struct threads {};   ///< how many cores work:        single_thread, threads<2>
struct fit {};       ///< which board it must fit:    fit<boards::stm32h743>
}  // namespace slots

/// A type with a member type `slot`. It must be complete, because the pipeline looks inside.
template <class P>
concept policy = requires { typename P::slot; } && std::is_class_v<P>;

template <class P, class Slot>
concept fills = policy<P> && std::same_as<typename P::slot, Slot>;

}  // namespace mote::inline v0
