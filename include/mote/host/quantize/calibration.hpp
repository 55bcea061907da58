// SPDX-License-Identifier: BSL-1.0
// What goes into each matrix, seen on a text: the moments of every input, gathered layer by layer. Whoever is called
// with a layer's moments may put other matrices into it; the layers behind then see what those make of the text.
// Refuses to hold more than one layer's moments: a matrix of 8,192 columns needs half a gigabyte for its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/host/quantize/quantiser.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

/// What went into matrices of a layer, input by input in the order of its blocks.
struct seen_input {
  std::vector<role> readers;
  input_moments moments;
};
struct layer_moments : std::vector<seen_input> {
  /// Null: no block has multiplied that matrix.
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

/// Adds rows of an input, (rows, stride), to its moments.
void observe(input_moments& m, const float* x, std::size_t stride, std::size_t rows, std::size_t cols);

/// Runs the text through `m` and calls visit(layer, moments) for each layer in order, then, for the head,
/// visit_head(moments). If a visit changes matrices of its layer it says so by returning true.
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
  const std::size_t chunk = 64;  // logits of so many positions at a time
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
