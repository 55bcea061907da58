// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matvec.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

std::vector<float> gaussian(std::size_t n, mote::rng& random) {
  std::vector<float> v(n);
  for (float& x : v) x = random.normal();
  return v;
}

/// y = W x with one body.
template <class Isa, class Format>
std::vector<float> multiply(const packed_bytes& packed, const plain_matrix& w, const std::vector<float>& x,
                            mote::activation* used = nullptr) {
  static thread_local packed_bytes buffer(1 << 14);
  std::vector<float> y(mote::padded(w.rows), -99.0F);
  const auto a = mote::quantize_activations<Format>(x.data(), w.cols, buffer.data());
  mote::matvec<Isa>(mote::matrix<Format>{packed.data(), w.rows, w.cols}, a, y.data());
  if (used != nullptr) *used = a;
  y.resize(w.rows);
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("q8: integers are exact and groups are added in order, at every width", "", mote::q8<1>, mote::q8<4>,
                   mote::q8<8>, mote::q8<16>, (mote::q8<1, 64>), (mote::q8<4, 64>), (mote::q8<8, 64>),
                   (mote::q8<16, 64>)) {
  using format = TestType;
  mote::rng random(1);
  for (std::size_t cols = 1; cols <= 300; ++cols) {
    const std::size_t rows = 1 + random.below(37);
    const plain_matrix w = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes packed = mote_tests::pack_matrix<format>(w);
    const auto x = gaussian(cols, random);
    mote::activation a;
    const auto y = multiply<mote::simd::native, format>(packed, w, x, &a);
    for (std::size_t row = 0; row < rows; ++row) {
      float expected = 0;
      double real = 0, most = 0;
      for (std::size_t g = 0; g < format::groups(cols); ++g) {
        typename format::block b;
        std::memcpy(&b, packed.data() + row / format::rows * format::tile_bytes(cols) + g * sizeof b, sizeof b);
        std::int64_t exact = 0;
        for (std::size_t i = 0; i < format::group; ++i)
          exact += static_cast<std::int64_t>(b.quads[i / 4][row % format::rows][i % 4]) * a.q[g * format::group + i];
        volatile float scale = format::from_scale(b.scale[row % format::rows]) * a.scale[g];
        volatile float part = scale * static_cast<float>(exact);
        volatile float sum = expected + part;
        expected = sum;
        // What rounding to 8 bits may cost: half a step of one side times the other, plus the product of both halves.
        const double sw = static_cast<double>(format::from_scale(b.scale[row % format::rows]));
        const double sx = static_cast<double>(a.scale[g]);
        for (std::size_t i = g * format::group; i < std::min(cols, (g + 1) * format::group); ++i)
          most += 0.51 * (sw * std::fabs(static_cast<double>(x[i])) + sx * std::fabs(w.at(row, i)) + sw * sx) +
                  std::fabs(w.at(row, i) * static_cast<double>(x[i])) * 0x1p-11;
      }
      for (std::size_t i = 0; i < cols; ++i) real += w.at(row, i) * static_cast<double>(x[i]);
      INFO("cols " << cols << ", row " << row << " of " << rows);
      REQUIRE(std::memcmp(&y[row], &expected, 4) == 0);
      REQUIRE(std::fabs(static_cast<double>(y[row]) - real) <= most + 1e-5);
    }
    REQUIRE(multiply<mote::simd::scalar, format>(packed, w, x) == y);
  }
}

TEMPLATE_TEST_CASE("activations: the largest of a group becomes 127, the rest lies within half a step", "", mote::q8<1>,
                   (mote::q8<1, 64>)) {
  using format = TestType;
  mote::rng random(3);
  packed_bytes buffer(1 << 12);
  for (const std::size_t cols : {1U, 31U, 32U, 33U, 63U, 64U, 172U, 300U}) {
    auto x = gaussian(cols, random);
    if (cols > 64)
      for (std::size_t i = 0; i < format::group; ++i) x[i] = 0;  // a group of nothing
    const auto a = mote::quantize_activations<format>(x.data(), cols, buffer.data());
    for (std::size_t g = 0; g < format::groups(cols); ++g) {
      float largest = 0;
      std::int32_t sum = 0;
      int extreme = 0;
      for (std::size_t i = 0; i < format::group; ++i) {
        const std::size_t at = g * format::group + i;
        const float v = at < cols ? x[at] : 0.0F;
        largest = std::max(largest, std::fabs(v));
        sum += a.q[at];
        extreme = std::max(extreme, std::abs(static_cast<int>(a.q[at])));
        REQUIRE(std::fabs(a.scale[g] * static_cast<float>(a.q[at]) - v) <= 0.5001F * a.scale[g]);
        if (at >= cols) REQUIRE(a.q[at] == 0);
      }
      REQUIRE(a.scale[g] == largest / 127.0F);
      REQUIRE(a.sum[g] == sum);
      REQUIRE(extreme == (largest > 0 ? 127 : 0));
    }
  }
}
