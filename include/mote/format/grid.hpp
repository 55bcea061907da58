// SPDX-License-Identifier: BSL-1.0
// A grid says which numbers a group of weights may take, scale * value(code), and how floats are rounded to them. Formats,
// quantisers and converters of files are written over grids:
//
//   bits, codes, zero                 a code's bits, how many codes there are, the code for what is missing
//   value(code)                       the integer that the scale multiplies
//   signed_scale                      may the scale be negative?
//   fit(w, n, codes)                  rounds n weights; gives the scale as the format stores it
//   nearest(w, scale)                 the code for one weight under a given scale
//
// Refuses libm, and to lose anything of weights that lie on the grid already: they come back bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/half.hpp"

namespace mote::inline v0 {

/// Columns of a scale or of a quantised activation: all of a row.
inline constexpr std::size_t whole_row = ~std::size_t{0};

namespace detail {

/// The weight of largest magnitude, with its sign; the first of equals. Not a number counts as nothing.
constexpr float most_of(const float* w /* (n) */, std::size_t n) {
  float most = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (__builtin_fabsf(w[i]) > __builtin_fabsf(most)) most = w[i];
  return most;
}

/// x rounded to the nearest integer, ties to even, and kept within [low, high]; not a number becomes high.
constexpr float rounded(float x, float low, float high) {
  x = x < high ? x : high;
  x = x > low ? x : low;
  return (x + 12582912.0F) - 12582912.0F;
}

constexpr float stored_half(float x) { return simd::signed_half_to_float(simd::float_to_signed_half(x)); }

/// Are all weights scale * value(code) for this scale, without rounding? Fills codes while it is so.
template <class Grid>
constexpr bool lies_on_grid(const float* w /* (n) */, std::size_t n, float scale, std::uint8_t* codes /* (n) */) {
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned code = Grid::nearest(w[i], scale);
    if (scale * static_cast<float>(Grid::value(code)) != w[i]) return false;
    codes[i] = static_cast<std::uint8_t>(code);
  }
  return true;
}

/// Looks for a scale, exact in binary16, under which all weights lie on the grid: the one where the largest weight has the
/// outermost code possible. Gives 0 where there is none.
template <class Grid>
constexpr float exact_scale(const float* w /* (n) */, std::size_t n, std::uint8_t* codes /* (n) */) {
  const float most = most_of(w, n);
  if (most == 0.0F) return 0;
  for (unsigned i = 0; i < Grid::codes; ++i) {
    const unsigned code = i % 2 == 0 ? i / 2 : Grid::codes - 1 - i / 2;  // outermost first: 0, 15, 1, 14, ..
    const int value = Grid::value(code);
    if (value == 0) continue;
    const float scale = most / static_cast<float>(value);
    if (scale < 0.0F && !Grid::signed_scale) continue;
    if (stored_half(scale) == scale && lies_on_grid<Grid>(w, n, scale, codes)) return scale;
  }
  return 0;
}

/// A grid's fit(): exactly where that is possible, else by Grid::search; either way in the form that exact_scale prefers, so
/// that decoded weights encode to the same bytes.
template <class Grid>
constexpr float fit_to_grid(const float* w /* (n) */, std::size_t n, std::uint8_t* codes /* (n) */) {
  float scale = exact_scale<Grid>(w, n, codes);
  if (scale != 0.0F) return scale;
  scale = Grid::search(w, n, codes);
  float decoded[256];
  float biggest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    decoded[i] = scale * static_cast<float>(Grid::value(codes[i]));
    biggest = __builtin_fabsf(decoded[i]) > biggest ? __builtin_fabsf(decoded[i]) : biggest;
  }
  if (biggest != 0.0F) scale = exact_scale<Grid>(decoded, n, codes);
  else scale = 0;
  if (scale == 0.0F)
    for (std::size_t i = 0; i < n; ++i) codes[i] = Grid::zero;
  return scale;
}

}  // namespace detail

/// -127 .. 127 times a scale that is never negative: the largest magnitude becomes 127. The scale is a half, or a float.
template <bool FloatScale>
struct byte_grid {
  static constexpr unsigned bits = 8;
  static constexpr unsigned codes = 256;
  static constexpr unsigned zero = 128;
  static constexpr bool signed_scale = false;

  static constexpr int value(unsigned code) { return static_cast<int>(code) - 128; }

  static constexpr unsigned nearest(float w, float scale) {
    return static_cast<unsigned>(static_cast<int>(detail::rounded(scale != 0.0F ? w / scale : 0.0F, -127.0F, 127.0F)) + 128);
  }

  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    float scale = __builtin_fabsf(detail::most_of(w, n)) / 127.0F;
    if constexpr (!FloatScale) scale = simd::half_to_float(simd::float_to_half(scale));
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(nearest(w[i], scale));
    return scale;
  }
};

/// -2^(Bits-1) .. 2^(Bits-1) - 1 times a scale with a sign: the weight of largest magnitude becomes the outermost code, as
/// in GGUF's Q4_0 and Q5_0, with their rounding.
template <unsigned Bits>
struct signed_grid {
  static constexpr unsigned bits = Bits;
  static constexpr unsigned codes = 1U << Bits;
  static constexpr unsigned zero = codes / 2;
  static constexpr bool signed_scale = true;

  static constexpr int value(unsigned code) { return static_cast<int>(code) - static_cast<int>(zero); }

  static constexpr unsigned nearest(float w, float scale) { return code_of(scale != 0.0F ? w / scale : 0.0F); }

  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    return detail::fit_to_grid<signed_grid>(w, n, out);
  }
  static constexpr float search(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    const float scale = detail::most_of(w, n) / -static_cast<float>(zero);
    const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;  // of the scale before it is a half: GGUF's rounding
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(code_of(w[i] * inverse));
    return detail::stored_half(scale);
  }

 private:
  static constexpr unsigned code_of(float steps) {
    float shifted = steps + (static_cast<float>(zero) + 0.5F);
    constexpr auto last = static_cast<float>(codes - 1);
    shifted = shifted < last ? shifted : last;  // not a number becomes the last code
    return shifted > 0.0F ? static_cast<unsigned>(shifted) : 0U;
  }
};

}  // namespace mote::inline v0
