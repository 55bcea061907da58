// SPDX-License-Identifier: BSL-1.0
// When a draft pays, against the definition with the gate's own rates and costs; with a clock of the test's making.
#include "mote/decode/draft_gate.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/decode/ngram.hpp"

namespace {

using token = std::uint16_t;
using text = std::vector<token>;

template <mote::draft_knobs Knobs>
using fixed = mote::draft_gate<token, 8, Knobs>;
constexpr mote::draft_knobs free_tokens{.batch_cost = 0, .measured = false};
constexpr mote::draft_knobs cheap{.batch_cost = 0.1F, .measured = false};
constexpr mote::draft_knobs dear{.batch_cost = 1, .measured = false};

struct wrist_watch {
  static inline std::uint32_t time = 0;
  static std::uint32_t now() { return time; }
};

/// Guesses of eight, each right with this chance; returns how many of the last 200 choices were 0, and the sum of all.
template <class Gate>
std::pair<int, std::size_t> live_through(Gate& gate, float chance, std::uint64_t seed) {
  mote::rng random(seed);
  const text guess(8, 5);
  int none = 0;
  std::size_t sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t k = gate.choose(guess);
    if (i >= 800) {
      none += k == 0 ? 1 : 0;
      sum += k;
    }
    gate.observe(random.uniform() < chance ? token{5} : token{6});
  }
  return {none, sum};
}

}  // namespace

TEST_CASE("draft_gate: what costs nothing always pays, what costs as much as a pass never", "[draft]") {
  fixed<free_tokens> always;
  CHECK(always.choose(text(8, 1)) == 8);
  CHECK(always.choose(text(3, 1)) == 3);
  CHECK(always.choose(text{}) == 0);
  fixed<dear> never;
  CHECK(never.choose(text(8, 1)) == 0);
  CHECK(live_through(never, 0.95F, 1).first == 200);
  CHECK(live_through(always, 0.05F, 1).second == 1600);
}

TEST_CASE("draft_gate: the choice is the k with the most tokens a time", "[draft]") {
  fixed<cheap> gate;
  mote::rng random(5);
  std::size_t sizes[9] = {};
  for (int i = 0; i < 3000; ++i) {
    const text guess(random.below(9), 1);
    const float chance = i < 1500 ? 0.3F : 0.9F;
    const std::size_t chosen = gate.choose(guess);
    double best = 1;
    double value_of_chosen = 1;
    for (std::size_t k = 1; k <= guess.size(); ++k) {
      double tokens = 1;
      double alive = 1;
      for (std::size_t j = 0; j < k; ++j) tokens += alive *= static_cast<double>(gate.rate(j));
      const double value = tokens / (1 + 0.1 * static_cast<double>(k));
      best = value > best ? value : best;
      if (k == chosen) value_of_chosen = value;
    }
    REQUIRE(chosen <= guess.size());
    REQUIRE(value_of_chosen > best * (1 - 1e-5));
    ++sizes[chosen];
    gate.observe(random.uniform() < chance ? token{1} : token{2});
  }
  CHECK(sizes[0] > 100);
  CHECK(sizes[8] > 50);
}

TEST_CASE("draft_gate: rates come from guesses that never ran, and follow a change", "[draft]") {
  fixed<mote::draft_knobs{.batch_cost = 0.5F, .measured = false}> gate;
  CHECK(gate.rate(0) == 0.5F);
  CHECK(live_through(gate, 0.02F, 2).first > 190);  // wrong guesses: none runs
  CHECK(gate.rate(0) < 0.2F);
  CHECK(live_through(gate, 0.95F, 3).first < 5);  // they come true again, though none ran: now they run
  CHECK(gate.rate(0) > 0.75F);
  gate.reset();
  CHECK(gate.rate(0) == 0.5F);
}

TEST_CASE("draft_gate: time is measured", "[draft]") {
  mote::draft_gate<token, 8, mote::draft_knobs{.batch_cost = 0.01F}, wrist_watch> gate;
  STATIC_REQUIRE(decltype(gate)::measures);
  CHECK(gate.choose(text(8, 1)) == 0);  // first a pass without guesses
  wrist_watch::time = 0xFFFFFFC0U;      // a clock that wraps
  const std::uint32_t start = gate.now();
  wrist_watch::time += 100;
  gate.took(0, start, gate.now());
  CHECK(gate.cost(0) == 1);
  CHECK(gate.cost(8) == 1.08F);  // not measured yet: as the knob says
  CHECK(gate.choose(text(8, 1)) > 0);
  for (std::size_t k = 1; k <= 8; ++k)
    gate.took(k, 0, static_cast<std::uint32_t>(100 + 100 * k));  // the knob was wrong
  CHECK(gate.cost(8) > 8.5F);
  CHECK(gate.choose(text(8, 1)) == 0);
  // The machine changes its mind: what was dear is tried again, sooner or later.
  int passes = 0;
  while (gate.choose(text(8, 1)) == 0) {
    gate.took(0, 0, 100);
    gate.observe(1);
    REQUIRE(++passes < 3000);
  }
  CHECK(passes > 100);
  // One pass that was interrupted does not count for much.
  mote::draft_gate<token, 2, mote::draft_knobs{}, wrist_watch> steady;
  steady.took(0, 0, 1000);
  steady.took(1, 0, 1200);
  steady.took(1, 0, 1'000'000);
  CHECK(steady.cost(1) < 1.4F);
}

TEST_CASE("draft_gate: knobs and clock come with the policy", "[draft]") {
  using mine = mote::gated<mote::ngram<64>, mote::draft_knobs{.batch_cost = 0.25F, .measured = false}, wrist_watch>;
  STATIC_REQUIRE(mote::drafting_policy<mine>);
  STATIC_REQUIRE(mine::length == 8);
  STATIC_REQUIRE(mote::detail::knobs_of_draft<mine>().batch_cost == 0.25F);
  STATIC_REQUIRE(mote::detail::knobs_of_draft<mote::ngram<64>>().measured);
  STATIC_REQUIRE(std::is_same_v<mote::detail::clock_of_draft<mine>::type, wrist_watch>);
  STATIC_REQUIRE(std::is_same_v<mote::detail::clock_of_draft<mote::ngram<64>>::type, mote::pass_clock>);
}
