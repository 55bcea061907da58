// SPDX-License-Identifier: BSL-1.0
// A long answer in a window: at every place its logits are, bit for bit, those of a pass over the tokens that are held,
// and no token costs more than one before it.
#include "mote/policy/window.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../random_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/mote.hpp"

using mote_tests::random_model;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

/// Picks a letter by the bits of all logits, which it leaves as they are: another bit is another text. Never an end.
struct by_all_bits {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    void seed(std::uint64_t) {}
    std::size_t pick(const float* logits) {
      std::uint32_t hash = 1;
      for (std::size_t i = 0; i < Vocab; ++i)
        hash = (hash ^ __builtin_bit_cast(std::uint32_t, logits[i])) * 0x01000193U;
      return 2 + (hash >> 8U) % (Vocab - 2);
    }
  };
};
template <class... Policies>
using talker = mote::pipeline<random_model, mote::context<32>, by_all_bits, Policies...>;

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const mote_tests::random_model_image image(Pipeline::format::rows);
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.bytes()) == mote::status::ok);
  return ai;
}

/// The logits of the last of these tokens, by passes over all of them in a cache of their own.
template <class Pipeline>
std::vector<float> logits_of(std::span<const typename Pipeline::token> tokens) {
  using format = typename Pipeline::format;
  constexpr mote::shape s = random_model::shape;
  static const mote_tests::random_model_image image(format::rows);
  static mote::attached_image opened;
  static const auto map = mote::map_tensors<format>(s);
  if (opened.weights == nullptr) {
    const auto expected = mote::detail::expected_image<format, mote::llama, random_model>;
    REQUIRE(mote::open_image(image.bytes(), expected, opened, mote::payload_check::full) == mote::status::ok);
  }
  static const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(s, 64));
  alignas(64) static std::byte arena[1 << 16];
  alignas(64) static std::byte kept[1 << 16];
  REQUIRE(plan.bytes <= sizeof arena);
  REQUIRE(mote::float_cache::bytes(mote::cache_shape_of(s), 64) <= sizeof kept);
  const mote::float_cache cache(kept, mote::cache_shape_of(s), 64);
  const mote::decode_buffers<mote::llama> buffers{arena, plan};
  const mote::weights<format> w(opened.weights, s, map);
  const auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  struct nothing_learned {
    static void apply(std::size_t, mote::role, const float*, float*) {}
  };
  const float* logits = nullptr;
  for (std::size_t t = 0; t < tokens.size(); ++t)
    logits = mote::decode(s, w, nothing_learned{}, frequencies.data(), cache, buffers, std::size_t{tokens[t]}, t,
                          t + 1 == tokens.size());
  return {logits, logits + s.vocab};
}

struct told {
  std::string text;
  std::vector<std::size_t> steps;  // of each token
  mote::ending how = mote::ending::none;
};
/// Says `limit` tokens. Each: called before the step whose logits are to be seen, with the tokens that it follows.
template <class Pipeline, class See>
told tell(Pipeline& ai, std::size_t limit, See&& see) {
  told all;
  ai.seed(3);
  REQUIRE(ai.begin("once upon a time", limit) == mote::status::ok);
  for (std::size_t steps = 1;; ++steps) {
    const mote::progress_step s = ai.step();
    REQUIRE(s.state == mote::status::ok);
    if (s.done) {
      all.how = s.ending;
      return all;
    }
    if (s.piece.empty()) continue;
    all.text += s.piece;
    all.steps.push_back(steps);
    steps = 0;
    see(all.steps.size());
  }
}

}  // namespace

TEST_CASE("the logits of a window are those of a text that never was longer") {
  using ai_type = talker<mote::window<20, 3>>;
  const auto ai = attached<ai_type>();
  mote::rng random(8);
  std::size_t compared = 0, shortest = 64, longest = 0;
  const told all = tell(*ai, 3'000, [&](std::size_t said) {
    const auto held = ai->tokens();
    shortest = said > 40 && held.size() < shortest ? held.size() : shortest;
    longest = held.size() > longest ? held.size() : longest;
    if (random.below(10) != 0) return;
    const std::vector<float> expected = logits_of<ai_type>(held.first(held.size() - 1));
    const auto seen = ai->logits();
    for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(std::memcmp(&seen[i], &expected[i], sizeof(float)) == 0);
    ++compared;
  });
  CHECK(all.how == mote::ending::limit);
  CHECK(all.steps.size() == 3'000);
  CHECK(compared > 200);
  CHECK(shortest == 21);
  CHECK(longest == 32);
  const auto held = ai->tokens();
  CHECK(held[0] == 0);  // bos and the first letters stay
}

TEST_CASE("a hundred thousand tokens take no memory and no more work each") {
  constexpr std::size_t tokens = sanitized ? 10'000 : 100'000;
  using ai_type = talker<mote::window<16, 2>>;
  STATIC_CHECK(sizeof(ai_type) == sizeof(talker<>));
  const auto ai = attached<ai_type>();
  const told all = tell(*ai, tokens, [](std::size_t) {});
  REQUIRE(all.steps.size() == tokens);
  const auto work = [&](std::size_t from, std::size_t count) {
    std::size_t sum = 0;
    for (std::size_t i = from; i < from + count; ++i) sum += all.steps[i];
    return sum;
  };
  // 16 tokens after each time that 14 of the 16 that stay are run again: 13 and the one that is due anyway.
  CHECK(work(1'600, 1'600) == 1'600 / 16 * (16 + 13));
  CHECK(work(tokens - 1'600, 1'600) == work(1'600, 1'600));
}

TEST_CASE("caches, prompts in portions and drafts say the same in a window") {
  const auto text = [](auto& ai) { return tell(ai, 400, [](std::size_t) {}).text; };
  constexpr mote::draft_knobs always{.batch_cost = 0, .measured = false};
  using w = mote::window<16, 2>;
  const std::string plain = text(*attached<talker<w>>());
  CHECK(text(*attached<talker<w, mote::prefill<8>>>()) == plain);
  CHECK(text(*attached<talker<w, mote::gated<mote::ngram<64>, always>>>()) == plain);
  CHECK(text(*attached<talker<w, mote::kivi<8, 32>>>()) == plain);  // a window as long as the context: floats
  CHECK(text(*attached<talker<mote::window<17, 2>>>()) != plain);

  // A cache that takes nothing back: all that stays is run again.
  using rounding = mote::pipeline<random_model, by_all_bits, mote::kivi<4, 32>, mote::window<40, 2>>;
  using at_once = mote::pipeline<random_model, by_all_bits, mote::kivi<4, 32>, mote::window<40, 2>, mote::prefill<8>>;
  CHECK(text(*attached<rounding>()) == text(*attached<at_once>()));
}

TEST_CASE("a window that does not fit the context does not compose") {
  STATIC_CHECK(mote::can_compose<random_model, mote::window<63, 4>>);
  STATIC_CHECK(!mote::can_compose<random_model, mote::window<64, 4>>);
  STATIC_CHECK(!mote::can_compose<random_model, mote::context<32>, mote::window<32, 4>>);
}
