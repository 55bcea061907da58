// SPDX-License-Identifier: BSL-1.0
// Quantizes the matrices of a model, each by its own recipe: a grid and a quantizer. Layers are done in order; each is
// calibrated on the outputs of layers that are already quantized, so that it compensates their errors.
// Refuses to calibrate an embedding or a table of positions: a lookup has no input. An untied head is calibrated.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "mote/host/quantize/calibration.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

/// What to do with a matrix. Without a grid it is left as it is.
struct tensor_recipe {
  const host::quantization_grid* grid = nullptr;
  quantizer quantize = round_to_nearest{};
};
using recipe = std::function<tensor_recipe(const tensor_place&)>;

/// Called with (matrices done, matrices in all).
using quantize_report = std::function<void(std::size_t, std::size_t)>;

/// The codes of every matrix whose recipe has a grid. Without a text nothing is calibrated.
template <class Family>
std::vector<quantized_tensor> quantize_model(const raw_model_of<Family>& m, const recipe& how,
                                             const text_sample* text = nullptr, const quantize_report& report = {}) {
  using tensors = tensors_of<Family>;
  std::vector<quantized_tensor> out;
  const std::size_t all = all_tensors<Family>(m.shape).size();
  std::size_t done = 0;
  batch_model_of<Family> in_use;
  if (text != nullptr) in_use = use_floats(m);
  const auto one = [&](const tensor_place& p, const input_moments* input) {
    const tensor_recipe r = how(p);
    ++done;
    if (r.grid == nullptr) return false;
    const matrix_size size = size_of<Family>(m.shape, p);
    out.push_back(
        {p, r.quantize({.place = p, .w = values_of(m, p).data(), .rows = size.rows, .cols = size.cols, .input = input},
                       *r.grid)});
    if (text != nullptr) in_use.put(p, pack_floats(out.back().codes.values.data(), size.rows, size.cols));
    if (report) report(done, all);
    return true;
  };
  one(tensor_place::embedding(), nullptr);
  if (has_positions<Family>) one(tensor_place::positions(), nullptr);
  const auto layer_of = [&](std::size_t layer, const layer_moments* moments) {
    bool changed = false;
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      if (!tensors::has_matrix(Family::layer::kind_of(layer), i)) continue;
      const role which = tensors::matrix(i);
      changed |= one(tensor_place::block(layer, which), moments == nullptr ? nullptr : moments->find(which));
    }
    return changed;
  };
  if (text == nullptr) {
    for (std::size_t layer = 0; layer < m.shape.layers; ++layer) layer_of(layer, nullptr);
    if (!m.shape.tied_head) one(tensor_place::head(), nullptr);
    return out;
  }
  const auto head = [&](const input_moments& moments) { one(tensor_place::head(), &moments); };
  calibrate(
      in_use, *text, [&](std::size_t layer, const layer_moments& moments) { return layer_of(layer, &moments); },
      m.shape.tied_head ? std::function<void(const input_moments&)>{} : head);
  return out;
}

/// `base` with the floats that the codes decode to: measures the loss of the weights alone.
template <class Family>
batch_model_of<Family> use_decoded(batch_model_of<Family> base, const std::vector<quantized_tensor>& tensors) {
  for (const quantized_tensor& t : tensors)
    base.put(t.place, pack_floats(t.codes.values.data(), t.codes.rows, t.codes.cols));
  return base;
}

extern template std::vector<quantized_tensor> quantize_model(const raw_model&, const recipe&, const text_sample*,
                                                             const quantize_report&);
extern template batch_model use_decoded(batch_model, const std::vector<quantized_tensor>&);

}  // namespace mote::inline v0::host
