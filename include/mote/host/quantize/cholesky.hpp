// SPDX-License-Identifier: BSL-1.0
// For a symmetric positive definite H, the upper triangular U with H^-1 = U^T U, in double. One factorization from the
// last row up gives H = R R^T with R upper triangular; then U = R^-1, so no inverse of H is formed.
// Refuses an H that is not positive definite: it returns false, and the caller adds more damping.
#pragma once

#include <cstddef>
#include <vector>

namespace mote::inline v0::host {

namespace detail {
/// The sum of a[i] * b[i] as eight interleaved sums: the order is fixed, so every compiler gives the same bits.
double dot_doubles(const double* a, const double* b, std::size_t n);
}  // namespace detail

/// `h` is H, (n, n), row-major; only its lower triangle and diagonal are read. On success its diagonal and upper
/// triangle are U; the part below is as it was. No other (n, n) is needed. Returns false if H is not positive definite;
/// its lower triangle and diagonal are then as they were.
bool upper_of_inverse(std::vector<double>& h, std::size_t n);

}  // namespace mote::inline v0::host
