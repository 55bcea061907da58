// SPDX-License-Identifier: BSL-1.0
// Every plan of a training pass under the guard: loss and gradients are those of memory that nothing shares and nobody
// poisons, with every chunk.
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "../model/plain_decoder.hpp"
#include "mote/block/train.hpp"
#include "mote/family/llama.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/lora.hpp"
#include "shortened.hpp"
#include "watched.hpp"

namespace {

using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using bits = std::vector<std::uint32_t>;

// A vocabulary wide beside dim and one narrow beside hidden; nothing a multiple of 16.
constexpr mote::shape wide{
    .dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 700, .context = 64};
constexpr mote::shape narrow{
    .dim = 24, .hidden = 204, .layers = 3, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 64, .tied_head = false};
constexpr std::size_t capacity = 24;

template <mote::shape S>
struct model_of {
  static constexpr mote::shape shape = S;
};
using everywhere = mote::lora<2, mote::lora_knobs{.targets = mote::all_matrices}>;

void add(bits& to, const float* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to.push_back(std::bit_cast<std::uint32_t>(from[i]));
}

/// Loss and gradients of two examples one behind the other, a loss alone, and the last logits.
template <class Model, class Format, class Learning>
bits run(const packed_bytes& packed, const mote::train_buffers<mote::llama>::plan_type& plan, std::size_t chunk) {
  constexpr mote::shape s = Model::shape;
  using state = typename Learning::template state<Model, Format>;
  static constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  static const auto map = mote::map_tensors<Format>(s);
  const auto learner = std::make_unique<state>();
  mote::rng random(9);
  if constexpr (Learning::owns_weights) {
    learner->reset(packed.data());
  } else {
    learner->reset();
    for (std::size_t i = 0; i < state::parameter_floats; ++i)  // B too, so that what stands before it has a gradient
      if (learner->parameters()[i] == 0) learner->parameters()[i] = 0.05F * random.normal();
  }
  std::vector<std::uint16_t> tokens(capacity);
  for (auto& t : tokens) t = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(s.vocab)));

  packed_bytes arena(plan.bytes, 0x55);
  const mote::train_buffers<mote::llama> buffers{arena.data(), plan};
  const mote::weights<Format> w(packed.data(), s, map);
  auto&& collector = learner->collector();
  mote::sequence_pass<mote::llama, mote::simd::native, Format, std::remove_cvref_t<decltype(collector)>> pass(
      s, w, collector, frequencies.data(), buffers, capacity, chunk);
  const std::span<const std::uint16_t> sequence(tokens);
  const float losses[] = {pass.backward(sequence, 3, 0.5F), pass.backward(sequence.first(15), 0, 1.0F),
                          pass.loss(sequence, 7, 1.0F)};
  bits seen;
  add(seen, losses, 3);
  add(seen, learner->gradients(), state::parameter_floats);
  add(seen, pass.last_logits(sequence), s.vocab);
  return seen;
}

template <class Model, class Format, class Learning>
void check() {
  const packed_bytes packed = plain_decoder::random(Model::shape, 8).template pack<Format>();
  for (const std::size_t chunk : {1U, 3U, 8U, 23U, 24U}) {
    INFO(Format::name << ", vocabulary " << Model::shape.vocab << ", chunk " << chunk);
    mote_tests::check_poisoned(mote::train_lifetimes<mote::llama, Format>(Model::shape, capacity, chunk),
                               [&](const auto& plan) { return run<Model, Format, Learning>(packed, plan, chunk); });
  }
}

}  // namespace

TEST_CASE("poisoned: gradients of adapters") {
  check<model_of<wide>, mote::q8<4>, mote::lora<2>>();
  check<model_of<wide>, mote::q8<16>, everywhere>();
  check<model_of<narrow>, mote::q8<4>, everywhere>();
}
TEST_CASE("poisoned: gradients of all parameters") {
  check<model_of<wide>, mote::f32<16>, mote::full<>>();
  check<model_of<narrow>, mote::f32<1>, mote::full<>>();
}

TEST_CASE("poisoned: a life of a training pass that is one operation shorter is found") {
  using model = model_of<wide>;
  const auto check_lives = [&]<class Format, class Learning>(Format, Learning,
                                                             const std::vector<mote_tests::end>& unseen) {
    const packed_bytes packed = plain_decoder::random(wide, 8).pack<Format>();
    mote_tests::check_shortened(mote::train_lifetimes<mote::llama, Format>(wide, capacity, 5), unseen,
                                [&](const auto& plan) { return run<model, Format, Learning>(packed, plan, 5); });
  };
  // An adapter takes no gradient of the embedding; rounded inputs live longer than they must.
  check_lives(mote::q8<4>{}, everywhere{}, {{1, true}, {26, true}});
  check_lives(mote::f32<16>{}, mote::full<>{}, {});
}
