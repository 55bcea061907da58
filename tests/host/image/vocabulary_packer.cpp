// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/vocabulary_packer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mote/model/vocabulary.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using mote::host::pack_vocabulary;
using mote::host::vocabulary_text;

namespace {
constexpr mote::special_tokens silent{.bos = -1, .eos = -1};

vocabulary_text with_bytes() {
  vocabulary_text text{{"<unk>", "<s>", "</s>"}, {0, 0, 0}};
  for (unsigned b = 0; b < 256; ++b) text.pieces.push_back(mote::host::detail::byte_spelling(b));
  text.pieces.push_back(" ");
  text.scores.assign(text.pieces.size(), 0.0F);
  return text;
}
}  // namespace

TEST_CASE("vocabulary packer: bytes become themselves, what stands before them is hidden", "[host][vocabulary]") {
  const auto table = pack_vocabulary(with_bytes());
  REQUIRE(mote::vocabulary_view::check(table) == mote::status::ok);
  const mote::vocabulary_view v{table};
  CHECK(v.has_bytes());
  CHECK(v.text(3 + 10) == "\n");
  CHECK(v.text(3) == std::string(1, '\0'));
  CHECK(v.text(258) == "\xFF");
  CHECK(v.byte_token('A') == 3U + 'A');
  CHECK(v.is_byte(3));
  CHECK(v.is_byte(258));
  CHECK_FALSE(v.is_byte(2));
  CHECK_FALSE(v.is_byte(259));
  CHECK(v.searchable() == 1);
  CHECK(v.find("<unk>") == mote::no_token);
}

TEST_CASE("vocabulary packer: ranks keep the order and the ties of the scores", "[host][vocabulary]") {
  const std::vector<float> scores{-1, -3, 5, -3, 0.0F, -0.0F, -1e10F, -2e10F, -9e9F};
  const vocabulary_text text{{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, scores};
  const auto table = pack_vocabulary(text, silent);
  const mote::vocabulary_view v{table};
  for (std::uint32_t a = 0; a < 9; ++a)
    for (std::uint32_t b = 0; b < 9; ++b)
      if (scores[a] > -1e10F && scores[b] > -1e10F) CHECK((v.rank(a) < v.rank(b)) == (scores[a] < scores[b]));
  CHECK(v.rank(6) == 0);
  CHECK(v.rank(7) == 0);
  CHECK(v.rank(8) == 1);
}

TEST_CASE("vocabulary packer: of doubles, the one in the middle of llama2.c's search is found", "[host][vocabulary]") {
  // Sorted: a a a b; a search over four looks at index 2 first, which is the third a.
  const vocabulary_text text{{"a", "a", "b", "a"}, {0, 0, 0, 0}};
  {
    const auto table = pack_vocabulary(text, silent);
    REQUIRE(mote::vocabulary_view::check(table) == mote::status::ok);
    CHECK(mote::vocabulary_view{table}.find("a") == 3);
    CHECK(mote::vocabulary_view{table}.searchable() == 2);
  }
  {
    const auto table = pack_vocabulary(text, {.bos = 3, .eos = 0});
    REQUIRE(mote::vocabulary_view::check(table) == mote::status::ok);
    CHECK(mote::vocabulary_view{table}.find("a") == 1);
  }
  {
    const auto table = pack_vocabulary(text, {.bos = 3, .eos = 0, .note = 1});
    REQUIRE(mote::vocabulary_view::check(table) == mote::status::ok);
    CHECK(mote::vocabulary_view{table}.find("a") == mote::no_token);
  }
}

TEST_CASE("vocabulary packer: refuses what would tokenize wrongly", "[host][vocabulary]") {
  const auto refuses = [](const vocabulary_text& text, const mote::special_tokens& control, const char* words) {
    CHECK_THROWS_MATCHES(pack_vocabulary(text, control), std::runtime_error, MessageMatches(ContainsSubstring(words)));
  };
  refuses({}, silent, "has 0 tokens");
  refuses({{"a"}, {}}, silent, "has 1 texts but 0 scores");
  refuses({{std::string("a\0b", 3)}, {0}}, silent, "holds a NUL");
  refuses({{"a"}, {std::numeric_limits<float>::quiet_NaN()}}, silent, "is not a finite number");
  refuses({{"a"}, {-std::numeric_limits<float>::infinity()}}, silent, "is not a finite number");
  refuses({{"a"}, {0}}, {.bos = 1, .eos = -1}, "control token 1 is not one of its 1 tokens");
  refuses({{"<0x00>", "<0x01>"}, {0, 0}}, silent, "token 2 should be <0x02>");
  auto shuffled = with_bytes();
  std::swap(shuffled.pieces[10], shuffled.pieces[11]);
  refuses(shuffled, {}, "token 10 should be <0x07>");
}
