// SPDX-License-Identifier: BSL-1.0
// Puts a model and a pack of policies together: picks the policy of each slot, checks in the order in which a person
// would, and lets only the first fault speak.
// Refuses to be a configuration language: a slot holds one policy, and there is no second way to say it.
#pragma once

#include <boost/hana/count_if.hpp>
#include <boost/hana/find_if.hpp>
#include <boost/hana/optional.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "mote/basic_pipeline.hpp"
#include "mote/budget/fit.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/model/policies.hpp"
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
using pick = typename std::remove_cvref_t<decltype(hana::find_if(hana::tuple_t<Policies...>, fills_slot<Slot>)
                                                       .value_or(hana::type_c<Default>))>::type;

template <class Slot, class... Policies>
inline constexpr std::size_t times_filled =
    decltype(hana::count_if(hana::tuple_t<Policies...>, fills_slot<Slot>))::value;

template <class P>
inline constexpr bool fills_a_known_slot =
    fills<P, slots::weights> || fills<P, slots::layout> || fills<P, slots::context> || fills<P, slots::learning> ||
    fills<P, slots::recall> || fills<P, slots::decoding> || fills<P, slots::fit>;

/// One policy a slot, in one order whatever the order they were written in.
template <class Model, class... Policies>
struct chosen {
  using weights = pick<slots::weights, quantize<8>, Policies...>;
  using layout = pick<slots::layout, board_layout, Policies...>;
  using context = pick<slots::context, trained_context, Policies...>;
  using learning = pick<slots::learning, frozen, Policies...>;
  using recall = pick<slots::recall, no_recall, Policies...>;
  using decoding = pick<slots::decoding, greedy, Policies...>;
  using fit = pick<slots::fit, unchecked, Policies...>;

  static constexpr std::size_t board_rows =
      interleaved_rows(fit::checks ? fit::facts.instructions : simd::native::value);
  static constexpr std::size_t rows = layout::rows == 0 ? board_rows : layout::rows;
  static constexpr std::size_t tokens = context::tokens == 0 ? Model::shape.context : context::tokens;
  using format = typename weights::template format<rows>;
  using type = basic_pipeline<Model, format, tokens, learning, recall, decoding, fit>;
};

enum class fault {
  none, not_a_model, bad_shape, not_a_policy, slot_twice, unknown_slot, context_long, learning_window, full_needs_floats,
  prompt_budget, layout_mismatch, ram, flash
};

/// What a question and its answer need beside recalled items: three control tokens, and sixteen tokens each.
inline constexpr std::size_t least_dialogue_tokens = 3 + 16 + 16;

template <class Model, class... Policies>
consteval fault composition_fault() {
  if constexpr (!model<Model>) {
    return fault::not_a_model;
  } else if constexpr (!Model::shape.valid()) {
    return fault::bad_shape;
  } else if constexpr (!(policy<Policies> && ...)) {
    return fault::not_a_policy;
  } else if constexpr (!(fills_a_known_slot<Policies> && ...)) {
    return fault::unknown_slot;
  } else if constexpr (times_filled<slots::weights, Policies...> > 1 || times_filled<slots::layout, Policies...> > 1 ||
                       times_filled<slots::context, Policies...> > 1 ||
                       times_filled<slots::learning, Policies...> > 1 ||
                       times_filled<slots::recall, Policies...> > 1 ||
                       times_filled<slots::decoding, Policies...> > 1 || times_filled<slots::fit, Policies...> > 1) {
    return fault::slot_twice;
  } else {
    using c = chosen<Model, Policies...>;
    if constexpr (c::tokens > Model::shape.context)
      return fault::context_long;
    else if constexpr (c::learning::tokens > Model::shape.context)
      return fault::learning_window;
    else if constexpr (c::learning::owns_weights && c::format::quantised)
      return fault::full_needs_floats;
    else if constexpr (c::recall::recalls && c::recall::tokens + least_dialogue_tokens > c::tokens)
      return fault::prompt_budget;
    else if constexpr (c::fit::checks && c::rows != c::board_rows)
      return fault::layout_mismatch;
    else if constexpr (c::fit::checks && !c::type::cost().ram_fits())
      return fault::ram;
    else if constexpr (c::fit::checks && !c::type::cost().flash_fits())
      return fault::flash;
    else
      return fault::none;
  }
}

// Numbers with names, for the messages below.
struct context_tokens { std::size_t value; };
struct recalled_tokens { std::size_t value; };
struct dialogue_tokens { std::size_t value; };
struct trained_for_tokens { std::size_t value; };
struct example_tokens { std::size_t value; };
struct interleaved { std::size_t rows; };
struct board_wants { std::size_t rows; };

template <recalled_tokens Recalled, dialogue_tokens Dialogue, context_tokens Context>
struct prompt_budget {
  static_assert(Recalled.value + Dialogue.value <= Context.value,
                "mote: recalled items, a question and an answer do not fit the context together; take a longer context<> or fewer tokens in rag<> [mote-prompt-budget]");
};
template <context_tokens Context, trained_for_tokens Trained>
struct context_length {
  static_assert(Context.value <= Trained.value,
                "mote: the context is longer than the model was trained for, and its answers would fall apart; take a shorter context<> [mote-context-long]");
};
template <example_tokens Example, trained_for_tokens Trained>
struct learning_window {
  static_assert(Example.value <= Trained.value,
                "mote: the learning window is longer than the model was trained for; lower .tokens of the learning policy [mote-learning-window]");
};
template <interleaved Image, board_wants Board>
struct row_layout {
  static_assert(Image.rows == Board.rows,
                "mote: rows are interleaved for another instruction set than the board's; leave out layout<> or take the board's [mote-layout-mismatch]");
};
template <class Policy>
struct is_a_policy {
  static_assert(policy<Policy>,
                "mote: this is not a policy; a policy is a complete class with a member type `slot` [mote-not-a-policy]");
  static_assert(!policy<Policy> || fills_a_known_slot<Policy>,
                "mote: this policy fills a slot that a pipeline does not have; mote::slots lists them [mote-unknown-slot]");
};
template <class Slot, std::size_t Times>
struct slot_is_filled_once {
  static_assert(Times <= 1,
                "mote: two policies fill the same slot; keep one of them [mote-slot-twice]");
};

/// What stands for a pipeline that cannot be: it takes every call, so that only the message above it is printed.
struct no_pipeline {
  template <class... A> explicit no_pipeline(A&&...) {}
  no_pipeline() = default;
};

/// The proof of a budget, with every region in the type.
template <bool Ram, class Pipeline>
consteval void over_budget() {
  constexpr footprint f = Pipeline::cost();
  if constexpr (Ram) {
    constexpr std::size_t needs = f.ram.sum() + f.ram_other;
    constexpr std::size_t has = f.ram_fits_total() ? f.ram_block_available : f.ram_available;
    constexpr std::size_t wants = f.ram_fits_total() ? f.ram.object() : needs;
    (void)sizeof(ram_budget<needs_bytes{wants}, board_has_bytes{has}, over_by_bytes{wants - has},
                            parts::weights{f.ram.weights}, parts::cache{f.ram.cache},
                            parts::activations{f.ram.activations}, parts::gradients{f.ram.gradients},
                            parts::optimiser{f.ram.optimiser}, parts::index{f.ram.index},
                            parts::scratch{f.ram.scratch}, parts::stack{f.ram.stack}>);
  } else {
    constexpr std::size_t needs = f.flash.sum();
    (void)sizeof(flash_budget<needs_bytes{needs}, board_has_bytes{f.flash_available},
                              over_by_bytes{needs - f.flash_available}, parts::weights{f.flash.weights},
                              parts::vocabulary{f.flash.vocabulary}, parts::code{f.flash.code}>);
  }
}

/// Instantiates the check whose message belongs to the fault.
template <fault Fault, class Model, class... Policies>
consteval void complain() {
  if constexpr (Fault == fault::not_a_model) {
    static_assert(Fault == fault::none,
                  "mote: the first argument of pipeline<> is not a model; include the header that the importer wrote and name its type first [mote-not-a-model]");
  } else if constexpr (Fault == fault::bad_shape) {
    static_assert(Fault == fault::none,
                  "mote: the model's shape makes no decoder; sizes must not be zero, and heads must divide dim and be a multiple of kv_heads [mote-shape]");
  } else if constexpr (Fault == fault::not_a_policy || Fault == fault::unknown_slot) {
    (void)(sizeof(is_a_policy<Policies>) + ... + 0U);
  } else if constexpr (Fault == fault::slot_twice) {
    (void)sizeof(slot_is_filled_once<slots::weights, times_filled<slots::weights, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::layout, times_filled<slots::layout, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::context, times_filled<slots::context, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::learning, times_filled<slots::learning, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::recall, times_filled<slots::recall, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::decoding, times_filled<slots::decoding, Policies...>>);
    (void)sizeof(slot_is_filled_once<slots::fit, times_filled<slots::fit, Policies...>>);
  } else {
    using c = chosen<Model, Policies...>;
    if constexpr (Fault == fault::context_long)
      (void)sizeof(context_length<context_tokens{c::tokens}, trained_for_tokens{Model::shape.context}>);
    else if constexpr (Fault == fault::learning_window)
      (void)sizeof(learning_window<example_tokens{c::learning::tokens}, trained_for_tokens{Model::shape.context}>);
    else if constexpr (Fault == fault::full_needs_floats)
      static_assert(Fault == fault::none,
                    "mote: full<> trains floats; use quantize<32>, or learn with lora<> on a quantised base [mote-full-needs-floats]");
    else if constexpr (Fault == fault::prompt_budget)
      (void)sizeof(prompt_budget<recalled_tokens{c::recall::tokens}, dialogue_tokens{least_dialogue_tokens},
                                 context_tokens{c::tokens}>);
    else if constexpr (Fault == fault::layout_mismatch)
      (void)sizeof(row_layout<interleaved{c::rows}, board_wants{c::board_rows}>);
    else
      over_budget<Fault == fault::ram, typename c::type>();
  }
}

template <class Model, class... Policies>
struct compose {
  static consteval auto choose() {
    constexpr fault f = composition_fault<Model, Policies...>();
    if constexpr (f == fault::none) {
      return hana::type_c<typename chosen<Model, Policies...>::type>;
    } else {
      complain<f, Model, Policies...>();
      return hana::type_c<no_pipeline>;
    }
  }
  using type = typename decltype(choose())::type;
};

}  // namespace detail

}  // namespace mote::inline v0
