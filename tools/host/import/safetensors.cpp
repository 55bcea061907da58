// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/safetensors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../json.hpp"
#include "mote/family/bert.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/chat_form.hpp"
#include "mote/host/import/family_source.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_config.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/tokenizer_json.hpp"

namespace mote::inline v0::host {

namespace {

nlohmann::json json_of(std::span<const std::byte> bytes, const std::filesystem::path& file, const char* what) {
  nlohmann::json j = detail::parse_json(bytes);
  if (j.is_discarded() || !j.is_object()) fail(file, std::string("has ") + what + " that is not a JSON object");
  return j;
}

/// Buffers that older files hold beside the weights: masks, and frequencies that the configuration states.
bool is_no_weight(std::string_view name) {
  for (const std::string_view end :
       {".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", ".position_ids", ".attn.attention.bias",
        ".attn.attention.masked_bias", ".attention.bias", ".attention.masked_bias"})
    if (name.ends_with(end)) return true;
  return false;
}

const gguf_type_facts* float_type(std::string_view name) {
  for (const gguf_type type : {gguf_type::f32, gguf_type::f16, gguf_type::bf16})
    if (facts_of(type).name == name) return &facts_of(type);
  return nullptr;
}

std::uint64_t whole(const nlohmann::json& v, const std::filesystem::path& file, std::string_view tensor) {
  if (!v.is_number_unsigned()) fail(file, detail::shown(tensor) + " has a size or an offset that is no whole number");
  return v.get<std::uint64_t>();
}

gguf_tensor tensor_of_header(const nlohmann::json& t, std::span<const std::byte> data,
                             const std::filesystem::path& file, std::string_view name) {
  const std::string called = detail::shown(name);
  const auto is_list = [&](const char* key) { return t.is_object() && t.contains(key) && t.at(key).is_array(); };
  if (!is_list("shape") || !is_list("data_offsets") || t.at("data_offsets").size() != 2 || !t.contains("dtype") ||
      !t.at("dtype").is_string())
    fail(file, called + " has no dtype, shape and two data_offsets");
  gguf_tensor out;
  out.type = float_type(t.at("dtype").get<std::string>());
  if (out.type == nullptr)
    fail(file, called + " is of the type " + detail::shown(t.at("dtype").get<std::string>()) +
                   "; F32, F16 and BF16 are read");
  out.dimensions = t.at("shape").size();
  if (out.dimensions == 0 || out.dimensions > 4) fail(file, called + " does not have 1 to 4 dimensions");
  std::uint64_t rows = 1;
  std::uint64_t cols = 1;
  const std::uint64_t most = data.size() / out.type->bytes;
  for (std::size_t i = 0; i < out.dimensions; ++i) {
    const std::uint64_t n = whole(t.at("shape")[i], file, name);
    std::uint64_t& to = i + 1 == out.dimensions ? cols : rows;
    if (n == 0 || n > most / to) fail(file, called + " has more elements than the file has bytes for");
    to *= n;
  }
  const std::uint64_t begin = whole(t.at("data_offsets")[0], file, name);
  const std::uint64_t end = whole(t.at("data_offsets")[1], file, name);
  if (begin > end || end > data.size())
    fail(file, called + " ends behind the file's " + std::to_string(data.size()) + " bytes of tensors");
  if (rows > most / cols || rows * cols * out.type->bytes != end - begin)
    fail(file, called + " has " + std::to_string(end - begin) + " bytes, not those of its shape");
  out.rows = static_cast<std::size_t>(rows);
  out.cols = static_cast<std::size_t>(cols);
  out.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  return out;
}

/// The files that hold the tensors of a folder.
std::vector<std::filesystem::path> parts_of(const std::filesystem::path& folder) {
  const std::filesystem::path index = folder / "model.safetensors.index.json";
  if (!std::filesystem::exists(index)) return {folder / "model.safetensors"};
  const mapped_file mapped(index);
  const nlohmann::json j = json_of(mapped.bytes(), index, "an index");
  if (!j.contains("weight_map") || !j.at("weight_map").is_object()) fail(index, "has no weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, part] : j.at("weight_map").items()) {
    if (!part.is_string()) fail(index, "names a file that is no text");
    const std::string name = part.get<std::string>();
    if (name.empty() || name.find('/') != name.npos || name.find('\\') != name.npos || name.find('\0') != name.npos)
      fail(index, "names the file " + detail::shown(name) + ", which is not in the folder");
    names.insert(name);
  }
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) files.push_back(folder / name);
  return files;
}

/// The ids that end an answer: generation_config.json goes before config.json.
std::vector<int> ends_of(const std::filesystem::path& folder, const model_config& config) {
  const std::filesystem::path file = folder / "generation_config.json";
  if (std::filesystem::exists(file))
    if (auto own = read_end_tokens(mapped_file(file).bytes(), file)) return std::move(*own);
  return config.eos;
}

/// What tokenizer_config.json says, or a file of its own: the chat template, and the tokens that it may print.
chat_source chat_of(const std::filesystem::path& folder) {
  chat_source out;
  const std::filesystem::path file = folder / "tokenizer_config.json";
  if (std::filesystem::exists(file)) {
    const mapped_file mapped(file);
    const nlohmann::json j = json_of(mapped.bytes(), file, "a configuration");
    const auto text = [](const nlohmann::json& in, const char* key) {
      if (!in.is_object() || !in.contains(key)) return std::string();
      const nlohmann::json& value = in.at(key);
      const nlohmann::json& content = value.is_object() && value.contains("content") ? value.at("content") : value;
      return content.is_string() ? content.get<std::string>() : std::string();
    };
    out.bos_token = text(j, "bos_token");
    out.eos_token = text(j, "eos_token");
    out.key = "\"chat_template\" in tokenizer_config.json";
    out.text = text(j, "chat_template");
    if (out.text.empty() && j.contains("chat_template") && j.at("chat_template").is_array())
      for (const nlohmann::json& each : j.at("chat_template"))
        if (text(each, "name") == "default") out.text = text(each, "template");
  }
  const std::filesystem::path own = folder / "chat_template.jinja";
  if (std::filesystem::exists(own) && std::filesystem::file_size(own) != 0) {
    const mapped_file mapped(own);
    out.key = "chat_template.jinja";
    out.text.assign(reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size());
  }
  return out;
}

/// Puts the tokens that end an answer into `words`: first eos_token, which ends a turn in models that chat.
void add_ends(tokenizer_text& words, const std::filesystem::path& folder, const model_config& config,
              const std::string& text) {
  constexpr std::size_t most = 16;
  words.eos = -1;
  if (!text.empty())
    if (const auto at = std::find(words.pieces.begin(), words.pieces.end(), text); at != words.pieces.end())
      words.add_end(static_cast<int>(at - words.pieces.begin()));
  const std::vector<int> ends = ends_of(folder, config);
  if (ends.size() > most)
    fail(folder, "has " + std::to_string(ends.size()) + " tokens that end an answer; expected no more than " +
                     std::to_string(most));
  for (const int id : ends) words.add_end(id);
}

/// tokenizer.json, or of an encoder's older folder vocab.txt.
tokenizer_text words_of(const std::filesystem::path& folder, bool is_bert) {
  const std::filesystem::path file = folder / "tokenizer.json", list = folder / "vocab.txt";
  if (!is_bert || std::filesystem::exists(file) || !std::filesystem::exists(list)) {
    const mapped_file bytes(file);
    tokenizer_text words = parse_tokenizer_json(bytes.bytes(), file);
    if (is_bert && (words.bos < 0 || words.eos < 0))
      fail(file, "does not say which tokens open and end a text of an encoder");
    return words;
  }
  const std::filesystem::path settings = folder / "tokenizer_config.json";
  if (std::filesystem::exists(settings)) {
    const mapped_file bytes(settings);
    const nlohmann::json j = json_of(bytes.bytes(), settings, "a configuration");
    for (const char* key : {"do_lower_case", "strip_accents", "tokenize_chinese_chars", "do_basic_tokenize"})
      if (j.contains(key) && !j.at(key).is_null() && j.at(key) != true)
        fail(settings, "\"" + std::string(key) + "\" is not true, the only value that is supported");
  }
  const mapped_file bytes(list);
  return parse_vocab_txt(bytes.bytes(), list);
}

/// How sentence-transformers makes one vector of the states, if the folder says it.
std::optional<pooling> pooled_in(const std::filesystem::path& folder) {
  const std::filesystem::path modules = folder / "modules.json";
  std::string place = "1_Pooling";
  if (std::filesystem::exists(modules)) {
    const nlohmann::json j = detail::parse_json(mapped_file(modules).bytes());
    if (!j.is_array()) fail(modules, "is not a list");
    bool pools = false;
    for (const nlohmann::json& each : j) {
      if (!each.is_object() || !each.contains("type") || !each.at("type").is_string())
        fail(modules, "has a module that does not say its type");
      const std::string type = each.at("type").get<std::string>();
      if (!type.ends_with(".Transformer") && !type.ends_with(".Pooling") && !type.ends_with(".Normalize"))
        fail(modules, "has a module of the type " + detail::shown(type) +
                          ", which changes the vectors and is not computed; Transformer, Pooling and Normalize are");
      if (!type.ends_with(".Pooling")) continue;
      if (std::exchange(pools, true)) fail(modules, "has two modules of the type Pooling");
      if (!each.contains("path")) continue;
      place = each.at("path").is_string() ? each.at("path").get<std::string>() : "";
      if (place.empty() || place.starts_with('.') || place.find_first_of(std::string_view("/\\\0", 3)) != place.npos)
        fail(modules, "has a path of Pooling that is no name of a folder beside it");
    }
    if (!pools) return std::nullopt;
  }
  const std::filesystem::path file = folder / place / "config.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  const mapped_file bytes(file);
  const nlohmann::json j = json_of(bytes.bytes(), file, "a configuration");
  std::optional<pooling> found;
  for (const auto& [key, value] : j.items()) {
    if (!key.starts_with("pooling_mode_") || value != true) continue;
    const bool mean = key == "pooling_mode_mean_tokens";
    if (found || !(mean || key == "pooling_mode_cls_token"))
      fail(file, detail::shown(key) + " is not supported" + (found ? " beside another" : "") +
                     "; pooling_mode_mean_tokens or pooling_mode_cls_token is");
    found = mean ? pooling::mean : pooling::cls;
  }
  return found;
}

}  // namespace

std::map<std::string, gguf_tensor> read_safetensors(std::span<const std::byte> bytes,
                                                    const std::filesystem::path& file) {
  std::uint64_t header = 0;
  if (bytes.size() < sizeof header) fail(file, "has " + std::to_string(bytes.size()) + " bytes; expected safetensors");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header > bytes.size() - sizeof header)
    fail(file, "states a header of " + std::to_string(header) + " bytes and has " +
                   std::to_string(bytes.size() - sizeof header));
  const auto size = static_cast<std::size_t>(header);
  const nlohmann::json j = json_of(bytes.subspan(sizeof header, size), file, "a header");
  const auto data = bytes.subspan(sizeof header + size);
  std::map<std::string, gguf_tensor> out;
  for (const auto& [name, t] : j.items())
    if (name != "__metadata__" && !is_no_weight(name)) out.emplace(name, tensor_of_header(t, data, file, name));
  return out;
}

opened_model open_safetensors(const std::filesystem::path& folder) {
  const mapped_file config_file(folder / "config.json");
  model_config config = read_model_config(config_file.bytes(), folder / "config.json");

  tensor_files all{.name = folder, .files = {}, .tensors = {}, .token_rows = config.token_rows};
  const bool is_bert = config.family == any_family::of<bert>();
  const std::string_view prefix = is_bert                                   ? "bert."  // there or not
                                  : config.family == any_family::of<gpt2>() ? "transformer."
                                                                            : std::string_view{};
  for (const std::filesystem::path& part : parts_of(folder)) {
    all.files.push_back(std::make_unique<detail::file_bytes>(part));
    for (auto& [name, t] : read_safetensors(all.files.back()->bytes(), part)) {
      const std::string ours = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
      if (!all.tensors.emplace(ours, tensor_files::tensor{t, all.files.size() - 1}).second)
        fail(part, "has the tensor " + detail::shown(name) + " a second time");
    }
  }

  mote::shape& s = config.shape;
  const std::string head(config.family.find_name(outer_matrix::head).safetensors);
  const std::string embedding(config.family.find_name(outer_matrix::embedding).safetensors);
  const bool has_head = all.tensors.contains(head);
  if (config.tied == false && !has_head) fail(folder, "has no tensor " + detail::shown(head));
  s.tied_head = config.tied.value_or(!has_head);
  std::set<std::string> known;
  if (s.tied_head && has_head && all.tensors.contains(embedding)) known.insert(head);
  if (s.hidden == 1)  // LFM2's, which its keys state by a rule of three
    if (const auto up = all.tensors.find("model.layers.0.feed_forward.w1.weight"); up != all.tensors.end())
      s.hidden = up->second.rows;

  if (is_bert) known.insert({"pooler.dense.weight", "pooler.dense.bias"});  // of the first training

  if (config.family == any_family::of<ple_tinylm>()) known.insert({"model.cos", "model.sin"});  // of its rotations

  tokenizer_text words = words_of(folder, is_bert);
  // Gemma 3 adds a place for images behind the rows of its models of texts alone: no text becomes it, no answer has it.
  while (words.pieces.size() > s.vocab && words.types.back() != token_type::normal) {
    words.pieces.pop_back();
    words.types.pop_back();
    if (!words.scores.empty()) words.scores.pop_back();
  }
  if (words.pieces.size() > s.vocab)
    fail(folder, "has " + std::to_string(words.pieces.size()) + " tokens, and an embedding of " +
                     std::to_string(s.vocab) + " rows");
  words.pieces.resize(s.vocab);  // rows that pad the embedding are tokens that nothing is
  words.types.resize(s.vocab, token_type::unused);
  if (!words.scores.empty()) words.scores.resize(s.vocab);

  opened_model out;
  out.bos = words.bos;
  chat_source chat = chat_of(folder);
  chat.strips = config.family == any_family::of<phi3>();
  if (is_bert) out.pooled = pooled_in(folder);
  else add_ends(words, folder, config, chat.eos_token);
  out.chat = try_chat_form(chat, words);
  if (out.chat.form) words.add_first_end(out.chat.form->end_of_turn());
  out.eos = words.eos;
  out.end_tokens = words.end_tokens;
  out.tokenizer = std::move(words);
  out.weights =
      std::make_unique<family_source>(std::move(all), family_source::naming::safetensors, s, config.family, known);
  return out;
}

}  // namespace mote::inline v0::host
