// SPDX-License-Identifier: BSL-1.0
// The same answers of every family on every target: a small model of each, made from a seed, answers, learns one lesson and
// answers again; every bit of its logits, its loss and its adapter goes into the hashes below.
// Refuses files, a heap and a test framework, as golden.hpp does; its model, table and digest are used here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>

#include "golden.hpp"
#include "mote/family/bert.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neo.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/opt.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/family/stablelm.hpp"
#include "mote/pipeline/encoder.hpp"

namespace mote_families {

using golden::image;
using golden::seen;

/// Nothing is a multiple of 16.
constexpr mote::shape sizes(std::size_t layers) {
  return {.dim = 24,
          .hidden = 44,
          .layers = layers,
          .heads = 4,
          .kv_heads = 2,
          .vocab = golden::vocab,
          .context = 64,
          .head_width = 10};
}
/// The same with what `set` sets.
template <class Set>
constexpr mote::shape sizes(std::size_t layers, Set set) {
  mote::shape s = sizes(layers);
  set(s);
  return s;
}

template <class Family, mote::shape Shape>
struct model {
  static constexpr std::string_view name = Family::name;
  using family = Family;
  static constexpr mote::shape shape = Shape;
  static constexpr std::size_t vocabulary_bytes = golden::table_bytes;
  static constexpr mote::special_tokens special_tokens = golden::control;
};

/// An image of random weights: gains around one, other vectors around zero.
template <class Format, class Family>
std::span<const std::byte> make_image(const mote::shape& s) {
  using tensors = mote::tensors_of<Family>;
  static float tile[Format::rows * 80];
  mote::rng random(9);
  const auto map = mote::map_tensors<Format, Family>(s);
  const mote::image_layout layout = mote::lay_image(map.bytes, golden::table_bytes);
  if (layout.total_bytes > golden::image_room) return {};
  for (std::size_t i = 0; i < layout.total_bytes; ++i) image[i] = std::byte{0};
  std::byte* weights = image + layout.weights_offset;

  using formats = mote::formats_of<Format>;
  const auto matrix = [&]<class F>(std::size_t offset, mote::matrix_size m, float deviation) {
    for (std::size_t row = 0; row < m.rows; row += F::rows) {
      const std::size_t count = m.rows - row < F::rows ? m.rows - row : F::rows;
      for (std::size_t i = 0; i < count * m.cols; ++i) tile[i] = random.normal() * deviation;
      F::encode_tile(tile, count, m.cols, weights + offset + row / F::rows * F::tile_bytes(m.cols));
    }
  };
  const auto vector = [&](mote::vector_role which, std::size_t offset, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const float v = mote::name(which).ends_with("_norm") ? 0.75F + 0.5F * random.uniform() : 0.3F * random.normal();
      __builtin_memcpy(weights + offset + i * sizeof v, &v, sizeof v);
    }
  };
  using embedding = typename formats::embedding;
  matrix.template operator()<embedding>(map.embedding, {s.vocab, s.dim}, 0.25F);
  if constexpr (mote::has_positions<Family>)
    matrix.template operator()<embedding>(map.positions, {s.context, s.dim}, 0.25F);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t kind = Family::layer::kind_of(layer);
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(kind, i))
        vector(tensors::vector(i), map.at(layer, tensors::vector(i)), tensors::floats(s, i));
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      const mote::matrix_size m = tensors::size(s, i);
      if (tensors::has_matrix(kind, i))
        formats::with(layer, i, [&]<class F>() {
          matrix.template operator()<F>(map.at(layer, tensors::matrix(i)), m,
                                        1.5F / mote::simd::sqrt(static_cast<float>(m.cols)));
        });
    }
  }
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    vector(tensors::outer_vector(i), map.outer[i], tensors::outer_floats(s, i));
  if (!s.tied_head) matrix.template operator()<typename formats::head>(map.head, {s.vocab, s.dim}, 0.25F);
  for (std::size_t i = 0; i < golden::table_bytes; ++i) image[layout.vocabulary_offset + i] = golden::table[i];

  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = s.fingerprint(Family::name);
  h.format_fingerprint = mote::format_fingerprint<Format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = golden::table_bytes;
  h.payload_crc =
      mote::crc32(std::span<const std::byte>(image, layout.total_bytes).subspan(mote::container_header_bytes));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, Family::name);
  mote::put_name(h.format_name, Format::name);
  mote::seal(h);
  __builtin_memcpy(image, &h, sizeof h);
  return {image, layout.total_bytes};
}

struct expected {
  std::uint64_t answered, learned;
};

class run {
 public:
  explicit run(void (*print)(const char*)) : print_(print) {}
  int failures() const { return failures_; }

  /// An encoder's vectors of two texts.
  template <class Model>
  void check_encoder(std::uint64_t expected) {
    using encoder = mote::encoder<Model, mote::quantize<8>, mote::interleave<4>, mote::context<32>>;
    static_assert(sizeof(encoder) <= golden::pipeline_room);
    auto* e = new (golden::pipeline_bytes) encoder();
    const auto bytes = make_image<typename encoder::format, typename encoder::family>(Model::shape);
    need(!bytes.empty() && e->attach(bytes) == mote::status::ok, "attach()");
    seen.take();
    for (const std::string_view text : {"on", "the heat is on in the east"}) {
      need(e->embed(text) == mote::status::ok, "embed()");
      seen.bytes(e->vector().data(), e->vector().size_bytes());
    }
    judge(Model::name, seen.take(), expected, 0, 0);
  }

  template <class Family, mote::shape Shape>
  void check(const expected& e) {
    using pipeline = mote::pipeline<
        model<Family, Shape>, mote::quantize<8>, mote::interleave<4>, mote::context<64>, golden::tap,
        mote::lora<2, mote::lora_knobs{.targets = mote::all_matrices, .tokens = 40, .batch = 1, .chunk = 7}>>;
    static_assert(sizeof(pipeline) <= golden::pipeline_room);
    auto* ai = new (golden::pipeline_bytes) pipeline();
    const auto bytes = make_image<typename pipeline::format, Family>(Shape);
    need(!bytes.empty() && ai->attach(bytes) == mote::status::ok, "attach()");
    seen.take();
    converse(*ai);
    const std::uint64_t answered = seen.take();
    for (int round = 0; round < 2; ++round) {
      const mote::learned l = ai->learn({.prompt = "lights on", .answer = "on it is"});
      need(l.state == mote::status::ok, "learn()");
      seen.number(l.loss);
    }
    seen.bytes(ai->learning().parameters(), ai->learning().parameter_floats * sizeof(float));
    converse(*ai);
    const std::uint64_t learned = seen.take();
    ai->~pipeline();
    judge(Family::name, answered, e.answered, learned, e.learned);
  }

 private:
  void judge(std::string_view name, std::uint64_t answered, std::uint64_t expected, std::uint64_t learned,
             std::uint64_t expected_learned) {
    const bool same = answered == expected && learned == expected_learned;
    print_(same ? "ok     " : "FAILED ");
    print_(name.data());
    if (!same) {
      print_(" answered ");
      hex(answered);
      print_(", learned ");
      hex(learned);
      ++failures_;
    }
    print_("\n");
  }
  void need(bool holds, const char* what) {
    if (holds) return;
    print_("FAILED ");
    print_(what);
    print_("\n");
    ++failures_;
  }
  void hex(std::uint64_t v) const {
    char digits[19] = {'0', 'x'};
    for (unsigned i = 0; i < 16; ++i) digits[2 + i] = "0123456789ABCDEF"[(v >> (60U - 4U * i)) & 15U];
    print_(digits);
  }
  template <class Pipeline>
  void converse(Pipeline& ai) {
    need(ai.begin("the heat is on", 12) == mote::status::ok, "begin()");
    for (;;) {
      const mote::progress_step s = ai.step();
      need(s.state == mote::status::ok, "step()");
      seen.bytes(s.piece.data(), s.piece.size());
      if (s.done) return;
    }
  }

  void (*print_)(const char*);
  int failures_ = 0;
};

inline constexpr mote::shape scaled_llama = sizes(2, [](mote::shape& s) {
  s.rope_theta = 50;
  s.rope = {.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 40};
});
inline constexpr mote::shape gemma2 = sizes(3, [](mote::shape& s) {
  s.window = 6;
  s.softcap = 3;
  s.logit_softcap = 4;
  s.score_scale = 0.4F;
});
inline constexpr mote::shape gemma3 = sizes(7, [](mote::shape& s) {
  s.window = 6;
  s.rope_theta = 1e6F;
  s.local_theta = 100;
});
inline constexpr mote::shape partly = sizes(2, [](mote::shape& s) {
  s.kv_heads = 4;
  s.tied_head = false;
  s.rotary_width = 4;
});
inline constexpr mote::shape by_layer = sizes(2, [](mote::shape& s) {
  s.kv_heads = 4;
  s.per_layer_width = 20;
});
struct encoding : model<mote::bert, sizes(2)> {
  static constexpr mote::pooling pooling = mote::pooling::mean;
};
inline constexpr mote::shape windowed = sizes(3, [](mote::shape& s) { s.window = 6; });

}  // namespace mote_families

/// The number of families that answered otherwise than written below. `print` gets pieces of text.
template <class = void>
int mote_golden_families(void (*print)(const char*)) {
  mote_families::run r(print);
  r.check<mote::llama, mote_families::scaled_llama>({0x3081293CD6A07670, 0xFB0BF0BD8EA125E1});
  r.check<mote::qwen2, mote_families::sizes(2)>({0xD787333C38260F1A, 0x465B9B0E38647308});
  r.check<mote::qwen3, mote_families::sizes(2)>({0xC0C6D3C8FFD4C944, 0xC8489D9E271ADDD0});
  r.check<mote::gemma2, mote_families::gemma2>({0x5E1209647369393C, 0x152EF1C95FA0F1FE});
  r.check<mote::gemma3, mote_families::gemma3>({0x191F9EC61D04A8F6, 0xBCD03C6BAC901F83});
  r.check<mote::phi2, mote_families::partly>({0xA7DA1E95C7EE2881, 0x452EBF0E6196AA2D});
  r.check<mote::phi3, mote_families::windowed>({0xE6AF8A4CE9FD906D, 0x1F59EB72B265849C});
  r.check<mote::stablelm, mote_families::partly>({0x00629483C13CF9E4, 0xE6D9D3AD5D8BF1D3});
  r.check<mote::stablelm2, mote_families::partly>({0x5257EA8217623A96, 0x3C59ACA1F45465EA});
  r.check<mote::gpt2, mote_families::sizes(2)>({0x8A178C838E5CCCDA, 0x0F417FCB85F60DE1});
  r.check<mote::gpt_neo, mote_families::windowed>({0xEC2DDDFA83731D30, 0x94289D5471C1EA17});
  r.check<mote::gpt_neox, mote_families::partly>({0x057E1A69F5306E74, 0xC6F764A5A554FDB3});
  r.check<mote::opt, mote_families::sizes(2)>({0xFA4C989B16785069, 0x2C6C8A9721EC9806});
  r.check<mote::lfm2_layers<"cac">, mote_families::sizes(3)>({0x92307B278BA6E7B0, 0x090BEB210C49F89C});
  r.check<mote::ple_tinylm, mote_families::by_layer>({0xED30EB097E8E62E8, 0x192E6D9578F741F0});
  r.check_encoder<mote_families::encoding>(0xD13A15734AA229DC);
  return r.failures();
}
