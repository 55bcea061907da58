// SPDX-License-Identifier: BSL-1.0
// The proof of a budget: a type whose name holds the bytes needed, the bytes available, every region, and the changes
// that would make it fit. A compiler prints this name before the message.
// Refuses to instantiate a pipeline: Priced is any type with facts() and cost().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "mote/budget/what_helps.hpp"
#include "mote/core/slots.hpp"
#include "mote/policy/fit.hpp"

namespace mote::inline v0::detail {

/// A way as it is printed: the new number, the bytes that it saves, and whether it alone is enough.
template <help H>
constexpr auto spoken() {
  if constexpr (H.what == way::context) return ways::context{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::cache_bits) return ways::cache{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::example_tokens) return ways::tokens{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::rank) return ways::rank{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::sgd) return ways::sgd{H.saves, H.enough};
  else if constexpr (H.what == way::items) return ways::items{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::prefill) return ways::prefill{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::no_draft) return ways::no_draft{H.saves, H.enough};
  else if constexpr (H.what == way::cache_region) return ways::cache_in{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::arena_region) return ways::arena_in{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::learning_region) return ways::learning_in{H.to, H.saves, H.enough};
  else if constexpr (H.what == way::recall_region) return ways::recall_in{H.to, H.saves, H.enough};
  else return ways::bits{H.to, H.saves, H.enough};
}

template <class Priced>
inline constexpr choices priced_choices = Priced::facts();
template <class Priced>
inline constexpr footprint priced_footprint = Priced::cost();
/// One round of what_fits(). Each way is a constant expression of its own, because Clang limits the steps of one.
template <class Priced, memory Which, std::size_t Round>
struct search_round {
  using lazy =
      std::conditional_t<true, void, Priced>;  // void, but dependent on Priced, or Clang would instantiate at once
  static constexpr choices now = [] {
    if constexpr (Round == 0) {
      return priced_choices<Priced>;
    } else {
      using before = search_round<Priced, Which, Round - 1>;
      return v0::changed(before::now, before::best.what.what, before::best.what.to);
    }
  }();
  static constexpr footprint costs = footprint_of(Priced::shape, now, Priced::board);
  static constexpr shortage missing = shortage_of(costs, Which);
  template <std::size_t Way>
  static constexpr tried_way tried =
      try_way(static_cast<way>(Way), fitting_of<lazy>{Priced::shape, now, Priced::board, Which, costs});
  static constexpr tried_way best = []<std::size_t... Way>(std::index_sequence<Way...>) {
    constexpr std::array<tried_way, ways_to_help> all{tried<Way>...};
    constexpr std::size_t i = missing.sum == 0 ? ways_to_help : best_of(all, missing.sum);
    if constexpr (i == ways_to_help) return tried_way{};
    else return all[i];
  }(std::make_index_sequence<ways_to_help>{});
  static constexpr bool is_last = !best.there || Round == ways_to_help;
};
template <class Priced, memory Which, std::size_t Round = 0>
consteval std::size_t search_rounds() {
  if constexpr (search_round<Priced, Which, Round>::is_last) return Round;
  else return search_rounds<Priced, Which, Round + 1>();
}
template <class Priced, memory Which, class Sequence = std::make_index_sequence<search_rounds<Priced, Which>()>>
inline constexpr remedy searched{};
template <class Priced, memory Which, std::size_t... Round>
inline constexpr remedy searched<Priced, Which, std::index_sequence<Round...>> = {
    .which = Which,
    .list = {search_round<Priced, Which, Round>::best.what...},
    .over_by = {search_round<Priced, Which, Round + 1>::missing.most...},
    .count = sizeof...(Round),
    .misses = search_round<Priced, Which, sizeof...(Round)>::missing.most};
template <class Priced, memory Which, std::uint32_t Taken>
inline constexpr bool suffices =
    shortage_of(
        footprint_of(Priced::shape, changed(priced_choices<Priced>, searched<Priced, Which>, Taken), Priced::board),
        Which)
        .sum == 0;
template <class Priced, memory Which, std::uint32_t Taken, std::size_t I = 0>
consteval std::uint32_t needed_changes() {
  if constexpr (I == searched<Priced, Which>.count) {
    return Taken;
  } else {
    constexpr std::uint32_t fewer = Taken & ~(std::uint32_t{1} << I);
    return needed_changes<Priced, Which, suffices<Priced, Which, fewer> ? fewer : Taken, I + 1>();
  }
}
/// The result of what_fits().
template <class Priced, memory Which>
inline constexpr remedy said_remedy = [] {
  constexpr const remedy& r = searched<Priced, Which>;
  if constexpr (r.misses != 0) {
    return remedy{.which = Which, .misses = r.misses};
  } else {
    constexpr std::uint32_t all = (std::uint32_t{1} << r.count) - 1;
    constexpr std::uint32_t needed = needed_changes<Priced, Which, all>();
    if constexpr (needed == all) return r;
    else return told(Priced::shape, priced_choices<Priced>, Priced::board, r, needed);
  }
}();

/// At most four, which a message has room for. If one alone is enough, such a one is among them.
template <class Priced, memory Which>
inline constexpr helps said_helps = []<std::size_t... Way>(std::index_sequence<Way...>) {
  helps h{.which = Which};
  (h.add(search_round<Priced, Which, 0>::template tried<Way>.what), ...);
  h.keep(4);
  return h;
}(std::make_index_sequence<ways_to_help>{});

/// How many words end a message if no way alone is enough: the ways that are enough together, each with the bytes
/// still missing after it; or one word, the bytes missing with all ways.
template <class Priced, memory Which>
consteval std::size_t last_words() {
  if constexpr (said_helps<Priced, Which>.any_is_enough()) return 0;
  else if constexpr (!said_remedy<Priced, Which>.fits()) return 1;
  else return 1 + 2 * said_remedy<Priced, Which>.count;
}
template <class Priced, memory Which, std::size_t Word>
constexpr auto last_word() {
  constexpr const remedy& r = said_remedy<Priced, Which>;
  if constexpr (!r.fits()) return still_over_by_bytes{r.misses};
  else if constexpr (Word == 0) return together{r.count};
  else if constexpr (Word % 2 == 1) return spoken<r.list[Word / 2]>();
  else return over_by_bytes{r.over_by[Word / 2 - 1]};
}

/// The word for that memory: a schedule without a backward pass has perturbed parameters there, not gradients.
template <ram_regions Ram>
constexpr auto said_gradients() {
  if constexpr (Ram.perturbed == 0) return parts::gradients{Ram.gradients};
  else return parts::perturbed{Ram.perturbed};
}

template <class Priced, memory Which>
using way_sequence = std::make_index_sequence<said_helps<Priced, Which>.count>;
template <class Priced, memory Which>
using word_sequence = std::make_index_sequence<last_words<Priced, Which>()>;

template <class Priced, memory Which>
inline constexpr bool ends_with_nothing = last_words<Priced, Which>() == 1;
template <bool EndsWithNothing>
struct budget_of {
  template <auto... Parts>
  using ram = ram_budget<Parts...>;
  template <auto... Parts>
  using flash = flash_budget<Parts...>;
};
template <>
struct budget_of<true> {
  template <auto... Parts>
  using ram = hopeless_ram_budget<Parts...>;
  template <auto... Parts>
  using flash = hopeless_flash_budget<Parts...>;
};

template <class Priced, class Ways = way_sequence<Priced, memory::ram>,
          class Words = word_sequence<Priced, memory::ram>>
struct ram_proof_of;
template <class Priced, std::size_t... I, std::size_t... Word>
struct ram_proof_of<Priced, std::index_sequence<I...>, std::index_sequence<Word...>> {
  static constexpr footprint f = priced_footprint<Priced>;
  using type = typename budget_of<ends_with_nothing<Priced, memory::ram>>::template ram<
      needs_bytes{ram_demand(f).needs}, board_has_bytes{ram_demand(f).has}, over_by_bytes{ram_demand(f).over()},
      parts::weights{f.ram.weights}, parts::cache{f.ram.cache}, parts::activations{f.ram.activations},
      said_gradients<f.ram>(), parts::optimizer{f.ram.optimizer}, parts::index{f.ram.index},
      parts::scratch{f.ram.scratch}, parts::stack{f.ram.stack}, spoken<said_helps<Priced, memory::ram>[I]>()...,
      last_word<Priced, memory::ram, Word>()...>;
};
template <class Priced>
using ram_proof = typename ram_proof_of<Priced>::type;

template <class Priced, class Ways = way_sequence<Priced, memory::flash>,
          class Words = word_sequence<Priced, memory::flash>>
struct flash_proof_of;
template <class Priced, std::size_t... I, std::size_t... Word>
struct flash_proof_of<Priced, std::index_sequence<I...>, std::index_sequence<Word...>> {
  static constexpr footprint f = priced_footprint<Priced>;
  using type = typename budget_of<ends_with_nothing<Priced, memory::flash>>::template flash<
      needs_bytes{flash_demand(f).needs}, board_has_bytes{flash_demand(f).has}, over_by_bytes{flash_demand(f).over()},
      parts::weights{f.flash.weights}, parts::vocabulary{f.flash.vocabulary}, parts::code{f.flash.code},
      spoken<said_helps<Priced, memory::flash>[I]>()..., last_word<Priced, memory::flash, Word>()...>;
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
