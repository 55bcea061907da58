// SPDX-License-Identifier: BSL-1.0
// Integer dot products of codes of 2 to 6 bits in Helium: a vector holds sixteen columns of a row, and four rows share
// the loads of x. In row-major order a nibble field of 32 columns is one vector: `& 15` is columns 0-15, `>> 4` columns
// 16-31. arch/mve_rows.hpp applies the scales.
// Refuses gathers of single bytes for each row, except for table lookups: a core may fetch their elements one by one.
#pragma once

#include <cstddef>
#include <cstdint>

#include <arm_mve.h>

namespace mote::inline v0::simd {

namespace detail {

/// Loads sixteen bytes at any address and advances p by Step in one instruction, which GCC 12 makes of no intrinsic.
template <int Step>
MOTE_INLINE uint8x16_t next_bytes(const std::uint8_t*& p) {
  uint8x16_t v;
  __asm__("vldrb.8 %q0, [%1], #%c2"
          : "=w"(v), "+r"(p)
          : "i"(Step), "m"(*reinterpret_cast<const std::uint8_t(*)[16]>(p)));
  return v;
}
/// Loads eight bytes, zero-extended to 16 bits each, and advances p by Step. The address must be in r0 to r7.
template <int Step>
MOTE_INLINE uint16x8_t next_bytes_wide(const std::uint8_t*& p) {
  uint16x8_t v;
  __asm__("vldrb.u16 %q0, [%1], #%c2"
          : "=w"(v), "+l"(p)
          : "i"(Step), "m"(*reinterpret_cast<const std::uint8_t(*)[8]>(p)));
  return v;
}
/// Loads four bytes, zero-extended to 32 bits each, and advances p by Step.
template <int Step>
MOTE_INLINE uint32x4_t next_bytes_by_words(const std::uint8_t*& p) {
  uint32x4_t v;
  __asm__("vldrb.u32 %q0, [%1], #%c2"
          : "=w"(v), "+l"(p)
          : "i"(Step), "m"(*reinterpret_cast<const std::uint8_t(*)[4]>(p)));
  return v;
}
MOTE_INLINE std::uint32_t four_bytes(const std::uint8_t* p) {
  std::uint32_t r = 0;
  __builtin_memcpy(&r, p, 4);
  return r;
}
MOTE_INLINE uint8x16_t words(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2, std::uint32_t w3) {
  uint8x16_t v;
  __asm__("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4" : "=&w"(v) : "r"(w0), "r"(w1), "r"(w2), "r"(w3));
  return v;
}
MOTE_INLINE void helium_store(std::int32_t* to /* (4) */, int32x4_t v) { __arm_vstrwq_s32(to, v); }
MOTE_INLINE uint8x16_t all_bytes(std::uint8_t b) { return __arm_vdupq_n_u8(b); }
MOTE_INLINE int8x16_t with_sign(uint8x16_t v) { return __arm_vreinterpretq_s8_u8(v); }
MOTE_INLINE uint32x4_t as_words(uint8x16_t v) { return __arm_vreinterpretq_u32_u8(v); }
MOTE_INLINE uint8x16_t as_bytes(uint32x4_t v) { return __arm_vreinterpretq_u8_u32(v); }

/// Returns v, hidden from GCC 12, so that it keeps a constant in a register instead of building it for each use.
template <class Vector>
MOTE_INLINE Vector kept(Vector v) {
  __asm__("" : "+w"(v));
  return v;
}

/// Delays loads from p until `done` is computed: GCC 12 would load early, and spill.
template <class T>
MOTE_INLINE void one_after_another(const T*& p, std::int32_t done) {
  __asm__("" : "+r"(p) : "r"(done));
}

/// Unpacks 32 columns of bit_fields<Bits, 1> (format/bit_fields.hpp) at p: low() gives the codes of columns 0 to 15,
/// high() those of columns 16 to 31. The call that loads the last bytes advances p by Step. `constants` stay in
/// registers over all groups; `held` passes bits from low() to high().
template <unsigned Bits>
struct helium_fields;

template <>
struct helium_fields<4> {
  struct constants {
    uint8x16_t nibble = kept(all_bytes(15));
  };
  template <int Step>
  MOTE_INLINE static uint8x16_t low(const std::uint8_t*& p, const constants& c, uint8x16_t& held) {
    held = next_bytes<Step>(p);
    return __arm_vandq_u8(held, c.nibble);
  }
  template <int>
  MOTE_INLINE static uint8x16_t high(const std::uint8_t*&, const constants&, uint8x16_t held) {
    return __arm_vshrq_n_u8(held, 4);
  }
};

template <>
struct helium_fields<5> {  // bit b of byte j is bit 4 of column 4b + j: word b (low) takes bits b of its bytes
  struct constants {
    int32x4_t shift = kept(int32x4_t{0, -1, -2, -3});
    uint8x16_t bits = kept(all_bytes(0x11));
  };
  template <int>
  MOTE_INLINE static uint8x16_t low(const std::uint8_t*& p, const constants& c, uint8x16_t& held) {
    const uint32x4_t fifth = __arm_vshlq_u32(__arm_vdupq_n_u32(four_bytes(p + 16)), c.shift);
    held = __arm_vandq_u8(as_bytes(fifth), c.bits);
    return __arm_vsliq_n_u8(__arm_vldrbq_u8(p), held, 4);
  }
  template <int Step>
  MOTE_INLINE static uint8x16_t high(const std::uint8_t*& p, const constants&, uint8x16_t held) {
    return __arm_vsriq_n_u8(held, next_bytes<Step>(p), 4);
  }
};

template <>
struct helium_fields<6> {  // bits 2k and 2k + 1 of byte i are the upper bits of column 8k + i
  struct constants {
    int8x16_t shift = kept(int8x16_t{0, 0, 0, 0, 0, 0, 0, 0, -2, -2, -2, -2, -2, -2, -2, -2});
    uint8x16_t bits = kept(all_bytes(0x33));
  };
  template <int>
  MOTE_INLINE static uint8x16_t low(const std::uint8_t*& p, const constants& c, uint8x16_t& held) {
    held = __arm_vldrbq_u8(p + 8);  // the upper half is the pair field; p + 16 would read past the block
    __asm__("vmov.f64 %e0, %f0" : "+w"(held));
    held = __arm_vandq_u8(__arm_vshlq_u8(held, c.shift), c.bits);
    return __arm_vsliq_n_u8(__arm_vldrbq_u8(p), held, 4);
  }
  template <int Step>
  MOTE_INLINE static uint8x16_t high(const std::uint8_t*& p, const constants&, uint8x16_t held) {
    return __arm_vsriq_n_u8(held, next_bytes<Step>(p), 4);
  }
};

template <>
struct helium_fields<3> {  // word j: columns j, 4 + j, 8 + j, 12 + j; x is gathered in that order for all rows
  struct constants {
    uint8x16_t pairs = kept(all_bytes(0x33));
    uint8x16_t bits = kept(all_bytes(0x11));
    uint8x16_t nibble = kept(all_bytes(15));
    uint8x16_t order = kept(uint8x16_t{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15});
  };
  template <int Step>
  MOTE_INLINE static uint8x16_t low(const std::uint8_t*& p, const constants& c, uint8x16_t& held) {
    // Bits 2k and 2k + 1 of byte j are of column 8k + j, those of byte 4 + j are of column 8k + 4 + j (j = 0 .. 3).
    uint32x4_t pairs = next_bytes_by_words<4>(p);
    pairs = __arm_vsliq_n_u32(pairs, next_bytes_by_words<4>(p), 8);
    pairs = __arm_vsliq_n_u32(pairs, pairs, 14);
    uint32x4_t third = next_bytes_by_words<Step - 8>(p);  // bit b of byte j is of column 4b + j
    third = __arm_vsliq_n_u32(third, third, 7);
    third = __arm_vsliq_n_u32(third, third, 14);
    held = __arm_vmlaq_n_u8(__arm_vandq_u8(as_bytes(pairs), c.pairs), __arm_vandq_u8(as_bytes(third), c.bits), 4);
    return __arm_vandq_u8(held, c.nibble);
  }
  template <int>
  MOTE_INLINE static uint8x16_t high(const std::uint8_t*&, const constants&, uint8x16_t held) {
    return __arm_vshrq_n_u8(held, 4);
  }
};

template <>
struct helium_fields<2> {  // low() gives columns 0 8 1 9 .. 7 15, high() the same + 16; x is loaded in that order
  struct constants {
    uint8x16_t pair = kept(all_bytes(3));
  };
  template <int Step>
  MOTE_INLINE static uint8x16_t low(const std::uint8_t*& p, const constants& c, uint8x16_t& held) {
    const uint16x8_t bytes = next_bytes_wide<Step>(p);
    held = __arm_vreinterpretq_u8_u16(__arm_vsliq_n_u16(bytes, bytes, 6));
    return __arm_vandq_u8(held, c.pair);
  }
  template <int>
  MOTE_INLINE static uint8x16_t high(const std::uint8_t*&, const constants& c, uint8x16_t held) {
    return __arm_vandq_u8(__arm_vshrq_n_u8(held, 4), c.pair);
  }
};

/// Loads the next sixteen activations in the column order of helium_fields<Bits>, and advances x by 16.
template <unsigned Bits>
MOTE_INLINE int8x16_t sixteen(const std::uint8_t*& x, const typename helium_fields<Bits>::constants& c) {
  if constexpr (Bits == 2) {
    const uint16x8_t first = next_bytes_wide<8>(x);
    return __arm_vreinterpretq_s8_u16(__arm_vsliq_n_u16(first, next_bytes_wide<8>(x), 8));
  } else if constexpr (Bits == 3) {
    int8x16_t v;
    __asm__("vldrb.u8 %q0, [%1, %q2]\n\tadd %1, %1, #16"
            : "=&w"(v), "+r"(x)
            : "w"(c.order), "m"(*reinterpret_cast<const std::uint8_t(*)[16]>(x)));
    return v;
  } else {
    return with_sign(next_bytes<16>(x));
  }
}

/// sums[row] = the dot product of `groups` groups of 32 columns of 2-bit codes with x, for four rows that are `stride`
/// bytes apart. Takes two groups at a time, eight columns of each in a vector, so 32 zeros must follow x.
MOTE_INLINE void helium_pairs(const std::uint8_t* w, std::size_t stride, const std::int8_t* x, std::size_t groups,
                              std::int32_t* sums /* (4) */) {
  const uint32x4_t eights = kept(uint32x4_t{0, 4, 32, 36});
  const uint8x16_t pair = kept(all_bytes(3));
  const std::uint8_t* row[4] = {w, w + stride, w + stride * 2, w + stride * 3};
  std::int32_t sum[4] = {};
  std::uint8_t last[4][16];  // the last group, if their number is odd, and zeros
  for (std::size_t now = groups / 2;; now = 1) {
    for (const std::int8_t* end = x + now * 64; x != end; x += 64) {
      int8x16_t a[4];
#pragma GCC unroll 4
      for (std::size_t k = 0; k < 4; ++k)
        a[k] = __arm_vreinterpretq_s8_s32(
            __arm_vldrwq_gather_offset_s32(reinterpret_cast<const std::int32_t*>(x + k * 8), eights));
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; ++r) {
        const uint8x16_t v = next_bytes<16>(row[r]);
        sum[r] = __arm_vmladavaq_s8(sum[r], with_sign(__arm_vandq_u8(v, pair)), a[0]);
        sum[r] = __arm_vmladavaq_s8(sum[r], with_sign(__arm_vandq_u8(__arm_vshrq_n_u8(v, 2), pair)), a[1]);
        sum[r] = __arm_vmladavaq_s8(sum[r], with_sign(__arm_vandq_u8(__arm_vshrq_n_u8(v, 4), pair)), a[2]);
        sum[r] = __arm_vmladavaq_s8(sum[r], with_sign(__arm_vshrq_n_u8(v, 6)), a[3]);
        if (r < 3) one_after_another(row[r + 1], sum[r]);
      }
    }
    if (groups % 2 == 0) break;
    groups = 0;
    __builtin_memset(last, 0, sizeof last);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; ++r) {
      __builtin_memcpy(last[r], row[r], 8);
      row[r] = last[r];
    }
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < 4; ++r) sums[r] = sum[r];
}

/// sums[row] = the dot product of `groups` groups of 20 columns of trits with x, for four rows that are `stride` bytes
/// apart. Takes four groups at a time. A byte times 3: the upper byte is the next digit, the lower byte the rest.
MOTE_INLINE void helium_trits(const std::uint8_t* w, std::size_t stride, const std::int8_t* x, std::size_t groups,
                              std::int32_t* sums /* (4) */) {
  uint32x4_t twenties = kept(uint32x4_t{0, 20, 40, 60});
  const uint8x16_t three = kept(all_bytes(3));
  const std::uint8_t* row[4] = {w, w + stride, w + stride * 2, w + stride * 3};
  std::int32_t sum[4] = {};
  std::uint8_t last[4][16];  // the last 1 to 3 groups, and zeros
  std::size_t rest = groups % 4;
  for (std::size_t now = groups / 4;; now = 1) {
    for (const std::int8_t* end = x + now * 80; x != end; x += 80) {
      uint8x16_t v[4];
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; ++r) v[r] = next_bytes<16>(row[r]);
#pragma GCC unroll 5
      for (std::size_t digit = 0; digit < 5; ++digit) {
        const int8x16_t a = __arm_vreinterpretq_s8_s32(
            __arm_vldrwq_gather_offset_s32(reinterpret_cast<const std::int32_t*>(x + digit * 4), twenties));
#pragma GCC unroll 4
        for (std::size_t r = 0; r < 4; ++r) {
          sum[r] = __arm_vmladavaq_s8(sum[r], with_sign(__arm_vmulhq_u8(v[r], three)), a);
          if (digit < 4) v[r] = __arm_vmulq_u8(v[r], three);
          __asm__("" : "+w"(v[(r + 1) % 4]) : "r"(sum[r]));  // in this order, as one_after_another()
        }
        __asm__("" : "+w"(twenties) : "r"(sum[3]));
      }
    }
    if (rest == 0) break;
    __builtin_memset(last, 0, sizeof last);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t i = 0; i < rest; ++i) __builtin_memcpy(last[r] + i * 4, row[r] + i * 4, 4);
      row[r] = last[r];
    }
    // x may end with these groups: for missing groups the first twenty activations are read and multiplied by zeros.
    const auto there = static_cast<mve_pred16_t>((1U << (rest * 4)) - 1U);
    twenties = __arm_vpselq_u32(twenties, __arm_vdupq_n_u32(0), there);
    rest = 0;
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < 4; ++r) sums[r] = sum[r];
}

}  // namespace detail

/// Four rows of codes in bit fields of 32 columns; the next fields of a row follow Step bytes later. With a Table, the
/// weight of a code is Table[code], else it is the code.
template <unsigned Bits, int Step, const std::int8_t (*Table)[16]>
class helium_rows {
  using fields = detail::helium_fields<Bits>;
  typename fields::constants constants_;
  const std::uint8_t* row_[4] = {};

 public:
  /// Begins at w; row r is at w + r * stride.
  MOTE_INLINE void begin(const std::byte* w, std::size_t stride) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(w);
#pragma GCC unroll 4
    for (auto& row : row_) {
      row = p;
      p += stride;
    }
  }
  /// The address of the next codes of the first row.
  MOTE_INLINE const std::uint8_t* first() const { return row_[0]; }
  MOTE_INLINE void skip(std::size_t bytes) {
#pragma GCC unroll 4
    for (auto& row : row_) row += bytes;
  }
  /// The dot products of the next 32 columns, one lane per row. Advances x by 32.
  MOTE_INLINE int32x4_t next(const std::uint8_t*& x) {
    const int8x16_t low = detail::sixteen<Bits>(x, constants_);
    const int8x16_t high = detail::sixteen<Bits>(x, constants_);
    int32x4_t dots;
    const auto dot = [&](std::size_t r) __attribute__((always_inline)) {
      // In assembler: GCC 12 would move the intrinsics' sums between registers.
      std::int32_t sum;
      uint8x16_t held;
      __asm__("vmladav.s8 %0, %q1, %q2" : "=Te"(sum) : "w"(codes_low(r, held)), "w"(low));
      detail::one_after_another(row_[r], sum);
      __asm__("vmladava.s8 %0, %q1, %q2" : "+Te"(sum) : "w"(codes_high(r, held)), "w"(high));
      return sum;
    };
    {  // rows 0 and 2, then 1 and 3, as VMOV puts two into a vector
      const std::int32_t dot0 = dot(0);
      detail::one_after_another(row_[2], dot0);
      const std::int32_t dot2 = dot(2);
      detail::one_after_another(row_[1], dot2);
      __asm__("vmov %q0[2], %q0[0], %1, %2" : "=w"(dots) : "r"(dot0), "r"(dot2));
    }
    const std::int32_t dot1 = dot(1);
    detail::one_after_another(row_[3], dot1);
    const std::int32_t dot3 = dot(3);
    __asm__("vmov %q0[3], %q0[1], %1, %2" : "+w"(dots) : "r"(dot1), "r"(dot3));
    return dots;
  }
  /// The dot products of the next 16 columns and, separately, of the 16 after them. If not `both`, x ends after the
  /// first 16, and dots[4 .. 7] mean nothing.
  MOTE_INLINE void next(const std::uint8_t*& x, bool both, std::int32_t* dots /* (2, 4) */) {
    const int8x16_t low = detail::sixteen<Bits>(x, constants_);
    if (!both) x -= 16;
    const int8x16_t high = detail::sixteen<Bits>(x, constants_);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; ++r) {
      uint8x16_t held;
      dots[r] = __arm_vmladavq_s8(codes_low(r, held), low);
      dots[r + 4] = __arm_vmladavq_s8(codes_high(r, held), high);
    }
  }

 private:
  MOTE_INLINE int8x16_t codes_low(std::size_t r, uint8x16_t& held) {
    return weights(fields::template low<Step>(row_[r], constants_, held));
  }
  MOTE_INLINE int8x16_t codes_high(std::size_t r, uint8x16_t held) {
    return weights(fields::template high<Step>(row_[r], constants_, held));
  }
  MOTE_INLINE static int8x16_t weights(uint8x16_t codes) {
    if constexpr (Table != nullptr) return __arm_vldrbq_gather_offset_s8(*Table, codes);
    else return detail::with_sign(codes);
  }
};

}  // namespace mote::inline v0::simd
