// SPDX-License-Identifier: BSL-1.0
// The run-time errors, by name. Every function that reads a file, a buffer or a user's text returns one.
// Refuses to abort, throw or print: the firmware decides what a failure means.
#pragma once

#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// A new one comes last: firmware may have kept numbers of these.
enum class [[nodiscard]] status : std::uint8_t {
  ok,
  // images and snapshots
  truncated,           ///< fewer bytes than the header or the type asks for
  misaligned,          ///< the first byte is not 16-byte aligned in memory
  not_mote,            ///< the magic number is not mote's
  wrong_version,       ///< written by another version of the container
  wrong_kind,          ///< an image where a snapshot is expected, or the reverse; or a record of another part
  wrong_shape,         ///< the model's shape is not the type's
  wrong_format,        ///< the weights' bits, group or layout are not the type's
  wrong_base,          ///< a snapshot that was learned on another image
  wrong_size,          ///< a declared size disagrees with the type
  corrupt_header,      ///< the header's checksum fails
  corrupt_payload,     ///< the payload's checksum fails
  corrupt_vocabulary,  ///< a token table points outside itself
  not_finite,          ///< a stored number is infinite, NaN or beyond +-65504; or a computation gave infinity or NaN
  // the build
  fused_multiply_add,  ///< the compiler contracts a*b+c; build with -ffp-contract=off
  flushed_subnormals,  ///< numbers below 2^-126 become zero: a processor mode, or -fno-tree-vectorize is missing
  // use
  not_attached,    ///< attach() has not given weights yet
  too_long,        ///< more tokens than fit the pipeline's context, or a text longer than an item may be
  empty,           ///< no text, no item or no example
  no_effect,       ///< a snapshot that changes nothing was loaded
  no_recall,       ///< a snapshot holds remembered texts, and this pipeline has no memory for them
  full,            ///< the buffer is too small for the data
  bad_utf8,        ///< a text with a NUL, where the tokenizer takes none
  bad_rate,        ///< a learning rate below 0, above 10 or NaN
  io_error,        ///< the operating system or the flash driver reported an error
  unknown_record,  ///< a snapshot holds a record of a part that this pipeline does not have
  not_placed,      ///< a part that is kept outside of the object was given no memory
  wrong_turn,      ///< a turn for which the model's chat template has no place
  not_spelled,     ///< the vocabulary has no token for a character of the text, or a byte that a constraint may ask for
  wrong_prefix,    ///< kept keys and values are those of other tokens than the prompt's first ones
  no_span,         ///< no note of the prompt has a text that the constraint must copy
  // self_check()
  memory_fault,    ///< memory did not keep what was written to it
  kernel_differs,  ///< a kernel does not give the bits of its plain body
};

/// The name of a status, as written above.
constexpr std::string_view name(status s) {
  switch (s) {
    case status::ok: return "ok";
    case status::truncated: return "truncated";
    case status::misaligned: return "misaligned";
    case status::not_mote: return "not_mote";
    case status::wrong_version: return "wrong_version";
    case status::wrong_kind: return "wrong_kind";
    case status::wrong_shape: return "wrong_shape";
    case status::wrong_format: return "wrong_format";
    case status::wrong_base: return "wrong_base";
    case status::wrong_size: return "wrong_size";
    case status::corrupt_header: return "corrupt_header";
    case status::corrupt_payload: return "corrupt_payload";
    case status::corrupt_vocabulary: return "corrupt_vocabulary";
    case status::not_finite: return "not_finite";
    case status::fused_multiply_add: return "fused_multiply_add";
    case status::flushed_subnormals: return "flushed_subnormals";
    case status::memory_fault: return "memory_fault";
    case status::kernel_differs: return "kernel_differs";
    case status::not_attached: return "not_attached";
    case status::too_long: return "too_long";
    case status::empty: return "empty";
    case status::no_effect: return "no_effect";
    case status::no_recall: return "no_recall";
    case status::full: return "full";
    case status::bad_utf8: return "bad_utf8";
    case status::wrong_turn: return "wrong_turn";
    case status::not_spelled: return "not_spelled";
    case status::wrong_prefix: return "wrong_prefix";
    case status::no_span: return "no_span";
    case status::bad_rate: return "bad_rate";
    case status::not_placed: return "not_placed";
    case status::io_error: return "io_error";
    case status::unknown_record: return "unknown_record";
  }
  return "unknown";
}

}  // namespace mote::inline v0
