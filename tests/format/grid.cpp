// SPDX-License-Identifier: BSL-1.0
#include "mote/format/grid.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

/// The least error of one weight among all codes, in double.
template <class Grid>
double least_error(float w, float scale) {
  double least = 1e300;
  for (unsigned code = 0; code < Grid::codes; ++code) {
    if (std::is_same_v<Grid, mote::byte_grid<true>> && code == 0) continue;  // -128 is not used
    const double off = static_cast<double>(scale) * Grid::value(code) - static_cast<double>(w);
    least = std::min(least, std::fabs(off));
  }
  return least;
}

template <class Grid>
double squared_error(const std::vector<float>& w, float scale, const std::vector<std::uint8_t>& codes) {
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double off = static_cast<double>(scale) * Grid::value(codes[i]) - static_cast<double>(w[i]);
    sum += off * off;
  }
  return sum;
}
/// The least squared error over a dense set of scales, of the allowed signs.
template <class Grid>
double best_of_many_scales(const std::vector<float>& w) {
  float most = 0;
  for (float v : w) most = std::max(most, std::fabs(v));
  double least = 1e300;
  for (int step = 1; step <= 3000; ++step)
    for (const int sign : {1, -1}) {
      if (sign < 0 && !Grid::signed_scale) continue;
      const double scale = sign * static_cast<double>(most) * 2.5 * step / 3000 / Grid::value(Grid::codes - 1);
      double sum = 0;
      for (float v : w) {
        double one = 1e300;
        for (unsigned code = 0; code < Grid::codes; ++code)
          one = std::min(one, std::pow(scale * Grid::value(code) - static_cast<double>(v), 2));
        sum += one;
      }
      least = std::min(least, sum);
    }
  return least;
}
std::vector<float> gaussian(std::size_t n, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<float> w(n);
  for (float& v : w) v = random.normal();
  return w;
}

}  // namespace

TEMPLATE_TEST_CASE("grid: nearest() is the nearest of all codes", "[format]", mote::byte_grid<true>,
                   mote::signed_grid<3>, mote::signed_grid<4>, mote::signed_grid<6>, mote::odd_grid<2>,
                   mote::table_grid, mote::ternary_grid) {
  mote::rng random(1);
  for (const float scale : {1.0F, 0.037F, TestType::signed_scale ? -0.5F : 0.5F})
    for (int i = 0; i < 2000; ++i) {
      const float w =
          scale * static_cast<float>(TestType::value(TestType::codes - 1)) * 1.3F * (2 * random.uniform() - 1);
      const double off =
          static_cast<double>(scale) * TestType::value(TestType::nearest(w, scale)) - static_cast<double>(w);
      REQUIRE(std::fabs(off) <=
              least_error<TestType>(w, scale) * (1 + 1e-5) + 1e-6 * std::fabs(static_cast<double>(scale)));
    }
  CHECK(TestType::nearest(__builtin_nanf(""), 1.0F) < TestType::codes);
  CHECK(TestType::nearest(3.0e38F, 1e-30F) < TestType::codes);
  CHECK(TestType::nearest(-3.0e38F, 1e-30F) < TestType::codes);
}

TEMPLATE_TEST_CASE("grid: weights that lie on the grid keep their values, bit for bit", "[format]",
                   mote::signed_grid<3>, mote::signed_grid<4>, (mote::signed_grid<6, true>), mote::odd_grid<2>,
                   mote::table_grid) {
  mote::rng random(2);
  for (int turn = 0; turn < 100; ++turn) {
    const float scale = mote::detail::stored_half((TestType::signed_scale && turn % 2 != 0 ? -1.0F : 1.0F) *
                                                  (0.01F + random.uniform()));
    std::vector<float> w(32);
    for (float& v : w) v = scale * static_cast<float>(TestType::value(random.below(TestType::codes)));
    std::vector<std::uint8_t> codes(32);
    const float fitted = TestType::fit(w.data(), w.size(), codes.data());
    for (std::size_t i = 0; i < w.size(); ++i) REQUIRE(fitted * static_cast<float>(TestType::value(codes[i])) == w[i]);
  }
}

TEMPLATE_TEST_CASE("grid: a searched scale is within 1 % of the best of six thousand", "[format]",
                   (mote::signed_grid<3, true>), mote::odd_grid<2>, mote::table_grid) {
  double found = 0, best = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto w = gaussian(32, seed);
    std::vector<std::uint8_t> codes(32);
    const float scale = TestType::fit(w.data(), w.size(), codes.data());
    CHECK(mote::detail::stored_half(scale) == scale);  // as it is stored
    found += squared_error<TestType>(w, scale, codes);
    best += best_of_many_scales<TestType>(w);
  }
  CHECK(found <= best * 1.01);
}

TEST_CASE("grid: a row of zeros has the scale zero and the code of padding", "[format]") {
  const std::vector<float> w(32);
  std::vector<std::uint8_t> codes(32, 77);
  CHECK(mote::signed_grid<4>::fit(w.data(), 32, codes.data()) == 0);
  CHECK(codes == std::vector<std::uint8_t>(32, 8));
  CHECK(mote::table_grid::fit(w.data(), 32, codes.data()) == 0);
  CHECK(codes == std::vector<std::uint8_t>(32, 8));
  CHECK(mote::byte_grid<false>::fit(w.data(), 32, codes.data()) == 0);
  CHECK(codes == std::vector<std::uint8_t>(32, 128));
  CHECK(mote::ternary_grid::fit(w.data(), 32, codes.data()) == 0);
  CHECK(codes == std::vector<std::uint8_t>(32, 1));
}

TEST_CASE("grid: groups whose products are exact tell how many bits their weights have", "[format]") {
  for (unsigned bits = 1; bits < 24; ++bits) CHECK(mote::exact_product_bits(mote::exact_products(bits)) == bits);
  for (const std::size_t group : {std::size_t{0}, std::size_t{32}, mote::whole_row})
    CHECK(mote::exact_product_bits(group) == 0);
}
