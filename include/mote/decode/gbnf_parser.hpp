// SPDX-License-Identifier: BSL-1.0
// Reads a grammar in GBNF, llama.cpp's notation, while the program is compiled: rules `name ::= ...`, "literals", [a-z]
// and [^a-z] classes, . for any character, ( ) | * + ? {m} {m,} {m,n}, and # comments. A rule that does not call itself
// is inlined where it is named: only recursive rules use the stack. mote's own: `copied [0-9]+` is a text of
// [0-9]+ that stands in a note of the prompt.
// Refuses what it does not read: the fault is the offset in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/utf8.hpp"
#include "mote/decode/grammar_builder.hpp"

namespace mote::inline v0::detail {

class gbnf_parser {
 public:
  constexpr gbnf_parser(std::string_view text, nfa& to) : chars_(text.data()), size_(text.size()), to_(to) {
    find_rules();
    const std::size_t root = to_.fault == grammar_fault::none ? rule_named("root") : none;
    if (to_.fault != grammar_fault::none) return;
    if (root == none) {
      (void)to_.fail(grammar_fault::rule, 0);
      return;
    }
    find_recursion();
    if (to_.fault != grammar_fault::none) return;
    automaton_.fill(rules_.size(), none);
    automaton_[root] = 0;
    std::size_t automata = 1;
    for (std::size_t r = 0; r < rules_.size(); ++r)
      if (r != root && reaches(r, r)) automaton_[r] = automata++;
    to_.starts.fill(automata, 0U);
    for (std::size_t r = 0; r < rules_.size(); ++r)
      if (automaton_[r] != none) to_.starts[automaton_[r]] = alternatives(rules_[r].begin, rules_[r].end, 0);
  }

  /// The states of a text without rules, followed by `next`; returns its start.
  static constexpr std::uint32_t pattern(std::string_view text, nfa& to, std::uint32_t next) {
    gbnf_parser p(to, text);
    return p.alternatives(0, text.size(), next);
  }

 private:
  constexpr gbnf_parser(nfa& to, std::string_view text) : chars_(text.data()), size_(text.size()), to_(to) {}

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr std::size_t endless = none - 1;

  struct rule {
    std::string_view name{};
    std::size_t begin = 0, end = 0;  // of the body
  };
  /// What stands between two blanks: [begin, end) of the text, and how often it is repeated.
  struct item {
    std::size_t begin = 0, end = 0, least = 1, most = 1;
    bool copied = false;
  };

  constexpr bool is(std::size_t at, char c) const { return at < size_ && chars_[at] == c; }
  static constexpr bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  }
  constexpr std::size_t blank(std::size_t at) const {
    for (; at < size_; ++at) {
      if (chars_[at] == '#')
        while (at + 1 < size_ && chars_[at + 1] != '\n') ++at;
      else if (chars_[at] != ' ' && chars_[at] != '\t' && chars_[at] != '\n' && chars_[at] != '\r') break;
    }
    return at;
  }
  constexpr std::size_t name_end(std::size_t at) const {
    while (at < size_ && in_name(chars_[at])) ++at;
    return at;
  }
  constexpr std::string_view part(std::size_t begin, std::size_t end) const { return {chars_ + begin, end - begin}; }
  constexpr bool is_copied(std::size_t at) const {  // the word `copied`, unless it is a rule's name
    return part(at, name_end(at)) == "copied" && rule_named("copied") == none;
  }
  /// Whether a rule's head stands here; `body`: what follows `::=`.
  constexpr bool head(std::size_t at, std::size_t& body) const {
    const std::size_t end = name_end(at);
    if (end == at) return false;
    const std::size_t colon = blank(end);
    if (!is(colon, ':') || !is(colon + 1, ':') || !is(colon + 2, '=')) return false;
    body = colon + 3;
    return true;
  }

  constexpr void find_rules() {
    std::size_t at = blank(0);
    while (at < size_ && to_.fault == grammar_fault::none) {
      std::size_t body = 0;
      if (!head(at, body)) {
        (void)to_.fail(grammar_fault::syntax, at);
        return;
      }
      const std::string_view name = part(at, name_end(at));
      if (rule_named(name) != none) {
        (void)to_.fail(grammar_fault::twice, at);
        return;
      }
      std::size_t end = blank(body);
      for (std::size_t next = 0; end < size_ && !head(end, next) && to_.fault == grammar_fault::none;)
        end = blank(token_end(end));
      rules_.push({name, body, end});
      at = end;
    }
  }
  constexpr std::size_t rule_named(std::string_view name) const {
    for (std::size_t i = 0; i < rules_.size(); ++i)
      if (rules_[i].name == name) return i;
    return none;
  }
  /// The end of the literal, class, name or sign that begins here.
  constexpr std::size_t token_end(std::size_t at) {
    const char c = chars_[at];
    if (c == '"' || c == '[') {
      const char close = c == '"' ? '"' : ']';
      std::size_t end = at + 1;
      while (end < size_ && chars_[end] != close) end += chars_[end] == '\\' ? 2 : 1;
      if (end >= size_) (void)to_.fail(grammar_fault::syntax, at);
      return end + 1;
    }
    if (in_name(c)) return name_end(at);
    return at + 1;
  }

  constexpr bool reaches(std::size_t from, std::size_t to) const { return reach_[from * rules_.size() + to]; }
  constexpr void find_recursion() {
    const std::size_t count = rules_.size();
    reach_.fill(count * count, false);
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t at = blank(rules_[r].begin); at < rules_[r].end; at = blank(token_end(at))) {
        if (chars_[at] == '{')  // numbers are no names
          while (at + 1 < rules_[r].end && chars_[at] != '}') ++at;
        if (!in_name(chars_[at]) || is_copied(at)) continue;
        const std::size_t named = rule_named(part(at, name_end(at)));
        if (named == none) (void)to_.fail(grammar_fault::rule, at);
        else reach_[r * count + named] = true;
      }
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; reaches(i, k) && j < count; ++j)
          if (reaches(k, j)) reach_[i * count + j] = true;
  }

  // Each of these adds what stands in [begin, end), followed by the state `next`, and returns its start.

  constexpr std::uint32_t alternatives(std::size_t begin, std::size_t end, std::uint32_t next) {
    growing<std::size_t> starts;
    std::size_t nested = 0;
    starts.push(begin);
    for (std::size_t at = blank(begin); at < end && !to_.tired(4); at = blank(token_end(at))) {
      if (is(at, '(')) ++nested;
      if (is(at, ')') && nested-- == 0) return to_.fail(grammar_fault::syntax, at);
      if (is(at, '|') && nested == 0) starts.push(at + 1);
    }
    if (nested != 0) return to_.fail(grammar_fault::syntax, begin);
    std::uint32_t start = 0;
    for (std::size_t i = starts.size(); i-- > 0;) {
      const bool last = i + 1 == starts.size();
      const std::uint32_t one = sequence(starts[i], last ? end : starts[i + 1] - 1, next);
      start = last ? one : to_.split(one, start);
    }
    return start;
  }
  constexpr std::uint32_t sequence(std::size_t begin, std::size_t end, std::uint32_t next) {
    growing<item> items;
    for (std::size_t at = blank(begin); at < end;) {
      if (to_.tired(8) || to_.fault != grammar_fault::none) return 0;
      item one{.begin = at};
      if (in_name(chars_[at]) && is_copied(at)) {
        one.copied = true;
        one.begin = at = blank(name_end(at));
        if (at >= end) return to_.fail(grammar_fault::syntax, at);
      }
      if (is(at, '(')) {
        std::size_t nested = 0;
        do {
          if (is(at, '(')) ++nested;
          if (is(at, ')')) --nested;
          at = token_end(at);
          one.end = at;
          at = blank(at);
        } while (nested != 0);
      } else if (is(at, '"') || is(at, '[') || is(at, '.') || in_name(chars_[at])) {
        one.end = token_end(at);
        at = blank(one.end);
      } else {
        return to_.fail(grammar_fault::syntax, at);
      }
      while (at < end && repetition(at, one)) at = blank(at);
      items.push(one);
    }
    for (std::size_t i = items.size(); i-- > 0;)
      next = items[i].copied ? copy(items[i], next) : repeated(items[i], next);
    return next;
  }
  constexpr std::uint32_t copy(const item& one, std::uint32_t next) {
    return to_.copy({.key = one.begin, .of = part(0, size_)}, next, [&] { return repeated(one, 0); });
  }
  /// Reads * + ? or {m,n}, if one stands here.
  constexpr bool repetition(std::size_t& at, item& one) {
    if (is(at, '*') || is(at, '+') || is(at, '?')) {
      if (one.least != 1 || one.most != 1) return to_.fail(grammar_fault::syntax, at), false;
      if (!is(at, '+')) one.least = 0;
      if (!is(at, '?')) one.most = endless;
      ++at;
      return true;
    }
    if (!is(at, '{')) return false;
    const std::size_t open = at;
    at = blank(at + 1);
    std::size_t low = 0, high = 0;
    bool sound = number(at, low) && one.least == 1 && one.most == 1;
    at = blank(at);
    high = low;
    if (is(at, ',')) {
      at = blank(at + 1);
      high = 0;
      if (is(at, '}')) high = endless;
      else sound = sound && number(at, high);
      at = blank(at);
    }
    if (!sound || !is(at, '}') || high < low || high == 0) return to_.fail(grammar_fault::syntax, open), false;
    one.least = low;
    one.most = high;
    ++at;
    return true;
  }
  constexpr bool number(std::size_t& at, std::size_t& value) const {
    const std::size_t begin = at;
    for (; at < size_ && chars_[at] >= '0' && chars_[at] <= '9' && value < 100'000; ++at)
      value = value * 10 + static_cast<std::size_t>(chars_[at] - '0');
    return at != begin;
  }
  constexpr std::uint32_t repeated(const item& one, std::uint32_t next) {
    character_set c;  // read once, however often it is repeated
    const bool of_class = chars_[one.begin] == '[' || chars_[one.begin] == '.';
    if (of_class) read_class(one, c);
    const auto single = [&](const item& i, std::uint32_t then) -> std::uint32_t {
      if (to_.fault != grammar_fault::none) return 0;
      return of_class ? c.emit(to_, then) : nested(i, then);
    };
    if (one.most == endless) {
      const std::uint32_t loop = to_.split(0, next);
      const std::uint32_t body = single(one, loop);
      if (to_.fault != grammar_fault::none) return 0;
      to_.states[loop].next = body;
      next = loop;
    } else {
      const std::uint32_t end = next;
      for (std::size_t i = one.least; i < one.most && to_.fault == grammar_fault::none; ++i)
        next = to_.split(single(one, next), end);
    }
    for (std::size_t i = 0; i < one.least && to_.fault == grammar_fault::none; ++i) next = single(one, next);
    return next;
  }
  constexpr std::uint32_t nested(const item& one, std::uint32_t next) {
    if (chars_[one.begin] == '(') return alternatives(one.begin + 1, one.end - 1, next);
    if (chars_[one.begin] == '"') return literal(one, next);
    const std::size_t r = rule_named(part(one.begin, one.end));
    if (r == none) return to_.fail(grammar_fault::rule, one.begin);
    if (automaton_[r] != none) return to_.call(static_cast<std::uint32_t>(automaton_[r]), next);
    return alternatives(rules_[r].begin, rules_[r].end, next);
  }

  constexpr std::uint32_t literal(const item& one, std::uint32_t next) {
    growing<std::uint32_t> bytes;
    for (std::size_t at = one.begin + 1; at + 1 < one.end;) {
      std::uint8_t b[4] = {};
      std::size_t count = 1;
      if (chars_[at] == '\\' || static_cast<unsigned char>(chars_[at]) >= 0x80) count = put_utf8(character(at), b);
      else b[0] = static_cast<std::uint8_t>(chars_[at++]);
      for (std::size_t i = 0; i < count; ++i) bytes.push(b[i]);
    }
    for (std::size_t i = bytes.size(); i-- > 0;) next = to_.bytes(bytes[i], bytes[i], next);
    return next;
  }
  constexpr void read_class(const item& one, character_set& c) {
    if (chars_[one.begin] == '.') return c.settle(true);
    if (to_.tired(10)) return;
    std::size_t at = one.begin + 1;
    const bool inverted = is(at, '^');
    if (inverted) ++at;
    bool any = false;
    while (at + 1 < one.end && !to_.tired(10)) {
      const std::size_t begin = at;
      const std::uint32_t first = character(at);
      std::uint32_t last = first;
      if (is(at, '-') && at + 2 < one.end) last = character(++at);
      if (last < first) (void)to_.fail(grammar_fault::syntax, begin);
      c.add(first, last);
      any = true;
    }
    c.settle(inverted);
    if (!any || c.empty()) (void)to_.fail(grammar_fault::syntax, one.begin);
  }
  /// The character at this place, which may be written as an escape or in UTF-8.
  constexpr std::uint32_t character(std::size_t& at) {
    const std::size_t begin = at;
    const auto c = static_cast<unsigned char>(chars_[at++]);
    if (c == '\\') return escape(at);
    if (c < 0x80) return c;
    const auto one = character_at(part(0, size_), begin);
    if (!one.valid) return to_.fail(grammar_fault::syntax, begin);
    at = begin + one.bytes;
    return one.code;
  }
  constexpr std::uint32_t escape(std::size_t& at) {
    const std::size_t begin = at;
    const char c = chars_[at++];
    std::size_t digits = 0;
    switch (c) {
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case 'x': digits = 2; break;
      case 'u': digits = 4; break;
      case 'U': digits = 8; break;
      case '"':
      case '\\':
      case '[':
      case ']':
      case '-':
      case '^': return static_cast<unsigned char>(c);
      default: return to_.fail(grammar_fault::syntax, begin - 1);
    }
    std::uint32_t v = 0;
    for (; digits > 0; --digits, ++at) {
      const char d = at < size_ ? chars_[at] : ' ';
      const int value = d >= '0' && d <= '9'   ? d - '0'
                        : d >= 'a' && d <= 'f' ? d - 'a' + 10
                        : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                               : -1;
      if (value < 0) return to_.fail(grammar_fault::syntax, begin - 1);
      v = v << 4U | static_cast<std::uint32_t>(value);
    }
    const bool surrogate = v >= 0xD800 && v <= 0xDFFF;
    return v > character_set::last_character || surrogate ? to_.fail(grammar_fault::syntax, begin - 1) : v;
  }

  const char* chars_;  // a pointer: each [] of a string_view takes a compiler six steps
  std::size_t size_;
  nfa& to_;
  growing<rule> rules_;
  growing<bool> reach_;             // (rules, rules)
  growing<std::size_t> automaton_;  // of each rule; none: it is put in the place of its name
};

}  // namespace mote::inline v0::detail
