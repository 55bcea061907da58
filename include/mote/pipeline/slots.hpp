// SPDX-License-Identifier: BSL-1.0
// Picks the policy of each slot, or its default, and names the type of the pipeline that they make.
// Refuses a second way to configure a pipeline: each slot holds one policy, which is a type.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mote/core/slots.hpp"
#include "mote/core/team.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/slot.hpp"
#include "mote/decode/stopping_slot.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/slot.hpp"
#include "mote/pipeline/choices.hpp"
#include "mote/pipeline/object.hpp"
#include "mote/policy/bind_formats.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/context.hpp"
#include "mote/policy/fit.hpp"
#include "mote/policy/interleave.hpp"
#include "mote/policy/prefill.hpp"
#include "mote/policy/quantize.hpp"
#include "mote/policy/window.hpp"
#include "mote/recall/slot.hpp"

namespace mote::inline v0 {

/// A model's type, as the importer writes it: its name, shape, bytes of the token table, and control tokens.
template <class M>
concept model = requires {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::shape } -> std::convertible_to<shape>;
  { M::vocabulary_bytes } -> std::convertible_to<std::size_t>;
  { M::special_tokens } -> std::convertible_to<special_tokens>;
};

namespace detail {

/// One policy a slot, whatever the order they were written in.
template <class Model, class... Policies>
struct picked {
  using model_type = Model;
  static constexpr mote::shape shape = Model::shape;
  using token = token_of<shape.vocab>;

  /// The policy of a slot.
  template <class Slot>
  using in = policy_in<Slot, Policies...>;
};

/// Whether rows of every length have the same format, by a sample of seven lengths.
template <class Weights, std::size_t Rows>
inline constexpr bool follows_any_shape = [] {
  if constexpr (requires { typename Weights::packing; }) {  // streamed<>
    return follows_any_shape<typename Weights::packing, Rows>;
  } else if constexpr (requires { typename Weights::template format<Rows, 256>; }) {
    using one = typename Weights::template format<Rows, 256>;
    return []<std::size_t... Cols>(std::index_sequence<Cols...>) {
      return (std::same_as<one, typename Weights::template format<Rows, Cols>> && ...);
    }(std::index_sequence<64, 96, 172, 288, 576, 768, 1056>{});
  } else {
    return false;
  }
}();

/// The facts of the whole composition, which a policy's `fault` may use.
template <class Model, class... Policies>
struct chosen : picked<Model, Policies...> {
  using picked<Model, Policies...>::shape;
  template <class Slot>
  using in = policy_in<Slot, Policies...>;

  /// Interleaved rows: the number for the board's instructions, and the number in the image.
  static constexpr std::size_t board_rows =
      interleaved_rows(in<slots::fit>::checks ? in<slots::fit>::facts.instructions : simd::native::value);
  static constexpr std::size_t rows = in<slots::interleave>::rows == 0 ? board_rows : in<slots::interleave>::rows;
  /// Tokens of the context.
  static constexpr std::size_t tokens = in<slots::context>::tokens == 0 ? shape.context : in<slots::context>::tokens;
  using bound = bind_formats<in<slots::weights>, shape, rows, family_of<Model>>;
  using format = formats_in<bound>;

 private:
  template <class... Slots>
  static std::type_identity<basic_pipeline<Model, bound, tokens, in<Slots>...>> made_of(slot_list<Slots...>);

  template <class... Slots>
  static constexpr choices facts_of(slot_list<Slots...>) {
    return choices_from<Model, bound, tokens, in<Slots>...>();
  }

 public:
  using type = typename decltype(made_of(slots::of_the_object{}))::type;

  /// What the cost of `type` depends on, without instantiating it.
  static constexpr choices facts() {
    choices c = facts_of(slots::of_the_object{});
    if (!follows_any_shape<in<slots::weights>, rows>) c.bound_to = shape.fingerprint();
    return c;
  }
  static constexpr footprint cost() { return footprint_of(shape, facts(), in<slots::fit>::facts, Model::name); }
  static constexpr const board_facts& board = in<slots::fit>::facts;
};

}  // namespace detail

}  // namespace mote::inline v0
