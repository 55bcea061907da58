// SPDX-License-Identifier: BSL-1.0
// Moves scales between a matrix and its input so that the model computes the same: the input is divided by s and the
// columns that read it are multiplied by s. The division is folded into the norm before the input, or into the rows of
// the matrix before it (value before output, up before down). Blocks state where that works (block/for_tools.hpp).
// Refuses a tied head: the embedding uses the same columns, and its use could not be compensated.
#pragma once

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/block/for_tools.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/quantize/batch_decoder.hpp"

namespace mote::inline v0::host {

namespace detail {
template <class... Blocks, class Visit>
void each_block(part_list<Blocks...>, Visit visit) {
  (visit.template operator()<Blocks>(), ...);
}
/// visit.operator()<Block>() with each block and composition of a layer, in order.
template <class Family, class Visit>
void each_block_of(std::size_t layer, Visit visit) {
  layers_facts<typename Family::layer>::with(
      layer, [&]<class Layer>() { each_block(typename v0::detail::blocks_in<Layer>::type{}, visit); });
}
}  // namespace detail

/// The scalable inputs of a layer's matrices, in the order of the blocks.
template <class Family>
std::vector<scaled_input> scaled_inputs_of(std::size_t layer) {
  std::vector<scaled_input> all;
  detail::each_block_of<Family>(layer, [&]<class Block>() {
    if constexpr (requires { Block::scaled_inputs(); })
      for (const scaled_input& one : Block::scaled_inputs()) all.push_back(one);
  });
  return all;
}
/// The input of the head; no matrix of a layer reads it. Throws if the last norm does not state `proportional_to`.
template <class Family>
scaled_input head_input() {
  if constexpr (requires { Family::last_norm::proportional_to; })
    return {.readers = {}, .vectors = Family::last_norm::proportional_to, .matrix = {}};
  else throw std::runtime_error("fold: the head's input is not proportional to a vector; its norm says nothing of one");
}
/// Throws if no input of the model can be scaled; `who` is the name of the fold in the message.
template <class Family>
void must_scale(const mote::shape& s, std::string_view who) {
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    if (!scaled_inputs_of<Family>(layer).empty()) return;
  throw std::runtime_error(std::string(who) +
                           ": no input of this family's matrices may be scaled; there is neither a norm with a gain in "
                           "front, nor a matrix whose rows pass on, or their blocks do not say so");
}

/// The number of scales of an input. Query heads that share a value head share its scales.
template <class Family = llama>
std::size_t scales_of(const mote::shape& s, const scaled_input& input) {
  return input.matrix.empty() ? s.dim : size_of<Family>(s, input.matrix.front()).rows;
}
/// The index of the scale of a column of the input.
std::size_t scale_of_column(const mote::shape& s, const scaled_input& input, std::size_t col);

namespace detail {
template <class Family>
void scale_columns(raw_model_of<Family>& m, const tensor_place& p, const scaled_input& input,
                   const std::vector<float>& scale) {
  const std::size_t cols = size_of<Family>(m.shape, p).cols;
  const auto w = change_values(m, p);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= scale[scale_of_column(m.shape, input, i % cols)];
}
template <class Family>
void divide_rows(raw_model_of<Family>& m, std::size_t layer, role r, const std::vector<float>& scale) {
  const auto w = change_values(m, tensor_place::block(layer, r));
  const std::size_t cols = w.size() / scale.size();
  for (std::size_t i = 0; i < w.size(); ++i) w[i] /= scale[i / cols];
}
template <class Family>
void divide_vector(raw_model_of<Family>& m, std::size_t layer, vector_role v, const std::vector<float>& scale) {
  const auto values = vector_of(m, layer, v);
  for (std::size_t i = 0; i < scale.size(); ++i) values[i] /= scale[i];
}
/// Every matrix that reads the input; the head if it has no readers.
std::vector<tensor_place> readers_of(std::size_t layer, const scaled_input& input);
}  // namespace detail

/// Divides an input of a layer, or of the head, by `scale` and multiplies the columns that read it. Throws if the
/// number of scales is not scales_of(), if one is not finite and positive, or if the head is tied.
template <class Family>
void fold_scales(raw_model_of<Family>& m, std::size_t layer, const scaled_input& input,
                 const std::vector<float>& scale /* (scales_of) */) {
  if (scale.size() != scales_of<Family>(m.shape, input))
    throw std::runtime_error("fold: as many scales as the input has columns are needed");
  for (float x : scale)
    if (!(x > 0) || !std::isfinite(x)) throw std::runtime_error("fold: a scale is not a positive number");
  if (input.readers.empty() && m.shape.tied_head)
    throw std::runtime_error("fold: the head is the embedding; untie it first");
  for (const tensor_place& p : detail::readers_of(layer, input)) detail::scale_columns(m, p, input, scale);
  for (const vector_role v : input.vectors) detail::divide_vector(m, layer, v, scale);
  for (const role r : input.matrix) {
    detail::divide_rows(m, layer, r, scale);
    if (const vector_role bias = tensors_of<Family>::bias_of(tensors_of<Family>::find(r)); bias != vector_role::none)
      detail::divide_vector(m, layer, bias, scale);
  }
}

/// Gives a tied head its own copy of the embedding: the image grows by that matrix, and both can be changed separately.
template <class Family>
void untie_head(raw_model_of<Family>& m) {
  if (!m.shape.tied_head) return;
  m.head = m.embedding;
  m.shape.tied_head = false;
}

}  // namespace mote::inline v0::host
