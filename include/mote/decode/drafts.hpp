// SPDX-License-Identifier: BSL-1.0
// The drafting part of a pipeline: the drafter, its gate, and which rows of logits of the last pass are still valid.
// Refuses to read logits: the decoding policy picks from them, one token a step, as if each token had run alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/config.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/draft_gate.hpp"

namespace mote::inline v0 {

template <class Policy, class Token>
class drafts {
 public:
  static constexpr std::size_t length = Policy::length;

  /// The row of logits to pick from next.
  std::size_t row() const { return row_; }
  /// Whether the last pass has a row for the token that was picked last.
  bool has_next() const { return row_ + 1 < rows_; }
  void next() { ++row_; }
  /// Invalidates the rows of guesses: the text or the parameters changed, or the arena is needed.
  void drop() { rows_ = row_ + 1; }

  /// The last token of the context is new, and is the prompt's.
  void follow(std::span<const Token> context) { drafter_.observe(context); }
  /// The last token of the context was picked from the row; `guess` is the token that was in its place.
  void picked(std::span<const Token> context, Token guess) {
    drafter_.observe(context);
    gate_.observe(context.back());
    if (guess != context.back()) drop();
  }
  /// Writes at most out.size() guesses to `out`, which follows the context; returns how many the next pass runs.
  std::size_t guess(std::span<const Token> context, std::span<Token> out) {
    return gate_.choose(out.first(drafter_.propose(context, out)));
  }
  /// Runs and times a pass with k guesses.
  template <class Pass>
  void run(std::size_t k, Pass&& pass) {
    const std::uint32_t start = gate::now();
    pass();
    gate_.took(k, start, gate::now());
    row_ = 0;
    rows_ = 1 + k;
  }
  /// A new text begins.
  /// Forgets the texts that were seen.
  void forget() {
    begin();
    drafter_.reset();
  }
  void begin() {
    row_ = 0;
    rows_ = 0;
    gate_.unwatch();
  }

 private:
  using gate =
      draft_gate<Token, length, detail::knobs_of_draft<Policy>(), typename detail::clock_of_draft<Policy>::type>;

  typename Policy::template state<Token> drafter_;
  gate gate_;
  std::size_t row_ = 0;
  std::size_t rows_ = 0;
};

/// Without drafts: one pass, one row.
template <class Policy, class Token>
  requires(Policy::length == 0)
class drafts<Policy, Token> {
 public:
  static constexpr std::size_t length = 0;
  static constexpr std::size_t row() { return 0; }
  static constexpr bool has_next() { return false; }
  static void next() {}
  static void drop() {}
  static void follow(std::span<const Token>) {}
  static void picked(std::span<const Token>, Token) {}
  static constexpr std::size_t guess(std::span<const Token>, std::span<Token>) { return 0; }
  template <class Pass>
  MOTE_INLINE static void run(std::size_t, Pass&& pass) {
    pass();
  }
  static void forget() {}
  static void begin() {}
};

}  // namespace mote::inline v0
