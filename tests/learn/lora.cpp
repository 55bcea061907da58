// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/lora.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "mote/learn/early_stop.hpp"
#include "mote/learn/frozen.hpp"
#include "small_model.hpp"

namespace {

using mote::example;
using mote::status;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::small_model;

constexpr mote::lora_knobs everywhere{.targets = mote::all_matrices, .tokens = 64};
template <class Bits, class... More>
using base = mote::pipeline<small_model, Bits, mote::interleave<4>, More...>;

struct planted {
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 48, .context = 64};
};

/// Every logit of an answer, in order.
template <class Pipeline>
std::vector<float> answer_logits(Pipeline& ai, std::string_view question, std::size_t most = 8) {
  std::vector<float> all;
  REQUIRE(ai.begin(question, most) == status::ok);
  for (std::size_t at = 0;; ++at) {
    const auto s = ai.step();
    REQUIRE(s.state == status::ok);
    if (at + 1 >= ai.prompt_tokens()) all.insert(all.end(), ai.logits().begin(), ai.logits().end());
    if (s.done) return all;
  }
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

/// Questions and answers with a rule to find: a place, and what is done there.
std::vector<std::array<std::string, 2>> commands(std::size_t from, std::size_t to) {
  const char* rooms[] = {"hall", "kitchen", "cellar", "porch", "attic", "study"};
  const char* acts[] = {"light", "heat", "fan", "lock", "blind", "bell", "pump", "door"};
  std::vector<std::array<std::string, 2>> all;
  for (std::size_t i = from; i < to; ++i) {  // in an order that leaves every word in both parts
    const std::size_t k = i * 7 % 48;
    const std::string room = rooms[k % 6], act = acts[k / 6];
    all.push_back({"set the " + act + " of the " + room, act + " in " + room});
  }
  return all;
}

template <class Pipeline>
double mean_loss(Pipeline& ai, const std::vector<std::array<std::string, 2>>& set) {
  double sum = 0;
  for (const auto& [prompt, answer] : set) {
    const auto l = ai.loss(example{.prompt = prompt, .answer = answer});
    REQUIRE(l.state == status::ok);
    sum += static_cast<double>(l.loss);
  }
  return sum / static_cast<double>(set.size());
}

}  // namespace

TEMPLATE_TEST_CASE("an adapter changes nothing before its first step, and much after some", "", mote::quantize<8>,
                   mote::quantize<32>) {
  using plain = base<TestType>;
  using learner = base<TestType, mote::lora<4, everywhere>>;
  const auto image = mote_tests::small_image<typename plain::format>(plain_decoder::random(small_model::shape, 3));
  auto fixed = std::make_unique<plain>();
  auto ai = std::make_unique<learner>();
  REQUIRE(fixed->attach(image.span()) == status::ok);
  REQUIRE(ai->attach(image.span()) == status::ok);
  const auto before = answer_logits(*fixed, "hello there");
  REQUIRE(!before.empty());
  CHECK(same_bits(before, answer_logits(*ai, "hello there")));

  const auto seen = commands(0, 36);
  const auto held_out = commands(36, 48);
  const double untrained = mean_loss(*ai, held_out);
  CHECK(same_bits(before, answer_logits(*ai, "hello there")));  // a loss is no lesson
  for (int epoch = 0; epoch < 6; ++epoch)
    for (const auto& [prompt, answer] : seen) {
      const auto l = ai->learn(example{.prompt = prompt, .answer = answer});
      REQUIRE(l.state == status::ok);
      REQUIRE(l.stepped);
    }
  CHECK_FALSE(same_bits(before, answer_logits(*ai, "hello there")));
  const double trained = mean_loss(*ai, held_out);
  INFO("held-out loss " << untrained << " -> " << trained);
  CHECK(trained < 0.5 * untrained);

  REQUIRE(ai->attach(image.span()) == status::ok);  // starts over
  CHECK(same_bits(before, answer_logits(*ai, "hello there")));
}

TEST_CASE("a bad example changes nothing") {
  using learner = base<mote::quantize<8>, mote::lora<4, everywhere>>;
  const auto image = mote_tests::small_image<learner::format>(plain_decoder::random(small_model::shape, 3));
  auto ai = std::make_unique<learner>();
  CHECK(ai->learn(example{.prompt = "a", .answer = "b"}).state == status::not_attached);
  REQUIRE(ai->attach(image.span()) == status::ok);
  const std::vector<float> before(ai->learning().gradients(),
                                  ai->learning().gradients() + ai->learning().parameter_floats);
  const std::string_view long_text = "this is far longer than the window of sixty four tokens, which are letters here";
  CHECK(ai->learn(example{.prompt = "a", .answer = long_text}).state == status::too_long);
  CHECK(ai->learn(example{.prompt = "a", .answer = ""}).state == status::empty);
  CHECK(ai->learn(example{.prompt = "", .answer = "b"}).state == status::empty);
  CHECK(ai->learn(example{.prompt = std::string_view("a\0b", 3), .answer = "b"}).state == status::bad_utf8);
  CHECK(std::memcmp(before.data(), ai->learning().gradients(), before.size() * 4) == 0);
}

TEST_CASE("a snapshot that changes nothing, or was learned elsewhere, is refused") {
  using learner = base<mote::quantize<8>, mote::lora<4, everywhere>>;
  const auto image = mote_tests::small_image<learner::format>(plain_decoder::random(small_model::shape, 3));
  const auto other = mote_tests::small_image<learner::format>(plain_decoder::random(small_model::shape, 4));
  auto ai = std::make_unique<learner>();
  REQUIRE(ai->attach(image.span()) == status::ok);
  packed_bytes untrained(ai->saved_bytes());
  REQUIRE(ai->save({untrained.data(), untrained.size()}) == status::ok);
  CHECK(ai->load(untrained.span()) == status::no_effect);

  for (int i = 0; i < 3; ++i) REQUIRE(ai->learn(example{.prompt = "lights", .answer = "on"}).state == status::ok);
  const auto taught = answer_logits(*ai, "lights");
  packed_bytes trained(ai->saved_bytes());
  REQUIRE(ai->save({trained.data(), trained.size()}) == status::ok);
  CHECK(ai->load(untrained.span()) == status::no_effect);
  CHECK(same_bits(taught, answer_logits(*ai, "lights")));  // and what was there stays

  REQUIRE(ai->attach(other.span()) == status::ok);
  CHECK(ai->load(trained.span()) == status::wrong_base);
  REQUIRE(ai->attach(image.span()) == status::ok);
  CHECK_FALSE(same_bits(taught, answer_logits(*ai, "lights")));
  CHECK(ai->load(trained.span()) == status::ok);
  CHECK(same_bits(taught, answer_logits(*ai, "lights")));

  using narrower = base<mote::quantize<8>, mote::lora<2, everywhere>>;
  auto small = std::make_unique<narrower>();
  REQUIRE(small->attach(image.span()) == status::ok);
  CHECK(small->load(trained.span()) == status::wrong_format);
}

TEST_CASE("rank 4 recovers a planted change of rank 2") {
  // The teacher is the base plus a rank-2 change of query and value. The student sees sequences drawn from the teacher
  // and is measured on others: the gap is the mean difference of cross-entropy, in nats a token, between student and
  // teacher on the teacher's own draws, which is an estimate of KL(teacher || student). Both sides see the same draws.
  constexpr mote::shape s = planted::shape;
  using model = planted;
  using format = mote::f32<16>;
  constexpr std::size_t window = 48;
  // Cosine from 1e-2 to nothing below; alpha / rank is the usual 2.
  using adapter =
      mote::lora<4, mote::lora_knobs{.tokens = window, .batch = 8}, mote::adam<mote::adam_knobs{.rate = 1e-2F}>>;
  using state = adapter::state<model, format>;
  const plain_decoder base_model = plain_decoder::random(s, 61);
  plain_decoder teacher = base_model;
  mote::rng random(62);
  for (auto& b : teacher.blocks)
    for (const mote::role r : {mote::role::query, mote::role::value}) {
      auto& w = b.matrix[static_cast<std::size_t>(r)];
      for (int k = 0; k < 2; ++k) {
        std::vector<double> u(w.rows), v(w.cols);
        for (double& x : u) x = static_cast<double>(random.normal());
        for (double& x : v) x = static_cast<double>(random.normal());
        for (std::size_t i = 0; i < w.rows; ++i)
          for (std::size_t j = 0; j < w.cols; ++j) w.at(i, j) += 0.06 * u[i] * v[j];
      }
    }

  const auto map = mote::map_tensors<format>(s);
  constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  const packed_bytes base_bytes = base_model.pack<format>();
  const packed_bytes teacher_bytes = teacher.pack<format>();
  const mote::weights<format> base_view(base_bytes.data(), s, map);
  const mote::weights<format> teacher_view(teacher_bytes.data(), s, map);

  // Sequences drawn from the teacher, token by token.
  const auto decode_plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(s, window));
  packed_bytes decode_arena(decode_plan.bytes);
  const mote::decode_buffers<mote::llama> decode_buffers{decode_arena.data(), decode_plan};
  packed_bytes kept(mote::float_cache::bytes(mote::cache_shape_of(s), window));
  const mote::float_cache cache(kept.data(), mote::cache_shape_of(s), window);
  const mote::no_adapter nothing;
  const auto draw = [&] {
    std::vector<std::uint16_t> t{static_cast<std::uint16_t>(random.below(s.vocab))};
    while (t.size() < window) {
      float* p = mote::decode(s, teacher_view, nothing, frequencies.data(), cache, decode_buffers, t.back(),
                              t.size() - 1, true);
      mote::softmax(p, s.vocab);
      float coin = random.uniform();
      std::size_t pick = 0;
      while (pick + 1 < s.vocab && coin >= p[pick]) coin -= p[pick++];
      t.push_back(static_cast<std::uint16_t>(pick));
    }
    return t;
  };
  std::vector<std::vector<std::uint16_t>> held_out(24);
  for (auto& t : held_out) t = draw();

  const auto plan = mote::plan_arena(mote::train_lifetimes<mote::llama, format>(s, window, adapter::chunk));
  packed_bytes arena(plan.bytes);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  auto student = std::make_unique<state>();
  auto teachers_own = std::make_unique<state>();
  student->reset();
  teachers_own->reset();
  constexpr float weight = 1.0F / static_cast<float>(window - 1);
  const auto measure = [&](const mote::weights<format>& w, state& l) {
    auto collector = l.collector();
    mote::sequence_pass<mote::llama, mote::simd::native, format, mote::low_rank_adapters> pass(
        s, w, collector, frequencies.data(), buffers, window, adapter::chunk);
    double sum = 0;
    for (const auto& t : held_out) sum += static_cast<double>(pass.loss(std::span<const std::uint16_t>(t), 0, weight));
    return sum / static_cast<double>(held_out.size());
  };
  const double best = measure(teacher_view, *teachers_own);
  const double before = measure(base_view, *student);
  auto collector = student->collector();
  mote::sequence_pass<mote::llama, mote::simd::native, format, mote::low_rank_adapters> pass(
      s, base_view, collector, frequencies.data(), buffers, window, adapter::chunk);
  constexpr int steps = 300;
  for (int step = 0; step < steps; ++step) {
    (void)student->rate(1e-2F * 0.5F * (1.0F + std::cos(3.14159265F * static_cast<float>(step) / steps)));
    for (std::size_t i = 0; i < adapter::batch; ++i) {
      const auto t = draw();
      pass.backward(std::span<const std::uint16_t>(t), 0, weight / static_cast<float>(adapter::batch));
    }
    student->step();
  }
  const double after = measure(base_view, *student);
  INFO("planted change: " << before << " nats before, " << after << " after " << steps << " steps, the teacher " << best
                          << ": " << 100 * (before - after) / (before - best) << " % of the gap");
  REQUIRE(before - best > 0.1);
  CHECK(before - after >= 0.95 * (before - best));
}
