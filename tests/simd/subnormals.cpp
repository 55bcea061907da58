// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/subnormals.hpp"

#include <catch2/catch_test_macros.hpp>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

TEST_CASE("this build keeps subnormals") { CHECK(mote::subnormals_are_kept()); }

#if defined(__SSE2__)
TEST_CASE("a processor told to flush them is found out") {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8000U);
  const bool kept = mote::subnormals_are_kept();
  _mm_setcsr(before);
  CHECK_FALSE(kept);
  CHECK(mote::subnormals_are_kept());
}
#endif
