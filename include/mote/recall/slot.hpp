// SPDX-License-Identifier: BSL-1.0
// The recall slot: the members that a pipeline needs of a policy that remembers texts. rag<> has them all.
// Refuses a memory that needs the model's states: no pipeline has states().
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/block/delta.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/no_recall.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0 {

/// The members of a recall policy, in the order in which they are checked; then its index is checked as a retriever's.
enum class recall_member { none, recalls, index, ram_bytes, stack_bytes, hits, tokens };

namespace detail {

template <class P>
inline constexpr bool recall_has_recalls = requires {
  { P::recalls } -> std::convertible_to<bool>;
};
template <class P>
inline constexpr bool recall_has_index = requires { requires std::default_initializable<typename P::index>; };
template <class P>
inline constexpr bool recall_has_ram_bytes = requires {
  { P::ram_bytes } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool recall_has_stack_bytes = requires {
  { P::stack_bytes } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool recall_has_hits = requires {
  { P::hits } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool recall_has_tokens = requires {
  { P::tokens } -> std::convertible_to<std::size_t>;
};

}  // namespace detail

template <class P>
inline constexpr recall_member recall_lacks = first_missing<recall_member>({
    {detail::recall_has_recalls<P>, recall_member::recalls},
    {detail::recall_has_index<P>, recall_member::index},
    {detail::recall_has_ram_bytes<P>, recall_member::ram_bytes},
    {detail::recall_has_stack_bytes<P>, recall_member::stack_bytes},
    {detail::recall_has_hits<P>, recall_member::hits},
    {detail::recall_has_tokens<P>, recall_member::tokens},
});

template <class P>
struct recall_check {
  using m = recall_member;
  template <m Member>
  static constexpr bool has = recall_lacks<P> != Member;
  static_assert(has<m::recalls>,
                "mote: this policy does not say whether it recalls; give it `recalls` [mote-recall-policy]");
  static_assert(has<m::index>, "mote: this policy keeps no text; give it a class `index` [mote-recall-policy]");
  static_assert(
      has<m::ram_bytes>,
      "mote: this policy does not say what it costs; give it `ram_bytes`, the size of its index [mote-recall-policy]");
  static_assert(has<m::stack_bytes>,
                "mote: this policy does not say what a search needs; give it `stack_bytes`, or 0 [mote-recall-policy]");
  static_assert(
      has<m::hits>,
      "mote: this policy does not say how many texts it puts in a prompt; give it `hits` [mote-recall-policy]");
  static_assert(
      has<m::tokens>,
      "mote: this policy does not say how long those texts may be together; give it `tokens` [mote-recall-policy]");
};

namespace detail {

/// A retriever around an index, so that it can be checked. The costs are not used: the policy states them.
template <class Index>
struct kept_in : no_retriever {
  using index = Index;
};

/// The check of the first member that policy or index lacks; void if none. Without recall the index is not checked.
template <class P>
consteval auto recall_gap() {
  if constexpr (recall_lacks<P> != recall_member::none) return std::type_identity<recall_check<P>>{};
  else if constexpr (!P::recalls) return std::type_identity<void>{};
  else return std::type_identity<unless<searchable<typename P::index>, retriever_check<kept_in<typename P::index>>>>{};
}

/// Whether an index can be called without a model.
template <class I>
inline constexpr bool works_alone =
    requires(I& i, std::string_view text, std::span<hit> out, std::span<const std::byte> records) {
      i.add(text);
      i.search(text, out);
      i.load(records);
    };
/// Tokens of notes, and of the examples in front of them.
template <class P>
consteval std::size_t recalled_tokens_of() {
  if constexpr (requires { P::example_tokens; }) return P::tokens + P::example_tokens;
  else return P::tokens;
}
template <class P, class Pipeline>
consteval bool states_are_there() {
  if constexpr (!P::recalls) return true;
  else if constexpr (works_alone<typename P::index>) return true;
  else return gives_states<Pipeline>;
}

}  // namespace detail

/// The check that the pipeline has `states`, if the memory needs the model.
template <class Policy, bool There>
struct recall_has_states {
  static_assert(
      There,
      "mote: this memory is made of the model's states, which no pipeline gives; take an embedder of texts, as in rag<bm25<>> or rag<flat<>> [mote-no-states]");
};

// Numbers with names, so that the message shows what each one is.
struct recalled_tokens {
  std::size_t value;
};
struct dialogue_tokens {
  std::size_t value;
};
template <recalled_tokens Recalled, dialogue_tokens Dialogue, context_tokens Context>
struct prompt_budget {
  static_assert(
      Recalled.value + Dialogue.value <= Context.value,
      "mote: recalled items, a question and an answer do not fit the context together; take a longer context<> or fewer tokens in rag<> [mote-prompt-budget]");
};

/// The slot.
struct slots::recall : slot_facts {
  using fallback = no_recall;
  template <class P, class>
  using lack = typename decltype(detail::recall_gap<P>())::type;
  template <class Chosen, class P = typename Chosen::template in<slots::recall>,
            std::size_t Left = detail::left_of_context<typename Chosen::template in<slots::learning>>(Chosen::tokens)>
  using fault = unless<(!P::recalls || detail::recalled_tokens_of<P>() + least_dialogue_tokens <= Left),
                       prompt_budget<recalled_tokens{detail::recalled_tokens_of<P>()},
                                     dialogue_tokens{least_dialogue_tokens}, context_tokens{Left}>>;
  template <class Chosen, class P = typename Chosen::template in<slots::recall>,
            bool There = detail::states_are_there<P, typename Chosen::type>()>
  using proof = unless<There, recall_has_states<P, There>>;
  template <class Chosen>
  static constexpr bool holds = std::is_void_v<proof<Chosen>>;
};

}  // namespace mote::inline v0
