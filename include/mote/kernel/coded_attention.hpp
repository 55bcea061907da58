// SPDX-License-Identifier: BSL-1.0
// What attention over 8-bit codes shares: queries and weights rounded to 14 bits, and the sums that they give. Integer
// products are exact; floats go sixteen at a time, so every target gives the same bits.
// Refuses to know how codes become numbers: a cache knows its scales.
#pragma once

#include <cstddef>
#include <cstdint>

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
    return simd::join(simd::floats<16>::load(lanes));
  }
};
MOTE_INLINE float largest_lane(simd::floats<16> v) { return simd::largest(v); }
MOTE_INLINE float largest_lane(simd::floats<1> v) { return v.v[0]; }
/// v where position t + lane lies before count, else `beyond`.
MOTE_INLINE simd::floats<16> before(std::size_t count, std::size_t t, simd::floats<16> v, float beyond) {
  return t + 16 > count ? simd::first_lanes(count > t ? count - t : 0, v, simd::floats<16>::all(beyond)) : v;
}
MOTE_INLINE simd::floats<1> before(std::size_t, std::size_t, simd::floats<1> v, float) { return v; }

/// A vector as 14-bit numbers and a sign: x is nearly scale * q.
struct rounded_vector {
  float scale = 0;
  std::int32_t sum = 0;  // of q
};
inline constexpr float most_rounded = 16383.0F;

inline rounded_vector round_vector(const float* x /* (n) */, std::size_t n, std::size_t width,
                                   std::int16_t* q /* (width), zeros behind n */) {
  float largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float size = __builtin_fabsf(x[i]);
    largest = size > largest ? size : largest;
  }
  const float inverse = largest > 0.0F ? most_rounded / largest : 0.0F;
  rounded_vector r{.scale = largest / most_rounded, .sum = 0};
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t v = simd::nearest(simd::floats<1>::all(x[i] * inverse)).v[0];
    q[i] = static_cast<std::int16_t>(v);
    r.sum += v;
  }
  for (std::size_t i = n; i < width; ++i) q[i] = 0;
  return r;
}

/// The factor that makes weights of at most `largest` integers: 14 bits, fewer where a sum over `count` codes could
/// leave 32 bits.
inline float weight_factor(float largest, std::size_t count) {
  const float most = count > 1024 ? 16777216.0F / static_cast<float>(count) : most_rounded;
  return largest > 1e-30F ? most / largest : 0.0F;  // below, the product with a weight of zero could be no number
}

/// p (32) = w * factor for the positions of one tile that lie before count, zero for the others.
MOTE_INLINE void round_weights(const float* w /* (32) */, float factor, std::size_t left, std::int16_t* p) {
  const auto by = stride_floats::all(factor);
  for (std::size_t t = 0; t < simd::tile_tokens; t += at_a_time) {
    if (at_a_time == 1 && t >= left) {
      p[t] = 0;
      continue;
    }
    simd::store_words(simd::nearest(before(left, t, stride_floats::load(w + t) * by, 0.0F)), p + t);
  }
}

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
