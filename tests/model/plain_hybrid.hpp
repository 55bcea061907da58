// SPDX-License-Identifier: BSL-1.0
// A decoder whose layers mix positions in different ways: windowed attention (Beltagy et al. 2020, arXiv 2004.05150),
// attention to all, or LFM2's gated short convolution, each with a feed-forward, one after the other or in parallel as
// GPT-NeoX (arXiv 2204.06745) and Phi have them. Double precision, plain loops.
// Refuses nothing: what the shape says together makes a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plain_parts.hpp"

namespace mote_tests {

enum class mixer { windowed, full, convolution };

/// sequential: x += mixer(norm(x)), x += ffn(norm2(x)). parallel (GPT-NeoX): x + mixer(norm(x)) + ffn(norm2(x)).
/// parallel_one_norm (Phi): x + mixer(norm(x)) + ffn(norm(x)).
enum class residual { sequential, parallel, parallel_one_norm };

struct hybrid_shape {
  std::size_t dim = 0, hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, vocab = 0, context = 0;
  std::vector<mixer> mixers;  // one a layer; empty: windowed and convolution in turn
  std::size_t window = 0;     // positions that a windowed layer sees, its own included
  std::size_t kernel = 3;     // taps of a convolution, its own position's included
  double softcap = 0;         // of the attention's scores, after the division by sqrt(head_dim); 0: none
  double logit_softcap = 0;   // of the logits; 0: none
  residual join = residual::sequential;
  norm_kind norm = norm_kind::rms;
  activation act = activation::silu;
  bool gated = true;        // the feed-forward has a gate
  bool biased = false;      // every matrix of a block has a bias; a convolution's taps have none
  bool head_norms = false;  // an RMS norm of each head of query and key (LFM2)
  bool tied_head = true;
  bool head_biased = false;  // Phi
  std::size_t still = 0;     // of each head's values, those at its end that rotary positions leave alone
  double rope_theta = 10000;
  rope_pairs pairs = rope_pairs::halves;
  double norm_epsilon = 1e-5;

  mixer mixer_of(std::size_t layer) const {
    return !mixers.empty() ? mixers[layer] : layer % 2 == 0 ? mixer::windowed : mixer::convolution;
  }
  /// The same sizes with GPT-NeoX's choices; `still` is 3/4 of a head there.
  hybrid_shape as_neox() const {
    hybrid_shape s = *this;
    s.mixers.assign(layers, mixer::full);
    s.join = residual::parallel;
    s.norm = norm_kind::layer;
    s.act = activation::gelu_erf;
    s.gated = false;
    s.biased = true;
    s.head_norms = false;
    s.tied_head = false;
    s.softcap = s.logit_softcap = 0;
    return s;
  }
  /// The same sizes with Phi's choices; `still` is 1/2 to 3/5 of a head there.
  hybrid_shape as_phi() const {
    hybrid_shape s = as_neox();
    s.join = residual::parallel_one_norm;
    s.act = activation::gelu_tanh;
    s.head_biased = true;
    return s;
  }
};

/// LFM2's gated short convolution: B, C, x = input(h) in three; output(C * convolution(B * x)), * value by value.
struct plain_short_convolution {
  plain_linear input;   // (3 dim, dim): B's rows, C's, x's
  plain_matrix kernel;  // (dim, taps)
  plain_linear output;  // (dim, dim)

  static plain_short_convolution random(std::size_t dim, std::size_t taps, bool biased, const weight_maker& make) {
    plain_short_convolution c;
    c.input = plain_linear::random(3 * dim, dim, biased, make);
    c.kernel = make.matrix(dim, taps);
    c.output = plain_linear::random(dim, dim, biased, make);
    return c;
  }
  plain_rows operator()(const plain_rows& h) const {
    plain_rows c, product, y;
    for (const plain_vector& row : h) {
      const plain_vector three = input(row);
      const auto third = static_cast<std::ptrdiff_t>(three.size() / 3);
      plain_vector b(three.begin(), three.begin() + third);
      c.emplace_back(three.begin() + third, three.begin() + 2 * third);
      for (std::size_t i = 0; i < b.size(); ++i) b[i] *= three[2 * b.size() + i];
      product.push_back(b);
    }
    const plain_rows mixed = causal_convolution(product, kernel);
    for (std::size_t t = 0; t < h.size(); ++t) {
      for (std::size_t i = 0; i < c[t].size(); ++i) c[t][i] *= mixed[t][i];
      y.push_back(output(c[t]));
    }
    return y;
  }
  template <class F>
  static void each(auto& self, const std::string& block, F f) {
    plain_linear::each(self.input, block + "convolution_input", f);
    name_one(block + "convolution_kernel", self.kernel, f);
    plain_linear::each(self.output, block + "convolution_output", f);
  }
};

struct plain_hybrid {
  struct block {
    plain_norm mixer_norm;
    plain_attention attention;  // empty where the layer is a convolution
    plain_short_convolution convolution;
    plain_norm ffn_norm;  // empty where one norm serves both halves
    plain_feed_forward ffn;

    template <class F>
    static void each(auto& self, const std::string& at, F f) {
      plain_norm::each(self.mixer_norm, at + "mixer_norm", f);
      plain_attention::each(self.attention, at, f);
      plain_short_convolution::each(self.convolution, at, f);
      plain_norm::each(self.ffn_norm, at + "ffn_norm", f);
      plain_feed_forward::each(self.ffn, at, f);
    }
  };

  hybrid_shape s;
  plain_matrix embedding;
  plain_linear head;  // its matrix is empty where it is the embedding
  std::vector<block> blocks;
  plain_norm final_norm;

  static plain_hybrid random(const hybrid_shape& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_hybrid m{.s = s,
                   .embedding = make.table(s.vocab, s.dim),
                   .head = {},
                   .blocks = {},
                   .final_norm = plain_norm::random(s.norm, s.dim, make)};
    for (std::size_t l = 0; l < s.layers; ++l) {
      block b;
      b.mixer_norm = plain_norm::random(s.norm, s.dim, make);
      if (s.mixer_of(l) == mixer::convolution)
        b.convolution = plain_short_convolution::random(s.dim, s.kernel, s.biased, make);
      else
        b.attention = plain_attention::random(s.dim, m.form().count, {.inputs = s.biased, .output = s.biased},
                                              s.head_norms, make);
      if (s.join != residual::parallel_one_norm) b.ffn_norm = plain_norm::random(s.norm, s.dim, make);
      b.ffn = plain_feed_forward::random(s.dim, s.hidden, s.gated, s.biased, make);
      m.blocks.push_back(b);
    }
    if (!s.tied_head) m.head.weight = make.table(s.vocab, s.dim);
    if (s.head_biased) m.head.bias = make.biases(s.vocab);
    return m;
  }

  attention_form form() const {
    return {.count = {.heads = s.heads, .kv_heads = s.kv_heads, .width = s.head_dim},
            .turning = s.head_dim - s.still,
            .rope_theta = s.rope_theta,
            .pairs = s.pairs,
            .cap = s.softcap,
            .norm_epsilon = s.norm_epsilon};
  }

  /// The residual stream of every position after the last block.
  template <class Tokens>
  plain_rows stream(const Tokens& tokens) const {
    plain_rows x = look_up(embedding, tokens);
    for (std::size_t l = 0; l < s.layers; ++l) {
      const block& b = blocks[l];
      plain_rows normed;
      for (const plain_vector& row : x) normed.push_back(b.mixer_norm(row, s.norm_epsilon));
      const plain_rows mixed = mix(l, normed);
      for (std::size_t t = 0; t < x.size(); ++t) {
        plain_vector joined = x[t];
        add_to(joined, mixed[t]);
        const plain_vector second = s.join == residual::parallel_one_norm ? normed[t]
                                    : s.join == residual::parallel        ? b.ffn_norm(x[t], s.norm_epsilon)
                                                                          : b.ffn_norm(joined, s.norm_epsilon);
        add_to(joined, b.ffn(s.act, second));
        x[t] = joined;
      }
    }
    return x;
  }

  /// (positions, vocab)
  template <class Tokens>
  plain_rows logits(const Tokens& tokens) const {
    plain_rows out = stream(tokens);
    for (plain_vector& row : out) {
      row = (s.tied_head ? embedding : head.weight).times(final_norm(row, s.norm_epsilon));
      if (!head.bias.empty()) add_to(row, head.bias);
      for (double& v : row) v = soft_cap(v, s.logit_softcap);
    }
    return out;
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
    plain_linear::each(self.head, "head", f);
    name_blocks<block>(self.blocks, f);
    plain_norm::each(self.final_norm, "final_norm", f);
  }

 private:
  plain_rows mix(std::size_t layer, const plain_rows& normed) const {
    const block& b = blocks[layer];
    switch (s.mixer_of(layer)) {
      case mixer::windowed:
        return b.attention(form(), normed, [&](std::size_t t, std::size_t u) { return u <= t && t - u < s.window; });
      case mixer::full: return b.attention(form(), normed, sees_earlier);
      case mixer::convolution: break;
    }
    return b.convolution(normed);
  }
};

}  // namespace mote_tests
