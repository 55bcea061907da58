// SPDX-License-Identifier: BSL-1.0
// A residual block: adds to the residual stream what Inner computes from the normed stream.
//   x += Inner(Norm(x))
// Refuses to know what Inner is: attention, a feed-forward, a convolution, a user's own.
#pragma once

#include <array>
#include <cstddef>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/block/layer.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

template <class Norm, class Inner>
struct residual {
  struct normed {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.dim);
    }
  };
  struct added : normed {};  // Inner's output, in passes that do not write it to the next stream
  struct dnormed : normed {};

  using parts = part_list<Norm, Inner>;
  static constexpr bool rotates = detail::rotates<Inner>;
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
    requires detail::rotates_stream<Norm, Inner>
  {
    return {.readers = Inner::input_readers, .gain = Norm::proportional_to, .writers = Inner::output_writers};
  }

  static constexpr int operations = 1 + Inner::operations;
  static constexpr bool keeps = Inner::keeps;
  static constexpr int phases = Inner::phases;  // of the backward pass; each covers all tokens before the next starts

  template <int At>
  using forward_buffers = join_lives<lives<live<normed, At, At + 1 + Inner::reads_until>>,
                                     typename Inner::template forward_buffers<At + 1>>;
  template <int At>
  using added_buffers = lives<live<added, At + operations - 1, At + operations - 1>>;
  template <class At>
  using backward_buffers = join_lives<
      lives<typename At::template portion<normed, phases - 1>, typename At::template back<dnormed, phases - 1>>,
      typename Inner::template backward_buffers<At>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p) {
    p.template enter<At>();
    const std::size_t dim = padded(p.shape().dim);
    float* in = p.template at<normed>();
    norm(p, in);
    float* out = p.template next<added>();
    Inner::template forward<At + 1>(p, in, out);
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
    if constexpr (Phase + 1 < phases) {
      Inner::template backward<Phase>(p, nullptr, p.dx(), nullptr);
    } else {
      float* in = p.template at<normed>();
      float* back = p.template at<dnormed>();
      norm(p, in);
      zero(back, p.tokens() * dim);
      Inner::template backward<Phase>(p, in, p.dx(), back);
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
