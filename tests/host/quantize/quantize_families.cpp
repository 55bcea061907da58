// SPDX-License-Identifier: BSL-1.0
// Quantizers and folds work on any family: GPTQ loses less than rounding, folds change no answer, and what a family lacks is
// said.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>

#include "../gaussian.hpp"
#include "family_models.hpp"
#include "mote/host/quantize/awq.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/hadamard.hpp"
#include "mote/host/quantize/hqq.hpp"
#include "mote/host/quantize/quantize_model.hpp"
#include "mote/host/quantize/smooth.hpp"
#include "mote/host/report/quality.hpp"
#include "relative_difference.hpp"

namespace host = mote::host;
using Catch::Matchers::ContainsSubstring;
using host::tensor_place;
using mote::role;
using mote_tests::rectified;
using mote_tests::encoders::norms_behind;
using mote_tests::hybrids::hybrid;
using mote_tests::kinds::mixed_layers;

namespace {

using mote_tests::relative_difference;

/// Some columns of what norms give are loud, as in models that were trained.
template <class Family>
host::raw_model_of<Family> loud_weights(const mote::shape& s, std::uint64_t seed) {
  auto m = mote_tests::random_weights<Family>(s, seed);
  for (const mote::vector_role v : {mote::vector_role::attention_norm, mote::vector_role::ffn_norm}) {
    auto& gains = m.of(v).values;
    for (std::size_t i = 0; i < gains.size(); i += 7) gains[i] *= 6;
  }
  return m;
}

/// The logits of 24 tokens.
template <class Family>
std::vector<float> logits_of(const host::raw_model_of<Family>& m) {
  const auto model = host::use_floats(m);
  host::batch_decoder decoder(model, 1, 24);
  const auto all = decoder.run(mote_tests::random_texts(1, 24, m.shape.vocab)[0]);
  std::vector<float> logits;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % decoder.logits_stride() < m.shape.vocab) logits.push_back(all[i]);
  return logits;
}

/// How far a quantizer moves a model, every matrix of its layers on a grid of sixteen.
template <class Family>
struct divergence_of {
  const host::raw_model_of<Family>& m;
  host::batch_model_of<Family> base = host::use_floats(m);
  host::text_sample text = host::sample_text(base, 6, 30, 1, 2);
  host::quality_meter_of<Family> meter{base, host::sample_text(base, 6, 30, 1, 77)};
  host::quantization_grid four = mote_tests::sixteen_integers();

  double operator()(const host::raw_model_of<Family>& changed, const host::quantizer& how, bool calibrated) const {
    const auto codes = host::quantize_model(
        changed,
        [&](const tensor_place& p) -> host::tensor_recipe {
          if (p.where != tensor_place::part::block) return {};
          return {&four, how};
        },
        calibrated ? &text : nullptr);
    std::size_t matrices = 0;
    for (const tensor_place& p : host::all_tensors<Family>(m.shape))
      matrices += p.where == tensor_place::part::block ? 1U : 0U;
    CHECK(codes.size() == matrices);
    return meter.measure(host::use_decoded(host::use_floats(changed), codes)).divergence;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("quantize_model: GPTQ and AWQ lose less than rounding on any family, HQQ not more",
                   "[host][quantize_model]", mote::llama, mote::gpt2, mote::qwen2, mote::qwen3, hybrid<3>,
                   mixed_layers) {
  constexpr mote::shape s = mote_tests::shape_for<TestType>();
  double nearest = 0, gptq = 0, hqq = 0, awq = 0;
  for (const std::uint64_t seed : {3U, 4U, 5U, 6U}) {
    const auto m = loud_weights<TestType>(s, seed);
    const divergence_of<TestType> divergence{m};
    nearest += divergence(m, host::round_to_nearest{}, false);
    gptq += divergence(m, host::gptq{.search = true}, true);
    hqq += divergence(m, host::hqq{}, false);
    auto folded = m;
    const auto powers = host::awq{}(folded, divergence.four, divergence.text);
    CHECK(*std::ranges::max_element(powers) > 0);
    awq += divergence(folded, host::round_to_nearest{}, false);
  }
  INFO(nearest << ": gptq " << gptq << ", hqq " << hqq << ", awq " << awq);
  CHECK(nearest > 1e-3);
  CHECK(gptq < 0.8 * nearest);
  CHECK(hqq > 0);
  CHECK(hqq < 1.1 * nearest);  // it forgives what lies far out, and nothing does here
  CHECK(awq < 0.9 * nearest);
}

TEMPLATE_TEST_CASE("quantize_model: every matrix of a family has its input, an embedding and positions have none",
                   "[host][quantize_model]", mote::gpt2, hybrid<3>, mixed_layers) {
  constexpr mote::shape s = mote_tests::shape_for<TestType>();
  const auto m = mote_tests::random_weights<TestType>(s, 3);
  const auto text = host::sample_text(host::use_floats(m), 2, 9, 1, 2);
  const host::quantization_grid four = mote_tests::sixteen_integers();
  std::vector<tensor_place> seen;
  const auto codes = host::quantize_model(
      m,
      [&](const tensor_place&) -> host::tensor_recipe {
        return {&four, [&](const host::quantizer_task& t, const host::quantization_grid& g) {
                  const bool looked_up =
                      t.place.where == tensor_place::part::embedding || t.place.where == tensor_place::part::positions;
                  CHECK((t.input == nullptr) == looked_up);
                  if (t.input != nullptr) {
                    CHECK(t.input->rows_seen == 18);
                    CHECK(t.input->cols == t.cols);
                  }
                  seen.push_back(t.place);
                  return host::round_to_nearest{}(t, g);
                }};
      },
      &text);
  CHECK(seen == host::all_tensors<TestType>(s));
  CHECK(codes.size() == seen.size());
}

TEMPLATE_TEST_CASE("fold: of any family scales at each input leave the logits where they were", "[host][fold]",
                   mote::llama, mote::gpt2, mote::qwen2, mote::qwen3, rectified, hybrid<3>, mixed_layers, norms_behind,
                   mote::gemma2, mote::gpt_neox, mote::phi2) {
  mote::shape s = mote_tests::shape_for<TestType>();
  s.tied_head = false;
  const auto before = mote_tests::random_weights<TestType>(s, 3);
  const auto expected = logits_of(before);
  for (std::size_t layer = 0; layer <= s.layers; ++layer) {
    std::vector<mote::scaled_input> inputs;
    if (layer < s.layers) inputs = host::scaled_inputs_of<TestType>(layer);
    else if constexpr (!std::is_same_v<TestType, norms_behind>) inputs.push_back(host::head_input<TestType>());
    for (const mote::scaled_input& input : inputs) {
      auto m = before;
      mote::rng random(4);
      std::vector<float> scale;
      for (std::size_t i = 0; i < host::scales_of<TestType>(s, input); ++i)
        scale.push_back(0.25F + 4 * random.uniform());
      host::fold_scales(m, layer, input, scale);
      CHECK(relative_difference(logits_of(m), expected) < 1e-5);
      // Each half alone is another model.
      auto half = before;
      if (!input.readers.empty()) {
        const tensor_place p = tensor_place::block(layer, input.readers.front());
        const auto from = host::values_of(m, p);
        std::copy(from.begin(), from.end(), host::change_values(half, p).begin());
        CHECK(relative_difference(logits_of(half), expected) > 1e-4);
      }
    }
  }
}

TEMPLATE_TEST_CASE("smooth: of any family folding alone changes nothing, and inputs come down to the weights' size",
                   "[host][fold][smooth]", mote::gpt2, mote::qwen2, mote::qwen3, hybrid<3>) {
  constexpr mote::shape s = mote_tests::shape_for<TestType>();
  const auto before = loud_weights<TestType>(s, 5);
  const auto text = host::sample_text(host::use_floats(before), 4, 30, 1, 6);
  auto m = before;
  host::smooth{}(m, text);
  CHECK(relative_difference(logits_of(m), logits_of(before)) < 1e-5);
  const auto spread = [&](const auto& model) {  // the largest input over the mean of the largest ones
    double worst = 0;
    host::calibrate(host::use_floats(model), text, [&](std::size_t, const host::layer_moments& moments) {
      const auto& largest = moments.of(role::up).largest;
      double sum = 0;
      for (double x : largest) sum += x;
      worst = std::max(worst, *std::ranges::max_element(largest) / sum * static_cast<double>(largest.size()));
      return false;
    });
    return worst;
  };
  CHECK(spread(m) < 0.6 * spread(before));
}

TEST_CASE("fold: which inputs of a family may be scaled", "[host][fold]") {
  const auto readers = [](const std::vector<mote::scaled_input>& inputs) {
    std::vector<role> first;
    for (const auto& i : inputs) first.push_back(i.readers.front());
    return first;
  };
  using roles = std::vector<role>;
  const roles all{role::query, role::output, role::gate, role::down};
  CHECK(readers(host::scaled_inputs_of<mote::llama>(0)) == all);
  CHECK(readers(host::scaled_inputs_of<mote::qwen3>(1)) == all);
  CHECK(readers(host::scaled_inputs_of<mote::gpt2>(0)) == roles{role::query, role::output, role::up});  // GELU
  CHECK(readers(host::scaled_inputs_of<rectified>(0)) == roles{role::query, role::output, role::up, role::down});
  CHECK(readers(host::scaled_inputs_of<norms_behind>(0)) == roles{role::output});  // its norms are the stream
  CHECK(readers(host::scaled_inputs_of<hybrid<3>>(0)) == all);
  CHECK(readers(host::scaled_inputs_of<hybrid<3>>(1)) ==
        roles{role::gate, role::down});  // the convolution says nothing
  CHECK(readers(host::scaled_inputs_of<mixed_layers>(1)) == roles{role::gate, role::down, mote::own_role(0)});
}

TEMPLATE_TEST_CASE("hadamard: families whose norms see lengths alone are turned, biases with them", "[host][hadamard]",
                   mote::qwen2, mote::qwen3, mote_tests::bent_llama) {
  constexpr mote::shape s = mote_tests::shape_for<TestType>();
  const auto before = loud_weights<TestType>(s, 7);
  for (const bool values : {false, true}) {
    auto m = before;
    host::hadamard{.values = values}(m);
    CHECK(relative_difference(logits_of(m), logits_of(before)) < 1e-4);
    const auto query = host::values_of(m, tensor_place::block(0, role::query));
    const auto own = host::values_of(before, tensor_place::block(0, role::query));
    CHECK_FALSE(std::equal(query.begin(), query.end(), own.begin()));
  }
}

namespace {
/// Nothing that a factor passes: a norm behind the sum, a feed-forward with GELU, no attention that says so.
struct silent_attention : mote_tests::encoders::looks_around {
  static void scaled_inputs() = delete;
};
struct silent : norms_behind {
  using layer = mote::in_sequence<mote::post_norm<mote_tests::encoders::attention_norm, silent_attention>,
                                  mote::post_norm<mote_tests::encoders::ffn_norm, mote_tests::encoders::feed>>;
};
}  // namespace

TEST_CASE("folds: a family that they cannot work on is refused by what it lacks", "[host][fold]") {
  const auto refuses = [](auto family, auto fold, const char* why) {
    using Family = typename decltype(family)::type;
    auto m = mote_tests::random_weights<Family>(mote_tests::shape_for<Family>(), 7);
    CHECK_THROWS_WITH(fold(m), ContainsSubstring(why));
  };
  const auto turn = [](auto& m) { host::hadamard{}(m); };
  refuses(std::type_identity<mote::gpt2>{}, turn, "hadamard: the last norm of this family does not keep a turn");
  refuses(std::type_identity<norms_behind>{}, turn, "hadamard: the embedding of this family does not keep a turn");
  refuses(std::type_identity<hybrid<3>>{}, turn, "hadamard: block 0 of layer 1 does not read the stream");
  refuses(std::type_identity<mixed_layers>{}, turn, "hadamard: block 1 of layer 1 does not read the stream");

  const host::text_sample text{.sequences = 1, .length = 3, .tokens = {1, 2, 3, 4}};
  const host::quantization_grid four = mote_tests::sixteen_integers();
  refuses(
      std::type_identity<silent>{}, [&](auto& m) { host::awq{}(m, four, text); },
      "awq: no input of this family's matrices may be scaled");
  refuses(
      std::type_identity<silent>{}, [&](auto& m) { host::smooth{}(m, text); },
      "smooth: no input of this family's matrices may be scaled");
  CHECK_THROWS_WITH(host::head_input<norms_behind>(), ContainsSubstring("fold: the head's input"));
}
