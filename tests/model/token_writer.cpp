// SPDX-License-Identifier: BSL-1.0
#include "mote/model/token_writer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace {

using token = std::uint16_t;

/// One token a letter; `too_much` says that a text needs one more token than it has letters.
struct letters {
  bool too_much = false;
  std::size_t operator()(std::string_view text, std::span<token> out) const {
    for (std::size_t i = 0; i < text.size() && i < out.size(); ++i) out[i] = static_cast<token>(text[i]);
    return text.size() + (too_much ? 1 : 0);
  }
};
static_assert(mote::text_encoder<letters, token>);

std::vector<token> written(const mote::token_writer<token>& w, const std::array<token, 8>& room) {
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(w.used())};
}

}  // namespace

TEST_CASE("token_writer: a text is appended whole or not at all", "[model]") {
  std::array<token, 8> room{};
  mote::token_writer<token> w(room);
  letters encode;
  CHECK(w.text(encode, "abc", 3));
  CHECK(!w.text(encode, "abc", 2));
  CHECK(w.used() == 3);
  CHECK(!w.text(encode, "abcdef", 100));  // 5 are left
  CHECK(w.used() == 3);
  CHECK(w.text(encode, "defgh", 100));
  CHECK(w.room() == 0);
  CHECK(w.text(encode, "", 0));
  CHECK(!w.text(encode, "i", 1));
  CHECK(written(w, room) == std::vector<token>{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'});
  w.back_to(2);
  CHECK(w.room() == 6);
  encode.too_much = true;
  CHECK(!w.text(encode, "123456", 6));
  CHECK(w.used() == 2);
}

TEST_CASE("token_writer: a control token that the model lacks takes no room", "[model]") {
  std::array<token, 8> room{};
  mote::token_writer<token> w{std::span(room).first(2)};
  CHECK(w.control(-1));
  CHECK(w.used() == 0);
  CHECK(w.control(7));
  CHECK(w.control(0));
  CHECK(!w.control(9));
  CHECK(w.control(-1));  // also when full
  CHECK(written(w, room) == std::vector<token>{7, 0});
}

TEST_CASE("token_writer: moving the last tokens to the front of others is a rotation", "[model]") {
  letters encode;
  for (std::size_t place = 0; place <= 7; ++place)
    for (std::size_t mark = place; mark <= 7; ++mark) {
      std::array<token, 8> room{};
      mote::token_writer<token> w(room);
      REQUIRE(w.text(encode, "abcdefg", 7));
      std::vector<token> expected = written(w, room);
      std::rotate(expected.begin() + static_cast<std::ptrdiff_t>(place),
                  expected.begin() + static_cast<std::ptrdiff_t>(mark), expected.end());
      w.move_to(place, mark);
      INFO(place << " " << mark);
      CHECK(written(w, room) == expected);
    }
}

TEST_CASE("token_writer: who speaks is found from a position on, and only in what was written", "[model]") {
  std::array<token, 8> room{5, 5, 5, 5, 5, 5, 5, 5};
  mote::token_writer<token> w(room);
  const mote::special_tokens d{.bos = 1, .eos = 2, .note = 3, .user = 4, .answer = 5};
  CHECK(!w.holds(0, d));
  for (const int id : {4, 1, 2, 9}) REQUIRE(w.control(id));
  CHECK(w.holds(0, d));
  CHECK(!w.holds(1, d));  // bos and eos do not speak
  REQUIRE(w.control(3));
  CHECK(w.holds(4, d));
  CHECK(!w.holds(5, d));
  CHECK(!w.holds(0, {}));  // a model without marks
  const mote::special_tokens minus{.note = -1, .user = -1, .answer = -1};
  room[0] = 0xFFFF;  // what -1 would be as a token
  CHECK(!w.holds(0, minus));
}
