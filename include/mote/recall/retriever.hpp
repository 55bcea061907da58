// SPDX-License-Identifier: BSL-1.0
// The concept of a retriever, for rag<>: a type that states its costs and has an `index`, which keeps texts, searches
// them, erases them, and saves itself to a sink of records.
// Refuses to fix how texts are found: by words, by vectors, or by a user's own rule.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/check.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"

namespace mote::inline v0 {

/// What an embedder may ask of the model: its last block's output for a text, averaged over the tokens, in `out` (dim).
template <class M>
concept gives_states = requires(M& model, std::string_view text, std::span<float> out) {
  { model.states(text, out) } -> std::same_as<status>;
};

/// Stands for the model when a type is checked before there is a model.
struct any_model {
  static status states(std::string_view, std::span<float>) { return status::not_attached; }
};

/// The members of a retriever and its index, in the order in which they are checked.
enum class retriever_member {
  none,
  index,
  ram_bytes,
  stack_bytes,
  max_item_bytes,
  add,
  erase,
  clear,
  size,
  text,
  search,
  save,
  load
};

// One bool for each member. `add`, `search` and `load` may take the model as a last argument: a pipeline passes itself.
namespace detail {

template <class I>
inline constexpr bool index_adds = requires(I& i, std::string_view text) {
  { i.add(text) } -> std::same_as<status>;
} || requires(I& i, std::string_view text, any_model& model) {
  { i.add(text, model) } -> std::same_as<status>;
};
template <class I>
inline constexpr bool index_erases = requires(I& i, item_id id) {
  { i.erase(id) } -> std::same_as<bool>;
};
template <class I>
inline constexpr bool index_clears = requires(I& i) { i.clear(); };
template <class I>
inline constexpr bool index_has_size = requires(const I& i) {
  { i.size() } -> std::same_as<std::size_t>;
};
template <class I>
inline constexpr bool index_has_text = requires(const I& i, item_id id) {
  { i.text(id) } -> std::same_as<std::string_view>;
};
template <class I>
inline constexpr bool index_searches = requires(const I& i, std::string_view question, std::span<hit> out) {
  { i.search(question, out) } -> std::same_as<std::size_t>;
} || requires(const I& i, std::string_view question, std::span<hit> out, any_model& model) {
  { i.search(question, out, model) } -> std::same_as<std::size_t>;
};
template <class I>
inline constexpr bool index_saves = requires(const I& i, counting_sink& sink) {
  { i.save(sink) } -> std::same_as<status>;
};
template <class I>
inline constexpr bool index_loads = requires(I& i, std::span<const std::byte> records) {
  { i.load(records) } -> std::same_as<status>;
} || requires(I& i, std::span<const std::byte> records, any_model& model) {
  { i.load(records, model) } -> std::same_as<status>;
};

}  // namespace detail

/// The first member that an index lacks.
template <class Index>
inline constexpr retriever_member index_lacks = first_missing<retriever_member>({
    {detail::index_adds<Index>, retriever_member::add},
    {detail::index_erases<Index>, retriever_member::erase},
    {detail::index_clears<Index>, retriever_member::clear},
    {detail::index_has_size<Index>, retriever_member::size},
    {detail::index_has_text<Index>, retriever_member::text},
    {detail::index_searches<Index>, retriever_member::search},
    {detail::index_saves<Index>, retriever_member::save},
    {detail::index_loads<Index>, retriever_member::load},
});

/// `add` rejects a text that it cannot keep whole, and forgets the oldest item when it is full. `search` returns
/// matches only, best first. `load` changes nothing unless every byte is valid and of this retriever; `save` therefore
/// writes first a record of its own kind (0x8000 and up), or the records of a store.
template <class Index>
concept searchable = index_lacks<Index> == retriever_member::none;

namespace detail {

template <class R>
inline constexpr bool retriever_has_index = requires { requires std::default_initializable<typename R::index>; };
template <class R>
inline constexpr bool retriever_has_ram_bytes = requires {
  { R::ram_bytes } -> std::convertible_to<std::size_t>;
};
template <class R>
inline constexpr bool retriever_has_stack_bytes = requires {
  { R::stack_bytes } -> std::convertible_to<std::size_t>;
};
template <class R>
inline constexpr bool retriever_has_max_item_bytes = requires {
  { R::max_item_bytes } -> std::convertible_to<std::size_t>;
};

template <class R>
inline constexpr retriever_member costs_lacking = first_missing<retriever_member>({
    {retriever_has_index<R>, retriever_member::index},
    {retriever_has_ram_bytes<R>, retriever_member::ram_bytes},
    {retriever_has_stack_bytes<R>, retriever_member::stack_bytes},
    {retriever_has_max_item_bytes<R>, retriever_member::max_item_bytes},
});

template <class R>
consteval retriever_member lacking() {
  if constexpr (costs_lacking<R> != retriever_member::none) return costs_lacking<R>;
  else return index_lacks<typename R::index>;
}

}  // namespace detail

/// The first member that a retriever lacks.
template <class R>
inline constexpr retriever_member retriever_lacks = detail::lacking<R>();

/// The costs of a retriever, as constants, and a class `index` that a pipeline can hold.
template <class R>
concept retriever = retriever_lacks<R> == retriever_member::none;

/// The message about the missing member.
template <class R>
struct retriever_check {
  using m = retriever_member;
  template <m Member>
  static constexpr bool has = retriever_lacks<R> != Member;
  static_assert(
      has<m::index>,
      "mote: this retriever has no `index`; give it a class that keeps texts and finds them [mote-retriever]");
  static_assert(
      has<m::ram_bytes>,
      "mote: this retriever does not say what it costs; give it `ram_bytes`, the size of its index [mote-retriever]");
  static_assert(has<m::stack_bytes>,
                "mote: this retriever does not say what a search needs; give it `stack_bytes`, or 0 [mote-retriever]");
  static_assert(has<m::max_item_bytes>,
                "mote: this retriever does not say how long a text may be; give it `max_item_bytes` [mote-retriever]");
  static_assert(has<m::add>,
                "mote: this retriever's index keeps no text; give it `status add(std::string_view)` [mote-retriever]");
  static_assert(has<m::erase>,
                "mote: this retriever's index cannot forget; give it `bool erase(item_id)` [mote-retriever]");
  static_assert(has<m::clear>,
                "mote: this retriever's index cannot forget everything; give it `clear()` [mote-retriever]");
  static_assert(
      has<m::size>,
      "mote: this retriever's index does not say how many texts it has; give it `std::size_t size() const` [mote-retriever]");
  static_assert(
      has<m::text>,
      "mote: this retriever's index does not show a text; give it `std::string_view text(item_id) const` [mote-retriever]");
  static_assert(
      has<m::search>,
      "mote: this retriever's index finds nothing; give it `std::size_t search(std::string_view, std::span<hit>) const` [mote-retriever]");
  static_assert(
      has<m::save>,
      "mote: this retriever's index cannot be kept; give it a template `status save(Sink&) const` for a record_sink [mote-retriever]");
  static_assert(
      has<m::load>,
      "mote: this retriever's index cannot be restored; give it `status load(std::span<const std::byte>)` [mote-retriever]");
};

namespace detail {

/// Replaces the index of an invalid retriever. It accepts every call, so that only one message is printed.
struct no_memory {
  static status add(std::string_view) { return status::full; }
  static bool erase(item_id) { return false; }
  static void clear() {}
  static std::size_t size() { return 0; }
  static std::string_view text(item_id) { return {}; }
  static std::size_t search(std::string_view, std::span<hit>) { return 0; }
  template <class Sink>
  static status save(Sink&) {
    return status::ok;
  }
  static status load(std::span<const std::byte>) { return status::ok; }
};

/// Replaces an invalid retriever.
struct no_retriever {
  using index = no_memory;
  static constexpr std::size_t ram_bytes = 0;
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 0;
};

}  // namespace detail

// ---- calls that pass the model on if the retriever takes it ---------------------------------------------------------

template <class Index, class Model>
status add_with(Index& index, std::string_view text, Model& model) {
  if constexpr (requires { index.add(text, model); }) return index.add(text, model);
  else return index.add(text);
}

/// Calls accept_piece(std::string_view) for each piece in which an index keeps a text, or once for the text; the first
/// status that is not ok.
template <class Index, class Accept>
status each_piece(std::string_view text, Accept&& accept_piece) {
  if constexpr (requires { Index::first_piece(text); }) {
    while (!text.empty()) {
      const std::string_view piece = Index::first_piece(text);
      if (const status s = accept_piece(piece); s != status::ok) return s;
      text.remove_prefix(piece.size());
    }
    return status::ok;
  } else {
    return accept_piece(text);
  }
}

template <class Index, class Model>
std::size_t search_with(const Index& index, std::string_view question, std::span<hit> out, Model& model) {
  if constexpr (requires { index.search(question, out, model); }) return index.search(question, out, model);
  else return index.search(question, out);
}

/// The text of an item that stands in a prompt, which is a use of it.
template <class Index>
std::string_view use_text(Index& index, item_id id) {
  if constexpr (requires { index.used(id); }) index.used(id);
  return index.text(id);
}

template <class Index, class Model>
status load_with(Index& index, std::span<const std::byte> records, Model& model) {
  if constexpr (requires { index.load(records, model); }) return index.load(records, model);
  else return index.load(records);
}

}  // namespace mote::inline v0
