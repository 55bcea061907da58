// SPDX-License-Identifier: BSL-1.0
// Characters without case and accents: what is compared where "É" and "e" are one.
// Refuses full case folding: one character has one lower case here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/model/unicode.hpp"
#include "mote/model/unicode_compose.hpp"
#include "mote/model/unicode_lower.hpp"

namespace mote::inline v0 {

/// Simple lower case; a code point without one stays.
constexpr std::uint32_t lower_case(std::uint32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  constexpr std::uint32_t every_second = 0x80000000U;
  std::size_t low = 0;
  std::size_t high = sizeof detail::lower_runs / sizeof detail::lower_runs[0] / 2;
  while (low < high) {  // the first run behind `code`
    const std::size_t middle = (low + high) / 2;
    if ((detail::lower_runs[2 * middle] & ~every_second) <= code) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return code;
  const std::uint32_t run = detail::lower_runs[2 * low - 2];
  const std::uint32_t rest = detail::lower_runs[2 * low - 1];
  const std::uint32_t at = code - (run & ~every_second);
  if (at > rest >> 20U || ((run & every_second) != 0 && at % 2 != 0)) return code;
  const std::uint32_t difference = rest & 0xFFFFFU;
  return code + (difference < 0x80000U ? difference : difference | 0xFFF00000U);
}

/// Calls use(code) for the code points that a character canonically decomposes to, without non-spacing marks, in lower
/// case.
template <class Use>
constexpr void without_accents(std::uint32_t code, Use use) {
  const auto keep = [&](std::uint32_t each) {
    if (class_of({each, 1, true}) != character_class::mark) use(lower_case(each));
  };
  if (code >= detail::hangul_first && code < detail::hangul_first + detail::hangul_count) {
    const std::uint32_t at = code - detail::hangul_first;
    keep(0x1100 + at / 588);
    keep(0x1161 + at % 588 / 28);
    if (at % 28 != 0) keep(0x11A7 + at % 28);
    return;
  }
  std::uint32_t seconds[4] = {};
  std::size_t n = 0;
  for (std::uint64_t pair = detail::decomposition(code); pair != 0 && n < 4; pair = detail::decomposition(code)) {
    code = static_cast<std::uint32_t>(pair >> 17U);
    seconds[n++] = static_cast<std::uint32_t>(pair & 0x1FFFFU);
  }
  keep(code);
  while (n > 0)
    if (seconds[--n] != 0) keep(seconds[n]);
}

}  // namespace mote::inline v0
