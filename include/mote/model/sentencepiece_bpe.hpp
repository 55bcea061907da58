// SPDX-License-Identifier: BSL-1.0
// A SentencePiece BPE vocabulary, with the tokens of llama2.c: a space is put before the text, each character becomes a
// token, or its bytes do if it is unknown, then the pair of highest rank is merged until none is left.
// Refuses a NUL in a text, and never makes a control token from a text, whatever its words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/tokenizer.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0 {

/// Whether llama2.c would print a piece: it drops a single byte that is neither printable ASCII nor white space. A
/// character that the vocabulary spells in bytes arrives as such single bytes, which the caller must join itself.
constexpr bool printable(std::string_view piece) {
  if (piece.size() != 1) return !piece.empty();
  const auto c = static_cast<unsigned char>(piece[0]);
  return (c >= 0x20 && c < 0x7F) || (c >= 0x09 && c <= 0x0D);
}

namespace detail {

/// What a search said of the last pairs of tokens and of the last characters, most of which come again at once. 12 KiB
/// of the stack, so only where addresses have 64 bits: elsewhere there is none, and no code for it.
class search_memory {
 public:
  static constexpr bool is_there = sizeof(void*) == 8;
  static constexpr std::uint32_t character = 0x80000000U;  ///< `left` of a character: no token

  /// The answer to (left, right), which `search()` gives if it is not remembered.
  template <class Search>
  std::uint32_t of(std::uint32_t left, std::uint32_t right, Search search) {
    entry& e = all_[((left * 0x9E3779B1U) ^ (right * 0x85EBCA6BU)) >> 22U];
    if (e.other_left != ~left || e.right != right) e = {~left, right, search()};
    return e.found;
  }

 private:
  struct entry {
    std::uint32_t other_left, right, found;  // the bits of `left` inverted: an entry of zeros is of no pair
  };
  entry all_[1024] = {};
};

}  // namespace detail

/// The text of a vocabulary in which a space is a space. Slots: one for each character of a text, or for each byte of a
/// character that the vocabulary spells in bytes, and one for the space.
/// Table: vocabulary_view, or table_of<table_kind::sentencepiece>, whose search is shorter and which knows added
/// tokens. SpaceBefore: whether the vocabulary was made with a space in front of each text.
template <class Table = vocabulary_view, bool SpaceBefore = true>
class basic_sentencepiece_bpe {
 public:
  using table = Table;
  static constexpr bool drops_space = SpaceBefore;  ///< piece() leaves out the one in front of a text

  basic_sentencepiece_bpe() = default;
  /// `control.bos` must be a token of the vocabulary, or negative.
  basic_sentencepiece_bpe(Table vocabulary, const special_tokens& control)
      : vocabulary_(vocabulary), control_(control) {}

  /// Writes the tokens of a whole text to slots[0 .. count). too_long: the slots do not suffice; bad_utf8: a NUL;
  /// not_spelled: a character that this vocabulary cannot spell; not_attached: no vocabulary, or none of its
  /// tokens is `bos`.
  encoded encode(std::string_view text, std::span<merge_slot> slots, bool with_bos = true) const {
    if (with_bos && control_.bos < 0) return {status::not_attached, 0};
    return v0::encode(*this, vocabulary_, with_bos ? control_.bos : -1, text, slots);
  }

  /// Writes the tokens of a text after the first `count` slots and increases `count`; nothing merges with the tokens
  /// before. On failure `count` and the slots before it are unchanged. An empty text adds nothing.
  status append(std::string_view text, std::span<merge_slot> slots, std::size_t& count, encoding how = {}) const {
    if (text.empty()) return status::ok;
    if (vocabulary_.count() == 0) return status::not_attached;
    if (count > slots.size()) return status::too_long;
    if constexpr (detail::search_memory::is_there) {
      detail::search_memory memory;
      return append_parts(text, slots, count, how, memory);
    } else return append_parts(text, slots, count, how);
  }

  /// The bytes that `token` adds to the text after token `previous` (no_token: there is none). A view of the image.
  /// After the token `bos`, one leading space is dropped, the one that encode() added. Empty for an unknown id.
  std::string_view piece(std::uint32_t previous, std::uint32_t token) const {
    if (token >= vocabulary_.count()) return {};
    std::string_view text;
    if constexpr (requires { vocabulary_.shown(token); }) text = vocabulary_.shown(token);
    else text = vocabulary_.text(token);
    const bool opened = SpaceBefore && control_.bos >= 0 && previous == static_cast<std::uint32_t>(control_.bos);
    if (opened && !vocabulary_.is_byte(token) && text.starts_with(' ')) text.remove_prefix(1);
    return text;
  }

  const Table& vocabulary() const { return vocabulary_; }
  const special_tokens& control() const { return control_; }

 private:
  /// `memory`: one, or none.
  template <class... Memory>
  status append_parts(std::string_view text, std::span<merge_slot> slots, std::size_t& count, const encoding& how,
                      Memory&... memory) const {
    std::size_t end = count;
    bool space = SpaceBefore && how.space_before;
    const auto plain = [&](std::string_view part) {
      const status state = encode_part(part, slots, end, space, memory...);
      space = false;
      return state;
    };
    status state = status::ok;
    if constexpr (requires { vocabulary_.added_at(text, how.added); })
      state = detail::with_added(vocabulary_, text, how.added, slots, end, plain);
    else state = plain(text);
    if (state == status::ok) count = end;
    return state;
  }

  template <class... Memory>
  status encode_part(std::string_view text, std::span<merge_slot> slots, std::size_t& count, bool space,
                     Memory&... memory) const {
    std::size_t end = count;
    if (space)
      if (const status state = spell(" ", slots, end, memory...); state != status::ok) return state;
    while (!text.empty()) {
      const std::size_t bytes = character_bytes(text);
      if (const status state = spell({text.data(), bytes}, slots, end, memory...); state != status::ok) return state;
      text.remove_prefix(bytes);
    }
    count += merge(slots.subspan(count, end - count), merges{{vocabulary_}, memory...});
    return status::ok;
  }

  /// The length of the next character: a first byte and up to three continuation bytes, valid UTF-8 or not, as in
  /// llama2.c.
  static constexpr std::size_t character_bytes(std::string_view text) {
    std::size_t n = 1;
    while (n < 4 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) ++n;
    return n;
  }

  template <class... Memory>
  status spell(std::string_view character, std::span<merge_slot> slots, std::size_t& end, Memory&... memory) const {
    if (character.find('\0') != std::string_view::npos) return status::bad_utf8;
    std::uint32_t id = no_token;
    if constexpr (sizeof...(Memory) == 0) {
      id = vocabulary_.find(character);
    } else {
      std::uint32_t bytes = 0;  // at most four, none of them zero
      for (const char c : character) bytes = bytes << 8U | static_cast<unsigned char>(c);
      id = (memory.of(detail::search_memory::character, bytes, [&] { return vocabulary_.find(character); }), ...);
    }
    if (id != no_token) {
      if (end == slots.size()) return status::too_long;
      slots[end++] = {.token = id};
      return status::ok;
    }
    if (!vocabulary_.has_bytes()) {
      std::uint32_t unknown = no_token;
      if constexpr (requires { vocabulary_.unknown(); }) unknown = vocabulary_.unknown();
      if (unknown == no_token) return status::not_spelled;
      if (end == slots.size()) return status::too_long;
      slots[end++] = {.token = unknown};
      return status::ok;
    }
    if (slots.size() - end < character.size()) return status::too_long;
    for (char c : character) slots[end++] = {.token = vocabulary_.byte_token(static_cast<unsigned char>(c))};
    return status::ok;
  }

  struct rule {
    const Table& words;
    static constexpr bool lower_left_first = false;

    std::uint32_t rank(std::uint32_t token) const { return words.rank(token); }
    std::uint32_t searched(std::uint32_t left, std::uint32_t right) const {
      if (words.is_byte(left) || words.is_byte(right)) return no_token;  // bytes do not merge
      if constexpr (requires { words.unknown(); })
        if (left == words.unknown() || right == words.unknown()) return no_token;
      return words.find(words.text(left), words.text(right));
    }
    std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const { return searched(left, right); }
  };
  struct remembering_rule : rule {
    detail::search_memory& memory;

    std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const {
      return memory.of(left, right, [&] { return this->searched(left, right); });
    }
  };
  using merges = std::conditional_t<detail::search_memory::is_there, remembering_rule, rule>;

  Table vocabulary_;
  special_tokens control_{.bos = 0, .eos = 0, .note = 0, .user = 0, .answer = 0};  // all zero: a static one is in .bss
};

using sentencepiece_bpe = basic_sentencepiece_bpe<>;

}  // namespace mote::inline v0
