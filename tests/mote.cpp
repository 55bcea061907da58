// SPDX-License-Identifier: BSL-1.0
#include "mote/mote.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#ifdef RANGES_V3_VERSION_HPP
#error "mote.hpp brings range-v3"
#endif

// mote.hpp has included no board: else this would be a second definition.
namespace mote::inline v0::boards {
struct stm32h743;
struct pc;
}  // namespace mote::inline v0::boards
template <class T>
constexpr bool is_whole = requires { sizeof(T); };
static_assert(!is_whole<mote::boards::stm32h743> && !is_whole<mote::boards::pc>);

namespace {

struct some_model {
  static constexpr std::string_view name = "some_model";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 64, .context = 128};
  static constexpr std::size_t vocabulary_bytes = 600;
  static constexpr mote::special_tokens special_tokens{};
};

struct some_board {
  static constexpr mote::board_facts facts{.name = "some board",
                                           .ram_bytes = 4U << 20U,
                                           .ram_block_bytes = 4U << 20U,
                                           .flash_bytes = 4U << 20U,
                                           .instructions = mote::isa::scalar};
};

}  // namespace

TEST_CASE("mote.hpp: every policy is there, in any order, and the defaults are what the headers say", "[mote]") {
  using namespace mote;
  using a = pipeline<some_model, quantize<8>, interleave<1>, context<96>, lora<2, lora_knobs{.tokens = 32}>,
                     rag<bm25<>, rag_knobs{.tokens = 32}>, sample<>, fit<some_board>>;
  using b = pipeline<some_model, fit<some_board>, sample<>, rag<bm25<>, rag_knobs{.tokens = 32}>,
                     lora<2, lora_knobs{.tokens = 32}>, context<96>, quantize<8>>;
  STATIC_REQUIRE(std::is_same_v<a, b>);
  STATIC_REQUIRE(std::is_same_v<pipeline<some_model>, pipeline<some_model, quantize<8>, board_interleave,
                                                               trained_context, frozen, no_recall, greedy, unchecked>>);
  STATIC_REQUIRE(can_compose<some_model, quantize<32>, full<>>);
  STATIC_REQUIRE_FALSE(can_compose<some_model, quantize<8>, full<>>);
  STATIC_REQUIRE(early_stop<2>{}.observe(1.0F) == verdict::better);
#if defined(__ELF__) && !defined(MOTE_EMBED_IMAGE)
  FAIL("an ELF target has MOTE_EMBED_IMAGE");
#endif
}
