// SPDX-License-Identifier: BSL-1.0
// An encoder in the manner of BERT (Devlin et al. 2018, arXiv 1810.04805): every position sees every other, LayerNorm,
// learned positions, biases, GELU. Norms stand after each half as BERT has them, or before. Double precision, plain loops.
// Refuses tokens of more than one type (segments).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mote/model/shape.hpp"
#include "plain_parts.hpp"

namespace mote_tests {

/// before: x += attention(norm(x)), x += ffn(norm(x)), and a norm after the last block.
/// after (BERT): x = norm(x + attention(x)), x = norm(x + ffn(x)), and a norm of the embeddings.
enum class norm_place { before, after };

struct encoder_shape {
  std::size_t dim = 0, hidden = 0, layers = 0, heads = 0, vocab = 0, context = 0;
  norm_place norms = norm_place::before;
  activation act = activation::gelu_erf;
  double norm_epsilon = 1e-12;

  static encoder_shape of(const mote::shape& s, norm_place norms) {
    return {.dim = s.dim,
            .hidden = s.hidden,
            .layers = s.layers,
            .heads = s.heads,
            .vocab = s.vocab,
            .context = s.context,
            .norms = norms,
            .norm_epsilon = static_cast<double>(s.norm_epsilon)};
  }
};

struct plain_encoder {
  encoder_shape s;
  plain_matrix embedding, positions;
  std::vector<plain_transformer_block> blocks;
  plain_norm outer_norm;  // of the last block's output, or of the embeddings where norms stand after

  static plain_encoder random(const encoder_shape& s, std::uint64_t seed) {
    mote::rng r(seed);
    const weight_maker make{r};
    plain_encoder m{.s = s,
                    .embedding = make.table(s.vocab, s.dim),
                    .positions = make.table(s.context, s.dim),
                    .blocks = {},
                    .outer_norm = plain_norm::random(norm_kind::layer, s.dim, make)};
    for (std::size_t l = 0; l < s.layers; ++l)
      m.blocks.push_back(plain_transformer_block::with_biases(s.dim, s.hidden, m.form().count, make));
    return m;
  }

  attention_form form() const {
    return {.count = {.heads = s.heads, .kv_heads = s.heads, .width = s.dim / s.heads}, .norm_epsilon = s.norm_epsilon};
  }

  /// The final hidden state of every position.
  template <class Tokens>
  plain_rows hidden(const Tokens& tokens) const {
    const auto sees_all = [](std::size_t, std::size_t) { return true; };
    plain_rows x = look_up(embedding, tokens);
    add_positions(x, positions);
    const auto norm_all = [&] {
      for (plain_vector& row : x) row = outer_norm(row, s.norm_epsilon);
    };
    if (s.norms == norm_place::after) norm_all();
    for (const plain_transformer_block& b : blocks) {
      if (s.norms == norm_place::before) {
        b.add(x, form(), s.act, sees_all);
        continue;
      }
      const plain_rows mixed = b.attention(form(), x, sees_all);
      for (std::size_t t = 0; t < x.size(); ++t) {
        add_to(x[t], mixed[t]);
        x[t] = b.attention_norm(x[t], s.norm_epsilon);
        add_to(x[t], b.ffn(s.act, x[t]));
        x[t] = b.ffn_norm(x[t], s.norm_epsilon);
      }
    }
    if (s.norms == norm_place::before) norm_all();
    return x;
  }
  /// The same where all tokens are of one type, whose row `type` begins with: it is added to each row of `embedding`.
  template <class Tokens>
  plain_rows hidden(const Tokens& tokens, const plain_vector& type) const {
    plain_encoder typed = *this;
    for (std::size_t i = 0; i < typed.embedding.v.size(); ++i) typed.embedding.v[i] += type[i % s.dim];
    return typed.hidden(tokens);
  }

  /// The hidden states times the embedding: what word each position holds. (positions, vocab)
  template <class Tokens>
  plain_rows logits(const Tokens& tokens) const {
    plain_rows out = hidden(tokens);
    for (plain_vector& row : out) row = embedding.times(row);
    return out;
  }

  static constexpr std::size_t unscored = std::numeric_limits<std::size_t>::max();

  /// The mean of -log p(targets[t] at t) over the positions whose target is not `unscored`: BERT's masked words, with the
  /// embedding alone as their head.
  template <class Tokens>
  double loss(const Tokens& tokens, const std::vector<std::size_t>& targets) const {
    const plain_rows all = logits(tokens);
    double sum = 0, count = 0;
    for (std::size_t t = 0; t < all.size(); ++t) {
      if (targets[t] == unscored) continue;
      sum += surprise(all[t], targets[t]);
      count += 1;
    }
    return sum / count;
  }

  /// The mean over t >= first of -log p(tokens[t] at t).
  template <class Tokens>
  double loss(const Tokens& tokens, std::size_t first) const {
    std::vector<std::size_t> targets(tokens.size(), unscored);
    for (std::size_t t = first; t < tokens.size(); ++t) targets[t] = tokens[t];
    return loss(tokens, targets);
  }

  /// Calls f(name, matrix or vector) for every weight.
  template <class F>
  static void each(auto& self, F f) {
    name_one("embedding", self.embedding, f);
    name_one("positions", self.positions, f);
    plain_norm::each(self.outer_norm, "outer_norm", f);
    name_blocks<plain_transformer_block>(self.blocks, f);
  }
};

}  // namespace mote_tests
