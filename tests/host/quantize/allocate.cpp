// SPDX-License-Identifier: BSL-1.0
// Optimized: it measures a real model once for each tensor and format.
#include "mote/host/quantize/allocate.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

#include "../../assets.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/quantize/gptq.hpp"

using Catch::Matchers::ContainsSubstring;
namespace host = mote::host;

namespace {

double loss_of(const std::vector<host::tensor_choices>& t, const std::vector<std::size_t>& picked) {
  double sum = 0;
  for (std::size_t i = 0; i < t.size(); ++i) sum += t[i].all[picked[i]].loss;
  return sum;
}
std::size_t bytes_of(const std::vector<host::tensor_choices>& t, const std::vector<std::size_t>& picked) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < t.size(); ++i) sum += t[i].all[picked[i]].bytes;
  return sum;
}

/// Every combination.
double least_loss(const std::vector<host::tensor_choices>& t, std::size_t budget) {
  std::vector<std::size_t> picked(t.size());
  double best = 1e300;
  for (;;) {
    if (bytes_of(t, picked) <= budget) best = std::min(best, loss_of(t, picked));
    std::size_t i = 0;
    while (i < t.size() && ++picked[i] == t[i].all.size()) picked[i++] = 0;
    if (i == t.size()) return best;
  }
}

std::vector<host::tensor_choices> random_choices(std::size_t tensors, std::size_t unit, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<host::tensor_choices> out(tensors);
  for (auto& t : out)
    for (int i = 0; i < 4; ++i)
      t.all.push_back({nullptr, unit * (1 + random.below(40)), static_cast<double>(random.uniform())});
  return out;
}

}  // namespace

TEST_CASE("allocate: the least sum within the budget, as trying all combinations finds it", "[host][allocate]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto t = random_choices(6, 64, seed);
    double before = 1e300;
    for (std::size_t budget = 64 * 60; budget < 64 * 200; budget += 64 * 7 + 13) {
      INFO("seed " << seed << ", " << budget << " bytes");
      const double best = least_loss(t, budget);
      if (best == 1e300) {
        CHECK_THROWS_WITH(host::choose_within(t, budget), ContainsSubstring("need at least"));
        continue;
      }
      const auto picked = host::choose_within(t, budget);
      CHECK(bytes_of(t, picked) <= budget);
      CHECK(loss_of(t, picked) <= best + 1e-12);
      CHECK(best <= before);
      before = best;
    }
  }
}

TEST_CASE("allocate: budgets of many megabytes are met, and nearly as well", "[host][allocate]") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto t = random_choices(6, 5'000'064, seed);
    for (std::size_t budget : {500'000'000U, 700'000'000U, 1'000'000'000U}) {
      const double best = least_loss(t, budget);
      if (best == 1e300) continue;
      const auto picked = host::choose_within(t, budget);
      CHECK(bytes_of(t, picked) <= budget);
      CHECK(loss_of(t, picked) <= best * 1.05 + 0.02);
    }
  }
  const auto tight = random_choices(6, 5'000'064, 1);
  std::vector<std::size_t> smallest(6);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t c = 0; c < 4; ++c)
      if (tight[i].all[c].bytes < tight[i].all[smallest[i]].bytes) smallest[i] = c;
  const std::size_t least = bytes_of(tight, smallest);
  CHECK(bytes_of(tight, host::choose_within(tight, least)) <= least);
  CHECK_THROWS_WITH(host::choose_within(tight, least - 1), ContainsSubstring("need at least"));
}

TEST_CASE("allocate: a real model", "[host][allocate][asset]") {
  const auto m = host::read_llama2c(mote_tests::asset("llama2c-stories260K/stories260K.bin"));
  const host::batch_model base = host::use_floats(m);
  const host::quality_meter meter(base, host::calibration_text(m, 768, 1, 3));
  const host::quality_meter other(base, host::calibration_text(m, 768, 1, 4));
  const std::vector<std::string_view> families{"q8", "q6", "iq4_nl", "q3"};
  std::size_t reports = 0;
  const auto tensors = host::measure_choices(m, families, 1, meter, [&](std::size_t done, std::size_t all) {
    ++reports;
    CHECK(done <= all);
  });
  CHECK(reports == 36 * 4);

  const auto uniform = [&](std::string_view family) {
    const auto plan = host::read_packing(family, 1, m.shape);
    return std::pair{host::map_tensors(plan, m.shape).bytes,
                     other.measure(host::use_compressed({.model = m, .plan = plan, .codes = {}})).divergence};
  };
  double before = 1e300;
  for (const std::string_view family : {"q3", "iq4_nl", "q6", "q8"}) {
    const auto [bytes, divergence] = uniform(family);
    const auto a = host::allocate(m, tensors, bytes, meter);
    const double found = other.measure(host::use_compressed({.model = m, .plan = a.plan, .codes = {}})).divergence;
    INFO(family << ": " << bytes << " bytes, KL " << divergence << "; allocated " << a.weights_bytes << ", " << found
                << ", " << host::text_of(a.plan, m.shape));
    CHECK(a.weights_bytes <= bytes);
    CHECK(a.weights_bytes == host::map_tensors(a.plan, m.shape).bytes);
    CHECK(found <= divergence * 1.001);  // on a text that nobody allocated for
    CHECK(a.expected < before);
    before = a.expected;
  }
  // Between two uniform formats something better than the smaller one.
  const auto [small, small_loss] = uniform("iq4_nl");
  const auto a = host::allocate(m, tensors, small + small / 8, meter);
  CHECK(a.weights_bytes <= small + small / 8);
  CHECK(other.measure(host::use_compressed({.model = m, .plan = a.plan, .codes = {}})).divergence < small_loss * 0.8);

  CHECK_THROWS_WITH(host::allocate(m, tensors, 1000, meter), ContainsSubstring("the norms alone take"));
  CHECK_THROWS_WITH(host::allocate(m, tensors, 90'000, meter), ContainsSubstring("need at least"));
}

#if !MOTE_TEST_FEW_TYPES
TEST_CASE("allocate: with a quantizer, formats of one level and of two", "[host][allocate][asset]") {
  const auto m = host::read_llama2c(mote_tests::asset("llama2c-stories260K/stories260K.bin"));
  const host::batch_model base = host::use_floats(m);
  const host::quality_meter meter(base, host::calibration_text(m, 512, 1, 3));
  const auto text = host::calibration_text(m, 1024, 1, 5);
  const std::vector<std::string_view> families{"q6", "q4k", "q3k", "f16"};
  const host::rounding_way way{.quantizer = host::quantizer_kind::gptq, .text = &text};
  const auto tensors = host::measure_choices(m, families, 4, meter, {}, way);
  const auto rounded = host::measure_choices(m, families, 4, meter);
  // A tensor alone: what a model of that family has there, and floats elsewhere.
  auto whole = host::use_compressed(host::compress(m, host::read_scheme("gptq/q3k"), 4, &text));
  host::batch_model one = host::use_floats(m);
  const auto down = host::tensor_place::block(2, mote::role::down);
  one.put(down, whole.at(down));
  double sum = 0, plain = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].place == down) CHECK(tensors[i].all[2].loss == meter.measure(one).divergence);
    CHECK(tensors[i].all[2].bytes == rounded[i].all[2].bytes);
    CHECK(tensors[i].all[3].loss == rounded[i].all[3].loss);  // floats listen to nobody
    sum += tensors[i].all[2].loss;
    plain += rounded[i].all[2].loss;
  }
  CHECK(sum < plain * 0.9);

  const std::size_t budget = host::map_tensors(host::read_packing("q4k", 4, m.shape), m.shape).bytes;
  const auto a = host::allocate(m, tensors, budget, meter, way);
  CHECK(a.weights_bytes <= budget);
  const auto c = host::compress(m, host::read_scheme("gptq/" + host::text_of(a.plan, m.shape)), 4, &text);
  CHECK(host::text_of(c.plan, m.shape) == host::text_of(a.plan, m.shape));
  CHECK(meter.measure(host::use_compressed(c)).divergence == a.measured.divergence);
  CHECK(a.measured.divergence <=
        meter.measure(host::use_compressed(host::compress(m, host::read_scheme("gptq/q4k"), 4, &text))).divergence);
  CHECK_THROWS_WITH(host::measure_choices(m, families, 4, meter, {}, {.quantizer = host::quantizer_kind::gptq}),
                    ContainsSubstring("gptq needs a text"));
}
#endif
