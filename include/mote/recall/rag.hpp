// SPDX-License-Identifier: BSL-1.0
// Recall: the pipeline remembers short texts, and puts those that match a question before it in the prompt.
//   rag<bm25<>>                                      by words; exact, no model needed, 13.5 KiB for 128 items
//   rag<yours>                                       any type that satisfies `retriever`
//   rag<bm25<>, rag_knobs{.hits = 4, .tokens = 160}> more texts in the prompt; each token costs one step of the model
// Refuses to cut a remembered text: an item goes into the prompt whole or not at all.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0 {

struct rag_knobs {
  std::size_t hits = 2;     ///< most items that are put before a question
  std::size_t tokens = 96;  ///< most tokens of all these items together
};

namespace detail {

// Plain bools: of a concept that fails, GCC prints the inside as further errors.
template <class R>
inline constexpr bool is_retriever = retriever<R>;
template <class R>
inline constexpr bool is_given = !std::is_same_v<R, no_retriever>;

// Replaces an invalid retriever, so that only one message is printed.
template <class R>
using retriever_or_none = std::conditional_t<is_retriever<R>, R, no_retriever>;

template <class R>
inline constexpr std::size_t items_kept = 0;
template <class R>
  requires requires { std::size_t{R::items}; }
inline constexpr std::size_t items_kept<R> = R::items;

// The check of a retriever that lacks a member; void if it lacks none.
template <class R>
using retriever_fault = std::conditional_t<is_retriever<R>, void, retriever_check<R>>;

}  // namespace detail

template <class Retriever = detail::no_retriever, rag_knobs Knobs = rag_knobs{}>
struct rag {
  using slot = slots::recall;
  // Messages about the retriever's own knobs or parts come first, then those about a missing member.
  using said = decltype(let_speak(static_cast<Retriever*>(nullptr)));
  using missed = decltype(let_speak(static_cast<detail::retriever_fault<Retriever>*>(nullptr)));
  using retriever_type = detail::retriever_or_none<Retriever>;
  using index = typename retriever_type::index;

  static constexpr bool recalls = true;
  static constexpr std::size_t ram_bytes = retriever_type::ram_bytes;
  static constexpr std::size_t stack_bytes = retriever_type::stack_bytes;
  static constexpr std::size_t max_item_bytes = retriever_type::max_item_bytes;
  static constexpr std::size_t hits = Knobs.hits;
  static constexpr std::size_t tokens = Knobs.tokens;
  static constexpr std::size_t items =
      hits > 0 && tokens > 0 ? detail::items_kept<retriever_type> : 0;  ///< 0: the retriever does not say
  template <std::size_t Items, class Of = Retriever>
  using with_items = rag<typename Of::template with_items<Items>, Knobs>;

  // Last, because Clang drops every member after a failed assertion and then reports that it is missing.
  static_assert(detail::is_given<Retriever>,
                "mote: rag<> needs a retriever; give it one, as in rag<bm25<>> [mote-no-retriever]");
  static_assert(!detail::is_retriever<Retriever> || (hits > 0 && tokens > 0),
                "mote: rag<> would put nothing in front of a question; give it at least one hit and one token, or take "
                "no_recall [mote-rag-knobs]");
};

}  // namespace mote::inline v0
