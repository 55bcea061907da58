// SPDX-License-Identifier: BSL-1.0
// Armv8.6 i8mm: smmla multiplies two rows by two tokens, eight columns each: twice the products of sdot. One token uses
// sdot (neon_dotprod); for two tokens, quads of four columns are zipped to rows of eight columns, once per block.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<neon_i8mm, 4> : dot4<neon_dotprod, 4> {
  /// Operations for two tokens. Vector 2i holds rows 0 and 1 of columns 8i .. 8i + 7, vector 2i + 1 rows 2 and 3.
  struct of_several_tokens {
    static constexpr std::size_t most = 2;
    static constexpr bool any_byte = false;
    using vector = uint8x16_t;

    template <std::size_t Quads>
    MOTE_INLINE static void from(const vector (&w)[Quads], vector (&rows)[Quads]) {
      static_assert(Quads % 2 == 0);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < Quads; i += 2) {
        rows[i] = vreinterpretq_u8_u32(vzip1q_u32(vreinterpretq_u32_u8(w[i]), vreinterpretq_u32_u8(w[i + 1])));
        rows[i + 1] = vreinterpretq_u8_u32(vzip2q_u32(vreinterpretq_u32_u8(w[i]), vreinterpretq_u32_u8(w[i + 1])));
      }
    }
    template <unsigned Largest, std::size_t Quads>
    MOTE_INLINE static several_ints<4, 2> dot(several_ints<4, 2> start, const vector (&w)[Quads],
                                              several_activations<2> x) {
      static_assert(Largest <= 127, "bytes are multiplied as numbers with a sign");
      static_assert(Quads % 4 == 0);
      int32x4_t low = vdupq_n_s32(0);   // row 0 with both tokens, row 1 with both
      int32x4_t high = vdupq_n_s32(0);  // rows 2 and 3
#pragma GCC unroll 4
      for (std::size_t at = 0; at < Quads; at += 4) {
        const int64x2_t first = vreinterpretq_s64_s8(vld1q_s8(x.of[0] + at * 4));
        const int64x2_t second = vreinterpretq_s64_s8(vld1q_s8(x.of[1] + at * 4));
        const int8x16_t a = vreinterpretq_s8_s64(vzip1q_s64(first, second));
        const int8x16_t b = vreinterpretq_s8_s64(vzip2q_s64(first, second));
        low = vmmlaq_s32(low, vreinterpretq_s8_u8(w[at]), a);
        high = vmmlaq_s32(high, vreinterpretq_s8_u8(w[at + 1]), a);
        low = vmmlaq_s32(low, vreinterpretq_s8_u8(w[at + 2]), b);
        high = vmmlaq_s32(high, vreinterpretq_s8_u8(w[at + 3]), b);
      }
      start.of[0].v[0] = vaddq_s32(start.of[0].v[0], vuzp1q_s32(low, high));
      start.of[1].v[0] = vaddq_s32(start.of[1].v[0], vuzp2q_s32(low, high));
      return start;
    }
    template <std::size_t Quads>
    MOTE_INLINE static several_ints<4, 2> signed_dot(several_ints<4, 2> start, const vector (&w)[Quads],
                                                     several_activations<2> x, several_sums<2>) {
      return dot<127>(start, w, x);
    }
  };
};

}  // namespace mote::inline v0::simd
