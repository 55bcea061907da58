// SPDX-License-Identifier: BSL-1.0
// A decoder as the published configurations of many families put it together, in double precision and plain loops. What
// of it is whose is written beside each family's configuration in tests/family.
// Refuses nothing: what the configuration says together makes a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plain_hybrid.hpp"

namespace mote_tests {

struct published_layer {
  bool convolution = false;
  std::size_t window = 0;  // positions that are seen, its own included; 0: all before
  double rope_theta = 10000;
  rope_stretch stretch{};
};

struct published {
  std::size_t dim = 0, hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, vocab = 0, context = 0;
  std::function<published_layer(std::size_t)> layer = [](std::size_t) { return published_layer{}; };
  std::size_t turning = 0;  // of each head's values, the first, those that rotary positions turn; 0: none
  bool learned_positions = false;
  double embedding_scale = 1;
  residual join = residual::sequential;
  norm_kind norm = norm_kind::rms;
  bool norms_behind = false;  // x += norm(attention(..)), x += norm(ffn(..))
  bool head_norms = false;
  activation act = activation::silu;
  bool gated = true;
  bool input_biased = false, output_biased = false, ffn_biased = false;
  double score_scale = 0, softcap = 0, logit_softcap = 0;
  bool tied_head = true, head_biased = false;
  double norm_epsilon = 1e-5;
  rope_pairs pairs = rope_pairs::neighbours;  // as an image has them
  std::size_t per_layer_width = 0;            // of a token's row in the table of each layer; 0: there are none
  activation per_layer_act = activation::gelu_erf;
};

struct plain_published {
  struct block {
    plain_norm attention_norm, ffn_norm, post_attention_norm, post_ffn_norm;  // those that are not there are empty
    plain_attention attention;
    plain_short_convolution convolution;
    plain_feed_forward ffn;
    plain_matrix per_layer_table;
    plain_linear per_layer_input, per_layer_gate, per_layer_output;
    plain_norm post_per_layer_norm;

    template <class F>
    static void each(auto& self, const std::string& at, F f) {
      plain_norm::each(self.attention_norm, at + "attention_norm", f);
      plain_norm::each(self.ffn_norm, at + "ffn_norm", f);
      plain_norm::each(self.post_attention_norm, at + "post_attention_norm", f);
      plain_norm::each(self.post_ffn_norm, at + "post_ffn_norm", f);
      plain_attention::each(self.attention, at, f);
      plain_linear::each(self.convolution.input, at + "convolution_input", f);
      name_one(at + "convolution_taps", self.convolution.kernel.v, f);
      plain_linear::each(self.convolution.output, at + "convolution_output", f);
      plain_feed_forward::each(self.ffn, at, f);
      name_one(at + "per_layer_table", self.per_layer_table, f);
      plain_linear::each(self.per_layer_input, at + "per_layer_input", f);
      plain_linear::each(self.per_layer_gate, at + "per_layer_gate", f);
      plain_linear::each(self.per_layer_output, at + "per_layer_output", f);
      plain_norm::each(self.post_per_layer_norm, at + "post_per_layer_norm", f);
    }
  };

  published s;
  plain_matrix embedding, positions;
  plain_linear head;  // its matrix is empty where it is the embedding
  std::vector<block> blocks;
  plain_norm final_norm, per_layer_norm;

  static plain_published random(const published& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_published m{.s = s,
                      .embedding = make.table(s.vocab, s.dim),
                      .positions = s.learned_positions ? make.table(s.context, s.dim) : plain_matrix{},
                      .head = {},
                      .blocks = {},
                      .final_norm = plain_norm::random(s.norm, s.dim, make),
                      .per_layer_norm = {}};
    for (std::size_t l = 0; l < s.layers; ++l) {
      block b;
      b.attention_norm = plain_norm::random(s.norm, s.dim, make);
      if (s.join != residual::parallel_one_norm) b.ffn_norm = plain_norm::random(s.norm, s.dim, make);
      if (s.norms_behind) {
        b.post_attention_norm = plain_norm::random(s.norm, s.dim, make);
        b.post_ffn_norm = plain_norm::random(s.norm, s.dim, make);
      }
      if (s.layer(l).convolution) b.convolution = plain_short_convolution::random(s.dim, 3, false, make);
      else
        b.attention = plain_attention::random(
            s.dim, form(s, l).count, {.inputs = s.input_biased, .output = s.output_biased}, s.head_norms, make);
      b.ffn = plain_feed_forward::random(s.dim, s.hidden, s.gated, s.ffn_biased, make);
      if (s.per_layer_width != 0) {
        b.per_layer_table = make.table(s.vocab, s.per_layer_width);
        b.per_layer_input = plain_linear::random(s.per_layer_width, s.dim, false, make);
        b.per_layer_gate = plain_linear::random(s.per_layer_width, s.dim, false, make);
        b.per_layer_output = plain_linear::random(s.dim, s.per_layer_width, false, make);
        b.post_per_layer_norm = plain_norm::random(norm_kind::rms, s.dim, make);
      }
      m.blocks.push_back(b);
    }
    if (s.per_layer_width != 0) m.per_layer_norm = plain_norm::random(norm_kind::rms, s.per_layer_width, make);
    if (!s.tied_head) m.head.weight = make.table(s.vocab, s.dim);
    if (s.head_biased) m.head.bias = make.biases(s.vocab);
    return m;
  }

  static attention_form form(const published& s, std::size_t layer) {
    const published_layer of = s.layer(layer);
    return {.count = {.heads = s.heads, .kv_heads = s.kv_heads, .width = s.head_dim},
            .turning = s.turning,
            .rope_theta = of.rope_theta,
            .pairs = s.pairs,
            .cap = s.softcap,
            .norm_epsilon = s.norm_epsilon,
            .score_scale = s.score_scale,
            .stretch = of.stretch};
  }

  /// (positions, vocab)
  template <class Tokens>
  plain_rows logits(const Tokens& tokens) const {
    plain_rows x = look_up(embedding, tokens);
    for (plain_vector& row : x)
      for (double& v : row) v *= s.embedding_scale;
    if (s.learned_positions) add_positions(x, positions, blocks.front().attention.front_keys.size());
    const plain_rows first = x;
    for (std::size_t l = 0; l < s.layers; ++l) {
      run(l, x);
      if (s.per_layer_width != 0)
        for (std::size_t t = 0; t < x.size(); ++t)
          add_per_layer(l, static_cast<std::size_t>(tokens[t]), first[t], x[t]);
    }
    for (plain_vector& row : x) {
      row = (s.tied_head ? embedding : head.weight).times(final_norm(row, s.norm_epsilon));
      if (!head.bias.empty()) add_to(row, head.bias);
      for (double& v : row) v = soft_cap(v, s.logit_softcap);
    }
    return x;
  }

  /// The mean over t >= first of -log p(tokens[t + 1] | tokens[0..t]).
  template <class Tokens>
  double loss(const Tokens& tokens, std::size_t first) const {
    return mean_surprise(logits(tokens), tokens, first);
  }

  /// Calls f(name, matrix or vector) for every weight.
  template <class F>
  static void each(auto& self, F f) {
    name_one("embedding", self.embedding, f);
    name_one("positions", self.positions, f);
    plain_linear::each(self.head, "head", f);
    name_blocks<block>(self.blocks, f);
    plain_norm::each(self.final_norm, "final_norm", f);
    plain_norm::each(self.per_layer_norm, "per_layer_norm", f);
  }

 private:
  /// A token's inputs of a layer, as Gemma 3n's definition and runtime/llm.h of esp32-ai state them: its row times the root
  /// of the row's width, and what a matrix makes of its first vector, over the root of the stream's width, normed; the
  /// mean of the two, times the root of two. They are gated by the stream, projected, normed and added.
  void add_per_layer(std::size_t layer, std::size_t token, const plain_vector& first, plain_vector& x) const {
    const block& b = blocks[layer];
    plain_vector projected = b.per_layer_input(first);
    for (double& v : projected) v /= std::sqrt(static_cast<double>(s.dim));
    projected = per_layer_norm(projected, s.norm_epsilon);
    plain_vector gated = b.per_layer_gate(x);
    const double root = std::sqrt(static_cast<double>(s.per_layer_width));
    for (std::size_t i = 0; i < gated.size(); ++i)
      gated[i] =
          activate(s.per_layer_act, gated[i]) * (projected[i] + b.per_layer_table.at(token, i) * root) / std::sqrt(2.0);
    add_to(x, b.post_per_layer_norm(b.per_layer_output(gated), s.norm_epsilon));
  }

  plain_vector behind(const plain_norm& norm, const plain_vector& x) const {
    return norm.gain.empty() ? x : norm(x, s.norm_epsilon);
  }
  void run(std::size_t layer, plain_rows& x) const {
    const block& b = blocks[layer];
    const published_layer of = s.layer(layer);
    plain_rows normed;
    for (const plain_vector& row : x) normed.push_back(b.attention_norm(row, s.norm_epsilon));
    const plain_rows mixed =
        of.convolution ? b.convolution(normed) : b.attention(form(s, layer), normed, [&](std::size_t t, std::size_t u) {
          return u <= t && (of.window == 0 || t - u < of.window);
        });
    for (std::size_t t = 0; t < x.size(); ++t) {
      plain_vector joined = x[t];
      add_to(joined, behind(b.post_attention_norm, mixed[t]));
      const plain_vector second = s.join == residual::parallel_one_norm ? normed[t]
                                  : s.join == residual::parallel        ? b.ffn_norm(x[t], s.norm_epsilon)
                                                                        : b.ffn_norm(joined, s.norm_epsilon);
      add_to(joined, behind(b.post_ffn_norm, b.ffn(s.act, second)));
      x[t] = joined;
    }
  }
};

}  // namespace mote_tests
