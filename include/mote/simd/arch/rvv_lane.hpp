// SPDX-License-Identifier: BSL-1.0
// RISC-V V 1.0: 4, 8, 16 or 32 lanes of 32 bits as one vector type of the compiler, in a group of 1, 2, 4 or 8
// registers of 128 bits. The compiler sets the vector length to that many lanes, so machines with longer registers give
// the same answers. With -mrvv-vector-bits=zvl it uses whole registers instead, and the program needs that length.
// Refuses fused multiply-add except in plus_exact_product(): every operation is a function of its own, and rounds once.
#pragma once

#include <riscv_vector.h>

#include <cstddef>
#include <cstdint>

namespace mote::inline v0::simd::detail {

template <class T, std::size_t N>
struct rvv_lane {
  using vector = T __attribute__((ext_vector_type(N)));

  vector v;

  rvv_lane() = default;
  MOTE_INLINE explicit rvv_lane(T value) : v(static_cast<vector>(value)) {}
  MOTE_INLINE static rvv_lane of(vector v) {
    rvv_lane r;
    r.v = v;
    return r;
  }
  MOTE_INLINE friend rvv_lane operator+(rvv_lane a, rvv_lane b) { return of(a.v + b.v); }
  MOTE_INLINE friend rvv_lane operator-(rvv_lane a, rvv_lane b) { return of(a.v - b.v); }
  MOTE_INLINE friend rvv_lane operator*(rvv_lane a, rvv_lane b) { return of(a.v * b.v); }
};

/// The widest vector of at most N lanes.
template <class T, std::size_t N>
consteval auto widest() {
  if constexpr (N >= 32) return rvv_lane<T, 32>{};
  else if constexpr (N >= 16) return rvv_lane<T, 16>{};
  else if constexpr (N >= 8) return rvv_lane<T, 8>{};
  else if constexpr (N >= 4) return rvv_lane<T, 4>{};
  else return T{};
}
template <class T, std::size_t N>
using lane = decltype(widest<T, N>());

template <class Lane>
inline constexpr std::size_t width = sizeof(Lane) / 4;

template <class T, std::size_t N>
MOTE_INLINE void load_lane(rvv_lane<T, N>& v, const T* p /* (N) */) {
  __builtin_memcpy(&v.v, p, sizeof v.v);
}
template <class T, std::size_t N>
MOTE_INLINE void store_lane(rvv_lane<T, N> v, T* p /* (N) */) {
  __builtin_memcpy(p, &v.v, sizeof v.v);
}
/// Lanes First .. First + 15 of 32, which fill whole registers.
template <std::size_t First, class T>
MOTE_INLINE rvv_lane<T, 16> sixteen_lanes(rvv_lane<T, 32> a) {
  constexpr int f = static_cast<int>(First);
  return rvv_lane<T, 16>::of(__builtin_shufflevector(a.v, a.v, f, f + 1, f + 2, f + 3, f + 4, f + 5, f + 6, f + 7,
                                                     f + 8, f + 9, f + 10, f + 11, f + 12, f + 13, f + 14, f + 15));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> maximum(rvv_lane<float, N> a, rvv_lane<float, N> b) {
  return rvv_lane<float, N>::of(__builtin_elementwise_max(a.v, b.v));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> minimum(rvv_lane<float, N> a, rvv_lane<float, N> b) {
  return rvv_lane<float, N>::of(__builtin_elementwise_min(a.v, b.v));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> plus_exact_product(rvv_lane<float, N> sum, rvv_lane<float, N> a, rvv_lane<float, N> b) {
  return rvv_lane<float, N>::of(__builtin_elementwise_fma(a.v, b.v, sum.v));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> divide(rvv_lane<float, N> a, rvv_lane<float, N> b) {
  return rvv_lane<float, N>::of(a.v / b.v);
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> absolute(rvv_lane<float, N> a) {
  return rvv_lane<float, N>::of(__builtin_elementwise_abs(a.v));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> sqrt_lane(rvv_lane<float, N> a) {
  return rvv_lane<float, N>::of(__builtin_elementwise_sqrt(a.v));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> where_less(rvv_lane<float, N> x, rvv_lane<float, N> y, rvv_lane<float, N> a,
                                          rvv_lane<float, N> b) {
  return rvv_lane<float, N>::of(x.v < y.v ? a.v : b.v);
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> to_float_lane(rvv_lane<std::int32_t, N> a) {
  return rvv_lane<float, N>::of(__builtin_convertvector(a.v, typename rvv_lane<float, N>::vector));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<std::int32_t, N> bits_as_int(rvv_lane<float, N> a) {
  return __builtin_bit_cast(rvv_lane<std::int32_t, N>, a);
}
template <std::size_t N>
MOTE_INLINE rvv_lane<float, N> bits_as_float(rvv_lane<std::int32_t, N> a) {
  return __builtin_bit_cast(rvv_lane<float, N>, a);
}
template <unsigned Bits, std::size_t N>
MOTE_INLINE rvv_lane<std::int32_t, N> shift_right_lane(rvv_lane<std::int32_t, N> a) {
  return rvv_lane<std::int32_t, N>::of(a.v >> static_cast<int>(Bits));
}
template <std::size_t N>
MOTE_INLINE rvv_lane<std::int32_t, N> shift_left_23(rvv_lane<std::int32_t, N> a) {
  return rvv_lane<std::int32_t, N>::of(a.v << 23);
}
/// Stores the lanes as Narrow, a vector type of smaller integers; the upper bits are dropped.
template <class Narrow, std::size_t N>
MOTE_INLINE void store_narrow(rvv_lane<std::int32_t, N> a, void* p) {
  const auto narrow = __builtin_convertvector(a.v, Narrow);
  __builtin_memcpy(p, &narrow, sizeof narrow);
}

/// Sixteen halves as floats, as in simd/half.hpp. If Signed, shifting the sign-extended half by 13 also sets bit 31.
template <bool Signed>
MOTE_INLINE rvv_lane<float, 16> sixteen_halves(const std::uint16_t* p /* (16) */) {
  using halves = std::int16_t __attribute__((ext_vector_type(16)));
  using ints = std::int32_t __attribute__((ext_vector_type(16)));
  halves from;
  __builtin_memcpy(&from, p, sizeof from);
  const ints moved =
      __builtin_convertvector(from, ints) << 13 & static_cast<std::int32_t>(Signed ? 0x8FFFE000U : 0x0FFFE000U);
  return __builtin_bit_cast(rvv_lane<float, 16>, moved) * rvv_lane<float, 16>(0x1p112F);
}
/// Converts from the intrinsics' type; through memory, unless the register length is known to be 128 bits.
MOTE_INLINE rvv_lane<std::int32_t, 16> lane_of(vint32m4_t v) {
#if defined(__riscv_v_fixed_vlen) && __riscv_v_fixed_vlen == 128
  using fixed = vint32m4_t __attribute__((riscv_rvv_vector_bits(512)));
  return __builtin_bit_cast(rvv_lane<std::int32_t, 16>, static_cast<fixed>(v));
#else
  rvv_lane<std::int32_t, 16> r;
  std::int32_t lanes[16];
  __riscv_vse32_v_i32m4(lanes, v, 16);
  load_lane(r, lanes);
  return r;
#endif
}

}  // namespace mote::inline v0::simd::detail
