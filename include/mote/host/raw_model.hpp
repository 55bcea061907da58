// SPDX-License-Identifier: BSL-1.0
// A model between a foreign file and an image: its shape, and each tensor as plain floats, layers one after another; and
// what the file itself had, where that was integers or blocks.
// Refuses nothing: the readers check, the writers trust.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/host/gguf_blocks.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0::host {

/// One layer of a tensor as a GGUF file has it: all rows in order. Layers of one kind may differ in type.
struct raw_blocks {
  gguf_type type{};
  std::vector<std::byte> bytes;
};

/// A tensor. Where the source was quantised, its integers too, so that a writer of the same bits need not round twice.
struct raw_tensor {
  std::vector<float> values;          // (layers, rows, cols) of the matrix, flat
  std::vector<std::int8_t> integers;  // as values, or empty
  std::vector<float> scales;          // one a group of integers, in order
  std::size_t group = 0;              ///< integers a scale; 0: the source had none
  std::vector<raw_blocks> blocks;     // one a layer, or empty
};

struct raw_model {
  mote::shape shape;
  std::string source;         ///< what the file was, for a person: "llama2.c version 2, int8 in groups of 64"
  raw_tensor embedding;       // (vocab, dim)
  raw_tensor attention_norm;  // (layers, dim)
  raw_tensor wq;              // (layers, dim, dim)
  raw_tensor wk;              // (layers, kv_dim, dim)
  raw_tensor wv;              // (layers, kv_dim, dim)
  raw_tensor wo;              // (layers, dim, dim)
  raw_tensor ffn_norm;        // (layers, dim)
  raw_tensor w1;              // (layers, hidden, dim), the gate
  raw_tensor w2;              // (layers, dim, hidden)
  raw_tensor w3;              // (layers, hidden, dim), the other factor
  raw_tensor final_norm;      // (dim)
  raw_tensor head;            // (vocab, dim); empty where it is the embedding
};

}  // namespace mote::inline v0::host
