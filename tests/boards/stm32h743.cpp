// SPDX-License-Identifier: BSL-1.0
// The proof for one real chip: a model of stories260K's shape, 8 bits, learning and recalling, fits an STM32H743.
#include "mote/boards/stm32h743.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdio>

#include "mote/host/report/footprint.hpp"
#include "mote/mote.hpp"

namespace {

struct stories260k_shape {
  static constexpr std::string_view name = "stories260k";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
  static constexpr std::size_t vocabulary_bytes = 4492;
  static constexpr mote::special_tokens special_tokens{};
};

template <std::size_t Context>
inline constexpr bool fits =
    mote::can_compose<stories260k_shape, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>,
                      mote::context<Context>, mote::fit<mote::boards::stm32h743>>;

}  // namespace

TEST_CASE("stm32h743: stories260K learns and recalls in its RAM", "[boards][stm32h743]") {
  using assistant = mote::pipeline<stories260k_shape, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>,
                                   mote::context<160>, mote::fit<mote::boards::stm32h743>>;
  constexpr mote::footprint cost = assistant::cost();
  STATIC_REQUIRE(assistant::learns);
  STATIC_REQUIRE(assistant::recalls);
  STATIC_REQUIRE(cost.ram_fits());
  STATIC_REQUIRE(cost.flash_fits());
  STATIC_REQUIRE(cost.ram.object() == sizeof(assistant));
  STATIC_REQUIRE(cost.ram.object() <= 512 * 1024);  // the AXI SRAM, one block
  STATIC_REQUIRE(cost.ram.gradients > 0);           // training is counted
  STATIC_REQUIRE(cost.ram.optimizer > 0);
  std::fputs(mote::host::footprint_text(cost).c_str(), stdout);
}

TEST_CASE("stm32h743: what does not fit is not let through", "[boards][stm32h743]") {
  STATIC_REQUIRE(fits<160>);
  STATIC_REQUIRE_FALSE(fits<512>);  // keys and values alone are 640 KiB
}
