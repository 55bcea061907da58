// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q3.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("q3 rounds a Gaussian matrix by 16.2 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::q3<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.1623 - 1) < 0.02);
}
