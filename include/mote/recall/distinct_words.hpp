// SPDX-License-Identifier: BSL-1.0
// The different words of a text, by rising hash, a portion at a time: two texts of any length are compared in a fixed
// room, without a list of their words.
//   distinct_words<english>::alike("Ann likes tea.", "ann LIKES tea", 0.75F)      true
// Refuses to allocate: a text of more words than a portion has is read once more for each portion.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/recall/counted_words.hpp"

namespace mote::inline v0 {

template <class Reader, std::size_t Portion = 16>
class distinct_words {
 public:
  /// Of a comparison, beside what Reader itself needs.
  static constexpr std::size_t stack_bytes = sizeof(std::string_view) + sizeof(std::size_t) +
                                             Portion * (sizeof(std::uint32_t) + sizeof(bool)) + sizeof(Reader);

  constexpr explicit distinct_words(std::string_view text) : text_(text) {}

  /// The next portion of them, by rising hash; empty at the end. Work: the text is read once.
  MOTE_NOINLINE constexpr bool next() {
    const bool first = count_ == 0;
    if (!first && count_ < Portion) return false;
    const std::uint32_t after = first ? 0 : hash_[count_ - 1];
    count_ = 0;
    Reader words(text_);
    for (std::uint32_t h = 0; words.next(h);) {
      if (!first && h <= after) continue;
      const std::size_t at = lower_bound(h);
      if (at == Portion || (at < count_ && hash_[at] == h)) continue;
      if (count_ < Portion) ++count_;
      for (std::size_t i = count_ - 1; i > at; --i) hash_[i] = hash_[i - 1];
      hash_[at] = h;
    }
    return count_ > 0;
  }
  constexpr std::size_t count() const { return count_; }  ///< in the portion
  constexpr std::uint32_t operator[](std::size_t i) const { return hash_[i]; }

  MOTE_NOINLINE static constexpr std::size_t number_in(std::string_view text) {
    std::size_t all = 0;
    for (distinct_words portion(text); portion.next();) all += portion.count();
    return all;
  }

  /// How many different words both texts have.
  static constexpr std::size_t in_common(std::string_view a, std::string_view b) {
    std::size_t both = 0;
    for (distinct_words portion(a); portion.next();) {
      std::array<bool, Portion> seen{};
      Reader words(b);
      for (std::uint32_t h = 0; words.next(h);) {
        const std::size_t at = portion.lower_bound(h);
        if (at == portion.count_ || portion.hash_[at] != h || seen[at]) continue;
        seen[at] = true;
        ++both;
      }
    }
    return both;
  }

  /// Whether more than this share of the different words of the text that has more of them are in the other too.
  static constexpr bool alike(std::string_view a, std::string_view b, float share) {
    const std::size_t in_a = number_in(a), in_b = number_in(b);
    const std::size_t larger = in_a > in_b ? in_a : in_b;
    return static_cast<float>(in_common(a, b)) > share * static_cast<float>(larger);
  }

 private:
  constexpr std::size_t lower_bound(std::uint32_t h) const {
    std::size_t low = 0;
    for (std::size_t high = count_; low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (hash_[middle] < h) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  std::string_view text_;
  std::array<std::uint32_t, Portion> hash_{};
  std::size_t count_ = 0;
};

}  // namespace mote::inline v0
