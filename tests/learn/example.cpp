// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/example.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mote/core/bytes.hpp"

namespace {

using mote::status;
using token = std::uint16_t;

constexpr mote::special_tokens chat{.bos = 1, .eos = 2, .note = 3, .user = 4, .answer = 5};
constexpr mote::special_tokens plain{.bos = -1, .eos = -1};

// A letter is its own token, from 16 on.
std::size_t letters(std::string_view text, std::span<token> out) {
  if (text.size() > out.size()) return mote::too_big;
  for (std::size_t i = 0; i < text.size(); ++i) out[i] = static_cast<token>(16 + text[i] - 'a');
  return text.size();
}

}  // namespace

TEST_CASE("learn/example: the tokens stand in the order of a prompt, and the answer begins where it says") {
  std::vector<token> target(16, 99);
  const mote::example e{.prompt = "ab", .answer = "cd", .note = "e"};
  const auto made = mote::assemble_example<token>(e, chat, letters, std::span(target));
  CHECK(made.state == status::ok);
  CHECK(made.tokens == 10);
  CHECK(made.answer == 7);
  CHECK(target == std::vector<token>{1, 3, 20, 4, 16, 17, 5, 18, 19, 2, 99, 99, 99, 99, 99, 99});
}

TEST_CASE("learn/example: without a note, and for a model without control tokens, the texts stand alone") {
  std::vector<token> target(4, 99);
  CHECK(mote::assemble_example<token>({.prompt = "ab", .answer = "c"}, plain, letters, std::span(target)).answer == 2);
  std::vector<token> exact(6, 99);
  CHECK(mote::assemble_example<token>({.prompt = "a", .answer = "b"}, chat, letters, std::span(exact)).tokens == 6);
  CHECK(exact == std::vector<token>{1, 4, 16, 5, 17, 2});
}

TEST_CASE("learn/example: what does not fit whole is refused at every size, and so is half an example") {
  const mote::example e{.prompt = "ab", .answer = "cd", .note = "e"};
  for (std::size_t size = 0; size < 10; ++size) {
    std::vector<token> target(size);
    const auto made = mote::assemble_example<token>(e, chat, letters, std::span(target));
    CHECK(made.state == status::too_long);
    CHECK(made.tokens == 0);
  }
  std::vector<token> target(16);
  CHECK(mote::assemble_example<token>({.prompt = "", .answer = "a"}, chat, letters, std::span(target)).state ==
        status::empty);
  CHECK(mote::assemble_example<token>({.prompt = "a", .answer = ""}, chat, letters, std::span(target)).state ==
        status::empty);
}
