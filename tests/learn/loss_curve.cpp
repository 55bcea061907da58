// SPDX-License-Identifier: BSL-1.0
// What must not show in what is learned: how many tokens go through the wide layers at once, how the rows lie, which
// instructions multiply, how many threads answer. Every sum of a step has one order: over rows, over columns, over the
// tokens of an example in their order. None of these four divides or orders a sum, so all is compared bit for bit.
// Optimized: it learns with each method for hundreds of steps.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "mote/block/train.hpp"
#include "mote/family/llama.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/lora.hpp"
#include "mote/policy/threads.hpp"
#include "small_model.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_decoder;

template <mote::shape S>
struct model_of {
  static constexpr mote::shape shape = S;
};

// The shapes of llama2.c's stories260K and stories15M and of a 135M model, with fewer blocks, and the last with a quarter
// of its vocabulary: wide beside dim all the same.
constexpr mote::shape of_260k{
    .dim = 64, .hidden = 172, .layers = 3, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
constexpr mote::shape of_15m{
    .dim = 288, .hidden = 768, .layers = 1, .heads = 6, .kv_heads = 6, .vocab = 32000, .context = 256};
/// full<> keeps four floats a weight.
constexpr mote::shape with_vocabulary(mote::shape s, std::size_t vocab) {
  s.vocab = vocab;
  return s;
}

struct lesson {
  std::size_t tokens;  // of the example, and of the memory
  std::size_t first;   // the first position that predicts
  int steps;
};
constexpr lesson long_lesson{64, 5, 4};
constexpr lesson short_lesson{20, 15, 2};

/// Logits of a size at which a gradient says something, however wide the model is.
plain_decoder some_model(const mote::shape& s) {
  plain_decoder m = plain_decoder::random(s, s.vocab);
  for (double& v : m.embedding.v) v *= 0.25;  // still a float
  return m;
}

/// The loss before each step and after the last, and what was learned.
struct curve {
  std::vector<std::uint32_t> losses;
  std::vector<std::uint32_t> parameters;
  bool operator==(const curve&) const = default;
  float loss(std::size_t step) const { return std::bit_cast<float>(losses[step]); }
};

template <class Model, class Format, class Learning, class Isa = mote::simd::native>
curve learn(const packed_bytes& packed, const lesson& l, std::size_t chunk) {
  constexpr mote::shape s = Model::shape;
  using state = typename Learning::template state<Model, Format>;
  static constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  static const auto map = mote::map_tensors<Format>(s);
  const auto learner = std::make_unique<state>();
  if constexpr (Learning::owns_weights) learner->reset(packed.data());
  else learner->reset();
  (void)learner->rate(Learning::owns_weights ? 3e-4F : 1e-2F);

  mote::rng random(s.vocab);
  std::vector<std::uint32_t> tokens(l.tokens);
  for (auto& t : tokens) t = random.below(static_cast<std::uint32_t>(s.vocab));
  const float weight = 1.0F / static_cast<float>(l.tokens - 1 - l.first);

  const auto plan = mote::plan_arena(mote::train_lifetimes<mote::llama, Format>(s, l.tokens, chunk));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  curve c;
  for (int step = 0; step <= l.steps; ++step) {
    const std::byte* bytes = packed.data();
    if constexpr (Learning::owns_weights) bytes = learner->bytes();
    const mote::weights<Format> w(bytes, s, map);
    auto&& collector = learner->collector();
    mote::sequence_pass<mote::llama, Isa, Format, std::remove_cvref_t<decltype(collector)>> pass(
        s, w, collector, frequencies.data(), buffers, l.tokens, chunk);
    const std::span<const std::uint32_t> sequence(tokens);
    const float loss = step < l.steps ? pass.backward(sequence, l.first, weight) : pass.loss(sequence, l.first, weight);
    c.losses.push_back(std::bit_cast<std::uint32_t>(loss));
    if (step < l.steps) learner->step();
  }
  // full<> keeps its weights in the order of its rows: there the losses stand for them.
  if constexpr (!Learning::owns_weights) {
    const float* p = learner->parameters();
    for (std::size_t i = 0; i < state::parameter_floats; ++i)
      c.parameters.push_back(std::bit_cast<std::uint32_t>(p[i]));
  }
  return c;
}

/// The curve with every chunk; the first is returned.
template <class Model, class Format, class Learning>
curve with_every_chunk(const plain_decoder& m, const lesson& l) {
  const packed_bytes packed = m.pack<Format>();
  const curve one = learn<Model, Format, Learning>(packed, l, 1);
  CHECK(one.loss(one.losses.size() - 1) < one.loss(0));
  for (const std::size_t chunk : {std::size_t{3}, std::size_t{8}, std::size_t{32}, l.tokens}) {
    if (chunk > l.tokens) continue;
    const curve other = learn<Model, Format, Learning>(packed, l, chunk);
    INFO(Format::name << ", chunk " << chunk << ": loss " << other.loss(1) << " behind a step, with chunk 1 "
                      << one.loss(1));
    CHECK((other == one));
  }
  return one;
}

using usual = mote::lora<4>;
using everywhere = mote::lora<4, mote::lora_knobs{.targets = mote::all_matrices}>;
using whole = mote::full<>;

}  // namespace

TEST_CASE("what is learned depends neither on the chunk nor on the rows: a shape like stories260K") {
  const plain_decoder m = some_model(of_260k);
  using model = model_of<of_260k>;
  const auto of_learner = [&]<class Learning>(Learning) {
    const auto of_formats = [&]<class First, class... Others>(First, Others...) {
      const curve first = with_every_chunk<model, First, Learning>(m, long_lesson);
      CHECK(((learn<model, Others, Learning>(m.pack<Others>(), long_lesson, 8) == first) && ...));
      CHECK((learn<model, First, Learning, mote::simd::scalar>(m.pack<First>(), long_lesson, 8) == first));
    };
    of_formats(mote::f32<1>{}, mote::f32<4>{}, mote::f32<8>{}, mote::f32<16>{});
    if constexpr (!Learning::owns_weights) of_formats(mote::q8<1>{}, mote::q8<4>{}, mote::q8<8>{}, mote::q8<16>{});
  };
  SECTION("adapters of query and value") { of_learner(usual{}); }
  SECTION("adapters of all matrices") { of_learner(everywhere{}); }
  SECTION("all parameters") { of_learner(whole{}); }
}

TEST_CASE("what is learned depends neither on the chunk nor on the rows: a shape like stories15M") {
  using model = model_of<of_15m>;
  const plain_decoder m = some_model(of_15m);
  with_every_chunk<model, mote::q8<16>, usual>(m, short_lesson);
  const curve first = with_every_chunk<model, mote::q8<16>, everywhere>(m, short_lesson);
  CHECK((learn<model, mote::q8<4>, everywhere>(m.pack<mote::q8<4>>(), short_lesson, 8) == first));
  constexpr mote::shape narrower = with_vocabulary(of_15m, 8000);
  with_every_chunk<model_of<narrower>, mote::f32<16>, whole>(some_model(narrower), short_lesson);
}

#if !MOTE_TEST_FEW_TYPES
TEST_CASE("what is learned depends neither on the chunk nor on the rows: a shape like a 135M model") {
  constexpr mote::shape of_135m{
      .dim = 576, .hidden = 1536, .layers = 1, .heads = 9, .kv_heads = 3, .vocab = 12288, .context = 2048};
  using model = model_of<of_135m>;
  const plain_decoder m = some_model(of_135m);
  with_every_chunk<model, mote::q8<16>, usual>(m, short_lesson);
  const curve first = with_every_chunk<model, mote::q8<16>, everywhere>(m, short_lesson);
  CHECK((learn<model, mote::q8<8>, everywhere>(m.pack<mote::q8<8>>(), short_lesson, 8) == first));
  constexpr mote::shape narrower = with_vocabulary(of_135m, 6000);
  with_every_chunk<model_of<narrower>, mote::f32<16>, whole>(some_model(narrower), short_lesson);
}
#endif

TEST_CASE("what is learned depends neither on the threads that answer nor on the room for longer examples") {
  const auto trained = []<class Threads, std::size_t Tokens, std::size_t Chunk>(Threads,
                                                                                std::index_sequence<Tokens, Chunk>) {
    using pipeline = mote::pipeline<mote_tests::small_model, mote::interleave<4>, Threads,
                                    mote::lora<4, mote::lora_knobs{.tokens = Tokens, .chunk = Chunk}>>;
    const packed_bytes image =
        mote_tests::small_image<typename pipeline::format>(plain_decoder::random(mote_tests::small_model::shape, 5));
    const auto ai = std::make_unique<pipeline>();
    REQUIRE(ai->attach(image.span()) == mote::status::ok);
    std::vector<std::uint32_t> seen;
    for (int round = 0; round < 4; ++round) {
      for (const mote::example& e : {mote::example{.prompt = "hall lamp", .answer = "seven"},
                                     mote::example{.prompt = "tea", .answer = "green", .note = "no milk"}})
        seen.push_back(std::bit_cast<std::uint32_t>(ai->learn(e).loss));
      for (std::string_view piece : ai->ask("hall lamp", 4))
        for (const char c : piece) seen.push_back(static_cast<unsigned char>(c));
      for (const float l : ai->logits()) seen.push_back(std::bit_cast<std::uint32_t>(l));
    }
    return seen;
  };
  const auto alone = trained(mote::single_thread{}, std::index_sequence<24, 8>{});
  CHECK(alone.size() > 4 * mote_tests::small_vocab);
  CHECK((trained(mote::threads<2>{}, std::index_sequence<24, 8>{}) == alone));
  CHECK((trained(mote::threads<3>{}, std::index_sequence<24, 24>{}) == alone));
  CHECK((trained(mote::single_thread{}, std::index_sequence<48, 5>{}) == alone));
}
