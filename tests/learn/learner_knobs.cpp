// SPDX-License-Identifier: BSL-1.0
// Every learning policy is told of its lessons in the same words.
#include "mote/learn/learner_knobs.hpp"

#include <catch2/catch_test_macros.hpp>

#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"

namespace {

struct little {
  static constexpr std::string_view name = "little";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 2, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 128};
  static constexpr std::size_t vocabulary_bytes = 6000;
  static constexpr mote::special_tokens special_tokens{};
};
using scales = mote::ia3_delta<mote::all_matrices>;

template <class Learning>
constexpr bool is_as_said =
    Learning::tokens == 40 && Learning::batch == 3 && Learning::chunk == 5 && Learning::takes_turns;
template <class Learning, std::size_t Tokens, std::size_t Batch, std::size_t Chunk>
constexpr bool has_defaults =
    Learning::tokens == Tokens && Learning::batch == Batch && Learning::chunk == Chunk && !Learning::takes_turns;
template <class Learning>
constexpr bool composes = mote::can_compose<little, mote::quantize<32>, Learning>;

}  // namespace

TEST_CASE("lora, ia3, full and learner take the same knobs of a lesson") {
  using mote::full_knobs, mote::ia3_knobs, mote::learner_knobs, mote::lora_knobs;
  STATIC_CHECK(is_as_said<mote::lora<4, lora_knobs{.tokens = 40, .batch = 3, .chunk = 5, .takes_turns = true}>>);
  STATIC_CHECK(is_as_said<mote::ia3<ia3_knobs{.tokens = 40, .batch = 3, .chunk = 5, .takes_turns = true}>>);
  STATIC_CHECK(is_as_said<mote::full<full_knobs{.tokens = 40, .batch = 3, .chunk = 5, .takes_turns = true}>>);
  STATIC_CHECK(is_as_said<mote::learner<scales, mote::adam<>, mote::backpropagation,
                                        learner_knobs{.tokens = 40, .batch = 3, .chunk = 5, .takes_turns = true}>>);

  STATIC_CHECK(has_defaults<mote::lora<4>, 64, 1, 8>);
  STATIC_CHECK(has_defaults<mote::ia3<>, 64, 1, 8>);
  STATIC_CHECK(has_defaults<mote::full<>, 128, 8, 32>);
  STATIC_CHECK(has_defaults<mote::learner<scales>, 64, 1, 8>);
  STATIC_CHECK(mote::lora<4, lora_knobs{.tokens = 6}>::chunk == 6);  // no longer than an example
  STATIC_CHECK(mote::full<full_knobs{.tokens = 6}>::chunk == 6);
}

TEST_CASE("noughts are refused by each, and a search hears false") {
  using mote::full_knobs, mote::ia3_knobs, mote::learner_knobs, mote::lora_knobs;
  STATIC_CHECK((composes<mote::lora<4>> && composes<mote::ia3<>> && composes<mote::full<>>));
  STATIC_CHECK_FALSE(composes<mote::lora<4, lora_knobs{.tokens = 1}>>);
  STATIC_CHECK_FALSE(composes<mote::lora<4, lora_knobs{.batch = 0}>>);
  STATIC_CHECK_FALSE(composes<mote::ia3<ia3_knobs{.chunk = 0}>>);
  STATIC_CHECK_FALSE(composes<mote::ia3<ia3_knobs{.tokens = 0}>>);
  STATIC_CHECK_FALSE(composes<mote::full<full_knobs{.tokens = 1}>>);
  STATIC_CHECK_FALSE(composes<mote::full<full_knobs{.batch = 0}>>);
  STATIC_CHECK_FALSE(composes<mote::full<full_knobs{.chunk = 0}>>);
  STATIC_CHECK_FALSE(composes<mote::learner<scales, mote::adam<>, mote::backpropagation, learner_knobs{.batch = 0}>>);
  STATIC_CHECK(learner_knobs{.tokens = 2}.are_sound());
}
