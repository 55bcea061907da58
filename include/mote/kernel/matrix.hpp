// SPDX-License-Identifier: BSL-1.0
// A packed matrix and the vector it is multiplied with: pointers and sizes, given to kernels as arguments so that one
// body serves every shape.
// Refuses to own memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/format/grid.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

/// Buffers of floats are padded to this many, so that kernels may write whole vectors.
inline constexpr std::size_t float_padding = 16;
constexpr std::size_t padded(std::size_t floats) { return round_up(floats, float_padding); }

/// A (rows, cols) matrix in Format, in place.
template <class Format>
struct matrix {
  const std::byte* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;

  const std::byte* tile(std::size_t index) const { return data + index * Format::tile_bytes(cols); }
  /// Decodes one row into out, (cols).
  void decode_row(std::size_t row, float* out) const {
    Format::decode_row(tile(row / Format::rows), row % Format::rows, cols, out);
  }
  /// Some of the rows, as a matrix; first_row is a multiple of Format::rows. Threads split a matrix with it.
  matrix slice(std::size_t first_row, std::size_t row_count) const {
    return {tile(first_row / Format::rows), row_count, cols};
  }
};

/// A vector as the kernels of a format want it: floats, for f16 and bf16 with few bits of precision, and for integer
/// formats 8 bits with a scale and a sum for each group of columns, or for the whole row.
struct activation {
  const float* x = nullptr;           // (cols)
  const std::int8_t* q = nullptr;     // (groups, group)
  const float* scale = nullptr;       // (groups)
  const std::int32_t* sum = nullptr;  // (groups)
};

/// The integers of an activation with one scale for a whole row: 32 zeros follow it, for formats that read in other steps.
constexpr std::size_t whole_row_padded(std::size_t cols) { return round_up(cols, 32) + 32; }

/// The bytes that quantise_groups() needs beside the floats. Group: 0 (none), exact_products(), 16, 32, 64 or whole_row.
template <std::size_t Group>
constexpr std::size_t activation_group_bytes(std::size_t cols) {
  if constexpr (Group == 0) return 0;
  else if constexpr (exact_product_bits(Group) != 0) return cols * sizeof(float);
  else if constexpr (Group == whole_row) return whole_row_padded(cols) + 8;
  else return ceil_div(cols, Group) * (Group + 8);
}

/// The bytes that quantise() needs beside the floats.
template <class Format>
constexpr std::size_t activation_bytes(std::size_t cols) {
  return activation_group_bytes<Format::activation_group>(cols);
}

namespace detail {

/// What rounds floats of a known largest magnitude to integers.
struct rounding {
  simd::floats<16> inverse;
  MOTE_INLINE explicit rounding(float largest)
      : inverse(simd::floats<16>::all(largest > 0.0F ? 127.0F / largest : 0.0F)) {}
  /// Sixteen floats to 8 bits, nearest, ties to even; gives the integers.
  MOTE_INLINE simd::ints<16> store(simd::floats<16> x, std::int8_t* q /* (16) */) const {
    const auto magic = simd::floats<16>::all(12582912.0F);  // 1.5 * 2^23: the sum's last bits are the nearest integer
    const auto integers = simd::last_bytes(x * inverse + magic);
    simd::store_bytes(integers, q);
    return integers;
  }
};

/// x without its last Bits bits of precision (Veltkamp's splitting, 1968): times a weight of Bits bits that is 24 bits, a
/// float as it is. What is below 2^-60 becomes zero: times a weight of 2^-66 and above no product is subnormal. What is
/// above 2^116 may become not a number.
template <unsigned Bits, std::size_t N>
MOTE_INLINE simd::floats<N> round_off(simd::floats<N> x) {
  using floats = simd::floats<N>;
  const auto high = x * floats::all(static_cast<float>((1U << Bits) + 1U));
  return simd::where_less(simd::absolute(x), floats::all(0x1p-60F), floats::all(0.0F), high + (x - high));
}

}  // namespace detail

/// Rounds x to 8 bits, one scale a group: the largest magnitude becomes 127 (nearest, ties to even). All formats of the same
/// activation_group can use the result.
template <std::size_t Group>
activation quantise_groups(const float* x /* (cols) */, std::size_t cols,
                           std::byte* buffer /* activation_group_bytes(cols) */) {
  using lanes = simd::floats<16>;
  activation a{.x = x};
  if constexpr (constexpr unsigned bits = exact_product_bits(Group); bits != 0) {
    auto* rounded = reinterpret_cast<float*>(buffer);
    std::size_t i = 0;
    for (; i + 16 <= cols; i += 16) detail::round_off<bits>(lanes::load(x + i)).store(rounded + i);
    for (; i < cols; ++i) detail::round_off<bits>(simd::floats<1>::load(x + i)).store(rounded + i);
    a.x = rounded;
  } else if constexpr (Group == whole_row) {
    const std::size_t width = whole_row_padded(cols);
    auto* q = reinterpret_cast<std::int8_t*>(buffer);
    auto* scale = reinterpret_cast<float*>(buffer + width);
    auto* sum = reinterpret_cast<std::int32_t*>(buffer + width + 4);
    float tail[16] = {};  // the ragged end of a row: zeros, like the weights there
    const std::size_t whole = cols / 16 * 16;
    for (std::size_t i = whole; i < cols; ++i) tail[i - whole] = x[i];
    lanes most = simd::absolute(lanes::load(tail));
    for (std::size_t i = 0; i < whole; i += 16) most = simd::larger(most, simd::absolute(lanes::load(x + i)));
    const float largest = simd::largest(most);
    const detail::rounding rounded(largest);
    auto total = rounded.store(lanes::load(tail), q + whole);
    for (std::size_t i = 0; i < whole; i += 16) total = total + rounded.store(lanes::load(x + i), q + i);
    for (std::size_t i = whole + 16; i < width; ++i) q[i] = 0;
    *scale = largest / 127.0F;
    *sum = simd::join(total);
    a.q = q;
    a.scale = scale;
    a.sum = sum;
  } else if constexpr (Group != 0) {
    const std::size_t groups = ceil_div(cols, Group);
    auto* q = reinterpret_cast<std::int8_t*>(buffer);
    auto* scale = reinterpret_cast<float*>(buffer + groups * Group);
    auto* sum = reinterpret_cast<std::int32_t*>(buffer + groups * (Group + 4));
    for (std::size_t g = 0; g < groups; ++g) {
      const float* from = x + g * Group;
      float tail[Group];
      if (cols - g * Group < Group) {  // the ragged end of a row: zeros, like the weights there
        for (std::size_t i = 0; i < Group; ++i) tail[i] = g * Group + i < cols ? from[i] : 0.0F;
        from = tail;
      }
#if MOTE_WITH_MVE_FLOATS
      if (simd::guarded_rounding(from, Group, q + g * Group, scale + g, sum + g)) continue;
#endif
      lanes most = simd::absolute(lanes::load(from));
      for (std::size_t i = 16; i < Group; i += 16) most = simd::larger(most, simd::absolute(lanes::load(from + i)));
      const float largest = simd::largest(most);
      scale[g] = largest / 127.0F;
      const detail::rounding rounded(largest);
      auto total = simd::ints<16>::all(0);
      for (std::size_t at = 0; at < Group; at += 16)
        total = total + rounded.store(lanes::load(from + at), q + g * Group + at);
      sum[g] = simd::join(total);
    }
    a.q = q;
    a.scale = scale;
    a.sum = sum;
  }
  return a;
}

/// x as the kernels of Format want it.
template <class Format>
activation quantise(const float* x /* (cols) */, std::size_t cols, std::byte* buffer /* activation_bytes(cols) */) {
  return quantise_groups<Format::activation_group>(x, cols, buffer);
}

}  // namespace mote::inline v0
