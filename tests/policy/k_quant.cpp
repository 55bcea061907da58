// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/k_quant.hpp"

#include <catch2/catch_test_macros.hpp>

#include <utility>

namespace {

template <unsigned Bits, std::size_t Cols>
constexpr std::size_t row_bytes = mote::k_quant<Bits>::template format<1, Cols>::bytes(1, Cols);

/// The bytes of a GGUF super-block of 256 weights: Q2_K to Q6_K.
constexpr std::size_t of_gguf[] = {84, 110, 144, 176, 210};

template <unsigned Bits>
void check() {
  INFO(Bits);
  CHECK(mote::k_quant<Bits>::bits == Bits);
  CHECK(row_bytes<Bits, 256> == of_gguf[Bits - 2]);
  CHECK(row_bytes<Bits, 1024> == 4 * of_gguf[Bits - 2]);
  using four = typename mote::k_quant<Bits>::template format<4, 512>;
  CHECK((four::rows == 4 && four::bytes(5, 512) == 8 * 2 * of_gguf[Bits - 2]));  // rows come in whole tiles
  // A row that fills no block of 256 takes less than one.
  CHECK(row_bytes<Bits, 64> < of_gguf[Bits - 2]);
  CHECK(row_bytes<Bits, 64> * 8 >= 64 * Bits);
}

}  // namespace

TEST_CASE("super_block: rows of whole super-blocks take the bytes of GGUF's, others fewer", "[policy]") {
  check<2>(), check<3>(), check<4>(), check<5>(), check<6>();
}
