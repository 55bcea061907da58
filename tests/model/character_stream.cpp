// SPDX-License-Identifier: BSL-1.0
#include "mote/model/character_stream.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

std::string streamed(const std::vector<std::string>& pieces,
                     mote::control_characters controls = mote::control_characters::dropped) {
  mote::character_stream out(controls);
  std::string all;
  const auto pass = [&](std::string_view s) {
    for (std::size_t at = 0; at < s.size();) {
      const mote::character c = mote::character_at(s, at);
      REQUIRE(c.valid);  // never a part of a character
      at += c.bytes;
    }
    all += s;
  };
  for (const std::string& p : pieces) out.put(p, pass);
  out.end(pass);
  return all;
}

}  // namespace

TEST_CASE("character stream: characters are whole, however their bytes arrive", "[model][character_stream]") {
  CHECK(streamed({"na\xC3", "\xAFve \xF0\x9F", "\x98", "\x80!"}) == "na\xC3\xAFve \xF0\x9F\x98\x80!");
  CHECK(streamed({"\xE2", "\x82", "\xAC"}) == "\xE2\x82\xAC");
  CHECK(streamed({"", "a", ""}) == "a");
}

TEST_CASE("character stream: what is no UTF-8 is a replacement character", "[model][character_stream]") {
  const std::string no = "\xEF\xBF\xBD";
  CHECK(streamed({"a\xFFz"}) == "a" + no + "z");
  CHECK(streamed({"\xC3"}) == no);
  CHECK(streamed({"\xC3", "x"}) == no + "x");
  CHECK(streamed({"\xE2\x82", "\xC3\xA9"}) == no + "\xC3\xA9");
  CHECK(streamed({"\xED\xA0\x80"}) == no + no + no);  // a surrogate
  CHECK(streamed({"\xC0", "\x80"}) == no + no);
  CHECK(streamed({"\xF0\x9F\x98"}) == no);
  CHECK(streamed({"\xE2\x82x"}) == no + "x");
}

TEST_CASE("character stream: a terminal's control characters pass only if asked", "[model][character_stream]") {
  const std::string evil =
      "\x1B[2J\x07ok\r\n\t\xC2\x9B"
      "31m\x7F";
  CHECK(streamed({evil}) == "[2Jok\n\t31m");
  CHECK(streamed({evil}, mote::control_characters::passed) == evil);
  CHECK(streamed({"\xC2", "\x9B"}).empty());
}

TEST_CASE("character stream: the same text, wherever it is cut", "[model][character_stream]") {
  mote::rng random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string s;
    for (std::uint32_t i = random.below(30); i > 0; --i) {
      char utf8[4];
      if (random.below(4) == 0) s += static_cast<char>(static_cast<unsigned char>(random.below(256)));
      else s.append(utf8, mote::put_utf8(random.below(0xD800), utf8));
    }
    std::vector<std::string> pieces(1);
    for (const char c : s) {
      if (random.below(3) == 0) pieces.emplace_back();
      pieces.back() += c;
    }
    const std::string whole = streamed({s});
    const std::string cut = streamed(pieces);
    if (whole != cut) {
      CAPTURE(s);
      REQUIRE(whole == cut);
    }
  }
}
