// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/block/train.hpp"
#include "mote/family/llama.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "../format/row_counts.hpp"
#include "../model/plain_decoder.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/frozen.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/lora.hpp"

namespace {

using mote::role;
using mote_tests::packed_bytes;
using mote_tests::plain_decoder;
using token = std::uint16_t;

// Nothing is a multiple of 16, heads share keys, and 20 tokens cross a vector's end.
constexpr mote::shape tied{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
constexpr mote::shape untied = [] {
  mote::shape s = tied;
  s.tied_head = false;
  return s;
}();
constexpr mote::shape one_layer = [] {
  mote::shape s = tied;
  s.layers = 1;
  return s;
}();
/// A vocabulary so wide that its logits are the largest of what a step works on: their neighbours in the arena differ.
constexpr mote::shape wide = [] {
  mote::shape s = tied;
  s.vocab = 700;
  return s;
}();
constexpr std::size_t capacity = 32;
constexpr std::size_t first = 3;  // the first predicting position: the prompt before it is given
constexpr auto tied_frequencies = mote::rope_frequencies<tied.head_dim() / 2>(tied.rope_theta);

std::vector<token> some_tokens(std::size_t n, std::uint64_t seed = 5) {
  mote::rng random(seed);
  std::vector<token> t(n);
  for (token& v : t) v = static_cast<token>(random.below(tied.vocab));
  return t;
}

/// One pass with everything it needs; the working memory starts as `fill`, which must not matter.
template <class Format, class Family = mote::llama, class Learner, class Function>
auto with_pass(const mote::shape& s, const packed_bytes& weights, Learner& learner, std::size_t chunk, Function f,
               unsigned char fill = 0xFF) {
  std::vector<std::uint64_t> frequencies;
  const double log_theta = mote::detail::constant_log(static_cast<double>(s.rope_theta));
  for (std::size_t i = 0; i < s.head_dim() / 2; ++i)
    frequencies.push_back(mote::rope_frequency(log_theta, i, s.head_dim() / 2));
  const auto map = mote::map_tensors<Format, Family>(s);
  const auto plan = mote::plan_arena(mote::train_lifetimes<Family, Format>(s, capacity, chunk));
  packed_bytes arena(plan.bytes, fill);  // 0xFF: every float is NaN
  const mote::train_buffers<Family> buffers{arena.data(), plan};
  const mote::weights<Format, Family> w(weights.data(), s, map);
  auto&& collector = [&]() -> decltype(auto) {
    if constexpr (requires { learner.collector(); }) return learner.collector();
    else return (learner);
  }();
  mote::sequence_pass<Family, mote::simd::native, Format, std::remove_cvref_t<decltype(collector)>> pass(
      s, w, collector, frequencies.data(), buffers, capacity, chunk);
  return f(pass);
}

/// Compares one tensor's gradient with central differences of the double-precision loss.
class tensor_check {
 public:
  tensor_check(plain_decoder& m, std::span<const token> tokens, double weight)
      : m_(m), tokens_(tokens), weight_(weight) {}

  /// `parameter(i)` is a reference into the model, `gradient(i)` what the hand-written gradient says.
  template <class Parameter, class Gradient, class Refresh>
  void operator()(const std::string& name, std::size_t count, std::size_t most, Parameter parameter, Gradient gradient,
                  Refresh refresh) {
    mote::rng random(99);
    double error = 0, size = 0;
    std::vector<std::array<double, 2>> pairs;
    for (std::size_t k = 0; k < std::min(count, most); ++k) {
      const std::size_t i = count <= most ? k : random.below(static_cast<std::uint32_t>(count));
      double& p = parameter(i);
      const double kept = p;
      constexpr double h = 1e-5;
      p = kept + h;
      refresh();
      const double up = m_.loss(tokens_, first);
      p = kept - h;
      refresh();
      const double down = m_.loss(tokens_, first);
      p = kept;
      refresh();
      const double expected = (up - down) / (2 * h) * weight_;
      const double got = gradient(i);
      REQUIRE(std::isfinite(got));
      error += (got - expected) * (got - expected);
      size += expected * expected;
      pairs.push_back({expected, got});
    }
    INFO(name << ": |error| " << std::sqrt(error) << " of |gradient| " << std::sqrt(size));
    REQUIRE(size > 0);
    CHECK(std::sqrt(error) <= 1e-4 * std::sqrt(size));
    const double typical = std::sqrt(size / static_cast<double>(pairs.size()));
    for (const auto& [expected, got] : pairs) {
      if (std::fabs(expected) < 0.1 * typical) continue;  // there the rounding of the others shows
      INFO("expected " << expected << ", got " << got);
      CHECK(std::fabs(got - expected) <= 1e-4 * std::fabs(expected));
    }
  }

 private:
  plain_decoder& m_;
  std::span<const token> tokens_;
  double weight_;
};

template <mote::shape S>
struct model_of {
  static constexpr mote::shape shape = S;
};

template <std::size_t Rows, class Family = mote::llama>
void check_every_parameter(const mote::shape& s, std::size_t most = 60 /* of a tensor */) {
  using format = mote::f32<Rows>;
  plain_decoder m = plain_decoder::random(s, 11);
  const auto tokens = some_tokens(20);
  const std::span<const token> sequence(tokens);
  const float weight = 1.0F / static_cast<float>(tokens.size() - 1 - first);
  const packed_bytes packed = m.pack<format>();
  const auto map = mote::map_tensors<format>(s);
  packed_bytes collected(map.bytes);
  mote::full_gradients<Rows> collector(s, map, collected.floats());
  const float loss = with_pass<format, Family>(s, packed, collector, 8,
                                               [&](auto& pass) { return pass.backward(sequence, first, weight); });
  const double expected = m.loss(sequence, first) * static_cast<double>(weight);
  CHECK(std::fabs(static_cast<double>(loss) - expected) <= 1e-5 * expected);

  const mote::weights<format> g(collected.data(), s, map);  // the gradients lie like the weights
  tensor_check check(m, sequence, static_cast<double>(weight));
  const auto nothing = [] {};
  const auto matrix = [&](const std::string& name, mote_tests::plain_matrix& p, mote::matrix<format> grad) {
    std::vector<float> row(p.cols);
    check(
        name, p.v.size(), most, [&](std::size_t i) -> double& { return p.v[i]; },
        [&](std::size_t i) {
          grad.decode_row(i / p.cols, row.data());
          return static_cast<double>(row[i % p.cols]);
        },
        nothing);
  };
  const auto gains = [&](const std::string& name, std::vector<double>& p, const float* grad) {
    check(
        name, p.size(), most, [&](std::size_t i) -> double& { return p[i]; },
        [&](std::size_t i) { return static_cast<double>(grad[i]); }, nothing);
  };
  matrix("embedding", m.embedding, g.embedding());
  if (!s.tied_head) matrix("head", m.head, g.head());
  gains("final norm", m.final_norm, g.vector(0, mote::vector_role::final_norm));
  for (std::size_t l = 0; l < s.layers; ++l) {
    const std::string block = "block " + std::to_string(l) + " ";
    gains(block + "attention norm", m.blocks[l].attention_norm, g.vector(l, mote::vector_role::attention_norm));
    gains(block + "ffn norm", m.blocks[l].ffn_norm, g.vector(l, mote::vector_role::ffn_norm));
    for (std::size_t r = 0; r < mote::role_count; ++r)
      matrix(block + std::string(name(static_cast<role>(r))), m.blocks[l].matrix[r], g.of(l, static_cast<role>(r)));
  }
}

/// Llama with heads of any width, and attention with all that it may have in one layer.
struct other_attention {
  using embedding = mote::token_embedding;
  using attention =
      mote::rotary_attention_with<mote::attention_form<mote::windowed, mote::softcapped, mote::score_scaled>>;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<mote::vector_role::attention_norm>, attention>,
                        mote::residual<mote::rms_norm_block<mote::vector_role::ffn_norm>, mote::gated_feed_forward<>>>;
  using last_norm = mote::rms_norm_block<mote::vector_role::final_norm>;
};
mote::shape other_shape(std::size_t head_width, std::size_t window, float softcap, float score_scale) {
  mote::shape s = tied;
  s.head_width = head_width, s.window = window, s.softcap = softcap, s.score_scale = score_scale;
  return s;
}

constexpr std::size_t rank = 3;
using adapters = mote::lora<rank, mote::lora_knobs{.targets = mote::all_matrices, .tokens = capacity}>;

/// A learner whose B is not zero.
template <class Format, mote::shape S = tied>
struct trained_adapter {
  using state = typename adapters::template state<model_of<S>, Format>;
  static constexpr const auto& map = adapters::delta::template layout<mote::llama, S>;
  trained_adapter() : learner(std::make_unique<state>()) {
    learner->reset();
    mote::rng random(17);
    for (std::size_t l = 0; l < tied.layers; ++l)
      for (std::size_t r = 0; r < mote::role_count; ++r) {
        const auto n = map.of(static_cast<role>(r)).size;
        for (std::size_t k = 0; k < rank; ++k)
          for (std::size_t i = 0; i < n.rows; ++i)
            at(l, r, n.a_floats() + k * mote::padded(n.rows) + i) = 0.1F * random.normal();
      }
  }
  float& at(std::size_t l, std::size_t r, std::size_t i) {
    return learner->parameters()[l * map.layer_floats + map.of(static_cast<role>(r)).offset + i];
  }
  float gradient(std::size_t l, std::size_t r, std::size_t i) {
    return learner->gradients()[l * map.layer_floats + map.of(static_cast<role>(r)).offset + i];
  }
  std::unique_ptr<state> learner;
};

}  // namespace

TEST_CASE("gradients of every parameter equal central differences in double precision") {
  SECTION("tied head, rows one by one") { check_every_parameter<1>(tied); }
  SECTION("tied head, sixteen rows") { check_every_parameter<16>(tied); }
  SECTION("a vocabulary wide beside dim, sixteen rows") { check_every_parameter<16>(wide); }
  SECTION("a head of its own, rows one by one") { check_every_parameter<1>(untied); }
  SECTION("a head of its own, sixteen rows") { check_every_parameter<16>(untied); }
  SECTION("one layer") { check_every_parameter<4>(one_layer); }
}

namespace {

template <class format, mote::shape S>
void check_every_adapter() {
  const plain_decoder base = plain_decoder::random(S, 23);
  plain_decoder m = base;  // base + scale * B A
  trained_adapter<format, S> a;
  constexpr const auto& map = trained_adapter<format, S>::map;
  const double scale = static_cast<double>(adapters::scale);
  const auto tokens = some_tokens(20, 6);
  const std::span<const token> sequence(tokens);
  const packed_bytes packed = base.template pack<format>();
  const float weight = 0.25F;

  struct factors {
    std::vector<double> a, b;  // (rank, cols), (rank, rows)
  };
  std::vector<std::array<factors, mote::role_count>> f(tied.layers);
  const auto merge = [&](std::size_t l, std::size_t r) {
    auto& w = m.blocks[l].matrix[r];
    w = base.blocks[l].matrix[r];
    for (std::size_t k = 0; k < rank; ++k)
      for (std::size_t i = 0; i < w.rows; ++i)
        for (std::size_t j = 0; j < w.cols; ++j)
          w.at(i, j) += scale * f[l][r].b[k * w.rows + i] * f[l][r].a[k * w.cols + j];
  };
  for (std::size_t l = 0; l < tied.layers; ++l)
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      const auto n = map.of(static_cast<role>(r)).size;
      for (std::size_t k = 0; k < rank; ++k) {
        for (std::size_t j = 0; j < n.cols; ++j)
          f[l][r].a.push_back(static_cast<double>(a.at(l, r, k * mote::padded(n.cols) + j)));
        for (std::size_t i = 0; i < n.rows; ++i)
          f[l][r].b.push_back(static_cast<double>(a.at(l, r, n.a_floats() + k * mote::padded(n.rows) + i)));
      }
      merge(l, r);
    }

  const float loss =
      with_pass<format>(S, packed, *a.learner, 8, [&](auto& pass) { return pass.backward(sequence, first, weight); });
  const double expected = m.loss(sequence, first) * static_cast<double>(weight);
  CHECK(std::fabs(static_cast<double>(loss) - expected) <= 1e-5 * expected);

  tensor_check check(m, sequence, static_cast<double>(weight));
  for (std::size_t l = 0; l < tied.layers; ++l)
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      const auto n = map.of(static_cast<role>(r)).size;
      const std::string name = "block " + std::to_string(l) + " " + std::string(mote::name(static_cast<role>(r)));
      const auto refresh = [&] { merge(l, r); };
      check(
          name + " A", f[l][r].a.size(), 24, [&](std::size_t i) -> double& { return f[l][r].a[i]; },
          [&](std::size_t i) {
            return static_cast<double>(a.gradient(l, r, i / n.cols * mote::padded(n.cols) + i % n.cols));
          },
          refresh);
      check(
          name + " B", f[l][r].b.size(), 24, [&](std::size_t i) -> double& { return f[l][r].b[i]; },
          [&](std::size_t i) {
            return static_cast<double>(a.gradient(l, r, n.a_floats() + i / n.rows * mote::padded(n.rows) + i % n.rows));
          },
          refresh);
      // What pads a row is no parameter: a gradient there would count in the norm that clips.
      for (std::size_t k = 0; k < rank; ++k) {
        for (std::size_t j = n.cols; j < mote::padded(n.cols); ++j)
          CHECK(a.gradient(l, r, k * mote::padded(n.cols) + j) == 0);
        for (std::size_t i = n.rows; i < mote::padded(n.rows); ++i)
          CHECK(a.gradient(l, r, n.a_floats() + k * mote::padded(n.rows) + i) == 0);
      }
    }
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of adapters on every matrix equal central differences", "", mote::f32<1>, mote::f32<16>) {
  check_every_adapter<TestType, tied>();
}

TEST_CASE("gradients of adapters equal central differences where the vocabulary is wide beside dim") {
  check_every_adapter<mote::f32<16>, wide>();
}

namespace {
#if MOTE_TEST_FEW_TYPES
using own_rows = mote::q8<mote_tests::native_rows>;
using chunked_formats = std::tuple<mote::f32<16>, own_rows, mote::q8<1, 64>>;
using trained_formats = chunked_formats;
#else
using chunked_formats =
    std::tuple<mote::f32<1>, mote::f32<16>, mote::q8<1>, mote::q8<4>, mote::q8<16>, mote::q8<1, 64>>;
using trained_formats = std::tuple<mote::f32<1>, mote::f32<16>, mote::q8<1>, mote::q8<4>, mote::q8<8>, mote::q8<16>,
                                   mote::q8<1, 64>, mote::q8<16, 64>>;
#endif
}  // namespace

TEMPLATE_LIST_TEST_CASE("neither the chunk nor what lay in the memory changes a bit of loss or gradient", "",
                        chunked_formats) {
  using format = TestType;
  const packed_bytes packed = plain_decoder::random(tied, 31).pack<format>();
  const auto tokens = some_tokens(30, 8);
  const std::span<const token> sequence(tokens);
  std::vector<float> reference;
  float reference_loss = 0;
  for (const std::size_t chunk : {1U, 3U, 8U, 32U}) {
    for (const unsigned char fill : {std::uint8_t{0x00}, std::uint8_t{0xFF}, std::uint8_t{0x7F}}) {
      trained_adapter<format> a;
      const float loss = with_pass<format>(
          tied, packed, *a.learner, chunk, [&](auto& pass) { return pass.backward(sequence, first, 1.0F); }, fill);
      const std::size_t n = trained_adapter<format>::state::parameter_floats;
      INFO("chunk " << chunk << ", memory of 0x" << std::hex << static_cast<int>(fill));
      if (reference.empty()) {
        reference.assign(a.learner->gradients(), a.learner->gradients() + n);
        reference_loss = loss;
      }
      CHECK(std::memcmp(reference.data(), a.learner->gradients(), n * 4) == 0);
      CHECK(std::memcmp(&reference_loss, &loss, 4) == 0);
    }
  }
  if constexpr (!format::quantized) {
    const auto map = mote::map_tensors<format>(tied);
    std::vector<float> all;
    for (const std::size_t chunk : {1U, 3U, 8U, 32U}) {
      packed_bytes collected(map.bytes);
      mote::full_gradients<format::rows> collector(tied, map, collected.floats());
      with_pass<format>(tied, packed, collector, chunk,
                        [&](auto& pass) { return pass.backward(sequence, first, 1.0F); });
      if (all.empty()) all.assign(collected.floats(), collected.floats() + map.bytes / 4);
      CHECK(std::memcmp(all.data(), collected.floats(), map.bytes) == 0);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("what is trained is what runs: the pass and decode() give the same logits, bit for bit", "",
                        trained_formats) {
  using format = TestType;
  const mote::shape s = GENERATE(tied, untied);
  const packed_bytes packed = plain_decoder::random(s, 41).pack<format>();
  const auto map = mote::map_tensors<format>(s);
  const mote::weights<format> w(packed.data(), s, map);
  trained_adapter<format> a;

  constexpr std::size_t context = 40;
  const auto plan = mote::plan_arena(mote::decode_lifetimes<mote::llama, format>(s, context));
  packed_bytes arena(plan.bytes, 0xFF);
  const mote::decode_buffers<mote::llama> buffers{arena.data(), plan};
  packed_bytes kept(mote::float_cache::bytes(mote::cache_shape_of(s), context), 0xFF);
  const mote::float_cache cache(kept.data(), mote::cache_shape_of(s), context);

  const auto tokens = some_tokens(31, 12);
  for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
    const float* step =
        mote::decode(s, w, a.learner->adapter(), tied_frequencies.data(), cache, buffers, tokens[t], t, true);
    const bool same = with_pass<format>(s, packed, *a.learner, 8, [&](auto& pass) {
      const float* all = pass.last_logits(std::span<const token>(tokens).first(t + 2));
      return std::memcmp(all, step, s.vocab * 4) == 0;
    });
    INFO("position " << t);
    CHECK(same);
  }
}

TEST_CASE("adapters on an 8-bit base get nearly the gradient of the floats that it stands for") {
  // The activations are rounded to 8 bits on the way forward and the gradient goes straight through that rounding, so
  // equality is not to be had (0.06 here); a wrong scale or a wrong row would be off by far more.
  plain_decoder m = plain_decoder::random(tied, 51);
  const auto tokens = some_tokens(30, 9);
  const auto gradient_of = [&]<class Format>(Format) {
    trained_adapter<Format> a;
    with_pass<Format>(tied, m.pack<Format>(), *a.learner, 8,
                      [&](auto& pass) { return pass.backward(std::span<const token>(tokens), first, 1.0F); });
    return std::vector<float>(a.learner->gradients(),
                              a.learner->gradients() + trained_adapter<Format>::state::parameter_floats);
  };
  const auto exact = gradient_of(mote::f32<1>{});
  const auto rounded = gradient_of(mote::q8<1>{});
  double error = 0, size = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    error += std::pow(static_cast<double>(exact[i]) - static_cast<double>(rounded[i]), 2);
    size += std::pow(static_cast<double>(exact[i]), 2);
  }
  INFO("relative difference " << std::sqrt(error / size));
  CHECK(std::sqrt(error / size) < 0.12);
  CHECK(error > 0);
}

TEST_CASE("a pass in portions is the pass: loss and gradients, bit for bit, and how many portions there are") {
  plain_decoder m = plain_decoder::random(tied, 52);
  const packed_bytes packed = m.pack<mote::q8<4>>();
  const auto tokens = some_tokens(21, 4);
  const std::span<const token> sequence(tokens);
  for (const std::size_t chunk : {1U, 7U, 20U}) {
    CAPTURE(chunk);
    trained_adapter<mote::q8<4>> whole, portions;
    const float expected = with_pass<mote::q8<4>>(tied, packed, *whole.learner, chunk,
                                                  [&](auto& pass) { return pass.backward(sequence, first, 1.0F); });
    std::size_t count = 0;
    const float sum = with_pass<mote::q8<4>>(tied, packed, *portions.learner, chunk, [&](auto& pass) {
      pass.begin(sequence);
      auto other = pass;  // the two take turns: the arena and the progress are all that they share
      for (; pass.progress().stage != mote::train_progress::done; ++count) {
        auto& now = count % 2 == 0 ? pass : other;
        now.resume(pass.progress());
        now.advance(sequence, first, mote::next_tokens<token>{sequence, 1.0F}, true);
        pass.resume(now.progress());
      }
      return pass.progress().sum;
    });
    CHECK(sum == expected);
    CHECK(std::memcmp(whole.learner->gradients(), portions.learner->gradients(),
                      trained_adapter<mote::q8<4>>::state::parameter_floats * 4) == 0);
    // There: two blocks a layer; back: one of them again and three phases; the loss from the first position on.
    const std::size_t chunks = mote::ceil_div(20, chunk);
    CHECK(count == tied.layers * chunks * (2 + 1 + 3) + mote::ceil_div(20 - first, chunk) + 1);
  }
}

TEST_CASE("with heads of their own width, a window, a cap and a scale every parameter's gradient is that of the loss") {
  check_every_parameter<16>(other_shape(10, 0, 0, 0), 6);
  for (const std::size_t head_width : {2U, 22U}) {
    INFO("head width " << head_width);
    check_every_parameter<16, other_attention>(other_shape(head_width, 5, 1.5F, 0.75F), 6);
  }
  for (const std::size_t window : {2U, 17U}) {  // through a window of 1 nothing reaches query and key
    INFO("window " << window);
    check_every_parameter<1, other_attention>(other_shape(0, window, 0, 0), 6);
  }
}

TEST_CASE("with a window and a cap too, what is trained is what runs, one token or several at a time") {
  using format = mote::f32<16>;
  for (const mote::shape& s : {other_shape(10, 3, 1.5F, 0), other_shape(4, 17, 0, 0.4F), other_shape(22, 8, 4, 2)}) {
    const packed_bytes packed = plain_decoder::random(s, 41).pack<format>();
    const auto map = mote::map_tensors<format, other_attention>(s);
    const mote::weights<format, other_attention> w(packed.data(), s, map);
    std::vector<std::uint64_t> frequencies;
    const double log_theta = mote::detail::constant_log(static_cast<double>(s.rope_theta));
    for (std::size_t i = 0; i < s.head_dim() / 2; ++i)
      frequencies.push_back(mote::rope_frequency(log_theta, i, s.head_dim() / 2));
    constexpr std::size_t context = 40, most = 6;
    const auto tokens = some_tokens(31, 12);
    packed_bytes nothing(map.bytes);
    mote::full_gradients<16, other_attention> collector(s, map, nothing.floats());
    const auto answers = [&]<std::size_t Most>(std::integral_constant<std::size_t, Most>) {
      const auto plan = mote::plan_arena(
          mote::decode_lifetimes<other_attention, format>(s, context, {.tokens = Most, .logits = Most, .parts = 1}));
      packed_bytes arena(plan.bytes, 0xFF);
      const mote::cache_shape made_for = mote::cached_by<other_attention>(s);
      const mote::decode_buffers<other_attention> buffers{arena.data(), plan};
      packed_bytes kept(mote::float_cache::bytes(made_for, context), 0xFF);
      const mote::float_cache cache(kept.data(), made_for, context);
      mote::single_thread::team alone;
      std::vector<float> all;
      for (std::size_t t = 0; t + 1 < tokens.size(); t += Most) {
        const std::size_t n = std::min(Most, tokens.size() - 1 - t);
        const float* logits = mote::decode<mote::simd::native, Most>(s, w, mote::no_adapter{}, frequencies.data(),
                                                                     cache, alone, buffers, tokens.data() + t, n, t, n);
        for (std::size_t i = 0; i < n; ++i)
          all.insert(all.end(), logits + i * mote::padded(s.vocab), logits + i * mote::padded(s.vocab) + s.vocab);
      }
      return all;
    };
    const auto one = answers(std::integral_constant<std::size_t, 1>{});
    CHECK(one == answers(std::integral_constant<std::size_t, most>{}));
    const bool same = with_pass<format, other_attention>(s, packed, collector, 8, [&](auto& pass) {
      const float* last = pass.last_logits(std::span<const token>(tokens));
      return std::memcmp(last, one.data() + one.size() - s.vocab, s.vocab * 4) == 0;
    });
    CHECK(same);
  }
}

TEST_CASE("a cache is made for the layers that attend, and a shape asks for nothing that no block reads") {
  mote::shape s = other_shape(10, 0, 0, 0);
  CHECK(mote::cached_by<mote::llama>(s).layers == 2);
  CHECK(mote::cached_by<mote::llama>(s).head_dim == 10);
  CHECK(mote::attends_as_asked<mote::llama>(s));
  s.window = 4;
  CHECK_FALSE(mote::attends_as_asked<mote::llama>(s));
  CHECK(mote::attends_as_asked<other_attention>(s));
  s.window = 0, s.softcap = 2;
  CHECK_FALSE(mote::attends_as_asked<mote::llama>(s));
  s.softcap = 0, s.score_scale = 2;
  CHECK_FALSE(mote::attends_as_asked<mote::llama>(s));
}

TEST_CASE("soft targets: the gradient of a distillation equals central differences in double precision") {
  using format = mote::f32<16>;
  plain_decoder m = plain_decoder::random(tied, 53);
  const plain_decoder teacher = plain_decoder::random(tied, 54);
  const auto tokens = some_tokens(14, 3);
  const std::span<const token> sequence(tokens);
  constexpr float temperature = 2.0F, weight = 0.5F;
  const std::size_t vocab = mote::padded(tied.vocab);
  std::vector<float> targets(tokens.size() * vocab, 0.0F);
  auto said = teacher.logits(sequence);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    for (double& v : said[t]) v /= static_cast<double>(temperature);
    plain_decoder::softmax(said[t]);
    for (std::size_t i = 0; i < tied.vocab; ++i) targets[t * vocab + i] = static_cast<float>(said[t][i]);
  }
  const auto exact_loss = [&] {
    auto logits = m.logits(sequence);
    double sum = 0;
    for (std::size_t t = first; t + 1 < tokens.size(); ++t) {
      for (double& v : logits[t]) v /= static_cast<double>(temperature);
      plain_decoder::softmax(logits[t]);
      for (std::size_t i = 0; i < tied.vocab; ++i)
        sum -= static_cast<double>(weight) * said[t][i] * std::log(logits[t][i]);
    }
    return sum;
  };
  const auto map = mote::map_tensors<format>(tied);
  packed_bytes collected(map.bytes);
  mote::full_gradients<16> collector(tied, map, collected.floats());
  const mote::soft_targets soft{targets.data(), weight, temperature};
  const float loss = with_pass<format>(tied, m.pack<format>(), collector, 5,
                                       [&](auto& pass) { return pass.backward(sequence, first, soft); });
  CHECK(std::fabs(static_cast<double>(loss) - exact_loss()) <= 1e-5 * exact_loss());
  const mote::weights<format> g(collected.data(), tied, map);
  std::vector<float> row(tied.dim);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < tied.dim * 3; ++i) {
    double& p = m.blocks[0].matrix[0].v[i];
    const double kept = p;
    p = kept + 1e-5;
    const double up = exact_loss();
    p = kept - 1e-5;
    const double expected = (up - exact_loss()) / 2e-5;
    p = kept;
    g.of(0, role::query).decode_row(i / tied.dim, row.data());
    const auto got = static_cast<double>(row[i % tied.dim]);
    error += (got - expected) * (got - expected);
    size += expected * expected;
  }
  REQUIRE(size > 0);
  CHECK(std::sqrt(error) <= 1e-4 * std::sqrt(size));
}
