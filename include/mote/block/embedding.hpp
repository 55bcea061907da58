// SPDX-License-Identifier: BSL-1.0
// The embedding: turns a token into the first vector of the residual stream.
// Refuses the gradient of a scale: the training pass, which owns the vector, applies it.
#pragma once

#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

struct token_embedding {
  static constexpr bool positions = false;
  static constexpr bool sums_rows = true;  // of its tables, nothing else: a tool may rotate the tables
  template <int>
  using forward_buffers = lives<>;

  /// x (dim) of a token at a position.
  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, std::size_t token, std::size_t, float* x) {
    p.embedding().decode_row(token, x);
  }
  template <class Learner>
  static void backward(Learner& l, std::size_t token, std::size_t, const float* dx) {
    l.embedding_backward(token, dx);
  }
};

/// The token's row times sqrt(dim) (Vaswani et al. 2017, arXiv 1706.03762; Gemma).
struct scaled_token_embedding : token_embedding {
  static float scale(const mote::shape& s) { return simd::sqrt(static_cast<float>(s.dim)); }

  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, std::size_t token, std::size_t, float* x) {
    p.embedding().decode_row(token, x);
    scale_by(x, scale(p.shape()), p.shape().dim);
  }
};

/// The token's row plus a learned row for its position (Radford et al. 2019); the table of positions has shape.context
/// rows.
struct token_and_position_embedding {
  static constexpr bool positions = true;
  static constexpr bool sums_rows = true;
  struct row {  // of one position
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts&) { return rows_of_floats(1, s.dim); }
  };
  template <int At>
  using forward_buffers = lives<live<row, At, At>>;

  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, std::size_t token, std::size_t position, float* x) {
    float* learned = p.template at<row>();
    p.embedding().decode_row(token, x);
    p.positions().decode_row(position, learned);
    add_to(x, learned, p.shape().dim);
  }
  /// A learner that does not train positions has no position_backward().
  template <class Learner>
  static void backward(Learner& l, std::size_t token, std::size_t position, const float* dx) {
    l.embedding_backward(token, dx);
    if constexpr (requires { l.position_backward(position, dx); }) l.position_backward(position, dx);
  }
};

}  // namespace mote::inline v0
