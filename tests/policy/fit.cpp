// SPDX-License-Identifier: BSL-1.0
// The proof of a budget, to the byte: what just fits composes, what is a byte over does not.
#include "mote/policy/fit.hpp"

#include <catch2/catch_test_macros.hpp>

#include "../synthetic_model.hpp"
#include "mote/boards/stm32f405.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

using mote::can_compose;
using mote::fit;
using mote::fit_knobs;
using mote_tests::synthetic;

namespace {

/// A user's board, of any size: a type with `facts`, from outside mote.
template <std::size_t Ram, std::size_t Block, std::size_t Flash, mote::isa Instructions = mote::isa::scalar>
struct drawer_find {
  static constexpr mote::board_facts facts{.name = "found in a drawer",
                                           .ram_bytes = Ram,
                                           .ram_block_bytes = Block,
                                           .flash_bytes = Flash,
                                           .instructions = Instructions,
                                           .stack_bytes = 1000};
};

constexpr std::size_t plenty = std::size_t{1} << 30U;
using roomy = drawer_find<plenty, plenty, plenty>;
using roomy_neon = drawer_find<plenty, plenty, plenty, mote::isa::neon>;
using roomy_avx512 = drawer_find<plenty, plenty, plenty, mote::isa::avx512>;
using window = mote::context<96>;

template <class Board, fit_knobs Knobs = fit_knobs{}>
constexpr bool fits = can_compose<synthetic, window, fit<Board, Knobs>>;

/// Costs do not depend on a board's size.
constexpr auto cost = mote::pipeline<synthetic, window, fit<roomy>>::cost();
constexpr std::size_t object = cost.ram.object();
constexpr std::size_t with_stack = object + 1000;
constexpr std::size_t image = cost.flash.image();
constexpr std::size_t with_code = image + 32 * 1024;

}  // namespace

TEST_CASE("fit: RAM is proven to the byte, all of it and the largest block", "[budget][fit]") {
  STATIC_REQUIRE(cost.ram.stack == 1000);
  STATIC_REQUIRE(fits<drawer_find<with_stack, object, plenty>>);
  STATIC_REQUIRE(!fits<drawer_find<with_stack - 1, object, plenty>>);
  STATIC_REQUIRE(!fits<drawer_find<with_stack, object - 1, plenty>>);
  STATIC_REQUIRE(!fits<drawer_find<plenty, object - 1, plenty>>);
}

TEST_CASE("fit: a search that needs more stack than the board keeps is counted", "[budget][fit]") {
  constexpr mote::bm25_knobs many{.items = 500};
  using few = mote::rag<mote::bm25<mote::bm25_knobs{.items = 8}>, mote::rag_knobs{.tokens = 40}>;
  using large = mote::rag<mote::bm25<many>, mote::rag_knobs{.tokens = 40}>;
  STATIC_REQUIRE(mote::pipeline<synthetic, window, few, fit<roomy>>::cost().ram.stack == 1000);
  constexpr mote::footprint f = mote::pipeline<synthetic, window, large, fit<roomy>>::cost();
  STATIC_REQUIRE(large::stack_bytes == few::stack_bytes + 492 * 5);  // a score and a mark an item
  STATIC_REQUIRE(f.ram.stack == large::stack_bytes + 2 * (sizeof(mote::hit) + sizeof(std::string_view)) + 512);
  STATIC_REQUIRE(can_compose<synthetic, window, large, fit<drawer_find<f.ram.sum(), f.ram.object(), plenty>>>);
  STATIC_REQUIRE(!can_compose<synthetic, window, large, fit<drawer_find<f.ram.sum() - 1, f.ram.object(), plenty>>>);
  STATIC_REQUIRE(mote::pipeline<synthetic, window, large>::cost().ram.stack == 0);
}

TEST_CASE("fit: RAM that the application keeps counts against the whole, not against the block", "[budget][fit]") {
  STATIC_REQUIRE(fits<drawer_find<with_stack + 5000, object, plenty>, fit_knobs{.other_ram_bytes = 5000}>);
  STATIC_REQUIRE(!fits<drawer_find<with_stack + 4999, object, plenty>, fit_knobs{.other_ram_bytes = 5000}>);
}

TEST_CASE("fit: flash is proven to the byte, with the room for code", "[budget][fit]") {
  STATIC_REQUIRE(fits<drawer_find<plenty, plenty, with_code>>);
  STATIC_REQUIRE(!fits<drawer_find<plenty, plenty, with_code - 1>>);
  STATIC_REQUIRE(fits<drawer_find<plenty, plenty, image + 100>, fit_knobs{.code_bytes = 100}>);
  STATIC_REQUIRE(!fits<drawer_find<plenty, plenty, image + 99>, fit_knobs{.code_bytes = 100}>);
}

TEST_CASE("fit: what is chosen costs what its region says", "[budget][fit]") {
  using learning = mote::pipeline<synthetic, window, fit<roomy>, mote::lora<2>>;
  using recalling =
      mote::pipeline<synthetic, window, fit<roomy>, mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 40}>>;
  using floats = mote::pipeline<synthetic, window, fit<roomy>, mote::quantize<32>>;
  using shorter = mote::pipeline<synthetic, mote::context<48>, fit<roomy>>;
  STATIC_REQUIRE(learning::cost().ram.gradients > 0);
  STATIC_REQUIRE(learning::cost().ram.object() >= object + 4 * learning::cost().ram.weights);
  STATIC_REQUIRE(recalling::cost().ram.index == mote::bm25<>::ram_bytes);
  STATIC_REQUIRE(recalling::cost().ram.object() >= object + mote::bm25<>::ram_bytes);
  STATIC_REQUIRE(2 * shorter::cost().ram.cache == cost.ram.cache);
  STATIC_REQUIRE(floats::cost().flash.weights > 2 * cost.flash.weights);
  STATIC_REQUIRE(floats::cost().ram.cache == cost.ram.cache);
}

TEST_CASE("fit: the numbers of the message are those of the board and the pipeline", "[budget][fit]") {
  using mote::detail::flash_demand;
  using mote::detail::ram_demand;
  mote::footprint f = cost;
  f.ram_available = with_stack - 1;
  f.ram_block_available = object;
  CHECK(ram_demand(f).needs == with_stack);
  CHECK(ram_demand(f).has == with_stack - 1);
  CHECK(ram_demand(f).over() == 1);
  f.ram_other = 10;
  CHECK(ram_demand(f).over() == 11);
  f.ram_other = 0;
  f.ram_available = plenty;  // together it would do: the block is what is too small
  f.ram_block_available = object - 7;
  CHECK(ram_demand(f).needs == object);
  CHECK(ram_demand(f).has == object - 7);
  CHECK(ram_demand(f).over() == 7);
  f.ram_block_available = object;
  CHECK(ram_demand(f).over() == 0);
  CHECK(f.ram_fits());
  f.flash_available = with_code - 3;
  CHECK(flash_demand(f).needs == with_code);
  CHECK(flash_demand(f).over() == 3);
  CHECK(!f.flash_fits());
}

TEST_CASE("fit: a pipeline carries its board's name and knobs into its footprint", "[budget][fit]") {
  using there = mote::pipeline<synthetic, window,
                               fit<mote::boards::stm32h743, fit_knobs{.code_bytes = 4096, .other_ram_bytes = 77}>>;
  constexpr auto f = there::cost();
  CHECK(f.board == "STM32H743");
  CHECK(f.model == "synthetic");
  CHECK(f.ram_available == mote::boards::stm32h743::facts.ram_bytes);
  CHECK(f.ram_block_available == mote::boards::stm32h743::facts.ram_block_bytes);
  CHECK(f.flash_available == mote::boards::stm32h743::facts.flash_bytes);
  CHECK(f.ram.stack == mote::boards::stm32h743::facts.stack_bytes);
  CHECK(f.ram_other == 77);
  CHECK(f.flash.code == 4096);
  CHECK(f.ram_fits());
  CHECK(f.flash_fits());
  constexpr auto nowhere = mote::pipeline<synthetic, window>::cost();
  CHECK(nowhere.board == "none");
  CHECK(nowhere.ram.stack == 0);
  CHECK(nowhere.flash.code == 0);
}

TEST_CASE("fit: a board is any type with facts, and nothing else is one", "[budget][fit]") {
  struct no_facts {};
  STATIC_REQUIRE(mote::board<drawer_find<1, 1, 1>>);
  STATIC_REQUIRE(mote::board<mote::boards::stm32f405>);
  STATIC_REQUIRE(!mote::board<no_facts>);
  STATIC_REQUIRE(!mote::board<synthetic>);
  STATIC_REQUIRE(!mote::board<int>);
  // Its instructions say how rows lie, whatever this machine's are.
  STATIC_REQUIRE(mote::pipeline<synthetic, fit<roomy_avx512>>::format::rows == 16);
  STATIC_REQUIRE(mote::pipeline<synthetic, fit<roomy_neon>>::format::rows == 4);
  STATIC_REQUIRE(mote::pipeline<synthetic, fit<roomy>>::format::rows == 1);
  STATIC_REQUIRE(can_compose<synthetic, mote::interleave<4>, fit<roomy_neon>>);
  STATIC_REQUIRE(!can_compose<synthetic, mote::interleave<8>, fit<roomy_neon>>);
}
