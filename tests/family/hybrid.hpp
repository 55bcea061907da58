// SPDX-License-Identifier: BSL-1.0
// A family of the tests' own: windowed attention and a gated short convolution of any length in turn, each with a gated
// feed-forward. The convolution's tensors have a user's names.
// Refuses a reference: tests/family/hybrid.cpp has one.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/block/short_convolution.hpp"
#include "mote/family/llama.hpp"

namespace mote_tests::hybrids {

using mote::own_role;
using mote::own_vector;
using mote::role;
using mote::vector_role;

template <std::size_t Taps>
using short_convolution =
    mote::short_convolution<Taps, mote::short_convolution_tensors{
                                      .input = own_role(0), .output = own_role(1), .taps = own_vector(0)}>;

template <std::size_t Taps>
struct hybrid {
  static constexpr std::string_view name = "of the tests, with a convolution";
  using embedding = mote::token_embedding;
  using norm = mote::rms_norm_block<vector_role::attention_norm>;
  using feed = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>;
  using attention = mote::attention_block<mote::attention_tensors{.query_norm = vector_role::query_norm,
                                                                  .key_norm = vector_role::key_norm},
                                          mote::attention_form<mote::windowed>>;
  using attends = mote::in_sequence<mote::residual<norm, attention>, feed>;
  using convolves = mote::in_sequence<mote::residual<norm, short_convolution<Taps>>, feed>;
  using layer = mote::cycle<attends, convolves>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};

}  // namespace mote_tests::hybrids
