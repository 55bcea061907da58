// SPDX-License-Identifier: BSL-1.0
// The inference pass: one or more tokens of a sequence through the layers of a family, with any cache. embed(), run()
// over some of the layers, and head() may be called separately: they pass on only the residual stream and the rotations
// (sines and cosines of positions) in the arena.
// Refuses to own memory: weights, cache and working buffers are passed in. Shapes are arguments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/delta.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/linear_maps.hpp"
#include "mote/block/prefix.hpp"
#include "mote/block/rotary.hpp"
#include "mote/core/arena_guard.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

/// The limits of one pass: tokens at once, how many of the last tokens get logits, parts that work is split into, and
/// how many logits of a token each part has at once (0: all).
struct pass_size {
  std::size_t tokens = 1;
  std::size_t logits = 1;
  std::size_t parts = 1;
  std::size_t stretch = 0;
};

/// The widest vector that a matrix of the model reads, in floats.
constexpr std::size_t widest_input(const shape& s) {
  return detail::greatest_of(s.hidden, s.dim, s.query_dim(), std::size_t{s.per_layer_width});
}

/// The operations of a family's pass and its buffers: 0 (embed), those of a layer from 1 on, which repeat for each
/// layer, head_norm, head.
template <class Family>
struct decode_plan_of {
  using each_layer = layers_facts<typename Family::layer>;
  static constexpr int embed = 0;
  static constexpr int layers = 1;
  static constexpr int head_norm = layers + each_layer::operations;
  static constexpr int head = head_norm + 1;

  struct stream {  // (tokens, dim); stayed_finite() reads it after the pass
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) { return rows_of_floats(n.tokens, s.dim); }
  };
  struct rounded {  // the 8-bit copies of a matrix's inputs
    static constexpr std::size_t bytes(const shape&, const pass_facts& n) { return n.rounded_bytes; }
  };
  struct rotations {  // (tokens, rotary_count) sines and cosines, the same in every layer
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return Family::layer::rotates ? n.tokens * rotary_count<Family>(s) * sizeof(simd::sine_cosine) : 0;
    }
  };
  struct last_normed {  // (logits, dim), behind the scratch of a head that has one
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return n.head_bytes + rows_of_floats(n.logits, s.dim);
    }
  };
  struct logits {  // (logits, vocab), or a stretch for each part
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      if (n.stretch == 0) return rows_of_floats(n.logits, s.vocab);
      if (n.stretch >= s.vocab) return rows_of_floats(1, s.vocab);
      return rows_of_floats(detail::least_of(n.parts, ceil_div(s.vocab, n.stretch)), n.stretch);
    }
  };
  using buffers =
      join_lives<lives<live<stream, embed, head>, live<rounded, layers, head>, live<rotations, embed, head_norm - 1>>,
                 typename Family::embedding::template forward_buffers<embed>,
                 decltype(detail::left_by<Family, embed, head_norm - 1>()),
                 typename each_layer::template forward_buffers<layers>,
                 lives<live<last_normed, head_norm, head>, live<logits, head, head>>>;
};

/// The pass_facts of an inference pass. `scratch_floats`: the scratch of the cache for one part; `rounded_bytes`: the
/// 8-bit copy of one vector.
constexpr pass_facts decode_facts(pass_size n, std::size_t scratch_floats, std::size_t rounded_bytes,
                                  std::size_t head_bytes = 0) {
  return {.tokens = n.tokens,
          .kept = n.tokens,
          .saved = n.tokens,
          .logits = n.logits,
          .parts = n.parts,
          .scratch_bytes = n.parts * padded(scratch_floats) * sizeof(float),
          .rounded_bytes = n.tokens * rounded_bytes,
          .head_bytes = head_bytes,
          .stretch = n.stretch};
}

/// The size of each buffer, and its first and last operation.
template <class Family, class Formats, class Cache = float_cache>
constexpr auto decode_lifetimes(const shape& s, std::size_t context, pass_size n = {}) {
  return decode_plan_of<Family>::buffers::of(
      s, decode_facts(n, Cache::scratch_floats(cached_by<Family>(s), context, n.tokens),
                      input_bytes<Formats>(widest_input(s)), head_scratch_bytes<Formats>(s.dim)));
}

/// An arena laid out for decode_lifetimes. The plan must outlive it.
template <class Family>
struct decode_buffers {
  using plan_type = arena_plan<decode_plan_of<Family>::buffers::count>;
  std::byte* arena;
  const plan_type& plan;
  std::size_t scores_stride = 0;  // floats of scratch of the cache for one part
  template <class Tag>
  std::byte* bytes() const {
    return arena + plan[decode_plan_of<Family>::buffers::template index<Tag>()];
  }
  /// (logits, padded(vocab)) of the last pass that computed logits.
  float* logits() const { return reinterpret_cast<float*>(bytes<typename decode_plan_of<Family>::logits>()); }
};

/// The pass that blocks call in inference: `count` consecutive tokens from `position` on.
template <class Isa, std::size_t Most, class Weights, class Adapter, class Cache, class Team>
class decode_pass {
  using Family = typename Weights::family;
  using facts = decode_plan_of<Family>;

 public:
  using maps_type = detail::linear_maps<Isa, Most, Weights, Adapter, Team>;

  /// `maps` is a separate object: lambdas hold its address, so the compiler reloads its members after each kernel. The
  /// shape is not in it, so it is not reloaded.
  MOTE_INLINE decode_pass(const mote::shape& s, const Weights& w, maps_type& maps, const std::uint64_t* frequencies,
                          const Cache& cache, Team& team, const decode_buffers<Family>& b, std::size_t count,
                          std::size_t position)
      : s_(s),
        w_(w),
        frequencies_(frequencies),
        cache_(cache),
        team_(team),
        b_(b),
        guard_(b.arena, b.plan),
        maps_(maps),
        x_(at<typename facts::stream>()),
        rotations_(reinterpret_cast<simd::sine_cosine*>(b.template bytes<typename facts::rotations>())),
        tokens_(count),
        position_(position) {}

  template <class Token>
  MOTE_INLINE void embed(const Token* ids /* (count) */) {
    const std::size_t pairs = rotary_count<Family>(s_);
    guard_.enter(facts::embed);
    for (std::size_t t = 0; t < tokens(); ++t) {
      Family::embedding::forward(*this, static_cast<std::size_t>(ids[t]), position_ + t, x_ + t * padded(s_.dim));
      if constexpr (prompting_delta<Adapter>)
        if (position_ + t < maps_.adapter().positions()) maps_.adapter().embed(position_ + t, x_ + t * padded(s_.dim));
      if constexpr (leaves_embedding<Family>) Family::embedding::leave(*this, t, ids[t], x_ + t * padded(s_.dim));
      if constexpr (Family::layer::rotates) rope_rotations(frequencies_, pairs, position_ + t, rotations_ + t * pairs);
    }
  }
  /// Stores the keys and values that a delta owns before a text. If attention cannot take them, the stream of this
  /// pass's tokens becomes NaN, and so do their logits.
  MOTE_NOINLINE void prefix_forward() {
    for (layer_ = 0; layer_ < s_.layers; ++layer_)
      facts::each_layer::with(layer_, [this]<class Layer>() {
        Layer::each([this]<std::size_t I>() {
          using block = typename Layer::template block<I>;
          if constexpr (detail::attends<block>)
            block::template prefix_forward<Layer::forward_from(I, facts::layers)>(*this);
        });
      });
  }
  template <class Attention>
  void keep_prefix(const Attention& a, const float* query, float* out, float* scratch) {
    const std::size_t at = attention_layer();
    if (v0::keep_prefix(maps_.adapter(), at, cache_, at, a, query, out, scratch)) return;
    for (std::size_t t = 0; t < tokens(); ++t) x_[t * padded(s_.dim)] = __builtin_nanf("");
  }
  /// Runs the layers [first, last).
  MOTE_INLINE void run(std::size_t first, std::size_t last) {
    for (layer_ = first; layer_ < last; ++layer_)
      facts::each_layer::with(layer_, [this]<class Layer>() __attribute__((always_inline)) {
        Layer::each([this]<std::size_t I>() __attribute__((always_inline)) {
          Layer::template block<I>::template forward<Layer::forward_from(I, facts::layers)>(*this);
        });
      });
  }
  /// Computes the logits (count, padded(vocab)) of the last `count` tokens; `rows`: nothing, a head_rows, a chooser.
  template <class... Rows>
  MOTE_INLINE float* head(std::size_t count, const Rows&... rows) {
    guard_.enter(facts::head_norm);
    const std::size_t dim = padded(s_.dim);
    float* normed = at<typename facts::last_normed>();
    if constexpr (requires { formats_of<typename Weights::format>::head::first_columns; })
      normed += head_scratch_bytes<typename Weights::format>(s_.dim) / sizeof(float);
    for (std::size_t t = 0; t < count; ++t)
      Family::last_norm::forward(*this, x_ + (tokens() - count + t) * dim, normed + t * dim);
    guard_.enter(facts::head);
    float* logits = b_.logits();
    if constexpr ((chooses_in_head<Rows> || ...)) {
      (rows.run(*this, maps_, w_.head(), normed, logits), ...);  // of one token, which a stretch of logits is for
    } else {
      maps_.run_head(normed, count, logits, rows...);
      if constexpr (changes_logits<Family>)
        for (std::size_t t = 0; t < count; ++t) head_of<Family>::forward(*this, logits + t * padded(s_.vocab));
    }
    return logits;
  }
  MOTE_INLINE void leave() { guard_.leave(); }

  // What blocks call.
  MOTE_INLINE const mote::shape& shape() const { return s_; }
  MOTE_INLINE std::size_t layer() const { return layer_; }
  MOTE_INLINE std::size_t attention_layer() const { return facts::each_layer::attending_before(layer_); }
  MOTE_INLINE std::size_t tokens() const { return Most == 1 ? 1 : tokens_; }
  MOTE_INLINE std::size_t position() const { return position_; }
  MOTE_INLINE auto embedding() const { return w_.embedding(); }
  MOTE_INLINE auto positions() const { return w_.positions(); }
  MOTE_INLINE const float* x() const { return x_; }  // (tokens, padded(dim)) the stream
  MOTE_INLINE const Weights& packed() const { return w_; }
  MOTE_INLINE const simd::sine_cosine* rotations(std::size_t t) const {
    return rotations_ + t * rotary_count<Family>(s_);
  }
  template <class Tag>
  MOTE_INLINE float* at() const {
    return reinterpret_cast<float*>(b_.template bytes<Tag>());
  }
  template <vector_role V>
  MOTE_INLINE const float* vector() const {
    return w_.template vector<V>(layer_);
  }
  /// (state_floats) the state of Block in this layer, as the last pass left it.
  template <class Block>
  MOTE_INLINE float* state() const {
    if constexpr (requires { cache_.states(); })
      return cache_.states() + states_of<Family>::template at<Block>(s_, layer_);
    else return nullptr;  // decode() has refused it
  }
  template <int Operation, int Last = Operation>
  MOTE_INLINE void enter() {
    guard_.enter(Operation, Last);
  }
  /// next(): where a block writes what is to be added to the stream. add(): adds it for token t, and returns the sum.
  template <class Tag>
  MOTE_INLINE float* next() const {
    return at<Tag>();
  }
  MOTE_INLINE float* add(std::size_t t, const float* delta) {
    float* x = x_ + t * padded(s_.dim);
    add_to(x, delta, s_.dim);
    return x;
  }
  /// Clears the padding from n to padded(n) in passes that read it. Inference does not.
  MOTE_INLINE static void pad(float*, std::size_t) {}
  template <role... Roles, class... Floats>
  MOTE_INLINE void multiply(const float* x, std::size_t cols, Floats*... y) {
    maps_.template run<Roles...>(layer_, x, cols, y...);
  }
  /// Checks token t before attention: queries, keys and values that are not finite or too large become zero, and the
  /// token's stream NaN. So a cache never holds them.
  MOTE_INLINE void admit(std::size_t t, float* query, std::size_t dim, float* key, float* value, std::size_t kv_dim) {
    (void)v0::admit(query, dim, key, value, kv_dim, x_ + t * padded(s_.dim));
  }
  template <class Kept, class Attention>
  MOTE_INLINE void attend(const Attention& a, const attention_run& run, float* scratch) {
    if constexpr (sees_one_run<Attention>) {  // model/run_attention.hpp, which a family of that form includes
      const auto heads = [&](std::size_t part, std::size_t parts) {
        const part_range some = part_of(a.kv_heads, part, parts);
        if (some.count() > 0) attend_run(a, run, some.first, some.last, at<Kept>(), scratch + part * b_.scores_stride);
      };
      if (Team::parts > 1 && team_.worth_splitting(tokens() * tokens() * a.kv_dim() * 8)) team_.run(heads);
      else heads(0, 1);
    } else if (Team::parts > 1 && team_.worth_splitting(tokens() * (position_ + tokens()) * a.kv_dim() * 8)) {
      team_.run([&](std::size_t part, std::size_t parts) {
        const part_range heads = part_of(a.kv_heads, part, parts);
        if (heads.count() > 0) cache_.attend(a, run, heads.first, heads.last, scratch + part * b_.scores_stride);
      });
    } else {
      cache_.attend(a, run, 0, a.kv_heads, scratch);
    }
  }

 private:
  const mote::shape& s_;
  const Weights& w_;
  const std::uint64_t* frequencies_;
  const Cache& cache_;
  Team& team_;
  const decode_buffers<Family>& b_;
  [[no_unique_address]] arena_guard<facts::buffers::count> guard_;
  maps_type& maps_;
  float* x_;
  simd::sine_cosine* rotations_;
  std::size_t tokens_;
  std::size_t position_;
  std::size_t layer_ = 0;
};

/// Runs `count` consecutive tokens (1 to Most) from `position` on through all layers; the result is bit for bit that of
/// running them one by one. Returns the logits (logits_for, padded(vocab)) of the last `logits_for` of them, null if
/// zero. `adapter.apply(layer, role, x, y)` applies the learned delta; the team splits rows and heads. If the values of
/// a token overflow, all its logits are NaN. `packed`: weights or streamed_weights. `rows`: nothing, a head_rows, or a
/// chooser.
template <class Isa = simd::native, std::size_t Most = 1, class Weights, class Adapter, class Cache, class Team,
          class Family, class Token, class... Rows>
float* decode(const shape& model, const Weights& packed, const Adapter& adapter, const std::uint64_t* frequencies,
              const Cache& cache, Team& team, const decode_buffers<Family>& b, const Token* tokens /* (count) */,
              std::size_t count, std::size_t position, std::size_t logits_for, const Rows&... rows) {
  constexpr bool has_room = !states_of<Family>::any || requires { cache.states(); };
  static_assert(
      has_room,
      "mote: a block of this family keeps a state, and this cache has no place for it; take kept_in<Family, Cache> for the cache [mote-cache-states]");
  const shape s = model;  // copies that no kernel can change: derived values are computed once
  const Weights w = packed.of_shape(s);
  using pass_type = decode_pass<Isa, Most, Weights, Adapter, Cache, Team>;
  typename pass_type::maps_type maps(s, w, adapter, team, count,
                                     b.template bytes<typename decode_plan_of<Family>::rounded>());
  pass_type pass(s, w, maps, frequencies, cache, team, b, count, position);
  pass.embed(tokens);
  if constexpr (prefixing_delta<Adapter>)
    if (position == adapter.positions()) pass.prefix_forward();
  pass.run(0, s.layers);
  float* logits = logits_for == 0 ? nullptr : pass.head(logits_for, rows...);
  pass.leave();
  return logits;
}

/// Whether the first `tokens` of a pass passed admit(), which otherwise makes the first float of their stream NaN. For
/// tokens without logits, which would show it. What admit() refused is not in the cache.
template <class Family>
bool stayed_finite(const decode_buffers<Family>& b, const shape& s, std::size_t tokens) {
  const auto* x = reinterpret_cast<const float*>(b.template bytes<typename decode_plan_of<Family>::stream>());
  for (std::size_t t = 0; t < tokens; ++t)
    if (!is_finite(x[t * padded(s.dim)])) return false;
  return true;
}

/// Runs one token on this thread alone. Returns its logits if `want_logits`, else null: in a prompt only the last token
/// needs them.
template <class Isa = simd::native, class Formats, class Adapter, class Cache, class Family>
float* decode(const shape& s, const weights<Formats, Family>& w, const Adapter& adapter,
              const std::uint64_t* frequencies, const Cache& cache, const decode_buffers<Family>& b, std::size_t token,
              std::size_t position, bool want_logits) {
  single_thread::team alone;
  return decode<Isa, 1>(s, w, adapter, frequencies, cache, alone, b, &token, 1, position, want_logits ? 1 : 0);
}

}  // namespace mote::inline v0
