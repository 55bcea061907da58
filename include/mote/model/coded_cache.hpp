// SPDX-License-Identifier: BSL-1.0
// Keys and values in 8 bits, a token and head at a time; attention multiplies integers.
//
//   a head of a layer, T = simd::tile_tokens tokens a tile, width = head_dim rounded up to 4:
//   | key codes: tile 0 | tile 1 | .. | value codes: tile 0 | tile 1 | .. |      int8, (T, width) a tile
//   | key steps | key middles | value steps |                                    binary16, one a token each
//
// key = middle + step * code: keys lie off centre, and half a step is what counts. value = step * code. How a tile lies
// is simd/tile.hpp's. 2 * head_dim + 6 bytes a token and head, where floats take 8 * head_dim.
// Refuses -128, and a loss in the query or the weights: both keep 14 bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/kernel/coded_attention.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

template <class Isa = simd::native>
class coded_cache {
 public:
  static constexpr std::size_t bytes(const shape& s, std::size_t context) {
    return s.layers * s.kv_heads * head_bytes(s, context);
  }
  static constexpr std::size_t scratch_floats(const shape& s, std::size_t context, [[maybe_unused]] std::size_t tokens = 1) {
    return group(s) * (stride(context) + width(s) + width(s) / 2);  // weights, sums, queries
  }
  static constexpr std::size_t rollback_tokens(std::size_t context) { return context; }

  coded_cache(std::byte* memory, const shape& s, std::size_t context)
      : memory_(memory), head_bytes_(head_bytes(s, context)), stride_(stride(context)) {}

  void attend(const shape& s, const attention_run& r, std::size_t first, std::size_t last, float* scratch) const {
    const std::size_t dim = s.head_dim();
    const std::size_t heads = s.heads / s.kv_heads;
    for (std::size_t i = 0; i < r.tokens; ++i) {
      for (std::size_t kv = first; kv < last; ++kv)  // all of them first: `scratch` may lie where they came from
        append(place(s, r.layer * s.kv_heads + kv), r.key + i * r.key_stride + kv * dim,
               r.value + i * r.key_stride + kv * dim, dim, r.position + i);
      for (std::size_t kv = first; kv < last; ++kv) {
        const head at = place(s, r.layer * s.kv_heads + kv);
        for (std::size_t g = 0; g < heads; g += attention_group) {
          const std::size_t now = heads - g < attention_group ? heads - g : attention_group;
          const std::size_t query = i * r.query_stride + (kv * heads + g) * dim;
          answer(at, r.query + query, now, dim, r.position + i + 1, scratch, r.out + query);
        }
      }
    }
  }

 private:
  static constexpr std::size_t width(const shape& s) { return round_up(s.head_dim(), simd::tile_channels); }
  static constexpr std::size_t stride(std::size_t context) { return round_up(context, simd::tile_tokens); }
  static constexpr std::size_t head_bytes(const shape& s, std::size_t context) {
    return stride(context) * (2 * width(s) + 3 * sizeof(simd::half_bits));
  }
  static constexpr std::size_t group(const shape& s) {
    return s.heads / s.kv_heads < attention_group ? s.heads / s.kv_heads : attention_group;
  }
  static constexpr simd::tile_order order = simd::tile_order_of(Isa::value);

  struct head {
    std::int8_t* keys;            // (stride / T, T, width)
    std::int8_t* values;          // (stride / T, T, width)
    simd::half_bits* key_step;    // (stride)
    simd::half_bits* key_middle;  // (stride)
    simd::half_bits* value_step;  // (stride)
    std::size_t width;
  };
  MOTE_INLINE head place(const shape& s, std::size_t index) const {
    std::byte* at = memory_ + index * head_bytes_;
    const std::size_t w = width(s);
    auto* codes = reinterpret_cast<std::int8_t*>(at);
    auto* halves = reinterpret_cast<simd::half_bits*>(at + 2 * stride_ * w);
    return {codes, codes + stride_ * w, halves, halves + stride_, halves + 2 * stride_, w};
  }

  static std::int8_t code(float x, float inverse) {
    float q = x * inverse;
    q = q < 127.0F ? q : 127.0F;
    q = q > -127.0F ? q : -127.0F;
    return static_cast<std::int8_t>(simd::nearest(simd::floats<1>::all(q)).v[0]);
  }

  static void append(const head& to, const float* key, const float* value, std::size_t dim, std::size_t position) {
    float least = key[0];
    float most = key[0];
    float size = 0;
    for (std::size_t d = 0; d < dim; ++d) {
      least = key[d] < least ? key[d] : least;
      most = key[d] > most ? key[d] : most;
      const float v = __builtin_fabsf(value[d]);
      size = v > size ? v : size;
    }
    to.key_middle[position] = simd::float_to_signed_half((least + most) * 0.5F);
    to.key_step[position] = simd::float_to_half((most - least) / 254.0F);
    to.value_step[position] = simd::float_to_half(size / 127.0F);
    const float middle = simd::signed_half_to_float(to.key_middle[position]);
    const float key_step = simd::half_to_float(to.key_step[position]);
    const float value_step = simd::half_to_float(to.value_step[position]);
    const float by_key = key_step > 0.0F ? 1.0F / key_step : 0.0F;
    const float by_value = value_step > 0.0F ? 1.0F / value_step : 0.0F;
    const std::size_t row = position % simd::tile_tokens;
    std::int8_t* keys = to.keys + (position - row) * to.width;
    std::int8_t* values = to.values + (position - row) * to.width;
    for (std::size_t d = 0; d < dim; ++d) {
      keys[order.key(row, d, to.width)] = code(key[d] - middle, by_key);
      values[order.value(row, d, to.width)] = code(value[d], by_value);
    }
  }

  /// out (group, dim) for one position's queries (group, dim) that share this head.
  static void answer(const head& from, const float* q, std::size_t group, std::size_t dim, std::size_t count,
                     float* scratch, float* out) {
    using detail::at_a_time;
    using floats = detail::stride_floats;
    const std::size_t w = from.width;
    const std::size_t stride = round_up(count, simd::tile_tokens);
    float* e = scratch;                                                          // (group, stride)
    auto* sums = reinterpret_cast<std::int32_t*>(scratch + group * stride);      // (group, width)
    auto* query = reinterpret_cast<std::int16_t*>(scratch + group * (stride + w));  // (group, width)
    detail::rounded_vector rounded[attention_group];
    for (std::size_t h = 0; h < group; ++h) rounded[h] = detail::round_vector(q + h * dim, dim, w, query + h * w);

    // Scores, but for the query's scale: dots * step + sum * middle.
    for (std::size_t tile = 0; tile < stride; tile += simd::tile_tokens) {
      detail::score_tile<Isa>(from.keys + tile * w, query, group, w, [&](std::size_t h, const std::int32_t* dots) {
        const auto sum = floats::all(static_cast<float>(rounded[h].sum));
        for (std::size_t t = 0; t < simd::tile_tokens; t += at_a_time) {
          const auto dot = simd::to_float(simd::ints<at_a_time>::load(dots + t));
          const auto step = simd::load_halves<at_a_time>(from.key_step + tile + t);
          const auto middle = simd::load_signed_halves<at_a_time>(from.key_middle + tile + t);
          (dot * step + sum * middle).store(e + h * stride + tile + t);
        }
      });
    }

    const float root = 1.44269504F / simd::sqrt(static_cast<float>(dim));  // weights are powers of two
    float factor[attention_group];
    float total[attention_group];
    for (std::size_t h = 0; h < group; ++h) {
      float* row = e + h * stride;
      auto most = floats::all(-3.0e38F);
      for (std::size_t t = 0; t < count; t += at_a_time)
        most = simd::larger(most, detail::before(count, t, floats::load(row + t), -3.0e38F));
      const auto largest = floats::all(detail::largest_lane(most));
      const auto scale = floats::all(rounded[h].scale * root);
      detail::sixteen_sums sum;
      auto heaviest = floats::all(0.0F);
      for (std::size_t t = 0; t < count; t += at_a_time) {
        const auto weight =
            detail::before(count, t, simd::rough_exp2((floats::load(row + t) - largest) * scale), 0.0F);
        sum.add(t, weight);
        const auto scaled = weight * simd::load_halves<at_a_time>(from.value_step + t);
        heaviest = simd::larger(heaviest, detail::before(count, t, scaled, 0.0F));
        scaled.store(row + t);
      }
      factor[h] = detail::weight_factor(detail::largest_lane(heaviest), count);
      total[h] = sum.joined();
    }

    for (std::size_t i = 0; i < group * w; ++i) sums[i] = 0;
    for (std::size_t tile = 0; tile < stride; tile += simd::tile_tokens)
      detail::sum_tile<Isa>(
          from.values + tile * w, group, w,
          [&](std::size_t h, std::int16_t* p) {
            detail::round_weights(e + h * stride + tile, factor[h], count - tile, p);
          },
          sums);
    for (std::size_t h = 0; h < group; ++h) {
      const float back = factor[h] > 0.0F ? 1.0F / (factor[h] * total[h]) : 0.0F;
      for (std::size_t d = 0; d < dim; ++d) out[h * dim + d] = static_cast<float>(sums[h * w + d]) * back;
    }
  }

  std::byte* memory_;
  std::size_t head_bytes_;
  std::size_t stride_;
};

}  // namespace mote::inline v0
