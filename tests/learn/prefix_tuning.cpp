// SPDX-License-Identifier: BSL-1.0
// Keys and values in front of every prompt: that they are what tokens there would leave, what they cost, and that they
// learn. Their gradient is compared for each family in tests/family, and here for a Llama.
#include "mote/learn/prefix_tuning.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../few_types.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/format/f32.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/lora.hpp"
#include "mote/learn/zeroth_order.hpp"
#include "small_model.hpp"

namespace {

using mote::example;
using mote::status;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::small_model;

template <class... More>
using base = mote::pipeline<small_model, mote::quantize<8>, mote::interleave<4>, More...>;
constexpr std::size_t front = 5;
template <class Optimizer = mote::adam<mote::adam_knobs{.rate = 3e-2F}>, class Schedule = mote::backpropagation>
using student = mote::prefix_tuning<front, mote::prefix_tuning_knobs{.tokens = 40}, Optimizer, Schedule>;

constexpr example light{.prompt = "light in the hall", .answer = "on now"};

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const auto image =
      mote_tests::small_image<typename Pipeline::format>(plain_decoder::random(small_model::shape, 3));
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.span()) == status::ok);
  return ai;
}
template <class Pipeline>
std::vector<float> parameters(const Pipeline& ai) {
  const auto& l = ai.learning();
  return {l.parameters(), l.parameters() + std::remove_cvref_t<decltype(l)>::parameter_floats};
}
/// The logits of each step of an answer of eight tokens.
template <class Pipeline>
std::vector<float> answer(Pipeline& ai) {
  std::vector<float> all;
  REQUIRE(ai.begin("heat", 8) == status::ok);
  for (bool done = false; !done;) {
    done = ai.step().done;
    if (!done && ai.tokens().size() > ai.prompt_tokens()) all.insert(all.end(), ai.logits().begin(), ai.logits().end());
  }
  return all;
}

// Nothing is a multiple of 16.
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
struct model {
  static constexpr mote::shape shape = s;
};

}  // namespace

using row_layouts = mote_tests::some_or_all<std::tuple<mote::f32<16>>, std::tuple<mote::f32<1>>>;

TEMPLATE_LIST_TEST_CASE("prefix tuning: the gradient of keys and values equals central differences in double precision",
                        "", row_layouts) {
  constexpr std::size_t capacity = 24, count = 3;
  constexpr auto kept = mote::cached_by<mote::llama>(s);
  constexpr std::size_t stride = mote::padded(kept.kv_dim());
  using state = typename mote::prefix_tuning<count>::template state<model, TestType>;
  STATIC_REQUIRE(state::parameter_floats == 2 * s.layers * count * stride);
  const auto learner = std::make_unique<state>();
  learner->reset();
  plain_decoder m = plain_decoder::random(s, 23);
  mote::rng random(17);
  for (std::size_t l = 0; l < s.layers; ++l)
    for (auto* rows : {&m.blocks[l].front_keys, &m.blocks[l].front_values})
      for (std::size_t i = 0; i < count; ++i) {
        const bool values = rows == &m.blocks[l].front_values;
        rows->emplace_back();
        for (std::size_t d = 0; d < kept.kv_dim(); ++d) {
          float& p = learner->parameters()[((2 * l + (values ? 1 : 0)) * count + i) * stride + d];
          CHECK((p == 0) == values);  // at the start
          p += 0.3F * random.normal();
          rows->back().push_back(static_cast<double>(p));
        }
      }
  std::vector<std::uint16_t> tokens(20);
  for (auto& t : tokens) t = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(s.vocab)));
  const std::span<const std::uint16_t> sequence(tokens);

  const packed_bytes packed = m.template pack<TestType>();
  const auto map = mote::map_tensors<TestType>(s);
  const mote::weights<TestType> w(packed.data(), s, map);
  constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  const auto plan = mote::plan_arena(mote::train_lifetimes<mote::llama, TestType>(s, capacity, 8, {.prefix = count}));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  auto delta = learner->collector();
  STATIC_REQUIRE(mote::prefixing_delta<decltype(delta)>);
  mote::sequence_pass<mote::llama, mote::simd::native, TestType, decltype(delta)> pass(s, w, delta, frequencies.data(),
                                                                                       buffers, capacity, 8);
  const float loss = pass.backward(sequence, 2, 0.25F);
  CHECK(std::fabs(static_cast<double>(loss) - 0.25 * m.loss(sequence, 2)) < 1e-5 * static_cast<double>(loss));
  for (std::size_t l = 0; l < s.layers; ++l)
    for (auto* rows : {&m.blocks[l].front_keys, &m.blocks[l].front_values}) {
      double error = 0, size = 0;
      const std::size_t first = (2 * l + (rows == &m.blocks[l].front_values ? 1 : 0)) * count;
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t d = 0; d < kept.kv_dim(); ++d) {
          constexpr double h = 1e-5;
          double& value = (*rows)[i][d];
          const double here = value;
          value = here + h;
          const double up = m.loss(sequence, 2);
          value = here - h;
          const double down = m.loss(sequence, 2);
          value = here;
          const double expected = 0.25 * (up - down) / (2 * h);
          const auto got = static_cast<double>(learner->gradients()[(first + i) * stride + d]);
          error += (got - expected) * (got - expected);
          size += expected * expected;
        }
        for (std::size_t d = kept.kv_dim(); d < stride; ++d) CHECK(learner->gradients()[(first + i) * stride + d] == 0);
      }
      INFO("layer " << l << ": " << std::sqrt(error / size));
      REQUIRE(size > 0);
      CHECK(std::sqrt(error) <= 1e-4 * std::sqrt(size));
    }
}

TEST_CASE("prefix tuning: what tokens left in a cache answers as those tokens in front do, bit for bit") {
  using pipeline = base<student<>>;
  using format = pipeline::format;
  constexpr mote::shape shape = small_model::shape;
  constexpr auto kept_shape = mote::cached_by<mote::llama>(shape);
  constexpr std::size_t kv_dim = kept_shape.kv_dim(), stride = mote::padded(kv_dim);
  const std::vector<std::uint16_t> in_front{7, 70, 200, 271, 30};
  const packed_bytes packed = plain_decoder::random(shape, 3).pack<format>();
  const auto map = mote::map_tensors<format>(shape);
  constexpr auto frequencies = mote::rope_frequencies<shape.head_dim() / 2>(shape.rope_theta);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(shape, shape.context));
  packed_bytes arena(plan.bytes), kept(mote::float_cache::bytes(kept_shape, shape.context));
  const auto decode = [&](std::uint16_t token, std::size_t at) {
    return mote::decode(shape, mote::weights<format>(packed.data(), shape, map), mote::no_adapter{}, frequencies.data(),
                        mote::float_cache(kept.data(), kept_shape, shape.context),
                        mote::decode_buffers<mote::llama>{arena.data(), plan}, token, at, true);
  };
  for (std::size_t t = 0; t < front; ++t) (void)decode(in_front[t], t);

  const auto ai = attached<pipeline>();
  const auto quick = attached<base<student<>, mote::prefill<4>>>();
  const std::size_t positions = mote::padded(shape.context);
  const float* keys = kept.floats();
  const float* values = keys + shape.layers * kv_dim * positions;
  for (std::size_t l = 0; l < shape.layers; ++l)
    for (std::size_t p = 0; p < front; ++p)
      for (std::size_t d = 0; d < kv_dim; ++d)
        for (float* to : {ai->learning().parameters(), quick->learning().parameters()}) {
          to[(2 * l * front + p) * stride + d] = keys[(l * kv_dim + d) * positions + p];
          to[((2 * l + 1) * front + p) * stride + d] = values[(l * positions + p) * kv_dim + d];
        }
  for (int round = 0; round < 2; ++round) {  // what an answer leaves does not stand in front of the next
    const std::vector<float> logits = answer(*ai);
    CHECK(answer(*quick) == logits);
    std::size_t seen = 0;
    for (std::size_t t = 0; t + 1 < ai->tokens().size(); ++t) {
      const float* out = decode(ai->tokens()[t], front + t);
      if (t + 1 < ai->prompt_tokens()) continue;
      CHECK(std::memcmp(out, logits.data() + seen, shape.vocab * 4) == 0);
      seen += shape.vocab;
    }
    CHECK(seen == logits.size());
  }
  const auto plain = attached<base<>>();
  REQUIRE(plain->begin("heat", 8) == status::ok);
  CHECK(ai->prompt_tokens() == plain->prompt_tokens());
  CHECK(std::equal(plain->tokens().begin(), plain->tokens().end(), ai->tokens().begin()));
}

TEST_CASE("prefix tuning: a lesson is learned, saved and taken back") {
  using pipeline = base<student<>>;
  const auto ai = attached<pipeline>();
  packed_bytes kept(ai->saved_bytes());
  REQUIRE(ai->save({kept.data(), kept.size()}) == status::ok);
  CHECK(ai->load(kept.span()) == status::no_effect);
  const auto plain = attached<base<mote::lora<2>>>();
  const float before = ai->loss(light).loss;
  CHECK(ai->loss(light).tokens == plain->loss(light).tokens);
  for (int i = 0; i < 60; ++i) {
    const mote::learned l = ai->learn(light);
    REQUIRE(l.stepped);
    REQUIRE(l.tokens == plain->loss(light).tokens);
  }
  const float after = ai->loss(light).loss;
  INFO(before << " -> " << after);
  CHECK(after < 0.6F * before);
  REQUIRE(ai->save({kept.data(), kept.size()}) == status::ok);
  const auto other = attached<pipeline>();
  const std::vector<float> untaught = answer(*other);
  REQUIRE(other->load(kept.span()) == status::ok);
  CHECK(other->loss(light).loss == after);
  CHECK(answer(*other) == answer(*ai));
  CHECK_FALSE(answer(*ai) == untaught);
  // Other tokens in front, or another number of them, are another prompt.
  using seeded = base<mote::prefix_tuning<front, mote::prefix_tuning_knobs{.seed = 2, .tokens = 40}>>;
  CHECK(attached<seeded>()->load(kept.span()) == status::wrong_format);
  CHECK(attached<base<mote::prefix_tuning<front + 1, mote::prefix_tuning_knobs{.tokens = 40}>>>()->load(kept.span()) ==
        status::wrong_format);
}

using caches = mote_tests::some_or_all<std::tuple<mote::cache<8>, mote::kivi<4, 32>>,
                                       std::tuple<mote::cache<32>, mote::cache<16>>>;

TEMPLATE_LIST_TEST_CASE("prefix tuning: an answer's bits do not depend on how many tokens go at once, or on drafts", "",
                        caches) {
  const auto alone = attached<base<student<>, TestType>>();
  for (int i = 0; i < 10; ++i) REQUIRE(alone->learn(light).stepped);
  packed_bytes kept(alone->saved_bytes());
  REQUIRE(alone->save({kept.data(), kept.size()}) == status::ok);
  const std::vector<float> expected = answer(*alone);
  const auto check = [&]<class Pipeline>(std::type_identity<Pipeline>) {
    const auto ai = attached<Pipeline>();
    REQUIRE(ai->load(kept.span()) == status::ok);
    CHECK(answer(*ai) == expected);
    CHECK(std::equal(ai->tokens().begin(), ai->tokens().end(), alone->tokens().begin(), alone->tokens().end()));
  };
  check(std::type_identity<base<student<>, TestType, mote::prefill<2>>>{});
  check(std::type_identity<base<student<>, TestType, mote::prefill<3>>>{});
  check(std::type_identity<base<student<>, TestType, mote::prefill<16>>>{});
  if constexpr (mote::can_compose<small_model, TestType, mote::lookup<>>) {
    check(std::type_identity<base<student<>, TestType, mote::prefill<16>, mote::lookup<>>>{});
    check(std::type_identity<base<student<>, TestType, mote::prefill<4>, mote::ngram<>>>{});
  }
}

TEST_CASE("prefix tuning: a lesson in portions, whatever the budget, is learn()") {
  using pipeline = base<student<>>;
  const auto alone = attached<pipeline>();
  for (int i = 0; i < 3; ++i) REQUIRE(alone->learn(light).stepped);
  for (const std::size_t budget : {1U, 3U, 7U, 1000U}) {
    const auto ai = attached<pipeline>();
    for (int i = 0; i < 3; ++i) {
      REQUIRE(ai->learn_begin(light) == status::ok);
      while (!ai->learn_step(budget).done) {
      }
    }
    CHECK(parameters(*ai) == parameters(*alone));
  }
}

TEST_CASE("prefix tuning: without a way back the loss falls") {
  using pipeline = base<student<mote::adam<mote::adam_knobs{.rate = 3e-2F}>, mote::zeroth_order<>>>;
  STATIC_REQUIRE(pipeline::cost().ram.activations < base<student<>>::cost().ram.activations);
  const auto ai = attached<pipeline>();
  const float before = ai->loss(light).loss;
  for (int i = 0; i < 300; ++i) REQUIRE(ai->learn(light).state == status::ok);
  const float after = ai->loss(light).loss;
  INFO(before << " -> " << after);
  CHECK(after < 0.95F * before);
}

TEST_CASE("prefix tuning: what it costs, and how much of a context it takes") {
  using pipeline = base<student<>>;
  STATIC_REQUIRE(pipeline::cost().ram.object() == sizeof(pipeline));
  constexpr std::size_t row = mote::padded(mote::cached_by<mote::llama>(small_model::shape).kv_dim());
  STATIC_REQUIRE(pipeline::cost().ram.weights == 2 * small_model::shape.layers * front * row * 4);
  STATIC_REQUIRE(pipeline::cost().ram.optimizer == 2 * pipeline::cost().ram.weights);
  // A lesson runs the tokens that it has, over more keys and values; an answer is no larger.
  using adapters = base<mote::lora<2, mote::lora_knobs{.tokens = 40}>>;
  using longer = base<mote::lora<2, mote::lora_knobs{.tokens = 40 + front}>>;
  STATIC_REQUIRE(pipeline::cost().ram.activations >= adapters::cost().ram.activations);
  STATIC_REQUIRE(pipeline::cost().ram.activations < longer::cost().ram.activations);
  STATIC_REQUIRE(pipeline::cost().ram.cache == base<>::cost().ram.cache);
  constexpr auto paid = mote::cost_of(small_model::shape, pipeline::facts);
  constexpr auto plain = mote::cost_of(small_model::shape, base<>::facts);
  STATIC_REQUIRE(paid.token.multiply_adds == plain.token.multiply_adds);
  STATIC_REQUIRE(paid.prompt.multiply_adds < plain.prompt.multiply_adds);
  STATIC_REQUIRE(paid.lesson.multiply_adds > mote::lesson_work(small_model::shape, pipeline::facts, 39).multiply_adds);

  const auto ai = attached<pipeline>();
  const auto frozen = attached<base<>>();
  // The longest prompt is shorter by what stands in front.
  std::size_t longest_alone = 0, longest_behind = 0;
  for (std::size_t n = 1; n < small_model::shape.context; ++n) {
    if (frozen->begin(std::string(n, 'a')) == status::ok) longest_alone = n;
    if (ai->begin(std::string(n, 'a')) == status::ok) longest_behind = n;
  }
  CHECK(longest_behind + front == longest_alone);
  REQUIRE(ai->begin(std::string(longest_behind, 'a')) == status::ok);
  while (!ai->step().done) {
  }
  CHECK(ai->tokens().size() <= small_model::shape.context - front);

  constexpr mote::prefix_tuning_knobs shorter{.tokens = 40};
  STATIC_REQUIRE(mote::can_compose<small_model, mote::prefix_tuning<16, shorter>, mote::context<32>>);
  STATIC_REQUIRE_FALSE(mote::can_compose<small_model, mote::prefix_tuning<17, shorter>, mote::context<32>>);
  // The longest example and what stands in front of it are no longer than what the model was trained for.
  constexpr mote::prefix_tuning_knobs longest{.tokens = 60};
  STATIC_REQUIRE(mote::can_compose<small_model, mote::prefix_tuning<4, longest>>);
  STATIC_REQUIRE_FALSE(mote::can_compose<small_model, mote::prefix_tuning<5, longest>>);
  // The last layers are not reached from there; more than there are is all of them.
  STATIC_REQUIRE_FALSE(mote::can_compose<small_model, student<mote::adam<>, mote::last_layers<1>>>);
  STATIC_REQUIRE(mote::can_compose<small_model, student<mote::adam<>, mote::last_layers<2>>>);
}

TEST_CASE("prefix tuning: keys beyond the floats give no answer, and are not kept") {
  const auto ai = attached<base<student<>, mote::prefill<4>>>();
  const std::vector<float> before = answer(*ai);
  const float start = ai->learning().parameters()[0];
  ai->learning().parameters()[0] = std::numeric_limits<float>::infinity();
  REQUIRE(ai->begin("heat", 8) == status::ok);
  while (!ai->step().done) {
  }
  CHECK(ai->state() == status::not_finite);
  packed_bytes kept(ai->saved_bytes());
  CHECK(ai->save({kept.data(), kept.size()}) == status::not_finite);
  CHECK(ai->loss(light).state == status::not_finite);
  CHECK(ai->learn(light).state == status::not_finite);
  ai->learning().parameters()[0] = start;
  CHECK(answer(*ai) == before);
  CHECK(ai->learn(light).stepped);
}
