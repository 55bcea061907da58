// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q5.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("q5 rounds a Gaussian matrix by 4.27 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::q5<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.0427 - 1) < 0.02);
}
