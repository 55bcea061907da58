// SPDX-License-Identifier: BSL-1.0
// Stages of an analysis that have a list: words that are left out, words that mean the same, letters without marks.
//   stop_words<list>     constexpr std::string_view list[] = {"the", "of"};
//   synonyms<list>       constexpr mote::synonym list[] = {{"tv", "television"}};
//   fold_accents         "café" and "cafe" are one term
// Refuses phrases: each entry is one word of the analysis that the list stands in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/recall/unicode_data.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

/// Read `means` for `text`. Both go through the stages that stand before synonyms<>; after a stemmer, inflections too.
struct synonym {
  std::string_view text, means;
};

namespace detail {

template <std::size_t Size>
constexpr bool contains(const std::array<std::uint32_t, Size>& sorted, std::uint32_t hash) {
  std::size_t low = 0;
  for (std::size_t high = Size; low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (sorted[middle] < hash) low = middle + 1;
    else high = middle;
  }
  return low < Size && sorted[low] == hash;
}

template <std::size_t Size>
consteval std::array<std::uint32_t, Size> sort(std::array<std::uint32_t, Size> a) {
  for (std::size_t i = 1; i < Size; ++i)
    for (std::size_t j = i; j > 0 && a[j] < a[j - 1]; --j) {
      const std::uint32_t larger = a[j - 1];
      a[j - 1] = a[j];
      a[j] = larger;
    }
  return a;
}

/// Whether a text is one word, and which.
template <class Reader>
constexpr bool is_one_word(std::string_view text, word& w) {
  Reader words(text);
  word second;
  return words.next(w) && w.whole && !words.next(second);
}

template <class Reader, const auto& List>
consteval bool are_words() {
  for (const std::string_view text : List) {
    word w;
    if (!is_one_word<Reader>(text, w)) return false;
  }
  return true;
}
template <class Reader, const auto& List>
consteval bool are_pairs_of_words() {
  for (const synonym& s : List) {
    word w;
    if (!is_one_word<Reader>(s.text, w) || !is_one_word<Reader>(s.means, w)) return false;
  }
  return true;
}

template <bool Good>
struct word_list_check {
  static_assert(
      Good,
      "mote: a list of stop_words<> or synonyms<> has an entry that is not one word of up to 32 letters; cut it "
      "as the texts are cut, \"don't\" into \"don\" and \"t\" [mote-word-list]");
  static constexpr bool good = Good;
};

}  // namespace detail

/// Drops the words of a list.
template <const auto& List>
struct stop_words {
  template <class Before>
  static constexpr bool apply(word& w) {
    if constexpr (detail::word_list_check<detail::are_words<Before, List>()>::good) {
      constexpr auto sorted = hashes<Before>();
      return !detail::contains(sorted, w.hash());
    } else return true;
  }

 private:
  template <class Before>
  static consteval auto hashes() {
    std::array<std::uint32_t, std::size(List)> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
      word w;
      (void)detail::is_one_word<Before>(List[i], w);
      all[i] = w.hash();
    }
    return detail::sort(all);
  }
};

/// Replaces the words of a list.
template <const auto& List>
struct synonyms {
  template <class Before>
  static constexpr bool apply(word& w) {
    if constexpr (detail::word_list_check<detail::are_pairs_of_words<Before, List>()>::good) {
      constexpr auto from = hashes<Before>();
      const std::uint32_t hash = w.hash();
      for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i] == hash) {
          Before(List[i].means).next(w);
          break;
        }
    }
    return true;
  }

 private:
  template <class Before>
  static consteval auto hashes() {
    std::array<std::uint32_t, std::size(List)> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
      word w;
      (void)detail::is_one_word<Before>(List[i].text, w);
      all[i] = w.hash();
    }
    return all;
  }
};

/// Takes the marks off Latin, Greek and Cyrillic letters, composed or not: 1.8 KiB of tables.
struct fold_accents {
  static constexpr bool apply(word& w) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < w.size; ++i) {
      const std::uint32_t c = w.letters[i];
      if (c >= 0x300 && c <= 0x36F) continue;  // a mark of its own
      w.letters[kept++] = c < 0xC0 ? c : base(c);
    }
    if (kept == 0) return false;
    w.size = kept;
    return true;
  }

 private:
  static constexpr std::uint32_t base(std::uint32_t c) {
    const auto& all = detail::unicode_bases;
    std::size_t low = 0;
    for (std::size_t high = std::size(all); low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (all[middle].code < c) low = middle + 1;
      else high = middle;
    }
    return low < std::size(all) && all[low].code == c ? all[low].base : c;
  }
};

}  // namespace mote::inline v0
