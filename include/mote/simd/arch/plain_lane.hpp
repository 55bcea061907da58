// SPDX-License-Identifier: BSL-1.0
// The lanes of simd/pack.hpp as plain variables, and fallbacks for lanes of any type that lack an instruction.
// Refuses libm, and fused multiply-add unless the product is exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0::simd::detail {

/// The operand type of + - * in simd/pack.hpp: integers become unsigned, so that they wrap as vectors do.
template <class Lane>
MOTE_INLINE Lane plain(Lane v) {
  return v;
}
MOTE_INLINE std::uint32_t plain(std::int32_t v) { return static_cast<std::uint32_t>(v); }
template <class T>
MOTE_INLINE void load_lane(T& v, const T* p) {
  v = *p;
}
template <class T>
MOTE_INLINE void store_lane(T v, T* p) {
  *p = v;
}
// In assembler, because no comparison compiles to these instructions: they treat NaN otherwise. Since machines differ
// for NaN, no answer may depend on it; docs/design/one-answer-everywhere.md says where NaN is caught before.
MOTE_INLINE float maximum(float a, float b) {
#if MOTE_WITH_FPV5
  __asm__("vmaxnm.f32 %0, %1, %2" : "=t"(a) : "t"(a), "t"(b));
  return a;
#elif defined(__riscv_flen)
  __asm__("fmax.s %0, %1, %2" : "=f"(a) : "f"(a), "f"(b));
  return a;
#else
  return a > b ? a : b;
#endif
}
MOTE_INLINE float minimum(float a, float b) {
#if MOTE_WITH_FPV5
  __asm__("vminnm.f32 %0, %1, %2" : "=t"(a) : "t"(a), "t"(b));
  return a;
#elif defined(__riscv_flen)
  __asm__("fmin.s %0, %1, %2" : "=f"(a) : "f"(a), "f"(b));
  return a;
#else
  return a < b ? a : b;
#endif
}
template <class Lane>
MOTE_INLINE Lane plus_exact_product(Lane sum, Lane a, Lane b) {
  return sum + a * b;
}
MOTE_INLINE float plus_exact_product(float sum, float a, float b) {
#if defined(__arm__) && defined(__ARM_FEATURE_FMA) && defined(__ARM_FP) && (__ARM_FP & 4)
  __asm__("vfma.f32 %0, %1, %2" : "+t"(sum) : "t"(a), "t"(b));
  return sum;
#elif defined(__riscv_flen)
  __asm__("fmadd.s %0, %1, %2, %0" : "+f"(sum) : "f"(a), "f"(b));
  return sum;
#elif defined(__aarch64__) || defined(__FMA__)
  return __builtin_fmaf(a, b, sum);
#else
  return sum + a * b;
#endif
}
MOTE_INLINE float divide(float a, float b) { return a / b; }
MOTE_INLINE float absolute(float a) { return __builtin_fabsf(a); }
MOTE_INLINE float where_less(float x, float y, float a, float b) { return x < y ? a : b; }
MOTE_INLINE float to_float_lane(std::int32_t a) { return static_cast<float>(a); }
MOTE_INLINE std::int32_t bits_as_int(float a) { return __builtin_bit_cast(std::int32_t, a); }
MOTE_INLINE float bits_as_float(std::int32_t a) { return __builtin_bit_cast(float, a); }
template <unsigned Bits>
MOTE_INLINE std::int32_t shift_right_lane(std::int32_t a) {
  return a >> Bits;
}
MOTE_INLINE std::int32_t shift_left_23(std::int32_t a) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << 23U);
}
/// The nearest integers of floats within +-2^22, ties to even: adding 1.5 * 2^23 leaves them in the last bits.
template <class Lane>
MOTE_INLINE auto nearest_lane(Lane x) {
  return bits_as_int(x + Lane(12582912.0F)) - decltype(bits_as_int(x))(0x4B400000);
}
MOTE_INLINE std::int32_t nearest_lane(float x) {
#if defined(__arm__) && defined(__ARM_FP) && (__ARM_FP & 4)
  float n;
  __asm__("vcvtr.s32.f32 %0, %1" : "=t"(n) : "t"(x));
  return __builtin_bit_cast(std::int32_t, n);
#elif defined(__riscv_flen)
  std::int32_t n;
  __asm__("fcvt.w.s %0, %1, rne" : "=r"(n) : "f"(x));
  return n;
#else
  return nearest_lane<float>(x);
#endif
}

/// A byte as a signed number.
MOTE_INLINE int signed_byte(std::uint8_t byte) {
  int number = static_cast<std::int8_t>(byte);
#if defined(__AVX512VNNI__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  asm("" : "+r"(number));  // GCC 12 would make VPDPBUSD of a loop of products and lose the sign
#endif
  return number;
}
/// Makes a product round on its own. GCC 12 vectorizes a * c - b * s next to a * s + b * c into one fused vfmaddsub,
/// even with -ffp-contract=off; this hides the product from it.
MOTE_INLINE float unfused(float product) {
#if defined(__FMA__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  __asm__("" : "+x"(product));
#endif
  return product;
}

/// sum + a * b in two roundings.
template <class Lane>
MOTE_INLINE Lane plus_product(Lane sum, Lane a, Lane b) {
#if defined(__arm__) && defined(__thumb2__) && defined(__ARM_FP)
  if constexpr (std::is_same_v<Lane, float>) {  // vmla, unlike vfma, rounds twice; GCC avoids it as slow
    __asm__("vmla.f32 %0, %1, %2" : "+t"(sum) : "t"(a), "t"(b));
    return sum;
  }
#endif
  return sum + a * b;
}
MOTE_INLINE float sqrt_lane(float x) {
#if defined(__arm__) && defined(__ARM_FP) && (__ARM_FP & 4)
  float r;
  __asm__("vsqrt.f32 %0, %1" : "=t"(r) : "t"(x));  // the builtin calls libm to set errno
  return r;
#elif defined(__arm__)
  // Without a floating-point unit: the integer root of the mantissa, one bit a step, with one extra bit for rounding.
  std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
  if (bits == 0 || bits >= 0x7F800000U) return x;
  int exponent = static_cast<int>(bits >> 23U);
  std::uint32_t mantissa = bits & 0x7FFFFFU;
  if (exponent == 0) {
    const int lift = __builtin_clz(mantissa) - 8;
    mantissa <<= lift;
    exponent = 1 - lift;
  } else {
    mantissa |= 0x800000U;
  }
  exponent -= 127;
  std::uint64_t n = static_cast<std::uint64_t>(mantissa) << 25U;  // 24 + 25 bits (or 26) give a root of 25 bits
  if ((exponent & 1) != 0) {
    n <<= 1U;
    --exponent;
  }
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 48U; bit != 0; bit >>= 2U) {
    if (n >= root + bit) {
      n -= root + bit;
      root = (root >> 1U) + bit;
    } else {
      root >>= 1U;
    }
  }
  // The last of the root's 25 bits decides the rounding. There is no tie: n was even, so an odd root leaves a rest.
  const std::uint32_t rounded = static_cast<std::uint32_t>((root + 1U) >> 1U);
  return __builtin_bit_cast(float, static_cast<std::uint32_t>((exponent / 2 + 127) << 23) + rounded - 0x800000U);
#else
  return __builtin_sqrtf(x);
#endif
}
}  // namespace mote::inline v0::simd::detail
