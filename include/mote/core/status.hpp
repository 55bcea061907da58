// SPDX-License-Identifier: BSL-1.0
// What can go wrong at run time, by name. Every function that reads a file, a buffer or a user's text answers with one.
// Refuses to abort, throw or print: the firmware decides what a failure means.
#pragma once

#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class [[nodiscard]] status : std::uint8_t {
  ok,
  // images and snapshots
  truncated,           ///< fewer bytes than the header or the type asks for
  misaligned,          ///< the first byte is not 16-byte aligned in memory
  not_mote,            ///< the magic number is another
  wrong_version,       ///< written by another version of the container
  wrong_kind,          ///< an image where a snapshot belongs, or the other way round; or a record of another part
  wrong_shape,         ///< another model than the type's
  wrong_format,        ///< other weights than the type's (bits, group, layout)
  wrong_base,          ///< learned on another image
  wrong_size,          ///< a declared size disagrees with the type
  corrupt_header,      ///< the header's checksum fails
  corrupt_payload,     ///< the payload's checksum fails
  corrupt_vocabulary,  ///< a token table points outside itself
  not_finite,          ///< a number is infinite, not a number or beyond 65504; or a computation left the floats
  // the build
  fused_multiply_add,  ///< the compiler contracts a*b+c; build with -ffp-contract=off
  flushed_subnormals,  ///< numbers below 2^-126 become zero: a mode of the processor, or -fno-tree-vectorize is missing
  // use
  not_attached,    ///< no weights yet
  too_long,        ///< more tokens than the pipeline's window
  empty,           ///< no text, no item, no example
  no_effect,       ///< a snapshot that changes nothing was loaded
  no_recall,       ///< a snapshot holds remembered texts, and this pipeline has no memory for them
  full,            ///< the buffer is too small for what is to be written
  bad_utf8,        ///< text with a NUL or an invalid sequence where it is refused
  bad_rate,        ///< a learning rate below 0, above 10 or not a number
  io_error,        ///< the operating system or the flash driver said no
  unknown_record,  ///< a snapshot holds a record that is of no part of this pipeline
  not_placed,      ///< a part that lies apart from the object was given no memory
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
    case status::not_attached: return "not_attached";
    case status::too_long: return "too_long";
    case status::empty: return "empty";
    case status::no_effect: return "no_effect";
    case status::no_recall: return "no_recall";
    case status::full: return "full";
    case status::bad_utf8: return "bad_utf8";
    case status::bad_rate: return "bad_rate";
    case status::not_placed: return "not_placed";
    case status::io_error: return "io_error";
    case status::unknown_record: return "unknown_record";
  }
  return "unknown";
}

}  // namespace mote::inline v0
