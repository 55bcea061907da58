// SPDX-License-Identifier: BSL-1.0
#include "mote/model/special_tokens.hpp"

#include <catch2/catch_test_macros.hpp>

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
