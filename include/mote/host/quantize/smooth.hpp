// SPDX-License-Identifier: BSL-1.0
// SmoothQuant (Xiao et al. 2023, arXiv 2211.10438): moves large magnitudes from the columns of an input into the
// weights, so that 8 bits with one scale for many columns hold both. Each input column is divided, and each column of
// the matrices that read it multiplied, by s = max|x|^alpha / max|w|^(1 - alpha). fold.hpp folds the division away.
// Refuses a family none of whose inputs can be scaled. It serves formats whose activations have one scale per row; most
// of mote's formats have one per 32 columns.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/host/quantize/calibration.hpp"
#include "mote/host/quantize/fold.hpp"

namespace mote::inline v0::host {

struct smooth {
  double alpha = 0.5;  ///< 1: all columns of the input get the same maximum; 0: all columns of the weights do

  template <class Family>
  static std::vector<float> scales(const raw_model_of<Family>& m, std::size_t layer, const scaled_input& where,
                                   const input_moments& input, double alpha) {
    const std::size_t n = scales_of<Family>(m.shape, where);
    std::vector<double> x(n), w(n);
    for (std::size_t i = 0; i < input.cols; ++i) {
      double& largest = x[scale_of_column(m.shape, where, i)];
      largest = (std::max)(largest, input.largest[i]);
    }
    for (role r : where.readers) {
      const auto values = values_of(m, tensor_place::block(layer, r));
      const std::size_t cols = size_of<Family>(m.shape, r).cols;
      for (std::size_t i = 0; i < values.size(); ++i) {
        double& largest = w[scale_of_column(m.shape, where, i % cols)];
        largest = (std::max)(largest, static_cast<double>(std::fabs(values[i])));
      }
    }
    std::vector<float> out;
    for (std::size_t i = 0; i < n; ++i)
      out.push_back(
          static_cast<float>(std::pow((std::max)(x[i], 1e-5), alpha) / std::pow((std::max)(w[i], 1e-5), 1 - alpha)));
    return out;
  }

  /// Folds scales into one layer of `m`. Inputs that cannot be scaled stay as they are.
  template <class Family>
  void fold_layer(raw_model_of<Family>& m, std::size_t layer, const layer_moments& moments) const {
    for (const scaled_input& where : scaled_inputs_of<Family>(layer))
      fold_scales(m, layer, where, scales(m, layer, where, moments.of(where.readers.front()), alpha));
  }

  /// The same for every layer.
  template <class Family>
  void operator()(raw_model_of<Family>& m, const text_sample& text) const {
    must_scale<Family>(m.shape, "smooth");
    const batch_model_of<Family> before = use_floats(m);
    calibrate(
        before, text,
        [&](std::size_t layer, const layer_moments& moments) {
          fold_layer(m, layer, moments);
          return false;
        },
        {}, moment_kind::diagonal);
  }
};

}  // namespace mote::inline v0::host
