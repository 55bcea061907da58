// SPDX-License-Identifier: BSL-1.0
// SXTB16 makes two pairs of 16 bits of four codes, SMLAD adds a pair of products. The codes lie 0 2 1 3, so that the
// pairs are neighbours and the other side is read as it is.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE std::int32_t word_at(const void* p) {
  std::int32_t word = 0;
  __builtin_memcpy(&word, p, 4);
  return word;
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots, dsp) {
  if (width == 8) {  // the query stays in registers
    const std::int32_t q0 = detail::word_at(q);
    const std::int32_t q1 = detail::word_at(q + 2);
    const std::int32_t q2 = detail::word_at(q + 4);
    const std::int32_t q3 = detail::word_at(q + 6);
#pragma GCC unroll 4
    for (std::size_t t = 0; t < tile_tokens; ++t) {
      const std::int32_t a = detail::word_at(tile + t * 8);
      const std::int32_t b = detail::word_at(tile + t * 8 + 4);
      std::int32_t sum = __smuad(__sxtb16(a), q0);
      sum = __smlad(detail::odd_bytes(a), q1, sum);
      sum = __smlad(__sxtb16(b), q2, sum);
      dots[t] = __smlad(detail::odd_bytes(b), q3, sum);
    }
    return;
  }
  for (std::size_t t = 0; t < tile_tokens; ++t, tile += width) {
    std::int32_t sum = 0;
    for (std::size_t c = 0; c < width; c += 4) {
      const std::int32_t k = detail::word_at(tile + c);
      sum = __smlad(__sxtb16(k), detail::word_at(q + c), sum);
      sum = __smlad(detail::odd_bytes(k), detail::word_at(q + c + 2), sum);
    }
    dots[t] = sum;
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums, dsp) {
  for (std::size_t c = 0; c < width; c += 4) {
    std::int32_t sum[4] = {sums[c], sums[c + 1], sums[c + 2], sums[c + 3]};
    const std::int8_t* v = tile + c * 4;
#pragma GCC unroll 2
    for (std::size_t t = 0; t < tile_tokens; t += 4, v += 4 * width) {
      const std::int32_t early = detail::word_at(p + t);
      const std::int32_t late = detail::word_at(p + t + 2);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) {
        const std::int32_t codes = detail::word_at(v + i * 4);
        sum[i] = __smlad(__sxtb16(codes), early, sum[i]);
        sum[i] = __smlad(detail::odd_bytes(codes), late, sum[i]);
      }
    }
    for (std::size_t i = 0; i < 4; ++i) sums[c + i] = sum[i];
  }
}

}  // namespace mote::inline v0::simd
