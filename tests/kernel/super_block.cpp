// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O0: compiled for 46 seconds at -O1, and its functions are its own.
#include "mote/kernel/super_block.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../format/row_counts.hpp"
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

namespace {
template <std::size_t Rows>
using q2k_64 = mote::qk<2, 64, Rows>;
template <std::size_t Rows>
using q3k_96 = mote::qk<3, 96, Rows>;
template <std::size_t Rows>
using q4k_192 = mote::qk<4, 192, Rows>;
template <std::size_t Rows>
using q4k_32 = mote::qk<4, 32, Rows>;
template <std::size_t Rows>
using q5k_256 = mote::qk<5, 256, Rows>;
template <std::size_t Rows>
using q6k_160 = mote::qk<6, 160, Rows>;
using affine_formats =
    std::conditional_t<mote_tests::few_types, std::tuple<mote::affine<4, 1>, mote::affine<5, mote_tests::native_rows>>,
                       std::tuple<mote::affine<4, 1>, mote::affine<4, 16>, mote::affine<5, 4>, mote::affine<5, 8>>>;
using super_block_formats = decltype(std::tuple_cat(
    mote_tests::at_every_row_count<q2k_64, q3k_96, q4k_192, q4k_32, q5k_256, q6k_160>{}, affine_formats{}));
}  // namespace

namespace {

/// A format as values, so that what follows is compiled once and not for each.
struct any_format {
  unsigned bits;
  std::size_t sub;
  bool has_min;
  packed_bytes (*pack)(const plain_matrix&);
  std::vector<part> (*parts_of)(const std::byte* packed, std::size_t row, std::size_t cols);
  void (*decode_row)(const std::byte* packed, std::size_t row, std::size_t cols, float* out);
  mote::activation (*quantize)(const float* x, std::size_t cols, std::byte* buffer);
  void (*matvec)(const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a, float* y);
  void (*plain_matvec)(const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a,
                       float* y);
  void (*matmul)(const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation* a,
                 std::size_t tokens, float* y, std::size_t stride);
  void (*matmul_floats)(const std::byte* packed, std::size_t rows, std::size_t cols, const float* x,
                        std::size_t x_stride, std::size_t tokens, float* y, std::size_t stride, std::byte* buffer);
};
template <class Format>
any_format of() {
  return {.bits = Format::bits,
          .sub = Format::sub,
          .has_min = Format::has_min,
          .pack = &mote_tests::pack_matrix<Format>,
          .parts_of =
              [](const std::byte* packed, std::size_t row, std::size_t cols) {
                return read_parts(Format{}, packed + row / Format::rows * Format::tile_bytes(cols), row % Format::rows,
                                  cols);
              },
          .decode_row = [](const std::byte* packed, std::size_t row, std::size_t cols,
                           float* out) { mote::matrix<Format>{packed, row + 1, cols}.decode_row(row, out); },
          .quantize = [](const float* x, std::size_t cols,
                         std::byte* buffer) { return mote::quantize_activations<Format>(x, cols, buffer); },
          .matvec = [](const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a,
                       float* y) { mote::matvec(mote::matrix<Format>{packed, rows, cols}, a, y); },
          .plain_matvec =
              [](const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a, float* y) {
                mote::matvec<mote::simd::scalar>(mote::matrix<Format>{packed, rows, cols}, a, y);
              },
          .matmul =
              [](const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation* a,
                 std::size_t tokens, float* y,
                 std::size_t stride) { mote::matmul(mote::matrix<Format>{packed, rows, cols}, a, tokens, y, stride); },
          .matmul_floats =
              [](const std::byte* packed, std::size_t rows, std::size_t cols, const float* x, std::size_t x_stride,
                 std::size_t tokens, float* y, std::size_t stride, std::byte* buffer) {
                mote::matmul(mote::matrix<Format>{packed, rows, cols}, x, x_stride, tokens, y, stride, buffer);
              }};
}

void exact_at_every_width(const any_format& f) {
  mote::rng random(f.bits);
  packed_bytes buffer(1 << 12);
  for (std::size_t cols = 1; cols <= 300; cols += cols < 66 ? 1 : 13) {
    const std::size_t rows = 1 + random.below(37);
    const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes packed = f.pack(m);
    std::vector<float> x(cols), y(mote::padded(rows), -99.0F), again(mote::padded(rows)), decoded(cols);
    for (float& v : x) v = random.normal();
    const mote::activation a = f.quantize(x.data(), cols, buffer.data());
    f.matvec(packed.data(), rows, cols, a, y.data());
    for (std::size_t row = 0; row < rows; ++row) {
      volatile float expected = 0;
      const auto parts = f.parts_of(packed.data(), row, cols);
      for (std::size_t at = 0; at * f.sub < cols; ++at) {
        const part& p = parts[at];
        std::int64_t exact = 0;
        for (std::size_t i = 0; i < f.sub; ++i) exact += static_cast<std::int64_t>(p.code[i]) * a.q[at * f.sub + i];
        volatile float scale = p.scale * a.scale[at];
        volatile float product = scale * static_cast<float>(exact);
        expected = expected + product;
        if (f.has_min) {
          volatile float x_sum = a.scale[at] * static_cast<float>(a.sum[at]);
          volatile float minimum = p.min * x_sum;
          expected = expected - minimum;
        }
      }
      INFO("cols " << cols << ", row " << row << " of " << rows);
      const float value = expected;
      REQUIRE(std::memcmp(&y[row], &value, 4) == 0);
      // And it is the product with what decode_row says, but for the rounding of the activation.
      f.decode_row(packed.data(), row, cols, decoded.data());
      double real = 0, most = 1e-4;
      for (std::size_t i = 0; i < cols; ++i) {
        real += static_cast<double>(decoded[i]) * static_cast<double>(x[i]);
        most += std::fabs(static_cast<double>(decoded[i])) * 0.51 * static_cast<double>(a.scale[i / f.sub]);
      }
      REQUIRE(std::fabs(static_cast<double>(value) - real) <= most);
    }
    f.plain_matvec(packed.data(), rows, cols, a, again.data());
    REQUIRE(std::memcmp(again.data(), y.data(), rows * 4) == 0);
  }
}

void same_bits_in_every_layout(const any_format& one, const any_format& wide) {
  constexpr std::size_t most = 17;
  mote::rng random(7);
  packed_bytes buffers(most * 4096);
  for (const std::size_t cols : {31U, 172U, 576U}) {
    const std::size_t rows = 3 + random.below(70);
    const plain_matrix m = mote_tests::random_matrix(rows, cols, 1.0, random);
    const packed_bytes narrow_bytes = one.pack(m), w = wide.pack(m);
    const std::size_t stride = mote::padded(rows), x_stride = mote::padded(cols);
    std::vector<float> x(most * x_stride), expected(most * stride), single(stride);
    for (float& v : x) v = random.normal();
    std::vector<mote::activation> a;
    for (std::size_t t = 0; t < most; ++t) {
      a.push_back(wide.quantize(x.data() + t * x_stride, cols, buffers.data() + t * 4096));
      wide.matvec(w.data(), rows, cols, a[t], expected.data() + t * stride);
      one.matvec(narrow_bytes.data(), rows, cols, a[t], single.data());
      REQUIRE(std::memcmp(expected.data() + t * stride, single.data(), rows * 4) == 0);
    }
    for (std::size_t tokens = 1; tokens <= most; ++tokens) {
      std::vector<float> y(most * stride);
      wide.matmul(w.data(), rows, cols, a.data(), tokens, y.data(), stride);
      for (std::size_t t = 0; t < most; ++t) {
        INFO(rows << " x " << cols << ", token " << t << " of " << tokens);
        if (t < tokens) REQUIRE(std::memcmp(y.data() + t * stride, expected.data() + t * stride, rows * 4) == 0);
        else REQUIRE(y[t * stride] == 0);
      }
    }
    std::vector<float> y(most * stride);  // as training calls it, with floats
    wide.matmul_floats(w.data(), rows, cols, x.data(), x_stride, most, y.data(), stride, buffers.data());
    for (std::size_t t = 0; t < most; ++t)
      REQUIRE(std::memcmp(y.data() + t * stride, expected.data() + t * stride, rows * 4) == 0);
  }
}

using laid_out = mote_tests::some_or_all<std::tuple<mote::qk<3, 192>, mote::qk<5, 64>, mote::affine<4>>,
                                         std::tuple<mote::qk<2>, mote::qk<4, 224>, mote::qk<6, 192>>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("super-blocks: integers are exact, sub-blocks are added in order, at every width", "",
                        super_block_formats) {
  exact_at_every_width(of<TestType>());
}

TEMPLATE_LIST_TEST_CASE("super-blocks: every row layout has the same bits; 1 to 17 tokens have those of one", "",
                        laid_out) {
  using wide = typename TestType::template with_rows<mote_tests::widest_rows>;
  same_bits_in_every_layout(of<TestType>(), of<wide>());
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
