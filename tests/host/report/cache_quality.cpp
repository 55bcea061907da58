// SPDX-License-Identifier: BSL-1.0
// What a rounded cache does to real models: divergence from the same model with floats in its cache, on 2,560 and 1,024
// tokens that the models write themselves.
// Optimized: it measures the caches of a real model.
#include <catch2/catch_test_macros.hpp>

#include "../../assets.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/report/quality.hpp"
#include "mote/policy/cache.hpp"

TEST_CASE("8 bits in the cache cost stories260K and stories3M less than a thousandth of a nat", "[quality][assets]") {
  struct trial {
    const char* file;
    std::size_t sequences;
    double coded;
  };
  for (const trial& t : {trial{"llama2c-stories260K/stories260K.bin", 10, .0009},
                         trial{"llama2c-stories3M-q80/stories3M-q80.bin", 4, .00034}}) {
    const auto model = mote::host::use_floats(mote::host::read_llama2c(mote_tests::asset(t.file)));
    const mote::host::quality_meter meter(model, mote::host::sample_text(model, t.sequences, 256, 1, 1));
    const auto coded = meter.measure<mote::cache<8>::store>(model);
    const auto half = meter.measure<mote::cache<16>::store>(model);
    CAPTURE(t.file, coded.divergence, coded.perplexity_ratio, half.divergence);
    CHECK(coded.divergence < t.coded);
    CHECK(coded.divergence > t.coded / 10);  // it is rounded: less would mean that floats were measured
    CHECK(coded.same_choice > .98);
    CHECK(half.divergence < 5e-6);
    CHECK(half.divergence > 0);
  }
}

TEST_CASE("kivi costs stories260K and stories3M no more than a prototype of it did, all tokens rounded",
          "[quality][assets]") {
  struct trial {
    const char* file;
    std::size_t sequences;
    double prototype[3];  // 8, 4 and 2 bits
  };
  for (const trial& t : {trial{"llama2c-stories260K/stories260K.bin", 10, {1e-5, .0036, .164}},
                         trial{"llama2c-stories3M-q80/stories3M-q80.bin", 4, {4e-5, .011, .305}}}) {
    const auto model = mote::host::use_floats(mote::host::read_llama2c(mote_tests::asset(t.file)));
    const mote::host::quality_meter meter(model, mote::host::sample_text(model, t.sequences, 256, 1, 1));
    const double divergence[] = {meter.measure<mote::kivi<8, 32>::store>(model).divergence,
                                 meter.measure<mote::kivi<4, 32>::store>(model).divergence,
                                 meter.measure<mote::kivi<2, 32>::store>(model).divergence};
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(t.file, i, divergence[i]);
      CHECK(divergence[i] < 1.1 * t.prototype[i]);
      CHECK(divergence[i] > .2 * t.prototype[i]);  // the newest 1 to 32 of 256 tokens are floats here, not all
    }
    CHECK(meter.measure<mote::kivi<4, 128>::store>(model).divergence < divergence[1] / 5);
    CHECK(meter.measure<mote::kivi<2, 256>::store>(model).divergence == 0);
  }
}
