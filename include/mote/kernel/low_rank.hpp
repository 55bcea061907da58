// SPDX-License-Identifier: BSL-1.0
// A low-rank addition to a linear map, y += scale * B (A x) (Hu et al. 2021, arXiv 2106.09685), and its gradients.
// A is stored by rows, (rank, padded(cols)), and B transposed, (rank, padded(rows)): both are read in address order.
// Refuses to compute the product B A, a matrix of (rows, cols).
#pragma once

#include <cstddef>

#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

struct low_rank_size {
  std::size_t rank, rows, cols;
  constexpr std::size_t a_floats() const { return rank * padded(cols); }
  constexpr std::size_t b_floats() const { return rank * padded(rows); }
  constexpr std::size_t floats() const { return a_floats() + b_floats(); }
};

namespace detail {
/// y += factor * x, (padded(n)).
inline void add_scaled(float* y, const float* x, float factor, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16)
    (floats::load(y + i) + floats::all(factor) * floats::load(x + i)).store(y + i);
}
}  // namespace detail

/// y (padded(rows)) += scale * B (A x)
inline void low_rank_add(const low_rank_size& size, const float* a, const float* b, float scale, const float* x,
                         float* y) {
  for (std::size_t r = 0; r < size.rank; ++r)
    detail::add_scaled(y, b + r * padded(size.rows), scale * dot(a + r * padded(size.cols), x, size.cols), size.rows);
}

/// Adds to the gradients da, db and dx (padded(cols)), given x (padded(cols)) and dy (padded(rows)), both zero in their
/// padding.
inline void low_rank_gradient(const low_rank_size& size, const float* a, const float* b, float scale, const float* x,
                              const float* dy, float* da, float* db, float* dx) {
  for (std::size_t r = 0; r < size.rank; ++r) {
    const float* a_row = a + r * padded(size.cols);
    const float* b_row = b + r * padded(size.rows);
    const float hidden = scale * dot(a_row, x, size.cols);
    const float back = scale * dot(b_row, dy, size.rows);
    detail::add_scaled(db + r * padded(size.rows), dy, hidden, size.rows);
    detail::add_scaled(da + r * padded(size.cols), x, back, size.cols);
    detail::add_scaled(dx, a_row, back, size.cols);
  }
}

}  // namespace mote::inline v0
