// SPDX-License-Identifier: BSL-1.0
// Picks the policy of each slot, or its default, and names the pipeline that they make.
// Refuses to be a configuration language: a slot holds one policy, and there is no second way to say it.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mote/core/hana.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/team.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/pipeline/choices.hpp"
#include "mote/pipeline/object.hpp"
#include "mote/policy/bind_formats.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/context.hpp"
#include "mote/policy/fit.hpp"
#include "mote/policy/layout.hpp"
#include "mote/policy/prefill.hpp"
#include "mote/policy/quantize.hpp"
#include "mote/recall/no_recall.hpp"

namespace mote::inline v0 {

/// What the importer writes: a type that knows a model's name, shape, token table and control tokens.
template <class M>
concept model = requires {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::shape } -> std::convertible_to<shape>;
  { M::vocabulary_bytes } -> std::convertible_to<std::size_t>;
  { M::dialogue } -> std::convertible_to<dialogue>;
};

namespace detail {

namespace hana = boost::hana;

template <class Slot>
inline constexpr auto fills_slot = [](auto p) { return hana::bool_c<fills<typename decltype(p)::type, Slot>>; };

/// The policy that fills Slot, or Default.
template <class Slot, class Default, class... Policies>
using pick = typename std::remove_cvref_t<
    decltype(hana::find_if(hana::tuple_t<Policies...>, fills_slot<Slot>).value_or(hana::type_c<Default>))>::type;

template <class Slot, class... Policies>
inline constexpr std::size_t times_filled =
    decltype(hana::count_if(hana::tuple_t<Policies...>, fills_slot<Slot>))::value;

inline constexpr auto every_slot =
    hana::tuple_t<slots::weights, slots::layout, slots::context, slots::cache, slots::learning, slots::recall,
                  slots::decoding, slots::drafting, slots::prefill, slots::threads, slots::fit>;

// Plain bools: a compiler would print the concept's inside as further lines.
template <class M>
inline constexpr bool is_model = model<M>;
template <class P>
inline constexpr bool is_policy = policy<P>;

template <class P>
inline constexpr auto is_filled_by = [](auto slot) { return hana::bool_c<fills<P, typename decltype(slot)::type>>; };
template <class P>
inline constexpr bool fills_a_known_slot = decltype(hana::any_of(every_slot, is_filled_by<P>))::value;

inline constexpr auto is_no_policy = [](auto p) { return hana::bool_c<!is_policy<typename decltype(p)::type>>; };
inline constexpr auto fills_no_known_slot = [](auto p) {
  return hana::bool_c<!fills_a_known_slot<typename decltype(p)::type>>;
};

/// The first policy of which Fault is true; void if there is none.
template <const auto& Fault, class... Policies>
using first_that = typename std::remove_cvref_t<
    decltype(hana::find_if(hana::tuple_t<Policies...>, Fault).value_or(hana::type_c<void>))>::type;

template <class... Policies>
inline constexpr auto is_filled_twice =
    [](auto slot) { return hana::bool_c<(times_filled<typename decltype(slot)::type, Policies...> > 1)>; };
/// The first slot that two policies fill; void if there is none.
template <class... Policies>
using twice_filled = typename std::remove_cvref_t<
    decltype(hana::find_if(every_slot, is_filled_twice<Policies...>).value_or(hana::type_c<void>))>::type;

/// Whether rows of every length have one format.
template <class Weights, std::size_t Rows>
inline constexpr bool follows_any_shape = [] {
  if constexpr (requires { typename Weights::template format<Rows, 256>; }) {
    using one = typename Weights::template format<Rows, 256>;
    return []<std::size_t... Cols>(std::index_sequence<Cols...>) {
      return (std::same_as<one, typename Weights::template format<Rows, Cols>> && ...);
    }(std::index_sequence<64, 96, 172, 288, 576, 768, 1056>{});
  } else {
    return false;
  }
}();

/// One policy a slot, in one order whatever the order they were written in.
template <class Model, class... Policies>
struct chosen {
  using weights = pick<slots::weights, quantize<8>, Policies...>;
  using layout = pick<slots::layout, board_layout, Policies...>;
  using context = pick<slots::context, trained_context, Policies...>;
  using cache = pick<slots::cache, v0::cache<32>, Policies...>;
  using learning = pick<slots::learning, frozen, Policies...>;
  using recall = pick<slots::recall, no_recall, Policies...>;
  using decoding = pick<slots::decoding, greedy, Policies...>;
  using drafting = pick<slots::drafting, no_draft, Policies...>;
  using prefill = pick<slots::prefill, one_by_one, Policies...>;
  using threads = pick<slots::threads, single_thread, Policies...>;
  using fit = pick<slots::fit, unchecked, Policies...>;

  static constexpr std::size_t board_rows =
      interleaved_rows(fit::checks ? fit::facts.instructions : simd::native::value);
  static constexpr std::size_t rows = layout::rows == 0 ? board_rows : layout::rows;
  static constexpr std::size_t tokens = context::tokens == 0 ? Model::shape.context : context::tokens;
  using format = bind_formats<weights, Model::shape, rows, family_of<Model>>;
  using type =
      basic_pipeline<Model, format, tokens, cache, learning, recall, decoding, drafting, prefill, threads, fit>;

  /// What type costs, without making it.
  static constexpr choices facts() {
    choices c =
        choices_from<Model, format, tokens, cache, learning, recall, decoding, drafting, prefill, threads, fit>();
    if (!follows_any_shape<weights, rows>) c.bound_to = Model::shape.fingerprint();
    return c;
  }
  static constexpr footprint cost() { return footprint_of(Model::shape, facts(), fit::facts, Model::name); }
  static constexpr const shape& model_shape = Model::shape;
  static constexpr const board_facts& board = fit::facts;
};

}  // namespace detail

}  // namespace mote::inline v0
