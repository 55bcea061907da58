// SPDX-License-Identifier: BSL-1.0
// Kernels of floats on fixed numbers, as a hash of the bits of their results. Plain loops give the same bits on every
// machine, so the hashes are constants: a body that was compiled with the same wrong flags would prove nothing.
// Refuses to allocate: a caller gives room for the numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/kernel/attention_shape.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/layer_norm.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/cache.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0::detail {

/// A hash of the bits of floats, in their order. One wrong bit always changes it.
struct float_bits {
  std::uint32_t hash = 1;
  void add(const float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t bits = 0;
      __builtin_memcpy(&bits, x + i, sizeof bits);
      hash = ((hash << 5U | hash >> 27U) ^ bits) * 0x9E3779B1U;
    }
  }
};

/// The hashes. tests/golden/units.hpp compares them on every target; those of plain loops are the reference.
namespace known {
inline constexpr std::uint32_t norm = 0x5D58B3AA;
inline constexpr std::uint32_t layer_norm = 0x44B49594;
inline constexpr std::uint32_t rotation = 0xE7137890;
inline constexpr std::uint32_t softcap = 0x6EBB2D07;
inline constexpr std::uint32_t silu_gate = 0x2AB99953;
inline constexpr std::uint32_t gelu_gate = 0xDC263F1F;
inline constexpr std::uint32_t gelu = 0xAD84AC6D;
inline constexpr std::uint32_t exact_gelu = 0x504BD96E;
inline constexpr std::uint32_t rectifier = 0x64D933EB;
/// Heads of 16 and of 25 channels.
inline constexpr std::uint32_t attention_to_floats[] = {0xD81FB0EC, 0x6279474A};
inline constexpr std::uint32_t attention_to_halves[] = {0x231D0F68, 0x60F90223};
inline constexpr std::size_t attention_positions = 20;
}  // namespace known

/// n floats of [-most, most).
MOTE_NOINLINE inline void draw_floats(rng& random, float* x, std::size_t n, float most) {
  for (std::size_t i = 0; i < n; ++i) x[i] = (random.uniform() * 2.0F - 1.0F) * most;
}

inline constexpr std::size_t known_width = 67;  // four times sixteen lanes, and three numbers behind them
/// The floats of room that the functions below need.
inline constexpr std::size_t known_room = 4 * 80;

/// RMS norm, and the addition to the stream behind it.
MOTE_NOINLINE inline std::uint32_t norm_bits(float* room) {
  float *const x = room, *const gain = room + 80, *const y = room + 160;
  rng random(11);
  draw_floats(random, x, known_width, 4.0F);
  draw_floats(random, gain, known_width, 2.0F);
  rms_norm(x, gain, known_width, 1e-5F, y);
  add_to(y, x, known_width);
  float_bits all;
  all.add(y, known_width);
  return all.hash;
}
MOTE_NOINLINE inline std::uint32_t layer_norm_bits(float* room) {
  float *const x = room, *const gain = room + 80, *const bias = room + 160, *const y = room + 240;
  rng random(12);
  draw_floats(random, x, known_width, 4.0F);
  draw_floats(random, gain, known_width, 2.0F);
  draw_floats(random, bias, known_width, 1.0F);
  layer_norm(x, gain, bias, known_width, 1e-5F, y);
  float_bits all;
  all.add(y, known_width);
  return all.hash;
}
/// Sines and cosines of late positions, and two heads rotated by them.
MOTE_NOINLINE inline std::uint32_t rotation_bits(float* room) {
  constexpr std::size_t pairs = 6, width = 14;
  float* const v = room;
  simd::sine_cosine by[pairs];
  std::uint64_t frequencies[pairs];
  rng random(13);
  for (auto& f : frequencies) f = std::uint64_t{random.next()} << 32U | random.next();
  float_bits all;
  for (const std::size_t position : {std::size_t{1}, std::size_t{12345}}) {
    draw_floats(random, v, 2 * width, 2.0F);
    rope_rotations(frequencies, pairs, position, by);
    rope(v, 2, width, pairs, by);
    all.add(v, 2 * width);
  }
  return all.hash;
}
/// Inputs of an activation: numbers of common size, then what clamps, underflows or is subnormal.
inline void draw_activation(float* x /* (48) */) {
  constexpr float ends[] = {100.0F, -100.0F, 0.0F, 0x1p-100F, -0x1p-100F, 0x1p-140F, -88.5F, 20.5F};
  rng random(14);
  draw_floats(random, x, 40, 12.0F);
  for (std::size_t i = 0; i < 8; ++i) x[40 + i] = ends[i];
}
/// h = f(gate) * up, of a gate's activation.
template <class Activation>
std::uint32_t gate_bits(float* room) {
  float *const gate = room, *const up = room + 48, *const h = room + 96;
  draw_activation(gate);
  rng random(15);
  draw_floats(random, up, 48, 3.0F);
  Activation::gated(gate, up, 48, h);
  float_bits all;
  all.add(h, 48);
  return all.hash;
}
template <class Activation>
std::uint32_t activation_bits(float* room) {
  draw_activation(room);
  Activation::forward(room, 48, room + 48);
  float_bits all;
  all.add(room + 48, 48);
  return all.hash;
}
/// The tanh of soft caps.
MOTE_NOINLINE inline std::uint32_t softcap_bits(float* room) {
  draw_activation(room);
  for (std::size_t i = 0; i < 48; i += 16) simd::tanh(simd::floats<16>::load(room + i)).store(room + i);
  float_bits all;
  all.add(room, 48);
  return all.hash;
}
/// The gates of a pass: what is finite passes, and what is not is seen in every lane.
MOTE_NOINLINE inline bool gates_hold(float* room) {
  float *const x = room, *const k = room + 80, *const v = room + 160;
  rng random(16);
  draw_floats(random, x, known_width, 4.0F);
  draw_floats(random, k, known_width, 4.0F);
  draw_floats(random, v, known_width, 4.0F);
  float stream = 0;
  if (!are_finite(x, known_width) || !admit(x, known_width, k, v, known_width, &stream) || stream != 0) return false;
  for (std::size_t i = 0; i < known_width; i += 3) {
    const float kept = x[i];
    for (const std::uint32_t bits : {0x7F800000U, 0x7FC00000U, 0xFF800000U}) {
      __builtin_memcpy(x + i, &bits, sizeof bits);
      if (are_finite(x, known_width)) return false;
    }
    x[i] = kept;
  }
  const std::uint32_t infinite = 0x7F800000U;
  __builtin_memcpy(k + 5, &infinite, sizeof infinite);
  return !admit(x, known_width, k, v, known_width, &stream) && k[5] == 0 && !is_finite(stream);
}

/// The numbers of an attention that answers `Tokens` tokens at a time.
template <std::size_t Tokens>
constexpr std::size_t attention_room(const attention_shape& a, std::size_t scratch) {
  return Tokens * 2 * (padded(a.query_dim()) + padded(a.kv_dim())) + scratch;
}
/// The answers of an attention to `context` random tokens through a Store, whose memory may hold anything. The bits do
/// not depend on Tokens, the tokens of a run.
template <class Store, std::size_t Tokens, class Attention>
std::uint32_t attention_bits(const Attention& a, std::size_t context, std::byte* memory, float* room) {
  const Store store(memory, cache_shape{{a.heads, a.kv_heads, a.head_dim}, 1}, context);
  const std::size_t wide = padded(a.query_dim()), narrow = padded(a.kv_dim());
  float* const query = room;
  float* const out = query + Tokens * wide;
  float* const key = out + Tokens * wide;
  float* const value = key + Tokens * narrow;
  float* const scratch = value + Tokens * narrow;
  rng random(17);
  float_bits all;
  for (std::size_t at = 0; at < context; at += Tokens) {
    const std::size_t now = context - at < Tokens ? context - at : Tokens;
    for (std::size_t t = 0; t < now; ++t) {
      draw_floats(random, query + t * wide, a.query_dim(), 3.0F);
      draw_floats(random, key + t * narrow, a.kv_dim(), 2.0F);
      draw_floats(random, value + t * narrow, a.kv_dim(), 1.0F);
    }
    store.attend(a,
                 attention_run{.position = at,
                               .tokens = now,
                               .query = query,
                               .key = key,
                               .value = value,
                               .out = out,
                               .query_stride = wide,
                               .key_stride = narrow},
                 0, a.kv_heads, scratch);
    for (std::size_t t = 0; t < now; ++t) all.add(out + t * wide, a.query_dim());
  }
  return all.hash;
}

}  // namespace mote::inline v0::detail
