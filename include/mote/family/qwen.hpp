// SPDX-License-Identifier: BSL-1.0
// Qwen2 (arXiv 2407.10671): Llama with biases on query, key and value. Qwen3 (arXiv 2505.09388): Llama with an RMSNorm
// of each query and key head before the rotation. A rotary pair is two adjacent channels, as in every family here; the
// files pair channels half a head apart, so an importer permutes rows.
// Refuses a shape with a window, a soft-cap or a score scale: no block of either reads them.
#pragma once

#include <array>
#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/residual.hpp"
#include "mote/family/llama.hpp"

namespace mote::inline v0 {

struct qwen2 {
  static constexpr std::string_view name = "qwen2";
  using embedding = token_embedding;
  using layer = in_sequence<residual<rms_norm_block<vector_role::attention_norm>,
                                     attention_block<attention_tensors{.query_bias = vector_role::query_bias,
                                                                       .key_bias = vector_role::key_bias,
                                                                       .value_bias = vector_role::value_bias}>>,
                            residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names = llama::names.and_also(
      std::array{named{vector_role::query_bias, "blk.#.attn_q.bias", "model.layers.#.self_attn.q_proj.bias"},
                 named{vector_role::key_bias, "blk.#.attn_k.bias", "model.layers.#.self_attn.k_proj.bias"},
                 named{vector_role::value_bias, "blk.#.attn_v.bias", "model.layers.#.self_attn.v_proj.bias"}},
      {.rotates_halves = true}, {.rotates_halves = true});
};

struct qwen3 {
  static constexpr std::string_view name = "qwen3";
  using embedding = token_embedding;
  using layer = in_sequence<residual<rms_norm_block<vector_role::attention_norm>,
                                     attention_block<attention_tensors{.query_norm = vector_role::query_norm,
                                                                       .key_norm = vector_role::key_norm}>>,
                            residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names = llama::names.and_also(
      std::array{named{vector_role::query_norm, "blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight"},
                 named{vector_role::key_norm, "blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight"}},
      {.rotates_halves = true}, {.rotates_halves = true});
};

}  // namespace mote::inline v0
