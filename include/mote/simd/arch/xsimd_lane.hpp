// SPDX-License-Identifier: BSL-1.0
// The lanes of simd/pack.hpp as xsimd batches: the widest that the machine has and N lanes fill.
// Refuses xsimd's functions that give estimates, and on 64-bit Arm those that GCC does not inline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mote::inline v0::simd::detail {

template <class T, std::size_t N>
consteval auto widest() {
#if defined(__aarch64__) && !MOTE_WITH_SVE  // xsimd would use SVE of any width set by a compiler flag
  if constexpr (N >= 4) return xsimd::batch<T, xsimd::neon64>{};
  else return T{};
#else
  if constexpr (N >= 16 && !std::is_void_v<xsimd::make_sized_batch_t<T, 16>>) return xsimd::make_sized_batch_t<T, 16>{};
  else if constexpr (N >= 8 && !std::is_void_v<xsimd::make_sized_batch_t<T, 8>>)
    return xsimd::make_sized_batch_t<T, 8>{};
  else if constexpr (N >= 4 && !std::is_void_v<xsimd::make_sized_batch_t<T, 4>>)
    return xsimd::make_sized_batch_t<T, 4>{};
  else return T{};
#endif
}
template <class T, std::size_t N>
using lane = decltype(widest<T, N>());

template <class Lane>
inline constexpr std::size_t width = sizeof(Lane) / 4;

template <class T, class A>
MOTE_INLINE void load_lane(xsimd::batch<T, A>& v, const T* p) {
  v = xsimd::batch<T, A>::load_unaligned(p);
}
template <class T, class A>
MOTE_INLINE void store_lane(xsimd::batch<T, A> v, T* p) {
  v.store_unaligned(p);
}
template <class T, class A>
MOTE_INLINE xsimd::batch<T, A> maximum(xsimd::batch<T, A> a, xsimd::batch<T, A> b) {
  return (xsimd::max)(a, b);
}
template <class T, class A>
MOTE_INLINE xsimd::batch<T, A> minimum(xsimd::batch<T, A> a, xsimd::batch<T, A> b) {
  return (xsimd::min)(a, b);
}
template <class A>
MOTE_INLINE xsimd::batch<float, A> absolute(xsimd::batch<float, A> a) {
  return (xsimd::abs)(a);
}
template <class A>
MOTE_INLINE auto where_less(xsimd::batch<float, A> x, xsimd::batch<float, A> y, xsimd::batch<float, A> a,
                            xsimd::batch<float, A> b) {
  return (xsimd::select)(x < y, a, b);
}
template <class A>
MOTE_INLINE auto to_float_lane(xsimd::batch<std::int32_t, A> a) {
  return xsimd::to_float(a);
}
template <unsigned Bits, class A>
MOTE_INLINE auto shift_right_lane(xsimd::batch<std::int32_t, A> a) {
  return xsimd::bitwise_rshift(a, static_cast<int>(Bits));
}
template <class A>
MOTE_INLINE auto shift_left_23(xsimd::batch<std::int32_t, A> a) {
  return xsimd::bitwise_lshift(a, 23);
}

#if defined(__aarch64__)
// xsimd 13.2 uses its 32-bit NEON code for both, which gives estimates; 64-bit NEON's instructions round correctly.
template <class A>
MOTE_INLINE xsimd::batch<float, A> sqrt_lane(xsimd::batch<float, A> a) {
  if constexpr (a.size > 4) return xsimd::sqrt(a);
  else return vsqrtq_f32(a);
}
template <class A>
MOTE_INLINE xsimd::batch<float, A> divide(xsimd::batch<float, A> a, xsimd::batch<float, A> b) {
  if constexpr (a.size > 4) return a / b;
  else return vdivq_f32(a, b);
}
template <class A>
MOTE_INLINE auto plus_exact_product(xsimd::batch<float, A> sum, xsimd::batch<float, A> a, xsimd::batch<float, A> b) {
  if constexpr (a.size > 4) return xsimd::fma(a, b, sum);
  else return xsimd::batch<float, A>(vfmaq_f32(sum, a, b));
}
template <class A>
MOTE_INLINE auto nearest_lane(xsimd::batch<float, A> x) {
#if MOTE_WITH_SVE
  if constexpr (x.size > 4)
    return xsimd::batch<std::int32_t, A>(svcvt_s32_f32_x(svptrue_b32(), svrintn_f32_x(svptrue_b32(), x)));
  else
#endif
    return xsimd::batch<std::int32_t, A>(vcvtnq_s32_f32(x));
}
// xsimd 13.2 calls these through function pointers, which GCC inlines only in small callers.
template <class T, class A>
MOTE_INLINE auto plain(xsimd::batch<T, A> v) {
  return v.data;
}
template <class A>
MOTE_INLINE auto bits_as_int(xsimd::batch<float, A> a) {
  if constexpr (a.size > 4) return xsimd::bitwise_cast<std::int32_t>(a);
  else return xsimd::batch<std::int32_t, A>(vreinterpretq_s32_f32(a));
}
template <class A>
MOTE_INLINE auto bits_as_float(xsimd::batch<std::int32_t, A> a) {
  if constexpr (a.size > 4) return xsimd::bitwise_cast<float>(a);
  else return xsimd::batch<float, A>(vreinterpretq_f32_s32(a));
}
#else
template <class A>
MOTE_INLINE xsimd::batch<float, A> sqrt_lane(xsimd::batch<float, A> a) {
  return xsimd::sqrt(a);
}
template <class A>
MOTE_INLINE xsimd::batch<float, A> divide(xsimd::batch<float, A> a, xsimd::batch<float, A> b) {
  return a / b;
}
template <class A>
MOTE_INLINE auto plus_exact_product(xsimd::batch<float, A> sum, xsimd::batch<float, A> a, xsimd::batch<float, A> b) {
  return xsimd::fma(a, b, sum);
}
#if defined(__SSE2__)
template <class A>
MOTE_INLINE auto nearest_lane(xsimd::batch<float, A> x) {
  return xsimd::nearbyint_as_int(x);
}
#endif
template <class A>
MOTE_INLINE auto bits_as_int(xsimd::batch<float, A> a) {
  return xsimd::bitwise_cast<std::int32_t>(a);
}
template <class A>
MOTE_INLINE auto bits_as_float(xsimd::batch<std::int32_t, A> a) {
  return xsimd::bitwise_cast<float>(a);
}
#endif

}  // namespace mote::inline v0::simd::detail
