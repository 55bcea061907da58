// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/matvec_float.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "../model/plain_decoder.hpp"

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

namespace {

/// x as a format's kernels take it: for weights of 16 bits without the last bits of precision, by way of integers.
template <class Format>
std::vector<float> as_taken(std::vector<float> x) {
  if constexpr (constexpr unsigned drop = mote::exact_product_bits(Format::activation_group); drop != 0)
    for (float& v : x) {
      const auto bits = std::bit_cast<std::uint32_t>(v);
      // Nearest: odd numbers, as below, never lie in the middle.
      const auto rounded = std::bit_cast<float>((bits + (1U << (drop - 1U))) >> drop << drop);
      v = std::fabs(v) < 0x1p-60F ? 0.0F : rounded;
    }
  return x;
}

/// A matrix of a format times a vector. x becomes what the kernel took, and part(row, column) is a product of floats.
template <class Format>
struct multiplied {
  multiplied(const plain_matrix& w, std::vector<float> from)
      : packed(mote_tests::pack_matrix<Format>(w)), x(std::move(from)), y(mote::padded(w.rows), -99.0F) {
    const mote::matrix<Format> m{packed.data(), w.rows, w.cols};
    packed_bytes buffer(mote::activation_bytes<Format>(w.cols));
    mote::matvec(m, mote::quantize_activations<Format>(x.data(), w.cols, buffer.data()), y.data());
    x = as_taken<Format>(std::move(x));
    weights.resize(w.rows * w.cols);
    for (std::size_t row = 0; row < w.rows; ++row) m.decode_row(row, weights.data() + row * w.cols);
  }
  float weight(std::size_t row, std::size_t col) const { return weights[row * x.size() + col]; }
  float part(std::size_t row, std::size_t col) const {
    volatile float product = weight(row, col) * x[col];
    return product;
  }
  /// One accumulator, columns in index order, nothing fused.
  float sum(std::size_t row) const {
    float all = 0;
    for (std::size_t col = 0; col < x.size(); ++col) {
      volatile float next = all + part(row, col);
      all = next;
    }
    return all;
  }
  bool equals_sum(std::size_t row) const {
    const float expected = sum(row);
    return std::memcmp(&y[row], &expected, 4) == 0;
  }
  packed_bytes packed;
  std::vector<float> x, y, weights;
};

/// Any weight of a format: a subnormal half too, and bfloat16s whose product with a float below 2^33 is finite.
float any_weight(mote::f16<4> /* format */, mote::rng& random) {
  return mote::simd::from_binary16(static_cast<std::uint16_t>(random.below(0x7C00U)));
}
float any_weight(mote::bf16<4> /* format */, mote::rng& random) {
  const std::uint32_t least = std::bit_cast<std::uint32_t>(0x1p-66F) >> 16U,
                      end = std::bit_cast<std::uint32_t>(0x1p95F) >> 16U;
  return mote::simd::from_bfloat16(static_cast<std::uint16_t>(least + random.below(end - least)));
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
    std::vector<float> x(cols);
    for (float& v : x) v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(random.normal()) | 1U);
    const multiplied<format> product(w, std::move(x));
    for (std::size_t row = 0; row < rows; ++row) {
      double real = 0, size = 0;
      for (std::size_t i = 0; i < cols; ++i) {
        const double part = static_cast<double>(product.weight(row, i)) * static_cast<double>(product.x[i]);
        real += part;
        size += std::fabs(part);
      }
      INFO("cols " << cols << ", row " << row << " of " << rows);
      REQUIRE(product.equals_sum(row));
      REQUIRE(std::fabs(static_cast<double>(product.y[row]) - real) <= size * static_cast<double>(cols + 1) * 0x1p-24);
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
        a.push_back(mote::quantize_activations<format>(x.data() + t * x_stride, cols, buffer.data() + t * step));
      mote::matmul(w, a.data(), tokens, y.data(), y_stride);
      for (std::size_t t = 0; t < tokens; ++t) {
        mote::matvec(w, a[t], one.data());
        REQUIRE(std::memcmp(y.data() + t * y_stride, one.data(), rows * 4) == 0);
      }
    }
}

TEMPLATE_TEST_CASE("activations for weights of 16 bits: the nearest with the bits that are left, zero below 2^-60", "",
                   mote::f16<4>, mote::bf16<4>) {
  using format = TestType;
  constexpr unsigned drop = std::is_same_v<format, mote::f16<4>> ? 11 : 8;
  mote::rng random(4);
  for (const std::size_t cols : {1U, 15U, 16U, 100U}) {
    std::vector<float> x(cols);
    for (float& v : x) v = std::ldexp(random.normal(), static_cast<int>(random.below(60)) - 30);
    x[0] = 0x1.8p-61F;
    std::vector<float> buffer(cols);
    static_assert(mote::activation_bytes<format>(7) == 28);
    const auto a = mote::quantize_activations<format>(x.data(), cols, reinterpret_cast<std::byte*>(buffer.data()));
    CHECK(a.x == buffer.data());
    CHECK(buffer[0] == 0);
    for (std::size_t i = 1; i < cols; ++i) {
      CHECK(std::bit_cast<std::uint32_t>(buffer[i]) % (1U << drop) == 0);
      CHECK(std::fabs(buffer[i] - x[i]) <= std::ldexp(std::fabs(x[i]), static_cast<int>(drop) - 24));
      // Times every weight of the format, exactly a float.
      const float weight = any_weight(format{}, random);
      CHECK(static_cast<double>(weight * buffer[i]) == static_cast<double>(weight) * static_cast<double>(buffer[i]));
    }
  }
}

TEMPLATE_TEST_CASE("weights of 16 bits: no product is subnormal, so nothing is seen of a fused one", "", mote::f16<1>,
                   mote::f16<16>, mote::bf16<1>, mote::bf16<16>) {
  using format = TestType;
  // What the format keeps of the smallest, times the smallest activation.
  const int least = std::is_same_v<format, mote::f16<format::rows>> ? -24 : -66;
  mote::rng random(5);
  const auto small = [&](int exponent) {
    return std::ldexp(std::bit_cast<float>(std::bit_cast<std::uint32_t>(1.0F + random.uniform()) | 1U),
                      exponent - 4 + static_cast<int>(random.below(8))) *
           (random.below(2) == 0 ? 1.0F : -1.0F);
  };
  for (std::size_t cols = 1; cols <= 40; ++cols) {
    const std::size_t rows = 70;
    plain_matrix w = mote_tests::random_matrix(rows, cols, 1.0, random);
    for (double& v : w.v) v = static_cast<double>(small(least));
    std::vector<float> x(cols);
    for (float& v : x) v = small(-60);
    const multiplied<format> product(w, std::move(x));
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < cols; ++i) {
        const float part = product.part(row, i);
        const bool normal = part == 0 || std::isnormal(part);
        REQUIRE(normal);
      }
      REQUIRE(product.equals_sum(row));
    }
  }
}
