// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matrix.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "mote/core/finite.hpp"
#include "mote/core/rng.hpp"
#include "mote/kernel/matvec.hpp"

namespace {
template <std::size_t Group>
using grouped = std::integral_constant<std::size_t, Group>;
}  // namespace

TEMPLATE_TEST_CASE("an activation that is not finite has a scale that is not a number, one of its groups alone", "",
                   grouped<16>, grouped<32>, grouped<64>, grouped<mote::whole_row>) {
  constexpr std::size_t group = TestType::value;
  mote::rng random(5);
  for (const std::size_t cols : {1U, 16U, 33U, 172U, 240U, 256U, 700U, 4096U}) {
    std::vector<float> x(cols + 16);
    alignas(16) static std::byte buffer[mote::activation_group_bytes<group>(4096)];
    const std::size_t width = group == mote::whole_row ? cols : group;
    const auto look = [&](std::size_t first, std::size_t count, float v) {
      for (auto& f : x) f = random.normal();
      for (std::size_t i = first; i < first + count && i < cols; ++i) x[i] = v;
      const mote::activation a = mote::quantize_groups<group>(x.data(), cols, buffer);
      for (std::size_t g = 0; g * width < cols; ++g) {
        bool finite = true;
        for (std::size_t i = g * width; i < (g + 1) * width && i < cols; ++i) finite = finite && mote::is_finite(x[i]);
        INFO("cols " << cols << ", group " << g << ", " << count << " from " << first << " are " << v);
        REQUIRE((a.scale[g] == a.scale[g]) == finite);
        if (!finite) REQUIRE(a.sum[g] == 0);
      }
    };
    const float inf = std::numeric_limits<float>::infinity();
    for (const float v : {NAN, -NAN, inf, -inf, std::bit_cast<float>(0x7FC00001U), 3.4e38F, 1e-40F})
      for (const std::size_t first : {std::size_t{0}, cols / 2, cols - 1})
        for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{31}, std::size_t{32}, cols})
          look(first, count, v);
  }
}

TEST_CASE("what is too small for an inverse is rounded to zeros, and stays finite") {
  alignas(16) std::byte buffer[mote::activation_group_bytes<32>(32)];
  for (const float size : {1e-45F, 1e-40F, 1e-38F, 3.7e-37F}) {
    std::vector<float> x(32, size);
    const mote::activation a = mote::quantize_groups<32>(x.data(), 32, buffer);
    CHECK(a.sum[0] == 0);
    for (std::size_t i = 0; i < 32; ++i) REQUIRE(a.q[i] == 0);
    CHECK(mote::is_finite(a.scale[0]));
  }
  std::vector<float> x(32, 0x1.FCp-122F);  // the largest whose inverse is infinite, and the next
  CHECK(mote::quantize_groups<32>(x.data(), 32, buffer).q[0] == 0);
  x.assign(32, std::nextafter(0x1.FCp-122F, 1.0F));
  CHECK(mote::quantize_groups<32>(x.data(), 32, buffer).q[0] == 127);
}

TEST_CASE("activations for halves: large ones are no numbers before a product could be infinite") {
  alignas(16) std::byte buffer[mote::activation_group_bytes<mote::exact_products(8)>(64)];
  const auto rounded = [&]<std::size_t Group>(grouped<Group>, float v) {
    std::vector<float> x(64, v);
    return mote::quantize_groups<Group>(x.data(), 64, buffer).x[17];
  };
  for (const float v : {NAN, std::numeric_limits<float>::infinity(), 0x1p112F, -0x1p120F}) {
    CHECK(!mote::is_finite(rounded(grouped<mote::exact_products(8)>{}, v)));
    CHECK(!mote::is_finite(rounded(grouped<mote::exact_products(11)>{}, v)));
  }
  for (const float v : {1.0F, -0x1p100F, 0x1p108F}) {
    CHECK(rounded(grouped<mote::exact_products(8)>{}, v) == v);
    if (std::fabs(v) < 0x1p108F) CHECK(std::fabs(rounded(grouped<mote::exact_products(11)>{}, v) / v - 1) < 1e-3F);
  }
}
