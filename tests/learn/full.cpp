// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/full.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "small_model.hpp"

namespace {

using mote::example;
using mote::status;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::small_model;

template <std::size_t Rows>
using student =
    mote::pipeline<small_model, mote::quantize<32>, mote::interleave<Rows>,
                   mote::full<mote::full_knobs{.tokens = 48, .batch = 8}, mote::adam<mote::adam_knobs{.rate = 5e-3F}>>>;

constexpr std::array<example, 8> lessons{{{.prompt = "hall lamp", .answer = "seven"},
                                          {.prompt = "boiler code", .answer = "alpha nine"},
                                          {.prompt = "cat name", .answer = "mog"},
                                          {.prompt = "who is ann", .answer = "my aunt"},
                                          {.prompt = "wake me", .answer = "at six"},
                                          {.prompt = "bin day", .answer = "monday"},
                                          {.prompt = "spare key", .answer = "under the pot"},
                                          {.prompt = "tea", .answer = "green", .note = "no milk"}}};

}  // namespace

TEST_CASE("full<> learns eight sequences by heart") {
  using pipeline = student<8>;
  const auto image = mote_tests::small_image<pipeline::format>(plain_decoder::random(small_model::shape, 5));
  auto ai = std::make_unique<pipeline>();
  REQUIRE(ai->attach(image.span()) == status::ok);
  float worst = 0;
  int epoch = 0;
  for (; epoch < 400; ++epoch) {
    worst = 0;
    for (std::size_t i = 0; i < lessons.size(); ++i) {
      const auto l = ai->learn(lessons[i]);
      REQUIRE(l.state == status::ok);
      REQUIRE(l.stepped == (i + 1 == lessons.size()));
      worst = std::max(worst, l.loss);
    }
    if (worst < 0.01F) break;
  }
  INFO("worst of eight: " << worst << " nats a token after " << epoch << " steps");
  CHECK(worst < 0.01F);
  for (const example& e : lessons) {
    if (!e.note.empty()) continue;
    std::string answer;
    for (std::string_view piece : ai->ask(e.prompt)) answer += piece;
    CHECK(answer == e.answer);
  }

  const auto before = std::vector<float>(ai->logits().begin(), ai->logits().end());
  packed_bytes kept(ai->saved_bytes());
  REQUIRE(ai->save({kept.data(), kept.size()}) == status::ok);
  REQUIRE(ai->attach(image.span()) == status::ok);
  packed_bytes untrained(ai->saved_bytes());
  REQUIRE(ai->save({untrained.data(), untrained.size()}) == status::ok);
  CHECK(ai->load(untrained.span()) == status::no_effect);
  REQUIRE(ai->load(kept.span()) == status::ok);
  std::string answer;
  for (std::string_view piece : ai->ask(lessons[5].prompt)) answer += piece;
  CHECK(answer == lessons[5].answer);
}

TEST_CASE("full<> learns the same however its rows lie") {
  const plain_decoder start = plain_decoder::random(small_model::shape, 6);
  const auto trained = [&]<std::size_t Rows>(std::integral_constant<std::size_t, Rows>) {
    using pipeline = student<Rows>;
    const auto image = mote_tests::small_image<typename pipeline::format>(start);
    auto ai = std::make_unique<pipeline>();
    REQUIRE(ai->attach(image.span()) == status::ok);
    std::vector<float> seen;
    for (int epoch = 0; epoch < 3; ++epoch)
      for (const example& e : lessons) seen.push_back(ai->learn(e).loss);
    const mote::tensor_map<> map = mote::map_tensors<typename pipeline::format>(small_model::shape);
    const mote::weights<typename pipeline::format> w(ai->learning().bytes(), small_model::shape, map);
    std::vector<float> row(small_model::shape.hidden);
    for (std::size_t r = 0; r < small_model::shape.vocab; ++r) {
      w.embedding().decode_row(r, row.data());
      seen.insert(seen.end(), row.begin(), row.begin() + small_model::shape.dim);
    }
    for (std::size_t r = 0; r < small_model::shape.dim; ++r) {
      w.of(1, mote::role::down).decode_row(r, row.data());
      seen.insert(seen.end(), row.begin(), row.end());
    }
    return seen;
  };
  const auto one = trained(std::integral_constant<std::size_t, 1>{});
  const auto four = trained(std::integral_constant<std::size_t, 4>{});
  const auto sixteen = trained(std::integral_constant<std::size_t, 16>{});
  REQUIRE(one.size() == sixteen.size());
  CHECK(std::memcmp(one.data(), four.data(), one.size() * 4) == 0);
  CHECK(std::memcmp(one.data(), sixteen.data(), one.size() * 4) == 0);
}

TEMPLATE_TEST_CASE("the norm of all gradients is that of a plain sum", "", mote::f32<1>, mote::f32<8>, mote::f32<16>) {
  mote::shape s{
      .dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64, .tied_head = false};
  const plain_decoder m = plain_decoder::random(s, 8);
  packed_bytes packed = m.pack<TestType>();  // any numbers do for gradients
  const auto map = mote::map_tensors<TestType>(s);
  const mote::full_gradients<TestType::rows> g(s, map, packed.floats());
  double sum = 0;
  const auto add = [&](const std::vector<double>& v) {
    for (double x : v) sum += x * x;
  };
  add(m.embedding.v);
  add(m.head.v);
  add(m.final_norm);
  for (const auto& b : m.blocks) {
    add(b.attention_norm);
    add(b.ffn_norm);
    for (const auto& w : b.matrix) add(w.v);
  }
  CHECK(std::fabs(static_cast<double>(g.norm()) / std::sqrt(sum) - 1) < 1e-6);
}
