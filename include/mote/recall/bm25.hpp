// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by their words: BM25 as Lucene scores it, over a fixed number of items.
//   bm25<>                                128 items that share 12 KiB of text: 13.5 KiB
//   bm25<bm25_knobs{.items = 500}>        108 bytes an item; a search reads all texts twice
//   bm25<bm25_knobs{.items = 10'000}>     an inverted index: a search reads the lists of its words
//   bm25<bm25_knobs{.b = 0.0F}>           no penalty for long items: for items of one length
//   bm25<every_hit>                       the texts that share a word, however little it says
//   bm25<bm25_knobs{}, words<cyrillic>>   another analysis than English: words alone, or an analysis<> of your own
// Refuses to cut a text or to drop a word of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/core/extremes.hpp"
#include "mote/recall/bm25_lengths.hpp"
#include "mote/recall/counted_words.hpp"
#include "mote/recall/english.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/inverted.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

/// The index: scores rows by their words, which Reader reads from the store's texts.
template <class Reader, bm25_knobs Knobs>
class bm25_index : public bm25_lengths<bm25_index<Reader, Knobs>, Reader, Knobs> {
  using base = bm25_lengths<bm25_index, Reader, Knobs>;
  friend base;
  using typename base::scored;

  /// Words of a question that are looked for in one pass over the texts.
  struct asked_words {
    static constexpr std::size_t most = 8;
    std::array<std::uint32_t, most> hash;  // (count) in the question's order, repetitions included
    std::array<std::uint32_t, most> times;
    std::array<float, most> rarity;
    std::uint32_t count = 0;
    std::uint32_t names = 0;  // a bit each

    bool take(Reader& words) {
      names = 0;
      for (count = 0; count < most && words.next(hash[count]); ++count)
        if (base::is_name(words)) names |= 1U << count;
      return count > 0;
    }
    /// How often each occurs in a text. Not inlined, as in distinct_words: copies are 660 bytes of a Cortex-M7's flash.
    MOTE_NOINLINE void count_in(std::string_view text) {
      for (std::size_t i = 0; i < count; ++i) times[i] = 0;
      Reader words(text);
      for (std::uint32_t h = 0; words.next(h);)
        for (std::size_t i = 0; i < count; ++i) times[i] += hash[i] == h ? 1U : 0U;
    }
  };

 public:
  static constexpr std::size_t stack_bytes =
      detail::greatest_of(base::stack_bytes, base::scores_bytes + sizeof(asked_words) + sizeof(Reader));

 private:
  static constexpr std::uint8_t in_this_pass = 0x80;

  /// Work: for each 8 words of the query all texts are read, and those that have one of them once more, for a word's
  /// rarity must be known first.
  template <class Items>
  void collect(Reader words, const Items& items, scored& all) const {
    const std::size_t count = items.size();
    const float average = base::average(count);
    for (asked_words asked; asked.take(words);) {
      std::array<std::uint32_t, asked_words::most> having{};
      for (std::size_t place = 0; place < count; ++place) {
        const std::size_t row = items.row(place);
        asked.count_in(items.text(row));
        std::uint8_t& found = all.words[row];
        bool some = false;
        for (std::size_t i = 0; i < asked.count; ++i) {
          if (asked.times[i] == 0) continue;
          ++having[i];
          base::count_word(found);
          some = true;
        }
        if (some) found |= in_this_pass;
      }
      for (std::size_t i = 0; i < asked.count; ++i) {
        asked.rarity[i] = base::rarity(having[i], count);
        all.worth += asked.rarity[i];
        if ((asked.names >> i & 1U) != 0 && having[i] != 0) all.name_known = true;
      }
      all.asked += asked.count;
      if (asked.names != 0) all.named = true;
      for (std::size_t place = 0; place < count; ++place) {
        const std::size_t row = items.row(place);
        if ((all.words[row] & in_this_pass) == 0) continue;
        all.words[row] &= static_cast<std::uint8_t>(~in_this_pass);
        asked.count_in(items.text(row));
        for (std::size_t i = 0; i < asked.count; ++i)
          if (asked.times[i] != 0) all.scores[row] += asked.rarity[i] * base::weight(row, asked.times[i], average);
      }
    }
  }
};

namespace detail {

// Few texts are read again; of many, the words are kept.
template <bm25_knobs Knobs, class Analysis>
using bm25_finder =
    typename std::conditional_t<(Knobs.items > Knobs.most_read_again),
                                std::type_identity<inverted_index<Analysis, Knobs, Knobs.most_postings()>>,
                                std::type_identity<bm25_index<Analysis, Knobs>>>::type;
template <bm25_knobs Knobs, class Analysis>
using bm25_parts =
    retrieve<item_store<Knobs.items, Knobs.item_bytes>, counted_words<Analysis>, bm25_finder<Knobs, Analysis>>;

}  // namespace detail

/// Analysis reads the words of texts and questions: english, words<...>, analysis<...>, or a reader of your own.
template <bm25_knobs Knobs = bm25_knobs{}, class Analysis = english>
struct bm25 : detail::bm25_parts<Knobs.valid() ? Knobs : bm25_knobs{}, Analysis> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = bm25<detail::knobs_of_items(Knobs, Items), Analysis>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: bm25<> takes .items from 1 to 1048576 [mote-bm25-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: bm25<> takes .item_bytes from 1 to 65535 [mote-bm25-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: bm25<> takes .items * .item_bytes below 4 GiB [mote-bm25-knobs]");
  static_assert(Knobs.k1 >= 0.0F && Knobs.k1 <= 1000.0F, "mote: bm25<> takes .k1 from 0 to 1000 [mote-bm25-knobs]");
  static_assert(Knobs.b >= 0.0F && Knobs.b <= 1.0F, "mote: bm25<> takes .b from 0 to 1 [mote-bm25-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least <= 1.0F, "mote: bm25<> takes .least from 0 to 1 [mote-bm25-knobs]");
  static_assert(Knobs.share >= 0.0F && Knobs.share <= 1.0F, "mote: bm25<> takes .share from 0 to 1 [mote-bm25-knobs]");
  static_assert(Knobs.alike >= 0.0F && Knobs.alike <= 1.0F, "mote: bm25<> takes .alike from 0 to 1 [mote-bm25-knobs]");
  static_assert(Knobs.words <= 4096 && Knobs.words_fit(),
                "mote: bm25<> takes .words to 4096, together below 2^29 [mote-bm25-knobs]");
};

}  // namespace mote::inline v0
