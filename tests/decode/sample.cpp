// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/sample.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
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

template <mote::sampling Knobs, std::size_t Vocab>
void check_against_plain(std::uint64_t seed) {
  typename mote::sample<Knobs>::template state<Vocab> sampler;
  sampler.seed(seed);
  plain_sampler plain(Knobs.temperature, Knobs.top_p, seed);
  mote::rng random(77);
  std::size_t same = 0, draws = 2000;
  std::vector<bool> drawn(Vocab);
  for (std::size_t i = 0; i < draws; ++i) {
    const float sharpness = 0.2F + 4.0F * random.uniform();
    std::vector<float> logits(Vocab);
    for (float& v : logits) v = sharpness * random.normal();
    const std::size_t expected = plain.pick(logits);
    logits.resize(mote::padded(Vocab), NAN);
    const std::size_t got = sampler.pick(logits.data());
    same += got == expected ? 1U : 0U;
    drawn[got] = true;
  }
  INFO("temperature " << Knobs.temperature << ", top_p " << Knobs.top_p << ", vocab " << Vocab << ", seed " << seed);
  // The C library's exp rounds otherwise in the last bit; a coin on that bit is a chance of some millionths a draw.
  CHECK(same == draws);
  CHECK(std::count(drawn.begin(), drawn.end(), true) > static_cast<std::ptrdiff_t>(Vocab / 2));
}

}  // namespace

TEST_CASE("the same seed draws the tokens that llama2.c's sampler draws") {
  for (const std::uint64_t seed : {1ULL, 42ULL, 123456789012345ULL}) {
    check_against_plain<mote::sampling{}, 37>(seed);
    check_against_plain<mote::sampling{}, 512>(seed);
    check_against_plain<mote::sampling{.temperature = 1, .top_p = 1}, 512>(seed);
    check_against_plain<mote::sampling{.temperature = 0.3F, .top_p = 0.5F}, 37>(seed);
    check_against_plain<mote::sampling{.temperature = 1.7F, .top_p = 0.99F}, 300>(seed);
    check_against_plain<mote::sampling{.temperature = 1, .top_p = 0.9F}, 2>(seed);
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
  const auto all = frequencies(mote::sample<mote::sampling{.temperature = 1, .top_p = 1}>::state<n>{});
  for (std::size_t t = 0; t < n; ++t) CHECK(std::fabs(all[t] - static_cast<double>(p[t])) < 0.01);
  // A nucleus of 0.6 is the first two tokens (0.4 < 0.6 < 0.7), which share the rest.
  const auto nucleus = frequencies(mote::sample<mote::sampling{.temperature = 1, .top_p = 0.6F}>::state<n>{});
  CHECK(std::fabs(nucleus[0] - 4.0 / 7) < 0.01);
  CHECK(std::fabs(nucleus[1] - 3.0 / 7) < 0.01);
  CHECK(nucleus[2] + nucleus[3] + nucleus[4] == 0);
}

TEST_CASE("the likeliest of equals is the smaller id, and one token that has everything is always drawn") {
  // Of four equals, a nucleus of 0.3 keeps two: 0 and 1.
  mote::sample<mote::sampling{.temperature = 1, .top_p = 0.3F}>::state<4> narrow;
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

TEST_CASE("a seed is the whole of the chance") {
  mote::sample<>::state<64> a, b;
  a.seed(5);
  b.seed(5);
  mote::rng random(6);
  bool differs = false;
  mote::sample<>::state<64> c;
  c.seed(6);
  for (int i = 0; i < 100; ++i) {
    float x[64], y[64], z[64];
    for (std::size_t t = 0; t < 64; ++t) x[t] = y[t] = z[t] = random.normal();
    const std::size_t picked = a.pick(x);
    CHECK(picked == b.pick(y));
    differs = differs || picked != c.pick(z);
  }
  CHECK(differs);
}
