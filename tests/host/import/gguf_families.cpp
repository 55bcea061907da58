// SPDX-License-Identifier: BSL-1.0
// A GGUF file of each family, from bytes to logits: those of the family's definition in double precision, which reads
// the tensors as the file has them. gguf_families_biased.cpp has the families with biases. Of those that safetensors.cpp has
// not, the same model as a folder.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "family_folder.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/qwen.hpp"

namespace {

using mote_tests::check_import;
using mote_tests::family_gguf;
using mote_tests::gguf_parts;
using mote_tests::plain_published;
using mote_tests::plain_shape;
using nlohmann::json;

}  // namespace

TEST_CASE("gguf: a Llama 3.1, with the divisors of its rotary frequencies", "[host][gguf]") {
  mote::shape s = plain_shape;
  s.rope_theta = 50;
  s.head_width = 12;
  s.rope = {.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 40};
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) {
    return mote_tests::published_layer{
        .rope_theta = 50, .stretch = {.factor = 8, .low_freq_factor = 1, .high_freq_factor = 4, .original = 40}};
  };
  plain_published m = plain_published::random(p, 31);
  gguf_parts g = family_gguf(m, {});
  g.value("llama.rope.freq_base", 6, 50.0F);
  g.value("llama.attention.key_length", 4, 12U);
  g.value("llama.attention.value_length", 4, 12U);
  g.value("llama.rope.dimension_count", 4, 12U);
  g.value("llama.rope.scaling.original_context_length", 4, 40U);
  mote_tests::byte_writer divisors;
  for (int i = 0; i < 6; ++i) {  // as llama.cpp's converter writes them
    const double wavelength = 2 * std::acos(-1.0) * std::pow(50.0, i / 6.0);
    const double smooth = (40 / wavelength - 1) / 3;
    divisors.put(static_cast<float>(wavelength < 10 ? 1 : wavelength > 40 ? 8 : 1 / ((1 - smooth) / 8 + smooth)));
  }
  g.add("rope_freqs.weight", {6}, mote::host::gguf_type::f32, divisors.bytes);
  check_import<mote::llama>(m, g, s);

  const float one = 1;
  for (std::size_t i = 0; i < 6; ++i) std::memcpy(g.tensors.back().bytes.data() + 4 * i, &one, 4);
  s.rope = {};
  const auto bytes = g.file();
  CHECK(mote::host::open_gguf(bytes, "x.gguf").weights->shape() == s);
}

TEMPLATE_TEST_CASE("gguf: a Qwen2, with biases, and a Qwen3, with norms of heads", "[host][gguf]", mote::qwen2,
                   mote::qwen3) {
  constexpr bool second = std::is_same_v<TestType, mote::qwen2>;
  for (const bool tied : {true, false}) {
    mote::shape s = plain_shape;
    s.rope_theta = 1e6F;
    s.norm_epsilon = 1e-6F;
    s.tied_head = tied;
    if (!second) s.head_width = 10;
    mote_tests::published p = mote_tests::sizes_of(s);
    p.layer = [](std::size_t) { return mote_tests::published_layer{.rope_theta = 1e6}; };
    p.pairs = mote_tests::rope_pairs::halves;
    p.input_biased = second;
    p.head_norms = !second;
    plain_published m = plain_published::random(p, 32);
    const std::string name = second ? "qwen2" : "qwen3";
    gguf_parts g = family_gguf(m, {.architecture = name});
    g.value(name + ".rope.freq_base", 6, 1e6F);
    if (!second) {
      g.value("qwen3.attention.key_length", 4, 10U);
      g.value("qwen3.attention.value_length", 4, 10U);
    }
    check_import<TestType>(m, g, s);
    if constexpr (second) {
      json config = mote_tests::sizes(s, "qwen2");
      config.update({{"num_key_value_heads", 2},
                     {"rms_norm_eps", 1e-6},
                     {"rope_theta", 1e6},
                     {"use_sliding_window", false},
                     {"tie_word_embeddings", tied}});
      mote_tests::check_folder<mote::qwen2>(m, {.names = mote_tests::llama_names()}, config, s);
    }
  }
}

TEST_CASE("gguf: a Gemma 2, with soft-caps and a window in every second layer", "[host][gguf]") {
  mote::shape s = plain_shape;
  s.layers = 3;
  s.head_width = 10;
  s.window = 6;
  s.softcap = 3;
  s.logit_softcap = 4;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t l) { return mote_tests::published_layer{.window = l % 2 == 0 ? 6U : 0U}; };
  p.embedding_scale = std::sqrt(24.0);
  p.norms_behind = true;
  p.act = mote_tests::activation::gelu_tanh;
  p.softcap = 3;
  p.logit_softcap = 4;
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 33);
  gguf_parts g = family_gguf(m, {.architecture = "gemma2"});
  g.value("gemma2.attention.key_length", 4, 10U);
  g.value("gemma2.attention.value_length", 4, 10U);
  g.value("gemma2.attention.sliding_window", 4, 6U);
  g.value("gemma2.attn_logit_softcapping", 6, 3.0F);
  g.value("gemma2.final_logit_softcapping", 6, 4.0F);
  check_import<mote::gemma2>(m, g, s);

  json config = mote_tests::sizes(s, "gemma2");
  config.update({{"num_key_value_heads", 2},
                 {"head_dim", 10},
                 {"rms_norm_eps", 1e-5},
                 {"query_pre_attn_scalar", 10},
                 {"sliding_window", 6},
                 {"attn_logit_softcapping", 3.0},
                 {"final_logit_softcapping", 4.0}});
  mote_tests::folder_habits h{.names = mote_tests::llama_names(), .gains_less_one = true};
  h.names["post_attention_norm"] = "model.layers.#.post_attention_layernorm";
  h.names["ffn_norm"] = "model.layers.#.pre_feedforward_layernorm";
  h.names["post_ffn_norm"] = "model.layers.#.post_feedforward_layernorm";
  mote_tests::check_folder<mote::gemma2>(m, h, config, s);
}

TEST_CASE("gguf: a Gemma 3, with two rotary bases and a window in five layers of six", "[host][gguf]") {
  mote::shape s = plain_shape;
  s.layers = 7;
  s.rope_theta = 1e6F;
  s.local_theta = 100;
  s.norm_epsilon = 1e-6F;
  s.head_width = 10;
  s.window = 6;
  s.rope.factor = 8;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t l) -> mote_tests::published_layer {
    if (l % 6 == 5) return {.rope_theta = 1e6, .stretch = {.factor = 8}};
    return {.window = 6, .rope_theta = 100};
  };
  p.embedding_scale = std::sqrt(24.0);
  p.norms_behind = true;
  p.head_norms = true;
  p.act = mote_tests::activation::gelu_tanh;
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 34);
  gguf_parts g = family_gguf(m, {.architecture = "gemma3"});
  g.value("gemma3.attention.key_length", 4, 10U);
  g.value("gemma3.attention.value_length", 4, 10U);
  g.value("gemma3.attention.sliding_window", 4, 6U);
  g.value("gemma3.rope.freq_base", 6, 1e6F);
  g.value("gemma3.rope.freq_base_swa", 6, 100.0F);
  g.value("gemma3.rope.scaling.type", "linear");
  g.value("gemma3.rope.scaling.factor", 6, 8.0F);
  g.value("gemma3.attention.sliding_window_pattern", 4, 6U);
  check_import<mote::gemma3>(m, g, s);
}

TEST_CASE("gguf: a Phi-3, whose files join query, key and value, and gate and up", "[host][gguf]") {
  mote::shape s = plain_shape;
  s.tied_head = false;
  s.window = 7;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) { return mote_tests::published_layer{.window = 7}; };
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 35);
  gguf_parts g = family_gguf(m, {.architecture = "phi3", .joins_attention = true, .joins_gate = true});
  g.value("phi3.rope.dimension_count", 4, 6U);
  g.value("phi3.attention.sliding_window", 4, 7U);
  check_import<mote::phi3>(m, g, s);
}

TEMPLATE_TEST_CASE("gguf: an LFM2 in the order that its tensors say", "[host][gguf]", mote::lfm2_layers<"cac">,
                   mote::lfm2_layers<"acc">) {
  const std::string order(TestType::name.substr(5));
  mote::shape s = plain_shape;
  s.layers = 3;
  s.rope_theta = 1e6F;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [order](std::size_t l) {
    return mote_tests::published_layer{.convolution = order[l] == 'c', .rope_theta = 1e6};
  };
  p.head_norms = true;
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 36);
  gguf_parts g = family_gguf(m, {.architecture = "lfm2", .norms_after_embedding = true});
  g.value("lfm2.rope.freq_base", 6, 1e6F);
  g.value("lfm2.shortconv.l_cache", 4, 3U);
  mote_tests::byte_writer heads;
  heads.put(std::uint32_t{9}).put(std::uint32_t{5}).put(std::uint64_t{3});
  for (const char c : order) heads.put(c == 'a' ? 2 : 0);
  g.set("lfm2.attention.head_count_kv", heads.bytes);
  check_import<TestType>(m, g, s);

  gguf_parts joined = family_gguf(m, {.architecture = "lfm2", .joins_attention = true, .norms_after_embedding = true});
  joined.values = g.values;
  joined.value_count = g.value_count;
  check_import<TestType>(m, joined, s);

  json config = mote_tests::sizes(s, "lfm2");
  config.update({{"num_key_value_heads", 2}, {"norm_eps", 1e-5}, {"conv_L_cache", 3}, {"conv_bias", false}});
  for (const char c : order) config["layer_types"].push_back(c == 'a' ? "full_attention" : "conv");
  const std::string layer = "model.layers.#.";
  const mote_tests::folder_habits h{.names = {{"embedding", "model.embed_tokens"},
                                              {"final_norm", "model.embedding_norm"},
                                              {"attention_norm", layer + "operator_norm"},
                                              {"query", layer + "self_attn.q_proj"},
                                              {"key", layer + "self_attn.k_proj"},
                                              {"value", layer + "self_attn.v_proj"},
                                              {"output", layer + "self_attn.out_proj"},
                                              {"query_norm", layer + "self_attn.q_layernorm"},
                                              {"key_norm", layer + "self_attn.k_layernorm"},
                                              {"convolution_input", layer + "conv.in_proj"},
                                              {"convolution_output", layer + "conv.out_proj"},
                                              {"convolution_taps", layer + "conv.conv"},
                                              {"ffn_norm", layer + "ffn_norm"},
                                              {"gate", layer + "feed_forward.w1"},
                                              {"up", layer + "feed_forward.w3"},
                                              {"down", layer + "feed_forward.w2"}}};
  mote_tests::check_folder<TestType>(m, h, config, s);
}
