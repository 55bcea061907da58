// SPDX-License-Identifier: BSL-1.0
// NEON without dotprod, on 32-bit and 64-bit Arm, four rows a register: products of bytes are added in 16 bits for as
// many quads as cannot overflow, then in pairs to 32 bits.
// Refuses floats on 32-bit Arm: NEON flushes subnormal numbers to zero there (simd/arch/lanes.hpp).
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE ints<4> as_ints(int32x4_t v) {
  ints<4> r;
#if defined(__aarch64__)
  r.v[0] = v;
#else
  vst1q_s32(r.v, v);
#endif
  return r;
}
MOTE_INLINE int32x4_t as_register(const ints<4>& a) {
#if defined(__aarch64__)
  return a.v[0];
#else
  return vld1q_s32(a.v);
#endif
}
}  // namespace detail

template <>
struct dot4<neon, 4> {
  static constexpr bool own = true;
  static constexpr bool any_byte = false;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 0;
  static constexpr int prefetch_cache = 1;
  using vector = uint8x16_t;

  MOTE_INLINE static vector load(const std::uint8_t* p /* (4, 4) */) { return vld1q_u8(p); }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    if constexpr (From > To) v = vshrq_n_u8(v, From - To);
    else if constexpr (From < To) v = vshlq_n_u8(v, To - From);
    // Shifting bytes brings in zeros, so a field that comes from or goes to the end of a byte needs no mask.
    constexpr bool alone = (To == 0 && From + Width == 8) || (From == 0 && To + Width == 8);
    if constexpr (alone) return v;
    else return vandq_u8(v, vdupq_n_u8(static_cast<std::uint8_t>(((1U << Width) - 1U) << To)));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return vorrq_u8(into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    const uint8x16_t from = vreinterpretq_u8_s8(vld1q_s8(table));
#if defined(__aarch64__)
    return vqtbl1q_u8(from, v);
#else
    const uint8x8x2_t both = {{vget_low_u8(from), vget_high_u8(from)}};
    return vcombine_u8(vtbl2_u8(both, vget_low_u8(v)), vtbl2_u8(both, vget_high_u8(v)));
#endif
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return vaddq_u8(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Two averages give 3/4 (v - 1), rounded up: 64 or more from v = 86 on, 128 or more from v = 171 on.
    v = vqsubq_u8(v, vdupq_n_u8(1));
    return field<6, 2, To>(vrhaddq_u8(vrhaddq_u8(v, vdupq_n_u8(0)), v));
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<4> dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 127, "bytes are multiplied as numbers with a sign");
    constexpr std::size_t together = 32767 / (Largest * 127);  // quads whose products cannot overflow 16 bits
    int32x4_t low = vdupq_n_s32(0);                            // rows 0 and 1, two partial sums each
    int32x4_t high = vdupq_n_s32(0);                           // rows 2 and 3
#pragma GCC unroll 16
    for (std::size_t first = 0; first < Quads; first += together) {
      const int8x16_t a = four(x + first * 4);
      int16x8_t l = vmull_s8(low_half(w[first]), vget_low_s8(a));
      int16x8_t h = high_product(w[first], a);
#pragma GCC unroll 16
      for (std::size_t i = 1; i < (together < Quads ? together : Quads); ++i)
        if (first + i < Quads) {
          const int8x16_t b = four(x + (first + i) * 4);
          l = vmlal_s8(l, low_half(w[first + i]), vget_low_s8(b));
          h = add_high_product(h, w[first + i], b);
        }
      low = vpadalq_s16(low, l);
      high = vpadalq_s16(high, h);
    }
    return detail::as_ints(vaddq_s32(detail::as_register(from), pairs(low, high)));
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<4> signed_dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    return dot<127>(from, w, x);
  }

 private:
  MOTE_INLINE static int8x16_t four(const std::int8_t* x /* (4) */) {
    return vreinterpretq_s8_s32(vdupq_n_s32(detail::four_of(x)));
  }
  MOTE_INLINE static int8x8_t low_half(vector w) { return vget_low_s8(vreinterpretq_s8_u8(w)); }
  MOTE_INLINE static int16x8_t high_product(vector w, int8x16_t a) {
#if defined(__aarch64__)
    return vmull_high_s8(vreinterpretq_s8_u8(w), a);
#else
    return vmull_s8(vget_high_s8(vreinterpretq_s8_u8(w)), vget_high_s8(a));
#endif
  }
  MOTE_INLINE static int16x8_t add_high_product(int16x8_t sum, vector w, int8x16_t a) {
#if defined(__aarch64__)
    return vmlal_high_s8(sum, vreinterpretq_s8_u8(w), a);
#else
    return vmlal_s8(sum, vget_high_s8(vreinterpretq_s8_u8(w)), vget_high_s8(a));
#endif
  }
  MOTE_INLINE static int32x4_t pairs(int32x4_t low, int32x4_t high) {
#if defined(__aarch64__)
    return vpaddq_s32(low, high);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
  }
};

}  // namespace mote::inline v0::simd
