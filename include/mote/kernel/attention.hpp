// SPDX-License-Identifier: BSL-1.0
// Grouped-query attention of one position over the keys and values that it sees, and its gradient.
// Keys are stored by channel, (head_dim, stride), so that one vector holds one channel of many positions: scores need
// no sum across lanes, at any head_dim. Values are stored by position, (positions, value_stride).
// Refuses to keep the probabilities of a sequence: the gradient computes them again, position by position.
#pragma once

#include <cstddef>

#include "mote/kernel/arch/guarded.hpp"
#include "mote/kernel/attention_shape.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/simd/half.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

namespace detail {

// Accumulators in flight: enough independent sums to hide the latency of an addition, few enough to stay in registers
// (a sum of 16 floats is two registers of AVX2, four of 128 bits, or sixteen plain floats). The rows of the kernels
// below are query heads that share one key head, or tokens of one query head.
inline constexpr std::size_t heads_together = simd::floats<16>::registers <= 4 ? 2 : 1;
inline constexpr std::size_t tokens_together = simd::floats<16>::machine_registers <= 2 ? 4 : heads_together;
inline constexpr std::size_t chunks_together = simd::floats<16>::registers == 1 ? 2 : 1;
// Positions in one pack: 32 where one register holds 32 floats, else a block of 16.
inline constexpr std::size_t positions_together = simd::floats<32>::registers == 1 ? 32 : 16;
template <std::size_t Rows>
inline constexpr std::size_t blocks_together =
    Rows * simd::floats<16>::registers <= 4 && simd::floats<16>::registers <= 2 && positions_together == 16 ? 2 : 1;

/// Loads N numbers of a cache that holds floats or halves (binary16).
template <std::size_t N>
MOTE_INLINE simd::floats<N> load_kept(const float* p) {
  return simd::floats<N>::load(p);
}
template <std::size_t N>
MOTE_INLINE simd::floats<N> load_kept(const simd::half_bits* p) {
  return simd::load_signed_halves<N>(p);
}

/// The scores of Rows queries at Blocks * Lanes positions: e[r][t] = scale * sum over d of q[r][d] * keys[d][t].
template <std::size_t Rows, std::size_t Blocks, std::size_t Lanes, class Element>
MOTE_INLINE void score_positions(const float* q, std::size_t q_stride, const Element* keys, std::size_t stride,
                                 std::size_t head_dim, float scale, float* e, std::size_t e_stride) {
  using floats = simd::floats<Lanes>;
  floats score[Rows][Blocks];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Rows * Blocks; ++i) score[i / Blocks][i % Blocks] = floats::all(0.0F);
  MOTE_UNROLL_STEPS
  for (std::size_t d = 0; d < head_dim; ++d) {
    floats key[Blocks];
#pragma GCC unroll 4
    for (std::size_t b = 0; b < Blocks; ++b) key[b] = load_kept<Lanes>(keys + d * stride + b * Lanes);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows * Blocks; ++i)
      score[i / Blocks][i % Blocks] =
          score[i / Blocks][i % Blocks] + floats::all(q[i / Blocks * q_stride + d]) * key[i % Blocks];
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows * Blocks; ++i)
    (score[i / Blocks][i % Blocks] * floats::all(scale)).store(e + i / Blocks * e_stride + i % Blocks * Lanes);
}

/// The scores of Rows queries at positions [0, count), several blocks at a time. Whole blocks of 16 are written: a row
/// of e holds padded(count) floats.
template <std::size_t Rows, class Element>
MOTE_INLINE void score_rows(const float* q, std::size_t q_stride, const Element* keys, std::size_t stride,
                            std::size_t head_dim, float scale, std::size_t count, float* e, std::size_t e_stride) {
  constexpr std::size_t blocks = blocks_together<Rows>;
  std::size_t t = 0;
  for (; t + blocks * positions_together - 16 < count; t += blocks * positions_together)
    score_positions<Rows, blocks, positions_together>(q, q_stride, keys + t, stride, head_dim, scale, e + t, e_stride);
  for (; t < count; t += 16)
    score_positions<Rows, 1, 16>(q, q_stride, keys + t, stride, head_dim, scale, e + t, e_stride);
}

/// The scores of query heads that share a key head, at every position.
template <class Element>
MOTE_INLINE void score_group(const float* q /* (group, head_dim) */, std::size_t group, const Element* keys,
                             std::size_t stride, std::size_t head_dim, float scale, std::size_t count,
                             float* e /* (group, e_stride) */, std::size_t e_stride) {
  std::size_t g = 0;
  for (; g + heads_together <= group; g += heads_together)  // they share each load of a key
    score_rows<heads_together>(q + g * head_dim, head_dim, keys, stride, head_dim, scale, count, e + g * e_stride,
                               e_stride);
  for (; g < group; ++g)  // dead if heads_together == 1; without it GCC 12 emits 20 % more instructions on Cortex-M7
    score_rows<1>(q + g * head_dim, head_dim, keys, stride, head_dim, scale, count, e + g * e_stride, e_stride);
}

/// Softmax without its division: turns scores into e = exp(score - largest) and returns 1 / sum(e). e holds
/// padded(count) floats; those from count on become zero.
MOTE_NOINLINE inline float softmax_unnormalized(std::size_t count, float* e) {
  using floats = simd::floats<16>;
  const auto none = floats::all(-3.0e38F);  // masks positions from count on, where the cache may hold anything
  floats most = none;
  for (std::size_t t = 0; t < count; t += 16) {
    auto score = floats::load(e + t);
    if (t + 16 > count) score = simd::first_lanes(count - t, score, none);
    most = simd::maximum(most, score);
  }
  const float top = simd::reduce_max(most);
  floats sum = floats::all(0.0F);
  std::size_t t = 0;
  if constexpr (positions_together == 32)
    for (; t + 32 <= count; t += 32) {
      const auto weight = simd::exp(simd::floats<32>::load(e + t) - simd::floats<32>::all(top));
      weight.store(e + t);
      sum = sum + simd::sixteen<0>(weight);
      sum = sum + simd::sixteen<16>(weight);
    }
  const auto largest = floats::all(top);
  for (; t < count; t += 16) {
    auto weight = simd::exp(floats::load(e + t) - largest);
    if (t + 16 > count) weight = simd::first_lanes(count - t, weight, floats::all(0.0F));
    weight.store(e + t);
    sum = sum + weight;
  }
  return 1.0F / simd::reduce_add(sum);
}

/// `factor` times the scale of scores: a.score_scale if the type has one and it is not 0, else 1 / sqrt(head_dim).
template <class Attention>
MOTE_INLINE float scaled(const Attention& a, float factor) {
  if constexpr (has_score_scale<Attention>)
    if (a.score_scale != 0) return factor * a.score_scale;
  return factor / simd::sqrt(static_cast<float>(a.head_dim));
}

/// The soft cap of scores: most * tanh(score / most), which stays within (-most, most).
struct softcap_of {
  float most, inverse;
  explicit softcap_of(float softcap) : most(softcap), inverse(1.0F / softcap) {}
  template <std::size_t N>
  MOTE_INLINE simd::floats<N> operator()(simd::floats<N> score) const {
    return simd::floats<N>::all(most) * simd::tanh(score * simd::floats<N>::all(inverse));
  }
};

/// Where a sliding window starts. Kernels start at a multiple of sixteen, `skipped`; the `hidden` positions from there
/// to the first one of the window get the weight 0.
struct seen_range {
  std::size_t skipped;  // a multiple of sixteen: where keys, values and weights begin
  std::size_t hidden;

  template <class Attention>
  MOTE_INLINE seen_range(const Attention& a, std::size_t count)
      : skipped(first_seen(a, count) / 16 * 16), hidden(first_seen(a, count) - skipped) {}
};

/// Turns the scores of positions [0, count) into unnormalized softmax weights: 0 below `hidden`, exp(score - largest)
/// from there on; returns 1 / their sum. The bits do not depend on the absolute position at which e starts, as long as
/// that is a multiple of sixteen: every position keeps its lane.
template <class Attention>
MOTE_INLINE float weigh_seen(const Attention& a, [[maybe_unused]] std::size_t hidden, std::size_t count, float* e) {
  [[maybe_unused]] const std::size_t skipped = hidden / 16 * 16;
  if constexpr (has_softcap<Attention>)
    if (a.softcap != 0) {
      const softcap_of cap(a.softcap);
      for (std::size_t t = skipped; t < count; t += 16) cap(simd::floats<16>::load(e + t)).store(e + t);
    }
  if constexpr (has_window<Attention>) {
    for (std::size_t t = skipped; t < hidden; ++t) e[t] = -3.0e38F;
    const float inverse = softmax_unnormalized(count - skipped, e + skipped);
    for (std::size_t t = 0; t < hidden; ++t) e[t] = 0.0F;
    return inverse;
  } else {
    return softmax_unnormalized(count, e);
  }
}

/// The unnormalized softmax weights of query heads that share a key head, e (group, e_stride), and 1 / their sums.
template <class Attention, class Element>
MOTE_INLINE void weights_of_group(const Attention& a, const float* q /* (group, head_dim) */, std::size_t group,
                                  const Element* keys, std::size_t stride, float scale, std::size_t hidden,
                                  std::size_t count, float* e, std::size_t e_stride, float* inverse /* (group) */) {
  if constexpr (guarded::offered && !has_softcap<Attention> && !has_window<Attention>)
    if (a.head_dim % 2 == 0 && guarded::weights(q, group, keys, stride, a.head_dim, scale, count, e, e_stride, inverse))
      return;
  score_group(q, group, keys, stride, a.head_dim, scale, count, e, e_stride);
  for (std::size_t g = 0; g < group; ++g) inverse[g] = weigh_seen(a, hidden, count, e + g * e_stride);
}

/// What sum_values() writes. answer: the weighted mean of the values. causal: the same for consecutive tokens, each of
/// which sees one position more than the one before. onto: the weighted sum, added to `out`; the caller divides.
enum class weighing { answer, causal, onto };

/// Chunks * Lanes channels of Rows rows: out[r] = inverse[r] * sum over t of e[r][t] * values[t].
template <weighing How, std::size_t Rows, std::size_t Lanes, std::size_t Chunks, class Element>
MOTE_INLINE void sum_values(const float* e, std::size_t e_stride, const float* inverse, const Element* values,
                            std::size_t value_stride, std::size_t count, float* out, std::size_t out_stride) {
  using floats = simd::floats<Lanes>;
  floats sum[Rows][Chunks];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows * Chunks; ++i) {
    if constexpr (How == weighing::onto)
      sum[i / Chunks][i % Chunks] = floats::load(out + i / Chunks * out_stride + i % Chunks * Lanes);
    else sum[i / Chunks][i % Chunks] = floats::all(0.0F);
  }
  MOTE_UNROLL_STEPS
  for (std::size_t t = 0; t < count; ++t) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows * Chunks; ++i) {
      const auto v = load_kept<Lanes>(values + t * value_stride + i % Chunks * Lanes);
      sum[i / Chunks][i % Chunks] = sum[i / Chunks][i % Chunks] + floats::all(e[i / Chunks * e_stride + t]) * v;
    }
  }
  if constexpr (How == weighing::causal) {
#pragma GCC unroll 4
    for (std::size_t late = 1; late < Rows; ++late) {
      const std::size_t t = count + late - 1;
#pragma GCC unroll 8
      for (std::size_t i = 0; i < Rows * Chunks; ++i) {
        if (i / Chunks < late) continue;
        const auto v = load_kept<Lanes>(values + t * value_stride + i % Chunks * Lanes);
        sum[i / Chunks][i % Chunks] = sum[i / Chunks][i % Chunks] + floats::all(e[i / Chunks * e_stride + t]) * v;
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows * Chunks; ++i) {
    float* to = out + i / Chunks * out_stride + i % Chunks * Lanes;
    if constexpr (How == weighing::onto) sum[i / Chunks][i % Chunks].store(to);
    else (sum[i / Chunks][i % Chunks] * floats::all(inverse[i / Chunks])).store(to);
  }
}

template <std::size_t Lanes, std::size_t Chunks>
struct channel_step {};

/// Covers head_dim channels in steps of 32, 16, 8, 4 and 1, the widest first: f(channel_step<Lanes, Chunks>, channel).
template <class Function>
MOTE_INLINE void each_step(std::size_t head_dim, Function f) {
  std::size_t d = 0;
  if constexpr (chunks_together == 2)
    for (; d + 32 <= head_dim; d += 32) f(channel_step<16, 2>{}, d);
  for (; d + 16 <= head_dim; d += 16) f(channel_step<16, 1>{}, d);
  for (; d + 8 <= head_dim; d += 8) f(channel_step<8, 1>{}, d);
  for (; d + 4 <= head_dim; d += 4) f(channel_step<4, 1>{}, d);
  for (; d < head_dim; ++d) f(channel_step<1, 1>{}, d);
}

template <weighing How, std::size_t Lanes, std::size_t Chunks = 1, class Element>
MOTE_INLINE void weigh_step(const float* e, std::size_t e_stride, const float* inverse, std::size_t group,
                            const Element* values, std::size_t value_stride, std::size_t count, float* out,
                            std::size_t out_stride) {
  const auto factors = [=](std::size_t head) { return How == weighing::onto ? nullptr : inverse + head; };
  std::size_t g = 0;
  for (; g + heads_together <= group; g += heads_together)
    sum_values<How, heads_together, Lanes, Chunks>(e + g * e_stride, e_stride, factors(g), values, value_stride, count,
                                                   out + g * out_stride, out_stride);
  for (; g < group; ++g)
    sum_values<How, 1, Lanes, Chunks>(e + g * e_stride, e_stride, factors(g), values, value_stride, count,
                                      out + g * out_stride, out_stride);
}

/// Weighted sums of values for query heads that share a key head (see `weighing`).
template <weighing How, class Element>
MOTE_INLINE void weigh_group(const float* e /* (group, e_stride) */, std::size_t e_stride, const float* inverse,
                             std::size_t group, const Element* values, std::size_t value_stride, std::size_t head_dim,
                             std::size_t count, float* out /* (group, head_dim) */) {
  if constexpr (guarded::offered && How == weighing::answer)
    if (head_dim % 4 == 0 && guarded::values(e, e_stride, inverse, group, values, value_stride, head_dim, count, out))
      return;
  std::size_t d = 0;
  if constexpr (chunks_together == 2)
    for (; d + 32 <= head_dim; d += 32)
      weigh_step<How, 16, 2>(e, e_stride, inverse, group, values + d, value_stride, count, out + d, head_dim);
  for (; d + 16 <= head_dim; d += 16)
    weigh_step<How, 16>(e, e_stride, inverse, group, values + d, value_stride, count, out + d, head_dim);
  for (; d + 8 <= head_dim; d += 8)
    weigh_step<How, 8>(e, e_stride, inverse, group, values + d, value_stride, count, out + d, head_dim);
  for (; d + 4 <= head_dim; d += 4)
    weigh_step<How, 4>(e, e_stride, inverse, group, values + d, value_stride, count, out + d, head_dim);
  for (; d < head_dim; ++d)
    weigh_step<How, 1>(e, e_stride, inverse, group, values + d, value_stride, count, out + d, head_dim);
}

}  // namespace detail

/// Query heads that share a key head are computed together, at most this many at a time.
inline constexpr std::size_t attention_group = 8;

/// The scratch of attention() and attention_of_several() in floats: one row of weights for each query head of a group,
/// or for each token.
constexpr std::size_t attention_scratch_floats(const attention_shape& a, std::size_t positions,
                                               std::size_t tokens = 1) {
  const std::size_t group = a.group() < attention_group ? a.group() : attention_group;
  const std::size_t several = tokens < detail::tokens_together ? 1 : detail::tokens_together;
  return padded(positions) * (group > several ? group : several);
}

/// Writes out (heads, head_dim) for one query q (heads, head_dim) that sees positions [0, count), or the last of them
/// if there is a window. keys (kv_heads, head_dim, key_stride); values (positions, value_stride), each (kv_heads,
/// head_dim); both floats or halves. scratch holds attention_scratch_floats() floats.
template <class Attention, class Element>
void attention(const Attention& shape, const float* q, const Element* keys, std::size_t key_stride,
               const Element* values, std::size_t value_stride, std::size_t count, float* scratch, float* out) {
  const Attention a = shape;  // a local copy stays in registers: no store through a pointer can change it
  const float scale = detail::scaled(a, 1.0F);
  const std::size_t group = a.group();
  const std::size_t head_dim = a.head_dim;
  const detail::seen_range seen(a, count);
  keys += seen.skipped;
  values += seen.skipped * value_stride;
  count -= seen.skipped;
  const std::size_t e_stride = padded(count);
  for (std::size_t kv = 0; kv < a.kv_heads; ++kv) {
    for (std::size_t first = 0; first < group; first += attention_group) {
      const std::size_t now = group - first < attention_group ? group - first : attention_group;
      const std::size_t head = kv * group + first;
      float inverse[attention_group];
      detail::weights_of_group(a, q + head * head_dim, now, keys + kv * head_dim * key_stride, key_stride, scale,
                               seen.hidden, count, scratch, e_stride, inverse);
      detail::weigh_group<detail::weighing::answer>(scratch, e_stride, inverse, now, values + kv * head_dim,
                                                    value_stride, head_dim, count, out + head * head_dim);
    }
  }
}

/// The same for tokens_together consecutive queries, which share each load of a key and a value; the bits are those of
/// attention(). The first query sees positions [0, count), each later one sees one position more; with both_ways all
/// see [0, count). q and out (tokens, q_stride), each (heads, head_dim).
template <class Attention, class Element>
void attention_of_several(const Attention& a, const float* q, std::size_t q_stride, const Element* keys,
                          std::size_t key_stride, const Element* values, std::size_t value_stride, std::size_t count,
                          float* scratch, float* out) {
  constexpr std::size_t tokens = detail::tokens_together;
  constexpr std::size_t more = sees_all<Attention> ? 0 : 1;  // positions that each token adds
  constexpr auto how = sees_all<Attention> ? detail::weighing::answer : detail::weighing::causal;
  const float scale = detail::scaled(a, 1.0F);
  const std::size_t head_dim = a.head_dim;
  const std::size_t skipped = detail::seen_range(a, count).skipped;  // the window of later tokens may start later
  keys += skipped;
  values += skipped * value_stride;
  const std::size_t most = count + more * (tokens - 1) - skipped;
  const std::size_t e_stride = padded(most);
  for (std::size_t head = 0; head < a.heads; ++head) {
    const std::size_t kv = head / a.group();
    detail::score_rows<tokens>(q + head * head_dim, q_stride, keys + kv * head_dim * key_stride, key_stride, head_dim,
                               scale, most, scratch, e_stride);
    float inverse[tokens];
    for (std::size_t i = 0; i < tokens; ++i)
      inverse[i] = detail::weigh_seen(a, first_seen(a, count + more * i) - skipped, count + more * i - skipped,
                                      scratch + i * e_stride);
    detail::each_step(head_dim, [&]<std::size_t Lanes, std::size_t Chunks>(
                                    detail::channel_step<Lanes, Chunks>, std::size_t d) __attribute__((always_inline)) {
      detail::sum_values<how, tokens, Lanes, Chunks>(scratch, e_stride, inverse, values + kv * head_dim + d,
                                                     value_stride, count - skipped, out + head * head_dim + d,
                                                     q_stride);
    });
  }
}

/// The scratch of attention_gradient() in floats: weights and their gradients for each position, and with a soft cap
/// its slope there.
template <class Attention>
constexpr std::size_t attention_gradient_scratch_floats(const Attention&, std::size_t positions) {
  return (has_softcap<Attention> ? 3 : 2) * padded(positions);
}

/// The gradient of attention() at position count - 1, given dout (heads, head_dim): writes dq (heads, head_dim), adds
/// to dkeys and dvalues. Keys, values and their gradients are all stored by channel here, (kv_heads, head_dim, stride),
/// because every sum runs over positions. scratch holds attention_gradient_scratch_floats() floats.
template <class Attention>
void attention_gradient(const Attention& shape, const float* q, const float* keys, const float* values,
                        std::size_t stride, const float* dout, std::size_t count, float* scratch, float* dq,
                        float* dkeys, float* dvalues) {
  static_assert(!sees_all<Attention>,
                "mote: the gradient goes through attention to earlier positions alone; take an attention that does not "
                "look both ways [mote-learning-looks-ahead]");
  using floats = simd::floats<16>;
  const Attention a = shape;  // as in attention()
  const float scale = detail::scaled(a, 1.0F);
  const std::size_t head_dim = a.head_dim;
  const std::size_t group = a.group();
  const detail::seen_range seen(a, count);
  count -= seen.skipped;
  const std::size_t width = padded(count);
  float* p = scratch;
  float* dp = scratch + width;
  for (std::size_t h = 0; h < a.heads; ++h) {
    const std::size_t channels = (h / group) * head_dim * stride + seen.skipped;
    const float* k = keys + channels;
    const float* v = values + channels;
    const float* g = dout + h * head_dim;
    detail::score_rows<1>(q + h * head_dim, head_dim, k, stride, head_dim, scale, count, p, 0);
    if constexpr (has_softcap<Attention>) {
      float* steep = scratch + 2 * width;
      if (a.softcap != 0) {
        const detail::softcap_of cap(a.softcap);
        for (std::size_t t = 0; t < width; t += 16) {
          const auto part = simd::tanh(floats::load(p + t) * floats::all(cap.inverse));
          (floats::all(1.0F) - part * part).store(steep + t);
        }
      }
    }
    const float inverse = detail::weigh_seen(a, seen.hidden, count, p);
    floats along = floats::all(0.0F);  // sum of p * dp
    for (std::size_t t = 0; t < width; t += 16) {
      const auto weight = floats::load(p + t) * floats::all(inverse);
      weight.store(p + t);
      floats sum = floats::all(0.0F);
      for (std::size_t d = 0; d < head_dim; ++d) sum = sum + floats::all(g[d]) * floats::load(v + d * stride + t);
      sum.store(dp + t);
      along = along + weight * sum;
    }
    const auto mean = floats::all(simd::reduce_add(along));
    for (std::size_t t = 0; t < width; t += 16)
      (floats::load(p + t) * (floats::load(dp + t) - mean) * floats::all(scale)).store(dp + t);
    if constexpr (has_softcap<Attention>)
      if (a.softcap != 0)
        for (std::size_t t = 0; t < width; t += 16)
          (floats::load(dp + t) * floats::load(scratch + 2 * width + t)).store(dp + t);
    for (std::size_t d = 0; d < head_dim; ++d) {
      const auto query = floats::all(q[h * head_dim + d]);
      const auto gradient = floats::all(g[d]);
      floats sum = floats::all(0.0F);
      float* dk = dkeys + channels + d * stride;
      float* dv = dvalues + channels + d * stride;
      for (std::size_t t = 0; t < width; t += 16) {
        const auto dscore = floats::load(dp + t);
        sum = sum + dscore * floats::load(k + d * stride + t);
        (floats::load(dk + t) + dscore * query).store(dk + t);
        (floats::load(dv + t) + floats::load(p + t) * gradient).store(dv + t);
      }
      dq[h * head_dim + d] = simd::reduce_add(sum);
    }
  }
}

}  // namespace mote::inline v0
