// SPDX-License-Identifier: BSL-1.0
#include "mote/family/qwen.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include "../model/plain_qwen.hpp"
#include "against_reference.hpp"

namespace {

constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 2,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 37,
                        .context = 32,
                        .tied_head = false,
                        .rope_theta = 1e6F,
                        .norm_epsilon = 1e-6F};

/// The same model with so many layers.
constexpr mote::shape of_layers(std::size_t layers) {
  mote::shape with = s;
  with.layers = layers;
  return with;
}

template <class Family>
mote_tests::plain_qwen reference(std::size_t layers) {
  return mote_tests::plain_qwen::random(
      {.generation = std::is_same_v<Family, mote::qwen2> ? mote_tests::qwen::two : mote_tests::qwen::three,
       .dim = s.dim,
       .hidden = s.hidden,
       .layers = layers,
       .heads = s.heads,
       .kv_heads = s.kv_heads,
       .head_dim = s.head_dim(),
       .vocab = s.vocab,
       .context = s.context,
       .tied_head = s.tied_head,
       .rope_theta = static_cast<double>(s.rope_theta),
       .norm_epsilon = static_cast<double>(s.norm_epsilon),
       .pairs = mote_tests::rope_pairs::neighbours},
      4);
}

}  // namespace

TEMPLATE_TEST_CASE(
    "Qwen: logits are those of its definition in double precision, one by one, several at once, and where "
    "it learns",
    "[family]", mote::qwen2, mote::qwen3) {
  for (const std::size_t layers : {1U, 2U}) {
    mote_tests::plain_qwen m = reference<TestType>(layers);
    const mote_tests::against_reference<TestType, 4, mote_tests::plain_qwen> mine(of_layers(layers), m);
    mine.check_forward(mote_tests::family_tokens(21, s.vocab));
  }
}

TEMPLATE_TEST_CASE("Qwen: gradients of every tensor are those of its definition", "[family]", mote::qwen2,
                   mote::qwen3) {
  for (const std::size_t layers : {1U, 2U}) {
    mote_tests::plain_qwen m = reference<TestType>(layers);
    mote_tests::against_reference<TestType, 4, mote_tests::plain_qwen> mine(of_layers(layers), m);
    mine.check_gradients(mote_tests::family_tokens(13, s.vocab), 2);
    mine.check_last_layers(mote_tests::family_tokens(13, s.vocab));
    mine.check_scales(mote_tests::family_tokens(13, s.vocab), 2);
    mine.check_virtual_tokens(3);
    mine.check_prefix(3);
  }
}
