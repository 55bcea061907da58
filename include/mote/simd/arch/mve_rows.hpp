// SPDX-License-Identifier: BSL-1.0
// Applies the scales of four rows to the integer dot products of arch/mve_bit_fields.hpp in Helium's vectors: one
// accumulator (lane) per row, groups in index order.
// Refuses to look for flushed subnormals: its caller clears and reads the flags, as arch/mve_floats.hpp says.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

namespace mote::inline v0::simd {

/// The address of four rows that are `stride` bytes apart, used by formats like a pointer to one row.
struct helium_place {
  const std::uint8_t* at;
  std::size_t stride;
  MOTE_INLINE helium_place operator+(std::size_t bytes) const { return {at + bytes, stride}; }
};
/// A unit (simd/dot4.hpp) for it, with the operations that unpack small integers of scales. A vector is a word per row.
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

/// The offsets of four rows, the first of which starts `before` bytes before an address.
MOTE_INLINE uint32x4_t helium_offsets(std::size_t stride, std::size_t before = 0) {
  const std::uint32_t first = 0U - static_cast<std::uint32_t>(before);  // addresses are added modulo 2^32
  const auto bytes = static_cast<std::uint32_t>(stride);
  return as_words(words(first, first + bytes, first + bytes * 2, first + bytes * 3));
}
/// Loads one binary16 of each row as float, after `done` is computed: earlier, GCC 12 would have no register free.
MOTE_INLINE float32x4_t helium_scales(const void* w, uint32x4_t rows, float32x4_t done) {
  // q0, because binutils 2.40 encodes vcvtb with twice the number of any other register.
  register float32x4_t scales __asm__("q0");
  __asm__("vldrh.u32 q0, [%1, %q2]\n\tvcvtb.f32.f16 q0, q0" : "=&w"(scales) : "r"(w), "w"(rows), "w"(done) : "memory");
  const float32x4_t copy = scales;  // GCC 14's vector operators need an address, which a register variable lacks
  return copy;
}
/// The dot products of weights Steps * code + Least, from the codes' dot products. x_sum: the sum of the activations.
template <int Steps, int Least>
MOTE_INLINE float32x4_t helium_value(int32x4_t dots, std::int32_t x_sum) {
  if constexpr (Steps == 2) dots = __arm_vaddq_s32(dots, dots);
  if constexpr (Least != 0) dots = __arm_vsubq_n_s32(dots, -Least * x_sum);
  return __arm_vcvtq_f32_s32(dots);
}
/// sum + (scale of the group * scale) * dot product. The group's scale is a binary16 at w + rows. If MinAt is not zero,
/// an offset follows MinAt bytes later, and offset * scale * x_sum is added too.
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

/// The small integers of a block, Words * 4 bytes for each of four rows, stored row by row, so that the next integer of
/// each row is the next byte. at(p), p in row 0: that integer of each row, plus Offset, as floats.
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
/// Adds the first `subs` sub-blocks of a block: sum += ((d * small integer) * scale) * dot product each; if MinsAt is
/// not zero, also sum -= (dmin * small integer) * (scale * x_sum).
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
