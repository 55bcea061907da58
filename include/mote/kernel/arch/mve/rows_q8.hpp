// SPDX-License-Identifier: BSL-1.0
// Matrix times vector for row-major q8 on Helium: four rows at a time share the loads of x; their scales and sums are
// guarded vectors of floats (simd/arch/mve_floats.hpp).
// Refuses other formats: kernel/arch/mve/row_major.hpp has them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

#include "mote/format/q8.hpp"
#include "mote/kernel/integer.hpp"
#include "mote/kernel/matrix.hpp"

namespace mote::inline v0 {

namespace detail {

/// Four rows of q8 times x, groups added in index order; a block is a scale and Group weights.
template <std::size_t Group>
MOTE_INLINE float32x4_t helium_rows_of_q8(const std::int8_t* w, std::size_t stride, uint32x4_t rows,
                                          const std::int8_t* x, const float* scale, std::size_t groups) {
  constexpr std::size_t head = Group == 32 ? 2 : 4;
  const std::int8_t* w1 = w + stride;
  const std::int8_t* w2 = w1 + stride;
  const std::int8_t* w3 = w2 + stride;
  float32x4_t sum = __arm_vdupq_n_f32(0.0F);
  if constexpr (Group == 32) {
    // 29 instructions a group; GCC 12 emits 41. The scales are in q0, because binutils 2.40 encodes vcvtb wrongly for
    // the others: it doubles their numbers. w points at a block's scale and moves last; w1 to w3 point at weights.
    w1 += head, w2 += head, w3 += head;
    std::int32_t s0, s1, s2, s3;
    __asm__ volatile(
        "dls lr, %[groups]\n"
        "1:\n\t"
        "vldrh.u32 q0, [%[w], %q[rows]]\n\t"
        "vcvtb.f32.f16 q0, q0\n\t"
        "ldr %[s0], [%[scale]], #4\n\t"
        "vldrb.8 q1, [%[x]], #16\n\t"
        "vmul.f32 q0, q0, %[s0]\n\t"
        "vldrb.8 q2, [%[w], #2]\n\t"
        "vmladav.s8 %[s0], q1, q2\n\t"
        "vldrb.8 q2, [%[w1]], #16\n\t"
        "vmladav.s8 %[s1], q1, q2\n\t"
        "vldrb.8 q2, [%[w2]], #16\n\t"
        "vmladav.s8 %[s2], q1, q2\n\t"
        "vldrb.8 q2, [%[w3]], #16\n\t"
        "vmladav.s8 %[s3], q1, q2\n\t"
        "vldrb.8 q1, [%[x]], #16\n\t"
        "vldrb.8 q2, [%[w], #18]\n\t"
        "vmladava.s8 %[s0], q1, q2\n\t"
        "vldrb.8 q2, [%[w1]], #18\n\t"
        "vmladava.s8 %[s1], q1, q2\n\t"
        "vldrb.8 q2, [%[w2]], #18\n\t"
        "vmladava.s8 %[s2], q1, q2\n\t"
        "vldrb.8 q2, [%[w3]], #18\n\t"
        "vmladava.s8 %[s3], q1, q2\n\t"
        "add %[w], %[w], #34\n\t"
        "vmov q3[2], q3[0], %[s0], %[s2]\n\t"
        "vmov q3[3], q3[1], %[s1], %[s3]\n\t"
        "vcvt.f32.s32 q3, q3\n\t"
        "vmul.f32 q3, q0, q3\n\t"
        "vadd.f32 %q[sum], %q[sum], q3\n\t"
        "le lr, 1b"
        : [w] "+&r"(w), [w1] "+&r"(w1), [w2] "+&r"(w2), [w3] "+&r"(w3), [x] "+&r"(x), [scale] "+&r"(scale),
          [s0] "=&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3), [sum] "+&w"(sum)
        : [rows] "w"(rows), [groups] "r"(groups)
        : "q0", "q1", "q2", "q3", "lr", "memory");
  } else {
    for (const float* end = scale + groups; scale != end; ++scale) {
      std::int32_t s[4] = {};
#pragma GCC unroll 4
      for (std::size_t i = head; i < head + Group; i += 16, x += 16) {
        const int8x16_t a = __arm_vldrbq_s8(x);
        s[0] = __arm_vmladavaq_s8(s[0], a, __arm_vldrbq_s8(w + i));
        s[1] = __arm_vmladavaq_s8(s[1], a, __arm_vldrbq_s8(w1 + i));
        s[2] = __arm_vmladavaq_s8(s[2], a, __arm_vldrbq_s8(w2 + i));
        s[3] = __arm_vmladavaq_s8(s[3], a, __arm_vldrbq_s8(w3 + i));
      }
      const float32x4_t by =
          __arm_vmulq_n_f32(__arm_vldrwq_gather_offset_f32(reinterpret_cast<const float*>(w), rows), *scale);
      sum = __arm_vaddq_f32(sum, __arm_vmulq_f32(by, __arm_vcvtq_f32_s32(__arm_vldrwq_s32(s))));
      w += head + Group, w1 += head + Group, w2 += head + Group, w3 += head + Group;
    }
  }
  return sum;
}

/// Computes y for the first rows / 4 * 4 rows of q8. Returns how many are done: 0 if something was flushed.
template <std::size_t Group>
MOTE_NOINLINE std::size_t guarded_rows(const std::int8_t* w /* (rows, stride) */, std::size_t stride, std::size_t rows,
                                       const std::int8_t* x /* (groups, Group) */, const float* scale /* (groups) */,
                                       std::size_t groups, float* y /* (rows) */) {
  if (groups == 0) return 0;
  const std::size_t whole = rows / 4 * 4;
  const std::uint32_t offsets[4] = {0, static_cast<std::uint32_t>(stride), static_cast<std::uint32_t>(stride * 2),
                                    static_cast<std::uint32_t>(stride * 3)};
  const uint32x4_t four = __arm_vldrwq_u32(offsets);
  simd::detail::forget_flushes();
  for (const float* end = y + whole; y != end; y += 4, w += stride * 4)
    __arm_vstrwq_f32(y, helium_rows_of_q8<Group>(w, stride, four, x, scale, groups));
  return simd::detail::have_flushed() ? 0 : whole;
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
  requires detail::takes_rows_guarded<Isa, Rows>
void matvec(const matrix<q8<Rows, Group>>& w, const activation& a, float* y) {
  using format = q8<Rows, Group>;
  std::size_t row =
      detail::guarded_rows<Group>(reinterpret_cast<const std::int8_t*>(w.data), format::tile_bytes(w.cols), w.rows, a.q,
                                  a.scale, format::groups(w.cols), y);
  for (; row < w.rows; ++row) detail::integer_tiles<Isa, format, 1, 1>(w, row, &a, y, 0);
}

}  // namespace mote::inline v0
