// SPDX-License-Identifier: BSL-1.0
// Llama and what is built like it (Touvron et al. 2023, arXiv 2302.13971): RMSNorm, rotary positions, grouped-query
// attention, gated feed-forward with SiLU.
#pragma once

#include <string_view>

#include "mote/block/attention.hpp"
#include "mote/block/embedding.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/norm.hpp"
#include "mote/block/residual.hpp"

namespace mote::inline v0 {

struct llama {
  static constexpr std::string_view name = "llama";
  using embedding = token_embedding;
  using layer = in_sequence<residual<rms_norm_block<vector_role::attention_norm>, rotary_attention>,
                            residual<rms_norm_block<vector_role::ffn_norm>, gated_feed_forward<>>>;
  using last_norm = rms_norm_block<vector_role::final_norm>;
};

}  // namespace mote::inline v0
