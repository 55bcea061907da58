// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/quantize.hpp"
#include "mote/policy/context.hpp"
#include "mote/policy/interleave.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

using namespace mote;

TEST_CASE("policies of the model name their slot and their format") {
  static_assert(fills<quantize<8>, slots::weights> && fills<quantize<32>, slots::weights>);
  static_assert(fills<mote::interleave<4>, slots::interleave> && fills<board_interleave, slots::interleave>);
  static_assert(fills<context<64>, slots::context> && fills<trained_context, slots::context>);
  static_assert(!fills<quantize<8>, slots::interleave>);
  static_assert(std::is_same_v<quantize<8>::format<4, 64>, q8<4, 32>>);
  static_assert(std::is_same_v<quantize<8, 64>::format<16, 64>, q8<16, 64>>);
  static_assert(std::is_same_v<quantize<32>::format<8, 64>, f32<8>>);
  static_assert(board_interleave::rows == 0 && trained_context::tokens == 0);
  CHECK(quantize<8>::bits == 8);
  CHECK(context<64>::tokens == 64);
}
