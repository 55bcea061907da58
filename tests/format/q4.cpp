// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q4.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("q4 rounds a Gaussian matrix by 8.6 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::q4<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.0861 - 1) < 0.02);
}

TEST_CASE("a block of single rows is GGUF's Q4_0: a half with a sign, columns j and j + 16 in one byte") {
  std::vector<float> w(32);
  for (std::size_t i = 0; i < 32; ++i) w[i] = static_cast<float>(i % 16) / 2.0F - 4.0F;  // -4 .. 3.5, a scale of a half
  auto packed = mote_tests::encode<mote::q4<1>>(w, 1, 32);
  REQUIRE(packed.size() == 18);
  CHECK(packed[0] == std::byte{0x00});
  CHECK(packed[1] == std::byte{0x38});
  for (unsigned j = 0; j < 16; ++j) CHECK(packed[2 + j] == static_cast<std::byte>(j << 4U | j));

  w[5] = 8.0F;  // the largest is positive: the scale is -1, and the others keep the sign of their weight
  packed = mote_tests::encode<mote::q4<1>>(w, 1, 32);
  CHECK(packed[1] == std::byte{0xBC});
  CHECK(packed[2 + 5] == std::byte{0xA0});  // column 5 has code 0; column 21, -1.5, becomes 1.5 + 8.5 = 10
}
