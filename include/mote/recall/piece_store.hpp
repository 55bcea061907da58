// SPDX-License-Identifier: BSL-1.0
// The texts of a memory of long notes: each piece of a note has a row. The pieces of one note have consecutive ids, and
// between two notes one id is skipped: which note a piece is of follows from the ids and takes no memory.
//   piece_store<64, 96>      64 pieces, which share 64 * 96 bytes; the bytes of item_store<64, 96>
// The oldest notes go, with all their pieces, until a new one has room.
// Refuses to keep a part of a note: all its pieces are there or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"

namespace mote::inline v0 {

template <std::size_t Items, std::size_t ItemBytes>
class piece_store : private item_store<Items, ItemBytes> {
  using base = item_store<Items, ItemBytes>;
  using base::bytes_, base::count_, base::ids_, base::last_id_, base::used_;
  using typename base::entry;
  using typename base::head;

 public:
  using base::capacity, base::max_item_bytes, base::fits;
  using base::size, base::row, base::id, base::text, base::find;  // of pieces

  /// The places of a note's pieces: [first, last). `place` is of any of them.
  struct places {
    std::size_t first = 0, last = 0;
  };
  places note_at(std::size_t place) const {
    places p{.first = place, .last = place + 1};
    while (p.first > 0 && follows(p.first)) --p.first;
    while (p.last < count_ && follows(p.last)) ++p.last;
    return p;
  }
  /// The whole text of a note: its pieces lie one behind the other.
  std::string_view whole(places p) const {
    const std::string_view first = text(row(p.first)), last = text(row(p.last - 1));
    return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
  }

  /// Keeps a piece that fits as the newest, and returns its row: the first of a new note, or the next of the newest.
  /// There must be room(), and `piece` must not lie in this store.
  std::size_t add(std::string_view piece, bool first) {
    const std::uint32_t name = next_id(first);
    std::memcpy(bytes_.data() + used_, piece.data(), piece.size());
    used_ = static_cast<decltype(used_)>(used_ + piece.size());
    return base::put_in(base::free_row(), name, piece.size());
  }
  bool has_room(std::size_t pieces, std::size_t bytes) const {
    return pieces <= Items - count_ && bytes <= max_item_bytes - used_;
  }
  /// Makes the piece of a place the newest, under a new id. Its row stays the same.
  void renew(std::size_t place, bool first) {
    const std::size_t at = row(place), bytes = text(at).size();
    base::to_the_end(base::begin_[at], bytes);
    base::close_gap(place);
    const std::uint32_t name = next_id(first);
    (void)base::put_in(at, name, bytes);
  }
  using base::erase;  // a piece: the caller erases all of a note

  // Saved as an item_store, in form 2: the ids say which texts are of one note. Records of form 1, an item_store's, are
  // taken as well: each text is a note.

  template <record_sink Sink>
  status save(Sink& sink) const {
    return base::save_as(sink, form);
  }

  /// Whether load() may take these records: as item_store::check(), but `reads` may be empty for a piece, if it is not
  /// for all pieces of a note.
  template <class Reads>
  static status check(std::span<const std::byte> records, Reads&& reads) {
    record_reader in(records);
    head h;
    if (const status s = h.parse(in, form); s != status::ok) return s;
    if (h.count > Items) return status::wrong_size;
    std::uint32_t earlier = 0;
    std::size_t together = 0;
    bool read = true;  // a piece of the note before
    for (std::size_t i = 0; i < h.count; ++i) {
      entry next;
      if (const status s = next.parse(in); s != status::ok) return s;
      if (next.id <= earlier || next.id > h.last_id || (h.form == form && next.id < 2)) return status::corrupt_payload;
      if (h.form != form || i == 0 || next.id != earlier + 1) {
        if (!read) return status::corrupt_payload;
        read = false;
      }
      earlier = next.id;
      if (next.text.size() > max_item_bytes) return status::too_long;
      together += next.text.size();
      if (next.text.empty()) return status::corrupt_payload;
      const status s = reads(next.text);
      if (s != status::ok && s != status::empty) return s;
      read = read || s == status::ok;
    }
    if (!read) return status::corrupt_payload;
    return in.done() && together <= max_item_bytes ? status::ok : status::wrong_size;
  }

  /// Loads records that passed check() into an empty store, and calls added(row, text) for each piece.
  template <class Added>
  void load(std::span<const std::byte> records, Added&& added) {
    record_reader in(records);
    head h;
    if (h.parse(in, form) != status::ok) return;
    for (std::uint32_t earlier = 0; !in.done();) {
      entry next;
      if (next.parse(in) != status::ok || !has_room(1, next.text.size())) return;
      const bool first = h.form != form || earlier == 0 || next.id != earlier + 1;
      earlier = next.id;
      if (h.form == form) last_id_ = next.id - (first ? 2 : 1);
      const std::size_t at = add(next.text, first);
      added(at, text(at));
    }
    if (h.form == form) last_id_ = h.last_id;
  }

 private:
  static constexpr std::uint16_t form = 2;

  std::uint32_t id_at(std::size_t place) const { return ids_[row(place)]; }
  /// Whether the piece of a place is of the same note as the one before it.
  bool follows(std::size_t place) const { return id_at(place) == id_at(place - 1) + 1; }

  // Where ids run out, they start again: notes and gaps stay.
  std::uint32_t next_id(bool first) {
    if (last_id_ >= (std::numeric_limits<std::uint32_t>::max)() - 2) {
      std::uint32_t was = 0, now = 0;
      for (std::size_t place = 0; place < count_; ++place) {
        const std::uint32_t before = was;
        was = id_at(place);
        now += place > 0 && was == before + 1 ? 1 : 2;
        ids_[row(place)] = now;
      }
      last_id_ = now;
    }
    return last_id_ += first ? 2 : 1;
  }
};

}  // namespace mote::inline v0
