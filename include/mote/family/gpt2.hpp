// SPDX-License-Identifier: BSL-1.0
// GPT-2 (Radford et al. 2019): LayerNorm, learned positions, a bias for every matrix of a layer, a feed-forward with
// GELU. GPT-2 models tie the head to the embedding.
// Refuses a shape with a window, a soft-cap or a score scale: no block of it reads them.
#pragma once

#include <array>
#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/residual.hpp"
#include "mote/model/tensor_names.hpp"

namespace mote::inline v0 {

struct gpt2 {
  static constexpr std::string_view name = "gpt2";
  using embedding = token_and_position_embedding;
  using mixing = residual<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
                          attention_block<biased({.rotary = false})>>;
  using expansion = residual<layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>,
                             feed_forward<gelu, biased_feed_forward>>;
  using layer = in_sequence<mixing, expansion>;
  using last_norm = layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;

  static constexpr tensor_names names{
      std::array{named{outer_matrix::embedding, "token_embd.weight", "wte.weight"},
                 named{outer_matrix::positions, "position_embd.weight", "wpe.weight"},
                 named{vector_role::attention_norm, "blk.#.attn_norm.weight", "h.#.ln_1.weight"},
                 named{vector_role::attention_norm_bias, "blk.#.attn_norm.bias", "h.#.ln_1.bias"},
                 named{role::query, "blk.#.attn_qkv.weight", "h.#.attn.c_attn.weight", 1},
                 named{role::key, "blk.#.attn_qkv.weight", "h.#.attn.c_attn.weight", 2},
                 named{role::value, "blk.#.attn_qkv.weight", "h.#.attn.c_attn.weight", 3},
                 named{vector_role::query_bias, "blk.#.attn_qkv.bias", "h.#.attn.c_attn.bias", 1},
                 named{vector_role::key_bias, "blk.#.attn_qkv.bias", "h.#.attn.c_attn.bias", 2},
                 named{vector_role::value_bias, "blk.#.attn_qkv.bias", "h.#.attn.c_attn.bias", 3},
                 named{role::output, "blk.#.attn_output.weight", "h.#.attn.c_proj.weight"},
                 named{vector_role::output_bias, "blk.#.attn_output.bias", "h.#.attn.c_proj.bias"},
                 named{vector_role::ffn_norm, "blk.#.ffn_norm.weight", "h.#.ln_2.weight"},
                 named{vector_role::ffn_norm_bias, "blk.#.ffn_norm.bias", "h.#.ln_2.bias"},
                 named{role::up, "blk.#.ffn_up.weight", "h.#.mlp.c_fc.weight"},
                 named{vector_role::up_bias, "blk.#.ffn_up.bias", "h.#.mlp.c_fc.bias"},
                 named{role::down, "blk.#.ffn_down.weight", "h.#.mlp.c_proj.weight"},
                 named{vector_role::down_bias, "blk.#.ffn_down.bias", "h.#.mlp.c_proj.bias"},
                 named{vector_role::final_norm, "output_norm.weight", "ln_f.weight"},
                 named{vector_role::final_norm_bias, "output_norm.bias", "ln_f.bias"},
                 named{outer_matrix::head, "output.weight", "lm_head.weight"}},
      {},
      {.transposed = true}};
};

}  // namespace mote::inline v0
