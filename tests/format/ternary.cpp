// SPDX-License-Identifier: BSL-1.0
#include "mote/format/ternary.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("ternary rounds a Gaussian matrix by 43.6 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::ternary<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.436 - 1) < 0.02);
}

TEST_CASE("a row of three values keeps them bit for bit, whatever they are") {
  mote::rng random(2);
  std::vector<float> w(7 * 172);
  for (std::size_t i = 0; i < w.size(); ++i)
    w[i] = (static_cast<float>(random.below(3)) - 1.0F) * 0.0123F * static_cast<float>(i / 172 + 1);
  CHECK(mote_tests::decode<mote::ternary<8>>(mote_tests::encode<mote::ternary<8>>(w, 7, 172), 7, 172) == w);
}

TEST_CASE("ternary: two bits a weight, one float a row") {
  CHECK(mote::ternary<16>::bytes(576, 576) == 576 * (576 / 4 + 4));
  CHECK(mote::ternary<1>::bytes(3, 33) == 3 * (4 + 16));
}
