// SPDX-License-Identifier: BSL-1.0
// Writes a trained model in llama2.c's formats (legacy f32 weights, tokenizer.bin), which the importer and other
// programs read.
// Refuses to leave half a file: each is written to a temporary file and renamed when it is complete, the weights first.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

namespace detail {
class numbers_file {
 public:
  explicit numbers_file(const std::string& path) : out_(path) {}
  void put(const void* bytes, std::size_t count) { out_.append({static_cast<const std::byte*>(bytes), count}); }
  void put(std::int32_t v) { put(&v, sizeof v); }
  void put(float v) { put(&v, sizeof v); }
  void commit() { out_.commit(); }

 private:
  file_replacement out_;
};
}  // namespace detail

/// Writes the weights and the vocabulary. Trainer has a static constexpr shape `s` and `view()`, its weights<format>.
/// Throws file_error.
template <class Trainer>
void write_llama2c(const std::string& weights_path, const std::string& tokenizer_path, const Trainer& trainer,
                   const vocabulary_text& vocabulary) {
  constexpr shape s = Trainer::s;
  const auto w = trainer.view();
  detail::numbers_file file(weights_path);
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
  for (std::size_t i = 0; i < s.context * s.head_dim(); ++i) file.put(0.0F);  // rotary tables, which readers skip
  if (!s.tied_head) matrix(w.head());

  detail::numbers_file words(tokenizer_path);
  std::size_t longest = 0;
  for (const auto& piece : vocabulary.pieces) longest = (std::max)(longest, piece.size());
  words.put(static_cast<std::int32_t>(longest));
  for (std::size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    words.put(vocabulary.scores[i]);
    words.put(static_cast<std::int32_t>(vocabulary.pieces[i].size()));
    words.put(vocabulary.pieces[i].data(), vocabulary.pieces[i].size());
  }
  file.commit();
  words.commit();
}

}  // namespace mote::inline v0::host
