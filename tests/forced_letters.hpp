// SPDX-License-Identifier: BSL-1.0
// A decoding policy that says what a test tells it, in letters of random_model's vocabulary.
// Refuses to look at logits, and to go on when what it was told is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "mote/core/slots.hpp"

namespace mote_tests {

inline std::string forced;    // what the next answer says; '.' is its end
inline std::size_t said = 0;  // of it

template <std::size_t End>
struct forced_letters {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float*) {
      const char c = forced.at(said++);
      return c == '.' ? End : c == ' ' ? 2 : static_cast<std::size_t>(3 + c - 'a');
    }
  };
};

}  // namespace mote_tests
