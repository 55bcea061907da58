// SPDX-License-Identifier: BSL-1.0
// The remembered texts of a retriever: their bytes, their ids, their order. Each text has a row, whose number it keeps
// until it is forgotten; an index refers to a text by this number.
//   item_store<64, 96>      64 texts, which share 64 * 96 bytes; 106 bytes a text, and 8 in all
// The oldest texts go until a new one has room. A text that is added again becomes the newest, under a new id.
// Refuses to cut a text, and to keep a byte of a forgotten one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/core/check.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"

namespace mote::inline v0 {

namespace detail {

/// Whether so many texts of so many bytes on average can be kept: places in all bytes have 32 bits.
constexpr bool texts_can_share(std::size_t items, std::size_t item_bytes) {
  return items >= 1 && item_bytes >= 1 && item_bytes <= 65535 && items <= 0xFFFFFFFF / item_bytes;
}

template <std::size_t Items, std::size_t ItemBytes>
struct item_store_check {
  static constexpr bool in_range = texts_can_share(Items, ItemBytes);
  static_assert(
      in_range,
      "mote: item_store<> keeps from 1 item on, of 1 to 65535 bytes on average, and below 4 GiB in all [mote-item-store]");
};

/// Whether all texts have few enough bytes; true if a number is out of range, which has a message of its own.
template <class Knobs>
constexpr bool stays_below_4_gib(const Knobs& k) {
  return k.items == 0 || k.item_bytes - 1 >= 65535 || k.items > 1'048'576 || texts_can_share(k.items, k.item_bytes);
}
/// Knobs of a retriever with another number of items; knobs out of range stay, so that they are reported once.
template <class Knobs>
constexpr Knobs knobs_of_items(Knobs k, std::size_t items) {
  if (k.valid()) k.items = items;
  return k;
}
}  // namespace detail

template <std::size_t Items, std::size_t ItemBytes>
class item_store {
  using said = decltype(let_speak(static_cast<detail::item_store_check<Items, ItemBytes>*>(nullptr)));

 public:
  static constexpr std::size_t capacity = Items;
  static constexpr std::size_t max_item_bytes = Items * ItemBytes;  ///< all texts together, or a single one

  /// too_long, empty, or ok.
  static constexpr status fits(std::string_view text) {
    return text.size() > max_item_bytes ? status::too_long : text.empty() ? status::empty : status::ok;
  }

  /// Keeps a text that fits() as the newest, and returns its row. Calls gone(row) for each text that goes for it, while
  /// that is still there: the oldest, or the same text. `text` may be a text of this store, or a part of one. Work: in
  /// a full store all bytes are moved once.
  template <class Gone>
  std::size_t add(std::string_view text, Gone&& gone) {
    std::size_t place = 0;
    while (place < count_ && this->text(row(place)) != text) ++place;
    if (place < count_) {  // said again
      const std::size_t at = row(place);
      gone(at);
      to_the_end(begin_[at], text.size());
      close_gap(place);
      return put_in(at, next_id(), text.size());
    }
    const bool own = text.data() >= bytes_.data() && text.data() < bytes_.data() + used_;
    std::size_t source = own ? static_cast<std::size_t>(text.data() - bytes_.data()) : 0;
    const std::size_t before = used_;
    while (count_ == Items || used_ + text.size() > max_item_bytes) {
      const std::size_t oldest = row(0);
      const std::size_t size = size_[oldest];
      gone(oldest);
      if (own) {  // what goes may be the text, so its bytes stay behind the others until it is copied
        to_the_end(0, size, before);
        source = source < size ? source + before - size : source - size;
      } else {
        std::memmove(bytes_.data(), bytes_.data() + size, used_ - size);
      }
      close_gap(0);
      size_[oldest] = 0;
      ids_[oldest] = 0;
      used_ -= static_cast<number_of_bytes>(size);
    }
    std::memmove(bytes_.data() + used_, own ? bytes_.data() + source : text.data(), text.size());
    const std::size_t end = used_ + text.size();
    used_ = static_cast<number_of_bytes>(end);
    if (before > end) std::memset(bytes_.data() + end, 0, before - end);
    return put_in(free_row(), next_id(), text.size());
  }

  /// Forgets the text of a row in use and zeroes its bytes.
  void erase(std::size_t row) {
    std::size_t place = count_ - 1;
    while (order_[place] != row) --place;
    const std::size_t begin = begin_[row], size = size_[row];
    std::memmove(bytes_.data() + begin, bytes_.data() + begin + size, used_ - begin - size);
    used_ -= static_cast<number_of_bytes>(size);
    std::memset(bytes_.data() + used_, 0, size);
    close_gap(place);
    begin_[row] = size_[row] = 0;
    ids_[row] = 0;
  }

  /// Texts kept. The places 0 ... size() - 1 are their order, the oldest first.
  std::size_t size() const { return count_; }
  std::size_t row(std::size_t place) const { return order_[place]; }
  item_id id(std::size_t row) const { return item_id{ids_[row]}; }
  std::string_view text(std::size_t row) const { return {bytes_.data() + begin_[row], size_[row]}; }

  /// The row of an id; `capacity` if there is none. A binary search: ids increase with the places.
  std::size_t find(item_id id) const {
    std::size_t low = 0;
    for (std::size_t high = count_; low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (this->id(row(middle)) < id) low = middle + 1;
      else high = middle;
    }
    return low < count_ && this->id(row(low)) == id ? row(low) : capacity;
  }

  // Saved as one record (version, count, last id given), then one record (id, text) for each text, by increasing id.

  template <record_sink Sink>
  status save(Sink& sink) const {
    return save_as(sink, version);
  }

  /// Whether load() may take these records. ok: a store of this or another size could have saved them, and all of it
  /// fits. `reads(text)` gives the embedder's status for each text; where that is empty, the result is corrupt_payload,
  /// because no store keeps such a text.
  template <class Reads>
  static status check(std::span<const std::byte> records, Reads&& reads) {
    record_reader in(records);
    head h;
    if (const status s = h.parse(in); s != status::ok) return s;
    if (h.count > Items) return status::wrong_size;
    const record_reader items = in;
    std::uint32_t earlier = 0;
    std::size_t together = 0;
    for (std::size_t i = 0; i < h.count; ++i) {
      entry next;
      if (const status s = next.parse(in); s != status::ok) return s;
      if (next.id <= earlier || next.id > h.last_id) return status::corrupt_payload;
      earlier = next.id;
      if (next.text.size() > max_item_bytes) return status::too_long;
      together += next.text.size();
      if (const status s = next.text.empty() ? status::empty : reads(next.text); s != status::ok)
        return s == status::empty ? status::corrupt_payload : s;
      record_reader others = items;
      for (entry other; other.parse(others) == status::ok && other.id != next.id;)
        if (other.text == next.text) return status::corrupt_payload;  // no store keeps a text twice
    }
    return in.done() && together <= max_item_bytes ? status::ok : status::wrong_size;
  }

  /// Loads records that passed check() into an empty store, and calls added(row, text) for each text. Stops at the
  /// first record that is no whole item.
  template <class Added>
  void load(std::span<const std::byte> records, Added&& added) {
    record_reader in(records);
    head h;
    if (h.parse(in) != status::ok) return;
    last_id_ = h.last_id;
    while (!in.done()) {
      entry next;
      if (next.parse(in) != status::ok) return;
      if (count_ == Items || next.text.size() > max_item_bytes - used_) return;
      std::memcpy(bytes_.data() + used_, next.text.data(), next.text.size());
      used_ += static_cast<number_of_bytes>(next.text.size());
      const std::size_t at = put_in(free_row(), next.id, next.text.size());
      added(at, text(at));
    }
  }

 protected:  // for piece_store and evicting_store
  using number = std::conditional_t<(Items <= 65535), std::uint16_t, std::uint32_t>;
  using number_of_bytes = std::conditional_t<(max_item_bytes <= 65535), std::uint16_t, std::uint32_t>;
  static constexpr std::uint16_t version = 1;
  static constexpr std::size_t head_bytes = 10;
  static constexpr std::size_t id_bytes = 4;

  struct head {
    std::uint16_t form = 0;
    std::uint32_t count = 0;
    std::uint32_t last_id = 0;

    status parse(record_reader& in, std::uint16_t newest = version) {
      record r;
      const status s = in.next(r);
      if (r.kind != record_kind::item_store)
        return r.kind == record_kind::none && s != status::ok ? s : status::wrong_kind;
      if (s != status::ok) return s;
      std::size_t at = 0;
      if (r.payload.size() < 2) return status::truncated;
      form = get_number<std::uint16_t>(r.payload, at);
      if (form == 0 || form > newest) return status::wrong_version;
      if (r.payload.size() != head_bytes) return status::wrong_size;
      count = get_number<std::uint32_t>(r.payload, at);
      last_id = get_number<std::uint32_t>(r.payload, at);
      return status::ok;
    }
  };
  struct entry {
    std::uint32_t id = 0;
    std::string_view text;

    status parse(record_reader& in) {
      record r;
      if (const status s = in.next(r); s != status::ok) return s;
      if (r.kind != record_kind::item) return status::wrong_kind;
      if (r.payload.size() < id_bytes) return status::corrupt_payload;
      std::size_t at = 0;
      id = get_number<std::uint32_t>(r.payload, at);
      text = {reinterpret_cast<const char*>(r.payload.data() + at), r.payload.size() - at};
      return status::ok;
    }
  };

  template <record_sink Sink>
  status save_as(Sink& sink, std::uint16_t form) const {
    std::array<std::byte, head_bytes> first;
    std::size_t used = 0;
    put_number(first, used, form);
    put_number(first, used, count_);
    put_number(first, used, last_id_);
    if (const status s = write_record(sink, record_kind::item_store, first); s != status::ok) return s;
    for (std::size_t place = 0; place < count_; ++place) {
      std::array<std::byte, id_bytes> number_of;
      used = 0;
      put_number(number_of, used, ids_[row(place)]);
      const std::string_view t = text(row(place));
      const status s = write_record(sink, record_kind::item, number_of, detail::bytes_of(t.data(), t.size()));
      if (s != status::ok) return s;
    }
    return status::ok;
  }

  std::size_t free_row() const {
    std::size_t at = count_;  // the next one, where nothing was erased
    while (size_[at] != 0) at = at + 1 == Items ? 0 : at + 1;
    return at;
  }

  /// Takes a place out of the order; the bytes of the later ones begin that much earlier.
  void close_gap(std::size_t place) {
    const number_of_bytes size = size_[row(place)];
    --count_;
    for (; place < count_; ++place) {
      order_[place] = order_[place + 1];
      begin_[order_[place]] = static_cast<number_of_bytes>(begin_[order_[place]] - size);
    }
  }

  /// Moves `size` bytes from `begin` behind the others, up to `end`: three reversals.
  void to_the_end(std::size_t begin, std::size_t size) { to_the_end(begin, size, used_); }
  void to_the_end(std::size_t begin, std::size_t size, std::size_t end) {
    reverse(begin, begin + size);
    reverse(begin + size, end);
    reverse(begin, end);
  }
  MOTE_NOINLINE void reverse(std::size_t from, std::size_t to) {
    for (; from + 1 < to; ++from, --to) {
      const char c = bytes_[from];
      bytes_[from] = bytes_[to - 1];
      bytes_[to - 1] = c;
    }
  }

  /// The last `size` of the bytes in use are the newest text.
  std::size_t put_in(std::size_t row, std::uint32_t id, std::size_t size) {
    begin_[row] = static_cast<number_of_bytes>(used_ - size);
    size_[row] = static_cast<number_of_bytes>(size);
    ids_[row] = id;
    order_[count_++] = static_cast<number>(row);
    return row;
  }

  // After id 4,294,967,295 the ids start again: the texts that are kept get 1, 2, 3 ...
  std::uint32_t next_id() {
    if (last_id_ == (std::numeric_limits<std::uint32_t>::max)()) {
      last_id_ = 0;
      for (std::size_t place = 0; place < count_; ++place) ids_[row(place)] = ++last_id_;
    }
    return ++last_id_;
  }

  std::array<std::uint32_t, Items> ids_{};  // by row, as begin_ and size_
  std::uint32_t count_ = 0;
  std::uint32_t last_id_ = 0;
  number_of_bytes used_ = 0;
  std::array<number, Items> order_{};           // (count_) rows, the oldest first
  std::array<number_of_bytes, Items> begin_{};  // of the text in bytes_
  std::array<number_of_bytes, Items> size_{};   // 0: the row is free
  std::array<char, max_item_bytes> bytes_{};    // (used_) the texts by place; zero behind them
};

namespace detail {
template <class Store>
inline constexpr bool is_item_store = false;
template <std::size_t Items, std::size_t ItemBytes>
inline constexpr bool is_item_store<item_store<Items, ItemBytes>> = true;
/// Whether a retriever is made of one, features and an index.
template <class R>
inline constexpr bool has_item_store = false;
template <class R>
  requires requires {
    typename R::features;
    typename R::finder;
  }
inline constexpr bool has_item_store<R> = is_item_store<typename R::store>;
}  // namespace detail

}  // namespace mote::inline v0
