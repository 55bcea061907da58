// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/cholesky.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

namespace mote::inline v0::host {

namespace detail {

double dot_doubles(const double* a, const double* b, std::size_t n) {
  double sum[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t j = 0; j < 8; ++j) sum[j] += a[i + j] * b[i + j];
  for (std::size_t j = 0; i < n; ++i, ++j) sum[j] += a[i] * b[i];
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

}  // namespace detail

bool upper_of_inverse(std::vector<double>& h, std::size_t n) {
  // H = R R^T: R[i][j] for i <= j from the last column on; H[i][j] = sum over k >= j of R[i][k] R[j][k]  (i <= j).
  // R has the upper triangle of h, H the lower one; the diagonal of R is apart until H is read.
  std::vector<double> pivots(n);
  for (std::size_t j = n; j-- > 0;) {
    const double* rj = h.data() + j * n;
    const double left = h[j * n + j] - detail::dot_doubles(rj + j + 1, rj + j + 1, n - j - 1);
    if (!(left > 0) || !std::isfinite(left)) return false;
    const double pivot = std::sqrt(left);
    pivots[j] = pivot;
    for (std::size_t i = 0; i < j; ++i) {
      double* ri = h.data() + i * n;
      ri[j] = (h[j * n + i] - detail::dot_doubles(ri + j + 1, rj + j + 1, n - j - 1)) / pivot;
    }
  }
  // U = R^-1, row by row from the last: U[i][j] = -(sum over i < k <= j of R[i][k] U[k][j]) / R[i][i].
  std::vector<double> ri(n);
  for (std::size_t i = n; i-- > 0;) {
    double* u = h.data() + i * n;
    for (std::size_t j = i + 1; j < n; ++j) {
      ri[j] = u[j];
      u[j] = 0;
    }
    for (std::size_t k = i + 1; k < n; ++k) {
      const double factor = ri[k];
      const double* uk = h.data() + k * n;
      for (std::size_t j = k; j < n; ++j) u[j] += factor * uk[j];
    }
    for (std::size_t j = i + 1; j < n; ++j) u[j] = -u[j] / pivots[i];
    u[i] = 1 / pivots[i];
  }
  return true;
}

}  // namespace mote::inline v0::host
