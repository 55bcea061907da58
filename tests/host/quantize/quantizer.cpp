// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

TEST_CASE("quantizer: the relative error of a matrix", "[host][quantizer]") {
  const std::vector<float> w{3, -4, 0, 0}, same = w, none(4), other{3, -4, 3, 4};
  CHECK(mote::host::relative_error(w, same) == 0);
  CHECK(std::fabs(mote::host::relative_error(w, none) - 1) < 1e-12);
  CHECK(std::fabs(mote::host::relative_error(w, other) - 1) < 1e-12);
  CHECK(std::fabs(mote::host::relative_error(w, std::vector<float>{3, -4, 0.5F, 0}) - 0.1) < 1e-9);
  CHECK(mote::host::relative_error(none, w) == 0);  // nothing to compare with
}

TEST_CASE("quantizer: a coded matrix has a scale for each group, the last of a row with fewer columns too",
          "[host][quantizer]") {
  mote::host::quantization_grid g = mote::host::symmetric_grid(3);
  g.codes = {10, 20, 30, 40, 50, 60, 70};  // what a format stores need not be the number of the level
  auto m = mote::host::coded_matrix::on(g, 3, 70);
  CHECK((m.groups() == 3 && m.scales.size() == 9 && m.codes.size() == 210 && m.values.size() == 210));
  m.put(g, 2, 69, 5, {.scale = 0.5F});
  CHECK((m.codes[209] == 60 && m.values[209] == 1.0F));  // level 5 is 2
  CHECK(mote::host::input_moments{}.empty());
}
