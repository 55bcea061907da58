// SPDX-License-Identifier: BSL-1.0
// OPT (arXiv 2205.01068): GPT-2 with ReLU. Its files have two rows in front of the table of positions that no position
// reads; an image has none.
// Refuses its models of other forms: 350M (norms behind the blocks, a projected embedding) and Galactica.
#pragma once

#include <array>
#include <string_view>

#include "mote/family/gpt2.hpp"

namespace mote::inline v0 {

struct opt {
  static constexpr std::string_view name = "opt";
  using embedding = token_and_position_embedding;
  using layer = in_sequence<gpt2::mixing, residual<layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>,
                                                   feed_forward<rectifier, biased_feed_forward>>>;
  using last_norm = gpt2::last_norm;

  /// GGUF has no such architecture.
  static constexpr tensor_names names{
      std::array{named{outer_matrix::embedding, {}, "model.decoder.embed_tokens.weight"},
                 named{outer_matrix::positions, {}, "model.decoder.embed_positions.weight"},
                 named{vector_role::attention_norm, {}, "model.decoder.layers.#.self_attn_layer_norm.weight"},
                 named{vector_role::attention_norm_bias, {}, "model.decoder.layers.#.self_attn_layer_norm.bias"},
                 named{role::query, {}, "model.decoder.layers.#.self_attn.q_proj.weight"},
                 named{vector_role::query_bias, {}, "model.decoder.layers.#.self_attn.q_proj.bias"},
                 named{role::key, {}, "model.decoder.layers.#.self_attn.k_proj.weight"},
                 named{vector_role::key_bias, {}, "model.decoder.layers.#.self_attn.k_proj.bias"},
                 named{role::value, {}, "model.decoder.layers.#.self_attn.v_proj.weight"},
                 named{vector_role::value_bias, {}, "model.decoder.layers.#.self_attn.v_proj.bias"},
                 named{role::output, {}, "model.decoder.layers.#.self_attn.out_proj.weight"},
                 named{vector_role::output_bias, {}, "model.decoder.layers.#.self_attn.out_proj.bias"},
                 named{vector_role::ffn_norm, {}, "model.decoder.layers.#.final_layer_norm.weight"},
                 named{vector_role::ffn_norm_bias, {}, "model.decoder.layers.#.final_layer_norm.bias"},
                 named{role::up, {}, "model.decoder.layers.#.fc1.weight"},
                 named{vector_role::up_bias, {}, "model.decoder.layers.#.fc1.bias"},
                 named{role::down, {}, "model.decoder.layers.#.fc2.weight"},
                 named{vector_role::down_bias, {}, "model.decoder.layers.#.fc2.bias"},
                 named{vector_role::final_norm, {}, "model.decoder.final_layer_norm.weight"},
                 named{vector_role::final_norm_bias, {}, "model.decoder.final_layer_norm.bias"},
                 named{outer_matrix::head, {}, "lm_head.weight"}},
      {},
      {.rows_before_positions = 2}};
};

}  // namespace mote::inline v0
