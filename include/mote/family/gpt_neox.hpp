// SPDX-License-Identifier: BSL-1.0
// GPT-NeoX (arXiv 2204.06745) and Pythia (arXiv 2304.01373): LayerNorm, attention and feed-forward side by side, each
// with its norm; rotary positions of the first shape.rotary_dim() channels of a head; biases; GELU by the error
// function.
// Refuses models that run the two one after the other (use_parallel_residual = false).
#pragma once

#include <array>
#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/parallel.hpp"
#include "mote/model/tensor_names.hpp"

namespace mote::inline v0 {

struct gpt_neox {
  static constexpr std::string_view name = "gptneox";
  using embedding = token_embedding;
  using layer = in_sequence<
      parallel<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
               attention_block<biased({.rotary_part = true})>, feed_forward<exact_gelu, biased_feed_forward>,
               layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>>>;
  using last_norm = layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;

  static constexpr tensor_names names{
      std::array{
          named{outer_matrix::embedding, "token_embd.weight", "gpt_neox.embed_in.weight"},
          named{vector_role::attention_norm, "blk.#.attn_norm.weight", "gpt_neox.layers.#.input_layernorm.weight"},
          named{vector_role::attention_norm_bias, "blk.#.attn_norm.bias", "gpt_neox.layers.#.input_layernorm.bias"},
          named{role::query, "blk.#.attn_qkv.weight", "gpt_neox.layers.#.attention.query_key_value.weight", 1},
          named{role::key, "blk.#.attn_qkv.weight", "gpt_neox.layers.#.attention.query_key_value.weight", 2},
          named{role::value, "blk.#.attn_qkv.weight", "gpt_neox.layers.#.attention.query_key_value.weight", 3},
          named{vector_role::query_bias, "blk.#.attn_qkv.bias", "gpt_neox.layers.#.attention.query_key_value.bias", 1},
          named{vector_role::key_bias, "blk.#.attn_qkv.bias", "gpt_neox.layers.#.attention.query_key_value.bias", 2},
          named{vector_role::value_bias, "blk.#.attn_qkv.bias", "gpt_neox.layers.#.attention.query_key_value.bias", 3},
          named{role::output, "blk.#.attn_output.weight", "gpt_neox.layers.#.attention.dense.weight"},
          named{vector_role::output_bias, "blk.#.attn_output.bias", "gpt_neox.layers.#.attention.dense.bias"},
          named{vector_role::ffn_norm, "blk.#.ffn_norm.weight", "gpt_neox.layers.#.post_attention_layernorm.weight"},
          named{vector_role::ffn_norm_bias, "blk.#.ffn_norm.bias", "gpt_neox.layers.#.post_attention_layernorm.bias"},
          named{role::up, "blk.#.ffn_up.weight", "gpt_neox.layers.#.mlp.dense_h_to_4h.weight"},
          named{vector_role::up_bias, "blk.#.ffn_up.bias", "gpt_neox.layers.#.mlp.dense_h_to_4h.bias"},
          named{role::down, "blk.#.ffn_down.weight", "gpt_neox.layers.#.mlp.dense_4h_to_h.weight"},
          named{vector_role::down_bias, "blk.#.ffn_down.bias", "gpt_neox.layers.#.mlp.dense_4h_to_h.bias"},
          named{vector_role::final_norm, "output_norm.weight", "gpt_neox.final_layer_norm.weight"},
          named{vector_role::final_norm_bias, "output_norm.bias", "gpt_neox.final_layer_norm.bias"},
          named{outer_matrix::head, "output.weight", "embed_out.weight"}},
      {.rotates_halves = true},
      {.rotates_halves = true, .parts_by_head = true}};
};

}  // namespace mote::inline v0
