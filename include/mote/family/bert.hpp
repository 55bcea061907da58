// SPDX-License-Identifier: BSL-1.0
// BERT (Devlin et al. 2018, arXiv 1810.04805) and encoders of its architecture, as MiniLM and BGE: each token sees all
// others, learned positions, LayerNorm behind each sum, GELU by the error function, a bias for every matrix.
// Refuses pairs of texts: of the types of tokens it has the first. It has no head, and does not learn.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/post_norm.hpp"
#include "mote/block/residual.hpp"
#include "mote/model/pooling.hpp"
#include "mote/model/run_attention.hpp"
#include "mote/model/tensor_names.hpp"

namespace mote::inline v0 {

/// The rows of a token, of its position and of the first type of tokens, and Norm of their sum.
template <class Norm>
struct typed_embedding {
  using parts = part_list<Norm>;
  static constexpr bool positions = true;
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) {
    return std::array{vector_tensor{vector_role::token_type, s.dim}};
  }
  template <int At>
  using forward_buffers = token_and_position_embedding::forward_buffers<At>;

  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, std::size_t token, std::size_t position, float* x) {
    token_and_position_embedding::forward(p, token, position, x);
    add_to(x, p.template vector<vector_role::token_type>(), p.shape().dim);
    Norm::forward(p, x, x);
  }
};

struct bert {
  static constexpr std::string_view name = "bert";
  using embedding = typed_embedding<layer_norm_block<vector_role::embedding_norm, vector_role::embedding_norm_bias>>;
  using layer = in_sequence<post_norm<layer_norm_block<vector_role::attention_norm, vector_role::attention_norm_bias>,
                                      attention_block<biased({.rotary = false}), attention_form<in_one_run>>>,
                            post_norm<layer_norm_block<vector_role::ffn_norm, vector_role::ffn_norm_bias>,
                                      feed_forward<exact_gelu, biased_feed_forward>>>;
  using last_norm = no_norm;

  static constexpr tensor_names names{std::array{
      named{outer_matrix::embedding, "token_embd.weight", "embeddings.word_embeddings.weight"},
      named{outer_matrix::positions, "position_embd.weight", "embeddings.position_embeddings.weight"},
      named{vector_role::token_type, "token_types.weight", "embeddings.token_type_embeddings.weight"},
      named{vector_role::embedding_norm, "token_embd_norm.weight", "embeddings.LayerNorm.weight"},
      named{vector_role::embedding_norm_bias, "token_embd_norm.bias", "embeddings.LayerNorm.bias"},
      named{role::query, "blk.#.attn_q.weight", "encoder.layer.#.attention.self.query.weight"},
      named{vector_role::query_bias, "blk.#.attn_q.bias", "encoder.layer.#.attention.self.query.bias"},
      named{role::key, "blk.#.attn_k.weight", "encoder.layer.#.attention.self.key.weight"},
      named{vector_role::key_bias, "blk.#.attn_k.bias", "encoder.layer.#.attention.self.key.bias"},
      named{role::value, "blk.#.attn_v.weight", "encoder.layer.#.attention.self.value.weight"},
      named{vector_role::value_bias, "blk.#.attn_v.bias", "encoder.layer.#.attention.self.value.bias"},
      named{role::output, "blk.#.attn_output.weight", "encoder.layer.#.attention.output.dense.weight"},
      named{vector_role::output_bias, "blk.#.attn_output.bias", "encoder.layer.#.attention.output.dense.bias"},
      named{vector_role::attention_norm, "blk.#.attn_output_norm.weight",
            "encoder.layer.#.attention.output.LayerNorm.weight"},
      named{vector_role::attention_norm_bias, "blk.#.attn_output_norm.bias",
            "encoder.layer.#.attention.output.LayerNorm.bias"},
      named{role::up, "blk.#.ffn_up.weight", "encoder.layer.#.intermediate.dense.weight"},
      named{vector_role::up_bias, "blk.#.ffn_up.bias", "encoder.layer.#.intermediate.dense.bias"},
      named{role::down, "blk.#.ffn_down.weight", "encoder.layer.#.output.dense.weight"},
      named{vector_role::down_bias, "blk.#.ffn_down.bias", "encoder.layer.#.output.dense.bias"},
      named{vector_role::ffn_norm, "blk.#.layer_output_norm.weight", "encoder.layer.#.output.LayerNorm.weight"},
      named{vector_role::ffn_norm_bias, "blk.#.layer_output_norm.bias", "encoder.layer.#.output.LayerNorm.bias"}}};
};

}  // namespace mote::inline v0
