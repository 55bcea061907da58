// SPDX-License-Identifier: BSL-1.0
// The features of a text as hashed terms: which words it has, and how often each. A question stays a stream of words.
//   hashed_terms<24>                   at most 24 different words of a text, counted in 8 bits: 255 means 255 or more
//   hashed_terms<24, english>          the terms of an analysis; or a reader of a user's own
// Refuses to drop a word: a text with more different words gives too_long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "mote/core/status.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

// The words of one text, ready to be searched: different words by rising hash, and how often each occurs.
template <std::size_t Terms, class Count>
struct term_table {
  std::array<std::uint32_t, Terms> hash{};
  std::array<Count, Terms> times{};
  std::conditional_t<Terms <= 65535, std::uint16_t, std::uint32_t> used = 0;  // different words
  std::uint16_t length = 0;  // words, repetitions included; 65535 means that or more

  constexpr std::size_t lower_bound(std::uint32_t h) const {
    std::size_t low = 0;
    for (std::size_t high = used; low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (hash[middle] < h) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /// How often a word occurs; the largest Count means that or more.
  constexpr Count count(std::uint32_t h) const {
    const std::size_t at = lower_bound(h);
    return at < used && hash[at] == h ? times[at] : Count{0};
  }

  /// How many different words both have.
  constexpr std::size_t in_common(const term_table& other) const {
    std::size_t both = 0;
    for (std::size_t i = 0, j = 0; i < used && j < other.used;) {
      const bool first = hash[i] <= other.hash[j];
      const bool second = other.hash[j] <= hash[i];
      both += first && second ? 1U : 0U;
      i += first ? 1U : 0U;
      j += second ? 1U : 0U;
    }
    return both;
  }

  /// too_long: more different words than there is room for; empty: no word at all.
  template <class Reader>
  constexpr status take(Reader words) {
    for (std::uint32_t h = 0; words.next(h); count_one(length)) {
      const std::size_t at = lower_bound(h);
      if (at == used || hash[at] != h) {
        if (used == Terms) return status::too_long;
        for (std::size_t i = used; i > at; --i) {
          hash[i] = hash[i - 1];
          times[i] = times[i - 1];
        }
        hash[at] = h;
        times[at] = 0;
        ++used;
      }
      count_one(times[at]);
    }
    return length == 0 ? status::empty : status::ok;
  }

 private:
  template <class Number>
  static constexpr void count_one(Number& n) {
    if (n < (std::numeric_limits<Number>::max)()) ++n;
  }
};

namespace detail {

// What a reader says that it needs beside itself.
template <class Reader>
inline constexpr std::size_t reader_stack_bytes = 0;
template <class Reader>
  requires requires { std::size_t{Reader::stack_bytes}; }
inline constexpr std::size_t reader_stack_bytes<Reader> = Reader::stack_bytes;

}  // namespace detail

/// Reader is constructed from a text and gives its terms one after the other: bool next(std::uint32_t& hash).
template <std::size_t Terms, class Reader = words<>, class Count = std::uint8_t>
struct hashed_terms {
  using item = term_table<Terms, Count>;
  using query = Reader;
  static constexpr std::size_t stack_bytes = detail::reader_stack_bytes<Reader>;

  static constexpr status embed(std::string_view text, item& out) {
    out = {};
    return out.take(Reader(text));
  }
  static constexpr status ask(std::string_view text, query& out) {
    out = Reader(text);
    return status::ok;
  }
};

}  // namespace mote::inline v0
