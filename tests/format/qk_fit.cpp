// SPDX-License-Identifier: BSL-1.0
#include "mote/format/qk_fit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

template <unsigned Bits>
float weight(const mote::qk_row& row, std::size_t i) {
  using grid = mote::qk_grid<Bits>;
  const std::size_t sub = i / grid::sub;
  return grid::weight(mote::simd::from_binary16(row.d), row.scale[sub], row.code[i],
                      mote::simd::from_binary16(row.dmin), row.min[sub]);
}
template <unsigned Bits>
double error_of(const std::vector<float>& w, const mote::qk_row& row) {
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i)
    sum += std::pow(static_cast<double>(weight<Bits>(row, i)) - static_cast<double>(w[i]), 2);
  return sum;
}

/// No neighbour is better: of each sub-block's scale and minimum with the nearest codes for them, and of each code.
template <unsigned Bits>
void check_no_neighbour_is_better(std::size_t n, std::uint64_t seed) {
  using grid = mote::qk_grid<Bits>;
  mote::rng random(seed);
  std::vector<float> w(n);
  for (float& v : w) v = random.normal() + 0.3F;
  const mote::qk_row row = mote::qk_fit<Bits>(w.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(row.code[i] < grid::codes);
    const double own = std::fabs(static_cast<double>(weight<Bits>(row, i)) - static_cast<double>(w[i]));
    for (unsigned code = 0; code < grid::codes; ++code) {
      mote::qk_row other = row;
      other.code[i] = static_cast<std::uint8_t>(code);
      REQUIRE(own <= std::fabs(static_cast<double>(weight<Bits>(other, i)) - static_cast<double>(w[i])) + 1e-5);
    }
  }
  for (std::size_t i = n; i < 256; ++i) REQUIRE(static_cast<int>(row.code[i]) == grid::offset);
  // Beside a plain rounding of each sub-block's range with the same stored numbers' limits.
  double range_error = 0;
  for (std::size_t first = 0; first < n; first += grid::sub) {
    const std::size_t width = std::min(n - first, grid::sub);
    float low = grid::has_min ? 0.0F : w[first], high = w[first];
    for (std::size_t i = first; i < first + width; ++i) low = std::min(low, w[i]), high = std::max(high, w[i]);
    const double step = grid::has_min
                            ? static_cast<double>(high - low) / (grid::codes - 1)
                            : std::max(std::fabs(static_cast<double>(low)), std::fabs(static_cast<double>(high))) /
                                  (grid::codes / 2 - 1);
    for (std::size_t i = first; i < first + width; ++i) {
      const double from = grid::has_min ? static_cast<double>(low) : 0.0;
      const double off =
          static_cast<double>(w[i]) - from - step * std::nearbyint((static_cast<double>(w[i]) - from) / step);
      range_error += off * off;
    }
  }
  CHECK(error_of<Bits>(w, row) < range_error * (Bits == 6 ? 1.05 : 1.0));
}

}  // namespace

TEST_CASE("qk_fit: each code is the nearest, the rest is zero, and the error is below that of the range", "[format]") {
  for (const std::size_t n : {256U, 64U, 40U, 17U}) {
    INFO(n);
    check_no_neighbour_is_better<2>(n, 1);
    check_no_neighbour_is_better<3>(n, 2);
    check_no_neighbour_is_better<4>(n, 3);
    check_no_neighbour_is_better<5>(n, 4);
    check_no_neighbour_is_better<6>(n, 5);
  }
}

TEST_CASE("qk_fit: the stored numbers mean what GGUF's readers make of them", "[format]") {
  CHECK(mote::qk_grid<2>::weight(0.5F, 3, 2, 0.25F, 7) == 0.5F * 3 * 2 - 0.25F * 7);
  CHECK(mote::qk_grid<3>::weight(0.5F, 32 - 5, 7, 0, 0) == 0.5F * -5 * 3);  // scale - 32, code - 4
  CHECK(mote::qk_grid<4>::weight(0.5F, 63, 15, 0.25F, 63) == 0.5F * 63 * 15 - 0.25F * 63);
  CHECK(mote::qk_grid<6>::weight(0.5F, 128 - 5, 0, 0, 0) == 0.5F * -5 * -32);  // scale - 128, code - 32
  CHECK((mote::qk_grid<2>::sub == 16 && mote::qk_grid<4>::sub == 32 && mote::qk_grid<6>::largest_scale == 127));
}

TEST_CASE("qk_fit: a block of zeros, and of one value", "[format]") {
  std::vector<float> w(256);
  CHECK(error_of<4>(w, mote::qk_fit<4>(w.data(), 256)) == 0);
  CHECK(error_of<6>(w, mote::qk_fit<6>(w.data(), 256)) == 0);
  for (float& v : w) v = -0.75F;
  constexpr double of_a_half = 256 * (0.75 * 0x1p-11) * (0.75 * 0x1p-11);  // the unit is rounded to binary16
  CHECK(error_of<4>(w, mote::qk_fit<4>(w.data(), 256)) <= of_a_half);
  CHECK(error_of<6>(w, mote::qk_fit<6>(w.data(), 256)) <= of_a_half);
}
