// SPDX-License-Identifier: BSL-1.0
// Llama and models of its architecture (Touvron et al. 2023, arXiv 2302.13971): RMSNorm, rotary positions,
// grouped-query attention, gated feed-forward with SiLU.
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

struct llama {
  static constexpr std::string_view name = "llama";
  using embedding = token_embedding;
  using layer = in_sequence<residual<rms_norm_block<vector_role::attention_norm>, rotary_attention>,
                            residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr tensor_names names{
      std::array{
          named{outer_matrix::embedding, "token_embd.weight", "model.embed_tokens.weight"},
          named{vector_role::attention_norm, "blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
          named{role::query, "blk.#.attn_q.weight", "model.layers.#.self_attn.q_proj.weight"},
          named{role::key, "blk.#.attn_k.weight", "model.layers.#.self_attn.k_proj.weight"},
          named{role::value, "blk.#.attn_v.weight", "model.layers.#.self_attn.v_proj.weight"},
          named{role::output, "blk.#.attn_output.weight", "model.layers.#.self_attn.o_proj.weight"},
          named{vector_role::ffn_norm, "blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
          named{role::gate, "blk.#.ffn_gate.weight", "model.layers.#.mlp.gate_proj.weight"},
          named{role::up, "blk.#.ffn_up.weight", "model.layers.#.mlp.up_proj.weight"},
          named{role::down, "blk.#.ffn_down.weight", "model.layers.#.mlp.down_proj.weight"},
          named{vector_role::final_norm, "output_norm.weight", "model.norm.weight"},
          named{outer_matrix::head, "output.weight", "lm_head.weight"}},
      {},
      {.rotates_halves = true}};
};

}  // namespace mote::inline v0
