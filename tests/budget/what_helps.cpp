// SPDX-License-Identifier: BSL-1.0
// what_helps(): every way is what it says it is, the largest first; and the mildest that is enough.
#include "mote/budget/what_helps.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/boards/esp32c6.hpp"
#include "mote/boards/esp32p4.hpp"
#include "mote/boards/esp32s3.hpp"
#include "mote/boards/imxrt1062.hpp"
#include "mote/boards/microbit.hpp"
#include "mote/boards/mps2_an386.hpp"
#include "mote/boards/mps2_an500.hpp"
#include "mote/boards/mps2_an505.hpp"
#include "mote/boards/mps3_an547.hpp"
#include "mote/boards/netduinoplus2.hpp"
#include "mote/boards/nrf52840.hpp"
#include "mote/boards/pc.hpp"
#include "mote/boards/raspberry_pi_4.hpp"
#include "mote/boards/raspberry_pi_5.hpp"
#include "mote/boards/raspberry_pi_zero_2.hpp"
#include "mote/boards/rp2040.hpp"
#include "mote/boards/rp2350.hpp"
#include "mote/boards/stm32f405.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/boards/stm32n657.hpp"
#include "mote/boards/visionfive_2.hpp"
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
    mote::choices_of<mote::context<256>, mote::lora<4>, mote::rag<mote::bm25<mote::bm25_knobs{.items = 64}>>,
                     mote::prefill<8>, mote::ngram<128>>;
constexpr mote::choices reading = mote::choices_of<mote::context<256>, mote::prefill<32>, mote::ngram<128>>;
/// What policies with so many items say themselves: sixteenths of 64.
template <template <std::size_t> class Recall>
mote::recall_choice recall_with(std::size_t items) {
  mote::recall_choice found{};
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((items == 4 * (I + 1) ? void(found = mote::choices_of<Recall<4 * (I + 1)>>.recall) : void()), ...);
  }(std::make_index_sequence<16>{});
  REQUIRE(found.items == items);
  return found;
}
template <std::size_t Items>
using by_words = mote::rag<mote::bm25<mote::bm25_knobs{.items = Items}>>;
template <std::size_t Items>
using by_both =
    mote::rag<mote::fuse<mote::bm25<mote::bm25_knobs{.items = Items}>, mote::flat<mote::flat_knobs{.items = Items}>>>;

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
      c.learning.optimizer = mote::choices_of<mote::lora<1, mote::lora_knobs{}, mote::sgd<>>>.learning.optimizer;
      break;
    case way::items: {
      const bool words = c.recall.sized == mote::choices_of<by_words<64>>.recall.sized;
      const mote::recall_choice less = words ? recall_with<by_words>(h.to) : recall_with<by_both>(h.to);
      c.recall.items = less.items;
      c.recall.ram_bytes = less.ram_bytes;
      c.recall.stack_bytes = less.stack_bytes;
      c.recall.index = less.index;
      break;
    }
    case way::prefill: c.prefill = h.to; break;
    case way::no_draft: c.drafting = {}; break;
    case way::cache_region: c.fit.cache_region = h.to; break;
    case way::arena_region: c.fit.arena_region = h.to; break;
    case way::learning_region: c.fit.learning_region = h.to; break;
    case way::recall_region: c.fit.recall_region = h.to; break;
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
  CHECK(seen == std::set<way>{way::context, way::cache_bits, way::example_tokens, way::rank, way::sgd, way::items,
                              way::prefill, way::no_draft});
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
  // So has what stands in front of one: it takes half of the context at most.
  using in_front = mote::prompt_tuning<40, mote::prompt_tuning_knobs{.tokens = 16}>;
  CHECK(
      find(mote::what_helps(shape, mote::choices_of<in_front, mote::context<128>>, board_of(1000)), way::context)->to ==
      80);
  STATIC_REQUIRE(mote::can_compose<mote_tests::synthetic, mote::context<80>, in_front>);
  STATIC_REQUIRE_FALSE(mote::can_compose<mote_tests::synthetic, mote::context<64>, in_front>);
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

TEST_CASE("what_helps: fewer items cost what a memory of so many costs, for each kind of memory",
          "[budget][what_helps]") {
  const auto exact = [](const mote::recall_choice& all, auto with) {
    REQUIRE(all.sized != nullptr);
    CHECK(all.items == 64);
    for (std::size_t n = 1; n <= 16; ++n) {
      CHECK(all.sized->number(n) == 4 * n);
      const mote::recall_size size = all.sized->of(4 * n);
      const mote::recall_choice real = with(4 * n);
      CHECK(size.ram_bytes == real.ram_bytes);
      CHECK(size.stack_bytes == real.stack_bytes);
      CHECK(size.index == real.index);
    }
  };
  exact(mote::choices_of<by_words<64>>.recall, recall_with<by_words>);
  exact(mote::choices_of<by_both<64>>.recall, recall_with<by_both>);
  // As many as fit.
  constexpr mote::choices c = mote::choices_of<mote::context<256>, by_words<64>>;
  const mote::ram_regions ram = mote::cost_of(shape, c).ram;
  const help* items = nullptr;
  const mote::board_facts board = board_of(ram.sum() - ram.index / 2);
  const helps h = mote::what_helps(shape, c, board);
  items = find(h, way::items);
  REQUIRE(items != nullptr);
  CHECK(items->enough);
  CHECK(items->to < 64);
  CHECK_FALSE(mote::footprint_of(shape, after({.what = way::items, .to = items->to + 4}, c), board).ram_fits());
  // Fewer than sixteen: each number once, and none below one.
  constexpr mote::choices few = mote::choices_of<mote::context<256>, by_words<5>>;
  CHECK(few.recall.sized->number(1) == 1);
  CHECK(few.recall.sized->of(3).ram_bytes == by_words<3>::ram_bytes);
  // Who does not recall is not asked.
  STATIC_REQUIRE(mote::choices_of<mote::no_recall>.recall.sized == nullptr);
}

namespace {

bool ram_fits(const mote::shape& s, const mote::choices& c, const mote::board_facts& board) {
  return mote::footprint_of(s, c, board).ram_fits();
}
/// Every size at its least: the extremes of all ways but those that place a part.
std::vector<help> extremes(const mote::shape& s, const mote::choices& c) {
  const std::size_t room = c.recall.recalls ? mote::round_up(c.recall.tokens + mote::least_dialogue_tokens, 16) : 32;
  std::vector<help> all{{.what = way::context, .to = std::min(c.context_of(s), room)},
                        {.what = way::cache_bits, .to = 8},
                        {.what = way::prefill, .to = 1},
                        {.what = way::no_draft}};
  if (c.learning.learns) {
    all.push_back({.what = way::example_tokens, .to = std::min<std::size_t>(c.learning.tokens, 16)});
    all.push_back({.what = way::rank, .to = 1});
    all.push_back({.what = way::sgd});
  }
  if (c.recall.recalls) all.push_back({.what = way::items, .to = c.recall.sized->number(1)});
  return all;
}
/// How few of them are enough.
std::size_t fewest(const mote::shape& s, const mote::choices& c, const mote::board_facts& board) {
  const std::vector<help> all = extremes(s, c);
  std::size_t best = all.size() + 1;
  for (std::uint32_t taken = 1; taken < 1U << all.size(); ++taken) {
    const auto count = static_cast<std::size_t>(std::popcount(taken));
    if (count >= best) continue;
    mote::choices now = c;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((taken >> i & 1U) != 0) now = after(all[i], now);
    if (ram_fits(s, now, board)) best = count;
  }
  return best;
}
/// Whether it fits with all sizes at their least, wherever its parts lie: every placement is tried.
bool fits_somehow(const mote::shape& s, mote::choices c, const mote::board_facts& board) {
  for (const help& one : extremes(s, c)) c = after(one, c);
  std::vector<std::size_t> places{mote::nowhere};
  for (std::size_t i = 1; i < mote::most_regions; ++i)
    if (board.regions[i].bytes != 0) places.push_back(i);
  for (const std::size_t cache : places)
    for (const std::size_t arena : places)
      for (const std::size_t learning : places)
        for (const std::size_t recall : places) {
          c.fit.cache_region = cache;
          c.fit.arena_region = arena;
          c.fit.learning_region = learning;
          c.fit.recall_region = recall;
          if (ram_fits(s, c, board)) return true;
        }
  return false;
}

struct tally {
  std::size_t alone = 0, together = 0, hopeless = 0, most = 0, more_than_needed = 0;
};
void check_advice(const mote::shape& s, const mote::choices& c, const mote::board_facts& board, tally& seen) {
  const mote::remedy r = mote::what_fits(s, c, board, mote::memory::ram);
  if (ram_fits(s, c, board)) {
    CHECK(r.size() == 0);
    CHECK(r.fits());
    return;
  }
  const helps h = mote::what_helps(s, c, board, mote::memory::ram);
  CHECK(std::is_sorted(h.begin(), h.end(), [](const help& a, const help& b) { return a.saves > b.saves; }));
  for (const help& one : h) CHECK(ram_fits(s, after(one, c), board) == one.enough);
  if (!r.fits()) {
    CHECK(r.size() == 0);
    CHECK_FALSE(h.any_is_enough());
    CHECK_FALSE(fits_somehow(s, c, board));
    ++seen.hopeless;
    return;
  }
  REQUIRE(r.size() > 0);
  CHECK((r.size() == 1) == h.any_is_enough());
  // Followed in order, each leaves what it says, and the last makes it fit.
  mote::choices now = c;
  for (std::size_t i = 0; i < r.size(); ++i) {
    now = after(r[i], now);
    const std::size_t over = mote::detail::shortage_of(mote::footprint_of(s, now, board), mote::memory::ram).most;
    CHECK(over == r.over_by[i]);
    CHECK(ram_fits(s, now, board) == (i + 1 == r.size()));
    CHECK(r[i].enough == (i + 1 == r.size()));
  }
  // None of them is needless.
  for (std::size_t skip = 0; skip < r.size(); ++skip) {
    mote::choices without = c;
    for (std::size_t i = 0; i < r.size(); ++i)
      if (i != skip) without = after(r[i], without);
    CHECK_FALSE(ram_fits(s, without, board));
  }
  if (r.size() > 1 && board.regions[0].bytes == 0) {
    const std::size_t least = fewest(s, c, board);
    CHECK(r.size() >= least);
    seen.more_than_needed += r.size() > least ? 1U : 0U;
  }
  ++(r.size() == 1 ? seen.alone : seen.together);
  seen.most = std::max(seen.most, r.size());
}

template <class... Boards>
void check_boards(tally& seen) {
  constexpr mote::shape hearth{
      .dim = 96, .hidden = 256, .layers = 4, .heads = 6, .kv_heads = 3, .vocab = 512, .context = 256};
  constexpr mote::choices learning[] = {
      mote::choices_of<>, mote::choices_of<mote::lora<4>>,
      mote::choices_of<mote::lora<8, mote::lora_knobs{.targets = mote::all_matrices, .tokens = 128}>>};
  constexpr mote::choices recalling[] = {mote::choices_of<>, mote::choices_of<by_words<64>>,
                                         mote::choices_of<by_both<64>>};
  for (const mote::shape& s : {shape, hearth})
    for (const mote::choices& l : learning)
      for (const mote::choices& r : recalling)
        for (const std::size_t context : {160U, 256U})
          for (const std::size_t bits : {32U, 8U}) {
            mote::choices c = bits == 8 ? after({.what = way::cache_bits, .to = 8}, l) : l;
            c.recall = r.recall;
            c.context = context;
            c.prefill = context / 32;
            const auto one = [&](const mote::board_facts& board) {
              CAPTURE(board.name, s.dim, l.learning.rank, r.recall.ram_bytes, context, bits);
              c.fit.stack_bytes = board.stack_bytes;
              c.fit.checks = true;
              check_advice(s, c, board, seen);
            };
            (one(Boards::facts), ...);
          }
}

}  // namespace

TEST_CASE("what_fits: on every board each advice that is followed fits, and where nothing does, nothing does",
          "[budget][what_helps]") {
  namespace b = mote::boards;
  tally seen;
  check_boards<b::esp32c6, b::esp32p4, b::esp32s3, b::imxrt1062, b::nrf52840, b::raspberry_pi_4, b::rp2040, b::microbit,
               b::mps2_an386, b::mps2_an500, b::mps2_an505, b::mps3_an547, b::netduinoplus2, b::pc, b::pc_avx2,
               b::pc_sse2, b::raspberry_pi_5, b::raspberry_pi_zero_2, b::rp2350, b::stm32f405, b::stm32h743,
               b::stm32n657, b::visionfive_2>(seen);
  CAPTURE(seen.alone, seen.together, seen.hopeless, seen.most);
  CHECK(seen.alone > 20);
  CHECK(seen.together > 20);
  CHECK(seen.hopeless > 20);
  // Sizes between those of boards.
  for (std::size_t kib = 24; kib < 600; kib += 8) check_advice(shape, large, board_of(kib * 1024), seen);
  CAPTURE(seen.more_than_needed);
  CHECK(seen.more_than_needed == 0);  // never one more than the fewest, counted over all of them
}
