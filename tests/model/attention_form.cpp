// SPDX-License-Identifier: BSL-1.0
#include "mote/model/attention_form.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 2,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 37,
                        .context = 64,
                        .head_width = 10,
                        .window = 7,
                        .softcap = 30,
                        .score_scale = 0.25F};
}

TEST_CASE("attention_form: a form has what it names, with the numbers of the shape, and nothing else", "[model]") {
  constexpr auto plain = mote::attention_form<>::of(s);
  CHECK((plain.heads == 4 && plain.kv_heads == 2 && plain.head_dim == 10));
  CHECK(std::is_same_v<decltype(plain), const mote::attention_shape>);

  constexpr auto all = mote::attention_form<mote::windowed, mote::softcapped, mote::score_scaled>::of(s);
  CHECK((all.heads == 4 && all.kv_heads == 2 && all.head_dim == 10));
  CHECK(all.window == 7);
  CHECK(all.softcap == 30);
  CHECK(all.score_scale == 0.25F);

  constexpr auto capped = mote::attention_form<mote::softcapped>::of(s);
  using capped_type = std::remove_const_t<decltype(capped)>;
  CHECK(capped.softcap == 30);
  CHECK(!mote::has_window<capped_type>);
  CHECK(!mote::has_score_scale<capped_type>);
  CHECK(!mote::sees_all<capped_type>);

  using both = decltype(mote::attention_form<mote::looks_both_ways, mote::score_scaled>::of(s));
  CHECK(mote::sees_all<both>);
  CHECK(mote::has_score_scale<both>);
}
