// SPDX-License-Identifier: BSL-1.0
// WebAssembly SIMD of 128 bits, four rows a register: weights and activations are widened to 16 bits and multiplied in
// pairs (i32x4.dot_i16x8), which is one instruction on x86 and three on Arm.
// Refuses relaxed SIMD, whose results differ between machines.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<wasm, 4> {
  static constexpr bool own = true;
  static constexpr bool any_byte = true;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 0;
  static constexpr int prefetch_cache = 1;
  using vector = v128_t;

  MOTE_INLINE static vector load(const std::uint8_t* p /* (4, 4) */) { return wasm_v128_load(p); }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    // Shifts of 32-bit words and a mask are two instructions everywhere; x86 has no byte shifts.
    if constexpr (From > To) v = wasm_u32x4_shr(v, From - To);
    else if constexpr (From < To) v = wasm_i32x4_shl(v, To - From);
    if constexpr (Width == 8) return v;
    else return wasm_v128_and(v, wasm_u8x16_const_splat(static_cast<std::uint8_t>(((1U << Width) - 1U) << To)));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return wasm_v128_or(into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    return wasm_i8x16_swizzle(wasm_v128_load(table), v);
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return wasm_i8x16_add(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Two averages give 3/4 (v - 1), rounded up: 64 or more from v = 86 on, 128 or more from v = 171 on.
    v = wasm_u8x16_sub_sat(v, wasm_u8x16_const_splat(1));
    return field<6, 2, To>(wasm_u8x16_avgr(wasm_u8x16_avgr(v, wasm_u8x16_const_splat(0)), v));
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<4> dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    return widened(
        from, w, x, [](vector v) { return wasm_u16x8_extend_low_u8x16(v); },
        [](vector v) { return wasm_u16x8_extend_high_u8x16(v); });
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<4> signed_dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    return widened(
        from, w, x, [](vector v) { return wasm_i16x8_extend_low_i8x16(v); },
        [](vector v) { return wasm_i16x8_extend_high_i8x16(v); });
  }

 private:
  template <std::size_t Quads, class Low, class High>
  MOTE_INLINE static ints<4> widened(ints<4> from, const vector (&w)[Quads], const std::int8_t* x, Low low_half,
                                     High high_half) {
    v128_t low = wasm_i32x4_const_splat(0);   // rows 0 and 1, two partial sums each
    v128_t high = wasm_i32x4_const_splat(0);  // rows 2 and 3
    const auto add_quad = [&](vector weights, v128_t activations) {
      low = wasm_i32x4_add(low, wasm_i32x4_dot_i16x8(low_half(weights), activations));
      high = wasm_i32x4_add(high, wasm_i32x4_dot_i16x8(high_half(weights), activations));
    };
#pragma GCC unroll 16
    for (std::size_t at = 0; at + 2 <= Quads; at += 2) {
      const v128_t eight = wasm_i16x8_load8x8(x + at * 4);
      add_quad(w[at], wasm_i64x2_shuffle(eight, eight, 0, 0));
      add_quad(w[at + 1], wasm_i64x2_shuffle(eight, eight, 1, 1));
    }
    if constexpr (Quads % 2 == 1)
      add_quad(w[Quads - 1], wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(x + (Quads - 1) * 4)));
    const v128_t even = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6);
    const v128_t odd = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
    from.v[0] = wasm_i32x4_add(from.v[0], wasm_i32x4_add(even, odd));
    return from;
  }
};

}  // namespace mote::inline v0::simd
