// SPDX-License-Identifier: BSL-1.0
// Folders of safetensors: a real one is the model of the GGUF files that were made of it; those of eight families, with
// names and orders as they are published, give the logits of the family's definition in double precision (the other five stand
// in gguf_families.cpp and gguf_families_biased.cpp); and what a header may say.
#include "mote/host/import/safetensors.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../assets.hpp"
#include "../file_processes.hpp"
#include "family_folder.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neo.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/opt.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/model_file.hpp"

using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
namespace host = mote::host;

namespace {

using mote_tests::check_folder;
using mote_tests::folder_habits;
using mote_tests::llama_names;
using mote_tests::plain_published;
using mote_tests::plain_shape;
using mote_tests::put;
using mote_tests::safetensors_writer;
using mote_tests::sizes;
using mote_tests::write_folder;

/// With learned positions in place of rotations.
mote_tests::published of_gpt2(const mote::shape& s) {
  mote_tests::published p = mote_tests::biased(s);
  p.turning = 0;
  p.learned_positions = true;
  return p;
}

}  // namespace

TEST_CASE("safetensors: a real folder is the model of the GGUF file that was made of it", "[host][safetensors]") {
  const auto folder = mote_tests::asset("tinystories-656K-safetensors");
  const host::opened_model a = host::open_model_file(folder, {});
  const host::opened_model b = host::open_gguf(mote_tests::asset("derived-gguf/tinystories-656K-f32.gguf"));
  mote::shape same = b.weights->shape();
  same.context = a.weights->shape().context;
  REQUIRE(a.weights->shape() == same);
  CHECK(a.weights->kind() == "safetensors, F32");
  CHECK(a.eos == 2);
  REQUIRE(a.tokenizer);
  for (const host::tensor_place& p : a.weights->family().all_tensors(same)) {
    INFO(host::name(p));
    const mote::matrix_size size = a.weights->family().size(same, p);
    std::vector<float> x(size.rows * size.cols), y(x.size());
    a.weights->load_rows(p, 0, size.rows, x.data());
    b.weights->load_rows(p, 0, size.rows, y.data());
    CHECK(x == y);
  }
  std::vector<float> x(same.dim), y(same.dim);
  for (const mote::vector_role v :
       {mote::vector_role::attention_norm, mote::vector_role::ffn_norm, mote::vector_role::final_norm}) {
    a.weights->load_vector(1, v, x.data());
    b.weights->load_vector(1, v, y.data());
    CHECK(x == y);
  }
}

TEST_CASE("safetensors: a Llama 3.1 and a Qwen3", "[host][safetensors]") {
  mote::shape s = plain_shape;
  s.rope_theta = 50;
  s.head_width = 12;
  s.rope = {.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 40};
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) {
    return mote_tests::published_layer{
        .rope_theta = 50, .stretch = {.factor = 8, .low_freq_factor = 1, .high_freq_factor = 4, .original = 40}};
  };
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 61);
  json config = sizes(s, "llama");
  config.update({{"num_key_value_heads", 2},
                 {"head_dim", 12},
                 {"rms_norm_eps", 1e-5},
                 {"rope_theta", 50.0},
                 {"tie_word_embeddings", true},
                 {"rope_scaling",
                  {{"rope_type", "llama3"},
                   {"factor", 8.0},
                   {"low_freq_factor", 1.0},
                   {"high_freq_factor", 4.0},
                   {"original_max_position_embeddings", 40}}}});
  check_folder<mote::llama>(m, {.names = llama_names()}, config, s);

  s.rope = {};
  s.rope_theta = 1e6F;
  s.tied_head = false;
  p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) { return mote_tests::published_layer{.rope_theta = 1e6}; };
  p.pairs = mote_tests::rope_pairs::halves;
  p.head_norms = true;
  m = plain_published::random(p, 62);
  config["model_type"] = "qwen3";
  config["rope_theta"] = 1e6;
  config["rope_scaling"] = nullptr;
  config["tie_word_embeddings"] = false;
  check_folder<mote::qwen3>(m, {.names = llama_names()}, config, s);
}

TEST_CASE("safetensors: a Gemma 3, whose gains are one less than the factors", "[host][safetensors]") {
  mote::shape s = plain_shape;
  s.layers = 7;
  s.rope_theta = 1e6F;
  s.local_theta = 100;
  s.norm_epsilon = 1e-6F;
  s.head_width = 10;
  s.window = 6;
  s.score_scale = 0.25F;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t l) -> mote_tests::published_layer {
    if (l % 6 == 5) return {.rope_theta = 1e6};
    return {.window = 6, .rope_theta = 100};
  };
  p.embedding_scale = std::sqrt(24.0);
  p.norms_behind = p.head_norms = true;
  p.act = mote_tests::activation::gelu_tanh;
  p.score_scale = 0.25;
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 63);
  json config = sizes(s, "gemma3_text");
  config.update({{"num_key_value_heads", 2},
                 {"head_dim", 10},
                 {"rms_norm_eps", 1e-6},
                 {"rope_theta", 1e6},
                 {"rope_local_base_freq", 100.0},
                 {"query_pre_attn_scalar", 16},
                 {"sliding_window", 6},
                 {"sliding_window_pattern", 6},
                 {"attn_logit_softcapping", nullptr},
                 {"hidden_activation", "gelu_pytorch_tanh"}});
  folder_habits h{.names = llama_names(), .gains_less_one = true};
  h.names["post_attention_norm"] = "model.layers.#.post_attention_layernorm";
  h.names["ffn_norm"] = "model.layers.#.pre_feedforward_layernorm";
  h.names["post_ffn_norm"] = "model.layers.#.post_feedforward_layernorm";
  check_folder<mote::gemma3>(m, h, config, s);
}

TEST_CASE("safetensors: a GPT-2, transposed and joined, and a GPT-Neo", "[host][safetensors]") {
  mote::shape s{.dim = 24, .hidden = 96, .layers = 2, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 29};
  mote_tests::published p = of_gpt2(s);
  plain_published m = plain_published::random(p, 64);
  const std::string layer = "transformer.h.#.";
  folder_habits h{.names = {{"embedding", "transformer.wte"},
                            {"positions", "transformer.wpe"},
                            {"final_norm", "transformer.ln_f"},
                            {"attention_norm", layer + "ln_1"},
                            {"query", layer + "attn.c_attn"},
                            {"key", layer + "attn.c_attn"},
                            {"value", layer + "attn.c_attn"},
                            {"output", layer + "attn.c_proj"},
                            {"ffn_norm", layer + "ln_2"},
                            {"up", layer + "mlp.c_fc"},
                            {"down", layer + "mlp.c_proj"}},
                  .transposed = true};
  const json config{{"model_type", "gpt2"}, {"n_embd", 24},      {"n_layer", 2},
                    {"n_head", 4},          {"n_positions", 29}, {"layer_norm_epsilon", 1e-5}};
  check_folder<mote::gpt2>(m, h, config, s);

  s.window = 6;
  p = of_gpt2(s);
  p.layer = [](std::size_t l) { return mote_tests::published_layer{.window = l % 2 == 1 ? 6U : 0U}; };
  p.input_biased = false;
  p.score_scale = 1;
  m = plain_published::random(p, 65);
  h.transposed = false;
  for (const auto& [ours, theirs] :
       {std::pair{"query", "q_proj"}, {"key", "k_proj"}, {"value", "v_proj"}, {"output", "out_proj"}})
    h.names[ours] = layer + "attn.attention." + theirs;
  check_folder<mote::gpt_neo>(m, h,
                              {{"model_type", "gpt_neo"},
                               {"hidden_size", 24},
                               {"num_layers", 2},
                               {"num_heads", 4},
                               {"max_position_embeddings", 29},
                               {"layer_norm_epsilon", 1e-5},
                               {"window_size", 6},
                               {"intermediate_size", nullptr},
                               {"attention_layers", {"global", "local"}},
                               {"activation_function", "gelu_new"}},
                              s);
}

TEST_CASE("safetensors: a PLE TinyLM, whose tables hold all layers and rows of no token", "[host][safetensors]") {
  mote::shape s = plain_shape;
  s.layers = 3;
  s.kv_heads = 4;
  s.norm_epsilon = 1e-6F;
  s.per_layer_width = 20;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 68);
  folder_habits h{.names = llama_names(), .by_columns = {"per_layer_table"}, .rows_of_no_token = 5};
  const std::string layer = "model.layers.#.";
  for (const char* of : {"query", "key", "value"}) h.names[of] = layer + "self_attn.qkv";
  h.names.merge(std::map<std::string, std::string>{{"per_layer_norm", "model.ple_proj_norm"},
                                                   {"per_layer_input", "model.ple_model_proj"},
                                                   {"per_layer_table", "model.ple_table"},
                                                   {"per_layer_gate", layer + "ple_gate"},
                                                   {"per_layer_output", layer + "ple_proj"},
                                                   {"post_per_layer_norm", layer + "ple_norm"}});
  json config{{"model_type", "ple-tinylm"},
              {"hidden_size", 24},
              {"ffn_hidden", 44},
              {"num_hidden_layers", 3},
              {"ple_dim", 20},
              {"num_attention_heads", 4},
              {"seq_len", 80},
              {"out_vocab", 37},
              {"max_position_embeddings", 2048}};
  check_folder<mote::ple_tinylm>(m, h, config, s);
  config["out_vocab"] = 43;
  const mote_tests::scratch_folder folder;
  write_folder(folder.path, m, h, config);
  CHECK_THROWS_WITH(host::open_safetensors(folder.path), ContainsSubstring("\"out_vocab\" is more than the rows"));
  config["out_vocab"] = 37;
  config["num_hidden_layers"] = 2;
  write_folder(folder.path, m, h, config);
  CHECK_THROWS_WITH(host::open_safetensors(folder.path),
                    ContainsSubstring("\"model.ple_table.weight\" is 60 x 42; expected 40 x 42"));
}

TEST_CASE("safetensors: a GPT-NeoX, joined head by head", "[host][safetensors]") {
  const mote::shape& s = mote_tests::partly_rotated;
  mote_tests::published p = mote_tests::biased(s);
  p.turning = 4;
  p.join = mote_tests::residual::parallel;
  p.act = mote_tests::activation::gelu_erf;
  plain_published m = plain_published::random(p, 66);
  const std::string layer = "gpt_neox.layers.#.";
  const folder_habits h{.names = {{"embedding", "gpt_neox.embed_in"},
                                  {"head", "embed_out"},
                                  {"final_norm", "gpt_neox.final_layer_norm"},
                                  {"attention_norm", layer + "input_layernorm"},
                                  {"query", layer + "attention.query_key_value"},
                                  {"key", layer + "attention.query_key_value"},
                                  {"value", layer + "attention.query_key_value"},
                                  {"output", layer + "attention.dense"},
                                  {"ffn_norm", layer + "post_attention_layernorm"},
                                  {"up", layer + "mlp.dense_h_to_4h"},
                                  {"down", layer + "mlp.dense_4h_to_h"}},
                        .heads_of_parts = true};
  json config = sizes(s, "gpt_neox");
  config.update(
      {{"layer_norm_eps", 1e-5}, {"rotary_pct", 0.4}, {"use_parallel_residual", true}, {"tie_word_embeddings", false}});
  check_folder<mote::gpt_neox>(m, h, config, s);
}

TEST_CASE("safetensors: an OPT, with two rows in front of its positions, and a Phi-3", "[host][safetensors]") {
  mote::shape s = plain_shape;
  s.kv_heads = 4;
  mote_tests::published p = of_gpt2(s);
  p.act = mote_tests::activation::relu;
  plain_published m = plain_published::random(p, 67);
  const std::string layer = "model.decoder.layers.#.";
  const folder_habits h{.names = {{"embedding", "model.decoder.embed_tokens"},
                                  {"positions", "model.decoder.embed_positions"},
                                  {"final_norm", "model.decoder.final_layer_norm"},
                                  {"attention_norm", layer + "self_attn_layer_norm"},
                                  {"query", layer + "self_attn.q_proj"},
                                  {"key", layer + "self_attn.k_proj"},
                                  {"value", layer + "self_attn.v_proj"},
                                  {"output", layer + "self_attn.out_proj"},
                                  {"ffn_norm", layer + "final_layer_norm"},
                                  {"up", layer + "fc1"},
                                  {"down", layer + "fc2"}},
                        .rows_before_positions = 2};
  json config = sizes(s, "opt");
  config.erase("intermediate_size");
  config.update({{"ffn_dim", 44}, {"word_embed_proj_dim", 24}, {"activation_function", "relu"}});
  check_folder<mote::opt>(m, h, config, s);

  s = plain_shape;
  s.tied_head = false;
  s.window = 7;
  p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) { return mote_tests::published_layer{.window = 7}; };
  p.pairs = mote_tests::rope_pairs::halves;
  m = plain_published::random(p, 68);
  folder_habits phi{.names = llama_names()};
  for (const char* name : {"query", "key", "value"}) phi.names[name] = "model.layers.#.self_attn.qkv_proj";
  for (const char* name : {"gate", "up"}) phi.names[name] = "model.layers.#.mlp.gate_up_proj";
  config = sizes(s, "phi3");
  config.update({{"num_key_value_heads", 2}, {"rms_norm_eps", 1e-5}, {"sliding_window", 7}, {"rope_scaling", nullptr}});
  check_folder<mote::phi3>(m, phi, config, s);
}

TEST_CASE("safetensors: what a header says of more bytes than there are, or of other types, is refused",
          "[host][safetensors]") {
  const auto refused = [](const std::function<void(json&)>& change, const std::string& why) {
    safetensors_writer w;
    w.add("a", {3, 2}, std::vector<float>(6));
    change(w.header);
    const auto bytes = w.file();
    CHECK_THROWS_WITH(host::read_safetensors(bytes, "x.safetensors"), ContainsSubstring(why));
  };
  refused([](json& h) { h["a"]["dtype"] = "F8_E4M3"; }, "\"a\" is of the type \"F8_E4M3\"");
  refused([](json& h) { h["a"]["dtype"] = "F16"; }, "has 24 bytes, not those of its shape");
  refused([](json& h) { h["a"]["shape"] = {3, 3}; }, "\"a\" has");
  refused([](json& h) { h["a"]["shape"] = {std::uint64_t{1} << 63U, 2}; }, "more elements than the file has bytes for");
  refused([](json& h) { h["a"]["shape"] = {std::uint64_t{1} << 33U, std::uint64_t{1} << 33U}; }, "more elements");
  refused([](json& h) { h["a"]["shape"] = {-3, 2}; }, "no whole number");
  refused([](json& h) { h["a"]["shape"] = {0, 2}; }, "more elements");
  refused([](json& h) { h["a"]["shape"] = json::array(); }, "1 to 4 dimensions");
  refused([](json& h) { h["a"]["data_offsets"] = {0, 28}; }, "ends behind the file's 24 bytes");
  refused([](json& h) { h["a"]["data_offsets"] = {24, 0}; }, "ends behind");
  refused([](json& h) { h["a"]["data_offsets"] = {0}; }, "two data_offsets");
  refused([](json& h) { h["a"] = 3; }, "has no dtype");
  safetensors_writer w;
  w.add("a", {3, 2}, std::vector<float>(6));
  auto bytes = w.file();
  bytes[7] = std::byte{0xFF};
  CHECK_THROWS_WITH(host::read_safetensors(bytes, "x"), ContainsSubstring("states a header of"));
  bytes = w.file();
  bytes[9] = std::byte{'!'};
  CHECK_THROWS_WITH(host::read_safetensors(bytes, "x"), ContainsSubstring("not a JSON object"));
  bytes.resize(5);
  CHECK_THROWS_WITH(host::read_safetensors(bytes, "x"), ContainsSubstring("has 5 bytes"));
}

TEST_CASE("safetensors: what would change a model's answers is refused by name, and a model may have many files",
          "[host][safetensors]") {
  mote::shape s = plain_shape;
  mote_tests::published p = mote_tests::sizes_of(s);
  p.pairs = mote_tests::rope_pairs::halves;
  plain_published m = plain_published::random(p, 69);
  const json config = [&] {
    json c = sizes(s, "llama");
    c.update({{"num_key_value_heads", 2}, {"rms_norm_eps", 1e-5}});
    return c;
  }();
  const mote_tests::scratch_folder folder;
  const auto refused = [&](const std::function<void(json&)>& change, const std::string& why) {
    json c = config;
    change(c);
    write_folder(folder.path, m, {.names = llama_names()}, c);
    CHECK_THROWS_WITH(host::open_safetensors(folder.path), ContainsSubstring(why));
  };
  refused([](json& c) { c["model_type"] = "falcon"; },
          "\"falcon\", which no family here computes; there are llama, qwen2");
  refused([](json& c) { c["attention_bias"] = true; }, "\"attention_bias\" is not false");
  refused([](json& c) { c["alibi"] = true; }, "the key \"alibi\", which may change answers");
  refused([](json& c) { c["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4}}; }, "by the rule \"yarn\"");
  refused([](json& c) { c["rope_scaling"] = {{"type", "linear"}, {"factor", 4}, {"beta", 1}}; },
          "a key that may change");
  refused([](json& c) { c["hidden_size"] = -24; }, "\"hidden_size\" is not a whole number");
  refused([](json& c) { c["hidden_size"] = 32; }, "expected 32 x 1");
  refused([](json& c) { c["tie_word_embeddings"] = false; }, "has no tensor \"lm_head.weight\"");
  refused([](json& c) { c.erase("rms_norm_eps"); }, "has no \"rms_norm_eps\"");

  write_folder(folder.path, m, {.names = llama_names()}, config);
  put(folder.path / "model.safetensors.index.json", json{{"weight_map", {{"a", "../model.safetensors"}}}}.dump());
  CHECK_THROWS_WITH(host::open_safetensors(folder.path), ContainsSubstring("which is not in the folder"));
  safetensors_writer second;
  second.add("model.layers.9.self_attn.q_proj.weight", {1, 1}, {0});
  host::write_atomically(folder.path / "second.safetensors", second.file());
  put(folder.path / "model.safetensors.index.json",
      json{{"weight_map", {{"a", "model.safetensors"}, {"b", "second.safetensors"}}}}.dump());
  CHECK_THROWS_WITH(host::open_safetensors(folder.path),
                    ContainsSubstring("\"model.layers.9.self_attn.q_proj.weight\", which no model of this kind has"));
  put(folder.path / "generation_config.json", R"({"eos_token_id":[5,36,99]})");
  std::filesystem::remove(folder.path / "model.safetensors.index.json");
  const host::opened_model opened = host::open_safetensors(folder.path);
  CHECK(opened.eos == 5);
  CHECK(opened.end_tokens == std::vector{36});
  put(folder.path / "tokenizer_config.json", R"({"eos_token":{"content":"+"}})");
  const host::opened_model chats = host::open_safetensors(folder.path);  // the end of a turn goes first
  REQUIRE(chats.eos >= 0);
  CHECK(chats.tokenizer->pieces[static_cast<std::size_t>(chats.eos)] == "+");
  CHECK(chats.end_tokens == std::vector{5, 36});
  CHECK((!chats.chat.form && chats.chat.refused.empty()));
  put(folder.path / "tokenizer_config.json",
      R"({"eos_token":"+","chat_template":[{"name":"default","template":"{% for m in messages %}{{ m.role + ':' + m.content + '<|end|>' }}{% endfor %}"}]})");
  const host::opened_model turns = host::open_safetensors(folder.path);
  REQUIRE(turns.chat.form);
  CHECK(turns.chat.form->form.assistant.before == "assistant:");
  CHECK(turns.eos == 36);  // the template ends a turn with it
  CHECK(turns.end_tokens == std::vector{5, 10});
  put(folder.path / "chat_template.jinja", "{{ messages[0].role }}");
  CHECK_THAT(host::open_safetensors(folder.path).chat.refused,
             ContainsSubstring("the chat template of chat_template.jinja is of unknown shape"));
  std::filesystem::remove(folder.path / "chat_template.jinja");
  json words = json::parse(mote_tests::characters(s.vocab));
  words["added_tokens"].push_back({{"id", s.vocab}, {"content", "<image>"}, {"special", true}});
  put(folder.path / "tokenizer.json", words.dump());
  CHECK(host::open_safetensors(folder.path).tokenizer->pieces.size() ==
        s.vocab);  // a place behind the rows, as Gemma 3 has
  words["added_tokens"].erase(1);
  words["model"]["vocab"]["~"] = s.vocab;
  put(folder.path / "tokenizer.json", words.dump());
  CHECK_THROWS_WITH(host::open_safetensors(folder.path),
                    ContainsSubstring("has 38 tokens, and an embedding of 37 rows"));
  put(folder.path / "tokenizer.json", mote_tests::characters(s.vocab));
  put(folder.path / "tokenizer_config.json", R"({"eos_token":null})");
  mote_tests::check_opened<mote::llama>(m, host::open_safetensors(folder.path), s, 5);
}
