// SPDX-License-Identifier: BSL-1.0
// json<...>: what is said is one JSON value of a schema, written as a type, without blanks.
//   using namespace mote::schema;
//   json<object<field<"device", one_of<"lamp", "fan">>, field<"level", integer<0, 100>>, optional<"note", text<1, 9>>>>
//   array<integer<-40, 85>, 0, 4>      text<0, 8>      matching<"[A-Z]{2} [0-9]{4}">      boolean      null
//   copied<1, 24>                      a text of the notes in the prompt
// Fields come in the order of the type; an optional one may be left out. Numbers and lengths cannot leave their ranges.
// Refuses what a grammar cannot count: unique items, and fields in any order.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/slots.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/core/utf8.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/gbnf_parser.hpp"
#include "mote/decode/grammar_builder.hpp"

namespace mote::inline v0 {

namespace detail {

/// The text as a JSON string: quotes, and escapes for what must have them.
constexpr std::uint32_t json_quoted(nfa& n, std::string_view t, std::uint32_t next) {
  for (std::size_t i = 0; i < t.size();) {
    if (static_cast<unsigned char>(t[i]) < 0x80) {
      ++i;
      continue;
    }
    const character c = character_at(t, i);
    if (!c.valid) return n.fail(grammar_fault::utf8, i);
    i += c.bytes;
  }
  next = n.text("\"", next);
  for (std::size_t i = t.size(); i-- > 0;) {
    const auto b = static_cast<unsigned char>(t[i]);
    constexpr std::string_view digits = "0123456789abcdef";
    const auto last = b < 0x20 ? static_cast<unsigned char>(digits[b & 15U]) : b;
    next = n.bytes(last, last, next);
    if (b < 0x20) next = n.text(b < 0x10 ? "\\u000" : "\\u001", next);
    else if (b == '"' || b == '\\') next = n.text("\\", next);
  }
  return n.text("\"", next);
}

/// A character of a JSON string that needs no escape, then next: a call of an automaton that all strings share.
constexpr std::uint32_t json_character(nfa& n, std::uint32_t next) {
  if (n.json_character == 0) {
    character_set c;
    json_characters(c);
    n.json_character = static_cast<std::uint32_t>(n.starts.size());
    n.starts.push(c.emit(n, 0));
  }
  return n.call(n.json_character, next);
}

/// Decimal numbers of `digits` digits from low to high, both of which have as many.
constexpr std::uint32_t json_digits(nfa& n, std::uint64_t low, std::uint64_t high, unsigned digits,
                                    std::uint32_t next) {
  if (digits == 0) return next;
  std::uint64_t unit = 1;
  for (unsigned i = 1; i < digits; ++i) unit *= 10;
  const std::uint64_t first = low / unit, last = high / unit;  // the leading digits
  const auto one = [&](std::uint64_t a, std::uint64_t b, std::uint32_t rest) {
    return n.bytes(static_cast<std::uint32_t>('0' + a), static_cast<std::uint32_t>('0' + b), rest);
  };
  if (first == last) return one(first, first, json_digits(n, low % unit, high % unit, digits - 1, next));
  const bool from_least = low % unit == 0, to_most = high % unit == unit - 1;
  const std::uint64_t a = from_least ? first : first + 1;  // whole ranges: digits a to b, then any
  std::uint32_t start = 0;
  const auto join = [&](std::uint32_t more) { start = start == 0 ? more : n.split(more, start); };
  if (a <= last - (to_most ? 0U : 1U))
    join(one(a, to_most ? last : last - 1, json_digits(n, 0, unit - 1, digits - 1, next)));
  if (!from_least) join(one(first, first, json_digits(n, low % unit, unit - 1, digits - 1, next)));
  if (!to_most) join(one(last, last, json_digits(n, 0, high % unit, digits - 1, next)));
  return start;
}
/// Decimal numbers from low to high without leading zeros.
constexpr std::uint32_t json_range(nfa& n, std::uint64_t low, std::uint64_t high, std::uint32_t next) {
  std::uint32_t start = 0;
  std::uint64_t least = 0, most = 9;  // of the numbers of `digits` digits
  for (unsigned digits = 1; digits <= 19; ++digits) {
    const std::uint64_t a = low > least ? low : least, b = high < most ? high : most;
    if (a <= b) {
      const std::uint32_t one = json_digits(n, a, b, digits, next);
      start = start == 0 ? one : n.split(one, start);
    }
    if (high <= most) break;
    least = most + 1;
    most = most * 10 + 9;
  }
  return start;
}

/// Kind::emit(), or a fault where Kind has none: one sentence instead of a compiler's own errors.
template <class Kind>
constexpr std::uint32_t emit_kind(nfa& n, std::uint32_t next) {
  if constexpr (requires {
                  { Kind::emit(n, next) } -> std::same_as<std::uint32_t>;
                })
    return Kind::emit(n, next);
  else return n.fail(grammar_fault::kind, 0);
}

}  // namespace detail

namespace schema {

// Each kind of value has emit(nfa&, next): the states of one value, then `next`.

/// A whole number from Low to High.
template <std::int64_t Low, std::int64_t High>
struct integer {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    constexpr std::int64_t furthest = 999'999'999'999'999'999;
    if (Low > High || Low < -furthest || High > furthest) return n.fail(grammar_fault::range, 0);
    std::uint32_t start = 0;
    if (High >= 0)
      start =
          detail::json_range(n, Low > 0 ? static_cast<std::uint64_t>(Low) : 0, static_cast<std::uint64_t>(High), next);
    if (Low < 0) {
      const auto size = [](std::int64_t v) { return static_cast<std::uint64_t>(-(v + 1)) + 1; };
      const std::uint32_t less = n.text("-", detail::json_range(n, High < 0 ? size(High) : 1, size(Low), next));
      start = start == 0 ? less : n.split(less, start);
    }
    return start;
  }
};

/// A string of Least to Most characters, none of which needs an escape.
template <std::size_t Least, std::size_t Most>
struct text {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    if (Least > Most) return n.fail(grammar_fault::range, 0);
    const std::uint32_t end = n.text("\"", next);
    next = end;
    for (std::size_t i = Least; i < Most && n.fault == grammar_fault::none; ++i)
      next = n.split(detail::json_character(n, next), end);
    for (std::size_t i = 0; i < Least && n.fault == grammar_fault::none; ++i) next = detail::json_character(n, next);
    return n.text("\"", next);
  }
};

/// A string of a pattern in GBNF without rules, such as matching<"[A-Z]{2} \"-\" [0-9]{4}">.
template <text_literal Pattern>
struct matching {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    const std::uint32_t end = n.text("\"", next);
    const std::size_t before = n.states.size();
    const std::uint32_t start = detail::gbnf_parser::pattern(Pattern.view(), n, end);
    for (std::size_t i = before; i < n.states.size(); ++i) {
      const detail::nfa_state& s = n.states[i];
      const auto takes = [&](unsigned b) { return s.first <= b && b <= s.last; };
      if (s.kind == detail::nfa_kind::bytes && (s.first < 0x20 || takes('"') || takes('\\')))
        (void)n.fail(grammar_fault::unescaped, 0);
    }
    return n.text("\"", start);
  }
};

/// A string that stands in a note of the prompt: Least to Most bytes, whole words and numbers. Least = 0: or nothing.
template <std::size_t Least, std::size_t Most>
struct copied {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    return n.text("\"", detail::copied_text(n, Least, Most, n.text("\"", next)));
  }
};

/// One of these strings.
template <text_literal... Values>
struct one_of {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    if constexpr (sizeof...(Values) == 0) {
      return n.fail(grammar_fault::nothing, 0);
    } else {
      if (!detail::all_differ({Values.view()...})) return n.fail(grammar_fault::repeated, 0);
      std::uint32_t start = 0;
      bool first = true;
      ((start = first ? detail::json_quoted(n, Values.view(), next)
                      : n.split(detail::json_quoted(n, Values.view(), next), start),
        first = false),
       ...);
      return start;
    }
  }
};

struct boolean {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    return n.split(n.text("true", next), n.text("false", next));
  }
};
struct null {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) { return n.text("null", next); }
};

/// Least to Most values of one kind.
template <class Item, std::size_t Least, std::size_t Most>
struct array {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    if (Least > Most) return n.fail(grammar_fault::range, 0);
    const std::uint32_t end = n.text("]", next);
    std::uint32_t more = end;  // what follows item i: the end, or a comma and another
    for (std::size_t i = Most; i > 1 && n.fault == grammar_fault::none; --i) {
      const std::uint32_t another = n.text(",", detail::emit_kind<Item>(n, more));
      more = i - 1 >= Least ? n.split(another, end) : another;
    }
    std::uint32_t start = Most == 0 ? end : detail::emit_kind<Item>(n, more);
    if (Least == 0 && Most != 0) start = n.split(start, end);
    return n.text("[", start);
  }
};

/// A field of an object, and one that may be left out.
template <text_literal Name, class Value>
struct field {
  static constexpr std::string_view name = Name.view();
  static constexpr bool may_lack = false;
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    return detail::json_quoted(n, Name.view(), n.text(":", detail::emit_kind<Value>(n, next)));
  }
};
template <text_literal Name, class Value>
struct optional : field<Name, Value> {
  static constexpr bool may_lack = true;
};

/// Its fields, in this order.
template <class... Fields>
struct object {
  static constexpr std::uint32_t emit(detail::nfa& n, std::uint32_t next) {
    if constexpr ((is_field<Fields> && ...)) {
      if ((Fields::name.empty() || ...)) return n.fail(grammar_fault::unnamed, 0);
      if (!detail::all_differ({Fields::name...})) return n.fail(grammar_fault::names, 0);
      // From the last field to the first: what follows where no field was said yet, and where one was.
      const std::uint32_t end = n.text("}", next);
      std::uint32_t none = end, some = end;
      if constexpr (sizeof...(Fields) != 0) fields<Fields...>(n, none, some);
      return n.text("{", none);
    } else {
      return n.fail(grammar_fault::kind, 0);
    }
  }

 private:
  template <class Field>
  static constexpr bool is_field = requires { Field::name, Field::may_lack; };
  template <class First, class... Others>
  static constexpr void fields(detail::nfa& n, std::uint32_t& none, std::uint32_t& some) {
    if constexpr (sizeof...(Others) != 0) fields<Others...>(n, none, some);
    const std::uint32_t here = First::emit(n, some);
    const std::uint32_t behind = n.text(",", here);
    none = First::may_lack ? n.split(here, none) : here;
    some = First::may_lack ? n.split(behind, some) : behind;
  }
};

}  // namespace schema

namespace detail {

template <class Schema>
struct schema_source {
  static constexpr void build(nfa& n) {
    n.starts.push(0);
    const std::uint32_t start = emit_kind<Schema>(n, 0);
    n.starts[0] = start;
  }
};

}  // namespace detail

/// One JSON value of the schema.
template <class Schema>
struct json : detail::grammar_policy<detail::schema_source<Schema>, 1> {
  using slot = slots::constraint;
};

}  // namespace mote::inline v0
