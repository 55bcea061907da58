// SPDX-License-Identifier: BSL-1.0
// No text that is banned is said, all others can be; a grammar is kept where it leaves no other way.
#include "mote/decode/banned.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "../random_model.hpp"
#include "constrained_text.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

std::set<std::string> strings_of(std::string_view letters, std::size_t length) {
  std::set<std::string> all{""};
  for (std::size_t i = 0; i < length; ++i) {
    std::set<std::string> longer;
    for (const std::string& s : all)
      for (const char c : letters) longer.insert(s + c);
    all = longer;
  }
  return all;
}

template <class Pipeline>
std::string say(Pipeline& ai, std::uint64_t seed, ending& how) {
  static const random_model_image image(Pipeline::format::rows);
  if (!ai.attached()) REQUIRE(ai.attach(image.bytes()) == status::ok);
  ai.seed(seed);
  std::string text;
  auto answer = ai.ask("abc", 40);
  for (const std::string_view piece : answer) text += piece;
  how = answer.ending();
  return text;
}

}  // namespace

TEST_CASE("the language of without<> is the grammar's less the strings that have a banned text") {
  const small_vocabulary words(pieces_of("abc", 60, 3));
  std::set<std::string> expected;
  for (const std::string& s : strings_of("abc", 5))
    if (s.find("ab") == std::string::npos && s.find("cc") == std::string::npos) expected.insert(s);
  CHECK(every_text<without<gbnf<"root ::= [a-c]{5}">, "ab", "cc">>(words, false) == expected);
  CHECK(every_text<without<gbnf<"root ::= [a-c]{5}">, "ab", "cc">>(words, true) == expected);
}

TEST_CASE("a grammar that leaves no other way is kept, and no answer comes to a dead end") {
  const small_vocabulary words(pieces_of("abc", 60, 3));
  CHECK(every_text<without<allowed<"abc", "abd">, "bc">>(words, false) == std::set<std::string>{"abd"});
  CHECK(every_text<without<allowed<"abc">, "bc">>(words, false) == std::set<std::string>{"abc"});
  CHECK(every_text<without<gbnf<"root ::= \"x\" [ab]{2} \"y\"">, "y", "bb">>(words, false) ==
        std::set<std::string>{"xaay", "xaby", "xbay"});
  // Behind the text that had to be said, the ban holds again.
  CHECK(every_text<without<gbnf<"root ::= \"cc\" [c-d]">, "c">>(words, false) == std::set<std::string>{"ccd"});
  using hostile = without<gbnf<"root ::= [a-c]{3,8} \"stop\"">, "a", "bb", "cb", "s", "to">;
  admission_of<hostile> admitted;
  REQUIRE(admitted.begin_with(words.view(), words.control));
  rng random(4);
  for (int i = 0; i < 300; ++i) {
    const drawn_text t = draw_text<hostile>(admitted, words, "", i % 2 == 0, 60, random);
    CHECK(t.ended);
    CHECK_FALSE(t.dead_end);
    CHECK(t.text.find('a') == std::string::npos);
  }
}

TEST_CASE("banned<> alone forbids only its texts, needs no byte tokens, and ends as the model likes") {
  constexpr sample_knobs hot{.temperature = 1.5F};
  const auto plain = std::make_unique<pipeline<random_model, sample<hot>>>();
  const auto banning = std::make_unique<pipeline<random_model, sample<hot>, banned<"q", "ze", "a b">>>();
  std::string with, without_them;
  std::set<char> said;
  ending how = ending::none;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    with += say(*plain, seed, how) + "\n";
    const std::string text = say(*banning, seed, how);
    CHECK((how == ending::end_of_text || how == ending::limit));
    said.insert(text.begin(), text.end());
    without_them += text + "\n";
  }
  CHECK(with.find('q') != std::string::npos);
  CHECK(with.find("ze") != std::string::npos);
  CHECK(without_them.find('q') == std::string::npos);
  CHECK(without_them.find("ze") == std::string::npos);
  CHECK(without_them.find("a b") == std::string::npos);
  CHECK(said.size() == 26);  // the space, and all letters but one
  STATIC_REQUIRE(sizeof(banned<"http", "www.">::state) == 4);
}

TEST_CASE("where everything is banned, the answer is complete and empty") {
  const auto ai = std::make_unique<
      pipeline<random_model, banned<" ", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
                                    "q", "r", "s", "t", "u", "v", "w", "x", "y", "z">>>();
  ending how = ending::none;
  CHECK(say(*ai, 1, how).empty());
  CHECK(how == ending::complete);
}
