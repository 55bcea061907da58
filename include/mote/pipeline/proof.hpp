// SPDX-License-Identifier: BSL-1.0
// The proof of a budget: what is needed, what there is, every region, and what would make it fit, all in one type's name,
// which a compiler prints in front of the sentence.
// Refuses to make a pipeline: Priced is anything with facts() and cost().
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "mote/budget/what_helps.hpp"
#include "mote/core/slots.hpp"
#include "mote/policy/fit.hpp"

namespace mote::inline v0::detail {

/// The types in which a way is printed: what to write instead, the bytes that it saves, and whether it alone is enough.
template <help H>
constexpr auto spoken() {
  if constexpr (H.what == way::context) return ways::context{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::cache_bits) return ways::cache{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::example_tokens) return ways::tokens{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::rank) return ways::rank{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::sgd) return ways::sgd{H.saves, H.enough};
  else if constexpr (H.what == way::prefill) return ways::prefill{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::no_draft) return ways::no_draft{H.saves, H.enough};
  else if constexpr (H.what == way::cache_region) return ways::cache_in{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::arena_region) return ways::arena_in{H.to, H.saves, H.enough};
  else return ways::bits{H.to, H.saves, H.enough};
}

template <class Priced>
inline constexpr choices priced_choices = Priced::facts();
template <class Priced>
inline constexpr footprint priced_footprint = Priced::cost();
template <class Priced, memory Which, std::size_t Way>
inline constexpr help said_help = help_by<std::enable_if_t<(Way < ways_to_help)>>(
    static_cast<way>(Way),
    fitting{Priced::shape, priced_choices<Priced>, Priced::board, Which, priced_footprint<Priced>});

/// As many as a message has room for.
template <class Priced, memory Which>
inline constexpr helps said_helps = []<std::size_t... Way>(std::index_sequence<Way...>) {
  helps h{.which = Which};
  (h.add(said_help<Priced, Which, Way>), ...);
  if (h.count > 4) h.count = 4;
  return h;
}(std::make_index_sequence<ways_to_help>{});

/// By the name of what it is: a schedule without a way back has no gradients.
template <ram_regions Ram>
constexpr auto said_gradients() {
  if constexpr (Ram.perturbed == 0) return parts::gradients{Ram.gradients};
  else return parts::perturbed{Ram.perturbed};
}

template <class Priced, class Sequence = std::make_index_sequence<said_helps<Priced, memory::ram>.count>>
struct ram_proof_of;
template <class Priced, std::size_t... I>
struct ram_proof_of<Priced, std::index_sequence<I...>> {
  static constexpr footprint f = priced_footprint<Priced>;
  using type = ram_budget<needs_bytes{ram_demand(f).needs}, board_has_bytes{ram_demand(f).has},
                          over_by_bytes{ram_demand(f).over()}, parts::weights{f.ram.weights}, parts::cache{f.ram.cache},
                          parts::activations{f.ram.activations}, said_gradients<f.ram>(),
                          parts::optimiser{f.ram.optimiser}, parts::index{f.ram.index}, parts::scratch{f.ram.scratch},
                          parts::stack{f.ram.stack}, spoken<said_helps<Priced, memory::ram>[I]>()...>;
};
template <class Priced>
using ram_proof = typename ram_proof_of<Priced>::type;

template <class Priced, class Sequence = std::make_index_sequence<said_helps<Priced, memory::flash>.count>>
struct flash_proof_of;
template <class Priced, std::size_t... I>
struct flash_proof_of<Priced, std::index_sequence<I...>> {
  static constexpr footprint f = priced_footprint<Priced>;
  using type = flash_budget<needs_bytes{flash_demand(f).needs}, board_has_bytes{flash_demand(f).has},
                            over_by_bytes{flash_demand(f).over()}, parts::weights{f.flash.weights},
                            parts::vocabulary{f.flash.vocabulary}, parts::code{f.flash.code},
                            spoken<said_helps<Priced, memory::flash>[I]>()...>;
};
template <class Priced>
using flash_proof = typename flash_proof_of<Priced>::type;

/// What is wrong with a pipeline on its board: the layout of its rows, else its RAM, else its flash.
template <class Chosen>
consteval auto board_fault() {
  if constexpr (!Chosen::template in<slots::fit>::checks) return std::type_identity<void>{};
  else if constexpr (Chosen::rows != Chosen::board_rows)
    return std::type_identity<row_layout<interleaved{Chosen::rows}, board_wants{Chosen::board_rows}>>{};
  else if constexpr (!Chosen::cost().ram_fits()) return std::type_identity<ram_proof<Chosen>>{};
  else if constexpr (!Chosen::cost().flash_fits()) return std::type_identity<flash_proof<Chosen>>{};
  else return std::type_identity<void>{};
}

template <class Chosen>
struct board_holds {
  static constexpr bool value =
      !Chosen::template in<slots::fit>::checks ||
      (Chosen::rows == Chosen::board_rows && Chosen::cost().ram_fits() && Chosen::cost().flash_fits());
};
template <class Chosen>
struct board_proof {
  using type = typename decltype(board_fault<Chosen>())::type;
};

}  // namespace mote::inline v0::detail
