// SPDX-License-Identifier: BSL-1.0
// A residual block whose norm stands behind the sum, as in the first transformers and in BERT (Vaswani et al. 2017,
// arXiv 1706.03762):  x = Norm(x + Inner(x)).
// Refuses to learn: it has no gradient.
#pragma once

#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/block/layer.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

template <class Norm, class Inner>
struct post_norm {
  using parts = part_list<Norm, Inner>;
  static constexpr bool rotates = detail::rotates<Inner>;
  static constexpr bool rotates_partly = detail::rotates_partly<Inner>;
  static constexpr bool rotates_locally = detail::rotates_locally<Inner>;
  /// The attention form of Inner, if it attends.
  static constexpr auto attention(const mote::shape& s)
    requires requires { Inner::attention(s); }
  {
    return Inner::attention(s);
  }
  static constexpr bool rows_are_alone = detail::rows_are_alone<Inner>;

  struct added {  // Inner's output
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.dim);
    }
  };

  static constexpr int operations = Inner::operations;
  static constexpr bool keeps = Inner::keeps;
  static constexpr int phases = Inner::phases;

  template <int At>
  using forward_buffers = typename Inner::template forward_buffers<At>;
  template <int At>
  using added_buffers = lives<live<added, At + operations - 1, At + operations - 1>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p) {
    const std::size_t dim = padded(p.shape().dim);
    float* out = p.template next<added>();
    Inner::template forward<At>(p, p.x(), out);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      float* sum = p.add(t, out + t * dim);
      Norm::forward(p, sum, sum);
    }
  }
};

}  // namespace mote::inline v0
