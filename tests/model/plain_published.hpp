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
};

struct plain_published {
  struct block {
    plain_norm attention_norm, ffn_norm, post_attention_norm, post_ffn_norm;  // those that are not there are empty
    plain_attention attention;
    plain_short_convolution convolution;
    plain_feed_forward ffn;

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
    }
  };

  published s;
  plain_matrix embedding, positions;
  plain_linear head;  // its matrix is empty where it is the embedding
  std::vector<block> blocks;
  plain_norm final_norm;

  static plain_published random(const published& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_published m{.s = s,
                      .embedding = make.table(s.vocab, s.dim),
                      .positions = s.learned_positions ? make.table(s.context, s.dim) : plain_matrix{},
                      .head = {},
                      .blocks = {},
                      .final_norm = plain_norm::random(s.norm, s.dim, make)};
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
      m.blocks.push_back(b);
    }
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
    for (std::size_t l = 0; l < s.layers; ++l) run(l, x);
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
  }

 private:
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
