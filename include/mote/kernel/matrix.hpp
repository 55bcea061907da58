// SPDX-License-Identifier: BSL-1.0
// A packed matrix and the vector it is multiplied with: pointers and sizes, given to kernels as arguments so that one
// body serves every shape.
// Refuses to own memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
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
};

/// A vector as the kernels of a format want it: floats, and for integer formats also 8 bits with a scale and a sum for
/// each group of columns. The floats stay, because adapters read them.
struct activation {
  const float* x = nullptr;              // (cols)
  const std::int8_t* q = nullptr;        // (groups, group)
  const float* scale = nullptr;          // (groups)
  const std::int32_t* sum = nullptr;     // (groups)
};

/// The bytes that quantise() needs beside the floats.
template <class Format>
constexpr std::size_t activation_bytes(std::size_t cols) {
  if constexpr (Format::quantised)
    return ceil_div(cols, Format::group) * (Format::group + 8);
  else
    return 0;
}

/// Rounds x to 8 bits, one scale a group: the largest magnitude becomes 127 (nearest, ties to even).
template <class Format>
activation quantise(const float* x /* (cols) */, std::size_t cols, std::byte* buffer /* activation_bytes(cols) */) {
  activation a{.x = x};
  if constexpr (Format::quantised) {
    constexpr std::size_t group = Format::group;
    const std::size_t groups = ceil_div(cols, group);
    auto* q = reinterpret_cast<std::int8_t*>(buffer);
    auto* scale = reinterpret_cast<float*>(buffer + groups * group);
    auto* sum = reinterpret_cast<std::int32_t*>(buffer + groups * (group + 4));
    for (std::size_t g = 0; g < groups; ++g) {
      const float* from = x + g * group;
      float tail[group];
      if (cols - g * group < group) {  // the ragged end of a row: zeros, like the weights there
        for (std::size_t i = 0; i < group; ++i) tail[i] = g * group + i < cols ? from[i] : 0.0F;
        from = tail;
      }
      using lanes = simd::floats<16>;
      lanes most = simd::absolute(lanes::load(from));
      for (std::size_t i = 16; i < group; i += 16) most = simd::larger(most, simd::absolute(lanes::load(from + i)));
      const float largest = simd::largest(most);
      scale[g] = largest / 127.0F;
      const auto inverse = lanes::all(largest > 0.0F ? 127.0F / largest : 0.0F);
      const auto magic = lanes::all(12582912.0F);  // 1.5 * 2^23: the sum's last bits are the nearest integer
      auto total = simd::ints<16>::all(0);
      for (std::size_t at = 0; at < group; at += 16) {
        const auto integers = simd::last_bytes(lanes::load(from + at) * inverse + magic);
        simd::store_bytes(integers, q + g * group + at);
        total = total + integers;
      }
      sum[g] = simd::join(total);
    }
    a.q = q;
    a.scale = scale;
    a.sum = sum;
  }
  return a;
}

}  // namespace mote::inline v0
