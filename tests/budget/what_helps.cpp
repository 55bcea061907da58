// SPDX-License-Identifier: BSL-1.0
// what_helps(): every way is what it says it is, the largest first; and the mildest that is enough.
#include "mote/budget/what_helps.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <set>

#include "../synthetic_model.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/sweep.hpp"

namespace {

using mote::help;
using mote::helps;
using mote::way;

constexpr mote::shape shape{
    .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};

constexpr mote::board_facts board_of(std::size_t ram, std::size_t flash = std::size_t{1} << 24U) {
  return {.name = "some", .ram_bytes = ram, .ram_block_bytes = ram, .flash_bytes = flash, .stack_bytes = 2048};
}
constexpr const help* find(const helps& h, way what) {
  for (const help& one : h)
    if (one.what == what) return &one;
  return nullptr;
}

constexpr mote::choices large =
    mote::choices_of<mote::context<256>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::prefill<8>, mote::ngram<128>>;
constexpr mote::choices reading = mote::choices_of<mote::context<256>, mote::prefill<32>, mote::ngram<128>>;
/// The choices that a way leads to.
mote::choices after(const help& h, mote::choices c) {
  switch (h.what) {
    case way::context: c.context = h.to; break;
    case way::cache_bits:
      c.cache = (h.to == 16 ? mote::choices_of<mote::cache<16>> : mote::choices_of<mote::cache<8>>).cache;
      break;
    case way::example_tokens:
      c.learning.tokens = h.to;
      c.learning.chunk = std::min(c.learning.chunk, h.to);
      break;
    case way::rank: c.learning.rank = h.to; break;
    case way::sgd:
      c.learning.optimiser = mote::choices_of<mote::lora<1, mote::lora_knobs{}, mote::sgd<>>>.learning.optimiser;
      break;
    case way::prefill: c.prefill = h.to; break;
    case way::no_draft: c.drafting = {}; break;
    case way::cache_region: c.fit.cache_region = h.to; break;
    case way::arena_region: c.fit.arena_region = h.to; break;
    case way::bits:
      c.weights = (h.to == 8   ? mote::choices_of<mote::quantize<8>>
                   : h.to == 6 ? mote::choices_of<mote::quantize<6>>
                   : h.to == 5 ? mote::choices_of<mote::quantize<5>>
                               : mote::choices_of<mote::quantize<4>>)
                      .weights;
      break;
  }
  return c;
}

}  // namespace

TEST_CASE("what_helps: each way saves what it says, in order, and says truly whether it is enough",
          "[budget][what_helps]") {
  std::set<way> seen;
  for (const mote::choices& c : {large, reading}) {
    const std::size_t whole = mote::cost_of(shape, c).ram.sum();
    for (const std::size_t percent : {5U, 30U, 60U, 80U, 95U, 99U}) {
      const mote::board_facts board = board_of(whole / 100 * percent);
      const helps h = mote::what_helps(shape, c, board);
      CAPTURE(percent);
      CHECK(h.which == mote::memory::ram);
      CHECK(std::is_sorted(h.begin(), h.end(), [](const help& a, const help& b) { return a.saves > b.saves; }));
      for (const help& one : h) {
        CAPTURE(name(one.what), one.to, one.saves);
        const mote::footprint f = mote::footprint_of(shape, after(one, c), board);
        CHECK(one.saves > 0);
        CHECK(whole - f.ram.sum() == one.saves);
        CHECK(f.ram_fits() == one.enough);
        seen.insert(one.what);
      }
    }
  }
  CHECK(seen == std::set<way>{way::context, way::cache_bits, way::example_tokens, way::rank, way::sgd, way::prefill,
                              way::no_draft});
}

TEST_CASE("what_helps: the mildest setting that is enough", "[budget][what_helps]") {
  const std::size_t whole = mote::cost_of(shape, large).ram.sum();
  const mote::board_facts board = board_of(whole - 60'000);
  const helps h = mote::what_helps(shape, large, board);
  const help* context = find(h, way::context);
  REQUIRE(context != nullptr);
  CHECK(context->enough);
  mote::choices longer = large;
  longer.context = context->to + 16;
  CHECK_FALSE(mote::footprint_of(shape, longer, board).ram_fits());
  const help* examples = find(h, way::example_tokens);
  REQUIRE(examples != nullptr);
  CHECK(examples->enough);
  mote::choices more = large;
  more.learning.tokens = examples->to + 8;
  CHECK_FALSE(mote::footprint_of(shape, more, board).ram_fits());
  // Where half the cache is enough, floats need not become 8 bits.
  const help* cache = find(h, way::cache_bits);
  REQUIRE(cache != nullptr);
  CHECK(cache->to == 16);
  CHECK(find(mote::what_helps(shape, large, board_of(whole / 20)), way::cache_bits)->to == 8);
}

TEST_CASE("what_helps: nothing is proposed that is not there, or would break the composition", "[budget][what_helps]") {
  constexpr mote::choices plain = mote::choices_of<mote::context<128>>;
  const helps h = mote::what_helps(shape, plain, board_of(1000));
  CHECK(find(h, way::context)->to == 32);
  CHECK(h.size() == 2);  // context and cache
  // A prompt with what is recalled has its room: 96 tokens, and 35 for a question and its answer.
  CHECK(find(mote::what_helps(shape, large, board_of(1000)), way::context)->to == 144);
  STATIC_REQUIRE(mote::can_compose<mote_tests::synthetic, mote::context<144>, mote::rag<mote::bm25<>>> ==
                 (mote_tests::synthetic::shape.context >= 144));
  // All that could be smaller is.
  constexpr mote::choices least = mote::choices_of<mote::context<32>, mote::cache<8>, mote::quantize<4>>;
  CHECK(mote::what_helps(shape, least, board_of(1000, 1000)).size() == 0);
  CHECK(mote::what_helps(shape, least, board_of(1000, 1000), mote::memory::flash).size() == 0);
  // Bound to another shape: nothing can be said.
  using bound = mote::mixed<mote::quantize<8>, mote::in_layer<1, mote::role::key, mote::quantize<4>>>;
  CHECK(mote::what_helps(shape, mote::choices_of<mote_tests::synthetic, bound>, board_of(1000)).size() == 0);
}

TEST_CASE("what_helps: flash asks for fewer bits, as few as needed and not below four", "[budget][what_helps]") {
  constexpr mote::choices floats = mote::choices_of<mote::quantize<32>, mote::context<32>>;
  const auto bits_for = [&](std::size_t flash) {
    const helps h = mote::what_helps(shape, floats, board_of(std::size_t{1} << 24U, flash));
    REQUIRE(h.which == mote::memory::flash);
    REQUIRE(h.size() == 1);
    const mote::footprint f = mote::footprint_of(shape, after(h[0], floats), board_of(std::size_t{1} << 24U, flash));
    CHECK(mote::cost_of(shape, floats).flash.sum() - f.flash.sum() == h[0].saves);
    CHECK(f.flash_fits() == h[0].enough);
    return h[0].to;
  };
  const auto image = [](const mote::choices& c) { return mote::cost_of(shape, c).flash.sum(); };
  CHECK(bits_for(image(mote::choices_of<mote::quantize<8>>)) == 8);
  CHECK(bits_for(image(mote::choices_of<mote::quantize<8>>) - 1) == 6);
  CHECK(bits_for(image(mote::choices_of<mote::quantize<5>>)) == 5);
  CHECK(bits_for(100) == 4);
  constexpr mote::choices full = mote::choices_of<mote::quantize<32>, mote::full<>>;  // must stay floats
  CHECK(mote::what_helps(shape, full, board_of(std::size_t{1} << 30U, 100), mote::memory::flash).size() == 0);
}

TEST_CASE("what_helps: a part moves to a region that has room for it", "[budget][what_helps]") {
  constexpr mote::choices c = mote::choices_of<mote::context<256>>;
  constexpr mote::costs paid = mote::cost_of(shape, c);
  mote::board_facts board{.name = "banks",
                          .ram_bytes = paid.ram.object() + 200'000,
                          .ram_block_bytes = paid.ram.object() - 64,
                          .flash_bytes = std::size_t{1} << 24U,
                          .stack_bytes = 2048};
  CHECK(find(mote::what_helps(shape, c, board), way::arena_region) == nullptr);
  board.regions[0] = {.name = "main", .bytes = board.ram_block_bytes};
  board.regions[1] = {.name = "tiny", .bytes = 64};
  board.regions[2] = {.name = "fast", .bytes = paid.ram.activations, .fast = true};
  const helps h = mote::what_helps(shape, c, board);
  const help* arena = find(h, way::arena_region);
  REQUIRE(arena != nullptr);
  CHECK(arena->to == 2);
  CHECK(arena->enough);
  CHECK(arena->saves <= paid.ram.activations);
  CHECK(arena->saves + 128 >= paid.ram.activations);  // but for a pointer
  CHECK(find(h, way::cache_region) == nullptr);       // no region is as large
}
