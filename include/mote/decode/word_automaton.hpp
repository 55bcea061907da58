// SPDX-License-Identifier: BSL-1.0
// Which of some words a text ends with, byte by byte (Aho and Corasick 1975): a state is the longest end of the text
// that is a beginning of a word. The tables are made while the program is compiled, and lie in flash.
// Refuses to look back: the state is two bytes, and each byte of a text is entered once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/core/text_literal.hpp"

namespace mote::inline v0 {

struct word_node {
  std::uint16_t depth = 0;    ///< bytes of the beginning
  std::uint16_t ends = 0;     ///< bytes of the longest word that the text ends with here; 0: none
  std::uint16_t fails = 0;    ///< the longest beginning of a word that this one ends with
  std::uint16_t child = 0;    ///< the first beginning that is a byte longer; 0: none
  std::uint16_t sibling = 0;  ///< the next one of the same length less its last byte; 0: none
  std::uint16_t word = 0;     ///< a word that begins so: its number
  unsigned char byte = 0;     ///< the last one
};

/// The node behind node `at` and a byte.
MOTE_NOINLINE constexpr std::uint16_t next_node(const word_node* nodes, std::uint16_t at, unsigned char byte) {
  for (;;) {
    for (std::uint16_t c = nodes[at].child; c != 0; c = nodes[c].sibling)
      if (nodes[c].byte == byte) return c;
    if (at == 0) return 0;
    at = nodes[at].fails;
  }
}

/// The automaton of some words, none of which is empty.
template <text_literal... Words>
struct word_automaton {
  static constexpr std::size_t longest = [] {
    std::size_t most = 0;
    ((most = Words.view().size() > most ? Words.view().size() : most), ...);
    return most;
  }();
  static constexpr std::size_t all_bytes = (std::size_t{0} + ... + Words.view().size());
  static constexpr bool sound = sizeof...(Words) != 0 && all_bytes < 65535 && ((Words.view().size() != 0) && ...);

  static constexpr std::array<word_node, sound ? all_bytes + 1 : 1> nodes = [] {
    std::array<word_node, sound ? all_bytes + 1 : 1> n{};
    if (!sound) return n;
    std::uint16_t used = 1, number = 0;
    const auto add = [&](std::string_view word) {
      std::uint16_t at = 0;
      for (const char c : word) {
        std::uint16_t next = n[at].child;
        while (next != 0 && n[next].byte != static_cast<unsigned char>(c)) next = n[next].sibling;
        if (next == 0) {
          next = used++;
          n[next] = {.depth = static_cast<std::uint16_t>(n[at].depth + 1),
                     .ends = 0,
                     .fails = 0,
                     .child = 0,
                     .sibling = n[at].child,
                     .word = number,
                     .byte = static_cast<unsigned char>(c)};
          n[at].child = next;
        }
        at = next;
      }
      n[at].ends = n[at].depth;
      ++number;
    };
    (add(Words.view()), ...);
    for (std::size_t depth = 1; depth <= longest; ++depth)  // each level needs those above it
      for (std::uint16_t at = 0; at < used; ++at) {
        if (n[at].depth + 1U != depth) continue;
        for (std::uint16_t c = n[at].child; c != 0; c = n[c].sibling) {
          n[c].fails = at == 0 ? std::uint16_t{0} : next_node(n.data(), n[at].fails, n[c].byte);
          if (n[c].ends == 0) n[c].ends = n[n[c].fails].ends;
        }
      }
    return n;
  }();

  /// The beginning of a word that a node stands for.
  static std::string_view text(std::uint16_t at) {
    static constexpr std::array<std::string_view, sizeof...(Words) + 1> words{Words.view()...};
    return {words[nodes[at].word].data(), nodes[at].depth};
  }
};

}  // namespace mote::inline v0
