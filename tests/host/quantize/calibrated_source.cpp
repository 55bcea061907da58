// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: it quantizes models of several families twice.
#include "mote/host/quantize/calibrated_source.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

#include "../../synthetic_model.hpp"
#include "../gaussian.hpp"
#include "family_models.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/host/quantize/awq.hpp"
#include "mote/host/quantize/compress.hpp"
#include "mote/host/quantize/gptq.hpp"

namespace host = mote::host;
using Catch::Matchers::ContainsSubstring;
using host::tensor_place;
using mote_tests::synthetic;

TEST_CASE("compress_by_layers: the image of compress(), bit for bit, from a source", "[host][calibrated_source]") {
  for (const bool tied : {true, false}) {
    mote::shape s = synthetic::shape;
    s.tied_head = tied;
    auto weights = mote_tests::synthetic_weights(s, 4);
    // A matrix that the source has in integers: kept where neither a fold nor a quantizer has changed it.
    host::raw_tensor& down = weights.of(mote::role::down);
    down.group = 4;
    for (std::size_t i = 0; i < down.values.size(); ++i) {
      down.integers.push_back(static_cast<std::int8_t>(static_cast<int>(i * 37 % 255) - 127));
      if (i % 4 == 0) down.scales.push_back(0.01F);
      down.values[i] = 0.01F * static_cast<float>(down.integers[i]);
    }
    const auto table = mote_tests::synthetic_vocabulary(synthetic::special_tokens);
    host::held_model<> from(weights);
    const auto text = host::calibration_text(weights, 100, 1);
    REQUIRE(host::calibration_text(from, 100, 1).tokens == text.tokens);
    for (const char* words :
         {"gptq/q4", "mse/q4,embedding=q8", "gptq/iq4_nl,embedding=f16,1.down=q3k,0.value=f32", "awq/q4", "smooth/q5",
          "awq/gptq/q3,embedding=q6", "awq/hqq/q4a", "smooth/mse/q4k,embedding=q8", "smooth/gptq/q3k,head=f32"}) {
      INFO(words << (tied ? ", tied" : ""));
      const auto scheme = host::read_scheme(words);
      const auto c = host::compress(weights, scheme, 8, &text);
      const auto expected = host::write_image(c.model, table, "made", c.plan, {}, c.codes);
      const auto streamed = host::compress_by_layers(from, scheme, 8, text);
      host::memory_sink out;
      const auto found = host::write_image(*streamed.weights, table, "made", streamed.plan, out, {}, streamed.coder);
      CHECK(out.bytes == expected.bytes);
      CHECK(found.relative_error == expected.relative_error);
      // It is written once.
      CHECK_THROWS_WITH(host::write_image(*streamed.weights, table, "made", streamed.plan, out, {}, streamed.coder),
                        ContainsSubstring("not asked for in the order of an image"));
    }
    const auto refused = [&](const char* words, const char* why) {
      CHECK_THROWS_WITH(host::compress_by_layers(from, host::read_scheme(words), 8, text), ContainsSubstring(why));
    };
    refused("hadamard/gptq/q4", "hadamard/gptq/q4 needs the whole model");
    refused("gptq/f32", "no tensor of \"f32\" takes codes from gptq/");
    refused("awq/f32,embedding=q4", "takes codes from awq/");
    // A layer cannot be calibrated in front of those before it.
    const auto early = host::compress_by_layers(from, host::read_scheme("gptq/q4"), 8, text);
    std::vector<float> row(s.hidden);
    const auto last = tensor_place::block(s.layers - 1, mote::role::down);
    CHECK_THROWS_WITH(early.weights->load_rows(last, 0, 1, row.data()), ContainsSubstring("in the order of an image"));
    if (!tied)
      CHECK_THROWS_WITH(early.coder({.place = tensor_place::head(), .w = row.data(), .rows = 1, .cols = s.dim}, 0),
                        ContainsSubstring("in the order of an image"));
    const auto first = tensor_place::block(0, mote::role::down);
    CHECK_THROWS_WITH(early.weights->load_rows(first, s.dim, 1, row.data()),
                      ContainsSubstring("fewer rows than asked"));
  }
}

namespace {
/// Some rows of a matrix at a time, as a writer asks for them.
template <class Family>
host::coded_matrix in_parts(host::calibrated_source<Family>& from, const host::row_coder& coder,
                            const tensor_place& p) {
  const mote::matrix_size size = host::size_of<Family>(from.shape(), p);
  host::coded_matrix all;
  std::vector<float> w(size.rows * size.cols);
  for (std::size_t first = 0; first < size.rows; first += 7) {
    const std::size_t rows = std::min<std::size_t>(7, size.rows - first);
    from.load_rows(p, first, rows, w.data());
    const auto some = coder({.place = p, .w = w.data(), .rows = rows, .cols = size.cols}, first);
    REQUIRE(some.codes != nullptr);
    REQUIRE(some.first == 0);
    all.codes.insert(all.codes.end(), some.codes->codes.begin(), some.codes->codes.end());
    all.values.insert(all.values.end(), some.codes->values.begin(), some.codes->values.end());
  }
  return all;
}
}  // namespace

// Positions; states and layers of two kinds; what an embedding leaves for the layers.
TEMPLATE_TEST_CASE("calibrated_source: of any family the codes of quantize_model(), behind a fold",
                   "[host][calibrated_source]", mote::gpt2, (mote::lfm2_layers<"ca">), mote::ple_tinylm) {
  mote::shape s = mote_tests::shape_for<TestType>();
  s.layers = 3;
  const auto m = mote_tests::random_weights<TestType>(s, 3);
  const auto text = host::sample_text(host::use_floats(m), 3, 9, 1, 2);

  // What a layer sees when it runs alone, one sequence after another, is what it sees in a pass of all.
  const auto model = host::use_floats(m);
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < text.sequences; ++i)
    tokens.insert(tokens.end(), text.sequence(i).begin(), text.sequence(i).end() - 1);
  std::vector<host::layer_moments> seen(s.layers + 1);
  host::batch_decoder decoder(model, text.sequences, text.length);
  decoder.run(tokens, [&](const host::matrix_input& in) {
    seen[in.layer].push_back({{in.readers.begin(), in.readers.end()}, {}});
    host::observe(seen[in.layer].back().moments, in.x, in.stride, in.rows, in.cols);
  });
  host::calibrate(
      model, text,
      [&](std::size_t layer, const host::layer_moments& alone) {
        REQUIRE(alone.size() == seen[layer].size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
          CHECK(alone[i].readers == seen[layer][i].readers);
          CHECK(alone[i].moments.hessian == seen[layer][i].moments.hessian);
        }
        return false;
      },
      [&](const host::input_moments& head) { CHECK(head.hessian == seen[s.layers][0].moments.hessian); });

  const host::quantization_grid four = mote_tests::sixteen_integers();
  const auto grid = [&](const tensor_place&) { return &four; };
  const host::gptq how{.search = true};
  const bool folds = !host::scaled_inputs_of<TestType>(0).empty();
  auto folded = m;
  if (folds) host::awq{.steps = 4}(folded, four, text);
  const auto expected =
      host::quantize_model(folded, [&](const tensor_place&) -> host::tensor_recipe { return {&four, how}; }, &text);

  host::held_model<TestType> whole(m);
  host::calibrated_steps<TestType> steps{.fold = {},
                                         .fold_sees = host::moment_kind::full,
                                         .grid = grid,
                                         .alone = how,
                                         .behind = [how](host::input_moments moments) -> host::quantizer {
                                           return [how, input = how.factor(std::move(moments))](
                                                      const host::quantizer_task& t, const host::quantization_grid& g) {
                                             return how.quantize(t, g, input);
                                           };
                                         },
                                         .quantizer_sees = host::moment_kind::full};
  if (folds)
    steps.fold = [&](auto& layer, std::size_t i, const host::layer_moments& moments) {
      (void)host::awq{.steps = 4}.fold_layer(layer, i, moments, four);
    };
  host::calibrated_source<TestType> source(whole, text, std::move(steps));
  const auto coder = source.coder();
  std::size_t at = 0;
  for (const tensor_place& p : host::all_tensors<TestType>(s)) {
    INFO(host::name(p));
    REQUIRE(at < expected.size());
    REQUIRE(expected[at].place == p);
    const auto found = in_parts(source, coder, p);
    CHECK(found.codes == expected[at].codes.codes);
    CHECK(found.values == expected[at++].codes.values);
  }
  CHECK(at == expected.size());
}
