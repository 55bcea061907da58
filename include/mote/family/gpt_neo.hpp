// SPDX-License-Identifier: BSL-1.0
// GPT-Neo (Black et al. 2021, doi:10.5281/zenodo.5297715): GPT-2 without biases of query, key and value, whose scores
// are not scaled, and whose every second layer sees a window.
// Refuses other orders of its layers than global, local, global, local.
#pragma once

#include <array>
#include <string_view>

#include "mote/family/gpt2.hpp"

namespace mote::inline v0 {

struct gpt_neo {
  static constexpr std::string_view name = "gpt_neo";
  using embedding = token_and_position_embedding;
  template <class... Features>
  using layer_of =
      in_sequence<residual<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
                           attention_block<attention_tensors{.output_bias = vector_role::output_bias, .rotary = false},
                                           attention_form<unscaled, Features...>>>,
                  gpt2::expansion>;
  using layer = cycle<layer_of<>, layer_of<windowed>>;
  using last_norm = gpt2::last_norm;

  /// GGUF has no such architecture.
  static constexpr tensor_names names{
      std::array{named{outer_matrix::embedding, {}, "transformer.wte.weight"},
                 named{outer_matrix::positions, {}, "transformer.wpe.weight"},
                 named{vector_role::attention_norm, {}, "transformer.h.#.ln_1.weight"},
                 named{vector_role::attention_norm_bias, {}, "transformer.h.#.ln_1.bias"},
                 named{role::query, {}, "transformer.h.#.attn.attention.q_proj.weight"},
                 named{role::key, {}, "transformer.h.#.attn.attention.k_proj.weight"},
                 named{role::value, {}, "transformer.h.#.attn.attention.v_proj.weight"},
                 named{role::output, {}, "transformer.h.#.attn.attention.out_proj.weight"},
                 named{vector_role::output_bias, {}, "transformer.h.#.attn.attention.out_proj.bias"},
                 named{vector_role::ffn_norm, {}, "transformer.h.#.ln_2.weight"},
                 named{vector_role::ffn_norm_bias, {}, "transformer.h.#.ln_2.bias"},
                 named{role::up, {}, "transformer.h.#.mlp.c_fc.weight"},
                 named{vector_role::up_bias, {}, "transformer.h.#.mlp.c_fc.bias"},
                 named{role::down, {}, "transformer.h.#.mlp.c_proj.weight"},
                 named{vector_role::down_bias, {}, "transformer.h.#.mlp.c_proj.bias"},
                 named{vector_role::final_norm, {}, "transformer.ln_f.weight"},
                 named{vector_role::final_norm_bias, {}, "transformer.ln_f.bias"},
                 named{outer_matrix::head, {}, "lm_head.weight"}}};
};

}  // namespace mote::inline v0
