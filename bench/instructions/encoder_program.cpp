// SPDX-License-Identifier: BSL-1.0
// The pass of an encoder over TOKENS tokens, counted: layers of MiniLM-L6's size in 8 bits, LAYERS of them, with an
// embedding of few rows, which cost no instruction. Weights are zero: no kernel asks what a number is.
// Refuses to check states: tests/family/bert.cpp does.
#include <array>
#include <cstddef>
#include <cstdint>

#include "mark.h"
#include "mote/block/encode.hpp"
#include "mote/family/bert.hpp"
#include "mote/format/q8.hpp"

namespace {

constexpr mote::shape s{.dim = 384,
                        .hidden = 1536,
                        .layers = LAYERS,
                        .heads = 12,
                        .kv_heads = 12,
                        .vocab = 64,
                        .context = TOKENS,
                        .norm_epsilon = 1e-12F};
using format = mote::q8<mote::interleaved_rows(mote::simd::native::value)>;
constexpr auto map = mote::map_tensors<format, mote::bert>(s);
constexpr auto plan = mote::plan_arena(mote::encode_lifetimes<mote::bert, format>(s, TOKENS));
[[gnu::section(".rodata.mote_image.weights")]] alignas(64) const std::array<std::byte, map.bytes> weights{};
alignas(64) std::byte arena[plan.bytes];
std::array<std::uint16_t, TOKENS> tokens{};

}  // namespace

int main() {
  const std::byte* base = weights.data();
  __asm__ volatile("" : "+r"(base));  // not known to be zero
  const mote::weights<format, mote::bert> w{base, s, map};
  mote::single_thread::team alone;
  const mote::decode_buffers<mote::bert> buffers{arena, plan};
  const float* states = nullptr;
  for (int i = 0; i < 2; ++i) {
    instruction_mark();
    states = mote::encode<mote::simd::native, TOKENS>(s, w, nullptr, alone, buffers, tokens.data(), tokens.size());
  }
  instruction_mark();
  return states == nullptr ? 1 : 0;
}
