// SPDX-License-Identifier: BSL-1.0
// The order of a template's texts and of the words of turns; templates of real models are in
// host/import/chat_form.cpp.
#include "mote/model/chat_template.hpp"

#include <catch2/catch_test_macros.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

using mote::chat_template;
using mote::status;
using mote::turn;

namespace {

struct text_out {
  std::string all{};
  void literal(std::string_view text) { all += text; }
  void words(std::string_view text, mote::turn_role) { all += "'" + std::string(text) + "'"; }
};

constexpr chat_template full{.opening = "^",
                             .no_system = "s;",
                             .system = {"S", ";", true},
                             .user = {"U", ";", true, true},
                             .assistant = {"A", ";", true},
                             .tool = {"t", ",", true},
                             .tools_before = "[",
                             .tools_behind = "]",
                             .prompt = "A",
                             .system_anywhere = true,
                             .drops_thinking = true};
constexpr chat_template strict{.system = {"<", ">", true, true},
                               .user = {"U", ";", true, true},
                               .assistant = {"A", ";", true},
                               .prompt = "A",
                               .system_in_user = true,
                               .trims_as_one = true,
                               .alternates = true};

std::string rendered(const chat_template& form, mote::turns all, bool goes_on = false) {
  text_out out;
  const status s = mote::render_turns(form, all, goes_on, out);
  if (s == status::ok) return out.all;
  return std::string(out.all.empty() ? mote::name(s) : "something was written");
}

}  // namespace

TEST_CASE("chat template: texts stand around words, and a conversation may go on", "[model][chat]") {
  CHECK(rendered(full, {turn::user(" a ")}) == "^s;U'a';A");
  CHECK(rendered(full, {turn::system("x"), turn::user("a")}) == "^S'x';U'a';A");
  CHECK(rendered(full, {turn::user("a")}, true) == ";U'a';A");
  CHECK(rendered(full, {turn::user("a"), turn::assistant(" b"), turn::tool("c"), turn::tool("d")}) ==
        "^s;U'a';A' b';[t'c',t'd',]A");
  CHECK(rendered(full, {turn::tool("c")}, true) == ";[t'c',]A");
  CHECK(rendered(full, {turn::user("a"), turn::system("x"), turn::user("b")}) == "^s;U'a';S'x';U'b';A");
}

TEST_CASE("chat template: thoughts before the last question are left out", "[model][chat]") {
  CHECK(rendered(full, {turn::user("a"), turn::assistant("<think>b</think>\n\nc"), turn::user("d")}) ==
        "^s;U'a';A'c';U'd';A");
  CHECK(rendered(full, {turn::user("a"), turn::assistant("<think>b</think>c"), turn::tool("d")}) == "wrong_turn");
}

TEST_CASE("chat template: the system's words in the user's turn, and turns that alternate", "[model][chat]") {
  CHECK(rendered(strict, {turn::system(" x "), turn::user(" a "), turn::assistant("b"), turn::user(" c ")}) ==
        "U<'x'>' a';A'b';U'c';A");
  for (const std::vector<turn>& wrong :
       std::vector<std::vector<turn>>{{turn::user("a"), turn::user("b")},
                                      {turn::assistant("a"), turn::user("b")},
                                      {turn::system("a")},
                                      {turn::system("x"), turn::user(" ")},
                                      {turn::user("a"), turn::system("x"), turn::user("b")},
                                      {turn::tool("a")},
                                      {turn::user("a"), turn::assistant("b")}})
    CHECK(rendered(strict, std::span(wrong)) == "wrong_turn");
  CHECK(rendered(strict, {turn::system("x"), turn::user("a")}, true) == "wrong_turn");
  CHECK(rendered(strict, {}) == "empty");
}

TEST_CASE("chat template: white space is Python's", "[model][chat]") {
  CHECK(rendered(full, {turn::user("\t\xC2\xA0\xE2\x80\x83"
                                   "a \xE3\x80\x80 b\x1C\n")}) == "^s;U'a \xE3\x80\x80 b';A");
  CHECK(rendered(full, {turn::user("\xE2\x80\x8B")}) == "^s;U'\xE2\x80\x8B';A");  // of no width, and no space
  CHECK(rendered(full, {turn::user(" \xFF ")}) == "^s;U'\xFF';A");
}
