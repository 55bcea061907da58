// SPDX-License-Identifier: BSL-1.0
// Per-layer embeddings (Gemma 3n and 4), and their gradient: every layer has a table with a short row for each token.
// The row, added to a projection of the token's first vector, is gated by the stream:
//   e = (Norm(input(first) / sqrt(dim)) + table[token] * sqrt(width)) / sqrt(2);  output(activation(gate(x)) * e)
// Of a table one row a token is read: mapped weights may leave it in flash, a reader fetches one tile.
// Refuses to gate a normed stream: the family puts it into residual<no_norm, ...>.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/block/buffers.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/model/role.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

/// The names of the tensors of per-layer embeddings: a table, three matrices, the norm that layers share and that of
/// each output.
struct per_layer {
  static constexpr role table{9}, input{10}, gate{11}, output{12};
  static constexpr vector_role norm{22}, post_norm{23};
};

/// What an embedding leaves in the arena for the layers.
struct left_for_layers {
  struct embedded {  // the first vector of each token
    static constexpr bool kept = true;
    static constexpr std::size_t width(const mote::shape& s) { return s.dim; }
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.kept, s.dim);
    }
  };
  struct dembedded : embedded {};
  struct token_ids {  // 32 bits each
    static constexpr std::size_t bytes(const mote::shape&, const pass_facts& n) {
      return n.kept * sizeof(std::uint32_t);
    }
  };
  /// From operation First to Last, and in Back, the way back; one number for Back: there is none.
  template <int First, int Last, int... Back>
  static auto left() {
    using all = lives<live<embedded, First, Last>, live<token_ids, First, Last>>;
    if constexpr (sizeof...(Back) == 2) return join_lives<all, lives<live<dembedded, Back...>>>{};
    else if constexpr (sizeof...(Back) == 1)
      return join_lives<all, lives<typename loss_operations<Back...>::template back<dembedded, 0>>>{};
    else return all{};
  }
  /// Token number t of a pass that starts, and its vector x (dim).
  template <class Pass>
  MOTE_INLINE static void leave(const Pass& p, std::size_t t, std::size_t token, const float* x) {
    const auto id = static_cast<std::uint32_t>(token);
    __builtin_memcpy(p.template at<token_ids>() + t, &id, sizeof id);
    float* to = p.template at<embedded>() + t * padded(p.shape().dim);
    for (std::size_t i = 0; i < p.shape().dim; ++i) to[i] = x[i];
    p.pad(to, p.shape().dim);
  }
  /// Token t of a pass.
  template <class Pass>
  MOTE_INLINE static std::size_t token(const Pass& p, std::size_t t) {
    std::uint32_t id = 0;
    if constexpr (requires { p.first_left(); }) t += p.first_left();  // of a chunk
    __builtin_memcpy(&id, p.template at<token_ids>() + t, sizeof id);
    return id;
  }
  /// In a pass that learns: clears the gradients of `count` first vectors, `at` tokens behind the first; adds that of
  /// token t to dx.
  template <class Pass>
  static void clear(const Pass& p, std::size_t at, std::size_t count) {
    const std::size_t dim = padded(p.shape().dim);
    zero(p.template at<dembedded>() - at * dim, count * dim);
  }
  template <class Pass>
  static void collect(const Pass& p, std::size_t t, float* dx) {
    add_to(dx, p.template at<dembedded>() + t * padded(p.shape().dim), p.shape().dim);
  }
};

/// An embedding whose vectors, and the tokens' numbers, are left for the layers. It owns the norm that all layers
/// share.
template <class Embedding, vector_role Norm = per_layer::norm>
struct embedding_for_layers : Embedding, left_for_layers {
  static constexpr bool sums_rows = false;  // the layers read the vectors as well
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) {
    return std::array{vector_tensor{Norm, s.per_layer_width}};
  }
};

/// The names of a per-layer embedding's tensors.
struct per_layer_tensors {
  role table = per_layer::table, input = per_layer::input, gate = per_layer::gate, output = per_layer::output;
  vector_role norm = per_layer::norm;
};

template <class Activation, per_layer_tensors Has = per_layer_tensors{}>
struct per_layer_embedding {
  using activation = Activation;  // pipeline/self_check.hpp
  using embedded = left_for_layers::embedded;
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{.which = Has.table, .rows = s.vocab, .cols = s.per_layer_width, .is_table = true},
                      matrix_tensor{Has.input, s.per_layer_width, s.dim},
                      matrix_tensor{Has.gate, s.per_layer_width, s.dim},
                      matrix_tensor{Has.output, s.dim, s.per_layer_width}};
  }

  static constexpr bool rows_are_alone = true;

  struct gate {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.per_layer_width);
    }
  };
  struct mixed : gate {};  // input(first), and then e
  struct row {             // of the table, and one to compute in
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts&) {
      return rows_of_floats(2, s.per_layer_width);
    }
  };
  struct raw : gate {};  // input(first) / sqrt(dim), which the norm's gradient reads
  struct product : gate {};
  struct dproduct : gate {};
  struct draw : gate {};

  static constexpr int operations = 3;  // project, mix, output
  static constexpr int reads_until = 0;
  static constexpr bool keeps = false;
  static constexpr int phases = 1;

  template <int At>
  using forward_buffers = lives<live<gate, At, At + 2>, live<mixed, At, At + 1>, live<row, At + 1, At + 1>>;
  template <class At>
  using backward_buffers = lives<typename At::template portion<gate, 0>, typename At::template portion<mixed, 0>,
                                 typename At::template portion<row, 0>, typename At::template back<raw, 0>,
                                 typename At::template back<product, 0>, typename At::template back<dproduct, 0>,
                                 typename At::template back<draw, 0>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p, const float* in, float* out) {
    const mote::shape& s = p.shape();
    const std::size_t width = s.per_layer_width, stride = padded(width);
    float* g = p.template at<gate>();
    float* e = p.template at<mixed>();
    p.template enter<At>();
    p.template multiply<Has.gate>(in, s.dim, g);
    p.template multiply<Has.input>(p.template at<embedded>(), s.dim, e);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      float* one = e + t * stride;
      scale_by(one, 1.0F / simd::sqrt(static_cast<float>(s.dim)), width);
      mix(p, t, one, one);
      Activation::forward(g + t * stride, width, g + t * stride);
      for (std::size_t i = 0; i < width; ++i) g[t * stride + i] = g[t * stride + i] * one[i];
    }
    p.template enter<At + 2>();
    p.template multiply<Has.output>(g, width, out);
  }

  template <std::size_t, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const mote::shape& s = p.shape();
    const std::size_t width = s.per_layer_width, stride = padded(width);
    const float inverse_root = 1.0F / simd::sqrt(static_cast<float>(s.dim));
    float* g = p.template at<gate>();
    float* e = p.template at<mixed>();
    float* before = p.template at<raw>();
    float* h = p.template at<product>();
    float* dh = p.template at<dproduct>();
    float* dr = p.template at<draw>();
    p.template multiply<Has.gate>(in, s.dim, g);
    p.template multiply<Has.input>(p.template at<embedded>(), s.dim, before);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      scale_by(before + t * stride, inverse_root, width);
      mix(p, t, before + t * stride, e + t * stride);
      Activation::forward(g + t * stride, width, h + t * stride);
      for (std::size_t i = 0; i < width; ++i) h[t * stride + i] = h[t * stride + i] * e[t * stride + i];
      p.pad(h + t * stride, width);
    }
    zero(dh, p.tokens() * stride);
    zero(dr, p.tokens() * stride);
    p.template multiply_backward<Has.output>(h, width, dy, s.dim, dh);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      float* active = p.template at<row>();
      float* de = active + stride;
      float* back = dh + t * stride;
      p.pad(g + t * stride, width);
      Activation::forward(g + t * stride, width, active);
      for (std::size_t i = 0; i < width; ++i) {
        de[i] = back[i] * active[i] * half_root;  // of Norm(..)
        back[i] = back[i] * e[t * stride + i];
      }
      Activation::gradient(g + t * stride, back, width);
      p.pad(g + t * stride, width);
      rms_norm_gradient(before + t * stride, p.template vector<Has.norm>(), de, width, s.norm_epsilon, dr + t * stride,
                        p.template vector_gradient<Has.norm>());
      scale_by(dr + t * stride, inverse_root, width);
      scale_by(de, root(s), width);
      if constexpr (requires { p.delta().row_backward(t, Has.table, t, de); })  // it learns tables
        p.delta().row_backward(p.layer(), Has.table, left_for_layers::token(p, t), de);
    }
    p.template multiply_backward<Has.input>(p.template at<embedded>(), s.dim, dr, width,
                                            p.template at<left_for_layers::dembedded>());
    p.template multiply_backward<Has.gate>(in, s.dim, g, width, dx);
  }

 private:
  static constexpr float half_root = 0.70710678F;  // of a half
  MOTE_INLINE static float root(const mote::shape& s) { return simd::sqrt(static_cast<float>(s.per_layer_width)); }
  /// e of token t, from its projection `raw`; `e` may be `raw`.
  template <class Pass>
  MOTE_INLINE static void mix(Pass& p, std::size_t t, const float* raw, float* e) {
    const std::size_t width = p.shape().per_layer_width;
    float* looked_up = p.template at<row>();
    const std::size_t token = left_for_layers::token(p, t);
    p.packed().template with<Has.table>(p.layer(), [=](const auto& m) { m.decode_row(token, looked_up); });
    rms_norm(raw, p.template vector<Has.norm>(), width, p.shape().norm_epsilon, e);
    const float factor = root(p.shape());
    for (std::size_t i = 0; i < width; ++i) e[i] = (e[i] + looked_up[i] * factor) * half_root;
  }
};

}  // namespace mote::inline v0
