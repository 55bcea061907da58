// SPDX-License-Identifier: BSL-1.0
// A family whose layers differ against its reference. Seven layers of the pattern of three: the last is cut off.
#include <algorithm>
#include <catch2/catch_template_test_macros.hpp>

#include "../model/plain_parts.hpp"
#include "against_reference.hpp"
#include "kinds.hpp"
#include "mote/learn/lora.hpp"
#include "mote/policy/bind_formats.hpp"

namespace {

using mote::own_role;
using mote::own_vector;
using mote::role;
using mote_tests::kinds::mixed_layers;
using mote_tests::kinds::single_blocks;

constexpr mote::shape s{
    .dim = 24, .hidden = 44, .layers = 7, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 32, .norm_epsilon = 1e-5F};

/// The same model with so many layers.
constexpr mote::shape of_layers(std::size_t layers) {
  mote::shape with = s;
  with.layers = layers;
  return with;
}

/// The same from its description, in double precision.
struct reference {
  struct layer_type {
    mote_tests::plain_norm attention_norm;
    mote_tests::plain_attention attention;
    mote_tests::plain_norm ffn_norm;
    mote_tests::plain_feed_forward ffn;
    mote_tests::plain_norm own_norm;
    mote_tests::plain_feed_forward own;
  };
  mote_tests::plain_matrix embedding;
  std::vector<layer_type> layers;
  mote_tests::plain_norm final_norm;
  static constexpr double epsilon = static_cast<double>(1e-5F);

  static mote_tests::attention_form form() {
    return {.count = {.heads = s.heads, .kv_heads = s.kv_heads, .width = s.head_dim()},
            .turning = s.head_dim(),
            .pairs = mote_tests::rope_pairs::neighbours,
            .norm_epsilon = epsilon};
  }
  static reference random(std::size_t count) {
    mote::rng r(8);
    const mote_tests::weight_maker make{r};
    reference m{.embedding = make.table(s.vocab, s.dim), .layers = {}, .final_norm = {}};
    using mote_tests::norm_kind;
    for (std::size_t l = 0; l < count; ++l) {
      layer_type one{};
      if (l % 3 == 0) {
        one.attention_norm = mote_tests::plain_norm::random(norm_kind::rms, s.dim, make);
        one.attention = mote_tests::plain_attention::random(s.dim, form().count, {}, false, make);
      }
      one.ffn_norm = mote_tests::plain_norm::random(norm_kind::rms, s.dim, make);
      one.ffn = mote_tests::plain_feed_forward::random(s.dim, s.hidden, true, false, make);
      if (l % 3 != 0) {
        one.own_norm = mote_tests::plain_norm::random(norm_kind::layer, s.dim, make);
        std::fill(one.own_norm.bias.begin(), one.own_norm.bias.end(), 0.0);
        one.own = mote_tests::plain_feed_forward::random(s.dim, s.hidden, false, true, make);
        one.own.down.bias.clear();
      }
      m.layers.push_back(one);
    }
    m.final_norm = mote_tests::plain_norm::random(norm_kind::rms, s.dim, make);
    return m;
  }
  template <class Tokens>
  mote_tests::plain_rows logits(const Tokens& tokens) const {
    using mote_tests::activation;
    using mote_tests::plain_rows;
    plain_rows x = mote_tests::look_up(embedding, tokens);
    const auto add = [&](const mote_tests::plain_norm& norm, const mote_tests::plain_feed_forward& f, activation a) {
      for (auto& row : x) mote_tests::add_to(row, f(a, norm(row, epsilon)));
    };
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const layer_type& one = layers[l];
      if (l % 3 == 0) {
        plain_rows normed;
        for (const auto& row : x) normed.push_back(one.attention_norm(row, epsilon));
        const plain_rows mixed = one.attention(form(), normed, mote_tests::sees_earlier);
        for (std::size_t t = 0; t < x.size(); ++t) mote_tests::add_to(x[t], mixed[t]);
      }
      add(one.ffn_norm, one.ffn, activation::silu);
      if (l % 3 != 0) add(one.own_norm, one.own, activation::gelu_tanh);
    }
    for (auto& row : x) row = embedding.times(final_norm(row, epsilon));
    return x;
  }
  template <class Tokens>
  double loss(const Tokens& tokens, std::size_t first) const {
    return mote_tests::mean_surprise(logits(tokens), tokens, first);
  }
  template <class F>
  static void each(auto& self, F f) {
    mote_tests::name_one("embedding", self.embedding, f);
    for (std::size_t l = 0; l < self.layers.size(); ++l) {
      const std::string block = "layers." + std::to_string(l) + ".";
      auto& one = self.layers[l];
      mote_tests::plain_norm::each(one.attention_norm, block + "attention_norm", f);
      mote_tests::plain_attention::each(one.attention, block, f);
      mote_tests::plain_norm::each(one.ffn_norm, block + "ffn_norm", f);
      mote_tests::plain_feed_forward::each(one.ffn, block, f);
      mote_tests::name_one(block + "own0_vector", one.own_norm.gain, f);
      mote_tests::name_one(block + "own0", one.own.up.weight, f);
      mote_tests::name_one(block + "own1_vector", one.own.up.bias, f);
      mote_tests::name_one(block + "own1", one.own.down.weight, f);
    }
    mote_tests::plain_norm::each(self.final_norm, "final_norm", f);
  }
};

struct model {
  using family = mixed_layers;
  static constexpr mote::shape shape = s;
};

}  // namespace

TEST_CASE("layers that differ: logits are those of their description, one by one, several at once, and where it learns",
          "[family]") {
  for (const std::size_t layers : {1U, 7U}) {
    reference m = reference::random(layers);
    const mote_tests::against_reference<mixed_layers, 4, reference> mine(of_layers(layers), m);
    mine.check_forward(mote_tests::family_tokens(21, s.vocab));
  }
}

TEST_CASE("layers that differ: gradients of every tensor are those of their description", "[family]") {
  for (const std::size_t layers : {1U, 7U}) {
    reference m = reference::random(layers);
    mote_tests::against_reference<mixed_layers, 4, reference> mine(of_layers(layers), m);
    mine.check_gradients(mote_tests::family_tokens(13, s.vocab), 2);
    mine.check_last_layers(mote_tests::family_tokens(13, s.vocab));
    mine.check_scales(mote_tests::family_tokens(13, s.vocab), 2);
  }
}

TEST_CASE("layers that differ: which kind layer i is, which tensors it has, and where they lie", "[family]") {
  using layers = mixed_layers::layer;
  using tensors = mote::tensors_of<mixed_layers>;
  STATIC_CHECK(layers::kinds == 2);
  STATIC_CHECK(layers::period == 3);
  STATIC_CHECK(std::array{layers::kind_of(0), layers::kind_of(1), layers::kind_of(2), layers::kind_of(6)} ==
               std::array<std::size_t, 4>{0, 1, 1, 0});
  STATIC_CHECK(tensors::matrices == 9);
  STATIC_CHECK(tensors::vectors == 4);
  STATIC_CHECK(!tensors::has_matrix(1, tensors::find(role::query)));
  STATIC_CHECK(!tensors::has_matrix(0, tensors::find(own_role(0))));
  STATIC_CHECK(tensors::bias<own_role(0)> == own_vector(1));

  constexpr auto map = mote::map_tensors<mote::q8<4>, mixed_layers>(s);
  constexpr std::size_t a = map.block[0].bytes, b = map.block[1].bytes;
  STATIC_CHECK(map.block[1] == map.block[2]);
  STATIC_CHECK(map.start_of(6) == map.blocks + 2 * a + 4 * b);
  STATIC_CHECK(map.outer[0] == map.blocks + 3 * a + 4 * b);
}

TEST_CASE("layers that differ: formats are chosen by matrix, and a layer that lacks it does not count", "[family]") {
  using mote::in;
  using mote::quantize;
  using bound = mote::bind_formats<mote::mixed<quantize<8>, in<own_role(1), quantize<4>>, in<role::key, quantize<16>>>,
                                   s, 4, mixed_layers>;
  using facts = mote::formats_of<bound>;
  STATIC_CHECK(!facts::per_layer);  // every layer that has the matrix has it alike
  const auto name_of = [](role r) {
    return facts::with(1, mote::tensors_of<mixed_layers>::find(r), []<class F>() { return std::string(F::name); });
  };
  CHECK(name_of(own_role(1)) == "q4x4");
  CHECK(name_of(own_role(0)) == "q8x4");
  CHECK(name_of(role::key) == "f16x4");
  constexpr auto map = mote::map_tensors<bound, mixed_layers>(s);
  constexpr auto plain = mote::map_tensors<mote::q8<4>, mixed_layers>(s);
  STATIC_CHECK(map.start_of(1) - map.start_of(0) > plain.start_of(1) - plain.start_of(0));
  STATIC_CHECK(map.start_of(2) - map.start_of(1) < plain.start_of(2) - plain.start_of(1));
}

TEST_CASE("layers of one block among others: the last layers learn alone as in the whole way back", "[family]") {
  constexpr std::size_t rows = 4;
  mote_tests::packed_bytes packed(mote::map_tensors<mote::f32<rows>, single_blocks>(s).bytes);
  mote::rng random(3);
  for (std::size_t i = 0; i < packed.size() / sizeof(float); ++i) packed.floats()[i] = 0.2F * random.normal();
  constexpr auto frequencies = mote::rope_frequencies<s.head_dim() / 2>(s.rope_theta);
  mote_tests::check_last_layers<single_blocks, rows>(s, packed, frequencies.data(),
                                                     mote_tests::family_tokens(13, s.vocab));
}

TEST_CASE("adapters lie on the matrices that the family has, whatever was asked for", "[family]") {
  using everywhere = mote::lora<2, mote::lora_knobs{.targets = mote::all_matrices}>;
  constexpr const auto& all = everywhere::delta::layout<mixed_layers, s>;
  STATIC_CHECK(all.adapters.size() == 9);
  STATIC_CHECK(all.of(own_role(1)).size.cols == s.hidden);
  STATIC_CHECK(everywhere::state<model, mote::q8<4>>::parameter_floats == s.layers * all.layer_floats);
  STATIC_CHECK(mote::lora<2>::delta::layout<mixed_layers, s>.adapters.size() == 2);
  STATIC_CHECK(mote::targets_in<mote::llama>(mote::all_matrices) == 0x7F);  // as images' snapshots have it
  STATIC_CHECK(mote::targets_in<mote::gpt2>(mote::all_matrices) == 0x6F);   // no gate
}
