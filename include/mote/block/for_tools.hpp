// SPDX-License-Identifier: BSL-1.0
// What a block may tell the tools of a PC, beside what every pass asks of it: that rows of many sequences may run at once,
// and which numbers inside it may be scaled with no change of the model's answers.
//   static constexpr bool rows_are_alone = true;
//   static constexpr std::array input_readers{role::gate, role::up};
//   static constexpr std::array output_writers{role::down};
//   static constexpr auto scaled_inputs() { return std::array{scaled_input{.readers = ..., .matrix = ...}}; }
//   of a norm:  static constexpr std::array proportional_to{vector_role::ffn_norm};
// Refuses to find out: of a block that says nothing, sequences run one after another and inputs stay as they are.
#pragma once

#include <span>

#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// What certain matrices read. Whoever divides what gives it and multiplies their columns by the same changes no answer.
struct scaled_input {
  std::span<const role> readers{};         ///< all that read it
  std::span<const vector_role> vectors{};  ///< it is proportional to these vectors (a norm's gain and bias)
  std::span<const role> matrix{};          ///< or to the rows of this one matrix and its bias
  bool by_heads = false;  ///< only sums of whole heads lie between, and query heads share the matrix's key heads
};

/// A block that reads the stream through a norm and adds to it, both by matrices alone: if all of a model's blocks do so,
/// and its norms have gains and see lengths alone, the axes of the stream are free.
struct stream_turn {
  std::span<const role> readers;      ///< all that read what the norm gives
  std::span<const vector_role> gain;  ///< of the norm
  std::span<const role> writers;      ///< all that is added is what these matrices give, with their biases
};

namespace detail {
/// What a block makes of a row of the stream depends on that row, on its position through `turns()`, and on attention alone:
/// it reads no other row, nor `position()` but to hand it to attend().
template <class Block>
inline constexpr bool rows_are_alone = requires { requires Block::rows_are_alone; };
/// Whether what a norm gives is a block's whole input, which certain matrices alone read.
template <class Norm, class Inner>
concept scales_input = requires {
  Norm::proportional_to;
  Inner::input_readers;
};
template <class Norm, class Inner>
concept turns_stream = scales_input<Norm, Inner> && requires {
  requires Norm::sees_lengths_alone;
  Inner::output_writers;
};
}  // namespace detail

}  // namespace mote::inline v0
