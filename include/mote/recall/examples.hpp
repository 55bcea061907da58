// SPDX-License-Identifier: BSL-1.0
// Examples: questions and the answers to them that were accepted. Those that are like a question and have helped stand
// in front of it, in the model's own form of question and answer.
//   examples<16>                                  16 of them; the pipeline remembers no notes
//   examples<16, rag<bm25<>>>                     the same, and notes behind them
//   ai.approve("movie night", R"({"scene":"cinema"})");      the person took this answer
//   ai.memory().judge(-1.0F);                     and did not take the newest, in whose prompt examples are
//   ai.memory().renew(ai);                        when idle: measures one, and drops it if it harms
// mote.hpp does not bring it: hearth answers worse with examples (docs/reference/examples.md).
// Refuses to take a place from what is asked: question and notes are in the prompt first.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/slots.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/no_recall.hpp"
#include "mote/recall/noted_examples.hpp"

namespace mote::inline v0 {

namespace detail {

/// What finds questions, unless another is named: all that share a word that says something.
template <std::size_t N, examples_knobs Knobs>
using question_finder = bm25<bm25_knobs{.items = N, .item_bytes = Knobs.question_bytes, .share = 0.0F, .alike = 1.0F}>;

template <std::size_t N, examples_knobs Knobs, class Finder>
consteval bool keeps_questions() {
  if constexpr (!has_parts<Finder>) return false;
  else
    return embeds<typename Finder::features> && Finder::items >= N &&
           Finder::max_item_bytes / Knobs.question_bytes >= N;
}

template <std::size_t N, examples_knobs Knobs>
inline constexpr bool examples_in_range = N - 1 < 65535 && Knobs.valid();

/// Apart from examples<>, of which with_items makes further types: each would say it again.
template <std::size_t N, examples_knobs Knobs, bool Finds>
struct examples_check {
  static_assert(N - 1 < 65'535, "mote: examples<> keeps 1 to 65535 examples [mote-examples-knobs]");
  static_assert(Knobs.question_bytes - 1 < 65'535,
                "mote: examples<> takes .question_bytes from 1 to 65535 [mote-examples-knobs]");
  static_assert(Knobs.answer_bytes - 1 < 65'535,
                "mote: examples<> takes .answer_bytes from 1 to 65535 [mote-examples-knobs]");
  static_assert(Knobs.shown - 1 < 64, "mote: examples<> takes .shown from 1 to 64 [mote-examples-knobs]");
  static_assert(Knobs.tokens - 1 < 65'535, "mote: examples<> takes .tokens from 1 to 65535 [mote-examples-knobs]");
  static_assert(Knobs.first > 0.0F && Knobs.first <= 1.0F,
                "mote: examples<> takes .first from above 0 to 1 [mote-examples-knobs]");
  static_assert(Knobs.rate > 0.0F && Knobs.rate <= 1.0F,
                "mote: examples<> takes .rate from above 0 to 1 [mote-examples-knobs]");
  static_assert(
      Finds,
      "mote: examples<> finds questions by a retriever that is made of a store, features and an index, and keeps as "
      "many; give it one with the same items, and question_bytes as item_bytes [mote-examples]");
};

template <class Index>
inline constexpr bool is_memory = requires(Index& i) { i.clear(); };

}  // namespace detail

/// Recall: what remembers notes, if there are any; Finder: what finds questions, over N texts.
template <std::size_t N, class Recall = no_recall, examples_knobs Knobs = examples_knobs{}, class Finder = void>
struct examples {
  using slot = slots::recall;
  using recall_said = decltype(let_speak(static_cast<Recall*>(nullptr)));
  static constexpr bool in_range = detail::examples_in_range<N, Knobs>;
  static constexpr examples_knobs knobs = in_range ? Knobs : examples_knobs{};
  static constexpr std::size_t most = in_range ? N : 1;
  using named =
      typename std::conditional_t<std::is_void_v<Finder>, std::type_identity<detail::question_finder<most, knobs>>,
                                  std::type_identity<Finder>>::type;
  static constexpr bool finds = detail::keeps_questions<most, knobs, named>();
  using said = decltype(let_speak(static_cast<detail::examples_check<N, Knobs, !in_range || finds>*>(nullptr)));
  using finder = std::conditional_t<finds, named, detail::question_finder<most, knobs>>;
  using notes = std::conditional_t<detail::is_memory<typename Recall::index>, typename Recall::index, detail::no_notes>;
  using index = noted_examples<most, notes, knobs, finder>;

  static constexpr bool recalls = true;
  static constexpr bool examples_alone = !detail::is_memory<typename Recall::index>;  ///< remember() is no call of it
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t stack_bytes = detail::greatest_of(
      std::size_t{Recall::stack_bytes}, 2 * index::stack_of_search + knobs.question_bytes + knobs.answer_bytes);
  static constexpr std::size_t max_item_bytes = most * knobs.question_bytes;
  static constexpr std::size_t hits = Recall::hits;
  static constexpr std::size_t tokens = Recall::tokens;  ///< of notes
  static constexpr std::size_t example_tokens = knobs.tokens;
  static constexpr std::size_t items = [] {
    if constexpr (requires { std::size_t{Recall::items}; }) return Recall::items;
    else return std::size_t{0};
  }();
  template <std::size_t Items, class Of = Recall>
  using with_items = examples<N, typename Of::template with_items<Items>, Knobs, Finder>;
};

}  // namespace mote::inline v0
