// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matvec_float.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

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
    for (float& v : x) v = random.normal();
    mote::matvec(m, mote::activation{.x = x.data()}, y.data());
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
      mote::matmul_floats(w, x.data(), x_stride, tokens, y.data(), y_stride);
      for (std::size_t t = 0; t < tokens; ++t) {
        mote::matvec(w, mote::activation{.x = x.data() + t * x_stride}, one.data());
        REQUIRE(std::memcmp(y.data() + t * y_stride, one.data(), rows * 4) == 0);
      }
    }
}
