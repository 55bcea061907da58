// SPDX-License-Identifier: BSL-1.0
// How the pass of a lesson goes: the last layers alone, no way back at all, in portions and beside an answer.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../few_types.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/lora.hpp"
#include "mote/learn/prefix_tuning.hpp"
#include "mote/learn/prompt_tuning.hpp"
#include "mote/learn/zeroth_order.hpp"
#include "mote/pipeline/sweep.hpp"
#include "small_model.hpp"

namespace {

using mote::example;
using mote::status;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::small_model;

constexpr mote::shape deep{.dim = 24, .hidden = 44, .layers = 4, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
struct deep_model {
  static constexpr mote::shape shape = deep;
};
constexpr std::size_t capacity = 24;

template <class... More>
using base = mote::pipeline<small_model, mote::quantize<8>, mote::interleave<4>, More...>;
constexpr mote::lora_knobs everywhere{.targets = mote::all_matrices, .tokens = 40};
constexpr mote::lora_knobs by_turns{.targets = mote::all_matrices, .tokens = 40, .takes_turns = true};
using small_steps = mote::adam<mote::adam_knobs{.rate = 1e-2F}>;

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const auto image =
      mote_tests::small_image<typename Pipeline::format>(plain_decoder::random(small_model::shape, 3));
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.span()) == status::ok);
  return ai;
}
constexpr example light{.prompt = "light in the hall", .answer = "on now"};
constexpr example heat{.prompt = "heat", .answer = "off"};

template <class Pipeline>
std::vector<float> parameters(const Pipeline& ai) {
  const auto& l = ai.learning();
  return {l.parameters(), l.parameters() + std::remove_cvref_t<decltype(l)>::parameter_floats};
}
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

std::vector<std::uint16_t> some_tokens(std::size_t n, const mote::shape& s) {
  mote::rng random(5);
  std::vector<std::uint16_t> t(n);
  for (auto& v : t) v = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(s.vocab)));
  return t;
}

/// A pass back through the layers from `first` on: the collected gradients, and in how many portions.
template <class Format, class Delta>
float gradient(const packed_bytes& packed, std::size_t first, Delta& delta, std::size_t& portions) {
  static constexpr auto frequencies = mote::rope_frequencies<deep.head_dim() / 2>(deep.rope_theta);
  const auto map = mote::map_tensors<Format>(deep);
  const auto plan =
      mote::plan_arena(mote::train_lifetimes<mote::llama, Format>(deep, capacity, 7, {.first_layer = first}));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  const mote::weights<Format> w(packed.data(), deep, map);
  mote::sequence_pass<mote::llama, mote::simd::native, Format, Delta> pass(deep, w, delta, frequencies.data(), buffers,
                                                                           capacity, 7, first);
  const auto tokens = some_tokens(20, deep);
  const std::span<const std::uint16_t> sequence(tokens);
  pass.begin(sequence);
  for (portions = 0; pass.progress().stage != mote::train_progress::done; ++portions)
    (void)pass.advance(sequence, 3, mote::next_tokens<std::uint16_t>{sequence, 1.0F}, true);
  return pass.progress().sum;
}

}  // namespace

TEST_CASE("last_layers: the gradient of the last layers is the whole one's, bit for bit, in fewer portions and bytes") {
  using format = mote::q8<4>;
  using every = mote::lora<3, everywhere>::state<deep_model, format>;
  const packed_bytes packed = plain_decoder::random(deep, 31).pack<format>();
  auto all = std::make_unique<every>();
  all->reset();
  mote::rng random(9);
  for (std::size_t i = 0; i < every::parameter_floats; ++i)
    if (all->parameters()[i] == 0) all->parameters()[i] = 0.05F * random.normal();
  std::size_t whole_portions = 0;
  auto collector = all->collector();
  const float loss = gradient<format>(packed, 0, collector, whole_portions);

  const auto check = [&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
    using some =
        typename mote::lora<3, everywhere, mote::adam<>, mote::last_layers<K>>::template state<deep_model, format>;
    STATIC_REQUIRE(some::parameter_floats * deep.layers == every::parameter_floats * K);
    // The adapters in front are those that every layer has; so that the last ones see the same stream, all must apply.
    std::vector<float> kept(all->gradients(), all->gradients() + every::parameter_floats);
    all->drop();
    std::size_t portions = 0;
    auto again = all->collector();
    const float sum = gradient<format>(packed, deep.layers - K, again, portions);
    CHECK(sum == loss);
    const std::size_t below = (deep.layers - K) * (every::parameter_floats / deep.layers);
    CHECK(std::memcmp(all->gradients() + below, kept.data() + below, (every::parameter_floats - below) * 4) == 0);
    for (std::size_t i = 0; i < below; ++i) REQUIRE(all->gradients()[i] == 0);
    std::memcpy(all->gradients(), kept.data(), kept.size() * 4);
    // Three chunks of seven: two blocks a layer there; one again and three phases back; and what follows the first layer.
    const std::size_t saved = (deep.layers - K) * 3 * (1 + 3) + (K < deep.layers ? 1 : 0);
    CHECK(portions + saved == whole_portions);
    constexpr auto bytes = [](std::size_t first) {
      return mote::plan_arena(mote::train_lifetimes<mote::llama, format>(deep, capacity, 7, {.first_layer = first}))
          .bytes;
    };
    STATIC_REQUIRE(bytes(0) - bytes(deep.layers - K) == (deep.layers - K) * capacity * mote::padded(deep.dim) * 4);
  };
  check(std::integral_constant<std::size_t, 1>{});
  check(std::integral_constant<std::size_t, 2>{});
  check(std::integral_constant<std::size_t, 3>{});
  check(std::integral_constant<std::size_t, 4>{});
}

TEST_CASE("last_layers: all parameters' gradient of the last layers is the whole one's, bit for bit") {
  using format = mote::f32<16>;
  const packed_bytes packed = plain_decoder::random(deep, 32).pack<format>();
  const auto map = mote::map_tensors<format>(deep);
  packed_bytes whole(map.bytes), some(map.bytes);
  std::size_t portions = 0;
  mote::full_gradients<16> a(deep, map, whole.floats()), b(deep, map, some.floats());
  CHECK(gradient<format>(packed, 0, a, portions) == gradient<format>(packed, 2, b, portions));
  const std::size_t second = map.start_of(2), end = map.start_of(deep.layers);
  CHECK(std::memcmp(whole.data() + second, some.data() + second, end - second) == 0);
}

TEST_CASE("last_layers: a pipeline learns with less, and more layers than there are is backpropagation") {
  using every = base<mote::lora<4, everywhere, small_steps>>;
  using last = base<mote::lora<4, everywhere, small_steps, mote::last_layers<1>>>;
  using many = base<mote::lora<4, everywhere, small_steps, mote::last_layers<9>>>;
  STATIC_REQUIRE(last::cost().ram.weights * 2 == every::cost().ram.weights);
  STATIC_REQUIRE(last::cost().ram.activations < every::cost().ram.activations);
  STATIC_REQUIRE(many::cost().ram.object() == every::cost().ram.object());
  const auto ai = attached<last>();
  const float before = ai->loss(light).loss;
  for (int i = 0; i < 30; ++i) REQUIRE(ai->learn(light).stepped);
  CHECK(ai->loss(light).loss < 0.7F * before);
  packed_bytes kept(ai->saved_bytes());
  REQUIRE(ai->save({kept.data(), kept.size()}) == status::ok);
  const auto fresh = attached<last>();
  REQUIRE(fresh->load(kept.span()) == status::ok);
  CHECK(fresh->loss(light).loss == ai->loss(light).loss);
  const auto other = attached<base<mote::lora<2, everywhere, small_steps>>>();  // as many floats, at other places
  CHECK(other->load(kept.span()) == status::wrong_format);
}

namespace {

struct of_hearth {
  static constexpr std::string_view name = "hearth";
  static constexpr mote::shape shape{
      .dim = 96, .hidden = 256, .layers = 4, .heads = 6, .kv_heads = 3, .vocab = 512, .context = 256};
  static constexpr std::size_t vocabulary_bytes = 0;
  static constexpr mote::special_tokens special_tokens{};
};
struct of_260k : of_hearth {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
};
struct of_15m : of_hearth {
  static constexpr mote::shape shape{
      .dim = 288, .hidden = 768, .layers = 6, .heads = 6, .kv_heads = 6, .vocab = 32000, .context = 256};
};
struct of_gpt2 : of_hearth {
  using family = mote::gpt2;
  static constexpr mote::shape shape{
      .dim = 96, .hidden = 384, .layers = 3, .heads = 4, .kv_heads = 4, .vocab = 1000, .context = 128};
};

/// How many of the settings of a model's lessons need a larger arena than answering and its keys and values together.
template <class Model, class... Policies>
std::size_t dearer_than_answers(std::size_t& settings, const mote::shape& s = Model::shape, std::size_t step = 1) {
  using tried = mote::lora<2, mote::lora_knobs{.tokens = 4}, mote::adam<>, mote::zeroth_order<>>;
  mote::choices answers = mote::choices_of<Model, Policies...>;
  mote::choices learns = mote::choices_of<Model, tried, Policies...>;
  learns.bound_to = 0;  // to the parameters of its shape, of which an arena knows nothing
  std::size_t dearer = 0;
  for (std::size_t tokens = 2; tokens <= s.context; tokens += step)
    for (const std::size_t chunk : {1U, 2U, 3U, 8U, 16U, 64U}) {
      if (chunk > tokens || (step > 1 && chunk % 8 > 1)) continue;
      answers.context = learns.context = learns.learning.tokens = tokens;
      answers.prefill = learns.prefill = learns.learning.chunk = chunk;
      const mote::ram_regions a = mote::cost_of(s, answers).ram;
      const mote::ram_regions b = mote::cost_of(s, learns).ram;
      REQUIRE(a.cache == b.cache);
      REQUIRE(b.activations >= a.activations);
      dearer += b.activations > a.activations + a.cache ? 1U : 0U;
      ++settings;
    }
  return dearer;
}
/// A lesson keeps two streams and one layer's keys and values, an answer those of all layers.
constexpr bool answers_keep_as_much(const mote::shape& s) { return (s.layers - 1) * s.kv_dim() >= mote::padded(s.dim); }

}  // namespace

TEST_CASE("zeroth_order: a lesson takes no more memory than an answer of its length, for every length and chunk") {
  std::size_t settings = 0;
  CHECK(dearer_than_answers<of_hearth>(settings) == 0);
  CHECK(dearer_than_answers<of_260k>(settings) == 0);
  CHECK(dearer_than_answers<of_15m>(settings) == 0);
  CHECK(dearer_than_answers<of_gpt2>(settings) == 0);
  CHECK(settings > 5000);
  // Of other shapes: where the keys and values of all layers but one are as wide as the stream.
  std::size_t shapes = 0, narrow = 0;
  for (const std::size_t layers : {1U, 2U, 3U, 5U, 8U})
    for (const std::size_t dim : {32U, 64U, 96U, 224U})
      for (const std::size_t kv_heads : {1U, 2U, 4U})
        for (const std::size_t vocab : {70U, 512U, 9000U}) {
          const mote::shape s{.dim = dim,
                              .hidden = dim / 8 * 21,
                              .layers = layers,
                              .heads = 4,
                              .kv_heads = kv_heads,
                              .vocab = vocab,
                              .context = 200};
          CAPTURE(layers, dim, kv_heads, vocab);
          const std::size_t dearer = dearer_than_answers<of_hearth>(settings, s, 7);
          if (answers_keep_as_much(s)) CHECK(dearer == 0);
          else narrow += dearer > 0 ? 1U : 0U;
          ++shapes;
        }
  CHECK(shapes == 180);
  CHECK(narrow > 20);  // else the condition says nothing
  // Not beside a cache of 8 bits, of which the lesson's floats of one layer may be more.
  CHECK(dearer_than_answers<of_hearth, mote::cache<8>>(settings) > 0);

  using exact = base<mote::lora<2, everywhere>>;
  using tried = base<mote::lora<2, everywhere, mote::adam<>, mote::zeroth_order<>>>;
  STATIC_REQUIRE(tried::cost().ram.activations * 2 < exact::cost().ram.activations);
  STATIC_REQUIRE(tried::cost().ram.weights == exact::cost().ram.weights);
  // Its second array is no gradient, and is not called one.
  STATIC_REQUIRE(tried::cost().ram.gradients == 0);
  STATIC_REQUIRE(tried::cost().ram.perturbed == tried::cost().ram.weights);
  STATIC_REQUIRE(exact::cost().ram.perturbed == 0);
  STATIC_REQUIRE(exact::cost().ram.gradients == exact::cost().ram.weights);
  STATIC_REQUIRE(sizeof(tried) == tried::cost().ram.object());
}

TEMPLATE_TEST_CASE(
    "zeroth_order: the loss falls, the same way each time", "",
    (mote::lora<2, mote::lora_knobs{}, small_steps, mote::zeroth_order<>>),
    (mote::ia3<mote::ia3_knobs{.batch = 3}, mote::adam<mote::adam_knobs{.rate = 3e-2F}>, mote::zeroth_order<>>)) {
  using pipeline = base<TestType>;
  const auto ai = attached<pipeline>();
  const float before = ai->loss(light).loss;
  for (std::size_t i = 0; i < 300 * TestType::batch; ++i) REQUIRE(ai->learn(light).state == status::ok);
  const float after = ai->loss(light).loss;
  INFO(before << " -> " << after);
  CHECK(after < 0.6F * before);
  const auto again = attached<pipeline>();
  for (std::size_t i = 0; i < 300 * TestType::batch; ++i) REQUIRE(again->learn(light).state == status::ok);
  CHECK(same(parameters(*ai), parameters(*again)));
}

TEST_CASE("zeroth_order: what is moved is half the loss there and back, and pads stay zero") {
  using pipeline = base<mote::lora<3, everywhere, mote::sgd<mote::sgd_knobs{.clip = 0}>, mote::zeroth_order<>>>;
  const auto ai = attached<pipeline>();
  const float before = ai->loss(heat).loss;
  const auto start = parameters(*ai);
  const auto l = ai->learn(heat);
  REQUIRE(l.stepped);
  CHECK(std::fabs(l.loss - before) < 0.05F * before);
  const auto moved = parameters(*ai);
  // Every parameter moved by the same distance up or down, apart from rounding; what pads a row did not.
  float distance = 0;
  std::size_t still = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const float d = std::fabs(moved[i] - start[i]);
    if (d == 0) ++still;
    else if (distance == 0) distance = d;
    else REQUIRE(std::fabs(d - distance) < 1e-3F * distance + 1e-6F);
  }
  CHECK(distance > 0);
  // hidden is 44, of 48: what reads or gives it is padded by four, in three matrices of two layers, three rows each
  CHECK(still == 3U * 3U * 2U * 4U);
}

namespace {

/// Learns both examples in portions while an answer is given, and says whether anything differs from doing one after the
/// other.
template <class Learning, class... More>
void check_turns(std::size_t budget, std::size_t steps_between) {
  using pipeline = base<Learning, More...>;
  CAPTURE(budget, steps_between);
  const auto alone = attached<pipeline>();
  const auto learns = attached<pipeline>();
  std::vector<mote::learned> expected;
  for (const example& e : {light, heat, light}) expected.push_back(alone->learn(e));
  const auto taught = parameters(*alone);

  // The answer of a pipeline that does not learn meanwhile: the parameters change at the end of a lesson alone.
  const auto silent = attached<pipeline>();
  std::vector<float> logits, turned;
  REQUIRE(silent->begin("what is it", 12) == status::ok);
  REQUIRE(learns->begin("what is it", 12) == status::ok);
  bool answering = true;
  std::size_t lesson = 0;
  const example all[] = {light, heat, light};
  REQUIRE(learns->learn_begin(all[0]) == status::ok);
  std::size_t portions = 0;
  while (lesson < 1) {
    const mote::learned l = learns->learn_step(budget);
    ++portions;
    REQUIRE(l.state == status::ok);
    if (l.done) {
      CHECK(l.loss == expected[lesson].loss);
      CHECK(l.stepped == expected[lesson].stepped);
      ++lesson;
      break;
    }
    for (std::size_t i = 0; answering && i < steps_between; ++i) {
      const auto a = silent->step();
      const auto b = learns->step();
      CHECK(a.piece == b.piece);
      REQUIRE(a.done == b.done);
      answering = !a.done;
      if (answering && silent->tokens().size() > silent->prompt_tokens())
        CHECK(std::memcmp(silent->logits().data(), learns->logits().data(), small_model::shape.vocab * 4) == 0);
    }
  }
  CHECK(portions > 1);
  for (std::size_t i = 1; i < 3; ++i) {
    REQUIRE(learns->learn_begin(all[i]) == status::ok);
    if (i == 2) (void)learns->begin("another", 4);  // a question within a lesson: its text takes memory as well
    for (bool done = false; !done;) {
      const mote::learned l = learns->learn_step(budget);
      done = l.done;
      if (done) CHECK(l.loss == expected[i].loss);
      else (void)learns->step();
    }
  }
  CHECK(same(taught, parameters(*learns)));
}

using learners_by_turns = mote_tests::some_or_all<
    std::tuple<mote::lora<2, by_turns>, mote::lora<2, by_turns, mote::adam<>, mote::zeroth_order<>>,
               mote::prefix_tuning<3, mote::prefix_tuning_knobs{.tokens = 40, .takes_turns = true}>>,
    std::tuple<mote::lora<2, by_turns, mote::adam<>, mote::last_layers<1>>,
               mote::ia3<mote::ia3_knobs{.tokens = 40, .batch = 2, .takes_turns = true}>,
               mote::prompt_tuning<3, mote::prompt_tuning_knobs{.tokens = 40, .takes_turns = true}>>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("a lesson takes turns with an answer: neither changes a bit of the other", "",
                        learners_by_turns) {
  for (const std::size_t budget : {1U, 3U, 8U, 50U})
    for (const std::size_t steps : {1U, 5U}) {
      check_turns<TestType>(budget, steps);
      check_turns<TestType, mote::prefill<4>, mote::lookup<>>(budget, steps);
    }
}

TEST_CASE("turns cost the bytes of a lesson that live from one portion to the next beside the answer's") {
  using plain = base<mote::lora<2, everywhere>>;
  using turns = base<mote::lora<2, by_turns>>;
  STATIC_REQUIRE(turns::cost().ram.activations >= plain::cost().ram.activations);
  STATIC_REQUIRE(turns::cost().ram.activations <= plain::cost().ram.activations + base<>::cost().ram.activations);
}

TEST_CASE("a lesson in portions, whatever the budget, is learn()") {
  using pipeline = base<mote::lora<2, everywhere>>;
  const auto alone = attached<pipeline>();
  for (int i = 0; i < 3; ++i) REQUIRE(alone->learn(light).stepped);
  for (const std::size_t budget : {1U, 2U, 5U, 9U, 1000U}) {
    const auto ai = attached<pipeline>();
    std::size_t portions = 0;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(ai->learn_begin(light) == status::ok);
      for (mote::learned l{.done = false}; !l.done; ++portions) {
        l = ai->learn_step(budget);
        REQUIRE(l.state == status::ok);
      }
    }
    CHECK(same(parameters(*alone), parameters(*ai)));
    // 29 tokens with the control tokens, the last of which is only predicted: 28 through two blocks there and four back of
    // two layers, and a loss for each of the answer's.
    const std::size_t work = 28 * 2 * (2 + 4) + 8;
    CHECK(portions >= 3 * mote::ceil_div(work, budget));
    if (budget == 1) CHECK(portions <= 3 * (work + 1));
  }
  const auto ai = attached<pipeline>();
  REQUIRE(ai->learn_begin(light) == status::ok);
  CHECK_FALSE(ai->learn_step(0).done);
  CHECK(ai->learn_step(std::uint64_t{1} << 32U).done);  // more than a size_t of 32 bits holds
}

TEMPLATE_TEST_CASE("a lesson that was begun and not finished takes its batch with it, however far it came", "",
                   mote::backpropagation, mote::last_layers<1>, mote::zeroth_order<>) {
  constexpr mote::lora_knobs pairs{.tokens = 40, .batch = 2};
  using pipeline = base<mote::lora<2, pairs, mote::adam<>, TestType>>;
  for (const std::size_t before : {0U, 1U, 20U, 71U, 72U, 100U})
    for (const bool answers : {true, false}) {
      CAPTURE(before, answers);
      const auto alone = attached<pipeline>(), ai = attached<pipeline>();
      REQUIRE(ai->begin("what", 8) == status::ok);
      REQUIRE(ai->learn(heat).state == status::ok);
      REQUIRE(ai->learn_begin(light) == status::ok);
      if (before > 0) REQUIRE_FALSE(ai->learn_step(before).done);
      if (answers) (void)ai->step();
      else (void)ai->loss(light);
      CHECK(ai->learn_step(10).state == status::empty);
      // The batch begins anew: its step comes after two more.
      CHECK_FALSE(ai->learn(light).stepped);
      CHECK(ai->learn(heat).stepped);
      for (const example& e : {light, heat}) (void)alone->learn(e);
      if constexpr (TestType::goes_back)  // another direction is tried where not
        CHECK(same(parameters(*alone), parameters(*ai)));
    }
}

TEMPLATE_TEST_CASE("what a program does to the state itself ends the lesson and its batch", "", mote::backpropagation,
                   mote::last_layers<1>, mote::zeroth_order<>) {
  constexpr mote::lora_knobs pairs{.tokens = 40, .batch = 2};
  using pipeline = base<mote::lora<2, pairs, mote::adam<>, TestType>>;
  for (const bool under_way : {false, true})
    for (const int way : {0, 1, 2}) {
      CAPTURE(under_way, way);
      const auto alone = attached<pipeline>(), ai = attached<pipeline>();
      const auto start = parameters(*ai);
      REQUIRE_FALSE(ai->learn(heat).stepped);  // the first of two
      if (under_way) {
        REQUIRE(ai->learn_begin(light) == status::ok);
        REQUIRE_FALSE(ai->learn_step(50).done);
      }
      if (way == 0) ai->learning().reset();
      else if (way == 1) ai->learning().restore(start.data());
      else ai->learning().drop();
      CHECK(ai->learn_step(10).state == status::empty);
      for (const example& e : {light, heat}) {
        const auto a = alone->learn(e), b = ai->learn(e);
        CHECK(a.stepped == b.stepped);
        if (TestType::goes_back || way != 2) CHECK(a.loss == b.loss);  // else another direction is tried
      }
      if (TestType::goes_back || way != 2) CHECK(same(parameters(*alone), parameters(*ai)));
    }
}

TEST_CASE("a lesson that cannot take turns is forgotten when an answer takes its memory") {
  using pipeline = base<mote::lora<2, mote::lora_knobs{.targets = mote::all_matrices, .tokens = 40, .batch = 2}>>;
  const auto ai = attached<pipeline>();
  CHECK(ai->learn_step(10).state == status::empty);
  CHECK(ai->learn_begin(example{.prompt = "a", .answer = ""}) == status::empty);
  CHECK(ai->learn_step(10).state == status::empty);
  for (const std::size_t before : {5U, 200U}) {  // on the way there, and on the way back
    REQUIRE(ai->begin("what", 8) == status::ok);
    REQUIRE(ai->learn_begin(light) == status::ok);
    CHECK_FALSE(ai->learn_step(before).done);
    (void)ai->step();
    CHECK(ai->learn_step(10).state == status::empty);
  }
  // Nothing of it is left in the next batch.
  const auto alone = attached<pipeline>();
  for (const example& e : {light, heat}) {
    const auto a = alone->learn(e), b = ai->learn(e);
    CHECK(a.loss == b.loss);
    CHECK(a.stepped == b.stepped);
  }
  CHECK(same(parameters(*alone), parameters(*ai)));
}
