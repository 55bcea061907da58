// SPDX-License-Identifier: BSL-1.0
// Random models of any family for tests of the tools: their tensors as floats, the same packed as a board has them, the
// logits of decode(), and families that bend what Llama has.
// Refuses to make sense: its answers are noise, but always the same noise.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../../family/encoder.hpp"
#include "../../family/hybrid.hpp"
#include "../../family/kinds.hpp"
#include "../../model/plain_decoder.hpp"
#include "mote/block/decode.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/llama.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/weights.hpp"

namespace mote_tests {

/// Llama with a window, a soft-cap, a scale of scores, and heads of a width of their own.
struct bent_llama : mote::llama {
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<mote::vector_role::attention_norm>,
                                       mote::rotary_attention_with<
                                           mote::attention_form<mote::windowed, mote::softcapped, mote::score_scaled>>>,
                        mote::residual<mote::rms_norm_block<mote::vector_role::ffn_norm>, mote::gated_feed_forward<>>>;
};
/// A feed-forward with a rectifier: it passes factors.
struct rectified : mote::gpt2 {
  using layer = mote::in_sequence<
      mote::residual<mote::rms_norm_block<mote::vector_role::attention_norm>, mote::rotary_attention>,
      mote::residual<
          mote::layer_norm_block<mote::vector_role::ffn_norm, mote::vector_role::ffn_norm_bias>,
          mote::feed_forward<mote::rectifier, mote::feed_forward_tensors{.up_bias = mote::vector_role::up_bias,
                                                                         .down_bias = mote::vector_role::down_bias}>>>;
};

/// A shape that the family can have; no size is a multiple of 16.
template <class Family>
constexpr mote::shape shape_for() {
  mote::shape s{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 32};
  if (Family::layer::kinds > 1) s.layers = 5;
  s.tied_head = mote::has_positions<Family>;
  if (std::is_same_v<Family, mote::gpt2>) s.kv_heads = 4;
  if (std::is_same_v<Family, mote::qwen3> || std::is_same_v<Family, bent_llama>) s.head_width = 10;
  if (std::is_same_v<Family, bent_llama>) s.window = 5, s.softcap = 2, s.score_scale = 0.5F;
  if (std::is_same_v<Family, hybrids::hybrid<3>>) s.window = 6;
  if (std::is_same_v<Family, mote::gemma2>) s.window = 5, s.softcap = 2, s.logit_softcap = 3;
  if (std::is_same_v<Family, mote::gpt_neox> || std::is_same_v<Family, mote::phi2>)
    s.kv_heads = 4, s.head_width = 10, s.rotary_width = 4;
  if (mote::leaves_embedding<Family>) s.kv_heads = 4, s.per_layer_width = 20;
  return s;
}

/// Gains about 1, biases and matrices about 0, of a size that keeps every path alive.
template <class Family>
mote::host::raw_model_of<Family> random_weights(const mote::shape& s, std::uint64_t seed) {
  using tensors = mote::tensors_of<Family>;
  using layers = typename Family::layer;
  mote::host::raw_model_of<Family> m;
  m.shape = s;
  mote::rng random(seed);
  const auto fill = [&](mote::host::raw_tensor& t, std::size_t n, float scale, float offset = 0) {
    for (std::size_t i = 0; i < n; ++i) t.values.push_back(offset + scale * random.normal());
  };
  const auto fill_vector = [&](mote::vector_role v, std::size_t n) {
    fill(m.of(v), n, 0.1F, name(v).ends_with("_norm") ? 1.0F : 0.0F);
  };
  fill(m.embedding, s.vocab * s.dim, 0.5F);
  if (mote::has_positions<Family>) fill(m.positions, s.context * s.dim, 0.2F);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(layers::kind_of(layer), i)) fill_vector(tensors::vector(i), tensors::floats(s, i));
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(layers::kind_of(layer), i))
        fill(m.matrices[i], tensors::size(s, i).rows * tensors::size(s, i).cols, 0.2F);
  }
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    fill_vector(tensors::outer_vector(i), tensors::outer_floats(s, i));
  if (!s.tied_head) fill(m.head, s.vocab * s.dim, 0.5F);
  return m;
}

/// A model as a board has it.
template <class Formats, class Family>
class on_board {
  using facts = mote::formats_of<Formats>;

 public:
  explicit on_board(const mote::host::raw_model_of<Family>& m)
      : s_(m.shape),
        map_(mote::map_tensors<Formats, Family>(s_)),
        bytes_(map_.bytes),
        tools_(mote::host::use_floats(m)) {
    using tensors = mote::tensors_of<Family>;
    using host_place = mote::host::tensor_place;
    for (const host_place& p : mote::host::all_tensors<Family>(s_)) {
      const std::size_t i = tensors::find(p.role);
      switch (p.where) {
        case host_place::part::embedding: put<typename facts::embedding>(m, p, map_.embedding); break;
        case host_place::part::positions: put<typename facts::embedding>(m, p, map_.positions); break;
        case host_place::part::head: put<typename facts::head>(m, p, map_.head); break;
        case host_place::part::block:
          facts::with(p.layer, i, [&]<class Format>() { put<Format>(m, p, map_.at(p.layer, p.role)); });
      }
    }
    const auto floats = [&](std::size_t layer, mote::vector_role v) {
      const auto from = mote::host::vector_of(m, layer, v);
      std::copy(from.begin(), from.end(), bytes_.floats() + map_.at(layer, v) / sizeof(float));
    };
    for (std::size_t layer = 0; layer < s_.layers; ++layer)
      for (std::size_t i = 0; i < tensors::vectors; ++i)
        if (tensors::has_vector(Family::layer::kind_of(layer), i)) floats(layer, tensors::vector(i));
    for (std::size_t i = 0; i < tensors::outer_vectors; ++i) floats(0, tensors::outer_vector(i));
    frequencies_.resize(mote::rotary_count<Family>(s_));
    mote::put_rotary_frequencies<Family>(s_, frequencies_.data());
  }

  /// The same matrices as the tools run them.
  const mote::host::batch_model_of<Family>& of_tools() const { return tools_; }

  /// decode(): the logits (vocab) of every token, `each` of them in a run.
  template <class Cache>
  std::vector<std::vector<float>> logits(const std::vector<std::size_t>& tokens, std::size_t each) const {
    constexpr std::size_t most = 32;
    using store = mote::kept_in<Family, Cache>;
    const auto made_for = mote::cached_by<Family>(s_);
    const auto plan = mote::plan_arena(mote::decode_lifetimes<Family, Formats, Cache>(s_, s_.context, {most, most, 1}));
    packed_bytes arena(plan.bytes, 0xFF), kept(store::bytes(made_for, s_.context));
    const mote::decode_buffers<Family> buffers{arena.data(), plan};
    const store cache(kept.data(), made_for, s_.context);
    mote::single_thread::team alone;
    std::vector<std::vector<float>> all;
    for (std::size_t t = 0; t < tokens.size(); t += each) {
      const std::size_t count = std::min(each, tokens.size() - t);
      const float* out = mote::decode<mote::simd::native, most>(
          s_, mote::weights<Formats, Family>{bytes_.data(), s_, map_}, mote::no_adapter{}, frequencies_.data(), cache,
          alone, buffers, tokens.data() + t, count, t, count);
      for (std::size_t i = 0; i < count; ++i)
        all.emplace_back(out + i * mote::padded(s_.vocab), out + i * mote::padded(s_.vocab) + s_.vocab);
    }
    return all;
  }

 private:
  template <class Format>
  void put(const mote::host::raw_model_of<Family>& m, const mote::host::tensor_place& p, std::size_t at) {
    const mote::matrix_size size = mote::host::size_of<Family>(s_, p);
    const auto w = mote::host::values_of(m, p);
    for (std::size_t row = 0; row < size.rows; row += Format::rows)
      Format::encode_tile(w.data() + row * size.cols, std::min(Format::rows, size.rows - row), size.cols,
                          bytes_.data() + at + row / Format::rows * Format::tile_bytes(size.cols));
    tools_.put(p, mote::host::pack<Format>(w.data(), size.rows, size.cols));
  }

  mote::shape s_;
  mote::tensor_map_of<Formats, Family> map_;
  packed_bytes bytes_;
  mote::host::batch_model_of<Family> tools_;
  std::vector<std::uint64_t> frequencies_;
};

/// (sequences, length) random tokens.
inline std::vector<std::vector<std::size_t>> random_texts(std::size_t sequences, std::size_t length,
                                                          std::size_t vocab) {
  mote::rng random(5);
  std::vector<std::vector<std::size_t>> all(sequences);
  for (auto& text : all)
    for (std::size_t i = 0; i < length; ++i) text.push_back(random.below(static_cast<std::uint32_t>(vocab)));
  return all;
}

}  // namespace mote_tests
