// SPDX-License-Identifier: BSL-1.0
// sweep<>: 24 combinations, their costs, and not one pipeline.
#include "mote/pipeline/sweep.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/mote.hpp"

namespace {

/// A model of which no pipeline can be made: what stands below has no body, so the first member that somebody asks for,
/// or its size, is an error.
struct untouched : mote_tests::synthetic {};

}  // namespace

namespace mote::inline v0 {
template <class Format, std::size_t Context, class... Policies>
class basic_pipeline<untouched, Format, Context, Policies...>;
}  // namespace mote::inline v0

namespace {

template <std::size_t Kib>
struct a_board {
  static constexpr mote::board_facts facts{.name = "some board",
                                           .ram_bytes = Kib * 1024,
                                           .ram_block_bytes = Kib * 1024,
                                           .flash_bytes = std::size_t{1} << 22U,
                                           .stack_bytes = 1024};
};

template <class Pipeline>
concept complete = requires { sizeof(Pipeline); };

}  // namespace

TEST_CASE("sweep: 24 combinations cost what the 24 pipelines do, and none of them was made", "[budget][sweep]") {
  using weights = mote::axis<mote::quantize<8>, mote::quantize<4>>;
  using context = mote::axis<mote::context<64>, mote::context<96>>;
  using cache = mote::axis<mote::cache<32>, mote::cache<16>, mote::cache<8>>;
  using learning = mote::axis<mote::frozen, mote::lora<2>>;
  STATIC_REQUIRE(!complete<mote::pipeline<untouched>>);

  std::vector<std::size_t> bytes;
  const std::size_t count = mote::sweep<untouched, weights, context, cache, learning>(
      [&](auto made) { bytes.push_back(made.cost.ram.object()); });
  CHECK(count == 24);
  std::vector<std::size_t> sizes;
  mote::sweep<mote_tests::synthetic, weights, context, cache, learning>([&](auto made) {
    using pipeline = typename decltype(made)::template as<mote::pipeline>;
    sizes.push_back(sizeof(pipeline));
  });
  CHECK(bytes == sizes);
}

TEST_CASE("sweep: what does not compose or fit is not visited", "[budget][sweep]") {
  using contexts = mote::axis<mote::context<16>, mote::context<64>, mote::context<100'000>>;
  std::vector<std::size_t> seen;
  const auto note = [&](auto made) { seen.push_back(made.chosen.context); };
  CHECK(mote::sweep<untouched, contexts>(note) == 2);
  CHECK(seen == std::vector<std::size_t>{16, 64});
  // Floats alone can be trained whole.
  using weights = mote::axis<mote::quantize<8>, mote::quantize<32>>;
  CHECK(mote::sweep<untouched, weights, mote::axis<mote::full<mote::full_knobs{.tokens = 20}>>>(note) == 1);
  // A board of few bytes drops the long ones.
  constexpr std::size_t small =
      mote::cost_of(untouched::shape, mote::choices_of<untouched, mote::context<16>>).ram.object();
  constexpr std::size_t kib = (small + 1024) / 1024 + 1;
  using both = mote::axis<mote::context<16>, mote::context<128>>;
  seen.clear();
  CHECK(mote::sweep<untouched, both, mote::axis<mote::fit<a_board<kib>>>>(note) == 1);
  CHECK(seen == std::vector<std::size_t>{16});
  CHECK(mote::sweep<untouched, mote::axis<>>(note) == 0);
  CHECK(mote::sweep<untouched>(note) == 1);  // the product of no axis is one: all defaults
}
