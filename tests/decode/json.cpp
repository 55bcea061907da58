// SPDX-License-Identifier: BSL-1.0
// What a schema admits: 10,000 drawn values are read by nlohmann-json and checked by hand, and of bounded schemas every
// value is reached and none other.
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/decode/json.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "../few_types.hpp"
#include "constrained_text.hpp"
#include "five_grammars.hpp"
#include "mote/core/rng.hpp"
#include "recognizers.hpp"

using namespace mote_tests;
using namespace mote::schema;
using mote::json;

namespace {

const small_vocabulary& words() {
  static const small_vocabulary v(pieces_of("0123456789-:[]{}\",aelmnprtu", 140, 4));
  return v;
}

template <class Policy>
std::set<std::string> every() {
  return every_text<Policy>(words(), false);
}

template <class Policy>
bool takes(std::string_view text) {
  typename Policy::state at;
  for (const char c : text)
    if (!at.enter(static_cast<unsigned char>(c))) return false;
  return at.may_end();
}

template <std::int64_t Low, std::int64_t High>
void check_range() {
  using numbers = json<integer<Low, High>>;
  for (std::int64_t n = -2500; n <= 2500; ++n) {
    INFO(Low << ".." << High << ": " << n);
    REQUIRE(takes<numbers>(std::to_string(n)) == (n >= Low && n <= High));
  }
  CHECK_FALSE(takes<numbers>("-0"));
  CHECK_FALSE(takes<numbers>("00"));
  CHECK_FALSE(takes<numbers>("01"));
  CHECK_FALSE(takes<numbers>(""));
  CHECK_FALSE(takes<numbers>("-"));
}

}  // namespace

TEST_CASE("values drawn of a schema are JSON of that schema") {
  admission_of<order> admitted;
  REQUIRE(admitted.begin_with(words().view(), words().control));
  mote::rng random(21);
  std::size_t lacking = 0;
  std::set<std::string> distinct;
  constexpr std::size_t drawn = mote_tests::few_types ? 1'000 : 10'000;
  for (std::size_t i = 0; i < drawn; ++i) {
    const drawn_text made = draw_text<order>(admitted, words(), "\"", i % 2 == 0, 300, random);
    INFO(made.text);
    REQUIRE(made.ended);
    REQUIRE(is_order(made.text));
    lacking += nlohmann::json::parse(made.text).size() < 6 ? 1U : 0U;
    distinct.insert(made.text);
  }
  CHECK(lacking > drawn / 10);
  CHECK(distinct.size() > drawn / 2);
}

TEST_CASE("a range of numbers has each of them, and none other") {
  check_range<0, 0>();
  check_range<0, 9>();
  check_range<-12, 105>();
  check_range<7, 2047>();
  check_range<100, 999>();
  check_range<-2048, -1>();
  check_range<-999, -37>();
  check_range<-5, 0>();
  check_range<19, 21>();
  using wide = json<integer<-999'999'999'999'999'999, 999'999'999'999'999'999>>;
  CHECK(takes<wide>("-999999999999999999"));
  CHECK_FALSE(takes<wide>("1000000000000000000"));
}

TEST_CASE("every value of a bounded schema is reached, and none other") {
  using three = json<object<optional<"a", boolean>, field<"b", one_of<"x", "y">>, optional<"c", null>>>;
  std::set<std::string> expected;
  for (const char* a : {"", "\"a\":true,", "\"a\":false,"})
    for (const char* b : {"\"x\"", "\"y\""})
      for (const char* c : {"", ",\"c\":null"}) expected.insert(std::string("{") + a + "\"b\":" + b + c + "}");
  CHECK(every<three>() == expected);

  using optionals = json<object<optional<"a", null>, optional<"b", null>>>;
  CHECK(every<optionals>() == std::set<std::string>{"{}", "{\"a\":null}", "{\"b\":null}", "{\"a\":null,\"b\":null}"});

  CHECK(every<json<array<integer<1, 2>, 0, 2>>>() ==
        std::set<std::string>{"[]", "[1]", "[2]", "[1,1]", "[1,2]", "[2,1]", "[2,2]"});
  CHECK(every<json<array<null, 2, 3>>>() == std::set<std::string>{"[null,null]", "[null,null,null]"});
  CHECK(every<json<array<null, 0, 0>>>() == std::set<std::string>{"[]"});
  CHECK(every<json<object<>>>() == std::set<std::string>{"{}"});
}

TEST_CASE("a string that is no UTF-8 is no string of a schema") {
  const auto fault_of = [](std::string_view text) {
    mote::detail::nfa n;
    n.starts.push(0);
    (void)mote::detail::json_quoted(n, text, 0);
    return n.fault;
  };
  CHECK(fault_of("Zo\xC3\xAB \xE2\x82\xAC \xF0\x9F\x98\x80\x7F") == mote::grammar_fault::none);
  for (const char* text : {"Zo\xEB", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    CHECK(fault_of(text) == mote::grammar_fault::utf8);
  CHECK(takes<json<one_of<"Zo\xC3\xAB">>>("\"Zo\xC3\xAB\""));
}

TEST_CASE("texts have the characters that need no escape, as many as said") {
  using name = json<text<2, 3>>;
  CHECK(takes<name>("\"ab\""));
  CHECK(takes<name>("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""));
  CHECK_FALSE(takes<name>("\"a\""));
  CHECK_FALSE(takes<name>("\"abcd\""));
  CHECK_FALSE(takes<name>("\"a\\\"\""));
  CHECK_FALSE(takes<name>("\"a\n\""));
  CHECK_FALSE(takes<name>("\"a\xC3\""));
  CHECK(takes<json<text<0, 1>>>("\"\""));
  // All strings share the automaton of a character: a further one costs a node, its edges and a call.
  CHECK(json<text<0, 41>>::table_bytes - json<text<0, 40>>::table_bytes <= 32);
}
