// SPDX-License-Identifier: BSL-1.0
// With --all: every change has the plans of decode() and of training under the guard.
// Whole pipelines under the guard: what lies in the arena where a plan says that it is dead changes no token, no logit, no
// loss and no parameter. The arena changes hands between answers, drafts, lessons and the spelling of texts.
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/lora.hpp"
#include "mote/learn/prefix_tuning.hpp"
#include "mote/learn/prompt_tuning.hpp"
#include "mote/learn/zeroth_order.hpp"
#include "mote/pipeline.hpp"
#include "mote/policy/threads.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"
#include "watched.hpp"

namespace {

using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;
using mote_tests::watched;
using bits = std::vector<std::uint32_t>;

template <class Pipeline>
void ask(Pipeline& ai, std::string_view question, bits& seen) {
  REQUIRE(ai.begin(question, 24) == status::ok);
  for (;;) {
    const mote::progress_step s = ai.step();
    REQUIRE(s.state == status::ok);
    if (s.done) break;
    for (const char c : s.piece) seen.push_back(static_cast<unsigned char>(c));
    if (ai.tokens().size() > ai.prompt_tokens())
      for (const float l : ai.logits()) seen.push_back(std::bit_cast<std::uint32_t>(l));
  }
  for (const auto t : ai.tokens()) seen.push_back(t);
}

template <class Pipeline, bool TakesTurns>
bits life(const aligned_bytes& image) {
  static Pipeline ai;
  bits seen;
  REQUIRE(ai.attach(image) == status::ok);
  for (int round = 0; round < 2; ++round) {
    if constexpr (Pipeline::recalls) REQUIRE(ai.remember("the ant is in the inn") == status::ok);
    ask(ai, "where is the ant", seen);
    if constexpr (Pipeline::learns) {
      for (const mote::example& e : {mote::example{.prompt = "lights", .answer = "on", .note = "the end"},
                                     mote::example{.prompt = "the cat", .answer = "in the inn"}}) {
        seen.push_back(std::bit_cast<std::uint32_t>(ai.learn(e).loss));
        seen.push_back(std::bit_cast<std::uint32_t>(ai.loss(e).loss));
      }
      const float* p = ai.learning().parameters();
      for (std::size_t i = 0; i < std::remove_cvref_t<decltype(ai.learning())>::parameter_floats; ++i)
        seen.push_back(std::bit_cast<std::uint32_t>(p[i]));
    }
    if constexpr (TakesTurns) {  // a lesson in portions, a step of an answer between any two
      REQUIRE(ai.begin("where is the ant", 24) == status::ok);
      REQUIRE(ai.learn_begin({.prompt = "lights", .answer = "on"}) == status::ok);
      mote::learned l{.done = false};
      for (bool answering = true; !l.done; l = ai.learn_step(11)) {
        if (answering) answering = !ai.step().done;
        if (answering && ai.tokens().size() > ai.prompt_tokens())
          for (const float v : ai.logits()) seen.push_back(std::bit_cast<std::uint32_t>(v));
      }
      seen.push_back(std::bit_cast<std::uint32_t>(l.loss));
    }
    ask(ai, "the cat", seen);
  }
  return seen;
}

template <bool TakesTurns = false, class... Policies>
void check() {
  using pipeline = mote::pipeline<synthetic, mote::context<96>, Policies...>;
  const aligned_bytes image = mote_tests::synthetic_image<pipeline>();
  bits expected;
  for (const int pattern : mote_tests::patterns) {
    CAPTURE(pattern);
    const watched now(pattern);
    const bits seen = life<pipeline, TakesTurns>(image);
    if (expected.empty()) expected = seen;
    REQUIRE(expected.size() > 1000);
    CHECK((seen == expected));
    INFO("tensor " << mote::arena_watch::tensor << " in operation " << mote::arena_watch::operation);
    CHECK(now.faults() == 0);
  }
}

using recall = mote::rag<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 48}>, mote::rag_knobs{.tokens = 48}>;
using guesses = mote::gated<mote::lookup<1, 8>, mote::draft_knobs{.batch_cost = 0, .measured = false}>;
using always_on = mote::threads<3, mote::threads_knobs{.least_bytes = 1}>;

}  // namespace

TEST_CASE("poisoned: a pipeline that answers, recalls and learns by adapters") {
  check<false, recall, mote::lora<2>>();
}
TEST_CASE("poisoned: a pipeline that learns with every parameter") {
  check<false, mote::quantize<32>, mote::full<mote::full_knobs{.tokens = 64, .batch = 2}>>();
}
TEST_CASE("poisoned: a pipeline of threads that drafts and reads several tokens at a time") {
  check<false, mote::prefill<8>, guesses, always_on, mote::cache<8>>();
  check<false, mote::prefill<5>, always_on, mote::kivi<4, 32>, mote::lora<2>>();
}
TEST_CASE("poisoned: other deltas and schedules, and lessons that take turns with answers") {
  constexpr mote::lora_knobs turns{.takes_turns = true};
  check<false, mote::ia3<>>();
  check<true, mote::lora<2, turns>, mote::prefill<5>>();
  check<true, mote::lora<2, turns, mote::adam<>, mote::last_layers<1>>>();
  check<true, mote::lora<2, turns, mote::adam<>, mote::zeroth_order<>>, guesses>();
  check<false, recall, mote::prompt_tuning<3>, mote::prefill<5>, guesses>();
  check<false, mote::prefix_tuning<3>>();
  check<false, recall, mote::prefix_tuning<3>, mote::prefill<5>, mote::kivi<4, 32>>();
  check<true, mote::prefix_tuning<3, mote::prefix_tuning_knobs{.takes_turns = true}>, always_on>();
  check<true, mote::prompt_tuning<3, mote::prompt_tuning_knobs{.takes_turns = true}>>();
  check<true, recall, mote::ia3<mote::ia3_knobs{.takes_turns = true}>, mote::cache<8>>();
}
