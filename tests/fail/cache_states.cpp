// SPDX-License-Identifier: BSL-1.0
// decode() of a family that keeps states, with a cache that has none.
// EXPECT: mote: a block of this family keeps a state, and this cache has no place for it; .*\[mote-cache-states\]
#include "little.hpp"

using mote::vector_role;

struct remembering : mote::gated_feed_forward<> {
  static constexpr std::size_t state_floats(const mote::shape& s) { return s.dim; }
};
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, remembering>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};

#if MOTE_FAIL
using keys_and_values = mote::float_cache;
#else
using keys_and_values = mote::kept_in<my_family, mote::float_cache>;
#endif

float* next(const mote::weights<mote::q8<4>, my_family>& w, const std::uint64_t* frequencies,
            const keys_and_values& kept, const mote::decode_buffers<my_family>& buffers);
float* next(const mote::weights<mote::q8<4>, my_family>& w, const std::uint64_t* frequencies,
            const keys_and_values& kept, const mote::decode_buffers<my_family>& buffers) {
  return mote::decode(little::shape, w, mote::no_adapter{}, frequencies, kept, buffers, 1, 0, true);
}
