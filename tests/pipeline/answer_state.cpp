// SPDX-License-Identifier: BSL-1.0
// The steps of an answer that no policy changes, without a model behind them.
#include "mote/pipeline/answer_state.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <span>
#include <string_view>

namespace {

using mote::ending;
using mote::status;
constexpr mote::special_tokens of_texts{};  // no token for its user
constexpr mote::special_tokens of_chats{.bos = 1, .eos = 2, .note = 3, .user = 4, .answer = 5};

/// An image without a vocabulary: every piece is empty.
mote::answer_state attached() {
  mote::answer_state a;
  a.attached = true;
  return a;
}

}  // namespace

TEST_CASE("an answer goes on until its limit or the context's end, and says which it was") {
  mote::answer_state a = attached();
  CHECK_FALSE(a.goes_on(8));  // nothing was asked
  CHECK(a.progress.last_step().state == status::not_attached);

  std::array<std::uint16_t, 8> tokens{};
  REQUIRE(a.begin<std::uint16_t>({}, "", 2, of_texts, 0, {}, tokens) == status::ok);
  CHECK(a.prompt_tokens == 1);
  CHECK(tokens[0] == 1);
  CHECK(a.goes_on(8));
  CHECK_FALSE(mote::answer_state(a).goes_on(0));
  a.position = 8;
  CHECK_FALSE(a.goes_on(8));
  CHECK(a.progress.ending == ending::context_full);

  a.stop();
  CHECK(a.progress.ending == ending::stopped);
  REQUIRE(a.begin<std::uint16_t>({}, "", 2, of_texts, 0, {}, tokens) == status::ok);
  a.answered = 2;
  CHECK_FALSE(a.goes_on(8));
  CHECK(a.progress.ending == ending::limit);
}

TEST_CASE("a token that is picked stands behind the last one, and an end stands nowhere") {
  std::array<std::uint16_t, 3> tokens{1, 9, 9};
  mote::answer_state a = attached();
  REQUIRE(a.begin<std::uint16_t>({}, "", mote::too_big, of_texts, 0, {}, tokens) == status::ok);
  a.position = 1;
  CHECK_FALSE(a.say<std::uint16_t>(7, tokens, of_texts).done);
  CHECK(tokens == std::array<std::uint16_t, 3>{1, 7, 9});
  CHECK(a.answered == 1);

  a.position = 3;  // no room: it is said, and kept nowhere
  CHECK_FALSE(a.say<std::uint16_t>(8, tokens, of_texts).done);
  CHECK(tokens == std::array<std::uint16_t, 3>{1, 7, 9});
  CHECK(a.answered == 2);

  a.position = 2;
  for (const std::size_t end : {1U, 2U}) {
    const mote::progress_step last = mote::answer_state(a).say<std::uint16_t>(end, tokens, of_texts);
    CHECK(last.done);
    CHECK(last.ending == ending::end_of_text);
  }
  CHECK(tokens == std::array<std::uint16_t, 3>{1, 7, 9});
}

TEST_CASE("a prompt that cannot be made fails with its reason") {
  std::array<std::uint16_t, 8> tokens{};
  std::array<mote::merge_slot, 8> scratch{};
  mote::answer_state a = attached();
  CHECK(a.begin<std::uint16_t>({}, "", 2, of_chats, 0, scratch, tokens) == status::empty);
  CHECK(a.progress.ending == ending::failed);
  CHECK(a.begin<std::uint16_t>({}, "hello", 2, of_chats, 0, scratch, tokens) == status::not_attached);  // no vocabulary
  CHECK(a.begin<std::uint16_t>({}, "hello", 2, of_chats, 0, scratch, std::span(tokens).first(1)) == status::too_long);
}
