// SPDX-License-Identifier: BSL-1.0
// Cuts out of Unicode's data what the scripts of a program need, when it is compiled: where words begin and end, and
// cases. The marks and signs that all scripts share, emoji and arrows among them, are always in it.
// Refuses a search at run time through scripts that were not named: their characters are letters without cases.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/recall/scripts.hpp"
#include "mote/recall/unicode_data.hpp"

namespace mote::inline v0::detail {

/// Signs, marks and punctuation that belong to no script.
struct common_script {
  static constexpr script_block blocks[] = {{0x80, 0xBF},     {0xD7, 0xD7},      {0xF7, 0xF7},     {0x2B0, 0x36F},
                                            {0x2000, 0x2BFF}, {0x2E00, 0x2E7F},  {0x3000, 0x303F}, {0xFE10, 0xFE6F},
                                            {0xFF00, 0xFFFF}, {0x1F000, 0x1FAFF}};
};

template <class T, std::size_t Most>
struct short_list {
  std::array<T, Most> items{};
  std::size_t size = 0;
  constexpr void push(const T& t) { items[size++] = t; }
};

/// Whether one of the scripts' blocks has this character.
template <class... Scripts>
consteval bool in_blocks(std::uint32_t code) {
  const auto in = [&](const auto& blocks) {
    for (const script_block& b : blocks)
      if (b.first <= code && code <= b.last) return true;
    return false;
  };
  return (in(Scripts::blocks) || ...);
}

/// The first character after `code` that a block of the scripts begins with, or that follows one.
template <class... Scripts>
consteval std::uint32_t next_edge(std::uint32_t code) {
  std::uint32_t nearest = code < 0x10000 ? 0x10000 : 0x20000;  // planes are apart
  const auto look = [&](const auto& blocks) {
    for (const script_block& b : blocks)
      for (const std::uint32_t edge : {b.first, b.last + 1})
        if (edge > code && edge < nearest) nearest = edge;
  };
  (look(Scripts::blocks), ...);
  return nearest;
}

/// Characters at which words end or begin, in turn.
template <class... Scripts>
consteval auto cut_boundaries() {
  short_list<std::uint32_t, 2 * std::size(word_boundaries)> cut;
  for (std::size_t i = 0; i < std::size(word_boundaries); i += 2) {
    const std::uint32_t last = i + 1 < std::size(word_boundaries) ? word_boundaries[i + 1] : 0x20000;
    for (std::uint32_t at = word_boundaries[i]; at < last;) {
      const std::uint32_t edge = next_edge<Scripts...>(at);
      const std::uint32_t end = edge < last ? edge : last;
      if (in_blocks<Scripts...>(at)) {
        if (cut.size > 0 && cut.items[cut.size - 1] == at && at != 0x10000) {
          cut.items[cut.size - 1] = end;
        } else {
          cut.push(at);
          cut.push(end);
        }
      }
      at = end;
    }
  }
  short_list<std::uint32_t, 2 * std::size(word_boundaries)> all;
  for (std::size_t i = 0; i < cut.size; ++i)
    if (i % 2 == 0 || cut.items[i] != 0x10000) all.push(cut.items[i]);  // the end of plane 0 needs no entry
  return all;
}

template <class... Scripts>
consteval auto cut_folds() {
  short_list<unicode_fold, std::size(unicode_folds)> cut;
  for (const unicode_fold& f : unicode_folds)
    if (in_blocks<Scripts...>(f.first)) cut.push(f);
  return cut;
}

template <class... Scripts>
consteval auto cut_grams() {
  short_list<script_block, 16 * (sizeof...(Scripts) + 1)> cut;
  const auto look = [&](const auto& blocks) {
    for (const script_block& b : blocks)
      if (b.gram != 0) cut.push(b);
  };
  (look(Scripts::blocks), ...);
  return cut;
}

/// The tables of a program's scripts, in as many bytes as they need.
template <class... Scripts>
struct script_tables {
  struct fold_entry {
    std::uint16_t first, last, delta;
  };
  template <class Entry, std::size_t Size>
  struct planes {
    std::size_t below = 0;  // entries of plane 0; the rest is of plane 1, without its upper bits
    std::array<Entry, Size> entries{};
  };

  static constexpr auto boundaries = [] {
    constexpr auto cut = cut_boundaries<Scripts...>();
    planes<std::uint16_t, cut.size> t;
    for (std::size_t i = 0; i < cut.size; ++i) {
      t.entries[i] = static_cast<std::uint16_t>(cut.items[i]);
      t.below += cut.items[i] < 0x10000 ? 1U : 0U;
    }
    return t;
  }();

  static constexpr auto folds = [] {
    constexpr auto cut = cut_folds<Scripts...>();
    planes<fold_entry, cut.size> t;
    for (std::size_t i = 0; i < cut.size; ++i) {
      const unicode_fold& f = cut.items[i];
      t.entries[i] = {static_cast<std::uint16_t>(f.first), static_cast<std::uint16_t>(f.last),
                      static_cast<std::uint16_t>(f.delta)};
      t.below += f.first < 0x10000 ? 1U : 0U;
    }
    return t;
  }();

  static constexpr auto grams = [] {
    constexpr auto cut = cut_grams<Scripts...>();
    std::array<script_block, cut.size> t{};
    for (std::size_t i = 0; i < cut.size; ++i) t[i] = cut.items[i];
    return t;
  }();

  /// Whether a character from U+0080 on is a letter, a mark or a digit.
  static constexpr bool is_letter(std::uint32_t c) {
    if (c >= 0x20000) return true;
    const bool upper = c >= 0x10000;
    std::size_t low = upper ? boundaries.below : 0;
    const auto code = static_cast<std::uint16_t>(c);
    for (std::size_t high = upper ? boundaries.entries.size() : boundaries.below; low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (boundaries.entries[middle] <= code) low = middle + 1;
      else high = middle;
    }
    return (upper ? low - boundaries.below : low) % 2 == 0;
  }

  /// The lower case of a character from U+0080 on.
  static constexpr std::uint32_t lower(std::uint32_t c) {
    if (c >= 0x20000) return c;
    const bool upper = c >= 0x10000;
    std::size_t low = upper ? folds.below : 0;
    const std::size_t end = upper ? folds.entries.size() : folds.below;
    const auto code = static_cast<std::uint16_t>(c);
    for (std::size_t high = end; low < high;) {  // the first run that does not end before it
      const std::size_t middle = (low + high) / 2;
      if (folds.entries[middle].last < code) low = middle + 1;
      else high = middle;
    }
    if (low == end) return c;
    const fold_entry& f = folds.entries[low];
    if (code < f.first || (f.delta == 1 && ((code - f.first) & 1) != 0)) return c;
    return (c & 0x10000U) | static_cast<std::uint16_t>(code + f.delta);
  }

  /// In how long pieces a run of such characters is cut; 0: there are spaces between words.
  static constexpr std::size_t gram(std::uint32_t c) {
    for (const script_block& b : grams)
      if (b.first <= c && c <= b.last) return b.gram;
    return 0;
  }
};

}  // namespace mote::inline v0::detail
