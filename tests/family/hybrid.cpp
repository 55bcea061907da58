// SPDX-License-Identifier: BSL-1.0
// A family with a state against its reference: windowed attention and a gated short convolution in turn.
#include <algorithm>
#include <catch2/catch_template_test_macros.hpp>
#include <cstring>
#include <memory>
#include <tuple>

#include "../model/plain_hybrid.hpp"
#include "../synthetic_model.hpp"
#include "against_reference.hpp"
#include "hybrid.hpp"
#include "mote/pipeline.hpp"

namespace {

using mote_tests::hybrids::hybrid;
using mote_tests::hybrids::short_convolution;

// Five layers: two attend in a window of 6, two convolve between them, and the pattern is cut off behind an attention.
constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 5,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 37,
                        .context = 32,
                        .norm_epsilon = 1e-5F,
                        .head_width = 10,
                        .window = 6};

/// The same model with so many layers.
constexpr mote::shape of_layers(std::size_t layers) {
  mote::shape with = s;
  with.layers = layers;
  return with;
}

/// The reference, whose tensors have the names that mote's have.
template <std::size_t Taps>
struct reference {
  mote_tests::plain_hybrid m;

  explicit reference(const mote::shape& of = s)
      : m(mote_tests::plain_hybrid::random({.dim = of.dim,
                                            .hidden = of.hidden,
                                            .layers = of.layers,
                                            .heads = of.heads,
                                            .kv_heads = of.kv_heads,
                                            .head_dim = of.head_dim(),
                                            .vocab = of.vocab,
                                            .context = of.context,
                                            .mixers = {},
                                            .window = of.window,
                                            .kernel = Taps,
                                            .head_norms = true,
                                            .rope_theta = static_cast<double>(of.rope_theta),
                                            .pairs = mote_tests::rope_pairs::neighbours,
                                            .norm_epsilon = static_cast<double>(of.norm_epsilon)},
                                           4)) {}
  template <class Tokens>
  auto logits(const Tokens& tokens) const {
    return m.logits(tokens);
  }
  template <class Tokens>
  double loss(const Tokens& tokens, std::size_t first) const {
    return m.loss(tokens, first);
  }
  template <class F>
  static void each(auto& self, F f) {
    mote_tests::plain_hybrid::each(self.m, [&](std::string name, auto& part) {
      const auto rename = [&](std::string_view from, std::string_view to) {
        if (const std::size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
      };
      rename("mixer_norm", "attention_norm");
      rename("convolution_input", "own0");
      rename("convolution_output", "own1");
      if (name.ends_with("convolution_kernel")) {
        rename("convolution_kernel", "own0_vector");
        if constexpr (requires { part.v; }) f(name, part.v);  // its values, as mote has them
      } else {
        f(name, part);
      }
    });
  }
};

}  // namespace

namespace {
template <std::size_t Taps, std::size_t Rows>
struct variant {
  static constexpr std::size_t taps = Taps, rows = Rows;
};
#if MOTE_TEST_FEW_TYPES
using forward_variants = std::tuple<variant<3, 4>, variant<1, 1>, variant<8, 1>>;
using gradient_variants = std::tuple<variant<3, 4>, variant<8, 1>>;
#else
using forward_variants = std::tuple<variant<3, 4>, variant<1, 1>, variant<2, 16>, variant<4, 4>, variant<8, 1>>;
using gradient_variants = std::tuple<variant<3, 4>, variant<1, 16>, variant<8, 1>>;
#endif
}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "a convolution between attentions: logits are those of its description, one by one, several at once, and where it "
    "learns",
    "[family]", forward_variants) {
  constexpr std::size_t taps = TestType::taps;
  for (const std::size_t layers : {1U, 2U, 5U}) {
    reference<taps> m(of_layers(layers));
    const mote_tests::against_reference<hybrid<taps>, TestType::rows, reference<taps>> mine(of_layers(layers), m);
    mine.check_forward(mote_tests::family_tokens(21, s.vocab));
  }
}

TEMPLATE_LIST_TEST_CASE("a convolution between attentions: gradients of every tensor are those of its description",
                        "[family]", gradient_variants) {
  constexpr std::size_t taps = TestType::taps;
  for (const std::size_t layers : {1U, 2U, 5U}) {
    reference<taps> m(of_layers(layers));
    mote_tests::against_reference<hybrid<taps>, TestType::rows, reference<taps>> mine(of_layers(layers), m);
    mine.check_gradients(mote_tests::family_tokens(13, s.vocab), 2);
  }
}

TEST_CASE("a convolution's state: what is not finite is not remembered", "[family]") {
  reference<3> m;
  const std::size_t bad = s.vocab - 1;
  m.m.embedding.at(bad, 0) = std::numeric_limits<double>::quiet_NaN();
  const mote_tests::against_reference<hybrid<3>, 4, reference<3>> mine(s, m);
  const std::vector<std::uint16_t> tokens{3, 14, static_cast<std::uint16_t>(bad), 5, 9, 2, 6};
  for (const std::size_t each : {1U, 2U, 7U}) {
    const mote_tests::plain_rows rows = mine.logits(tokens, each);
    for (std::size_t t = 0; t < tokens.size(); ++t) CHECK(std::isfinite(rows[t][0]) == (t != 2));
  }
}

TEST_CASE("a convolution's state: where it lies, what it costs, and that nothing is taken back", "[family]") {
  using family = hybrid<3>;
  using states = mote::states_of<family>;
  using block = short_convolution<3>;
  constexpr std::size_t each = 2 * mote::padded(s.dim);
  STATIC_CHECK(states::any);
  STATIC_CHECK(states::floats(s, s.layers) == 2 * each);
  STATIC_CHECK(states::at<block>(s, 1) == 0);
  STATIC_CHECK(states::at<block>(s, 3) == each);
  using kept = mote::kept_in<family, mote::float_cache>;
  constexpr auto made_for = mote::cached_by<family>(s);
  STATIC_CHECK(made_for.layers == 3);  // of keys and values
  STATIC_CHECK(kept::bytes(made_for, 32) == mote::float_cache::bytes(made_for, 32) + 2 * each * sizeof(float));
  STATIC_CHECK(kept::rollback_tokens(32) == 0);
  STATIC_CHECK(std::is_same_v<mote::kept_in<mote::llama, mote::float_cache>, mote::float_cache>);
  STATIC_CHECK(std::is_same_v<decltype(mote::cached_by<mote::llama>(s)), mote::cache_shape>);
}

namespace {

struct small : mote_tests::synthetic {
  static constexpr std::string_view name = "hybrid";
  using family = hybrid<3>;
  static constexpr mote::shape shape = [] {
    mote::shape with = s;
    with.vocab = mote_tests::synthetic_parts::tokens;
    with.context = 64;
    return with;
  }();
};
/// An image of the reference's weights, as a tool for this family would write it.
template <class Pipeline>
mote_tests::aligned_bytes image_of(const std::byte* weights) {
  using format = typename Pipeline::format;
  constexpr auto map = mote::map_tensors<format, small::family>(small::shape);
  const std::vector<std::byte> vocabulary = mote_tests::synthetic_vocabulary(small::special_tokens);
  const mote::image_layout layout = mote::lay_image(map.bytes, vocabulary.size());
  std::vector<std::byte> image(layout.total_bytes);
  std::memcpy(&image[layout.weights_offset], weights, map.bytes);
  std::memcpy(&image[layout.vocabulary_offset], vocabulary.data(), vocabulary.size());
  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = small::shape.fingerprint(small::family::name);
  h.format_fingerprint = mote::format_fingerprint<format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = vocabulary.size();
  h.payload_crc = mote::crc32(std::span<const std::byte>(image).subspan(mote::container_header_bytes));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, small::name);
  mote::put_name(h.format_name, format::name);
  mote::seal(h);
  std::memcpy(image.data(), &h, sizeof h);
  return mote_tests::aligned_bytes(image);
}

/// Two answers one after the other: their tokens, and the logits of the last.
struct answers {
  std::vector<std::uint16_t> tokens, last;
  std::vector<float> logits;
};
template <class Pipeline>
answers two_answers(const std::byte* weights) {
  const auto image = image_of<Pipeline>(weights);
  const auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image) == mote::status::ok);
  answers all;
  for (const std::string_view question : {"the thing in the other thing", "ing and the thing"}) {
    for (const std::string_view piece : ai->ask(question, 12)) (void)piece;
    REQUIRE(ai->state() == mote::status::ok);
    all.last.assign(ai->tokens().begin(), ai->tokens().end());
    all.tokens.insert(all.tokens.end(), all.last.begin(), all.last.end());
  }
  all.logits.assign(ai->logits().begin(), ai->logits().end());
  return all;
}

}  // namespace

TEST_CASE("a pipeline of a family with states: whatever the prompt's runs are", "[family]") {
  reference<3> m(small::shape);
  const mote_tests::against_reference<hybrid<3>, 4, reference<3>> mine(small::shape, m);
  const std::byte* weights = mine.view().data();
  using one = mote::pipeline<small, mote::quantize<32>, mote::interleave<4>, mote::cache<32>, mote::prefill<1>>;
  using several = mote::pipeline<small, mote::quantize<32>, mote::interleave<4>, mote::cache<32>, mote::prefill<7>>;
  using few = mote::pipeline<small, mote::quantize<32>, mote::interleave<4>, mote::cache<32>, mote::prefill<3>>;
  constexpr std::size_t states = mote::states_of<hybrid<3>>::floats(small::shape, s.layers) * sizeof(float);
  STATIC_CHECK(one::cache_bytes == mote::float_cache::bytes(mote::cached_by<hybrid<3>>(small::shape), 64) + states);
  const answers expected = two_answers<one>(weights);
  REQUIRE(expected.last.size() > 12);
  const mote_tests::plain_rows alone = mine.logits(expected.last, 1);  // of decode()
  CHECK(std::count(alone.begin(), alone.end(),
                   mote_tests::plain_vector(expected.logits.begin(), expected.logits.end())) == 1);
  for (const answers& other : {two_answers<several>(weights), two_answers<few>(weights)}) {
    CHECK(other.tokens == expected.tokens);
    CHECK(other.logits == expected.logits);
  }
}
