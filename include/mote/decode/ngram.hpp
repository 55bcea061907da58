// SPDX-License-Identifier: BSL-1.0
// Drafts from a table of the tokens that followed each pair of tokens, learned from prompts and answers: draft.hpp.
//
//   slot | key: token, token | successor token x Ways | count x Ways |      16-bit tokens, 4 ways: 16 bytes
//
// A key is within eight slots of the one that its hash gives. If all eight are in use, the key with the smallest sum of
// counts is replaced. A count has 8 bits; when one is full, all counts of its slot are halved, so that new successors
// can overtake old ones.
// Refuses to grow, and to draft further where no successor has at least half of its key's counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/slots.hpp"
#include "mote/decode/draft.hpp"

namespace mote::inline v0 {

template <std::size_t Slots = 1024, std::size_t Ways = 4, std::size_t Length = 8>
struct ngram {
  using slot = slots::drafting;
  static constexpr std::size_t length = Length;

  template <class Token>
  class state {
   public:
    static constexpr std::size_t bytes = Slots * (2 * sizeof(Token) + Ways * (sizeof(Token) + 1));

    void reset() { *this = {}; }

    void observe(std::span<const Token> context) {
      const std::size_t n = context.size();
      if (n < 3) return;
      count(row_of(context[n - 3], context[n - 2]), context[n - 1]);
    }

    /// Drafts token by token, each from the two newest tokens, real or drafted.
    std::size_t propose(std::span<const Token> context, std::span<Token> out) const {
      const std::size_t n = context.size();
      if (n < 2) return 0;
      Token before = context[n - 2];
      Token newest = context[n - 1];
      std::size_t drafted = 0;
      while (drafted < Length && drafted < out.size()) {
        const std::size_t row = find(before, newest);
        if (row == Slots) break;
        std::size_t top = 0;
        unsigned sum = 0;
        for (std::size_t w = 0; w < Ways; ++w) {
          sum += counts_[row][w];
          if (counts_[row][w] > counts_[row][top]) top = w;
        }
        if (2U * counts_[row][top] < sum) break;
        before = newest;
        newest = next_[row][top];
        out[drafted++] = newest;
      }
      return drafted;
    }

    /// Slots in use: a measure for choosing Slots.
    std::size_t used() const {
      std::size_t n = 0;
      for (const auto& c : counts_) n += c[0] != 0 ? 1U : 0U;
      return n;
    }

   private:
    static constexpr std::size_t reach = Slots < 8 ? Slots : 8;

    static std::size_t home(Token before, Token newest) {
      const std::uint32_t mixed =
          (static_cast<std::uint32_t>(before) * 0x9E3779B1U) ^ (static_cast<std::uint32_t>(newest) * 0x85EBCA77U);
      const std::uint32_t spread = (mixed ^ (mixed >> 15U)) * 0x2C1B3C6DU;  // the high bits choose
      return static_cast<std::size_t>((static_cast<std::uint64_t>(spread ^ (spread >> 12U)) * Slots) >> 32U);
    }
    static std::size_t after(std::size_t row) { return row + 1 == Slots ? 0 : row + 1; }

    /// The row of a key; Slots if it has none. An empty row ends the search: rows are replaced, never emptied.
    std::size_t find(Token before, Token newest) const {
      std::size_t row = home(before, newest);
      for (std::size_t i = 0; i < reach && counts_[row][0] != 0; ++i, row = after(row))
        if (keys_[row][0] == before && keys_[row][1] == newest) return row;
      return Slots;
    }

    /// The row of a key; a key without one gets one.
    std::size_t row_of(Token before, Token newest) {
      std::size_t row = home(before, newest);
      std::size_t rarest = row;
      unsigned least = ~0U;
      for (std::size_t i = 0; i < reach; ++i, row = after(row)) {
        if (counts_[row][0] == 0) {
          rarest = row;
          break;
        }
        if (keys_[row][0] == before && keys_[row][1] == newest) return row;
        unsigned sum = 0;
        for (const std::uint8_t c : counts_[row]) sum += c;
        if (sum < least) {
          least = sum;
          rarest = row;
        }
      }
      keys_[rarest] = {before, newest};
      counts_[rarest] = {};
      return rarest;
    }

    void count(std::size_t row, Token token) {
      auto& counts = counts_[row];
      std::size_t way = 0;
      while (way < Ways && counts[way] != 0 && next_[row][way] != token) ++way;
      if (way == Ways) {  // all in use: the rarest is replaced
        way = 0;
        for (std::size_t w = 1; w < Ways; ++w)
          if (counts[w] <= counts[way]) way = w;
        counts[way] = 0;
      }
      next_[row][way] = token;
      if (counts[way] == 255)
        for (auto& c : counts) c = static_cast<std::uint8_t>((c + 1U) / 2U);  // none becomes 0
      ++counts[way];
    }

    std::array<std::array<Token, 2>, Slots> keys_{};
    std::array<std::array<Token, Ways>, Slots> next_{};
    std::array<std::array<std::uint8_t, Ways>, Slots> counts_{};  // way 0 is 0 in an empty row only
  };

  // Last, because Clang drops every member after a failed assertion and then reports that it is missing.
  static_assert(Slots >= 1 && Slots <= 0x1000000,
                "mote: ngram<> needs 1 to 16,777,216 slots; 1024 are usual [mote-ngram-slots]");
  static_assert(Ways >= 1 && Ways <= 16,
                "mote: ngram<> keeps 1 to 16 successors of a key; 4 are usual [mote-ngram-ways]");
  static_assert(Length >= 1 && Length <= longest_draft,
                "mote: a draft has 1 to 16 tokens; 8 is usual [mote-draft-length]");
};

}  // namespace mote::inline v0
