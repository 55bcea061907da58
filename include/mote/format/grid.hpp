// SPDX-License-Identifier: BSL-1.0
// A grid defines which numbers a group of weights may take, scale * value(code), and how floats are rounded to them.
// Formats, quantizers and converters of files are templates over a grid:
//
//   bits, codes, zero                 bits of a code, number of codes, the code of padding
//   value(code)                       the integer that the scale multiplies
//   signed_scale                      true if the scale may be negative
//   fit(w, n, codes)                  rounds n weights into codes; returns the scale as the format stores it
//   nearest(w, scale)                 the code for one weight under a given scale
//
// Refuses libm: all machines round alike. fit_to_grid() keeps weights that are on a grid already, bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/half.hpp"

namespace mote::inline v0 {

/// The group of a scale or of a quantized activation that is the whole row.
inline constexpr std::size_t whole_row = ~std::size_t{0};
/// The activation group that means: floats of so few bits that their products with weights of weight_bits bits are
/// exact in a float of 24 bits.
constexpr std::size_t exact_products(unsigned weight_bits) { return whole_row - weight_bits; }
/// weight_bits if group is exact_products(weight_bits), else 0.
constexpr unsigned exact_product_bits(std::size_t group) {
  return whole_row - group < 24 ? static_cast<unsigned>(whole_row - group) : 0;
}

namespace detail {

/// The weight of largest magnitude, with its sign; the first of equals. NaN is ignored.
constexpr float most_of(const float* w /* (n) */, std::size_t n) {
  float most = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (__builtin_fabsf(w[i]) > __builtin_fabsf(most)) most = w[i];
  return most;
}

/// x clamped to [low, high] and rounded to the nearest integer, ties to even; NaN becomes high.
constexpr float round_within(float x, float low, float high) {
  x = x < high ? x : high;
  x = x > low ? x : low;
  return (x + 12582912.0F) - 12582912.0F;
}

constexpr float stored_half(float x) { return simd::signed_half_to_float(simd::float_to_signed_half(x)); }

/// True if every weight is exactly scale * value(code) for some code. Fills codes up to the first that is not.
template <class Grid>
constexpr bool lies_on_grid(const float* w /* (n) */, std::size_t n, float scale, std::uint8_t* codes /* (n) */) {
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned code = Grid::nearest(w[i], scale);
    if (scale * static_cast<float>(Grid::value(code)) != w[i]) return false;
    codes[i] = static_cast<std::uint8_t>(code);
  }
  return true;
}

/// Finds a scale, exact in binary16, under which all weights are on the grid; of several, the one that gives the
/// largest weight the outermost code. Returns 0 if there is none.
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

/// The fit() of a grid, for n up to 256: exact if exact_scale() finds a scale, else by Grid::search(). Codes and scale
/// have the form that exact_scale() prefers, so that decoded weights encode to the same bytes.
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

/// A search for the scale of least squared error. attempt() rounds a scale to a half and gives every weight its nearest
/// code; then it tries, likewise, the scale that has the least squared error for these codes.
template <class Grid>
class scale_search {
 public:
  constexpr scale_search(const float* w /* (n) */, std::size_t n) : w_(w), n_(n) {}

  constexpr void attempt(float scale) {
    for (int turn = 0; turn < 2; ++turn) {
      scale = stored_half(scale);
      if (scale == 0.0F) return;
      float error = 0, along = 0, size = 0;
      for (std::size_t i = 0; i < n_; ++i) {
        const auto value = static_cast<float>(Grid::value(Grid::nearest(w_[i], scale)));
        const float off = w_[i] - scale * value;
        error += off * off;
        along += w_[i] * value;
        size += value * value;
      }
      if (error < least_) {
        least_ = error;
        best_ = scale;
      }
      if (size == 0.0F) return;
      scale = along / size;
      if (scale < 0.0F && !Grid::signed_scale) return;
    }
  }
  /// Returns the best scale, and writes its codes.
  constexpr float finish(std::uint8_t* codes /* (n) */) const {
    for (std::size_t i = 0; i < n_; ++i) codes[i] = static_cast<std::uint8_t>(Grid::nearest(w_[i], best_));
    return best_;
  }

 private:
  const float* w_;
  std::size_t n_;
  float best_ = 0;
  float least_ = __builtin_inff();
};

}  // namespace detail

/// -127 .. 127 times a scale that is never negative; the largest magnitude becomes 127. The scale is a half or, with
/// FloatScale, a float.
template <bool FloatScale>
struct byte_grid {
  static constexpr unsigned bits = 8;
  static constexpr unsigned codes = 256;
  static constexpr unsigned zero = 128;
  static constexpr bool signed_scale = false;

  static constexpr int value(unsigned code) { return static_cast<int>(code) - 128; }

  static constexpr unsigned nearest(float w, float scale) {
    return static_cast<unsigned>(
        static_cast<int>(detail::round_within(scale != 0.0F ? w / scale : 0.0F, -127.0F, 127.0F)) + 128);
  }

  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    float scale = __builtin_fabsf(detail::most_of(w, n)) / 127.0F;
    if constexpr (!FloatScale) scale = simd::half_to_float(simd::float_to_half(scale));
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(nearest(w[i], scale));
    return scale;
  }
};

/// -2^(Bits-1) .. 2^(Bits-1) - 1 times a signed scale. The weight of largest magnitude gets code 0, the outermost, with
/// the rounding of GGUF's Q4_0 and Q5_0; or, with Searched, the scale is searched for the least squared error.
template <unsigned Bits, bool Searched = false>
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
    const float most = detail::most_of(w, n);
    if constexpr (Searched) {
      detail::scale_search<signed_grid> s(w, n);
      // Puts the largest weight at 0.5 to 1.25 (three bits) or 0.94 to 1.03 (six bits) times the outermost value.
      for (int step = -16; step <= 8; ++step)
        s.attempt(most / -(static_cast<float>(zero) + static_cast<float>(step) * 0.125F));
      return s.finish(out);
    } else {
      const float scale = most / -static_cast<float>(zero);
      const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;  // before the scale is rounded, as in GGUF
      for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(code_of(w[i] * inverse));
      return detail::stored_half(scale);
    }
  }

 private:
  static constexpr unsigned code_of(float steps) {
    float shifted = steps + (static_cast<float>(zero) + 0.5F);
    constexpr auto last = static_cast<float>(codes - 1);
    shifted = shifted < last ? shifted : last;  // NaN becomes the last code
    return shifted > 0.0F ? static_cast<unsigned>(shifted) : 0U;
  }
};

/// The odd numbers -2^Bits + 1 .. 2^Bits - 1 times a scale: symmetric, without a zero, for which two bits have no code
/// to spare. The scale is searched for the least squared error.
template <unsigned Bits>
struct odd_grid {
  static constexpr unsigned bits = Bits;
  static constexpr unsigned codes = 1U << Bits;
  static constexpr unsigned zero = codes / 2;  // of padding, whose scale or activation is zero
  static constexpr bool signed_scale = false;
  static constexpr unsigned steps = 2;  // value(code + 1) - value(code)

  static constexpr int value(unsigned code) { return 2 * static_cast<int>(code) - static_cast<int>(codes - 1); }

  static constexpr unsigned nearest(float w, float scale) {
    float shifted = (scale != 0.0F ? w / scale : 0.0F) * 0.5F + static_cast<float>(zero);
    constexpr auto last = static_cast<float>(codes - 1);
    shifted = shifted < last ? shifted : last;  // NaN becomes the last code
    return shifted > 0.0F ? static_cast<unsigned>(shifted) : 0U;
  }

  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    return detail::fit_to_grid<odd_grid>(w, n, out);
  }
  static constexpr float search(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    const float most = __builtin_fabsf(detail::most_of(w, n));
    detail::scale_search<odd_grid> s(w, n);
    for (int step = -16; step <= 24; ++step)
      s.attempt(most / (static_cast<float>(codes - 1) + static_cast<float>(step) * 0.125F));
    return s.finish(out);
  }
};

/// Sixteen numbers, denser near zero, as weights are: the table of GGUF's IQ4_NL.
struct table_grid {
  static constexpr unsigned bits = 4;
  static constexpr unsigned codes = 16;
  static constexpr unsigned zero = 8;  // its value is 1, the nearest to zero
  static constexpr bool signed_scale = true;
  static constexpr std::int8_t table[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

  static constexpr int value(unsigned code) { return table[code]; }

  static constexpr unsigned nearest(float w, float scale) {
    const float steps = scale != 0.0F ? w / scale : 0.0F;
    unsigned code = 0;  // the number of midpoints between neighbours that are below; NaN becomes code 0
    for (unsigned i = 0; i < 15; ++i) code += steps > static_cast<float>(table[i] + table[i + 1]) * 0.5F ? 1U : 0U;
    return code;
  }

  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    return detail::fit_to_grid<table_grid>(w, n, out);
  }
  static constexpr float search(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    const float most = __builtin_fabsf(detail::most_of(w, n));
    detail::scale_search<table_grid> s(w, n);
    for (int step = -6; step <= 7; ++step) {
      const float scale = most / (113.0F + 7.0F * static_cast<float>(step));
      s.attempt(scale);  // the table is longer on its negative side: either sign may fit better
      s.attempt(-scale);
    }
    return s.finish(out);
  }
};

/// -1, 0 or 1 times one float for a whole row. The scale is fitted for a small squared error in alternating steps:
/// weights above half the scale get a code other than zero; the scale becomes the mean magnitude of those.
struct ternary_grid {
  static constexpr unsigned bits = 2;
  static constexpr unsigned codes = 3;
  static constexpr unsigned zero = 1;
  static constexpr bool signed_scale = false;

  static constexpr int value(unsigned code) { return static_cast<int>(code) - 1; }

  static constexpr unsigned nearest(float w, float scale) {
    const float middle = scale * 0.5F;
    if (scale == 0.0F) return zero;
    return w > middle ? 2U : w < -middle ? 0U : 1U;
  }

  /// The scale of a row: the magnitude of its weights if all but zeros have the same, else fitted in at most 30 rounds.
  static constexpr float scale_of(const float* w /* (n) */, std::size_t n) {
    const float most = __builtin_fabsf(detail::most_of(w, n));
    bool exact = true;
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const float size = __builtin_fabsf(w[i]);
      exact = exact && (size == most || size == 0.0F);
      total += static_cast<double>(size);
    }
    if (exact) return most;
    auto scale = static_cast<float>(total / static_cast<double>(n) * 1.5);
    std::size_t last = 0;
    for (int turn = 0; turn < 30; ++turn) {
      std::size_t count = 0;
      double above = 0;
      for (std::size_t i = 0; i < n; ++i)
        if (nearest(w[i], scale) != zero) {
          ++count;
          above += static_cast<double>(__builtin_fabsf(w[i]));
        }
      if (count == 0 || count == last) break;
      scale = static_cast<float>(above / static_cast<double>(count));
      last = count;
    }
    return scale;
  }
  static constexpr float fit(const float* w /* (n) */, std::size_t n, std::uint8_t* out /* (n) */) {
    const float scale = scale_of(w, n);
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(nearest(w[i], scale));
    return scale;
  }
};

}  // namespace mote::inline v0
