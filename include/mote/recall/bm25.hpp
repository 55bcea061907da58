// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by their words: BM25 as Lucene scores it, over a fixed number of items, by scanning.
//   bm25<>                                64 items of up to 96 bytes and 24 different words: 14 KiB
//   bm25<bm25_knobs{.items = 500}>        about 230 bytes an item; a search reads all of them, once per word asked
//   bm25<bm25_knobs{.b = 0.0F}>           long items are not held back: for items of one length
// Refuses to cut a text or to forget a word of it: what does not fit is refused with too_long, and nothing changes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/checksum.hpp"
#include "mote/core/log.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/retriever.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

struct bm25_knobs {
  std::size_t items = 64;       ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< the longest text
  std::size_t terms = 24;       ///< the most different words in one text
  float k1 = 1.2F;              ///< how much a word's repetition counts; 0: not at all
  float b = 0.75F;              ///< how much a long text is held back: 0 not at all, 1 fully

  constexpr bool valid() const {
    const auto fits = [](std::size_t n) { return n >= 1 && n <= 65535; };
    return fits(items) && fits(item_bytes) && fits(terms) && k1 >= 0.0F && k1 <= 1000.0F && b >= 0.0F && b <= 1.0F;
  }
};

namespace detail {

// The words of one text, ready to be searched: different words by rising hash, and how often each occurs.
template <std::size_t Terms, class Count>
struct term_table {
  std::array<std::uint32_t, Terms> hash{};
  std::array<Count, Terms> times{};
  std::uint16_t used = 0;    // different words
  std::uint16_t length = 0;  // words, repetitions included

  constexpr std::size_t lower_bound(std::uint32_t h) const {
    return static_cast<std::size_t>(std::lower_bound(hash.begin(), hash.begin() + used, h) - hash.begin());
  }

  /// How often a word occurs.
  constexpr Count count(std::uint32_t h) const {
    const std::size_t at = lower_bound(h);
    return at < used && hash[at] == h ? times[at] : Count{0};
  }

  /// too_long: more different words than there is room for; empty: no word at all.
  constexpr status take(std::string_view text) {
    word_reader words(text);
    for (std::uint32_t h = 0; words.next(h); ++length) {
      const std::size_t at = lower_bound(h);
      if (at == used || hash[at] != h) {
        if (used == Terms) return status::too_long;
        std::copy_backward(hash.data() + at, hash.data() + used, hash.data() + used + 1);
        std::copy_backward(times.data() + at, times.data() + used, times.data() + used + 1);
        hash[at] = h;
        times[at] = 0;
        ++used;
      }
      ++times[at];
    }
    return length == 0 ? status::empty : status::ok;
  }
};

// A snapshot's numbers, little-endian, byte by byte: it may start at any address.
template <class Unsigned>
constexpr void put(std::span<std::byte> target, std::size_t& at, Unsigned v) {
  for (std::size_t i = 0; i < sizeof v; ++i) target[at++] = static_cast<std::byte>(v >> (8U * i) & 0xFFU);
}

template <class Unsigned>
constexpr Unsigned get(std::span<const std::byte> source, std::size_t& at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) v |= std::to_integer<std::uint32_t>(source[at++]) << (8U * i);
  return static_cast<Unsigned>(v);
}

}  // namespace detail

template <bm25_knobs Knobs = bm25_knobs{}>
struct bm25 {
  class index {
   public:
    /// Remembers a text as the newest item. One that is there already becomes the newest, under a new id.
    /// too_long: more bytes or different words than the knobs allow; empty: no word in it.
    status add(std::string_view text) {
      if (text.size() > Knobs.item_bytes) return status::too_long;
      table terms;
      if (const status state = terms.take(text); state != status::ok) return state;

      std::size_t place = 0;
      while (place < count_ && text_at(place) != text) ++place;
      if (place == count_ && count_ == Knobs.items) place = 0;  // full: the oldest gives its room
      const std::uint16_t slot = place < count_ ? order_[place] : free_slot();
      if (place < count_) take_out(place);
      put_in(slot, next_id(), text, terms);
      return status::ok;
    }

    /// Forgets an item and wipes its bytes. False: there is none of that id.
    bool erase(item_id id) {
      const std::size_t place = find(id);
      if (place == count_) return false;
      const std::uint16_t slot = order_[place];
      take_out(place);
      items_[slot] = item{};
      return true;
    }

    /// Forgets everything and wipes it. Ids go on where they were.
    void clear() {
      while (count_ > 0) erase(id_at(count_ - 1));
    }

    /// Fills `out` with the items that share a word with the query, best first, equals newest first; answers how many.
    /// A word that the query repeats counts as often. Work: words in the query x items x log2(terms).
    std::size_t search(std::string_view query, std::span<hit> out) const {
      std::array<float, Knobs.items> scores;  // (count_), by place
      std::fill_n(scores.begin(), count_, 0.0F);
      const float average = count_ == 0 ? 1.0F : static_cast<float>(total_length_) / static_cast<float>(count_);
      word_reader words(query);
      for (std::uint32_t h = 0; words.next(h);) {
        std::uint32_t having = 0;
        for (std::size_t place = 0; place < count_; ++place) having += at(place).terms.count(h) != 0 ? 1U : 0U;
        if (having == 0) continue;
        const float without = static_cast<float>(count_ - having);
        const float rarity = log_one_plus((without + 0.5F) / (static_cast<float>(having) + 0.5F));
        for (std::size_t place = 0; place < count_; ++place) {
          const table& terms = at(place).terms;
          const auto times = static_cast<float>(terms.count(h));
          if (times == 0.0F) continue;
          const float room = (1.0F - Knobs.b) + Knobs.b * (static_cast<float>(terms.length) / average);
          scores[place] += rarity * (times / (times + Knobs.k1 * room));
        }
      }
      std::size_t found = 0;
      for (std::size_t place = count_; place-- > 0;) {  // newest first, so an equal that comes later stays behind
        const float score = scores[place];
        if (!(score > 0.0F)) continue;
        std::size_t rank = found;
        while (rank > 0 && score > out[rank - 1].score) --rank;
        if (rank == out.size()) continue;
        if (found < out.size()) ++found;
        for (std::size_t i = found - 1; i > rank; --i) out[i] = out[i - 1];
        out[rank] = {.id = id_at(place), .score = score};
      }
      return found;
    }

    /// The text of an item, valid until the index changes; empty if there is none of that id.
    std::string_view text(item_id id) const {
      const std::size_t place = find(id);
      return place == count_ ? std::string_view{} : text_at(place);
    }

    std::size_t size() const { return count_; }

    /// The id that the last `add` gave; none if nothing is remembered.
    item_id newest() const { return count_ == 0 ? item_id::none : id_at(count_ - 1); }

    /// Calls visit(item_id, std::string_view) for each item, the oldest first.
    template <class Visit>
    void for_each(Visit&& visit) const {
      for (std::size_t place = 0; place < count_; ++place) visit(id_at(place), text_at(place));
    }

    // A snapshot: "bm25", version, count, the last id given, then (id, bytes, text) by rising id, and a CRC-32.
    // Texts only: their words are read again, so no snapshot can say one thing and find another.

    std::size_t saved_bytes() const {
      std::size_t bytes = frame_bytes;
      for (std::size_t place = 0; place < count_; ++place) bytes += record_bytes + text_at(place).size();
      return bytes;
    }

    /// Writes saved_bytes() bytes. full: the target is smaller.
    status save(std::span<std::byte> target) const {
      const std::size_t bytes = saved_bytes();
      if (target.size() < bytes) return status::full;
      std::size_t to = 0;
      detail::put(target, to, magic);
      detail::put(target, to, version);
      detail::put(target, to, static_cast<std::uint16_t>(count_));
      detail::put(target, to, last_id_);
      for (std::size_t place = 0; place < count_; ++place) {
        detail::put(target, to, static_cast<std::uint32_t>(id_at(place)));
        detail::put(target, to, static_cast<std::uint16_t>(text_at(place).size()));
        for (char c : text_at(place)) target[to++] = static_cast<std::byte>(c);
      }
      detail::put(target, to, crc32(target.first(to)));
      return status::ok;
    }

    /// Takes over what save() wrote, of this or of another size, if all of it fits; else nothing changes.
    /// Ids given before are void. Work: as for adding every item twice.
    status load(std::span<const std::byte> source) {
      if (const status state = check(source); state != status::ok) return state;
      clear();
      std::size_t from = count_offset;
      const std::size_t count = detail::get<std::uint16_t>(source, from);
      last_id_ = detail::get<std::uint32_t>(source, from);
      for (std::size_t i = 0; i < count; ++i) {
        const record next = read_record(source, from);
        table terms;
        (void)terms.take(next.text);  // check() has read it before
        put_in(free_slot(), next.id, next.text, terms);
      }
      return status::ok;
    }

   private:
    // n words take at least 2n - 1 bytes, so up to 510 bytes no word occurs 256 times.
    using table =
        detail::term_table<Knobs.terms, std::conditional_t<Knobs.item_bytes <= 510, std::uint8_t, std::uint16_t>>;
    struct item {
      table terms;
      std::uint32_t id = 0;
      std::uint16_t bytes = 0;  // 0: the slot is free
      std::array<char, Knobs.item_bytes> text{};
    };
    struct record {
      std::uint32_t id;
      std::string_view text;
    };

    static constexpr std::uint32_t magic = 0x35326D62;  // "bm25"
    static constexpr std::uint16_t version = 1;
    static constexpr std::size_t count_offset = 6;   // behind magic and version
    static constexpr std::size_t first_record = 12;  // behind count and last id
    static constexpr std::size_t frame_bytes = first_record + 4;
    static constexpr std::size_t record_bytes = 6;

    const item& at(std::size_t place) const { return items_[order_[place]]; }
    item_id id_at(std::size_t place) const { return item_id{at(place).id}; }
    std::string_view text_at(std::size_t place) const { return {at(place).text.data(), at(place).bytes}; }

    // The place of an id: ids rise with the places. count_ if there is none.
    std::size_t find(item_id id) const {
      std::size_t low = 0;
      for (std::size_t high = count_; low < high;) {
        const std::size_t middle = (low + high) / 2;
        if (id_at(middle) < id) low = middle + 1;
        else high = middle;
      }
      return low < count_ && id_at(low) == id ? low : count_;
    }

    std::uint16_t free_slot() const {
      std::size_t slot = 0;
      while (items_[slot].bytes != 0) ++slot;
      return static_cast<std::uint16_t>(slot);
    }

    void take_out(std::size_t place) {
      total_length_ -= at(place).terms.length;
      std::copy(order_.data() + place + 1, order_.data() + count_, order_.data() + place);
      --count_;
    }

    void put_in(std::uint16_t slot, std::uint32_t id, std::string_view text, const table& terms) {
      item& target = items_[slot];
      std::memmove(target.text.data(), text.data(), text.size());  // `text` may lie in this very slot
      std::fill(target.text.data() + text.size(), target.text.data() + target.text.size(), '\0');
      target.bytes = static_cast<std::uint16_t>(text.size());
      target.terms = terms;
      target.id = id;
      order_[count_++] = slot;
      total_length_ += terms.length;
    }

    // After 4,294,967,295 items the ids start again: those that are left get 1, 2, 3 ...
    std::uint32_t next_id() {
      if (last_id_ == (std::numeric_limits<std::uint32_t>::max)()) {
        last_id_ = 0;
        for (std::size_t place = 0; place < count_; ++place) items_[order_[place]].id = ++last_id_;
      }
      return ++last_id_;
    }

    // The caller has seen that the record lies in `source`.
    static record read_record(std::span<const std::byte> source, std::size_t& from) {
      record r{};
      r.id = detail::get<std::uint32_t>(source, from);
      const std::size_t bytes = detail::get<std::uint16_t>(source, from);
      r.text = {reinterpret_cast<const char*>(source.data() + from), bytes};
      from += bytes;
      return r;
    }

    static status check(std::span<const std::byte> source) {
      std::size_t from = 0;
      if (source.size() < sizeof magic) return status::truncated;
      if (detail::get<std::uint32_t>(source, from) != magic)
        return status::wrong_kind;  // another retriever's, of any size
      if (source.size() < frame_bytes) return status::truncated;
      if (detail::get<std::uint16_t>(source, from) != version) return status::wrong_version;
      const std::size_t count = detail::get<std::uint16_t>(source, from);
      const std::uint32_t last_id = detail::get<std::uint32_t>(source, from);
      const std::size_t end = source.size() - 4;  // where the checksum starts

      for (std::size_t i = 0; i < count; ++i) {  // the frame first: every record must lie inside
        if (end - from < record_bytes) return status::truncated;
        std::size_t length_at = from + 4;
        const std::size_t bytes = detail::get<std::uint16_t>(source, length_at);
        if (end - length_at < bytes) return status::truncated;
        from = length_at + bytes;
      }
      if (from != end) return status::wrong_size;
      if (detail::get<std::uint32_t>(source, from) != crc32(source.first(end))) return status::corrupt_payload;

      if (count > Knobs.items) return status::wrong_size;
      from = first_record;
      std::uint32_t earlier = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const record next = read_record(source, from);
        if (next.text.size() > Knobs.item_bytes) return status::too_long;
        table terms;
        if (const status state = terms.take(next.text); state != status::ok)
          return state == status::empty ? status::corrupt_payload : state;
        if (next.id <= earlier || next.id > last_id) return status::corrupt_payload;
        earlier = next.id;
        std::size_t other = first_record;
        for (std::size_t j = 0; j < i; ++j)
          if (read_record(source, other).text == next.text) return status::corrupt_payload;  // kept twice by no index
      }
      return status::ok;
    }

    std::array<item, Knobs.items> items_{};           // by slot, in no order
    std::array<std::uint16_t, Knobs.items> order_{};  // (count_) slots, the oldest first
    std::size_t count_ = 0;
    std::uint32_t total_length_ = 0;  // words in all items; below 2^31
    std::uint32_t last_id_ = 0;
  };

  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t max_item_bytes = Knobs.item_bytes;
  /// What search() or add() needs on the stack, whichever is larger, without the frames themselves.
  static constexpr std::size_t stack_bytes =
      (std::max)(Knobs.items * sizeof(float), Knobs.terms * (sizeof(std::uint32_t) + sizeof(std::uint16_t)));

  static_assert(Knobs.valid(),
                "mote: bm25<> has a knob out of range; items, item_bytes and terms go from 1 to 65535, "
                "k1 from 0 to 1000, b from 0 to 1 [mote-bm25-knobs]");
};

}  // namespace mote::inline v0
