// SPDX-License-Identifier: BSL-1.0
// Gemma 2 (arXiv 2408.00118): embeddings times sqrt(dim), norms before and behind each block, a gate of GELU, soft-caps
// of scores and logits, a window in every second layer.
// Refuses another order of layers than window, all, window, all.
#pragma once

#include <array>
#include <string_view>

#include "mote/block/head.hpp"
#include "mote/family/llama.hpp"

namespace mote::inline v0 {

namespace detail {
template <attention_tensors Has, class... Features>
using gemma_layer =
    in_sequence<residual<rms_norm_block<vector_role::attention_norm>,
                         attention_block<Has, attention_form<score_scaled, Features...>>,
                         rms_norm_block<vector_role::post_attention_norm>>,
                residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<feed_forward_tensors{}, gelu>,
                         rms_norm_block<vector_role::post_ffn_norm>>>;
constexpr named post_attention_norm{vector_role::post_attention_norm, "blk.#.post_attention_norm.weight",
                                    "model.layers.#.post_attention_layernorm.weight"};
constexpr named post_ffn_norm{vector_role::post_ffn_norm, "blk.#.post_ffw_norm.weight",
                              "model.layers.#.post_feedforward_layernorm.weight"};
constexpr file_order gemma_in_gguf{.rotates_halves = true};
constexpr file_order gemma_in_safetensors{.rotates_halves = true, .gains_less_one = true};
constexpr auto gemma_names = llama::names.with(
    {vector_role::ffn_norm, "blk.#.ffn_norm.weight", "model.layers.#.pre_feedforward_layernorm.weight"});
}  // namespace detail

struct gemma2 {
  static constexpr std::string_view name = "gemma2";
  using embedding = scaled_token_embedding;
  using layer = cycle<detail::gemma_layer<attention_tensors{}, softcapped, windowed>,
                      detail::gemma_layer<attention_tensors{}, softcapped>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;
  using head = softcapped_head;

  static constexpr auto names =
      detail::gemma_names.and_also(std::array{detail::post_attention_norm, detail::post_ffn_norm},
                                   detail::gemma_in_gguf, detail::gemma_in_safetensors);
};

}  // namespace mote::inline v0
