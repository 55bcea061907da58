// SPDX-License-Identifier: BSL-1.0
#include "mote/block/train_plan.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/family/llama.hpp"

namespace {

using mote::lifetime;

template <int Phases>
struct block {
  static constexpr int operations = 1;
  static constexpr int phases = Phases;
  static constexpr bool keeps = false;
  static constexpr bool rotates = false;
  template <int>
  using forward_buffers = mote::lives<>;
  template <int>
  using added_buffers = mote::lives<>;
  template <class>
  using backward_buffers = mote::lives<>;
};
struct one_block_a_layer {
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<block<2>>;
};
struct two_blocks_a_layer {
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<block<2>, block<1>>;
};
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 7, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};

/// Runs the layers: each reads its input and writes the next one's. Whether what the way back reads is still there, and
/// no layer of one block writes over what it reads.
template <class Family>
void check_streams(std::size_t first) {
  using plan = mote::train_plan_of<Family>;
  const std::size_t streams = plan::checkpoints(s, first);
  std::vector<std::size_t> holds(streams, 999);  // which layer's input
  holds[plan::checkpoint_of(0, s, first)] = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t from = plan::checkpoint_of(layer, s, first), to = plan::checkpoint_of(layer + 1, s, first);
    REQUIRE((from < streams && to < streams));
    REQUIRE(holds[from] == layer);
    if (layer >= first || plan::alternates) REQUIRE(from != to);
    holds[to] = layer + 1;
  }
  for (std::size_t layer = first; layer <= s.layers; ++layer)
    REQUIRE(holds[plan::checkpoint_of(layer, s, first)] == layer);
}

}  // namespace

TEST_CASE("train_plan: the input of every layer that learns is kept to the end, and no stream is written while read",
          "[block]") {
  for (std::size_t first = 0; first <= s.layers; ++first) {
    INFO(first);
    check_streams<one_block_a_layer>(first);
    check_streams<two_blocks_a_layer>(first);
    CHECK(mote::train_plan_of<two_blocks_a_layer>::checkpoints(s, first) == s.layers - first + 1);
  }
}

TEST_CASE("train_plan: operations are numbered one after another", "[block]") {
  using plan = mote::train_plan_of<two_blocks_a_layer>;
  CHECK((plan::embed == 0 && plan::forward == 1 && plan::loss == 2 && plan::again == 3 && plan::back == 4));
  CHECK((plan::last_phase == 6 && plan::embedding_back == 7));  // three phases in all
  CHECK(plan::loss_alone == 3);                                 // after embed and two blocks
}

TEST_CASE("train_plan: the facts of a pass that goes back and of one that does not", "[block]") {
  using mote::llama;
  const auto back = mote::train_facts<llama>(s, 30, 8, 100, {.first_layer = 5, .prefix = 4, .scales_outputs = true});
  CHECK((back.tokens == 8 && back.kept == 30 && back.saved == 30 && back.checkpoints == 3 && back.logits == 8));
  CHECK((back.outputs == 8 && back.prefix == 4 && back.rounded_bytes == 100));
  const auto only = mote::train_facts<llama>(s, 30, 8, 100, {.any = false});
  CHECK((only.saved == 8 && only.checkpoints == 1 && only.logits == 1 && only.outputs == 0));
  CHECK(only.scratch_bytes <= back.scratch_bytes);
  CHECK(mote::widest_output<llama>(s) == 44);
}

TEST_CASE("train_plan: beside a lesson an answer writes over nothing that the lesson needs again", "[block]") {
  mote::rng random(6);
  for (int turn = 0; turn < 100; ++turn) {
    std::array<lifetime, 9> lives;
    for (lifetime& l : lives) {
      l.bytes = 64 * (1 + random.below(40));
      l.first = static_cast<int>(random.below(20));
      l.last = l.first + static_cast<int>(random.below(10));
      l.passing = random.below(2) == 0;
    }
    const std::size_t answer_bytes = 64 * (1 + random.below(60));
    const auto both = mote::plan_beside(lives, answer_bytes);
    const auto overlap = [](std::size_t a, std::size_t a_bytes, std::size_t b, std::size_t b_bytes) {
      return a < b + b_bytes && b < a + a_bytes;
    };
    REQUIRE(both.answer + answer_bytes <= both.plan.bytes);
    for (std::size_t i = 0; i < lives.size(); ++i) {
      REQUIRE(both.plan[i] + lives[i].bytes <= both.plan.bytes);
      if (!lives[i].passing) REQUIRE(!overlap(both.plan[i], lives[i].bytes, both.answer, answer_bytes));
      for (std::size_t j = 0; j < i; ++j)
        if (lives[i].first <= lives[j].last && lives[j].first <= lives[i].last)
          REQUIRE(!overlap(both.plan[i], lives[i].bytes, both.plan[j], lives[j].bytes));
    }
  }
}
