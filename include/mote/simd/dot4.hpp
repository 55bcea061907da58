// SPDX-License-Identifier: BSL-1.0
// The integer operations that weight formats need of an instruction set, as one type: the unit. It works on dot4
// vectors: a quad of four columns of Rows rows, one byte each, (Rows, 4). Formats write their unpacking once in these
// operations (format/bit_fields.hpp); a new instruction set adds one such type. plain_dot4 is the reference for all
// others.
// Refuses floats: every operation is exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

/// Plain loops, for any number of rows on any machine.
template <std::size_t Rows>
struct plain_dot4 {
  static constexpr bool own = false;  // whether the instruction set has its own unit for this number of rows
  /// Whether `dot` takes weights up to 255. A format may then leave codes in the upper bits and shift the sum instead.
  static constexpr bool any_byte = true;
  /// Signed weights are held with this added, modulo 256: 128 where the multiplication takes unsigned weights.
  static constexpr int bias = 0;
  /// How many bytes ahead of its reads a kernel prefetches weights; 0: not at all.
  static constexpr std::size_t prefetch_ahead = 0;
  /// The cache level that integer kernels prefetch into, 1 or 2. Float kernels prefetch into level 1.
  static constexpr int prefetch_cache = 1;

  struct vector {
    std::uint8_t byte[Rows * 4];  // (Rows, 4)
  };

  MOTE_INLINE static vector load(const std::uint8_t* p /* (Rows, 4) */) {
    vector v;
    __builtin_memcpy(v.byte, p, sizeof v.byte);
    return v;
  }
  /// Bits From .. From + Width - 1 of each byte, moved to To; zeros elsewhere.
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    for (auto& b : v.byte) b = static_cast<std::uint8_t>(((b >> From) & ((1U << Width) - 1U)) << To);
    return v;
  }
  /// `into` with field<From, Width, To>(v) inserted; `into` must have zeros there.
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    const vector moved = field<From, Width, To>(v);
    for (std::size_t i = 0; i < Rows * 4; ++i) into.byte[i] = static_cast<std::uint8_t>(into.byte[i] | moved.byte[i]);
    return into;
  }
  /// Signed weights from a table: byte i becomes table[v[i]]. Each byte of v is below 16.
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    for (auto& b : v.byte) b = static_cast<std::uint8_t>(table[b]);
    return v;
  }
  /// Signed weights from bytes in two's complement: adds `bias`.
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  /// The sum of a and b, modulo 256.
  MOTE_INLINE static vector add(vector a, vector b) {
    for (std::size_t i = 0; i < Rows * 4; ++i) a.byte[i] = static_cast<std::uint8_t>(a.byte[i] + b.byte[i]);
    return a;
  }
  /// The first base-three digit of v / 256, at bit To (0 or 6): 0 for v <= 85, 1 for v <= 170, 2 above.
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Not b * 3 / 256, which GCC 12 miscompiles for 32-bit Arm at -O2: it multiplies four bytes as one word.
    for (auto& b : v.byte)
      b = static_cast<std::uint8_t>((static_cast<unsigned>(b > 85U) + static_cast<unsigned>(b > 170U)) << To);
    return v;
  }

  /// from + the dot products of Quads quads with x. Weights are unsigned, 0 to Largest; activations are within +-127.
  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<Rows> dot(ints<Rows> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    std::int32_t sum[Rows];
    from.store(sum);
    for (std::size_t at = 0; at < Quads; ++at)
      for (std::size_t i = 0; i < Rows * 4; ++i) sum[i / 4] += w[at].byte[i] * x[at * 4 + i % 4];
    return ints<Rows>::load(sum);
  }
  /// The same for signed weights within +-127, held with `bias` added. `x_sum` is the sum of x.
  template <std::size_t Quads>
  MOTE_INLINE static ints<Rows> signed_dot(ints<Rows> from, const vector (&w)[Quads],
                                           const std::int8_t* x /* (Quads, 4) */, [[maybe_unused]] std::int32_t x_sum) {
    std::int32_t sum[Rows];
    from.store(sum);
    for (std::size_t at = 0; at < Quads; ++at)
      for (std::size_t i = 0; i < Rows * 4; ++i) sum[i / 4] += detail::signed_byte(w[at].byte[i]) * x[at * 4 + i % 4];
    return ints<Rows>::load(sum);
  }
};

/// The unit of an instruction set for Rows rows; simd/arch/ specializes it.
template <class Isa, std::size_t Rows>
struct dot4 : plain_dot4<Rows> {};

// A unit may have a member class of_several_tokens: the same dot operations for several tokens at once. It pays where
// an instruction multiplies matrices (smmla), or where alternating between tokens hides the latency of a product.

/// The activations, the sums of activations and the sums of products of several tokens.
template <std::size_t Tokens>
struct several_activations {
  const std::int8_t* of[Tokens];  // (Quads, 4) each
};
template <std::size_t Tokens>
struct several_sums {
  std::int32_t of[Tokens];
};
template <std::size_t Rows, std::size_t Tokens>
struct several_ints {
  ints<Rows> of[Tokens];
};
template <class Unit>
concept multiplies_several_tokens = requires {
  { Unit::of_several_tokens::most };
};

namespace detail {
/// {f(0), f(1), ..} without a loop: GCC 12 keeps arrays of vectors in memory if a loop runs over them.
template <class Several, class Function, std::size_t... K>
MOTE_INLINE Several each(std::index_sequence<K...>, Function f) {
  return {{f(K)...}};
}
}  // namespace detail

template <std::size_t Tokens>
MOTE_INLINE several_activations<Tokens> operator+(const several_activations<Tokens>& x, std::size_t cols) {
  return detail::each<several_activations<Tokens>>(
      std::make_index_sequence<Tokens>{}, [&](std::size_t k) __attribute__((always_inline)) { return x.of[k] + cols; });
}
template <std::size_t Rows, std::size_t Tokens>
MOTE_INLINE several_ints<Rows, Tokens> operator+(const several_ints<Rows, Tokens>& a,
                                                 const several_ints<Rows, Tokens>& b) {
  return detail::each<several_ints<Rows, Tokens>>(std::make_index_sequence<Tokens>{},
                                                  [&](std::size_t k)
                                                      __attribute__((always_inline)) { return a.of[k] + b.of[k]; });
}
template <unsigned Bits, std::size_t Rows, std::size_t Tokens>
MOTE_INLINE several_ints<Rows, Tokens> shift_right(const several_ints<Rows, Tokens>& a) {
  return detail::each<several_ints<Rows, Tokens>>(
      std::make_index_sequence<Tokens>{},
      [&](std::size_t k) __attribute__((always_inline)) { return shift_right<Bits>(a.of[k]); });
}

/// The start value for dot products of codes whose weights are code + least: least * x_sum in every row.
template <std::size_t Rows>
MOTE_INLINE ints<Rows> start_from(int least, std::int32_t x_sum) {
  return ints<Rows>::all(least * x_sum);
}
template <std::size_t Rows, std::size_t Tokens>
MOTE_INLINE several_ints<Rows, Tokens> start_from(int least, const several_sums<Tokens>& x_sum) {
  return detail::each<several_ints<Rows, Tokens>>(
      std::make_index_sequence<Tokens>{},
      [&](std::size_t k) __attribute__((always_inline)) { return start_from<Rows>(least, x_sum.of[k]); });
}
/// Zeros of the argument's type.
template <std::size_t Rows>
MOTE_INLINE ints<Rows> none_of(ints<Rows>) {
  return ints<Rows>::all(0);
}
template <std::size_t Rows, std::size_t Tokens>
MOTE_INLINE several_ints<Rows, Tokens> none_of(const several_ints<Rows, Tokens>&) {
  return start_from<Rows>(0, several_sums<Tokens>{});
}

namespace detail {
/// Four activations as one 32-bit word, for instructions that broadcast words.
MOTE_INLINE std::int32_t four_of(const std::int8_t* x /* (4) */) {
  std::int32_t four = 0;
  __builtin_memcpy(&four, x, 4);
  return four;
}
}  // namespace detail

/// Prefetches Bytes bytes at p + Unit::prefetch_ahead, one request per 64-byte line; does nothing if that is 0.
template <class Unit, std::size_t Bytes, int Cache = Unit::prefetch_cache>
MOTE_INLINE void prefetch([[maybe_unused]] const void* p) {
  if constexpr (Unit::prefetch_ahead != 0)
#pragma GCC unroll 32
    for (std::size_t line = 0; line < Bytes; line += 64)
      __builtin_prefetch(static_cast<const char*>(p) + Unit::prefetch_ahead + line, 0, Cache == 1 ? 3 : 1);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/dot4.hpp"
