// SPDX-License-Identifier: BSL-1.0
// The unit of dot4 vectors (mote/simd/dot4.hpp) of this build's instruction set against plain loops, and matvec and matmul
// of every integer format over it against the scalar ones, bit for bit; lanes.hpp's checks of lanes and tiles, and
// kernels.hpp's of other kernels, run with them.
// Each instruction set has a preset, so each is run.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels.hpp"
#include "lanes.hpp"
#include "mote/core/rng.hpp"
#include "mote/format/affine.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/qk.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/matvec.hpp"
#include "report.hpp"

namespace mote_units {

/// One unit against plain loops. A dot4 vector is compared by its bytes, less what the unit adds to weights with a sign.
template <class Unit, std::size_t Rows>
struct unit_checks {
  using plain = mote::simd::plain_dot4<Rows>;
  static constexpr unsigned size = Rows * 4;
  static constexpr bool stores = requires(typename Unit::vector v, std::uint8_t* p) { Unit::store(v, p); };
  static_assert(stores || sizeof(typename Unit::vector) == size);
  static_assert(Unit::bias == 0 || Unit::bias == 128);

  report& r;
  mote::rng random{1};

  bool same(typename Unit::vector v, typename plain::vector expected, int bias = 0) {
    std::uint8_t got[size];
    if constexpr (stores) Unit::store(v, got);
    else __builtin_memcpy(got, &v, size);
    for (std::size_t i = 0; i < size; ++i)
      if (got[i] != static_cast<std::uint8_t>(expected.byte[i] + bias)) return false;
    return true;
  }
  /// Bytes from first on, one after another, whatever the address.
  void count_up(std::uint8_t* p, unsigned first) {
    for (std::size_t i = 0; i < size; ++i) p[i] = static_cast<std::uint8_t>(first + i);
  }
  void draw(std::uint8_t* p, unsigned below) {
    for (std::size_t i = 0; i < size; ++i) p[i] = static_cast<std::uint8_t>(random.below(below));
  }

  template <unsigned From, unsigned Width, unsigned To>
  void field(const char* what) {
    for (unsigned first = 0; first < 256; first += size) {
      std::uint8_t bytes[size + 1], into[size];
      count_up(bytes + 1, first);
      draw(into, 256);
      for (auto& b : into) b = static_cast<std::uint8_t>(b & ~(((1U << Width) - 1U) << To));
      r.check(same(Unit::template field<From, Width, To>(Unit::load(bytes + 1)),
                   plain::template field<From, Width, To>(plain::load(bytes + 1))),
              what);
      r.check(same(Unit::template merge<From, Width, To>(Unit::load(into), Unit::load(bytes + 1)),
                   plain::template merge<From, Width, To>(plain::load(into), plain::load(bytes + 1))),
              what);
    }
  }
  void bytewise() {
    field<0, 4, 0>("field 0 4 0"), field<4, 4, 0>("field 4 4 0"), field<4, 4, 4>("field 4 4 4");
    field<0, 4, 1>("field 0 4 1"), field<4, 4, 1>("field 4 4 1"), field<0, 4, 4>("field 0 4 4");
    field<0, 2, 0>("field 0 2 0"), field<2, 2, 0>("field 2 2 0"), field<4, 2, 0>("field 4 2 0"),
        field<6, 2, 0>("field 6 2 0");
    field<2, 2, 2>("field 2 2 2"), field<4, 2, 4>("field 4 2 4"), field<6, 2, 6>("field 6 2 6");
    field<0, 2, 1>("field 0 2 1"), field<2, 2, 1>("field 2 2 1"), field<4, 2, 1>("field 4 2 1"),
        field<6, 2, 1>("field 6 2 1");
    field<0, 2, 4>("field 0 2 4"), field<2, 2, 4>("field 2 2 4"), field<6, 2, 4>("field 6 2 4");
    field<0, 2, 5>("field 0 2 5"), field<4, 2, 5>("field 4 2 5"), field<0, 2, 6>("field 0 2 6");
    field<0, 1, 2>("field 0 1 2"), field<1, 1, 2>("field 1 1 2"), field<2, 1, 2>("field 2 1 2"),
        field<7, 1, 2>("field 7 1 2");
    field<0, 1, 4>("field 0 1 4"), field<3, 1, 4>("field 3 1 4"), field<4, 1, 4>("field 4 1 4"),
        field<7, 1, 4>("field 7 1 4");
    field<5, 1, 4>("field 5 1 4"), field<6, 1, 5>("field 6 1 5"), field<7, 1, 7>("field 7 1 7"),
        field<0, 1, 7>("field 0 1 7");
    field<0, 6, 2>("field 0 6 2"), field<2, 6, 0>("field 2 6 0"), field<1, 6, 1>("field 1 6 1"),
        field<0, 8, 0>("field 0 8 0");
    for (unsigned first = 0; first < 256; first += size) {
      std::uint8_t bytes[size], other[size];
      count_up(bytes, first);
      draw(other, 256);
      r.check(same(Unit::load(bytes), plain::load(bytes)), "load");
      r.check(same(Unit::from_signed(Unit::load(bytes)), plain::load(bytes), Unit::bias), "from_signed");
      r.check(same(Unit::add(Unit::load(bytes), Unit::load(other)), plain::add(plain::load(bytes), plain::load(other))),
              "add");
      r.check(same(Unit::template first_trit<0>(Unit::load(bytes)), plain::template first_trit<0>(plain::load(bytes))),
              "first_trit 0");
      r.check(same(Unit::template first_trit<6>(Unit::load(bytes)), plain::template first_trit<6>(plain::load(bytes))),
              "first_trit 6");
    }
    for (int round = 0; round < 40; ++round) {
      std::int8_t table[16];
      for (auto& t : table) t = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
      std::uint8_t index[size];
      for (std::size_t i = 0; i < size; ++i)
        index[i] = static_cast<std::uint8_t>(round < 16 ? (i + static_cast<unsigned>(round)) % 16 : random.below(16));
      r.check(same(Unit::lookup(Unit::load(index), table), plain::lookup(plain::load(index), table), Unit::bias),
              "lookup");
    }
  }

  /// Draws n activations: random, or at the ends of what a byte may be. Gives their sum.
  std::int32_t draw_activations(std::int8_t* x, std::size_t n, int round) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const bool minus = round == 1 || (round == 2 && i % 2 == 0) || (round == 3 && random.below(2) == 0);
      x[i] = round > 3 ? static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127)
             : minus   ? std::int8_t{-127}
                       : std::int8_t{127};
      sum += x[i];
    }
    return sum;
  }
  bool equal(mote::simd::ints<Rows> a, mote::simd::ints<Rows> b) {
    std::int32_t x[Rows], y[Rows];
    a.store(x);
    b.store(y);
    for (std::size_t i = 0; i < Rows; ++i)
      if (x[i] != y[i]) return false;
    return true;
  }
  template <unsigned Largest, std::size_t Quads>
  void dot(const char* what) {
    for (int round = 0; round < 60; ++round) {
      typename Unit::vector w[Quads];
      typename plain::vector p[Quads];
      for (std::size_t q = 0; q < Quads; ++q) {
        std::uint8_t bytes[size];
        draw(bytes, Largest + 1);
        if (round < 4 || round % 8 == 7)
          for (auto& b : bytes) b = Largest;
        w[q] = Unit::load(bytes);
        p[q] = plain::load(bytes);
      }
      alignas(4) std::int8_t x[Quads * 4];
      draw_activations(x, Quads * 4, round);
      std::int32_t start[Rows];
      for (auto& s : start) s = static_cast<std::int32_t>(random.below(2000000)) - 1000000;
      const auto from = mote::simd::ints<Rows>::load(start);
      r.check(equal(Unit::template dot<Largest>(from, w, x), plain::template dot<Largest>(from, p, x)), what);
    }
  }
  template <std::size_t Quads>
  void signed_dot(const char* what) {
    for (int round = 0; round < 80; ++round) {
      typename Unit::vector w[Quads];
      typename plain::vector p[Quads];
      for (std::size_t q = 0; q < Quads; ++q) {
        std::uint8_t bytes[size];
        for (auto& b : bytes) {
          const bool minus =
              round < 12 ? round / 4 == 1 || (round / 4 == 2 && random.below(2) == 0) : random.below(2) == 0;
          const int most = round < 12 ? 127 : static_cast<int>(random.below(128));
          b = static_cast<std::uint8_t>(minus ? -most - 1 : most);  // -128 too: no writer makes it, a hostile file may
        }
        w[q] = Unit::from_signed(Unit::load(bytes));
        p[q] = plain::load(bytes);
      }
      alignas(4) std::int8_t x[Quads * 4];
      const std::int32_t x_sum = draw_activations(x, Quads * 4, round < 12 ? round % 4 : round);
      std::int32_t start[Rows];
      for (auto& s : start) s = static_cast<std::int32_t>(random.below(2000000)) - 1000000;
      const auto from = mote::simd::ints<Rows>::load(start);
      r.check(equal(Unit::signed_dot(from, w, x, x_sum), plain::signed_dot(from, p, x, x_sum)), what);
    }
  }
  /// Products of codes where they lie, and of a table's numbers, against fields read code by code.
  template <unsigned Bits, unsigned Step>
  void codes_from_memory(const char* what) {
    using fields = mote::bit_fields<Bits, Rows>;
    for (int round = 0; round < 60; ++round) {
      std::uint8_t p[fields::bytes];
      for (auto& b : p) b = static_cast<std::uint8_t>(round < 4 || round % 8 == 7 ? 255 : random.below(256));
      std::int8_t x[32], table[16];
      draw_activations(x, 32, round);
      for (auto& t : table)
        t = static_cast<std::int8_t>(round < 8 ? (round % 2 == 0 ? 127 : -127)
                                               : static_cast<int>(random.below(120)) - 60);
      const auto start = static_cast<std::int32_t>(random.below(200000)) - 100000;
      const std::int32_t starts[2] = {start, start - 7};
      std::int32_t sum[Rows], looked_up[Rows], half[2][Rows];
      for (std::size_t row = 0; row < Rows; ++row) {
        sum[row] = start;
        looked_up[row] = 0;
        half[0][row] = starts[0];
        half[1][row] = starts[1];
        for (std::size_t col = 0; col < 32; ++col) {
          const auto code = static_cast<int>(fields::get(p, row, col));
          sum[row] += static_cast<int>(Step) * code * x[col];
          looked_up[row] += table[code % 16] * x[col];
          half[col / 16][row] += code * x[col];
        }
      }
      using ints = mote::simd::ints<Rows>;
      r.check(equal(Unit::template codes_dot_from_memory<Bits, Step>(start, p, x), ints::load(sum)), what);
      ints halves[2];
      Unit::template halves_dot_from_memory<Bits>(starts, p, x, halves);
      r.check(equal(halves[0], ints::load(half[0])) && equal(halves[1], ints::load(half[1])), "from memory halves");
      if constexpr (Bits == 4)
        r.check(equal(Unit::table_dot_from_memory(table, p, x), ints::load(looked_up)), "from memory table");
    }
  }
  void dots() {
    if constexpr (requires { Unit::has_codes_dot_from_memory; }) {
      codes_from_memory<6, 1>("from memory 6"), codes_from_memory<5, 1>("from memory 5"),
          codes_from_memory<4, 1>("from memory 4");
      codes_from_memory<3, 2>("from memory 3"), codes_from_memory<2, 2>("from memory 2"),
          codes_from_memory<3, 1>("from memory 3 once");
    }
    dot<3, 8>("dot 3 8"), dot<6, 8>("dot 6 8"), dot<7, 8>("dot 7 8"), dot<14, 8>("dot 14 8"), dot<15, 8>("dot 15 8");
    dot<31, 8>("dot 31 8"), dot<63, 8>("dot 63 8"), dot<2, 5>("dot 2 5"), dot<15, 4>("dot 15 4"), dot<3, 2>("dot 3 2");
    dot<127, 1>("dot 127 1"), dot<127, 3>("dot 127 3"), dot<127, 8>("dot 127 8"), dot<63, 16>("dot 63 16");
    if constexpr (Unit::any_byte) {
      dot<255, 8>("dot 255 8"), dot<255, 1>("dot 255 1"), dot<240, 4>("dot 240 4"), dot<192, 2>("dot 192 2");
      dot<128, 5>("dot 128 5"), dot<255, 16>("dot 255 16");
    }
    signed_dot<8>("signed_dot 8"), signed_dot<16>("signed_dot 16"), signed_dot<4>("signed_dot 4"),
        signed_dot<5>("signed_dot 5");
  }
};

inline std::uint16_t random_half(mote::rng& random) {  // 2^-10 and less, of either sign
  return static_cast<std::uint16_t>((random.next() & 0x83FFU) | (1U + random.below(4)) << 10U);
}

/// Any codes and scales as group g of a row. What is behind the last column is of no weight.
template <class Format>
void write_random(std::byte* tile, std::size_t row, std::size_t cols, std::size_t g, mote::rng& random) {
  std::uint8_t codes[Format::group];
  for (std::size_t i = 0; i < Format::group; ++i) {
    const unsigned code = random.below(Format::grid::codes);
    codes[i] = static_cast<std::uint8_t>(g * Format::group + i < cols ? code : Format::grid::zero);
  }
  const float scale = static_cast<float>(1 + random.below(2000)) * 0x1p-14F;  // binary16 holds it
  Format::write_group(tile, row, cols, g, scale, codes);
}
template <mote::super_block_format Format>
void write_random(std::byte* tile, std::size_t row, std::size_t, std::size_t g, mote::rng& random) {
  if constexpr (Format::subs == 1) {  // affine
    std::uint8_t codes[Format::group];
    for (auto& code : codes) code = static_cast<std::uint8_t>(random.below(1U << Format::bits));
    Format::write_bits(tile, row, g, random_half(random), random_half(random), codes);
  } else {
    using grid = typename Format::grid;
    static mote::qk_row in;
    in.d = random_half(random);
    if (grid::has_min) in.dmin = random_half(random);
    for (auto& scale : in.scale) scale = static_cast<std::uint8_t>(random.below(1U << grid::scale_bits));
    for (auto& min : in.min) min = static_cast<std::uint8_t>(grid::has_min ? random.below(1U << grid::scale_bits) : 0);
    for (auto& code : in.code) code = static_cast<std::uint8_t>(random.below(grid::codes));
    Format::write_row(tile, row, g, in);
  }
}

/// matvec and matmul of one format on one instruction set against the scalar ones, ragged in rows and columns.
template <class Isa, class Format>
void check_format(report& r) {
  constexpr std::size_t most_cols = 172, most_rows = 21, most_tokens = 11;
  alignas(64) static std::byte packed[Format::bytes(most_rows, most_cols)];
  alignas(64) static std::byte buffers[most_tokens][mote::round_up(mote::activation_bytes<Format>(most_cols), 64)];
  alignas(64) static float x[most_cols + 16];
  alignas(64) static float got[most_tokens * mote::padded(most_rows)], expected[most_tokens * mote::padded(most_rows)];
  mote::rng random(7);
  constexpr std::size_t stride = mote::padded(most_rows);
  constexpr std::size_t shapes[][3] = {{1, 1, 1},   {16, 64, 1}, {21, 172, 11}, {3, 31, 2},
                                       {17, 33, 3}, {9, 100, 4}, {20, 128, 1}};
  for (const auto& shape : shapes) {
    const std::size_t rows = shape[0], cols = shape[1], tokens = shape[2];
    for (auto& b : packed) b = std::byte{0};
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t g = 0; g < Format::groups(cols); ++g)
        write_random<Format>(packed + row / Format::rows * Format::tile_bytes(cols), row % Format::rows, cols, g,
                             random);
    mote::activation a[most_tokens];
    for (std::size_t k = 0; k < tokens; ++k) {
      for (auto& v : x) v = random.uniform() * 8.0F - 4.0F;
      a[k] = mote::quantize_activations<Format>(x, cols, buffers[k]);
    }
    for (auto& v : got) v = -99.0F;
    const mote::matrix<Format> w{packed, rows, cols};
    mote::matmul<mote::simd::scalar>(w, a, tokens, expected, stride);
    mote::matmul<Isa>(w, a, tokens, got, stride);
    for (std::size_t k = 0; k < tokens; ++k)
      r.check(__builtin_memcmp(got + k * stride, expected + k * stride, rows * 4) == 0, "matmul");
    for (auto& v : got) v = -99.0F;
    mote::matvec<Isa>(w, a[0], got);
    r.check(__builtin_memcmp(got, expected, rows * 4) == 0, Format::name.data());
  }
}

/// The unit of Rows rows on Isa, and every format laid so.
/// Weights of floats against one product and one sum after another: fused ones must not be seen.
template <class Format>
void check_floats(report& r) {
  constexpr std::size_t rows = 21, cols = 67, tokens = 11, step = mote::round_up(cols, 16);
  constexpr std::size_t stride = mote::padded(rows);
  alignas(64) static std::byte packed[Format::bytes(rows, cols)],
      buffer[tokens][mote::round_up(mote::activation_bytes<Format>(step) + 16, 16)];
  static float w[rows * cols], x[tokens * step], y[tokens * stride], row[cols];
  mote::rng random(5);
  for (float& v : w) v = random.uniform() * 3.0F - 1.5F;
  for (float& v : x) v = random.uniform() * 60.0F - 30.0F;
  for (std::size_t tile = 0; tile * Format::rows < rows; ++tile) {
    const std::size_t first = tile * Format::rows;
    Format::encode_tile(w + first * cols, rows - first < Format::rows ? rows - first : Format::rows, cols,
                        packed + tile * Format::tile_bytes(cols));
  }
  mote::activation a[tokens];
  for (std::size_t t = 0; t < tokens; ++t) a[t] = mote::quantize_activations<Format>(x + t * step, cols, buffer[t]);
  const mote::matrix<Format> m{packed, rows, cols};
  mote::matmul(m, a, tokens, y, stride);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t i = 0; i < rows; ++i) {
      m.decode_row(i, row);
      float sum = 0;
      for (std::size_t c = 0; c < cols; ++c) {
        volatile float product = row[c] * a[t].x[c];
        sum = sum + product;
      }
      r.check(bits_of(y[t * stride + i]) == bits_of(sum), "weights of floats");
    }
  mote::matvec(m, a[0], y + stride);
  for (std::size_t i = 0; i < rows; ++i) r.check(bits_of(y[stride + i]) == bits_of(y[i]), "one token alone");
}

template <class Isa, std::size_t Rows>
void check(report& r) {
  unit_checks<mote::simd::dot4<Isa, Rows>, Rows> unit{r};
  unit.bytewise();
  unit.dots();
  check_format<Isa, mote::q8<Rows, 32>>(r);
  check_format<Isa, mote::q8<Rows, 64>>(r);
  check_format<Isa, mote::q6<Rows>>(r);
  check_format<Isa, mote::q5<Rows>>(r);
  check_format<Isa, mote::q4<Rows>>(r);
  check_format<Isa, mote::iq4_nl<Rows>>(r);
  check_format<Isa, mote::q3<Rows>>(r);
  check_format<Isa, mote::q2<Rows>>(r);
  check_format<Isa, mote::ternary<Rows>>(r);
  check_format<Isa, mote::trits<Rows>>(r);
  check_format<Isa, mote::qk<6, 64, Rows>>(r);
  check_format<Isa, mote::qk<5, 192, Rows>>(r);
  check_format<Isa, mote::qk<4, 96, Rows>>(r);
  check_format<Isa, mote::qk<3, 64, Rows>>(r);
  check_format<Isa, mote::qk<2, 192, Rows>>(r);
  check_format<Isa, mote::affine<5, Rows>>(r);
  check_format<Isa, mote::affine<4, Rows>>(r);
}

/// The rows that this binary's own instruction set interleaves, and what it derives from where that differs.
inline int run(print_function print) {
  report r{print};
  using native = mote::simd::native;
  constexpr std::size_t rows = mote::interleaved_rows(native::value);
  check<native, rows>(r);
  check_floats<mote::f32<rows>>(r);
  check_floats<mote::f16<rows>>(r);
  check_floats<mote::bf16<rows>>(r);
  check_lanes(r);
  check_tiles<native>(r);
  check_kernels(r);
  print(mote::name(native::value).data());
  print(r.failures == 0 ? ": ok, as plain loops\n" : ": differs from plain loops\n");
  if (r.checks < 1000) return 1;
  return r.failures;
}

}  // namespace mote_units
