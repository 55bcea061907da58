// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matvec_float.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

namespace {

/// x as a format's kernels take it: with 13 bits of precision for binary16, by way of integers.
template <class Format>
std::vector<float> as_taken(std::vector<float> x) {
  if constexpr (Format::activation_group == mote::exact_products)
    for (float& v : x) {
      auto bits = std::bit_cast<std::uint32_t>(v);
      bits = (bits + 0x400U) & ~0x7FFU;  // nearest: odd numbers, as below, never lie in the middle
      v = std::bit_cast<float>(bits);
    }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("weights of floats: one accumulator a row, columns in index order", "", mote::f32<1>, mote::f32<4>,
                   mote::f32<8>, mote::f32<16>, mote::f16<1>, mote::f16<4>, mote::f16<8>, mote::f16<16>, mote::bf16<1>,
                   mote::bf16<4>, mote::bf16<8>, mote::bf16<16>) {
  using format = TestType;
  mote::rng random(2);
  for (std::size_t cols = 1; cols <= 300; ++cols) {
    const std::size_t rows = 1 + random.below(150);
    const plain_matrix w = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes packed = mote_tests::pack_matrix<format>(w);
    const mote::matrix<format> m{packed.data(), rows, cols};
    std::vector<float> x(cols), y(mote::padded(rows), -99.0F), row_of_weights(cols);
    for (float& v : x) v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(random.normal()) | 1U);
    packed_bytes buffer(mote::activation_bytes<format>(cols));
    mote::matvec(m, mote::quantise<format>(x.data(), cols, buffer.data()), y.data());
    x = as_taken<format>(std::move(x));
    for (std::size_t row = 0; row < rows; ++row) {
      m.decode_row(row, row_of_weights.data());
      float expected = 0;
      double real = 0, size = 0;
      for (std::size_t i = 0; i < cols; ++i) {
        volatile float part = row_of_weights[i] * x[i];
        volatile float sum = expected + part;
        expected = sum;
        const double product = static_cast<double>(row_of_weights[i]) * static_cast<double>(x[i]);
        real += product;
        size += std::fabs(product);
      }
      INFO("cols " << cols << ", row " << row << " of " << rows);
      REQUIRE(std::memcmp(&y[row], &expected, 4) == 0);
      REQUIRE(std::fabs(static_cast<double>(y[row]) - real) <= size * static_cast<double>(cols + 1) * 0x1p-24);
    }
  }
}

TEMPLATE_TEST_CASE("weights of floats: many tokens give each the bits of one", "", mote::f32<16>, mote::f16<1>,
                   mote::f16<16>, mote::bf16<1>, mote::bf16<4>, mote::bf16<16>) {
  using format = TestType;
  mote::rng random(3);
  for (const std::size_t tokens : {1U, 7U, 8U, 19U})
    for (const std::size_t cols : {23U, 64U, 172U}) {
      const std::size_t rows = 1 + random.below(70);
      const packed_bytes packed = mote_tests::pack_matrix<format>(mote_tests::random_matrix(rows, cols, 1.0, random));
      const mote::matrix<format> w{packed.data(), rows, cols};
      const std::size_t x_stride = mote::padded(cols), y_stride = mote::padded(rows);
      std::vector<float> x(tokens * x_stride, NAN), y(tokens * y_stride), one(y_stride);
      for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t i = 0; i < cols; ++i) x[t * x_stride + i] = random.normal();
      const std::size_t step = mote::round_up(mote::activation_bytes<format>(cols), 16);
      packed_bytes buffer(tokens * step);
      std::vector<mote::activation> a;
      for (std::size_t t = 0; t < tokens; ++t)
        a.push_back(mote::quantise<format>(x.data() + t * x_stride, cols, buffer.data() + t * step));
      mote::matmul(w, a.data(), tokens, y.data(), y_stride);
      for (std::size_t t = 0; t < tokens; ++t) {
        mote::matvec(w, a[t], one.data());
        REQUIRE(std::memcmp(y.data() + t * y_stride, one.data(), rows * 4) == 0);
      }
    }
}

TEST_CASE("activations for binary16: 13 bits, the nearest, zero below 2^-60", "[kernel]") {
  mote::rng random(4);
  for (const std::size_t cols : {1U, 15U, 16U, 100U}) {
    std::vector<float> x(cols);
    for (float& v : x) v = std::ldexp(random.normal(), static_cast<int>(random.below(60)) - 30);
    x[0] = 0x1.8p-61F;
    std::vector<float> buffer(cols);
    static_assert(mote::activation_bytes<mote::f16<4>>(7) == 28);
    const auto a = mote::quantise<mote::f16<4>>(x.data(), cols, reinterpret_cast<std::byte*>(buffer.data()));
    CHECK(a.x == buffer.data());
    CHECK(buffer[0] == 0);
    for (std::size_t i = 1; i < cols; ++i) {
      CHECK((std::bit_cast<std::uint32_t>(buffer[i]) & 0x7FFU) == 0);
      CHECK(std::fabs(buffer[i] - x[i]) <= std::fabs(x[i]) * 0x1p-13F);
      // Times every weight of binary16, exactly a float.
      const float weight = mote::simd::from_binary16(static_cast<std::uint16_t>(random.below(0x7C00U)));
      CHECK(static_cast<double>(weight * buffer[i]) == static_cast<double>(weight) * static_cast<double>(buffer[i]));
    }
  }
}
