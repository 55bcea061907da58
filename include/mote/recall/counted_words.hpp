// SPDX-License-Identifier: BSL-1.0
// The features of a text for an index of its words: how many there are. The words themselves are read again from the
// store, where they lie already; a question stays a stream of words.
//   counted_words<english>     or words<>, an analysis<> of your own, any reader
// Refuses to keep a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/core/status.hpp"

namespace mote::inline v0 {

namespace detail {

// What a reader says that it needs beside itself.
template <class Reader>
inline constexpr std::size_t reader_stack_bytes = 0;
template <class Reader>
  requires requires { std::size_t{Reader::stack_bytes}; }
inline constexpr std::size_t reader_stack_bytes<Reader> = Reader::stack_bytes;

}  // namespace detail

/// Reader is constructed from a text and gives its terms one after the other: bool next(std::uint32_t& hash).
template <class Reader>
struct counted_words {
  struct item {
    std::uint32_t length = 0;  ///< words, repetitions included
  };
  using query = Reader;
  static constexpr std::size_t stack_bytes = sizeof(Reader) + detail::reader_stack_bytes<Reader>;

  /// empty: no word.
  static constexpr status embed(std::string_view text, item& out) {
    out = {};
    Reader words(text);
    for (std::uint32_t h = 0; words.next(h);) ++out.length;
    return out.length == 0 ? status::empty : status::ok;
  }
  static constexpr status ask(std::string_view text, query& out) {
    out = Reader(text);
    return status::ok;
  }
};

}  // namespace mote::inline v0
