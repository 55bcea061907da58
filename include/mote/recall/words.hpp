// SPDX-License-Identifier: BSL-1.0
// Cuts UTF-8 text into words, in lower case: runs of Unicode's letters, marks and digits, and pieces of such a run
// where a script has no spaces. A word is read as a 32-bit hash or as its letters. One pass.
//   words<>                     every script: 2.5 KiB of tables
//   words<latin, cyrillic>      tables of these two only; characters of other scripts are letters without cases
// Drops an English 's. Refuses grammar: stems and stop words are stages of an analysis<>.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/core/utf8.hpp"
#include "mote/recall/script_tables.hpp"
#include "mote/recall/scripts.hpp"

namespace mote::inline v0 {

namespace detail {

// The first character of `text`. The code of a byte that is no UTF-8 is above those of all characters.
constexpr character first_character(std::string_view text) {
  character c = character_at(text, 0);
  if (!c.valid) c.code += 0x110000U;
  return c;
}

/// Characters that are no part of a word and do not end it: soft hyphens, joiners, marks of direction, selectors of a
/// glyph's form (UAX 29, rule WB4).
constexpr bool is_invisible(std::uint32_t c) {
  if (c < 0x600) return c == 0xAD;
  if (c < 0x200C) return c == 0x61C || (c >= 0x180B && c <= 0x180F);
  return c <= 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) ||
         c == 0xFEFF || (c >= 0xE0000 && c <= 0xE0FFF);
}

/// FNV-1a over characters.
constexpr std::uint32_t hash_start = 0x811C9DC5U;
constexpr std::uint32_t hash_on(std::uint32_t hash, std::uint32_t code) { return (hash ^ code) * 0x01000193U; }

}  // namespace detail

/// One word of a text, for stages of an analysis. Of a word with more than 32 letters the first 32 are here.
struct word {
  static constexpr std::size_t room = 32;
  std::array<std::uint32_t, room> letters;  // (size) Unicode scalars
  std::size_t size = 0;
  std::uint32_t long_hash = detail::hash_start;  // of a word that is not whole
  bool whole = true;                             // all of its letters are here: a stage may change them

  constexpr std::uint32_t hash() const {
    if (!whole) return long_hash;
    std::uint32_t h = detail::hash_start;
    for (std::size_t i = 0; i < size; ++i) h = detail::hash_on(h, letters[i]);
    return h;
  }
};

/// Reads the words of a text one after the other.
template <class... Scripts>
class words {
  using tables = std::conditional_t<sizeof...(Scripts) == 0, detail::script_tables<every_script, detail::common_script>,
                                    detail::script_tables<Scripts..., detail::common_script>>;

 public:
  constexpr words() = default;
  constexpr explicit words(std::string_view text) : rest_(text) {}

  /// Letters, marks and digits. A byte that is no UTF-8 is a letter too.
  static constexpr bool is_letter(std::uint32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return tables::is_letter(c);
  }
  static constexpr std::uint32_t lower(std::uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return tables::lower(c);
  }

  /// The next word's hash; false at the end of the text.
  constexpr bool next(std::uint32_t& hash) {
    hash_only h;
    if (!next_into(h)) return false;
    hash = h.hash;
    return true;
  }
  /// The next word's letters; false at the end of the text.
  constexpr bool next(word& out) {
    as_letters w{out};
    return next_into(w);
  }
  /// Whether the last word may be a name: two letters or more, the first a capital, and not the text's first word.
  constexpr bool is_name() const { return is_name_; }

 private:
  struct hash_only {
    std::uint32_t hash;
    constexpr void begin() { hash = detail::hash_start; }
    constexpr void push(std::uint32_t code) { hash = detail::hash_on(hash, code); }
  };
  struct as_letters {
    word& out;
    constexpr void begin() {
      out.size = 0;
      out.whole = true;
      out.long_hash = detail::hash_start;
    }
    constexpr void push(std::uint32_t code) {
      out.long_hash = detail::hash_on(out.long_hash, code);
      if (out.size == word::room) out.whole = false;
      else out.letters[out.size++] = code;
    }
  };
  static constexpr std::size_t gram(std::uint32_t c) { return c < 0xE00 ? 0 : tables::gram(c); }

  template <class Target>
  constexpr bool next_into(Target& target) {
    bool after_apostrophe = false;
    while (!rest_.empty()) {
      const character first = detail::first_character(rest_);
      if (detail::is_invisible(first.code)) {
        rest_.remove_prefix(first.bytes);
        continue;
      }
      if (!is_letter(first.code)) {
        after_apostrophe = in_word_ && (first.code == '\'' || first.code == 0x2019);
        in_word_ = in_pieces_ = false;
        rest_.remove_prefix(first.bytes);
        continue;
      }
      const std::size_t most = gram(first.code);
      target.begin();
      std::size_t letters = 0;
      std::string_view ahead = rest_;
      std::string_view after_first;
      while (!ahead.empty()) {
        const character c = detail::first_character(ahead);
        if (!detail::is_invisible(c.code)) {
          if (!is_letter(c.code) || gram(c.code) != most) break;
          const std::uint32_t folded = lower(c.code);
          if (letters == 0) is_name_ = begun_ && folded != c.code;
          target.push(folded);
          ++letters;
        }
        ahead.remove_prefix(c.bytes);
        if (letters == 1) after_first = ahead;
        if (most != 0 && letters == most) break;
      }
      in_word_ = true;
      if (most != 0) {
        const bool overlaps = in_pieces_;
        in_pieces_ = most > 1 && letters == most;
        rest_ = letters == most ? after_first : ahead;
        if (letters < most && overlaps) continue;  // the piece before had these letters
        is_name_ = false;
        begun_ = true;
        return true;
      }
      rest_ = ahead;
      in_pieces_ = false;
      const bool possessive = after_apostrophe && letters == 1 && lower(first.code) == 's';
      after_apostrophe = false;
      if (!possessive) {
        if (letters == 1) is_name_ = false;
        begun_ = true;
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
  bool in_word_ = false;    // the character before rest_ was part of a word
  bool in_pieces_ = false;  // and part of a piece that overlaps with what comes
  bool begun_ = false;      // a word was read
  bool is_name_ = false;    // the last one
};

/// Whether a text has each of these words; false if they are none.
constexpr bool has_words(std::string_view text, std::string_view these) {
  words<> wanted(these);
  bool any = false;
  for (std::uint32_t w = 0; wanted.next(w); any = true) {
    words<> in_text(text);
    std::uint32_t h = 0;
    bool found = false;
    while (!found && in_text.next(h)) found = h == w;
    if (!found) return false;
  }
  return any;
}

}  // namespace mote::inline v0
