// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packed_format.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../gaussian.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "mote/host/image/packed_format_of.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace host = mote::host;

namespace {

/// A matrix packed from codes; what is missing of the last tile is zero.
template <class Format>
std::vector<std::byte> pack(const host::coded_matrix& m) {
  const host::packed_format& f = host::packed_format_of<Format>;
  std::vector<std::byte> out(f.bytes(m.rows, m.cols));
  const std::vector<float> nothing(f.rows * m.cols);
  for (std::size_t row = 0; row < m.rows; ++row) {
    std::byte* tile = out.data() + row / f.rows * f.tile_bytes(m.cols);
    if (row % f.rows == 0) f.encode_tile(nothing.data(), f.rows, m.cols, tile);
    f.put_codes(tile, row % f.rows, m.cols, m.scales.data() + row * m.groups(), m.codes.data() + row * m.cols);
  }
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("packed_format: codes of a quantizer lie in a tile as they are, in every layout, at every width",
                   "[host][packed_format]", (mote::q8<1>), (mote::q8<16, 64>), (mote::q4<8>), (mote::iq4_nl<4>),
                   (mote::q3<1>), (mote::ternary<4>), (mote::trits<1>), (mote::affine<4, 4>), (mote::affine<5>),
                   (mote::qk<2, 64, 1>), (mote::qk<2, 256, 16>), (mote::qk<3, 192, 4>), (mote::qk<4, 192, 8>),
                   (mote::qk<4, 256, 1>), (mote::qk<5, 32, 16>), (mote::qk<6, 224, 4>), (mote::qk<6, 96, 1>)) {
  using format = TestType;
  const host::packed_format& f = host::packed_format_of<format>;
  REQUIRE(f.takes_codes());
  const host::quantization_grid g = f.levels();
  for (const std::size_t cols : {1U, 15U, 64U, 172U, 192U, 300U, 576U}) {
    const std::size_t rows = cols == 172 ? 1 : 5;
    INFO(f.name << ", " << rows << " x " << cols);
    const auto w = mote_tests::gaussian(rows * cols, cols);
    const auto coded = host::round_to_nearest{}({.w = w.data(), .rows = rows, .cols = cols}, g);
    const auto packed = pack<format>(coded);
    std::vector<float> decoded(rows * cols), own(rows * cols);
    for (std::size_t row = 0; row < rows; ++row)
      f.decode_row(packed.data() + row / f.rows * f.tile_bytes(cols), row % f.rows, cols, decoded.data() + row * cols);
    REQUIRE(decoded == coded.values);
    // The format's own rounding costs the same. Of two levels it has the same scales, so that it can differ only where two
    // levels are as near; others round some codes under a scale that is not a half yet.
    std::vector<std::byte> tile(f.tile_bytes(cols));
    for (std::size_t row = 0; row < rows; ++row) {
      if (row % f.rows == 0) f.encode_tile(w.data() + row * cols, std::min(f.rows, rows - row), cols, tile.data());
      f.decode_row(tile.data(), row % f.rows, cols, own.data() + row * cols);
    }
    double error = 0, own_error = 0;
    std::size_t different = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double a = std::fabs(static_cast<double>(own[i]) - static_cast<double>(w[i]));
      const double b = std::fabs(static_cast<double>(decoded[i]) - static_cast<double>(w[i]));
      if (g.super_block()) REQUIRE(std::fabs(a - b) <= 1e-6);
      error += b * b;
      own_error += a * a;
      different += own[i] != decoded[i] ? 1U : 0U;
    }
    REQUIRE(std::fabs(error - own_error) <= 0.01 * own_error);
    REQUIRE(different <= (g.super_block() ? w.size() / 500 : w.size() / 50));
  }
}

TEMPLATE_TEST_CASE("packed_format: a tile made of rows has the bytes and the floats of the format's own tile",
                   "[host][packed_format]", mote::f32<16>, mote::f16<8>, mote::bf16<4>, (mote::q8<1>), (mote::q8<8>),
                   (mote::q8<16, 64>), mote::q6<4>, mote::q5<16>, mote::q4<8>, mote::iq4_nl<4>, mote::q3<16>,
                   mote::q2<8>, mote::ternary<16>, mote::trits<4>, (mote::affine<4, 16>), (mote::affine<5, 8>),
                   (mote::qk<2, 64, 16>), (mote::qk<3, 192, 4>), (mote::qk<4, 256, 8>), (mote::qk<5, 32, 16>),
                   (mote::qk<6, 224, 4>)) {
  using format = TestType;
  const host::packed_format& f = host::packed_format_of<format>;
  for (const std::size_t cols : {1U, 31U, 172U, 256U, 300U})
    for (std::size_t count = 0; count <= format::rows; ++count) {
      const auto w = mote_tests::gaussian(format::rows * cols, cols);
      std::vector<std::byte> expected(format::tile_bytes(cols)), tile(expected.size(), std::byte{0xAA});
      format::encode_tile(w.data(), count, cols, expected.data());
      f.encode_tile(w.data(), count, cols, tile.data());
      REQUIRE(tile == expected);
      std::vector<float> own(cols), out(cols);
      for (std::size_t row = 0; row < format::rows; ++row) {
        format::decode_row(tile.data(), row, cols, own.data());
        f.decode_row(tile.data(), row, cols, out.data());
        REQUIRE(out == own);
      }
    }
}

TEMPLATE_TEST_CASE(
    "packed_format: a row of super-blocks that is taken apart and written from its codes is the same bytes",
    "[host][packed_format]", (mote::qk<2, 64>), (mote::qk<3, 192>), (mote::qk<4, 96>), (mote::qk<5, 256>),
    (mote::qk<6, 224>)) {
  using format = TestType;
  using levels = mote::qk_grid<format::bits>;
  constexpr std::size_t cols = format::group * 3 - 5;
  const auto w = mote_tests::gaussian(cols, 5);
  std::vector<std::byte> tile(format::tile_bytes(cols));
  format::encode_tile(w.data(), 1, cols, tile.data());
  std::vector<host::group_scale> scales;
  std::vector<std::uint8_t> codes;
  for (std::size_t g = 0; g < format::groups(cols); ++g) {
    const mote::qk_row row = format::read_row(tile.data(), 0, g);
    const float d = mote::simd::from_binary16(row.d), dmin = mote::simd::from_binary16(row.dmin);
    for (std::size_t s = 0; s < format::subs; ++s)
      scales.push_back({.scale = d * levels::factor(row.scale[s]),
                        .minimum = -(dmin * static_cast<float>(row.min[s])),
                        .scale_unit = d,
                        .minimum_unit = dmin});
    codes.insert(codes.end(), row.code, row.code + format::group);
  }
  std::vector<std::byte> again(tile.size());
  host::packed_format_of<format>.put_codes(again.data(), 0, cols, scales.data(), codes.data());
  CHECK(again == tile);
}
