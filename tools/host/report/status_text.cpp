// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/status_text.hpp"

#include <string_view>

#include "mote/core/status.hpp"

namespace mote::inline v0::host {

std::string_view status_text(status s) {
  switch (s) {
    case status::ok: return "done";
    case status::truncated: return "the file ends too early";
    case status::misaligned: return "the bytes do not begin at a multiple of 16 in memory";
    case status::not_mote: return "this is no file of mote";
    case status::wrong_version: return "the file was written by another version of mote";
    case status::wrong_kind:
      return "the file is of another kind: a model where something learned is wanted, or the reverse";
    case status::wrong_shape: return "the file is of a model of another shape";
    case status::wrong_format: return "the weights are stored in another format than this program was built for";
    case status::wrong_base: return "the file was learned on another model";
    case status::wrong_size: return "the file gives a size that this program does not have";
    case status::corrupt_header: return "the head of the file is damaged";
    case status::corrupt_payload: return "the file is damaged";
    case status::corrupt_vocabulary: return "the model's table of tokens is damaged";
    case status::not_finite: return "a number is infinite, or is none";
    case status::fused_multiply_add: return "the program was built with contracted sums; build with -ffp-contract=off";
    case status::flushed_subnormals: return "the processor makes the smallest numbers zero";
    case status::not_attached: return "no model has been given yet";
    case status::too_long: return "the text is too long";
    case status::empty: return "there is no text";
    case status::no_effect: return "what was loaded changes nothing";
    case status::no_recall: return "the file has remembered texts, and this program remembers none";
    case status::full: return "the buffer is too small";
    case status::bad_utf8: return "the text is no UTF-8, or has a byte of zero";
    case status::bad_rate: return "the learning rate must be from 0 to 10";
    case status::io_error: return "the system or the flash driver reported an error";
    case status::unknown_record: return "the file has a part that this program does not have";
    case status::not_placed: return "a part that is kept apart was given no memory";
    case status::wrong_turn: return "the model's chat has no place for this turn";
    case status::not_spelled: return "the model has no tokens for the text, or for what an answer must be";
    case status::wrong_prefix: return "what is kept belongs to another beginning";
    case status::no_span: return "no note has a text that could be copied";
    case status::memory_fault: return "the memory does not keep what is written to it";
    case status::kernel_differs: return "the program computes wrong numbers: see self_check() in the manual";
  }
  return "an unknown status";
}

}  // namespace mote::inline v0::host
