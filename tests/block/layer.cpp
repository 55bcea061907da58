// SPDX-License-Identifier: BSL-1.0
#include "mote/block/layer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <vector>

namespace {

constexpr mote::shape s{
    .dim = 12, .hidden = 4, .layers = 7, .heads = 2, .kv_heads = 1, .vocab = 5, .context = 8, .window = 3};

template <int Operations, int Phases, bool Keeps>
struct block {
  static constexpr int operations = Operations;
  static constexpr int phases = Phases;
  static constexpr bool keeps = Keeps;
};
template <int Operations, int Phases, class Form = mote::attention_shape>
struct attending : block<Operations, Phases, false> {
  static constexpr bool rotates = true;
  static constexpr Form attention(const mote::shape& shape) {
    Form f{};
    f.heads = shape.heads, f.kv_heads = shape.kv_heads, f.head_dim = shape.head_dim();
    if constexpr (requires { f.window; }) f.window = shape.window;
    return f;
  }
};
using mixer = block<5, 1, false>;
using A = mote::in_sequence<attending<2, 3>, block<4, 1, true>>;
using B = mote::in_sequence<mixer, block<1, 2, false>, block<3, 1, false>>;
template <class Layer>
struct family {
  using layer = Layer;
};
using windowed = mote::with_window<mote::attention_shape>;

}  // namespace

TEST_CASE("layer: the operations of blocks follow one another; on the way back the last block is first", "[block]") {
  STATIC_REQUIRE((B::operations == 9 && B::phases == 4 && B::blocks == 3));
  CHECK((B::forward_from(0, 10) == 10 && B::forward_from(1, 10) == 15 && B::forward_from(2, 10) == 16));
  CHECK((B::backward_from(2, 20) == 20 && B::backward_from(1, 20) == 21 && B::backward_from(0, 20) == 23));
  STATIC_REQUIRE((A::again == 2 && B::again == 2));  // A's last block keeps what it wrote; B's need not run again
  STATIC_REQUIRE((A::attends && A::rotates && A::attending == 1 && !B::attends && !B::rotates));
}

TEST_CASE("layer: a cycle repeats its pattern, and a kind that occurs twice is one", "[block]") {
  using layers = mote::cycle<A, B, A, A>;
  STATIC_REQUIRE((layers::kinds == 2 && layers::period == 4 && layers::rotates));
  STATIC_REQUIRE((std::is_same_v<layers::kind<0>, A> && std::is_same_v<layers::kind<1>, B>));
  const std::vector<std::size_t> expected{0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  for (std::size_t l = 0; l < expected.size(); ++l) CHECK(layers::kind_of(l) == expected[l]);
  using same = mote::cycle<B, B>;
  STATIC_REQUIRE((same::kinds == 1 && same::period == 2 && !same::rotates));
  using other = mote::cycle<B, A>;
  STATIC_REQUIRE((std::is_same_v<other::kind<0>, B> && std::is_same_v<other::kind<1>, A>));
  STATIC_REQUIRE((mote::in_sequence<mixer>::kinds == 1 && mote::in_sequence<mixer>::kind_of(5) == 0));
}

TEST_CASE("layer: facts of all kinds, and how many layers before one attend", "[block]") {
  using facts = mote::layers_facts<mote::cycle<A, B, A>>;
  STATIC_REQUIRE(
      (facts::operations == 9 && facts::phases == 4 && facts::fewest_blocks == 2 && facts::most_blocks == 3));
  const std::vector<std::size_t> expected{0, 1, 1, 2, 3, 3, 4, 5};
  for (std::size_t l = 0; l < expected.size(); ++l) CHECK(facts::attending_before(l) == expected[l]);
  CHECK(mote::layers_facts<A>::attending_before(5) == 5);
  // The kind of a layer is the one that is called.
  const auto operations = [](std::size_t layer) {
    return facts::with(layer, []<class Kind>() { return Kind::operations; });
  };
  CHECK((operations(0) == 6 && operations(1) == 9 && operations(2) == 6 && operations(4) == 9));
}

TEST_CASE("layer: a cache has a place for each layer that attends, of their heads", "[block]") {
  constexpr auto kept = mote::cached_by<family<mote::cycle<A, B, A>>>(s);
  CHECK((kept.layers == 5 && kept.heads == 2 && kept.kv_heads == 1 && kept.head_dim == 6));  // A B A A B A A
}

TEST_CASE("layer: what a shape asks of attention is read by some block, or it is found", "[block]") {
  using plain = family<A>;
  using window = family<mote::cycle<A, mote::in_sequence<attending<1, 1, windowed>>>>;
  using both = family<mote::in_sequence<attending<1, 1, mote::both_ways<mote::attention_shape>>>>;
  using wrong = family<mote::in_sequence<attending<1, 1, mote::both_ways<windowed>>>>;
  mote::shape none = s;
  none.window = 0;
  CHECK(
      (mote::attends_as_asked<plain>(none) && !mote::attends_as_asked<plain>(s) && mote::attends_as_asked<window>(s)));
  mote::shape capped = none;
  capped.softcap = 30;
  CHECK((!mote::attends_as_asked<window>(capped)));
  mote::shape scaled = none;
  scaled.score_scale = 0.5F;
  CHECK((!mote::attends_as_asked<window>(scaled)));
  CHECK((!mote::looks_ahead<plain>(s) && !mote::looks_ahead<window>(s) && mote::looks_ahead<both>(s)));
  CHECK((mote::windows_look_back<window>(s) && mote::windows_look_back<both>(s) && !mote::windows_look_back<wrong>(s)));
}
