// SPDX-License-Identifier: BSL-1.0
// What every integer format must do, whatever its bits.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstring>

#include "formats.hpp"
#include "integer_formats.hpp"

namespace {

/// A matrix whose rows are of very different sizes, some of them zero or nearly so.
std::vector<float> uneven(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  auto w = mote_tests::gaussian_weights(rows * cols, seed);
  const float sizes[] = {1.0F, 0.02F, 300.0F, 1e-4F, 0.0F, 1e-9F};
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < cols; ++i) w[row * cols + i] *= sizes[(row + seed) % 6];
  return w;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("decoded weights encode to the same bytes, at every width", "", mote_tests::few_bits) {
  using format = TestType;
  for (std::size_t cols = 1; cols <= 300; ++cols) {
    const std::size_t rows = 1 + cols % 23;
    const auto packed = mote_tests::encode<format>(uneven(rows, cols, cols), rows, cols);
    REQUIRE(packed.size() == mote::ceil_div(rows, format::rows) * format::tile_bytes(cols));
    const auto decoded = mote_tests::decode<format>(packed, rows, cols);
    INFO(format::name << ", " << cols << " columns");
    REQUIRE(mote_tests::encode<format>(decoded, rows, cols) == packed);
  }
}

TEMPLATE_LIST_TEST_CASE("interleaving rows changes no weight", "", mote_tests::integer_formats) {
  using format = TestType;
  using single = typename format::template with_rows<1>;
  for (const std::size_t cols : {1U, 31U, 32U, 33U, 100U, 172U, 300U})
    for (const std::size_t rows : {1U, 3U, 16U, 37U}) {
      const auto w = uneven(rows, cols, cols + rows);
      const auto expected = mote_tests::decode<single>(mote_tests::encode<single>(w, rows, cols), rows, cols);
      INFO(format::name << ", " << rows << " rows of " << cols);
      REQUIRE(mote_tests::decode<format>(mote_tests::encode<format>(w, rows, cols), rows, cols) == expected);
    }
}

TEMPLATE_LIST_TEST_CASE("groups that are read and written again keep every byte", "", mote_tests::integer_formats) {
  using format = TestType;
  using grid = typename format::grid;
  for (const std::size_t cols : {7U, 64U, 172U}) {
    const std::size_t rows = format::rows;
    const auto packed = mote_tests::encode<format>(uneven(rows, cols, 3), rows, cols);
    std::vector<std::byte> again(packed.size(), std::byte{0x55});
    const auto decoded = mote_tests::decode<format>(packed, rows, cols);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t g = 0; g < format::groups(cols); ++g) {
        float scale = 0;
        std::uint8_t codes[format::group];
        format::read_group(packed.data(), row, cols, g, scale, codes);
        for (std::size_t i = 0; i < format::group && g * format::group + i < cols; ++i)
          REQUIRE(decoded[row * cols + g * format::group + i] == scale * static_cast<float>(grid::value(codes[i])));
        format::write_group(again.data(), row, cols, g, scale, codes);
      }
    REQUIRE(again == packed);
  }
}

TEMPLATE_LIST_TEST_CASE("a code is the nearest under its scale, and every code can be met", "",
                        mote_tests::single_rows) {
  using grid = typename TestType::grid;
  for (unsigned code = 0; code < grid::codes; ++code) {
    if (grid::bits == 8 && code == 0) continue;  // -128 is refused
    REQUIRE(grid::nearest(0.25F * static_cast<float>(grid::value(code)), 0.25F) == code);
  }
  mote::rng random(9);
  for (int i = 0; i < 2000; ++i) {
    const float w = random.normal() * 40.0F;
    const double chosen = std::fabs(static_cast<double>(w) - grid::value(grid::nearest(w, 1.0F)));
    for (unsigned code = grid::bits == 8 ? 1 : 0; code < grid::codes; ++code)
      REQUIRE(chosen <= std::fabs(static_cast<double>(w) - grid::value(code)) + 1e-4);
  }
}

TEMPLATE_LIST_TEST_CASE("infinities and numbers that are none give codes of the grid", "", mote_tests::single_rows) {
  using format = TestType;
  for (const float odd : {INFINITY, -INFINITY, NAN}) {
    std::vector<float> w(32, 0.5F);
    w[7] = odd;
    const auto packed = mote_tests::encode<format>(w, 1, 32);
    float scale = 0;
    std::uint8_t codes[format::group];
    format::read_group(packed.data(), 0, 32, 0, scale, codes);
    // A scale that is a float may become infinite; what writes images refuses such weights by name.
    if (format::scale_columns == 32) REQUIRE(std::isfinite(scale));
    for (std::size_t i = 0; i < format::group && i < 32; ++i) REQUIRE(codes[i] < format::grid::codes);
  }
}
