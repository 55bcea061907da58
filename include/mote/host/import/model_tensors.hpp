// SPDX-License-Identifier: BSL-1.0
// The tensors of a model between file and image, one by one: which matrices there are, how large each is, and its floats;
// and the floats of a vector.
// Refuses to list vectors: they stay floats in every image.
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

/// Which matrix: the token embedding, the table of learned positions, the head where it is not the embedding, or a role in
/// a layer.
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

std::string name(const tensor_place& p);

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
/// The tensor that holds a matrix, and which of its parts it is: of the layers, those that have the matrix.
template <class Family>
std::size_t part_of_tensor(const tensor_place& p) {
  using tensors = tensors_of<Family>;
  if (p.where != tensor_place::part::block) return 0;
  std::size_t n = 0;
  for (std::size_t layer = 0; layer < p.layer; ++layer)
    n += tensors::has_matrix(Family::layer::kind_of(layer), tensors::find(p.role)) ? 1U : 0U;
  return n;
}
}  // namespace detail

/// The tensor that holds a matrix: of a role, that of every layer.
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

/// The floats of one matrix, (rows, cols). The place is taken by value: GCC 14 would take the span for a part of it.
template <class Family>
std::span<const float> values_of(const raw_model_of<Family>& m, tensor_place p) {
  const matrix_size size = size_of<Family>(m.shape, p);
  const std::size_t count = size.rows * size.cols;
  const std::size_t at = detail::part_of_tensor<Family>(p);
  const raw_tensor& t = tensor_of(m, p);
  if (t.values.size() < (at + 1) * count)
    throw std::runtime_error("model: " + name(p) + " has " + std::to_string(t.values.size()) +
                             " values; the shape needs " + std::to_string((at + 1) * count));
  return std::span(t.values).subspan(at * count, count);
}

/// The same to be changed. What the source had as integers or blocks is forgotten: it would no longer be true.
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

/// The floats of a vector; what belongs to no layer takes any.
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
    for (std::size_t l = 0; l < layer; ++l) at += tensors::has_vector(Family::layer::kind_of(l), i) ? count : 0;
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
