// SPDX-License-Identifier: BSL-1.0
// choices_from<>: the values that a basic_pipeline's cost depends on, read from its policies.
// Refuses to instantiate a pipeline: it uses the types of the parts only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/budget/choices.hpp"
#include "mote/budget/cost.hpp"
#include "mote/budget/functions.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/constrained.hpp"
#include "mote/decode/drafts.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/schedule.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/pipeline/answer_state.hpp"
#include "mote/pipeline/stopping.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/slot.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0 {

namespace detail {

template <class Part, std::size_t Bytes>
struct followed {
  [[no_unique_address]] Part part;
  char next[Bytes];
};
/// How many bytes of a part's tail padding the next member may use, from Least to Most. offsetof would warn here.
template <class Part, std::size_t Least, std::size_t Most>
constexpr std::size_t shared_tail() {
  if constexpr (Least == Most) {
    return Least;
  } else {
    constexpr std::size_t middle = (Least + Most + 1) / 2;
    if constexpr (sizeof(followed<Part, middle>) == sizeof(Part)) return shared_tail<Part, middle, Most>();
    else return shared_tail<Part, Least, middle - 1>();
  }
}

/// A part's size without the tail padding that the next member may use, and its alignment.
template <class Part>
constexpr part_size size_of_part() {
  if constexpr (std::is_empty_v<Part>) return {0, 1};
  else return {sizeof(Part) - shared_tail<Part, 0, alignof(Part) - 1>(), alignof(Part)};
}

/// A policy that does not state its floats for an arbitrary shape has those of its state.
template <class Learning, class State, class Family>
constexpr learning_choice learning_facts() {
  learning_choice l{.learns = Learning::learns,
                    .owns_weights = Learning::owns_weights,
                    .tokens = Learning::tokens,
                    .chunk = Learning::chunk,
                    .delta = &state_delta<State>,
                    .optimizer = &state_optimizer<State>};
  if constexpr (requires(const shape& s) {
                  Learning::template floats_a_rank<Family>(s);
                  Learning::rank;
                }) {
    l.rank = Learning::rank;
    l.delta = &ranked_delta<Learning, Family>;
  } else if constexpr (requires { typename Learning::delta; }) {
    l.delta = &plain_delta<typename Learning::delta, Family>;
  }
  if constexpr (Learning::learns) {
    using schedule = typename schedule_of<Learning>::type;
    l.schedule = &schedule_functions_of<schedule>;
    l.goes_back = schedule::goes_back;
    l.positions = v0::detail::positions_of<Learning>();
    l.prefix = v0::detail::prefix_of<Learning>();
    l.scales_outputs = scales_outputs<State>();
    l.takes_turns = v0::detail::takes_turns<Learning>();
  }
  if constexpr (requires(std::size_t n) { Learning::optimizer::state_floats(n); })
    l.optimizer = &optimizer_functions_of<typename Learning::optimizer>;
  return l;
}

template <class Recall>
constexpr recall_size recall_size_of() {
  return {.ram_bytes = Recall::ram_bytes,
          // What begin() needs for a search: the retriever's arrays, the hits, and 512 bytes of call frames.
          .stack_bytes = Recall::stack_bytes + Recall::hits * (sizeof(hit) + sizeof(std::string_view)) + 512,
          .index = size_of_part<typename Recall::index>()};
}
/// Whether a policy states how many items it keeps, and its type with another number.
template <class Recall>
inline constexpr bool recall_is_sized = requires {
  requires Recall::items > 0;
  typename Recall::template with_items<std::size_t{1}>;
};
template <class Recall>
constexpr std::size_t items_of(std::size_t sixteenths) {
  const std::size_t n = Recall::items * sixteenths / 16;
  return n == 0 ? 1 : n;
}
/// The size with `items` items, from the policy's type with the largest number of sixteenths that is not above it.
template <class Recall, std::size_t Sixteenths = 16>
constexpr recall_size recall_size_with(std::size_t items) {
  if constexpr (Sixteenths == 1) {
    return recall_size_of<typename Recall::template with_items<items_of<Recall>(1)>>();
  } else {
    if (items >= items_of<Recall>(Sixteenths))
      return recall_size_of<typename Recall::template with_items<items_of<Recall>(Sixteenths)>>();
    return recall_size_with<Recall, Sixteenths - 1>(items);
  }
}
template <class Recall>
inline constexpr recall_functions recall_functions_of{&items_of<Recall>, &recall_size_with<Recall>};

template <class Recall>
constexpr recall_choice recall_facts() {
  constexpr recall_size size = recall_size_of<Recall>();
  recall_choice r{.recalls = Recall::recalls,
                  .ram_bytes = size.ram_bytes,
                  .stack_bytes = size.stack_bytes,
                  .tokens = recalled_tokens_of<Recall>(),
                  .index = size.index};
  if constexpr (recall_is_sized<Recall>) {
    r.items = Recall::items;
    r.sized = &recall_functions_of<Recall>;
  }
  return r;
}

/// The bytes that each token adds, from the sizes for vocabularies of 256 and 512.
template <class Decoding>
constexpr decoding_choice decoding_facts() {
  constexpr part_size of_256 = size_of_part<typename Decoding::template state<256>>();
  constexpr part_size of_512 = size_of_part<typename Decoding::template state<512>>();
  constexpr std::size_t each = of_256.bytes < of_512.bytes ? (of_512.bytes - of_256.bytes) / 256 : 0;
  decoding_choice d{.fixed_bytes = of_256.bytes - 256 * each, .token_bytes = each, .align = of_512.align};
  if constexpr (requires { Decoding::stretch; }) d.stretch = Decoding::stretch;
  return d;
}
/// Whether that is the size for these vocabularies too. If not, the size for the model's own vocabulary is used.
template <class Decoding, std::size_t... Vocab>
inline constexpr bool decoding_grows_evenly = [] {
  constexpr decoding_choice d = decoding_facts<Decoding>();
  return ((size_of_part<typename Decoding::template state<Vocab>>().bytes == d.fixed_bytes + d.token_bytes * Vocab) &&
          ...);
}();

template <class Drafting>
constexpr drafting_choice drafting_facts() {
  return {.length = Drafting::length,
          .narrow = size_of_part<drafts<Drafting, std::uint16_t>>(),
          .wide = size_of_part<drafts<Drafting, std::uint32_t>>()};
}

template <class Fit>
constexpr fit_choice fit_facts() {
  fit_choice f{.checks = Fit::checks,
               .stack_bytes = Fit::checks ? Fit::facts.stack_bytes : 0,
               .code_bytes = Fit::knobs.code_bytes,
               .other_ram_bytes = Fit::knobs.other_ram_bytes};
  if constexpr (requires { Fit::object_region; }) f.object_region = Fit::object_region;
  if constexpr (requires { Fit::cache_region; }) f.cache_region = Fit::cache_region;
  if constexpr (requires { Fit::arena_region; }) f.arena_region = Fit::arena_region;
  if constexpr (requires { Fit::learning_region; }) f.learning_region = Fit::learning_region;
  if constexpr (requires { Fit::recall_region; }) f.recall_region = Fit::recall_region;
  return f;
}

/// The choices of a basic_pipeline with these arguments. They hold for any shape if every tensor has the same format
/// and each policy states its sizes by shape; else `bound_to` is the model's shape.
template <class Model, class Bound, std::size_t Context, class... Policies>
constexpr choices choices_from() {
  using Format = formats_in<Bound>;
  using Fit = policy_in<slots::fit, Policies...>;
  using Cache = policy_in<slots::cache, Policies...>;
  using Learning = policy_in<slots::learning, Policies...>;
  using Recall = policy_in<slots::recall, Policies...>;
  using Decoding = chooser<policy_in<slots::decoding, Policies...>, policy_in<slots::constraint, Policies...>,
                           policy_in<slots::confidence, Policies...>, Recall::hits>;
  using Drafting = policy_in<slots::drafting, Policies...>;
  using Prefill = policy_in<slots::prefill, Policies...>;
  using Threads = policy_in<slots::threads, Policies...>;
  choices c{.family = &family_functions_of<family_of<Model>>,
            .weights = &weights_functions_of<Format, family_of<Model>>,
            .context = Context,
            .cache = &cache_functions_of<typename Cache::store>,
            .learning = learning_facts<Learning, typename Learning::template state<Model, Format>, family_of<Model>>(),
            .recall = recall_facts<Recall>(),
            .decoding = decoding_facts<Decoding>(),
            .stopping = size_of_part<stopping<policy_in<slots::stopping, Policies...>>>(),
            .drafting = drafting_facts<Drafting>(),
            .prefill = Prefill::tokens,
            .parts = Threads::parts,
            .team = size_of_part<typename Threads::team>(),
            .rest = size_of_part<basic_answer_state<tokenizer_of<Model>>>(),
            .fit = fit_facts<Fit>(),
            .vocabulary_bytes = Model::vocabulary_bytes,
            .stream_bytes = in_memory<Bound>::stream_bytes};
  bool bound = !requires { Format::group; };
  // If the state's layout is not the one that its policy states, its size for this model is used.
  using learning_state = typename Learning::template state<Model, Format>;
  constexpr part_size learning = size_of_part<learning_state>();
  if (learning_part(Model::shape, c) != learning ||
      parameter_floats(Model::shape, c) != learning_state::parameter_floats) {
    c.learning.own = learning;
    c.learning.rank = 1;
    c.learning.delta = &state_delta<learning_state>;
    bound = true;
  }
  if constexpr (!decoding_grows_evenly<Decoding, 512, 1000, Model::shape.vocab>) {
    constexpr part_size own = size_of_part<typename Decoding::template state<Model::shape.vocab>>();
    c.decoding = {.fixed_bytes = own.bytes, .align = own.align, .stretch = c.decoding.stretch};
    bound = true;
  }
  if (bound) c.bound_to = Model::shape.fingerprint();
  return c;
}

}  // namespace detail

}  // namespace mote::inline v0
