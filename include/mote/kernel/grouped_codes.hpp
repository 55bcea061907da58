// SPDX-License-Identifier: BSL-1.0
// Common code of attention over codes with a step and a minimum for each group: unpacks codes to bytes, and multiplies
// the step into the other operand, which is then rounded to 14 bits. So sum(q * (step * code + base)) becomes
// unit * sum(integer * code) + sum(q * base): the products are integers, and exact.
// Refuses to multiply a code by its step: that would be a product for each code instead of one for each group.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/kernel/int8_attention.hpp"

namespace mote::inline v0::detail {

/// Codes of Bits bits in n bytes: byte i holds the codes i, n + i, 2n + i and so on, code i in its lowest bits.
template <std::size_t Bits>
struct packed_codes {
  static constexpr std::size_t each = 8 / Bits;
  static constexpr std::uint32_t last = (1U << Bits) - 1U;
  /// Codes of 8 bits are stored less 128, so that they fit a signed byte.
  static constexpr std::int32_t offset = Bits == 8 ? 128 : 0;

  MOTE_INLINE static void put(std::uint8_t* packed, std::size_t n, std::size_t index, std::uint32_t code) {
    const std::size_t shift = index / n * Bits;
    std::uint8_t& b = packed[index % n];
    b = static_cast<std::uint8_t>((b & ~(last << shift)) | ((code - static_cast<std::uint32_t>(offset)) & last)
                                                               << shift);
  }

  /// All codes as bytes: in `room` (n * each), or where they are if they are bytes already. n is a multiple of 8.
  MOTE_INLINE static const std::int8_t* unpack(const std::uint8_t* packed, [[maybe_unused]] std::size_t n,
                                               [[maybe_unused]] std::int8_t* room) {
    if constexpr (Bits == 8) {
      return reinterpret_cast<const std::int8_t*>(packed);
    } else {
      using word = std::size_t;  // a register of codes at once
      constexpr word mask = ~word{0} / 255U * last;
      for (std::size_t i = 0; i < n; i += sizeof(word)) {
        word w = 0;
        __builtin_memcpy(&w, packed + i, sizeof w);
#pragma GCC unroll 4
        for (std::size_t part = 0; part < each; ++part) {
          const word codes = (w >> (part * Bits)) & mask;
          __builtin_memcpy(room + part * n + i, &codes, sizeof codes);
        }
      }
      return room;
    }
  }
};

/// Loads n steps and n minima, stored as halves. `base` is the value of stored code 0: the minimum, and 128 steps more
/// for codes of 8 bits.
template <std::size_t Bits>
MOTE_INLINE void load_grid(const simd::half_bits* steps /* (n) */, const simd::half_bits* least /* (n) */,
                           std::size_t n, float* step /* (n) */, float* base /* (n) */) {
  constexpr auto offset = static_cast<float>(packed_codes<Bits>::offset);
  std::size_t i = 0;
  const auto one_lot = [&]<std::size_t N>(simd::floats<N>) {
    const auto by = simd::load_halves<N>(steps + i);
    auto from = simd::load_signed_halves<N>(least + i);
    if constexpr (Bits == 8) from = from + by * simd::floats<N>::all(offset);
    by.store(step + i);
    from.store(base + i);
  };
  if constexpr (at_a_time == 16)
    for (; i + 16 <= n; i += 16) one_lot(simd::floats<16>{});
  for (; i < n; ++i) one_lot(simd::floats<1>{});
}

/// One operand of a product with codes: unit * integer is about x * step; rest is the sum of x * base.
struct folded {
  float unit = 0;
  float rest = 0;
};

/// q (n) = x * step, rounded to 14 bits and a sign. x, step and base (n); n is a multiple of at_a_time.
MOTE_INLINE folded fold(const float* x, const float* step, const float* base, std::size_t n, std::int16_t* q) {
  using floats = stride_floats;
  auto most = floats::all(0.0F);
  sixteen_sums rest;
  for (std::size_t i = 0; i < n; i += at_a_time) {
    const auto v = floats::load(x + i);
    most = simd::maximum(most, simd::absolute(v * floats::load(step + i)));
    rest.add(i, v * floats::load(base + i));
  }
  const float largest = largest_lane(most);
  const auto inverse = floats::all(largest > 1e-30F ? most_rounded / largest : 0.0F);
  for (std::size_t i = 0; i < n; i += at_a_time)
    simd::store_words(simd::nearest(floats::load(x + i) * floats::load(step + i) * inverse), q + i);
  return {.unit = largest / most_rounded, .rest = rest.joined()};
}

}  // namespace mote::inline v0::detail
