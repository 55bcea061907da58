// SPDX-License-Identifier: BSL-1.0
// Common code of attention over caches of 8-bit codes: rounds queries and weights to 14 bits and a sign, and multiplies
// them with tiles of codes. Integer products are exact, and floats are summed as sixteen interleaved partial sums, so
// that every target gives the same bits.
// Refuses to know how codes become numbers: a cache knows its scales.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/kernel/matrix.hpp"
#include "mote/simd/half.hpp"
#include "mote/simd/math.hpp"
#include "mote/simd/tile.hpp"

namespace mote::inline v0::detail {

/// Floats at a time: sixteen where there are vectors, else one, because sixteen would not fit the registers.
inline constexpr std::size_t at_a_time = simd::floats<16>::registers < 16 ? 16 : 1;
using stride_floats = simd::floats<at_a_time>;
static_assert(simd::tile_tokens % at_a_time == 0, "a vector would reach beyond its tile");

/// Sixteen interleaved partial sums for any at_a_time: position t is added to sum t % 16.
struct sixteen_sums {
  stride_floats part[16 / at_a_time];

  MOTE_INLINE sixteen_sums() {
    for (auto& p : part) p = stride_floats::all(0.0F);
  }
  MOTE_INLINE void add(std::size_t t, stride_floats v) {
    auto& p = part[t % 16 / at_a_time];
    p = p + v;
  }
  float joined() const {
    float lanes[16];
    for (std::size_t i = 0; i < 16; i += at_a_time) part[i / at_a_time].store(lanes + i);
    return simd::reduce_add(simd::floats<16>::load(lanes));
  }
};
MOTE_INLINE float largest_lane(simd::floats<16> v) { return simd::reduce_max(v); }
MOTE_INLINE float largest_lane(simd::floats<1> v) { return v.v[0]; }
/// Lane i is position t + i: gives v below `count`, `beyond` from there on. One lane is returned as it is: its loop
/// ends at count.
MOTE_INLINE simd::floats<16> before(std::size_t count, std::size_t t, simd::floats<16> v, float beyond) {
  if (t + 16 > count) [[unlikely]]
    v = simd::first_lanes(count > t ? count - t : 0, v, simd::floats<16>::all(beyond));
  return v;
}
MOTE_INLINE simd::floats<1> before(std::size_t, std::size_t, simd::floats<1> v, float) { return v; }

/// Lane i is position t + i: gives v from position `hidden` on, `beyond` below it.
template <std::size_t N>
MOTE_INLINE simd::floats<N> from(std::size_t hidden, std::size_t t, simd::floats<N> v, float beyond) {
  if (t < hidden) [[unlikely]]
    v = simd::first_lanes(hidden - t < N ? hidden - t : N, simd::floats<N>::all(beyond), v);
  return v;
}

/// A vector rounded to 14 bits and a sign: x is about scale * q.
struct rounded_vector {
  float scale = 0;
  std::int32_t sum = 0;  // of q
};
inline constexpr float most_rounded = 16383.0F;

/// Calls f(lanes, first) over the n numbers of a short vector: lanes is 4, and 1 for the last n % 4.
template <class Function>
MOTE_INLINE void for_each_4(std::size_t n, Function f) {
  const std::size_t whole = n / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) f(std::integral_constant<std::size_t, 4>{}, i);
  for (std::size_t i = whole; i < n; ++i) f(std::integral_constant<std::size_t, 1>{}, i);
}

/// The largest f(x[i]); f maps lane by lane.
template <class Function>
MOTE_INLINE float largest_mapped(const float* x /* (n) */, std::size_t n /* at least 1 */, Function f) {
  float four[4];
  simd::floats<4>::all(f(simd::floats<1>::load(x)).v[0]).store(four);
  for_each_4(n,
             [&]<std::size_t N>(std::integral_constant<std::size_t, N>, std::size_t i) __attribute__((always_inline)) {
               simd::maximum(simd::floats<N>::load(four), f(simd::floats<N>::load(x + i))).store(four);
             });
  return simd::detail::maximum(simd::detail::maximum(four[0], four[1]), simd::detail::maximum(four[2], four[3]));
}
MOTE_INLINE float most_in(const float* x /* (n) */, std::size_t n) {
  return largest_mapped(x, n, [](auto v) { return v; });
}
MOTE_INLINE float least_in(const float* x /* (n) */, std::size_t n) {
  return -largest_mapped(x, n, []<std::size_t N>(simd::floats<N> v) { return simd::floats<N>::all(0.0F) - v; });
}
MOTE_INLINE float largest_size(const float* x /* (n) */, std::size_t n) {
  return largest_mapped(x, n, [](auto v) { return simd::absolute(v); });
}

/// Rounds x to q, and returns its scale and sum. x must be finite: admit() sees to it (kernel/finite.hpp).
inline rounded_vector round_vector(const float* x /* (n) */, std::size_t n, std::size_t width,
                                   std::int16_t* q /* (width), zeros from n on */) {
  const float largest = largest_size(x, n);
  const float inverse = largest > 0x1.FFF8p-115F ? most_rounded / largest : 0.0F;  // else it would be infinite
  rounded_vector r{.scale = largest / most_rounded, .sum = 0};
  for_each_4(n,
             [&]<std::size_t N>(std::integral_constant<std::size_t, N>, std::size_t i) __attribute__((always_inline)) {
               const auto nearest = simd::nearest(simd::floats<N>::load(x + i) * simd::floats<N>::all(inverse));
               simd::store_words(nearest, q + i);
               r.sum = simd::detail::wrapped_sum(r.sum, simd::reduce_add(nearest));
             });
  for (std::size_t i = n; i < width; ++i) q[i] = 0;
  return r;
}

/// The scale that turns weights of at most 1 into integers of at most 14 bits; smaller for more than 1024 positions, so
/// that the sum of weight * code over `count` positions fits 32 bits.
inline float most_weight(std::size_t count) {
  return count > 1024 ? 16777216.0F / static_cast<float>(count) : most_rounded;
}

/// The power n for which `count` weights of at most 2^n sum to at most 2^30.
constexpr int weight_power(std::size_t count) {
  int power = 16;
  for (count >>= 14U; count > 0; count >>= 1U) --power;
  return power;
}
constexpr float power_of_two(int n) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(127 + n) << 23U); }

/// The dot products of every query of a group with the keys of a tile: calls use(head, dots (tile_tokens)).
template <class Isa, class Use>
MOTE_INLINE void score_tile(const std::int8_t* tile, const std::int16_t* q /* (group, width) */, std::size_t group,
                            std::size_t width, Use use) {
  constexpr std::size_t heads = simd::tile_order_of(Isa::value).heads;
  std::int32_t dots[heads * simd::tile_tokens];
  std::size_t h = 0;
  for (; h + heads <= group; h += heads) {
    simd::tile_scores<heads, Isa>(tile, q + h * width, width, dots);
    for (std::size_t i = 0; i < heads; ++i) use(h + i, dots + i * simd::tile_tokens);
  }
  if constexpr (heads > 1)
    for (; h < group; ++h) {
      simd::tile_scores<1, Isa>(tile, q + h * width, width, dots);
      use(h, dots);
    }
}

/// sums (group, width) += the weighted values of a tile; weights(head, p (tile_tokens)) fills in a head's weights.
template <class Isa, class Weights>
MOTE_INLINE void sum_tile(const std::int8_t* tile, std::size_t group, std::size_t width, Weights weights,
                          std::int32_t* sums) {
  constexpr std::size_t heads = simd::tile_order_of(Isa::value).heads;
  alignas(16) std::int16_t p[heads * simd::tile_tokens];
  std::size_t h = 0;
  for (; h + heads <= group; h += heads) {
    for (std::size_t i = 0; i < heads; ++i) weights(h + i, p + i * simd::tile_tokens);
    simd::tile_sums<heads, Isa>(tile, p, width, sums + h * width);
  }
  if constexpr (heads > 1)
    for (; h < group; ++h) {
      weights(h, p);
      simd::tile_sums<1, Isa>(tile, p, width, sums + h * width);
    }
}

}  // namespace mote::inline v0::detail
