// SPDX-License-Identifier: BSL-1.0
// Policies that ask which of the likely tokens may follow, beside the same policies with all others masked; and pipelines of a
// large vocabulary with both.
#include "mote/decode/picking.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "../wide_vocabulary.hpp"
#include "mote/core/rng.hpp"
#include "mote/decode/banned_tokens.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/repetition_penalty.hpp"
#include "mote/decode/sample.hpp"
#include "mote/mote.hpp"

using namespace mote;

namespace {

constexpr std::size_t vocab = 61;
constexpr repetition_knobs strong{.penalty = 3, .window = 8};
constexpr repetition_knobs endless{.penalty = 3.0e38F, .window = 8};  // logits behind it have no finite sum

struct admitted_tokens {
  const std::vector<bool>& admitted;
  std::size_t asked = 0;
  bool may(std::uint32_t id) {
    ++asked;
    return admitted[id];
  }
  static void all() {}
};
void mask(std::vector<float>& logits, const std::vector<bool>& admitted) {
  for (std::size_t i = 0; i < vocab; ++i)
    if (!admitted[i]) logits[i] = -0x1p50F;
}
std::size_t checked(std::size_t picked, const std::vector<float>& logits, const std::vector<bool>& admitted) {
  if (admitted[picked]) return picked;
  std::size_t best = vocab;
  for (std::size_t i = 0; i < vocab; ++i)
    if (admitted[i] && (best == vocab || logits[i] > logits[best])) best = i;
  return best;
}
template <class State>
std::size_t by_masking(State& s, std::vector<float> logits, std::span<const std::uint16_t> answer,
                       const std::vector<bool>& admitted) {
  mask(logits, admitted);
  const std::size_t picked = mote::detail::pick_next(s, logits.data(), answer);
  return checked(picked, logits, admitted);
}
struct picked_token {
  std::size_t id;
  bool in_vain;
};
template <class State>
picked_token by_asking(State& s, std::vector<float> logits, std::span<const std::uint16_t> answer,
                       const std::vector<bool>& admitted) {
  admitted_tokens which{admitted};
  const std::size_t id = mote::detail::pick_by_asking<vocab>(s, logits.data(), answer, which);
  if (id != vocab) return {id, false};
  mask(logits, admitted);
  const std::size_t picked = mote::detail::pick_masked<vocab>(s, logits.data());
  return {checked(picked, logits, admitted), true};
}
struct situation {
  std::vector<float> logits;
  std::vector<bool> admitted;
  std::vector<std::uint16_t> answer;
};
situation any_situation(rng& random, std::uint32_t eighths) {
  situation at{std::vector<float>(padded(vocab), NAN), std::vector<bool>(vocab), {}};
  for (std::size_t i = 0; i < vocab; ++i) {
    at.logits[i] = 4.0F * random.normal();
    at.admitted[i] = random.below(8) < eighths;
  }
  at.admitted[random.below(vocab)] = true;
  for (std::uint32_t n = random.below(12); n > 0; --n)
    at.answer.push_back(static_cast<std::uint16_t>(random.below(vocab)));
  // Likely ones were said, and some of these may follow.
  at.answer.push_back(static_cast<std::uint16_t>(greedy::state<vocab>::pick(at.logits.data())));
  return at;
}

template <class Policy>
void picks_alike() {
  using state = typename Policy::template state<vocab>;
  STATIC_REQUIRE(mote::detail::asks_for_tokens<state, vocab>);
  state s;
  rng random(4);
  int in_vain = 0, penalized = 0;
  for (int round = 0; round < 4000; ++round) {
    const situation at = any_situation(random, static_cast<std::uint32_t>(round % 8));
    const std::span<const std::uint16_t> answer(at.answer);
    const picked_token seen = by_asking(s, at.logits, answer, at.admitted);
    REQUIRE(seen.id == by_masking(s, at.logits, answer, at.admitted));
    in_vain += seen.in_vain ? 1 : 0;
    greedy::state<vocab> plain;
    penalized += seen.id != by_masking(plain, at.logits, answer, at.admitted) ? 1 : 0;
  }
  CHECK(in_vain > 300);
  CHECK(in_vain < 3000);
  CHECK((penalized > 100) == !std::is_same_v<Policy, greedy>);
}

/// How often each token is drawn, by asking and with the others masked.
template <class Policy>
void draws_as_often() {
  constexpr int draws = 4000;
  const auto s = std::make_unique<typename Policy::template state<vocab>>();
  s->seed(2);
  rng random(9);
  int in_vain = 0;
  for (const std::uint32_t eighths : {1U, 4U, 7U}) {
    const situation at = any_situation(random, eighths);
    std::vector<int> asking(vocab), masking(vocab);
    for (int i = 0; i < draws; ++i) {
      const picked_token one = by_asking(*s, at.logits, std::span<const std::uint16_t>(at.answer), at.admitted);
      in_vain += one.in_vain ? 1 : 0;
      ++asking[one.id];
      ++masking[by_masking(*s, at.logits, std::span<const std::uint16_t>(at.answer), at.admitted)];
    }
    for (std::size_t i = 0; i < vocab; ++i) {
      INFO("token " << i << " of " << eighths << " eighths");
      CHECK(std::fabs(asking[i] - masking[i]) <= 5 * std::sqrt(asking[i] + masking[i] + 1.0));
      CHECK((asking[i] == 0 || at.admitted[i]));
    }
  }
  CHECK(in_vain < 2 * draws);
}

/// Policy, which cannot ask.
template <class Policy>
struct unasked {
  using slot = slots::decoding;
  template <std::size_t Vocab>
  struct state {
    typename Policy::template state<Vocab> decoding;
    void seed(std::uint64_t s) { decoding.seed(s); }
    template <class Token>
    std::size_t pick(float* logits, std::span<const Token> answer) {
      return mote::detail::pick_next(decoding, logits, answer);
    }
  };
};
template <class... Policies>
using widely = pipeline<wide::model, quantize<32>, mote::interleave<1>, context<64>,
                        gbnf<R"_(root ::= ([^"<\x00-\x1F] | "<" [0-9]{2} ">")* "!")_">, Policies...>;

template <class Pipeline>
std::string say(std::string_view question) {
  alignas(64) static std::byte room[golden::image_room];
  static const auto ai = [] {
    auto made = std::make_unique<Pipeline>();
    REQUIRE(made->attach(golden::make_image<typename Pipeline::format>(wide::model::shape, "wide", wide::table(),
                                                                       room)) == status::ok);
    return made;
  }();
  ai->seed(1);
  REQUIRE(ai->begin(question, 14) == status::ok);
  std::string text;
  for (progress_step s; !s.done; text += s.piece) {
    s = ai->step();
    REQUIRE(s.state == status::ok);
  }
  return text;
}
template <class Policy>
void says_alike() {
  bool differs = false;
  for (const std::string_view question : {"the heat is on", "abc", "12.50 in all", "zz zz"}) {
    const std::string said = say<widely<Policy>>(question);
    CHECK(said == say<widely<unasked<Policy>>>(question));
    CHECK(said == say<widely<Policy, golden::guesses>>(question));
    differs = differs || said != say<widely<>>(question);
  }
  CHECK(differs);
}
template <class Policy>
constexpr bool asks = mote::detail::constrained<Policy, gbnf<"root ::= [a-z]*">, 0, false>::template state<4096>::asks;

}  // namespace

TEST_CASE("greedy, and policies around it, pick by asking what they pick with the others masked") {
  picks_alike<greedy>();
  picks_alike<repetition_penalty<greedy, strong>>();
  picks_alike<repetition_penalty<greedy, endless>>();
  picks_alike<banned_tokens<greedy, 0, 7, 8, 20, 21, 22, 40, 60>>();
  picks_alike<banned_tokens<repetition_penalty<greedy, strong>, 5>>();
  picks_alike<repetition_penalty<banned_tokens<greedy, 5, 6>, strong>>();
}

TEST_CASE("policies around sample<> draw by asking as often as with the others masked") {
  draws_as_often<repetition_penalty<sample<>, strong>>();
  draws_as_often<banned_tokens<sample<sample_knobs{.temperature = 2, .top_p = 1}>, 3, 4, 5>>();
  draws_as_often<repetition_penalty<banned_tokens<sample<sample_knobs{.top_k = 5}>, 9>, strong>>();
}

TEST_CASE("a pipeline of a large vocabulary asks, whatever stands around its policy, and says the same") {
  STATIC_CHECK(asks<repetition_penalty<>>);
  STATIC_CHECK(asks<repetition_penalty<banned_tokens<sample<>, 3>>>);
  STATIC_CHECK(asks<banned_tokens<greedy, 3>>);
  STATIC_CHECK_FALSE(asks<unasked<repetition_penalty<>>>);
  says_alike<repetition_penalty<greedy, strong>>();
  says_alike<repetition_penalty<greedy, endless>>();
  says_alike<banned_tokens<repetition_penalty<greedy, strong>, 262, 263, 264>>();
}

TEST_CASE("a policy that asked in vain picks of logits that it has changed once") {
  using digits_or_less = gbnf<"root ::= [^<]*">;
  const vocabulary_view v(wide::table());
  static mote::detail::constrained<repetition_penalty<greedy, strong>, digits_or_less, 0, false>::state<wide::tokens> s;
  s.admitted.begin();
  s.admitted.find(v, wide::control, false);
  REQUIRE(s.admitted.many());
  std::vector<float> logits(padded(wide::tokens), -1.0F);
  std::size_t refused = 0;
  for (std::uint32_t id = wide::first_letter; id < wide::tokens; ++id)
    if (v.text(id).find('<') != std::string_view::npos) logits[id] = 9.0F, ++refused;
  REQUIRE(refused > 16);
  const std::uint32_t said = wide::first_letter, other = wide::first_letter + 1;
  logits[said] = 3.0F;  // 1 once, a third twice
  logits[other] = 0.5F;
  const std::uint32_t answer[] = {said};
  s.limit(v, wide::control, logits.data(), std::span<const std::uint32_t>(answer));
  REQUIRE(mote::detail::may_pick<wide::tokens>(s, logits.data()));
  CHECK(s.chosen.asked);
  CHECK(s.chosen.id == wide::tokens);
  CHECK(s.pick(logits.data(), std::span<const std::uint32_t>(answer)) == said);
}
