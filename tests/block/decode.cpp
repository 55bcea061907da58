// SPDX-License-Identifier: BSL-1.0
#include "mote/block/decode.hpp"
#include "mote/family/llama.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "../model/plain_decoder.hpp"
#include "mote/learn/frozen.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_decoder;

struct form {
  mote::shape s;
  const char* what;
};
const form forms[] = {
    {{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64},
     "nothing a multiple of 16"},
    {{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 64, .tied_head = false},
     "a key head for each, a head of its own"},
    {{.dim = 24,
      .hidden = 80,
      .layers = 3,
      .heads = 4,
      .kv_heads = 1,
      .vocab = 300,
      .context = 64,
      .norm_epsilon = 1e-6F},
     "one key head for all, wider than long"},
    {{.dim = 24, .hidden = 44, .layers = 1, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64}, "one layer"},
};

struct nothing_learned {
  static void apply(std::size_t, mote::role, const float*, float*) {}
};

/// Every position's logits; memory starts as NaN.
template <class Format, class Isa = mote::simd::native>
std::vector<std::vector<float>> run(const plain_decoder& m, const std::vector<std::uint16_t>& tokens,
                                    std::size_t context) {
  const packed_bytes packed = m.pack<Format>();
  const auto map = mote::map_tensors<Format>(m.s);
  const mote::weights<Format> w(packed.data(), m.s, map);
  const auto frequencies = mote::rope_frequencies<3>(10000.0F);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, Format>(m.s, context));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::decode_buffers<mote::llama> buffers{arena.data(), plan};
  packed_bytes kept(mote::float_cache::bytes(mote::cache_shape_of(m.s), context), 0xFF);
  const mote::float_cache cache(kept.data(), mote::cache_shape_of(m.s), context);
  std::vector<std::vector<float>> all;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const float* logits =
        mote::decode<Isa>(m.s, w, nothing_learned{}, frequencies.data(), cache, buffers, tokens[t], t, true);
    all.emplace_back(logits, logits + m.s.vocab);
  }
  return all;
}

std::vector<std::uint16_t> some_tokens(std::size_t n, std::size_t vocab) {
  mote::rng random(5);
  std::vector<std::uint16_t> t(n);
  for (auto& v : t) v = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(vocab)));
  return t;
}

double distance(const std::vector<std::vector<float>>& a, const std::vector<std::vector<double>>& b) {
  double error = 0, size = 0;
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t i = 0; i < a[t].size(); ++i) {
      error += std::pow(static_cast<double>(a[t][i]) - b[t][i], 2);
      size += b[t][i] * b[t][i];
    }
  return std::sqrt(error / size);
}

}  // namespace

TEST_CASE("floats: logits equal those of a text-book decoder in double precision") {
  const form& f = forms[GENERATE(0, 1, 2)];
  const plain_decoder m = plain_decoder::random(f.s, 3);
  const auto tokens = some_tokens(33, f.s.vocab);
  const auto exact = m.logits(std::span<const std::uint16_t>(tokens));
  INFO(f.what);
  const auto one = run<mote::f32<1>>(m, tokens, 40);
  CHECK(distance(one, exact) < 2e-6);
  CHECK(run<mote::f32<4>>(m, tokens, 40) == one);  // and the layout changes no bit
  CHECK(run<mote::f32<8>>(m, tokens, 40) == one);
  CHECK(run<mote::f32<16>>(m, tokens, 40) == one);
}

TEST_CASE("8 bits: logits stay near, and no layout and no instruction set changes a bit") {
  const form& f = forms[GENERATE(0, 1, 2)];
  const plain_decoder m = plain_decoder::random(f.s, 4);
  const auto tokens = some_tokens(33, f.s.vocab);
  const auto exact = m.logits(std::span<const std::uint16_t>(tokens));
  INFO(f.what);
  const auto one = run<mote::q8<1>>(m, tokens, 40);
  CHECK(distance(one, exact) < 0.05);
  CHECK(run<mote::q8<1>, mote::simd::scalar>(m, tokens, 40) == one);
  CHECK(run<mote::q8<4>>(m, tokens, 40) == one);
  CHECK(run<mote::q8<8>>(m, tokens, 40) == one);
  CHECK(run<mote::q8<16>>(m, tokens, 40) == one);
  const auto wide = run<mote::q8<1, 64>>(m, tokens, 40);
  CHECK(distance(wide, exact) < 0.05);
  CHECK(run<mote::q8<16, 64>>(m, tokens, 40) == wide);
}

TEST_CASE("the room for more tokens changes nothing, and a prompt's tokens need no logits") {
  const plain_decoder m = plain_decoder::random(forms[0].s, 6);
  const auto tokens = some_tokens(20, m.s.vocab);
  CHECK(run<mote::q8<4>>(m, tokens, 20) == run<mote::q8<4>>(m, tokens, 64));

  using format = mote::q8<4>;
  const packed_bytes packed = m.pack<format>();
  const auto map = mote::map_tensors<format>(m.s);
  const mote::weights<format> w(packed.data(), m.s, map);
  const auto frequencies = mote::rope_frequencies<3>(10000.0F);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(m.s, 64));
  packed_bytes arena(plan.bytes), kept(mote::float_cache::bytes(mote::cache_shape_of(m.s), 64));
  const mote::decode_buffers<mote::llama> buffers{arena.data(), plan};
  const mote::float_cache cache(kept.data(), mote::cache_shape_of(m.s), 64);
  const float* logits = nullptr;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    logits = mote::decode(m.s, w, nothing_learned{}, frequencies.data(), cache, buffers, tokens[t], t,
                          t + 1 == tokens.size());
    REQUIRE((logits == nullptr) == (t + 1 < tokens.size()));
  }
  CHECK(std::vector<float>(logits, logits + m.s.vocab) == run<format>(m, tokens, 64).back());
}

TEST_CASE("a pass may stop behind any layer and go on later: the stream in the arena is all that it needs") {
  using format = mote::q8<4>;
  const plain_decoder m = plain_decoder::random(forms[2].s, 7);
  const auto tokens = some_tokens(12, m.s.vocab);
  const auto expected = run<format>(m, tokens, 40);
  const packed_bytes packed = m.pack<format>();
  const auto map = mote::map_tensors<format>(m.s);
  const mote::weights<format> w(packed.data(), m.s, map);
  const auto frequencies = mote::rope_frequencies<3>(10000.0F);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(m.s, 40));
  packed_bytes arena(plan.bytes, 0xFF), kept(mote::float_cache::bytes(mote::cache_shape_of(m.s), 40), 0xFF);
  const mote::decode_buffers<mote::llama> buffers{arena.data(), plan};
  const mote::float_cache cache(kept.data(), mote::cache_shape_of(m.s), 40);
  mote::single_thread::team alone;
  const nothing_learned nothing;
  using pass = mote::decode_pass<mote::simd::native, 1, mote::weights<format>, nothing_learned, mote::float_cache,
                                 mote::single_thread::team>;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const std::size_t half = t % (m.s.layers + 1);
    pass::maps_type maps(m.s, w, nothing, alone, 1, buffers.bytes<mote::decode_plan_of<mote::llama>::rounded>());
    {
      pass p(m.s, w, maps, frequencies.data(), cache, alone, buffers, 1, t);
      p.embed(&tokens[t]);
      p.run(0, half);
    }
    pass p(m.s, w, maps, frequencies.data(), cache, alone, buffers, 1, t);  // another object, the same arena
    p.run(half, m.s.layers);
    const float* logits = p.head(1);
    CHECK(std::vector<float>(logits, logits + m.s.vocab) == expected[t]);
  }
}
