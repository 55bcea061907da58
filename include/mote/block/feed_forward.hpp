// SPDX-License-Identifier: BSL-1.0
// The gated feed-forward: down(silu(gate(x)) * up(x)) (Shazeer 2020, arXiv 2002.05202), and its gradient, which computes
// gate and up again.
// Refuses to keep anything of the way there: what the gradient needs is made anew, a chunk at a time.
#pragma once

#include <array>
#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/kernel/swiglu.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

template <role Gate = role::gate, role Up = role::up, role Down = role::down>
struct gated_feed_forward {
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{Gate, s.hidden, s.dim}, matrix_tensor{Up, s.hidden, s.dim},
                      matrix_tensor{Down, s.dim, s.hidden}};
  }

  struct gate {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.hidden);
    }
  };
  struct up : gate {};
  struct product : gate {};
  struct dproduct : gate {};

  static constexpr int operations = 3;   // expand, gate, contract
  static constexpr int reads_until = 0;  // its input, from its first operation on
  static constexpr bool keeps = false;
  static constexpr int phases = 1;

  template <int At>
  using forward_buffers = lives<live<gate, At, At + 2>, live<up, At, At + 1>>;
  template <class At>
  using backward_buffers = lives<typename At::template portion<gate, 0>, typename At::template portion<up, 0>,
                                 typename At::template back<product, 0>, typename At::template back<dproduct, 0>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p, const float* in, float* out) {
    const mote::shape& s = p.shape();
    const std::size_t hidden = padded(s.hidden);
    float* g = p.template at<gate>();
    float* u = p.template at<up>();
    p.template enter<At>();
    p.template multiply<Gate, Up>(in, s.dim, g, u);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) swiglu(g + t * hidden, u + t * hidden, s.hidden, g + t * hidden);
    p.template enter<At + 2>();
    p.template multiply<Down>(g, s.hidden, out);
  }

  template <std::size_t, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const mote::shape& s = p.shape();
    const std::size_t hidden = padded(s.hidden);
    float* g = p.template at<gate>();
    float* u = p.template at<up>();
    float* h = p.template at<product>();
    float* dh = p.template at<dproduct>();
    p.template multiply<Gate, Up>(in, s.dim, g, u);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      swiglu(g + t * hidden, u + t * hidden, s.hidden, h + t * hidden);
      p.pad(h + t * hidden, s.hidden);
    }
    zero(dh, p.tokens() * hidden);
    p.template multiply_backward<Down>(h, s.hidden, dy, s.dim, dh);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      swiglu_gradient(g + t * hidden, u + t * hidden, dh + t * hidden, s.hidden);
      p.pad(g + t * hidden, s.hidden);
      p.pad(u + t * hidden, s.hidden);
    }
    p.template multiply_backward<Gate>(in, s.dim, g, s.hidden, dx);
    p.template multiply_backward<Up>(in, s.dim, u, s.hidden, dx);
  }
};

}  // namespace mote::inline v0
