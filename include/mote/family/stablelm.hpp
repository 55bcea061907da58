// SPDX-License-Identifier: BSL-1.0
// StableLM (arXiv 2402.17834): Llama with LayerNorm, and rotary positions of the first shape.rotary_dim() channels of a
// head. stablelm: 3B; stablelm2: 1.6B, with biases of query, key and value.
// Refuses 12B: parallel blocks and norms of query and key heads.
#pragma once

#include <array>
#include <string_view>

#include "mote/family/qwen.hpp"

namespace mote::inline v0 {

namespace detail {
template <attention_tensors Has>
using stable_layer = in_sequence<
    residual<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>, attention_block<Has>>,
    residual<layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>, gated_feed_forward<>>>;
constexpr std::array stable_biases{
    named{vector_role::attention_norm_bias, "blk.#.attn_norm.bias", "model.layers.#.input_layernorm.bias"},
    named{vector_role::ffn_norm_bias, "blk.#.ffn_norm.bias", "model.layers.#.post_attention_layernorm.bias"},
    named{vector_role::final_norm_bias, "output_norm.bias", "model.norm.bias"}};
}  // namespace detail

struct stablelm {
  static constexpr std::string_view name = "stablelm";
  using embedding = token_embedding;
  using layer = detail::stable_layer<attention_tensors{.rotary_part = true}>;
  using last_norm = layer_norm_block<vector_role::final_norm, vector_role::final_norm_bias>;

  static constexpr auto names =
      llama::names.and_also(detail::stable_biases, {.rotates_halves = true}, {.rotates_halves = true});
};

struct stablelm2 {
  static constexpr std::string_view name = "stablelm2";
  using embedding = token_embedding;
  using layer = detail::stable_layer<attention_tensors{.query_bias = vector_role::query_bias,
                                                       .key_bias = vector_role::key_bias,
                                                       .value_bias = vector_role::value_bias,
                                                       .rotary_part = true}>;
  using last_norm = stablelm::last_norm;

  static constexpr auto names =
      qwen2::names.and_also(detail::stable_biases, {.rotates_halves = true}, {.rotates_halves = true});
};

}  // namespace mote::inline v0
