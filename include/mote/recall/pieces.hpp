// SPDX-License-Identifier: BSL-1.0
// A retriever of long notes: a note of more than piece_bytes is kept in pieces, whole sentences where they fit. A
// search finds pieces, a prompt has the piece and its neighbours where there is room, and what is forgotten is the
// note.
//   rag<pieces<bm25<>>>                          notes of up to 12 KiB, in the bytes of bm25<>
//   pieces<fuse<bm25<>, ngrams<>>>               around any retriever that is made of parts
// Refuses to cut a short note, or to forget a part of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/parts.hpp"
#include "mote/recall/piece_store.hpp"
#include "mote/recall/retriever.hpp"
#include "mote/recall/sentences.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

struct pieces_knobs {
  std::size_t piece_bytes = 192;  ///< a piece has at most so many; a note of no more is one, without `sentences`
  bool sentences = false;         ///< each sentence is a piece, and a prompt has those alone that are found

  constexpr bool valid() const { return piece_bytes >= 32 && piece_bytes <= 65535; }
};

namespace detail {

/// Where a piece of at most `most` bytes may end best, behind at least `least`: behind a sentence, else behind a word,
/// else behind a character.
constexpr std::size_t end_of_piece(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t word = 0;
  for (std::size_t end = most; end > least; --end) {
    const bool white = is_white(text[end]);
    if (ends_sentence(text, end)) return white ? end + 1 : end;
    if (white && word == 0) word = end + 1;
  }
  if (word != 0) return word;
  for (std::size_t end = most; end > least && end + 4 > most; --end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U) return end;
  return most;
}

}  // namespace detail

/// Store is a piece_store. Texts and hits are pieces, and what is added and forgotten are notes.
template <class Store, class Embedder, class Index, pieces_knobs Knobs>
class piece_memory {
  using places = typename Store::places;
  static constexpr std::size_t piece_bytes = Knobs.piece_bytes;

 public:
  static constexpr bool adds_neighbours = !Knobs.sentences;  ///< to a prompt

  /// The first piece of a text, which is not empty. A rest is not left that is much shorter.
  static constexpr std::string_view first_piece(std::string_view text) {
    if constexpr (Knobs.sentences)
      if (const std::size_t end = detail::end_of_sentence(text, piece_bytes - 1); end != 0) return {text.data(), end};
    if (text.size() <= piece_bytes) return text;
    const std::size_t most = text.size() >= 2 * piece_bytes ? piece_bytes : text.size() / 2 + piece_bytes / 4;
    const std::size_t fits = most < piece_bytes ? most : piece_bytes - 1;
    return {text.data(), detail::end_of_piece(text, fits / 3, fits)};
  }

  /// Remembers a note as the newest; the oldest go until it has room. A note that is there already becomes the newest,
  /// under new ids. `text` may be a whole note of this memory, no other part of it.
  /// too_long: more pieces or bytes than all notes may have, or more words than the index has room for; empty: no piece
  /// has a feature; nothing changes then. full: the index has no room for all its pieces; older notes went for it. An
  /// embedder that fails when it reads a piece the second time: its status, and a new note is not kept; one that is
  /// there already is not read twice.
  template <class... Model>
    requires embeds<Embedder, Model...>
  status add(std::string_view text, Model&... model) {
    if (const status s = Store::fits(text); s != status::ok) return s;
    typename Embedder::item features;
    std::size_t count = 0;
    bool read = false;
    for (std::string_view rest = text; !rest.empty(); ++count) {
      const std::string_view piece = first_piece(rest);
      const status s = embed_with(embedder_, piece, features, model...);
      if (s == status::ok && !can_take<Index>(features)) return status::too_long;
      if (s != status::ok && s != status::empty) return s;
      read = read || s == status::ok;
      rest.remove_prefix(piece.size());
    }
    if (!read) return status::empty;
    if (count > Store::capacity) return status::too_long;
    if (!has_room_in_empty(text, model...)) return status::too_long;
    for (std::size_t place = 0; place < store_.size();) {
      const places note = store_.note_at(place);
      if (store_.whole(note) == text) return renew(note);
      place = note.last;
    }
    while (!store_.has_room(count, text.size())) wipe(store_.note_at(0));
    bool first = true, older_went = false;
    for (std::string_view rest = text; !rest.empty(); first = false) {
      const std::string_view piece = first_piece(rest);
      if (const status s = put_in(store_.add(piece, first), older_went, model...); s != status::ok) return give_up(s);
      rest.remove_prefix(piece.size());
    }
    return status::ok;
  }

  /// Forgets the note of which this is a piece and zeroes its bytes. False: no piece has that id.
  bool erase(item_id id) {
    for (std::size_t place = 0; place < store_.size(); ++place) {
      if (store_.id(store_.row(place)) != id) continue;
      wipe(store_.note_at(place));
      return true;
    }
    return false;
  }

  /// Forgets each note that has all of these words, in upper or lower case; returns how many. No word: none.
  std::size_t forget(std::string_view these) {
    std::size_t count = 0;
    for (std::size_t place = store_.size(); place > 0;) {
      const places note = store_.note_at(place - 1);
      place = note.first;
      if (!has_words(store_.whole(note), these)) continue;
      wipe(note);
      ++count;
    }
    return count;
  }

  /// Forgets all notes and zeroes their bytes. Later ids continue after the last one.
  void clear() {
    while (store_.size() > 0) wipe(store_.note_at(store_.size() - 1));
  }

  /// Fills `out` with the pieces that match the query, best first, equal scores newest first; returns how many.
  template <class... Model>
    requires embeds<Embedder, Model...>
  std::size_t search(std::string_view text, std::span<hit> out, Model&... model) const {
    typename Embedder::query query;
    if (ask_with(embedder_, text, query, model...) != status::ok) return 0;
    best_hits best(out);
    index_.search(query, store_, best);
    return best.found();
  }

  /// As item_memory::helped(); the item is a piece.
  template <class... Model>
    requires embeds<Embedder, Model...> && (floats_learned<Index> != 0)
  status helped(std::string_view question, item_id id, Model&... model) {
    return learned_floats<Index>::tell(index_, store_, embedder_, question, id, model...);
  }

  /// The text of a piece, valid until the memory changes; empty if no piece has that id. The id after a piece is the
  /// next one's of the same note; where that has no text, the note ends.
  std::string_view text(item_id id) const { return text(id, id); }
  /// From one piece of a note to a later one.
  std::string_view text(item_id first, item_id last) const {
    const std::size_t a = store_.find(first), b = store_.find(last);
    if (a == Store::capacity || b == Store::capacity) return {};
    const std::string_view from = store_.text(a), to = store_.text(b);
    return detail::trimmed({from.data(), static_cast<std::size_t>(to.data() + to.size() - from.data())});
  }
  /// The whole note of a piece, as it was added.
  std::string_view note(item_id id) const {
    for (std::size_t place = 0; place < store_.size(); ++place)
      if (store_.id(store_.row(place)) == id) return store_.whole(store_.note_at(place));
    return {};
  }

  /// Gives the text of each hit its neighbours, the best hit's first, as long as `fit(texts)` is true: the next piece
  /// of its note, then the one before, again and again. A piece that another hit has is not taken twice.
  template <class Fit>
  void add_neighbours(std::span<const hit> hits, std::span<std::string_view> texts, Fit&& fit) const {
    for (std::size_t i = 0; i < hits.size(); ++i) {
      auto first = static_cast<std::uint32_t>(hits[i].id), last = first;
      for (bool grows = true; grows;) {
        grows = false;
        for (const bool after : {true, false}) {
          const item_id next{after ? last + 1 : first - 1};
          const std::string_view piece = text(next);
          if (piece.empty() || is_in(texts, piece)) continue;
          const std::string_view alone = texts[i];
          texts[i] = after ? text(item_id{first}, next) : text(next, item_id{last});
          if (!fit(std::span<const std::string_view>(texts))) {
            texts[i] = alone;
            continue;
          }
          (after ? last : first) = static_cast<std::uint32_t>(next);
          grows = true;
        }
      }
    }
  }

  /// Notes.
  std::size_t size() const {
    std::size_t count = 0;
    for (std::size_t place = 0; place < store_.size(); place = store_.note_at(place).last) ++count;
    return count;
  }

  /// The id of the newest note's first piece; none if there is no note.
  item_id newest() const {
    if (store_.size() == 0) return item_id::none;
    return store_.id(store_.row(store_.note_at(store_.size() - 1).first));
  }

  /// Calls visit(item_id, std::string_view) for each note, with the id of its first piece, the oldest first.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t place = 0; place < store_.size();) {
      const places note = store_.note_at(place);
      visit(store_.id(store_.row(note.first)), store_.whole(note));
      place = note.last;
    }
  }

  template <record_sink Sink>
  status save(Sink& sink) const {
    if constexpr (floats_learned<Index> != 0) return learned_floats<Index>::save(index_, store_, sink);
    else return store_.save(sink);
  }

  /// Replaces the notes by those that save() wrote, or an item_store, if all of them fit; else nothing changes. full:
  /// the index has no room for all; the newest are loaded. An embedder that fails when it reads a piece again: its
  /// status, and no note is left. Earlier ids become invalid. Work: every piece is embedded twice.
  template <class... Model>
    requires embeds<Embedder, Model...>
  status load(std::span<const std::byte> records, Model&... model) {
    if constexpr (floats_learned<Index> == 0) return load_texts(records, model...);
    else return learned_floats<Index>::load(index_, records, [&](auto texts) { return load_texts(texts, model...); });
  }

 private:
  template <class... Model>
  status load_texts(std::span<const std::byte> records, Model&... model) {
    typename Embedder::item features;
    status s = Store::check(records, [&](std::string_view t) {
      const status embedded = embed_with(embedder_, t, features, model...);
      return embedded == status::ok && !can_take<Index>(features) ? status::too_long : embedded;
    });
    if (s != status::ok) return s;
    clear();
    bool older_went = false;
    item_id incomplete = item_id::none;
    store_.load(records, [&](std::size_t row, std::string_view) {
      const status put = put_in(row, older_went, model...);
      if (put == status::full) incomplete = store_.id(row);
      else if (s == status::ok) s = put;  // after an error all of them go
    });
    if (s != status::ok) clear();
    if (s != status::ok) return s;
    const bool cut = erase(incomplete);
    return cut || older_went ? status::full : status::ok;
  }

  static bool is_in(std::span<const std::string_view> texts, std::string_view piece) {
    for (const std::string_view t : texts)
      if (piece.data() < t.data() + t.size() && t.data() < piece.data() + piece.size()) return true;
    return false;
  }

  template <class... Model>
  bool has_room_in_empty(std::string_view text, Model&... model) const {
    typename Embedder::item features;
    return embed_with(embedder_, text, features, model...) != status::ok || can_take<Index>(features);
  }

  void wipe(places note) {
    for (std::size_t place = note.last; place-- > note.first;) {
      const std::size_t row = store_.row(place);
      remove_row(index_, row, store_);
      store_.erase(row);
    }
  }

  /// Puts a piece of the newest note into the index. A piece without a feature has an empty one. full: there is no room
  /// beside the other pieces of this note; else what the embedder says.
  template <class... Model>
  status put_in(std::size_t row, bool& older_went, Model&... model) {
    typename Embedder::item features;
    const status s = embed_with(embedder_, store_.text(row), features, model...);
    if (s != status::ok && s != status::empty) return s;
    if (s == status::empty) features = {};
    while (!has_room_for(index_, store_.text(row), store_)) {
      const places oldest = store_.note_at(0);
      if (oldest.last == store_.size()) return status::full;
      wipe(oldest);
      older_went = true;
    }
    add_row(index_, row, features, store_);
    return status::ok;
  }
  status give_up(status why) {
    wipe(store_.note_at(store_.size() - 1));
    return why;
  }

  /// All pieces move to the end. Their rows stay, and so does what the index knows of them: nothing is read again.
  status renew(places note) {
    for (std::size_t place = note.first; place < note.last; ++place) store_.renew(note.first, place == note.first);
    return status::ok;
  }

  [[no_unique_address]] Embedder embedder_;
  Store store_;
  [[no_unique_address]] Index index_;
};

namespace detail {

template <bool Fits>
struct pieces_check {
  static_assert(
      Fits,
      "mote: pieces<> takes a retriever that is made of an item_store, features and an index, as bm25<> and fuse<> are; write yours with retrieve<> [mote-pieces]");
};

template <class Store>
struct pieces_in;
template <std::size_t Items, std::size_t ItemBytes>
struct pieces_in<item_store<Items, ItemBytes>> {
  using type = piece_store<Items, ItemBytes>;
};
template <class R, pieces_knobs Knobs, bool Fits>
struct pieces_parts {
  using store = typename pieces_in<typename R::store>::type;
  using index = piece_memory<store, typename R::features, typename R::finder, Knobs>;
  static constexpr std::size_t items = R::items;  ///< pieces that it keeps
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t max_item_bytes = R::max_item_bytes;  ///< of a note
  static constexpr std::size_t stack_bytes = R::stack_bytes + 2 * sizeof(typename R::features::item);
};
template <class R, pieces_knobs Knobs>
struct pieces_parts<R, Knobs, false> : no_retriever {
  static constexpr std::size_t items = 0;
};

}  // namespace detail

template <class Retriever, pieces_knobs Knobs = pieces_knobs{}>
struct pieces
    : detail::pieces_parts<Retriever, Knobs.valid() ? Knobs : pieces_knobs{}, detail::has_item_store<Retriever>> {
  using said = decltype(let_speak(static_cast<detail::pieces_check<detail::has_item_store<Retriever>>*>(nullptr)));
  template <std::size_t Items, class Of = Retriever>
  using with_items = std::conditional_t<Knobs.valid(), pieces<typename Of::template with_items<Items>, Knobs>, pieces>;
  static_assert(!detail::has_item_store<Retriever> || Knobs.valid(),
                "mote: pieces<> takes .piece_bytes from 32 to 65535 [mote-pieces-knobs]");
};

}  // namespace mote::inline v0
