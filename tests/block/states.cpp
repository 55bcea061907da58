// SPDX-License-Identifier: BSL-1.0
#include "mote/block/states.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

#include "mote/block/layer.hpp"

namespace {

struct plain {};
template <std::size_t Floats, int Number = 0>
struct remembers {
  static constexpr std::size_t state_floats(const mote::shape& s) { return Floats + s.dim; }
};
template <class... Blocks>
struct kind_of_layer {
  using parts = mote::part_list<Blocks...>;
};
/// Layers A, B, A, A, B, A and so on.
template <class A, class B>
struct pattern {
  static constexpr std::size_t kinds = 2;
  template <std::size_t K>
  using kind = std::conditional_t<K == 0, A, B>;
  static constexpr std::size_t kind_of(std::size_t layer) { return layer % 3 == 1 ? 1 : 0; }
};
template <class Layers>
struct family {
  using layer = Layers;
};

using first = remembers<1>;      // 1 + 20 = 21 floats, 32 with padding
using second = remembers<20>;    // 40, 48
using third = remembers<30, 1>;  // 50, 64
using mixed_family = family<pattern<kind_of_layer<plain, first, second>, kind_of_layer<third, plain>>>;
using forgetful = family<pattern<kind_of_layer<plain>, kind_of_layer<plain>>>;
constexpr mote::shape s{.dim = 20, .hidden = 4, .layers = 7, .heads = 2, .kv_heads = 1, .vocab = 3, .context = 16};

struct little_cache {
  static constexpr std::size_t bytes(const mote::cache_shape&, std::size_t context) { return context * 3; }
  little_cache(std::byte* memory, const mote::cache_shape&, std::size_t) : first(memory) {}
  std::byte* first;
};

}  // namespace

TEST_CASE("states: the states of all layers lie one after another, and none overlaps", "[block]") {
  using states = mote::states_of<mixed_family>;
  STATIC_REQUIRE(states::any);
  std::size_t expected = 0;  // by hand: 32 and 48, or 64
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    INFO(layer);
    CHECK(states::floats(s, layer) == expected);
    if (layer % 3 == 1) {
      CHECK(states::at<third>(s, layer) == expected);
      expected += 64;
    } else {
      CHECK(states::at<first>(s, layer) == expected);
      CHECK(states::at<second>(s, layer) == expected + 32);
      expected += 80;
    }
  }
  CHECK(states::floats(s, s.layers) == expected);
  STATIC_REQUIRE(!mote::states_of<forgetful>::any);
  CHECK(mote::states_of<forgetful>::floats(s, s.layers) == 0);
}

TEST_CASE("states: one state for two blocks of a layer is found", "[block]") {
  STATIC_REQUIRE(mote::detail::states_in<mote::part_list<plain, first, second, plain>>::told_apart);
  STATIC_REQUIRE(!mote::detail::states_in<mote::part_list<first, plain, first>>::told_apart);
}

TEST_CASE("states: they follow the cache, aligned for a vector, and only where some block has one", "[block]") {
  using kept = mote::kept_in<mixed_family, little_cache>;
  STATIC_REQUIRE(std::is_same_v<mote::kept_in<forgetful, little_cache>, little_cache>);
  for (const std::size_t context : {1U, 21U, 22U, 64U}) {
    const mote::stateful_cache_shape shape{{}, 10};
    const std::size_t before = (context * 3 + 63) / 64 * 64;
    CHECK(kept::bytes(shape, context) == before + 40);
    alignas(64) std::array<std::byte, 512> memory{};
    const kept cache(memory.data(), shape, context);
    CHECK(cache.first == memory.data());
    CHECK(reinterpret_cast<std::byte*>(cache.states()) == memory.data() + before);
  }
  CHECK(kept::rollback_tokens(64) == 0);  // a state does not hold its earlier values
}
