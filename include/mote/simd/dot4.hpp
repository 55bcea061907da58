// SPDX-License-Identifier: BSL-1.0
// What an instruction set offers to formats of few bits, as a type: operations on a dot4 vector, which is a quad of columns
// of Rows rows, Rows * 4 bytes. Formats write their unpacking once in these words (format/planes.hpp); a new instruction set writes
// one such type. The type here is the reference that every other must equal.
// Refuses floats: all of this is exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

/// Plain loops, for any number of rows on any machine.
template <std::size_t Rows>
struct plain_dot4 {
  static constexpr bool own = false;  // is there a body for these rows on this instruction set, beside the reference?
  /// May `dot` be given weights up to 255? A format may then leave bits where they lie in a byte and shift the sum.
  static constexpr bool any_byte = true;
  /// Weights with a sign are held with this much added, modulo 256: 128 where an instruction wants them without.
  static constexpr int bias = 0;
  /// Bytes ahead of what is read that a kernel asks the memory for; 0: never.
  static constexpr std::size_t prefetch_ahead = 0;
  /// The cache that a kernel of integers asks them into: 1, the nearest, or 2. Kernels of floats ask into the nearest.
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
  /// `into` with the field of v added where `into` has zeros.
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    const vector moved = field<From, Width, To>(v);
    for (std::size_t i = 0; i < Rows * 4; ++i) into.byte[i] = static_cast<std::uint8_t>(into.byte[i] | moved.byte[i]);
    return into;
  }
  /// Weights with a sign, each byte of v (below 16) being an index.
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    for (auto& b : v.byte) b = static_cast<std::uint8_t>(table[b]);
    return v;
  }
  /// Weights with a sign from bytes in two's complement.
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  /// The sum of a and b, modulo 256.
  MOTE_INLINE static vector add(vector a, vector b) {
    for (std::size_t i = 0; i < Rows * 4; ++i) a.byte[i] = static_cast<std::uint8_t>(a.byte[i] + b.byte[i]);
    return a;
  }
  /// The first digit of v / 256 in base three, 0, 1 or 2, at bit To (0 or 6): v below 86, below 171, or above.
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Not b * 3 / 256: GCC 12 multiplies four bytes as one word there (-O2, 32-bit Arm).
    for (auto& b : v.byte)
      b = static_cast<std::uint8_t>((static_cast<unsigned>(b > 85U) + static_cast<unsigned>(b > 170U)) << To);
    return v;
  }

  /// from + the products of Quads quads, the weights 0 .. Largest, the activations within 127.
  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<Rows> dot(ints<Rows> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    std::int32_t sum[Rows];
    from.store(sum);
    for (std::size_t at = 0; at < Quads; ++at)
      for (std::size_t i = 0; i < Rows * 4; ++i) sum[i / 4] += w[at].byte[i] * x[at * 4 + i % 4];
    return ints<Rows>::load(sum);
  }
  /// The same for weights with a sign, within 127. `x_sum` is the sum of x.
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

/// The operations for Rows rows that this binary may use; arch/ specialises it.
template <class Isa, std::size_t Rows>
struct dot4 : plain_dot4<Rows> {};

// Several tokens at once, where an instruction multiplies a matrix, or where sums by turns hide how long a product takes: a
// unit then has of_several_tokens, in which formats multiply with the same words as for one.

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
/// {f(0), f(1), ..}, written out: loops over arrays of vectors GCC 12 leaves in memory.
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

/// What the products of codes start from whose values are `least` more: least * x_sum.
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
/// As many zeros.
template <std::size_t Rows>
MOTE_INLINE ints<Rows> none_of(ints<Rows>) {
  return ints<Rows>::all(0);
}
template <std::size_t Rows, std::size_t Tokens>
MOTE_INLINE several_ints<Rows, Tokens> none_of(const several_ints<Rows, Tokens>&) {
  return start_from<Rows>(0, several_sums<Tokens>{});
}

namespace detail {
/// Four activations as the 32 bits that instructions broadcast.
MOTE_INLINE std::int32_t four_of(const std::int8_t* x /* (4) */) {
  std::int32_t four = 0;
  __builtin_memcpy(&four, x, 4);
  return four;
}
}  // namespace detail

/// Asks for Bytes of what will be read some blocks from here, where the instruction set's machines gain by it.
template <class Unit, std::size_t Bytes, int Cache = Unit::prefetch_cache>
MOTE_INLINE void prefetch([[maybe_unused]] const void* p) {
  if constexpr (Unit::prefetch_ahead != 0)
#pragma GCC unroll 32
    for (std::size_t line = 0; line < Bytes; line += 64)
      __builtin_prefetch(static_cast<const char*>(p) + Unit::prefetch_ahead + line, 0, Cache == 1 ? 3 : 1);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/dot4.hpp"
