// SPDX-License-Identifier: BSL-1.0
// The decoder of the tools gives the pipeline's logits, bit for bit: in floats and in 8 bits, token by token and many at
// once, one sequence or several.
#include "mote/host/quantize/batch_decoder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <vector>

#include "../../synthetic_model.hpp"
#include "mote/format/q8.hpp"
#include "mote/pipeline.hpp"

using mote_tests::synthetic;
using mote_tests::synthetic_story;

namespace {

template <class Format>
mote::host::batch_model packed_as(const mote::host::raw_model& m) {
  auto b = mote::host::use_floats(m);
  for (const auto& p : mote::host::all_tensors(m.shape)) {
    const auto size = mote::host::size_of(m.shape, p);
    b.put(p, mote::host::pack<Format>(mote::host::values_of(m, p).data(), size.rows, size.cols));
  }
  return b;
}

/// Greedy steps of a pipeline: its tokens, and the logits that led from each to the next.
template <class Pipeline>
void equals_pipeline() {
  static Pipeline ai;
  const auto image = mote_tests::synthetic_image<Pipeline>(5);
  REQUIRE(ai.attach(image) == mote::status::ok);
  const auto weights = mote_tests::synthetic_weights(synthetic::shape, 5);
  const auto model = packed_as<typename Pipeline::format>(weights);
  REQUIRE(ai.begin("he in the ring", 40) == mote::status::ok);
  std::vector<std::vector<std::uint32_t>> expected;
  while (!ai.step().done) {
    std::vector<std::uint32_t> bits;
    for (float l : ai.logits()) bits.push_back(std::bit_cast<std::uint32_t>(l));
    expected.push_back(bits);
  }
  const std::vector<std::size_t> tokens(ai.tokens().begin(), ai.tokens().end());
  REQUIRE(tokens.size() > 30);

  mote::host::batch_decoder<> at_once(model, 1, tokens.size());
  const auto all = at_once.run(tokens);
  mote::host::batch_decoder<> in_steps(model, 2, tokens.size());  // two sequences, one of them something else
  std::size_t compared = 0;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const std::size_t pair[] = {tokens[tokens.size() - 1 - t], tokens[t]};
    const auto now = in_steps.run(pair);
    std::vector<std::uint32_t> a, b;
    for (std::size_t v = 0; v < synthetic::shape.vocab; ++v) {
      a.push_back(std::bit_cast<std::uint32_t>(all[t * at_once.logits_stride() + v]));
      b.push_back(std::bit_cast<std::uint32_t>(now[in_steps.logits_stride() + v]));
    }
    REQUIRE(a == b);
    for (const auto& e : expected) compared += e == a ? 1U : 0U;
  }
  // Every step that made a choice has its row here; the choice behind the last one is not fed any more.
  CHECK(compared >= 25);
}

}  // namespace

TEST_CASE("batch_decoder: the pipeline's logits, in floats", "[host][batch_decoder]") {
  equals_pipeline<mote::pipeline<synthetic_story, mote::quantize<32>, mote::interleave<16>, mote::context<96>>>();
}

TEST_CASE("batch_decoder: the pipeline's logits, in 8 bits", "[host][batch_decoder]") {
  equals_pipeline<mote::pipeline<synthetic_story, mote::quantize<8>, mote::interleave<4>, mote::context<96>>>();
}

TEST_CASE("batch_decoder: an observer sees what goes into each matrix", "[host][batch_decoder]") {
  const auto weights = mote_tests::synthetic_weights(synthetic::shape, 6);
  const auto model = mote::host::use_floats(weights);
  mote::host::batch_decoder<> decoder(model, 1, 8);
  const std::vector<std::size_t> tokens{1, 40, 262, 270, 7};
  std::vector<std::vector<mote::role>> seen;
  std::vector<float> last;
  const auto logits = decoder.run(tokens, [&](const mote::host::matrix_input& input) {
    CHECK(input.rows == tokens.size());
    CHECK(input.layer == seen.size() / 4);
    seen.emplace_back(input.readers.begin(), input.readers.end());
    const float* x = input.x + (input.rows - 1) * input.stride;
    if (input.of_head()) last.assign(x, x + input.cols);
  });
  using mote::role;
  const std::vector<std::vector<role>> of_layer{
      {role::query, role::key, role::value}, {role::output}, {role::gate, role::up}, {role::down}};
  REQUIRE(seen.size() == 2 * of_layer.size() + 1);
  for (std::size_t i = 0; i + 1 < seen.size(); ++i) CHECK(seen[i] == of_layer[i % 4]);
  CHECK(seen.back().empty());
  REQUIRE(last.size() == synthetic::shape.dim);
  const auto head = mote::host::values_of(weights, mote::host::tensor_place::embedding());
  for (std::size_t v = 0; v < synthetic::shape.vocab; ++v) {  // a plain loop in double over what was seen
    double sum = 0;
    for (std::size_t i = 0; i < last.size(); ++i)
      sum += static_cast<double>(last[i]) * static_cast<double>(head[v * last.size() + i]);
    CHECK(std::fabs(sum - static_cast<double>(logits[4 * decoder.logits_stride() + v])) < 1e-4);
  }
}

TEST_CASE("batch_decoder: refuses tokens that are not there and more than its context", "[host][batch_decoder]") {
  const auto model = mote::host::use_floats(mote_tests::synthetic_weights(synthetic::shape, 6));
  mote::host::batch_decoder<> decoder(model, 1, 16);
  CHECK_THROWS(decoder.run(std::vector<std::size_t>{synthetic::shape.vocab}));
  CHECK_THROWS(decoder.run(std::vector<std::size_t>(17, 1)));
}
