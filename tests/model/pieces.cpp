// SPDX-License-Identifier: BSL-1.0
#include "mote/model/pieces.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace {

template <class Pieces>
std::vector<std::string> cut(std::string_view text) {
  Pieces pieces;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = pieces.end_of(text, at);
    REQUIRE(end > at);
    REQUIRE(end <= text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("pieces: as GPT-2's expression matches", "[model][pieces]") {
  const auto& c = cut<mote::gpt2_pieces>;
  CHECK(c("I'll won't I'LL") == list{"I", "'ll", " won", "'t", " I", "'", "LL"});
  CHECK(c("a1b22  c") == list{"a", "1", "b", "22", " ", " c"});
  CHECK(c("  \n x") == list{"  \n", " x"});
  CHECK(c(" \n\n") == list{" \n\n"});
  CHECK(c("\tx") == list{"\t", "x"});
  CHECK(c("a,.! b") == list{"a", ",.!", " b"});
  CHECK(c("\xC3\xA9t\xC3\xA9 \xE4\xBD\xA0\xE5\xA5\xBD") == list{"\xC3\xA9t\xC3\xA9", " \xE4\xBD\xA0\xE5\xA5\xBD"});
  CHECK(c("a\xFF\xFE z") == list{"a", "\xFF\xFE", " z"});
  CHECK(c("\xC2\xA0\xC2\xA0z") == list{"\xC2\xA0", "\xC2\xA0", "z"});  // White_Space of two bytes
}

TEST_CASE("pieces: as Llama 3's expression matches", "[model][pieces]") {
  const auto& c = cut<mote::llama3_pieces>;
  CHECK(c("I'LL 12345!") == list{"I", "'LL", " ", "123", "45", "!"});
  CHECK(c("it'\xC5\xBF") == list{"it", "'\xC5\xBF"});
  CHECK(c("a  \r\n\n  b") == list{"a", "  \r\n\n", " ", " b"});
  CHECK(c("x!\n\ny") == list{"x", "!\n\n", "y"});
  CHECK(c("\tword \tword") == list{"\tword", " ", "\tword"});
  CHECK(c("(a) (b)") == list{"(a", ")", " (", "b", ")"});
  CHECK(c("\nab") == list{"\n", "ab"});
  CHECK(c("  ") == list{"  "});
  CHECK(cut<mote::qwen2_pieces>("a123") == list{"a", "1", "2", "3"});
}

TEST_CASE("pieces: rules in turn cut what the rule before left", "[model][pieces]") {
  CHECK(cut<mote::starcoder_pieces>("ab12 c 3") == list{"ab", "1", "2", " c", " ", "3"});
  CHECK(cut<mote::falcon_pieces>("a--b 12345") == list{"a", "--", "b", " ", "123", "45"});
  CHECK(cut<mote::deepseek_coder_pieces>("a b,\n1 2") == list{"a", " b", ",", "\n", "1", " ", "2"});
  CHECK(cut<mote::deepseek_llm_pieces>("ab  cd 12 ") == list{"ab", " ", " cd", " ", "12", " "});
}

TEST_CASE("pieces: long texts are read a few times, not once a piece", "[model][pieces]") {
  std::string text;  // without a line's end: a rule that looks for one must not look again for each piece
  for (int i = 0; i < 400000; ++i) text += i % 5 == 0 ? ' ' : 'a';
  CHECK(cut<mote::deepseek_llm_pieces>(text).size() == 80000);
  CHECK(cut<mote::llama3_pieces>(std::string(400000, ' ')).size() == 1);
}
