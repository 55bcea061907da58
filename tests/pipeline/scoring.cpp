// SPDX-License-Identifier: BSL-1.0
// score() against a loop in double over the logits of answers that are forced token by token, and against loss(), for
// each kind of cache, constraint and drafting; and what verbalize<> chooses by it.
#include "mote/pipeline/scoring.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../random_model.hpp"
#include "mote/decode/verbalize.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

inline std::vector<std::size_t> forced;
inline std::size_t said_so_far = 0;
inline double forced_sum = 0;

/// Says what it is told, and adds the log-probabilities.
struct forcing {
  using slot = slots::decoding;
  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float* logits) {
      double most = -1e300, sum = 0;
      for (std::size_t i = 0; i < Vocab; ++i) most = std::max(most, static_cast<double>(logits[i]));
      for (std::size_t i = 0; i < Vocab; ++i) sum += std::exp(static_cast<double>(logits[i]) - most);
      const std::size_t id = forced[said_so_far++];
      forced_sum += static_cast<double>(logits[id]) - most - std::log(sum);
      return id;
    }
  };
};

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const random_model_image image(Pipeline::format::rows);
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  return ai;
}

/// The tokens of a text behind a prompt: the space in front of a text, and its letters.
std::vector<std::size_t> tokens_of(std::string_view text) {
  std::vector<std::size_t> all{2};
  for (const char c : text) all.push_back(c == ' ' ? 2U : static_cast<std::size_t>(3 + c - 'a'));
  all.push_back(1);  // eos
  return all;
}

constexpr std::array<std::string_view, 5> answers{"yes", "no", "n", "i do not know", "yes"};

template <class... Policies>
std::vector<double> naive(std::string_view question) {
  const auto ai = attached<pipeline<random_model, forcing, Policies...>>();
  std::vector<double> all;
  for (const std::string_view a : answers) {
    forced = tokens_of(a);
    said_so_far = 0;
    forced_sum = 0;
    REQUIRE(ai->begin(question) == status::ok);
    while (!ai->step().done) {
    }
    REQUIRE(said_so_far == forced.size());
    all.push_back(forced_sum / static_cast<double>(forced.size()));
  }
  return all;
}

template <class Cache, class... Policies>
void compare() {
  const auto ai = attached<pipeline<random_model, Cache, Policies...>>();
  for (const std::string_view question : {"is it on", "a", "what do i know of this"}) {
    const std::vector<double> expected = naive<Cache>(question);
    std::array<float, 6> scores{};
    scores[5] = 7;
    REQUIRE(ai->score(question, answers, scores) == status::ok);
    for (std::size_t i = 0; i < answers.size(); ++i)
      CHECK(std::fabs(static_cast<double>(scores[i]) - expected[i]) < 1e-5);
    CHECK(scores[4] == scores[0]);  // what was scored between leaves nothing behind
    CHECK(scores[5] == 7);
    CHECK(ai->ending() == ending::stopped);
    CHECK(ai->prompt_tokens() == 0);
  }
}

}  // namespace

TEST_CASE("score() is the sum in double over answers that are forced, whatever else the pipeline does") {
  compare<cache<32>>();
  compare<cache<8>>();
  compare<kivi<4, 32>>();
  compare<cache<32>, prefill<4>>();
  compare<cache<32>, sample<>, gated<ngram<64>, draft_knobs{.batch_cost = 0, .measured = false}>>();
  compare<cache<32>, without<gbnf<"root ::= [a-c]{2}">, "ab">, stop_at<"y">, confidence>();
}

TEST_CASE("score() is loss() with the other sign, and lessons may go on") {
  const auto ai = attached<pipeline<random_model, lora<2, lora_knobs{.tokens = 48}>>>();
  const example teach{.prompt = "is it on", .answer = "yes"};
  std::array<float, 1> score{};
  const std::array<std::string_view, 1> yes{"yes"};
  float before = 0;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(ai->score(teach.prompt, yes, score) == status::ok);
    CHECK(std::fabs(score[0] + ai->loss(teach).loss) < 2e-4F);
    if (i == 0) before = score[0];
    REQUIRE(ai->learn(teach).state == status::ok);
  }
  CHECK(score[0] > before);
}

TEST_CASE("score() refuses what it cannot score, and an answer goes on as before") {
  const auto ai = std::make_unique<pipeline<random_model>>();
  std::array<float, 2> scores{};
  const std::array<std::string_view, 2> two{"yes", "no"};
  CHECK(ai->score("a", two, scores) == status::not_attached);
  const random_model_image image(pipeline<random_model>::format::rows);
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  CHECK(ai->score("a", two, std::span<float>(scores).first(1)) == status::full);
  const std::string longest(70, 'a');
  CHECK(ai->score("a", std::array<std::string_view, 2>{"yes", longest}, scores) == status::too_long);
  CHECK(ai->score(longest, two, scores) == status::too_long);
  CHECK(ai->score("a", std::array<std::string_view, 1>{"1"}, scores) == status::not_spelled);
  std::string fits, first, again;
  for (const std::string_view piece : ai->ask("abc", 12)) first += piece;
  REQUIRE(ai->score("abc", two, scores) == status::ok);
  for (const std::string_view piece : ai->ask("abc", 12)) again += piece;
  CHECK(first == again);
  // The longest answer that the context holds: the prompt of "a" is bos, space, a.
  fits.assign(random_model::shape.context - 3 - 1, 'b');
  CHECK(ai->score("a", std::array<std::string_view, 1>{fits}, scores) == status::ok);
  fits += 'b';
  CHECK(ai->score("a", std::array<std::string_view, 1>{fits}, scores) == status::too_long);
}

TEST_CASE("verbalize<> chooses the label that gains most on a question without content") {
  const auto ai = attached<pipeline<random_model>>();
  verbalize<"yes", "no", "i do not know"> asked;
  CHECK(asked.prior()[0] == 0);
  constexpr std::string_view free = "nothing";
  REQUIRE(asked.calibrate(*ai, free) == status::ok);
  std::size_t moved = 0;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string question(1 + static_cast<std::size_t>(letter) % 5, letter);
    std::array<float, 3> with{}, without{};
    REQUIRE(ai->score(question, asked.labels, with) == status::ok);
    REQUIRE(ai->score(free, asked.labels, without) == status::ok);
    std::array<float, 3> expected{};
    std::size_t best = 0, likeliest = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      expected[i] = with[i] - without[i];
      if (expected[i] > expected[best]) best = i;
      if (with[i] > with[likeliest]) likeliest = i;
    }
    const chosen_label c = asked.choose(*ai, question);
    REQUIRE(c.state == status::ok);
    CHECK(c.index == best);
    CHECK(c.label == asked.labels[best]);
    CHECK(c.score == expected[best]);
    float second = -1e30F;
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(asked.scores()[i] == expected[i]);
      if (i != best && expected[i] > second) second = expected[i];
    }
    CHECK(c.margin == expected[best] - second);
    for (const float t : {1.0F, 0.25F}) {
      CHECK(asked.temperature(t));
      for (const float none : {0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN()}) CHECK(!asked.temperature(none));
      double sum = 0;
      for (const float e : expected) sum += std::exp(static_cast<double>(e - expected[best]) / static_cast<double>(t));
      CHECK(std::fabs(static_cast<double>(asked.choose(*ai, question).probability) - 1 / sum) < 1e-6);
    }
    CHECK(asked.temperature(1));
    moved += best != likeliest ? 1U : 0U;
  }
  CHECK(moved > 0);  // the prior matters
  const std::array<std::string_view, 3> typical{"is it on", "who", "where is the cat"};
  verbalize<"yes", "no", "i do not know"> often;
  REQUIRE(often.calibrate(*ai, typical) == status::ok);
  for (std::size_t i = 0; i < 3; ++i) {
    double mean = 0;
    for (const std::string_view text : typical) {
      std::array<float, 3> one{};
      REQUIRE(ai->score(text, often.labels, one) == status::ok);
      mean += static_cast<double>(one[i]) / 3;
    }
    CHECK(std::fabs(static_cast<double>(often.prior()[i]) - mean) < 1e-6);
  }
  const float before = often.prior()[1];
  const std::string endless(80, 'a');
  CHECK(often.calibrate(*ai, std::array<std::string_view, 2>{"who", endless}) == status::too_long);
  CHECK(often.calibrate(*ai, std::span<const std::string_view>{}) == status::empty);
  CHECK(often.prior()[1] == before);

  const chosen_label none = asked.choose(*ai, free);
  CHECK(none.score == 0);
  CHECK(none.index == 0);  // of equals the first
  CHECK(none.margin == 0);
  CHECK(asked.choose(*ai, std::string(80, 'a')).state == status::too_long);
}
