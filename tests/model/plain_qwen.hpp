// SPDX-License-Identifier: BSL-1.0
// Qwen2 (arXiv 2407.10671) and Qwen3 (arXiv 2505.09388): RMSNorm, rotary positions, grouped-query attention, SwiGLU.
// Qwen2 has biases on query, key and value; Qwen3 has none, but a norm of each head of query and key before it turns.
// Double precision, plain loops. Refuses nothing: a head's width need not be dim / heads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plain_parts.hpp"

namespace mote_tests {

enum class qwen { two, three };

struct qwen_shape {
  qwen generation = qwen::three;
  std::size_t dim = 0, hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, vocab = 0, context = 0;
  bool tied_head = true;
  double rope_theta = 1000000;
  double norm_epsilon = 1e-6;
  rope_pairs pairs = rope_pairs::halves;  // as the published checkpoints have it
};

struct plain_qwen {
  qwen_shape s;
  plain_matrix embedding, head;  // head is empty where it is the embedding
  std::vector<plain_transformer_block> blocks;
  plain_norm final_norm;

  static plain_qwen random(const qwen_shape& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_qwen m{.s = s,
                 .embedding = make.table(s.vocab, s.dim),
                 .head = {},
                 .blocks = {},
                 .final_norm = plain_norm::random(norm_kind::rms, s.dim, make)};
    for (std::size_t l = 0; l < s.layers; ++l)
      m.blocks.push_back({.attention_norm = plain_norm::random(norm_kind::rms, s.dim, make),
                          .attention = plain_attention::random(s.dim, m.form().count,
                                                               {.inputs = s.generation == qwen::two, .output = false},
                                                               s.generation == qwen::three, make),
                          .ffn_norm = plain_norm::random(norm_kind::rms, s.dim, make),
                          .ffn = plain_feed_forward::random(s.dim, s.hidden, true, false, make)});
    if (!s.tied_head) m.head = make.table(s.vocab, s.dim);
    return m;
  }

  attention_form form() const {
    return {.count = {.heads = s.heads, .kv_heads = s.kv_heads, .width = s.head_dim},
            .turning = s.head_dim,
            .rope_theta = s.rope_theta,
            .pairs = s.pairs,
            .norm_epsilon = s.norm_epsilon};
  }
  const plain_matrix& classifier() const { return s.tied_head ? embedding : head; }

  /// The residual stream of every position after the last block.
  template <class Tokens>
  plain_rows stream(const Tokens& tokens) const {
    plain_rows x = look_up(embedding, tokens);
    for (const plain_transformer_block& b : blocks) b.add(x, form(), activation::silu, sees_earlier);
    return x;
  }

  /// (positions, vocab)
  template <class Tokens>
  plain_rows logits(const Tokens& tokens) const {
    plain_rows out = stream(tokens);
    for (plain_vector& row : out) row = classifier().times(final_norm(row, s.norm_epsilon));
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
    name_one("head", self.head, f);
    name_blocks<plain_transformer_block>(self.blocks, f);
    plain_norm::each(self.final_norm, "final_norm", f);
  }
};

}  // namespace mote_tests
