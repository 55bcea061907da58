// SPDX-License-Identifier: BSL-1.0
// A model of any family between a foreign file and an image: its shape, and each tensor as plain floats, layers one after
// another; and what the file itself had, where that was integers or blocks.
// Refuses nothing but a name that the family lacks: the readers check, the writers trust.
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

/// One layer of a tensor as a GGUF file has it: all rows in order. Layers of one kind may differ in type.
struct raw_blocks {
  gguf_type type{};
  std::vector<std::byte> bytes;
};

/// A tensor. Where the source was quantised, its integers too, so that a writer of the same bits need not round twice.
struct raw_tensor {
  std::vector<float> values;  // (layers that have it, rows, cols) of a matrix, (layers, floats) of a vector; flat
  std::vector<std::int8_t> integers;  // as values, or empty
  std::vector<float> scales;          // one a group of integers, in order
  std::size_t group = 0;              ///< integers a scale; 0: the source had none
  std::vector<raw_blocks> blocks;     // one a layer, or empty
};

/// A tensor's name, for a person.
std::string spelled(role r);
std::string spelled(vector_role v);

/// The tensors that lie outside of layers, and those of layers by the numbers that tensors_of<Family> gives them.
template <class Family>
struct raw_model_of {
  using tensors = tensors_of<Family>;

  mote::shape shape;
  std::string source;    ///< what the file was, for a person: "llama2.c version 2, int8 in groups of 64"
  raw_tensor embedding;  // (vocab, dim)
  raw_tensor positions;  // (context, dim), where the family learns them
  raw_tensor head;       // (vocab, dim); empty where it is the embedding
  std::array<raw_tensor, tensors::matrices> matrices;
  std::array<raw_tensor, tensors::vectors> vectors;
  std::array<raw_tensor, tensors::outer_vectors> outer;  // vectors of no layer

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
