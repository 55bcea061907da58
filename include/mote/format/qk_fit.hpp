// SPDX-License-Identifier: BSL-1.0
// Rounds floats to super-blocks: searches for each sub-block's scale and minimum of least squared error, then
// rounds the block's, then the integers and codes that are stored for them.
// Refuses calibration data: every weight counts alike. Refuses libm too, so that all machines encode the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/float16.hpp"

namespace mote::inline v0 {

/// The numbers of a super-block for each number of bits, as in GGUF's Q2_K to Q6_K.
///
///   bits a code   columns a sub-block   its scale              its minimum     weight
///   2             16                    4 bits, 0 .. 15        4 bits          d * scale * code - dmin * minimum
///   3             16                    6 bits, -32 .. 31      -               d * scale * (code - 4)
///   4             32                    6 bits, 0 .. 63        6 bits          d * scale * code - dmin * minimum
///   5             32                    6 bits, 0 .. 63        6 bits          d * scale * code - dmin * minimum
///   6             16                    8 bits, -128 .. 127    -               d * scale * (code - 32)
template <unsigned Bits>
struct qk_grid {
  static_assert(Bits >= 2 && Bits <= 6);
  static constexpr unsigned bits = Bits;
  static constexpr unsigned codes = 1U << Bits;
  static constexpr bool has_min = Bits == 2 || Bits == 4 || Bits == 5;
  static constexpr std::size_t sub = Bits == 4 || Bits == 5 ? 32 : 16;
  static constexpr int offset = has_min ? 0 : static_cast<int>(codes / 2);  // the code of zero
  static constexpr unsigned scale_bits = Bits == 2 ? 4 : Bits == 6 ? 8 : 6;
  static constexpr int scale_offset = has_min ? 0 : 1 << (scale_bits - 1);
  static constexpr int largest_scale = has_min ? (1 << scale_bits) - 1 : scale_offset - 1;

  /// The factor that a stored scale means; scales with a sign are stored with scale_offset added.
  static constexpr float factor(unsigned stored) { return static_cast<float>(static_cast<int>(stored) - scale_offset); }
  static constexpr float value(unsigned code) { return static_cast<float>(static_cast<int>(code) - offset); }
  /// A weight from the stored numbers, in the order of operations of GGUF's readers.
  static constexpr float weight(float d, unsigned scale, unsigned code, float dmin, unsigned min) {
    const float part = d * factor(scale) * value(code);
    if constexpr (has_min) return part - dmin * static_cast<float>(min);
    else return part;
  }
};

/// One row of a super-block, unpacked: importers and quantizers exchange it with a format. Scales are as stored,
/// with scale_offset added.
struct qk_row {
  std::uint16_t d = 0;          // binary16
  std::uint16_t dmin = 0;       // binary16; 0 where there are no minima
  std::uint8_t scale[16] = {};  // (sub-blocks)
  std::uint8_t min[16] = {};    // (sub-blocks)
  std::uint8_t code[256] = {};  // (columns)

  bool operator==(const qk_row&) const = default;
};

namespace detail {

/// x clamped to [low, high] and rounded to the nearest integer, ties to even; NaN becomes high.
constexpr float to_grid(float x, float low, float high) {
  x = x < high ? x : high;
  x = x > low ? x : low;
  return (x + 12582912.0F) - 12582912.0F;
}

struct qk_sub_fit {
  float scale = 0;
  float min = 0;
  float error = 0;  // squared
};

/// codes = (x + min) / scale, rounded to 0 .. Largest; returns their squared error.
template <int Largest>
constexpr float affine_error(const float* x /* (n) */, std::size_t n, float scale, float min, float* codes /* (n) */) {
  const float inverse = scale > 0.0F ? 1.0F / scale : 0.0F;
  float error = 0;
  for (std::size_t i = 0; i < n; ++i) {
    codes[i] = to_grid((x[i] + min) * inverse, 0.0F, static_cast<float>(Largest));
    const float off = scale * codes[i] - min - x[i];
    error = error + off * off;
  }
  return error;
}

/// Fits x ~ scale * code - min with codes 0 .. Largest, scale and min not negative. Tries to divide the range of x into
/// Largest - From / 10 to Largest + To / 10 steps; for each, takes the least-squares line through the rounded codes.
template <int Largest, int From, int To>
constexpr qk_sub_fit fit_affine(const float* x /* (n) */, std::size_t n) {
  float low = 0, high = x[0];
  for (std::size_t i = 0; i < n; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  if (!(high > low)) return {.scale = 0, .min = -low, .error = 0};
  float codes[32] = {};
  qk_sub_fit best{.scale = (high - low) / static_cast<float>(Largest), .min = -low, .error = 0};
  best.error = affine_error<Largest>(x, n, best.scale, best.min, codes);
  for (int tenths = -From; tenths <= To; ++tenths) {
    const float range = static_cast<float>(Largest) + 0.1F * static_cast<float>(tenths);
    affine_error<Largest>(x, n, (high - low) / range, -low, codes);
    float sum_x = 0, sum_q = 0, sum_qq = 0, sum_qx = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum_x = sum_x + x[i];
      sum_q = sum_q + codes[i];
      sum_qq = sum_qq + codes[i] * codes[i];
      sum_qx = sum_qx + codes[i] * x[i];
    }
    const auto count = static_cast<float>(n);
    const float determinant = count * sum_qq - sum_q * sum_q;
    if (!(determinant > 0.0F)) continue;
    qk_sub_fit fit{.scale = (count * sum_qx - sum_x * sum_q) / determinant,
                   .min = (sum_q * sum_qx - sum_qq * sum_x) / determinant,
                   .error = 0};
    if (fit.min < 0.0F) fit = {.scale = sum_qx / sum_qq, .min = 0, .error = 0};
    if (!(fit.scale > 0.0F)) continue;
    fit.error = affine_error<Largest>(x, n, fit.scale, fit.min, codes);
    if (fit.error < best.error) best = fit;
  }
  return best;
}

/// codes = x / scale (of either sign), rounded to -Half .. Half - 1; returns their squared error.
template <int Half>
constexpr float symmetric_error(const float* x /* (n) */, std::size_t n, float scale, float* codes /* (n) */) {
  const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
  float error = 0;
  for (std::size_t i = 0; i < n; ++i) {
    codes[i] = to_grid(x[i] * inverse, static_cast<float>(-Half), static_cast<float>(Half - 1));
    const float off = scale * codes[i] - x[i];
    error = error + off * off;
  }
  return error;
}

/// Fits x ~ scale * code with codes -Half .. Half - 1. Tries scales that put the largest weight at Half - From / 10 to
/// Half + To / 10, with either sign; for each, takes the least-squares scale for the rounded codes.
template <int Half, int From, int To>
constexpr qk_sub_fit fit_symmetric(const float* x /* (n) */, std::size_t n) {
  float most = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (__builtin_fabsf(x[i]) > __builtin_fabsf(most)) most = x[i];
  if (most == 0.0F) return {};
  float codes[16] = {};
  qk_sub_fit best{.scale = most / static_cast<float>(-Half), .min = 0, .error = 0};
  best.error = symmetric_error<Half>(x, n, best.scale, codes);
  for (int side = -1; side <= 1; side += 2)
    for (int tenths = -From; tenths <= To; ++tenths) {
      const float range = static_cast<float>(Half) + 0.1F * static_cast<float>(tenths);
      symmetric_error<Half>(x, n, most / (static_cast<float>(side) * range), codes);
      float sum_qq = 0, sum_qx = 0;
      for (std::size_t i = 0; i < n; ++i) {
        sum_qq = sum_qq + codes[i] * codes[i];
        sum_qx = sum_qx + codes[i] * x[i];
      }
      if (!(sum_qq > 0.0F)) continue;
      qk_sub_fit fit{.scale = sum_qx / sum_qq, .min = 0, .error = 0};
      fit.error = symmetric_error<Half>(x, n, fit.scale, codes);
      if (fit.error < best.error) best = fit;
    }
  return best;
}

}  // namespace detail

/// Rounds one row of a block: n columns, at most 256. The codes from n on are those of zero.
template <unsigned Bits>
constexpr qk_row qk_fit(const float* x /* (n) */, std::size_t n) {
  using grid = qk_grid<Bits>;
  constexpr int largest = static_cast<int>(grid::codes) - 1;
  constexpr int half = static_cast<int>(grid::codes / 2);
  const std::size_t subs = (n + grid::sub - 1) / grid::sub;
  const auto width = [&](std::size_t s) { return n - s * grid::sub < grid::sub ? n - s * grid::sub : grid::sub; };

  detail::qk_sub_fit fits[16];
  float most_scale = 0, most_min = 0;
  for (std::size_t s = 0; s < subs; ++s) {
    const float* from = x + s * grid::sub;
    if constexpr (grid::has_min)
      fits[s] = detail::fit_affine < largest, Bits == 2 ? 8 : 10, Bits == 2 ? 15 : 25 > (from, width(s));
    else fits[s] = detail::fit_symmetric < half, Bits == 3 ? 15 : 12, 8 > (from, width(s));
    if (__builtin_fabsf(fits[s].scale) > __builtin_fabsf(most_scale)) most_scale = fits[s].scale;
    if (fits[s].min > most_min) most_min = fits[s].min;
  }

  qk_row row;
  for (auto& code : row.code) code = static_cast<std::uint8_t>(grid::offset);
  constexpr int outermost = grid::has_min ? grid::largest_scale : -grid::scale_offset;
  row.d = simd::to_binary16(most_scale / static_cast<float>(outermost));
  const float d = simd::from_binary16(row.d);
  float dmin = 0;
  if constexpr (grid::has_min) {
    row.dmin = simd::to_binary16(most_min / static_cast<float>(grid::largest_scale));
    dmin = simd::from_binary16(row.dmin);
  }
  // Tries the nearest integers for scale and minimum and their neighbours; keeps those of least squared error.
  constexpr float lowest = grid::has_min ? 0.0F : static_cast<float>(-grid::scale_offset);
  constexpr auto highest = static_cast<float>(grid::largest_scale);
  for (std::size_t s = 0; s < 16; ++s) row.scale[s] = static_cast<std::uint8_t>(grid::scale_offset);
  for (std::size_t s = 0; s < subs; ++s) {
    const float* from = x + s * grid::sub;
    const float near_scale = detail::to_grid(d != 0.0F ? fits[s].scale / d : 0.0F, lowest, highest);
    const float near_min = detail::to_grid(dmin > 0.0F ? fits[s].min / dmin : 0.0F, 0.0F, highest);
    float codes[32] = {};
    float best = -1;
    for (float scale = near_scale - 1; scale <= near_scale + 1; ++scale) {
      if (scale < lowest || scale > highest) continue;
      for (float min = near_min - 1; min <= near_min + 1; ++min) {
        if (min < 0.0F || min > highest || (!grid::has_min && min > 0.0F)) continue;
        float error = 0;
        if constexpr (grid::has_min)
          error = detail::affine_error<largest>(from, width(s), d * scale, dmin * min, codes);
        else error = detail::symmetric_error<half>(from, width(s), d * scale, codes);
        if (best >= 0.0F && !(error < best)) continue;
        best = error;
        row.scale[s] = static_cast<std::uint8_t>(static_cast<int>(scale) + grid::scale_offset);
        row.min[s] = static_cast<std::uint8_t>(min);
        for (std::size_t i = 0; i < width(s); ++i)
          row.code[s * grid::sub + i] = static_cast<std::uint8_t>(static_cast<int>(codes[i]) + grid::offset);
      }
    }
  }
  return row;
}

}  // namespace mote::inline v0
