// SPDX-License-Identifier: BSL-1.0
#include "mote/format/qk.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "formats.hpp"
#include "row_counts.hpp"

namespace {

template <unsigned Bits>
mote::qk_row random_row(std::size_t super, mote::rng& random) {
  using grid = mote::qk_grid<Bits>;
  mote::qk_row r;
  r.d = static_cast<std::uint16_t>(random.next() & 0xBFFFU);
  if (grid::has_min) r.dmin = static_cast<std::uint16_t>(random.next() & 0xBFFFU);
  for (std::size_t s = 0; s < 16; ++s) {
    const bool there = s < super / grid::sub;
    r.scale[s] = static_cast<std::uint8_t>(there ? random.below(1U << grid::scale_bits)
                                                 : static_cast<unsigned>(grid::scale_offset));
    if (grid::has_min && there) r.min[s] = static_cast<std::uint8_t>(random.below(1U << grid::scale_bits));
  }
  for (std::size_t i = 0; i < 256; ++i)
    r.code[i] = static_cast<std::uint8_t>(i < super ? random.below(grid::codes) : static_cast<unsigned>(grid::offset));
  return r;
}

/// A format of this family as a value: what is checked is compiled once, not for each of them.
struct layout {
  unsigned bits;
  std::size_t super, sub, rows, bytes;
  int scale_offset, offset;
  void (*write_row)(std::byte* tile, std::size_t row, std::size_t g, const mote::qk_row& r);
  mote::qk_row (*read_row)(const std::byte* tile, std::size_t row, std::size_t g);
  void (*decode_row)(const std::byte* tile, std::size_t row, std::size_t cols, float* out);
  mote::qk_row (*random)(std::size_t super, mote::rng& random);
};

void rows_stay_apart(const layout& f) {
  mote::rng random(f.bits * 1000 + f.super + f.rows);
  const std::size_t cols = f.super * 3;
  std::vector<std::byte> tile(f.bytes, std::byte{0xEE});
  std::vector<mote::qk_row> rows;
  for (std::size_t row = 0; row < f.rows; ++row)
    for (std::size_t g = 0; g < 3; ++g) {
      rows.push_back(f.random(f.super, random));
      f.write_row(tile.data(), row, g, rows.back());
    }
  const auto before = tile;
  for (std::size_t row = 0; row < f.rows; ++row)
    for (std::size_t g = 0; g < 3; ++g) {
      REQUIRE(f.read_row(tile.data(), row, g) == rows[row * 3 + g]);
      f.write_row(tile.data(), row, g, rows[row * 3 + g]);
    }
  REQUIRE(tile == before);
  // What a row's numbers mean, in double; one rounding at the end, as each product fits a float.
  std::vector<float> decoded(cols);
  for (std::size_t row = 0; row < f.rows; ++row) {
    f.decode_row(tile.data(), row, cols, decoded.data());
    for (std::size_t i = 0; i < cols; ++i) {
      const mote::qk_row& r = rows[row * 3 + i / f.super];
      const std::size_t at = i % f.super, s = at / f.sub;
      const double w = static_cast<double>(mote::simd::from_binary16(r.d)) * (r.scale[s] - f.scale_offset) *
                           (r.code[at] - f.offset) -
                       static_cast<double>(mote::simd::from_binary16(r.dmin)) * r.min[s];
      REQUIRE(decoded[i] == static_cast<float>(w));
    }
  }
}
template <class Format>
void rows_stay_apart() {
  using grid = mote::qk_grid<Format::bits>;
  rows_stay_apart({.bits = Format::bits,
                   .super = Format::group,
                   .sub = Format::sub,
                   .rows = Format::rows,
                   .bytes = Format::tile_bytes(Format::group * 3),
                   .scale_offset = grid::scale_offset,
                   .offset = grid::offset,
                   .write_row = &Format::write_row,
                   .read_row = &Format::read_row,
                   .decode_row = &Format::decode_row,
                   .random = &random_row<Format::bits>});
}

template <unsigned Bits, std::size_t Super>
void at_every_row_count() {
  rows_stay_apart<mote::qk<Bits, Super, 1>>();
  rows_stay_apart<mote::qk<Bits, Super, mote_tests::widest_rows>>();
  if constexpr (!mote_tests::few_types) {
    rows_stay_apart<mote::qk<Bits, Super, 4>>();
    rows_stay_apart<mote::qk<Bits, Super, 8>>();
  }
}
template <unsigned Bits>
void at_every_size() {
  at_every_row_count<Bits, 32>();
  at_every_row_count<Bits, 64>();
  at_every_row_count<Bits, 96>();
  at_every_row_count<Bits, 128>();
  at_every_row_count<Bits, 160>();
  at_every_row_count<Bits, 192>();
  at_every_row_count<Bits, 224>();
  at_every_row_count<Bits, 256>();
}

}  // namespace

TEST_CASE("qk: what is written of each row is read again, and means what it says") {
  at_every_size<2>();
  at_every_size<3>();
  at_every_size<4>();
  at_every_size<5>();
  at_every_size<6>();
}

TEST_CASE("qk: 256 columns take GGUF's bytes; other rows take what divides them") {
  STATIC_REQUIRE(mote::qk<2>::bytes(1, 256) == 84);
  STATIC_REQUIRE(mote::qk<3>::bytes(1, 256) == 110);
  STATIC_REQUIRE(mote::qk<4>::bytes(1, 256) == 144);
  STATIC_REQUIRE(mote::qk<5>::bytes(1, 256) == 176);
  STATIC_REQUIRE(mote::qk<6>::bytes(1, 256) == 210);
  STATIC_REQUIRE(mote::super_of<4>(576) == 192);
  STATIC_REQUIRE(mote::super_of<4>(896) == 224);
  STATIC_REQUIRE(mote::super_of<4>(960) == 192);
  STATIC_REQUIRE(mote::super_of<4>(1536) == 256);
  STATIC_REQUIRE(mote::super_of<4>(4096) == 256);
  STATIC_REQUIRE(mote::super_of<4>(172) == 192);
  STATIC_REQUIRE(mote::super_of<4>(64) == 64);
  STATIC_REQUIRE(mote::super_of<2>(576) == 192);
  STATIC_REQUIRE(mote::super_of<3>(896) == 224);
  STATIC_REQUIRE(mote::super_of<6>(576) == 192);
  STATIC_REQUIRE(mote::super_of<6>(896) == 128);  // two bytes less than 224: scales come in fours
  for (std::size_t cols = 1; cols <= 3000; ++cols) {
    const std::size_t super = mote::super_of<4>(cols);
    REQUIRE((super >= 32 && super <= 256 && super % 32 == 0));
    REQUIRE(static_cast<double>(mote::ceil_div(cols, super) * super) <= static_cast<double>(cols) * 1.2 + 32);
  }
  CHECK(mote::qk<4>::name == "q4k256");
  CHECK(mote::qk<2, 64, 16>::name == "q2k64x16");
  CHECK(mote::qk<6, 224, 8>::name == "q6k224x8");
}

TEST_CASE("qk: the error of a Gaussian matrix is that of the best encoders known, or less") {
  // Theirs, measured with weights that count by their size: .297, .1511, .0715, .0357, .0178. Ours all count alike.
  const auto near = [](double found, double expected, double theirs) {
    INFO("relative RMS error " << found);
    CHECK(std::fabs(found / expected - 1) < 0.02);
    CHECK(found < theirs * 1.02);
  };
  near(mote_tests::gaussian_error<mote::qk<2>>(), 0.2621, 0.297);
  near(mote_tests::gaussian_error<mote::qk<3>>(), 0.1435, 0.1511);
  near(mote_tests::gaussian_error<mote::qk<4>>(), 0.0701, 0.0715);
  near(mote_tests::gaussian_error<mote::qk<5>>(), 0.0347, 0.0357);
  near(mote_tests::gaussian_error<mote::qk<6>>(), 0.0172, 0.0178);
}

TEMPLATE_TEST_CASE("qk: every row layout rounds alike; no width is special; padding is of no weight", "",
                   (mote::qk<2, 64>), (mote::qk<3, 96>), (mote::qk<4, 192>), (mote::qk<5, 256>), (mote::qk<6, 224>)) {
  using one = TestType;
  using mote_tests::decode;
  using mote_tests::encode;
  for (std::size_t cols = 1; cols <= 300; cols += cols < 70 ? 1 : 23) {
    const std::size_t rows = 1 + cols % 19;
    const auto w = mote_tests::gaussian_weights(rows * cols, cols);
    const auto packed = encode<one>(w, rows, cols);
    const auto decoded = decode<one>(packed, rows, cols);
    INFO(rows << " x " << cols);
    REQUIRE(decode<typename one::template with_rows<4>>(encode<typename one::template with_rows<4>>(w, rows, cols),
                                                        rows, cols) == decoded);
    REQUIRE(decode<typename one::template with_rows<8>>(encode<typename one::template with_rows<8>>(w, rows, cols),
                                                        rows, cols) == decoded);
    REQUIRE(decode<typename one::template with_rows<16>>(encode<typename one::template with_rows<16>>(w, rows, cols),
                                                         rows, cols) == decoded);
    REQUIRE(mote_tests::relative_error(w, decoded) < (one::bits == 2 ? 0.45 : 0.3));
    using grid = mote::qk_grid<one::bits>;
    const mote::qk_row last = one::read_row(packed.data(), 0, one::groups(cols) - 1);
    for (std::size_t i = cols - (one::groups(cols) - 1) * one::group; i < one::group; ++i)
      REQUIRE(last.code[i] == grid::offset);
  }
}

TEMPLATE_TEST_CASE("qk: rows of zeros, of one value, and of huge ones", "", (mote::qk<2, 64>), (mote::qk<3, 64>),
                   (mote::qk<4, 64>), (mote::qk<5, 64>), (mote::qk<6, 64>)) {
  using format = TestType;
  for (const float v : {0.0F, 1.0F, -1.0F, 1e-9F, 1000.0F, -1000.0F}) {
    const std::vector<float> w(2 * 80, v);
    const auto decoded = mote_tests::decode<format>(mote_tests::encode<format>(w, 2, 80), 2, 80);
    for (const float d : decoded) REQUIRE(std::fabs(d - v) <= std::fabs(v) * 0.02F + 2e-8F);
  }
  std::vector<float> w(64, 0.0F);
  w[17] = -3.0F;
  const auto decoded = mote_tests::decode<format>(mote_tests::encode<format>(w, 1, 64), 1, 64);
  for (std::size_t i = 0; i < 64; ++i) REQUIRE(std::fabs(decoded[i] - w[i]) < (format::bits < 4 ? 0.2F : 0.1F));
}
