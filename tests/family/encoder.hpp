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
#include "mote/block/post_norm.hpp"
#include "mote/block/residual.hpp"

namespace mote_tests::encoders {

using mote::vector_role;
using mote_tests::norm_place;

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
using attention_norm = mote::layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>;
using ffn_norm = mote::layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>;
using looks_around = mote::attention_block<mote::attention_tensors{.query_bias = vector_role::query_bias,
                                                                   .key_bias = vector_role::key_bias,
                                                                   .value_bias = vector_role::value_bias,
                                                                   .output_bias = vector_role::output_bias,
                                                                   .rotary = false},
                                           mote::attention_form<mote::looks_both_ways>>;
using feed = mote::feed_forward<mote::exact_gelu, mote::feed_forward_tensors{.up_bias = vector_role::up_bias,
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
  using layer = mote::in_sequence<mote::post_norm<attention_norm, looks_around>, mote::post_norm<ffn_norm, feed>>;
  using last_norm = mote::no_norm;
  static constexpr norm_place norms = norm_place::after;
};

}  // namespace mote_tests::encoders
