// SPDX-License-Identifier: BSL-1.0
#include "mote/format/bf16.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

/// Box and Muller, in double.
std::vector<float> gaussian(std::size_t n, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<float> w(n);
  for (float& v : w) {
    const double u = (static_cast<double>(random.next()) + 0.5) * 0x1p-32;
    v = static_cast<float>(std::sqrt(-2 * std::log(u)) *
                           std::cos(6.283185307179586 * static_cast<double>(random.uniform())));
  }
  return w;
}

template <class Format>
std::vector<std::byte> pack(const std::vector<float>& w, std::size_t rows, std::size_t cols) {
  std::vector<std::byte> out(Format::bytes(rows, cols), std::byte{0xEE});
  for (std::size_t row = 0; row < rows; row += Format::rows)
    Format::encode_tile(w.data() + row * cols, std::min(Format::rows, rows - row), cols,
                        out.data() + row / Format::rows * Format::tile_bytes(cols));
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("bf16: each weight is the nearest, lies where the diagram says, and padding is zero", "",
                   mote::bf16<1>, mote::bf16<4>, mote::bf16<8>, mote::bf16<16>) {
  using format = TestType;
  for (const std::size_t rows : {1U, 5U, 16U, 33U})
    for (std::size_t cols = 1; cols <= 300; cols += cols < 40 ? 1 : 43) {
      const auto w = gaussian(rows * cols, rows * 1000 + cols);
      const auto packed = pack<format>(w, rows, cols);
      const std::size_t stored_cols = (cols + 1) / 2 * 2;
      const std::size_t stored_rows = (rows + format::rows - 1) / format::rows * format::rows;
      REQUIRE(packed.size() == stored_rows * stored_cols * 2);
      std::vector<float> out(cols);
      bool right = true;
      for (std::size_t row = 0; row < stored_rows; ++row) {
        const std::byte* tile = packed.data() + row / format::rows * format::tile_bytes(cols);
        format::decode_row(tile, row % format::rows, cols, out.data());
        for (std::size_t col = 0; col < stored_cols; ++col) {
          std::uint16_t bits = 0;
          std::memcpy(&bits, tile + ((col / 2 * format::rows + row % format::rows) * 2 + col % 2) * 2, 2);
          const bool there = row < rows && col < cols;
          right = right && bits == (there ? mote::simd::to_bfloat16(w[row * cols + col]) : 0);
          right = right && (col >= cols || out[col] == mote::simd::from_bfloat16(bits));
        }
      }
      INFO(rows << " x " << cols);
      REQUIRE(right);
      // What was rounded once stays.
      std::vector<float> once(rows * cols);
      for (std::size_t row = 0; row < rows; ++row)
        format::decode_row(packed.data() + row / format::rows * format::tile_bytes(cols), row % format::rows, cols,
                           once.data() + row * cols);
      REQUIRE(pack<format>(once, rows, cols) == packed);
    }
}

TEST_CASE("bf16: what rounds to less than 2^-66 becomes a zero of its sign, and nothing else does") {
  using format = mote::bf16<4>;
  const std::vector<float> w{0x1p-66F,   -0x1p-66F, 0x1.FFp-67F, 0x1.FEp-67F, -0x1.FEp-67F, 0x1p-126F,
                             -0x1p-149F, 0.0F,      -0.0F,       3e38F,       -INFINITY,    NAN};
  const std::vector<std::uint16_t> bits{0x1E80, 0x9E80, 0x1E80, 0, 0x8000, 0, 0x8000, 0, 0x8000, 0x7F62, 0xFF7F, 0};
  const auto packed = pack<format>(w, 1, w.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    INFO(w[i]);
    CHECK(format::read_bits(packed.data(), 0, i) == bits[i]);
  }
  for (std::uint32_t i = 0; i < 65536; ++i) {  // byte for byte
    const auto b = static_cast<std::uint16_t>(i);
    if ((b & 0x7FFFU) < 0x7F80U)
      REQUIRE(format::nearest(mote::simd::from_bfloat16(b)) == ((b & 0x7FFFU) < 0x1E80U ? b & 0x8000U : b));
  }
}

TEST_CASE("bf16: the error of a Gaussian matrix") {
  using format = mote::bf16<1>;
  const auto w = gaussian(512 * 1024, 1);
  const auto packed = pack<format>(w, 512, 1024);
  double error = 0, size = 0;
  std::vector<float> out(1024);
  for (std::size_t row = 0; row < 512; ++row) {
    format::decode_row(packed.data() + row * format::tile_bytes(1024), 0, 1024, out.data());
    for (std::size_t i = 0; i < 1024; ++i) {
      const auto v = static_cast<double>(w[row * 1024 + i]);
      error += std::pow(static_cast<double>(out[i]) - v, 2);
      size += v * v;
    }
  }
  const double rms = std::sqrt(error / size);
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.00166 - 1) < 0.02);
}
