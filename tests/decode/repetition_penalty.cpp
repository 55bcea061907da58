// SPDX-License-Identifier: BSL-1.0
// The penalty against a naive loop in double, over all its knobs; and pipelines with it, alone and beside a constraint,
// drafts and other decoding policies.
#include "mote/decode/repetition_penalty.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "../random_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

constexpr std::size_t vocab = 37;

/// What Keskar et al. write down, for the set of the tokens in the window.
std::vector<double> plainly(const std::vector<float>& logits, const std::vector<std::uint16_t>& answer, double penalty,
                            std::size_t window) {
  std::vector<double> all(logits.begin(), logits.end());
  const std::size_t first = answer.size() > window ? answer.size() - window : 0;
  for (const std::uint16_t t :
       std::set<std::uint16_t>(answer.begin() + static_cast<std::ptrdiff_t>(first), answer.end()))
    all[t] = all[t] > 0 ? all[t] / penalty : all[t] * penalty;
  return all;
}

/// Keeps what it is asked to pick from.
struct keeper {
  using slot = slots::decoding;
  template <std::size_t Vocab>
  struct state {
    std::vector<float> seen;
    static void seed(std::uint64_t) {}
    std::size_t pick(const float* logits) {
      seen.assign(logits, logits + Vocab);
      return 3;
    }
  };
};

template <float Penalty, std::size_t Window>
void compare() {
  INFO("penalty " << Penalty << ", window " << Window);
  typename repetition_penalty<keeper, repetition_knobs{.penalty = Penalty, .window = Window}>::template state<vocab> s;
  rng random(8);
  for (int round = 0; round < 60; ++round) {
    std::vector<float> logits(vocab);
    for (float& l : logits) l = (round % 3 == 0 ? 3.0e38F : 4.0F) * (random.uniform() - 0.5F);
    logits[1] = 0.0F;
    std::vector<std::uint16_t> answer(random.below(90));
    for (auto& t : answer) t = static_cast<std::uint16_t>(random.below(round % 2 == 0 ? vocab : 4));
    const std::vector<double> expected = plainly(logits, answer, static_cast<double>(Penalty), Window);
    CHECK(s.pick(logits.data(), std::span<const std::uint16_t>(answer)) == 3);
    for (std::size_t i = 0; i < vocab; ++i) {
      const double most = static_cast<double>(std::numeric_limits<float>::max());
      const double clamped = std::max(expected[i], -most);
      REQUIRE(std::isfinite(s.decoding.seen[i]));
      const double off = std::fabs(static_cast<double>(s.decoding.seen[i]) - clamped);
      REQUIRE(off <= std::max(std::fabs(clamped) * 1.0e-6, 1.0e-44));
    }
  }
}
template <float... Penalty>
void compare_each() {
  (compare<Penalty, 1>(), ...);
  (compare<Penalty, 2>(), ...);
  (compare<Penalty, 64>(), ...);
  (compare<Penalty, static_cast<std::size_t>(-1)>(), ...);
}

template <class Pipeline>
std::vector<std::uint16_t> say(Pipeline& ai, std::string_view question, std::uint64_t seed = 1) {
  ai.seed(seed);
  std::string text;
  for (const std::string_view piece : ai.ask(question, 40)) text += piece;
  const auto all = ai.tokens();
  return {all.begin() + static_cast<std::ptrdiff_t>(ai.prompt_tokens()), all.end()};
}
template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const random_model_image image(Pipeline::format::rows);
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  return ai;
}
bool repeats(const std::vector<std::uint16_t>& tokens, std::size_t within) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    for (std::size_t j = i + 1; j < tokens.size() && j <= i + within; ++j)
      if (tokens[i] == tokens[j]) return true;
  return false;
}

}  // namespace

TEST_CASE("each token of the window is penalized once, whatever the penalty, the window and the logits") {
  compare_each<1.0F, 1.0000001F, 1.1F, 2.0F, 1.0e10F, std::numeric_limits<float>::max()>();
}

TEST_CASE("a wide vocabulary's tokens are seen as well") {
  repetition_penalty<greedy, repetition_knobs{.penalty = 4}>::state<vocab> s;
  std::vector<float> logits(vocab, 1.0F);
  logits[7] = 3.0F;
  logits[9] = 2.0F;
  const std::vector<std::uint32_t> answer{7};
  CHECK(s.pick(logits.data(), std::span<const std::uint32_t>(answer)) == 9);
}

TEST_CASE("a pipeline with an endless penalty says no token twice within the window, and not for its prompt's sake") {
  constexpr repetition_knobs endless{.penalty = 1.0e30F, .window = 8};
  const auto plain = attached<pipeline<random_model>>();
  const auto penalized = attached<pipeline<random_model, repetition_penalty<greedy, endless>>>();
  CHECK(sizeof(*plain) == sizeof(*penalized));
  bool looped = false, prompts = false;
  for (const std::string_view question : {"abc", "hello there", "zzz", "the quick brown fox"}) {
    looped = looped || repeats(say(*plain, question), 8);
    const auto answer = say(*penalized, question);
    // Positive logits are divided to nothing, and here another one is always above them.
    CHECK_FALSE(repeats(answer, 8));
    CHECK(answer[0] == say(*plain, question)[0]);
    for (const std::uint16_t t : answer)
      for (std::size_t i = 0; i < penalized->prompt_tokens(); ++i) prompts = prompts || t == penalized->tokens()[i];
  }
  CHECK(looped);
  CHECK(prompts);
}

TEST_CASE("the penalty goes with a constraint, with drafts and with chance, and drafts change nothing") {
  using letters = gbnf<"root ::= [a-f]{30}">;
  constexpr repetition_knobs endless{.penalty = 1.0e30F, .window = 4};
  constexpr draft_knobs always{.batch_cost = 0, .measured = false};
  const auto plain = attached<pipeline<random_model, letters, repetition_penalty<greedy, endless>>>();
  const auto drafting =
      attached<pipeline<random_model, letters, repetition_penalty<greedy, endless>, gated<ngram<64>, always>>>();
  const auto answer = say(*plain, "abc");
  CHECK(answer.size() == 30);
  CHECK(answer != say(*attached<pipeline<random_model, letters>>(), "abc"));
  for (const std::string_view question : {"abc", "hello", "abc"})
    CHECK(say(*plain, question) == say(*drafting, question));

  using by_chance = repetition_penalty<sample<sample_knobs{.temperature = 2}>, repetition_knobs{.penalty = 1.5F}>;
  const auto drawn = attached<pipeline<random_model, by_chance>>();
  const auto drafted = attached<pipeline<random_model, by_chance, gated<ngram<64>, always>>>();
  for (std::uint64_t seed = 1; seed < 20; ++seed) CHECK(say(*drawn, "abc", seed) == say(*drafted, "abc", seed));
  CHECK(say(*drawn, "abc", 1) != say(*drawn, "abc", 2));
}
