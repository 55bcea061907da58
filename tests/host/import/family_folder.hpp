// SPDX-License-Identifier: BSL-1.0
// A reference model written as the folder of safetensors that transformers makes of its family, with names and orders as they
// are published, and the logits of what is imported from it.
// Refuses to look into the families' tables of names: a fault there must show.
#pragma once

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../file_processes.hpp"
#include "family_gguf.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/model_file.hpp"

namespace mote_tests {

using nlohmann::json;
namespace host = mote::host;

/// A file of floats: names, shapes, values.
class safetensors_writer {
 public:
  void add(const std::string& name, const std::vector<std::size_t>& shape, const std::vector<float>& values) {
    const std::size_t begin = data_.size();
    data_.resize(begin + values.size() * sizeof(float));
    std::memcpy(data_.data() + begin, values.data(), values.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }
  std::vector<std::byte> file() const {
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    std::vector<std::byte> out(sizeof size + text.size());
    std::memcpy(out.data(), &size, sizeof size);
    std::memcpy(out.data() + sizeof size, text.data(), text.size());
    out.insert(out.end(), data_.begin(), data_.end());
    return out;
  }
  json header = {{"__metadata__", {{"format", "pt"}}}};

 private:
  std::vector<std::byte> data_;
};

inline void put(const std::filesystem::path& file, const std::string& text) {
  host::write_atomically(file, std::as_bytes(std::span(text)));
}

/// A tokenizer.json of printable characters and an end.
inline std::string characters(std::size_t vocab) {
  json vocabulary = json::object();
  for (std::size_t id = 0; id + 1 < vocab; ++id) vocabulary[std::string(1, static_cast<char>('!' + id))] = id;
  return json{{"version", "1.0"},
              {"added_tokens", {{{"id", vocab - 1}, {"content", "<|end|>"}, {"special", true}}}},
              {"normalizer", nullptr},
              {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
              {"post_processor", nullptr},
              {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", json::array()}}}}
      .dump();
}

/// How a family's folder differs from its reference: the names of tensors, # for a layer, and what is done to values.
struct folder_habits {
  std::map<std::string, std::string> names;
  bool transposed = false;      // matrices of layers are (cols, rows)
  bool heads_of_parts = false;  // joined query, key and value: head by head
  bool gains_less_one = false;
  std::size_t rows_before_positions = 0;
  std::set<std::string> by_columns{};  // tensors that are joined column by column
  std::size_t rows_of_no_token = 0;    // behind those of the tables
};

/// Writes the folder; tensors of one name are joined in the order query, key, value or gate, up.
inline void write_folder(const std::filesystem::path& folder, plain_published& m, const folder_habits& h, json config) {
  struct tensor {
    std::size_t rows = 0, cols = 0;
    std::vector<plain_vector> parts;
    bool by_columns = false;
  };
  std::vector<std::pair<std::string, tensor>> all;
  for (const named_tensor& t : tensors_of(m)) {
    std::string rest = t.name, layer;
    if (rest.starts_with("layers.")) {
      const std::size_t dot = rest.find('.', 7);
      layer = rest.substr(7, dot - 7);
      rest = rest.substr(dot + 1);
    }
    const bool is_bias = rest.ends_with(".bias");
    INFO(rest);
    std::string name = h.names.at(is_bias ? rest.substr(0, rest.size() - 5) : rest);
    if (const std::size_t at = name.find('#'); at != name.npos) name.replace(at, 1, layer);
    name += is_bias ? ".bias" : ".weight";
    plain_vector values = t.values();
    if (h.gains_less_one && t.matrix == nullptr)
      for (double& v : values) v = static_cast<double>(static_cast<float>(v) - 1.0F);
    if (rest == "embedding" || h.by_columns.contains(rest))
      values.resize(values.size() + h.rows_of_no_token * t.matrix->cols, 7.0);
    if (rest == "positions") values.insert(values.begin(), h.rows_before_positions * t.matrix->cols, 7.0);
    auto found = all.begin();
    while (found != all.end() && found->first != name) ++found;
    if (found == all.end()) found = all.insert(all.end(), {name, {}});
    found->second.cols = t.matrix != nullptr ? t.matrix->cols : 1;
    found->second.rows += values.size() / found->second.cols;
    found->second.parts.push_back(values);
    found->second.by_columns = h.by_columns.contains(rest);
    if (t.matrix == nullptr) found->second.cols = 0;
  }
  safetensors_writer file;
  for (auto& [name, t] : all) {
    const bool is_matrix = t.cols != 0;
    const std::size_t cols = is_matrix ? t.cols : 1;
    std::vector<float> values;
    if (h.heads_of_parts && t.parts.size() == 3) {
      const std::size_t head = m.s.head_dim * cols;
      for (std::size_t at = 0; at < t.parts[0].size(); at += head)
        for (const plain_vector& part : t.parts)
          for (std::size_t i = 0; i < head; ++i) values.push_back(static_cast<float>(part[at + i]));
    } else if (t.by_columns) {
      for (std::size_t at = 0; at < t.parts[0].size(); at += cols)
        for (const plain_vector& part : t.parts)
          for (std::size_t i = 0; i < cols; ++i) values.push_back(static_cast<float>(part[at + i]));
    } else {
      for (const plain_vector& part : t.parts)
        for (const double v : part) values.push_back(static_cast<float>(v));
    }
    std::size_t rows = values.size() / cols;
    if (t.by_columns) {
      file.add(name, {rows / t.parts.size(), cols * t.parts.size()}, values);
      continue;
    }
    if (is_matrix && h.transposed && name.find("wte") == name.npos && name.find("wpe") == name.npos) {
      const std::vector<float> before = values;
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) values[c * rows + r] = before[r * cols + c];
      file.add(name, {cols, rows}, values);
    } else if (is_matrix) {
      file.add(name, {rows, cols}, values);
    } else if (name.ends_with("conv.conv.weight")) {  // LFM2's taps
      file.add(name, {m.s.dim, 1, rows / m.s.dim}, values);
    } else {
      file.add(name, {rows}, values);
    }
  }
  config["vocab_size"] = m.s.vocab + h.rows_of_no_token;
  config["eos_token_id"] = m.s.vocab - 1;
  host::write_atomically(folder / "model.safetensors", file.file());
  put(folder / "config.json", config.dump());
  put(folder / "tokenizer.json", characters(m.s.vocab));
}

template <class Family>
void check_folder(plain_published& m, const folder_habits& h, const json& config, const mote::shape& expected) {
  const scratch_folder folder;
  write_folder(folder.path, m, h, config);
  const host::opened_model opened = host::open_model_file(folder.path, {});
  check_opened<Family>(m, opened, expected);
}

inline json sizes(const mote::shape& s, const char* type) {
  return {{"model_type", type},
          {"hidden_size", s.dim},
          {"intermediate_size", s.hidden},
          {"num_hidden_layers", s.layers},
          {"num_attention_heads", s.heads},
          {"max_position_embeddings", s.context}};
}

inline std::map<std::string, std::string> llama_names() {
  const std::string layer = "model.layers.#.";
  return {{"embedding", "model.embed_tokens"},
          {"head", "lm_head"},
          {"final_norm", "model.norm"},
          {"attention_norm", layer + "input_layernorm"},
          {"query", layer + "self_attn.q_proj"},
          {"key", layer + "self_attn.k_proj"},
          {"value", layer + "self_attn.v_proj"},
          {"output", layer + "self_attn.o_proj"},
          {"query_norm", layer + "self_attn.q_norm"},
          {"key_norm", layer + "self_attn.k_norm"},
          {"ffn_norm", layer + "post_attention_layernorm"},
          {"gate", layer + "mlp.gate_proj"},
          {"up", layer + "mlp.up_proj"},
          {"down", layer + "mlp.down_proj"}};
}

}  // namespace mote_tests
