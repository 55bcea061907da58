// SPDX-License-Identifier: BSL-1.0
// What makes a vector of a token, the first of a stream: its row of the embedding.
// Refuses a scale: that is the family's own.
#pragma once

#include <cstddef>

#include "mote/block/buffers.hpp"

namespace mote::inline v0 {

struct token_embedding {
  static constexpr bool positions = false;
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

}  // namespace mote::inline v0
