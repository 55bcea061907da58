// SPDX-License-Identifier: BSL-1.0
// What attention over 8-bit codes shares: queries and weights rounded to 14 bits, and the sums that they give. Integer
// products are exact; floats go sixteen at a time, so every target gives the same bits.
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

/// Sixteen interleaved partial sums, whatever goes at a time.
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
/// v where position t + lane lies before count, else `beyond`.
MOTE_INLINE simd::floats<16> before(std::size_t count, std::size_t t, simd::floats<16> v, float beyond) {
  if (t + 16 > count) [[unlikely]]
    v = simd::first_lanes(count > t ? count - t : 0, v, simd::floats<16>::all(beyond));
  return v;
}
MOTE_INLINE simd::floats<1> before(std::size_t, std::size_t, simd::floats<1> v, float) { return v; }

/// v from position `hidden` on, `beyond` before, where the first lane is position t.
template <std::size_t N>
MOTE_INLINE simd::floats<N> from(std::size_t hidden, std::size_t t, simd::floats<N> v, float beyond) {
  if (t < hidden) [[unlikely]]
    v = simd::first_lanes(hidden - t < N ? hidden - t : N, simd::floats<N>::all(beyond), v);
  return v;
}

/// A vector as 14-bit numbers and a sign: x is nearly scale * q.
struct rounded_vector {
  float scale = 0;
  std::int32_t sum = 0;  // of q
};
inline constexpr float most_rounded = 16383.0F;

/// Calls f(lanes, first) for the numbers of a short vector, four at a time as far as they go.
template <class Function>
MOTE_INLINE void for_each_4(std::size_t n, Function f) {
  const std::size_t whole = n / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) f(std::integral_constant<std::size_t, 4>{}, i);
  for (std::size_t i = whole; i < n; ++i) f(std::integral_constant<std::size_t, 1>{}, i);
}

/// The largest of f(x), which maps lane by lane.
template <class Function>
MOTE_INLINE float largest_of(const float* x /* (n) */, std::size_t n /* at least 1 */, Function f) {
  float four[4];
  simd::floats<4>::all(f(simd::floats<1>::load(x)).v[0]).store(four);
  for_each_4(n,
             [&]<std::size_t N>(std::integral_constant<std::size_t, N>, std::size_t i) __attribute__((always_inline)) {
               simd::maximum(simd::floats<N>::load(four), f(simd::floats<N>::load(x + i))).store(four);
             });
  return simd::detail::maximum(simd::detail::maximum(four[0], four[1]), simd::detail::maximum(four[2], four[3]));
}
MOTE_INLINE float most_in(const float* x /* (n) */, std::size_t n) {
  return largest_of(x, n, [](auto v) { return v; });
}
MOTE_INLINE float least_in(const float* x /* (n) */, std::size_t n) {
  return -largest_of(x, n, []<std::size_t N>(simd::floats<N> v) { return simd::floats<N>::all(0.0F) - v; });
}
MOTE_INLINE float largest_size(const float* x /* (n) */, std::size_t n) {
  return largest_of(x, n, [](auto v) { return simd::absolute(v); });
}

/// Numbers alone: attention is given none that are not finite (kernel/finite.hpp).
inline rounded_vector round_vector(const float* x /* (n) */, std::size_t n, std::size_t width,
                                   std::int16_t* q /* (width), zeros behind n */) {
  const float largest = largest_size(x, n);
  const float inverse = largest > 0x1.FFF8p-115F ? most_rounded / largest : 0.0F;  // below, it would be infinite
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

/// Weights of at most 1 times this are integers of at most 14 bits, fewer where a sum over `count` codes could leave 32.
inline float most_weight(std::size_t count) {
  return count > 1024 ? 16777216.0F / static_cast<float>(count) : most_rounded;
}

/// Weights of at most 2 to this have a sum of 30 bits over `count` positions.
constexpr int weight_power(std::size_t count) {
  int power = 16;
  for (count >>= 14U; count > 0; count >>= 1U) --power;
  return power;
}
constexpr float power_of_two(int n) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(127 + n) << 23U); }

/// The keys of a tile against every query of a group: use(head, dots (32)).
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

/// sums (group, width) += the values of a tile, weighted: weights(head, p (32)) gives the numbers.
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
