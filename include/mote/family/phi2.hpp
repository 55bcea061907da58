// SPDX-License-Identifier: BSL-1.0
// Phi-1.5 and Phi-2 (arXiv 2309.05463): LayerNorm, attention and feed-forward side by side behind one norm, rotary
// positions of the first shape.rotary_dim() channels of a head, GELU, a bias for every matrix and for the head.
// Refuses norms of query and key heads (qk_layernorm).
#pragma once

#include <array>
#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/head.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/parallel.hpp"
#include "mote/model/tensor_names.hpp"

namespace mote::inline v0 {

struct phi2 {
  static constexpr std::string_view name = "phi2";
  using embedding = token_embedding;
  using layer =
      in_sequence<parallel<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
                           attention_block<biased({.rotary_part = true})>, feed_forward<gelu, biased_feed_forward>>>;
  using last_norm = layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;
  using head = biased_head<>;

  static constexpr tensor_names names{
      std::array{named{outer_matrix::embedding, "token_embd.weight", "model.embed_tokens.weight"},
                 named{vector_role::attention_norm, "blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
                 named{vector_role::attention_norm_bias, "blk.#.attn_norm.bias", "model.layers.#.input_layernorm.bias"},
                 named{role::query, "blk.#.attn_q.weight", "model.layers.#.self_attn.q_proj.weight"},
                 named{vector_role::query_bias, "blk.#.attn_q.bias", "model.layers.#.self_attn.q_proj.bias"},
                 named{role::key, "blk.#.attn_k.weight", "model.layers.#.self_attn.k_proj.weight"},
                 named{vector_role::key_bias, "blk.#.attn_k.bias", "model.layers.#.self_attn.k_proj.bias"},
                 named{role::value, "blk.#.attn_v.weight", "model.layers.#.self_attn.v_proj.weight"},
                 named{vector_role::value_bias, "blk.#.attn_v.bias", "model.layers.#.self_attn.v_proj.bias"},
                 named{role::output, "blk.#.attn_output.weight", "model.layers.#.self_attn.dense.weight"},
                 named{vector_role::output_bias, "blk.#.attn_output.bias", "model.layers.#.self_attn.dense.bias"},
                 named{role::up, "blk.#.ffn_up.weight", "model.layers.#.mlp.fc1.weight"},
                 named{vector_role::up_bias, "blk.#.ffn_up.bias", "model.layers.#.mlp.fc1.bias"},
                 named{role::down, "blk.#.ffn_down.weight", "model.layers.#.mlp.fc2.weight"},
                 named{vector_role::down_bias, "blk.#.ffn_down.bias", "model.layers.#.mlp.fc2.bias"},
                 named{vector_role::final_norm, "output_norm.weight", "model.final_layernorm.weight"},
                 named{vector_role::final_norm_bias, "output_norm.bias", "model.final_layernorm.bias"},
                 named{outer_matrix::head, "output.weight", "lm_head.weight"},
                 named{vector_role::head_bias, "output.bias", "lm_head.bias"}},
      {.rotates_halves = true},
      {.rotates_halves = true}};
};

}  // namespace mote::inline v0
