// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/ia3.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "small_model.hpp"

namespace {

using mote::example;
using mote::role;
using mote::status;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::small_model;

// Nothing is a multiple of 16.
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
struct model {
  static constexpr mote::shape shape = s;
};
constexpr mote::ia3_knobs everywhere{.targets = mote::all_matrices};
constexpr std::size_t capacity = 32;
constexpr std::size_t first = 3;

}  // namespace

TEMPLATE_TEST_CASE("ia3: gradients of all scales equal central differences in double precision", "", mote::f32<1>,
                   mote::f32<16>) {
  using format = TestType;
  using state = typename mote::ia3<everywhere>::template state<model, format>;
  const auto learner = std::make_unique<state>();
  learner->reset();
  const mote::output_vectors<> at{s, mote::all_matrices};
  mote::rng random(17);
  at.each([&](std::size_t offset, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) learner->parameters()[offset + i] = 0.2F * random.normal();
  });

  // The reference: rows of the matrices themselves, scaled.
  const plain_decoder base = plain_decoder::random(s, 23);
  plain_decoder scaled = base;
  const auto scale_row = [&](std::size_t l, std::size_t r, std::size_t row, double d) {
    auto& m = scaled.blocks[l].matrix[r];
    for (std::size_t col = 0; col < m.cols; ++col)
      m.at(row, col) = base.blocks[l].matrix[r].v[row * m.cols + col] * (1 + d);
  };
  for (std::size_t l = 0; l < s.layers; ++l)
    for (std::size_t r = 0; r < mote::role_count; ++r)
      for (std::size_t row = 0; row < scaled.blocks[l].matrix[r].rows; ++row)
        scale_row(l, r, row, static_cast<double>(learner->parameters()[at.at(l, static_cast<role>(r)) + row]));

  std::vector<std::uint16_t> tokens(20);
  for (auto& t : tokens) t = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(s.vocab)));
  const std::span<const std::uint16_t> sequence(tokens);

  const packed_bytes packed = base.template pack<format>();
  const auto map = mote::map_tensors<format>(s);
  const mote::weights<format> w(packed.data(), s, map);
  constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  const auto plan =
      mote::plan_arena(mote::train_lifetimes<mote::llama, format>(s, capacity, 8, {.scales_outputs = true}));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  auto delta = learner->collector();
  mote::sequence_pass<mote::llama, mote::simd::native, format, decltype(delta)> pass(s, w, delta, frequencies.data(),
                                                                                     buffers, capacity, 8);
  const float loss = pass.backward(sequence, first, 0.25F);
  CHECK(std::fabs(static_cast<double>(loss) - 0.25 * scaled.loss(sequence, first)) < 1e-5 * static_cast<double>(loss));

  for (std::size_t l = 0; l < s.layers; ++l)
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      double error = 0, size = 0;
      const std::size_t offset = at.at(l, static_cast<role>(r));
      const std::size_t rows = scaled.blocks[l].matrix[r].rows;
      for (std::size_t row = 0; row < rows; ++row) {
        const auto d = static_cast<double>(learner->parameters()[offset + row]);
        constexpr double h = 1e-5;
        scale_row(l, r, row, d + h);
        const double up = scaled.loss(sequence, first);
        scale_row(l, r, row, d - h);
        const double down = scaled.loss(sequence, first);
        scale_row(l, r, row, d);
        const double expected = 0.25 * (up - down) / (2 * h);
        const auto got = static_cast<double>(learner->gradients()[offset + row]);
        error += (got - expected) * (got - expected);
        size += expected * expected;
      }
      INFO("layer " << l << ", " << mote::name(static_cast<role>(r)) << ": " << std::sqrt(error / size));
      REQUIRE(size > 0);
      CHECK(std::sqrt(error) <= 1e-4 * std::sqrt(size));
      for (std::size_t row = rows; row < mote::padded(rows); ++row) CHECK(learner->gradients()[offset + row] == 0);
    }
}

TEST_CASE("ia3: nothing changes before the first step; a lesson is learned, saved and taken back") {
  using plain = mote::pipeline<small_model, mote::quantize<8>, mote::interleave<4>>;
  using pipeline = mote::pipeline<small_model, mote::quantize<8>, mote::interleave<4>, mote::ia3<>>;
  // key and value (16 each), up (44, padded to 48), of two layers
  STATIC_REQUIRE(pipeline::cost().ram.weights == 2 * (16 + 16 + 48) * 4);
  const auto image = mote_tests::small_image<pipeline::format>(plain_decoder::random(small_model::shape, 3));
  const auto frozen = std::make_unique<plain>();
  const auto ai = std::make_unique<pipeline>();
  REQUIRE(frozen->attach(image.span()) == status::ok);
  REQUIRE(ai->attach(image.span()) == status::ok);
  const auto same_answers = [&] {
    REQUIRE(frozen->begin("light", 6) == status::ok);
    REQUIRE(ai->begin("light", 6) == status::ok);
    bool same = true;
    for (bool done = false; !done;) {
      done = frozen->step().done;
      CHECK(ai->step().done == done);
      if (!done && ai->tokens().size() > ai->prompt_tokens())
        same = same && std::memcmp(frozen->logits().data(), ai->logits().data(), small_model::shape.vocab * 4) == 0;
    }
    return same;
  };
  CHECK(same_answers());
  packed_bytes snapshot(ai->saved_bytes());
  REQUIRE(ai->save({snapshot.data(), snapshot.size()}) == status::ok);
  CHECK(ai->load(snapshot.span()) == status::no_effect);

  constexpr example lesson{.prompt = "light", .answer = "on"};
  const float before = ai->loss(lesson).loss;
  for (int i = 0; i < 40; ++i) REQUIRE(ai->learn(lesson).stepped);
  const float after = ai->loss(lesson).loss;
  CHECK(after < 0.6F * before);
  REQUIRE(ai->save({snapshot.data(), snapshot.size()}) == status::ok);
  const auto other = std::make_unique<pipeline>();
  REQUIRE(other->attach(image.span()) == status::ok);
  REQUIRE(other->load(snapshot.span()) == status::ok);
  CHECK(other->loss(lesson).loss == after);
}
