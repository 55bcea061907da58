// SPDX-License-Identifier: BSL-1.0
// A string literal as a template argument: allowed<"yes", "no">.
// Refuses to end at a NUL inside the literal: the length is the literal's.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

template <std::size_t Size>
struct text_literal {
  char text[Size] = {};  // with the NUL at its end

  consteval text_literal(const char (&literal)[Size]) {  // NOLINT: implicit, as in allowed<"yes">
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, Size - 1}; }
};

namespace detail {

/// Whether no text stands there twice.
constexpr bool all_differ(std::initializer_list<std::string_view> texts) {
  for (const std::string_view* a = texts.begin(); a != texts.end(); ++a)
    for (const std::string_view* b = texts.begin(); b != a; ++b)
      if (*a == *b) return false;
  return true;
}

}  // namespace detail

}  // namespace mote::inline v0
