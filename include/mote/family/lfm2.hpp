// SPDX-License-Identifier: BSL-1.0
// LFM2 (arXiv 2511.23404): layers of gated short convolutions, whose state does not grow with the text, and layers that
// attend, with norms of query and key heads. lfm2 has the order of LFM2-350M, 700M and 1.2B; lfm2_layers<"cca">
// another.
// Refuses biases of convolutions (conv_bias) and mixtures of experts.
#pragma once

#include <array>
#include <string_view>

#include "mote/block/short_convolution.hpp"
#include "mote/family/llama.hpp"

namespace mote::inline v0 {

namespace detail {
constexpr std::array lfm2_names{
    named{vector_role::query_norm, "blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_layernorm.weight"},
    named{vector_role::key_norm, "blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_layernorm.weight"},
    named{role::convolution_input, "blk.#.shortconv.in_proj.weight", "model.layers.#.conv.in_proj.weight"},
    named{role::convolution_output, "blk.#.shortconv.out_proj.weight", "model.layers.#.conv.out_proj.weight"},
    named{vector_role::convolution_taps, "blk.#.shortconv.conv.weight", "model.layers.#.conv.conv.weight"}};
}  // namespace detail

/// One letter a layer, c: convolution, a: attention.
template <std::size_t Length>
struct layer_order {
  char letters[Length + 5]{};
  consteval layer_order(const char (&order)[Length]) {
    for (std::size_t i = 0; i < Length + 5; ++i) letters[i] = i < 5 ? "lfm2 "[i] : order[i - 5];
  }
};

template <layer_order Order>
struct lfm2_layers {
  static constexpr std::string_view name{Order.letters};
  using embedding = token_embedding;
  using norm = rms_norm_block<vector_role::attention_norm>;
  using expansion = residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>;
  using attends = in_sequence<residual<norm, attention_block<attention_tensors{.query_norm = vector_role::query_norm,
                                                                               .key_norm = vector_role::key_norm}>>,
                              expansion>;
  using convolves = in_sequence<residual<norm, short_convolution<>>, expansion>;
  template <std::size_t... Layer>
  static cycle<std::conditional_t<name[5 + Layer] == 'a', attends, convolves>...> of(std::index_sequence<Layer...>);
  using layer = decltype(of(std::make_index_sequence<name.size() - 5>{}));
  using last_norm = rms_norm_block<vector_role::final_norm>;

  static constexpr auto names =
      llama::names.with({vector_role::attention_norm, "blk.#.attn_norm.weight", "model.layers.#.operator_norm.weight"})
          .with({role::output, "blk.#.attn_output.weight", "model.layers.#.self_attn.out_proj.weight"})
          .with({vector_role::ffn_norm, "blk.#.ffn_norm.weight", "model.layers.#.ffn_norm.weight"})
          .with({role::gate, "blk.#.ffn_gate.weight", "model.layers.#.feed_forward.w1.weight"})
          .with({role::up, "blk.#.ffn_up.weight", "model.layers.#.feed_forward.w3.weight"})
          .with({role::down, "blk.#.ffn_down.weight", "model.layers.#.feed_forward.w2.weight"})
          .with({vector_role::final_norm, "token_embd_norm.weight", "model.embedding_norm.weight"})
          .and_also(detail::lfm2_names, {.rotates_halves = true}, {.rotates_halves = true});
};
using lfm2 = lfm2_layers<"ccaccaccacacacac">;

}  // namespace mote::inline v0
