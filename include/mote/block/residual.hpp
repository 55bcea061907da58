// SPDX-License-Identifier: BSL-1.0
// A residual block: adds to the residual stream what Inner computes from the normed stream.
//   x += Inner(Norm(x)), and with a norm of the output: x += Behind(Inner(Norm(x)))
// Refuses to know what Inner is: attention, a feed-forward, a convolution, a user's own.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/block/layer.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// No norm: of a block's output, of its input, or before the head.
struct no_norm {
  template <class Pass>
  static void forward(const Pass& p, const float* x, float* y) {
    if (x == y) return;
    for (std::size_t i = 0; i < p.shape().dim; ++i) y[i] = x[i];
  }
  template <class Pass>
  static void backward(Pass& p, const float*, const float* dy, float* dx) {
    for (std::size_t i = 0; i < p.shape().dim; ++i) dx[i] += dy[i];
  }
};

namespace detail {
/// The buffers of a residual block. Layers that differ in Inner share them.
template <class Norm>
struct residual_buffers {
  struct normed {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.dim);
    }
  };
  struct added : normed {};  // Inner's output, in passes that do not write it to the next stream
  struct dnormed : normed {};
  struct computed {  // Inner's output before its norm; dcomputed is the gradient
    static constexpr bool saved = true;
    static constexpr std::size_t width(const mote::shape& s) { return s.dim; }
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.saved, s.dim);
    }
  };
  struct dcomputed : computed {};
};
}  // namespace detail

template <class Norm, class Inner, class Behind = no_norm>
struct residual : detail::residual_buffers<Norm> {
  using typename detail::residual_buffers<Norm>::normed, typename detail::residual_buffers<Norm>::added,
      typename detail::residual_buffers<Norm>::dnormed, typename detail::residual_buffers<Norm>::computed,
      typename detail::residual_buffers<Norm>::dcomputed;
  static constexpr bool normed_behind = !std::is_same_v<Behind, no_norm>;

  using parts = std::conditional_t<normed_behind, part_list<Norm, Inner, Behind>, part_list<Norm, Inner>>;
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
  static constexpr auto scaled_inputs()
    requires detail::scales_input<Norm, Inner>
  {
    return std::array{scaled_input{.readers = Inner::input_readers, .vectors = Norm::proportional_to}};
  }
  static constexpr stream_rotation rotated_stream()
    requires(detail::rotates_stream<Norm, Inner> && !normed_behind)
  {
    return {.readers = Inner::input_readers, .gain = Norm::proportional_to, .writers = Inner::output_writers};
  }

  static constexpr int operations = 1 + Inner::operations;
  static constexpr bool keeps = Inner::keeps || normed_behind;
  static constexpr int phases = Inner::phases;  // of the backward pass; each covers all tokens before the next starts

  template <int At>
  using forward_buffers = join_lives<
      lives<live<normed, At, At + 1 + Inner::reads_until>>, typename Inner::template forward_buffers<At + 1>,
      std::conditional_t<normed_behind, lives<live<computed, At + operations - 1, At + operations - 1>>, lives<>>>;
  template <int At>
  using added_buffers = lives<live<added, At + operations - 1, At + operations - 1>>;

 private:
  template <class At>
  static auto behind_buffers() {
    if constexpr (!normed_behind) return lives<>{};
    else return lives<typename At::template kept<computed, 0>, typename At::template back<dcomputed, 0, phases - 1>>{};
  }

 public:
  template <class At>
  using backward_buffers = join_lives<
      lives<typename At::template portion<normed, phases - 1>, typename At::template back<dnormed, phases - 1>>,
      typename Inner::template backward_buffers<At>, decltype(behind_buffers<At>())>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p) {
    p.template enter<At>();
    const std::size_t dim = padded(p.shape().dim);
    float* in = p.template at<normed>();
    norm(p, in);
    float* out = p.template next<added>();
    if constexpr (normed_behind) {
      float* from = p.template at<computed>();
      Inner::template forward<At + 1>(p, in, from);
      for (std::size_t t = 0; t < p.tokens(); ++t) Behind::forward(p, from + t * dim, out + t * dim);
    } else {
      Inner::template forward<At + 1>(p, in, out);
    }
    for (std::size_t t = 0; t < p.tokens(); ++t) p.add(t, out + t * dim);
  }

  /// Stores the keys and values that a delta owns before a text; for an Inner that attends.
  template <int At, class Pass>
  static void prefix_forward(Pass& p) {
    Inner::template prefix_forward<At + 1>(p);
  }

  /// p.dx() holds the gradient of the output; after the last phase, that of the input.
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p) {
    const std::size_t dim = padded(p.shape().dim);
    const float* dy = p.dx();
    if constexpr (normed_behind) {
      float* d = p.template at<dcomputed>();
      if constexpr (Phase == 0) {
        zero(d, p.tokens() * dim);
        const float* from = p.template at<computed>();
        for (std::size_t t = 0; t < p.tokens(); ++t) Behind::backward(p, from + t * dim, p.dx() + t * dim, d + t * dim);
      }
      dy = d;
    }
    if constexpr (Phase + 1 < phases) {
      Inner::template backward<Phase>(p, nullptr, dy, nullptr);
    } else {
      float* in = p.template at<normed>();
      float* back = p.template at<dnormed>();
      norm(p, in);
      zero(back, p.tokens() * dim);
      Inner::template backward<Phase>(p, in, dy, back);
      for (std::size_t t = 0; t < p.tokens(); ++t) Norm::backward(p, p.x() + t * dim, back + t * dim, p.dx() + t * dim);
    }
  }

 private:
  template <class Pass>
  MOTE_INLINE static void norm(const Pass& p, float* to) {
    const std::size_t dim = padded(p.shape().dim);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      Norm::forward(p, p.x() + t * dim, to + t * dim);
      p.pad(to + t * dim, p.shape().dim);
    }
  }
};

}  // namespace mote::inline v0
