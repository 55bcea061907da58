// SPDX-License-Identifier: BSL-1.0
// Parts that lie apart: what the object saves, what each region holds, and that the answers are the same.
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "../synthetic_model.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/mote.hpp"
#include "mote/policy/fit.hpp"

namespace {

using mote_tests::synthetic;

template <std::size_t Main, std::size_t Fast, std::size_t Slow>
struct banks {
  static constexpr mote::board_facts facts{.name = "banks",
                                           .ram_bytes = Main + Fast + Slow,
                                           .ram_block_bytes = Main,
                                           .flash_bytes = std::size_t{1} << 24U,
                                           .stack_bytes = 1000,
                                           .regions = {{{.name = "main", .bytes = Main},
                                                        {.name = "fast", .bytes = Fast, .fast = true},
                                                        {.name = "slow", .bytes = Slow}}}};
};
constexpr std::size_t plenty = std::size_t{1} << 24U;
using roomy = banks<plenty, plenty, plenty>;

template <class Board, class... Places>
using placed = mote::pipeline<synthetic, mote::context<96>, mote::lora<2, mote::lora_knobs{.tokens = 40}>,
                              mote::fit<Board, mote::fit_knobs{}, Places...>>;
template <class Board, class... Places>
constexpr bool fits = mote::can_compose<synthetic, mote::context<96>, mote::lora<2, mote::lora_knobs{.tokens = 40}>,
                                        mote::fit<Board, mote::fit_knobs{}, Places...>>;

using whole = placed<roomy>;
using split = placed<roomy, mote::arena_in<"fast">, mote::cache_in<"slow">>;
constexpr mote::footprint one = whole::cost();
constexpr mote::footprint three = split::cost();

struct stories {
  static constexpr std::string_view name = "stories260k";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
  static constexpr std::size_t vocabulary_bytes = 4492;
  static constexpr mote::dialogue dialogue{};
};

std::string talk(auto& ai, std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return "not attached";
  std::string said;
  for (int i = 0; i < 3; ++i) (void)ai.learn({.prompt = "the heat", .answer = "is on"});
  for (std::string_view piece : ai.ask("the", 20)) said += piece;
  for (float logit : ai.logits()) said += std::to_string(logit) + ' ';
  return said;
}

}  // namespace

TEST_CASE("regions: a part that lies apart leaves the object, and no byte is lost or counted twice",
          "[budget][regions]") {
  STATIC_REQUIRE(sizeof(whole) == one.ram.object());
  STATIC_REQUIRE(sizeof(split) == three.ram.object());
  STATIC_REQUIRE(sizeof(split::arena_memory) == three.ram.activations);
  STATIC_REQUIRE(sizeof(split::cache_memory) == three.ram.cache);
  STATIC_REQUIRE(three.ram.apart == three.ram.activations + three.ram.cache);
  STATIC_REQUIRE(three.ram.activations == one.ram.activations);
  STATIC_REQUIRE(three.ram.cache == one.ram.cache);
  STATIC_REQUIRE(three.ram.sum() >= one.ram.sum());
  STATIC_REQUIRE(three.ram.sum() <= one.ram.sum() + 64);  // two pointers
  STATIC_REQUIRE(three.regions[0].used == sizeof(split));
  STATIC_REQUIRE(three.regions[1].used == three.ram.activations);
  STATIC_REQUIRE(three.regions[2].used == three.ram.cache);
  CHECK(three.regions[1].name == "fast");
  STATIC_REQUIRE(one.regions[0].name.empty());  // nothing was named
}

TEST_CASE("regions: each is proven to the byte", "[budget][regions]") {
  constexpr std::size_t object = three.ram.object();
  constexpr std::size_t arena = three.ram.activations;
  constexpr std::size_t cache = three.ram.cache;
  using both = mote::arena_in<"fast">;
  using rest = mote::cache_in<"slow">;
  STATIC_REQUIRE(fits<banks<object + 1000, arena, cache>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 1000, arena - 1, cache + 1>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 1000, arena + 1, cache - 1>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object - 1, arena + 2000, cache>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 999, arena, cache>, both, rest>);  // the stack
  // Two parts in one region need room for both, the object's own region included.
  STATIC_REQUIRE(fits<banks<object + 1000, arena + cache, 1>, both, mote::cache_in<"fast">>);
  STATIC_REQUIRE(!fits<banks<object + 1001, arena + cache - 1, 1>, both, mote::cache_in<"fast">>);
  STATIC_REQUIRE(fits<banks<object + arena, 1000, cache>, mote::arena_in<"main">, rest>);
  STATIC_REQUIRE(!fits<banks<object + arena - 1, 2000, cache>, mote::arena_in<"main">, rest>);
  // The object need not lie in the largest block.
  constexpr std::size_t all = one.ram.object();
  STATIC_REQUIRE(fits<banks<all + 5000, all, 1>, mote::object_in<"fast">>);
  STATIC_REQUIRE(!fits<banks<all + 5000, all - 1, 2>, mote::object_in<"fast">>);
}

TEST_CASE("regions: the same answers and lessons, wherever parts lie", "[budget][regions]") {
  const auto image = mote_tests::synthetic_image<whole>();
  const auto at_home = std::make_unique<whole>();
  const auto apart = std::make_unique<split>();
  const auto arena = std::make_unique<split::arena_memory>();
  const auto cache = std::make_unique<split::cache_memory>();
  CHECK(apart->attach(image) == mote::status::not_placed);
  apart->use(*arena);
  CHECK(apart->attach(image) == mote::status::not_placed);
  CHECK_FALSE(apart->attached());
  apart->use(*cache);
  const std::string expected = talk(*at_home, image);
  CHECK(expected.size() > 100);
  CHECK(talk(*apart, image) == expected);
}

TEST_CASE("regions: a pipeline that is larger than every block fits in parts", "[budget][regions]") {
  using board = mote::boards::stm32h743;
  STATIC_REQUIRE(board::facts.regions[0].bytes == board::facts.ram_block_bytes);
  using learning = mote::lora<4, mote::lora_knobs{.tokens = 48}>;
  STATIC_REQUIRE(!mote::can_compose<stories, mote::context<320>, learning, mote::fit<board>>);
  STATIC_REQUIRE(mote::can_compose<stories, mote::context<320>, learning,
                                   mote::fit<board, mote::fit_knobs{}, mote::arena_in<"SRAM1-3">>>);
}
