// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/split_head.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mote::inline v0::host {

namespace detail {

namespace {

/// The sum of the outer products of vectors (n, dim) with themselves.
square_matrix products_of(std::span<const float> vectors, std::size_t dim) {
  square_matrix s(dim * dim);
  for (std::size_t at = 0; at + dim <= vectors.size(); at += dim)
    for (std::size_t i = 0; i < dim; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        s[i * dim + j] += static_cast<double>(vectors[at + i]) * static_cast<double>(vectors[at + j]);
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t j = 0; j < i; ++j) s[j * dim + i] = s[i * dim + j];
  return s;
}

/// The eigenvectors of a symmetric matrix by falling eigenvalue, one a row (Jacobi's rotations), and these.
struct eigen {
  square_matrix vectors;
  std::vector<double> values;
};
eigen eigen_of(square_matrix s, std::size_t dim) {
  square_matrix e(dim * dim);  // eigenvectors by rows, so that a rotation changes two rows
  for (std::size_t i = 0; i < dim; ++i) e[i * dim + i] = 1;
  const auto turn = [](double& x, double& y, double cosine, double sine) {
    const double old = x;
    x = cosine * x - sine * y;
    y = sine * old + cosine * y;
  };
  double whole = 0;
  for (const double x : s) whole += x * x;
  for (int sweep = 0; sweep < 30; ++sweep) {
    double off = 0;
    for (std::size_t p = 0; p < dim; ++p)
      for (std::size_t q = p + 1; q < dim; ++q) off += s[p * dim + q] * s[p * dim + q];
    if (!(off > whole * 1e-24)) break;
    for (std::size_t p = 0; p < dim; ++p)
      for (std::size_t q = p + 1; q < dim; ++q) {
        if (s[p * dim + q] == 0) continue;
        const double half = (s[q * dim + q] - s[p * dim + p]) / (2 * s[p * dim + q]);
        const double t = (half >= 0 ? 1 : -1) / (std::fabs(half) + std::sqrt(half * half + 1));
        const double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
        for (std::size_t k = 0; k < dim; ++k) turn(s[k * dim + p], s[k * dim + q], cosine, sine);
        for (std::size_t k = 0; k < dim; ++k) turn(s[p * dim + k], s[q * dim + k], cosine, sine);
        for (std::size_t k = 0; k < dim; ++k) turn(e[p * dim + k], e[q * dim + k], cosine, sine);
      }
  }
  std::vector<std::size_t> order(dim);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](auto a, auto b) { return s[a * dim + a] > s[b * dim + b]; });
  eigen sorted{square_matrix(dim * dim), std::vector<double>(dim)};
  for (std::size_t i = 0; i < dim; ++i) {
    sorted.values[i] = s[order[i] * dim + order[i]];
    std::copy_n(e.begin() + static_cast<std::ptrdiff_t>(order[i] * dim), dim,
                sorted.vectors.begin() + static_cast<std::ptrdiff_t>(i * dim));
  }
  return sorted;
}

/// L (dim, dim), lower, with s = L L^T.
square_matrix lower_root(const square_matrix& s, std::size_t dim) {
  square_matrix l(dim * dim);
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = s[i * dim + j];
      for (std::size_t k = 0; k < j; ++k) sum -= l[i * dim + k] * l[j * dim + k];
      l[i * dim + j] = i == j ? std::sqrt(sum) : sum / l[j * dim + j];
    }
  return l;
}

void check(std::span<const float> numbers) {
  for (const float x : numbers)
    if (!std::isfinite(x)) throw std::runtime_error("splitting the head: a number is not finite");
}

}  // namespace

}  // namespace detail

square_matrix head_basis(std::span<const float> rows, std::span<const float> inputs, std::size_t dim) {
  detail::check(rows);
  detail::check(inputs);
  const square_matrix of_rows = detail::products_of(rows, dim);
  if (inputs.empty()) return detail::eigen_of(of_rows, dim).vectors;
  square_matrix of_inputs = detail::products_of(inputs, dim);
  double trace = 0;
  for (std::size_t i = 0; i < dim; ++i) trace += of_inputs[i * dim + i];
  // A hundredth of the mean in each direction: few inputs leave some directions out, which other texts have.
  for (std::size_t i = 0; i < dim; ++i) of_inputs[i * dim + i] += trace / static_cast<double>(dim) / 100 + 1e-30;
  const square_matrix l = detail::lower_root(of_inputs, dim);
  square_matrix half(dim * dim), middle(dim * dim);  // rows' products, seen where inputs are white: L^T W L
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t k = 0; k < dim; ++k)
      for (std::size_t j = 0; j <= k; ++j) half[i * dim + j] += of_rows[i * dim + k] * l[k * dim + j];
  for (std::size_t k = 0; k < dim; ++k)
    for (std::size_t i = 0; i <= k; ++i)
      for (std::size_t j = 0; j < dim; ++j) middle[i * dim + j] += l[k * dim + i] * half[k * dim + j];
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t j = 0; j < i; ++j)
      middle[i * dim + j] = middle[j * dim + i] = (middle[i * dim + j] + middle[j * dim + i]) / 2;
  const detail::eigen axes = detail::eigen_of(std::move(middle), dim);
  // The basis is S U^T L^-1, S^4 being the eigenvalues: rows and inputs are then equally long along each axis.
  const square_matrix back = inverse_of(l);
  const double scale = std::pow(trace / static_cast<double>(dim), 0.25);  // any scale would do
  square_matrix basis(dim * dim);
  for (std::size_t i = 0; i < dim; ++i) {
    const double most = axes.values[0] > 0 ? axes.values[0] : 1;
    const double size = std::pow(std::max(axes.values[i], most * 1e-12) / most, 0.25) * scale;
    for (std::size_t k = 0; k < dim; ++k)
      for (std::size_t j = 0; j <= k; ++j) basis[i * dim + j] += size * axes.vectors[i * dim + k] * back[k * dim + j];
  }
  return basis;
}

square_matrix inverse_of(square_matrix m) {
  std::size_t n = 0;
  while (n * n < m.size()) ++n;
  square_matrix inverse(n * n);
  for (std::size_t i = 0; i < n; ++i) inverse[i * n + i] = 1;
  for (std::size_t col = 0; col < n; ++col) {
    std::size_t pivot = col;
    for (std::size_t i = col + 1; i < n; ++i)
      if (std::fabs(m[i * n + col]) > std::fabs(m[pivot * n + col])) pivot = i;
    const double of_pivot = m[pivot * n + col];
    if (!(std::fabs(of_pivot) > 0)) throw std::runtime_error("splitting the head: its basis has no inverse");
    for (std::size_t j = 0; j < n; ++j) {
      std::swap(m[pivot * n + j], m[col * n + j]);
      std::swap(inverse[pivot * n + j], inverse[col * n + j]);
      m[col * n + j] /= of_pivot;
      inverse[col * n + j] /= of_pivot;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double part = m[i * n + col];
      if (i == col || part == 0) continue;
      for (std::size_t j = 0; j < n; ++j) {
        m[i * n + j] -= part * m[col * n + j];
        inverse[i * n + j] -= part * inverse[col * n + j];
      }
    }
  }
  return inverse;
}

std::vector<float> times(std::span<const float> rows, const square_matrix& m, std::size_t dim) {
  std::vector<float> out(rows.size());
  std::vector<double> row(dim);
  for (std::size_t at = 0; at + dim <= rows.size(); at += dim) {
    std::ranges::fill(row, 0.0);
    for (std::size_t k = 0; k < dim; ++k)
      for (std::size_t j = 0; j < dim; ++j) row[j] += static_cast<double>(rows[at + k]) * m[k * dim + j];
    for (std::size_t j = 0; j < dim; ++j) out[at + j] = static_cast<float>(row[j]);
  }
  return out;
}

row_lengths lengths_of(std::span<const float> vectors, std::size_t rows, std::size_t cols) {
  std::vector<double> length(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      const auto x = static_cast<double>(vectors[i * cols + j]);
      length[i] += x * x;
    }
    length[i] = std::sqrt(length[i]) * (1 + 1e-9);
  }
  row_lengths all{.bytes = std::vector<std::uint8_t>(rows, 1)};
  const double most = rows == 0 ? 0 : *std::ranges::max_element(length);
  all.unit = std::nextafter(static_cast<float>(most / 255), std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < rows; ++i)
    all.bytes[i] = static_cast<std::uint8_t>(
        std::clamp(std::ceil(length[i] / static_cast<double>(all.unit) * (1 + 1e-12)), 1.0, 255.0));
  return all;
}

}  // namespace mote::inline v0::host
