// SPDX-License-Identifier: BSL-1.0
// A model of any family between a foreign file and an image: its shape, each tensor as plain floats, layers one after
// another, and the integers or blocks of the file if it was quantized. Or some consecutive layers of it.
// Refuses a role that the family does not have. It checks nothing else: readers check what they fill in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0::host {

/// One layer of a tensor as GGUF blocks, all rows in order. The layers of a tensor may have different types.
struct raw_blocks {
  gguf_type type{};
  std::vector<std::byte> bytes;
};

/// A tensor. If the source was quantized it also has the source's integers or blocks, so that a format with the same
/// numbers does not round a second time.
struct raw_tensor {
  std::vector<float> values;  // matrix: (layers that have it, rows, cols); vector: (layers that have it, floats)
  std::vector<std::int8_t> integers;  // as values, or empty
  std::vector<float> scales;          // one per group of integers, in order
  std::size_t group = 0;              ///< integers per scale; 0: the source had no integers
  std::vector<raw_blocks> blocks;     // one per layer, or empty
};

/// The name of a role, for messages.
std::string spelled(role r);
std::string spelled(vector_role v);

/// All tensors of a model. Those of layers are indexed as in tensors_of<Family>.
template <class Family>
struct raw_model_of {
  using tensors = tensors_of<Family>;

  mote::shape shape;
  std::size_t first_layer = 0;  ///< the layers before it are not held
  std::string source;           ///< the kind of file, for messages: "llama2.c version 2, int8 in groups of 64"
  raw_tensor embedding;         // (vocab, dim)
  raw_tensor positions;         // (context, dim); only in families with learned positions
  raw_tensor head;              // (vocab, dim); empty if tied to the embedding
  std::array<raw_tensor, tensors::matrices> matrices;
  std::array<raw_tensor, tensors::vectors> vectors;
  std::array<raw_tensor, tensors::outer_vectors> outer;  // vectors outside of layers

  raw_tensor& of(role r) { return named(*this, r); }
  const raw_tensor& of(role r) const { return named(*this, r); }
  raw_tensor& of(vector_role v) { return named(*this, v); }
  const raw_tensor& of(vector_role v) const { return named(*this, v); }

 private:
  static auto& named(auto& self, role r) {
    if (const std::size_t i = tensors::find(r); i < tensors::matrices) return self.matrices[i];
    throw std::runtime_error("model: this family has no matrix " + spelled(r));
  }
  static auto& named(auto& self, vector_role v) {
    if (const std::size_t i = tensors::find_outer(v); i < tensors::outer_vectors) return self.outer[i];
    if (const std::size_t i = tensors::find(v); i < tensors::vectors) return self.vectors[i];
    throw std::runtime_error("model: this family has no vector " + spelled(v));
  }
};
using raw_model = raw_model_of<llama>;

}  // namespace mote::inline v0::host
