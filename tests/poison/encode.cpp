// SPDX-License-Identifier: BSL-1.0
// With --all: every change has the plans of decode() and of training under the guard.
// The plan of encode() under the guard, as decode.cpp has those of decode(): any length of text, one part and several.
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <vector>

#include "../core/sound_plan.hpp"
#include "../model/plain_decoder.hpp"
#include "mote/block/encode.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/bert.hpp"
#include "mote/format/f32.hpp"
#include "shortened.hpp"
#include "watched.hpp"

namespace poisoned_encoder {

using format = mote::f32<4>;
using bits = std::vector<std::uint32_t>;

constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 21};

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

template <std::size_t Parts>
struct kind {
  static auto lives() { return mote::encode_lifetimes<mote::bert, format>(s, s.context, Parts); }
  /// The states of texts of several lengths, one behind the other in one arena.
  static bits run(const mote::decode_buffers<mote::bert>::plan_type& plan) {
    const auto map = mote::map_tensors<format, mote::bert>(s);
    mote_tests::packed_bytes packed(map.bytes), arena(plan.bytes, 0x55);
    mote::rng random(6);
    for (std::size_t i = 0; i < map.bytes / sizeof(float); ++i) packed.floats()[i] = 0.3F * random.normal();
    const mote::weights<format, mote::bert> w(packed.data(), s, map);
    const mote::decode_buffers<mote::bert> buffers{
        arena.data(), plan,
        mote::padded(mote::no_cache::scratch_floats(mote::cached_by<mote::bert>(s), s.context, s.context))};
    eager_team<Parts> team;
    bits seen;
    for (const std::size_t count : {std::size_t{1}, s.context, std::size_t{7}}) {
      std::vector<std::uint16_t> tokens(count);
      for (auto& t : tokens) t = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(s.vocab)));
      (void)mote::encode<mote::simd::native, s.context>(s, w, nullptr, team, buffers, tokens.data(), count);
      // States that are not numbers too: the arena has them where encode() gives none.
      const float* row = reinterpret_cast<const float*>(buffers.bytes<mote::decode_plan_of<mote::bert>::stream>());
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t i = 0; i < s.dim; ++i)
          seen.push_back(std::bit_cast<std::uint32_t>(row[t * mote::padded(s.dim) + i]));
    }
    return seen;
  }
};

}  // namespace poisoned_encoder

using poisoned_encoder::kind;

TEST_CASE("poisoned: an encoder's states") {
  mote_tests::check_poisoned(kind<1>::lives(), [](const auto& plan) { return kind<1>::run(plan); });
  mote_tests::check_poisoned(kind<3>::lives(), [](const auto& plan) { return kind<3>::run(plan); });
}

TEST_CASE("poisoned: a life of encode() that is one operation shorter is found") {
  // The stream is read once more behind the pass; the others end inside attention.
  using facts = mote::decode_plan_of<mote::bert>;
  using attention = mote::attention_buffers;
  constexpr auto at = []<class Tag>(Tag) { return facts::buffers::index<Tag>(); };
  const std::vector<mote_tests::end> unseen{{at(facts::stream{}), true},      {at(attention::query{}), true},
                                            {at(attention::key{}), true},     {at(attention::value{}), true},
                                            {at(attention::scratch{}), true}, {at(attention::key_columns{}), true}};
  mote_tests::check_shortened(kind<1>::lives(), unseen, [](const auto& plan) { return kind<1>::run(plan); });
}
