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

namespace detail {
// A plain bool: GCC would print the concept's inside as further errors. static_assert(mote::board<yours>) shows it.
template <class B>
inline constexpr bool is_board = board<B>;

template <class B>
consteval board_facts facts_of() {
  if constexpr (is_board<B>) return B::facts;
  else return {.name = "none"};
}
}  // namespace detail

template <class Board, fit_knobs Knobs = fit_knobs{}>
struct fit {
  using slot = slots::fit;
  using board_type = Board;
  static constexpr bool checks = detail::is_board<Board>;
  static constexpr board_facts facts = detail::facts_of<Board>();
  static constexpr fit_knobs knobs = Knobs;

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(
      detail::is_board<Board>,
      "mote: fit<> needs a board; a board is a type with a constant `facts`, as in mote/boards [mote-not-a-board]");
};

/// The default of the fit slot: no board, no proof; rows lie as this binary's instructions want them.
struct unchecked {
  using slot = slots::fit;
  static constexpr bool checks = false;
  static constexpr board_facts facts{.name = "none"};
  static constexpr fit_knobs knobs{.code_bytes = 0};
};

// Numbers with names: GCC and Clang print them in the first lines of a failed proof.
struct needs_bytes {
  std::size_t value;
};
struct board_has_bytes {
  std::size_t value;
};
struct over_by_bytes {
  std::size_t value;
};

namespace parts {
struct weights {
  std::size_t bytes;
};
struct cache {
  std::size_t bytes;
};
struct activations {
  std::size_t bytes;
};
struct gradients {
  std::size_t bytes;
};
struct optimiser {
  std::size_t bytes;
};
struct index {
  std::size_t bytes;
};
struct scratch {
  std::size_t bytes;
};
struct stack {
  std::size_t bytes;
};
struct vocabulary {
  std::size_t bytes;
};
struct code {
  std::size_t bytes;
};
}  // namespace parts

template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct ram_budget {
  static_assert(
      Needs.value <= Has.value,
      "mote: this pipeline does not fit the board's RAM; fewer context tokens, fewer bits or a smaller learning window would [mote-ram]");
};

template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct flash_budget {
  static_assert(
      Needs.value <= Has.value,
      "mote: this pipeline does not fit the board's flash; fewer bits, a smaller vocabulary or a smaller model would [mote-flash]");
};

namespace detail {

/// What is wanted of a memory, and what there is.
struct demand {
  std::size_t needs = 0;
  std::size_t has = 0;
  constexpr std::size_t over() const { return needs > has ? needs - has : 0; }
};
/// The sum against all RAM; where that would do, the object, which cannot be split, against the largest block.
constexpr demand ram_demand(const footprint& f) {
  if (f.ram_fits_total()) return {f.ram.object(), f.ram_block_available};
  return {f.ram.sum() + f.ram_other, f.ram_available};
}
constexpr demand flash_demand(const footprint& f) { return {f.flash.sum(), f.flash_available}; }

/// The proof for one pipeline, with every region in its name.
template <class Pipeline>
using ram_proof =
    ram_budget<needs_bytes{ram_demand(Pipeline::cost()).needs}, board_has_bytes{ram_demand(Pipeline::cost()).has},
               over_by_bytes{ram_demand(Pipeline::cost()).over()}, parts::weights{Pipeline::cost().ram.weights},
               parts::cache{Pipeline::cost().ram.cache}, parts::activations{Pipeline::cost().ram.activations},
               parts::gradients{Pipeline::cost().ram.gradients}, parts::optimiser{Pipeline::cost().ram.optimiser},
               parts::index{Pipeline::cost().ram.index}, parts::scratch{Pipeline::cost().ram.scratch},
               parts::stack{Pipeline::cost().ram.stack}>;

template <class Pipeline>
using flash_proof =
    flash_budget<needs_bytes{flash_demand(Pipeline::cost()).needs}, board_has_bytes{flash_demand(Pipeline::cost()).has},
                 over_by_bytes{flash_demand(Pipeline::cost()).over()}, parts::weights{Pipeline::cost().flash.weights},
                 parts::vocabulary{Pipeline::cost().flash.vocabulary}, parts::code{Pipeline::cost().flash.code}>;

}  // namespace detail

}  // namespace mote::inline v0
