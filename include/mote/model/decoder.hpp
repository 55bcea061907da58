// SPDX-License-Identifier: BSL-1.0
// The Llama decoder, one token a step: norm, attention, norm, feed-forward for each block, then the head.
// Refuses to know where its memory comes from: weights, cache and working buffers are handed in, shapes are arguments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/arena.hpp"
#include "mote/kernel/matvec.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/kernel/swiglu.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// The working buffers of one step.
struct decode_buffers {
  float* x;                   // (dim) the residual stream
  float* normed;              // (dim)
  std::byte* quantised;       // the 8-bit copy of a matrix's input
  simd::sine_cosine* turns;   // (head_dim / 2)
  float* query;               // (dim)
  float* key;                 // (kv_dim)
  float* value;               // (kv_dim)
  float* scores;              // the cache's scratch_floats
  float* mixed;               // (dim) what attention gives
  float* delta;               // (dim) what a block adds
  float* gate;                // (hidden)
  float* up;                  // (hidden)
  float* logits;              // (vocab)
};
inline constexpr std::size_t decode_tensor_count = 13;

/// Which bytes each buffer needs, and from which operation of the step to which. The order is that of decode_buffers.
template <class Format, class Cache = float_cache>
constexpr std::array<lifetime, decode_tensor_count> decode_lifetimes(const shape& s, std::size_t context) {
  constexpr std::size_t f = sizeof(float);
  const std::size_t widest = s.hidden > s.dim ? s.hidden : s.dim;
  enum { embed, attend_norm, project, turn, attend, output, ffn_norm, expand, gate, contract, head_norm, head };
  return {{
      {padded(s.dim) * f, embed, head},
      {padded(s.dim) * f, attend_norm, head},
      {activation_bytes<Format>(widest), attend_norm, head},
      {s.head_dim() / 2 * sizeof(simd::sine_cosine), embed, contract},  // every block turns by the same
      {padded(s.dim) * f, project, attend},
      {padded(s.kv_dim()) * f, project, turn},
      {padded(s.kv_dim()) * f, project, turn},
      {Cache::scratch_floats(s, context) * f, attend, attend},
      {padded(s.dim) * f, attend, output},
      {padded(s.dim) * f, output, contract},
      {padded(s.hidden) * f, expand, contract},
      {padded(s.hidden) * f, expand, gate},
      {padded(s.vocab) * f, head, head},
  }};
}

/// Pointers into an arena laid out for decode_lifetimes.
inline decode_buffers place_decode_buffers(std::byte* arena, const arena_plan<decode_tensor_count>& plan) {
  const auto floats = [&](std::size_t i) { return reinterpret_cast<float*>(arena + plan[i]); };
  return {floats(0), floats(1), arena + plan[2], reinterpret_cast<simd::sine_cosine*>(arena + plan[3]),
          floats(4), floats(5), floats(6),       floats(7),
          floats(8), floats(9), floats(10),      floats(11),
          floats(12)};
}

namespace detail {

inline void add_to(float* x, const float* delta, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] += delta[i];
}

}  // namespace detail

/// Runs one token at one position through every block. With `want_logits`, returns (vocab) logits in the buffers,
/// else null: a prompt's tokens but the last need none. `adapter.add(layer, role, x, y)` adds what was learned.
template <class Isa = simd::native, class Format, class Adapter, class Cache>
float* decode(const shape& s, const weights<Format>& w, const Adapter& adapter, const std::uint64_t* frequencies,
              const Cache& cache, const decode_buffers& b, std::size_t token, std::size_t position,
              bool want_logits) {
  const std::size_t pairs = s.head_dim() / 2;
  const auto project = [&](std::size_t layer, role r, const activation& a, float* y) {
    matvec<Isa>(w.of(layer, r), a, y);
    adapter.add(layer, r, a.x, y);
  };

  w.embedding().decode_row(token, b.x);
  rope_turns(frequencies, pairs, position, b.turns);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    rms_norm(b.x, w.attention_norm(layer), s.dim, s.norm_epsilon, b.normed);
    activation a = quantise<Format>(b.normed, s.dim, b.quantised);
    project(layer, role::query, a, b.query);
    project(layer, role::key, a, b.key);
    project(layer, role::value, a, b.value);
    rope(b.query, s.heads, pairs, b.turns);
    rope(b.key, s.kv_heads, pairs, b.turns);
    const attention_run run{.layer = layer, .position = position, .tokens = 1, .query = b.query, .key = b.key,
                            .value = b.value, .out = b.mixed, .query_stride = 0, .key_stride = 0};
    cache.attend(s, run, 0, s.kv_heads, b.scores);
    a = quantise<Format>(b.mixed, s.dim, b.quantised);
    project(layer, role::output, a, b.delta);
    detail::add_to(b.x, b.delta, s.dim);

    rms_norm(b.x, w.ffn_norm(layer), s.dim, s.norm_epsilon, b.normed);
    a = quantise<Format>(b.normed, s.dim, b.quantised);
    project(layer, role::gate, a, b.gate);
    project(layer, role::up, a, b.up);
    swiglu(b.gate, b.up, s.hidden, b.gate);
    a = quantise<Format>(b.gate, s.hidden, b.quantised);
    project(layer, role::down, a, b.delta);
    detail::add_to(b.x, b.delta, s.dim);
  }
  if (!want_logits) return nullptr;
  rms_norm(b.x, w.final_norm(), s.dim, s.norm_epsilon, b.normed);
  matvec<Isa>(w.head(), quantise<Format>(b.normed, s.dim, b.quantised), b.logits);
  return b.logits;
}

}  // namespace mote::inline v0
