// SPDX-License-Identifier: BSL-1.0
// Canonical decomposition and composition of a text (Unicode Standard Annex 15), a character and its marks at a time.
// Refuses a buffer for more than 32 code points: of a longer row of marks the rest begins anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/config.hpp"
#include "mote/model/unicode.hpp"
#include "mote/model/unicode_combining.hpp"
#include "mote/model/unicode_decompositions.hpp"

namespace mote::inline v0::detail {

/// The canonical combining class; 0: a starter.
constexpr std::uint32_t combining_class(std::uint32_t code) {
  if (code < 0x300) return 0;
  std::size_t low = 0;
  std::size_t high = sizeof combining_runs / sizeof combining_runs[0];
  while (low < high) {  // the first run behind `code`
    const std::size_t middle = (low + high) / 2;
    if (combining_runs[middle] >> 8U <= code) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return 0;
  const std::uint32_t run = combining_runs[low - 1];
  return code - (run >> 8U) < combining_lengths[low - 1] ? run & 0xFFU : 0;
}

inline constexpr std::uint32_t hangul_first = 0xAC00;
inline constexpr std::uint32_t hangul_count = 11172;

/// The pair that a code point is: the first << 17 and the second, or 0 where it is only itself.
constexpr std::uint64_t decomposition(std::uint32_t code) {
  if (code < 0xC0) return 0;
  std::size_t low = 0;
  std::size_t high = sizeof decomposed / sizeof decomposed[0];
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (decomposed[middle] >> 35U < code) low = middle + 1;
    else high = middle;
  }
  const bool found = low < sizeof decomposed / sizeof decomposed[0] && decomposed[low] >> 35U == code;
  return found ? decomposed[low] & 0x7FFFFFFFFULL : 0;
}

/// The code point that two compose to, or 0.
constexpr std::uint32_t composition(std::uint32_t a, std::uint32_t b) {
  if (a >= 0x1100 && a < 0x1113 && b >= 0x1161 && b < 0x1176)
    return hangul_first + ((a - 0x1100) * 21 + (b - 0x1161)) * 28;
  if (a >= hangul_first && a < hangul_first + hangul_count && (a - hangul_first) % 28 == 0 && b > 0x11A7 && b < 0x11C3)
    return a + (b - 0x11A7);
  const std::uint64_t pair = std::uint64_t{a} << 17U | b;
  std::size_t low = 0;
  std::size_t high = sizeof composable / sizeof composable[0];
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if ((decomposed[composable[middle]] & 0x7FFFFFFFFULL) < pair) low = middle + 1;
    else high = middle;
  }
  if (low == sizeof composable / sizeof composable[0]) return 0;
  const std::uint64_t found = decomposed[composable[low]];
  return (found & 0x7FFFFFFFFULL) == pair ? static_cast<std::uint32_t>(found >> 35U) : 0;
}

/// Code points of one character and its marks, in canonical order.
class combining_sequence {
 public:
  static constexpr std::size_t most = 32;

  std::size_t size() const { return size_; }
  std::uint32_t operator[](std::size_t i) const { return codes_[i]; }
  void clear() { size_ = 0; }
  /// Whether a code point, which decomposes into four at most, surely fits.
  bool has_room() const { return size_ + 4 <= most; }

  /// Appends what a code point decomposes into; marks move before those of higher class.
  void add(std::uint32_t code) {
    if (code >= hangul_first && code < hangul_first + hangul_count) {
      const std::uint32_t at = code - hangul_first;
      put(0x1100 + at / 588);
      put(0x1161 + at % 588 / 28);
      if (at % 28 != 0) put(0x11A7 + at % 28);
      return;
    }
    std::uint32_t seconds[4];  // the first decomposes further, the second never does
    std::size_t n = 0;
    for (std::uint64_t pair = decomposition(code); pair != 0 && n < 4; pair = decomposition(code)) {
      code = static_cast<std::uint32_t>(pair >> 17U);
      seconds[n++] = static_cast<std::uint32_t>(pair & 0x1FFFFU);
    }
    put(code);
    while (n > 0)
      if (seconds[--n] != 0) put(seconds[n]);
  }

  /// Joins a starter and the marks that compose with it.
  void compose() {
    if (size_ == 0) return;
    std::size_t starter = 0;
    std::size_t kept = 1;
    std::uint32_t last = combining_class(codes_[0]);  // class of the code point before, behind the starter
    bool has_starter = last == 0;
    last = 0;
    for (std::size_t i = 1; i < size_; ++i) {
      const std::uint32_t k = combining_class(codes_[i]);
      const bool adjacent = kept == starter + 1;
      if (has_starter && (adjacent || (last < k && last != 0)))
        if (const std::uint32_t both = composition(codes_[starter], codes_[i]); both != 0) {
          codes_[starter] = both;
          continue;
        }
      if (k == 0) {
        starter = kept;
        has_starter = true;
      }
      last = k;
      codes_[kept++] = codes_[i];
    }
    size_ = kept;
  }

 private:
  void put(std::uint32_t code) {
    const std::uint32_t k = combining_class(code);
    std::size_t at = size_++;
    if (k != 0)
      for (; at > 0 && combining_class(codes_[at - 1]) > k; --at) codes_[at] = codes_[at - 1];
    codes_[at] = code;
  }

  std::uint32_t codes_[most] = {};
  std::size_t size_ = 0;
};

/// Whether a character may join what is before it: a mark, or the second part of a composition, which are all marks or
/// parts of a Hangul syllable.
constexpr bool joins_before(character c) {
  if (c.code < 0x300) return false;
  const character_class k = class_of(c);
  return k == character_class::mark || k == character_class::spacing_mark || (c.code >= 0x1161 && c.code < 0x11C3);
}

/// Writes Form C of a text to `out` if it fits; returns its bytes.
inline std::size_t compose(std::string_view text, std::span<char> out) {
  std::size_t bytes = 0;
  combining_sequence s;
  const auto write_bytes = [&](const char* from, std::size_t n) {
    if (bytes + n <= out.size())
      for (std::size_t i = 0; i < n; ++i) out[bytes + i] = from[i];
    bytes += n;
  };
  const auto flush = [&] {
    s.compose();
    for (std::size_t i = 0; i < s.size(); ++i) {
      char utf8[4];
      write_bytes(utf8, put_utf8(s[i], utf8));
    }
    s.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    if (!c.valid) {
      flush();
      write_bytes(text.data() + at, c.bytes);
    } else {
      if (s.size() != 0 && (!s.has_room() || !joins_before(c))) flush();
      s.add(c.code);
    }
    at += c.bytes;
  }
  flush();
  return bytes;
}

/// Whether Form C of a text is surely the text: it has no mark, no character that decomposes, and no part of one.
inline bool is_composed(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    at += c.bytes;
    if (!c.valid || c.code < 0x300) continue;
    if (c.code >= hangul_first && c.code < hangul_first + hangul_count) continue;
    if (joins_before(c) || decomposition(c.code) != 0) return false;
  }
  return true;
}

}  // namespace mote::inline v0::detail
