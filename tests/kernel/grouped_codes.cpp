// SPDX-License-Identifier: BSL-1.0
// Codes in a few bits come back as they were put; a folded product is the product in double, to 14 bits.
#include "mote/kernel/grouped_codes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace detail = mote::detail;

namespace {

template <std::size_t Bits>
void round_trip() {
  using codes = detail::packed_codes<Bits>;
  mote::rng random(Bits);
  for (const std::size_t n : {32U, 64U, 160U}) {
    std::vector<std::uint8_t> packed(n + 1, 0xA5);  // what was there before does not matter
    std::vector<std::uint32_t> put(n * codes::each);
    for (std::size_t i = 0; i < put.size(); ++i) {
      put[i] = i < 4 ? (i % 2 == 0 ? codes::last : 0) : random.below(codes::last + 1);
      codes::put(packed.data(), n, i, put[i]);
    }
    std::vector<std::int8_t> room(n * codes::each + 1, 99);
    const std::int8_t* got = codes::unpack(packed.data(), n, room.data());
    for (std::size_t i = 0; i < put.size(); ++i) REQUIRE(got[i] + codes::offset == static_cast<std::int32_t>(put[i]));
    REQUIRE(packed.back() == 0xA5);
    REQUIRE(room.back() == 99);
  }
}

}  // namespace

TEST_CASE("codes of 8, 4 and 2 bits come back as they were put") {
  round_trip<8>();
  round_trip<4>();
  round_trip<2>();
}

TEST_CASE("a grid's halves come back as floats, 8 bits from the middle on") {
  std::vector<mote::simd::half_bits> steps, least;
  for (std::size_t i = 0; i < 21; ++i) {
    steps.push_back(mote::simd::float_to_half(static_cast<float>(i) * 0.25F));
    least.push_back(mote::simd::float_to_signed_half(static_cast<float>(i) - 10.0F));
  }
  std::vector<float> step(21), base(21), base_of_8(21);
  detail::load_grid<4>(steps.data(), least.data(), 21, step.data(), base.data());
  detail::load_grid<8>(steps.data(), least.data(), 21, step.data(), base_of_8.data());
  for (std::size_t i = 0; i < 21; ++i) {
    const auto x = static_cast<float>(i);
    REQUIRE(step[i] == x * 0.25F);
    REQUIRE(base[i] == x - 10.0F);
    REQUIRE(base_of_8[i] == x - 10.0F + 32.0F * x);
  }
}

TEST_CASE("a step folded into the other side gives the product") {
  mote::rng random(5);
  for (const std::size_t n : {16U, 32U, 64U})
    for (const float size : {1e-6F, 1.0F, 1e6F}) {
      std::vector<float> x(n), step(n), base(n);
      std::vector<std::int16_t> q(n);
      std::vector<int> code(n);
      double want = 0, scale = 0;
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = random.normal() * size;
        step[i] = random.uniform();
        base[i] = random.normal();
        code[i] = static_cast<int>(random.below(16));
        want += static_cast<double>(x[i]) * (static_cast<double>(step[i]) * code[i] + static_cast<double>(base[i]));
        scale = std::fmax(scale, std::fabs(static_cast<double>(x[i]) * static_cast<double>(step[i])));
      }
      const detail::folded f = detail::fold(x.data(), step.data(), base.data(), n, q.data());
      std::int64_t dot = 0;
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(std::abs(q[i]) <= 16383);
        dot += q[i] * code[i];
      }
      const double got = static_cast<double>(f.unit) * static_cast<double>(dot) + static_cast<double>(f.rest);
      REQUIRE(std::fabs(got - want) < scale * static_cast<double>(n) * 16 / 32766 + 1e-5 * static_cast<double>(size));
    }
  std::vector<float> nothing(16, 0.0F), one(16, 1.0F);
  std::vector<std::int16_t> q(16, 7);
  const detail::folded f = detail::fold(nothing.data(), one.data(), one.data(), 16, q.data());
  for (const std::int16_t v : q) REQUIRE(v == 0);
  REQUIRE(f.unit == 0.0F);
  REQUIRE(f.rest == 0.0F);
}
