// SPDX-License-Identifier: BSL-1.0
// A packed matrix and the vector it is multiplied with: pointers and sizes, given to kernels as arguments so that one
// body serves every shape.
// Refuses to own memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/format/grid.hpp"
#include "mote/kernel/arch/guarded.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

/// The length of float buffers is a multiple of this, so that kernels may write whole vectors.
inline constexpr std::size_t float_padding = 16;
constexpr std::size_t padded(std::size_t floats) { return round_up(floats, float_padding); }

/// A view of a (rows, cols) matrix packed in Format; data is its first tile.
template <class Format>
struct matrix {
  using format = Format;
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

/// A vector in the form that a format's kernels read: floats for f32; floats rounded to 13 or 16 bits for f16 and bf16;
/// 8-bit integers for integer formats, with a scale and a sum for each group of columns or for the whole row.
struct activation {
  const float* x = nullptr;           // (cols)
  const std::int8_t* q = nullptr;     // (groups, group)
  const float* scale = nullptr;       // (groups)
  const std::int32_t* sum = nullptr;  // (groups)
};

/// The bytes of q with one scale for a whole row: at least 32 zeros follow the numbers, for formats that read past the
/// end because their groups are not of 32 columns.
constexpr std::size_t whole_row_padded(std::size_t cols) { return round_up(cols, 32) + 32; }

/// The bytes of buffer that quantize_groups() needs. Group: 0 (no rounding), exact_products(), 16, 32, 64 or whole_row.
template <std::size_t Group>
constexpr std::size_t activation_group_bytes(std::size_t cols) {
  if constexpr (Group == 0) return 0;
  else if constexpr (exact_product_bits(Group) != 0) return cols * sizeof(float);
  else if constexpr (Group == whole_row) return whole_row_padded(cols) + 8;
  else return ceil_div(cols, Group) * (Group + 8);
}

/// The bytes of buffer that quantize_activations() needs.
template <class Format>
constexpr std::size_t activation_bytes(std::size_t cols) {
  return activation_group_bytes<Format::activation_group>(cols);
}

namespace detail {

/// Rounds floats to 8-bit integers, given their largest magnitude. If one of them is infinite or NaN, its product with
/// the inverse is NaN. The bits of a NaN are far from those of any integer, and so is the sum of all: is_sum() notices
/// that, without an instruction for each number.
struct rounding {
  /// Without vectors the floats' bits are summed as they are; sum() subtracts this for each.
  static constexpr std::int32_t each = simd::floats<16>::registers == 16 ? simd::bits_of_zero : 0;

  simd::floats<16> inverse;
  MOTE_INLINE explicit rounding(float largest) : inverse(simd::floats<16>::all(inverse_of(largest))) {}
  /// 127 / largest, or 0 where that would be infinite.
  MOTE_INLINE static float inverse_of(float largest) { return largest > 0x1.FCp-122F ? 127.0F / largest : 0.0F; }
  /// Rounds sixteen floats to 8 bits (nearest, ties to even) into q; returns integer + `each` of every lane.
  MOTE_INLINE simd::ints<16> store(simd::floats<16> x, std::int8_t* q /* (16) */) const {
    const auto shifted = x * inverse + simd::floats<16>::all(simd::rounds_to_bits);
    simd::ints<16> integers;
    if constexpr (each != 0) integers = simd::map<simd::ints<16>>(shifted, [](float v) { return bits_of(v); });
    else integers = simd::rounded_bits(shifted);
    simd::store_bytes(integers, q);
    return integers;
  }
  /// The sum of `count` integers, given the sum `total` of what store() returned for them.
  MOTE_INLINE static std::int32_t sum(std::int32_t total, std::size_t count) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(total) - static_cast<std::uint32_t>(each) * count);
  }
  /// True if `count` integers (at most 255) with this sum came from numbers. The bits of a default NaN differ from an
  /// integer's by an odd multiple of 2^23: fewer than 256 NaNs cannot cancel modulo 2^32.
  MOTE_INLINE static bool is_sum(std::int32_t sum, std::size_t count) {
    const auto most = static_cast<std::uint32_t>(127 * count);
    return static_cast<std::uint32_t>(sum) + most <= 2 * most;
  }

 private:
  MOTE_INLINE static std::int32_t bits_of(float v) { return __builtin_bit_cast(std::int32_t, v); }
};
/// Marks a group that is not finite: its scale becomes NaN, and so does every product with it.
MOTE_INLINE void give_up(float& scale, std::int32_t& sum) {
  scale = __builtin_nanf("");
  sum = 0;
}

/// x rounded to 24 - Bits bits (Veltkamp's splitting, 1968): its product with a weight of Bits bits has 24 bits and is
/// exactly a float. |x| below 2^-60 becomes 0, so that no product with a weight of at least 2^-66 is subnormal. |x|
/// above 2^112 becomes NaN, and above 2^108 it may: else a product with a weight of 65504 could overflow, where a fused
/// multiply-add would give another answer.
template <unsigned Bits, std::size_t N>
MOTE_INLINE simd::floats<N> round_off(simd::floats<N> x) {
  using floats = simd::floats<N>;
  const auto high = x * floats::all(static_cast<float>((1U << Bits) + 1U) * 256.0F) * floats::all(1.0F / 256.0F);
  return simd::where_less(simd::absolute(x), floats::all(0x1p-60F), floats::all(0.0F), high + (x - high));
}

}  // namespace detail

/// Rounds x into buffer for all formats with this activation_group: to 8 bits with one scale a group, whose largest
/// magnitude becomes 127 (nearest, ties to even); with exact_products() to fewer bits of a float; with 0 not at all. A
/// group with a number that is not finite gets the scale NaN. The result points into x and buffer.
template <std::size_t Group>
activation quantize_groups(const float* x /* (cols) */, std::size_t cols,
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
    float tail[16] = {};  // the last cols % 16 numbers, then zeros
    const std::size_t whole = cols / 16 * 16;
    for (std::size_t i = whole; i < cols; ++i) tail[i - whole] = x[i];
    lanes most = simd::absolute(lanes::load(tail));
    for (std::size_t i = 0; i < whole; i += 16) most = simd::maximum(most, simd::absolute(lanes::load(x + i)));
    const float largest = simd::reduce_max(most);
    const detail::rounding rounded(largest);
    *scale = largest / 127.0F;
    *sum = detail::rounding::sum(simd::reduce_add(rounded.store(lanes::load(tail), q + whole)), 16);
    bool sound = detail::rounding::is_sum(*sum, 16);
    for (std::size_t i = 0; i < whole;) {
      const std::size_t count = whole - i < 240 ? whole - i : 240;
      auto total = simd::ints<16>::all(0);
      for (const std::size_t end = i + count; i < end; i += 16)
        total = total + rounded.store(lanes::load(x + i), q + i);
      const std::int32_t part = detail::rounding::sum(simd::reduce_add(total), count);
      sound = sound && detail::rounding::is_sum(part, count);
      *sum = simd::detail::wrapped_sum(*sum, part);
    }
    for (std::size_t i = whole + 16; i < width; ++i) q[i] = 0;
    if (!sound) [[unlikely]]
      detail::give_up(*scale, *sum);
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
      if (cols - g * Group < Group) {  // the last, incomplete group: zeros from cols on
        for (std::size_t i = 0; i < Group; ++i) tail[i] = g * Group + i < cols ? from[i] : 0.0F;
        from = tail;
      }
      if constexpr (detail::guarded::offered) {
        const auto inverse_of = [](float largest) { return detail::rounding::inverse_of(largest); };
        if (detail::guarded::rounding(from, Group, inverse_of, q + g * Group, scale + g, sum + g)) {
          if (!detail::rounding::is_sum(sum[g], Group)) [[unlikely]]
            detail::give_up(scale[g], sum[g]);
          continue;
        }
      }
      lanes most = simd::absolute(lanes::load(from));
      for (std::size_t i = 16; i < Group; i += 16) most = simd::maximum(most, simd::absolute(lanes::load(from + i)));
      const float largest = simd::reduce_max(most);
      scale[g] = largest / 127.0F;
      const detail::rounding rounded(largest);
      auto total = simd::ints<16>::all(0);
      for (std::size_t at = 0; at < Group; at += 16)
        total = total + rounded.store(lanes::load(from + at), q + g * Group + at);
      sum[g] = detail::rounding::sum(simd::reduce_add(total), Group);
      if (!detail::rounding::is_sum(sum[g], Group)) [[unlikely]]
        detail::give_up(scale[g], sum[g]);
    }
    a.q = q;
    a.scale = scale;
    a.sum = sum;
  }
  return a;
}

/// x in the form that the kernels of Format read.
template <class Format>
activation quantize_activations(const float* x /* (cols) */, std::size_t cols,
                                std::byte* buffer /* activation_bytes(cols) */) {
  return quantize_groups<Format::activation_group>(x, cols, buffer);
}

}  // namespace mote::inline v0
