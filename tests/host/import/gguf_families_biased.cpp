// SPDX-License-Identifier: BSL-1.0
// As gguf_families.cpp, for the families with LayerNorm, whose norms and matrices have biases.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <type_traits>

#include "family_folder.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/stablelm.hpp"

namespace {

using mote_tests::biased;
using mote_tests::check_import;
using mote_tests::family_gguf;
using mote_tests::gguf_parts;
using mote_tests::partly_rotated;
using mote_tests::plain_published;
using nlohmann::json;

}  // namespace

TEST_CASE("gguf: a GPT-2, with learned positions", "[host][gguf]") {
  const mote::shape s{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 29};
  mote_tests::published p = biased(s);
  p.learned_positions = true;
  p.turning = 0;
  plain_published m = plain_published::random(p, 41);
  check_import<mote::gpt2>(m, family_gguf(m, {.architecture = "gpt2", .joins_attention = true, .layer_norms = true}),
                           s);
}

TEST_CASE("gguf: a GPT-NeoX, which rotates a part of each head", "[host][gguf]") {
  const mote::shape& s = partly_rotated;
  mote_tests::published p = biased(s);
  p.turning = 4;
  p.join = mote_tests::residual::parallel;
  p.act = mote_tests::activation::gelu_erf;
  plain_published m = plain_published::random(p, 42);
  gguf_parts g = family_gguf(m, {.architecture = "gptneox", .joins_attention = true, .layer_norms = true});
  g.value("gptneox.rope.dimension_count", 4, 4U);
  g.value("gptneox.use_parallel_residual", 7, true);
  check_import<mote::gpt_neox>(m, g, s);
}

TEST_CASE("gguf: a Phi-2, with one norm a layer and a bias of the head", "[host][gguf]") {
  const mote::shape& s = partly_rotated;
  mote_tests::published p = biased(s);
  p.turning = 4;
  p.join = mote_tests::residual::parallel_one_norm;
  p.head_biased = true;
  plain_published m = plain_published::random(p, 43);
  gguf_parts g = family_gguf(m, {.architecture = "phi2", .layer_norms = true});
  g.value("phi2.rope.dimension_count", 4, 4U);
  check_import<mote::phi2>(m, g, s);
  gguf_parts joined = family_gguf(m, {.architecture = "phi2", .joins_attention = true, .layer_norms = true});
  joined.value("phi2.rope.dimension_count", 4, 4U);
  check_import<mote::phi2>(m, joined, s);  // as files of 2023 have it

  json config = mote_tests::sizes(s, "phi");
  config.update({{"layer_norm_eps", 1e-5},
                 {"partial_rotary_factor", 0.4},
                 {"hidden_act", "gelu_new"},
                 {"qk_layernorm", false},
                 {"tie_word_embeddings", false}});
  const std::string layer = "model.layers.#.";
  mote_tests::folder_habits h{.names = mote_tests::llama_names()};
  h.names["final_norm"] = "model.final_layernorm";
  h.names["output"] = layer + "self_attn.dense";
  h.names["up"] = layer + "mlp.fc1";
  h.names["down"] = layer + "mlp.fc2";
  mote_tests::check_folder<mote::phi2>(m, h, config, s);
}

TEMPLATE_TEST_CASE("gguf: a StableLM, with biases of query, key and value and without", "[host][gguf]", mote::stablelm,
                   mote::stablelm2) {
  const mote::shape& s = partly_rotated;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.turning = 4;
  p.norm = mote_tests::norm_kind::layer;
  p.input_biased = std::is_same_v<TestType, mote::stablelm2>;
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 44);
  gguf_parts g = family_gguf(m, {.architecture = "stablelm", .layer_norms = true});
  g.value("stablelm.rope.dimension_count", 4, 4U);
  g.value("stablelm.use_parallel_residual", 7, true);  // as llama.cpp's converter writes where config.json says nothing
  check_import<TestType>(m, g, s);
  gguf_parts joined = family_gguf(m, {.architecture = "stablelm", .joins_attention = true, .layer_norms = true});
  joined.value("stablelm.rope.dimension_count", 4, 4U);
  check_import<TestType>(m, joined, s);

  json config = mote_tests::sizes(s, "stablelm");
  config.update({{"layer_norm_eps", 1e-5},
                 {"partial_rotary_factor", 0.4},
                 {"use_qkv_bias", std::is_same_v<TestType, mote::stablelm2>},
                 {"use_parallel_residual", false},
                 {"tie_word_embeddings", false}});
  mote_tests::check_folder<TestType>(m, {.names = mote_tests::llama_names()}, config, s);
}
