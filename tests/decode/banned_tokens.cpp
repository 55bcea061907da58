// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/banned_tokens.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
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

template <class Policy>
void never_picks(std::set<std::size_t> banned) {
  constexpr std::size_t vocab = 37;
  auto s = std::make_unique<typename Policy::template state<vocab>>();
  s->seed(3);
  rng random(2);
  std::set<std::size_t> picked;
  for (int round = 0; round < 4000; ++round) {
    std::vector<float> logits(padded(vocab));
    for (float& l : logits) l = random.normal();
    for (const std::size_t b : banned) logits[b] = round % 2 == 0 ? 50.0F : -1.0F;
    picked.insert(s->pick(logits.data(), std::span<const std::uint16_t>{}));
  }
  for (const std::size_t b : banned) CHECK(picked.count(b) == 0);
  CHECK(picked.size() == vocab - banned.size());
}

template <class Pipeline>
std::string say(Pipeline& ai, std::uint64_t seed) {
  static const random_model_image image(Pipeline::format::rows);
  if (!ai.attached()) REQUIRE(ai.attach(image.bytes()) == status::ok);
  ai.seed(seed);
  std::string text;
  for (const std::string_view piece : ai.ask("abc", 30)) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a banned token is not picked, and every other one is") {
  constexpr sample_knobs hot{.temperature = 3, .top_p = 1};
  constexpr sample_knobs beyond{.temperature = std::numeric_limits<float>::max(), .top_p = 1};
  never_picks<banned_tokens<greedy, 0>>({0});
  never_picks<banned_tokens<greedy, 0, 5, 36>>({0, 5, 36});
  never_picks<banned_tokens<sample<hot>, 36, 1, 2>>({1, 2, 36});
  never_picks<banned_tokens<sample<beyond>, 4>>({4});
  never_picks<banned_tokens<repetition_penalty<sample<hot>>, 4, 7>>({4, 7});
  never_picks<repetition_penalty<banned_tokens<sample<hot>, 4, 7>>>({4, 7});
}

TEST_CASE("banned tokens in a pipeline, which a constraint overrules where nothing else may be said") {
  const std::size_t e = 3 + ('e' - 'a');
  const auto drawn = std::make_unique<pipeline<random_model, sample<sample_knobs{.temperature = 3}>>>();
  const auto banning =
      std::make_unique<pipeline<random_model, banned_tokens<sample<sample_knobs{.temperature = 3}>, e, 0, 1>>>();
  std::string with, without;
  for (std::uint64_t seed = 1; seed < 40; ++seed) with += say(*drawn, seed), without += say(*banning, seed);
  CHECK(with.find('e') != std::string::npos);
  CHECK(without.find('e') == std::string::npos);
  CHECK(without.size() == 39 * 30);  // both tokens that end a text are banned too

  const auto forced = std::make_unique<pipeline<random_model, allowed<"we", "wo">, banned_tokens<greedy, e>>>();
  CHECK(say(*forced, 1) == "wo");
  const auto no_way = std::make_unique<pipeline<random_model, allowed<"we">, banned_tokens<greedy, e>>>();
  CHECK(say(*no_way, 1) == "we");
}
