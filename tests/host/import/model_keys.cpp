// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_keys.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../../assets.hpp"

namespace {

namespace fs = std::filesystem;
using mote::host::key_use;

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
  const auto* llama = mote::host::keys_of_gguf("llama");
  REQUIRE(llama != nullptr);
  CHECK(mote::host::find_gguf_key(*llama, "llama.rope.scaling.yarn_beta_fast") == nullptr);
  CHECK(mote::host::find_gguf_key(*llama, "llama.attention.sliding_window") == nullptr);  // it has none
  CHECK(mote::host::find_gguf_key(*llama, "gptneox.context_length") == nullptr);
  CHECK(mote::host::find_gguf_key(*llama, "llamacontext_length") == nullptr);
  CHECK(mote::host::find_gguf_key(*llama, "llama.") == nullptr);
  CHECK(mote::host::keys_of_gguf("falcon") == nullptr);
  CHECK(mote::host::keys_of_gguf("") == nullptr);
  CHECK(mote::host::keys_of_config("gemma3") == nullptr);  // with images
  CHECK(mote::host::find_config_key(*llama, "query_pre_attn_scalar") == nullptr);
}

TEST_CASE("a fixed key has a value, and no other has one; no key is listed twice in what one model is looked up in",
          "[host]") {
  for (const auto& of : mote::host::all_family_keys) {
    std::set<std::string_view> gguf, config;
    const auto see = [](std::set<std::string_view>& seen, std::span<const mote::host::model_key> keys) {
      for (const auto& key : keys) {
        CAPTURE(key.name);
        CHECK((key.use == key_use::fixed) == !key.value.empty());
        CHECK(seen.insert(key.name).second);
      }
    };
    CAPTURE(of.gguf, of.config);
    see(gguf, of.in_gguf);
    see(gguf, mote::host::detail::gguf_decoder);
    see(gguf, mote::host::detail::gguf_common);
    see(config, of.in_config);
    see(config, mote::host::detail::config_common);
  }
  const auto* llama = mote::host::keys_of_gguf("llama");
  CHECK(mote::host::find_gguf_key(*llama, "llama.rope.scale_linear")->value == "1");
  CHECK(mote::host::find_gguf_key(*llama, "general.name")->use == key_use::no_effect);
  CHECK(mote::host::find_gguf_key(*llama, "general.architecture")->use == key_use::read);
}
