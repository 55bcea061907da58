// SPDX-License-Identifier: BSL-1.0
// Every unit of dot4 vectors that this build has, and the formats over it. Other instruction sets run the same checks
// through tests/golden/units.cpp and tests/boards/golden.sh.
#include "mote/simd/dot4.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <type_traits>

#include "../format/row_counts.hpp"
#include "../golden/units.hpp"
#include "tags.hpp"

namespace {

template <class Isa, std::size_t Rows>
void check_isa() {
  mote_units::report r{[](const char* text) { std::fputs(text, stderr); }};
  INFO(mote::name(Isa::value));
  STATIC_REQUIRE(mote::simd::dot4<Isa, Rows>::own);
  mote_units::check<Isa, Rows>(r);
  CHECK(r.failures == 0);
  CHECK(r.checks > 1000);
}

}  // namespace

TEST_CASE("every unit of dot4 vectors does what plain loops do") {
  mote_tests::for_each_isa([]<class Isa>() {
    constexpr bool wanted = !mote_tests::few_types || std::is_same_v<Isa, mote::simd::native>;
    if constexpr (Isa::value != mote::isa::scalar && wanted) check_isa<Isa, mote::interleaved_rows(Isa::value)>();
  });
}

namespace {
/// Plain loops, but one thing is done wrong: the checks must see it.
struct wrong_lookup : mote::simd::plain_dot4<4> {
  static vector lookup(vector v, const std::int8_t (&table)[16]) {
    v = plain_dot4::lookup(v, table);
    v.byte[15] = static_cast<std::uint8_t>(v.byte[15] + 1);
    return v;
  }
};
struct wrong_dot : mote::simd::plain_dot4<4> {
  template <unsigned Largest, std::size_t Quads>
  static mote::simd::ints<4> dot(mote::simd::ints<4> from, const vector (&w)[Quads], const std::int8_t* x) {
    return plain_dot4::dot<Largest>(from, w, x) + mote::simd::ints<4>::all(Largest == 255 ? 1 : 0);
  }
};
}  // namespace

TEST_CASE("the checks of units see a unit that is wrong") {
  mote_units::report lookup{[](const char*) {}};
  mote_units::unit_checks<wrong_lookup, 4>{lookup}.bytewise();
  CHECK(lookup.failures > 0);
  mote_units::report dot{[](const char*) {}};
  mote_units::unit_checks<wrong_dot, 4>{dot}.dots();
  CHECK(dot.failures > 0);
  mote_units::report right{[](const char*) {}};
  mote_units::unit_checks<mote::simd::plain_dot4<4>, 4>{right}.dots();
  CHECK(right.failures == 0);
}
