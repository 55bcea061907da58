// SPDX-License-Identifier: BSL-1.0
// cost_of(): the same bytes as sizeof, for what every slot can hold; and the work it counts, counted again by hand.
#include "mote/budget/cost.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../few_types.hpp"
#include "../synthetic_model.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/budget/what_helps.hpp"
#include "mote/decode/first_of.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/zeroth_order.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/sweep.hpp"
#include "mote/policy/k_quant.hpp"
#include "mote/policy/threads.hpp"

namespace {

using mote_tests::synthetic;

struct wide_vocabulary {  // 4-byte tokens
  static constexpr std::string_view name = "wide";
  static constexpr mote::shape shape{.dim = 32,
                                     .hidden = 80,
                                     .layers = 3,
                                     .heads = 4,
                                     .kv_heads = 2,
                                     .vocab = 70'000,
                                     .context = 256,
                                     .tied_head = false};
  static constexpr std::size_t vocabulary_bytes = 12'345;
  static constexpr mote::special_tokens special_tokens{};
};

/// The object, every region and the image, against the type itself.
template <class Model, class... Policies>
constexpr bool is_exact() {
  using made = mote::pipeline<Model, Policies...>;
  constexpr mote::choices c = mote::choices_of<Model, Policies...>;
  constexpr mote::costs paid = mote::cost_of(Model::shape, c);
  static_assert(paid.holds);
  static_assert(paid.ram.object() == sizeof(made));
  static_assert(paid.ram.object() == made::cost().ram.object());
  static_assert(paid.flash.image() == made::cost().flash.image());
  static_assert(mote::lay_image(paid.flash.weights, paid.flash.vocabulary).total_bytes == made::image_bytes);
  if constexpr (made::learns) {
    using state = std::remove_cvref_t<decltype(std::declval<made&>().learning())>;
    static_assert(paid.ram.weights == state::parameter_floats * sizeof(float));
    static_assert(paid.ram.optimizer == state::optimizer_floats * sizeof(float));
  }
  return true;
}
template <class... Policies>
constexpr bool is_exact_for_all() {
  constexpr bool one = is_exact<wide_vocabulary, mote::context<112>, Policies...>();
  if constexpr (mote_tests::few_types) return one;
  else return one && is_exact<synthetic, mote::context<96>, Policies...>();
}

/// A user's own policies, which say no more than their slot asks.
template <std::size_t Bytes>
struct tinkered {
  using slot = mote::slots::learning;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = 24;
  static constexpr std::size_t chunk = 4;
  static constexpr std::size_t batch = 1;
  template <class Model, class>
  struct state {
    static constexpr std::size_t parameter_floats = Model::shape.dim;
    static constexpr std::size_t optimizer_floats = 0;
    char more[Bytes];
  };
};
struct by_the_square {  // a state that does not grow evenly
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    char table[Vocab % 97 + 1];
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float*) { return 0; }
  };
};
template <std::size_t Bytes>
using makes = mote::detail::chosen<synthetic, mote::context<96>, tinkered<Bytes>>;

}  // namespace

TEST_CASE("cost: the object is sizeof, whatever stands in its slots", "[budget][cost]") {
  using mote::lora_knobs;
  using recalls = mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 40}>;
  STATIC_REQUIRE(is_exact_for_all<>());
  STATIC_REQUIRE(is_exact_for_all<mote::quantize<4>, mote::cache<8>>());
  STATIC_REQUIRE(is_exact_for_all<mote::k_quant<4>, mote::cache<16>, mote::prefill<8>>());
  STATIC_REQUIRE(is_exact_for_all<mote::kivi<4, 32>, mote::sample<>>());
  STATIC_REQUIRE(is_exact_for_all<mote::lora<3, lora_knobs{.tokens = 30}>, recalls>());
  STATIC_REQUIRE(is_exact_for_all<mote::lora<2, lora_knobs{.tokens = 31}, mote::sgd<>>, mote::sample<>>());
  STATIC_REQUIRE(is_exact_for_all<mote::quantize<32>, mote::full<mote::full_knobs{.tokens = 33}>>());
  STATIC_REQUIRE(is_exact_for_all<mote::quantize<32>, mote::full<mote::full_knobs{.tokens = 20}, mote::sgd<>>>());
  STATIC_REQUIRE(is_exact_for_all<mote::ngram<100, 3, 5>, mote::threads<3>>());
  STATIC_REQUIRE(is_exact_for_all<mote::first_of<mote::lookup<3>, mote::ngram<64>>, mote::sample<>, recalls>());
  STATIC_REQUIRE(is_exact_for_all<mote::mixed<mote::quantize<8>, mote::in<mote::role::down, mote::quantize<32>>,
                                              mote::in_layer<1, mote::role::key, mote::quantize<4>>>>());
  STATIC_REQUIRE(is_exact_for_all<mote::ia3<>, recalls>());
  STATIC_REQUIRE(is_exact_for_all<mote::prompt_tuning<5>, recalls>());
  STATIC_REQUIRE(is_exact_for_all<mote::prefix_tuning<5>, mote::cache<8>>());
  STATIC_REQUIRE(is_exact_for_all<mote::lora<2, lora_knobs{.tokens = 31}, mote::adam<>, mote::last_layers<1>>>());
  STATIC_REQUIRE(is_exact_for_all<mote::lora<2, lora_knobs{.takes_turns = true}>, mote::sample<>, recalls>());
  STATIC_REQUIRE(is_exact_for_all<mote::ia3<mote::ia3_knobs{}, mote::sgd<>, mote::zeroth_order<>>>());
  STATIC_REQUIRE(is_exact_for_all<by_the_square>());
}

TEST_CASE("cost: a state that its policy does not describe is as large as it is", "[budget][cost]") {
  constexpr mote::costs one = mote::cost_of(synthetic::shape, makes<1>::facts());
  constexpr mote::costs more = mote::cost_of(synthetic::shape, makes<1001>::facts());
  STATIC_REQUIRE(one.ram.object() == sizeof(makes<1>::type));
  STATIC_REQUIRE(more.ram.object() == sizeof(makes<1001>::type));
  STATIC_REQUIRE(more.ram.object() > one.ram.object() + 1000 - 64);  // each is a multiple of 64
  STATIC_REQUIRE(more.ram.weights == synthetic::shape.dim * sizeof(float));
}

TEST_CASE("cost: choices without a model hold for every shape, or say that they do not", "[budget][cost]") {
  using recalls = mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 40}>;
  constexpr mote::choices any =
      mote::choices_of<mote::quantize<5>, mote::context<100>, mote::lora<2>, recalls, mote::ngram<32>, mote::sample<>>;
  STATIC_REQUIRE(any.bound_to == 0);
  const auto same = [&]<class Model>(Model) {
    constexpr mote::costs a = mote::cost_of(Model::shape, any);
    using made = mote::pipeline<Model, mote::quantize<5>, mote::context<100>, mote::lora<2>, recalls, mote::ngram<32>,
                                mote::sample<>>;
    STATIC_REQUIRE(a.ram.object() == sizeof(made));
    STATIC_REQUIRE(a.flash.weights == made::cost().flash.weights);
    STATIC_REQUIRE(a.flash.vocabulary == 0);
  };
  same(synthetic{});
  same(wide_vocabulary{});
  // All that it was trained for, where no context is named.
  STATIC_REQUIRE(mote::cost_of(wide_vocabulary::shape, mote::choices_of<>).ram.object() ==
                 sizeof(mote::pipeline<wide_vocabulary>));

  using bound = mote::mixed<mote::quantize<8>, mote::in_layer<1, mote::role::key, mote::quantize<4>>>;
  STATIC_REQUIRE(!mote::cost_of(synthetic::shape, mote::choices_of<mote::k_quant<4>>).holds);
  STATIC_REQUIRE(!mote::cost_of(synthetic::shape, mote::choices_of<bound>).holds);
  STATIC_REQUIRE(!mote::cost_of(synthetic::shape, mote::choices_of<by_the_square>).holds);
  STATIC_REQUIRE(!mote::cost_of(synthetic::shape, mote::choices_of<wide_vocabulary, bound>).holds);
  STATIC_REQUIRE(mote::cost_of(wide_vocabulary::shape, mote::choices_of<wide_vocabulary, bound>).holds);
}

namespace {
template <mote::choices Choices>
inline constexpr std::size_t context_in_a_type = Choices.context;
}  // namespace

TEST_CASE("cost: choices are values: they stand in types, are compared, and change at run time", "[budget][cost]") {
  constexpr mote::choices c = mote::choices_of<synthetic, mote::context<96>>;
  STATIC_REQUIRE(context_in_a_type<c> == 96);
  STATIC_REQUIRE(c == mote::choices_of<synthetic, mote::quantize<8>, mote::context<96>>);
  STATIC_REQUIRE(c != mote::choices_of<mote::context<96>>);  // the model's table
  mote::choices changed = c;
  CHECK(changed == c);
  changed.context = 48;
  CHECK(changed != c);
  const mote::shape* volatile at_run_time = &synthetic::shape;
  CHECK(mote::cost_of(*at_run_time, changed).ram.object() == sizeof(mote::pipeline<synthetic, mote::context<48>>));
  CHECK(mote::cost_of(*at_run_time, changed).ram.cache * 2 == mote::cost_of(*at_run_time, c).ram.cache);
}

namespace {

/// 2 layers, width 24, 3 heads of 8 on 1 of keys, 40 hidden, 300 tokens.
struct counted : synthetic {
  static constexpr mote::shape shape{
      .dim = 24, .hidden = 40, .layers = 2, .heads = 3, .kv_heads = 1, .vocab = 300, .context = 64};
};

}  // namespace

TEST_CASE("cost: work is what matrices and attention are, summed by hand", "[budget][cost]") {
  constexpr mote::shape s = counted::shape;
  constexpr mote::choices c = mote::choices_of<mote::quantize<32>, mote::interleave<1>>;
  constexpr std::uint64_t layers = 2 * (24 * 24 + 8 * 24 + 8 * 24 + 24 * 24 + 3 * 24 * 40);
  constexpr std::uint64_t head = 300 * 24;
  constexpr mote::work first = mote::token_work(s, c, 0);
  STATIC_REQUIRE(first.multiply_adds == layers + head + 2 * 2 * 3 * 8);
  STATIC_REQUIRE(mote::token_work(s, c, 9).multiply_adds == layers + head + 10 * 2 * 2 * 3 * 8);
  STATIC_REQUIRE(first.weight_bytes >= 4 * mote::parameters_of<mote::llama>(s));
  STATIC_REQUIRE(first.weight_bytes < 4 * mote::parameters_of<mote::llama>(s) + 64 * 20);
  STATIC_REQUIRE(mote::token_work(s, c, 63).cache_bytes == 2 * 2 * 8 * 64 * 4);
  STATIC_REQUIRE(mote::cost_of(s, c).token == mote::token_work(s, c, 63));

  // A prompt one by one: each token's work but for the head's of all except the last.
  std::uint64_t sum = 0;
  for (std::size_t p = 0; p < 10; ++p) sum += mote::token_work(s, c, p).multiply_adds;
  CHECK(mote::prompt_work(s, c, 10).multiply_adds == sum - 9 * head);
  mote::choices four = c;
  four.prefill = 4;
  CHECK(mote::prompt_work(s, four, 10).multiply_adds == sum - 9 * head);
  CHECK(mote::prompt_work(s, four, 10).weight_bytes * 3 < mote::prompt_work(s, c, 10).weight_bytes * 2);

  // Learning: there, a layer's inside again, and the gradient of every input.
  constexpr mote::choices lora = mote::choices_of<mote::quantize<32>, mote::interleave<1>, mote::lora<1>>;
  constexpr mote::choices full = mote::choices_of<mote::quantize<32>, mote::interleave<1>, mote::full<>>;
  STATIC_REQUIRE(mote::lesson_work(s, c, 10) == mote::work{});
  constexpr std::uint64_t bare = 9 * (3 * layers - 2 * 40 * 24 + 2 * head);
  constexpr std::uint64_t attention = 2 * 2 * 3 * 8 * 45 * 9 / 2;
  constexpr std::uint64_t adapters = 2 * (16 * 2 + 16 * 2 + 16 * 2 + 16);  // rank 1: padded rows and columns
  STATIC_REQUIRE(mote::lesson_work(s, lora, 10).multiply_adds == bare + attention + 9 * (adapters * 9 / 2));
  STATIC_REQUIRE(mote::lesson_work(s, full, 10).multiply_adds == bare + attention + 9 * (layers + head));
  STATIC_REQUIRE(mote::token_work(s, lora, 0).multiply_adds == first.multiply_adds + adapters);

  // As far back as the schedule goes: the last layer alone, all of them, none.
  using by_last = mote::lora<1, mote::lora_knobs{}, mote::adam<>, mote::last_layers<1>>;
  using by_all = mote::lora<1, mote::lora_knobs{}, mote::adam<>, mote::last_layers<2>>;
  using by_losses = mote::lora<1, mote::lora_knobs{}, mote::adam<>, mote::zeroth_order<>>;
  constexpr mote::choices one_back = mote::choices_of<mote::quantize<32>, mote::interleave<1>, by_last>;
  constexpr mote::choices all_back = mote::choices_of<mote::quantize<32>, mote::interleave<1>, by_all>;
  constexpr mote::choices none_back = mote::choices_of<counted, mote::quantize<32>, mote::interleave<1>, by_losses>;
  constexpr mote::work there_and_back = mote::lesson_work(s, lora, 10);
  STATIC_REQUIRE(mote::lesson_work(s, all_back, 10) == there_and_back);
  STATIC_REQUIRE(mote::lesson_work(s, one_back, 10).multiply_adds ==
                 9 * (layers + layers / 2 + (layers / 2 - 40 * 24) + 2 * head) + 2 * 2 * 3 * 8 * 45 +
                     2 * 3 * 8 * 45 * 7 / 2 + 9 * (adapters / 2 * 9 / 2));
  STATIC_REQUIRE(mote::lesson_work(s, none_back, 10).multiply_adds ==
                 2 * (9 * (layers + head + adapters) + 2 * 2 * 3 * 8 * 45));
  STATIC_REQUIRE(mote::lesson_work(s, one_back, 10).weight_bytes < there_and_back.weight_bytes);
  // Twice there: nine tokens are two chunks through the layers, and nine times the head.
  constexpr std::uint64_t head_bytes = none_back.weights->embedding_bytes(s);
  constexpr std::uint64_t layer_bytes = none_back.weights->bytes(*none_back.family, s) - head_bytes;
  STATIC_REQUIRE(mote::lesson_work(s, none_back, 10).weight_bytes == 2 * (2 * layer_bytes + 9 * head_bytes));
}

TEST_CASE("cost: a shape that makes no model has no cost, and nothing is computed of it", "[budget][cost]") {
  constexpr mote::choices c = mote::choices_of<mote::quantize<8>, mote::lora<2>>;
  constexpr mote::shape good = synthetic::shape;
  STATIC_REQUIRE(mote::cost_of(good, c).holds);
  for (std::size_t mote::shape::* member :
       {&mote::shape::dim, &mote::shape::hidden, &mote::shape::layers, &mote::shape::heads, &mote::shape::kv_heads,
        &mote::shape::vocab, &mote::shape::context}) {
    mote::shape s = good;
    s.*member = 0;
    const mote::costs paid = mote::cost_of(s, c);
    CHECK(!paid.holds);
    CHECK(paid.ram.object() == 0);
    CHECK(paid.flash.weights == 0);
    CHECK(paid.token == mote::work{});
    CHECK(paid.prompt == mote::work{});
    CHECK(paid.lesson == mote::work{});
    CHECK(mote::what_helps(s, c, mote::boards::stm32h743::facts).count == 0);
  }
}
