// SPDX-License-Identifier: BSL-1.0
// The type of a pipeline's tokens, and the encoder that makes the tokens of prompts and examples.
// Refuses to hide why a text has no tokens: the fault is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"

namespace mote::inline v0::detail {

template <std::size_t Vocab>
using token_of = std::conditional_t<(Vocab <= 65536), std::uint16_t, std::uint32_t>;

/// Writes the tokens of a text to `out`, as many as fit, and returns how many there are; too_big: the text cannot be
/// encoded or needs more scratch. It depends on no pipeline: all of one tokenizer share the code that makes prompts
/// and examples.
template <class Tokenizer>
struct text_coder {
  Tokenizer words;
  std::span<merge_slot> scratch;
  status fault = status::ok;

  template <class Token>
  MOTE_NOINLINE std::size_t operator()(std::string_view text, std::span<Token> out) {
    std::size_t count = 0;
    const status s = words.append(text, scratch, count);
    if (s != status::ok) {
      if (s != status::too_long) fault = s;
      return too_big;
    }
    for (std::size_t i = 0; i < count && i < out.size(); ++i) out[i] = static_cast<Token>(scratch[i].token);
    return count;
  }
  /// The encoder's fault, if there was one; else `outcome`.
  status reason(status outcome) const { return fault != status::ok ? fault : outcome; }
};

}  // namespace mote::inline v0::detail
