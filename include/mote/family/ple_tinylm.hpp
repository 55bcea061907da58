// SPDX-License-Identifier: BSL-1.0
// The 28.9M model of esp32-ai (model_type ple-tinylm): a small Llama whose layers each look up a row of a table in
// flash for the token at hand, as Gemma 3n and 4 do (block/per_layer_embedding.hpp).
// Refuses key heads that query heads share: its files join query, key and value of one width.
#pragma once

#include <array>
#include <string_view>

#include "mote/block/per_layer_embedding.hpp"
#include "mote/family/llama.hpp"

namespace mote::inline v0 {

namespace detail {
constexpr auto ple_llama() {  // GGUF has no such architecture
  auto names = llama::names;
  for (named& n : names.all) n.gguf = {};
  return names;
}
constexpr std::array ple_names{named{per_layer::norm, "", "model.ple_proj_norm.weight"},
                               named{per_layer::input, "", "model.ple_model_proj.weight"},
                               named{per_layer::table, "", "model.ple_table.weight"},
                               named{per_layer::gate, "", "model.layers.#.ple_gate.weight"},
                               named{per_layer::output, "", "model.layers.#.ple_proj.weight"},
                               named{per_layer::post_norm, "", "model.layers.#.ple_norm.weight"}};
}  // namespace detail

struct ple_tinylm {
  static constexpr std::string_view name = "ple_tinylm";
  using embedding = embedding_for_layers<token_embedding>;
  using layer = in_sequence<residual<rms_norm_block<vector_role::attention_norm>, rotary_attention>,
                            residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>,
                            residual<no_norm, per_layer_embedding<exact_gelu>, rms_norm_block<per_layer::post_norm>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names = detail::ple_llama()
                                    .with({role::query, "", "model.layers.#.self_attn.qkv.weight", 1})
                                    .with({role::key, "", "model.layers.#.self_attn.qkv.weight", 2})
                                    .with({role::value, "", "model.layers.#.self_attn.qkv.weight", 3})
                                    .and_also(detail::ple_names, {}, {.rotates_halves = true});
};

}  // namespace mote::inline v0
