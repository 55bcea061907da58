// SPDX-License-Identifier: BSL-1.0
// What a grammar admits, against recognizers that are written here without it: 10,000 drawn texts of each grammar are
// accepted, and of bounded languages every string is reached and none other.
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/decode/gbnf.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "../few_types.hpp"
#include "constrained_text.hpp"
#include "five_grammars.hpp"
#include "mote/core/rng.hpp"
#include "recognizers.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

using nested = gbnf<R"_(root ::= "(" root? ")" | "[" root? "]")_", 3>;
using orders = allowed<"on", "off", "on 5", "open the door", "offer">;
using any_json = gbnf<R"_(
root    ::= value
value   ::= object | array | string | number | "true" | "false" | "null"
object  ::= "{" (string ":" value ("," string ":" value)*)? "}"
array   ::= "[" (value ("," value)*)? "]"
string  ::= "\"" ([^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt]))* "\""
number  ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,6})? ([eE] [-+]? [0-9]{1,2})?
)_",
                      6>;

bool is_nested(std::string_view t) {
  if (t.empty() || t.size() % 2 != 0 || t.size() > 8) return false;
  for (std::size_t i = 0; i < t.size() / 2; ++i) {
    const char open = t[i], close = t[t.size() - 1 - i];
    if (!(open == '(' && close == ')') && !(open == '[' && close == ']')) return false;
  }
  return true;
}

const small_vocabulary& words() {
  static const small_vocabulary v(pieces_of("0123456789:()+-[]{}\",.eonf 51a", 140, 3));
  return v;
}

constexpr std::size_t drawn = mote_tests::few_types ? 1'000 : 10'000;  // of each

template <class Policy>
void are_accepted(const char* what, std::string_view wanted, const std::function<bool(std::string_view)>& accepts) {
  admission_of<Policy> admitted;
  REQUIRE(admitted.begin_with(words().view(), words().control));
  rng random(11);
  std::size_t ended = 0;
  std::set<std::string> distinct;
  for (std::size_t i = 0; i < drawn; ++i) {
    const drawn_text made = draw_text<Policy>(admitted, words(), wanted, i % 2 == 0, 120, random);
    INFO(what << ": " << made.text);
    REQUIRE(!made.dead_end);
    if (!made.ended) continue;
    REQUIRE(accepts(made.text));
    ++ended;
    distinct.insert(made.text);
  }
  INFO(what << ": " << ended << " ended, " << distinct.size() << " distinct");
  CHECK(ended > drawn / 10 * 7);
  CHECK(distinct.size() > 4);
}

template <class Policy>
bool takes(std::string_view text) {
  typename Policy::state at;
  for (const char c : text)
    if (!at.enter(static_cast<unsigned char>(c))) return false;
  return at.may_end();
}

}  // namespace

TEST_CASE("texts drawn of each grammar are accepted by a recognizer that does not know it") {
  are_accepted<times>("times", "", is_time);
  are_accepted<sums>("sums", ")", is_sum);
  are_accepted<quoted>("quoted", "\"", is_quoted);
  are_accepted<nested>("nested", "", is_nested);
  are_accepted<orders>("orders", "", [](std::string_view t) {
    return t == "on" || t == "off" || t == "on 5" || t == "open the door" || t == "offer";
  });
  are_accepted<any_json>("json", "\"]}", [](std::string_view t) { return nlohmann::json::accept(t); });
}

TEST_CASE("every string of a bounded language is reached, and none other") {
  std::set<std::string> expected;
  CHECK(every_text<orders>(words(), true) == std::set<std::string>{"on", "off", "on 5", "open the door", "offer"});

  for (int hour = 0; hour < 24; ++hour)
    for (int minute = 0; minute < 60; ++minute) {
      char text[8];
      std::snprintf(text, sizeof text, "%02d:%02d", hour, minute);
      expected.insert(text);
    }
  CHECK(every_text<times>(words(), false) == expected);

  expected.clear();
  std::set<std::string> level = {""};
  for (int depth = 0; depth < 4; ++depth) {  // the root and three calls
    std::set<std::string> next;
    for (const std::string& inner : level) {
      next.insert("(" + inner + ")");
      next.insert("[" + inner + "]");
    }
    expected.insert(next.begin(), next.end());
    level = next;
  }
  CHECK(every_text<nested>(words(), true) == expected);
  CHECK(expected.size() == 2 + 4 + 8 + 16);
}

TEST_CASE("the notation is read as llama.cpp reads it") {
  CHECK(takes<gbnf<"root ::= \"a\" | \"b\" \"c\"">>("bc"));
  CHECK_FALSE(takes<gbnf<"root ::= \"a\" | \"b\" \"c\"">>("ac"));
  CHECK(takes<gbnf<"root ::= \"ab\"{2}">>("abab"));
  CHECK_FALSE(takes<gbnf<"root ::= \"ab\"{2}">>("ab"));
  CHECK(takes<gbnf<"root ::= \"a\"{2,}">>("aaaaa"));
  CHECK_FALSE(takes<gbnf<"root ::= \"a\"{2,}">>("a"));
  CHECK(takes<gbnf<"root ::= \"a\"{0,12}">>("aaaaaaaaaaaa"));
  CHECK_FALSE(takes<gbnf<"root ::= \"a\"{0,12}">>("aaaaaaaaaaaaa"));
  CHECK(takes<gbnf<"root ::= \"\\x41\\u00e9\\U0001F600\\n\\t\\\"\"">>("A\xC3\xA9\xF0\x9F\x98\x80\n\t\""));
  CHECK(takes<gbnf<"root ::= [\\]a-]+">>("a-]"));
  CHECK(takes<gbnf<"root ::= . .">>("\xC3\xA9z"));
  CHECK_FALSE(takes<gbnf<"root ::= . .">>("\xC3\xA9"));
  CHECK(takes<gbnf<"root ::= [\xC3\xA0-\xC3\xBF]">>("\xC3\xA9"));
  CHECK_FALSE(takes<gbnf<"root ::= [\xC3\xA0-\xC3\xBF]">>("\xC3\x89"));
  CHECK(takes<gbnf<"# a comment\nroot ::= # another\n  other-rule\nother-rule ::= \"x\" | # none\n \"y\"\n">>("y"));
  CHECK(takes<gbnf<"root ::= (\"a\" (\"b\" | ) )* \"\"">>("aabab"));
}

TEST_CASE("faults are told with their place") {
  const auto fault_of = [](std::string_view text, std::size_t levels = 8) {
    detail::nfa n;
    detail::gbnf_parser(text, n);
    return detail::grammar_compiler(n, levels).sizes();
  };
  const auto is = [&](std::string_view text, grammar_fault fault, std::size_t at) {
    INFO(text);
    CHECK(fault_of(text).fault == fault);
    CHECK(fault_of(text).at == at);
  };
  is("root ::= \"a", grammar_fault::syntax, 9);
  is("root ::= [z-a]", grammar_fault::syntax, 10);
  is("root ::= []", grammar_fault::syntax, 9);
  is("root ::= (\"a\"", grammar_fault::syntax, 8);
  is("root ::= \"a\" )", grammar_fault::syntax, 13);
  is("root ::= \"a\"{2,1}", grammar_fault::syntax, 12);
  is("root ::= \"\\q\"", grammar_fault::syntax, 10);
  is("root ::= * \"a\"", grammar_fault::syntax, 9);
  is("root ::= \"a\"{0}", grammar_fault::syntax, 12);
  for (const char* no_utf8 : {"\xFF", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    is("root ::= \"a" + std::string(no_utf8) + "\"", grammar_fault::syntax, 11);
    is("root ::= [a" + std::string(no_utf8) + "]", grammar_fault::syntax, 11);
  }
  is("root ::= \"a\xC3\xA9\xF0\x9F\x98\x80\" [\xE2\x82\xAC]", grammar_fault::none, 0);
  is("= \"a\"", grammar_fault::syntax, 0);
  is("rot ::= \"a\"", grammar_fault::rule, 0);
  is("root ::= a", grammar_fault::rule, 9);
  is("root ::= \"a\" root ::= \"b\"", grammar_fault::twice, 13);
  is("root ::= \"a\" root", grammar_fault::no_string, 0);
  CHECK(fault_of("root ::= root \"a\" | \"b\"").fault == grammar_fault::left);
  CHECK(fault_of("root ::= a? root | \"b\" a ::= \"c\"").fault == grammar_fault::left);
  is("root ::= \"a\" root? \"a\"", grammar_fault::two_ways, 'a');
  CHECK(fault_of("root ::= x x ::= \"(\" x \")\" | y y ::= \"[\" z \"]\" z ::= \"<\" y \">\" | \"1\" x \"1\"").fault ==
        grammar_fault::no_string);
  CHECK(fault_of("root ::= \"a\" b \"c\" b ::= \"(\" c \")\" c ::= \"[\" b? \"]\"", 1).fault ==
        grammar_fault::too_deep);
  CHECK(fault_of("root ::= \"a\" b \"c\" b ::= \"(\" c \")\" c ::= \"[\" b? \"]\"", 2).fault == grammar_fault::none);
  CHECK(fault_of("root ::= [ab]{20000}").fault == grammar_fault::too_large);
}

TEST_CASE("a call at the end of a rule takes no level") {
  using list = gbnf<"root ::= \"a\" (\",\" root)?", 1>;
  CHECK(takes<list>("a,a,a,a,a,a"));
}

TEST_CASE("a vocabulary that cannot spell the grammar is found") {
  const small_vocabulary letters({"a", "b", "ab"}, false);
  CHECK(first_unspelled(letters.view(), letters.control, allowed<"ab">::bytes) == -1);
  CHECK(first_unspelled(letters.view(), letters.control, allowed<"abc">::bytes) == 'c');
  CHECK(first_unspelled(words().view(), words().control, allowed<"\x01\xFF">::bytes) == -1);
}

TEST_CASE("a place that is read from bytes is told from what is none") {
  const auto check = [](auto place) {
    CHECK(place.sound());
    std::uint16_t numbers[8] = {};  // node, depth, stack
    for (std::size_t i = 0; i < sizeof place / 2; ++i) {
      std::memcpy(numbers, &place, sizeof place);
      if (i > 3) numbers[1] = static_cast<std::uint16_t>(i - 1);  // the stack's depth: this number counts
      numbers[i] = 0x7000;
      auto other = place;
      std::memcpy(&other, numbers, sizeof other);
      INFO(i);
      CHECK_FALSE(other.sound());
    }
  };
  check(times::state{});
  sums::state deep;
  for (const char c : std::string_view("((1")) REQUIRE(deep.enter(static_cast<unsigned char>(c)));
  check(deep);
}
