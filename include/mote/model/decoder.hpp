// SPDX-License-Identifier: BSL-1.0
// The Llama decoder, a few tokens a pass: norm, attention, norm, feed-forward for each block, then the head.
// Refuses to know where its memory comes from: weights, cache and working buffers are handed in, shapes are arguments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/arena_guard.hpp"
#include "mote/core/team.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/matvec.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/kernel/swiglu.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// What decode() adds to the weights' products when nothing was learned. A state of a learning policy that derives from it
/// shares the decoder's code with every other pipeline of its formats.
struct no_adapter {
  static void add(std::size_t, role, const float*, float*) {}
};

/// How much one pass may do: tokens at once, of how many of the last it gives logits, and in how many parts.
struct pass_size {
  std::size_t tokens = 1;
  std::size_t logits = 1;
  std::size_t parts = 1;
};

inline constexpr std::size_t decode_tensor_count = 13;

/// The operations of a pass in their order; attend_norm to contract repeat for each block.
struct decode_operation {
  enum : int {
    embed,
    attend_norm,
    project,
    turn,
    keep,  // the cache's one call is this and the next
    attend,
    output,
    ffn_norm,
    expand,
    gate,
    contract,
    head_norm,
    head
  };
};

/// The working buffers of a pass over `tokens` tokens; every row is padded().
struct decode_buffers {
  float* x;                   // (tokens, dim) the residual stream
  float* normed;              // (tokens, dim)
  std::byte* quantised;       // (tokens) the 8-bit copy of a matrix's input
  simd::sine_cosine* turns;   // (tokens, head_dim / 2)
  float* query;               // (tokens, dim)
  float* key;                 // (tokens, kv_dim)
  float* value;               // (tokens, kv_dim)
  float* scores;              // (parts, scores_stride)
  float* mixed;               // (tokens, dim) what attention gives
  float* delta;               // (tokens, dim) what a block adds
  float* gate;                // (tokens, hidden)
  float* up;                  // (tokens, hidden)
  float* logits;              // (logits, vocab)
  std::size_t scores_stride;  // what the cache works in, of one part
  [[no_unique_address]] arena_guard<decode_tensor_count> guard;
};

/// Which bytes each buffer needs, and from which operation of a pass to which. The order is that of decode_buffers.
template <class Formats, class Cache = float_cache>
constexpr std::array<lifetime, decode_tensor_count> decode_lifetimes(const shape& s, std::size_t context,
                                                                     pass_size n = {}) {
  constexpr std::size_t f = sizeof(float);
  const std::size_t widest = s.hidden > s.dim ? s.hidden : s.dim;
  const std::size_t dim = n.tokens * padded(s.dim) * f;
  const std::size_t kv_dim = n.tokens * padded(s.kv_dim()) * f;
  const std::size_t hidden = n.tokens * padded(s.hidden) * f;
  using at = decode_operation;
  // One token alone is in the cache before attention works; of several, the last is still waiting meanwhile.
  const int kept = n.tokens == 1 && n.parts == 1 ? at::keep : at::attend;
  return {{
      {dim, at::embed, at::head},
      {dim, at::attend_norm, at::head},
      {n.tokens * input_bytes<Formats>(widest), at::attend_norm, at::head},
      {n.tokens * (s.head_dim() / 2) * sizeof(simd::sine_cosine), at::embed, at::contract},  // blocks turn by the same
      {dim, at::project, at::attend},
      {kv_dim, at::project, kept},
      {kv_dim, at::project, kept},
      {n.parts * padded(Cache::scratch_floats(s, context, n.tokens)) * f, at::attend, at::attend},
      {dim, at::attend, at::output},
      {dim, at::output, at::contract},
      {hidden, at::expand, at::contract},
      {hidden, at::expand, at::gate},
      {n.logits * padded(s.vocab) * f, at::head, at::head},
  }};
}

/// Pointers into an arena laid out for decode_lifetimes.
inline decode_buffers place_decode_buffers(std::byte* arena, const arena_plan<decode_tensor_count>& plan,
                                           std::size_t scores_stride = 0) {
  const auto floats = [&](std::size_t i) { return reinterpret_cast<float*>(arena + plan[i]); };
  return {floats(0),  floats(1),     arena + plan[2], reinterpret_cast<simd::sine_cosine*>(arena + plan[3]),
          floats(4),  floats(5),     floats(6),       floats(7),
          floats(8),  floats(9),     floats(10),      floats(11),
          floats(12), scores_stride, {arena, plan}};
}

namespace detail {

inline void add_to(float* x, const float* delta, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] += delta[i];
}

/// Some tokens' vectors times the matrices that read them. Rows go to the parts of a team.
template <class Isa, std::size_t Most, class Formats, class Adapter, class Team>
class projection {
  using facts = formats_of<Formats>;

 public:
  projection(const shape& s, const weights<Formats>& w, const Adapter& adapter, Team& team, std::size_t tokens,
             std::byte* rounded)
      : s_(s), w_(w), adapter_(adapter), team_(team), tokens_(Most == 1 ? 1 : tokens), rounded_(rounded) {}

  /// y (tokens, padded(rows)) = W x + what was learned, for each role; x (tokens, padded(cols)).
  template <role... Roles, class... Floats>
  MOTE_INLINE void run(std::size_t layer, const float* x, std::size_t cols, Floats*... y) {
    if constexpr (facts::shares_activation) {
      quantise<facts::embedding::activation_group>(x, cols);
      share((bytes<Roles>(layer) + ...), [&](std::size_t part, std::size_t parts) {
        (w_.template with<Roles>(layer, [&](auto m) { multiply(m, y, part, parts); }), ...);
      });
    } else {
      (w_.template with<Roles>(layer,
                               [&]<class F>(const matrix<F>& m) {
                                 quantise<F::activation_group>(x, cols);
                                 share(F::bytes(m.rows, m.cols),
                                       [&](std::size_t part, std::size_t parts) { multiply(m, y, part, parts); });
                               }),
       ...);
    }
    for (std::size_t t = 0; t < tokens_; ++t)
      (adapter_.add(layer, Roles, x + t * padded(cols), y + t * padded(size_of(s_, Roles).rows)), ...);
  }

  /// logits (tokens, padded(vocab)) of x (tokens, padded(dim)), of the first tokens.
  MOTE_INLINE void run_head(const float* x, std::size_t tokens, float* logits) {
    const auto m = w_.head();
    using format = typename facts::head;
    if constexpr (Most > 1) tokens_ = tokens;
    quantise<format::activation_group>(x, s_.dim);
    share(format::bytes(m.rows, m.cols),
          [&](std::size_t part, std::size_t parts) { multiply(m, logits, part, parts); });
  }

 private:
  template <role R>
  std::size_t bytes(std::size_t layer) const {
    if constexpr (Team::parts == 1) return 0;
    else return w_.template with<R>(layer, []<class F>(const matrix<F>& m) { return F::bytes(m.rows, m.cols); });
  }
  template <class F>
  MOTE_INLINE void share(std::size_t bytes, F&& f) {
    if (team_.pays(bytes)) team_.run(f);
    else f(std::size_t{0}, std::size_t{1});
  }
  template <std::size_t Group>
  MOTE_INLINE void quantise(const float* x, std::size_t cols) {
    for (std::size_t t = 0; t < tokens_; ++t)
      input_[t] = quantise_groups<Group>(x + t * padded(cols), cols, rounded_ + t * input_bytes<Formats>(cols));
  }
  template <class F>
  MOTE_INLINE void multiply(matrix<F> m, float* y, std::size_t part, std::size_t parts) {
    const std::size_t stride = padded(m.rows);
    if constexpr (Team::parts > 1) {
      const part_range tiles = part_of(ceil_div(m.rows, F::rows), part, parts);
      if (tiles.count() == 0) return;
      const std::size_t first = tiles.first * F::rows;
      const std::size_t rows = tiles.count() * F::rows;
      m = m.slice(first, rows < m.rows - first ? rows : m.rows - first);
      y += first;
    }
    if (Most == 1 || tokens_ == 1) {
      matvec<Isa>(m, input_[0], y);
    } else {
      matmul<Isa>(m, input_.data(), tokens_, y, stride);
    }
  }

  const shape& s_;
  const weights<Formats>& w_;
  const Adapter& adapter_;
  Team& team_;
  std::size_t tokens_;
  std::byte* rounded_;
  std::array<activation, Most> input_;
};

}  // namespace detail

/// Runs `count` tokens (1 to Most) that follow each other from `position` on through every block: bit for bit what they
/// give one by one. Returns the logits (logits_for, padded(vocab)) of the last `logits_for` of them, null if zero.
/// `adapter.add(layer, role, x, y)` adds what was learned; the team does rows and heads in parts. Of a token that leaves
/// the floats on its way no logit is a number.
template <class Isa = simd::native, std::size_t Most = 1, class Formats, class Adapter, class Cache, class Team,
          class Token>
float* decode(const shape& s, const weights<Formats>& w, const Adapter& adapter, const std::uint64_t* frequencies,
              const Cache& cache, Team& team, const decode_buffers& b, const Token* tokens /* (count) */,
              std::size_t count, std::size_t position, std::size_t logits_for) {
  if constexpr (Most == 1) count = 1;
  const std::size_t pairs = s.head_dim() / 2;
  const std::size_t dim = padded(s.dim);
  const std::size_t kv_dim = padded(s.kv_dim());
  const std::size_t hidden = padded(s.hidden);
  detail::projection<Isa, Most, Formats, Adapter, Team> project(s, w, adapter, team, count, b.quantised);
  const auto norm = [&](const float* gain) {
    for (std::size_t t = 0; t < count; ++t) rms_norm(b.x + t * dim, gain, s.dim, s.norm_epsilon, b.normed + t * dim);
  };
  const auto add = [&] {
    for (std::size_t t = 0; t < count; ++t) detail::add_to(b.x + t * dim, b.delta + t * dim, s.dim);
  };

  using at = decode_operation;
  auto guard = b.guard;
  guard.enter(at::embed);
  for (std::size_t t = 0; t < count; ++t) {
    w.embedding().decode_row(static_cast<std::size_t>(tokens[t]), b.x + t * dim);
    rope_turns(frequencies, pairs, position + t, b.turns + t * pairs);
  }
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    guard.enter(at::attend_norm);
    norm(w.attention_norm(layer));
    guard.enter(at::project);
    project.template run<role::query, role::key, role::value>(layer, b.normed, s.dim, b.query, b.key, b.value);
    guard.enter(at::turn);
    for (std::size_t t = 0; t < count; ++t) {
      rope(b.query + t * dim, s.heads, pairs, b.turns + t * pairs);
      rope(b.key + t * kv_dim, s.kv_heads, pairs, b.turns + t * pairs);
      (void)admit(b.query + t * dim, s.dim, b.key + t * kv_dim, b.value + t * kv_dim, s.kv_dim(), b.x + t * dim);
    }
    guard.enter(at::keep, at::attend);
    const attention_run run{.layer = layer,
                            .position = position,
                            .tokens = count,
                            .query = b.query,
                            .key = b.key,
                            .value = b.value,
                            .out = b.mixed,
                            .query_stride = dim,
                            .key_stride = kv_dim};
    if (Team::parts > 1 && team.pays(count * (position + count) * s.kv_dim() * 8)) {
      team.run([&](std::size_t part, std::size_t parts) {
        const part_range heads = part_of(s.kv_heads, part, parts);
        if (heads.count() > 0) cache.attend(s, run, heads.first, heads.last, b.scores + part * b.scores_stride);
      });
    } else {
      cache.attend(s, run, 0, s.kv_heads, b.scores);
    }
    guard.enter(at::output);
    project.template run<role::output>(layer, b.mixed, s.dim, b.delta);
    add();

    guard.enter(at::ffn_norm);
    norm(w.ffn_norm(layer));
    guard.enter(at::expand);
    project.template run<role::gate, role::up>(layer, b.normed, s.dim, b.gate, b.up);
    guard.enter(at::gate);
    for (std::size_t t = 0; t < count; ++t)
      swiglu(b.gate + t * hidden, b.up + t * hidden, s.hidden, b.gate + t * hidden);
    guard.enter(at::contract);
    project.template run<role::down>(layer, b.gate, s.hidden, b.delta);
    add();
  }
  if (logits_for == 0) {
    guard.leave();
    return nullptr;
  }
  guard.enter(at::head_norm);
  const std::size_t first = count - logits_for;
  for (std::size_t t = 0; t < logits_for; ++t)
    rms_norm(b.x + (first + t) * dim, w.final_norm(), s.dim, s.norm_epsilon, b.normed + t * dim);
  guard.enter(at::head);
  project.run_head(b.normed, logits_for, b.logits);
  guard.leave();
  return b.logits;
}

/// Whether the first tokens of a pass were finite: those without logits, which would not show it. What was not is not in
/// the cache either.
inline bool stayed_finite(const decode_buffers& b, const shape& s, std::size_t tokens) {
  for (std::size_t t = 0; t < tokens; ++t)
    if (!is_finite(b.x[t * padded(s.dim)])) return false;
  return true;
}

/// One token on this thread alone; logits if wanted: a prompt's tokens but the last need none.
template <class Isa = simd::native, class Formats, class Adapter, class Cache>
float* decode(const shape& s, const weights<Formats>& w, const Adapter& adapter, const std::uint64_t* frequencies,
              const Cache& cache, const decode_buffers& b, std::size_t token, std::size_t position, bool want_logits) {
  single_thread::team alone;
  return decode<Isa, 1>(s, w, adapter, frequencies, cache, alone, b, &token, 1, position, want_logits ? 1 : 0);
}

}  // namespace mote::inline v0
