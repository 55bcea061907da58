// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matmul.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

/// (tokens, stride) floats; what lies beyond `width` is garbage that no kernel may take for numbers, or zero.
std::vector<float> rows_of(std::size_t tokens, std::size_t width, std::size_t stride, mote::rng& random, float beyond) {
  std::vector<float> v(tokens * stride, beyond);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t i = 0; i < width; ++i) v[t * stride + i] = random.normal();
  return v;
}

}  // namespace

TEMPLATE_TEST_CASE("matmul gives every token the bits of matvec", "", mote::f32<1>, mote::f32<4>, mote::f32<8>,
                   mote::f32<16>, mote::q8<1>, mote::q8<4>, mote::q8<8>, mote::q8<16>, (mote::q8<16, 64>)) {
  using format = TestType;
  mote::rng random(1);
  packed_bytes buffer(1 << 14);
  for (const std::size_t tokens : {1U, 7U, 8U, 19U})
    for (const std::size_t cols : {24U, 64U, 172U}) {
      const std::size_t rows = 1 + random.below(70);
      const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
      const packed_bytes packed = mote_tests::pack_matrix<format>(m);
      const mote::matrix<format> w{packed.data(), rows, cols};
      const std::size_t x_stride = mote::padded(cols), y_stride = mote::padded(rows);
      const auto x = rows_of(tokens, cols, x_stride, random, NAN);
      std::vector<float> y(tokens * y_stride), one(y_stride);
      mote::matmul(w, x.data(), x_stride, tokens, y.data(), y_stride, buffer.data());
      for (std::size_t t = 0; t < tokens; ++t) {
        mote::matvec(w, mote::quantize_activations<format>(x.data() + t * x_stride, cols, buffer.data()), one.data());
        REQUIRE(std::memcmp(y.data() + t * y_stride, one.data(), rows * 4) == 0);
      }
    }
}

TEMPLATE_TEST_CASE("the gradient of the input is dy W, added to what is there", "", mote::f32<1>, mote::f32<16>,
                   mote::q8<1>, mote::q8<4>, mote::q8<16>, (mote::q8<8, 64>)) {
  using format = TestType;
  mote::rng random(2);
  for (const std::size_t cols : {24U, 64U, 172U})
    for (const std::size_t rows : {1U, 4U, 37U, 64U}) {
      constexpr std::size_t tokens = 5;
      const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
      const packed_bytes packed = mote_tests::pack_matrix<format>(m);
      const mote::matrix<format> w{packed.data(), rows, cols};
      const std::size_t x_stride = mote::padded(cols), y_stride = mote::padded(rows);
      const auto dy = rows_of(tokens, rows, y_stride, random, NAN);
      const auto before = rows_of(tokens, cols, x_stride, random, 0);
      auto dx = before;
      std::vector<float> scratch(4 * x_stride, NAN), decoded(cols);
      mote::matmul_input_gradient(w, dy.data(), y_stride, tokens, dx.data(), x_stride, scratch.data());
      for (std::size_t t = 0; t < tokens; ++t) {
        std::vector<double> exact(cols), size(cols);
        for (std::size_t i = 0; i < cols; ++i) exact[i] = static_cast<double>(before[t * x_stride + i]);
        for (std::size_t r = 0; r < rows; ++r) {
          w.decode_row(r, decoded.data());
          for (std::size_t i = 0; i < cols; ++i) {
            const double part = static_cast<double>(dy[t * y_stride + r]) * static_cast<double>(decoded[i]);
            exact[i] += part;
            size[i] += std::fabs(part);
          }
        }
        for (std::size_t i = 0; i < cols; ++i)
          REQUIRE(std::fabs(static_cast<double>(dx[t * x_stride + i]) - exact[i]) <=
                  (size[i] + 4) * static_cast<double>(rows + 2) * 0x1p-24);
        for (std::size_t i = cols; i < x_stride; ++i) REQUIRE(dx[t * x_stride + i] == 0);
      }
    }
}

TEMPLATE_TEST_CASE_SIG("the gradient of the weights is dy^T x, added to what is there", "", ((std::size_t Rows), Rows),
                       1, 4, 8, 16) {
  using format = mote::f32<Rows>;
  mote::rng random(3);
  for (const std::size_t cols : {7U, 24U, 172U})
    for (const std::size_t rows : {1U, 16U, 37U}) {
      constexpr std::size_t tokens = 6;
      const std::size_t x_stride = mote::padded(cols), y_stride = mote::padded(rows);
      const auto dy = rows_of(tokens, rows, y_stride, random, 0);
      const auto x = rows_of(tokens, cols, x_stride, random, NAN);
      const plain_matrix before = mote_tests::random_matrix(rows, cols, 1.0, random);
      packed_bytes dw = mote_tests::pack_matrix<format>(before);
      mote::matmul_weight_gradient<Rows>(dw.floats(), rows, cols, dy.data(), y_stride, x.data(), x_stride, tokens);
      std::vector<float> got(cols);
      const mote::matrix<format> view{dw.data(), rows, cols};
      for (std::size_t r = 0; r < mote::round_up(rows, Rows); ++r) {
        view.decode_row(r, got.data());
        for (std::size_t c = 0; c < cols; ++c) {
          double exact = r < rows ? before.at(r, c) : 0;
          for (std::size_t t = 0; r < rows && t < tokens; ++t)
            exact += static_cast<double>(dy[t * y_stride + r]) * static_cast<double>(x[t * x_stride + c]);
          REQUIRE(std::fabs(static_cast<double>(got[c]) - exact) <= 1e-5);
        }
      }
    }
}
