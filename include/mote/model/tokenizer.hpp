// SPDX-License-Identifier: BSL-1.0
// What a tokenizer is: a class that turns a text into tokens and a token into its bytes, over a table in an image.
// Refuses to make a control token from a text, whatever its words and whatever the image says: which tokens those are,
// the program's type states (control_set).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/check.hpp"
#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0 {

/// The tokens [first, first + count).
struct token_range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  constexpr bool contains(std::uint32_t id) const { return id >= first && id - first < count; }
};

/// The tokens that no text may become: the model's special tokens, and the ranges that its type names in
/// `control_tokens`.
struct control_set {
  special_tokens spoken{.bos = -1, .eos = -1};
  std::span<const token_range> ranges{};

  constexpr bool contains(std::uint32_t id) const {
    for (const int each : {spoken.bos, spoken.eos, spoken.note, spoken.user, spoken.answer})
      if (each >= 0 && id == static_cast<std::uint32_t>(each)) return true;
    for (const token_range& r : ranges)
      if (r.contains(id)) return true;
    return false;
  }
};

/// Which of the tokens that a file adds to its vocabulary are matched in a text, each as a whole, before anything else.
/// A user's text is encoded with `none`.
enum class added_tokens : std::uint8_t {
  none,
  user_defined,  ///< those that are part of texts: `<think>` of a model that thinks aloud
  all,           ///< control tokens too: for the program's own templates only
};

/// How a text is encoded.
struct encoding {
  bool space_before = true;  ///< the space that SentencePiece puts before a text; others put none
  added_tokens added = added_tokens::none;
};

struct encoded {
  status state = status::ok;
  std::size_t count = 0;  ///< tokens in the slots; 0 where state is not ok
};

/// The members of a tokenizer, in the order in which they are checked.
///   table    a class, the view of a section of an image: default constructible, and constructible from its bytes
///   check    a static member of `table`, which reads nothing outside the bytes; `count`: how many tokens the table has
///   append   writes the tokens of a text after the first `count` slots and increases `count`; on failure `count` and
///            the slots before it are unchanged
///   piece    the bytes that a token adds to a text after the token `previous`
enum class tokenizer_member { none, table, check, count, constructor, append, piece };

namespace detail {

template <class T>
inline constexpr bool tokenizer_has_table = requires {
  requires std::default_initializable<typename T::table>;
  requires std::constructible_from<typename T::table, std::span<const std::byte>>;
};
template <class T>
inline constexpr bool tokenizer_has_check = requires(std::span<const std::byte> bytes, const control_set& control) {
  { T::table::check(bytes, control) } -> std::same_as<status>;
};
template <class T>
inline constexpr bool tokenizer_has_count = requires(const typename T::table& table) {
  { table.count() } -> std::convertible_to<std::size_t>;
};
template <class T>
inline constexpr bool tokenizer_has_constructor =
    requires { requires std::constructible_from<T, typename T::table, const special_tokens&>; };
template <class T>
inline constexpr bool tokenizer_has_append =
    requires(const T& t, std::string_view text, std::span<merge_slot> slots, std::size_t& count) {
      { t.append(text, slots, count) } -> std::same_as<status>;
    };
template <class T>
inline constexpr bool tokenizer_has_piece = requires(const T& t, std::uint32_t id) {
  { t.piece(id, id) } -> std::same_as<std::string_view>;
};

}  // namespace detail

template <class T>
inline constexpr tokenizer_member tokenizer_lacks = first_missing<tokenizer_member>({
    {detail::tokenizer_has_table<T>, tokenizer_member::table},
    {detail::tokenizer_has_check<T>, tokenizer_member::check},
    {detail::tokenizer_has_count<T>, tokenizer_member::count},
    {detail::tokenizer_has_constructor<T>, tokenizer_member::constructor},
    {detail::tokenizer_has_append<T>, tokenizer_member::append},
    {detail::tokenizer_has_piece<T>, tokenizer_member::piece},
});

template <class T>
concept tokenizer = tokenizer_lacks<T> == tokenizer_member::none;

template <class T>
struct tokenizer_check {
  using m = tokenizer_member;
  template <m Member>
  static constexpr bool has = tokenizer_lacks<T> != Member;
  static_assert(
      has<m::table>,
      "mote: this tokenizer has no table; give it a class `table`, a view of the bytes of an image [mote-tokenizer]");
  static_assert(
      has<m::check>,
      "mote: this tokenizer's table is trusted unseen; give it `static status check(bytes, control)` [mote-tokenizer]");
  static_assert(has<m::count>,
                "mote: this tokenizer's table does not say how many tokens it has; give it count() [mote-tokenizer]");
  static_assert(
      has<m::constructor>,
      "mote: this tokenizer is not made from its table and the model's special tokens; give it that constructor [mote-tokenizer]");
  static_assert(
      has<m::append>,
      "mote: this tokenizer encodes nothing; give it `status append(text, slots, count) const` [mote-tokenizer]");
  static_assert(
      has<m::piece>,
      "mote: this tokenizer decodes nothing; give it `std::string_view piece(previous, token) const` [mote-tokenizer]");
};

/// Writes the tokens of a whole text to slots[0 .. count), after the token `bos` if that is not negative. too_long: the
/// slots do not suffice; not_attached: the table has no token `bos`; else the status of append().
template <class Tokenizer>
encoded encode(const Tokenizer& t, const typename Tokenizer::table& table, int bos, std::string_view text,
               std::span<merge_slot> slots) {
  std::size_t count = 0;
  if (bos >= 0) {
    if (static_cast<std::uint32_t>(bos) >= table.count()) return {status::not_attached, 0};
    if (slots.empty()) return {status::too_long, 0};
    slots[count++] = {.token = static_cast<std::uint32_t>(bos)};
  }
  const status state = t.append(text, slots, count);
  return {state, state == status::ok ? count : 0};
}

namespace detail {

/// Encodes a text that may contain added tokens: each becomes one token, and plain(text) encodes the text between them.
template <class Table, class Plain>
status with_added(const Table& table, std::string_view text, added_tokens which, std::span<merge_slot> slots,
                  std::size_t& count, Plain plain) {
  if (which == added_tokens::none) return plain(text);
  std::uint32_t seen[8] = {};  // a bit for each byte that was met and that no added token begins with
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::uint32_t bit = 1U << (byte % 32U);
    if ((seen[byte / 32] & bit) != 0) {
      ++at;
      continue;
    }
    const std::string_view rest{text.data() + at, text.size() - at};
    const std::uint32_t id = table.added_at(rest, which);
    if (id == no_token) {
      if constexpr (requires { table.added_begins_with(byte); })  // a table of yours need not say it
        if (!table.added_begins_with(byte)) seen[byte / 32] |= bit;
      ++at;
      continue;
    }
    if (at > begin)
      if (const status s = plain({text.data() + begin, at - begin}); s != status::ok) return s;
    if (count >= slots.size()) return status::too_long;
    slots[count++] = {.token = id};
    at += table.text(id).size();
    begin = at;
  }
  return begin < text.size() ? plain({text.data() + begin, text.size() - begin}) : status::ok;
}

}  // namespace detail

}  // namespace mote::inline v0
