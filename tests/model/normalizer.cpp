// SPDX-License-Identifier: BSL-1.0
#include "mote/model/normalizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>

namespace {

std::string composed(std::string_view text) {
  std::string out(mote::nfc::put(text, {}), '?');
  CHECK(mote::nfc::put(text, out) == out.size());
  return out;
}

}  // namespace

TEST_CASE("normalizer: Unicode's composed form, by the examples of Annex 15", "[model][normalizer]") {
  CHECK(composed("e\u0301") == "\u00E9");
  CHECK(composed("\u212B") == "\u00C5");  // the sign of an angstrom is a letter
  CHECK(composed("\u1E9B\u0323") == "\u1E9B\u0323");
  CHECK(composed("q\u0307\u0323") == "q\u0323\u0307");  // marks in the order of their classes
  CHECK(composed("d\u0307\u0323") == "\u1E0D\u0307");
  CHECK(composed("\u1112\u1161\u11AB") == "\uD55C");  // Hangul, by arithmetic
  CHECK(composed("\uD558\u11AB") == "\uD55C");
  CHECK(composed("\u0958") == "\u0915\u093C");  // excluded from composition
  CHECK(composed("\uFB01") == "\uFB01");        // a ligature is only compatible
  CHECK(composed("a\u0300\u0301") == "\u00E0\u0301");
  CHECK(composed("plain text") == "plain text");
  CHECK(composed("") == "");
  CHECK(composed("\x80\xFF"
                 "e\u0301\xC3") == "\x80\xFF\u00E9\xC3");  // bytes that are none stay
}

TEST_CASE("normalizer: a text is normal if composing changes nothing, and is so afterwards", "[model][normalizer]") {
  for (const std::string_view text :
       {"e\u0301", "q\u0307\u0323", "\u212B", "\u0958", "\u1112\u1161", "abc", "\u00E9", "\u0301"}) {
    const std::string once = composed(text);
    if (mote::nfc::is_normal(text)) CHECK(once == text);
    CHECK(composed(once) == once);
    CHECK((once == text || !mote::nfc::is_normal(text)));
  }
  CHECK(mote::nfc::is_normal("plain"));
  CHECK(!mote::nfc::is_normal("e\u0301"));
  CHECK(mote::unchanged::is_normal("e\u0301"));
}

TEST_CASE("normalizer: a changed text lies behind the slots of the tokens, and one that has no room is too long",
          "[model][normalizer]") {
  std::array<mote::merge_slot, 4> slots{};
  std::string seen;
  std::size_t left = 0;
  const auto encode = [&](std::string_view text, std::span<mote::merge_slot> rest) {
    seen = text;
    left = rest.size();
    return mote::status::ok;
  };
  CHECK(mote::detail::normalized<mote::nfc>("plain", slots, 0, encode) == mote::status::ok);
  CHECK((seen == "plain" && left == 4));  // as it is, in no slot
  CHECK(mote::detail::normalized<mote::nfc>("e\u0301", slots, 3, encode) == mote::status::ok);
  CHECK((seen == "\u00E9" && left == 3));
  seen.clear();
  CHECK(mote::detail::normalized<mote::nfc>("e\u0301", slots, 4, encode) == mote::status::too_long);
  CHECK(seen.empty());
  const std::string longer = "e\u0301" + std::string(4 * sizeof(mote::merge_slot), 'x');
  CHECK(mote::detail::normalized<mote::nfc>(longer, slots, 0, encode) == mote::status::too_long);
}
