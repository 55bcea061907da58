// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/context.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/model/shape.hpp"

namespace {
struct silent {};
template <std::size_t Tokens, std::size_t Trained>
struct chosen {
  static constexpr std::size_t tokens = Tokens;
  static constexpr mote::shape shape{.context = Trained};
};
template <std::size_t Tokens, std::size_t Trained>
constexpr bool refused = !std::is_void_v<mote::slots::context::fault<chosen<Tokens, Trained>>>;
}  // namespace

TEST_CASE("context: as many tokens as are named, at most those of the model", "[policy]") {
  STATIC_REQUIRE((mote::context<16>::tokens == 16 && mote::context<4096>::tokens == 4096));
  STATIC_REQUIRE(std::is_same_v<mote::slots::context::fallback, mote::trained_context>);
  STATIC_REQUIRE(mote::trained_context::tokens == 0);  // the model decides
  STATIC_REQUIRE((!refused<64, 64> && !refused<16, 64> && refused<65, 64>));
  STATIC_REQUIRE((std::is_void_v<mote::slots::context::lack<mote::context<64>, void>>));
  STATIC_REQUIRE(!(std::is_void_v<mote::slots::context::lack<silent, void>>));
}
