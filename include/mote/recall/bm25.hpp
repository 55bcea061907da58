// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by their words: BM25 as Lucene scores it, over a fixed number of items, by scanning.
//   bm25<>                                64 items of up to 96 bytes and 24 different words: 14 KiB
//   bm25<bm25_knobs{.items = 500}>        about 230 bytes an item; a search reads all items once for each of its words
//   bm25<bm25_knobs{.b = 0.0F}>           no penalty for long items: for items of one length
//   bm25<bm25_knobs{}, words<cyrillic>>   another analysis than English: words alone, or an analysis<> of your own
// Refuses to cut a text or to drop a word of it: add() gives too_long and changes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/log.hpp"
#include "mote/recall/english.hpp"
#include "mote/recall/hashed_terms.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct bm25_knobs {
  std::size_t items = 64;       ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< the longest text
  std::size_t terms = 24;       ///< the most different words in one text
  float k1 = 1.2F;              ///< how much a word's repetition counts; 0: not at all
  float b = 0.75F;              ///< penalty for long texts: 0 none, 1 full

  constexpr bool valid() const {
    const auto fits = [](std::size_t n) { return n >= 1 && n <= 65535; };
    return fits(items) && fits(item_bytes) && fits(terms) && k1 >= 0.0F && k1 <= 1000.0F && b >= 0.0F && b <= 1.0F;
  }
};

/// The index: scores rows by their terms. Table: the features of a text, such as hashed_terms' item.
template <class Table, bm25_knobs Knobs>
class bm25_index {
 public:
  static constexpr std::size_t stack_bytes = Knobs.items * sizeof(float);

  void add(std::size_t row, const Table& terms) {
    terms_[row] = terms;
    total_length_ += terms.length;
  }
  void remove(std::size_t row) {
    total_length_ -= terms_[row].length;
    terms_[row] = {};
  }

  /// Offers the items that share a word with the query. A word that the query repeats counts each time.
  /// Work: words in the query x items x log2(terms).
  template <class Reader, class Items>
  void search(Reader words, const Items& items, best_hits& best) const {
    const std::size_t count = items.size();
    std::array<float, Knobs.items> scores;  // (count), by place
    for (std::size_t place = 0; place < count; ++place) scores[place] = 0.0F;
    const float average = count == 0 ? 1.0F : static_cast<float>(total_length_) / static_cast<float>(count);
    for (std::uint32_t h = 0; words.next(h);) {
      std::uint32_t having = 0;
      for (std::size_t place = 0; place < count; ++place) having += terms_[items.row(place)].count(h) != 0 ? 1U : 0U;
      if (having == 0) continue;
      const float without = static_cast<float>(count - having);
      const float rarity = log_one_plus((without + 0.5F) / (static_cast<float>(having) + 0.5F));
      for (std::size_t place = 0; place < count; ++place) {
        const Table& terms = terms_[items.row(place)];
        const auto times = static_cast<float>(terms.count(h));
        if (times == 0.0F) continue;
        const float room = (1.0F - Knobs.b) + Knobs.b * (static_cast<float>(terms.length) / average);
        scores[place] += rarity * (times / (times + Knobs.k1 * room));
      }
    }
    for (std::size_t place = count; place-- > 0;)
      if (scores[place] > 0.0F) best.offer(items.id(items.row(place)), scores[place]);
  }

 private:
  std::array<Table, Knobs.items> terms_{};  // by row
  std::uint32_t total_length_ = 0;          // words in all items; below 2^32: 65,535 items of 65,535
};

namespace detail {

// n words take at least 2n - 1 bytes, so up to 510 bytes no word occurs 256 times.
template <bm25_knobs Knobs, class Analysis>
using bm25_terms =
    hashed_terms<Knobs.terms, Analysis, std::conditional_t<Knobs.item_bytes <= 510, std::uint8_t, std::uint16_t>>;

template <bm25_knobs Knobs, class Analysis>
using bm25_parts = retrieve<item_store<Knobs.items, Knobs.item_bytes>, bm25_terms<Knobs, Analysis>,
                            bm25_index<typename bm25_terms<Knobs, Analysis>::item, Knobs>>;

}  // namespace detail

/// Analysis reads the terms of texts and questions: english, words<...>, analysis<...>, or a reader of your own.
template <bm25_knobs Knobs = bm25_knobs{}, class Analysis = english>
struct bm25 : detail::bm25_parts<Knobs.valid() ? Knobs : bm25_knobs{}, Analysis> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = bm25<detail::knobs_of_items(Knobs, Items), Analysis>;
  static_assert(Knobs.valid(),
                "mote: bm25<> has a knob out of range; items, item_bytes and terms go from 1 to 65535, "
                "k1 from 0 to 1000, b from 0 to 1 [mote-bm25-knobs]");
};

}  // namespace mote::inline v0
