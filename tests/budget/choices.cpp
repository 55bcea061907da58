// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/choices.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
}  // namespace

TEST_CASE("choices: a context that is not named is the model's", "[budget]") {
  mote::choices c;
  CHECK(c.context_of(s) == 64);
  c.context = 20;
  CHECK(c.context_of(s) == 20);
}

TEST_CASE("choices: the tokens of the longest lesson are those of its text and of positions that have tokens",
          "[budget]") {
  const mote::learning_choice prompt{.tokens = 30, .positions = 5}, prefix{.tokens = 30, .positions = 5, .prefix = 5};
  CHECK((prompt.leading() == 5 && prompt.run() == 35));
  CHECK((prefix.leading() == 0 && prefix.run() == 30));
}

TEST_CASE("choices: a part is apart if it is placed, and if there is one", "[budget]") {
  mote::choices c;
  CHECK((!c.arena_is_apart() && !c.cache_is_apart() && !c.learning_is_apart() && !c.recall_is_apart()));
  c.fit = {.cache_region = 0, .arena_region = 1, .learning_region = 2, .recall_region = 3};
  CHECK((c.arena_is_apart() && c.cache_is_apart()));
  CHECK((!c.learning_is_apart() && !c.recall_is_apart()));  // nothing learns, nothing is remembered
  c.learning.learns = c.recall.recalls = true;
  CHECK((c.learning_is_apart() && c.recall_is_apart()));
}

TEST_CASE("choices: they hold for every model, or for the one that they are bound to", "[budget]") {
  mote::choices c;
  mote::shape other = s;
  other.hidden = 45;
  CHECK((c.holds_for(s) && c.holds_for(other)));
  c.bound_to = s.fingerprint();
  CHECK((c.holds_for(s) && !c.holds_for(other)));
  other = s;
  other.dim = 0;
  CHECK(!mote::choices{}.holds_for(other));  // no model at all
  CHECK(c != mote::choices{});
}
