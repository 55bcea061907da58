// SPDX-License-Identifier: BSL-1.0
// Prompt lookup (Saxena 2023): finds the last N tokens, then N - 1, down to one, earlier in the text, and drafts what
// followed there. Good where an answer repeats its question or the recalled items.
// Refuses memory of its own: each draft scans once the text that the pipeline keeps anyway.
#pragma once

#include <cstddef>
#include <span>

#include "mote/core/slots.hpp"
#include "mote/decode/draft.hpp"

namespace mote::inline v0 {

template <std::size_t N = 3, std::size_t Length = 8>
struct lookup {
  using slot = slots::drafting;
  static constexpr std::size_t length = Length;

  template <class Token>
  struct state {
    static void observe(std::span<const Token>) {}
    static void reset() {}

    /// The longest match wins; of equally long ones the newest, because a text stays with its subject.
    static std::size_t propose(std::span<const Token> context, std::span<Token> out) {
      const std::size_t size = context.size();
      std::size_t longest = 0;
      std::size_t follows = 0;
      for (std::size_t end = size; end-- > 1 && longest < N;) {  // a match would end before `end`
        std::size_t same = 0;
        while (same < N && same < end && context[end - 1 - same] == context[size - 1 - same]) ++same;
        if (same > longest) {
          longest = same;
          follows = end;
        }
      }
      if (longest == 0) return 0;
      std::size_t count = 0;
      for (; count < Length && count < out.size() && follows + count < size; ++count)
        out[count] = context[follows + count];
      return count;
    }
  };

  // Last, because Clang drops every member after a failed assertion and then reports that it is missing.
  static_assert(N >= 1 && N <= 16,
                "mote: lookup<> cannot match this many tokens; 3 is usual, 16 the most [mote-lookup]");
  static_assert(Length >= 1 && Length <= longest_draft,
                "mote: a draft has 1 to 16 tokens; 8 is usual [mote-draft-length]");
};

}  // namespace mote::inline v0
