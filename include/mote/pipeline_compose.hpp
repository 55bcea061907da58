// SPDX-License-Identifier: BSL-1.0
// Puts a model and a pack of policies together: picks the policy of each slot, checks in the order in which a person
// would, and lets only the first fault speak.
// Refuses to be a configuration language: a slot holds one policy, and there is no second way to say it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/basic_pipeline.hpp"
#include "mote/budget/fit.hpp"
#include "mote/core/hana.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/team.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/model/bind_formats.hpp"
#include "mote/model/cache_policies.hpp"
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
  using format = bind_formats<weights, Model::shape, rows>;
  using type =
      basic_pipeline<Model, format, tokens, cache, learning, recall, decoding, drafting, prefill, threads, fit>;
};

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

/// What a question and its answer need beside recalled items: three control tokens, and sixteen tokens each.
inline constexpr std::size_t least_dialogue_tokens = 3 + 16 + 16;

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
    else if constexpr (c::fit::checks && !c::type::cost().ram_fits()) return fault::ram;
    else if constexpr (c::fit::checks && !c::type::cost().flash_fits()) return fault::flash;
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

/// What stands for a pipeline that cannot be. It takes every call of a pipeline, so that a program with one wrong line
/// shows one message; it never runs.
struct no_pipeline {
  struct part {  // its memory() and its learning()
    status add(std::string_view) { return {}; }
    bool erase(item_id) { return {}; }
    std::size_t search(std::string_view, std::span<hit>) const { return {}; }
    std::string_view text(item_id) const { return {}; }
    template <class Visit>
    void for_each(Visit&&) const {}
    float rate() const { return {}; }
    status rate(float) { return {}; }
    void clear() {}
    std::size_t size() const { return {}; }
    item_id newest() const { return {}; }
  };
  struct pieces {
    const std::string_view* begin() const { return nullptr; }
    const std::string_view* end() const { return nullptr; }
    status state() const { return {}; }
    v0::ending ending() const { return {}; }
  };

  using token = std::uint16_t;
  using answer = pieces;
  static constexpr std::size_t context = 0;
  static constexpr std::size_t image_bytes = 0;
  static constexpr bool learns = false;
  static constexpr bool recalls = false;
  static constexpr footprint cost() { return {}; }

  status attach(std::span<const std::byte>, payload_check = payload_check::full) { return {}; }
  bool attached() const { return {}; }
  status begin(std::string_view, std::size_t = 0) { return {}; }
  progress_step step() { return {}; }
  pieces ask(std::string_view, std::size_t = 0) { return {}; }
  void stop() {}
  status state() const { return {}; }
  v0::ending ending() const { return {}; }
  std::size_t recalled_items() const { return {}; }
  std::size_t prompt_tokens() const { return {}; }
  std::span<const token> tokens() const { return {}; }
  std::span<const float> logits() const { return {}; }
  void seed(std::uint64_t) {}
  status remember(std::string_view) { return {}; }
  part memory() const { return {}; }
  learned learn(const example&) { return {}; }
  learned loss(const example&) { return {}; }
  part learning() const { return {}; }
  std::size_t saved_bytes() const { return {}; }
  status save(std::span<std::byte>) const { return {}; }
  status load(std::span<const std::byte>) { return {}; }
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
  using type = refused_by<ram_proof<typename chosen<Model, Policies...>::type>>;
};
template <class Model, class... Policies>
struct outcome<fault::flash, Model, Policies...> {
  using type = refused_by<flash_proof<typename chosen<Model, Policies...>::type>>;
};

}  // namespace detail

}  // namespace mote::inline v0
