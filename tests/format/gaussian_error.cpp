// SPDX-License-Identifier: BSL-1.0
// Each format's error on one Gaussian matrix of 512 x 1024, beside that of the best encoder known of the same blocks,
// measured on such a matrix. docs/reference/formats.md prints this table.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>

#include "formats.hpp"
#include "mote/format/affine.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/qk.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"

namespace {

struct entry {
  double ours;    // as the documents say
  double theirs;  // of the same kind of block; 0 where there is none
};

template <class Format>
constexpr entry listed{};
template <>
constexpr entry listed<mote::f16<4>>{.000208, 0};
template <>
constexpr entry listed<mote::bf16<4>>{.00166, 0};
template <>
constexpr entry listed<mote::q8<4>>{.0054, .0054};  // Q8_0
template <>
constexpr entry listed<mote::q8<4, 64>>{.0060, 0};
template <>
constexpr entry listed<mote::qk<6, 256, 4>>{.0172, .0178};  // Q6_K
template <>
constexpr entry listed<mote::q6<4>>{.0197, 0};
template <>
constexpr entry listed<mote::qk<5, 256, 4>>{.0347, 0};
template <>
constexpr entry listed<mote::affine<5, 4>>{.0379, 0};
template <>
constexpr entry listed<mote::q5<4>>{.0427, .0427};  // Q5_0
template <>
constexpr entry listed<mote::qk<4, 256, 4>>{.0701, .0715};  // Q4_K
template <>
constexpr entry listed<mote::qk<4, 192, 4>>{.0701, .0715};
template <>
constexpr entry listed<mote::iq4_nl<4>>{.0733, .0762};  // IQ4_NL
template <>
constexpr entry listed<mote::affine<4, 4>>{.0782, 0};
template <>
constexpr entry listed<mote::q4<4>>{.0861, .0861};  // Q4_0
template <>
constexpr entry listed<mote::qk<3, 256, 4>>{.1435, .1511};  // Q3_K
template <>
constexpr entry listed<mote::q3<4>>{.1623, 0};
template <>
constexpr entry listed<mote::qk<2, 256, 4>>{.2621, .297};  // Q2_K
template <>
constexpr entry listed<mote::q2<4>>{.3267, .333};  // two bits in groups of 64, least squared error
template <>
constexpr entry listed<mote::ternary<4>>{.436, .434};  // a scale for 128 columns; ours has one for a row
template <>
constexpr entry listed<mote::trits<4>>{.436, .434};

}  // namespace

TEMPLATE_TEST_CASE("a Gaussian matrix is rounded as well as by the best encoder known, and as documented", "",
                   (mote::f16<4>), (mote::bf16<4>), (mote::q8<4>), (mote::q8<4, 64>), (mote::qk<6, 256, 4>),
                   (mote::q6<4>), (mote::qk<5, 256, 4>), (mote::affine<5, 4>), (mote::q5<4>), (mote::qk<4, 256, 4>),
                   (mote::qk<4, 192, 4>), (mote::iq4_nl<4>), (mote::affine<4, 4>), (mote::q4<4>), (mote::qk<3, 256, 4>),
                   (mote::q3<4>), (mote::qk<2, 256, 4>), (mote::q2<4>), (mote::ternary<4>), (mote::trits<4>)) {
  const double found = mote_tests::gaussian_error<TestType>();
  constexpr entry e = listed<TestType>;
  INFO(TestType::name << ": relative RMS error " << found);
  CHECK(std::fabs(found / e.ours - 1) < 0.01);
  if (e.theirs > 0) CHECK(found < e.theirs * 1.02);
}
