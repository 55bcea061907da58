// SPDX-License-Identifier: BSL-1.0
// Every plan of decode() under the guard: the bits are those of memory that nothing shares and nobody poisons.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <vector>

#include "../core/sound_plan.hpp"
#include "../model/plain_decoder.hpp"
#include "mote/block/decode.hpp"
#include "mote/family/llama.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/model/int8_cache.hpp"
#include "mote/model/kivi_cache.hpp"
#include "shortened.hpp"
#include "watched.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using mote_tests::watched;
using bits = std::vector<std::uint32_t>;
using lives = decltype(mote::decode_lifetimes<mote::llama, mote::q8<1>>({}, 0));

constexpr mote::shape shapes[] = {
    // nothing a multiple of 16, two heads to a key, a vocabulary that is wide beside dim
    {.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 300, .context = 64},
    // a key to a head, a vocabulary that is narrow beside hidden
    {.dim = 24, .hidden = 204, .layers = 3, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 64, .tied_head = false}};
constexpr std::size_t context = 44;

/// Does its parts in turn, however little there is to do.
template <std::size_t Parts>
struct eager_team {
  static constexpr std::size_t parts = Parts;
  static bool worth_splitting(std::size_t) { return Parts > 1; }
  template <class F>
  void run(F&& f) const {
    for (std::size_t part = 0; part < parts; ++part) f(part, parts);
  }
};

/// Adds something that depends on what it is given, as an adapter does.
struct some_adapter {
  static void apply(std::size_t layer, mote::role, const float* x, float* y) {
    y[layer] += x[0] * 0.25F + x[layer + 1] * 0.5F;
  }
};

template <class Format, class Cache, std::size_t Most, std::size_t Parts>
struct kind {
  static lives of(const mote::shape& s) {
    return mote::decode_lifetimes<mote::llama, Format, Cache>(s, context,
                                                              {.tokens = Most, .logits = Most, .parts = Parts});
  }
  /// The logits of a sequence that is run in several ways: all at once, some, alone, with and without logits.
  static bits run(const plain_decoder& m, const packed_bytes& packed,
                  const mote::decode_buffers<mote::llama>::plan_type& plan) {
    static constexpr auto frequencies = mote::rope_frequencies<shapes[0].head_dim() / 2>(10000.0F);
    const auto map = mote::map_tensors<Format>(m.s);
    const mote::weights<Format> w(packed.data(), m.s, map);
    packed_bytes arena(plan.bytes, 0x55);
    packed_bytes kept(Cache::bytes(mote::cache_shape_of(m.s), context), 0x55);
    const Cache cache(kept.data(), mote::cache_shape_of(m.s), context);
    const mote::decode_buffers<mote::llama> buffers{
        arena.data(), plan, mote::padded(Cache::scratch_floats(mote::cache_shape_of(m.s), context, Most))};
    std::vector<std::uint16_t> tokens(context);
    mote::rng random(3);
    for (auto& t : tokens) t = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(m.s.vocab)));
    eager_team<Parts> team;
    bits seen;
    std::size_t round = 0;
    for (std::size_t position = 0; position < context; ++round) {
      const std::size_t ways[] = {Most, Most / 2 + 1, 1};
      const std::size_t left = context - position;
      const std::size_t count = ways[round % 3] < left ? ways[round % 3] : left;
      const std::size_t answers = round % 4 == 3 ? 0 : round % 2 == 0 ? count : 1;
      const float* logits =
          mote::decode<mote::simd::native, Most>(m.s, w, some_adapter{}, frequencies.data(), cache, team, buffers,
                                                 tokens.data() + position, count, position, answers);
      for (std::size_t a = 0; a < answers; ++a)
        for (std::size_t i = 0; i < m.s.vocab; ++i)
          seen.push_back(std::bit_cast<std::uint32_t>(logits[a * mote::padded(m.s.vocab) + i]));
      position += count;
    }
    return seen;
  }
};

template <class Format, class Cache, std::size_t Most, std::size_t Parts>
void check() {
  using one = kind<Format, Cache, Most, Parts>;
  for (const mote::shape& s : shapes) {
    INFO("vocabulary " << s.vocab << ", " << Most << " tokens, " << Parts << " parts");
    const plain_decoder m = plain_decoder::random(s, 6);
    const packed_bytes packed = m.pack<Format>();
    const lives of = one::of(s);
    mote_tests::check_poisoned(of, [&](const auto& plan) { return one::run(m, packed, plan); });
  }
}

template <class Cache>
void check_cache() {
  using format = mote::q8<4>;
  check<format, Cache, 1, 1>();
  check<format, Cache, 8, 1>();
  check<format, Cache, 1, 2>();
  check<format, Cache, 8, 3>();
}

}  // namespace

TEST_CASE("poisoned: answers with keys and values as floats") { check_cache<mote::float_cache>(); }
TEST_CASE("poisoned: answers with keys and values as halves") { check_cache<mote::half_cache>(); }
TEST_CASE("poisoned: answers with keys and values in 8 bits") { check_cache<mote::int8_cache<>>(); }
TEST_CASE("poisoned: answers with keys and values in KIVI's groups") {
  check_cache<mote::kivi_cache<4, 32>>();
  check<mote::q8<16>, mote::kivi_cache<2, 32>, 1, 1>();
  check<mote::q8<16>, mote::kivi_cache<8, 32>, 8, 1>();
}
TEST_CASE("poisoned: answers with weights of other formats") {
  check<mote::f32<16>, mote::float_cache, 8, 2>();
  check<mote::bf16<8>, mote::float_cache, 8, 1>();
  check<mote::q8<1, 64>, mote::float_cache, 1, 1>();
}

TEST_CASE("poisoned: a life of decode() that is one operation shorter is found") {
  const plain_decoder m = plain_decoder::random(shapes[0], 7);
  const auto check_lives = [&]<class Kind>(Kind, const std::vector<mote_tests::end>& unseen) {
    const packed_bytes packed = m.pack<mote::q8<4>>();
    mote_tests::check_shortened(Kind::of(m.s), unseen, [&](const auto& plan) { return Kind::run(m, packed, plan); });
  };
  // The stream is read once more behind the pass, and the rounded input lives longer than it must; the others end inside
  // the cache's call.
  using facts = mote::decode_plan_of<mote::llama>;
  using attention = mote::rotary_attention;
  constexpr auto at = []<class Tag>(Tag) { return facts::buffers::index<Tag>(); };
  const std::vector<mote_tests::end> alone{{at(facts::stream{}), true},
                                           {at(facts::rounded{}), false},
                                           {at(attention::query{}), true},
                                           {at(attention::scratch{}), true}};
  std::vector<mote_tests::end> several = alone;
  several.push_back({at(attention::key{}), true});
  several.push_back({at(attention::value{}), true});
  check_lives(kind<mote::q8<4>, mote::float_cache, 1, 1>{}, alone);
  check_lives(kind<mote::q8<4>, mote::float_cache, 4, 1>{}, several);
  // A cache of codes has no defined answer to what is not a number, which a life too short would hand it.
  check_lives(kind<mote::q8<4>, mote::half_cache, 4, 2>{}, several);
}
