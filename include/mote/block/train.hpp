// SPDX-License-Identifier: BSL-1.0
// The training pass: a sequence forward through the layers of a family, its loss, and the gradients backward. Only the
// input of each layer is kept; what is inside a layer is recomputed in the backward pass (Chen et al. 2016, arXiv
// 1604.06174). The forward sums are those of decode(), bit for bit.
// Refuses to hold the logits of a whole sequence: they exist for a chunk of tokens at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "mote/block/delta.hpp"
#include "mote/block/prefix.hpp"
#include "mote/block/train_plan.hpp"
#include "mote/kernel/loss.hpp"
#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

/// One pass over a sequence: forward, loss and, if requested and GoesBack, the gradients of the layers from
/// `first_layer` on.
template <class Family, class Isa, class Formats, class Delta, bool GoesBack = true>
class sequence_pass {
  using facts = train_plan_of<Family>;
  using layers = typename facts::each_layer;
  using tensors = tensors_of<Family>;
  static constexpr int loss_operation = GoesBack ? int{facts::loss} : facts::loss_alone;

 public:
  sequence_pass(const mote::shape& s, const weights<Formats, Family>& w, Delta& delta, const std::uint64_t* frequencies,
                const train_buffers<Family>& b, std::size_t capacity, std::size_t chunk, std::size_t first_layer = 0)
      : s_(s),
        w_(w),
        delta_(delta),
        frequencies_(frequencies),
        b_(b),
        guard_(b.arena, b.plan),
        capacity_(capacity),
        chunk_(chunk),
        first_layer_(GoesBack ? first_layer : s.layers) {}

  /// The sum over positions t >= first of weight * -log p(tokens[t + 1] | tokens[0..t]), in nats. Infinite or NaN if
  /// values of the pass overflow.
  template <class Token>
  float loss(std::span<const Token> tokens, std::size_t first, float weight) {
    return whole(tokens, first, next_tokens<Token>{tokens, weight}, false);
  }
  /// The same, and adds its gradients to those of the delta.
  template <class Token>
  float backward(std::span<const Token> tokens, std::size_t first, float weight) {
    return whole(tokens, first, next_tokens<Token>{tokens, weight}, true);
  }
  /// The same with another loss: loss(position, logits, vocab) returns that of a position, and replaces the logits by
  /// their gradient.
  template <class Token, class Loss>
  float backward(std::span<const Token> tokens, std::size_t first, const Loss& loss) {
    return whole(tokens, first, loss, true);
  }

  /// Does one portion of loss() or backward(): one block or phase of one layer, for a chunk of tokens, at most `most`.
  /// Returns the number of tokens of the portion.
  template <class Token, class Loss>
  std::size_t advance(std::span<const Token> tokens, std::size_t first, const Loss& loss, bool gradient,
                      std::size_t most = too_big) {
    using stage = train_progress;
    const std::size_t left = state_.count - state_.at;
    tokens_ = left < chunk_ ? left : chunk_;
    if (most < tokens_) tokens_ = most;
    if (!GoesBack && state_.stage == stage::loss && tokens_ > 1) tokens_ = 1;  // one row of logits, as decode()
    switch (state_.stage) {
      case stage::embed: embed(tokens); return 0;
      case stage::forward:
        forward_portion(GoesBack ? facts::forward : facts::forward + static_cast<int>(state_.part));
        if (next_part(blocks()) && ++state_.layer == s_.layers)
          to(stage::loss, first < state_.count ? static_cast<std::uint32_t>(first) : state_.count);
        break;
      case stage::loss:
        loss_portion(first, loss, gradient);
        if (state_.at < state_.count) break;
        state_.layer = static_cast<std::uint32_t>(s_.layers);
        if (state_.strayed) state_.sum = __builtin_nanf("");
        next_layer_back(gradient && !state_.strayed);
        break;
      case stage::again:
        if constexpr (GoesBack) {
          forward_portion(facts::again);
          if (next_part(again())) to(stage::back, 0);
        }
        break;
      case stage::back:
        if constexpr (GoesBack) {
          backward_portion();
          if (next_part(phases())) next_layer_back(true);
        }
        break;
      case stage::embedding_back:
        guard_.enter(facts::embedding_back);
        for (std::size_t t = 0; t < state_.count; ++t) {
          float* dx = dstream() + t * dim();
          if constexpr (leaves_embedding<Family>) Family::embedding::collect(*this, t, dx);
          if constexpr (prompting_delta<Delta>)
            if (t < delta_.positions()) delta_.embed_backward(t, dx);
          if constexpr (requires { Family::embedding::scale(s_); }) scale_by(dx, Family::embedding::scale(s_), s_.dim);
          Family::embedding::backward(delta_, tokens[t], prefix() + t, dx);
        }
        to(stage::done, 0);
        return 0;
      case stage::done: return 0;
    }
    return tokens_;
  }
  template <class Token>
  void begin(std::span<const Token> tokens) {
    state_ = {};
    embed(tokens);
  }
  const train_progress& progress() const { return state_; }
  /// Continues where another object stopped, over the same arena.
  void resume(const train_progress& from) { state_ = from; }

  /// The logits of the last input, to compare with decode().
  template <class Token>
  const float* last_logits(std::span<const Token> tokens) {
    begin(tokens);
    while (state_.stage == train_progress::forward) advance(tokens, 0, next_tokens<Token>{tokens, 0}, false);
    guard_.enter(loss_operation);
    float* normed = at<typename facts::normed>();
    float* logits = at<typename facts::logits>();
    Family::last_norm::forward(*this, checkpoint(s_.layers) + (state_.count - 1) * dim(), normed);
    matvec<Isa>(w_.head(), quantize_activations<typename formats_of<Formats>::head>(normed, s_.dim, rounded()), logits);
    if constexpr (changes_logits<Family>) head_of<Family>::forward(*this, logits);
    guard_.leave();
    return logits;
  }

  // What blocks call.
  const mote::shape& shape() const { return s_; }
  std::size_t layer() const { return state_.layer; }
  static std::size_t attention_layer() { return 0; }  // the cache holds one layer at a time
  std::size_t tokens() const { return tokens_; }
  std::size_t position() const { return prefix() + state_.at; }  // with the positions that a delta owns before a text
  std::size_t sequence() const { return prefix() + state_.count; }
  bool first_chunk() const { return state_.at == 0; }
  auto embedding() const { return w_.embedding(); }
  auto positions() const { return w_.positions(); }
  const float* x() const { return in_ + state_.at * dim(); }  // (tokens, padded(dim)) the stream into this block
  float* dx() const { return dstream() + state_.at * dim(); }
  std::size_t first_left() const { return state_.at; }  // of what the embedding left
  Delta& delta() { return delta_; }
  const weights<Formats, Family>& packed() const { return w_; }
  const simd::sine_cosine* rotations(std::size_t t) const {
    auto* rotations = reinterpret_cast<simd::sine_cosine*>(b_.template bytes<typename facts::rotations>());
    rope_rotations(frequencies_, rotary_count<Family>(s_), position() + t, rotations);
    return rotations;
  }
  template <class Tag>
  float* at() const {
    auto* first = reinterpret_cast<float*>(b_.template bytes<Tag>());
    if constexpr (requires { Tag::kept; } || (GoesBack && requires { Tag::saved; }))
      return first + state_.at * padded(Tag::width(s_));
    else return first;
  }
  template <vector_role V>
  const float* vector() const {
    return w_.template vector<V>(state_.layer);
  }
  template <vector_role V>
  float* vector_gradient() {
    return delta_.vector_gradient(state_.layer, V);
  }
  template <int Operation, int Last = Operation>
  static void enter() {}
  template <class>
  float* next() const {
    return out_ + state_.at * dim();
  }
  float* add(std::size_t t, float* delta) const {
    const float* x = this->x() + t * dim();
    for (std::size_t i = 0; i < s_.dim; ++i) delta[i] = x[i] + delta[i];
    return delta;
  }
  template <class>
  static float* state() {  // none: the buffers hold all positions
    return nullptr;
  }
  /// Clears the padding from n to padded(n): gradients read whole vectors.
  static void pad(float* p, std::size_t n) { zero(p + n, padded(n) - n); }
  /// y = W x + bias (if any), changed by the delta.
  template <role... Roles, class... Floats>
  void multiply(const float* x, std::size_t, Floats*... y) {
    (w_.template with<Roles>(state_.layer, [&](const auto& m) { product(m, Roles, bias<Roles>(), x, y); }), ...);
  }
  /// dx += W^T dy and the delta's share; adds to the gradients of the bias and of the delta.
  template <role R>
  void multiply_backward(const float* x, std::size_t, const float* dy, std::size_t, float* dx) {
    w_.template with<R>(state_.layer,
                        [&](const auto& m) { product_backward(m, R, bias<R>(), bias_gradient<R>(), x, dy, dx); });
  }
  void admit(std::size_t t, float* query, std::size_t width, float* key, float* value, std::size_t kv_dim) {
    state_.strayed = !v0::admit(query, width, key, value, kv_dim, in_ + (state_.at + t) * dim()) || state_.strayed;
  }
  template <class Cached, class Attention>
  void attend(const Attention& a, const attention_run& run, float* scratch) {
    static_assert(!sees_all<Attention>,
                  "mote: a model whose tokens see those behind them does not learn [mote-learning-looks-ahead]");
    const float_cache cache(b_.template bytes<Cached>(), {a, 1}, prefix() + capacity_);
    if constexpr (prefixing_delta<Delta>)
      if (first_chunk())
        state_.strayed =
            !keep_prefix(delta_, layers::attending_before(state_.layer), cache, 0, a, run.query, run.out, scratch) ||
            state_.strayed;
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
  std::size_t channel_stride() const { return padded(prefix() + capacity_); }
  void prefix_backward([[maybe_unused]] const float* dkeys, [[maybe_unused]] const float* dvalues) {
    if constexpr (prefixing_delta<Delta>)
      v0::prefix_backward(delta_, layers::attending_before(state_.layer), dkeys, dvalues, s_.kv_dim(),
                          channel_stride());
  }

 private:
  struct no_bias {};
  template <role R>
  auto bias() const {
    if constexpr (tensors::template bias<R> == vector_role::none) return no_bias{};
    else return vector<tensors::template bias<R>>();
  }
  template <role R>
  auto bias_gradient() {
    if constexpr (tensors::template bias<R> == vector_role::none) return no_bias{};
    else return vector_gradient<tensors::template bias<R>>();
  }
  template <class Bias>
  void add_bias([[maybe_unused]] Bias bias, [[maybe_unused]] std::size_t n, [[maybe_unused]] float* y) const {
    if constexpr (!std::is_same_v<Bias, no_bias>) detail::add_to_rows(bias, n, tokens_, y);
  }
  /// sum (n) += the rows of dy (tokens, padded(n)).
  void add_rows(const float* dy, std::size_t n, float* sum) const {
    for (std::size_t t = 0; t < tokens_; ++t) add_to(sum, dy + t * padded(n), n);
  }
  std::size_t prefix() const {
    if constexpr (prefixing_delta<Delta>) return delta_.positions();
    else return 0;
  }
  // Counts for the kind of the current layer.
  std::size_t blocks() const {
    return layers::with(state_.layer, []<class Layer>() { return Layer::blocks; });
  }
  std::size_t again() const {
    return layers::with(state_.layer, []<class Layer>() { return Layer::again; });
  }
  std::size_t phases() const {
    return layers::with(state_.layer, []<class Layer>() { return static_cast<std::size_t>(Layer::phases); });
  }
  std::size_t dim() const { return padded(s_.dim); }
  float* dstream() const { return at<typename facts::dstream>(); }
  std::byte* rounded() const { return b_.template bytes<typename facts::rounded>(); }
  float* checkpoint(std::size_t layer) const {
    return at<typename facts::checkpoint>() + facts::checkpoint_of(layer, s_, first_layer_) * capacity_ * dim();
  }
  /// The stream into a block of this layer; for Block == Layer::blocks, into the next layer.
  template <class Layer, std::size_t Block>
  float* stream() const {
    if constexpr (Block == 0) return checkpoint(state_.layer);
    else if constexpr (Block == Layer::blocks) return checkpoint(state_.layer + 1);
    else return at<typename Layer::template between<Block>>();
  }

  template <class Token>
  void embed(std::span<const Token> tokens) {
    state_.count = tokens.empty() ? 0 : static_cast<std::uint32_t>(tokens.size() - 1);
    guard_.enter(facts::embed);
    for (std::size_t t = 0; t < state_.count; ++t) {
      float* x = checkpoint(0) + t * dim();
      Family::embedding::forward(*this, tokens[t], prefix() + t, x);
      if constexpr (prompting_delta<Delta>)
        if (t < delta_.positions()) delta_.embed(t, x);
      zero(x + s_.dim, dim() - s_.dim);
      if constexpr (leaves_embedding<Family>) Family::embedding::leave(*this, t, tokens[t], x);
    }
    to(train_progress::forward, 0);
  }
  template <class Token, class Loss>
  float whole(std::span<const Token> tokens, std::size_t first, const Loss& loss, bool gradient) {
    begin(tokens);
    while (state_.stage != train_progress::done) advance(tokens, first, loss, gradient);
    guard_.leave();
    return state_.sum;
  }
  void to(train_progress::stage_type stage, std::uint32_t at) {
    state_.stage = stage;
    state_.part = 0;
    state_.at = at;
  }
  void step() { state_.at += static_cast<std::uint32_t>(tokens_); }
  /// Moves to the next chunk, or to the next of a layer's `parts`. True: there is none.
  bool next_part(std::size_t parts) {
    step();
    if (state_.at < state_.count) return false;
    state_.at = 0;
    if (++state_.part < parts) return false;
    state_.part = 0;
    return true;
  }
  /// Moves to the layer below if it learns, else to embedding_back or done.
  void next_layer_back(bool gradient) {
    if (!gradient || !GoesBack) to(train_progress::done, 0);
    else if (state_.layer-- > first_layer_) to(again() > 0 ? train_progress::again : train_progress::back, 0);
    else to(first_layer_ == 0 ? train_progress::embedding_back : train_progress::done, 0);
  }

  MOTE_NOINLINE void forward_portion(int operation) {
    if (state_.at == 0 && (!GoesBack || state_.part == 0)) guard_.enter(operation);
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
  /// A copy of a token's logits, for a head whose gradient reads them; else null.
  const float* keep_logits([[maybe_unused]] const float* row) const {
    if constexpr (GoesBack && facts::keeps_logits) {
      float* kept = at<typename facts::kept_logits>();
      for (std::size_t i = 0; i < s_.vocab; ++i) kept[i] = row[i];
      pad(kept, s_.vocab);
      return kept;
    } else {
      return nullptr;
    }
  }
  template <class Loss>
  void loss_portion(std::size_t first, const Loss& loss, bool gradient) {
    if (state_.at == first) {
      guard_.enter(loss_operation);
      if (GoesBack && gradient) zero(dstream(), state_.count * dim());
      if constexpr (GoesBack && leaves_embedding<Family>) Family::embedding::clear(*this, state_.at, state_.count);
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
      float* row = logits + t * vocab;
      if constexpr (changes_logits<Family>) head_of<Family>::forward(*this, row);
      const float* kept = keep_logits(row);
      state_.sum += loss(state_.at + t, row, s_.vocab);
      pad(row, s_.vocab);
      if constexpr (changes_logits<Family> && GoesBack)
        if (gradient) head_of<Family>::backward(*this, kept, row);
    }
    if (GoesBack && gradient) {
      delta_.head_backward(logits, normed, tokens_, vocab, dim());
      float* back = at<typename facts::dnormed>();
      zero(back, tokens_ * dim());
      matmul_input_gradient(w_.head(), logits, vocab, tokens_, back, dim(), at<typename facts::rows>());
      for (std::size_t t = 0; t < tokens_; ++t)
        Family::last_norm::backward(*this, x + t * dim(), back + t * dim(), dx() + t * dim());
    }
    step();
  }

  // One body for all matrices of a format: inlining it for each role takes a tenth of a firmware's training code.
  template <class Format, class Bias>
  MOTE_NOINLINE void product(const matrix<Format>& m, role r, Bias bias, const float* x, float* y) {
    matmul<Isa>(m, x, padded(m.cols), tokens_, y, padded(m.rows), rounded());
    add_bias(bias, m.rows, y);
    for (std::size_t t = 0; t < tokens_; ++t)
      delta_.apply(state_.layer, r, x + t * padded(m.cols), y + t * padded(m.rows));
  }
  template <class Format, class Bias, class BiasGradient>
  MOTE_NOINLINE void product_backward(const matrix<Format>& m, role r, [[maybe_unused]] Bias bias,
                                      [[maybe_unused]] BiasGradient sum, const float* x, const float* dy, float* dx) {
    const float* own = dy;  // the gradient of W x + bias
    if constexpr (scaling_delta<Delta>) {
      if (delta_.scales(state_.layer, r)) {
        float* y = at<typename facts::outputs>();
        matmul<Isa>(m, x, padded(m.cols), tokens_, y, padded(m.rows), rounded());
        add_bias(bias, m.rows, y);
        delta_.output_backward(state_.layer, r, dy, y, tokens_, padded(m.rows));
        own = y;
      }
    }
    if constexpr (!std::is_same_v<Bias, no_bias>)
      if (sum != nullptr) add_rows(own, m.rows, sum);
    matmul_input_gradient(m, own, padded(m.rows), tokens_, dx, padded(m.cols), at<typename facts::rows>());
    delta_.backward(state_.layer, r, x, padded(m.cols), tokens_, dy, padded(m.rows), dx, padded(m.cols));
  }

  const mote::shape& s_;
  const weights<Formats, Family>& w_;
  Delta& delta_;
  const std::uint64_t* frequencies_;
  const train_buffers<Family>& b_;
  [[no_unique_address]] arena_guard<facts::buffers::count> guard_;
  train_progress state_;
  std::size_t tokens_ = 0;  // of this portion
  std::size_t capacity_;    // tokens that the buffers hold
  std::size_t chunk_;
  std::size_t first_layer_;
  float* in_ = nullptr;   // the stream into the block that runs, of the whole sequence
  float* out_ = nullptr;  // the stream out of it
};

}  // namespace mote::inline v0
