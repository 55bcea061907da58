// SPDX-License-Identifier: BSL-1.0
// A model for the decoder whose weights stay where they are: a product loads some rows of its matrix, multiplies by
// them and lets them go. The products have the bits of matrices in memory.
// Refuses to keep what it has read: a model that is run token by token is read once for each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "mote/host/import/model_source.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/quantize/batch_decoder.hpp"

namespace mote::inline v0::host {

/// The floats of rows first .. first + count - 1 of a matrix, valid until the next call.
using row_reader = std::function<const float*(std::size_t first, std::size_t count)>;

/// A matrix of (rows, cols) whose rows are read at each product, about a quarter of a million weights at a time.
linear read_at_use(row_reader read, std::size_t rows, std::size_t cols);

/// A matrix of a source, which must outlive the result. Matrices that are used one at a time share `room`.
linear read_at_use(model_source& from, const tensor_place& p, std::shared_ptr<std::vector<float>> room);

/// The vectors of `from` outside of layers, and none of its matrices. Throws if it is of another family.
template <class Family>
batch_model_of<Family> without_matrices(model_source& from) {
  using tensors = tensors_of<Family>;
  if (!(from.family() == any_family::of<Family>()))
    throw std::runtime_error("model: it is of " + from.family().type() + "; this needs one of " +
                             any_family::of<Family>().type());
  if (!from.shape().valid()) throw std::runtime_error("model: the numbers of the shape make no model");
  batch_model_of<Family> b;
  b.shape = from.shape();
  b.blocks.resize(b.shape.layers);
  b.vectors.resize(b.shape.layers);
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) {
    b.outer[i].resize(tensors::outer_floats(b.shape, i));
    from.load_vector(0, tensors::outer_vector(i), b.outer[i].data());
  }
  return b;
}

/// The model of a source, which must outlive the result. Vectors are in memory.
template <class Family = llama>
batch_model_of<Family> use_source(model_source& from) {
  using tensors = tensors_of<Family>;
  batch_model_of<Family> b = without_matrices<Family>(from);
  for (std::size_t layer = 0; layer < b.shape.layers; ++layer)
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(Family::layer::kind_of(layer), i)) {
        b.vectors[layer][i].resize(tensors::floats(b.shape, i));
        from.load_vector(layer, tensors::vector(i), b.vectors[layer][i].data());
      }
  const auto room = std::make_shared<std::vector<float>>();
  for (const tensor_place& p : all_tensors<Family>(b.shape)) b.put(p, read_at_use(from, p, room));
  return b;
}

extern template batch_model use_source(model_source&);

}  // namespace mote::inline v0::host
