// SPDX-License-Identifier: BSL-1.0
// The three parts of a retriever: a store keeps texts in rows, an embedder turns a text into features, an index
// compares the features of a question with those of each row. Each has a concept and a check that names what it lacks.
// Refuses to name a type for any of them: a user's own type with these members fits.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/check.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0 {

// ---- a store --------------------------------------------------------------------------------------------------------

enum class store_member {
  none,
  capacity,
  max_item_bytes,
  fits,
  add,
  erase,
  size,
  row,
  id,
  text,
  find,
  save,
  check,
  load
};

namespace detail {

template <class S>
inline constexpr bool store_has_capacity = requires {
  { S::capacity } -> std::convertible_to<std::size_t>;
};
template <class S>
inline constexpr bool store_has_max_item_bytes = requires {
  { S::max_item_bytes } -> std::convertible_to<std::size_t>;
};
template <class S>
inline constexpr bool store_has_fits = requires(std::string_view text) {
  { S::fits(text) } -> std::same_as<status>;
};
template <class S>
inline constexpr bool store_adds = requires(S& s, std::string_view text, void (*gone)(std::size_t row)) {
  { s.add(text, gone) } -> std::same_as<std::size_t>;
};
template <class S>
inline constexpr bool store_erases = requires(S& s, std::size_t row) { s.erase(row); };
template <class S>
inline constexpr bool store_has_size = requires(const S& s) {
  { s.size() } -> std::same_as<std::size_t>;
};
template <class S>
inline constexpr bool store_has_row = requires(const S& s, std::size_t place) {
  { s.row(place) } -> std::same_as<std::size_t>;
};
template <class S>
inline constexpr bool store_has_id = requires(const S& s, std::size_t row) {
  { s.id(row) } -> std::same_as<item_id>;
};
template <class S>
inline constexpr bool store_has_text = requires(const S& s, std::size_t row) {
  { s.text(row) } -> std::same_as<std::string_view>;
};
template <class S>
inline constexpr bool store_finds = requires(const S& s, item_id id) {
  { s.find(id) } -> std::same_as<std::size_t>;
};
template <class S>
inline constexpr bool store_saves = requires(const S& s, counting_sink& sink) {
  { s.save(sink) } -> std::same_as<status>;
};
template <class S>
inline constexpr bool store_checks = requires(std::span<const std::byte> records, status (*reads)(std::string_view)) {
  { S::check(records, reads) } -> std::same_as<status>;
};
template <class S>
inline constexpr bool store_loads = requires(S& s, std::span<const std::byte> records,
                                             void (*added)(std::size_t, std::string_view)) { s.load(records, added); };

}  // namespace detail

/// The first member that a store lacks; item_store lacks none. A text keeps its row's number until it is forgotten.
template <class S>
inline constexpr store_member store_lacks = first_missing<store_member>({
    {detail::store_has_capacity<S>, store_member::capacity},
    {detail::store_has_max_item_bytes<S>, store_member::max_item_bytes},
    {detail::store_has_fits<S>, store_member::fits},
    {detail::store_adds<S>, store_member::add},
    {detail::store_erases<S>, store_member::erase},
    {detail::store_has_size<S>, store_member::size},
    {detail::store_has_row<S>, store_member::row},
    {detail::store_has_id<S>, store_member::id},
    {detail::store_has_text<S>, store_member::text},
    {detail::store_finds<S>, store_member::find},
    {detail::store_saves<S>, store_member::save},
    {detail::store_checks<S>, store_member::check},
    {detail::store_loads<S>, store_member::load},
});
template <class S>
concept keeps_items = store_lacks<S> == store_member::none;

template <class S>
struct store_check {
  using m = store_member;
  template <m Member>
  static constexpr bool has = store_lacks<S> != Member;
  static_assert(has<m::capacity>,
                "mote: this store does not say how many texts it keeps; give it `capacity` [mote-store]");
  static_assert(has<m::max_item_bytes>,
                "mote: this store does not say how long a text may be; give it `max_item_bytes` [mote-store]");
  static_assert(
      has<m::fits>,
      "mote: this store does not say what it takes; give it `static status fits(std::string_view)` [mote-store]");
  static_assert(has<m::add>,
                "mote: this store keeps no text; give it `std::size_t add(std::string_view, gone)` [mote-store]");
  static_assert(has<m::erase>, "mote: this store cannot forget; give it `erase(std::size_t row)` [mote-store]");
  static_assert(has<m::size>,
                "mote: this store does not say how many texts it has; give it `std::size_t size() const` [mote-store]");
  static_assert(
      has<m::row>,
      "mote: this store does not say where a text lies; give it `std::size_t row(std::size_t place) const` [mote-store]");
  static_assert(has<m::id>, "mote: this store has no ids; give it `item_id id(std::size_t row) const` [mote-store]");
  static_assert(
      has<m::text>,
      "mote: this store does not show a text; give it `std::string_view text(std::size_t row) const` [mote-store]");
  static_assert(has<m::find>,
                "mote: this store does not find an id; give it `std::size_t find(item_id) const` [mote-store]");
  static_assert(
      has<m::save>,
      "mote: this store cannot be kept; give it a template `status save(Sink&) const` for a record_sink [mote-store]");
  static_assert(
      has<m::check>,
      "mote: this store does not check what it loads; give it `static status check(records, reads)` [mote-store]");
  static_assert(has<m::load>, "mote: this store cannot be restored; give it `load(records, added)` [mote-store]");
};

// ---- an embedder ----------------------------------------------------------------------------------------------------

/// Whether an embedder works with these further arguments: none, or the model.
template <class E, class... Model>
concept embeds =
    requires(const E& e, std::string_view t, typename E::item& item, typename E::query& query, Model&... m) {
      { e.embed(t, item, m...) } -> std::same_as<status>;
      { e.ask(t, query, m...) } -> std::same_as<status>;
    };

/// Whether it works with these or with none.
template <class E, class... Model>
concept embeds_with = embeds<E, Model...> || embeds<E>;

/// Passes the model on if the embedder takes it.
template <class E, class... Model>
status embed_with(const E& e, std::string_view text, typename E::item& out, Model&... model) {
  if constexpr (embeds<E, Model...>) return e.embed(text, out, model...);
  else return e.embed(text, out);
}
template <class E, class... Model>
status ask_with(const E& e, std::string_view text, typename E::query& out, Model&... model) {
  if constexpr (embeds<E, Model...>) return e.ask(text, out, model...);
  else return e.ask(text, out);
}

enum class embedder_member { none, item, query, stack_bytes, embed, ask };

namespace detail {

template <class E>
inline constexpr bool embedder_has_item = requires { requires std::default_initializable<typename E::item>; };
template <class E>
inline constexpr bool embedder_has_query = requires { requires std::default_initializable<typename E::query>; };
template <class E>
inline constexpr bool embedder_has_stack_bytes = requires {
  { E::stack_bytes } -> std::convertible_to<std::size_t>;
};
template <class E>
inline constexpr bool embedder_embeds = requires(const E& e, std::string_view text, typename E::item& out) {
  { e.embed(text, out) } -> std::same_as<status>;
} || requires(const E& e, std::string_view text, typename E::item& out, any_model& model) {
  { e.embed(text, out, model) } -> std::same_as<status>;
};
template <class E>
inline constexpr bool embedder_asks = requires(const E& e, std::string_view text, typename E::query& out) {
  { e.ask(text, out) } -> std::same_as<status>;
} || requires(const E& e, std::string_view text, typename E::query& out, any_model& model) {
  { e.ask(text, out, model) } -> std::same_as<status>;
};

}  // namespace detail

/// The first member that an embedder lacks. `item` is what an index keeps of a text, `query` what it is asked with.
template <class E>
inline constexpr embedder_member embedder_lacks = first_missing<embedder_member>({
    {detail::embedder_has_item<E>, embedder_member::item},
    {detail::embedder_has_query<E>, embedder_member::query},
    {detail::embedder_has_stack_bytes<E>, embedder_member::stack_bytes},
    {detail::embedder_embeds<E>, embedder_member::embed},
    {detail::embedder_asks<E>, embedder_member::ask},
});
template <class E>
concept embedder = embedder_lacks<E> == embedder_member::none;

template <class E>
struct embedder_check {
  using m = embedder_member;
  template <m Member>
  static constexpr bool has = embedder_lacks<E> != Member;
  static_assert(has<m::item>,
                "mote: this embedder does not say what an index keeps; give it a type `item` [mote-embedder]");
  static_assert(has<m::query>,
                "mote: this embedder does not say what an index is asked; give it a type `query` [mote-embedder]");
  static_assert(has<m::stack_bytes>,
                "mote: this embedder does not say what it needs; give it `stack_bytes`, or 0 [mote-embedder]");
  static_assert(
      has<m::embed>,
      "mote: this embedder reads no text; give it `status embed(std::string_view, item&) const` [mote-embedder]");
  static_assert(
      has<m::ask>,
      "mote: this embedder reads no question; give it `status ask(std::string_view, query&) const` [mote-embedder]");
};

// ---- an index -------------------------------------------------------------------------------------------------------

enum class finder_member { none, stack_bytes, add, remove, search };

namespace detail {

template <class I>
inline constexpr bool finder_has_stack_bytes = requires {
  { I::stack_bytes } -> std::convertible_to<std::size_t>;
};
template <class I, class E>
inline constexpr bool finder_adds = requires(I& i, std::size_t row, const typename E::item& item) { i.add(row, item); };
template <class I, class E, class S>
inline constexpr bool finder_adds_text =
    requires(I& i, std::size_t row, const typename E::item& item, const S& items) { i.add(row, item, items); };
template <class I>
inline constexpr bool finder_removes = requires(I& i, std::size_t row) { i.remove(row); };
template <class I, class S>
inline constexpr bool finder_removes_text = requires(I& i, std::size_t row, const S& items) { i.remove(row, items); };
template <class I, class E, class S>
inline constexpr bool finder_searches = requires(const I& i, const typename E::query& query, const S& items,
                                                 best_hits& best) { i.search(query, items, best); };

}  // namespace detail

/// The first member that an index lacks, for the features of an embedder and the rows of a store.
template <class I, class E, class S>
inline constexpr finder_member finder_lacks = first_missing<finder_member>({
    {detail::finder_has_stack_bytes<I>, finder_member::stack_bytes},
    {detail::finder_adds<I, E> || detail::finder_adds_text<I, E, S>, finder_member::add},
    {detail::finder_removes<I> || detail::finder_removes_text<I, S>, finder_member::remove},
    {detail::finder_searches<I, E, S>, finder_member::search},
});
template <class I, class E, class S>
concept finds = finder_lacks<I, E, S> == finder_member::none;

/// Rows that an index has room for; without a limit if it does not say its `capacity`.
template <class I>
inline constexpr std::size_t index_rows = static_cast<std::size_t>(-1);
template <class I>
  requires requires {
    { I::capacity } -> std::convertible_to<std::size_t>;
  }
inline constexpr std::size_t index_rows<I> = I::capacity;

// Calls that give an index the store if it takes one: `add` and `remove` may read the row's text there. An index whose
// memory depends on the texts may have too little for a further one: it says so, and the oldest go.

template <class I, class Item, class S>
void add_row(I& index, std::size_t row, const Item& item, const S& items) {
  if constexpr (requires { index.add(row, item, items); }) index.add(row, item, items);
  else index.add(row, item);
}
template <class I, class S>
void remove_row(I& index, std::size_t row, const S& items) {
  if constexpr (requires { index.remove(row, items); }) index.remove(row, items);
  else index.remove(row);
}
/// Whether the index has room for one more text; true if it does not say.
template <class I, class S>
bool has_room_for(const I& index, std::string_view text, const S& items) {
  if constexpr (requires { index.has_room(text, items); }) return index.has_room(text, items);
  else return true;
}
/// Whether an empty index would have room for a text; true if it does not say.
template <class I, class Item>
constexpr bool can_take(const Item& item) {
  if constexpr (requires { I::can_take(item); }) return I::can_take(item);
  else return true;
}

// What an index learns from use. It has kept_floats, all zero where nothing was learned: learn(query, items, item_id of
// the text that helped), keep(float*), static may_take(const float*), take(const float*).

/// Numbers that an index has learned; 0: it learns nothing.
template <class I>
inline constexpr std::size_t floats_learned = 0;
template <class I>
  requires requires {
    { I::kept_floats } -> std::convertible_to<std::size_t>;
  }
inline constexpr std::size_t floats_learned<I> = I::kept_floats;

/// Saves and loads them, and tells the index what helped: recall/learned_weights.hpp.
template <class I>
struct learned_floats;

template <class I, class S>
struct rows_check {
  static_assert(
      S::capacity <= index_rows<I>,
      "mote: this store keeps more texts than the index has rows; give both the same items [mote-index-rows]");
};

template <class I, class E, class S>
struct finder_check {
  using m = finder_member;
  template <m Member>
  static constexpr bool has = finder_lacks<I, E, S> != Member;
  static_assert(has<m::stack_bytes>,
                "mote: this index does not say what a search needs; give it `stack_bytes`, or 0 [mote-index]");
  static_assert(
      has<m::add>,
      "mote: this index does not take these features; give it `add(std::size_t row, const item&)` [mote-index]");
  static_assert(has<m::remove>, "mote: this index cannot forget; give it `remove(std::size_t row)` [mote-index]");
  static_assert(
      has<m::search>,
      "mote: this index finds nothing; give it `search(const query&, const items&, best_hits&) const` [mote-index]");
};

}  // namespace mote::inline v0
