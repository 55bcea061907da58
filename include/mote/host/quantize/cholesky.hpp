// SPDX-License-Identifier: BSL-1.0
// The one piece of linear algebra that quantisers need: for a symmetric positive definite H, the upper triangle U with
// H^-1 = U^T U, in double. It comes from one factorisation from the last row up, H = R R^T with R an upper triangle, and
// U = R^-1: no inverse of H is ever formed.
// Refuses what is not positive definite: it says so, and the caller damps more.
#pragma once

#include <cstddef>
#include <vector>

namespace mote::inline v0::host {

namespace detail {
/// The sum of a[i] * b[i] as eight interleaved sums: one compiler's vectors give the same as another's.
double dot_doubles(const double* a, const double* b, std::size_t n);
}  // namespace detail

/// `h` is (n, n); only its lower triangle and diagonal are read. On success it is overwritten with U: its upper
/// triangle and diagonal; below stands nothing of use. False: not positive definite.
bool upper_of_inverse(std::vector<double>& h, std::size_t n);

}  // namespace mote::inline v0::host
