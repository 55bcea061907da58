// SPDX-License-Identifier: BSL-1.0
// The text models of Gemma 3 (arXiv 2503.19786): Gemma 2 without soft-caps, with norms of query and key heads. Five
// layers of six see a window and have a rotary base of their own (shape.local_theta).
// Refuses images, and the bidirectional attention of models trained for embeddings.
#pragma once

#include <array>
#include <string_view>

#include "mote/family/gemma2.hpp"

namespace mote::inline v0 {

struct gemma3 {
  static constexpr std::string_view name = "gemma3";
  using embedding = scaled_token_embedding;
  static constexpr attention_tensors global{.query_norm = vector_role::query_norm, .key_norm = vector_role::key_norm};
  static constexpr attention_tensors local{
      .query_norm = vector_role::query_norm, .key_norm = vector_role::key_norm, .rotary_local = true};
  using near_layer = detail::gemma_layer<local, windowed>;
  using layer = cycle<near_layer, near_layer, near_layer, near_layer, near_layer, detail::gemma_layer<global>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names = gemma2::names.and_also(
      std::array{named{vector_role::query_norm, "blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight"},
                 named{vector_role::key_norm, "blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight"}},
      detail::gemma_in_gguf, detail::gemma_in_safetensors);
};

}  // namespace mote::inline v0
