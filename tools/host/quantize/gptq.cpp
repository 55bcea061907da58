// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/gptq.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "mote/host/quantize/cholesky.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

coded_matrix gptq::operator()(const quantizer_task& t, const quantization_grid& g) const {
  if (t.input == nullptr || t.input->empty()) return search ? mse_search{}(t, g) : round_to_nearest{}(t, g);
  if (t.input->cols != t.cols) throw std::runtime_error("gptq: calibration saw inputs of another width");
  return quantize(t, g, factor(*t.input));
}

gptq::factored gptq::factor(input_moments input) const {
  const std::size_t n = input.cols;
  if (input.hessian.size() != n * n) throw std::runtime_error("gptq: calibration summed no products of columns");
  factored f;
  f.order.resize(n);
  f.dead.resize(n);
  std::iota(f.order.begin(), f.order.end(), std::size_t{0});
  if (by_power)
    std::ranges::sort(f.order, [&](std::size_t a, std::size_t b) {
      const double first = input.power(a), second = input.power(b);
      return first != second ? first > second : a < b;
    });
  const double scale = 2.0 / static_cast<double>(input.rows_seen);
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i) trace += input.power(i) * scale;
  const double mean = trace > 0 ? trace / static_cast<double>(n) : 1;
  f.u = by_power ? std::vector<double>(n * n) : std::move(input.hessian);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      const std::size_t a = (std::max)(f.order[i], f.order[j]);
      const std::size_t b = (std::min)(f.order[i], f.order[j]);
      f.u[i * n + j] = (by_power ? input.hessian[a * n + b] : f.u[i * n + j]) * scale;
    }
  std::vector<double> diagonal(n);
  for (std::size_t i = 0; i < n; ++i) {
    f.dead[f.order[i]] = f.u[i * n + i] == 0;
    diagonal[i] = f.dead[f.order[i]] ? mean : f.u[i * n + i];
  }
  for (double damp = damping;; damp = damp > 0 ? damp * 10 : 1e-6) {
    if (damp > 1e6) throw std::runtime_error("gptq: the inputs are not finite");
    for (std::size_t i = 0; i < n; ++i) f.u[i * n + i] = diagonal[i] + damp * mean;
    if (upper_of_inverse(f.u, n)) return f;
  }
}

coded_matrix gptq::quantize(const quantizer_task& t, const quantization_grid& g, const factored& input) const {
  if (input.order.size() != t.cols) throw std::runtime_error("gptq: calibration saw inputs of another width");
  coded_matrix out = coded_matrix::on(g, t.rows, t.cols);
  for (std::size_t row = 0; row < t.rows; row += lanes) rows_of(t, g, row, input, out);
  return out;
}

void gptq::rows_of(const quantizer_task& t, const quantization_grid& g, std::size_t first_row, const factored& input,
                   coded_matrix& out) const {
  const auto& [order, dead, u] = input;
  const std::size_t n = t.cols;
  const std::size_t count = (std::min)(lanes, t.rows - first_row);
  std::vector<std::array<float, lanes>> w(n);  // (cols, lanes), with all corrections so far
  for (std::size_t col = 0; col < n; ++col)
    for (std::size_t r = 0; r < lanes; ++r) w[col][r] = r < count && !dead[col] ? t.w[(first_row + r) * n + col] : 0.0F;

  std::vector<float> part((std::min)(n, g.block())), importance(n);
  for (std::size_t i = 0; i < n; ++i) importance[order[i]] = static_cast<float>(1 / (u[i * n + i] * u[i * n + i]));
  // Scales are chosen from the corrected weights. A search weights the error of column i by 1 / U[i][i]^2, its share of
  // the output error after later columns have been corrected.
  const auto choose = [&](std::size_t first, std::size_t most, auto&& how) {
    const weighted_columns weighted{part.data(), importance.data() + first, (std::min)(n - first, most)};
    for (std::size_t r = 0; r < count; ++r) {
      for (std::size_t i = 0; i < weighted.n; ++i) part[i] = w[first + i][r];
      how(weighted, out.scales.data() + (first_row + r) * out.groups() + first / g.group);
    }
  };
  const auto choose_block = [&](std::size_t first) {
    choose(first, g.block(), [&](const weighted_columns& weighted, group_scale* scales) {
      if (search) search_scales(g, weighted, scales);
      else g.fit(weighted.w, weighted.n, scales);
    });
  };
  if (by_power)
    for (std::size_t first = 0; first < n; first += g.block()) choose_block(first);

  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t col = order[i];
    if (!by_power && col % g.block() == 0) choose_block(col);
    else if (!by_power && search && col % g.group == 0)  // the units are fixed, their multiples can still change
      choose(col, g.group,
             [&](const weighted_columns& weighted, group_scale* s) { *s = search_multiples(g, weighted, *s); });
    std::array<float, lanes> error{};
    for (std::size_t r = 0; r < count; ++r) {
      const group_scale s = out.scales[(first_row + r) * out.groups() + col / g.group];
      const std::size_t level = g.nearest(w[col][r], s);
      out.put(g, first_row + r, col, level, s);
      error[r] = static_cast<float>(static_cast<double>(w[col][r] - g.value(level, s)) / u[i * n + i]);
    }
    for (std::size_t j = i + 1; j < n; ++j) {
      const auto along = static_cast<float>(u[i * n + j]);
      auto& target = w[order[j]];
      for (std::size_t r = 0; r < lanes; ++r) target[r] -= along * error[r];
    }
  }
}

double output_error(const input_moments& input, const float* w, const float* decoded, std::size_t rows, double sum) {
  const std::size_t n = input.cols;
  std::vector<double> d(n);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < n; ++i)
      d[i] = static_cast<double>(w[row * n + i]) - static_cast<double>(decoded[row * n + i]);
    for (std::size_t i = 0; i < n; ++i)
      sum +=
          d[i] * (2 * detail::dot_doubles(input.hessian.data() + i * n, d.data(), i) + input.hessian[i * n + i] * d[i]);
  }
  return sum;
}

}  // namespace mote::inline v0::host
