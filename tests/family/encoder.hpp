// SPDX-License-Identifier: BSL-1.0
// Encoders of the tests' own: every token sees every other. One has its norms before each half, as GPT-2 has them, one
// behind the sum, as BERT has them.
// Refuses a reference: tests/family/encoder.cpp has one.
#pragma once

#include <cstddef>
#include <string_view>

#include "../model/plain_encoder.hpp"
#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/residual.hpp"

namespace mote_tests::encoders {

using mote::vector_role;
using mote_tests::norm_place;

/// GELU as BERT was trained with it.
struct gelu_of_erf {
  static void forward(const float* x, std::size_t n, float* y) {
    for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>(mote_tests::gelu_erf(static_cast<double>(x[i])));
  }
};

/// x = Norm(x + Inner(x)).
template <class Norm, class Inner>
struct norm_behind {
  struct added {
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, s.dim);
    }
  };
  using parts = mote::part_list<Norm, Inner>;
  static constexpr auto attention(const mote::shape& s)
    requires requires { Inner::attention(s); }
  {
    return Inner::attention(s);
  }
  static constexpr int operations = Inner::operations;
  static constexpr bool keeps = Inner::keeps;
  static constexpr int phases = Inner::phases;
  template <int At>
  using forward_buffers = typename Inner::template forward_buffers<At>;
  template <int At>
  using added_buffers = mote::lives<mote::live<added, At + operations - 1, At + operations - 1>>;

  template <int At, class Pass>
  static void forward(Pass& p) {
    const std::size_t dim = mote::padded(p.shape().dim);
    float* out = p.template next<added>();
    Inner::template forward<At>(p, p.x(), out);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      float* sum = p.add(t, out + t * dim);
      Norm::forward(p, sum, sum);
    }
  }
};

using outer_norm = mote::layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;

/// Rows of token and position, and a norm of their sum.
struct normed_embedding : mote::token_and_position_embedding {
  using parts = mote::part_list<outer_norm>;
  template <class Pass>
  static void forward(const Pass& p, std::size_t token, std::size_t position, float* x) {
    token_and_position_embedding::forward(p, token, position, x);
    outer_norm::forward(p, x, x);
  }
};
struct no_norm {
  template <class Pass>
  static void forward(const Pass& p, const float* x, float* y) {
    for (std::size_t i = 0; i < p.shape().dim; ++i) y[i] = x[i];
  }
};

using attention_norm = mote::layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>;
using ffn_norm = mote::layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>;
using looks_around = mote::attention_block<mote::attention_tensors{.query_bias = vector_role::query_bias,
                                                                   .key_bias = vector_role::key_bias,
                                                                   .value_bias = vector_role::value_bias,
                                                                   .output_bias = vector_role::output_bias,
                                                                   .rotary = false},
                                           mote::attention_form<mote::looks_both_ways>>;
using feed = mote::feed_forward<gelu_of_erf, mote::feed_forward_tensors{.up_bias = vector_role::up_bias,
                                                                        .down_bias = vector_role::down_bias}>;

struct norms_before {
  static constexpr std::string_view name = "of the tests, an encoder";
  using embedding = mote::token_and_position_embedding;
  using layer = mote::in_sequence<mote::residual<attention_norm, looks_around>, mote::residual<ffn_norm, feed>>;
  using last_norm = outer_norm;
  static constexpr norm_place norms = norm_place::before;
};
struct norms_behind {
  static constexpr std::string_view name = "of the tests, BERT";
  using embedding = normed_embedding;
  using layer = mote::in_sequence<norm_behind<attention_norm, looks_around>, norm_behind<ffn_norm, feed>>;
  using last_norm = no_norm;
  static constexpr norm_place norms = norm_place::after;
};

}  // namespace mote_tests::encoders
