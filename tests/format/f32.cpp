// SPDX-License-Identifier: BSL-1.0
#include "mote/format/f32.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include "mote/core/rng.hpp"

TEMPLATE_TEST_CASE("f32 keeps every bit, column by column, and pads with zero rows", "", mote::f32<1>, mote::f32<4>,
                   mote::f32<8>, mote::f32<16>) {
  using format = TestType;
  for (const std::size_t rows : {1U, 5U, 16U, 33U}) {
    for (const std::size_t cols : {1U, 7U, 172U}) {
      mote::rng random(rows * 1000 + cols);
      std::vector<float> w(rows * cols);
      for (float& v : w) v = random.normal();
      w[0] = -0.0F;
      std::vector<std::byte> packed(format::bytes(rows, cols), std::byte{0xEE});
      CHECK(packed.size() == (rows + format::rows - 1) / format::rows * format::rows * cols * 4);
      for (std::size_t row = 0; row < rows; row += format::rows)
        format::encode_tile(w.data() + row * cols, std::min(format::rows, rows - row), cols,
                            packed.data() + row / format::rows * format::tile_bytes(cols));
      std::vector<float> out(cols);
      for (std::size_t row = 0; row < packed.size() / (cols * 4); ++row) {
        const std::byte* tile = packed.data() + row / format::rows * format::tile_bytes(cols);
        format::decode_row(tile, row % format::rows, cols, out.data());
        if (row < rows) REQUIRE(std::memcmp(out.data(), w.data() + row * cols, cols * 4) == 0);
        else REQUIRE(std::count(out.begin(), out.end(), 0.0F) == static_cast<std::ptrdiff_t>(cols));
        for (std::size_t col = 0; col < cols; ++col) {  // where the bit diagram says it lies
          float v = 0;
          std::memcpy(&v, tile + (col * format::rows + row % format::rows) * 4, 4);
          REQUIRE(std::memcmp(&v, &out[col], 4) == 0);
        }
      }
    }
  }
}
