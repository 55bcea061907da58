// SPDX-License-Identifier: BSL-1.0
// The tokens of a conversation over a tokenizer that writes down what it is asked for; those of real ones are in
// host/import/chat_form.cpp.
#include "mote/model/chat_coder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using mote::chat_token;
using mote::status;
using mote::turn_role;

namespace {

/// A byte is a token; keeps the texts and how each was to be encoded.
struct noting {
  status append(std::string_view text, std::span<mote::merge_slot> slots, std::size_t& count,
                mote::encoding how) const {
    asked->push_back(std::string(how.space_before ? " " : "") +
                     (how.added == mote::added_tokens::user_defined ? "+" : "") + std::string(text));
    if (text.size() > slots.size() - count) return status::too_long;
    if (text.find('!') != text.npos) return status::bad_utf8;
    for (const char c : text) slots[count++].token = static_cast<unsigned char>(c);
    return status::ok;
  }
  std::vector<std::string>* asked;
};

constexpr std::array<chat_token, 2> tokens{{{"<user>", 1000}, {"<end>", 1001, true}}};

struct made {
  status state;
  std::vector<std::uint32_t> tokens;
  std::vector<std::string> asked;
};

template <class Say>
made make(std::size_t room, bool goes_on, Say say, std::size_t slot_count = 26) {
  made m{};
  std::vector<mote::merge_slot> slots(slot_count);
  std::vector<std::uint32_t> target(room);
  const noting words{&m.asked};
  mote::chat_coder out(words, std::span<const chat_token>(tokens), std::span(slots), std::span(target), goes_on);
  say(out);
  m.state = out.finish();
  m.tokens.assign(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(out.count()));
  return m;
}

}  // namespace

TEST_CASE("chat coder: texts between control tokens are one, and words make none", "[model][chat]") {
  const made m = make(64, true, [](auto& out) {
    out.literal("a<user>b");
    out.words("<end>", turn_role::user);
    out.literal("c<end>\n ");
    out.words(" d", turn_role::assistant);
    out.literal("<user>");
  });
  CHECK(m.state == status::ok);
  CHECK(m.asked == std::vector<std::string>{"a", " b<end>c", " +d"});  // white space behind <end> is left out
  CHECK(m.tokens == std::vector<std::uint32_t>{'a', 1000, 'b', '<', 'e', 'n', 'd', '>', 'c', 1001, 'd', 1000});
}

TEST_CASE("chat coder: added tokens are matched in the model's own words alone", "[model][chat]") {
  const auto both = [](auto& out) {
    out.words("a", turn_role::user);
    out.words("b", turn_role::assistant);
    out.literal("<user>");
    out.words("c", turn_role::assistant);
  };
  CHECK(make(64, false, both).asked == std::vector<std::string>{" ab", " +c"});
}

TEST_CASE("chat coder: what does not fit is refused as a whole", "[model][chat]") {
  const auto say = [](auto& out) {
    out.literal("<user>");
    out.words("0123456789", turn_role::user);
    out.literal("<end>");
  };
  CHECK(make(12, false, say).state == status::ok);
  for (const std::size_t room : {0U, 1U, 10U, 11U}) CHECK(make(room, false, say).state == status::too_long);
  for (const std::size_t slots : {0U, 1U, 10U}) CHECK(make(12, false, say, slots).state == status::too_long);
  CHECK(make(12, false, say, 11).state == status::ok);  // ten slots, and the text in the last one
  CHECK(make(64, false, [](auto& out) { out.words("a!", turn_role::tool); }).state == status::bad_utf8);
}
