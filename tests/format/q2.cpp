// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q2.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("q2 rounds a Gaussian matrix by 32.7 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::q2<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.3267 - 1) < 0.02);
}
