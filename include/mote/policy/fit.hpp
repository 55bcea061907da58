// SPDX-License-Identifier: BSL-1.0
// The policy that names a board, and the proof that a pipeline fits it: if it does not fit, it does not compile.
//   fit<boards::stm32h743>                                     32 KiB of flash kept free for code
//   fit<boards::stm32h743, fit_knobs{.code_bytes = 64_KiB}>    a larger application around the pipeline
//   fit<boards::stm32h743, fit_knobs{}, arena_in<"DTCM">>      a part in a memory of its own: docs/reference/fit.md
// Refuses to measure the machine that compiles: a PC can budget any board.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "mote/budget/board.hpp"
#include "mote/budget/footprint.hpp"
#include "mote/core/bytes.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

struct fit_knobs {
  std::size_t code_bytes = 32_KiB;  ///< flash kept free for machine code and constants
  std::size_t other_ram_bytes = 0;  ///< RAM kept free for the rest of the application
};

namespace detail {
// A plain bool, because GCC would print a concept's unmet requirements as further errors. To see them, compile
// static_assert(mote::board<yours>).
template <class B>
inline constexpr bool is_board = board<B>;

template <class B>
consteval board_facts facts_of() {
  if constexpr (is_board<B>) return B::facts;
  else return {.name = "none"};
}

enum class placeable : unsigned char { object, cache, arena, learning, recall };

constexpr bool has_region(const board_facts& board, std::string_view name) {
  for (const memory_region& r : board.regions)
    if (!name.empty() && r.name == name) return true;
  return false;
}
/// The index in board.regions of the region that an entry names for the part; `nowhere` if no entry does.
template <placeable Part, class... Places>
constexpr std::size_t region_of([[maybe_unused]] const board_facts& board) {
  std::size_t found = nowhere;
  [[maybe_unused]] const auto look = [&](std::string_view name) {
    for (std::size_t i = 0; i < most_regions; ++i)
      if (board.regions[i].name == name) found = i;
  };
  ((Places::part == Part ? look(Places::region) : void()), ...);
  return found;
}
}  // namespace detail

/// A region's name as a template argument.
template <std::size_t Size>
struct region_name {
  char text[Size]{};
  consteval region_name(const char (&from)[Size]) {
    for (std::size_t i = 0; i < Size; ++i) text[i] = from[i];
  }
  constexpr operator std::string_view() const { return {text, Size - 1}; }
};

/// Entries of fit<>: the memory region of a part, by its name in the board's facts. All but object_in take the part out
/// of the object; the program passes its memory to use() before attach().
template <region_name Name>
struct object_in {
  static constexpr std::string_view region = Name;
  static constexpr detail::placeable part = detail::placeable::object;
};
template <region_name Name>
struct cache_in {
  static constexpr std::string_view region = Name;
  static constexpr detail::placeable part = detail::placeable::cache;
};
template <region_name Name>
struct arena_in {
  static constexpr std::string_view region = Name;
  static constexpr detail::placeable part = detail::placeable::arena;
};
/// The learned parameters, their gradients, the optimizer's state and the state of the lesson that is running.
template <region_name Name>
struct learning_in {
  static constexpr std::string_view region = Name;
  static constexpr detail::placeable part = detail::placeable::learning;
};
/// The remembered texts and their index.
template <region_name Name>
struct recall_in {
  static constexpr std::string_view region = Name;
  static constexpr detail::placeable part = detail::placeable::recall;
};

template <class Board = void /* refused below */, fit_knobs Knobs = fit_knobs{}, class... Places>
struct fit {
  using slot = slots::fit;
  static constexpr bool checks = detail::is_board<Board>;
  static constexpr board_facts facts = detail::facts_of<Board>();
  static constexpr fit_knobs knobs = Knobs;
  static constexpr std::size_t object_region = detail::region_of<detail::placeable::object, Places...>(facts);
  static constexpr std::size_t cache_region = detail::region_of<detail::placeable::cache, Places...>(facts);
  static constexpr std::size_t arena_region = detail::region_of<detail::placeable::arena, Places...>(facts);
  static constexpr std::size_t learning_region = detail::region_of<detail::placeable::learning, Places...>(facts);
  static constexpr std::size_t recall_region = detail::region_of<detail::placeable::recall, Places...>(facts);

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(
      detail::is_board<Board>,
      "mote: fit<> needs a board; a board is a type with a constant `facts`, as in mote/boards [mote-not-a-board]");
  static_assert(
      !detail::is_board<Board> || (detail::has_region(facts, Places::region) && ...),
      "mote: the board has no memory of this name; its `facts.regions` lists them, as in cache_in<\"DTCM\"> [mote-no-region]");
  static_assert(
      facts.ram_block_bytes <= facts.ram_bytes,
      "mote: this board's largest block of RAM is larger than its RAM; `ram_bytes` is all that a program can use, `ram_block_bytes` the largest piece of it without a gap [mote-board-block]");
};

/// The default of the fit slot: no board, no proof; rows are interleaved for the instruction set of this binary.
struct unchecked {
  using slot = slots::fit;
  static constexpr bool checks = false;
  static constexpr board_facts facts{.name = "none"};
  static constexpr fit_knobs knobs{.code_bytes = 0};
  static constexpr std::size_t object_region = nowhere;
  static constexpr std::size_t cache_region = nowhere;
  static constexpr std::size_t arena_region = nowhere;
  static constexpr std::size_t learning_region = nowhere;
  static constexpr std::size_t recall_region = nowhere;
};

// Numbers as named types: GCC and Clang print the names in the first lines of a failed proof.
struct needs_bytes {
  std::size_t value;
};
struct board_has_bytes {
  std::size_t value;
};
struct over_by_bytes {
  std::size_t value;
};

/// In a message: this many changes are enough together. They follow, each with the bytes that are still missing after
/// it.
struct together {
  std::size_t changes;
};
/// Bytes that are missing even after every change that saves memory.
struct still_over_by_bytes {
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
struct perturbed {
  std::size_t bytes;
};
struct optimizer {
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
      "mote: this pipeline does not fit the board's RAM; `ways` in the type above name what would help, and the bytes that each saves [mote-ram]");
};
template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct hopeless_ram_budget {
  static_assert(
      Needs.value <= Has.value,
      "mote: this pipeline does not fit the board's RAM, however small its parts are made; `still_over_by_bytes` in the type above would be missing: take a smaller model or another board [mote-ram]");
};

template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct flash_budget {
  static_assert(
      Needs.value <= Has.value,
      "mote: this pipeline does not fit the board's flash; `ways` in the type above name what would help; else a smaller model [mote-flash]");
};
template <needs_bytes Needs, board_has_bytes Has, over_by_bytes Over, auto... Parts>
struct hopeless_flash_budget {
  static_assert(
      Needs.value <= Has.value,
      "mote: this pipeline does not fit the board's flash, in four bits neither; `still_over_by_bytes` in the type above would be missing: take a smaller model or another board [mote-flash]");
};

namespace detail {

template <class P>
inline constexpr bool fit_has_checks = requires {
  { P::checks } -> std::convertible_to<bool>;
};
template <class P>
inline constexpr bool fit_has_facts = requires {
  { P::facts } -> std::convertible_to<board_facts>;
};
template <class P>
inline constexpr bool fit_has_knobs = requires {
  { P::knobs } -> std::convertible_to<fit_knobs>;
};

}  // namespace detail

/// The members that a policy of the fit slot needs, in the order of the checks.
enum class fit_member { none, checks, facts, knobs };

template <class P>
inline constexpr fit_member fit_lacks = first_missing<fit_member>({
    {detail::fit_has_checks<P>, fit_member::checks},
    {detail::fit_has_facts<P>, fit_member::facts},
    {detail::fit_has_knobs<P>, fit_member::knobs},
});

template <class P>
struct fit_check {
  using m = fit_member;
  template <m Member>
  static constexpr bool has = fit_lacks<P> != Member;
  static_assert(
      has<m::checks>,
      "mote: this policy does not say whether it refuses what does not fit; give it `checks` [mote-fit-policy]");
  static_assert(has<m::facts>,
                "mote: this policy does not say what there is; give it `facts`, as a board has [mote-fit-policy]");
  static_assert(has<m::knobs>,
                "mote: this policy does not say what is kept free; give it `knobs`, a fit_knobs [mote-fit-policy]");
};

// Numbers as named types, for the message.
struct interleaved {
  std::size_t rows;
};
struct board_wants {
  std::size_t rows;
};

template <interleaved Image, board_wants Board>
struct row_layout {
  static_assert(
      Image.rows == Board.rows,
      "mote: rows are interleaved for another instruction set than the board's; leave out interleave<> or take the board's [mote-interleave-mismatch]");
};

template <bool Learns, bool LearningIsPlaced, bool Recalls, bool RecallIsPlaced>
struct placed_parts {
  static_assert(
      (Learns || !LearningIsPlaced) && (Recalls || !RecallIsPlaced),
      "mote: fit<> names a memory for what this pipeline does not have; leave out learning_in<> or recall_in<>, or let it learn or recall [mote-no-part]");
};

namespace detail {

template <class Fit>
inline constexpr bool places_learning = requires { requires Fit::learning_region != nowhere; };
template <class Fit>
inline constexpr bool places_recall = requires { requires Fit::recall_region != nowhere; };

/// The fault of a pipeline on its board, and whether there is none. Defined in pipeline/proof.hpp, which knows the
/// costs.
template <class Chosen>
struct board_proof;
template <class Chosen>
struct board_holds;

}  // namespace detail

/// The slot.
struct slots::fit : slot_facts {
  using fallback = unchecked;
  template <class P, class>
  using lack = unless<fit_lacks<P> == fit_member::none, fit_check<P>>;
  template <class Chosen, class P = typename Chosen::template in<slots::fit>,
            bool Learns = Chosen::template in<slots::learning>::learns,
            bool Recalls = Chosen::template in<slots::recall>::recalls>
  using fault = unless<(Learns || !detail::places_learning<P>) && (Recalls || !detail::places_recall<P>),
                       placed_parts<Learns, detail::places_learning<P>, Recalls, detail::places_recall<P>>>;
  template <class Chosen>
  using proof = typename detail::board_proof<Chosen>::type;
  template <class Chosen>
  static constexpr bool holds = detail::board_holds<Chosen>::value;  // for searches: computes no remedies
};

}  // namespace mote::inline v0
