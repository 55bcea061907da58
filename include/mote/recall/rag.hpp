// SPDX-License-Identifier: BSL-1.0
// Recall: the pipeline remembers short texts, and puts those that match a question in front of it.
//   rag<bm25<>>                                      by words; exact, no model needed, 14 KiB for 64 items
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
  std::size_t hits = 2;     ///< items put in front of a question, at most
  std::size_t tokens = 96;  ///< tokens all of them may take together
};

namespace detail {

struct no_retriever {};

// A plain bool: GCC would print the concept's inside as further errors.
template <class R>
inline constexpr bool is_retriever = retriever<R>;

// What a rag<> without a retriever is made of, so that only its own message is printed.
template <class R>
struct retriever_parts {
  using index = no_memory;
  static constexpr std::size_t ram_bytes = 0;
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 0;
};

template <class R>
  requires is_retriever<R>
struct retriever_parts<R> {
  using index = typename R::index;
  static constexpr std::size_t ram_bytes = R::ram_bytes;
  static constexpr std::size_t stack_bytes = R::stack_bytes;
  static constexpr std::size_t max_item_bytes = R::max_item_bytes;
};

// A retriever that lacks a member says which.
template <class R>
consteval bool is_whole_retriever() {
  if constexpr (!std::is_same_v<R, no_retriever> && !is_retriever<R>) return spoken<retriever_check<R>> && false;
  else return is_retriever<R>;
}

}  // namespace detail

template <class Retriever = detail::no_retriever, rag_knobs Knobs = rag_knobs{}>
struct rag {
  using slot = slots::recall;
  using index = typename detail::retriever_parts<Retriever>::index;

  static constexpr bool recalls = true;
  static constexpr std::size_t ram_bytes = detail::retriever_parts<Retriever>::ram_bytes;
  static constexpr std::size_t stack_bytes = detail::retriever_parts<Retriever>::stack_bytes;
  static constexpr std::size_t max_item_bytes = detail::retriever_parts<Retriever>::max_item_bytes;
  static constexpr std::size_t hits = Knobs.hits;
  static constexpr std::size_t tokens = Knobs.tokens;

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(detail::is_whole_retriever<Retriever>() || !std::is_same_v<Retriever, detail::no_retriever>,
                "mote: rag<> needs a retriever; give it one, as in rag<bm25<>> [mote-no-retriever]");
  static_assert(!detail::is_retriever<Retriever> || (hits > 0 && tokens > 0),
                "mote: rag<> would put nothing in front of a question; give it at least one hit and one token, or take "
                "no_recall [mote-rag-knobs]");
};

}  // namespace mote::inline v0
