// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/decode/sample.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/kernel/matrix.hpp"

namespace {

/// llama2.c's sampler in its own order: temperature, softmax, a coin, then all tokens by id (top_p of one) or the
/// nucleus by falling probability. Written from its description, with the C library's exp and sort.
class plain_sampler {
 public:
  plain_sampler(float temperature, float top_p, std::uint64_t seed)
      : temperature_(temperature), top_p_(top_p), state_(seed) {}

  std::size_t pick(std::vector<float> p) {
    const std::size_t n = p.size();
    for (float& v : p) v /= temperature_;
    const float most = *std::max_element(p.begin(), p.end());
    float sum = 0;
    for (float& v : p) sum += v = std::exp(v - most);
    for (float& v : p) v /= sum;
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    const float coin =
        static_cast<float>(static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32U) >> 8U) / 16777216.0F;

    std::vector<std::size_t> order;
    float mass = 1.0F;
    if (top_p_ >= 1.0F) {
      for (std::size_t i = 0; i < n; ++i) order.push_back(i);
    } else {
      const float cutoff = (1.0F - top_p_) / static_cast<float>(n - 1);
      for (std::size_t i = 0; i < n; ++i)
        if (p[i] >= cutoff) order.push_back(i);
      std::sort(order.begin(), order.end(),
                [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
      mass = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        mass += p[order[i]];
        if (mass > top_p_) {
          order.resize(i + 1);
          break;
        }
      }
    }
    float running = 0;
    for (const std::size_t i : order) {
      running += p[i];
      if (coin * mass < running) return i;
    }
    return order.back();
  }

 private:
  float temperature_, top_p_;
  std::uint64_t state_;
};

/// A sampler whose knobs are types, behind functions: what is compiled for each of them is the sampler alone.
struct any_sampler {
  mote::sample_knobs knobs;
  std::size_t vocab;
  std::shared_ptr<void> state;
  void (*seed_state)(void*, std::uint64_t);
  std::size_t (*pick_with)(void*, float*);
  void seed(std::uint64_t s) const { seed_state(state.get(), s); }
  std::size_t pick(float* logits) const { return pick_with(state.get(), logits); }
};
template <mote::sample_knobs Knobs, std::size_t Vocab>
any_sampler sampler_of() {
  using sampler = typename mote::sample<Knobs>::template state<Vocab>;
  return {.knobs = Knobs,
          .vocab = Vocab,
          .state = std::make_shared<sampler>(),
          .seed_state = [](void* state, std::uint64_t s) { static_cast<sampler*>(state)->seed(s); },
          .pick_with = [](void* state, float* logits) { return static_cast<sampler*>(state)->pick(logits); }};
}

void check_against_plain(const any_sampler& sampler, std::uint64_t seed) {
  sampler.seed(seed);
  plain_sampler plain(sampler.knobs.temperature, sampler.knobs.top_p, seed);
  mote::rng random(77);
  std::size_t same = 0, draws = 2000;
  std::vector<bool> drawn(sampler.vocab);
  for (std::size_t i = 0; i < draws; ++i) {
    const float sharpness = 0.2F + 4.0F * random.uniform();
    std::vector<float> logits(sampler.vocab);
    for (float& v : logits) v = sharpness * random.normal();
    const std::size_t expected = plain.pick(logits);
    logits.resize(mote::padded(sampler.vocab), NAN);
    const std::size_t got = sampler.pick(logits.data());
    same += got == expected ? 1U : 0U;
    drawn[got] = true;
  }
  INFO("temperature " << sampler.knobs.temperature << ", top_p " << sampler.knobs.top_p << ", vocab " << sampler.vocab
                      << ", seed " << seed);
  // The C library's exp rounds otherwise in the last bit; a coin on that bit is a chance of some millionths a draw.
  CHECK(same == draws);
  CHECK(std::count(drawn.begin(), drawn.end(), true) > static_cast<std::ptrdiff_t>(sampler.vocab / 2));
}

/// Logits that a sampler may meet, by name.
struct logit_kind {
  std::string_view name;
  bool ordered;  // probabilities that floats tell apart: the drawn token is the one of the exact distribution
  float (*make)(mote::rng&, std::size_t token);
};
constexpr float huge = 3.4e38F;
constexpr logit_kind kinds[] = {
    {"usual", true, [](mote::rng& r, std::size_t) { return 4.0F * r.normal(); }},
    {"small", true, [](mote::rng& r, std::size_t) { return 1.0e-3F * r.normal(); }},
    {"subnormal", true, [](mote::rng& r, std::size_t) { return 1.0e-40F * r.normal(); }},
    {"huge", true, [](mote::rng& r, std::size_t) { return 1.0e38F * (r.uniform() - 0.5F); }},
    {"both ends", true, [](mote::rng& r, std::size_t) { return r.uniform() < 0.5F ? huge : -huge; }},
    {"all very low", true, [](mote::rng& r, std::size_t) { return r.uniform() < 0.5F ? -huge : -3.2e38F; }},
    {"all equal", true, [](mote::rng&, std::size_t) { return -7.25F; }},
    {"all zero", true, [](mote::rng&, std::size_t) { return 0.0F; }},
    {"two values", true, [](mote::rng& r, std::size_t) { return r.uniform() < 0.1F ? 9.5F : 8.0F; }},
    {"neighbours", false,
     [](mote::rng& r, std::size_t) { return r.uniform() < 0.5F ? 1.75F : std::nextafter(1.75F, 0.0F); }},
    {"one far above", true, [](mote::rng&, std::size_t i) { return i == 1 ? 3.0e38F : 12.0F; }},
};

/// Draws many times and compares with the distribution in long double. What it leaves out are coins on an edge.
void check_against_exact(const any_sampler& sampler) {
  const std::size_t vocab = sampler.vocab;
  const auto temperature = static_cast<long double>(sampler.knobs.temperature);
  const auto top_p = static_cast<long double>(sampler.knobs.top_p);
  const auto min_p = static_cast<long double>(sampler.knobs.min_p);
  constexpr int draws = 300;
  constexpr long double edge = 2e-3L;
  std::size_t all = 0;
  for (const logit_kind& kind : kinds) {
    INFO("temperature " << temperature << ", top_p " << top_p << ", top_k " << sampler.knobs.top_k << ", min_p "
                        << min_p << ", vocab " << vocab << ", " << kind.name);
    sampler.seed(21);
    mote::rng coins(21), random(5);
    std::size_t impossible = 0, other = 0, compared = 0;  // others than expected
    for (int draw = 0; draw < draws; ++draw) {
      std::vector<float> logits(mote::padded(vocab), NAN);
      for (std::size_t i = 0; i < vocab; ++i) logits[i] = kind.make(random, i);
      std::vector<long double> p(vocab);
      const auto most = static_cast<long double>(*std::max_element(logits.data(), logits.data() + vocab));
      long double sum = 0;
      for (std::size_t i = 0; i < vocab; ++i)
        sum += p[i] = std::exp((static_cast<long double>(logits[i]) - most) / temperature);
      std::vector<std::size_t> order(vocab);
      for (std::size_t i = 0; i < vocab; ++i) order[i] = i, p[i] /= sum;
      long double mass = 1;
      bool near = false;
      if (top_p < 1 || sampler.knobs.top_k != 0 || min_p > 0) {
        std::sort(order.begin(), order.end(),
                  [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
        mass = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
          mass += p[order[i]];
          const bool more = i + 1 < order.size() && p[order[i]] > p[order[i + 1]];
          near = near || (more && p[order[i + 1]] > p[order[i]] * (1 - 1e-5L));  // equal as floats
          const long double off = std::fabs(mass - top_p);
          near = near || (top_p < 1 && off != 0 && off < edge && mass < 1 - edge / 10);
          const long double share = i + 1 < order.size() ? p[order[i + 1]] / p[order[0]] : 0;
          near = near || (share != min_p && std::fabs(share - min_p) < 1e-5L * min_p);
          const bool nucleus = top_p < 1 && mass > top_p, all_of_k = i + 1 == sampler.knobs.top_k;
          if (nucleus || all_of_k || share < min_p) order.resize(i + 1);
        }
      }
      const long double r = static_cast<long double>(coins.uniform()) * mass;
      const std::size_t got = sampler.pick(logits.data());
      REQUIRE(got < vocab);
      impossible += p[got] < 1e-12L ? 1U : 0U;
      std::size_t expected = vocab;
      long double running = 0;
      for (const std::size_t i : order) {
        near = near || (std::fabs(running - r) < edge && running > 0);
        running += p[i];
        near = near || (std::fabs(running - r) < edge && running < mass - edge);
        if (r < running && expected == vocab) expected = i;
      }
      if (near || !kind.ordered) continue;
      ++compared;
      other += got != expected ? 1U : 0U;
    }
    CHECK(impossible == 0);
    CHECK(other == 0);
    all += compared;
  }
  CHECK(all > 2 * draws);
}
template <float Temperature, std::size_t Vocab, float... TopP>
void at_temperature() {
  (check_against_exact(sampler_of<mote::sample_knobs{.temperature = Temperature, .top_p = TopP}, Vocab>()), ...);
}
template <std::size_t Vocab, float... Temperature>
void at_each_temperature() {
  (at_temperature<Temperature, Vocab, std::numeric_limits<float>::denorm_min(), 1.0e-10F, 0.02F, 0.5F, 0.9F,
                  0x1.FFFFFEp-1F, 1.0F>(),
   ...);
}

/// The seed whose first coin is `coin` / 2^24.
std::uint64_t seed_of(std::uint32_t coin) {
  constexpr std::uint64_t multiplier = 0x2545F4914F6CDD1DULL;
  std::uint64_t inverse = multiplier;  // Newton: each round doubles the bits that are right
  for (int i = 0; i < 6; ++i) inverse *= 2 - multiplier * inverse;
  const auto undo = [](std::uint64_t mixed, int shift, bool right) {
    std::uint64_t x = mixed;
    for (int i = 0; i < 64 / shift; ++i) x = mixed ^ (right ? x >> shift : x << shift);
    return x;
  };
  std::uint64_t state = ((static_cast<std::uint64_t>(coin) << 40U) + 12345) * inverse;
  state = undo(undo(undo(state, 27, true), 25, false), 12, true);
  mote::rng check(state);
  REQUIRE(check.uniform() == static_cast<float>(coin) * 0x1p-24F);
  return state;
}

}  // namespace

TEST_CASE("any temperature and nucleus draw from the exact distribution, whatever the logits") {
  constexpr float most = std::numeric_limits<float>::max();
#if MOTE_TEST_FEW_TYPES
  at_each_temperature<37, std::numeric_limits<float>::denorm_min(), 1.0e-38F, 0.8F, most>();
#else
  at_each_temperature<37, std::numeric_limits<float>::denorm_min(), 1.0e-40F, 1.0e-38F, 1.2e-38F, 1.0e-37F, 1.0e-30F,
                      1.0e-10F, 1.0e-4F, 0.02F, 0.8F, 1.0F, 3.0F, 1.0e4F, 1.0e30F, 1.0e38F, most>();
  at_each_temperature<1, std::numeric_limits<float>::denorm_min(), 1.0F, most>();
  at_each_temperature<2, 1.0e-38F, 1.0F, most>();
#endif
}

namespace {
template <float MinP, std::size_t... TopK>
void at_min_p() {
  (check_against_exact(sampler_of<mote::sample_knobs{.top_p = 1, .top_k = TopK, .min_p = MinP}, 37>()), ...);
  (check_against_exact(
       sampler_of<mote::sample_knobs{.temperature = 1.5F, .top_p = 0.7F, .top_k = TopK, .min_p = MinP}, 37>()),
   ...);
}
template <float... MinP>
void at_each_min_p() {
#if MOTE_TEST_FEW_TYPES
  (at_min_p<MinP, 0, 3>(), ...);
#else
  (at_min_p<MinP, 0, 1, 2, 3, 10, 36, 37, 38, static_cast<std::size_t>(-1)>(), ...);
#endif
}
}  // namespace

TEST_CASE("top_k and min_p keep what the exact distribution keeps, alone, together and within a nucleus") {
  at_each_min_p<0.0F, std::numeric_limits<float>::denorm_min(), 1.0e-3F, 0.05F, 0.5F, 0x1.FFFFFEp-1F, 1.0F>();
}

TEST_CASE("the largest min_p and a top_k of one leave the likeliest token") {
  mote::sample<mote::sample_knobs{.temperature = 5, .top_p = 1, .min_p = 1}>::state<37> all_of_it;
  mote::sample<mote::sample_knobs{.temperature = 5, .top_p = 1, .top_k = 1}>::state<37> one;
  mote::rng random(4);
  for (int i = 0; i < 300; ++i) {
    float a[48], b[48], c[48];
    for (std::size_t t = 0; t < 37; ++t) a[t] = b[t] = c[t] = static_cast<float>(random.below(50));
    const std::size_t likeliest = mote::greedy::state<37>::pick(a);
    CHECK(a[all_of_it.pick(b)] == a[likeliest]);  // equals share the chance
    CHECK(one.pick(c) == likeliest);              // of equals the first
  }
}

TEST_CASE("the first and the last coin draw a token that can be drawn") {
  constexpr std::size_t n = 4096;
  using all = mote::sample<mote::sample_knobs{.temperature = 0.01F, .top_p = 1}>::state<n>;
  auto sampler = std::make_unique<all>();
  std::vector<float> logits(n);
  const std::uint64_t first = seed_of(0), last = seed_of(0xFFFFFF);
  for (std::size_t likely = 1; likely < n; likely += likely < 64 ? 1 : 37) {
    for (const std::size_t from : {std::size_t{0}, n - likely}) {
      for (const std::uint64_t seed : {first, last}) {
        for (std::size_t i = 0; i < n; ++i) logits[i] = i - from < likely ? 5.0F : -5.0F;
        sampler->seed(seed);
        if (sampler->pick(logits.data()) - from >= likely) FAIL(likely << " of " << n << " from " << from);
      }
    }
  }
}

TEST_CASE("the same seed draws the tokens that llama2.c's sampler draws") {
  for (const std::uint64_t seed : {1ULL, 42ULL, 123456789012345ULL}) {
    check_against_plain(sampler_of<mote::sample_knobs{}, 37>(), seed);
    check_against_plain(sampler_of<mote::sample_knobs{}, 512>(), seed);
    check_against_plain(sampler_of<mote::sample_knobs{.temperature = 1, .top_p = 1}, 512>(), seed);
    check_against_plain(sampler_of<mote::sample_knobs{.temperature = 0.3F, .top_p = 0.5F}, 37>(), seed);
    check_against_plain(sampler_of<mote::sample_knobs{.temperature = 1.7F, .top_p = 0.99F}, 300>(), seed);
    check_against_plain(sampler_of<mote::sample_knobs{.temperature = 1, .top_p = 0.9F}, 2>(), seed);
  }
}

TEST_CASE("tokens are drawn as often as their probability says") {
  constexpr std::size_t n = 5;
  const float p[n] = {0.4F, 0.3F, 0.15F, 0.1F, 0.05F};
  const auto frequencies = [&](auto sampler) {
    sampler.seed(9);
    std::vector<double> seen(n);
    constexpr int draws = 40000;
    for (int i = 0; i < draws; ++i) {
      float logits[16];
      for (std::size_t t = 0; t < n; ++t) logits[t] = std::log(p[t]);
      seen[sampler.pick(logits)] += 1.0 / draws;
    }
    return seen;
  };
  const auto all = frequencies(mote::sample<mote::sample_knobs{.temperature = 1, .top_p = 1}>::state<n>{});
  for (std::size_t t = 0; t < n; ++t) CHECK(std::fabs(all[t] - static_cast<double>(p[t])) < 0.01);
  // A nucleus of 0.6 is the first two tokens (0.4 < 0.6 < 0.7), which share the rest.
  const auto nucleus = frequencies(mote::sample<mote::sample_knobs{.temperature = 1, .top_p = 0.6F}>::state<n>{});
  CHECK(std::fabs(nucleus[0] - 4.0 / 7) < 0.01);
  CHECK(std::fabs(nucleus[1] - 3.0 / 7) < 0.01);
  CHECK(nucleus[2] + nucleus[3] + nucleus[4] == 0);
}

TEST_CASE("the likeliest of equals is the smaller id, and one token that has everything is always drawn") {
  // Of four equals, a nucleus of 0.3 keeps two: 0 and 1.
  mote::sample<mote::sample_knobs{.temperature = 1, .top_p = 0.3F}>::state<4> narrow;
  narrow.seed(3);
  for (int i = 0; i < 200; ++i) {
    float logits[16] = {1, 1, 1, 1};
    CHECK(narrow.pick(logits) < 2);
  }
  mote::sample<>::state<4> certain;
  certain.seed(3);
  for (int i = 0; i < 50; ++i) {
    float logits[16] = {-50, 60, -50, -50};
    CHECK(certain.pick(logits) == 1);
  }
}

TEST_CASE("a seed is the whole of the chance, and each of its bits counts") {
  const auto drawn = [](std::uint64_t seed) {
    mote::sample<>::state<64> sampler;
    sampler.seed(seed);
    mote::rng random(6);
    std::vector<std::size_t> tokens;
    for (int i = 0; i < 100; ++i) {
      float x[64];
      for (float& v : x) v = random.normal();
      tokens.push_back(sampler.pick(x));
    }
    return tokens;
  };
  const auto tokens = drawn(5);
  CHECK(drawn(5) == tokens);
  for (unsigned bit = 0; bit < 64; ++bit) CHECK(drawn(5 ^ std::uint64_t{1} << bit) != tokens);
}

namespace {

/// Which tokens may follow; how many were asked for, and whether all were.
struct admitted_tokens {
  const std::vector<bool>& admitted;
  bool all_asked = false;
  bool may(std::uint32_t id) const { return admitted[id]; }
  void all() { all_asked = true; }
};
struct drawing {
  std::size_t by_asking = 0, with_all = 0, draws = 0;
};

/// Draws among tokens that may follow, by asking or else with the others masked, and compares how often each is drawn
/// with the distribution of those that may follow: the sum of squares over what is expected, and nothing else drawn.
template <mote::sample_knobs Knobs, std::size_t Vocab>
drawing draw_among(float sharpness, std::uint32_t eighths, bool refuse_likeliest) {
  constexpr int draws = 1000;
  INFO("temperature " << Knobs.temperature << ", top_p " << Knobs.top_p << ", top_k " << Knobs.top_k << ", min_p "
                      << Knobs.min_p << ", vocab " << Vocab << ", sharpness " << sharpness << ", " << eighths
                      << " of 8 may follow" << (refuse_likeliest ? ", not the likeliest" : ""));
  mote::rng random(5);
  std::vector<float> logits(mote::padded(Vocab), NAN);
  std::vector<bool> admitted(Vocab);
  for (std::size_t i = 0; i < Vocab; ++i) {
    logits[i] = sharpness * random.normal();
    admitted[i] = random.below(8) < eighths;
  }
  admitted[static_cast<std::size_t>(std::max_element(logits.data(), logits.data() + Vocab) - logits.data())] =
      !refuse_likeliest;
  std::vector<std::size_t> order;
  std::vector<long double> p(Vocab), kept(Vocab);
  long double all = 0, mass = 0;
  for (std::size_t i = 0; i < Vocab; ++i) {
    if (!admitted[i]) continue;
    order.push_back(i);
    all += p[i] = std::exp(static_cast<long double>(logits[i]) / static_cast<long double>(Knobs.temperature));
  }
  REQUIRE(!order.empty());
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
  for (std::size_t n = 0; n < order.size(); ++n) {
    if (Knobs.top_k != 0 && n == Knobs.top_k) break;
    if (Knobs.top_p < 1.0F && mass > static_cast<long double>(Knobs.top_p) * all) break;
    if (p[order[n]] < static_cast<long double>(Knobs.min_p) * p[order[0]]) break;
    mass += kept[order[n]] = p[order[n]];
  }
  const auto sampler = std::make_unique<typename mote::sample<Knobs>::template state<Vocab>>();
  sampler->seed(3);
  drawing seen{.draws = draws};
  std::vector<int> drawn(Vocab);
  for (int i = 0; i < draws; ++i) {
    std::vector<float> same = logits;
    admitted_tokens which{admitted};
    std::size_t id = sampler->pick_among(same.data(), which);
    seen.with_all += which.all_asked ? 1U : 0U;
    if (id != Vocab) {
      ++seen.by_asking;
    } else {
      if (std::memcmp(same.data(), logits.data(), Vocab * sizeof(float)) != 0) FAIL("logits are as they were");
      for (std::size_t t = 0; t < Vocab; ++t)
        if (!admitted[t]) same[t] = -0x1p50F;
      id = i % 2 == 0 ? sampler->pick(same.data()) : sampler->pick_unsorted(same.data());
    }
    ++drawn[id];
  }
  double squares = 0, expected_others = 0;
  int others = 0, cells = 0;
  for (std::size_t i = 0; i < Vocab; ++i) {
    const auto expected = static_cast<double>(kept[i] / mass * draws);
    if (expected < 5) {  // too seldom for a cell of its own
      expected_others += expected;
      others += drawn[i];
      if (expected == 0 && drawn[i] != 0) FAIL("token " << i << " was drawn");
    } else {
      squares += (drawn[i] - expected) * (drawn[i] - expected) / expected;
      ++cells;
    }
  }
  CHECK(std::fabs(others - expected_others) <= 5 * std::sqrt(expected_others + 1));
  CHECK(squares <= cells + 5 * std::sqrt(2.0 * cells) + 5);
  return seen;
}
/// Of sharp and flat logits, of few and of many tokens that may follow.
template <mote::sample_knobs Knobs, std::size_t Vocab>
drawing draw_among() {
  drawing all;
  for (const float sharpness : {0.3F, 2.0F, 6.0F})
    for (const std::uint32_t eighths : {1U, 4U, 7U})
      for (const bool refuse : {false, true}) {
        const drawing one = draw_among<Knobs, Vocab>(sharpness, eighths, refuse);
        all.by_asking += one.by_asking;
        all.with_all += one.with_all;
        all.draws += one.draws;
      }
  return all;
}

}  // namespace

TEST_CASE("asking which tokens may follow draws them as often as their distribution says") {
  for (const drawing& seen :
       {draw_among<mote::sample_knobs{}, 37>(), draw_among<mote::sample_knobs{.temperature = 1, .top_p = 0.95F}, 600>(),
        draw_among<mote::sample_knobs{.top_p = 1, .top_k = 3, .min_p = 0.02F}, 37>()}) {
    CHECK(seen.by_asking > seen.draws / 4);
    CHECK(seen.by_asking < seen.draws);
    CHECK(seen.with_all > 0);
  }
  const drawing unfiltered = draw_among<mote::sample_knobs{.temperature = 1, .top_p = 1}, 37>();
  CHECK(unfiltered.by_asking > unfiltered.draws / 2);
  CHECK(unfiltered.by_asking < unfiltered.draws);
#if !MOTE_TEST_FEW_TYPES
  draw_among<mote::sample_knobs{.temperature = 0.3F, .top_p = 0.5F}, 37>();
  draw_among<mote::sample_knobs{.top_p = 1, .min_p = 0.05F}, 37>();
  draw_among<mote::sample_knobs{.top_p = 1, .top_k = 37}, 37>();
  draw_among<mote::sample_knobs{.temperature = 1.5F, .top_p = 0.99F, .top_k = 9, .min_p = 0.01F}, 37>();
  draw_among<mote::sample_knobs{.temperature = 3.0e38F, .top_p = 0.9F}, 37>();
#endif
}

TEST_CASE("asking draws tokens that may follow, whatever the finite logits") {
  constexpr std::size_t n = 37;
  const auto check = [](auto sampler) {
    sampler.seed(2);
    mote::rng random(6);
    for (const logit_kind& kind : kinds)
      for (int draw = 0; draw < 200; ++draw) {
        std::vector<float> logits(mote::padded(n), NAN);
        std::vector<bool> admitted(n);
        for (std::size_t i = 0; i < n; ++i) {
          logits[i] = kind.make(random, i);
          admitted[i] = random.below(2) == 0;
        }
        const std::size_t id = sampler.pick_among(logits.data(), admitted_tokens{admitted});
        if (id != n && !admitted[id]) FAIL(kind.name << ", token " << id);
      }
  };
  check(mote::sample<>::state<n>{});
  check(mote::sample<mote::sample_knobs{.temperature = std::numeric_limits<float>::denorm_min(),
                                        .top_p = 1}>::state<n>{});
  check(mote::sample<mote::sample_knobs{.temperature = 1.0e-10F, .top_p = 0x1.FFFFFEp-1F, .min_p = 1}>::state<n>{});
}
