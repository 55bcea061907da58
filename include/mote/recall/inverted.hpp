// SPDX-License-Identifier: BSL-1.0
// An index from each word to the texts that have it, in fixed memory: a search reads the lists of the question's words,
// not all texts. Scores and hits are those of bm25_index. bm25<> takes it from 1,025 items on.
//   word -> table (hash, count, list), open addressing; a list is a chain of blocks of 7 rows, the fullest ones last
// A row, a count and a link have 2 bytes where items are few and short, else 4.
// Refuses to grow: where words outnumber its room, it says so, and the oldest texts go. Refuses to keep a forgotten
// word.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/recall/bm25_lengths.hpp"
#include "mote/recall/counted_words.hpp"
#include "mote/recall/hit.hpp"

namespace mote::inline v0 {

/// Postings: pairs of a text and a distinct word. There is room for an eighth as many distinct words and 3,072; the
/// index is full when either runs out.
template <class Reader, bm25_knobs Knobs, std::size_t Postings>
class inverted_index : public bm25_lengths<inverted_index<Reader, Knobs, Postings>, Reader, Knobs> {
  using base = bm25_lengths<inverted_index, Reader, Knobs>;
  friend base;
  using item = typename counted_words<Reader>::item;
  using typename base::scored;
  static_assert(Knobs.items < (1U << 24U) && Postings >= 1 && Postings < (1U << 29U));

  static constexpr std::size_t block_rows = 7;

 public:
  static constexpr std::size_t places = Postings / 6 + 4096 + 1;  // of the table; a quarter stays free
  static constexpr std::size_t most_words = places - places / 4 - 1;
  static constexpr std::size_t blocks = Postings / block_rows + Postings / 16 + 1;

 private:
  // A posting is row << times_bits | times; most_times or more are counted again in the text. In 2 bytes that may be 3,
  // so texts must be short.
  static constexpr std::size_t row_bits = std::bit_width(Knobs.items - 1);
  static constexpr bool two_bytes = row_bits <= 14 && Knobs.item_bytes <= 256 && blocks <= 65535;
  static constexpr std::size_t times_bits = two_bytes && row_bits > 8 ? 16 - row_bits : 8;
  static constexpr std::uint32_t most_times = (1U << times_bits) - 1U;
  using number = std::conditional_t<two_bytes, std::uint16_t, std::uint32_t>;
  static std::size_t row_of(number posting) { return std::size_t{posting} >> times_bits; }

  struct block {
    std::array<number, block_rows> postings{};
    number next = 0;  // its index + 1
  };
  struct list {
    number count = 0;  // 0: this place of the table is free
    number head = 0;   // of one posting: itself; of more: the block with the newest, its index + 1
    std::size_t in_head() const { return (count - 1U) % block_rows + 1; }
  };

 public:
  /// Whether a text's words fit into an empty index.
  static constexpr bool can_take(const item& words) { return words.length <= most_words; }

  /// Whether there is room for the words of one more text. Work: they are looked up.
  template <class Items>
  bool has_room(std::string_view text, const Items&) const {
    std::size_t new_words = 0, new_blocks = 0;
    Reader words(text);
    for (std::uint32_t h = 0; words.next(h);) {
      const list& l = lists_[place_of(h)];
      if (l.count == 0) ++new_words;
      else if (l.count == 1 || l.count % block_rows == 0) ++new_blocks;
    }
    return new_words <= most_words - words_ && new_blocks <= blocks - used_blocks_;
  }

  /// The row's text is in the store, and has_room() was true of it.
  template <class Items>
  void add(std::size_t row, const item& length, const Items& items) {
    base::add(row, length);
    Reader words(items.text(row));
    for (std::uint32_t h = 0; words.next(h);) {
      const std::size_t place = place_of(h);
      list& l = lists_[place];
      number* newest = l.count == 0 ? nullptr : &newest_of(l);
      if (newest == nullptr || row_of(*newest) != row) append(place, h, static_cast<number>(row << times_bits | 1U));
      else if ((*newest & most_times) < most_times) ++*newest;
    }
  }
  /// The row's text is still in the store. Work: the lists of its words are searched, the newest first.
  template <class Items>
  void remove(std::size_t row, const Items& items) {
    base::remove(row);
    Reader words(items.text(row));
    for (std::uint32_t h = 0; words.next(h);) {
      const std::size_t place = place_of(h);
      list& l = lists_[place];
      if (l.count == 0) continue;  // a word that is there twice, and was in this text alone
      number* found = find(l, row);
      if (found == nullptr) continue;
      *found = newest_of(l);
      drop_newest(l);
      if (l.count == 0) free_place(place);
    }
  }

  static constexpr std::size_t stack_bytes = base::stack_bytes;

  std::size_t words() const { return words_; }  ///< different ones, in all texts

 private:
  /// Work: the lists of the query's words are read.
  template <class Items>
  void collect(Reader words, const Items& items, scored& all) const {
    const std::size_t count = items.size();
    const float average = base::average(count);
    for (std::uint32_t h = 0; words.next(h);) {
      const list& l = lists_[place_of(h)];
      const float rarity = base::rarity(l.count, count);
      all.worth += rarity;
      ++all.asked;
      if (base::is_name(words)) {
        all.named = true;
        if (l.count != 0) all.name_known = true;
      }
      const auto add = [&](number posting) {
        const std::size_t row = row_of(posting);
        std::uint32_t times = posting & most_times;
        if (times == most_times) times = count_in(items.text(row), h);
        all.scores[row] += rarity * base::weight(row, times, average);
        base::count_word(all.words[row]);
      };
      if (l.count == 1) add(l.head);
      if (l.count < 2) continue;
      std::size_t in_block = l.in_head();
      for (std::uint32_t at = l.head; at != 0; at = blocks_[at - 1].next, in_block = block_rows)
        for (std::size_t i = 0; i < in_block; ++i) add(blocks_[at - 1].postings[i]);
    }
  }

  static std::uint32_t count_in(std::string_view text, std::uint32_t hash) {
    std::uint32_t times = 0;
    Reader words(text);
    for (std::uint32_t h = 0; words.next(h);) times += h == hash ? 1U : 0U;
    return times;
  }

  /// Where a word should be: its hash, mixed, as a fraction of the table.
  static std::size_t first_place(std::uint32_t hash) {
    const std::uint32_t mixed = (hash ^ hash >> 15U) * 0x9E3779B1U;
    return static_cast<std::size_t>(std::uint64_t{mixed} * places >> 32U);
  }
  static std::size_t behind(std::size_t place) { return place + 1 == places ? 0 : place + 1; }

  /// The place of a word, or the free one where it would be.
  std::size_t place_of(std::uint32_t hash) const {
    std::size_t at = first_place(hash);
    while (lists_[at].count != 0 && hashes_[at] != hash) at = behind(at);
    return at;
  }

  /// Frees a place: a later word that would be found no more moves into it.
  void free_place(std::size_t hole) {
    --words_;
    for (std::size_t at = behind(hole); lists_[at].count != 0; at = behind(at)) {
      const std::size_t home = first_place(hashes_[at]);
      const bool stays = hole < at ? hole < home && home <= at : home <= at || hole < home;
      if (stays) continue;
      lists_[hole] = lists_[at];
      hashes_[hole] = hashes_[at];
      hole = at;
    }
    lists_[hole] = {};
    hashes_[hole] = 0;
  }

  number& newest_of(list& l) { return l.count == 1 ? l.head : blocks_[l.head - 1].postings[l.in_head() - 1]; }

  void append(std::size_t place, std::uint32_t hash, number posting) {
    list& l = lists_[place];
    if (l.count == 0) {
      hashes_[place] = hash;
      l = {.count = 1, .head = posting};
      ++words_;
      return;
    }
    if (l.count == 1) {
      const number first = l.head;
      l.head = new_block(0);
      blocks_[l.head - 1].postings[0] = first;
    } else if (l.count % block_rows == 0) {
      l.head = new_block(l.head);
    }
    ++l.count;
    newest_of(l) = posting;
  }

  void drop_newest(list& l) {
    if (l.count == 1) {
      l.count = 0;
      return;
    }
    newest_of(l) = 0;
    --l.count;
    if (l.count == 1) {
      const number only = blocks_[l.head - 1].postings[0];
      free_block(l.head);
      l.head = only;
    } else if (l.count % block_rows == 0) {
      const number next = blocks_[l.head - 1].next;
      free_block(l.head);
      l.head = next;
    }
  }

  number* find(list& l, std::size_t row) {
    if (l.count == 1) return row_of(l.head) == row ? &l.head : nullptr;
    std::size_t in_block = l.in_head();
    for (std::uint32_t at = l.head; at != 0; at = blocks_[at - 1].next, in_block = block_rows)
      for (std::size_t i = in_block; i-- > 0;)
        if (number& p = blocks_[at - 1].postings[i]; row_of(p) == row) return &p;
    return nullptr;
  }

  // Blocks that were in use and are free form a chain; those behind `touched_` never were in use.
  number new_block(number next) {
    ++used_blocks_;
    std::uint32_t at = free_;
    if (at != 0) free_ = blocks_[at - 1].next;
    else at = ++touched_;
    blocks_[at - 1] = {.next = next};
    return static_cast<number>(at);
  }
  void free_block(std::uint32_t at) {
    --used_blocks_;
    blocks_[at - 1] = {.next = static_cast<number>(free_)};
    free_ = at;
  }

  std::array<std::uint32_t, places> hashes_{};  // of words; 0 where the list is empty
  std::array<list, places> lists_{};
  std::array<block, blocks> blocks_{};
  std::uint32_t words_ = 0, used_blocks_ = 0, free_ = 0, touched_ = 0;
};

}  // namespace mote::inline v0
