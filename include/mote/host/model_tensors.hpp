// SPDX-License-Identifier: BSL-1.0
// The matrices of a model between file and image, one by one: which there are, how large each is, and its floats.
// Refuses norms: they are vectors, and stay floats in every image.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/raw_model.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

/// Which matrix: the token embedding, the head where it is not the embedding, or a role in a layer.
struct tensor_place {
  enum class part : std::uint8_t { embedding, block, head } where = part::embedding;
  std::size_t layer = 0;
  mote::role role = mote::role::query;

  static tensor_place embedding() { return {}; }
  static tensor_place head() { return {.where = part::head}; }
  static tensor_place block(std::size_t layer, mote::role r) {
    return {.where = part::block, .layer = layer, .role = r};
  }
  bool operator==(const tensor_place&) const = default;
};

inline std::string name(const tensor_place& p) {
  if (p.where == tensor_place::part::embedding) return "embedding";
  if (p.where == tensor_place::part::head) return "head";
  return "layer " + std::to_string(p.layer) + " " + std::string(mote::name(p.role));
}

inline matrix_size size_of(const mote::shape& s, const tensor_place& p) {
  if (p.where != tensor_place::part::block) return {s.vocab, s.dim};
  return size_of(s, p.role);
}

/// Every matrix in the order of the image.
inline std::vector<tensor_place> all_tensors(const mote::shape& s) {
  std::vector<tensor_place> all{tensor_place::embedding()};
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t r = 0; r < role_count; ++r) all.push_back(tensor_place::block(layer, static_cast<role>(r)));
  if (!s.tied_head) all.push_back(tensor_place::head());
  return all;
}

/// The tensor that holds a role of every layer.
template <class Model>
auto& tensor_of(Model& m, role r) {
  switch (r) {
    case role::query: return m.wq;
    case role::key: return m.wk;
    case role::value: return m.wv;
    case role::output: return m.wo;
    case role::gate: return m.w1;
    case role::up: return m.w3;
    case role::down: break;
  }
  return m.w2;
}

/// The floats of one matrix, (rows, cols). The place is taken by value: GCC 14 would take the span for a part of it.
inline std::span<const float> values_of(const raw_model& m, tensor_place p) {
  const matrix_size size = size_of(m.shape, p);
  const std::size_t count = size.rows * size.cols;
  const raw_tensor& t = p.where == tensor_place::part::embedding ? m.embedding
                        : p.where == tensor_place::part::head    ? m.head
                                                                 : tensor_of(m, p.role);
  if (t.values.size() < (p.layer + 1) * count)
    throw std::runtime_error("model: " + name(p) + " has " + std::to_string(t.values.size()) +
                             " values; the shape needs " + std::to_string((p.layer + 1) * count));
  return std::span(t.values).subspan(p.layer * count, count);
}

/// The same to be changed. What the source had as integers or blocks is forgotten: it would no longer be true.
inline std::span<float> change_values(raw_model& m, tensor_place p) {
  raw_tensor& t = p.where == tensor_place::part::embedding ? m.embedding
                  : p.where == tensor_place::part::head    ? m.head
                                                           : tensor_of(m, p.role);
  const auto values = values_of(m, p);
  t.integers.clear();
  t.scales.clear();
  t.blocks.clear();
  t.group = 0;
  return {t.values.data() + (values.data() - t.values.data()), values.size()};
}

}  // namespace mote::inline v0::host
