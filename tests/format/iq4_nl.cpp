// SPDX-License-Identifier: BSL-1.0
#include "mote/format/iq4_nl.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"

TEST_CASE("iq4_nl rounds a Gaussian matrix by 7.33 % RMS") {
  const double rms = mote_tests::gaussian_error<mote::iq4_nl<4>>();
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.0733 - 1) < 0.02);
}
