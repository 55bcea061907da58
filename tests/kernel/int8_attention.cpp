// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/int8_attention.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace detail = mote::detail;

TEST_CASE("the ends and the size of a short vector, at every length", "[kernel][int8_attention]") {
  mote::rng random(1);
  for (std::size_t n = 1; n <= 40; ++n) {
    std::vector<float> x(n);
    for (const float shift : {0.0F, 5.0F, -5.0F}) {
      for (float& v : x) v = random.normal() + shift;
      CHECK(detail::most_in(x.data(), n) == *std::max_element(x.begin(), x.end()));
      CHECK(detail::least_in(x.data(), n) == *std::min_element(x.begin(), x.end()));
      float size = 0;
      for (const float v : x) size = std::max(size, std::fabs(v));
      CHECK(detail::largest_size(x.data(), n) == size);
    }
  }
}

TEST_CASE("round_vector: 14 bits and a sign, their sum, zeros behind", "[kernel][int8_attention]") {
  mote::rng random(2);
  for (std::size_t n = 1; n <= 40; ++n) {
    const std::size_t width = mote::round_up(n, 4);
    std::vector<float> x(n);
    for (float& v : x) v = random.normal();
    std::vector<std::int16_t> q(width, 99);
    const auto r = detail::round_vector(x.data(), n, width, q.data());
    std::int32_t sum = 0;
    std::int32_t size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += q[i];
      size = std::max(size, std::abs(static_cast<std::int32_t>(q[i])));
      CHECK(std::fabs(static_cast<double>(r.scale) * q[i] - static_cast<double>(x[i])) <=
            static_cast<double>(r.scale) * 0.501);
    }
    CHECK(r.sum == sum);
    CHECK(size == 16383);
    for (std::size_t i = n; i < width; ++i) CHECK(q[i] == 0);
  }
  const float zeros[3] = {};
  std::int16_t q[4] = {1, 1, 1, 1};
  CHECK(detail::round_vector(zeros, 3, 4, q).scale == 0);
  for (const std::int16_t v : q) CHECK(v == 0);
}

TEST_CASE("weights keep 14 bits and their sums 31, however many positions there are", "[kernel][int8_attention]") {
  for (std::size_t count = 1; count < 1U << 24U; count += count / 7 + 1) {
    const double most = static_cast<double>(detail::most_weight(count));
    CHECK(most <= 16383);
    CHECK(most * 127 * static_cast<double>(count) < 2147483648.0);
    CHECK(std::exp2(detail::weight_power(count)) * static_cast<double>(count) <= 1073741824.0);
  }
  CHECK(detail::weight_power(100) == 16);
  CHECK(detail::power_of_two(-16) == 0x1p-16F);
  CHECK(detail::power_of_two(3) == 8);
}
