// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/attention_shape.hpp"

#include <catch2/catch_test_macros.hpp>

#include <initializer_list>

namespace {

/// Whether a token at position t sees position u, as the papers say it.
bool sees(std::size_t t, std::size_t u, std::size_t window) { return u <= t && (window == 0 || t - u < window); }

}  // namespace

TEST_CASE("attention_shape: the positions that a token sees are a range, and it is the papers'", "[kernel]") {
  using windowed = mote::with_window<mote::attention_shape>;
  for (const std::size_t window : {0U, 1U, 2U, 5U, 64U})
    for (std::size_t position = 0; position < 4; ++position)
      for (std::size_t tokens = 1; tokens < 9; ++tokens)
        for (std::size_t i = 0; i < tokens; ++i) {
          const windowed a{{.heads = 4, .kv_heads = 2, .head_dim = 6}, window};
          const std::size_t end = mote::seen_by<windowed>(position, i, tokens);
          const std::size_t first = mote::first_seen(a, end);
          for (std::size_t u = 0; u < position + tokens + 2; ++u)
            REQUIRE((u >= first && u < end) == sees(position + i, u, window));
        }
  CHECK(mote::first_seen(mote::attention_shape{}, 9) == 0);
}

TEST_CASE("attention_shape: an encoder's token sees the whole run and all before it", "[kernel]") {
  using both = mote::both_ways<mote::attention_shape>;
  for (std::size_t i = 0; i < 5; ++i) CHECK(mote::seen_by<both>(3, i, 5) == 8);
  CHECK(mote::first_seen(both{}, 8) == 0);
}

TEST_CASE("attention_shape: widths, and what a type has", "[kernel]") {
  constexpr mote::attention_shape a{.heads = 6, .kv_heads = 2, .head_dim = 10};
  CHECK(a.group() == 3);
  CHECK(a.query_dim() == 60);
  CHECK(a.kv_dim() == 20);
  using all = mote::with_window<mote::with_softcap<mote::with_score_scale<mote::attention_shape>>>;
  CHECK((mote::has_window<all> && mote::has_softcap<all> && mote::has_score_scale<all> && !mote::sees_all<all>));
  using none = mote::attention_shape;
  CHECK((!mote::has_window<none> && !mote::has_softcap<none> && !mote::has_score_scale<none> && !mote::sees_all<none>));
}
