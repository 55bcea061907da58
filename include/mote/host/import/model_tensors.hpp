// SPDX-License-Identifier: BSL-1.0
// The matrices of a raw_model one by one: which there are, their sizes and their floats; and the floats of a vector.
// Refuses to list vectors: they are floats in every image, so nothing has to be chosen for them.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

/// Names a matrix: the token embedding, the table of learned positions, an untied head, or a role in a layer.
struct tensor_place {
  enum class part : std::uint8_t { embedding, positions, block, head } where = part::embedding;
  std::size_t layer = 0;
  mote::role role = mote::role::query;

  static tensor_place embedding() { return {}; }
  static tensor_place positions() { return {.where = part::positions}; }
  static tensor_place head() { return {.where = part::head}; }
  static tensor_place block(std::size_t layer, mote::role r) {
    return {.where = part::block, .layer = layer, .role = r};
  }
  bool operator==(const tensor_place&) const = default;
};

/// The name of a matrix for messages and tables.
std::string name(const tensor_place& p);

/// Rows and columns of a matrix.
template <class Family = llama>
matrix_size size_of(const mote::shape& s, const tensor_place& p) {
  if (p.where == tensor_place::part::positions) return {s.context, s.dim};
  if (p.where != tensor_place::part::block) return {s.vocab, s.dim};
  return size_of<Family>(s, p.role);
}

/// Every matrix in the order of the image.
template <class Family = llama>
std::vector<tensor_place> all_tensors(const mote::shape& s) {
  using tensors = tensors_of<Family>;
  std::vector<tensor_place> all{tensor_place::embedding()};
  if (has_positions<Family>) all.push_back(tensor_place::positions());
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(Family::layer::kind_of(layer), i))
        all.push_back(tensor_place::block(layer, tensors::matrix(i)));
  if (!s.tied_head) all.push_back(tensor_place::head());
  return all;
}

namespace detail {
/// The index of a matrix within its raw_tensor: the number of earlier layers, from `first` on, that have this role.
template <class Family>
std::size_t part_of_tensor(const tensor_place& p, std::size_t first) {
  using tensors = tensors_of<Family>;
  if (p.where != tensor_place::part::block) return 0;
  std::size_t n = 0;
  for (std::size_t layer = first; layer < p.layer; ++layer)
    n += tensors::has_matrix(Family::layer::kind_of(layer), tensors::find(p.role)) ? 1U : 0U;
  return n;
}
}  // namespace detail

/// The raw_tensor that contains a matrix. That of a role contains the matrices of all layers.
template <class Model>
auto& tensor_of(Model& m, const tensor_place& p) {
  switch (p.where) {
    case tensor_place::part::embedding: return m.embedding;
    case tensor_place::part::positions: return m.positions;
    case tensor_place::part::head: return m.head;
    case tensor_place::part::block: break;
  }
  return m.of(p.role);
}

/// The floats of one matrix, (rows, cols). Throws if the tensor has too few. `p` is passed by value: with a reference,
/// GCC 14 warns that the span refers to a temporary.
template <class Family>
std::span<const float> values_of(const raw_model_of<Family>& m, tensor_place p) {
  const matrix_size size = size_of<Family>(m.shape, p);
  const std::size_t count = size.rows * size.cols;
  const std::size_t at = detail::part_of_tensor<Family>(p, m.first_layer);
  const raw_tensor& t = tensor_of(m, p);
  if (t.values.size() < (at + 1) * count)
    throw std::runtime_error("model: " + name(p) + " has " + std::to_string(t.values.size()) +
                             " values; the shape needs " + std::to_string((at + 1) * count));
  return std::span(t.values).subspan(at * count, count);
}

/// The same, writable. Clears the integers and blocks of the source, which the changed floats no longer match.
template <class Family>
std::span<float> change_values(raw_model_of<Family>& m, tensor_place p) {
  raw_tensor& t = tensor_of(m, p);
  const auto values = values_of(m, p);
  t.integers.clear();
  t.scales.clear();
  t.blocks.clear();
  t.group = 0;
  return {t.values.data() + (values.data() - t.values.data()), values.size()};
}

/// The floats of a vector. `layer` is ignored for vectors outside of layers. Throws if the tensor has too few.
template <class Family>
std::span<float> vector_of(raw_model_of<Family>& m, std::size_t layer, vector_role v) {
  using tensors = tensors_of<Family>;
  const std::size_t out = tensors::find_outer(v);
  std::size_t count = 0;
  std::size_t at = 0;
  if (out < tensors::outer_vectors) {
    count = tensors::outer_floats(m.shape, out);
  } else {
    const std::size_t i = tensors::find(v);
    count = tensors::floats(m.shape, i);
    for (std::size_t l = m.first_layer; l < layer; ++l)
      at += tensors::has_vector(Family::layer::kind_of(l), i) ? count : 0;
  }
  std::vector<float>& all = m.of(v).values;
  if (all.size() < at + count)
    throw std::runtime_error("model: " + spelled(v) + " has " + std::to_string(all.size()) +
                             " values; the shape needs " + std::to_string(at + count));
  return std::span(all).subspan(at, count);
}
template <class Family>
std::span<const float> vector_of(const raw_model_of<Family>& m, std::size_t layer, vector_role v) {
  return vector_of(const_cast<raw_model_of<Family>&>(m), layer, v);
}

}  // namespace mote::inline v0::host
