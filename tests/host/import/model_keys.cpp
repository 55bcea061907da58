// SPDX-License-Identifier: BSL-1.0
// The table of keys: every key of every real file is in it, every line of it is what an importer does, and
// docs/reference/keys.md is the table.
#include "mote/host/import/model_keys.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../assets.hpp"
#include "gguf_writer.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/gguf_shape.hpp"
#include "mote/host/import/model_config.hpp"

namespace {

namespace fs = std::filesystem;
namespace host = mote::host;
using Catch::Matchers::ContainsSubstring;
using host::family_keys;
using host::key_use;
using host::model_key;
using mote_tests::gguf_parts;
using nlohmann::json;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The keys of a GGUF file and its architecture, read without mote's reader.
struct gguf_keys {
  std::vector<std::string> keys;
  std::string architecture;

  explicit gguf_keys(const fs::path& file) : text_(bytes_of(file)) {
    REQUIRE(text_.starts_with("GGUF"));
    at_ = 16;
    for (std::uint64_t left = number(8); left > 0; --left) {
      keys.push_back(string());
      const std::uint64_t type = number(4);
      if (keys.back() == "general.architecture") architecture = string();
      else skip(type);
    }
  }

 private:
  std::uint64_t number(std::size_t n) {
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < n; ++i)
      v |= static_cast<std::uint64_t>(static_cast<unsigned char>(text_.at(at_ + i))) << (8 * i);
    at_ += n;
    return v;
  }
  std::string string() {
    const std::uint64_t n = number(8);
    at_ += n;
    return text_.substr(at_ - n, n);
  }
  void skip(std::uint64_t type) {
    constexpr std::size_t bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    if (type == 8) {
      (void)string();
    } else if (type == 9) {
      const std::uint64_t element = number(4);
      for (std::uint64_t left = number(8); left > 0; --left) skip(element);
    } else {
      at_ += bytes[type];
    }
  }
  std::string text_;
  std::size_t at_ = 0;
};

/// The keys of the outermost object of a JSON text.
std::set<std::string> json_keys(const std::string& text) {
  std::set<std::string> keys;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' || text[i] == '[') ++depth;
    if (text[i] == '}' || text[i] == ']') --depth;
    if (text[i] != '"') continue;
    const std::size_t end = text.find('"', i + 1);
    if (depth == 1 && text[end + 1] == ':') keys.insert(text.substr(i + 1, end - i - 1));
    i = end;
  }
  return keys;
}

/// What stands for all names that begin so.
std::string one_of(const model_key& key) {
  std::string name(key.name);
  if (name.ends_with('*')) name.back() = 'x';
  return name;
}

/// The least that a config.json of each kind states.
json least_config(std::string_view kind) {
  if (kind == "gpt2")
    return {{"model_type", kind},
            {"n_embd", 24},
            {"n_layer", 6},
            {"n_head", 4},
            {"n_positions", 64},
            {"vocab_size", 37},
            {"layer_norm_epsilon", 1e-5}};
  if (kind == "ple-tinylm")
    return {{"model_type", kind},     {"hidden_size", 24},        {"ffn_hidden", 44}, {"ple_dim", 20},
            {"num_hidden_layers", 6}, {"num_attention_heads", 4}, {"seq_len", 64},    {"vocab_size", 37}};
  json c{{"model_type", kind}, {"hidden_size", 24}, {"max_position_embeddings", 64}, {"vocab_size", 37}};
  const bool neo = kind == "gpt_neo";
  c[neo ? "num_layers" : "num_hidden_layers"] = 6;
  c[neo ? "num_heads" : "num_attention_heads"] = 4;
  if (kind == "opt") c["ffn_dim"] = 44;
  else if (!neo && kind != "lfm2") c["intermediate_size"] = 44;
  if (neo) c["layer_norm_epsilon"] = 1e-5;
  else if (kind == "phi" || kind == "stablelm" || kind == "gpt_neox" || kind == "bert") c["layer_norm_eps"] = 1e-5;
  else if (kind == "lfm2") c["norm_eps"] = 1e-5;
  else if (kind != "opt") c["rms_norm_eps"] = 1e-5;
  if (kind == "phi" || kind == "stablelm" || kind == "gpt_neox") c["partial_rotary_factor"] = 1;
  if (kind == "gemma3_text") c["sliding_window"] = 8;
  if (kind == "lfm2") c["layer_types"] = {"conv", "full_attention", "conv", "conv", "conv", "conv"};
  return c;
}

host::model_config read_config(const json& c) {
  const std::string text = c.dump();
  return host::read_model_config(std::as_bytes(std::span(text)), "config.json");
}
bool same(const host::model_config& a, const host::model_config& b) {
  return a.shape == b.shape && a.family == b.family && a.tied == b.tied && a.eos == b.eos;
}

/// The least that a GGUF file of each architecture states, and the one tensor that says how many tokens there are.
gguf_parts least_gguf(std::string_view kind) {
  gguf_parts g;
  g.value("general.architecture", kind);
  const std::string a = std::string(kind) + ".";
  for (const auto& [key, number] : {std::pair{"embedding_length", 24U},
                                    {"feed_forward_length", 44U},
                                    {"block_count", 6U},
                                    {"attention.head_count", 4U},
                                    {"context_length", 64U},
                                    {"attention.sliding_window", 8U}})
    if (std::string_view(key) != "attention.sliding_window" || kind == "gemma3") g.value(a + key, 4, number);
  const bool layer_norms =
      kind == "bert" || kind == "gpt2" || kind == "gptneox" || kind == "phi2" || kind == "stablelm";
  g.value(a + (layer_norms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"), 6, 1e-5F);
  g.add("token_embd.weight", {24, 37}, host::gguf_type::f32, std::vector<std::byte>(24 * 37 * 4));
  return g;
}
host::gguf_shape shape_of(const gguf_parts& g) {
  const auto bytes = g.file();
  return host::read_gguf_shape(host::gguf_file(bytes, "x.gguf"));
}
/// A value of a type that no key has, or for a text, a number.
void put_wrong(gguf_parts& g, const std::string& key, bool is_text) {
  if (is_text) g.value(key, 4, 7U);
  else g.set(key, mote_tests::byte_writer{}.put(std::uint32_t{9}).put(std::uint32_t{12}).put(std::uint64_t{0}).bytes);
}

/// The table as docs/reference/keys.md shows it.
std::string page_of_keys() {
  std::string out;
  const auto rows = [&](std::string_view what, std::span<const model_key> keys) {
    for (const auto& [use, title] : {std::pair{key_use::read, "read"},
                                     {key_use::no_effect, "without effect"},
                                     {key_use::fixed, "one value"},
                                     {key_use::refused, "refused"}}) {
      std::string list;
      for (const model_key& k : keys) {
        if (k.use != use) continue;
        list += std::string(list.empty()              ? ""
                            : use == key_use::refused ? "<br>"
                                                      : ", ") +
                "`" + std::string(k.name) + (use == key_use::fixed ? " = " + std::string(k.value) : "") + "`";
        if (use == key_use::refused) list += " " + std::string(k.value);
      }
      if (!list.empty()) out += "| " + std::string(what) + " | " + title + " | " + list + " |\n";
    }
  };
  const auto begin = [&](const char* title) {
    out += std::string("\n## ") + title + "\n\n| of | | keys |\n|---|---|---|\n";
  };
  begin("GGUF");
  rows("every file", host::common_gguf_keys());
  rows("every `KIND.`", host::decoder_gguf_keys());
  for (const family_keys& of : host::all_family_keys())
    if (!of.gguf.empty()) rows("`" + std::string(of.gguf) + ".`", of.in_gguf);
  begin("config.json");
  rows("every file", host::common_config_keys());
  for (const family_keys& of : host::all_family_keys()) rows("`" + std::string(of.config) + "`", of.in_config);
  return out;
}

}  // namespace

TEST_CASE("every key of every file of a family that is here is in the table", "[host]") {
  std::size_t files = 0;
  for (const char* folder : {"gguf-stories260K", "derived-gguf", "tokenizer-vectors"}) {
    for (const auto& entry : fs::directory_iterator(mote_tests::asset(folder))) {
      if (entry.path().extension() != ".gguf") continue;
      CAPTURE(entry.path().string());
      const gguf_keys in(entry.path());
      const auto* of = mote::host::keys_of_gguf(in.architecture);
      if (of == nullptr) continue;  // of no family
      ++files;
      for (const std::string& key : in.keys) {
        CAPTURE(key);
        CHECK(mote::host::find_gguf_key(*of, key) != nullptr);
      }
    }
  }
  CHECK(files > 10);
  for (const char* folder : {"tinystories-656K-safetensors", "gptneo-chat-3M"}) {
    const std::set<std::string> keys = json_keys(bytes_of(mote_tests::asset(folder) / "config.json"));
    REQUIRE(keys.size() > 20);
    const auto* of = mote::host::keys_of_config(keys.contains("num_layers") ? "gpt_neo" : "llama");
    REQUIRE(of != nullptr);
    for (const std::string& key : keys) {
      CAPTURE(key);
      CHECK(mote::host::find_config_key(*of, key) != nullptr);
    }
  }
}

TEST_CASE("a key that nobody listed, or of another architecture, is not found; nor is a model of no family", "[host]") {
  const auto* llama = host::keys_of_gguf("llama");
  REQUIRE(llama != nullptr);
  CHECK(host::find_gguf_key(*llama, "llama.attention.scale") == nullptr);
  CHECK(host::find_gguf_key(*llama, "llama.rope.freq_base_swa") == nullptr);  // it has no windows
  CHECK(host::find_gguf_key(*llama, "gptneox.context_length") == nullptr);
  CHECK(host::find_gguf_key(*llama, "llamacontext_length") == nullptr);
  CHECK(host::find_gguf_key(*llama, "llama.") == nullptr);
  CHECK(host::keys_of_gguf("falcon") == nullptr);
  CHECK(host::keys_of_gguf("") == nullptr);
  CHECK(host::keys_of_config("gemma3") == nullptr);  // with images
  CHECK(host::find_config_key(*llama, "query_pre_attn_scalar") == nullptr);
}

TEST_CASE(
    "a key with one value has it, one that is refused a reason, the others nothing; none is listed twice, but where a "
    "kind says more than all",
    "[host]") {
  for (const auto& of : host::all_family_keys()) {
    CAPTURE(of.gguf, of.config);
    const auto see = [](std::span<const model_key> own, std::span<const model_key> all) {
      std::set<std::string_view> seen, more;
      for (const auto& key : own) {
        CAPTURE(key.name);
        CHECK((key.use == key_use::fixed || key.use == key_use::refused) == !key.value.empty());
        CHECK(seen.insert(key.name).second);
      }
      for (const auto& key : all) {
        CAPTURE(key.name);
        CHECK((key.use == key_use::fixed || key.use == key_use::refused) == !key.value.empty());
        CHECK(more.insert(key.name).second);
        const auto same = std::find_if(own.begin(), own.end(), [&](const auto& k) { return k.name == key.name; });
        if (same != own.end()) CHECK((key.use == key_use::fixed || same->use == key_use::fixed));
      }
    };
    see(of.in_gguf, host::decoder_gguf_keys());
    see({}, host::common_gguf_keys());
    see(of.in_config, host::common_config_keys());
  }
  const auto* llama = host::keys_of_gguf("llama");
  CHECK(host::find_gguf_key(*llama, "llama.rope.scale_linear")->value == "1");
  CHECK(host::find_gguf_key(*llama, "general.name")->use == key_use::no_effect);
  CHECK(host::find_gguf_key(*llama, "general.architecture")->use == key_use::read);
}

TEST_CASE("config.json: each line of the table is what the reader does with the key", "[host]") {
  const std::map<std::string_view, const char*> others{{"norm_eps", "layer_norm_eps"},
                                                       {"full_attn_idxs", "layer_types"}};
  for (const family_keys& of : host::all_family_keys()) {
    const json least = least_config(of.config);
    const host::model_config base = read_config(least);
    CHECK(base.shape.dim == 24);
    for (const auto keys : {of.in_config, host::common_config_keys()}) {
      for (const model_key& key : keys) {
        const std::string name = one_of(key);
        CAPTURE(of.config, name);
        if (host::find_config_key(of, name) != &key) continue;  // the kind says more
        json c = least;
        if (const auto other = others.find(key.name); other != others.end()) c.erase(other->second);
        c[name] = "no such value";
        if (key.use == key_use::no_effect) {
          CHECK(same(read_config(c), base));
          c[name] = {{"x", 1}};
          CHECK(same(read_config(c), base));
          continue;
        }
        CHECK_THROWS_WITH(read_config(c), ContainsSubstring("config.json") &&
                                              ContainsSubstring(key.name == "model_type" ? "no such value" : name));
        if (key.use == key_use::fixed) {
          c[name] = json::parse(key.value);
          CHECK(same(read_config(c), base));
        }
        if (key.use == key_use::refused) CHECK_THROWS_WITH(read_config(c), ContainsSubstring(std::string(key.value)));
        c[name] = nullptr;
        if (key.use != key_use::read) CHECK(same(read_config(c), base));
      }
    }
    json c = least;
    c["no_such_key"] = 1;
    CHECK_THROWS_WITH(read_config(c), ContainsSubstring("\"no_such_key\", which may change answers"));
  }
}

TEST_CASE("gguf: each line of the table is what the reader does with the key of an architecture", "[host]") {
  for (const family_keys& of : host::all_family_keys()) {
    if (of.gguf.empty()) continue;
    const gguf_parts least = least_gguf(of.gguf);
    const host::gguf_shape base = shape_of(least);
    for (const bool own : {true, false}) {
      for (const model_key& key : own ? of.in_gguf : host::decoder_gguf_keys()) {
        const std::string name = std::string(of.gguf) + "." + one_of(key);
        const model_key* found = host::find_gguf_key(*host::keys_of_gguf(of.gguf), name);
        REQUIRE(found != nullptr);
        if (!own && found != &key) continue;  // the kind says more
        CAPTURE(name);
        gguf_parts g = least;
        put_wrong(g, name, key.name == "rope.scaling.type");
        if (key.use == key_use::no_effect) {
          CHECK(shape_of(g).shape == base.shape);
          continue;
        }
        CHECK_THROWS_WITH(shape_of(g), ContainsSubstring("x.gguf") && ContainsSubstring(name));
        if (key.use == key_use::refused) CHECK_THROWS_WITH(shape_of(g), ContainsSubstring(std::string(key.value)));
        if (key.use != key_use::fixed) continue;
        if (key.value == "true" || key.value == "false") g.value(name, 7, key.value == "true");
        else g.value(name, 4, static_cast<std::uint32_t>(std::stoul(std::string(key.value))));
        const bool whole =
            key.name.find("count") != key.name.npos || key.value.size() > 1 || key.name == "shortconv.l_cache";
        if (whole) CHECK(shape_of(g).shape == base.shape);
      }
    }
    gguf_parts g = least;
    g.value("no.such.key", 4, 1U);
    CHECK_THROWS_WITH(shape_of(g), ContainsSubstring("\"no.such.key\", which may change answers"));
  }
}

TEST_CASE("gguf: each line of the table is what the reader does with a key of any file", "[host]") {
  const gguf_parts spelled = mote_tests::little_gguf(host::gguf_type::f32);
  gguf_parts byte_level = spelled;
  {
    mote_tests::byte_writer tokens, merges;
    tokens.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{3}).text("a").text("b").text("<|end|>");
    merges.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{0});
    byte_level.value("tokenizer.ggml.model", "gpt2");
    byte_level.value("tokenizer.ggml.pre", "gpt-2");
    byte_level.set("tokenizer.ggml.tokens", tokens.bytes);
    byte_level.set("tokenizer.ggml.merges", merges.bytes);
    byte_level.erase("tokenizer.ggml.token_type");
    byte_level.erase("tokenizer.ggml.scores");
  }
  const auto opens = [](const gguf_parts& g) {
    const auto bytes = g.file();
    return host::open_gguf(bytes, "x.gguf").weights->shape();
  };
  const mote::shape shape = opens(spelled);
  CHECK(opens(byte_level) == shape);
  for (const model_key& key : host::common_gguf_keys()) {
    const std::string name = one_of(key);
    CAPTURE(name);
    gguf_parts a = spelled, b = byte_level;
    const bool is_text = name == "general.architecture" || name == "tokenizer.ggml.model" ||
                         name == "tokenizer.ggml.pre" || name == "tokenizer.chat_template";
    const bool is_list = name == "tokenizer.ggml.tokens" || name == "tokenizer.ggml.scores" ||
                         name == "tokenizer.ggml.token_type" || name == "tokenizer.ggml.merges";
    put_wrong(a, name, is_text || is_list);
    put_wrong(b, name, is_text || is_list);
    const bool other = name == "tokenizer.ggml.pre" || name == "tokenizer.ggml.merges";
    if (key.use == key_use::no_effect) {
      CHECK(opens(a) == shape);
      CHECK(opens(b) == shape);
      continue;
    }
    CHECK_THROWS_WITH(opens(other ? b : a), ContainsSubstring("x.gguf") && ContainsSubstring(name));
    if (key.use == key_use::refused) CHECK_THROWS_WITH(opens(a), ContainsSubstring(std::string(key.value)));
  }
}

TEST_CASE("config.json: rope_parameters of transformers 5 are the keys of those before", "[host]") {
  const auto both = [](std::string_view kind, const json& parameters, const json& before) {
    json a = least_config(kind), b = a;
    a.erase("partial_rotary_factor");
    a["rope_parameters"] = parameters;
    b.update(before);
    CAPTURE(a.dump());
    const host::model_config read = read_config(a);
    CHECK(same(read, read_config(b)));
    CHECK_FALSE(read.shape == read_config(least_config(kind)).shape);
  };
  const json llama3{{"rope_type", "llama3"},
                    {"factor", 8.0},
                    {"low_freq_factor", 1.0},
                    {"high_freq_factor", 4.0},
                    {"original_max_position_embeddings", 40}};
  json with_theta = llama3;
  with_theta["rope_theta"] = 50.0;
  both("llama", with_theta, {{"rope_theta", 50.0}, {"rope_scaling", llama3}});
  both("llama", {{"rope_theta", 100000}, {"rope_type", "default"}}, {{"rope_theta", 100000}});
  both("qwen3", {{"rope_theta", 1e6}, {"rope_type", "default"}, {"partial_rotary_factor", 1.0}}, {{"rope_theta", 1e6}});
  both("phi", {{"rope_theta", 10000.0}, {"rope_type", "default"}, {"partial_rotary_factor", 0.34}},
       {{"partial_rotary_factor", 0.34}});
  both("gpt_neox", {{"rope_theta", 10000.0}, {"rope_type", "default"}, {"partial_rotary_factor", 0.34}},
       {{"rotary_pct", 0.34}});
  both("gemma3_text",
       {{"full_attention", {{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", 1e6}}},
        {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 500.0}}}},
       {{"rope_theta", 1e6},
        {"rope_local_base_freq", 500.0},
        {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8.0}}}});

  const auto refused = [](std::string_view kind, const json& change, const char* why) {
    json c = least_config(kind);
    c.update(change);
    CHECK_THROWS_WITH(read_config(c), ContainsSubstring(why));
  };
  refused("llama", {{"rope_theta", 1.0}, {"rope_parameters", {{"rope_theta", 2.0}}}}, "says another rope_theta");
  refused("llama", {{"rope_parameters", {{"rope_type", "yarn"}, {"factor", 4}}}}, "by the rule \"yarn\"");
  refused("llama", {{"rope_parameters", {{"partial_rotary_factor", 0.5}}}},
          "partial_rotary_factor, which is not supported");
  refused("phi", {{"rope_parameters", {{"rope_type", "linear"}, {"factor", 4}}}}, "\"rope_scaling\" is not null");
  refused("gemma3_text", {{"rope_parameters", {{"full_attention", {{"rope_theta", 1e6}}}}}}, "does not state");
  refused("gemma3_text",
          {{"rope_parameters",
            {{"full_attention", {{"rope_theta", 1e6}}}, {"sliding_attention", {{"rope_theta", 1e4}, {"factor", 2}}}}}},
          "layers with a window");
}

TEST_CASE("docs/reference/keys.md is the table; MOTE_WRITE_PAGES=1 writes it anew", "[host]") {
  const fs::path file = fs::path(__FILE__).parent_path() / "../../../docs/reference/keys.md";
  const std::string text = bytes_of(file);
  const std::size_t at = text.find("\n## GGUF\n");
  REQUIRE(at != text.npos);
  const std::string page = page_of_keys();
  if (std::getenv("MOTE_WRITE_PAGES") != nullptr) std::ofstream(file, std::ios::binary) << text.substr(0, at) << page;
  else CHECK(text.substr(at) == page);
}
