// SPDX-License-Identifier: BSL-1.0
#include "mote/format/trits.hpp"

#include <catch2/catch_test_macros.hpp>

#include "formats.hpp"
#include "mote/format/ternary.hpp"

TEST_CASE("all 243 bytes of five trits give their digits back, and differ") {
  bool used[256] = {};
  for (unsigned n = 0; n < 243; ++n) {
    const unsigned digits[5] = {n / 81, n / 27 % 3, n / 9 % 3, n / 3 % 3, n % 3};
    const std::uint8_t byte = mote::trits<1>::byte_of(n);
    CHECK_FALSE(used[byte]);
    used[byte] = true;
    for (std::size_t place = 0; place < 5; ++place) CHECK(mote::trits<1>::digit(byte, place) == digits[place]);
    // Written one after another in any order, they make the same byte.
    std::uint8_t group[4] = {};
    for (std::size_t i = 0; i < 5; ++i) mote::trits<1>::put(group, 0, 4 * ((i * 3 + 2) % 5), digits[(i * 3 + 2) % 5]);
    CHECK(group[0] == byte);
  }
}

TEST_CASE("trits hold what ternary holds, in 1.6 bits a weight") {
  for (const std::size_t cols : {1U, 19U, 20U, 21U, 160U, 576U}) {
    const auto w = mote_tests::gaussian_weights(21 * cols, cols);
    CHECK(mote_tests::decode<mote::trits<8>>(mote_tests::encode<mote::trits<8>>(w, 21, cols), 21, cols) ==
          mote_tests::decode<mote::ternary<4>>(mote_tests::encode<mote::ternary<4>>(w, 21, cols), 21, cols));
  }
  CHECK(mote::trits<16>::bytes(576, 640) == 576 * (640 / 5 + 4));
}
