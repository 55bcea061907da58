// SPDX-License-Identifier: BSL-1.0
// GPT-2 as Radford et al. 2019 describe it: LayerNorm before each half of a block and after the last, learned positions,
// biases everywhere, GELU by its tanh approximation, the embedding as the head. Double precision, plain loops.
// Refuses sequences that are longer than its table of positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plain_parts.hpp"

namespace mote_tests {

struct gpt2_shape {
  std::size_t dim = 0, hidden = 0, layers = 0, heads = 0, vocab = 0, context = 0;
  double norm_epsilon = 1e-5;
};

struct plain_gpt2 {
  gpt2_shape s;
  plain_matrix embedding, positions;
  std::vector<plain_transformer_block> blocks;
  plain_norm final_norm;

  static plain_gpt2 random(const gpt2_shape& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_gpt2 m{.s = s,
                 .embedding = make.table(s.vocab, s.dim),
                 .positions = make.table(s.context, s.dim),
                 .blocks = {},
                 .final_norm = plain_norm::random(norm_kind::layer, s.dim, make)};
    for (std::size_t l = 0; l < s.layers; ++l)
      m.blocks.push_back(plain_transformer_block::with_biases(s.dim, s.hidden, m.form().count, make));
    return m;
  }

  attention_form form() const {
    return {.count = {.heads = s.heads, .kv_heads = s.heads, .width = s.dim / s.heads}, .norm_epsilon = s.norm_epsilon};
  }

  /// The residual stream of every position after the last block.
  template <class Tokens>
  plain_rows stream(const Tokens& tokens) const {
    plain_rows x = look_up(embedding, tokens);
    add_positions(x, positions, blocks.front().attention.front_keys.size());
    for (const plain_transformer_block& b : blocks) b.add(x, form(), activation::gelu_tanh, sees_earlier);
    return x;
  }

  /// (positions, vocab)
  template <class Tokens>
  plain_rows logits(const Tokens& tokens) const {
    plain_rows out = stream(tokens);
    for (plain_vector& row : out) row = embedding.times(final_norm(row, s.norm_epsilon));
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
    name_one("positions", self.positions, f);
    name_blocks<plain_transformer_block>(self.blocks, f);
    plain_norm::each(self.final_norm, "final_norm", f);
  }
};

}  // namespace mote_tests
