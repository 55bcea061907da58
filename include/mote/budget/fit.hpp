// SPDX-License-Identifier: BSL-1.0
// The policy that names a board, and the proof that a pipeline fits it: if it does not fit, it does not compile.
//   fit<boards::stm32h743>                                     32 KiB of flash kept free for code
//   fit<boards::stm32h743, fit_knobs{.code_bytes = 64_KiB}>    a larger application around the pipeline
// Refuses to measure the machine that compiles: a PC can budget any board.
#pragma once

#include <cstddef>

#include "mote/budget/board.hpp"
#include "mote/budget/footprint.hpp"
#include "mote/core/bytes.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

struct fit_knobs {
  std::size_t code_bytes = 32_KiB;  ///< flash kept free for machine code and constants
  std::size_t other_ram_bytes = 0;  ///< RAM kept free for the rest of the application
};

template <class Board, fit_knobs Knobs = fit_knobs{}>
struct fit {
  static_assert(board<Board>, "mote: fit<> needs a board; a board is a type with a constant `facts`, as in mote/boards [mote-not-a-board]");
  using slot = slots::fit;
  using board_type = Board;
  static constexpr bool checks = true;
  static constexpr board_facts facts = Board::facts;
  static constexpr fit_knobs knobs = Knobs;
};

/// The default of the fit slot: no board, no proof; rows lie as this binary's instructions want them.
struct unchecked {
  using slot = slots::fit;
  static constexpr bool checks = false;
  static constexpr board_facts facts{.name = "none"};
  static constexpr fit_knobs knobs{.code_bytes = 0};
};

// Numbers with names: GCC and Clang print them in the first lines of a failed proof.
struct needs_bytes { std::size_t value; };
struct board_has_bytes { std::size_t value; };
struct over_by_bytes { std::size_t value; };

namespace parts {
struct weights { std::size_t bytes; };
struct cache { std::size_t bytes; };
struct activations { std::size_t bytes; };
struct gradients { std::size_t bytes; };
struct optimiser { std::size_t bytes; };
struct index { std::size_t bytes; };
struct scratch { std::size_t bytes; };
struct stack { std::size_t bytes; };
struct vocabulary { std::size_t bytes; };
struct code { std::size_t bytes; };
}  // namespace parts

template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct ram_budget {
  static_assert(Needs.value <= Has.value,
                "mote: this pipeline does not fit the board's RAM; fewer context tokens, fewer bits or a smaller learning window would [mote-ram]");
  static constexpr bool fits = Needs.value <= Has.value;
};

template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct flash_budget {
  static_assert(Needs.value <= Has.value,
                "mote: this pipeline does not fit the board's flash; fewer bits, a smaller vocabulary or a smaller model would [mote-flash]");
  static constexpr bool fits = Needs.value <= Has.value;
};

}  // namespace mote::inline v0
