// SPDX-License-Identifier: BSL-1.0
// AWQ (Lin et al. 2024, arXiv 2306.00978): multiplies the columns of a matrix whose input is large by a scale before
// rounding, so that they lose less, and divides the input by it. The scales are folded into the weights before the
// input (fold.hpp). The power of the scale is searched on the given grid; power 0, no scaling, is one of those tried.
// Refuses to round the model: it changes its floats only, and any quantizer can follow. Inputs that no norm or matrix
// can absorb a scale for stay as they are (GPT-2: the output of GELU).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/host/quantize/calibration.hpp"
#include "mote/host/quantize/fold.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

struct awq {
  double alpha = -1;       ///< scale = (mean magnitude of the column)^alpha; below 0: searched for each input
  std::size_t steps = 20;  ///< powers tried: 0, 1 / steps, ... (steps - 1) / steps

  /// The scales of one input for one power: their smallest times their largest is 1. All are 1 for power 0.
  template <class Family = llama>
  static std::vector<float> scales(const mote::shape& s, const scaled_input& where, const input_moments& input,
                                   double power) {
    std::vector<double> sum(scales_of<Family>(s, where));
    std::vector<double> count(sum.size());
    for (std::size_t i = 0; i < input.cols; ++i) {
      sum[scale_of_column(s, where, i)] += input.magnitude[i] / static_cast<double>(input.rows_seen);
      count[scale_of_column(s, where, i)] += 1;
    }
    double least = 0, most = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] = std::pow((std::max)(sum[i] / count[i], 1e-4), power);
      least = i == 0 ? sum[i] : (std::min)(least, sum[i]);
      most = (std::max)(most, sum[i]);
    }
    std::vector<float> out;
    for (double x : sum) out.push_back(static_cast<float>(x / std::sqrt(least * most)));
    return out;
  }

  /// The squared error of the outputs of all matrices that read the input, scaled by `scale` and rounded on the grid.
  template <class Family>
  static double loss(const raw_model_of<Family>& m, std::size_t layer, const scaled_input& where,
                     const input_moments& input, const quantization_grid& g, const std::vector<float>& scale) {
    double sum = 0;
    for (role r : where.readers) {
      const matrix_size size = size_of<Family>(m.shape, r);
      const auto w = values_of(m, tensor_place::block(layer, r));
      const std::size_t at_once = (std::max)((std::size_t{1} << 18U) / size.cols, std::size_t{1});  // rows
      double of_matrix = 0;
      for (std::size_t first = 0; first < size.rows; first += at_once) {
        const std::size_t rows = (std::min)(at_once, size.rows - first);
        const auto part = w.subspan(first * size.cols, rows * size.cols);
        std::vector<float> scaled(part.begin(), part.end());
        for (std::size_t i = 0; i < scaled.size(); ++i)
          scaled[i] *= scale[scale_of_column(m.shape, where, i % size.cols)];
        coded_matrix c = round_to_nearest{}({.w = scaled.data(), .rows = rows, .cols = size.cols}, g);
        for (std::size_t i = 0; i < scaled.size(); ++i)
          c.values[i] /= scale[scale_of_column(m.shape, where, i % size.cols)];
        of_matrix = output_error(input, part.data(), c.values.data(), rows, of_matrix);
      }
      sum += of_matrix;
    }
    return sum;
  }

  /// Folds scales into one layer of `m`. Returns the chosen power of each scalable input.
  template <class Family>
  std::vector<double> fold_layer(raw_model_of<Family>& m, std::size_t layer, const layer_moments& moments,
                                 const quantization_grid& g) const {
    std::vector<double> powers;
    for (const scaled_input& where : scaled_inputs_of<Family>(layer)) {
      const input_moments& input = moments.of(where.readers.front());
      double best = (std::max)(alpha, 0.0);
      if (alpha < 0) {
        double least = loss(m, layer, where, input, g, std::vector<float>(scales_of<Family>(m.shape, where), 1.0F));
        for (std::size_t i = 1; i < steps; ++i) {
          const double power = static_cast<double>(i) / static_cast<double>(steps);
          const double lost = loss(m, layer, where, input, g, scales<Family>(m.shape, where, input, power));
          if (lost < least) {
            least = lost;
            best = power;
          }
        }
      }
      powers.push_back(best);
      if (best > 0) fold_scales(m, layer, where, scales<Family>(m.shape, where, input, best));
    }
    return powers;
  }

  /// Folds scales into every block of `m`. Returns the chosen power of each scalable input, layer by layer. Throws if
  /// no input of the family can be scaled.
  template <class Family>
  std::vector<double> operator()(raw_model_of<Family>& m, const quantization_grid& g, const text_sample& text) const {
    must_scale<Family>(m.shape, "awq");
    const batch_model_of<Family> before = use_floats(m);
    std::vector<double> powers;
    calibrate(before, text, [&](std::size_t layer, const layer_moments& moments) {
      const std::vector<double> more = fold_layer(m, layer, moments, g);
      powers.insert(powers.end(), more.begin(), more.end());
      return false;
    });
    return powers;
  }
};

}  // namespace mote::inline v0::host
