// SPDX-License-Identifier: BSL-1.0
// Tiles on RISC-V V: up to thirty-two codes are widened at once and multiplied by one number into 32-bit sums (vwmacc).
// Lanes are tokens for keys and channels for values, so no sum crosses lanes. Two query heads share the widened codes.
// The channels of a narrow head do not fill a vector, so lanes are tokens for its values too, reduced once per channel.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
/// sum[h] += N codes * by[h * stride], for each of Heads heads.
template <std::size_t Heads, int N, class Sum>
MOTE_INLINE void add_codes(Sum (&sum)[Heads], const std::int8_t* codes /* (N) */, const std::int16_t* by,
                           std::size_t stride) {
  using bytes = std::int8_t __attribute__((ext_vector_type(N)));
  using words = std::int16_t __attribute__((ext_vector_type(N)));
  bytes from;
  __builtin_memcpy(&from, codes, sizeof from);
  const Sum wide = __builtin_convertvector(__builtin_convertvector(from, words), Sum);
#pragma GCC unroll 2
  for (std::size_t h = 0; h < Heads; ++h)
    sum[h] += wide * __builtin_convertvector(static_cast<words>(by[h * stride]), Sum);
}

/// sums (Heads, width) += weights times values, for N channels.
template <std::size_t Heads, int N>
MOTE_INLINE void sum_channels(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  using sum_type = std::int32_t __attribute__((ext_vector_type(N)));
  sum_type sum[Heads];
#pragma GCC unroll 2
  for (std::size_t h = 0; h < Heads; ++h) __builtin_memcpy(&sum[h], sums + h * width, sizeof sum[h]);
#pragma GCC unroll 4
  for (std::size_t t = 0; t < tile_tokens; ++t) add_codes<Heads, N>(sum, tile + t * width, p + t, tile_tokens);
#pragma GCC unroll 2
  for (std::size_t h = 0; h < Heads; ++h) __builtin_memcpy(sums + h * width, &sum[h], sizeof sum[h]);
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                rvv) {
  using sum_type = std::int32_t __attribute__((ext_vector_type(32)));
  sum_type sum[Heads];
#pragma GCC unroll 2
  for (auto& s : sum) s = sum_type(0);
#pragma GCC unroll 4
  for (std::size_t c = 0; c < width; ++c) detail::add_codes<Heads, 32>(sum, tile + c * tile_tokens, q + c, width);
#pragma GCC unroll 2
  for (std::size_t h = 0; h < Heads; ++h) __builtin_memcpy(dots + h * tile_tokens, &sum[h], sizeof sum[h]);
}

/// sums (Heads, width) of a narrow head over `tiles` tiles, added or (Add = false) written. Lanes are tokens; they are
/// reduced once per channel.
template <std::size_t Heads, bool Add>
MOTE_INLINE void narrow_sums_by(const std::int8_t* tile, std::size_t tiles, const std::int16_t* p, std::size_t p_stride,
                                std::size_t width, std::int32_t* sums, rvv) {
  using bytes = std::int8_t __attribute__((ext_vector_type(32)));
  using words = std::int16_t __attribute__((ext_vector_type(32)));
  using sum_type = std::int32_t __attribute__((ext_vector_type(32)));
  for (std::size_t c = 0; c < width; ++c, tile += tile_tokens) {
    sum_type sum[Heads];
#pragma GCC unroll 2
    for (auto& s : sum) s = sum_type(0);
    for (std::size_t t = 0; t < tiles; ++t) {
      bytes from;
      __builtin_memcpy(&from, tile + t * tile_tokens * width, sizeof from);
      const sum_type wide = __builtin_convertvector(__builtin_convertvector(from, words), sum_type);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) {
        words by;
        __builtin_memcpy(&by, p + h * p_stride + t * tile_tokens, sizeof by);
        sum[h] += wide * __builtin_convertvector(by, sum_type);
      }
    }
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h) {
      std::int32_t all = __builtin_reduce_add(sum[h]);
      asm("" : "+r"(all));  // else it stores a lane, which sets the vector length twice
      sums[h * width + c] = Add ? sums[h * width + c] + all : all;
    }
  }
}

namespace detail {
/// Not inlined, so that the code for narrow heads keeps its values in registers.
template <std::size_t Heads>
MOTE_NOINLINE void wide_sums(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  std::size_t c = 0;
  for (; c + 32 <= width; c += 32) sum_channels<Heads, 32>(tile + c, p, width, sums + c);
  if (c + 16 <= width) {
    sum_channels<Heads, 16>(tile + c, p, width, sums + c);
    c += 16;
  }
  if (c + 8 <= width) {
    sum_channels<Heads, 8>(tile + c, p, width, sums + c);
    c += 8;
  }
  if (c < width) sum_channels<Heads, 4>(tile + c, p, width, sums + c);
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              rvv) {
  if (width < tile_order_of(isa::rvv).narrow) narrow_sums_by<Heads, true>(tile, 1, p, tile_tokens, width, sums, rvv{});
  else detail::wide_sums<Heads>(tile, p, width, sums);
}

}  // namespace mote::inline v0::simd
