// SPDX-License-Identifier: BSL-1.0
// A cache of keys and values in 8 bits, quantized for each token and head; attention multiplies integers.
//
//   a head of a layer, T = simd::tile_tokens tokens a tile, width = head_dim rounded up to 4:
//   | key codes: tile 0 | tile 1 | .. | value codes: tile 0 | tile 1 | .. |      int8, (T, width) a tile
//   | key steps | key middles | value steps |                                    binary16, one a token each
//
// key = middle + step * code: keys are not centred on zero, and subtracting the middle makes the step smaller. value =
// step * code. The order of bytes in a tile: simd/arch/tile_order.hpp. 2 * head_dim + 6 bytes a token and head for
// widths of a multiple of 4; floats take 8 * head_dim.
// Refuses the code -128: codes are symmetric, -127 to 127. Queries and softmax weights have 14 bits and a sign.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/kernel/attention.hpp"
#include "mote/kernel/int8_attention.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

template <class Isa = simd::native>
class int8_cache {
 public:
  static constexpr std::size_t bytes(const cache_shape& s, std::size_t context) {
    return s.layers * s.kv_heads * head_bytes(s, context);
  }
  static constexpr std::size_t scratch_floats(const attention_shape& s, std::size_t context,
                                              [[maybe_unused]] std::size_t tokens = 1) {
    return (s.heads == s.kv_heads ? 1 : 2) * (stride(context) + width(s) + width(s) / 2);  // weights, sums, queries
  }
  static constexpr std::size_t rollback_tokens(std::size_t context) { return context; }

  /// As plain_cache's; of codes whole tiles.
  template <class Range>
  static void each_range(const cache_shape& s, std::size_t context, std::size_t tokens, Range&& range) {
    const std::size_t codes = stride(context) * width(s);
    for (std::size_t head = 0; head < s.layers * s.kv_heads; ++head) {
      const std::size_t at = head * head_bytes(s, context);
      for (std::size_t i = 0; i < 2; ++i) range(at + i * codes, stride(tokens) * width(s));
      for (std::size_t i = 0; i < 3; ++i)
        range(at + 2 * codes + i * stride(context) * sizeof(simd::half_bits), tokens * sizeof(simd::half_bits));
    }
  }

  int8_cache(std::byte* memory, const attention_shape& s, std::size_t context)
      : memory_(memory), head_bytes_(head_bytes(s, context)), stride_(stride(context)) {}

  template <class Attention>
  void attend(const Attention& a, const attention_run& r, std::size_t first, std::size_t last, float* scratch) const {
    // Keys and values are stored before queries are answered, token by token, or all first if tokens see later ones:
    // `scratch` may overlap the key and value of a single token.
    if constexpr (sees_all<Attention>)
      for (std::size_t i = 0; i < r.tokens; ++i) keep(a, r, i, first, last);
    const std::size_t dim = a.head_dim;
    const std::size_t heads = a.group();
    for (std::size_t i = 0; i < r.tokens; ++i) {
      if constexpr (!sees_all<Attention>) keep(a, r, i, first, last);
      const float* query = r.query + i * r.query_stride;
      float* out = r.out + i * r.query_stride;
      std::size_t count = seen_by<Attention>(r.position, i, r.tokens);
      std::size_t hidden = first_seen(a, count);
      const std::size_t skipped = hidden / tile_tokens * tile_tokens;  // a window skips whole tiles
      count -= skipped;
      hidden -= skipped;
      for (std::size_t kv = first; kv < last; ++kv) {
        const head at = place(a, r.layer * a.kv_heads + kv, skipped);
        std::size_t h = kv * heads;
        for (; h + 2 <= (kv + 1) * heads; h += 2)
          answer<2>(a, at, query + h * dim, hidden, count, scratch, out + h * dim);
        if (h < (kv + 1) * heads) answer<1>(a, at, query + h * dim, hidden, count, scratch, out + h * dim);
      }
    }
  }

 private:
  static constexpr std::size_t width(const attention_shape& s) { return round_up(s.head_dim, simd::tile_channels); }
  static constexpr std::size_t stride(std::size_t context) { return round_up(context, simd::tile_tokens); }
  static constexpr std::size_t head_bytes(const attention_shape& s, std::size_t context) {
    return stride(context) * (2 * width(s) + 3 * sizeof(simd::half_bits));
  }
  static constexpr std::size_t tile_tokens = simd::tile_tokens;
  static constexpr std::size_t at_a_time = detail::at_a_time;
  using floats = detail::stride_floats;
  static constexpr simd::tile_order order = simd::tile_order_of(Isa::value);

  struct head {
    std::int8_t* keys;            // (stride / T, T, width)
    std::int8_t* values;          // (stride / T, T, width)
    simd::half_bits* key_step;    // (stride)
    simd::half_bits* key_middle;  // (stride)
    simd::half_bits* value_step;  // (stride)
    std::size_t width;
  };
  /// The data of a head from `token` on, which is the first of a tile.
  MOTE_INLINE head place(const attention_shape& s, std::size_t index, std::size_t token = 0) const {
    std::byte* at = memory_ + index * head_bytes_;
    const std::size_t w = width(s);
    auto* codes = reinterpret_cast<std::int8_t*>(at) + token * w;
    auto* halves = reinterpret_cast<simd::half_bits*>(at + 2 * stride_ * w) + token;
    return {codes, codes + stride_ * w, halves, halves + stride_, halves + 2 * stride_, w};
  }

  MOTE_INLINE void keep(const attention_shape& s, const attention_run& r, std::size_t i, std::size_t first,
                        std::size_t last) const {
    const std::size_t dim = s.head_dim;
    for (std::size_t kv = first; kv < last; ++kv)
      append(place(s, r.layer * s.kv_heads + kv), r.key + i * r.key_stride + kv * dim,
             r.value + i * r.key_stride + kv * dim, dim, r.position + i);
  }

  template <std::size_t N>
  MOTE_INLINE static simd::ints<N> codes(simd::floats<N> x) {
    using several = simd::floats<N>;
    return simd::nearest(simd::minimum(simd::maximum(x, several::all(-127.0F)), several::all(127.0F)));
  }

  static void append(const head& to, const float* key, const float* value, std::size_t dim, std::size_t position) {
    const float least = detail::least_in(key, dim);
    const float most = detail::most_in(key, dim);
    const float size = detail::largest_size(value, dim);
    to.key_middle[position] = simd::float_to_signed_half((least + most) * 0.5F);
    to.key_step[position] = simd::float_to_half((most - least) / 254.0F);
    to.value_step[position] = simd::float_to_half(size / 127.0F);
    const float middle = simd::signed_half_to_float(to.key_middle[position]);
    const float key_step = simd::half_to_float(to.key_step[position]);
    const float value_step = simd::half_to_float(to.value_step[position]);
    const float by_key = key_step > 0.0F ? 1.0F / key_step : 0.0F;
    const float by_value = value_step > 0.0F ? 1.0F / value_step : 0.0F;
    const std::size_t row = position % simd::tile_tokens;
    const std::size_t width = to.width;
    std::int8_t* keys = to.keys + (position - row) * width;
    std::int8_t* values = to.values + (position - row) * width + order.value(row, 0, width);
    const std::size_t apart = order.value(0, 1, width);  // from one channel of a token to the next
    detail::for_each_4(
        dim, [&]<std::size_t N>(std::integral_constant<std::size_t, N>, std::size_t d) __attribute__((always_inline)) {
          using several = simd::floats<N>;
          std::int32_t k[N];
          std::int32_t v[N];
          codes((several::load(key + d) - several::all(middle)) * several::all(by_key)).store(k);
          codes(several::load(value + d) * several::all(by_value)).store(v);
          for (std::size_t i = 0; i < N; ++i) {
            keys[order.key(row, d + i, width)] = static_cast<std::int8_t>(k[i]);
            values[(d + i) * apart] = static_cast<std::int8_t>(v[i]);
          }
        });
  }

  /// out (Heads, dim) for the queries of one position (Heads, dim), which share this key head and see positions
  /// [hidden, count).
  template <std::size_t Heads, class Attention>
  MOTE_NOINLINE static void answer(const Attention& a, const head& from, const float* q,
                                   [[maybe_unused]] std::size_t hidden, std::size_t count, float* scratch, float* out) {
    const std::size_t dim = a.head_dim;
    constexpr std::size_t together = order.heads < Heads ? order.heads : Heads;
    const std::size_t w = from.width;
    const std::size_t stride = round_up(count, tile_tokens);
    float* e = scratch;                                                             // (Heads, stride)
    auto* sums = reinterpret_cast<std::int32_t*>(scratch + Heads * stride);         // (Heads, width)
    auto* query = reinterpret_cast<std::int16_t*>(scratch + Heads * (stride + w));  // (Heads, width)
    detail::rounded_vector rounded[Heads];
    for (std::size_t h = 0; h < Heads; ++h) rounded[h] = detail::round_vector(q + h * dim, dim, w, query + h * w);

    // Scores without the query's scale: dots * step + sum * middle.
    floats most[Heads];
    for (auto& m : most) m = floats::all(-3.0e38F);
    floats largest_step = floats::all(0.0F);
    for (std::size_t tile = 0; tile < count; tile += tile_tokens) {
      const std::size_t left = count - tile < tile_tokens ? count - tile : tile_tokens;
      std::int32_t dots[Heads * tile_tokens];
      for (std::size_t h = 0; h < Heads; h += together)
        simd::tile_scores<together, Isa>(from.keys + tile * w, query + h * w, w, dots + h * tile_tokens);
      for (std::size_t t = 0; t < left; t += at_a_time) {
        const auto step = simd::load_halves<at_a_time>(from.key_step + tile + t);
        const auto middle = simd::load_signed_halves<at_a_time>(from.key_middle + tile + t);
#pragma GCC unroll 2
        for (std::size_t h = 0; h < Heads; ++h) {
          const auto dot = simd::to_float(simd::ints<at_a_time>::load(dots + h * tile_tokens + t));
          auto score = simd::plus_product(dot * step, floats::all(static_cast<float>(rounded[h].sum)), middle);
          if constexpr (has_softcap<Attention>)
            if (a.softcap != 0)
              score = detail::softcap_of(a.softcap)(score * floats::all(detail::scaled(a, rounded[h].scale)));
          if constexpr (has_window<Attention>) score = detail::from(hidden, tile + t, score, -3.0e38F);
          score.store(e + h * stride + tile + t);
          most[h] = simd::maximum(most[h], detail::before(left, t, score, -3.0e38F));
        }
        auto value_step = detail::before(left, t, simd::load_halves<at_a_time>(from.value_step + tile + t), 0.0F);
        if constexpr (has_window<Attention>) value_step = detail::from(hidden, tile + t, value_step, 0.0F);
        largest_step = simd::maximum(largest_step, value_step);
      }
    }

    // The largest softmax weight is 2^power, so that the sum of all integer weights fits 31 bits.
    const int power = detail::weight_power(count);
    const float unit = detail::power_of_two(-power);
    const float root = detail::scaled(a, 1.44269504F);
    const float step_most = detail::largest_lane(largest_step);
    const float factor = step_most > 0.0F ? detail::most_weight(count) / step_most : 0.0F;
    floats largest[Heads];
    floats scale[Heads];
    simd::ints<at_a_time> total[Heads];
    for (std::size_t h = 0; h < Heads; ++h) {
      largest[h] = floats::all(detail::largest_lane(most[h]));
      scale[h] = floats::all(rounded[h].scale * root);
      if constexpr (has_softcap<Attention>)
        if (a.softcap != 0) scale[h] = floats::all(1.44269504F);  // capped scores include the query's scale
      total[h] = simd::ints<at_a_time>::all(0);
    }
    const bool at_once = w < order.narrow;
    auto* of_all = reinterpret_cast<std::int16_t*>(e);  // (Heads, 2 * stride): weights replace the scores already read
    for (std::size_t i = 0; i < Heads * w && !at_once; ++i) sums[i] = 0;
    for (std::size_t tile = 0; tile < count; tile += tile_tokens) {
      const std::size_t left = count - tile < tile_tokens ? count - tile : tile_tokens;
      alignas(16) std::int16_t of_tile[Heads * tile_tokens];
      std::int16_t* p = at_once ? of_all + tile : of_tile;
      const std::size_t p_stride = at_once ? 2 * stride : tile_tokens;
      for (std::size_t t = 0; t < left; t += at_a_time) {
        const auto step = simd::load_halves<at_a_time>(from.value_step + tile + t) * floats::all(factor * unit);
#pragma GCC unroll 2
        for (std::size_t h = 0; h < Heads; ++h) {
          const auto x = (floats::load(e + h * stride + tile + t) - largest[h]) * scale[h];
          auto weight = detail::before(left, t, simd::rough_exp2(x, static_cast<float>(power)), 0.0F);
          if constexpr (has_window<Attention>) weight = detail::from(hidden, tile + t, weight, 0.0F);
          total[h] = total[h] + simd::nearest(weight);
          simd::store_words(simd::nearest(detail::before(left, t, weight * step, 0.0F)), p + h * p_stride + t);
        }
      }
      for (std::size_t t = round_up(left, at_a_time); t < tile_tokens; ++t)
        for (std::size_t h = 0; h < Heads; ++h) p[h * p_stride + t] = 0;
      for (std::size_t h = 0; h < Heads && !at_once; h += together)
        simd::tile_sums<together, Isa>(from.values + tile * w, p + h * tile_tokens, w, sums + h * w);
    }
    if constexpr (order.narrow != 0)
      for (std::size_t h = 0; h < Heads && at_once; h += together)
        simd::narrow_sums<together, Isa>(from.values, stride / tile_tokens, of_all + h * 2 * stride, 2 * stride, w,
                                         sums + h * w);
    for (std::size_t h = 0; h < Heads; ++h) {
      const float all = static_cast<float>(simd::reduce_add(total[h])) * unit;
      const float back = factor > 0.0F ? 1.0F / (factor * all) : 0.0F;
      for (std::size_t d = 0; d < dim; ++d) out[h * dim + d] = static_cast<float>(sums[h * w + d]) * back;
    }
  }

  std::byte* memory_;
  std::size_t head_bytes_;
  std::size_t stride_;
};

}  // namespace mote::inline v0
