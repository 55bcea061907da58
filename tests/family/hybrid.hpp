// SPDX-License-Identifier: BSL-1.0
// A family of the tests' own: windowed attention and a gated short convolution in turn, as LFM2 has them, each with a gated
// feed-forward. The convolution is a block of a user: it remembers its last positions from pass to pass, and learns.
// Refuses a reference: tests/family/hybrid.cpp has one.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/family/llama.hpp"

namespace mote_tests::hybrids {

using mote::own_role;
using mote::own_vector;
using mote::role;
using mote::vector_role;

/// B, C, x = input(h); output(C * convolution(B * x)): every channel by itself, over its last `Taps` positions.
template <std::size_t Taps>
struct short_convolution {
  static constexpr role input = own_role(0), output = own_role(1);
  static constexpr vector_role taps = own_vector(0);  // (dim, Taps), the last is the position's own

  static constexpr auto matrices(const mote::shape& s) {
    return std::array{mote::matrix_tensor{input, 3 * s.dim, s.dim}, mote::matrix_tensor{output, s.dim, s.dim}};
  }
  static constexpr auto vectors(const mote::shape& s) { return std::array{mote::vector_tensor{taps, s.dim * Taps}}; }
  /// The products of the last Taps - 1 positions.
  static constexpr std::size_t state_floats(const mote::shape& s) { return (Taps - 1) * mote::padded(s.dim); }

  struct three {  // B, C, x of a token
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, 3 * s.dim);
    }
  };
  struct product {  // B * x
    static constexpr bool kept = true;
    static constexpr std::size_t width(const mote::shape& s) { return s.dim; }
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.kept, s.dim);
    }
  };
  struct opening : product {};  // C; on the way back its gradient
  struct opened {
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, s.dim);
    }
  };
  struct dopened : opened {};
  struct dmixed : product {};

  static constexpr int operations = 3;  // project, mix, output
  static constexpr int reads_until = 0;
  static constexpr bool keeps = true;
  static constexpr int phases = 2;  // a product's gradient comes from later positions

  template <int At>
  using forward_buffers = mote::lives<mote::live<three, At, At + 1>, mote::live<product, At + 1, At + 1>,
                                      mote::live<opening, At + 1, At + 1>, mote::live<opened, At + 1, At + 2>>;
  template <class At>
  using backward_buffers =
      mote::lives<typename At::template kept<product, 0>, typename At::template kept<opening, 1>,
                  typename At::template portion<three, 1>, typename At::template portion<opened, 0>,
                  typename At::template back<dopened, 0>, typename At::template back<dmixed, 0, 1>>;

  template <int At, class Pass>
  static void forward(Pass& p, const float* in, float* out) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = mote::padded(n);
    float* b = p.template at<three>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* y = p.template at<opened>();
    float* kept = p.template state<short_convolution>();
    p.template enter<At>();
    p.template multiply<input>(in, n, b);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      const float* bcx = b + t * mote::padded(3 * n);
      for (std::size_t i = 0; i < n; ++i) {
        product_of[t * dim + i] = bcx[i] * bcx[2 * n + i];
        c[t * dim + i] = bcx[n + i];
      }
      p.admit(t, product_of + t * dim, n, nullptr, nullptr, 0);  // what is not finite is not remembered
      for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, kept, t, i);
      p.pad(y + t * dim, n);
    }
    if (kept != nullptr)  // the newest are the last rows, behind what is left of those before
      for (std::size_t row = 0; row + 1 < Taps; ++row) {
        const std::size_t from = row + p.tokens();  // among the rows that were kept and those of this pass
        const float* source = from + 1 < Taps ? kept + from * dim : product_of + (from - (Taps - 1)) * dim;
        for (std::size_t i = 0; i < n; ++i) kept[row * dim + i] = source[i];
      }
    p.template enter<At + 2>();
    p.template multiply<output>(y, n, out);
  }

  /// First phase: the gradients of what was mixed, of C and of the taps. Second: of products, which later positions read,
  /// and through the input.
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = mote::padded(n);
    const float* k = p.template vector<taps>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* dm = p.template at<dmixed>();
    if constexpr (Phase == 0) {
      float* y = p.template at<opened>();
      float* dopen = p.template at<dopened>();
      float* dk = p.template vector_gradient<taps>();
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, nullptr, t, i);
        p.pad(y + t * dim, n);
      }
      mote::zero(dopen, p.tokens() * dim);
      p.template multiply_backward<output>(y, n, dy, n, dopen);
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
      p.template multiply<input>(in, n, b);
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        float* bcx = b + t * mote::padded(3 * n);
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
      p.template multiply_backward<input>(in, n, b, 3 * n, dx);
    }
  }

 private:
  /// The product `ago` positions before token t: of this pass, or kept from those before, or, where nothing is kept, the
  /// row in front.
  static const float* before(const float* products, const float* kept, std::size_t dim, std::size_t t,
                             std::size_t ago) {
    if (ago > t && kept != nullptr) return kept + (Taps - 1 + t - ago) * dim;
    return ago > t ? products - (ago - t) * dim : products + (t - ago) * dim;
  }
  template <class Pass>
  static float mixed(const Pass& p, const float* products, const float* kept, std::size_t t, std::size_t i) {
    const float* k = p.template vector<taps>() + i * Taps;
    float sum = 0;
    for (std::size_t ago = 0; ago < Taps && ago <= p.position() + t; ++ago)
      sum += k[Taps - 1 - ago] * before(products, kept, mote::padded(p.shape().dim), t, ago)[i];
    return sum;
  }
};

template <std::size_t Taps>
struct hybrid {
  static constexpr std::string_view name = "of the tests, with a convolution";
  using embedding = mote::token_embedding;
  using norm = mote::rms_norm_block<vector_role::attention_norm>;
  using feed = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>;
  using attention = mote::attention_block<mote::attention_tensors{.query_norm = vector_role::query_norm,
                                                                  .key_norm = vector_role::key_norm},
                                          mote::attention_form<mote::windowed>>;
  using attends = mote::in_sequence<mote::residual<norm, attention>, feed>;
  using convolves = mote::in_sequence<mote::residual<norm, short_convolution<Taps>>, feed>;
  using layer = mote::cycle<attends, convolves>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};

}  // namespace mote_tests::hybrids
