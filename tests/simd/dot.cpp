// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/dot.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "tags.hpp"

namespace {

/// Weights and activations of one kind: random, or at the ends of what they may be: `least` is -128 for weights, which a
/// file may hold though no writer makes it, and -127 for activations.
enum class kind { random, most, alternating, sparse };

std::int8_t draw(kind k, std::size_t i, mote::rng& random, std::int8_t least) {
  switch (k) {
    case kind::random:
      return static_cast<std::int8_t>(least + static_cast<int>(random.below(static_cast<std::uint32_t>(128 - least))));
    case kind::most: return random.below(2) == 0 ? std::int8_t{127} : least;
    case kind::alternating: return i % 2 == 0 ? std::int8_t{127} : least;
    case kind::sparse: return random.below(8) == 0 ? least : std::int8_t{0};
  }
  return 0;
}

/// One body against a sum in 64 bits.
template <std::size_t Rows, std::size_t Group, class Isa>
void check_body(const std::string& which) {
  mote::rng random(1);
  for (const kind wk : {kind::random, kind::most, kind::alternating, kind::sparse})
    for (const kind xk : {kind::random, kind::most, kind::alternating, kind::sparse})
      for (int round = 0; round < 50; ++round) {
        alignas(64) std::int8_t w[Rows * Group];
        alignas(64) std::int8_t x[Group];
        for (std::size_t i = 0; i < Rows * Group; ++i) w[i] = draw(wk, i, random, -128);
        std::int32_t x_sum = 0;
        for (std::size_t i = 0; i < Group; ++i) x_sum += x[i] = draw(xk, i, random, -127);
        std::int32_t out[Rows];
        mote::simd::dot<Rows, Group, Isa>(w, x, x_sum).store(out);
        for (std::size_t row = 0; row < Rows; ++row) {
          std::int64_t exact = 0;
          for (std::size_t i = 0; i < Group; ++i)
            exact += static_cast<std::int64_t>(w[(i / 4 * Rows + row) * 4 + i % 4]) * x[i];
          INFO(which << " rows " << Rows << " group " << Group << " row " << row);
          REQUIRE(out[row] == exact);
        }
      }
}

template <class Isa>
void check_isa() {
  const std::string which(mote::name(Isa::value));
  check_body<1, 32, Isa>(which);
  check_body<4, 32, Isa>(which);
  check_body<8, 32, Isa>(which);
  check_body<16, 32, Isa>(which);
  check_body<1, 64, Isa>(which);
  check_body<4, 64, Isa>(which);
  check_body<8, 64, Isa>(which);
  check_body<16, 64, Isa>(which);
}

}  // namespace

TEST_CASE("every integer dot product that this build can run is exact") {
  mote_tests::for_each_isa([]<class Isa>() { check_isa<Isa>(); });
}

TEST_CASE("the native body is the one for the native row count") {
  using native = mote::simd::native;
  constexpr std::size_t rows = mote::interleaved_rows(native::value);
  CHECK(mote::simd::dot4<native, rows>::own == (native::value != mote::isa::scalar));
  CHECK_FALSE(mote::simd::dot4<mote::simd::scalar, 1>::own);
}
