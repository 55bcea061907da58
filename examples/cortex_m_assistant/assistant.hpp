// SPDX-License-Identifier: BSL-1.0
// The pipeline of this firmware: all of it where the board's RAM has room, else without learning and with a shorter
// context. The compiler decides, from the type and the board's facts.
// Refuses a board that holds neither: the error says how many bytes are missing.
#pragma once

#include <cstddef>

#include <mote/mote.hpp>

/// What the whole firmware's code takes, measured on the linked images; tests/boards/assistant.sh compares.
inline constexpr mote::fit_knobs with_learning{.code_bytes = 53 * 1024};
inline constexpr mote::fit_knobs without_learning{.code_bytes = 28 * 1024};

template <class Model, class Board,
          bool Roomy = mote::can_compose<Model, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>,
                                         mote::context<160>, mote::fit<Board, with_learning>>>
struct choose {
  using type = mote::pipeline<Model, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::context<160>,
                              mote::fit<Board, with_learning>>;
};

// 128 KiB of RAM: keys and values for 64 tokens, sixteen remembered texts, one of them in a prompt.
template <class Model, class Board>
struct choose<Model, Board, false> {
  using type = mote::pipeline<Model, mote::quantize<8>,
                              mote::rag<mote::bm25<mote::bm25_knobs{.items = 16, .item_bytes = 64, .terms = 16}>,
                                        mote::rag_knobs{.hits = 1, .tokens = 28}>,
                              mote::context<64>, mote::fit<Board, without_learning>>;
};

template <class Model, class Board>
using assistant = typename choose<Model, Board>::type;
