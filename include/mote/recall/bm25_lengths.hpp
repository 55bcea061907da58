// SPDX-License-Identifier: BSL-1.0
// What the indexes of words have in common: the knobs of BM25, the lengths of the texts, a word's weight, and which
// scores are hits.
// Refuses to find anything: bm25_index reads the texts, inverted_index reads lists.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/core/log.hpp"
#include "mote/recall/counted_words.hpp"
#include "mote/recall/distinct_words.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"

namespace mote::inline v0 {

struct bm25_knobs {
  std::size_t items = 128;      ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  float k1 = 1.2F;              ///< how much a word's repetition counts; 0: not at all
  float b = 0.75F;              ///< penalty for long texts: 0 none, 1 full
  float least = 0.05F;          ///< a hit is at least so sure, of 1: see bm25.md; 0: any hit
  float share = 0.5F;           ///< and of the best hit's score
  float alike = 0.75F;          ///< a text with more of its words in common with a better hit is none; 1: all are hits
  std::size_t words = 0;        ///< that an inverted index keeps of a text, on average; 0: one for 8 bytes

  static constexpr std::size_t most_read_again = 1024;  ///< more items have an inverted index
  constexpr std::size_t most_postings() const { return words != 0 ? items * words : items * item_bytes / 8 + 1; }

  constexpr bool words_fit() const {
    return !detail::texts_can_share(items, item_bytes) || most_postings() < 1U << 29U;
  }
  constexpr bool valid() const {
    const auto is_share = [](float f) { return f >= 0.0F && f <= 1.0F; };
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && k1 >= 0.0F && k1 <= 1000.0F &&
           is_share(b) && is_share(least) && is_share(share) && is_share(alike) && words <= 4096 &&
           most_postings() < (1U << 29U);
  }
};

/// Knobs that leave no hit out.
inline constexpr bm25_knobs every_hit{.least = 0.0F, .share = 0.0F, .alike = 1.0F};

/// What both indexes do: the lengths of the texts, a word's weight, and which scores are hits. Index, which derives
/// from it, has collect(words, items, scored): the scores of the texts that share a word with the query.
template <class Index, class Reader, bm25_knobs Knobs>
class bm25_lengths {
 public:
  static constexpr std::size_t capacity = Knobs.items;  ///< rows
  /// The scores and words, and what comparing two hits needs.
  static constexpr std::size_t scores_bytes = Knobs.items * (sizeof(float) + 1) + 2 * sizeof(float);
  static constexpr std::size_t stack_bytes =
      scores_bytes + (Knobs.alike < 1.0F ? distinct_words<Reader>::stack_bytes : 0);

  void add(std::size_t row, const typename counted_words<Reader>::item& words) {
    length_[row] = static_cast<number>(words.length);
    total_length_ += words.length;
  }
  void remove(std::size_t row) {
    total_length_ -= length_[row];
    length_[row] = 0;
  }

  /// Offers the items that share a word with the query, if they reach the floors and are not like a better hit. A word
  /// that the query repeats counts each time. Work: the index's collect(), and a few passes over the scores.
  template <class Items>
  void search(Reader words, const Items& items, best_hits& best) const {
    if (items.size() == 0) return;
    scored all;
    index().collect(words, items, all);
    offer(items, all, best);
  }
  /// How sure each text is, which bm25_knobs::least is compared with: by_row (Knobs.items). For tools.
  template <class Items>
  void assess(Reader words, const Items& items, float* by_row) const {
    scored all;
    if (items.size() != 0) index().collect(words, items, all);
    const float one = sure(all, items.size());
    for (std::size_t row = 0; row < Knobs.items; ++row)
      by_row[row] = one > 0.0F ? all.scores[row] * static_cast<float>(all.words[row]) / one : 0.0F;
  }

 protected:
  /// What a search collects, by row: the score, and how many words of the question the text has, up to enough_words.
  struct scored {
    std::array<float, Knobs.items> scores{};
    std::array<std::uint8_t, Knobs.items> words{};
    float worth = 0.0F;       // of the question's words
    std::uint32_t asked = 0;  // how many they are
    bool named = false;       // one of them is a name
    bool name_known = false;  // that some text has
  };
  static constexpr std::uint8_t enough_words = 3;

  float average(std::size_t texts) const { return static_cast<float>(total_length_) / static_cast<float>(texts); }

  /// What a word is worth that so many of the texts have; one that none has counts as one that one has.
  static float rarity(std::size_t having, std::size_t texts) {
    const std::size_t with = having == 0 ? 1 : having;
    return log_one_plus((static_cast<float>(texts - with) + 0.5F) / (static_cast<float>(with) + 0.5F));
  }
  float weight(std::size_t row, std::uint32_t times, float average) const {
    const float room = (1.0F - Knobs.b) + Knobs.b * (static_cast<float>(length_[row]) / average);
    return static_cast<float>(times) / (static_cast<float>(times) + Knobs.k1 * room);
  }
  static void count_word(std::uint8_t& words) {
    if (words < enough_words) ++words;
  }
  /// Whether the reader's last word is a name: a reader of a user's own need not know.
  static bool is_name(const Reader& words) {
    if constexpr (requires { words.is_name(); }) return words.is_name();
    else return false;
  }

 private:
  const Index& index() const { return static_cast<const Index&>(*this); }

  /// The value of score times words that is as certain as 1: the sum of the question's word weights (of a longer
  /// question: of as many as long_enough, on average, for no text has all its words), times the number of its words (at
  /// most enough_words), times a factor that grows with the number of texts, about 1 at 80: among more texts more match
  /// by chance. Four times as much if no text has any of a short question's names: it is about somebody else.
  static float sure(const scored& of, std::size_t texts) {
    const auto words = static_cast<float>(of.asked < enough_words ? of.asked : enough_words);
    const float part = of.asked > long_enough       ? long_enough / static_cast<float>(of.asked)
                       : of.named && !of.name_known ? 4.0F
                                                    : 1.0F;
    return of.worth * part * words * rarity(0, texts) / 4.0F;
  }
  static constexpr std::uint8_t long_enough = 8;

  /// Offers the rows whose scores reach the floors, and of those that are alike one. Zeroes the others' scores.
  template <class Items>
  static void offer(const Items& items, scored& of, best_hits& best) {
    const std::size_t count = items.size();
    float* const scores = of.scores.data();
    float top = 0.0F;
    for (std::size_t place = 0; place < count; ++place) {
      const float score = scores[items.row(place)];
      top = score > top ? score : top;
    }
    const float least = Knobs.least > 0.0F ? Knobs.least * sure(of, count) : 0.0F;
    for (std::size_t place = count; place-- > 0;) {
      const std::size_t row = items.row(place);
      float& score = scores[row];
      if (score < top * Knobs.share || score * static_cast<float>(of.words[row]) < least) score = 0.0F;
      else if (Knobs.alike == 1.0F && score > 0.0F) best.offer(items.id(row), score);
    }
    if constexpr (Knobs.alike < 1.0F) offer_different(items, scores, best);
  }

  /// Offers the best, the newest of equals first, until as many are found as are wanted: of those that are alike the
  /// newest alone, at the best's place. Work: for each hit, all that are left are read again.
  template <class Items>
  static void offer_different(const Items& items, float* scores, best_hits& best) {
    const std::size_t count = items.size();
    while (best.found() < best.most()) {
      std::size_t first = count;  // the place of the best that is left
      float score = 0.0F;
      for (std::size_t place = count; place-- > 0;) {
        const float s = scores[items.row(place)];
        if (s > score) first = place, score = s;
      }
      if (first == count) return;
      const std::string_view text = items.text(items.row(first));
      std::size_t newest = first;
      scores[items.row(first)] = 0.0F;
      for (std::size_t place = 0; place < count; ++place) {
        float& other = scores[items.row(place)];
        if (other == 0.0F || !distinct_words<Reader>::alike(text, items.text(items.row(place)), Knobs.alike)) continue;
        other = 0.0F;
        if (place > newest) newest = place;
      }
      best.offer(items.id(items.row(newest)), score);
    }
  }

  // A word has at least one byte, so there are no more words than bytes.
  using number = std::conditional_t<(Knobs.items * Knobs.item_bytes <= 65535), std::uint16_t, std::uint32_t>;

  std::array<number, Knobs.items> length_{};  // words, by row
  std::uint32_t total_length_ = 0;            // in all items
};

}  // namespace mote::inline v0
