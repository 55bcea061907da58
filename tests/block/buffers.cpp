// SPDX-License-Identifier: BSL-1.0
// The plans of both passes over many shapes, chunks and sizes of a pass: no two tensors that live at the same time overlap.
// That is the planner's part; that the lives are long enough is for tests/poison.
#include <catch2/catch_test_macros.hpp>

#include <cstddef>

#include "../core/sound_plan.hpp"
#include "mote/block/train.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/llama.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/model/int8_cache.hpp"

namespace {

using mote::shape;

template <class Format>
constexpr bool training_is_sound(const shape& s, std::size_t tokens, std::size_t chunk) {
  const auto lives = mote::train_lifetimes<mote::llama, Format>(s, tokens, chunk);
  return mote_tests::sound(lives, mote::plan_arena(lives));
}
template <class Format, class Cache = mote::float_cache>
constexpr bool answering_is_sound(const shape& s, std::size_t context, mote::pass_size n) {
  const auto lives = mote::decode_lifetimes<mote::llama, Format, Cache>(s, context, n);
  return mote_tests::sound(lives, mote::plan_arena(lives));
}

constexpr shape hearth{.dim = 96, .hidden = 256, .layers = 4, .heads = 6, .kv_heads = 3, .vocab = 512, .context = 256};
constexpr shape of_260k{.dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
constexpr shape of_15m{
    .dim = 288, .hidden = 768, .layers = 6, .heads = 6, .kv_heads = 6, .vocab = 32000, .context = 256};
constexpr shape of_135m{
    .dim = 576, .hidden = 1536, .layers = 30, .heads = 9, .kv_heads = 3, .vocab = 49152, .context = 2048};

}  // namespace

TEST_CASE("no two live tensors of a pass overlap, says the compiler") {
  STATIC_CHECK(training_is_sound<mote::q8<4>>(hearth, 32, 8));
  STATIC_CHECK(training_is_sound<mote::q8<16>>(of_260k, 64, 32));
  STATIC_CHECK(training_is_sound<mote::q8<16>>(of_15m, 64, 8));
  STATIC_CHECK(training_is_sound<mote::f32<16>>(of_135m, 64, 1));
  STATIC_CHECK(answering_is_sound<mote::q8<4>>(hearth, 160, {}));
  STATIC_CHECK(answering_is_sound<mote::q8<16>>(of_15m, 256, {.tokens = 32, .logits = 9, .parts = 2}));

  // The tensors that the loss works on live in it: its logits, and what the gradient of the last output is made from.
  using facts = mote::train_plan_of<mote::llama>;
  constexpr auto lives = mote::train_lifetimes<mote::llama, mote::q8<16>>(of_15m, 64, 8);
  constexpr auto plan = mote::plan_arena(lives);
  constexpr std::size_t logits = facts::buffers::index<facts::logits>();
  constexpr std::size_t back = facts::buffers::index<facts::dnormed>();
  STATIC_CHECK((plan[back] + lives[back].bytes <= plan[logits] || plan[logits] + lives[logits].bytes <= plan[back]));
}

TEST_CASE("no two live tensors of a pass overlap, whatever the shape, the chunk and the size of the pass") {
  mote::rng random(7);
  for (const shape& s : {hearth, of_260k, of_15m, of_135m}) {
    for (const std::size_t tokens : {1U, 16U, 33U, 64U, 160U})
      for (const std::size_t chunk : {1U, 3U, 8U, 32U, 64U, 160U}) {
        if (chunk > tokens) continue;
        CAPTURE(s.vocab, tokens, chunk);
        CHECK(training_is_sound<mote::q8<4>>(s, tokens, chunk));
        CHECK(training_is_sound<mote::f32<16>>(s, tokens, chunk));
      }
    for (const std::size_t tokens : {1U, 2U, 8U, 32U})
      for (const std::size_t parts : {1U, 2U, 5U}) {
        CAPTURE(s.vocab, tokens, parts);
        CHECK(answering_is_sound<mote::q8<4>>(s, 256, {.tokens = tokens, .logits = tokens, .parts = parts}));
        CHECK(answering_is_sound<mote::f32<1>, mote::int8_cache<>>(s, 100, {.tokens = tokens, .parts = parts}));
      }
  }
  for (int round = 0; round < 300; ++round) {
    const std::size_t kv_heads = random.below(4) + 1;
    const std::size_t heads = kv_heads * (random.below(4) + 1);
    const shape s{.dim = heads * 2 * (random.below(20) + 1),
                  .hidden = random.below(900) + 1,
                  .layers = random.below(6) + 1,
                  .heads = heads,
                  .kv_heads = kv_heads,
                  .vocab = random.below(5000) + 1,
                  .context = 256};
    const std::size_t tokens = random.below(100) + 1;
    const std::size_t chunk = random.below(static_cast<std::uint32_t>(tokens)) + 1;
    CAPTURE(round, s.dim, s.hidden, s.vocab, tokens, chunk);
    CHECK(training_is_sound<mote::q8<16>>(s, tokens, chunk));
    CHECK(answering_is_sound<mote::q8<16>>(s, 256, {.tokens = chunk, .parts = kv_heads}));
  }
}
