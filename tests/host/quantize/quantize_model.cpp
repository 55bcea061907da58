// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantize_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "../../synthetic_model.hpp"
#include "../gaussian.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/report/quality.hpp"

namespace host = mote::host;
using host::tensor_place;

namespace {
constexpr mote::shape small{
    .dim = 48, .hidden = 52, .layers = 3, .heads = 6, .kv_heads = 3, .vocab = 70, .context = 32, .tied_head = false};
}

TEST_CASE("calibration: the moments are plain sums over what goes into each matrix", "[host][calibration]") {
  const auto model = host::use_floats(mote_tests::synthetic_weights(small, 1));
  const auto text = host::sample_text(model, 3, 20, 1, 2);
  std::vector<std::vector<double>> products(small.layers * 4 + 1);  // from the observer of a plain run, in double
  std::vector<double> magnitude(small.layers * 4 + 1);
  for (std::size_t i = 0; i < 3; ++i) {
    host::batch_decoder<> decoder(model, 1, 20);
    for (std::size_t t = 0; t < 20; ++t) {
      const std::size_t fed[] = {text.sequence(i)[t]};
      std::size_t index = 0;
      decoder.run(fed, [&](const host::matrix_input& input) {
        const std::size_t n = input.cols;
        const float* x = input.x;
        products[index].resize(n * n);
        for (std::size_t a = 0; a < n; ++a)
          for (std::size_t b = 0; b <= a; ++b)
            products[index][a * n + b] += static_cast<double>(x[a]) * static_cast<double>(x[b]);
        magnitude[index++] += std::fabs(static_cast<double>(x[5]));
      });
    }
  }
  std::size_t seen = 0;
  const auto compare = [&](std::size_t index, const host::input_moments& m) {
    REQUIRE(m.hessian.size() == products[index].size());
    CHECK(m.rows_seen == 60);
    for (std::size_t i = 0; i < m.hessian.size(); ++i)
      CHECK(std::fabs(m.hessian[i] - products[index][i]) < 1e-6 * (1 + std::fabs(products[index][i])));
    CHECK(std::fabs(m.magnitude[5] - magnitude[index]) < 1e-6 * magnitude[index]);
    ++seen;
  };
  host::calibrate(
      model, text,
      [&](std::size_t layer, const host::layer_moments& moments) {
        REQUIRE(moments.size() == 4);
        for (std::size_t i = 0; i < 4; ++i) compare(layer * 4 + i, moments[i].moments);
        CHECK(&moments.of(mote::role::up) == &moments[2].moments);
        CHECK(moments.find(mote::own_role(0)) == nullptr);
        CHECK_THROWS(moments.of(mote::own_role(0)));
        return false;
      },
      [&](const host::input_moments& m) { compare(small.layers * 4, m); });
  CHECK(seen == 13);
}

TEST_CASE("quantize_model: every matrix by its recipe, later layers behind those that are quantized",
          "[host][quantize_model]") {
  const auto m = mote_tests::synthetic_weights(small, 1);
  const auto base = host::use_floats(m);
  const auto text = host::sample_text(base, 6, 30, 1, 2);
  const host::quantization_grid eight = host::symmetric_grid(8), four = mote_tests::non_linear();
  std::vector<std::pair<tensor_place, host::input_moments>> inputs;
  const host::recipe how = [&](const tensor_place& p) -> host::tensor_recipe {
    if (p == tensor_place::embedding()) return {&eight, host::round_to_nearest{}};
    if (p == tensor_place::block(1, mote::role::gate)) return {};
    return {&four, [&](const host::quantizer_task& t, const host::quantization_grid& g) {
              REQUIRE(t.input != nullptr);
              inputs.emplace_back(t.place, *t.input);
              return host::gptq{}(t, g);
            }};
  };
  const auto tensors = host::quantize_model(m, how, &text);
  CHECK(tensors.size() == 1 + 3 * 7 + 1 - 1);
  const auto changed = host::use_decoded(base, tensors);
  const auto expected = host::values_of(m, tensor_place::block(1, mote::role::gate));
  std::vector<float> row(small.dim);
  changed.blocks[1][static_cast<std::size_t>(mote::role::gate)].decode_row(2, row.data());
  CHECK(std::equal(row.begin(), row.end(), expected.begin() + 2 * static_cast<std::ptrdiff_t>(small.dim)));

  // The last layer's inputs are those that the quantized layers in front of it give.
  const auto truncated = [&] {
    auto some = tensors;
    std::erase_if(some, [](const auto& t) {
      return t.place.where == tensor_place::part::head ||
             (t.place.where == tensor_place::part::block && t.place.layer == 2);
    });
    return host::use_decoded(base, some);
  }();
  host::calibrate(truncated, text, [&](std::size_t layer, const host::layer_moments& moments) {
    for (const auto& [place, input] : inputs)
      if (layer == 2 && place == tensor_place::block(2, mote::role::down)) {
        CHECK(input.hessian == moments.of(mote::role::down).hessian);
      }
    return false;
  });

  const host::quality_meter meter(base, host::sample_text(base, 6, 30, 1, 77));
  const auto nearest = host::quantize_model(m, [&](const tensor_place& p) -> host::tensor_recipe {
    if (p == tensor_place::embedding()) return {&eight, host::round_to_nearest{}};
    if (p == tensor_place::block(1, mote::role::gate)) return {};
    return {&four, host::round_to_nearest{}};
  });
  CHECK(nearest.size() == tensors.size());
  CHECK(meter.measure(changed).divergence < meter.measure(host::use_decoded(base, nearest)).divergence);
}
