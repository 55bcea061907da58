// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q6.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("q6 rounds a Gaussian matrix by 1.97 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::q6<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.0197 - 1) < 0.02);
}
