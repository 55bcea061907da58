// SPDX-License-Identifier: BSL-1.0
#include "mote/family/gpt2.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "../model/plain_gpt2.hpp"
#include "against_reference.hpp"

namespace {

// Nothing is a multiple of 16.
constexpr mote::shape s{
    .dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 29, .norm_epsilon = 1e-5F};

/// The same model with so many layers.
constexpr mote::shape of_layers(std::size_t layers) {
  mote::shape with = s;
  with.layers = layers;
  return with;
}

mote_tests::plain_gpt2 reference(std::size_t layers) {
  return mote_tests::plain_gpt2::random({.dim = s.dim,
                                         .hidden = s.hidden,
                                         .layers = layers,
                                         .heads = s.heads,
                                         .vocab = s.vocab,
                                         .context = s.context,
                                         .norm_epsilon = static_cast<double>(s.norm_epsilon)},
                                        3);
}

}  // namespace

namespace {
template <std::size_t Rows>
using row_count = std::integral_constant<std::size_t, Rows>;
#if MOTE_TEST_FEW_TYPES
using row_counts = std::tuple<row_count<16>>;
#else
using row_counts = std::tuple<row_count<1>, row_count<16>>;
#endif
}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "GPT-2: logits are those of its definition in double precision, one by one, several at once, and "
    "where it learns",
    "[family]", row_counts) {
  for (const std::size_t layers : {1U, 2U}) {
    mote_tests::plain_gpt2 m = reference(layers);
    const mote_tests::against_reference<mote::gpt2, TestType::value, mote_tests::plain_gpt2> mine(of_layers(layers), m);
    mine.check_forward(mote_tests::family_tokens(21, s.vocab));
  }
}

TEMPLATE_LIST_TEST_CASE("GPT-2: gradients of every tensor are those of its definition", "[family]", row_counts) {
  for (const std::size_t layers : {1U, 2U}) {
    mote_tests::plain_gpt2 m = reference(layers);
    mote_tests::against_reference<mote::gpt2, TestType::value, mote_tests::plain_gpt2> mine(of_layers(layers), m);
    mine.check_gradients(mote_tests::family_tokens(13, s.vocab), 2);
    mine.check_last_layers(mote_tests::family_tokens(13, s.vocab));
    mine.check_scales(mote_tests::family_tokens(13, s.vocab), 2);
    mine.check_virtual_tokens(3);
    mine.check_prefix(3);
  }
}
