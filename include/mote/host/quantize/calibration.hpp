// SPDX-License-Identifier: BSL-1.0
// Runs a text through a model and collects the moments of every matrix input, layer by layer. A visitor gets the
// moments of each layer and may replace matrices of that layer; later layers then see the outputs of the replaced ones.
// Refuses to hold the moments of more than one layer: those of an 8,192-column input take half a gigabyte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

/// One input of a layer: the matrices that read it and its moments. layer_moments has them in the order of the blocks.
struct seen_input {
  std::vector<role> readers;
  input_moments moments;
};
struct layer_moments : std::vector<seen_input> {
  /// The moments of the input that matrix `r` reads; null if no block has multiplied it.
  const input_moments* find(role r) const {
    for (const seen_input& input : *this)
      if (std::ranges::find(input.readers, r) != input.readers.end()) return &input.moments;
    return nullptr;
  }
  const input_moments& of(role r) const {
    if (const input_moments* found = find(r)) return *found;
    throw std::runtime_error("calibration: nothing went into the matrix " + spelled(r));
  }
};

/// Adds the rows of an input, x: (rows, stride), to its moments.
void observe(input_moments& m, const float* x, std::size_t stride, std::size_t rows, std::size_t cols);

/// Runs the text through `m` and calls visit(layer, moments) for each layer in order, then visit_head(moments) for the
/// input of the head, if it is given. A visit that has changed matrices of its layer must return true: the layer is
/// then run again.
template <class Family>
void calibrate(const batch_model_of<Family>& m, const text_sample& text,
               const std::function<bool(std::size_t, const layer_moments&)>& visit,
               const std::function<void(const input_moments&)>& visit_head = {}) {
  batch_decoder decoder(m, text.sequences, text.length);
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < text.sequences; ++i) {
    const auto sequence = text.sequence(i);
    tokens.insert(tokens.end(), sequence.begin(), sequence.end() - 1);
  }
  std::vector<float> x = decoder.embed(tokens);
  for (std::size_t layer = 0; layer < m.shape.layers; ++layer) {
    layer_moments moments;
    std::vector<float> behind = x;
    decoder.block(layer, behind, [&](const matrix_input& input) {
      moments.push_back({{input.readers.begin(), input.readers.end()}, {}});
      observe(moments.back().moments, input.x, input.stride, input.rows, input.cols);
    });
    if (visit(layer, moments)) decoder.block(layer, x);
    else x = std::move(behind);
  }
  if (!visit_head) return;
  input_moments head;
  const std::size_t chunk = 64;  // positions whose logits are in memory at a time
  const std::size_t all = x.size() / decoder.hidden_stride();
  for (std::size_t row = 0; row < all; row += chunk) {
    const std::size_t count = all - row < chunk ? all - row : chunk;
    const auto first = x.begin() + static_cast<std::ptrdiff_t>(row * decoder.hidden_stride());
    decoder.head(std::vector<float>(first, first + static_cast<std::ptrdiff_t>(count * decoder.hidden_stride())),
                 [&](const matrix_input& input) { observe(head, input.x, input.stride, input.rows, input.cols); });
  }
  visit_head(head);
}

extern template void calibrate(const batch_model&, const text_sample&,
                               const std::function<bool(std::size_t, const layer_moments&)>&,
                               const std::function<void(const input_moments&)>&);

}  // namespace mote::inline v0::host
