// SPDX-License-Identifier: BSL-1.0
#include "mote/format/affine.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "formats.hpp"

TEST_CASE("affine: the error of a Gaussian matrix") {
  const auto near = [](double found, double expected) {
    INFO("relative RMS error " << found);
    CHECK(std::fabs(found / expected - 1) < 0.02);
  };
  near(mote_tests::gaussian_error<mote::affine<4>>(), 0.0782);
  near(mote_tests::gaussian_error<mote::affine<5>>(), 0.0379);
}

TEMPLATE_TEST_CASE("affine: every row layout rounds alike, within half a step, at every width", "", mote::affine<4>,
                   mote::affine<5>) {
  using one = TestType;
  using mote_tests::decode;
  using mote_tests::encode;
  constexpr float last = (1U << one::bits) - 1U;
  for (std::size_t cols = 1; cols <= 300; cols += cols < 70 ? 1 : 23) {
    const std::size_t rows = 1 + cols % 19;
    const auto w = mote_tests::gaussian_weights(rows * cols, cols);
    const auto decoded = decode<one>(encode<one>(w, rows, cols), rows, cols);
    INFO(rows << " x " << cols);
    REQUIRE(decode<typename one::template with_rows<4>>(encode<typename one::template with_rows<4>>(w, rows, cols),
                                                        rows, cols) == decoded);
    REQUIRE(decode<typename one::template with_rows<8>>(encode<typename one::template with_rows<8>>(w, rows, cols),
                                                        rows, cols) == decoded);
    REQUIRE(decode<typename one::template with_rows<16>>(encode<typename one::template with_rows<16>>(w, rows, cols),
                                                         rows, cols) == decoded);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t g = 0; g < cols; g += 32) {
        const std::size_t end = std::min(cols, g + 32);
        const auto [low, high] = std::minmax_element(w.begin() + static_cast<std::ptrdiff_t>(row * cols + g),
                                                     w.begin() + static_cast<std::ptrdiff_t>(row * cols + end));
        const float step = (*high - *low) / last;
        for (std::size_t i = g; i < end; ++i)  // half a step, and what binary16 takes of minimum and step
          REQUIRE(std::fabs(decoded[row * cols + i] - w[row * cols + i]) <=
                  0.5F * step + 0x1p-10F * (std::fabs(*low) + *high - *low));
      }
  }
}

TEST_CASE("affine: a block of four bits is Q4_1's: two halves, low nibbles first") {
  std::vector<float> w(32);
  for (std::size_t i = 0; i < 32; ++i) w[i] = static_cast<float>(i % 16) * 0.5F - 2.0F;
  const auto packed = mote_tests::encode<mote::affine<4>>(w, 1, 32);
  REQUIRE(packed.size() == 20);
  CHECK(packed[0] == std::byte{0x00});  // 0.5
  CHECK(packed[1] == std::byte{0x38});
  CHECK(packed[2] == std::byte{0x00});  // -2
  CHECK(packed[3] == std::byte{0xC0});
  for (unsigned j = 0; j < 16; ++j) CHECK(packed[4 + j] == static_cast<std::byte>(j * 17));
}
