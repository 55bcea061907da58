// SPDX-License-Identifier: BSL-1.0
// Optional facts of a block for the tools on a PC: that rows of many sequences may run at once, and which numbers
// inside it may be scaled without a change of the model's answers.
//   static constexpr bool rows_are_alone = true;
//   static constexpr std::array input_readers{role::gate, role::up};
//   static constexpr std::array output_writers{role::down};
//   static constexpr auto scaled_inputs() { return std::array{scaled_input{.readers = ..., .matrix = ...}}; }
//   of a norm:  static constexpr std::array proportional_to{vector_role::ffn_norm};
// Refuses to deduce these facts: for a block without them, sequences run one after another and inputs are not scaled.
#pragma once

#include <span>

#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// An input of certain matrices that may be scaled: to divide its source by a factor and to multiply the columns of the
/// matrices that read it by the same factor changes no answer.
struct scaled_input {
  std::span<const role> readers{};         ///< all that read it
  std::span<const vector_role> vectors{};  ///< it is proportional to these vectors (a norm's gain and bias)
  std::span<const role> matrix{};          ///< or to the rows of this one matrix and its bias
  bool by_heads = false;  ///< attention is between: readers get sums of whole heads, and query heads share key heads
};

/// A block that reads the stream only through a norm and matrices, and adds to it only outputs of matrices. If all
/// blocks of a model do so, and its norms depend only on the vector's length and have gains only, the stream may be
/// rotated.
struct stream_rotation {
  std::span<const role> readers;      ///< all matrices that read the norm's output
  std::span<const vector_role> gain;  ///< gains of the norm
  std::span<const role> writers;      ///< all matrices whose outputs, with their biases, are added
};

namespace detail {
/// Whether a block's output for a row of the stream depends only on that row, on its position through `rotations()`,
/// and on attention: it reads no other row, and uses `position()` only as an argument of attend().
template <class Block>
inline constexpr bool rows_are_alone = requires { requires Block::rows_are_alone; };
/// Whether a block has no other input than the norm's output, and only certain matrices read it.
template <class Norm, class Inner>
concept scales_input = requires {
  Norm::proportional_to;
  Inner::input_readers;
};
template <class Norm, class Inner>
concept rotates_stream = scales_input<Norm, Inner> && requires {
  requires Norm::sees_lengths_alone;
  Inner::output_writers;
};
}  // namespace detail

}  // namespace mote::inline v0
