// SPDX-License-Identifier: BSL-1.0
// N floats or N 32-bit integers as however many registers that takes: one AVX-512 register, two of AVX2, four of NEON,
// or N plain variables. The same operations in the same order give the same bits whatever the width.
// Refuses fused multiply-add and reciprocal estimates: both differ between machines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/simd/isa.hpp"

namespace mote::inline v0::simd {

namespace detail {

#if MOTE_WITH_XSIMD && !(defined(__arm__) && defined(__ARM_NEON))
// The widest register of at most N lanes. 32-bit NEON is left out: it flushes subnormals to zero and cannot divide,
// so floats go through the scalar unit there.
template <class T, std::size_t N>
consteval auto widest() {
  if constexpr (N >= 16 && !std::is_void_v<xsimd::make_sized_batch_t<T, 16>>)
    return xsimd::make_sized_batch_t<T, 16>{};
  else if constexpr (N >= 8 && !std::is_void_v<xsimd::make_sized_batch_t<T, 8>>)
    return xsimd::make_sized_batch_t<T, 8>{};
  else if constexpr (N >= 4 && !std::is_void_v<xsimd::make_sized_batch_t<T, 4>>)
    return xsimd::make_sized_batch_t<T, 4>{};
  else
    return T{};
}
template <class T, std::size_t N>
using lane = decltype(widest<T, N>());

template <class Lane>
inline constexpr std::size_t width = sizeof(Lane) / 4;

template <class T, class A>
MOTE_INLINE void load_lane(xsimd::batch<T, A>& v, const T* p) { v = xsimd::batch<T, A>::load_unaligned(p); }
template <class T, class A>
MOTE_INLINE void store_lane(xsimd::batch<T, A> v, T* p) { v.store_unaligned(p); }
template <class T, class A>
MOTE_INLINE xsimd::batch<T, A> larger(xsimd::batch<T, A> a, xsimd::batch<T, A> b) { return xsimd::max(a, b); }
template <class T, class A>
MOTE_INLINE xsimd::batch<T, A> smaller(xsimd::batch<T, A> a, xsimd::batch<T, A> b) { return xsimd::min(a, b); }
template <class A>
MOTE_INLINE xsimd::batch<float, A> absolute(xsimd::batch<float, A> a) { return xsimd::abs(a); }
#if defined(__aarch64__)
// xsimd 13.2 takes both from 32-bit NEON, where they are estimates; 64-bit NEON rounds correctly.
template <class A>
MOTE_INLINE xsimd::batch<float, A> sqrt_lane(xsimd::batch<float, A> a) { return vsqrtq_f32(a); }
template <class A>
MOTE_INLINE xsimd::batch<float, A> divide(xsimd::batch<float, A> a, xsimd::batch<float, A> b) { return vdivq_f32(a, b); }
#else
template <class A>
MOTE_INLINE xsimd::batch<float, A> sqrt_lane(xsimd::batch<float, A> a) { return xsimd::sqrt(a); }
template <class A>
MOTE_INLINE xsimd::batch<float, A> divide(xsimd::batch<float, A> a, xsimd::batch<float, A> b) { return a / b; }
#endif
template <class A>
MOTE_INLINE auto to_float_lane(xsimd::batch<std::int32_t, A> a) { return xsimd::to_float(a); }
template <class A>
MOTE_INLINE auto bits_as_int(xsimd::batch<float, A> a) { return xsimd::bitwise_cast<std::int32_t>(a); }
template <class A>
MOTE_INLINE auto bits_as_float(xsimd::batch<std::int32_t, A> a) { return xsimd::bitwise_cast<float>(a); }
template <class A>
MOTE_INLINE auto shift_left_23(xsimd::batch<std::int32_t, A> a) { return xsimd::bitwise_lshift(a, 23); }
#else
template <class T, std::size_t>
using lane = T;
template <class Lane>
inline constexpr std::size_t width = 1;
#endif

template <class T>
MOTE_INLINE void load_lane(T& v, const T* p) { v = *p; }
template <class T>
MOTE_INLINE void store_lane(T v, T* p) { *p = v; }
MOTE_INLINE float larger(float a, float b) { return a > b ? a : b; }
MOTE_INLINE float smaller(float a, float b) { return a < b ? a : b; }
MOTE_INLINE float divide(float a, float b) { return a / b; }
MOTE_INLINE float absolute(float a) { return __builtin_fabsf(a); }
MOTE_INLINE float to_float_lane(std::int32_t a) { return static_cast<float>(a); }
MOTE_INLINE std::int32_t bits_as_int(float a) { return __builtin_bit_cast(std::int32_t, a); }
MOTE_INLINE float bits_as_float(std::int32_t a) { return __builtin_bit_cast(float, a); }
MOTE_INLINE std::int32_t shift_left_23(std::int32_t a) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << 23U);
}

}  // namespace detail

/// N lanes of T (float or int32), in index order.
template <class T, std::size_t N>
struct pack {
  using lane = detail::lane<T, N>;
  static constexpr std::size_t width = detail::width<lane>;
  static constexpr std::size_t registers = N / width;
  static_assert(registers * width == N);

  lane v[registers];

  MOTE_INLINE static pack load(const T* p) {  // (N)
    pack r;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < registers; ++i) detail::load_lane(r.v[i], p + i * width);
    return r;
  }
  MOTE_INLINE static pack all(T value) {
    pack r;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < registers; ++i) r.v[i] = lane(value);
    return r;
  }
  MOTE_INLINE void store(T* p) const {  // (N)
#pragma GCC unroll 16
    for (std::size_t i = 0; i < registers; ++i) detail::store_lane(v[i], p + i * width);
  }

#define MOTE_PACK_OPERATOR(op)                                                     \
  MOTE_INLINE friend pack operator op(pack a, pack b) {                            \
    _Pragma("GCC unroll 16") for (std::size_t i = 0; i < registers; ++i) a.v[i] = a.v[i] op b.v[i]; \
    return a;                                                                      \
  }
  MOTE_PACK_OPERATOR(+)
  MOTE_PACK_OPERATOR(-)
  MOTE_PACK_OPERATOR(*)
#undef MOTE_PACK_OPERATOR
  MOTE_INLINE friend pack operator/(pack a, pack b) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < registers; ++i) a.v[i] = detail::divide(a.v[i], b.v[i]);
    return a;
  }
};

template <std::size_t N>
using floats = pack<float, N>;
template <std::size_t N>
using ints = pack<std::int32_t, N>;

/// Applies a lane function register by register.
template <class To, class From, class Function>
MOTE_INLINE To map(From a, Function f) {
  To r;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < To::registers; ++i) r.v[i] = f(a.v[i]);
  return r;
}

template <std::size_t N>
MOTE_INLINE floats<N> to_float(ints<N> a) {
  return map<floats<N>>(a, [](auto x) { return detail::to_float_lane(x); });
}
template <std::size_t N>
MOTE_INLINE floats<N> absolute(floats<N> a) {
  return map<floats<N>>(a, [](auto x) { return detail::absolute(x); });
}
template <std::size_t N>
MOTE_INLINE floats<N> larger(floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < a.registers; ++i) a.v[i] = detail::larger(a.v[i], b.v[i]);
  return a;
}

/// Joins sixteen interleaved partial sums in a fixed tree: lane i with lane i + 8, then + 4, + 2, + 1.
MOTE_INLINE float join(floats<16> a) {
  float s[16];
  a.store(s);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) s[i] += s[i + 8];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) s[i] += s[i + 4];
  return (s[0] + s[2]) + (s[1] + s[3]);
}
/// The largest of sixteen lanes; exact in any order.
MOTE_INLINE float largest(floats<16> a) {
  float s[16];
  a.store(s);
  float m = s[0];
#pragma GCC unroll 16
  for (std::size_t i = 1; i < 16; ++i) m = s[i] > m ? s[i] : m;
  return m;
}

}  // namespace mote::inline v0::simd
