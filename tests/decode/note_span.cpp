// SPDX-License-Identifier: BSL-1.0
// What may be copied from notes, against a reading of the notes that is written here without it: every span is reached
// and nothing else, drawn values of a schema are spans, and no note makes an answer that is not JSON.
#include "mote/decode/note_span.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../few_types.hpp"
#include "../synthetic_model.hpp"
#include "constrained_text.hpp"
#include "mote/core/rng.hpp"
#include "mote/decode/banned.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/decode/sample.hpp"
#include "mote/mote.hpp"

using namespace mote_tests;
using mote::copied;
using mote::gbnf;
using mote::json;
namespace schema = mote::schema;

namespace {

using texts = std::vector<std::string_view>;

const small_vocabulary& words() {
  static const small_vocabulary v([] {
    auto pieces = pieces_of("0123456789-. :ae", 40, 9);
    for (const char* more : {"B-", " 4", "71", "7-1", "12.", ".50", " is", "\xC3\xA9", "\xC3", "r\xC3\xA9"})
      pieces.emplace_back(more);
    return pieces;
  }());
  return v;
}

/// Characters of well-formed UTF-8, or single bytes; ASCII is told apart, and other letters are letters.
struct reading {
  std::vector<std::string> characters;
  std::vector<bool> inside;  // inside[i]: characters i - 1 and i belong to one value

  explicit reading(std::string_view t) {
    for (std::size_t i = 0; i < t.size();) {
      const auto lead = static_cast<unsigned char>(t[i]);
      std::size_t n = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
      for (std::size_t k = 1; k < n; ++k)
        if (i + k >= t.size() || (static_cast<unsigned char>(t[i + k]) & 0xC0U) != 0x80U) n = 1;
      if (n == 3 && lead == 0xED && static_cast<unsigned char>(t[i + 1]) >= 0xA0) n = 1;  // a surrogate
      characters.emplace_back(t.substr(i, n));
      i += n;
    }
    inside.assign(characters.size() + 1, false);
    for (std::size_t i = 0; i < characters.size();) i = value(i);
  }
  bool digit(std::size_t i) const {
    return i < characters.size() && characters[i].size() == 1 && characters[i][0] >= '0' && characters[i][0] <= '9';
  }
  bool word(std::size_t i) const {
    if (i >= characters.size()) return false;
    const char c = characters[i][0];
    return digit(i) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || characters[i].size() == 2;
  }
  bool is(std::size_t i, std::string_view any) const {
    return i < characters.size() && characters[i].size() == 1 && any.find(characters[i][0]) != std::string_view::npos;
  }
  /// Marks one value that begins at i, and returns where it ends.
  std::size_t value(std::size_t i) {
    const bool sign = is(i, "+-") && digit(i + 1);
    if (!sign && !word(i)) return i + 1;
    std::size_t end = i + 1;
    for (;; ++end) {
      const bool joint = word(end - 1) && word(end + 1) && is(end, ".-/@_'");
      const bool of_digits = digit(end - 1) && digit(end + 1) && is(end, ",:");
      const bool behind_one = word(end) && !word(end - 1);  // the word behind a sign or a joint
      if (!(word(end) && word(end - 1)) && !joint && !of_digits && !behind_one) break;
      inside[end] = true;
    }
    return end;
  }
  void spans(std::size_t least, std::size_t most, std::set<std::string>& all) const {
    for (std::size_t i = 0; i < characters.size(); ++i) {
      if (is(i, ".,;:!?") && (i + 1 == characters.size() || is(i + 1, " "))) continue;
      std::string text;
      for (std::size_t j = i; j < characters.size() && !inside[i] && !is(i, " "); ++j) {
        const auto c = static_cast<unsigned char>(characters[j][0]);
        if ((characters[j].size() == 1 && c >= 0x80) || c < 0x20 || c == '"' || c == '\\' || c == 0x7F) break;
        text += characters[j];
        if (!inside[j + 1] && !is(j, " .,;:!?") && text.size() >= least && text.size() <= most) all.insert(text);
      }
    }
  }
};
std::set<std::string> spans_of(const texts& notes, std::size_t least, std::size_t most) {
  std::set<std::string> all;
  for (const std::string_view n : notes) reading(n).spans(least, most, all);
  return all;
}

template <class Policy>
std::set<std::string> every(const texts& notes) {
  admission_of<Policy> start;
  REQUIRE(start.begin_with(words().view(), words().control));
  if (!start.begin(notes)) return {};
  return every_text<Policy>(words(), false, start);
}

const texts some{"The code is B-MX 4711.", "Call +49 30 555-0134, or 12.50 at 7:45!", "caf\xC3\xA9 caf\xC3\xA9s 4711",
                 "2027-03-14 anna.berg@home.org, room 12a"};
/// Quotes, braces, marks, controls, a cut character, an overlong one, a surrogate, NUL.
const texts hostile{"a \"b\" {c} [d], \\e\\",
                    "\"}{\"x\":1}",
                    "k\xC3",
                    "\xE2\x82 l \xC0\xAF m \xED\xA0\x80 n",
                    "o\np\tq\x7Fr",
                    std::string_view("s\0t", 3),
                    "\xF0\x9F\x94\x91 u \xF0\x9F",
                    "-",
                    "",
                    " ",
                    "..."};

}  // namespace

TEST_CASE("every span of the notes is reached, and nothing else") {
  CHECK(every<copied<1, 9>>(some) == spans_of(some, 1, 9));
  CHECK(every<copied<4, 64>>(texts{some[0]}) == spans_of(texts{some[0]}, 4, 64));
  CHECK(spans_of(some, 1, 9).contains("+49 30") == true);
  CHECK(spans_of(some, 1, 9).contains("49 30") == false);
  CHECK(every<copied<1, 24>>(hostile) == spans_of(hostile, 1, 24));
  CHECK(every<copied<1, 24>>(hostile).size() > 10);
}

TEST_CASE("no part of a number, of a word or of what a sign joins is a span") {
  const auto is_span = [](std::string_view note, std::string_view text) {
    return every<copied<1, 40>>(texts{note}).contains(std::string(text));
  };
  CHECK(is_span("our name: Tom", "Tom"));
  CHECK(is_span("our name: Tom", "name: Tom"));
  CHECK_FALSE(is_span("our name: Tom", ": Tom"));
  CHECK(is_span("port :80", ":80"));
  CHECK(is_span("it costs 12.50 today", "12.50"));
  CHECK_FALSE(is_span("it costs 12.50 today", "12"));
  CHECK_FALSE(is_span("it costs 12.50 today", "50"));
  CHECK_FALSE(is_span("it costs 12.50 today", "12.5"));
  CHECK(is_span("minus -5.", "-5"));
  CHECK_FALSE(is_span("minus -5.", "5"));
  CHECK(is_span("10-5", "10-5"));
  CHECK_FALSE(is_span("10-5", "-5"));
  CHECK(
      is_span("it is \xE2\x82\xAC"
              "30.",
              "30"));
  CHECK_FALSE(
      is_span("it is \xE2\x88\x92"
              "30.",
              "30"));
  CHECK_FALSE(is_span("it is 30. ", "30."));
  CHECK(is_span("\xE9\xA1\x9E\xE5\x8D\x98", "\xE5\x8D\x98"));  // no blanks between words
  CHECK_FALSE(is_span("\xC3\xA9\xC3\xA9", "\xC3\xA9"));
}

TEST_CASE("values drawn of a schema have a span where it names one, whatever stands in the notes") {
  using order = json<schema::object<schema::field<"c", schema::copied<1, 16>>,
                                    schema::optional<"r", schema::array<schema::copied<0, 8>, 1, 2>>>>;
  static admission_of<order> admitted;
  REQUIRE(admitted.begin_with(words().view(), words().control));
  mote::rng random(31);
  const texts notes{some[0], hostile[0], hostile[1], hostile[3]};
  const std::set<std::string> codes = spans_of(notes, 1, 16);
  std::set<std::string> rooms = spans_of(notes, 1, 8);
  rooms.insert("");
  std::set<std::string> seen;
  constexpr std::size_t drawn = mote_tests::few_types ? 1'000 : 10'000;
  for (std::size_t i = 0; i < drawn; ++i) {
    const drawn_text made = draw_text<order>(admitted, words(), "\"", i % 2 == 0, 300, random, notes);
    INFO(made.text);
    REQUIRE(made.ended);
    const auto v = nlohmann::json::parse(made.text, nullptr, false);
    REQUIRE(v.is_object());
    const std::string code = v.at("c");
    REQUIRE(codes.contains(code));
    seen.insert(code);
    if (v.contains("r"))
      for (const std::string room : v.at("r")) REQUIRE(rooms.contains(room));
  }
  CHECK(seen.size() * 2 > codes.size());
}

TEST_CASE("a pattern is copied, and free text stands around it") {
  CHECK(every<gbnf<"root ::= \"room \" copied [0-9]+ \", \" [ab]">>(texts{"in 12 or 7, at 7:45"}) ==
        std::set<std::string>{"room 12, a", "room 12, b", "room 7, a", "room 7, b"});
  using plate = gbnf<"root ::= copied ([A-Z]{1,3} \"-\" [A-Z]{1,2} \" \" [0-9]{1,4})">;
  CHECK(every<plate>(some) == std::set<std::string>{"B-MX 4711"});
  using free_text = gbnf<"root ::= [xy]{0,2} \"'\" copied [^']{2,5} \"'\" \"!\"?">;
  std::set<std::string> around;
  for (const char* front : {"", "x", "y", "xx", "xy", "yx", "yy"})
    for (const char* span : {"room", "12a", "B-7"})
      for (const char* end : {"", "!"}) around.insert(std::string(front) + "'" + span + "'" + end);
  CHECK(every<free_text>(texts{"room 12a", "B-7?"}) == around);
  using two = gbnf<R"_(root ::= (copied [0-9]{1,2} ";"){2})_">;
  CHECK(every<two>(texts{"1 22 333"}) == std::set<std::string>{"1;1;", "1;22;", "22;1;", "22;22;"});
  CHECK(two::table_bytes - gbnf<R"_(root ::= (copied [0-9]{1,2} ";"){1})_">::table_bytes < 40);  // one automaton
  // In a schema each pattern copies what it says itself, also where `copied` stands at the same place of two.
  using pair = json<schema::object<schema::field<"a", schema::matching<"copied [0-9]+">>,
                                   schema::field<"b", schema::matching<"copied [a-z]+">>>>;
  CHECK(every<pair>(texts{"code 4711 red"}) ==
        std::set<std::string>{R"({"a":"4711","b":"code"})", R"({"a":"4711","b":"red"})"});
  using digits = schema::matching<"copied [0-9]{1,4}">;
  CHECK(json<schema::array<digits, 2, 2>>::table_bytes - json<schema::array<digits, 1, 1>>::table_bytes < 40);
  using named = gbnf<"root ::= copied copied ::= \"x\"">;  // a rule of that name is a rule
  static_assert(!mote::copies_notes<named::state>);
}

TEST_CASE("notes without a span") {
  admission_of<copied<1, 8>> must;
  CHECK_FALSE(must.begin(texts{}));
  CHECK_FALSE(must.begin(texts{"verylongword"}));
  CHECK(must.begin(texts{"verylongword", "x"}));
  CHECK(every<copied<0, 8>>(texts{}) == std::set<std::string>{""});
  CHECK(every<gbnf<"root ::= \"(\" copied [0-9]* \")\"">>(texts{"no number"}) == std::set<std::string>{"()"});
  CHECK(every<mote::without<copied<1, 8>, "b">>(texts{"a", "b", "c"}) == std::set<std::string>{"a", "c"});
}

TEST_CASE("faults of what is copied") {
  const auto fault_of = [](std::string_view text) {
    mote::detail::nfa n;
    mote::detail::gbnf_parser(text, n);
    return mote::detail::grammar_compiler(n, 8).sizes().fault;
  };
  using f = mote::grammar_fault;
  CHECK(fault_of("root ::= copied [0-9]+ \".\"") == f::none);
  CHECK(fault_of("root ::= copied [0-9]+ [0-9]") == f::two_ways);
  CHECK(fault_of("root ::= copied") == f::syntax);
  CHECK(fault_of("root ::= copied * \"a\"") == f::syntax);
  CHECK(fault_of("root ::= copied a a ::= \"(\" a? \")\"") == f::copies);
  CHECK(fault_of("root ::= copied (\"a\" copied \"b\")") == f::copies);
  CHECK(fault_of("root ::= copied a a ::= \"b\"+") == f::none);
  mote::detail::nfa n;
  n.starts.push(0);
  (void)mote::detail::copied_text(n, 3, 2, 0);
  CHECK(n.fault == f::range);
}

TEST_CASE("a pipeline says spans of the notes in its prompt, with drafts and without") {
  using recall = mote::rag<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 48}>, mote::rag_knobs{.tokens = 48}>;
  using span = gbnf<"root ::= \"it is \" copied [a-z0-9-]{1,8}">;
  constexpr mote::sample_knobs hot{.temperature = 2};
  constexpr mote::draft_knobs always{.batch_cost = 0, .measured = false};
  using plain = mote::pipeline<synthetic, mote::context<128>, recall, span, mote::sample<hot>>;
  using drafting = mote::pipeline<synthetic, mote::context<128>, recall, span, mote::sample<hot>,
                                  mote::gated<mote::ngram<64>, always>>;
  const auto image = synthetic_image<plain>();
  const auto a = std::make_unique<plain>();
  const auto b = std::make_unique<drafting>();
  REQUIRE(a->attach(image) == mote::status::ok);
  REQUIRE(b->attach(image) == mote::status::ok);
  CHECK(a->begin("the code?") == mote::status::no_span);  // no note
  CHECK(a->ending() == mote::ending::failed);
  CHECK(a->step().state == mote::status::no_span);

  const auto say = [](auto& ai, std::string_view question) {
    std::string text;
    auto answer = ai.ask(question, 24);
    for (std::string_view piece : answer) text += piece;
    CHECK((answer.ending() == mote::ending::complete || answer.ending() == mote::ending::end_of_text));
    return text;
  };
  for (const std::string_view note :
       {"the code is b-71 or 400.", "another thing, of no use", "a code of the long kind: 0123456789"}) {
    REQUIRE(a->remember(note) == mote::status::ok);
    REQUIRE(b->remember(note) == mote::status::ok);
  }
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    a->seed(seed);
    b->seed(seed);
    const std::string text = say(*a, "the code?");
    CHECK(text == say(*b, "the code?"));
    seen.insert(text);
  }
  CHECK(a->recalled_items() == 1);  // the other one with a code does not fit beside it
  for (const std::string& text : seen) {
    INFO(text);
    CHECK(std::set<std::string>{"the", "a", "code", "of", "long", "kind"}.contains(text.substr(6)));
  }
  CHECK(seen.size() > 3);

  REQUIRE(a->begin("the code?") == mote::status::ok);
  REQUIRE(a->remember("the code was 5") == mote::status::ok);  // notes may move, so the answer ends
  CHECK(a->ending() == mote::ending::stopped);
}

TEST_CASE("a place in notes that is read from bytes is told from what is none, and what is taken stays in its notes") {
  using order = gbnf<R"_(root ::= "<" copied [a-z0-9. ]{2,12} ">" ("(" root ")")?)_", 3>;
  using banned = mote::without<order, "<ab", "12">;
  const texts notes{"the code is b-71 or 400.", "12.50 in all"};
  const auto check = [&]<class Place>(Place at) {
    REQUIRE(at.begin(notes));
    for (const char c : std::string_view("<12.50>(<co"))
      if (!at.enter(static_cast<unsigned char>(c))) break;
    CHECK(at.sound());
    Place moved = at;
    const texts same{std::string_view("the code is b-71 or 400."), std::string_view("12.50 in all")};
    moved.take_notes(same);
    CHECK(moved.sound());
    for (unsigned b = 0; b < 256; ++b) {
      Place here = at, there = moved;
      CHECK(here.enter(static_cast<unsigned char>(b)) == there.enter(static_cast<unsigned char>(b)));
    }
    moved.take_notes({});
    CHECK_FALSE(moved.sound());  // a span, and no note that has it

    mote::rng random(3);
    std::size_t taken = 0;
    for (int i = 0; i < 20'000; ++i) {
      unsigned char bytes[sizeof(Place)];
      std::memcpy(bytes, &at, sizeof at);
      for (std::uint32_t n = 1 + random.below(3); n > 0; --n)
        bytes[random.below(sizeof bytes)] =
            static_cast<unsigned char>(random.below(4) == 0 ? random.below(256) : random.below(9));
      Place other;
      std::memcpy(static_cast<void*>(&other), bytes, sizeof other);
      other.take_notes(notes);
      if (!other.sound()) continue;
      ++taken;
      for (unsigned b = 0; b < 256; b += 1 + random.below(40)) {
        Place next = other;
        if (next.enter(static_cast<unsigned char>(b))) CHECK(next.sound());
        (void)next.may_end();
      }
    }
    CHECK(taken > 1000);
    CHECK(taken < 19'000);
  };
  check(order::state{});
  check(banned::state{});
}
