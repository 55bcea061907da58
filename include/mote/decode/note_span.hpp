// SPDX-License-Identifier: BSL-1.0
// Spans of the notes in a prompt: where a text that is said so far stands in them, and whether it may go on or end
// there.
//   note "Call +49 30 555-0134.":   spans are "Call", "Call +49", "+49 30", "+49 30 555-0134", "555-0134", ...
// A span is whole: it begins and ends where a word, a number with its sign, a date or an address does. It begins and
// ends with no blank, ends with no mark of a sentence, and begins with none that a blank follows.
// Refuses a text that stands in no note: no byte of a span is the model's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/config.hpp"
#include "mote/core/bytes.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/utf8.hpp"
#include "mote/decode/grammar.hpp"

namespace mote::inline v0 {

namespace detail {

enum class letter_kind : std::uint8_t { none, digit, letter, alone };

/// `alone`: of a script without blanks between its words, where each character may begin and end a value.
constexpr letter_kind kind_of_letter(std::uint32_t c) {
  if (c - '0' < 10) return letter_kind::digit;
  if (c < 0x80) return (c | 0x20U) - 'a' < 26 ? letter_kind::letter : letter_kind::none;
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA ? letter_kind::letter : letter_kind::none;
  if (c == 0xD7 || c == 0xF7) return letter_kind::none;
  struct range {
    std::uint32_t first, last;
    letter_kind kind;
  };
  constexpr range ranges[] = {
      {0x0E00, 0x0EFF, letter_kind::alone},  {0x1000, 0x109F, letter_kind::alone},  // Thai, Lao, Myanmar
      {0x1780, 0x17FF, letter_kind::alone},  {0x2000, 0x2BFF, letter_kind::none},   // Khmer; punctuation and symbols
      {0x3000, 0x303F, letter_kind::none},   {0x3040, 0x9FFF, letter_kind::alone},  // of East Asia; kana and han
      {0xFE30, 0xFE6F, letter_kind::none},   {0xFF00, 0xFF0F, letter_kind::none},
      {0x1F000, 0x1FAFF, letter_kind::none}, {0x20000, 0x3FFFF, letter_kind::alone},
  };
  for (const range& r : ranges)
    if (c >= r.first && c <= r.last) return r.kind;
  return letter_kind::letter;
}

/// Whether a value may begin or end between the bytes at - 1 and at of a text. Not inside of a word or number, not
/// beside a sign that joins two of them (12.50, 2027-03-14, anna.berg@home.org), not behind the sign of a number.
MOTE_NOINLINE constexpr bool is_border(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return true;
  const character before = character_before(text, at), behind = character_at(text, at);
  const auto kind = [](const character& c) { return c.valid ? kind_of_letter(c.code) : letter_kind::none; };
  const auto is_word = [](letter_kind k) { return k == letter_kind::digit || k == letter_kind::letter; };
  const letter_kind left = kind(before), right = kind(behind);
  if (is_word(left) && is_word(right)) return false;
  const auto joins = [&](std::uint32_t sign, letter_kind a, letter_kind b) {
    if (sign == ',' || sign == ':') return a == letter_kind::digit && b == letter_kind::digit;
    const bool may = sign == '.' || sign == '-' || sign == '/' || sign == '@' || sign == '_' || sign == '\'';
    return may && is_word(a) && is_word(b);
  };
  const std::size_t start = at - before.bytes;  // of the character before
  const letter_kind two_left = start == 0 ? letter_kind::none : kind(character_before(text, start));
  if (is_word(right)) {
    if (joins(before.code, two_left, right)) return false;
    const bool is_sign = before.code == '-' || before.code == '+' || before.code == 0x2212;
    return right != letter_kind::digit || !is_sign || is_word(two_left);
  }
  return !is_word(left) || !joins(behind.code, left, kind(character_at(text, at + behind.bytes)));
}

constexpr bool is_mark(char c) {
  for (const char mark : {'.', ',', ';', ':', '!', '?'})
    if (c == mark) return true;
  return false;
}
constexpr bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }
/// Whether a span may begin at `at` < text.size(), and end behind the byte at - 1.
constexpr bool begins_span(std::string_view text, std::size_t at) {
  if (is_mark(text[at]) && (at + 1 == text.size() || is_blank(text[at + 1]))) return false;  // of the words before
  return !is_blank(text[at]) && is_border(text, at);
}
constexpr bool ends_span(std::string_view text, std::size_t at) {
  const char last = text[at - 1];
  return !is_mark(last) && !is_blank(last) && is_border(text, at);
}

}  // namespace detail

/// The part of a span said so far: `length` bytes, first found in a note at `at`; later places may match as well. All
/// zero: nothing yet, and no notes.
struct note_span {
  const std::string_view* notes = nullptr;
  std::uint16_t count = 0;  // of the notes
  std::uint16_t note = 0;
  std::uint16_t at = 0;
  std::uint16_t length = 0;

  constexpr void restart() { note = at = length = 0; }
  /// Whether a span that was read from bytes lies in a note.
  bool sound() const {
    if (count == 0) return note == 0 && at == 0 && length == 0;
    return note < count && std::size_t{at} + length <= notes[note].size();
  }
  constexpr bool operator==(const note_span&) const = default;

  /// Goes on with a byte, if a span of copy `c` begins so.
  bool take(const grammar_tables& g, const grammar_copy& c, unsigned byte) {
    return find(g, c, static_cast<int>(byte));
  }
  /// Whether what was said is a span. Its pattern is the caller's to ask.
  bool may_end(const grammar_tables& g, const grammar_copy& c) const {
    note_span s = *this;
    return length != 0 ? s.find(g, c, -1) : c.least == 0;
  }
  /// Whether the notes have a span for this copy at all.
  bool has_any(const grammar_tables& g, const grammar_copy& c) const {
    for (std::size_t n = 0; n < count; ++n)
      for (std::size_t from = 0; from < notes[n].size(); ++from)
        if (detail::begins_span(notes[n], from) && can_end(g, c, notes[n], from, 1)) return true;
    return false;
  }

 private:
  /// The first place of a note where what was said goes on with this byte; -1: where it may end, and something was
  /// said.
  MOTE_NOINLINE bool find(const grammar_tables& g, const grammar_copy& c, int byte) {
    // No substr(): its range check would link the exception machinery into a firmware.
    const std::string_view said = count == 0 ? std::string_view{} : std::string_view(notes[note].data() + at, length);
    const std::size_t more = byte < 0 ? 0 : 1;
    const int looked_for = byte < 0 ? static_cast<unsigned char>(said[0]) : byte;
    const std::size_t offset = byte < 0 ? 0 : length;  // of the byte that is looked for
    std::size_t from = at;
    for (std::size_t n = note; n < count; ++n, from = 0) {
      const std::size_t reached = detail::least_of(notes[n].size(), std::size_t{0xFFFF});  // by `at`
      const std::string_view text(notes[n].data(), reached);
      for (; from + length + more <= text.size(); ++from) {
        const std::size_t left = text.size() - from - offset;
        const void* const there = __builtin_memchr(text.data() + from + offset, looked_for, left);
        if (there == nullptr) break;
        from = static_cast<std::size_t>(static_cast<const char*>(there) - text.data()) - offset;
        if (from + length + more > text.size()) break;
        if (__builtin_memcmp(text.data() + from, said.data(), length) != 0 || !detail::begins_span(text, from))
          continue;
        if (byte < 0 ? length >= c.least && detail::ends_span(text, from + length)
                     : can_end(g, c, text, from, length + more)) {
          note = static_cast<std::uint16_t>(n);
          at = static_cast<std::uint16_t>(from);
          length = static_cast<std::uint16_t>(length + more);
          return true;
        }
      }
    }
    return false;
  }

  /// Whether a span of the pattern, of at least `bytes` bytes, begins at `from`.
  static bool can_end(const grammar_tables& g, const grammar_copy& c, std::string_view text, std::size_t from,
                      std::size_t bytes) {
    std::size_t node = c.first;
    const std::size_t least = bytes < c.least ? c.least : bytes;
    for (std::size_t i = 0; i <= c.most; ++i) {
      if (i >= least && g.nodes[node].accepts && detail::ends_span(text, from + i)) return true;
      if (from + i == text.size()) return false;
      const auto byte = static_cast<unsigned char>(text[from + i]);
      const grammar_edge* e = g.edges + g.nodes[node].edges;
      const grammar_edge* const end = g.edges + g.nodes[node + 1].edges;
      while (e != end && (byte < e->first || byte > e->last)) ++e;
      if (e == end) return false;
      node = e->to;
    }
    return false;
  }
};

/// A place in a grammar of which some automata copy from notes.
template <const grammar_tables& Tables, std::size_t Levels>
class copying_place {
 public:
  /// A new answer, whose prompt has these notes. False: none of them has a value that must be copied.
  bool begin(std::span<const std::string_view> notes) {
    *this = {};
    take_notes(notes);
    for (std::size_t i = 0; i < Tables.copies_count; ++i) {
      const grammar_copy& c = Tables.copies[i];
      if (!Tables.nodes[c.first].accepts && !span_.has_any(Tables, c)) return false;
    }
    return true;
  }
  /// The same place, in notes that lie elsewhere.
  void take_notes(std::span<const std::string_view> notes) {
    span_.notes = notes.data();
    span_.count = static_cast<std::uint16_t>(notes.size());
  }
  bool enter(unsigned char byte) {
    return detail::enter_grammar(Tables, node_, depth_, stack_, Levels, byte, copied{span_});
  }
  /// Whether a place that was read from bytes is one.
  bool sound() const {
    bool all = node_ < Tables.nodes_count && depth_ <= Levels && span_.sound();
    for (std::size_t i = 0; all && i < depth_; ++i) all = stack_[i] < Tables.nodes_count;
    return all;
  }
  bool may_end() const {
    bool all = Tables.nodes[node_].accepts;
    for (std::size_t i = 0; i < depth_; ++i) all = all && Tables.nodes[stack_[i]].accepts;
    const grammar_copy* c = copy_at(node_);
    return all && (c == nullptr || span_.may_end(Tables, *c));
  }
  bool operator==(const copying_place& other) const {
    bool same = node_ == other.node_ && depth_ == other.depth_ && span_ == other.span_;
    for (std::size_t i = 0; same && i < depth_; ++i) same = stack_[i] == other.stack_[i];
    return same;
  }

 private:
  static const grammar_copy* copy_at(std::size_t node) {
    for (std::size_t i = 0; i < Tables.copies_count; ++i)
      if (node >= Tables.copies[i].first && node < Tables.copies[i].end) return &Tables.copies[i];
    return nullptr;
  }
  struct copied {
    note_span& span;
    void call(std::uint16_t) { span.restart(); }
    bool take(std::uint16_t node, unsigned byte) {
      const grammar_copy* c = copy_at(node);
      return c == nullptr || span.take(Tables, *c, byte);
    }
    bool leave(std::uint16_t node) {
      const grammar_copy* c = copy_at(node);
      if (c != nullptr && !span.may_end(Tables, *c)) return false;
      span.restart();  // of equal places outside of a span the states are equal
      return true;
    }
  };

  note_span span_;
  std::uint16_t node_ = 0;
  std::uint16_t depth_ = 0;
  std::uint16_t stack_[round_up(Levels + 2, sizeof(void*) / 2) - 2] = {};  // without bytes that mean nothing behind it
};

}  // namespace mote::inline v0
