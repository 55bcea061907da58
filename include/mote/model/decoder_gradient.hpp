// SPDX-License-Identifier: BSL-1.0
// The gradient of the decoder over a sequence of tokens, by hand. Only the input of each block is kept; a block's inside
// is computed again on the way back, and the feed-forward part a few tokens at a time (Chen et al. 2016,
// arXiv 1604.06174). The forward sums are those of decode(), bit for bit.
// Refuses logits for a whole sequence: they exist for a few tokens at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/kernel/loss.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/model/decoder.hpp"

namespace mote::inline v0 {

/// What a learner must offer to the gradient: what it adds to each linear map, and where gradients go.
/// `forward` adds to y (tokens, y_stride); `backward` collects gradients and adds to dx. Norms and the embedding may
/// answer null or do nothing.
template <class L>
concept learner = requires(L l, const L& c, std::size_t n, role r, const float* in, float* out) {
  c.add(n, r, in, out);
  l.backward(n, r, in, n, n, in, n, out, n);  // layer, role, x, x_stride, tokens, dy, y_stride, dx, x_stride
  { l.attention_norm_gradient(n) } -> std::same_as<float*>;
  { l.ffn_norm_gradient(n) } -> std::same_as<float*>;
  { l.final_norm_gradient() } -> std::same_as<float*>;
  l.embedding_backward(n, in);  // token, dx (dim)
  l.head_backward(in, in, n, n,
                  n);  // dlogits (tokens, padded(vocab)), x (tokens, x_stride), tokens, y_stride, x_stride
};

inline constexpr std::size_t train_tensor_count = 23;

/// The operations of a pass in their order; forward repeats for each block, and so do again, feed_forward and attend
/// together.
struct train_operation {
  enum : int { embed, forward, loss, again, feed_forward, attend, embedding_back };
};

/// The working buffers of a pass over at most `capacity` tokens, `chunk` of them at a time through the wide layers.
struct train_buffers {
  float* checkpoint;         // (layers + 1, capacity, dim) the input of every block, and the last output
  float* dx;                 // (capacity, dim)
  float* query;              // (capacity, dim)
  float* mixed;              // (capacity, dim)
  float* middle;             // (capacity, dim) the residual stream between attention and feed-forward
  float* keys;               // (kv_dim, capacity) channel by channel
  float* values;             // (capacity, kv_dim)
  float* dquery;             // (capacity, dim)
  float* values_by_channel;  // (kv_dim, capacity)
  float* dkeys;              // (kv_dim, capacity)
  float* dvalues;            // (kv_dim, capacity)
  float* normed;             // (chunk, dim)
  float* dnormed;            // (chunk, dim)
  float* narrow;             // (chunk, dim) deltas and gradients of one matrix
  float* gate;               // (chunk, hidden)
  float* up;                 // (chunk, hidden)
  float* product;            // (chunk, hidden)
  float* dproduct;           // (chunk, hidden)
  float* logits;             // (chunk, vocab)
  float* scores;             // attention scratch
  float* rows;               // four decoded rows of a matrix
  std::byte* quantised;
  simd::sine_cosine* turns;  // (head_dim / 2)
  [[no_unique_address]] arena_guard<train_tensor_count> guard;
};

template <class Format>
constexpr std::array<lifetime, train_tensor_count> train_lifetimes(const shape& s, std::size_t capacity,
                                                                   std::size_t chunk) {
  constexpr std::size_t f = sizeof(float);
  const std::size_t dim = padded(s.dim) * f;
  const std::size_t hidden = padded(s.hidden) * f;
  const std::size_t channels = s.kv_dim() * padded(capacity) * f;
  const std::size_t widest = s.hidden > s.dim ? s.hidden : s.dim;
  const std::size_t forward_scores = attention_scratch_floats(s.heads, s.kv_heads, capacity);
  const std::size_t back_scores = attention_gradient_scratch_floats(capacity);
  using at = train_operation;
  return {{
      {(s.layers + 1) * capacity * dim, at::embed, at::attend},
      {capacity * dim, at::loss, at::embedding_back},
      {capacity * dim, at::forward, at::attend},
      {capacity * dim, at::forward, at::attend},
      {capacity * dim, at::forward, at::feed_forward},
      {channels, at::forward, at::attend},
      {capacity * padded(s.kv_dim()) * f, at::forward, at::attend},
      {capacity * dim, at::attend, at::attend},
      {channels, at::attend, at::attend},
      {channels, at::attend, at::attend},
      {channels, at::attend, at::attend},
      {chunk * dim, at::forward, at::attend},
      {chunk * dim, at::loss, at::attend},
      {chunk * dim, at::forward, at::attend},
      {chunk * hidden, at::forward, at::feed_forward},
      {chunk * hidden, at::forward, at::feed_forward},
      {chunk * hidden, at::feed_forward, at::feed_forward},
      {chunk * hidden, at::feed_forward, at::feed_forward},
      {chunk * padded(s.vocab) * f, at::loss, at::loss},
      {(forward_scores > back_scores ? forward_scores : back_scores) * f, at::forward, at::attend},
      {4 * padded(widest) * f, at::loss, at::attend},
      {input_bytes<Format>(widest), at::forward, at::attend},
      {s.head_dim() / 2 * sizeof(simd::sine_cosine), at::forward, at::attend},
  }};
}

inline train_buffers place_train_buffers(std::byte* arena, const arena_plan<train_tensor_count>& plan) {
  const auto floats = [&](std::size_t i) { return reinterpret_cast<float*>(arena + plan[i]); };
  return {floats(0),
          floats(1),
          floats(2),
          floats(3),
          floats(4),
          floats(5),
          floats(6),
          floats(7),
          floats(8),
          floats(9),
          floats(10),
          floats(11),
          floats(12),
          floats(13),
          floats(14),
          floats(15),
          floats(16),
          floats(17),
          floats(18),
          floats(19),
          floats(20),
          arena + plan[21],
          reinterpret_cast<simd::sine_cosine*>(arena + plan[22]),
          {arena, plan}};
}

/// One pass over a sequence: forward, loss and, if asked for, gradients.
template <class Isa, class Format, class Learner>
class sequence_pass {
 public:
  sequence_pass(const shape& s, const weights<Format>& w, Learner& learner, const std::uint64_t* frequencies,
                const train_buffers& b, std::size_t capacity, std::size_t chunk)
      : s_(s),
        w_(w),
        learner_(learner),
        frequencies_(frequencies),
        b_(b),
        guard_(b.guard),
        stride_(padded(capacity)),
        capacity_(capacity),
        chunk_(chunk) {}

  /// The sum over positions t >= first of weight * -log p(tokens[t + 1] | tokens[0..t]), in nats. Infinite or not a number
  /// where the pass left the floats.
  template <class Token>
  float loss(std::span<const Token> tokens, std::size_t first, float weight) {
    forward(tokens);
    const float sum = loss_and_gradient(tokens, first, weight, false);
    guard_.leave();
    return finite_ ? sum : __builtin_nanf("");
  }

  /// The same, and its gradients into the learner.
  template <class Token>
  float backward(std::span<const Token> tokens, std::size_t first, float weight) {
    forward(tokens);
    const std::size_t count = tokens.size() - 1;
    const float sum = loss_and_gradient(tokens, first, weight, true);
    if (!finite_) {
      guard_.leave();
      return __builtin_nanf("");
    }
    for (std::size_t layer = s_.layers; layer-- > 0;) {
      guard_.enter(train_operation::again);
      attention_forward(layer, count);
      guard_.enter(train_operation::feed_forward);
      feed_forward_backward(layer, count);
      guard_.enter(train_operation::attend);
      attention_backward(layer, count);
    }
    guard_.enter(train_operation::embedding_back);
    for (std::size_t t = 0; t < count; ++t) learner_.embedding_backward(tokens[t], row(b_.dx, t));
    guard_.leave();
    return sum;
  }

  /// The last input's logits, for comparing with decode().
  template <class Token>
  const float* last_logits(std::span<const Token> tokens) {
    forward(tokens);
    guard_.enter(train_operation::loss);
    const float* x = row(checkpoint(s_.layers), tokens.size() - 2);
    rms_norm(x, w_.final_norm(), s_.dim, s_.norm_epsilon, b_.normed);
    matvec<Isa>(w_.head(), quantise<typename formats_of<Format>::head>(b_.normed, s_.dim, b_.quantised), b_.logits);
    guard_.leave();
    return b_.logits;
  }

 private:
  std::size_t dim() const { return padded(s_.dim); }
  std::size_t hidden() const { return padded(s_.hidden); }
  float* row(float* base, std::size_t t) const { return base + t * dim(); }
  float* checkpoint(std::size_t layer) const { return b_.checkpoint + layer * capacity_ * dim(); }

  static void zero(float* p, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) p[i] = 0;
  }

  /// y = W x + what was learned, for some tokens.
  template <role R>
  void project(std::size_t layer, const float* x, std::size_t x_stride, std::size_t tokens, float* y,
               std::size_t y_stride) {
    w_.template with<R>(layer, [&](auto m) { matmul<Isa>(m, x, x_stride, tokens, y, y_stride, b_.quantised); });
    for (std::size_t t = 0; t < tokens; ++t) learner_.add(layer, R, x + t * x_stride, y + t * y_stride);
  }

  /// dx += W^T dy, and the learner's share.
  template <role R>
  void project_backward(std::size_t layer, const float* x, std::size_t x_stride, std::size_t tokens, const float* dy,
                        std::size_t y_stride, float* dx) {
    w_.template with<R>(layer, [&](auto m) { matmul_input_gradient(m, dy, y_stride, tokens, dx, x_stride, b_.rows); });
    learner_.backward(layer, R, x, x_stride, tokens, dy, y_stride, dx, x_stride);
  }

  template <class Token>
  void forward(std::span<const Token> tokens) {
    const std::size_t count = tokens.size() - 1;  // the last token is only predicted
    guard_.enter(train_operation::embed);
    for (std::size_t t = 0; t < count; ++t) {
      float* x = row(checkpoint(0), t);
      zero(x, dim());
      w_.embedding().decode_row(tokens[t], x);
    }
    for (std::size_t layer = 0; layer < s_.layers; ++layer) {
      guard_.enter(train_operation::forward);
      attention_forward(layer, count);
      feed_forward(layer, count);
    }
  }

  /// From the block's input to the middle of the block; leaves query, keys, values and mixed for the way back.
  void attention_forward(std::size_t layer, std::size_t count) {
    const float* x = checkpoint(layer);
    const std::size_t pairs = s_.head_dim() / 2;
    for (std::size_t at = 0; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      norm_rows(x, w_.attention_norm(layer), at, n);
      project<role::query>(layer, b_.normed, dim(), n, row(b_.query, at), dim());
      const std::size_t kv = padded(s_.kv_dim());
      project<role::value>(layer, b_.normed, dim(), n, b_.values + at * kv, kv);
      project<role::key>(layer, b_.normed, dim(), n, b_.narrow, dim());
      for (std::size_t i = 0; i < n; ++i) {
        rope_turns(frequencies_, pairs, at + i, b_.turns);
        rope(row(b_.query, at + i), s_.heads, pairs, b_.turns);
        rope(row(b_.narrow, i), s_.kv_heads, pairs, b_.turns);
        finite_ = admit(row(b_.query, at + i), s_.dim, row(b_.narrow, i), b_.values + (at + i) * kv, s_.kv_dim(),
                        row(checkpoint(layer), at + i)) &&
                  finite_;
        for (std::size_t d = 0; d < s_.kv_dim(); ++d) b_.keys[d * stride_ + at + i] = row(b_.narrow, i)[d];
        if (kv != s_.kv_dim())  // attention wants the values of a position next to each other, without padding
          for (std::size_t d = 0; d < s_.kv_dim(); ++d)
            b_.values[(at + i) * s_.kv_dim() + d] = b_.values[(at + i) * kv + d];
      }
      for (std::size_t i = 0; i < n; ++i) {
        float* mixed = row(b_.mixed, at + i);
        zero(mixed + s_.dim, dim() - s_.dim);
        attention(row(b_.query, at + i), b_.keys, stride_, b_.values, s_.kv_dim(), s_.heads, s_.kv_heads, s_.head_dim(),
                  at + i + 1, b_.scores, mixed);
      }
      project<role::output>(layer, row(b_.mixed, at), dim(), n, row(b_.middle, at), dim());
      for (std::size_t i = at * dim(); i < (at + n) * dim(); ++i) b_.middle[i] = x[i] + b_.middle[i];
    }
  }

  /// From the middle of the block to its output, the next checkpoint.
  void feed_forward(std::size_t layer, std::size_t count) {
    float* out = checkpoint(layer + 1);
    for (std::size_t at = 0; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      norm_rows(b_.middle, w_.ffn_norm(layer), at, n);
      project<role::gate>(layer, b_.normed, dim(), n, b_.gate, hidden());
      project<role::up>(layer, b_.normed, dim(), n, b_.up, hidden());
      for (std::size_t i = 0; i < n; ++i)
        swiglu(b_.gate + i * hidden(), b_.up + i * hidden(), s_.hidden, b_.gate + i * hidden());
      project<role::down>(layer, b_.gate, hidden(), n, row(out, at), dim());
      for (std::size_t i = at * dim(); i < (at + n) * dim(); ++i) out[i] = b_.middle[i] + out[i];
    }
  }

  void norm_rows(const float* x, const float* gain, std::size_t at, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      float* out = row(b_.normed, i);
      rms_norm(x + (at + i) * dim(), gain, s_.dim, s_.norm_epsilon, out);
      zero(out + s_.dim, dim() - s_.dim);
    }
  }

  template <class Token>
  float loss_and_gradient(std::span<const Token> tokens, std::size_t first, float weight, bool gradient) {
    const std::size_t count = tokens.size() - 1;
    const std::size_t vocab = padded(s_.vocab);
    const float* x = checkpoint(s_.layers);
    guard_.enter(train_operation::loss);
    if (gradient) zero(b_.dx, count * dim());
    float sum = 0;
    for (std::size_t at = first; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      norm_rows(x, w_.final_norm(), at, n);
      matmul<Isa>(w_.head(), b_.normed, dim(), n, b_.logits, vocab, b_.quantised);
      for (std::size_t i = 0; i < n; ++i) {
        sum += cross_entropy(b_.logits + i * vocab, s_.vocab, tokens[at + i + 1], weight);
        zero(b_.logits + i * vocab + s_.vocab, vocab - s_.vocab);
      }
      if (!gradient) continue;
      learner_.head_backward(b_.logits, b_.normed, n, vocab, dim());
      zero(b_.dnormed, n * dim());
      matmul_input_gradient(w_.head(), b_.logits, vocab, n, b_.dnormed, dim(), b_.rows);
      for (std::size_t i = 0; i < n; ++i)
        rms_norm_gradient(x + (at + i) * dim(), w_.final_norm(), row(b_.dnormed, i), s_.dim, s_.norm_epsilon,
                          row(b_.dx, at + i), learner_.final_norm_gradient());
    }
    return sum;
  }

  /// dx holds the gradient of the block's output; afterwards that of its middle.
  void feed_forward_backward(std::size_t layer, std::size_t count) {
    for (std::size_t at = 0; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      norm_rows(b_.middle, w_.ffn_norm(layer), at, n);
      project<role::gate>(layer, b_.normed, dim(), n, b_.gate, hidden());
      project<role::up>(layer, b_.normed, dim(), n, b_.up, hidden());
      for (std::size_t i = 0; i < n; ++i) {
        swiglu(b_.gate + i * hidden(), b_.up + i * hidden(), s_.hidden, b_.product + i * hidden());
        // The padding of gate and up is whatever lay in the arena; an adapter's gradient reads whole vectors of this.
        zero(b_.product + i * hidden() + s_.hidden, hidden() - s_.hidden);
      }
      zero(b_.dproduct, n * hidden());
      project_backward<role::down>(layer, b_.product, hidden(), n, row(b_.dx, at), dim(), b_.dproduct);
      for (std::size_t i = 0; i < n; ++i) {
        swiglu_gradient(b_.gate + i * hidden(), b_.up + i * hidden(), b_.dproduct + i * hidden(), s_.hidden);
        zero(b_.gate + i * hidden() + s_.hidden, hidden() - s_.hidden);
        zero(b_.up + i * hidden() + s_.hidden, hidden() - s_.hidden);
      }
      zero(b_.dnormed, n * dim());
      project_backward<role::gate>(layer, b_.normed, dim(), n, b_.gate, hidden(), b_.dnormed);
      project_backward<role::up>(layer, b_.normed, dim(), n, b_.up, hidden(), b_.dnormed);
      for (std::size_t i = 0; i < n; ++i)
        rms_norm_gradient(row(b_.middle, at + i), w_.ffn_norm(layer), row(b_.dnormed, i), s_.dim, s_.norm_epsilon,
                          row(b_.dx, at + i), learner_.ffn_norm_gradient(layer));
    }
  }

  /// dx holds the gradient of the block's middle; afterwards that of its input.
  void attention_backward(std::size_t layer, std::size_t count) {
    const std::size_t channels = s_.kv_dim() * stride_;
    const std::size_t pairs = s_.head_dim() / 2;
    zero(b_.dkeys, channels);
    zero(b_.dvalues, channels);
    zero(b_.values_by_channel, channels);
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t d = 0; d < s_.kv_dim(); ++d)
        b_.values_by_channel[d * stride_ + t] = b_.values[t * s_.kv_dim() + d];
    for (std::size_t d = 0; d < s_.kv_dim(); ++d)  // positions beyond the sequence: no weight, but no garbage either
      zero(b_.keys + d * stride_ + count, padded(count) - count);

    for (std::size_t at = 0; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      zero(b_.dnormed, n * dim());
      project_backward<role::output>(layer, row(b_.mixed, at), dim(), n, row(b_.dx, at), dim(), b_.dnormed);
      for (std::size_t i = 0; i < n; ++i) {
        float* dquery = row(b_.dquery, at + i);
        zero(dquery + s_.dim, dim() - s_.dim);
        attention_gradient(row(b_.query, at + i), b_.keys, b_.values_by_channel, stride_, row(b_.dnormed, i), s_.heads,
                           s_.kv_heads, s_.head_dim(), at + i + 1, b_.scores, dquery, b_.dkeys, b_.dvalues);
      }
    }
    const float* x = checkpoint(layer);
    for (std::size_t at = 0; at < count; at += chunk_) {
      const std::size_t n = count - at < chunk_ ? count - at : chunk_;
      norm_rows(x, w_.attention_norm(layer), at, n);
      zero(b_.dnormed, n * dim());
      zero(b_.narrow, n * dim());
      gather(b_.dvalues, at, n);
      project_backward<role::value>(layer, b_.normed, dim(), n, b_.narrow, dim(), b_.dnormed);
      gather(b_.dkeys, at, n);
      for (std::size_t i = 0; i < n; ++i) {
        rope_turns(frequencies_, pairs, at + i, b_.turns);
        rope_gradient(row(b_.narrow, i), s_.kv_heads, pairs, b_.turns);
        rope_gradient(row(b_.dquery, at + i), s_.heads, pairs, b_.turns);
      }
      project_backward<role::key>(layer, b_.normed, dim(), n, b_.narrow, dim(), b_.dnormed);
      project_backward<role::query>(layer, b_.normed, dim(), n, row(b_.dquery, at), dim(), b_.dnormed);
      for (std::size_t i = 0; i < n; ++i)
        rms_norm_gradient(x + (at + i) * dim(), w_.attention_norm(layer), row(b_.dnormed, i), s_.dim, s_.norm_epsilon,
                          row(b_.dx, at + i), learner_.attention_norm_gradient(layer));
    }
  }

  /// narrow (n, dim) = some positions of a (kv_dim, stride) gradient.
  void gather(const float* by_channel, std::size_t at, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t d = 0; d < s_.kv_dim(); ++d) row(b_.narrow, i)[d] = by_channel[d * stride_ + at + i];
  }

  const shape& s_;
  const weights<Format>& w_;
  Learner& learner_;
  const std::uint64_t* frequencies_;
  const train_buffers& b_;
  [[no_unique_address]] arena_guard<train_tensor_count> guard_;
  std::size_t stride_;    // of a channel
  std::size_t capacity_;  // tokens that the buffers hold
  std::size_t chunk_;
  bool finite_ = true;  // what attention was given
};

}  // namespace mote::inline v0
