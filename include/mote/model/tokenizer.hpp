// SPDX-License-Identifier: BSL-1.0
// Text to tokens and back, with the merges of a SentencePiece BPE vocabulary, as llama2.c does: a space is put before
// the text, each character becomes a token, or its bytes do if it is unknown, then the pair of highest rank is merged
// until none is left.
// Refuses a NUL in a text, and never makes a control token from a text, whatever its words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0 {

/// Working memory for one token while merging. The caller provides one for each character of the text (for each byte of
/// a character that the vocabulary spells in bytes), plus two. After encode() the tokens are in `token`.
struct merge_slot {
  std::uint32_t token = 0;
  std::uint32_t merged = 0;  ///< what this token and the next become
  std::uint32_t rank = 0;    ///< priority of that merge, higher first; 0: they do not merge
};

struct encoded {
  status state = status::ok;
  std::size_t count = 0;  ///< tokens in the slots; 0 where state is not ok
};

/// Whether llama2.c would print a piece: it drops a single byte that is neither printable ASCII nor white space. A
/// character that the vocabulary spells in bytes arrives as such single bytes, which the caller must join itself.
constexpr bool printable(std::string_view piece) {
  if (piece.size() != 1) return !piece.empty();
  const auto c = static_cast<unsigned char>(piece[0]);
  return (c >= 0x20 && c < 0x7F) || (c >= 0x09 && c <= 0x0D);
}

class tokenizer {
 public:
  tokenizer() = default;
  /// `control.bos` must be a token of the vocabulary, or negative.
  tokenizer(vocabulary_view vocabulary, special_tokens control) : vocabulary_(vocabulary), control_(control) {}

  /// Writes the tokens of a whole text to scratch[0 .. count). too_long: the scratch is too small; bad_utf8: a NUL, or
  /// a character that this vocabulary cannot spell; not_attached: no vocabulary, or none of its tokens is `bos`.
  encoded encode(std::string_view text, std::span<merge_slot> scratch, bool with_bos = true) const {
    std::size_t count = 0;
    if (with_bos) {
      if (control_.bos < 0 || static_cast<std::uint32_t>(control_.bos) >= vocabulary_.count())
        return {status::not_attached, 0};
      if (scratch.empty()) return {status::too_long, 0};
      scratch[count++] = {.token = static_cast<std::uint32_t>(control_.bos)};
    }
    const status state = append(text, scratch, count);
    return {state, state == status::ok ? count : 0};
  }

  /// Writes the tokens of a text after the first `count` slots and increases `count`; nothing merges with the tokens
  /// before. On failure `count` and the slots before it are unchanged. An empty text adds nothing.
  status append(std::string_view text, std::span<merge_slot> slots, std::size_t& count,
                bool space_before = true) const {
    if (text.empty()) return status::ok;
    if (vocabulary_.count() == 0) return status::not_attached;
    if (count > slots.size()) return status::too_long;
    std::size_t end = count;
    if (space_before)
      if (const status state = spell(" ", slots, end); state != status::ok) return state;
    while (!text.empty()) {
      const std::size_t bytes = character_bytes(text);
      if (const status state = spell({text.data(), bytes}, slots, end); state != status::ok) return state;
      text.remove_prefix(bytes);
    }
    count += merge(slots.subspan(count, end - count));
    return status::ok;
  }

  /// The bytes that `token` adds to the text after token `previous` (no_token: there is none). A view of the image.
  /// After the token `bos`, one leading space is dropped, the one that encode() added. Empty for an unknown id.
  std::string_view piece(std::uint32_t previous, std::uint32_t token) const {
    if (token >= vocabulary_.count()) return {};
    std::string_view text = vocabulary_.text(token);
    const bool opened = control_.bos >= 0 && previous == static_cast<std::uint32_t>(control_.bos);
    if (opened && !vocabulary_.is_byte(token) && text.starts_with(' ')) text.remove_prefix(1);
    return text;
  }

  const vocabulary_view& vocabulary() const { return vocabulary_; }
  const special_tokens& control() const { return control_; }

 private:
  /// The length of the next character: a first byte and up to three continuation bytes, valid UTF-8 or not, as in
  /// llama2.c.
  static constexpr std::size_t character_bytes(std::string_view text) {
    std::size_t n = 1;
    while (n < 4 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) ++n;
    return n;
  }

  status spell(std::string_view character, std::span<merge_slot> slots, std::size_t& end) const {
    if (character.find('\0') != std::string_view::npos) return status::bad_utf8;
    if (const std::uint32_t id = vocabulary_.find(character); id != no_token) {
      if (end == slots.size()) return status::too_long;
      slots[end++] = {.token = id};
      return status::ok;
    }
    if (!vocabulary_.has_bytes()) return status::bad_utf8;
    if (slots.size() - end < character.size()) return status::too_long;
    for (char c : character) slots[end++] = {.token = vocabulary_.byte_token(static_cast<unsigned char>(c))};
    return status::ok;
  }

  void look(merge_slot& left, const merge_slot& right) const {
    left.rank = 0;
    if (vocabulary_.is_byte(left.token) || vocabulary_.is_byte(right.token)) return;  // bytes do not merge
    left.merged = vocabulary_.find(vocabulary_.text(left.token), vocabulary_.text(right.token));
    if (left.merged != no_token) left.rank = vocabulary_.rank(left.merged);
  }

  /// Merges the pair of highest rank, the first of equals, until none is left; returns how many tokens remain. Each
  /// pair is looked up once, at most three searches a slot in all; the scan for the highest compares cached ranks only.
  std::size_t merge(std::span<merge_slot> slots) const {
    std::size_t count = slots.size();
    for (std::size_t i = 0; i + 1 < count; ++i) look(slots[i], slots[i + 1]);
    slots[count - 1].rank = 0;
    for (;;) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < count; ++i)
        if (slots[i].rank > slots[best].rank) best = i;
      if (slots[best].rank == 0) return count;

      slots[best].token = slots[best].merged;
      --count;
      for (std::size_t i = best + 1; i < count; ++i) slots[i] = slots[i + 1];
      if (best + 1 < count) look(slots[best], slots[best + 1]);
      else slots[best].rank = 0;
      if (best > 0) look(slots[best - 1], slots[best]);
    }
  }

  vocabulary_view vocabulary_;
  special_tokens control_{.bos = 0, .eos = 0, .note = 0, .user = 0, .answer = 0};  // all zero: a static one is in .bss
};

}  // namespace mote::inline v0
