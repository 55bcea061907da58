// SPDX-License-Identifier: BSL-1.0
// Several drafters in one: the first that has a guess drafts, all of them see every token. draft.hpp lists drafters.
// Refuses to mix: a draft comes from one of them.
#pragma once

#include <cstddef>
#include <span>

#include "mote/core/slots.hpp"
#include "mote/decode/draft.hpp"

namespace mote::inline v0 {

namespace detail {

template <class Token, class... Drafters>
struct draft_chain {
  static void observe(std::span<const Token>) {}
  static std::size_t propose(std::span<const Token>, std::span<Token>) { return 0; }
  static void reset() {}
};
template <class Token, class First, class... Rest>
struct draft_chain<Token, First, Rest...> {
  [[no_unique_address]] typename First::template state<Token> first;
  [[no_unique_address]] draft_chain<Token, Rest...> rest;

  void observe(std::span<const Token> context) {
    first.observe(context);
    rest.observe(context);
  }
  std::size_t propose(std::span<const Token> context, std::span<Token> out) const {
    const std::size_t drafted = first.propose(context, out);
    return drafted != 0 ? drafted : rest.propose(context, out);
  }
  void reset() {
    first.reset();
    rest.reset();
  }
};

}  // namespace detail

template <class... Drafters>
struct first_of {
  using slot = slots::drafting;
  static constexpr std::size_t length = [] {
    std::size_t most = 0;
    ((most = Drafters::length > most ? Drafters::length : most), ...);
    return most;
  }();

  template <class Token>
  using state = detail::draft_chain<Token, Drafters...>;

  static_assert(
      sizeof...(Drafters) >= 2,
      "mote: first_of<> needs drafters to choose from; name two or more, as in first_of<lookup<>, ngram<>> [mote-first-of]");
};

}  // namespace mote::inline v0
