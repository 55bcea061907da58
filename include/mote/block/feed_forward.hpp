// SPDX-License-Identifier: BSL-1.0
// The gated feed-forward: down(activation(gate(x)) * up(x)) (Shazeer 2020, arXiv 2002.05202), and the one without a
// gate: down(activation(up(x))); each with its gradient, which computes gate and up again.
// Refuses to keep values of the forward pass: the gradient recomputes what it needs, a chunk of tokens at a time.
#pragma once

#include <array>
#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/kernel/gelu.hpp"
#include "mote/kernel/swiglu.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// The names of a feed-forward's tensors. vector_role::none: there is no such bias.
struct feed_forward_tensors {
  role gate = role::gate, up = role::up, down = role::down;
  vector_role gate_bias = vector_role::none, up_bias = vector_role::none, down_bias = vector_role::none;
};

/// A bias for each of the two matrices of a feed-forward without a gate.
inline constexpr feed_forward_tensors biased_feed_forward{.up_bias = vector_role::up_bias,
                                                          .down_bias = vector_role::down_bias};

/// Activations: forward() gives y = f(x); gradient() replaces x by its gradient, given dy; all (padded(n)).
/// Those of a gate: gated() gives h = f(gate) * up; gated_gradient() replaces gate and up by theirs, given dh.
/// `passes_factors`: f(c x) = c f(x) for c > 0.
struct silu {
  MOTE_INLINE static void gated(const float* gate, const float* up, std::size_t n, float* h) { swiglu(gate, up, n, h); }
  MOTE_INLINE static void gated_gradient(float* gate, float* up, const float* dh, std::size_t n) {
    swiglu_gradient(gate, up, dh, n);
  }
};
struct gelu {
  static void forward(const float* x, std::size_t n, float* y) { gelu_tanh(x, n, y); }
  static void gradient(float* x, const float* dy, std::size_t n) { gelu_tanh_gradient(x, dy, n); }
  static void gated(const float* gate, const float* up, std::size_t n, float* h) { geglu(gate, up, n, h); }
  static void gated_gradient(float* gate, float* up, const float* dh, std::size_t n) {
    geglu_gradient(gate, up, dh, n);
  }
};
/// By the error function.
struct exact_gelu {
  static void forward(const float* x, std::size_t n, float* y) { gelu_erf(x, n, y); }
  static void gradient(float* x, const float* dy, std::size_t n) { gelu_erf_gradient(x, dy, n); }
};
struct rectifier {
  static constexpr bool passes_factors = true;
  static void forward(const float* x, std::size_t n, float* y) { relu(x, n, y); }
  static void gradient(float* x, const float* dy, std::size_t n) { relu_gradient(x, dy, n); }
};

template <feed_forward_tensors Has = feed_forward_tensors{}, class Activation = silu>
struct gated_feed_forward {
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{Has.gate, s.hidden, s.dim, Has.gate_bias},
                      matrix_tensor{Has.up, s.hidden, s.dim, Has.up_bias},
                      matrix_tensor{Has.down, s.dim, s.hidden, Has.down_bias}};
  }

  static constexpr bool rows_are_alone = true;
  static constexpr std::array input_readers{Has.gate, Has.up};
  static constexpr std::array output_writers{Has.down};
  static constexpr auto scaled_inputs() {
    return std::array{scaled_input{.readers = output_writers, .matrix = product_from}};
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
  static constexpr int reads_until = 0;  // the last operation that reads the input; the first is 0
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
    p.template multiply<Has.gate, Has.up>(in, s.dim, g, u);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t)
      Activation::gated(g + t * hidden, u + t * hidden, s.hidden, g + t * hidden);
    p.template enter<At + 2>();
    p.template multiply<Has.down>(g, s.hidden, out);
  }

  template <std::size_t, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const mote::shape& s = p.shape();
    const std::size_t hidden = padded(s.hidden);
    float* g = p.template at<gate>();
    float* u = p.template at<up>();
    float* h = p.template at<product>();
    float* dh = p.template at<dproduct>();
    p.template multiply<Has.gate, Has.up>(in, s.dim, g, u);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      Activation::gated(g + t * hidden, u + t * hidden, s.hidden, h + t * hidden);
      p.pad(h + t * hidden, s.hidden);
    }
    zero(dh, p.tokens() * hidden);
    p.template multiply_backward<Has.down>(h, s.hidden, dy, s.dim, dh);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      Activation::gated_gradient(g + t * hidden, u + t * hidden, dh + t * hidden, s.hidden);
      p.pad(g + t * hidden, s.hidden);
      p.pad(u + t * hidden, s.hidden);
    }
    p.template multiply_backward<Has.gate>(in, s.dim, g, s.hidden, dx);
    p.template multiply_backward<Has.up>(in, s.dim, u, s.hidden, dx);
  }

 private:
  static constexpr std::array product_from{Has.up};
};

/// The feed-forward without a gate: down(activation(up(x))).
template <class Activation, feed_forward_tensors Has = feed_forward_tensors{}>
struct feed_forward {
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{Has.up, s.hidden, s.dim, Has.up_bias},
                      matrix_tensor{Has.down, s.dim, s.hidden, Has.down_bias}};
  }

  static constexpr bool rows_are_alone = true;
  static constexpr std::array input_readers{Has.up};
  static constexpr std::array output_writers{Has.down};
  static constexpr auto scaled_inputs()
    requires requires { requires Activation::passes_factors; }
  {
    return std::array{scaled_input{.readers = output_writers, .matrix = input_readers}};
  }

  struct wide {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.hidden);
    }
  };
  struct active : wide {};
  struct dactive : wide {};

  static constexpr int operations = 3;  // expand, activate, contract
  static constexpr int reads_until = 0;
  static constexpr bool keeps = false;
  static constexpr int phases = 1;

  template <int At>
  using forward_buffers = lives<live<wide, At, At + 2>>;
  template <class At>
  using backward_buffers = lives<typename At::template portion<wide, 0>, typename At::template back<active, 0>,
                                 typename At::template back<dactive, 0>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p, const float* in, float* out) {
    const mote::shape& s = p.shape();
    const std::size_t hidden = padded(s.hidden);
    float* w = p.template at<wide>();
    p.template enter<At>();
    p.template multiply<Has.up>(in, s.dim, w);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) Activation::forward(w + t * hidden, s.hidden, w + t * hidden);
    p.template enter<At + 2>();
    p.template multiply<Has.down>(w, s.hidden, out);
  }

  template <std::size_t, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const mote::shape& s = p.shape();
    const std::size_t hidden = padded(s.hidden);
    float* w = p.template at<wide>();
    float* h = p.template at<active>();
    float* dh = p.template at<dactive>();
    p.template multiply<Has.up>(in, s.dim, w);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      Activation::forward(w + t * hidden, s.hidden, h + t * hidden);
      p.pad(h + t * hidden, s.hidden);
    }
    zero(dh, p.tokens() * hidden);
    p.template multiply_backward<Has.down>(h, s.hidden, dy, s.dim, dh);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      Activation::gradient(w + t * hidden, dh + t * hidden, s.hidden);
      p.pad(w + t * hidden, s.hidden);
    }
    p.template multiply_backward<Has.up>(in, s.dim, w, s.hidden, dx);
  }
};

}  // namespace mote::inline v0
