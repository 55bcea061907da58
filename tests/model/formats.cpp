// SPDX-License-Identifier: BSL-1.0
#include "mote/model/formats.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/model/weights.hpp"
#include "mote/mote.hpp"
#include "mote/policy/threads.hpp"

using namespace mote;
using mote_tests::synthetic;

namespace {

/// What a pipeline says to a prompt that is longer than a pass, and its last logits.
template <class Pipeline>
std::pair<std::string, std::vector<float>> answer() {
  const auto image = mote_tests::synthetic_image<Pipeline>();
  static Pipeline ai;
  REQUIRE(ai.attach(image) == status::ok);
  std::string text;
  for (const std::string_view piece : ai.ask("the thing in the inner ring is there", 40)) text += piece;
  return {text, std::vector<float>(ai.logits().begin(), ai.logits().end())};
}

using several = mixed<quantize<8>, in_embedding<quantize<16>>, in<role::value, quantize<32>>,
                      in_layer<0, role::down, quantize<4>>, in<role::query, quantize<8, 64>>>;

}  // namespace

TEST_CASE("mixed formats: what all tensors share is one format, and later entries win") {
  constexpr shape s = synthetic::shape;
  STATIC_CHECK(std::is_same_v<bind_formats<quantize<8>, s, 4>, q8<4>>);
  STATIC_CHECK(std::is_same_v<bind_formats<mixed<quantize<8>>, s, 4>, q8<4>>);
  STATIC_CHECK(
      std::is_same_v<bind_formats<mixed<quantize<8>, in<role::up, quantize<32>>, in<role::up, quantize<8>>>, s, 4>,
                     q8<4>>);
  using bound = bind_formats<several, s, 4>;
  using facts = formats_of<bound>;
  STATIC_CHECK(facts::per_layer);
  STATIC_CHECK(!facts::shares_activation);
  STATIC_CHECK(std::is_same_v<facts::embedding, f16<4>>);
  const auto name_of = [](std::size_t layer, role r) {
    return std::string(facts::with(layer, static_cast<std::size_t>(r), []<class F>() { return F::name; }));
  };
  CHECK(name_of(0, role::down) == "q4x4");
  CHECK(name_of(1, role::down) == "q8x4");
  CHECK(name_of(0, role::value) == "f32x4");
  CHECK(name_of(0, role::query) == "q8g64x4");
  CHECK(name_of(0, role::up) == "q8x4");
  STATIC_CHECK(!formats_of<bind_formats<mixed<quantize<8>, in<role::up, quantize<4>>>, s, 4>>::per_layer);
}

TEST_CASE("mixed formats: the writer places tensors where the type looks for them") {
  const shape s = synthetic::shape;
  using bound = bind_formats<several, synthetic::shape, 4>;
  const auto typed = map_tensors<bound>(s);
  const auto plan = host::plan_of<bound>(s);
  const auto written = host::map_tensors(plan, s);
  CHECK(written.bytes == typed.bytes);
  CHECK(std::ranges::equal(written.outer, typed.outer));
  CHECK(written.head == typed.head);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    CHECK(written.start[layer] == typed.start_of(layer));
    CHECK(std::ranges::equal(written.block[layer].vector, typed.in(layer).vector));
    CHECK(std::ranges::equal(written.block[layer].matrix, typed.in(layer).matrix));
    CHECK(written.block[layer].bytes == typed.in(layer).bytes);
  }
  CHECK(host::identify(plan, s).fingerprint == format_fingerprint<bound>());
  CHECK(host::read_packing("q8,embedding=f16,head=f16,value=f32,0.down=q4,query=q8g64", 4, s) == plan);
}

TEST_CASE("mixed formats: an answer is the same whatever the layout, the pass and the team") {
  const auto one = answer<pipeline<synthetic, several, mote::interleave<1>>>();
  CHECK(answer<pipeline<synthetic, several, mote::interleave<4>>>() == one);
  CHECK(answer<pipeline<synthetic, several, mote::interleave<16>>>() == one);
  CHECK(answer<pipeline<synthetic, several, mote::interleave<16>, prefill<7>>>() == one);
  CHECK(answer<pipeline<synthetic, several, mote::interleave<4>, prefill<16>,
                        threads<3, threads_knobs{.least_bytes = 1}>>>() == one);
  CHECK(answer<pipeline<synthetic, quantize<8>, mote::interleave<4>>>() != one);
}

TEST_CASE("passes of many tokens and teams change no bit of any format") {
  const auto check = []<class Policy>() {
    const auto one = answer<pipeline<synthetic, Policy, mote::interleave<1>>>();
    CHECK(answer<pipeline<synthetic, Policy, mote::interleave<16>, prefill<5>>>() == one);
    CHECK(answer<pipeline<synthetic, Policy, mote::interleave<8>, prefill<32>,
                          threads<2, threads_knobs{.least_bytes = 1}>>>() == one);
  };
#if !MOTE_TEST_FEW_TYPES
  check.template operator()<quantize<32>>();
  check.template operator()<packed<bf16>>();
  check.template operator()<quantize<8>>();
#endif
  check.template operator()<quantize<16>>();
  check.template operator()<quantize<8, 64>>();
  check.template operator()<quantize<4>>();
}
