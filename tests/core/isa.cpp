// SPDX-License-Identifier: BSL-1.0
#include "mote/core/isa.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string_view>

TEST_CASE("an instruction set has a name and a number of interleaved rows that is a power of two", "[core][isa]") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(mote::isa::sve256); ++i) {
    const auto set = static_cast<mote::isa>(i);
    CHECK(names.insert(mote::name(set)).second);
    const std::size_t rows = mote::interleaved_rows(set);
    CHECK((rows & (rows - 1)) == 0);
    CHECK(rows >= 1);
    CHECK(rows <= 16);
  }
  STATIC_CHECK(mote::name(mote::isa::dsp) == "dsp");
  STATIC_CHECK(mote::name(mote::isa::neon_dotprod) == "neon_dotprod");
  STATIC_CHECK(mote::interleaved_rows(mote::isa::scalar) == 1);
  STATIC_CHECK(mote::interleaved_rows(mote::isa::avx2) == 8);
}
