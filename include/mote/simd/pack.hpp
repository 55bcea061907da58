// SPDX-License-Identifier: BSL-1.0
// N floats or N 32-bit integers in as many registers as needed: sixteen are one AVX-512 register, two of AVX2, four of
// NEON, or 16 plain variables. The same operations in the same order give the same bits for every register width.
// Refuses reciprocal estimates, and fused multiply-add unless the product is exact: both differ between machines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/simd/arch/lanes.hpp"
#include "mote/simd/isa.hpp"

namespace mote::inline v0::simd {

/// N lanes of T (float or int32), in index order.
template <class T, std::size_t N>
struct pack {
  using lane = detail::lane<T, N>;
  static constexpr std::size_t width = detail::width<lane>;
  static constexpr std::size_t registers = N / width;
  static constexpr std::size_t machine_registers = registers * detail::machine_registers<lane>;
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

#define MOTE_PACK_OPERATOR(op)                                                    \
  MOTE_INLINE friend pack operator op(pack a, pack b) {                           \
    _Pragma("GCC unroll 16") for (std::size_t i = 0; i < registers; ++i) a.v[i] = \
        lane(detail::plain(a.v[i]) op detail::plain(b.v[i]));                     \
    return a;                                                                     \
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

/// Applies f to each register.
template <class To, class From, class Function>
MOTE_INLINE To map(From a, Function f) {
  To r;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < To::registers; ++i) r.v[i] = f(a.v[i]);
  return r;
}

/// a / 2^Bits, rounded down (an arithmetic shift).
template <unsigned Bits, std::size_t N>
MOTE_INLINE ints<N> shift_right(ints<N> a) {
  if constexpr (Bits == 0) return a;
  else return map<ints<N>>(a, [](auto x) { return detail::shift_right_lane<Bits>(x); });
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
MOTE_INLINE floats<N> maximum(floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < a.registers; ++i) a.v[i] = detail::maximum(a.v[i], b.v[i]);
  return a;
}

/// Lanes First .. First + 15 of 32.
template <std::size_t First, std::size_t N>
  requires(N == 32 && First % 16 == 0)
MOTE_INLINE floats<16> sixteen(floats<N> a) {
  floats<16> r;
  if constexpr (a.width == N) r.v[0] = sixteen_lanes<First>(a.v[0]);
  else
    for (std::size_t i = 0; i < r.registers; ++i) r.v[i] = a.v[First / a.width + i];
  return r;
}

template <std::size_t N>
MOTE_INLINE floats<N> minimum(floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < a.registers; ++i) a.v[i] = detail::minimum(a.v[i], b.v[i]);
  return a;
}

/// a where x < y, b elsewhere.
template <std::size_t N>
MOTE_INLINE floats<N> where_less(floats<N> x, floats<N> y, floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < a.registers; ++i) a.v[i] = detail::where_less(x.v[i], y.v[i], a.v[i], b.v[i]);
  return a;
}

/// sum + a * b, only for products that are exactly a float: then fused or not, the bits are the same.
template <std::size_t N>
MOTE_INLINE floats<N> plus_exact_product(floats<N> sum, floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < sum.registers; ++i) sum.v[i] = detail::plus_exact_product(sum.v[i], a.v[i], b.v[i]);
  return sum;
}

/// The first `count` lanes of a, the others of b.
template <std::size_t N>
MOTE_INLINE floats<N> first_lanes(std::size_t count, floats<N> a, floats<N> b) {
  static constexpr float index[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  static_assert(N <= 16);
  detail::stay_conditional(count);
  return where_less(floats<N>::load(index), floats<N>::all(static_cast<float>(count)), a, b);
}

/// 1.5 * 2^23: added to a float within +-2^22, it leaves the nearest integer (ties to even) in the last bits.
inline constexpr float rounds_to_bits = 12582912.0F;
inline constexpr std::int32_t bits_of_zero = 0x4B400000;  // the bits of rounds_to_bits

/// The integer, from floats to which rounds_to_bits was added: their bits less bits_of_zero. For infinity and NaN the
/// result is beyond +-2^22, so they can be noticed: a multiple of 2^22, plus the payload of a NaN.
template <std::size_t N>
MOTE_INLINE ints<N> rounded_bits(floats<N> x) {
  return map<ints<N>>(x, [](auto v) { return detail::bits_as_int(v); }) - ints<N>::all(bits_of_zero);
}

/// The nearest integers (ties to even) of floats within +-2^22. For others and NaN the result differs between machines.
template <std::size_t N>
MOTE_INLINE ints<N> nearest(floats<N> x) {
  return map<ints<N>>(x, [](auto v) { return detail::nearest_lane(v); });
}

namespace detail {
/// Reduces sixteen lanes to one in a fixed tree: f of lane i and lane i + 8, then + 4, + 2, + 1.
template <class T, class Operation>
MOTE_INLINE T fold(pack<T, 16> a, Operation f) {
  T s[16];
  a.store(s);
  f(pack<T, 8>::load(s), pack<T, 8>::load(s + 8)).store(s);
  f(pack<T, 4>::load(s), pack<T, 4>::load(s + 4)).store(s);
  return f(f(s[0], s[2]), f(s[1], s[3]));
}
MOTE_INLINE std::int32_t wrapped_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(plain(a) + plain(b));
}
}  // namespace detail

/// The sum of sixteen lanes, in the fixed tree of fold().
MOTE_INLINE float reduce_add(floats<16> a) {
  return detail::fold(a, [](auto x, auto y) { return x + y; });
}
/// The sum of integers; exact in any order, modulo 2^32.
MOTE_INLINE std::int32_t reduce_add(ints<16> a) {
  return detail::fold(a, []<class T>(T x, T y) {
    if constexpr (std::is_same_v<T, std::int32_t>) return detail::wrapped_sum(x, y);
    else return x + y;
  });
}
MOTE_INLINE std::int32_t reduce_add(ints<1> a) { return a.v[0]; }
/// The largest of sixteen lanes; exact in any order.
MOTE_INLINE float reduce_max(floats<16> a) {
  return detail::fold(a, [](auto x, auto y) {
    using detail::maximum;
    return maximum(x, y);
  });
}

namespace detail {
/// Fallback for instruction sets without a narrowing store.
template <std::size_t N, class To>
MOTE_INLINE void store_lanes(ints<N> a, To* p /* (N) */) {
  std::int32_t lanes[N];
  a.store(lanes);
  for (std::size_t i = 0; i < N; ++i) p[i] = static_cast<To>(lanes[i]);
}
}  // namespace detail

MOTE_INLINE void store_words(ints<1> a, std::int16_t* p /* (1) */) {
  const auto word = static_cast<std::uint16_t>(a.v[0]);  // unsigned: a signed one would be sign-extended first
  __builtin_memcpy(p, &word, sizeof word);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/across_lanes.hpp"
#include "mote/simd/arch/guard.hpp"
