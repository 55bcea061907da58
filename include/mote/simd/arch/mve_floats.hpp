// SPDX-License-Identifier: BSL-1.0
// Floats in Helium's vectors. Unlike the scalar unit, vectors flush subnormal numbers to zero, but then set a flag of
// FPSCR: IDC for a flushed operand, UFC for a flushed result. So a kernel clears both flags, works, and reads them. If
// one is set, the work is repeated with plain floats: the same operations in the same order give the same answer. If
// none is set, vectors have rounded as the scalar unit does.
// Refuses VFMA, which rounds once, and sums in another order. Changes FPSCR: IDC and UFC are cleared.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

namespace mote::inline v0::simd {

namespace detail {
/// Clears the flags, and reads them. Both calls are memory barriers for the compiler: operands that are loaded after
/// the first and results that are stored before the second keep the arithmetic between the two.
MOTE_INLINE void forget_flushes() {
  std::uint32_t state;
  __asm__ volatile("vmrs %0, fpscr\n\tbic %0, %0, #0x88\n\tvmsr fpscr, %0" : "=r"(state) : : "memory");
}
MOTE_INLINE bool have_flushed(const float* results = nullptr) {  // needed if they are in a local array
  std::uint32_t state;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(state) : "r"(results) : "memory");
  return (state & 0x88U) != 0;
}
/// The sum of sixteen lanes in the order of reduce_add() in pack.hpp: lane i plus lane i + 8, then + 4, + 2, + 1.
MOTE_INLINE float joined(const float32x4_t (&sum)[4]) {
  const float32x4_t four = __arm_vaddq_f32(__arm_vaddq_f32(sum[0], sum[2]), __arm_vaddq_f32(sum[1], sum[3]));
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// e^x, four at a time, in the operations of exp_lane() in math.hpp. x is clamped to [least, most]; with NeverAbove, x
/// must be at most `most`.
template <bool NeverAbove>
MOTE_INLINE float32x4_t helium_exp(float32x4_t x, float32x4_t least, float32x4_t most) {
  x = __arm_vmaxnmq_f32(x, least);
  if constexpr (!NeverAbove) x = __arm_vminnmq_f32(x, most);
  const float32x4_t shifted = __arm_vaddq_n_f32(__arm_vmulq_n_f32(x, 1.44269504F), 12582912.0F);
  const float32x4_t n = __arm_vsubq_n_f32(shifted, 12582912.0F);
  float32x4_t r = __arm_vaddq_f32(x, __arm_vmulq_n_f32(n, -0.693359375F));
  r = __arm_vaddq_f32(r, __arm_vmulq_n_f32(n, 2.12194440e-4F));
  float32x4_t p = __arm_vaddq_n_f32(__arm_vmulq_n_f32(r, 1.9875691500e-4F), 1.3981999507e-3F);
  p = __arm_vaddq_n_f32(__arm_vmulq_f32(p, r), 8.3334519073e-3F);
  p = __arm_vaddq_n_f32(__arm_vmulq_f32(p, r), 4.1665795894e-2F);
  p = __arm_vaddq_n_f32(__arm_vmulq_f32(p, r), 1.6666665459e-1F);
  p = __arm_vaddq_n_f32(__arm_vmulq_f32(p, r), 5.0000001201e-1F);
  p = __arm_vaddq_n_f32(__arm_vaddq_f32(r, __arm_vmulq_f32(p, __arm_vmulq_f32(r, r))), 1.0F);
  const int32x4_t exponent = __arm_vshlq_n_s32(__arm_vreinterpretq_s32_f32(shifted), 23);
  return __arm_vreinterpretq_f32_s32(__arm_vaddq_s32(__arm_vreinterpretq_s32_f32(p), exponent));
}

}  // namespace detail

/// Replaces v by e^v and returns true; if something was flushed, v stays, and it returns false.
MOTE_NOINLINE inline bool guarded_exp(float* v /* (16) */) {
  float result[16];
  const float32x4_t least = __arm_vdupq_n_f32(-87.0F);
  const float32x4_t most = __arm_vdupq_n_f32(88.0F);
  detail::forget_flushes();
  for (std::size_t i = 0; i < 16; i += 4)
    __arm_vstrwq_f32(result + i, detail::helium_exp<false>(__arm_vldrwq_f32(v + i), least, most));
  if (detail::have_flushed(result)) [[unlikely]]
    return false;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 16; i += 4) __arm_vstrwq_f32(v + i, __arm_vldrwq_f32(result + i));
  return true;
}

}  // namespace mote::inline v0::simd
