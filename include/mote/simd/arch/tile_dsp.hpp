// SPDX-License-Identifier: BSL-1.0
// Tiles with SMLAD: SXTB16 extends bytes 0 and 2 of a word to 16 bits, with rotation bytes 1 and 3, and SMLAD adds two
// products. Codes are stored in the order 0 2 1 3, so that each pair is two neighbours, and queries and weights are
// loaded in their own order.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE std::int32_t word_at(const void* p) {
  std::int32_t word = 0;
  __builtin_memcpy(&word, p, 4);
  return word;
}

/// Scores of two heads with 8 channels: they share loads and extensions, and their queries stay in registers.
MOTE_INLINE void two_scores_of_eight(const std::int8_t* tile, const std::int16_t* q, std::int32_t* dots) {
  std::int32_t a[4];
  std::int32_t b[4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    a[i] = word_at(q + i * 2);
    b[i] = word_at(q + 8 + i * 2);
  }
#pragma GCC unroll 2
  for (std::size_t t = 0; t < tile_tokens; ++t) {
    const std::int32_t low = word_at(tile + t * 8);
    std::int32_t k = __sxtb16(low);
    std::int32_t of_a = __smuad(k, a[0]);
    std::int32_t of_b = __smuad(k, b[0]);
    k = odd_bytes(low);
    of_a = __smlad(k, a[1], of_a);
    of_b = __smlad(k, b[1], of_b);
    const std::int32_t high = word_at(tile + t * 8 + 4);
    k = __sxtb16(high);
    of_a = __smlad(k, a[2], of_a);
    of_b = __smlad(k, b[2], of_b);
    k = odd_bytes(high);
    dots[t] = __smlad(k, a[3], of_a);
    dots[tile_tokens + t] = __smlad(k, b[3], of_b);
  }
}

/// Sums of two heads, two channels at a time: the heads share loads and extensions.
MOTE_INLINE void two_sums(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  for (std::size_t c = 0; c < width; c += 2) {
    std::int32_t a0 = sums[c];
    std::int32_t a1 = sums[c + 1];
    std::int32_t b0 = sums[width + c];
    std::int32_t b1 = sums[width + c + 1];
    const std::int8_t* v = tile + c * 4;
    const std::size_t step = 4 * width;
#pragma GCC unroll 2
    for (std::size_t t = 0; t < tile_tokens; t += 4, v += step) {
      const std::int32_t v0 = word_at(v);
      const std::int32_t v1 = word_at(v + 4);
      const auto two_tokens = [&](std::int32_t of_0, std::int32_t of_1, std::size_t token)
                                  __attribute__((always_inline)) {
                                    const std::int32_t a = word_at(p + token);
                                    const std::int32_t b = word_at(p + tile_tokens + token);
                                    a0 = __smlad(of_0, a, a0);
                                    b0 = __smlad(of_0, b, b0);
                                    a1 = __smlad(of_1, a, a1);
                                    b1 = __smlad(of_1, b, b1);
                                  };
      two_tokens(__sxtb16(v0), __sxtb16(v1), t);
      two_tokens(odd_bytes(v0), odd_bytes(v1), t + 2);
    }
    sums[c] = a0;
    sums[c + 1] = a1;
    sums[width + c] = b0;
    sums[width + c + 1] = b1;
  }
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                dsp) {
  if constexpr (Heads == 2) {
    if (width == 8) return detail::two_scores_of_eight(tile, q, dots);
    tile_scores_by<1>(tile, q, width, dots, dsp{});
    return tile_scores_by<1>(tile, q + width, width, dots + tile_tokens, dsp{});
  }
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
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              dsp) {
  if constexpr (Heads == 2) return detail::two_sums(tile, p, width, sums);
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
