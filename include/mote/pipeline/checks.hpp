// SPDX-License-Identifier: BSL-1.0
// Checks a model and a pack of policies in the order in which a person would, and lets only the first fault speak.
// Refuses to be a page of errors: one mistake is one sentence.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/hana.hpp"
#include "mote/pipeline/proof.hpp"
#include "mote/pipeline/slots.hpp"
#include "mote/pipeline/stand_in.hpp"
#include "mote/policy/fit.hpp"

namespace mote::inline v0 {

namespace detail {

enum class fault {
  none,
  not_a_model,
  bad_shape,
  not_a_policy,
  unknown_slot,
  slot_twice,
  context_long,
  learning_window,
  full_needs_floats,
  prompt_budget,
  layout_mismatch,
  ram,
  flash
};

/// Makes the compiler look into a policy before anything asks about it: the lookup of this name does so, and an
/// incomplete class is no error. A policy that refuses its own arguments then speaks at once, and is still a policy.
void look_into(const volatile void*);

template <class Model, class... Policies>
consteval fault composition_fault() {
  (static_cast<void>(sizeof(decltype(look_into(static_cast<Policies*>(nullptr)))*)), ...);
  if constexpr (!model<Model>) {
    return fault::not_a_model;
  } else if constexpr (!Model::shape.valid()) {
    return fault::bad_shape;
  } else if constexpr (!(is_policy<Policies> && ...)) {
    return fault::not_a_policy;
  } else if constexpr (!(fills_a_known_slot<Policies> && ...)) {
    return fault::unknown_slot;
  } else if constexpr (!std::is_void_v<twice_filled<Policies...>>) {
    return fault::slot_twice;
  } else {
    using c = chosen<Model, Policies...>;
    if constexpr (c::tokens > Model::shape.context) return fault::context_long;
    else if constexpr (c::learning::tokens > Model::shape.context) return fault::learning_window;
    else if constexpr (c::learning::owns_weights && c::format::quantised) return fault::full_needs_floats;
    else if constexpr (c::recall::recalls && c::recall::tokens + least_dialogue_tokens > c::tokens)
      return fault::prompt_budget;
    else if constexpr (c::fit::checks && c::rows != c::board_rows) return fault::layout_mismatch;
    else if constexpr (c::fit::checks && !c::cost().ram_fits()) return fault::ram;
    else if constexpr (c::fit::checks && !c::cost().flash_fits()) return fault::flash;
    else return fault::none;
  }
}

// Numbers with names, for the messages below.
struct context_tokens {
  std::size_t value;
};
struct recalled_tokens {
  std::size_t value;
};
struct dialogue_tokens {
  std::size_t value;
};
struct trained_for_tokens {
  std::size_t value;
};
struct example_tokens {
  std::size_t value;
};
struct interleaved {
  std::size_t rows;
};
struct board_wants {
  std::size_t rows;
};

/// Instantiates a check whose assertion fails, and goes on with no_pipeline: by a lookup, as look_into() does, because
/// a class that is asked for a member, or is a base, would make Clang refuse every later use of the pipeline as well.
no_pipeline refuse(const volatile void*);
template <class Check>
using refused_by = decltype(refuse(static_cast<Check*>(nullptr)));

template <fault Fault, class Model, class... Policies>
struct outcome;

template <class Model, class... Policies>
struct outcome<fault::none, Model, Policies...> {
  using type = typename chosen<Model, Policies...>::type;
};

template <class Model>
struct is_a_model {
  static_assert(
      is_model<Model>,
      "mote: the first argument of pipeline<> is not a model; include the header that the importer wrote and name its type first [mote-not-a-model]");
};
template <class Model, class... Policies>
struct outcome<fault::not_a_model, Model, Policies...> {
  using type = refused_by<is_a_model<Model>>;
};

template <class Model>
struct makes_a_decoder {
  static_assert(
      Model::shape.valid(),
      "mote: the model's shape makes no decoder; sizes must not be zero, and heads must divide dim and be a multiple of kv_heads [mote-shape]");
};
template <class Model, class... Policies>
struct outcome<fault::bad_shape, Model, Policies...> {
  using type = refused_by<makes_a_decoder<Model>>;
};

template <class Policy>
struct is_a_policy {
  static_assert(
      is_policy<Policy>,
      "mote: this is not a policy; a policy is a complete class with a member type `slot` [mote-not-a-policy]");
};
template <class Model, class... Policies>
struct outcome<fault::not_a_policy, Model, Policies...> {
  using type = refused_by<is_a_policy<first_that<is_no_policy, Policies...>>>;
};

template <class Policy>
struct fills_a_slot {
  static_assert(
      fills_a_known_slot<Policy>,
      "mote: this policy fills a slot that a pipeline does not have; mote::slots lists them [mote-unknown-slot]");
};
template <class Model, class... Policies>
struct outcome<fault::unknown_slot, Model, Policies...> {
  using type = refused_by<fills_a_slot<first_that<fills_no_known_slot, Policies...>>>;
};

template <class Slot, std::size_t Times>
struct slot_is_filled_once {
  static_assert(Times <= 1, "mote: two policies fill the same slot; keep one of them [mote-slot-twice]");
};
template <class Model, class... Policies>
struct outcome<fault::slot_twice, Model, Policies...> {
  using slot = twice_filled<Policies...>;
  using type = refused_by<slot_is_filled_once<slot, times_filled<slot, Policies...>>>;
};

template <context_tokens Context, trained_for_tokens Trained>
struct context_length {
  static_assert(
      Context.value <= Trained.value,
      "mote: the context is longer than the model was trained for, and its answers would fall apart; take a shorter context<> [mote-context-long]");
};
template <class Model, class... Policies>
struct outcome<fault::context_long, Model, Policies...> {
  using c = chosen<Model, Policies...>;
  using type = refused_by<context_length<context_tokens{c::tokens}, trained_for_tokens{Model::shape.context}>>;
};

template <example_tokens Example, trained_for_tokens Trained>
struct learning_window {
  static_assert(
      Example.value <= Trained.value,
      "mote: the learning window is longer than the model was trained for; lower .tokens of the learning policy [mote-learning-window]");
};
template <class Model, class... Policies>
struct outcome<fault::learning_window, Model, Policies...> {
  using learning = typename chosen<Model, Policies...>::learning;
  using type = refused_by<learning_window<example_tokens{learning::tokens}, trained_for_tokens{Model::shape.context}>>;
};

template <class Format>
struct full_learns_on {
  static_assert(
      !Format::quantised,
      "mote: full<> trains floats; use quantize<32>, or learn with lora<> on a quantised base [mote-full-needs-floats]");
};
template <class Model, class... Policies>
struct outcome<fault::full_needs_floats, Model, Policies...> {
  using type = refused_by<full_learns_on<typename chosen<Model, Policies...>::format>>;
};

template <recalled_tokens Recalled, dialogue_tokens Dialogue, context_tokens Context>
struct prompt_budget {
  static_assert(
      Recalled.value + Dialogue.value <= Context.value,
      "mote: recalled items, a question and an answer do not fit the context together; take a longer context<> or fewer tokens in rag<> [mote-prompt-budget]");
};
template <class Model, class... Policies>
struct outcome<fault::prompt_budget, Model, Policies...> {
  using c = chosen<Model, Policies...>;
  using type = refused_by<prompt_budget<recalled_tokens{c::recall::tokens}, dialogue_tokens{least_dialogue_tokens},
                                        context_tokens{c::tokens}>>;
};

template <interleaved Image, board_wants Board>
struct row_layout {
  static_assert(
      Image.rows == Board.rows,
      "mote: rows are interleaved for another instruction set than the board's; leave out layout<> or take the board's [mote-layout-mismatch]");
};
template <class Model, class... Policies>
struct outcome<fault::layout_mismatch, Model, Policies...> {
  using c = chosen<Model, Policies...>;
  using type = refused_by<row_layout<interleaved{c::rows}, board_wants{c::board_rows}>>;
};

template <class Model, class... Policies>
struct outcome<fault::ram, Model, Policies...> {
  using type = refused_by<ram_proof<chosen<Model, Policies...>>>;
};
template <class Model, class... Policies>
struct outcome<fault::flash, Model, Policies...> {
  using type = refused_by<flash_proof<chosen<Model, Policies...>>>;
};

}  // namespace detail

}  // namespace mote::inline v0
