// SPDX-License-Identifier: BSL-1.0
// The pass that learns: a sequence forward through the layers of a family, its loss, and the gradients backward, by hand.
// Only the input of each layer is kept; a layer's inside is computed again on the way back (Chen et al. 2016,
// arXiv 1604.06174). The forward sums are those of decode(), bit for bit.
// Refuses logits for a whole sequence: they exist for a few tokens at a time.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "mote/block/decode.hpp"
#include "mote/kernel/loss.hpp"

namespace mote::inline v0 {

/// What a learner must offer to the gradient: what it adds to each linear map, and where gradients go. The gradients of
/// vectors may be null, those of embedding and head do nothing, where they do not learn.
template <class L>
concept learner = requires(L l, const L& c, std::size_t n, role r, vector_role v, const float* in, float* out) {
  c.add(n, r, in, out);                       // layer, role, x, y
  l.backward(n, r, in, n, n, in, n, out, n);  // layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride
  { l.vector_gradient(n, v) } -> std::same_as<float*>;
  l.embedding_backward(n, in);  // token, dx (dim)
  l.head_backward(in, in, n, n,
                  n);  // dlogits (tokens, padded(vocab)), x (tokens, x_stride), tokens, y_stride, x_stride
};

/// The plan of a family's training: operations 0 (embed), forward, loss, again, the phases of the way back of a layer, and
/// embedding_back; forward repeats for each layer, and so do again and the phases together.
template <class Family>
struct train_plan_of {
  using each_layer = layers_facts<typename Family::layer>;
  enum : int { embed, forward, loss, again, back };
  static constexpr int last_phase = back + each_layer::phases - 1;
  static constexpr int embedding_back = last_phase + 1;

  struct checkpoint {  // (layers + 1, kept, dim) the input of every layer, and the last output
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return (s.layers + 1) * rows_of_floats(n.kept, s.dim);
    }
  };
  struct dstream {  // (kept, dim)
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) { return rows_of_floats(n.kept, s.dim); }
  };
  struct rounded {
    static constexpr std::size_t bytes(const shape&, const pass_facts& n) { return n.rounded_bytes; }
  };
  struct rows {  // four decoded rows of a matrix
    static constexpr std::size_t bytes(const shape& s, const pass_facts&) { return rows_of_floats(4, widest_input(s)); }
  };
  struct turns {  // (head_dim / 2) of one position
    static constexpr std::size_t bytes(const shape& s, const pass_facts&) {
      return Family::layer::turns ? s.head_dim() / 2 * sizeof(simd::sine_cosine) : 0;
    }
  };
  struct normed {  // (tokens, dim) what the head reads, and its gradient
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) { return rows_of_floats(n.tokens, s.dim); }
  };
  struct dnormed : normed {};
  struct logits {
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.vocab);
    }
  };

  using buffers = join_lives<
      lives<live<checkpoint, embed, last_phase>, live<dstream, loss, embedding_back>>,
      typename Family::embedding::template forward_buffers<embed>,
      typename each_layer::template backward_buffers<forward, again, back>,
      lives<live<normed, loss, loss>, live<dnormed, loss, loss>, live<logits, loss, loss>, live<rows, loss, last_phase>,
            live<rounded, forward, last_phase>, live<turns, forward, last_phase>>>;
};

/// The facts of a pass over sequences of at most `capacity` tokens, `chunk` of them at a time.
template <class Family>
constexpr pass_facts train_facts(const shape& s, std::size_t capacity, std::size_t chunk, std::size_t rounded_bytes) {
  std::size_t scratch = 0;
  layers_facts<typename Family::layer>::each_attention(s, [&](const auto& a) {
    const std::size_t forward = attention_scratch_floats(a, capacity);
    const std::size_t backward = attention_gradient_scratch_floats(a, capacity);
    scratch = std::max({scratch, forward, backward});
  });
  return {.tokens = chunk,
          .kept = capacity,
          .logits = chunk,
          .parts = 1,
          .scratch_bytes = scratch * sizeof(float),
          .rounded_bytes = rounded_bytes};
}

/// Which bytes each buffer needs for them.
template <class Family, class Formats>
constexpr auto train_lifetimes(const shape& s, std::size_t capacity, std::size_t chunk) {
  return train_plan_of<Family>::buffers::of(
      s, train_facts<Family>(s, capacity, chunk, input_bytes<Formats>(widest_input(s))));
}

/// An arena laid out for train_lifetimes; the plan outlives it.
template <class Family>
struct train_buffers {
  using plan_type = arena_plan<train_plan_of<Family>::buffers::count>;
  std::byte* arena;
  const plan_type& plan;
  template <class Tag>
  std::byte* bytes() const {
    return arena + plan[train_plan_of<Family>::buffers::template index<Tag>()];
  }
};

/// How far a pass has come: with the arena, all that another object needs to go on.
struct train_progress {
  enum stage_type : std::uint8_t { forward, loss, again, back, embedding_back, done } stage = forward;
  std::size_t layer = 0;
  std::size_t part = 0;   // of a layer: a block on the way there, a phase on the way back
  std::size_t at = 0;     // the first token of the next portion
  float sum = 0;          // of the loss
  std::size_t count = 0;  // tokens that are run: the sequence's last is only predicted
  bool finite = true;     // false once attention was given what is not
};

/// One pass over a sequence: forward, loss and, if asked for, gradients.
template <class Family, class Isa, class Formats, class Learner>
class sequence_pass {
  using facts = train_plan_of<Family>;
  using layers = typename facts::each_layer;
  using tensors = tensors_of<Family>;

 public:
  sequence_pass(const mote::shape& s, const weights<Formats, Family>& w, Learner& learner,
                const std::uint64_t* frequencies, const train_buffers<Family>& b, std::size_t capacity,
                std::size_t chunk)
      : s_(s),
        w_(w),
        learner_(learner),
        frequencies_(frequencies),
        b_(b),
        guard_(b.arena, b.plan),
        capacity_(capacity),
        chunk_(chunk) {}

  /// The sum over positions t >= first of weight * -log p(tokens[t + 1] | tokens[0..t]), in nats. Infinite or not a number
  /// where the pass left the floats.
  template <class Token>
  float loss(std::span<const Token> tokens, std::size_t first, float weight) {
    return whole(tokens, first, weight, false);
  }
  /// The same, and its gradients into the learner.
  template <class Token>
  float backward(std::span<const Token> tokens, std::size_t first, float weight) {
    return whole(tokens, first, weight, true);
  }

  /// What loss() and backward() do, a portion at a time: one block or phase of one layer for a chunk of tokens.
  template <class Token>
  void begin(std::span<const Token> tokens) {
    state_ = {.count = tokens.empty() ? 0 : tokens.size() - 1};
    guard_.enter(facts::embed);
    for (std::size_t t = 0; t < state_.count; ++t) {
      float* x = checkpoint(0) + t * dim();
      Family::embedding::forward(*this, tokens[t], t, x);
      zero(x + s_.dim, dim() - s_.dim);
    }
  }
  template <class Token>
  void advance(std::span<const Token> tokens, std::size_t first, float weight, bool gradient) {
    using stage = train_progress;
    switch (state_.stage) {
      case stage::forward:
        forward_portion(facts::forward);
        if (!next_part(blocks())) return;
        if (++state_.layer == s_.layers) to(stage::loss, first < state_.count ? first : state_.count);
        return;
      case stage::loss:
        loss_portion(tokens, first, weight, gradient);
        if (state_.at < state_.count) return;
        state_.layer = s_.layers - 1;
        if (!state_.finite) state_.sum = __builtin_nanf("");
        to(gradient && state_.finite ? way_back() : stage::done, 0);
        return;
      case stage::again:
        forward_portion(facts::again);
        if (next_part(again())) to(stage::back, 0);
        return;
      case stage::back:
        backward_portion();
        if (!next_part(phases())) return;
        if (state_.layer-- == 0) to(stage::embedding_back, 0);
        else to(way_back(), 0);
        return;
      case stage::embedding_back:
        guard_.enter(facts::embedding_back);
        for (std::size_t t = 0; t < state_.count; ++t)
          Family::embedding::backward(learner_, tokens[t], t, dstream() + t * dim());
        to(stage::done, 0);
        return;
      case stage::done: return;
    }
  }
  const train_progress& progress() const { return state_; }
  /// Goes on where another object stopped, over the same arena.
  void resume(const train_progress& from) { state_ = from; }

  /// The last input's logits, for comparing with decode().
  template <class Token>
  const float* last_logits(std::span<const Token> tokens) {
    begin(tokens);
    while (state_.stage == train_progress::forward) advance(tokens, 0, 0, false);
    guard_.enter(facts::loss);
    float* normed = at<typename facts::normed>();
    float* logits = at<typename facts::logits>();
    Family::last_norm::forward(*this, checkpoint(s_.layers) + (state_.count - 1) * dim(), normed);
    matvec<Isa>(w_.head(), quantise<typename formats_of<Formats>::head>(normed, s_.dim, rounded()), logits);
    guard_.leave();
    return logits;
  }

  // What blocks ask.
  const mote::shape& shape() const { return s_; }
  std::size_t layer() const { return state_.layer; }
  static std::size_t attention_layer() { return 0; }  // one layer's keys and values are kept
  std::size_t tokens() const { return tokens_; }
  std::size_t position() const { return state_.at; }
  std::size_t sequence() const { return state_.count; }
  bool first_chunk() const { return state_.at == 0; }
  auto embedding() const { return w_.embedding(); }
  auto positions() const { return w_.positions(); }
  const float* x() const { return in_ + state_.at * dim(); }  // (tokens, padded(dim)) the stream into this block
  float* dx() const { return dstream() + state_.at * dim(); }
  const simd::sine_cosine* turns(std::size_t t) const {
    auto* turns = reinterpret_cast<simd::sine_cosine*>(b_.template bytes<typename facts::turns>());
    rope_turns(frequencies_, s_.head_dim() / 2, state_.at + t, turns);
    return turns;
  }
  template <class Tag>
  float* at() const {
    auto* first = reinterpret_cast<float*>(b_.template bytes<Tag>());
    if constexpr (requires { Tag::kept; }) return first + state_.at * padded(Tag::width(s_));
    else return first;
  }
  template <vector_role V>
  const float* vector() const {
    return w_.template vector<V>(state_.layer);
  }
  template <vector_role V>
  float* vector_gradient() {
    return learner_.vector_gradient(state_.layer, V);
  }
  template <int Operation, int Last = Operation>
  static void enter() {}
  template <class>
  float* next() const {
    return out_ + state_.at * dim();
  }
  void add(std::size_t t, float* delta) const {
    const float* x = this->x() + t * dim();
    for (std::size_t i = 0; i < s_.dim; ++i) delta[i] = x[i] + delta[i];
  }
  /// Clears what lies behind n floats up to padded(n): gradients read whole vectors.
  static void pad(float* p, std::size_t n) { zero(p + n, padded(n) - n); }
  /// y = W x + what was learned.
  template <role... Roles, class... Floats>
  void multiply(const float* x, std::size_t, Floats*... y) {
    (w_.template with<Roles>(state_.layer, [&](const auto& m) { product(m, Roles, bias<Roles>(), x, y); }), ...);
  }
  /// dx += W^T dy, and the learner's share.
  template <role R>
  void multiply_backward(const float* x, std::size_t, const float* dy, std::size_t, float* dx) {
    if constexpr (tensors::template bias<R> != vector_role::none)
      if (float* sum = vector_gradient<tensors::template bias<R>>(); sum != nullptr)
        add_rows(dy, tensors::template size<R>(s_).rows, sum);
    w_.template with<R>(state_.layer, [&](const auto& m) { product_backward(m, R, x, dy, dx); });
  }
  void admit(std::size_t t, float* query, std::size_t width, float* key, float* value, std::size_t kv_dim) {
    state_.finite = v0::admit(query, width, key, value, kv_dim, in_ + (state_.at + t) * dim()) && state_.finite;
  }
  template <class Cached, class Attention>
  void attend(const Attention& a, const attention_run& run, float* scratch) {
    static_assert(!sees_all<Attention>, "mote: a model whose tokens see those behind them does not learn");
    const float_cache cache(b_.template bytes<Cached>(), {a, 1}, capacity_);
    for (std::size_t t = 0; t < run.tokens; ++t)
      cache.attend(a,
                   {.layer = run.layer,
                    .position = run.position + t,
                    .tokens = 1,
                    .query = run.query + t * run.query_stride,
                    .key = run.key + t * run.key_stride,
                    .value = run.value + t * run.key_stride,
                    .out = run.out + t * run.query_stride,
                    .query_stride = run.query_stride,
                    .key_stride = run.key_stride},
                   0, a.kv_heads, scratch);
  }
  std::size_t channel_stride() const { return padded(capacity_); }

 private:
  struct no_bias {};
  template <role R>
  auto bias() const {
    if constexpr (tensors::template bias<R> == vector_role::none) return no_bias{};
    else return vector<tensors::template bias<R>>();
  }
  /// sum (n) += the rows of dy (tokens, padded(n)).
  void add_rows(const float* dy, std::size_t n, float* sum) const {
    for (std::size_t t = 0; t < tokens_; ++t)
      for (std::size_t i = 0; i < n; ++i) sum[i] += dy[t * padded(n) + i];
  }
  // Of this layer's kind.
  std::size_t blocks() const {
    return layers::with(state_.layer, []<class Layer>() { return Layer::blocks; });
  }
  std::size_t again() const {
    return layers::with(state_.layer, []<class Layer>() { return Layer::again; });
  }
  std::size_t phases() const {
    return layers::with(state_.layer, []<class Layer>() { return static_cast<std::size_t>(Layer::phases); });
  }
  train_progress::stage_type way_back() const { return again() > 0 ? train_progress::again : train_progress::back; }
  std::size_t dim() const { return padded(s_.dim); }
  float* dstream() const { return at<typename facts::dstream>(); }
  std::byte* rounded() const { return b_.template bytes<typename facts::rounded>(); }
  float* checkpoint(std::size_t layer) const { return at<typename facts::checkpoint>() + layer * capacity_ * dim(); }
  /// The stream into a block of this layer; of the one behind the last: into the next layer.
  template <class Layer, std::size_t Block>
  float* stream() const {
    if constexpr (Block == 0) return checkpoint(state_.layer);
    else if constexpr (Block == Layer::blocks) return checkpoint(state_.layer + 1);
    else return at<typename Layer::template between<Block>>();
  }

  template <class Token>
  float whole(std::span<const Token> tokens, std::size_t first, float weight, bool gradient) {
    begin(tokens);
    while (state_.stage != train_progress::done) advance(tokens, first, weight, gradient);
    guard_.leave();
    return state_.sum;
  }
  void to(train_progress::stage_type stage, std::size_t at) {
    state_.stage = stage;
    state_.part = 0;
    state_.at = at;
  }
  /// The next chunk, or the next of a layer's `parts`. True: there is none.
  bool next_part(std::size_t parts) {
    state_.at += tokens_;
    if (state_.at < state_.count) return false;
    state_.at = 0;
    if (++state_.part < parts) return false;
    state_.part = 0;
    return true;
  }
  void portion() { tokens_ = state_.count - state_.at < chunk_ ? state_.count - state_.at : chunk_; }

  MOTE_NOINLINE void forward_portion(int operation) {
    portion();
    if (state_.at == 0 && state_.part == 0) guard_.enter(operation);
    layers::with(state_.layer, [&]<class Layer>() {
      Layer::each([&]<std::size_t I>() {
        if (I != state_.part) return;
        in_ = stream<Layer, I>();
        out_ = stream<Layer, I + 1>();
        Layer::template block<I>::template forward<0>(*this);
      });
    });
  }
  MOTE_NOINLINE void backward_portion() {
    portion();
    if (state_.at == 0) guard_.enter(facts::back + static_cast<int>(state_.part));
    layers::with(state_.layer, [&]<class Layer>() {
      Layer::each([&]<std::size_t I>() {
        constexpr int from = Layer::backward_from(I, 0);
        in_ = stream<Layer, I>();
        [&]<std::size_t... Phase>(std::index_sequence<Phase...>) {
          ((from + static_cast<int>(Phase) == static_cast<int>(state_.part)
                ? Layer::template block<I>::template backward<Phase>(*this)
                : void()),
           ...);
        }(std::make_index_sequence<static_cast<std::size_t>(Layer::template block<I>::phases)>{});
      });
    });
  }
  template <class Token>
  void loss_portion(std::span<const Token> tokens, std::size_t first, float weight, bool gradient) {
    portion();
    if (state_.at == first) {
      guard_.enter(facts::loss);
      if (gradient) zero(dstream(), state_.count * dim());
    }
    const std::size_t vocab = padded(s_.vocab);
    const float* x = checkpoint(s_.layers) + state_.at * dim();
    float* normed = at<typename facts::normed>();
    float* logits = at<typename facts::logits>();
    for (std::size_t t = 0; t < tokens_; ++t) {
      Family::last_norm::forward(*this, x + t * dim(), normed + t * dim());
      pad(normed + t * dim(), s_.dim);
    }
    matmul<Isa>(w_.head(), normed, dim(), tokens_, logits, vocab, rounded());
    for (std::size_t t = 0; t < tokens_; ++t) {
      state_.sum += cross_entropy(logits + t * vocab, s_.vocab, tokens[state_.at + t + 1], weight);
      pad(logits + t * vocab, s_.vocab);
    }
    if (gradient) {
      learner_.head_backward(logits, normed, tokens_, vocab, dim());
      float* back = at<typename facts::dnormed>();
      zero(back, tokens_ * dim());
      matmul_input_gradient(w_.head(), logits, vocab, tokens_, back, dim(), at<typename facts::rows>());
      for (std::size_t t = 0; t < tokens_; ++t)
        Family::last_norm::backward(*this, x + t * dim(), back + t * dim(), dx() + t * dim());
    }
    state_.at += tokens_;
  }

  // One body for all matrices of a format: inlined for each role they are a tenth of a firmware's training code.
  template <class Format, class Bias>
  MOTE_NOINLINE void product(const matrix<Format>& m, role r, [[maybe_unused]] Bias bias, const float* x, float* y) {
    matmul<Isa>(m, x, padded(m.cols), tokens_, y, padded(m.rows), rounded());
    if constexpr (!std::is_same_v<Bias, no_bias>)
      for (std::size_t t = 0; t < tokens_; ++t)
        for (std::size_t i = 0; i < m.rows; ++i) y[t * padded(m.rows) + i] += bias[i];
    for (std::size_t t = 0; t < tokens_; ++t)
      learner_.add(state_.layer, r, x + t * padded(m.cols), y + t * padded(m.rows));
  }
  template <class Format>
  MOTE_NOINLINE void product_backward(const matrix<Format>& m, role r, const float* x, const float* dy, float* dx) {
    matmul_input_gradient(m, dy, padded(m.rows), tokens_, dx, padded(m.cols), at<typename facts::rows>());
    learner_.backward(state_.layer, r, x, padded(m.cols), tokens_, dy, padded(m.rows), dx, padded(m.cols));
  }

  const mote::shape& s_;
  const weights<Formats, Family>& w_;
  Learner& learner_;
  const std::uint64_t* frequencies_;
  const train_buffers<Family>& b_;
  [[no_unique_address]] arena_guard<facts::buffers::count> guard_;
  train_progress state_;
  std::size_t tokens_ = 0;  // of this portion
  std::size_t capacity_;    // tokens that the buffers hold
  std::size_t chunk_;
  float* in_ = nullptr;   // the stream into the block that runs, of the whole sequence
  float* out_ = nullptr;  // and out of it
};

}  // namespace mote::inline v0
