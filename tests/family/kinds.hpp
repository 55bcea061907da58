// SPDX-License-Identifier: BSL-1.0
// Families of the tests' own whose layers differ: attention and a feed-forward, then two layers of two feed-forwards each,
// one of them with names of its own.
// Refuses a reference: tests/family/kinds.cpp has one.
#pragma once

#include "mote/family/gpt2.hpp"
#include "mote/family/llama.hpp"

namespace mote_tests::kinds {

using mote::own_role;
using mote::own_vector;
using mote::vector_role;

using feed = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>;
using second = mote::residual<
    mote::layer_norm_block<own_vector(0), vector_role::none>,
    mote::feed_forward<mote::gelu,
                       mote::feed_forward_tensors{.up = own_role(0), .down = own_role(1), .up_bias = own_vector(1)}>>;
using attends =
    mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>, feed>;
using feeds = mote::in_sequence<feed, second>;

struct mixed_layers {
  using embedding = mote::token_embedding;
  using layer = mote::cycle<attends, feeds, feeds>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};

struct single_blocks : mixed_layers {
  using layer = mote::cycle<
      feeds,
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>>>;
};

}  // namespace mote_tests::kinds
