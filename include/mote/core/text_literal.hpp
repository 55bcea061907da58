// SPDX-License-Identifier: BSL-1.0
// A string literal as a template argument: allowed<"yes", "no">.
// Refuses to end at a NUL inside the literal: the length is the literal's.
#pragma once

#include <cstddef>
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

}  // namespace mote::inline v0
