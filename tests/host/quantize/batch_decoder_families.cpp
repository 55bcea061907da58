// SPDX-License-Identifier: BSL-1.0
// The decoder of the tools runs any family: logits of many sequences are those of decode(), bit for bit, and an observer is
// told what each matrix multiplies.
#include <algorithm>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <map>
#include <memory>

#include "../../few_types.hpp"
#include "family_models.hpp"
#include "mote/format/q8.hpp"
#include "mote/host/quantize/sampled_text.hpp"
#include "mote/policy/bind_formats.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/quantize.hpp"

namespace host = mote::host;
using mote_tests::encoders::norms_before;
using mote_tests::encoders::norms_behind;
using mote_tests::hybrids::hybrid;
using mote_tests::kinds::mixed_layers;
using mote_tests::kinds::single_blocks;

namespace {

/// Three sequences together, so many tokens of each in a run.
template <class Cache, class Family>
std::vector<std::vector<std::vector<float>>> together(const host::batch_model_of<Family>& m,
                                                      const std::vector<std::vector<std::size_t>>& texts,
                                                      std::size_t each) {
  host::batch_decoder<Cache, Family> decoder(m, texts.size(), m.shape.context);
  std::vector<std::vector<std::vector<float>>> all(texts.size());
  for (std::size_t first = 0; first < texts[0].size(); first += each) {
    const std::size_t count = std::min(each, texts[0].size() - first);
    std::vector<std::size_t> tokens;
    for (const auto& text : texts)
      for (std::size_t t = 0; t < count; ++t) tokens.push_back(text[first + t]);
    const auto logits = decoder.run(tokens);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * decoder.logits_stride());
      all[i / count].emplace_back(row, row + static_cast<std::ptrdiff_t>(m.shape.vocab));
    }
  }
  return all;
}

template <class Formats, class Cache, class Family>
void equals_decode() {
  constexpr mote::shape s = mote_tests::shape_for<Family>();
  const mote_tests::on_board<Formats, Family> board(mote_tests::random_weights<Family>(s, 3));
  const auto texts = mote_tests::random_texts(3, 21, s.vocab);
  const bool in_one = mote::looks_ahead<Family>(s);
  std::vector<std::vector<std::vector<float>>> expected;
  for (const auto& text : texts) expected.push_back(board.template logits<Cache>(text, in_one ? text.size() : 1));
  for (const std::size_t each : {21U, 1U, 4U})
    if (!in_one || each == 21) CHECK(together<Cache>(board.of_tools(), texts, each) == expected);
  const std::vector<std::vector<std::size_t>> last{texts.back()};
  CHECK(together<Cache>(board.of_tools(), last, 21)[0] == expected.back());
}

using families = mote_tests::some_or_all<
    std::tuple<mote::llama, mote::gpt2, mote_tests::bent_llama, hybrid<3>, norms_before, mote::gemma2, mote::phi2>,
    std::tuple<mote::qwen2, mote::qwen3, mote_tests::rectified, mixed_layers, single_blocks, norms_behind,
               mote::gpt_neox, mote::ple_tinylm>>;
using in_formats = mote_tests::some_or_all<std::tuple<mote::qwen3, hybrid<3>>, std::tuple<mote::gpt2, mixed_layers>>;
using observed =
    mote_tests::some_or_all<std::tuple<mote::gpt2, hybrid<3>, mixed_layers>,
                            std::tuple<mote::llama, mote::qwen2, mote::qwen3, norms_behind, mote::ple_tinylm>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("batch_decoder: many sequences of any family give decode()'s logits, bit for bit",
                        "[host][batch_decoder]", families) {
  equals_decode<mote::f32<16>, mote::float_cache, TestType>();
}

TEMPLATE_LIST_TEST_CASE("batch_decoder: matrices of a family in several formats, keys and values in 8 bits",
                        "[host][batch_decoder]", in_formats) {
  using formats = mote::bind_formats<mote::mixed<mote::quantize<8>, mote::in<mote::role::up, mote::quantize<4>>,
                                                 mote::in_embedding<mote::quantize<6>>>,
                                     mote_tests::shape_for<TestType>(), 4, TestType>;
  equals_decode<formats, mote::cache<8>::store, TestType>();
}

TEMPLATE_LIST_TEST_CASE("batch_decoder: an observer is told once a layer what each matrix multiplies",
                        "[host][batch_decoder]", observed) {
  constexpr mote::shape s = mote_tests::shape_for<TestType>();
  using tensors = mote::tensors_of<TestType>;
  const auto weights = mote_tests::random_weights<TestType>(s, 4);
  auto model = host::use_floats(weights);
  std::map<std::pair<std::size_t, mote::role>, std::vector<float>> multiplied;  // by the matrices themselves
  for (const host::tensor_place& p : host::all_tensors<TestType>(s)) {
    if (p.where != host::tensor_place::part::block) continue;
    host::linear watched = model.at(p);
    watched.multiply = [&, p, cols = watched.cols, inner = watched.multiply](
                           const float* x, std::size_t stride, std::size_t rows, float* y, std::size_t y_stride) {
      auto& seen = multiplied[{p.layer, p.role}];
      for (std::size_t row = 0; row < rows; ++row) seen.insert(seen.end(), x + row * stride, x + row * stride + cols);
      inner(x, stride, rows, y, y_stride);
    };
    model.put(p, watched);
  }
  const auto texts = mote_tests::random_texts(3, 7, s.vocab);
  std::vector<std::size_t> tokens;
  for (const auto& text : texts) tokens.insert(tokens.end(), text.begin(), text.end());
  host::batch_decoder decoder(model, 3, 7);
  std::map<std::pair<std::size_t, mote::role>, std::vector<float>> told;
  std::size_t heads = 0;
  decoder.run(tokens, [&](const host::matrix_input& input) {
    REQUIRE(input.rows == tokens.size());
    REQUIRE(input.stride == mote::padded(input.cols));
    std::vector<float> rows;
    for (std::size_t row = 0; row < input.rows; ++row)
      rows.insert(rows.end(), input.x + row * input.stride, input.x + row * input.stride + input.cols);
    if (input.of_head()) {
      CHECK(input.layer == s.layers);
      CHECK(input.cols == s.dim);
      ++heads;
    }
    for (const mote::role r : input.readers) {
      CHECK(input.cols == mote::size_of<TestType>(s, r).cols);
      CHECK(told.emplace(std::pair{input.layer, r}, rows).second);
    }
  });
  CHECK(heads == 1);
  CHECK(told == multiplied);
  std::size_t matrices = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      matrices += tensors::has_matrix(TestType::layer::kind_of(layer), i) && !tensors::is_table(i) ? 1U : 0U;
  CHECK(told.size() == matrices);
}

TEST_CASE("batch_decoder: a family's blocks that see one sequence only run over one after another, the others at once",
          "[host][batch_decoder]") {
  constexpr mote::shape s = mote_tests::shape_for<hybrid<3>>();
  auto model = host::use_floats(mote_tests::random_weights<hybrid<3>>(s, 4));
  std::size_t calls[2] = {};
  const mote::role watch[2] = {mote::own_role(0), mote::role::gate};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto place = host::tensor_place::block(1, watch[i]);
    host::linear watched = model.at(place);
    watched.multiply = [&calls, i, inner = watched.multiply](const float* x, std::size_t stride, std::size_t rows,
                                                             float* y, std::size_t y_stride) {
      ++calls[i];
      inner(x, stride, rows, y, y_stride);
    };
    model.put(place, watched);
  }
  host::batch_decoder decoder(model, 3, 7);
  decoder.run(std::vector<std::size_t>(21, 1));
  CHECK(calls[0] == 3);
  CHECK(calls[1] == 1);
}

TEST_CASE("batch_decoder: what a family lacks is refused by name", "[host][batch_decoder]") {
  constexpr mote::shape s = mote_tests::shape_for<mote::gpt2>();
  auto weights = mote_tests::random_weights<mote::gpt2>(s, 4);
  const auto model = host::use_floats(weights);
  CHECK_NOTHROW(host::batch_decoder(model, 1, s.context));
  CHECK_THROWS_WITH(host::batch_decoder(model, 1, s.context + 1),
                    "decoder: a context of 33; the model has learned 32 positions");
  CHECK_THROWS_WITH(weights.of(mote::role::gate), "model: this family has no matrix gate");
  CHECK_THROWS_WITH(weights.of(mote::own_vector(2)), "model: this family has no vector own vector 2");
  weights.of(mote::vector_role::up_bias).values.pop_back();
  CHECK_THROWS_WITH(host::use_floats(weights), "model: up_bias has 87 values; the shape needs 88");

  constexpr mote::shape around = mote_tests::shape_for<norms_before>();
  const auto encoder = host::use_floats(mote_tests::random_weights<norms_before>(around, 4));
  CHECK_THROWS_WITH(host::sample_text(encoder, 1, 4, 1, 1),
                    "sampling: an encoder writes no text; give one of your own");
}
