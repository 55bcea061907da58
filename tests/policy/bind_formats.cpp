// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/bind_formats.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/family/llama.hpp"

namespace {

using mote::quantize;
using mote::role;
constexpr mote::shape tied{
    .dim = 64, .hidden = 192, .layers = 5, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
constexpr mote::shape untied = [] {
  mote::shape s = tied;
  s.tied_head = false;
  return s;
}();

template <class Policy, mote::shape S = tied, std::size_t Rows = 4>
using bound = mote::bind_formats<Policy, S, Rows, mote::llama>;

/// The format of a tensor, as the facts of mixed formats tell it.
template <class Formats>
std::string_view in(std::size_t layer, role r) {
  return mote::formats_of<Formats>::with(layer, static_cast<std::size_t>(r), []<class F>() { return F::name; });
}

}  // namespace

TEST_CASE("bind_formats: one policy gives one format, of the rows that are asked for", "[policy]") {
  STATIC_REQUIRE(std::is_same_v<bound<quantize<8>>, quantize<8>::format<4, 64>>);
  STATIC_REQUIRE(std::is_same_v<bound<quantize<4>, untied, 16>, quantize<4>::format<16, 64>>);
  // An exception that gives what the rest has anyway is none.
  STATIC_REQUIRE(
      std::is_same_v<bound<mote::mixed<quantize<8>, mote::in<role::down, quantize<8>>>>, bound<quantize<8>>>);
}

TEST_CASE("bind_formats: each tensor has the last entry that holds it, else the default", "[policy]") {
  using policy = mote::mixed<quantize<4>, mote::in<role::down, quantize<8>>, mote::in<role::value, quantize<6>>,
                             mote::in<role::down, quantize<5>>>;
  using made = bound<policy>;
  for (std::size_t layer = 0; layer < tied.layers; ++layer) {
    CHECK(in<made>(layer, role::query) == quantize<4>::format<4, 64>::name);
    CHECK(in<made>(layer, role::value) == quantize<6>::format<4, 64>::name);
    CHECK(in<made>(layer, role::down) == quantize<5>::format<4, 192>::name);
  }
  STATIC_REQUIRE(std::is_same_v<mote::formats_of<made>::embedding, quantize<4>::format<4, 64>>);
}

TEST_CASE("bind_formats: an exception of one layer, of the embedding and of a head of its own", "[policy]") {
  using policy = mote::mixed<quantize<4>, mote::in_layer<2, role::up, quantize<8>>, mote::in_embedding<quantize<6>>,
                             mote::in_head<quantize<5>>>;
  using made = bound<policy, untied>;
  using facts = mote::formats_of<made>;
  STATIC_REQUIRE((facts::per_layer && facts::layers == 5));
  for (std::size_t layer = 0; layer < tied.layers; ++layer) {
    CHECK(in<made>(layer, role::up) ==
          (layer == 2 ? quantize<8>::format<4, 64>::name : quantize<4>::format<4, 64>::name));
    CHECK(in<made>(layer, role::gate) == quantize<4>::format<4, 64>::name);
  }
  STATIC_REQUIRE(std::is_same_v<facts::embedding, quantize<6>::format<4, 64>>);
  STATIC_REQUIRE(std::is_same_v<facts::head, quantize<5>::format<4, 64>>);
  // A tied head is the embedding: an entry for a head of its own holds nothing.
  using shared = mote::formats_of<bound<policy>>;
  STATIC_REQUIRE(std::is_same_v<shared::head, shared::embedding>);
  STATIC_REQUIRE(!mote::formats_of<bound<mote::mixed<quantize<4>, mote::in<role::up, quantize<8>>>>>::per_layer);
}
