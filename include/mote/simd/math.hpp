// SPDX-License-Identifier: BSL-1.0
// exp, sigmoid, tanh, square root, sine and cosine in a fixed order of additions and multiplications, so that every
// machine gives the same bits. Polynomials: Cephes (Moshier), single precision; error below 2 ulp on the ranges used.
// Refuses libm: glibc and newlib differ in the last bit, and newlib's needs errno and a kilobyte of RAM.
#pragma once

#include <cstdint>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

namespace detail {

/// e^x for one register or one float within [-87, 88], where the result is a normal number: e^x = 2^n e^r.
template <class Lane>
MOTE_INLINE Lane exp_within(Lane x) {
  const Lane magic(12582912.0F);  // 1.5 * 2^23: adding it rounds to an integer
  const Lane shifted = x * Lane(1.44269504F) + magic;
  const Lane n = shifted - magic;
  Lane r =
      plus_product(x, n, Lane(-0.693359375F));  // log 2 in two parts; the first has few bits, so n times it is exact
  r = plus_product(r, n, Lane(2.12194440e-4F));
  Lane p(1.9875691500e-4F);
  p = p * r + Lane(1.3981999507e-3F);
  p = p * r + Lane(8.3334519073e-3F);
  p = p * r + Lane(4.1665795894e-2F);
  p = p * r + Lane(1.6666665459e-1F);
  p = p * r + Lane(5.0000001201e-1F);
  p = plus_product(r, p, r * r) + Lane(1.0F);
  return bits_as_float(bits_as_int(p) + shift_left_23(bits_as_int(shifted)));  // the shift drops the bits of magic
}

/// e^x; x is clamped to [-87, 88].
template <class Lane>
MOTE_INLINE Lane exp_lane(Lane x) {
  return exp_within(minimum(maximum(x, Lane(-87.0F)), Lane(88.0F)));
}

template <std::size_t N>
MOTE_INLINE void plain_exp_of(float* v /* (N) */) {
  std::uint32_t bits[N];
  __builtin_memcpy(bits, v, sizeof bits);
  // Few arguments need the clamp; comparing bits as integers finds them cheaply.
  bool within = true;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < N; ++i) within = within && bits[i] << 1U <= 0x42AE0000U << 1U;  // +-87
  if (!within) [[unlikely]]
    for (std::size_t i = 0; i < N; ++i) v[i] = minimum(maximum(v[i], -87.0F), 88.0F);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < N; ++i) v[i] = exp_within(v[i]);
}

/// v = e^v. A function for targets without float vectors: inlined for sixteen lanes, each call takes 4 KB of flash.
MOTE_NOINLINE inline void plain_exp(float* v /* (n) */, std::size_t n) {
  for (; n >= 16 && guarded_exp(v); n -= 16) v += 16;
  for (; n >= 4; n -= 4, v += 4) plain_exp_of<4>(v);
  for (; n > 0; --n, ++v) plain_exp_of<1>(v);
}

}  // namespace detail

/// e^x; x is clamped to [-87, 88].
MOTE_INLINE float exp(float x) {
  detail::plain_exp(&x, 1);
  return x;
}
template <std::size_t N>
MOTE_INLINE floats<N> exp(floats<N> x) {
  if constexpr (std::is_same_v<typename floats<N>::lane, float>) {
    detail::plain_exp(x.v, N);
    return x;
  } else {
    return map<floats<N>>(
        x, [](auto v) __attribute__((always_inline)) { return detail::exp_lane(v); });  // registers share the constants
  }
}

/// sum + a * b in two roundings.
template <std::size_t N>
MOTE_INLINE floats<N> plus_product(floats<N> sum, floats<N> a, floats<N> b) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < sum.registers; ++i) sum.v[i] = detail::plus_product(sum.v[i], a.v[i], b.v[i]);
  return sum;
}

/// 2^(x + power) for x <= 0, with a relative error below 0.22 %. That is enough for weights that are divided by their
/// own sum and then rounded (softmax). x = 0 gives the largest, 2^power; below x = -100 it stays 2^(power - 100).
template <std::size_t N>
MOTE_INLINE floats<N> rough_exp2(floats<N> x, float power /* an integer, 0 to 100 */) {
  return map<floats<N>>(x, [power](auto v) __attribute__((always_inline)) {
    using lane = decltype(v);
    const lane magic(12582912.0F + power);  // 1.5 * 2^23 rounds to an integer; the last bits become the exponent
    v = detail::maximum(v, lane(-100.0F));
    const lane shifted = v + magic;
    const lane r = v - (shifted - magic);
    lane p(0.23832335F);
    p = detail::plus_product(lane(0.70313653F), p, r);
    p = detail::plus_product(lane(1.0F), p, r);
    return detail::bits_as_float(detail::bits_as_int(p) + detail::shift_left_23(detail::bits_as_int(shifted)));
  });
}

/// 1 / (1 + e^-x)
template <class Floats>
MOTE_INLINE Floats sigmoid(Floats x) {
  if constexpr (std::is_same_v<Floats, float>) return 1.0F / (1.0F + exp(0.0F - x));
  else return Floats::all(1.0F) / (Floats::all(1.0F) + exp(Floats::all(0.0F) - x));
}

namespace detail {

/// tanh(x) = m / (m + 2) with m = e^2x - 1. m is computed as (2^n - 1) + 2^n (e^r - 1), so that no digits cancel for
/// any x. x is clamped to [-10, 10], where the result is +-1.
template <class Lane>
MOTE_INLINE Lane tanh_lane(Lane x) {
  x = minimum(maximum(x, Lane(-10.0F)), Lane(10.0F));
  x = x + x;
  const Lane magic(12582912.0F);  // as in exp_within()
  const Lane shifted = x * Lane(1.44269504F) + magic;
  const Lane n = shifted - magic;
  Lane r = plus_product(x, n, Lane(-0.693359375F));
  r = plus_product(r, n, Lane(2.12194440e-4F));
  Lane p(1.9875691500e-4F);
  p = p * r + Lane(1.3981999507e-3F);
  p = p * r + Lane(8.3334519073e-3F);
  p = p * r + Lane(4.1665795894e-2F);
  p = p * r + Lane(1.6666665459e-1F);
  p = p * r + Lane(5.0000001201e-1F);
  p = plus_product(r, p, r * r);  // e^r - 1
  const Lane power = bits_as_float(shift_left_23(bits_as_int(shifted)) + decltype(bits_as_int(x))(0x3F800000));  // 2^n
  const Lane m = plus_product(power - Lane(1.0F), power, p);
  return divide(m, m + Lane(2.0F));
}

/// v = tanh(v). A function for targets without float vectors, as plain_exp().
MOTE_NOINLINE inline void plain_tanh(float* v /* (n) */, std::size_t n) {
  for (; n > 0; --n, ++v) *v = tanh_lane(*v);
}

}  // namespace detail

/// tanh(x), always within [-1, 1].
MOTE_INLINE float tanh(float x) {
  detail::plain_tanh(&x, 1);
  return x;
}
template <std::size_t N>
MOTE_INLINE floats<N> tanh(floats<N> x) {
  if constexpr (std::is_same_v<typename floats<N>::lane, float>) {
    detail::plain_tanh(x.v, N);
    return x;
  } else {
    return map<floats<N>>(x, [](auto v) __attribute__((always_inline)) { return detail::tanh_lane(v); });
  }
}

/// The square root of x >= 0, correctly rounded.
MOTE_INLINE float sqrt(float x) { return detail::sqrt_lane(x); }

template <std::size_t N>
MOTE_INLINE floats<N> sqrt(floats<N> x) {
  return map<floats<N>>(x, [](auto v) { return detail::sqrt_lane(v); });
}

struct sine_cosine {
  float sine, cosine;
};

/// sin and cos of 2 pi * phase / 2^64. The phase is a fraction of a turn: it wraps by integer overflow, and a large
/// angle loses no precision, as it would in a product of floats (RoPE at position 10,000).
MOTE_INLINE sine_cosine rotation(std::uint64_t phase) {
  const auto quadrant = static_cast<std::uint32_t>((phase + (std::uint64_t{1} << 61U)) >> 62U);
  // The rest is in [-1/8, 1/8) of a turn; its upper 32 bits are kept.
  const auto rest = static_cast<std::int32_t>((phase - (static_cast<std::uint64_t>(quadrant) << 62U)) >> 32U);
  const float x = static_cast<float>(rest) * 1.46291807926715968105e-9F;  // 2 pi / 2^32
  const float z = x * x;
  float s = -1.9515295891e-4F;
  s = s * z + 8.3321608736e-3F;
  s = s * z - 1.6666654611e-1F;
  s = s * z * x + x;
  float c = 2.443315711809948e-5F;
  c = c * z - 1.388731625493765e-3F;
  c = c * z + 4.166664568298827e-2F;
  c = c * z * z - 0.5F * z + 1.0F;
  switch (quadrant & 3U) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

}  // namespace mote::inline v0::simd
