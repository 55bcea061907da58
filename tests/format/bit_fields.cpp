// SPDX-License-Identifier: BSL-1.0
#include "mote/format/bit_fields.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

/// Where the reference page puts bit `bit` of the code of (row, col): byte and bit in it. Quad q is columns 4q to 4q + 3.
struct place {
  std::size_t byte, bit;
};
place place_of(unsigned bits, std::size_t rows, std::size_t row, std::size_t col, unsigned bit) {
  const std::size_t quad = col / 4, in_vector = row * 4 + col % 4, vector = rows * 4;
  if (bits == 8) return {quad * vector + in_vector, bit};
  const unsigned first = bits >= 4 ? 4 : 2;  // bits of the first plane: a nibble or a pair
  if (bit < first && first == 4) return {quad % 4 * vector + in_vector, quad / 4 * 4 + bit};
  if (bit < first) return {quad % 2 * vector + in_vector, quad / 2 * 2 + bit};
  const std::size_t high = first * vector;
  if (bits - first == 2) return {high + quad % 2 * vector + in_vector, quad / 2 * 2 + bit - first};
  return {high + in_vector, quad};
}

template <unsigned Bits, std::size_t Rows>
void check() {
  using fields = mote::bit_fields<Bits, Rows>;
  STATIC_REQUIRE(fields::bytes == Rows * 32 * Bits / 8);
  mote::rng random(Bits * 100 + Rows);
  std::vector<std::array<unsigned, 32>> codes(Rows);
  std::vector<std::uint8_t> packed(fields::bytes, 0xFF), expected(fields::bytes);  // what was there is overwritten
  for (std::size_t row = 0; row < Rows; ++row)
    for (std::size_t col = 0; col < 32; ++col) {
      codes[row][col] = random.below(1U << Bits);
      fields::put(packed.data(), row, col, codes[row][col]);
      for (unsigned bit = 0; bit < Bits; ++bit) {
        const place at = place_of(Bits, Rows, row, col, bit);
        expected[at.byte] = static_cast<std::uint8_t>(expected[at.byte] | ((codes[row][col] >> bit & 1U) << at.bit));
      }
    }
  INFO(Bits << " bits, " << Rows << " rows");
  CHECK(packed == expected);
  for (std::size_t row = 0; row < Rows; ++row)
    for (std::size_t col = 0; col < 32; ++col) REQUIRE(fields::get(packed.data(), row, col) == codes[row][col]);
}
template <unsigned... Bits>
void check_all() {
  (check<Bits, 1>(), ...), (check<Bits, 4>(), ...), (check<Bits, 8>(), ...), (check<Bits, 16>(), ...);
}

}  // namespace

TEST_CASE("planes: every bit of every code is where the layout says, and nothing else moves", "[format]") {
  check_all<2, 3, 4, 5, 6, 8>();
}

TEST_CASE("planes: four bits of one row are GGUF's nibbles", "[format]") {
  std::array<std::uint8_t, 16> packed{};
  for (std::size_t col = 0; col < 32; ++col)
    mote::bit_fields<4, 1>::put(packed.data(), 0, col, static_cast<unsigned>(col % 16));
  for (std::size_t i = 0; i < 16; ++i) CHECK(packed[i] == i * 17);  // column i below, column i + 16 above
}
