// SPDX-License-Identifier: BSL-1.0
// SVE with a width of 256 bits set by a compiler flag: eight rows a register. sdot takes a quad from a lane; both
// halves of a register hold the same sixteen activations. All predicates are true.
// Refuses a width found at run time, because the build decides how rows are interleaved, and a width of 128 bits: SVE
// has no loads of register pairs and takes more instructions there than NEON.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<sve256, 8> {
  static constexpr bool own = true;
  static constexpr bool any_byte = false;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 0;
  static constexpr int prefetch_cache = 1;
  using vector = svuint8_t __attribute__((arm_sve_vector_bits(256)));

  MOTE_INLINE static vector load(const std::uint8_t* p /* (8, 4) */) { return svld1_u8(svptrue_b8(), p); }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    if constexpr (From > To) v = svlsr_n_u8_x(svptrue_b8(), v, From - To);
    else if constexpr (From < To) v = svlsl_n_u8_x(svptrue_b8(), v, To - From);
    // Shifting bytes brings in zeros, so a field that comes from or goes to the end of a byte needs no mask.
    constexpr bool alone = (To == 0 && From + Width == 8) || (From == 0 && To + Width == 8);
    if constexpr (alone) return v;
    else return svand_n_u8_x(svptrue_b8(), v, static_cast<std::uint8_t>(((1U << Width) - 1U) << To));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return svorr_u8_x(svptrue_b8(), into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    return svtbl_u8(svreinterpret_u8_s8(svld1rq_s8(svptrue_b8(), table)), v);
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return svadd_u8_x(svptrue_b8(), a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    const svuint8_t first = svdup_n_u8_z(svcmpgt_n_u8(svptrue_b8(), v, 85), 1U << To);
    return svadd_n_u8_m(svcmpgt_n_u8(svptrue_b8(), v, 170), first, 1U << To);
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<8> dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 127, "bytes are multiplied as numbers with a sign");
    sums sum[2] = {from.v[0], svdup_n_s32(0)};  // two chains hide the latency of sdot
#pragma GCC unroll 4
    for (std::size_t at = 0; at + 4 <= Quads; at += 4) {
      const svint8_t a = svld1rq_s8(svptrue_b8(), x + at * 4);
      sum[0] = svdot_lane_s32(sum[0], svreinterpret_s8_u8(w[at]), a, 0);
      sum[1] = svdot_lane_s32(sum[1], svreinterpret_s8_u8(w[at + 1]), a, 1);
      sum[0] = svdot_lane_s32(sum[0], svreinterpret_s8_u8(w[at + 2]), a, 2);
      sum[1] = svdot_lane_s32(sum[1], svreinterpret_s8_u8(w[at + 3]), a, 3);
    }
#pragma GCC unroll 4
    for (std::size_t at = Quads / 4 * 4; at < Quads; ++at)
      sum[0] =
          svdot_s32(sum[0], svreinterpret_s8_u8(w[at]), svreinterpret_s8_s32(svdup_n_s32(detail::four_of(x + at * 4))));
    from.v[0] = svadd_s32_x(svptrue_b32(), sum[0], sum[1]);
    return from;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<8> signed_dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    return dot<127>(from, w, x);
  }

 private:
  using sums = svint32_t __attribute__((arm_sve_vector_bits(256)));
};

}  // namespace mote::inline v0::simd
