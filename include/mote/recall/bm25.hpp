// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by their words: BM25 as Lucene scores it, over a fixed number of items, by scanning.
//   bm25<>                                64 items of up to 96 bytes and 24 different words: 14 KiB
//   bm25<bm25_knobs{.items = 500}>        about 230 bytes an item; a search reads all items once for each of its words
//   bm25<bm25_knobs{.b = 0.0F}>           no penalty for long items: for items of one length
//   bm25<every_hit>                       the texts that share a word, however little it says
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
  float least = 0.08F;          ///< a hit has at least this share of what the question's words are worth; 0: any hit
  float share = 0.5F;           ///< and of the best hit's score
  float alike = 0.75F;          ///< a text with more of its words in common with a better hit is none; 1: all are hits

  constexpr bool valid() const {
    const auto is_share = [](float f) { return f >= 0.0F && f <= 1.0F; };
    const auto fits = [](std::size_t n) { return n >= 1 && n <= 65535; };
    return fits(items) && fits(item_bytes) && fits(terms) && k1 >= 0.0F && k1 <= 1000.0F && is_share(b) &&
           is_share(least) && is_share(share) && is_share(alike);
  }
};

/// Knobs that leave no hit out.
inline constexpr bm25_knobs every_hit{.least = 0.0F, .share = 0.0F, .alike = 1.0F};

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

  /// Offers the items that share a word with the query, if they reach the floors and are not like a better hit. A word
  /// that the query repeats counts each time. Work: words in the query x items x log2(terms).
  template <class Reader, class Items>
  void search(Reader words, const Items& items, best_hits& best) const {
    const std::size_t count = items.size();
    std::array<float, Knobs.items> scores;  // (count), by place
    for (std::size_t place = 0; place < count; ++place) scores[place] = 0.0F;
    if (count == 0) return;
    const float average = static_cast<float>(total_length_) / static_cast<float>(count);
    float worth = 0.0F;  // of the question's words; one that no text has counts as one that one text has
    for (std::uint32_t h = 0; words.next(h);) {
      std::uint32_t having = 0;
      for (std::size_t place = 0; place < count; ++place) having += terms_[items.row(place)].count(h) != 0 ? 1U : 0U;
      const std::size_t with = having == 0 ? 1 : having;
      const float rarity = log_one_plus((static_cast<float>(count - with) + 0.5F) / (static_cast<float>(with) + 0.5F));
      worth += rarity;
      if (having == 0) continue;
      for (std::size_t place = 0; place < count; ++place) {
        const Table& terms = terms_[items.row(place)];
        const auto times = static_cast<float>(terms.count(h));
        if (times == 0.0F) continue;
        const float room = (1.0F - Knobs.b) + Knobs.b * (static_cast<float>(terms.length) / average);
        scores[place] += rarity * (times / (times + Knobs.k1 * room));
      }
    }
    float top = 0.0F;
    for (std::size_t place = 0; place < count; ++place) top = scores[place] > top ? scores[place] : top;
    const float floor = top * Knobs.share > worth * Knobs.least ? top * Knobs.share : worth * Knobs.least;
    for (std::size_t place = count; place-- > 0;)
      if (scores[place] < floor) scores[place] = 0.0F;
    if constexpr (Knobs.alike < 1.0F) {
      offer_different(items, scores.data(), best);
    } else {
      for (std::size_t place = count; place-- > 0;)
        if (scores[place] > 0.0F) best.offer(items.id(items.row(place)), scores[place]);
    }
  }

 private:
  /// Offers the best, the newest of equals first, until as many are found as are wanted: of those that are alike the
  /// newest alone, at the best's place. Work: hits x items x terms.
  template <class Items>
  void offer_different(const Items& items, float* scores, best_hits& best) const {
    const std::size_t count = items.size();
    while (best.found() < best.most()) {
      std::size_t first = count;  // the best that is left
      for (std::size_t place = count; place-- > 0;)
        if (scores[place] > 0.0F && (first == count || scores[place] > scores[first])) first = place;
      if (first == count) return;
      const Table& terms = terms_[items.row(first)];
      const float score = scores[first];
      std::size_t newest = first;
      scores[first] = 0.0F;
      for (std::size_t place = 0; place < count; ++place) {
        if (scores[place] == 0.0F || !are_alike(terms_[items.row(place)], terms)) continue;
        scores[place] = 0.0F;
        if (place > newest) newest = place;
      }
      best.offer(items.id(items.row(newest)), score);
    }
  }
  static bool are_alike(const Table& a, const Table& b) {
    const std::size_t larger = a.used > b.used ? a.used : b.used;
    return static_cast<float>(a.in_common(b)) > Knobs.alike * static_cast<float>(larger);
  }

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
                "k1 from 0 to 1000, b, least, share and alike from 0 to 1 [mote-bm25-knobs]");
};

}  // namespace mote::inline v0
