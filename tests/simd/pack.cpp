// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/pack.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>

#include "mote/core/rng.hpp"

TEMPLATE_TEST_CASE_SIG("a pack computes what its lanes would", "", ((std::size_t N), N), 1, 4, 8, 16, 32) {
  using mote::simd::floats;
  mote::rng random(1);
  for (std::size_t round = 0; round < 200; ++round) {
    float a[N], b[N], out[N], expected[N];
    for (std::size_t i = 0; i < N; ++i) {
      a[i] = random.normal() * 100.0F;
      b[i] = random.normal();
      if (b[i] == 0) b[i] = 1;
    }
    a[round % N] = -0.0F;  // and a zero with a sign
    const auto check = [&](auto packed, auto one) {
      packed(floats<N>::load(a), floats<N>::load(b)).store(out);
      for (std::size_t i = 0; i < N; ++i) {
        volatile float x = a[i], y = b[i];  // the compiler's own vectors stay out of it
        expected[i] = one(x, y);
      }
      REQUIRE(std::memcmp(out, expected, sizeof out) == 0);
    };
    check([](auto x, auto y) { return x + y; }, [](float x, float y) { return x + y; });
    check([](auto x, auto y) { return x - y; }, [](float x, float y) { return x - y; });
    check([](auto x, auto y) { return x * y; }, [](float x, float y) { return x * y; });
    check([](auto x, auto y) { return x / y; }, [](float x, float y) { return x / y; });
    check([](auto x, auto) { return mote::simd::absolute(x); }, [](float x, float) { return std::fabs(x); });
    check([](auto x, auto y) { return mote::simd::maximum(x, y); }, [](float x, float y) { return x > y ? x : y; });
    check([](auto x, auto y) { return mote::simd::minimum(x, y); }, [](float x, float y) { return x < y ? x : y; });
    check([](auto, auto) { return floats<N>::all(2.5F); }, [](float, float) { return 2.5F; });

    std::int32_t n[N];
    for (auto& v : n) v = static_cast<std::int32_t>(random.next()) >> random.below(31);
    mote::simd::to_float(mote::simd::ints<N>::load(n)).store(out);
    for (std::size_t i = 0; i < N; ++i) REQUIRE(out[i] == static_cast<float>(n[i]));
  }
}

TEMPLATE_TEST_CASE_SIG("nearest rounds as the library's function does, ties to even", "", ((std::size_t N), N), 1, 4, 8,
                       16) {
  mote::rng random(3);
  const auto check = [](float x) {
    std::int32_t got[N];
    mote::simd::nearest(mote::simd::floats<N>::all(x)).store(got);
    for (const std::int32_t v : got) REQUIRE(v == std::lrint(x));
  };
  for (int i = -4000; i <= 4000; ++i) check(static_cast<float>(i) * 0.25F);
  for (int i = 0; i < 4000; ++i)
    check((random.normal() < 0 ? -1.0F : 1.0F) * static_cast<float>(random.below(4194304)) +
          0.5F * static_cast<float>(i % 2));
}

TEMPLATE_TEST_CASE_SIG("store_words writes so many words and no more", "", ((std::size_t N), N), 1, 4, 16) {
  std::int32_t n[N];
  std::int16_t words[N + 2];
  for (std::size_t i = 0; i < N; ++i)
    n[i] = i % 2 == 0 ? 32767 - static_cast<std::int32_t>(i) : -32768 + static_cast<std::int32_t>(i);
  words[0] = words[N + 1] = 77;
  mote::simd::store_words(mote::simd::ints<N>::load(n), words + 1);
  for (std::size_t i = 0; i < N; ++i) CHECK(words[i + 1] == n[i]);
  CHECK(words[0] == 77);
  CHECK(words[N + 1] == 77);
}

TEMPLATE_TEST_CASE_SIG("integers join in any order", "", ((std::size_t N), N), 1, 4, 16) {
  mote::rng random(4);
  for (int round = 0; round < 100; ++round) {
    std::int32_t n[N];
    std::int32_t sum = 0;
    for (auto& v : n) sum += v = static_cast<std::int32_t>(random.below(1 << 27)) - (1 << 26);
    REQUIRE(mote::simd::reduce_add(mote::simd::ints<N>::load(n)) == sum);
  }
}

TEST_CASE("subnormal numbers are numbers, not zero") {
  // 32-bit NEON flushes them; a board with one would answer otherwise than a PC.
  float tiny[16], half[16], out[16];
  for (std::size_t i = 0; i < 16; ++i) {
    tiny[i] = std::bit_cast<float>(static_cast<std::uint32_t>(2 * i + 2));
    half[i] = 0.5F;
  }
  using lanes = mote::simd::floats<16>;
  (lanes::load(tiny) * lanes::load(half)).store(out);
  for (std::size_t i = 0; i < 16; ++i) CHECK(std::bit_cast<std::uint32_t>(out[i]) == i + 1);
}

TEST_CASE("thirty-two lanes are twice sixteen") {
  float a[32], low[16], high[16];
  for (std::size_t i = 0; i < 32; ++i) a[i] = static_cast<float>(i);
  const auto all = mote::simd::floats<32>::load(a);
  mote::simd::sixteen<0>(all).store(low);
  mote::simd::sixteen<16>(all).store(high);
  for (std::size_t i = 0; i < 16; ++i) {
    CHECK(low[i] == a[i]);
    CHECK(high[i] == a[i + 16]);
  }
}

TEST_CASE("sixteen lanes join in one tree") {
  mote::rng random(2);
  for (int round = 0; round < 500; ++round) {
    float a[16];
    for (auto& v : a) v = random.normal() * std::ldexp(1.0F, static_cast<int>(random.below(20)));
    float s[8];
    for (std::size_t i = 0; i < 8; ++i) s[i] = a[i] + a[i + 8];
    for (std::size_t i = 0; i < 4; ++i) s[i] += s[i + 4];
    const float expected = (s[0] + s[2]) + (s[1] + s[3]);
    const float joined = mote::simd::reduce_add(mote::simd::floats<16>::load(a));
    REQUIRE(std::bit_cast<std::uint32_t>(joined) == std::bit_cast<std::uint32_t>(expected));
    float most = a[0];
    for (float v : a) most = v > most ? v : most;
    REQUIRE(mote::simd::reduce_max(mote::simd::floats<16>::load(a)) == most);
  }
}
