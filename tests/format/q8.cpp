// SPDX-License-Identifier: BSL-1.0
#include "mote/format/q8.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

template <class Format>
std::vector<std::byte> pack(const std::vector<float>& w, std::size_t rows, std::size_t cols) {
  std::vector<std::byte> out(Format::bytes(rows, cols), std::byte{0xEE});
  for (std::size_t row = 0; row < rows; row += Format::rows)
    Format::encode_tile(w.data() + row * cols, std::min(Format::rows, rows - row), cols,
                        out.data() + row / Format::rows * Format::tile_bytes(cols));
  return out;
}

template <class Format>
std::vector<float> unpack(const std::vector<std::byte>& packed, std::size_t rows, std::size_t cols) {
  std::vector<float> w(rows * cols);
  for (std::size_t row = 0; row < rows; ++row)
    Format::decode_row(packed.data() + row / Format::rows * Format::tile_bytes(cols), row % Format::rows, cols,
                       w.data() + row * cols);
  return w;
}

std::vector<float> gaussian(std::size_t n, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<float> w(n);
  for (float& v :
       w) {  // Box and Muller: mote's own normal() has short tails, and a group's largest is what counts here
    const double u = (static_cast<double>(random.next()) + 0.5) * 0x1p-32;
    v = static_cast<float>(std::sqrt(-2 * std::log(u)) *
                           std::cos(6.283185307179586 * static_cast<double>(random.uniform())));
  }
  return w;
}

}  // namespace

TEMPLATE_TEST_CASE("q8 rounds a Gaussian matrix by 0.54 % RMS", "", mote::q8<1>, mote::q8<4>, mote::q8<8>,
                   mote::q8<16>) {
  const auto w = gaussian(512 * 1024, 1);
  const auto decoded = unpack<TestType>(pack<TestType>(w, 512, 1024), 512, 1024);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    error += std::pow(static_cast<double>(w[i]) - static_cast<double>(decoded[i]), 2);
    size += std::pow(static_cast<double>(w[i]), 2);
  }
  const double rms = std::sqrt(error / size);
  INFO("relative RMS error " << rms);
  CHECK(std::fabs(rms / 0.0054 - 1) < 0.02);
}

TEMPLATE_TEST_CASE("each weight is off by at most half a step, and what padding adds is zero", "", mote::q8<1>,
                   mote::q8<4>, mote::q8<8>, mote::q8<16>, (mote::q8<1, 64>), (mote::q8<4, 64>), (mote::q8<8, 64>),
                   (mote::q8<16, 64>)) {
  using format = TestType;
  for (const std::size_t cols : {1U, 31U, 32U, 33U, 64U, 100U, 172U}) {
    for (const std::size_t rows : {1U, 3U, 16U, 21U}) {
      const auto w = gaussian(rows * cols, cols * 100 + rows);
      const auto packed = pack<format>(w, rows, cols);
      const auto decoded = unpack<format>(packed, rows, cols);
      INFO("rows " << rows << ", cols " << cols);
      bool near = true, exact_steps = true, padding = true;
      for (std::size_t tile = 0; tile * format::rows < rows; ++tile)
        for (std::size_t g = 0; g < format::groups(cols); ++g) {
          typename format::block b;
          std::memcpy(&b, packed.data() + tile * format::tile_bytes(cols) + g * sizeof b, sizeof b);
          for (std::size_t r = 0; r < format::rows; ++r) {
            const std::size_t row = tile * format::rows + r;
            const float scale = format::from_scale(b.scale[r]);
            padding = padding && (row < rows || scale == 0);
            for (std::size_t i = 0; i < format::group; ++i) {
              const int q = b.quads[i / 4][r][i % 4];
              const std::size_t col = g * format::group + i;
              exact_steps = exact_steps && q >= -127 && q <= 127;
              if (row >= rows || col >= cols) {
                padding = padding && q == 0;
                continue;
              }
              const std::size_t at = row * cols + col;
              exact_steps = exact_steps && decoded[at] == scale * static_cast<float>(q);
              // A scale of 16 bits may lie 2^-11 below the wanted one; the largest weight then clips.
              near = near && std::fabs(decoded[at] - w[at]) <= 0.5F * scale * 1.0001F + std::fabs(w[at]) * 0x1p-11F;
            }
          }
        }
      CHECK(near);
      CHECK(exact_steps);
      CHECK(padding);
    }
  }
}

TEMPLATE_TEST_CASE("to pack what was unpacked changes nothing", "", mote::q8<1>, mote::q8<16>, (mote::q8<1, 64>),
                   (mote::q8<16, 64>)) {
  const auto w = gaussian(48 * 172, 3);
  const auto once = unpack<TestType>(pack<TestType>(w, 48, 172), 48, 172);
  const auto twice = unpack<TestType>(pack<TestType>(once, 48, 172), 48, 172);
  // A scale of floats may move by its last bit: largest / 127 * 127 is not always largest.
  bool same = true;
  for (std::size_t i = 0; i < once.size(); ++i)
    same = same && std::fabs(once[i] - twice[i]) <= (TestType::wide ? 2e-7F * std::fabs(once[i]) : 0.0F);
  CHECK(same);
}

TEST_CASE("every row layout holds the same numbers") {
  const auto w = gaussian(37 * 172, 4);
  const auto one = unpack<mote::q8<1>>(pack<mote::q8<1>>(w, 37, 172), 37, 172);
  CHECK(unpack<mote::q8<4>>(pack<mote::q8<4>>(w, 37, 172), 37, 172) == one);
  CHECK(unpack<mote::q8<8>>(pack<mote::q8<8>>(w, 37, 172), 37, 172) == one);
  CHECK(unpack<mote::q8<16>>(pack<mote::q8<16>>(w, 37, 172), 37, 172) == one);
}

TEST_CASE("a block of single rows is GGUF's Q8_0: a half and 32 signed bytes") {
  using format = mote::q8<1>;
  std::vector<float> w(32);
  for (std::size_t i = 0; i < 32; ++i) w[i] = static_cast<float>(i) - 16.0F;
  w[0] = 127.0F;  // a scale of one
  const auto packed = pack<format>(w, 1, 32);
  REQUIRE(packed.size() == 34);
  CHECK(packed[0] == std::byte{0x00});  // one as a half is 0x3C00
  CHECK(packed[1] == std::byte{0x3C});
  CHECK(packed[2] == std::byte{127});
  for (std::size_t i = 1; i < 32; ++i) CHECK(static_cast<std::int8_t>(packed[2 + i]) == static_cast<int>(i) - 16);
}

TEST_CASE("zeros, and weights too small for a scale, decode as zero") {
  for (const float v : {0.0F, 1e-9F}) {
    const std::vector<float> w(64, v);
    for (const float d : unpack<mote::q8<4>>(pack<mote::q8<4>>(w, 2, 32), 2, 32)) CHECK(d == 0);
  }
}
