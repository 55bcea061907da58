// SPDX-License-Identifier: BSL-1.0
#include "mote/model/special_tokens.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

TEST_CASE("dialogue: a model that says nothing has Llama's two tokens and no marks of who speaks", "[model]") {
  constexpr mote::special_tokens none{};
  CHECK(none.bos == 1);
  CHECK(none.eos == 2);
  CHECK((none.note < 0 && none.user < 0 && none.answer < 0));
  for (const auto member : {&mote::special_tokens::bos, &mote::special_tokens::eos, &mote::special_tokens::note,
                            &mote::special_tokens::user, &mote::special_tokens::answer}) {
    mote::special_tokens other{};
    other.*member = 7;
    CHECK(other != none);
  }
  // Begin, question and answer marks, and 16 tokens for each of the two texts.
  CHECK(mote::least_dialogue_tokens == 35);
}

namespace {
struct one_end {};
struct three_ends {
  static constexpr std::array<std::uint32_t, 2> end_tokens{128008, 0};
};
}  // namespace

TEST_CASE("end tokens: those that a model's type names beside eos", "[model]") {
  static_assert(!mote::ends_answers<one_end>(2) && !mote::ends_answers<one_end>(0));
  for (const std::size_t id : {128008U, 0U}) CHECK(mote::ends_answers<three_ends>(id));
  for (const std::size_t id : {2U, 1U, 128007U}) CHECK_FALSE(mote::ends_answers<three_ends>(id));
}
