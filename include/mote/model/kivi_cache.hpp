// SPDX-License-Identifier: BSL-1.0
// KIVI (Liu et al. 2024, arXiv 2402.02750): old keys are quantized per channel over groups of 32 tokens, old values per
// token over groups of 32 channels, each group with a step and a least number; the newest tokens are floats.
//
//   a head of a layer, width = head_dim rounded up to 4, parts = head_dim / 32 rounded up:
//   | keys (head_dim, ring) | values (ring, head_dim) | group 0 | group 1 | ..       the newest tokens, floats
//   a group of 32 tokens:
//   | key steps | key least (head_dim) | value steps | value least (parts, 32) |     binary16
//   | key codes (32, width) | value codes: part 0 (32, 32) | part 1 | .. |           Bits each; tiles: simd/tile.hpp
//
// key = least + step * code. Of the Window tokens kept as floats, attention reads the newest Window - 63 to Window - 32
// as floats and the others as codes; the floats of those others allow 32 tokens to be taken back. With Window = 32 it
// reads the newest 1 to 32 as floats, and none can be taken back.
// Refuses to quantize a token before its group is full: whether it is read as floats or codes depends on positions
// alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/kernel/grouped_codes.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

template <std::size_t Bits, std::size_t Window, class Isa = simd::native>
class kivi_cache {
 public:
  static constexpr bool rounds_in_a_run = true;
  static constexpr std::size_t bytes(const cache_shape& s, std::size_t context) {
    return s.layers * s.kv_heads * head_bytes(s, context);
  }
  static constexpr std::size_t scratch_floats(const attention_shape& s, std::size_t context,
                                              [[maybe_unused]] std::size_t tokens = 1) {
    const std::size_t weights = attention_scratch_floats(s, context);
    if (context <= Window) return weights;
    const std::size_t group = group_of(s);
    return weights + group * padded(s.head_dim) + 2 * grid_room(s) + rounded_room(s, group) + group * group_tokens +
           tile_room(s);
  }
  static constexpr std::size_t rollback_tokens(std::size_t context) {
    return context <= Window ? context : Window < 2 * group_tokens ? 0 : group_tokens;
  }

  kivi_cache(std::byte* memory /* (bytes), 64-byte aligned */, const attention_shape& s, std::size_t context)
      : memory_(memory), head_bytes_(head_bytes(s, context)), ring_(ring(context)), rounds_(context > Window) {}

  template <class Attention>
  void attend(const Attention& s, const attention_run& r, std::size_t first, std::size_t last, float* scratch) const {
    static_assert(!sees_all<Attention>,
                  "mote: kivi rounds tokens while a run goes on, so none may see those behind it; use cache<32> "
                  "[mote-cache-looks-ahead]");
    const std::size_t dim = s.head_dim;
    const std::size_t heads = s.group();
    for (std::size_t i = 0; i < r.tokens; ++i) {
      const std::size_t position = r.position + i;
      const std::size_t coded = rounds_ ? coded_tokens(position + 1) : 0;
      for (std::size_t kv = first; kv < last; ++kv) {  // all heads first: `scratch` may overlap r.key, r.value
        const head at = place(s, r.layer * s.kv_heads + kv);
        if (rounds_ && coded != coded_tokens(position)) round_group(at, dim, coded - group_tokens);
        const std::size_t from = i * r.key_stride + kv * dim;
        const std::size_t slot = position % ring_;
        for (std::size_t d = 0; d < dim; ++d) at.keys[d * ring_ + slot] = r.key[from + d];
        for (std::size_t d = 0; d < dim; ++d) at.values[slot * dim + d] = r.value[from + d];
      }
      for (std::size_t kv = first; kv < last; ++kv) {
        const head at = place(s, r.layer * s.kv_heads + kv);
        for (std::size_t g = 0; g < heads; g += attention_group) {
          const std::size_t now = heads - g < attention_group ? heads - g : attention_group;
          const std::size_t query = i * r.query_stride + (kv * heads + g) * dim;
          answer(s, at, r.query + query, now, coded, position + 1, scratch, r.out + query);
        }
      }
    }
  }

 private:
  using codes = detail::packed_codes<Bits>;
  static constexpr std::size_t group_tokens = 32;
  static constexpr std::size_t tile = simd::tile_tokens;  // divides a group, so it does not change the result
  static constexpr std::size_t part_channels = 32;
  static constexpr simd::tile_order order = simd::tile_order_of(Isa::value);
  static_assert(group_tokens % tile == 0);
  static constexpr std::size_t key_at(std::size_t t, std::size_t channel, std::size_t w) {
    return t / tile * tile * w + order.key(t % tile, channel, w);
  }
  static constexpr std::size_t value_at(std::size_t t, std::size_t channel, std::size_t w) {
    return t / tile * tile * w + order.value(t % tile, channel, w);
  }
  /// At least this many of the newest tokens are read as floats.
  static constexpr std::size_t fresh = Window < 2 * group_tokens ? 1 : Window - (2 * group_tokens - 1);

  /// How many of `count` tokens are read as codes.
  static constexpr std::size_t coded_tokens(std::size_t count) {
    return count < fresh ? 0 : (count - fresh) / group_tokens * group_tokens;
  }
  static constexpr std::size_t ring(std::size_t context) { return context <= Window ? padded(context) : Window; }
  static constexpr std::size_t width(std::size_t dim) { return round_up(dim, simd::tile_channels); }
  static constexpr std::size_t parts(std::size_t dim) { return ceil_div(dim, part_channels); }
  static constexpr std::size_t tile_bytes(std::size_t dim) { return group_tokens * width(dim) / codes::each; }
  static constexpr std::size_t group_bytes(std::size_t dim) {
    return 2 * (dim + parts(dim) * group_tokens) * sizeof(simd::half_bits) + 2 * tile_bytes(dim);
  }
  static constexpr std::size_t head_bytes(const attention_shape& s, std::size_t context) {
    const std::size_t groups = context <= Window ? 0 : coded_tokens(context) / group_tokens;
    return 2 * s.head_dim * ring(context) * sizeof(float) + groups * group_bytes(s.head_dim);
  }
  static constexpr std::size_t group_of(const attention_shape& s) {
    return s.group() < attention_group ? s.group() : attention_group;
  }
  // Parts of `scratch`, in floats: steps or bases of a tile, rounded queries, a tile's codes as bytes.
  static constexpr std::size_t grid_room(const attention_shape& s) {
    return padded(s.head_dim) < group_tokens ? group_tokens : padded(s.head_dim);
  }
  static constexpr std::size_t rounded_room(const attention_shape& s, std::size_t group) {
    return (group * width(s.head_dim) + 16) / 2;  // sixteen are written at a time
  }
  static constexpr std::size_t tile_room(const attention_shape& s) {
    return group_tokens * width(s.head_dim) / sizeof(float);
  }

  struct head {
    float* keys;        // (head_dim, ring)
    float* values;      // (ring, head_dim)
    std::byte* groups;  // (groups, group_bytes)
  };
  MOTE_INLINE head place(const attention_shape& s, std::size_t index) const {
    auto* floats = reinterpret_cast<float*>(memory_ + index * head_bytes_);
    const std::size_t n = s.head_dim * ring_;
    return {floats, floats + n, reinterpret_cast<std::byte*>(floats + 2 * n)};
  }
  struct group_view {
    simd::half_bits* key_step;     // (head_dim)
    simd::half_bits* key_least;    // (head_dim)
    simd::half_bits* value_step;   // (parts, 32)
    simd::half_bits* value_least;  // (parts, 32)
    std::uint8_t* key_codes;       // (32, width), packed
    std::uint8_t* value_codes;     // (parts): (32, 32 or what is left), packed
  };
  MOTE_INLINE static group_view group_at(const head& at, std::size_t dim, std::size_t first_token) {
    std::byte* p = at.groups + first_token / group_tokens * group_bytes(dim);
    auto* halves = reinterpret_cast<simd::half_bits*>(p);
    const std::size_t n = parts(dim) * group_tokens;
    auto* bytes = reinterpret_cast<std::uint8_t*>(halves + 2 * (dim + n));
    return {halves, halves + dim, halves + 2 * dim, halves + 2 * dim + n, bytes, bytes + tile_bytes(dim)};
  }

  /// The quantization grid of one group. Its least number is rounded down to binary16, so that no number is below it.
  struct grid {
    float base, inverse;
    simd::half_bits step_bits, least_bits;

    grid(const float* x /* (n) */, std::size_t n) {
      const float least = detail::least_in(x, n);
      const float most = detail::most_in(x, n);
      least_bits = simd::float_to_signed_half(least);
      if (simd::signed_half_to_float(least_bits) > least && least_bits != 0xFBFFU)  // the next lower half, if any
        least_bits = static_cast<simd::half_bits>(least_bits == 0               ? 0x8001U
                                                  : (least_bits & 0x8000U) != 0 ? least_bits + 1U
                                                                                : least_bits - 1U);
      base = simd::signed_half_to_float(least_bits);
      step_bits = simd::float_to_half((most - base) / static_cast<float>(codes::last));
      const float step = simd::half_to_float(step_bits);
      inverse = step > 0.0F ? 1.0F / step : 0.0F;
    }
    std::uint32_t code(float x) const {
      constexpr auto last = static_cast<float>(codes::last);
      float q = (x - base) * inverse;
      q = q < last ? q : last;
      q = q > 0.0F ? q : 0.0F;
      return static_cast<std::uint32_t>(simd::nearest(simd::floats<1>::all(q)).v[0]);
    }
  };

  /// Quantizes the 32 tokens from `first` on; the ring still holds their floats.
  void round_group(const head& at, std::size_t dim, std::size_t first) const {
    const group_view to = group_at(at, dim, first);
    const std::size_t slot = first % ring_;  // the ring's length is a multiple of 32
    const std::size_t n = tile_bytes(dim);
    for (std::size_t i = 0; i < 2 * n; ++i) to.key_codes[i] = 0;  // value codes too: they follow
    for (std::size_t d = 0; d < dim; ++d) {
      const float* x = at.keys + d * ring_ + slot;
      const grid g(x, group_tokens);
      to.key_step[d] = g.step_bits;
      to.key_least[d] = g.least_bits;
      for (std::size_t t = 0; t < group_tokens; ++t)
        codes::put(to.key_codes, n, key_at(t, d, width(dim)), g.code(x[t]));
    }
    for (std::size_t part = 0; part < parts(dim); ++part) {
      const std::size_t start = part * part_channels;
      const std::size_t channels = dim - start < part_channels ? dim - start : part_channels;
      const std::size_t tile_width = width(channels);
      for (std::size_t t = 0; t < group_tokens; ++t) {
        const float* x = at.values + (slot + t) * dim + start;
        const grid g(x, channels);
        to.value_step[part * group_tokens + t] = g.step_bits;
        to.value_least[part * group_tokens + t] = g.least_bits;
        for (std::size_t d = 0; d < channels; ++d)
          codes::put(to.value_codes + start * group_tokens / codes::each, group_tokens * tile_width / codes::each,
                     value_at(t, d, tile_width), g.code(x[d]));
      }
    }
  }

  /// Calls f(token, slot, tokens) for the stretches of the ring that hold the tokens [first, count).
  template <class Function>
  MOTE_INLINE void each_stretch(std::size_t first, std::size_t count, Function f) const {
    for (std::size_t t = first; t < count;) {
      const std::size_t slot = t % ring_;
      const std::size_t n = count - t < ring_ - slot ? count - t : ring_ - slot;
      f(t, slot, n);
      t += n;
    }
  }

  /// out (group, dim) for the queries of one position (group, dim), which share this head; the first `coded` tokens are
  /// read as codes. A window skips whole groups of 32 tokens; the scores e start at the first token not skipped.
  template <class Attention>
  void answer(const Attention& a, const head& from, const float* q, std::size_t group, std::size_t coded,
              std::size_t count, float* scratch, float* out) const {
    const std::size_t dim = a.head_dim;
    const float scale = detail::scaled(a, 1.0F);
    const std::size_t hidden = first_seen(a, count);
    const std::size_t skipped = hidden / group_tokens * group_tokens;
    const std::size_t fresh_from = coded > skipped ? coded : skipped;
    const std::size_t e_stride = padded(count - skipped);
    float* e = scratch;  // (group, e_stride)
    float* room = scratch + group * e_stride;
    if (coded > skipped) score_codes(from, q, group, dim, skipped, coded, scale, e, e_stride, room);
    each_stretch(fresh_from, count, [&](std::size_t t, std::size_t slot, std::size_t n) {
      detail::score_group(q, group, from.keys + slot, ring_, dim, scale, n, e + (t - skipped), e_stride);
    });
    float inverse[attention_group];
    for (std::size_t h = 0; h < group; ++h)
      inverse[h] = detail::weigh_seen(a, hidden - skipped, count - skipped, e + h * e_stride);
    for (std::size_t i = 0; i < group * dim; ++i) out[i] = 0.0F;
    if (coded > skipped) weigh_codes(from, group, dim, skipped, coded, e, e_stride, room, out);
    each_stretch(fresh_from, count, [&](std::size_t t, std::size_t slot, std::size_t n) {
      detail::weigh_group<detail::weighing::onto>(e + (t - skipped), e_stride, nullptr, group, from.values + slot * dim,
                                                  dim, dim, n, out);
    });
    for (std::size_t h = 0; h < group; ++h)
      for (std::size_t d = 0; d < dim; ++d) out[h * dim + d] *= inverse[h];
  }

  /// Writes the scores of the tokens [skipped, coded), whole groups, to e (group, e_stride).
  static void score_codes(const head& from, const float* q, std::size_t group, std::size_t dim, std::size_t skipped,
                          std::size_t coded, float scale, float* e, std::size_t e_stride, float* room) {
    using detail::at_a_time;
    using floats = detail::stride_floats;
    const std::size_t stride = padded(dim);
    const std::size_t w = width(dim);
    float* query = room;                   // (group, stride), zeros from dim on
    float* step = query + group * stride;  // (stride), as is base
    float* base = step + stride;
    auto* rounded = reinterpret_cast<std::int16_t*>(base + stride);                      // (group, w), and 16 more
    auto* bytes = reinterpret_cast<std::int8_t*>(base + stride + (group * w + 16) / 2);  // (32, w)
    for (std::size_t h = 0; h < group; ++h)
      for (std::size_t d = 0; d < stride; ++d) query[h * stride + d] = d < dim ? q[h * dim + d] : 0.0F;
    for (std::size_t d = dim; d < stride; ++d) step[d] = base[d] = 0.0F;
    if (w > dim && at_a_time == 1)  // fold() then writes nothing from dim on
      for (std::size_t i = 0; i < group * w; ++i) rounded[i] = 0;

    detail::folded part[attention_group];
    for (std::size_t t = skipped; t < coded; t += group_tokens) {
      const group_view g = group_at(from, dim, t);
      const std::int8_t* keys = codes::unpack(g.key_codes, tile_bytes(dim), bytes);
      detail::load_grid<Bits>(g.key_step, g.key_least, dim, step, base);
      for (std::size_t h = 0; h < group; ++h)  // ascending: fold() may write past a query, into the next
        part[h] = detail::fold(query + h * stride, step, base, round_up(dim, at_a_time), rounded + h * w);
      for (std::size_t at = 0; at < group_tokens; at += tile)
        detail::score_tile<Isa>(keys + at * w, rounded, group, w, [&](std::size_t h, const std::int32_t* dots) {
          const auto unit = floats::all(part[h].unit);
          const auto rest = floats::all(part[h].rest);
          for (std::size_t i = 0; i < tile; i += at_a_time) {
            const auto dot = simd::to_float(simd::ints<at_a_time>::load(dots + i));
            ((dot * unit + rest) * floats::all(scale)).store(e + h * e_stride + (t - skipped) + at + i);
          }
        });
    }
  }

  /// out (group, dim) += the weighted values of the tokens [skipped, coded).
  static void weigh_codes(const head& from, std::size_t group, std::size_t dim, std::size_t skipped, std::size_t coded,
                          const float* e, std::size_t e_stride, float* room, float* out) {
    float* step = room;  // (32), as is base
    float* base = step + group_tokens;
    auto* sums = reinterpret_cast<std::int32_t*>(base + group_tokens);           // (group, 32)
    auto* bytes = reinterpret_cast<std::int8_t*>(sums + group * part_channels);  // (32, 32)
    std::int16_t rounded[attention_group * group_tokens];                        // (group, 32)
    detail::folded part[attention_group];
    for (std::size_t t = skipped; t < coded; t += group_tokens) {
      const group_view g = group_at(from, dim, t);
      for (std::size_t i = 0; i < parts(dim); ++i) {
        const std::size_t start = i * part_channels;
        const std::size_t channels = dim - start < part_channels ? dim - start : part_channels;
        const std::size_t w = width(channels);
        const std::int8_t* values =
            codes::unpack(g.value_codes + start * group_tokens / codes::each, group_tokens * w / codes::each, bytes);
        detail::load_grid<Bits>(g.value_step + i * group_tokens, g.value_least + i * group_tokens, group_tokens, step,
                                base);
        for (std::size_t c = 0; c < group * w; ++c) sums[c] = 0;
        for (std::size_t h = 0; h < group; ++h)
          part[h] =
              detail::fold(e + h * e_stride + (t - skipped), step, base, group_tokens, rounded + h * group_tokens);
        for (std::size_t at = 0; at < group_tokens; at += tile)
          detail::sum_tile<Isa>(
              values + at * w, group, w,
              [&](std::size_t h, std::int16_t* p) {
                __builtin_memcpy(p, rounded + h * group_tokens + at, tile * sizeof *p);
              },
              sums);
        for (std::size_t h = 0; h < group; ++h) {
          float* to = out + h * dim + start;
          for (std::size_t c = 0; c < channels; ++c)
            to[c] += static_cast<float>(sums[h * w + c]) * part[h].unit + part[h].rest;
        }
      }
    }
  }

  std::byte* memory_;
  std::size_t head_bytes_;
  std::size_t ring_;
  bool rounds_;
};

}  // namespace mote::inline v0
