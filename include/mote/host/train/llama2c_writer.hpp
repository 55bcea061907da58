// SPDX-License-Identifier: BSL-1.0
// Writes a trained model in llama2.c's formats (legacy f32 weights, tokenizer), which the importer and other programs
// read.
// Refuses to leave half a file: each is written beside its place and then moved there.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

namespace detail {
class file_under_way {
 public:
  explicit file_under_way(std::string path) : path_(std::move(path)), out_(path_ + ".part", std::ios::binary) {}
  void put(const void* bytes, std::size_t count) {
    out_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  }
  void put(std::int32_t v) { put(&v, sizeof v); }
  void put(float v) { put(&v, sizeof v); }
  void finish() {
    out_.close();
    if (!out_) throw std::runtime_error("cannot write " + path_);
    std::filesystem::rename(path_ + ".part", path_);
  }

 private:
  std::string path_;
  std::ofstream out_;
};
}  // namespace detail

/// Trainer: anything with a shape `s`, a `format` and a `view()` of weights.
template <class Trainer>
void write_llama2c(const std::string& weights_path, const std::string& tokenizer_path, const Trainer& trainer,
                   const vocabulary_text& vocabulary) {
  constexpr shape s = Trainer::s;
  const auto w = trainer.view();
  detail::file_under_way file(weights_path);
  for (std::size_t n : {s.dim, s.hidden, s.layers, s.heads, s.kv_heads}) file.put(static_cast<std::int32_t>(n));
  file.put(static_cast<std::int32_t>(s.vocab) * (s.tied_head ? 1 : -1));
  file.put(static_cast<std::int32_t>(s.context));
  const auto matrix = [&](const auto& m) {
    std::vector<float> row(m.cols);
    for (std::size_t r = 0; r < m.rows; ++r) {
      m.decode_row(r, row.data());
      file.put(row.data(), m.cols * sizeof(float));
    }
  };
  const auto all = [&](role r) {
    for (std::size_t layer = 0; layer < s.layers; ++layer) matrix(w.of(layer, r));
  };
  matrix(w.embedding());
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    file.put(w.vector(layer, vector_role::attention_norm), s.dim * sizeof(float));
  for (role r : {role::query, role::key, role::value, role::output}) all(r);
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    file.put(w.vector(layer, vector_role::ffn_norm), s.dim * sizeof(float));
  for (role r : {role::gate, role::down, role::up}) all(r);
  file.put(w.vector(0, vector_role::final_norm), s.dim * sizeof(float));
  for (std::size_t i = 0; i < s.context * s.head_dim(); ++i) file.put(0.0F);  // the old rotary tables, unused
  if (!s.tied_head) matrix(w.head());
  file.finish();

  detail::file_under_way words(tokenizer_path);
  std::size_t longest = 0;
  for (const auto& piece : vocabulary.pieces) longest = (std::max)(longest, piece.size());
  words.put(static_cast<std::int32_t>(longest));
  for (std::size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    words.put(vocabulary.scores[i]);
    words.put(static_cast<std::int32_t>(vocabulary.pieces[i].size()));
    words.put(vocabulary.pieces[i].data(), vocabulary.pieces[i].size());
  }
  words.finish();
}

}  // namespace mote::inline v0::host
