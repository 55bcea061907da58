// SPDX-License-Identifier: BSL-1.0
// The first half of making a grammar's tables, while the program is compiled: a nondeterministic automaton over bytes,
// built from its end to its start. Characters become their UTF-8 bytes.
// Refuses to run on a board: every function is consteval, or used by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/core/utf8.hpp"

namespace mote::inline v0 {

/// What is wrong with a grammar.
enum class grammar_fault : std::uint8_t {
  none,
  syntax,     ///< the text is not GBNF at this offset
  rule,       ///< a rule is named that there is not, or `root` is missing
  twice,      ///< a rule is defined twice
  left,       ///< a rule begins with itself
  two_ways,   ///< after the same bytes, a byte has two ways to go that lie in different rules
  no_string,  ///< no string is of the grammar
  too_deep,   ///< no string is of the grammar within the levels of its stack
  range,      ///< a schema's range has nothing in it, or is wider than 18 digits
  unescaped,  ///< a pattern of a JSON string takes a character that must be escaped there
  nothing,    ///< no answer is listed
  repeated,   ///< an answer is listed twice
  silent,     ///< an answer is empty
  names,      ///< two fields of an object have one name
  unnamed,    ///< the name of a field is empty
  utf8,       ///< a string of a schema is no UTF-8
  kind,       ///< a schema has what is no kind of value
  copies,     ///< what is copied calls a rule, or copies again
  too_large,  ///< more states than the tables may hold
};

namespace detail {

/// A vector for compile time.
template <class T>
class growing {
 public:
  constexpr growing() = default;
  constexpr growing(const growing&) = delete;
  constexpr growing& operator=(const growing&) = delete;
  constexpr ~growing() { delete[] data_; }
  constexpr void push(const T& value) {
    if (size_ == room_) {
      const std::size_t room = room_ == 0 ? 16 : room_ * 2;
      T* more = new T[room]();
      for (std::size_t i = 0; i < size_; ++i) more[i] = data_[i];
      delete[] data_;
      data_ = more;
      room_ = room;
    }
    data_[size_++] = value;
  }
  constexpr void fill(std::size_t size, const T& value) {
    clear();
    for (std::size_t i = 0; i < size; ++i) push(value);
  }
  constexpr void clear() { size_ = 0; }
  constexpr void pop() { --size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr T& operator[](std::size_t i) { return data_[i]; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

enum class nfa_kind : std::uint8_t { end, bytes, split, call };

/// bytes: one of [first, last] leads to next. split: next or other, without a byte. call: automaton `other`, then next.
struct nfa_state {
  nfa_kind kind = nfa_kind::end;
  std::uint8_t first = 0, last = 0;
  std::uint32_t next = 0, other = 0;
};

/// An automaton whose texts must also stand in a note, of `least` to `most` bytes. `key`: the place in the text `of`
/// that made it.
struct nfa_copy {
  std::uint32_t automaton = 0;
  std::uint16_t least = 0, most = 0xFFFF;
  std::size_t key = 0;
  std::string_view of{};
};

/// State 0 is the end of every automaton. starts[k]: the start of automaton k; automaton 0 is the root's.
struct nfa {
  growing<nfa_state> states;
  growing<std::uint32_t> starts;
  growing<nfa_copy> copies;
  std::uint32_t json_character = 0;  ///< the automaton of a character of a JSON string; 0: none yet
  grammar_fault fault = grammar_fault::none;
  std::size_t at = 0;  ///< of the fault: an offset in the text

  /// About what Clang computes in its default limit of a million steps, thirty a unit: a grammar beyond it gets a
  /// sentence instead.
  static constexpr std::size_t most_work = 30'000;
  std::size_t work = 0;

  constexpr nfa() { states.push({}); }
  constexpr std::uint32_t fail(grammar_fault why, std::size_t where) {
    if (fault == grammar_fault::none) {
      fault = why;
      at = where;
    }
    return 0;
  }
  /// Counts work; true where it is too much.
  constexpr bool tired(std::size_t units = 1) {
    work += units;
    if (work > most_work) (void)fail(grammar_fault::too_large, 0);
    return work > most_work;
  }
  constexpr std::uint32_t add(const nfa_state& s) {
    if (tired(2)) return 0;
    states.push(s);
    return static_cast<std::uint32_t>(states.size() - 1);
  }
  constexpr std::uint32_t bytes(std::uint32_t first, std::uint32_t last, std::uint32_t next) {
    return add({nfa_kind::bytes, static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last), next, 0});
  }
  constexpr std::uint32_t split(std::uint32_t a, std::uint32_t b) { return add({nfa_kind::split, 0, 0, a, b}); }
  constexpr std::uint32_t call(std::uint32_t automaton, std::uint32_t next) {
    return add({nfa_kind::call, 0, 0, next, automaton});
  }
  /// A call of the automaton that copies: that of the same least, most, key and text, or one whose start build() makes.
  template <class Build>
  constexpr std::uint32_t copy(nfa_copy c, std::uint32_t next, Build&& build) {
    for (std::size_t i = 0; i < copies.size(); ++i)
      if (copies[i].least == c.least && copies[i].most == c.most && copies[i].key == c.key && copies[i].of == c.of)
        return call(copies[i].automaton, next);
    const std::size_t before = states.size();
    const std::uint32_t start = build();
    for (std::size_t i = before; i < states.size(); ++i)
      if (states[i].kind == nfa_kind::call) return fail(grammar_fault::copies, c.key);
    c.automaton = static_cast<std::uint32_t>(starts.size());
    starts.push(start);
    copies.push(c);
    return call(c.automaton, next);
  }
  constexpr std::uint32_t text(std::string_view t, std::uint32_t next) {
    for (std::size_t i = t.size(); i-- > 0;) {
      const auto b = static_cast<unsigned char>(t[i]);
      next = bytes(b, b, next);
    }
    return next;
  }
};

/// Characters as ranges [first, last] of code points: a class of a grammar.
struct character_range {
  std::uint32_t first = 0, last = 0;
};

class character_set {
 public:
  constexpr void add(std::uint32_t first, std::uint32_t last) { ranges_.push({first, last}); }
  /// Turns it into ascending ranges that do not touch, without surrogates; inverted: those of all other characters.
  constexpr void settle(bool inverted) {
    for (std::size_t i = 1; i < ranges_.size(); ++i)
      for (std::size_t j = i; j > 0 && ranges_[j].first < ranges_[j - 1].first; --j) {
        const character_range r = ranges_[j];
        ranges_[j] = ranges_[j - 1];
        ranges_[j - 1] = r;
      }
    growing<character_range> joined;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      if (joined.size() != 0 && ranges_[i].first <= joined[joined.size() - 1].last + 1) {
        character_range& before = joined[joined.size() - 1];
        if (ranges_[i].last > before.last) before.last = ranges_[i].last;
      } else {
        joined.push(ranges_[i]);
      }
    }
    ranges_.clear();
    std::uint32_t from = 0;
    for (std::size_t i = 0; inverted && i < joined.size(); ++i) {
      if (joined[i].first > from) characters(from, joined[i].first - 1);
      from = joined[i].last + 1;
    }
    if (inverted && from <= last_character) characters(from, last_character);
    for (std::size_t i = 0; !inverted && i < joined.size(); ++i) characters(joined[i].first, joined[i].last);
  }
  /// One character of it, then next.
  constexpr std::uint32_t emit(nfa& to, std::uint32_t next) const {
    std::uint32_t start = 0;
    std::uint32_t tails[3] = {next, 0, 0};  // next after 0, 1, 2 continuation bytes of any value
    for (std::size_t i = 0; i < ranges_.size(); ++i)
      for (std::uint32_t first = ranges_[i].first; first <= ranges_[i].last && !to.tired(4);) {
        const std::uint32_t last = same_length(first, ranges_[i].last);
        std::uint8_t low[4], high[4];
        const std::size_t n = put_utf8(first, low);
        (void)put_utf8(last, high);
        join(to, start, sequence(to, low, high, n, next, tails));
        first = last + 1;
      }
    return start;
  }
  constexpr bool empty() const { return ranges_.size() == 0; }
  static constexpr std::uint32_t last_character = 0x10FFFF;

 private:
  constexpr void characters(std::uint32_t first, std::uint32_t last) {
    if (first < 0xD800 && last >= 0xD800) {
      ranges_.push({first, 0xD7FF});
      if (last > 0xDFFF) ranges_.push({0xE000, last});
    } else if (first >= 0xD800 && first <= 0xDFFF) {
      if (last > 0xDFFF) ranges_.push({0xE000, last});
    } else {
      ranges_.push({first, last});
    }
  }
  static constexpr std::uint32_t same_length(std::uint32_t first, std::uint32_t last) {
    for (const std::uint32_t end : {0x7FU, 0x7FFU, 0xFFFFU})
      if (first <= end && last > end) return end;
    return last;
  }
  static constexpr void join(nfa& to, std::uint32_t& start, std::uint32_t more) {
    start = start == 0 ? more : to.split(more, start);
  }
  static constexpr std::uint32_t any_tail(nfa& to, std::uint32_t (&tails)[3], std::size_t n, std::uint32_t next) {
    if (n == 0) return next;
    if (n < 3 && tails[n] != 0) return tails[n];
    const std::uint32_t s = to.bytes(0x80, 0xBF, any_tail(to, tails, n - 1, next));
    return n < 3 ? tails[n] = s : s;
  }
  /// All sequences of n bytes between two, whose continuation bytes go from 0x80 to 0xBF.
  static constexpr std::uint32_t sequence(nfa& to, const std::uint8_t* low, const std::uint8_t* high, std::size_t n,
                                          std::uint32_t next, std::uint32_t (&tails)[3]) {
    if (n == 1) return to.bytes(low[0], high[0], next);
    bool from_least = true, to_most = true;
    for (std::size_t i = 1; i < n; ++i) {
      from_least = from_least && low[i] == 0x80;
      to_most = to_most && high[i] == 0xBF;
    }
    if (from_least && to_most) return to.bytes(low[0], high[0], any_tail(to, tails, n - 1, next));
    if (low[0] == high[0]) return to.bytes(low[0], high[0], sequence(to, low + 1, high + 1, n - 1, next, tails));
    constexpr std::uint8_t least[3] = {0x80, 0x80, 0x80}, most[3] = {0xBF, 0xBF, 0xBF};
    std::uint32_t first = low[0], last = high[0], start = 0;
    if (!from_least) {
      join(to, start, to.bytes(first, first, sequence(to, low + 1, most, n - 1, next, tails)));
      ++first;
    }
    if (!to_most) {
      join(to, start, to.bytes(last, last, sequence(to, least, high + 1, n - 1, next, tails)));
      --last;
    }
    if (first <= last) join(to, start, to.bytes(first, last, any_tail(to, tails, n - 1, next)));
    return start;
  }

  growing<character_range> ranges_;
};

/// The characters of a JSON string that need no escape.
constexpr void json_characters(character_set& c) {
  c.add(0, 0x1F);
  c.add('"', '"');
  c.add('\\', '\\');
  c.add(0x7F, 0x7F);
  c.settle(true);
}

/// A text of the notes, of least to most bytes, without a character that a JSON string must escape; then next.
constexpr std::uint32_t copied_text(nfa& n, std::size_t least, std::size_t most, std::uint32_t next) {
  if (least > most || most == 0 || most > 0xFFFF) return n.fail(grammar_fault::range, 0);
  const nfa_copy c{.least = static_cast<std::uint16_t>(least), .most = static_cast<std::uint16_t>(most)};
  return n.copy(c, next, [&] {
    character_set any;
    json_characters(any);
    const std::uint32_t loop = n.split(0, 0);
    const std::uint32_t body = any.emit(n, loop);
    n.states[loop].next = body;
    return least == 0 ? loop : body;
  });
}

}  // namespace detail

}  // namespace mote::inline v0
