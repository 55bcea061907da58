// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/slot.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

namespace {

using member = mote::recall_member;

// Each lacks the next member only.
struct p0 {};
struct p1 {
  static constexpr bool recalls = true;
};
struct p2 : p1 {
  using index = mote::bm25<>::index;
};
struct p3 : p2 {
  static constexpr std::size_t ram_bytes = 1;
};
struct p4 : p3 {
  static constexpr std::size_t stack_bytes = 1;
};
struct p5 : p4 {
  static constexpr std::size_t hits = 1;
};
struct p6 : p5 {
  static constexpr std::size_t tokens = 20;
};
struct of_an_empty_index : p6 {
  struct index {};
};
struct forgets {
  static constexpr bool recalls = false;
  struct index {};  // not looked at
  static constexpr std::size_t ram_bytes = 0, stack_bytes = 0, hits = 0, tokens = 0;
};
template <class P>
constexpr bool lacks_nothing = std::is_void_v<mote::slots::recall::lack<P, void>>;

struct learns_in_front {
  static constexpr std::size_t positions = 10;
};
template <class Recall, class Learning, std::size_t Tokens>
struct chosen {
  static constexpr std::size_t tokens = Tokens;
  template <class Slot>
  using in = std::conditional_t<std::is_same_v<Slot, mote::slots::recall>, Recall, Learning>;
};
template <class Recall, std::size_t Tokens, class Learning = p0>
constexpr bool fits = std::is_void_v<mote::slots::recall::fault<chosen<Recall, Learning, Tokens>>>;

}  // namespace

TEST_CASE("recall slot: the first member that a policy or its index lacks is named", "[recall]") {
  STATIC_REQUIRE(mote::recall_lacks<p0> == member::recalls);
  STATIC_REQUIRE(mote::recall_lacks<p1> == member::index);
  STATIC_REQUIRE(mote::recall_lacks<p2> == member::ram_bytes);
  STATIC_REQUIRE(mote::recall_lacks<p3> == member::stack_bytes);
  STATIC_REQUIRE(mote::recall_lacks<p4> == member::hits);
  STATIC_REQUIRE(mote::recall_lacks<p5> == member::tokens);
  STATIC_REQUIRE(mote::recall_lacks<p6> == member::none);
  STATIC_REQUIRE((lacks_nothing<p6> && lacks_nothing<mote::rag<mote::bm25<>>> && lacks_nothing<forgets>));
  STATIC_REQUIRE((!lacks_nothing<p5> && !lacks_nothing<of_an_empty_index>));
}

TEST_CASE("recall slot: items, a question and an answer fit what is left of the context", "[recall]") {
  STATIC_REQUIRE((fits<p6, 55> && !fits<p6, 54>));  // 20 of items and 35 of the dialogue
  STATIC_REQUIRE((fits<p6, 65, learns_in_front> && !fits<p6, 64, learns_in_front>));
  STATIC_REQUIRE(fits<forgets, 1>);
}

TEST_CASE("recall slot: an index that asks the model is none for a pipeline without states", "[recall]") {
  struct asks {
    mote::status add(std::string_view, mote::any_model&);
    std::size_t search(std::string_view, std::span<mote::hit>, mote::any_model&) const;
    mote::status load(std::span<const std::byte>, mote::any_model&);
  };
  STATIC_REQUIRE((mote::detail::works_alone<mote::bm25<>::index> && !mote::detail::works_alone<asks>));
  STATIC_REQUIRE((mote::detail::states_are_there<p6, p0>() && mote::detail::states_are_there<forgets, p0>()));
  struct of_states : p6 {
    using index = asks;
  };
  STATIC_REQUIRE((!mote::detail::states_are_there<of_states, p0>()));
  STATIC_REQUIRE((mote::detail::states_are_there<of_states, mote::any_model>()));
}
