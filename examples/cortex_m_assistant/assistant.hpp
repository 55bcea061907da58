// SPDX-License-Identifier: BSL-1.0
// The pipeline of this firmware: assistant<Model, Board>. It answers, recalls and learns if the board has the RAM for
// it; otherwise it does not learn and has a shorter context. The compiler decides by the facts of the board.
// Refuses a board that has room for neither: the error message gives the missing bytes.
#pragma once

#include <cstddef>

#include <mote/mote.hpp>

/// Flash for the code of the whole firmware, measured on linked images; tests/boards/assistant.sh checks it.
inline constexpr mote::fit_knobs with_learning{.code_bytes = 64 * 1024};
inline constexpr mote::fit_knobs without_learning{.code_bytes = 40 * 1024};

template <class Model, class Board,
          bool Roomy = mote::can_compose<Model, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>,
                                         mote::context<160>, mote::fit<Board, with_learning>>>
struct choose {
  using type = mote::pipeline<Model, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::context<160>,
                              mote::fit<Board, with_learning>>;
};

// For 128 KiB of RAM: keys and values of 64 tokens, sixteen remembered texts, at most one of them in a prompt.
template <class Model, class Board>
struct choose<Model, Board, false> {
  using type = mote::pipeline<
      Model, mote::quantize<8>,
      mote::rag<mote::bm25<mote::bm25_knobs{.items = 16, .item_bytes = 64}>, mote::rag_knobs{.hits = 1, .tokens = 28}>,
      mote::context<64>, mote::fit<Board, without_learning>>;
};

template <class Model, class Board>
using assistant = typename choose<Model, Board>::type;
