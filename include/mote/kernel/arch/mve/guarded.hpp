// SPDX-License-Identifier: BSL-1.0
// Float kernels in Helium's vectors, under the guard of simd/arch/mve_floats.hpp: each returns false if a subnormal
// number was flushed to zero, and its caller repeats the work with plain floats.
// Refuses any order of operations but that of the generic kernels, whose bits it gives.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::detail {

/// Loads four numbers of a cache that holds floats or halves.
MOTE_INLINE float32x4_t helium_kept(const float* p) { return __arm_vldrwq_f32(p); }
MOTE_INLINE float32x4_t helium_kept(const std::uint16_t* p) {
  // q0, because binutils 2.40 encodes vcvtb wrongly for the others: it doubles their numbers.
  register uint32x4_t halves __asm__("q0") = __arm_vldrhq_u32(p);
  __asm__("vcvtb.f32.f16 q0, q0" : "+w"(halves));
  return __arm_vreinterpretq_f32_u32(halves);
}

/// e[h][t] = scale * sum over d of q[h][d] * keys[d][t]
template <std::size_t Heads, class Element>
MOTE_INLINE void helium_scores(const float* q /* (Heads, head_dim) */, const Element* keys /* (head_dim, stride) */,
                               std::size_t stride, std::size_t head_dim, float scale, std::size_t count,
                               float* e /* (Heads, e_stride) */, std::size_t e_stride) {
  for (std::size_t t = 0; t < count; t += 8) {
    float32x4_t sum[Heads][2];
    for (auto& s : sum) s[0] = s[1] = __arm_vdupq_n_f32(0.0F);
    const Element* k = keys + t;
    const float* from = q;
    for (std::size_t d = 0; d < head_dim; d += 2, from += 2)
#pragma GCC unroll 2
      for (std::size_t i = 0; i < 2; ++i, k += stride) {
        const float32x4_t low = helium_kept(k);
        const float32x4_t high = helium_kept(k + 4);
#pragma GCC unroll 2
        for (std::size_t h = 0; h < Heads; ++h) {
          const float query = from[h * head_dim + i];
          sum[h][0] = __arm_vaddq_f32(sum[h][0], __arm_vmulq_n_f32(low, query));
          sum[h][1] = __arm_vaddq_f32(sum[h][1], __arm_vmulq_n_f32(high, query));
        }
        __asm__ volatile(""
                         :
                         :
                         : "memory");  // no earlier loads: four sums, two keys and two products fill the registers
      }
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h) {
      __arm_vstrwq_f32(e + h * e_stride + t, __arm_vmulq_n_f32(sum[h][0], scale));
      __arm_vstrwq_f32(e + h * e_stride + t + 4, __arm_vmulq_n_f32(sum[h][1], scale));
    }
  }
}

/// Turns scores into e = exp(score - largest) and returns 1 / sum(e). e holds count numbers, rounded up to a multiple
/// of 4; those from count on become zero.
MOTE_INLINE float helium_weights(float* e, std::size_t count) {
  std::size_t whole = count;
  for (; whole % 4 != 0; ++whole) e[whole] = -3.0e38F;
  float32x4_t top = __arm_vdupq_n_f32(-3.0e38F);
  for (std::size_t t = 0; t < whole; t += 4) top = __arm_vmaxnmq_f32(top, __arm_vldrwq_f32(e + t));
  const float largest = __arm_vmaxnmvq_f32(-3.0e38F, top);
  const float32x4_t least = __arm_vdupq_n_f32(-87.0F);
  for (std::size_t t = 0; t < whole; t += 4)
    __arm_vstrwq_f32(e + t,
                     simd::detail::helium_exp<true>(__arm_vsubq_n_f32(__arm_vldrwq_f32(e + t), largest), least, least));
  for (std::size_t t = count; t < whole; ++t) e[t] = 0.0F;
  float32x4_t sum[4];  // sixteen interleaved sums; vectors missing at the end would only add zeros
  for (auto& s : sum) s = __arm_vdupq_n_f32(0.0F);
  std::size_t t = 0;
  for (; t + 16 <= whole; t += 16)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) sum[j] = __arm_vaddq_f32(sum[j], __arm_vldrwq_f32(e + t + j * 4));
#pragma GCC unroll 3
  for (std::size_t j = 0; j < 3; ++j, t += 4)
    if (t < whole) sum[j] = __arm_vaddq_f32(sum[j], __arm_vldrwq_f32(e + t));
  return 1.0F / simd::detail::joined(sum);
}

/// Vectors * 4 channels of out[h] = inverse[h] * sum over t of e[h][t] * values[t].
template <std::size_t Heads, std::size_t Vectors, class Element>
MOTE_INLINE void helium_values(const float* e /* (Heads, e_stride) */, std::size_t e_stride, const float* inverse,
                               const Element* values /* (count, value_stride) */, std::size_t value_stride,
                               std::size_t count, float* out /* (Heads, out_stride) */, std::size_t out_stride) {
  float32x4_t sum[Heads][Vectors];
  for (auto& head : sum)
    for (auto& s : head) s = __arm_vdupq_n_f32(0.0F);
  const auto add = [&](std::size_t t) __attribute__((always_inline)) {
    float32x4_t v[Vectors];
#pragma GCC unroll 2
    for (std::size_t j = 0; j < Vectors; ++j) v[j] = helium_kept(values + j * 4);
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h)
#pragma GCC unroll 2
      for (std::size_t j = 0; j < Vectors; ++j)
        sum[h][j] = __arm_vaddq_f32(sum[h][j], __arm_vmulq_n_f32(v[j], e[h * e_stride + t]));
    values += value_stride;
    __asm__ volatile("" : : : "memory");  // as above
  };
  for (const float* end = e + count / 2 * 2; e != end; e += 2) add(0), add(1);
  if (count % 2 != 0) add(0);
#pragma GCC unroll 2
  for (std::size_t h = 0; h < Heads; ++h)
#pragma GCC unroll 2
    for (std::size_t j = 0; j < Vectors; ++j)
      __arm_vstrwq_f32(out + h * out_stride + j * 4, __arm_vmulq_n_f32(sum[h][j], inverse[h]));
}
template <std::size_t Heads, class Element>
MOTE_INLINE void helium_channels(const float* e, std::size_t e_stride, const float* inverse, const Element* values,
                                 std::size_t value_stride, std::size_t head_dim, std::size_t count, float* out) {
  std::size_t d = 0;
  for (; d + 8 <= head_dim; d += 8)
    helium_values<Heads, 2>(e, e_stride, inverse, values + d, value_stride, count, out + d, head_dim);
  for (; d < head_dim; d += 4)
    helium_values<Heads, 1>(e, e_stride, inverse, values + d, value_stride, count, out + d, head_dim);
}

/// The interface of `unguarded` (kernel/arch/guarded.hpp), with Helium's kernels.
struct helium_guarded {
  static constexpr bool offered = true;

  /// Rounds one group of an activation to 8 bits (kernel/matrix.hpp): writes its integers, their scale and sum. False
  /// if something was flushed.
  template <class Inverse>
  MOTE_NOINLINE static bool rounding(const float* x /* (n) */, std::size_t n /* a multiple of 4 */, Inverse inverse_of,
                                     std::int8_t* q, float* scale, std::int32_t* sum) {
    simd::detail::forget_flushes();
    float32x4_t most = __arm_vdupq_n_f32(0.0F);
    for (std::size_t i = 0; i < n; i += 4) most = __arm_vmaxnmaq_f32(most, __arm_vldrwq_f32(x + i));
    const float largest = __arm_vmaxnmvq_f32(0.0F, most);
    const float inverse = inverse_of(largest);
    std::uint32_t total =
        0U - static_cast<std::uint32_t>(simd::bits_of_zero) * n;  // the sum is of all bits, so that NaN is noticed
    for (std::size_t i = 0; i < n; i += 16) {
#pragma GCC unroll 4
      for (std::size_t j = i; j < i + 16; j += 4) {
        const float32x4_t nearest =
            __arm_vaddq_n_f32(__arm_vmulq_n_f32(__arm_vldrwq_f32(x + j), inverse), simd::rounds_to_bits);
        __arm_vstrbq_s32(q + j, __arm_vreinterpretq_s32_f32(nearest));  // the low byte of each lane
        total = __arm_vaddvaq_u32(total, __arm_vreinterpretq_u32_f32(nearest));
      }
    }
    *scale = largest / 127.0F;
    *sum = static_cast<std::int32_t>(total);
    return !simd::detail::have_flushed();
  }

  /// h = silu(gate) * up; h may be gate or up. False if something was flushed: h is then untouched.
  MOTE_NOINLINE static bool swiglu(const float* gate /* (16) */, const float* up /* (16) */, float* h /* (16) */) {
    float result[16];
    const float32x4_t least = __arm_vdupq_n_f32(-87.0F);
    const float32x4_t most = __arm_vdupq_n_f32(88.0F);
    const float32x4_t zero = __arm_vdupq_n_f32(0.0F);
    simd::detail::forget_flushes();
    for (std::size_t i = 0; i < 16; i += 4) {
      const float32x4_t e =
          simd::detail::helium_exp<false>(__arm_vsubq_f32(zero, __arm_vldrwq_f32(gate + i)), least, most);
      __arm_vstrwq_f32(result + i, __arm_vaddq_n_f32(e, 1.0F));
    }
#pragma GCC unroll 16
    for (auto& r : result) r = 1.0F / r;  // Helium cannot divide
    for (std::size_t i = 0; i < 16; i += 4) {
      const float32x4_t silu = __arm_vmulq_f32(__arm_vldrwq_f32(gate + i), __arm_vldrwq_f32(result + i));
      __arm_vstrwq_f32(result + i, __arm_vmulq_f32(silu, __arm_vldrwq_f32(up + i)));
    }
    if (simd::detail::have_flushed(result)) [[unlikely]]
      return false;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 16; i += 4) __arm_vstrwq_f32(h + i, __arm_vldrwq_f32(result + i));
    return true;
  }

  /// The unnormalized softmax weights e of query heads that share a key head, and 1 / their sums. False if something
  /// was flushed.
  template <class Element>
  MOTE_NOINLINE static bool weights(const float* q /* (group, head_dim) */, std::size_t group,
                                    const Element* keys /* (head_dim, stride) */, std::size_t stride,
                                    std::size_t head_dim /* a multiple of 2 */, float scale, std::size_t count,
                                    float* e /* (group, e_stride) */, std::size_t e_stride /* a multiple of 8 */,
                                    float* inverse /* (group) */) {
    simd::detail::forget_flushes();
    std::size_t g = 0;
    for (; g + 2 <= group; g += 2)
      helium_scores<2>(q + g * head_dim, keys, stride, head_dim, scale, count, e + g * e_stride, e_stride);
    if (g < group) helium_scores<1>(q + g * head_dim, keys, stride, head_dim, scale, count, e + g * e_stride, e_stride);
    for (g = 0; g < group; ++g) inverse[g] = helium_weights(e + g * e_stride, count);
    return !simd::detail::have_flushed();
  }

  /// Weighted sums of values for query heads that share a key head. False if something was flushed.
  template <class Element>
  MOTE_NOINLINE static bool values(const float* e /* (group, e_stride) */, std::size_t e_stride,
                                   const float* inverse /* (group) */, std::size_t group,
                                   const Element* values /* (count, value_stride) */, std::size_t value_stride,
                                   std::size_t head_dim /* a multiple of 4 */, std::size_t count,
                                   float* out /* (group, head_dim) */) {
    simd::detail::forget_flushes();
    std::size_t g = 0;
    for (; g + 2 <= group; g += 2)
      helium_channels<2>(e + g * e_stride, e_stride, inverse + g, values, value_stride, head_dim, count,
                         out + g * head_dim);
    if (g < group)
      helium_channels<1>(e + g * e_stride, e_stride, inverse + g, values, value_stride, head_dim, count,
                         out + g * head_dim);
    return !simd::detail::have_flushed();
  }

  /// Sixteen interleaved partial sums, which show whether everything added is finite; flushes do not matter there.
  struct sums {
    float32x4_t sum[4] = {__arm_vdupq_n_f32(0.0F), __arm_vdupq_n_f32(0.0F), __arm_vdupq_n_f32(0.0F),
                          __arm_vdupq_n_f32(0.0F)};
    MOTE_INLINE void add(const float* x /* (16) */) {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) sum[j] = __arm_vaddq_f32(sum[j], __arm_vldrwq_f32(x + j * 4));
    }
    MOTE_INLINE void add_squares(const float* x /* (16) */) {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        const float32x4_t v = __arm_vldrwq_f32(x + j * 4);
        sum[j] = __arm_vaddq_f32(sum[j], __arm_vmulq_f32(v, v));
      }
    }
    float joined() const { return simd::detail::joined(sum); }
  };
};

}  // namespace mote::inline v0::detail
