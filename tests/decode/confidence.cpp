// SPDX-License-Identifier: BSL-1.0
// The confidence of answers against a naive loop in double over the logits of each choice, with each kind of policy.
#include "mote/decode/confidence.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../random_model.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

/// Greedy, but keeps the logits of every choice, and what was chosen.
struct recorded {
  std::vector<float> logits;
  std::size_t id;
};
inline std::vector<recorded> choices_made;
template <class Decoding>
struct recording {
  using slot = slots::decoding;
  template <std::size_t Vocab>
  struct state : Decoding::template state<Vocab> {
    using base = typename Decoding::template state<Vocab>;
    template <class Token>
    std::size_t pick(float* logits, std::span<const Token> answer) {
      choices_made.push_back({{logits, logits + Vocab}, 0});
      return choices_made.back().id = detail::pick_next(static_cast<base&>(*this), logits, answer);
    }
  };
};

template <class... Policies>
void compare() {
  static const random_model_image image(pipeline<random_model, Policies...>::format::rows);
  const auto ai = std::make_unique<pipeline<random_model, confidence, Policies...>>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  CHECK(ai->confidence().tokens == 0);
  for (const std::string_view question : {"abc", "hello there", "z"}) {
    for (std::size_t limit = 1; limit < 12; limit += 5) {
      choices_made.clear();
      REQUIRE(ai->begin(question, limit) == status::ok);
      while (!ai->step().done) {
      }
      const answer_confidence c = ai->confidence();
      REQUIRE(c.tokens == choices_made.size());
      REQUIRE(c.tokens > 0);
      double mean = 0, margin = 0, entropy = 0;
      for (const recorded& r : choices_made) {
        std::vector<double> l(r.logits.begin(), r.logits.end());
        const double most = *std::max_element(l.begin(), l.end());
        double sum = 0;
        for (const double v : l) sum += std::exp(v - most);
        mean += (l[r.id] - most - std::log(sum)) / static_cast<double>(choices_made.size());
        if (&r != choices_made.data()) continue;
        for (const double v : l)
          if (const double p = std::exp(v - most) / sum; p > 0) entropy -= p * std::log(p);
        std::sort(l.rbegin(), l.rend());
        margin = (std::exp(l[0] - most) - std::exp(l[1] - most)) / sum;
      }
      CHECK(std::fabs(static_cast<double>(c.mean_log_probability) - mean) < 1e-5);
      CHECK(std::fabs(static_cast<double>(c.margin) - margin) < 1e-5);
      CHECK(std::fabs(static_cast<double>(c.entropy) - entropy) < 1e-5);
    }
  }
  using plain = pipeline<random_model, Policies...>;
  const std::size_t more = sizeof(pipeline<random_model, confidence, Policies...>) - sizeof(plain);
  CHECK(more <= 192);  // 20 bytes, four a token, and alignment
}

}  // namespace

TEST_CASE("confidence is what a loop in double makes of the logits of each choice") {
  compare<recording<greedy>>();
  compare<recording<sample<sample_knobs{.temperature = 1.5F}>>>();
  compare<repetition_penalty<recording<greedy>, repetition_knobs{.penalty = 1}>>();
  compare<recording<greedy>, gbnf<"root ::= [a-f]{8}">>();
  compare<recording<sample<>>, gbnf<"root ::= [a-c]{2,9}">,
          gated<ngram<64>, draft_knobs{.batch_cost = 0, .measured = false}>>();
}

TEST_CASE("greedy leaves the logits, so that no copy is kept; without the policy there is no byte and no call") {
  using plain = pipeline<random_model>;
  using sure = pipeline<random_model, confidence>;
  STATIC_REQUIRE(sizeof(confidence::state<29, true>) == 20);
  STATIC_REQUIRE(sizeof(sure) <= sizeof(plain) + 64);
  STATIC_REQUIRE(sure::cost().ram.object() == sizeof(sure));
  static const random_model_image image(plain::format::rows);
  const auto ai = std::make_unique<sure>();
  const auto other = std::make_unique<plain>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  REQUIRE(other->attach(image.bytes()) == status::ok);
  for (int round = 0; round < 2; ++round) {
    std::string a, b;
    for (const std::string_view piece : ai->ask("abc", 10)) a += piece;
    for (const std::string_view piece : other->ask("abc", 10)) b += piece;
    CHECK(a == b);
    CHECK(ai->confidence().mean_log_probability < 0);
    CHECK(ai->confidence().margin > 0);
    CHECK(ai->confidence().entropy > 0);
    CHECK(ai->confidence().tokens >= 10 - 1);
  }
  REQUIRE(ai->begin("abc") == status::ok);
  CHECK(ai->confidence().tokens == 0);
}
