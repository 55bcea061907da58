// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/super_block.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"
#include "mote/format/affine.hpp"
#include "mote/format/qk.hpp"
#include "mote/kernel/matmul.hpp"

using mote_tests::packed_bytes;
using mote_tests::plain_matrix;

namespace {

/// A sub-block's scale, minimum and integers, from what is stored.
struct part {
  float scale = 0, min = 0;
  int code[32] = {};
};
template <unsigned Bits, std::size_t Super, std::size_t Rows>
std::vector<part> read_parts(mote::qk<Bits, Super, Rows>, const std::byte* tile, std::size_t row, std::size_t cols) {
  using format = mote::qk<Bits, Super, Rows>;
  using grid = mote::qk_grid<Bits>;
  std::vector<part> parts;
  for (std::size_t g = 0; g < format::groups(cols); ++g) {
    const mote::qk_row r = format::read_row(tile, row, g);
    for (std::size_t s = 0; s < format::subs; ++s) {
      part p{.scale = mote::simd::from_binary16(r.d) * grid::factor(r.scale[s]),
             .min = mote::simd::from_binary16(r.dmin) * static_cast<float>(r.min[s])};
      for (std::size_t i = 0; i < grid::sub; ++i) p.code[i] = r.code[s * grid::sub + i] - grid::offset;
      parts.push_back(p);
    }
  }
  return parts;
}
template <unsigned Bits, std::size_t Rows>
std::vector<part> read_parts(mote::affine<Bits, Rows>, const std::byte* tile, std::size_t row, std::size_t cols) {
  using format = mote::affine<Bits, Rows>;
  std::vector<part> parts;
  for (std::size_t g = 0; g < format::groups(cols); ++g) {
    std::uint16_t scale = 0, min = 0;
    std::uint8_t codes[32];
    format::read_bits(tile, row, g, scale, min, codes);
    part p{.scale = mote::simd::from_binary16(scale), .min = -mote::simd::from_binary16(min)};
    for (std::size_t i = 0; i < 32; ++i) p.code[i] = codes[i];
    parts.push_back(p);
  }
  return parts;
}

}  // namespace

#define MOTE_TEST_ROWS(bits, super) \
  (mote::qk<bits, super, 1>), (mote::qk<bits, super, 4>), (mote::qk<bits, super, 8>), (mote::qk<bits, super, 16>)

TEMPLATE_TEST_CASE("super-blocks: integers are exact, sub-blocks are added in order, at every width", "",
                   MOTE_TEST_ROWS(2, 64), MOTE_TEST_ROWS(3, 96), MOTE_TEST_ROWS(4, 192), MOTE_TEST_ROWS(4, 32),
                   MOTE_TEST_ROWS(5, 256), MOTE_TEST_ROWS(6, 160), (mote::affine<4, 1>), (mote::affine<4, 16>),
                   (mote::affine<5, 4>), (mote::affine<5, 8>)) {
  using format = TestType;
  mote::rng random(format::bits);
  packed_bytes buffer(1 << 12);
  for (std::size_t cols = 1; cols <= 300; cols += cols < 66 ? 1 : 13) {
    const std::size_t rows = 1 + random.below(37);
    const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes packed = mote_tests::pack_matrix<format>(m);
    const mote::matrix<format> w{packed.data(), rows, cols};
    std::vector<float> x(cols), y(mote::padded(rows), -99.0F), again(mote::padded(rows)), decoded(cols);
    for (float& v : x) v = random.normal();
    const mote::activation a = mote::quantize_activations<format>(x.data(), cols, buffer.data());
    mote::matvec(w, a, y.data());
    for (std::size_t row = 0; row < rows; ++row) {
      volatile float expected = 0;
      const auto parts = read_parts(format{}, w.tile(row / format::rows), row % format::rows, cols);
      for (std::size_t at = 0; at * format::sub < cols; ++at) {
        const part& p = parts[at];
        std::int64_t exact = 0;
        for (std::size_t i = 0; i < format::sub; ++i)
          exact += static_cast<std::int64_t>(p.code[i]) * a.q[at * format::sub + i];
        volatile float scale = p.scale * a.scale[at];
        volatile float product = scale * static_cast<float>(exact);
        expected = expected + product;
        if constexpr (format::has_min) {
          volatile float x_sum = a.scale[at] * static_cast<float>(a.sum[at]);
          volatile float minimum = p.min * x_sum;
          expected = expected - minimum;
        }
      }
      INFO("cols " << cols << ", row " << row << " of " << rows);
      const float value = expected;
      REQUIRE(std::memcmp(&y[row], &value, 4) == 0);
      // And it is the product with what decode_row says, but for the rounding of the activation.
      w.decode_row(row, decoded.data());
      double real = 0, most = 1e-4;
      for (std::size_t i = 0; i < cols; ++i) {
        real += static_cast<double>(decoded[i]) * static_cast<double>(x[i]);
        most += std::fabs(static_cast<double>(decoded[i])) * 0.51 * static_cast<double>(a.scale[i / format::sub]);
      }
      REQUIRE(std::fabs(static_cast<double>(value) - real) <= most);
    }
    mote::matvec<mote::simd::scalar>(w, a, again.data());
    REQUIRE(std::memcmp(again.data(), y.data(), rows * 4) == 0);
  }
}

TEMPLATE_TEST_CASE("super-blocks: every row layout has the same bits; 1 to 17 tokens have those of one", "",
                   (mote::qk<2>), (mote::qk<3, 192>), (mote::qk<4, 224>), (mote::qk<5, 64>), (mote::qk<6, 192>),
                   (mote::affine<4>)) {
  using one = TestType;
  using wide = typename one::template with_rows<16>;
  constexpr std::size_t most = 17;
  mote::rng random(7);
  packed_bytes buffers(most * 4096);
  for (const std::size_t cols : {31U, 172U, 576U}) {
    const std::size_t rows = 3 + random.below(70);
    const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes narrow_bytes = mote_tests::pack_matrix<one>(m), wide_bytes = mote_tests::pack_matrix<wide>(m);
    const mote::matrix<one> narrow{narrow_bytes.data(), rows, cols};
    const mote::matrix<wide> w{wide_bytes.data(), rows, cols};
    const std::size_t stride = mote::padded(rows), x_stride = mote::padded(cols);
    std::vector<float> x(most * x_stride), expected(most * stride), single(stride);
    for (float& v : x) v = random.normal();
    std::vector<mote::activation> a;
    for (std::size_t t = 0; t < most; ++t) {
      a.push_back(mote::quantize_activations<wide>(x.data() + t * x_stride, cols, buffers.data() + t * 4096));
      mote::matvec(w, a[t], expected.data() + t * stride);
      mote::matvec(narrow, a[t], single.data());
      REQUIRE(std::memcmp(expected.data() + t * stride, single.data(), rows * 4) == 0);
    }
    for (std::size_t tokens = 1; tokens <= most; ++tokens) {
      std::vector<float> y(most * stride);
      mote::matmul(w, a.data(), tokens, y.data(), stride);
      for (std::size_t t = 0; t < most; ++t) {
        INFO(rows << " x " << cols << ", token " << t << " of " << tokens);
        if (t < tokens) REQUIRE(std::memcmp(y.data() + t * stride, expected.data() + t * stride, rows * 4) == 0);
        else REQUIRE(y[t * stride] == 0);
      }
    }
    std::vector<float> y(most * stride);  // as training calls it, with floats
    mote::matmul(w, x.data(), x_stride, most, y.data(), stride, buffers.data());
    for (std::size_t t = 0; t < most; ++t)
      REQUIRE(std::memcmp(y.data() + t * stride, expected.data() + t * stride, rows * 4) == 0);
  }
}

TEST_CASE("super-blocks: the outermost scale of six bits, -128, is one like the others") {
  using format = mote::qk<6, 32, 16>;
  packed_bytes packed(format::bytes(16, 32)), buffer(256);
  for (std::size_t row = 0; row < 16; ++row) {
    mote::qk_row r;
    r.d = 0x3C00;    // 1
    r.scale[0] = 0;  // -128
    r.scale[1] = static_cast<std::uint8_t>(row * 17);
    for (std::size_t i = 0; i < 32; ++i) r.code[i] = i % 2 == 0 ? 0 : 63;
    format::write_row(packed.data(), row, 0, r);
  }
  std::vector<float> x(32), y(16);
  for (std::size_t i = 0; i < 32; ++i) x[i] = i % 2 == 0 ? -127.0F : 127.0F;
  mote::matvec(mote::matrix<format>{packed.data(), 16, 32},
               mote::quantize_activations<format>(x.data(), 32, buffer.data()), y.data());
  for (std::size_t row = 0; row < 16; ++row) {
    const float half = 127.0F * (8 * 32 + 8 * 31);
    CHECK(y[row] == -128.0F * half + (static_cast<float>(row * 17) - 128.0F) * half);
  }
}
