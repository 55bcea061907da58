// SPDX-License-Identifier: BSL-1.0
// GPT-2 (Radford et al. 2019): LayerNorm, learned positions, biases everywhere, a feed-forward with GELU, the embedding as
// the head.
#pragma once

#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/residual.hpp"

namespace mote::inline v0 {

struct gpt2 {
  static constexpr std::string_view name = "gpt2";
  using embedding = token_and_position_embedding;
  using layer = in_sequence<residual<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
                                     attention_block<attention_tensors{.query_bias = vector_role::query_bias,
                                                                       .key_bias = vector_role::key_bias,
                                                                       .value_bias = vector_role::value_bias,
                                                                       .output_bias = vector_role::output_bias,
                                                                       .rotary = false}>>,
                            residual<layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>,
                                     feed_forward<gelu, feed_forward_tensors{.up_bias = vector_role::up_bias,
                                                                             .down_bias = vector_role::down_bias}>>>;
  using last_norm = layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;
};

}  // namespace mote::inline v0
