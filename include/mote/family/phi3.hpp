// SPDX-License-Identifier: BSL-1.0
// Phi-3 (arXiv 2404.14219): Llama with a window, whose files hold query, key and value in one tensor, and gate and up.
// Refuses the two lists of rotary factors of its models for long contexts: a position's rotation would depend on the
// length of the text.
#pragma once

#include <array>
#include <string_view>

#include "mote/family/llama.hpp"

namespace mote::inline v0 {

struct phi3 {
  static constexpr std::string_view name = "phi3";
  using embedding = token_embedding;
  using layer = in_sequence<
      residual<rms_norm_block<vector_role::attention_norm>, rotary_attention_with<attention_form<windowed>>>,
      residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names = [] {
    constexpr std::string_view qkv = "model.layers.#.self_attn.qkv_proj.weight";
    constexpr std::string_view gate_up = "model.layers.#.mlp.gate_up_proj.weight";
    return llama::names.with({role::query, "blk.#.attn_qkv.weight", qkv, 1})
        .with({role::key, "blk.#.attn_qkv.weight", qkv, 2})
        .with({role::value, "blk.#.attn_qkv.weight", qkv, 3})
        .with({role::gate, "blk.#.ffn_up.weight", gate_up, 1})
        .with({role::up, "blk.#.ffn_up.weight", gate_up, 2})
        .and_also(std::array<named, 0>{}, {.rotates_halves = true}, {.rotates_halves = true});
  }();
};

}  // namespace mote::inline v0
