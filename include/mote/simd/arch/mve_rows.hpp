// SPDX-License-Identifier: BSL-1.0
// Scales of four rows meet the integers of arch/mve_planes.hpp, in Helium's vectors: one accumulator a row, groups in index
// order, under the guard of arch/mve_floats.hpp.
// Refuses to be called outside of that guard: what is flushed here, its caller must do again.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

namespace mote::inline v0::simd {

/// Four rows of bytes that lie `stride` apart, as formats address one.
struct helium_place {
  const std::uint8_t* at;
  std::size_t stride;
  MOTE_INLINE helium_place operator+(std::size_t bytes) const { return {at + bytes, stride}; }
};
/// A unit of dot4 vectors for them, as far as small integers of scales want one: a word of each row.
struct helium_words {
  using vector = uint8x16_t;
  MOTE_INLINE static vector load(helium_place p) {
    const std::uint8_t* third = p.at + p.stride * 2;
    return detail::words(detail::four_bytes(p.at), detail::four_bytes(p.at + p.stride), detail::four_bytes(third),
                         detail::four_bytes(third + p.stride));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    if constexpr (From > To) v = __arm_vshrq_n_u8(v, From - To);
    if constexpr (From < To) v = __arm_vshlq_n_u8(v, To - From);
    return __arm_vandq_u8(v, detail::all_bytes(((1U << Width) - 1U) << To));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return __arm_vorrq_u8(into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
};

namespace detail {

MOTE_INLINE float32x4_t helium_zeros() { return __arm_vdupq_n_f32(0.0F); }
MOTE_INLINE void helium_store(float* to /* (4) */, float32x4_t v) { __arm_vstrwq_f32(to, v); }

/// Four rows from a number of bytes before an address on.
MOTE_INLINE uint32x4_t helium_offsets(std::size_t stride, std::size_t before = 0) {
  const std::uint32_t first = 0U - static_cast<std::uint32_t>(before);  // addresses are added modulo 2^32
  const auto bytes = static_cast<std::uint32_t>(stride);
  return as_words(words(first, first + bytes, first + bytes * 2, first + bytes * 3));
}
/// One binary16 of each row, loaded when `done` is there: earlier GCC 12 would find no register for it.
MOTE_INLINE float32x4_t helium_scales(const void* w, uint32x4_t rows, float32x4_t done) {
  // Register 0: binutils 2.40 doubles the numbers of the others in vcvtb.
  register float32x4_t scales __asm__("q0");
  __asm__("vldrh.u32 q0, [%1, %q2]\n\tvcvtb.f32.f16 q0, q0" : "=&w"(scales) : "r"(w), "w"(rows), "w"(done) : "memory");
  const float32x4_t copy = scales;  // GCC 14 takes no address of a register, and its operators on vectors ask for one
  return copy;
}
/// What was multiplied, as a number: Steps * dots + Least * what the activations add up to.
template <int Steps, int Least>
MOTE_INLINE float32x4_t helium_value(int32x4_t dots, std::int32_t x_sum) {
  if constexpr (Steps == 2) dots = __arm_vaddq_s32(dots, dots);
  if constexpr (Least != 0) dots = __arm_vsubq_n_s32(dots, -Least * x_sum);
  return __arm_vcvtq_f32_s32(dots);
}
/// sum + the products of a group times its scale, in binary16 at w + rows; where MinAt is not zero less a minimum, so many
/// bytes behind.
template <int Steps, int Least, std::size_t MinAt>
MOTE_INLINE float32x4_t helium_group(float32x4_t sum, const std::uint8_t* w, uint32x4_t rows, int32x4_t dots,
                                     float scale, std::int32_t x_sum) {
  const float32x4_t value = helium_value<Steps, Least>(dots, x_sum);
  sum = __arm_vaddq_f32(sum, __arm_vmulq_f32(__arm_vmulq_n_f32(helium_scales(w, rows, value), scale), value));
  if constexpr (MinAt != 0) {
    const float32x4_t min = __arm_vmulq_n_f32(helium_scales(w + MinAt, rows, sum), -1.0F);
    sum = __arm_vsubq_f32(sum, __arm_vmulq_n_f32(min, scale * static_cast<float>(x_sum)));
  }
  return sum;
}

/// Small integers of a block of four rows, Words words of each: one row after another, so that a byte follows the last one.
template <std::size_t Words>
struct helium_small {
  alignas(4) std::uint8_t byte[4][Words * 4];
  uint32x4_t rows = kept(helium_offsets(Words * 4));

  MOTE_INLINE explicit helium_small(const uint8x16_t (&v)[Words]) {
#pragma GCC unroll 8
    for (std::size_t f = 0; f < Words; ++f)
      __arm_vstrwq_scatter_offset_u32(reinterpret_cast<std::uint32_t*>(byte[0]) + f, rows, as_words(v[f]));
  }
  template <bool Signed, int Offset>
  MOTE_INLINE float32x4_t at(const std::uint8_t* p) const {
    int32x4_t v;
    if constexpr (Signed) v = __arm_vldrbq_gather_offset_s32(reinterpret_cast<const std::int8_t*>(p), rows);
    else v = __arm_vreinterpretq_s32_u32(__arm_vldrbq_gather_offset_u32(p, rows));
    if constexpr (Offset != 0) v = __arm_vaddq_n_s32(v, Offset);
    return __arm_vcvtq_f32_s32(v);
  }
};
/// The first sub-blocks of a block: (d * small integer) each, and where MinsAt is not zero less (dmin * small integer).
template <int Least, bool Signed, int Offset, std::size_t MinsAt, std::size_t Words>
MOTE_INLINE float32x4_t helium_subs(float32x4_t sum, float32x4_t d, float32x4_t dmin,
                                    const helium_small<Words>& integers, const std::int32_t* dots /* (subs, 4) */,
                                    const float* scale, const std::int32_t* x_sum, std::size_t subs) {
  const std::uint8_t* p = integers.byte[0];
#pragma GCC unroll 1
  for (const float* end = scale + subs; scale != end; ++scale, ++x_sum, ++p, dots += 4) {
    const float32x4_t by = __arm_vmulq_n_f32(__arm_vmulq_f32(d, integers.template at<Signed, Offset>(p)), *scale);
    sum = __arm_vaddq_f32(sum, __arm_vmulq_f32(by, helium_value<1, Least>(__arm_vldrwq_s32(dots), *x_sum)));
    if constexpr (MinsAt != 0) {
      const float32x4_t min = __arm_vmulq_f32(dmin, integers.template at<false, 0>(p + MinsAt));
      sum = __arm_vsubq_f32(sum, __arm_vmulq_n_f32(min, *scale * static_cast<float>(*x_sum)));
    }
  }
  return sum;
}

}  // namespace detail

}  // namespace mote::inline v0::simd
