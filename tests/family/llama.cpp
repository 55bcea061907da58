// SPDX-License-Identifier: BSL-1.0
// Llama 3.1's scaled rotary positions. Llama as such is what most other tests are about.
#include "mote/family/llama.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

// Small wavelengths: of six pairs one stays, two are mixed, three are divided.
constexpr mote::shape shape_of(std::size_t layers) {
  return {.dim = 24,
          .hidden = 44,
          .layers = layers,
          .heads = 4,
          .kv_heads = 2,
          .vocab = 37,
          .context = 80,
          .rope_theta = 50.0F,
          .head_width = 12,
          .rope{.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 40}};
}

// The published configuration of Llama-3.1-8B (rope_type llama3) and arXiv 2407.21783.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t) {
    return mote_tests::published_layer{
        .rope_theta = 50, .stretch = {.factor = 8, .low_freq_factor = 1, .high_freq_factor = 4, .original = 40}};
  };
  return p;
}

constexpr mote::shape scaled = shape_of(2);
constexpr mote::shape plain = [] {
  mote::shape without = scaled;
  without.rope = {};
  return without;
}();

}  // namespace

TEST_CASE("Llama 3.1: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::llama>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("Llama 3.1: gradients of every tensor are those of its definition", "[family]") {
  const mote::shape s = shape_of(2);
  mote_tests::against_published<mote::llama>(s, definition(s), 22).check_gradients();
}

TEST_CASE("Llama 3.1: the scaling changes the frequencies and the fingerprint, and the compiler's table is the tool's",
          "[family]") {
  std::uint64_t here[6], there[6];
  mote::put_rotary_frequencies<mote::llama>(scaled, here);
  mote::put_rotary_frequencies<mote::llama>(plain, there);
  CHECK(here[0] == there[0]);
  CHECK((here[1] < there[1] && here[1] > there[1] / 8));
  CHECK((here[2] < there[2] && here[2] > there[2] / 8));
  for (std::size_t i = 3; i < 6; ++i) CHECK((here[i] <= there[i] / 8 + 1 && here[i] + 1 >= there[i] / 8));
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(mote::rotary_table<mote::llama, scaled>()[i] == here[i]);
    CHECK(mote::rotary_table<mote::llama, plain>()[i] == there[i]);
  }
  CHECK(scaled.fingerprint() != plain.fingerprint());
}
