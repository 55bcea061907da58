// SPDX-License-Identifier: BSL-1.0
// Lanes of floats and tiles of codes on this target against integers and one number at a time: roundings, halves,
// subnormal numbers, powers of two, sums of products.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/simd/half.hpp"
#include "mote/simd/math.hpp"
#include "mote/simd/tile.hpp"
#include "report.hpp"

namespace mote_units {

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }

/// Whether all N lanes hold one number.
template <std::size_t N>
bool all_are(mote::simd::floats<N> v, float expected) {
  float lanes[N];
  v.store(lanes);
  for (const float x : lanes)
    if (bits_of(x) != bits_of(expected)) return false;
  return true;
}
template <std::size_t N>
bool all_are(mote::simd::ints<N> v, std::int32_t expected) {
  std::int32_t lanes[N];
  v.store(lanes);
  for (const std::int32_t x : lanes)
    if (x != expected) return false;
  return true;
}

template <std::size_t N>
void check_lanes_of(report& r) {
  namespace simd = mote::simd;
  using floats = simd::floats<N>;
  for (std::int32_t quarters = -2000; quarters <= 2000; ++quarters) {  // a half goes to the even neighbour
    const std::int32_t down = quarters >> 2;
    const std::int32_t rest = quarters & 3;
    const std::int32_t expected = down + (rest == 3 || (rest == 2 && (down & 1) != 0) ? 1 : 0);
    r.check(all_are(simd::nearest(floats::all(static_cast<float>(quarters) * 0.25F)), expected), "nearest integer");
  }
  for (std::int32_t i = -40; i <= 40; ++i) {
    const auto a = static_cast<float>(i);
    const auto b = static_cast<float>(i * 7 % 11);
    r.check(all_are(simd::maximum(floats::all(a), floats::all(b)), a > b ? a : b), "the larger of two");
    r.check(all_are(simd::minimum(floats::all(a), floats::all(b)), a < b ? a : b), "the smaller of two");
  }
  for (std::uint32_t h = 0; h < 0x7C00U; h += 3) {
    simd::half_bits halves[N];
    for (auto& v : halves) v = static_cast<simd::half_bits>(h);
    r.check(all_are(simd::load_halves<N>(halves), simd::half_to_float(halves[0])), "a half");
    for (auto& v : halves) v = static_cast<simd::half_bits>(h | 0x8000U);
    r.check(all_are(simd::load_signed_halves<N>(halves), simd::signed_half_to_float(halves[0])), "a half with a sign");
  }
  for (std::uint32_t units = 0; units < 0x800000U; units += 4099) {  // products and sums below the normal numbers
    const auto tiny = floats::all(__builtin_bit_cast(float, units & ~1U));
    r.check(all_are(tiny * floats::all(0.5F), __builtin_bit_cast(float, units >> 1U)), "a subnormal product");
    r.check(all_are(tiny + tiny - tiny, __builtin_bit_cast(float, units & ~1U)), "a subnormal sum");
  }
  for (std::int32_t i = 0; i < 3000; ++i) {
    const float x = static_cast<float>(i) * -0.03125F;
    float one = x;
    simd::detail::plain_exp(&one, 1);
    r.check(all_are(simd::exp(floats::all(x)), one), "exp");
    r.check(all_are(simd::rough_exp2(floats::all(x), 16.0F), simd::rough_exp2(simd::floats<1>::all(x), 16.0F).v[0]),
            "rough_exp2");
  }
}

inline void check_lanes(report& r) {
  check_lanes_of<1>(r);
  check_lanes_of<4>(r);
  check_lanes_of<16>(r);
}

template <class Isa, std::size_t Heads>
void check_tile(report& r, std::size_t width, bool extreme) {
  namespace simd = mote::simd;
  constexpr std::size_t tokens = simd::tile_tokens;
  constexpr std::size_t most = 128;  // channels
  constexpr simd::tile_order order = simd::tile_order_of(Isa::value);
  static std::int8_t keys[tokens * most], values[tokens * most], plain[tokens][most];
  alignas(16) static std::int16_t q[Heads * most], p[Heads * tokens];
  static std::int32_t dots[Heads * tokens], sums[Heads * most];
  mote::rng random(width);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t c = 0; c < width; ++c) {
      plain[t][c] = static_cast<std::int8_t>(extreme ? (random.below(2) == 0 ? 127 : -127)
                                                     : static_cast<std::int32_t>(random.below(255)) - 127);
      keys[order.key(t, c, width)] = values[order.value(t, c, width)] = plain[t][c];
    }
  for (std::size_t i = 0; i < Heads * width; ++i) {
    const std::int32_t size = extreme ? 16383 : static_cast<std::int32_t>(random.below(16384));
    q[i] = static_cast<std::int16_t>(random.below(2) == 0 ? size : -size);
    sums[i] = static_cast<std::int32_t>(i) - 5;
  }
  for (std::size_t i = 0; i < Heads * tokens; ++i)
    p[i] = static_cast<std::int16_t>(extreme ? 16383 : random.below(16384));
  simd::tile_scores<Heads, Isa>(keys, q, width, dots);
  simd::tile_sums<Heads, Isa>(values, p, width, sums);
  for (std::size_t h = 0; h < Heads; ++h) {
    for (std::size_t t = 0; t < tokens; ++t) {
      std::int32_t sum = 0;
      for (std::size_t c = 0; c < width; ++c) sum += q[h * width + c] * plain[t][c];
      r.check(dots[h * tokens + t] == sum, "scores of a tile");
    }
    for (std::size_t c = 0; c < width; ++c) {
      std::int32_t sum = static_cast<std::int32_t>(h * width + c) - 5;
      for (std::size_t t = 0; t < tokens; ++t) sum += p[h * tokens + t] * plain[t][c];
      r.check(sums[h * width + c] == sum, "sums of a tile");
    }
  }
}

/// All tiles of a narrow head at once, the weights of a head further apart than they need.
template <class Isa, std::size_t Heads>
void check_narrow(report& r, std::size_t width, std::size_t tiles) {
  namespace simd = mote::simd;
  constexpr std::size_t tokens = simd::tile_tokens, most = 5, apart = (most + 1) * tokens;
  constexpr simd::tile_order order = simd::tile_order_of(Isa::value);
  static std::int8_t values[most * tokens * order.narrow];
  static std::int16_t p[Heads * apart];
  static std::int32_t sums[Heads * order.narrow];
  mote::rng random(width + tiles);
  for (auto& v : values) v = static_cast<std::int8_t>(static_cast<std::int32_t>(random.below(255)) - 127);
  for (auto& v : p) v = static_cast<std::int16_t>(random.below(16384));
  for (auto& v : sums) v = -99;
  simd::narrow_sums<Heads, Isa>(values, tiles, p, apart, width, sums);
  for (std::size_t h = 0; h < Heads; ++h)
    for (std::size_t c = 0; c < width; ++c) {
      std::int32_t sum = 0;
      for (std::size_t t = 0; t < tiles * tokens; ++t)
        sum += p[h * apart + t] * values[t / tokens * tokens * width + order.value(t % tokens, c, width)];
      r.check(sums[h * width + c] == sum, "sums of a narrow head");
    }
}

template <class Isa>
void check_tiles(report& r) {
  constexpr mote::simd::tile_order order = mote::simd::tile_order_of(Isa::value);
  if constexpr (order.narrow != 0)
    for (std::size_t width = 4; width < order.narrow; width += 4)
      for (std::size_t tiles = 1; tiles <= 5; ++tiles) {
        check_narrow<Isa, 1>(r, width, tiles);
        check_narrow<Isa, order.heads>(r, width, tiles);
      }
  for (std::size_t width = 4; width <= 128; width += width < 40 ? 4 : 8)
    for (const bool extreme : {false, true}) {
      check_tile<Isa, 1>(r, width, extreme);
      check_tile<Isa, mote::simd::tile_order_of(Isa::value).heads>(r, width, extreme);
    }
}

}  // namespace mote_units
