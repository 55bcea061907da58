// SPDX-License-Identifier: BSL-1.0
// WordPiece of the uncased BERT (Devlin et al. 2018): the words of a text, in lower case and without accents, are each
// spelled by the longest token that begins the word, then again by the longest that continues it.
// Refuses a word that its tokens cannot spell, or of more than 100 characters: it becomes the unknown token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_table.hpp"
#include "mote/model/tokenizer.hpp"
#include "mote/model/unicode.hpp"
#include "mote/model/unicode_fold.hpp"

namespace mote::inline v0 {

/// In the table, a token that begins a word begins with a space, and one that continues a word has no ##. Controls and
/// bytes that are no UTF-8 are left out, as in BERT; no text gives a token for them.
class wordpiece {
 public:
  using table = table_of<table_kind::word_pieces>;

  wordpiece() = default;
  wordpiece(table words, const special_tokens& control) : words_(words), control_(control) {}

  /// Writes the tokens of a text after the first `count` slots and increases `count`. Slots: one for each character, at
  /// most. On failure `count` is unchanged. too_long: the slots do not suffice; not_spelled: a word that the vocabulary
  /// cannot spell, and it has no unknown token; not_attached.
  status append(std::string_view text, std::span<merge_slot> slots, std::size_t& count, encoding how = {}) const {
    if (text.empty()) return status::ok;
    if (words_.count() == 0) return status::not_attached;
    if (count > slots.size()) return status::too_long;
    std::size_t end = count;
    const status s = detail::with_added(words_, text, how.added, slots, end, [&](std::string_view plain) {
      return words_of(plain, [&](std::string_view spelling, bool whole) { return spell(spelling, whole, slots, end); });
    });
    if (s == status::ok) count = end;
    return s;
  }

  /// The bytes of a token, a view of the image. The space before a word is left out after no_token and after `bos`.
  std::string_view piece(std::uint32_t previous, std::uint32_t token) const {
    std::string_view text = words_.shown(token);
    const bool opened =
        previous == no_token || (control_.bos >= 0 && previous == static_cast<std::uint32_t>(control_.bos));
    if (opened && text.starts_with(' ')) text.remove_prefix(1);
    return text;
  }

  const table& vocabulary() const { return words_; }

 private:
  static constexpr std::size_t longest_word = 100;  // characters

  static constexpr bool stands_alone(std::uint32_t code) {
    const auto within = [code](std::uint32_t first, std::uint32_t last) { return code >= first && code <= last; };
    if (code < 0x80) return within(33, 47) || within(58, 64) || within(91, 96) || within(123, 126);
    if (class_of({code, 1, true}) == character_class::punctuation) return true;
    return within(0x4E00, 0x9FFF) || within(0x3400, 0x4DBF) || within(0x20000, 0x2A6DF) || within(0x2A700, 0x2B73F) ||
           within(0x2B740, 0x2B81F) || within(0x2B820, 0x2CEAF) || within(0xF900, 0xFAFF) || within(0x2F800, 0x2FA1F);
  }

  /// Calls use(word, whole) for each word, and stops at the first status that is not ok. Not whole: the word is longer.
  template <class Use>
  static status words_of(std::string_view text, Use use) {
    char spelling[4 * longest_word];
    std::size_t bytes = 0;
    std::size_t characters = 0;
    status state = status::ok;
    const auto end_word = [&] {
      if (characters > 0 && state == status::ok)
        state = use(std::string_view(spelling, bytes), characters <= longest_word);
      bytes = characters = 0;
    };
    for (std::size_t at = 0; at < text.size() && state == status::ok;) {
      const character c = character_at(text, at);
      at += c.bytes;
      const character_class k = class_of(c);
      if (k == character_class::white_space || k == character_class::separator) {
        end_word();
        continue;
      }
      if (k == character_class::other || k == character_class::no_character || c.code == 0xFFFD) continue;
      const bool alone = stands_alone(c.code);
      if (alone) end_word();
      without_accents(c.code, [&](std::uint32_t code) {
        const bool each_alone = !alone && stands_alone(code);
        if (each_alone) end_word();
        if (++characters <= longest_word) bytes += put_utf8(code, spelling + bytes);
        if (each_alone) end_word();
      });
      if (alone) end_word();
    }
    end_word();
    return state;
  }

  status spell(std::string_view spelling, bool whole, std::span<merge_slot> slots, std::size_t& count) const {
    std::size_t end = count;
    std::string_view head = " ";
    while (whole && !spelling.empty()) {
      detail::text_hash hash;
      hash.add(head);
      std::uint32_t token = no_token;
      std::size_t length = 0;
      for (std::size_t n = 1; n <= spelling.size() && head.size() + n <= words_.longest(); ++n) {
        hash.add({spelling.data() + n - 1, 1});
        if (const std::uint32_t id = words_.find_hashed(hash.value(), head, {spelling.data(), n}); id != no_token) {
          token = id;
          length = n;
        }
      }
      if (token == no_token) break;
      if (end >= slots.size()) return status::too_long;
      slots[end++].token = token;
      spelling.remove_prefix(length);
      head = {};
    }
    if (!whole || !spelling.empty()) {
      if (words_.unknown() == no_token) return status::not_spelled;
      if (count >= slots.size()) return status::too_long;
      slots[count++].token = words_.unknown();
      return status::ok;
    }
    count = end;
    return status::ok;
  }

  table words_;
  special_tokens control_{.bos = 0, .eos = 0, .note = 0, .user = 0, .answer = 0};  // all zero: in .bss
};

}  // namespace mote::inline v0
