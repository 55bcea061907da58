// SPDX-License-Identifier: BSL-1.0
// LFM2's gated short convolution and its gradient: B, C, x = input(h); output(C * convolution(B * x)). Each channel is
// convolved by itself over its last `Taps` positions. Between passes the last Taps - 1 products B * x stay in a state.
// Refuses to take a token back: a draft that is not accepted would have to be run again.
#pragma once

#include <array>
#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/block/states.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// The names of a short convolution's tensors. `taps` (dim, Taps): the last of a channel is the position's own.
struct short_convolution_tensors {
  role input = role::convolution_input, output = role::convolution_output;
  vector_role taps = vector_role::convolution_taps;
};

template <std::size_t Taps = 3, short_convolution_tensors Has = short_convolution_tensors{}>
struct short_convolution {
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{Has.input, 3 * s.dim, s.dim}, matrix_tensor{Has.output, s.dim, s.dim}};
  }
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) {
    return std::array{vector_tensor{Has.taps, s.dim * Taps}};
  }
  /// The products of the last Taps - 1 positions.
  static constexpr std::size_t state_floats(const mote::shape& s) { return (Taps - 1) * padded(s.dim); }

  struct three {  // B, C, x of a token
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, 3 * s.dim);
    }
  };
  struct product {  // B * x
    static constexpr bool kept = true;
    static constexpr std::size_t width(const mote::shape& s) { return s.dim; }
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.kept, s.dim);
    }
  };
  struct opening : product {};  // C; in the backward pass its gradient
  struct opened {               // C * convolution
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.dim);
    }
  };
  struct dopened : opened {};
  struct dmixed : product {};  // gradient of the convolution's output

  static constexpr int operations = 3;  // project, mix, output
  static constexpr int reads_until = 0;
  static constexpr bool keeps = true;
  static constexpr int phases = 2;  // the gradient of a product comes from later positions

  template <int At>
  using forward_buffers = lives<live<three, At, At + 1>, live<product, At + 1, At + 1>, live<opening, At + 1, At + 1>,
                                live<opened, At + 1, At + 2>>;
  template <class At>
  using backward_buffers = lives<typename At::template kept<product, 0>, typename At::template kept<opening, 1>,
                                 typename At::template portion<three, 1>, typename At::template portion<opened, 0>,
                                 typename At::template back<dopened, 0>, typename At::template back<dmixed, 0, 1>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p, const float* in, float* out) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = padded(n);
    float* b = p.template at<three>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* y = p.template at<opened>();
    float* kept = p.template state<short_convolution>();
    p.template enter<At>();
    p.template multiply<Has.input>(in, n, b);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      const float* bcx = b + t * padded(3 * n);
      for (std::size_t i = 0; i < n; ++i) {
        product_of[t * dim + i] = bcx[i] * bcx[2 * n + i];
        c[t * dim + i] = bcx[n + i];
      }
      p.admit(t, product_of + t * dim, n, nullptr, nullptr, 0);  // the state must not hold what is not finite
      for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, kept, t, i);
      p.pad(y + t * dim, n);
    }
    if (kept != nullptr)  // the last Taps - 1 rows of the old state followed by this pass's products
      for (std::size_t row = 0; row + 1 < Taps; ++row) {
        const std::size_t from = row + p.tokens();  // a row of the old state, or, from Taps - 1 on, of this pass
        const float* source = from + 1 < Taps ? kept + from * dim : product_of + (from - (Taps - 1)) * dim;
        for (std::size_t i = 0; i < n; ++i) kept[row * dim + i] = source[i];
      }
    p.template enter<At + 2>();
    p.template multiply<Has.output>(y, n, out);
  }

  /// Phase 0: the gradients of the convolution's output, of C and of the taps. Phase 1: those of the products, which
  /// later positions read, and through the input's matrix.
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = padded(n);
    const float* k = p.template vector<Has.taps>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* dm = p.template at<dmixed>();
    if constexpr (Phase == 0) {
      float* y = p.template at<opened>();
      float* dopen = p.template at<dopened>();
      float* dk = p.template vector_gradient<Has.taps>();
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, nullptr, t, i);
        p.pad(y + t * dim, n);
      }
      zero(dopen, p.tokens() * dim);
      p.template multiply_backward<Has.output>(y, n, dy, n, dopen);
      for (std::size_t t = 0; t < p.tokens(); ++t)
        for (std::size_t i = 0; i < n; ++i) {
          const float back = dopen[t * dim + i];
          dm[t * dim + i] = back * c[t * dim + i];
          c[t * dim + i] = back * mixed(p, product_of, nullptr, t, i);
          if (dk == nullptr) continue;
          for (std::size_t ago = 0; ago < Taps && ago <= p.position() + t; ++ago)
            dk[i * Taps + Taps - 1 - ago] += dm[t * dim + i] * before(product_of, nullptr, dim, t, ago)[i];
        }
    } else {
      float* b = p.template at<three>();
      p.template multiply<Has.input>(in, n, b);
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        float* bcx = b + t * padded(3 * n);
        for (std::size_t i = 0; i < n; ++i) {
          float back = 0;
          for (std::size_t later = 0; later < Taps && p.position() + t + later < p.sequence(); ++later)
            back += k[i * Taps + Taps - 1 - later] * dm[(t + later) * dim + i];
          const float kept_b = bcx[i];
          bcx[i] = back * bcx[2 * n + i];
          bcx[n + i] = c[t * dim + i];
          bcx[2 * n + i] = back * kept_b;
        }
        p.pad(bcx, 3 * n);
      }
      p.template multiply_backward<Has.input>(in, n, b, 3 * n, dx);
    }
  }

 private:
  /// The product `ago` positions before token t of this pass: a row of this pass or, before its token 0, of the state.
  /// Training has no state: there the rows before products[0] are those of earlier positions of the sequence.
  static const float* before(const float* products, const float* kept, std::size_t dim, std::size_t t,
                             std::size_t ago) {
    if (ago > t && kept != nullptr) return kept + (Taps - 1 + t - ago) * dim;
    return ago > t ? products - (ago - t) * dim : products + (t - ago) * dim;
  }
  template <class Pass>
  static float mixed(const Pass& p, const float* products, const float* kept, std::size_t t, std::size_t i) {
    const float* k = p.template vector<Has.taps>() + i * Taps;
    float sum = 0;
    for (std::size_t ago = 0; ago < Taps && ago <= p.position() + t; ++ago)
      sum += k[Taps - 1 - ago] * before(products, kept, padded(p.shape().dim), t, ago)[i];
    return sum;
  }
};

}  // namespace mote::inline v0
