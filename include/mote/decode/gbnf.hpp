// SPDX-License-Identifier: BSL-1.0
// Constraints by a grammar: what is said is a string of it, whole, if the answer's ending is `complete` or
// `end_of_text`.
//   allowed<"yes", "no", "I do not know">        one of these answers
//   gbnf<"root ::= [0-9]{1,3} (\" km\")?">       a grammar in GBNF, the notation of llama.cpp
//   gbnf<R"(root ::= "(" root? ")")", 16>        rules that call themselves, at most 16 calls inside one another
//   gbnf<R"(root ::= "room " copied [0-9]+)">    what is copied stands in a note of the prompt
//   copied<1, 24>                                such a text alone, of 1 to 24 bytes
// The tables are made while the program is compiled and lie in flash; an answer takes a few bytes of RAM.
// Refuses a grammar of which a byte does not say where it goes; and at attach() a vocabulary that cannot spell it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/gbnf_parser.hpp"
#include "mote/decode/grammar.hpp"
#include "mote/decode/grammar_builder.hpp"
#include "mote/decode/grammar_compiler.hpp"
#include "mote/decode/note_span.hpp"

namespace mote::inline v0 {

// Numbers with a type of their own, for messages: compilers print the type's name.
struct at_offset {
  std::size_t value;
};
struct needs_levels {
  std::size_t value;
};

template <grammar_fault Fault, auto Number>
struct grammar_check {
  using f = grammar_fault;
  template <f Kind>
  static constexpr bool is = Fault == Kind;
  static_assert(
      !is<f::syntax>,
      "mote: this is not GBNF at the offset that `at_offset` beside this message names; see docs/reference/constraint.md [mote-gbnf-syntax]");
  static_assert(
      !is<f::rule>,
      "mote: the grammar names a rule that it does not define, at the offset that `at_offset` beside this message names (0 means that `root` is missing); define it [mote-gbnf-rule]");
  static_assert(
      !is<f::twice>,
      "mote: the grammar defines a rule twice, the second time at the offset that `at_offset` beside this message names; keep one of them [mote-gbnf-twice]");
  static_assert(
      !is<f::left>,
      "mote: a rule of this grammar begins with itself; write it as a repetition, item (\",\" item)* [mote-gbnf-left]");
  static_assert(
      !is<f::two_ways>,
      "mote: in this grammar the byte that is named here goes on with a rule that calls itself or with what is copied, and also with something else; let them begin differently [mote-gbnf-two-ways]");
  static_assert(
      !is<f::no_string>,
      "mote: no string is of this grammar, since each way through it calls itself for ever; give a rule an end [mote-gbnf-endless]");
  static_assert(
      !is<f::too_deep>,
      "mote: no string of this grammar fits its levels; give gbnf<> as many as are named here [mote-gbnf-levels]");
  static_assert(
      !is<f::nothing>,
      "mote: an allowed<> or one_of<> without strings allows nothing; name them, as in allowed<\"yes\", \"no\"> [mote-allowed]");
  static_assert(
      !is<f::silent>,
      "mote: an answer of this allowed<> is empty, so nothing would be said; name what may be said, as in allowed<\"yes\", \"no\"> [mote-allowed-empty]");
  static_assert(!is<f::repeated>,
                "mote: a string of allowed<> or one_of<> stands there twice; keep one of them [mote-allowed-twice]");
  static_assert(
      !is<f::range>,
      "mote: a range of this schema holds nothing, or goes beyond 18 digits; let the least be at most the most [mote-json-range]");
  static_assert(!is<f::names>,
                "mote: two fields of an object<> have one name; give each a name of its own [mote-json-names]");
  static_assert(
      !is<f::unnamed>,
      "mote: a field of this object<> has no name; give it one, as in field<\"room\", ...> [mote-json-unnamed]");
  static_assert(
      !is<f::utf8>,
      "mote: a string of this schema is not UTF-8, and no parser takes such a text for JSON; write its characters as UTF-8 [mote-json-utf8]");
  static_assert(
      !is<f::kind>,
      "mote: this schema has what is no kind of value, or an object<> has what is no field<> or optional<>; take text<>, integer<> or another of docs/reference/json.md, or give a class of your own `static constexpr std::uint32_t emit(detail::nfa&, std::uint32_t next)` [mote-json-kind]");
  static_assert(
      !is<f::unescaped>,
      "mote: a pattern of matching<> takes a character that a JSON string must escape; leave quotes, backslashes and control characters out [mote-json-pattern]");
  static_assert(
      !is<f::copies>,
      "mote: what is copied here calls a rule that calls itself, or copies again; let it be a pattern of its own [mote-gbnf-copied]");
  static_assert(!is<f::too_large>, "mote: this grammar is too large; shorten its repetitions [mote-gbnf-large]");
};

namespace detail {

/// The number that the message about a fault names.
template <table_sizes Sizes>
constexpr auto number_of_fault() {
  if constexpr (Sizes.fault == grammar_fault::too_deep) return needs_levels{Sizes.at};
  else if constexpr (Sizes.fault == grammar_fault::two_ways) return static_cast<char>(Sizes.at);
  else return at_offset{Sizes.at};
}

/// The tables of Source, whose build(nfa&) says what the grammar is. Each constant has a compiler's budget of its own.
template <class Source, std::size_t Levels>
struct grammar_data {
  static constexpr table_sizes sizes = [] {
    nfa n;
    Source::build(n);
    return grammar_compiler(n, Levels).sizes();
  }();
  static constexpr bool sound = sizes.fault == grammar_fault::none;
  static constexpr std::size_t levels = sizes.calls_any ? Levels : 0;
  struct arrays {
    std::array<grammar_node, sound ? sizes.nodes : 2> nodes{};
    std::array<grammar_edge, sound && sizes.edges != 0 ? sizes.edges : 1> edges{};
    std::array<grammar_call, sound && sizes.calls != 0 ? sizes.calls : 1> calls{};
    std::array<grammar_copy, sound ? sizes.copies : 0> copies{};
  };
  static constexpr arrays all = [] {
    arrays a;
    if constexpr (sound) {
      nfa n;
      Source::build(n);
      grammar_compiler(n, Levels).write_to(a.nodes.data(), a.edges.data(), a.calls.data(), a.copies.data());
    }
    return a;
  }();
  static constexpr grammar_tables tables{all.nodes.data(),  all.edges.data(),  all.calls.data(),
                                         all.copies.data(), all.copies.size(), all.nodes.size() - 1};
};

/// The members of each constraint that is a grammar.
template <class Source, std::size_t Levels>
struct grammar_policy {
  using data = grammar_data<Source, Levels>;
  using state = std::conditional_t<data::all.copies.empty(), grammar_place<data::tables, data::levels>,
                                   copying_place<data::tables, data::levels == 0 ? 1 : data::levels>>;
  static constexpr byte_set bytes = data::sizes.bytes;
  /// Of its tables in flash.
  static constexpr std::size_t table_bytes = sizeof(typename data::arrays);
  template <class Chosen>
  using fault = unless<data::sound, grammar_check<data::sizes.fault, number_of_fault<data::sizes>()>>;
};

template <text_literal... Answers>
struct answers_source {
  static constexpr void build(nfa& n) {
    std::uint32_t start = 0;
    if (sizeof...(Answers) == 0) (void)n.fail(grammar_fault::nothing, 0);
    if ((Answers.view().empty() || ...)) (void)n.fail(grammar_fault::silent, 0);
    if (!all_differ({Answers.view()...})) (void)n.fail(grammar_fault::repeated, 0);
    [[maybe_unused]] bool first = true;
    ((start = first ? n.text(Answers.view(), 0) : n.split(n.text(Answers.view(), 0), start), first = false), ...);
    n.starts.push(start);
  }
};
template <std::size_t Least, std::size_t Most>
struct copied_source {
  static constexpr void build(nfa& n) {
    n.starts.push(0);
    const std::uint32_t start = copied_text(n, Least, Most, 0);
    n.starts[0] = start;
  }
};
template <text_literal Text>
struct gbnf_source {
  static constexpr void build(nfa& n) { gbnf_parser(Text.view(), n); }
};

}  // namespace detail

/// One of these answers.
template <text_literal... Answers>
struct allowed : detail::grammar_policy<detail::answers_source<Answers...>, 0> {
  using slot = slots::constraint;
};

/// A text of the notes in the prompt, of Least to Most bytes, whole words and numbers. Least = 0: or nothing.
template <std::size_t Least, std::size_t Most>
struct copied : detail::grammar_policy<detail::copied_source<Least, Most>, 1> {
  using slot = slots::constraint;
};

/// A grammar. Levels: how many calls of rules that call themselves may be inside one another.
template <text_literal Text, std::size_t Levels = 8>
struct gbnf : detail::grammar_policy<detail::gbnf_source<Text>, Levels> {
  using slot = slots::constraint;
};

}  // namespace mote::inline v0
