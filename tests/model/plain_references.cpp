// SPDX-License-Identifier: BSL-1.0
// The reference models against what does not come from them: values worked out by hand or printed in papers and manuals,
// and what must hold whatever the weights are.
// Sanitized at -O1: the reference models of all tests.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plain_decoder.hpp"
#include "plain_encoder.hpp"
#include "plain_gpt2.hpp"
#include "plain_hybrid.hpp"
#include "plain_qwen.hpp"

// For the tests that call it most: this file is optimized where they are not.
template std::vector<std::vector<double>> mote_tests::plain_decoder::logits(std::span<const std::uint16_t>) const;

namespace {

using namespace mote_tests;
using tokens = std::vector<std::size_t>;

constexpr std::size_t vocab = 11, context = 10;
constexpr gpt2_shape gpt2{.dim = 12, .hidden = 20, .layers = 2, .heads = 3, .vocab = vocab, .context = context};
constexpr qwen_shape qwen2{.generation = qwen::two,
                           .dim = 12,
                           .hidden = 20,
                           .layers = 2,
                           .heads = 3,
                           .kv_heads = 1,
                           .head_dim = 4,
                           .vocab = vocab,
                           .context = context,
                           .rope_theta = 10000};
constexpr qwen_shape qwen3{.generation = qwen::three,
                           .dim = 12,
                           .hidden = 20,
                           .layers = 2,
                           .heads = 4,
                           .kv_heads = 2,
                           .head_dim = 6,
                           .vocab = vocab,
                           .context = context,
                           .tied_head = false,
                           .rope_theta = 10000};
const hybrid_shape hybrid{.dim = 12,
                          .hidden = 20,
                          .layers = 3,
                          .heads = 4,
                          .kv_heads = 2,
                          .head_dim = 6,
                          .vocab = vocab,
                          .context = context,
                          .mixers = {mixer::windowed, mixer::convolution, mixer::full},
                          .window = 3,
                          .softcap = 2,
                          .head_norms = true};
constexpr encoder_shape encoder{
    .dim = 12, .hidden = 20, .layers = 2, .heads = 3, .vocab = vocab, .context = context, .norms = norm_place::before};
constexpr encoder_shape bert = [] {
  encoder_shape s = encoder;
  s.norms = norm_place::after;
  return s;
}();

tokens some_tokens(std::size_t n, std::uint64_t seed = 3) {
  mote::rng r(seed);
  tokens t(n);
  for (std::size_t& v : t) v = r.below(vocab);
  return t;
}
plain_rows some_rows(std::size_t n, std::size_t width, std::uint64_t seed = 9) {
  mote::rng r(seed);
  plain_rows x;
  for (std::size_t t = 0; t < n; ++t) x.push_back(random_matrix(1, width, 1.0, r).v);
  return x;
}

double apart(const plain_vector& a, const plain_vector& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}
double apart(const plain_rows& a, const plain_rows& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t t = 0; t < a.size(); ++t) most = std::max(most, apart(a[t], b[t]));
  return most;
}
bool near(double a, double b, double most = 1e-12) { return std::abs(a - b) <= most; }

void clear(plain_vector& v) { std::fill(v.begin(), v.end(), 0.0); }

/// Every family in every way it has, to test what holds for all.
template <class F>
void for_every_decoder(F f) {
  const auto with = [&](const char* name, auto&& model) {
    INFO(name);
    f(model);
  };
  with("GPT-2", plain_gpt2::random(gpt2, 1));
  with("Qwen2", plain_qwen::random(qwen2, 2));
  with("Qwen3", plain_qwen::random(qwen3, 3));
  with("hybrid", plain_hybrid::random(hybrid, 4));
  hybrid_shape partly = hybrid;
  partly.still = 2;
  with("GPT-NeoX", plain_hybrid::random(partly.as_neox(), 5));
  with("Phi", plain_hybrid::random(partly.as_phi(), 6));
  hybrid_shape parallel = hybrid;
  parallel.join = residual::parallel;
  parallel.logit_softcap = 3;
  with("hybrid in parallel", plain_hybrid::random(parallel, 7));
}

// -------------------------------------------------------------------------------------------------------- small kernels

TEST_CASE("GELU and SiLU have the values that tables print", "[plain]") {
  // The manual of TensorFlow's gelu prints both forms as single precision gives them; the normal
  // distribution's tables give x * Phi(x) to more digits.
  const double at[] = {-3, -1, 0, 1, 3};
  const double exact[] = {-0.00404951, -0.15865529, 0, 0.8413447, 2.9959507};
  const double approximate[] = {-0.00363752, -0.15880796, 0, 0.841192, 2.9963627};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(near(gelu_erf(at[i]), exact[i], 5e-7));
    CHECK(near(gelu_tanh(at[i]), approximate[i], 5e-7));
  }
  CHECK(near(gelu_erf(-3), -3 * 0.001349898031630));
  CHECK(near(gelu_erf(2), 2 * 0.977249868051821));
  CHECK(near(gelu_erf(0.5), 0.5 * 0.691462461274013));
  CHECK(near(silu(1), 0.731058578630005));
  CHECK(near(silu(-1), -0.268941421369995));
  CHECK(near(silu(std::log(3.0)), 0.75 * std::log(3.0)));
  for (double x : {-2.5, -0.3, 0.7, 4.0}) {  // x Phi(x) + x Phi(-x) = x: what both forms promise
    CHECK(near(gelu_erf(x) - gelu_erf(-x), x));
    CHECK(near(gelu_tanh(x) - gelu_tanh(-x), x));
    CHECK(near(silu(x) - silu(-x), x));
    CHECK(activate(activation::gelu_erf, x) == gelu_erf(x));
    CHECK(activate(activation::gelu_tanh, x) == gelu_tanh(x));
    CHECK(activate(activation::silu, x) == silu(x));
  }
}

TEST_CASE("Norms: by hand, mean, variance, and what they do not see", "[plain]") {
  // 1 2 3 4: mean 2.5, variance 1.25 over n; with epsilon 1 the divisor is 1.5.
  CHECK(apart(layer_norm({1, 2, 3, 4}, {1, 1, 1, 2}, {0, 0, 0.5, 0}, 1.0), {-1, -1 / 3.0, 0.5 + 1 / 3.0, 2}) < 1e-15);
  // 3 4: mean square 12.5; with epsilon 3.5 the divisor is 4.
  CHECK(apart(rms_norm({3, 4}, {1, 2}, 3.5), {0.75, 2}) < 1e-15);
  const plain_vector x = some_rows(1, 17)[0], ones(17, 1.0);
  const plain_vector y = layer_norm(x, ones, {}, 0), z = rms_norm(x, ones, 0);
  double mean = 0, variance = 0, square = 0;
  for (double v : y) mean += v / 17;
  for (double v : y) variance += v * v / 17;
  for (double v : z) square += v * v / 17;
  CHECK(near(mean, 0));
  CHECK(near(variance, 1));
  CHECK(near(square, 1));
  plain_vector moved = x, larger = x;
  for (double& v : moved) v = 3 * v - 7;
  for (double& v : larger) v *= 5;
  CHECK(apart(layer_norm(moved, ones, {}, 0), y) < 1e-12);
  CHECK(apart(rms_norm(larger, ones, 0), z) < 1e-12);
  CHECK(apart(rms_norm(moved, ones, 0), z) > 0.1);
}

TEST_CASE("Rotary positions: by hand, and scores depend on the distance alone", "[plain]") {
  const auto both = GENERATE(rope_pairs::neighbours, rope_pairs::halves);
  plain_vector v{1, 0, 0, 1};  // neighbours: pairs (1, 0) and (0, 1); halves: (1, 0) and (0, 1) as well
  rotate_heads(v, 4, 4, 3, 100, both);
  const double slow = 0.3;  // 3 * 100^(-2/4)
  const plain_vector neighbours{std::cos(3.0), std::sin(3.0), -std::sin(slow), std::cos(slow)};
  const plain_vector halves{std::cos(3.0), -std::sin(slow), std::sin(3.0), std::cos(slow)};
  CHECK(apart(v, both == rope_pairs::neighbours ? neighbours : halves) < 1e-15);

  const plain_rows two = some_rows(2, 12);  // two heads of 6
  const auto dot = [&](std::size_t t, std::size_t u, std::size_t head) {
    plain_vector q = two[0], k = two[1];
    rotate_heads(q, 6, 6, t, 10000, both);
    rotate_heads(k, 6, 6, u, 10000, both);
    double sum = 0;
    for (std::size_t i = head * 6; i < head * 6 + 6; ++i) sum += q[i] * k[i];
    return sum;
  };
  for (std::size_t head : {0U, 1U}) {
    CHECK(near(dot(7, 3, head), dot(104, 100, head), 1e-11));
    CHECK(near(dot(5, 5, head), dot(0, 0, head)));
    CHECK(std::abs(dot(7, 3, head) - dot(7, 4, head)) > 0.01);
  }
  plain_vector still = two[0];
  rotate_heads(still, 6, 6, 0, 10000, both);
  CHECK(apart(still, two[0]) == 0);
  plain_vector partly = two[0];
  rotate_heads(partly, 6, 4, 2, 10000, both);
  for (std::size_t i : {4U, 5U, 10U, 11U}) CHECK(partly[i] == two[0][i]);
  for (std::size_t i : {0U, 1U, 2U, 3U, 6U, 7U, 8U, 9U}) CHECK(partly[i] != two[0][i]);
}

TEST_CASE("Attention: by hand, windows, groups and caps", "[plain]") {
  // One head of 4, so the divisor is 2. Query 2 against keys 0 and ln 3: scores 0 and ln 3, weights 1/4 and 3/4.
  const double ln3 = std::log(3.0);
  const plain_rows q{{2, 0, 0, 0}, {2, 0, 0, 0}}, k{{0, 9, 0, 0}, {ln3, 0, 7, 0}}, v{{8, 0, 4, 0}, {0, 4, 4, 1}};
  const head_counts one{.heads = 1, .kv_heads = 1, .width = 4};
  CHECK(apart(attend(q, k, v, one, 0, sees_earlier), {{8, 0, 4, 0}, {2, 3, 4, 0.75}}) < 1e-14);
  // A cap of c: scores 0 and c tanh(ln 3 / c).
  const double weight = 1 / (1 + std::exp(-0.5 * std::tanh(ln3 / 0.5)));
  CHECK(near(attend(q, k, v, one, 0.5, sees_earlier)[1][3], weight));

  const std::size_t n = 7;
  const plain_rows queries = some_rows(n, 12, 1), keys = some_rows(n, 6, 2), values = some_rows(n, 6, 3);
  const head_counts grouped{.heads = 4, .kv_heads = 2, .width = 3};
  const auto window = [](std::size_t w) { return [w](std::size_t t, std::size_t u) { return u <= t && t - u < w; }; };
  const plain_rows full = attend(queries, keys, values, grouped, 0, sees_earlier);
  CHECK(apart(attend(queries, keys, values, grouped, 0, window(n)), full) == 0);
  CHECK(apart(attend(queries, keys, values, grouped, 0, window(n - 1)), full) > 1e-3);
  CHECK(apart(attend(queries, keys, values, grouped, 1e9, sees_earlier), full) < 1e-12);
  CHECK(apart(attend(queries, keys, values, grouped, 1, sees_earlier), full) > 1e-3);
  // A window of one: each position's own value, once for each head of its group.
  const plain_rows own = attend(queries, keys, values, grouped, 0, window(1));
  for (std::size_t t = 0; t < n; ++t)
    for (std::size_t i = 0; i < 12; ++i) CHECK(near(own[t][i], values[t][i / 6 * 3 + i % 3]));
  // A key head for each query head, filled with copies.
  plain_rows more_keys, more_values;
  for (std::size_t t = 0; t < n; ++t) {
    more_keys.emplace_back();
    more_values.emplace_back();
    for (std::size_t i = 0; i < 12; ++i) {
      more_keys[t].push_back(keys[t][i / 6 * 3 + i % 3]);
      more_values[t].push_back(values[t][i / 6 * 3 + i % 3]);
    }
  }
  CHECK(apart(attend(queries, more_keys, more_values, {.heads = 4, .kv_heads = 4, .width = 3}, 0, sees_earlier),
              full) == 0);
  // Queries of zero weigh every position the same.
  const plain_rows even = attend(plain_rows(n, plain_vector(12)), keys, values, grouped, 0, sees_earlier);
  double mean = 0;
  for (const plain_vector& row : values) mean += row[4] / static_cast<double>(n);
  CHECK(near(even[n - 1][7], mean));
  CHECK_THROWS_AS(attend(q, k, v, one, 0, window(0)), std::invalid_argument);
}

TEST_CASE("Soft caps bound, and leave what is small alone", "[plain]") {
  CHECK(soft_cap(123.25, 0) == 123.25);
  CHECK(near(soft_cap(1, 2), 2 * 0.462117157260010));  // tanh(1/2)
  CHECK(near(soft_cap(0.001, 50), 0.001, 1e-12));
  CHECK(near(soft_cap(1e6, 30), 30));
  CHECK(near(soft_cap(-1e6, 30), -30));
}

TEST_CASE("Convolution: by hand; a short convolution of one tap is a gate", "[plain]") {
  const plain_rows x{{1, 1}, {10, 0}, {100, 0}, {1000, 0}};
  const plain_matrix kernel{2, 3, {1, 2, 3, 5, 7, 11}};
  CHECK(apart(causal_convolution(x, kernel), {{3, 11}, {32, 7}, {321, 5}, {3210, 0}}) == 0);

  mote::rng r(8);
  const weight_maker make{r};
  const std::size_t dim = 5;
  plain_short_convolution one = plain_short_convolution::random(dim, 1, true, make);
  const plain_rows h = some_rows(4, dim);
  plain_rows gate;
  for (const plain_vector& row : h) {
    const plain_vector in = one.input(row);
    plain_vector y(dim);
    for (std::size_t i = 0; i < dim; ++i) y[i] = in[dim + i] * (in[i] * in[2 * dim + i] * one.kernel.v[i]);
    gate.push_back(one.output(y));
  }
  CHECK(apart(one(h), gate) < 1e-14);
  plain_short_convolution three = one;
  three.kernel = make.matrix(dim, 3);
  for (std::size_t i = 0; i < dim; ++i) three.kernel.at(i, 2) = one.kernel.v[i];
  CHECK(apart(three(h)[0], gate[0]) < 1e-14);  // before the first position are zeros
  CHECK(apart(three(h)[1], gate[1]) > 1e-3);
  for (std::size_t i = 0; i < dim; ++i) three.kernel.at(i, 0) = three.kernel.at(i, 1) = 0;
  CHECK(apart(three(h), gate) < 1e-14);
  // B and x may change places, C and x may not, nor B and C.
  const auto swapped = [&](std::size_t a, std::size_t b) {
    plain_short_convolution c = one;
    for (std::size_t i = 0; i < dim; ++i) {
      std::swap(c.input.bias[a * dim + i], c.input.bias[b * dim + i]);
      for (std::size_t k = 0; k < dim; ++k)
        std::swap(c.input.weight.at(a * dim + i, k), c.input.weight.at(b * dim + i, k));
    }
    c.kernel = three.kernel = make.matrix(dim, 3);
    three.input = one.input;
    return apart(c(h), three(h));
  };
  CHECK(swapped(0, 2) < 1e-14);
  CHECK(swapped(1, 2) > 1e-3);
  CHECK(swapped(0, 1) > 1e-3);
}

TEST_CASE("Surprise is -log of the softmax, also of large logits", "[plain]") {
  const double ln3 = std::log(3.0);
  CHECK(near(surprise({0, ln3}, 1), std::log(4.0 / 3.0)));
  CHECK(near(surprise({1000, 1000 + ln3}, 0), std::log(4.0)));
  CHECK(
      near(mean_surprise({{0, ln3}, {0, 0}, {ln3, 0}}, tokens{0, 1, 0}, 0), (std::log(4.0 / 3.0) + std::log(2.0)) / 2));
  CHECK(near(mean_surprise({{0, ln3}, {0, 0}, {ln3, 0}}, tokens{0, 1, 0}, 1), std::log(2.0)));
}

TEST_CASE("Central differences: known slopes, and the error they tell holds", "[plain]") {
  const auto check = [](double at, auto f, double slope) {
    double x = at;
    const difference d = central_difference(x, [&] { return f(x); });
    CHECK(x == at);
    CHECK(std::abs(d.slope - slope) <= d.error);
    CHECK(d.error <= 1e-9 * std::max(1.0, std::abs(slope)));
    CHECK(near(d.relative() * std::abs(d.slope), d.error, 1e-20));
  };
  for (double x : {-1.7, -0.25, 0.01, 0.3, 1.0, 4.0}) {
    check(x, [](double v) { return std::exp(v); }, std::exp(x));
    check(x, [](double v) { return std::sin(3 * v); }, 3 * std::cos(3 * x));
    check(x, [](double v) { return 1 / (1 + v * v); }, -2 * x / ((1 + x * x) * (1 + x * x)));
    check(x, [](double v) { return 5 + v * v * v; }, 3 * x * x);
  }
  check(1000, [](double v) { return std::log(v); }, 1e-3);
}

// --------------------------------------------------------------------------------------------------- what holds for all

TEST_CASE("Decoders: a later token never changes an earlier logit, an earlier one changes every later", "[plain]") {
  for_every_decoder([](auto& m) {
    tokens t = some_tokens(9);
    const plain_rows before = m.logits(t);
    for (const plain_vector& row : before) {
      CHECK(row.size() == vocab);
      double most = 0;
      for (double v : row) most = std::max(most, std::abs(v));
      CHECK(most > 0.1);
      CHECK(most < 50);
    }
    const std::size_t at = 4;
    t[at] = (t[at] + 1) % vocab;
    const plain_rows after = m.logits(t);
    for (std::size_t u = 0; u < t.size(); ++u) {
      if (u < at) CHECK(after[u] == before[u]);
      else CHECK(apart(after[u], before[u]) > 1e-6);
    }
    // A prefix's logits are those of the whole.
    CHECK(m.logits(tokens(t.begin(), t.begin() + 6)) == plain_rows(after.begin(), after.begin() + 6));
    CHECK(near(m.loss(t, 2), mean_surprise(after, t, 2)));
  });
}

TEST_CASE("Decoders: weights are exact floats, told by name, and every one matters", "[plain]") {
  const tokens t = some_tokens(9);
  for_every_decoder([&](auto& m) {
    const double before = m.loss(t, 1);
    std::set<std::string> names;
    std::map<std::string, std::size_t> sizes;  // as a model that cannot change tells them
    std::decay_t<decltype(m)>::each(std::as_const(m), [&](const std::string& name, const auto& part) {
      if constexpr (requires { part.v; }) sizes[name] = part.v.size();
      else sizes[name] = part.size();
    });
    CHECK(sizes.size() == tensors_of(m).size());
    for (const named_tensor& tensor : tensors_of(m)) {
      INFO(tensor.name);
      CHECK(names.insert(tensor.name).second);
      CHECK(sizes.at(tensor.name) == tensor.values().size());
      CHECK((tensor.matrix == nullptr) != (tensor.vector == nullptr));
      CHECK(tensor_of(m, tensor.name).values().data() == tensor.values().data());
      if (tensor.matrix != nullptr) CHECK(tensor.matrix->v.size() == tensor.matrix->rows * tensor.matrix->cols);
      for (double v : tensor.values()) CHECK(static_cast<double>(static_cast<float>(v)) == v);
      mote::rng r(77);
      const plain_vector kept = tensor.values();
      for (double& v : tensor.values()) v += 0.1 * static_cast<double>(r.normal());
      const double moved = std::abs(m.loss(t, 1) - before);
      tensor.values() = kept;
      // A key's bias adds the same to every score of a query, unless positions turn it.
      const bool idle = std::is_same_v<std::decay_t<decltype(m)>, plain_gpt2> && tensor.name.ends_with("key.bias");
      if (idle) CHECK(moved < 1e-13);
      else CHECK(moved > 1e-6);
    }
    CHECK(m.loss(t, 1) == before);
    CHECK_THROWS_AS(tensor_of(m, "layers.99.query"), std::out_of_range);
  });
}

TEST_CASE("Decoders: another seed is another model, the same seed the same", "[plain]") {
  const tokens t = some_tokens(5);
  CHECK(plain_gpt2::random(gpt2, 1).logits(t) == plain_gpt2::random(gpt2, 1).logits(t));
  CHECK(apart(plain_gpt2::random(gpt2, 1).logits(t), plain_gpt2::random(gpt2, 2).logits(t)) > 0.1);
  CHECK(plain_qwen::random(qwen3, 1).logits(t) == plain_qwen::random(qwen3, 1).logits(t));
  CHECK(plain_hybrid::random(hybrid, 1).logits(t) == plain_hybrid::random(hybrid, 1).logits(t));
  CHECK(plain_encoder::random(bert, 1).hidden(t) == plain_encoder::random(bert, 1).hidden(t));
}

TEST_CASE("Gradients: the head's is (p - y) times the last hidden state, and scaling symmetries hold", "[plain]") {
  const tokens t = some_tokens(6);
  const std::size_t first = 1;
  const auto loss = [&](const auto& m) { return m.loss(t, first); };

  plain_qwen m = plain_qwen::random(qwen3, 21);
  plain_matrix expected{vocab, m.s.dim, plain_vector(vocab * m.s.dim)};
  const plain_rows stream = m.stream(t), logits = m.logits(t);
  for (std::size_t u = first; u + 1 < t.size(); ++u) {
    const plain_vector hidden = m.final_norm(stream[u], m.s.norm_epsilon);
    for (std::size_t v = 0; v < vocab; ++v) {
      const double wrong = std::exp(-surprise(logits[u], v)) - (v == t[u + 1] ? 1 : 0);
      for (std::size_t i = 0; i < m.s.dim; ++i)
        expected.at(v, i) += wrong * hidden[i] / static_cast<double>(t.size() - 1 - first);
    }
  }
  const std::vector<difference> g = gradient_of(m, "head", loss);
  double most = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    most = std::max(most, g[i].error);
    CHECK(std::abs(g[i].slope - expected.v[i]) <= g[i].error);
  }
  CHECK(most < 1e-9);

  // sum of weight * slope: how the loss changes as the whole tensor grows.
  const auto growth = [&](auto& model, const std::string& name) {
    const std::vector<difference> all = gradient_of(model, name, loss);
    const named_tensor tensor = tensor_of(model, name);
    const plain_vector& w = tensor.values();
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) sum += w[i] * all[i].slope;
    return sum;
  };
  // Scores are query times key: who grows does not matter. Values pass to the output, up to down, the same.
  hybrid_shape s = hybrid;
  s.head_norms = false;
  plain_hybrid h = plain_hybrid::random(s, 22);
  const double scores = growth(h, "layers.0.query"), values = growth(h, "layers.0.value"),
               up = growth(h, "layers.1.up"), taps = growth(h, "layers.1.convolution_kernel");
  CHECK(near(scores, growth(h, "layers.0.key"), 1e-10));
  CHECK(near(values, growth(h, "layers.0.output"), 1e-10));
  CHECK(near(up, growth(h, "layers.1.down"), 1e-10));
  CHECK(near(taps, growth(h, "layers.1.convolution_output"), 1e-10));
  CHECK(near(3 * taps, growth(h, "layers.1.convolution_input"), 1e-10));
  for (double size : {scores, values, up, taps}) CHECK(std::abs(size) > 1e-4);
  // A norm of each head hides the size of query and key, but for the epsilon.
  h = plain_hybrid::random(hybrid, 22);
  CHECK(std::abs(growth(h, "layers.0.query")) < 1e-5);
}

// ---------------------------------------------------------------------------------------------------------------- GPT-2

TEST_CASE("GPT-2 worked out by hand", "[plain]") {
  // LayerNorm of two values without epsilon is (1, -1) or (-1, 1). One head of 2: the divisor is sqrt(2).
  const double key = std::log(3.0) * std::numbers::sqrt2 / 8;
  plain_gpt2 m = plain_gpt2::random({.dim = 2, .hidden = 1, .layers = 1, .heads = 1, .vocab = 2, .context = 2}, 1);
  m.s.norm_epsilon = 0;
  const std::map<std::string, plain_vector> values{
      {"embedding", {3, 1, 0, 2}},
      {"positions", {0, 0, -1, 1}},  // tokens 0 1: (3, 1) and (-1, 3)
      {"layers.0.attention_norm", {2, 1}},
      {"layers.0.attention_norm.bias", {0, 1}},  // (2, 0) and (-2, 2)
      {"layers.0.query", {1, 0, 0, 0}},
      {"layers.0.query.bias", {0, 0}},  // the second query: (-2, 0)
      {"layers.0.key", {key, 0, 0, 0}},
      {"layers.0.key.bias", {0, 5}},  // (2 key, 5) and (-2 key, 5): scores apart by ln 3, weights 1/4 and 3/4
      {"layers.0.value", {1, 0, 0, 1}},
      {"layers.0.value.bias", {1, 0}},  // (3, 0) and (-1, 2): mixed (3, 0) and (0, 1.5)
      {"layers.0.output", {0, 1, 1, 0}},
      {"layers.0.output.bias", {0.5, -1.5}},  // (0.5, 1.5) and (2, -1.5): the stream is (3.5, 2.5) and (1, 1.5)
      {"layers.0.ffn_norm", {1, 1}},
      {"layers.0.ffn_norm.bias", {0, 0}},  // (1, -1) and (-1, 1)
      {"layers.0.up", {1, 0}},
      {"layers.0.up.bias", {1}},  // 2 and 0
      {"layers.0.down", {1, 0}},
      {"layers.0.down.bias", {0.25, 0}},  // the stream is (3.75 + gelu(2), 2.5) and (1.25, 1.5)
      {"final_norm", {1, 2}},
      {"final_norm.bias", {0.5, 0}}};  // (1.5, -2) and (-0.5, 2)
  const std::vector<named_tensor> all = tensors_of(m);
  CHECK(all.size() == values.size());
  for (const named_tensor& t : all) {
    INFO(t.name);
    REQUIRE(t.values().size() == values.at(t.name).size());
    t.values() = values.at(t.name);
  }
  const tokens t{0, 1};
  CHECK(apart(m.stream(t), {{3.75 + 1.954597694087775, 2.5}, {1.25, 1.5}}) < 1e-12);
  CHECK(apart(m.logits(t), {{2.5, -4}, {0.5, 4}}) < 1e-12);
  CHECK(near(m.loss(t, 0), std::log(1 + std::exp(6.5))));
}

TEST_CASE("GPT-2: positions stand in the table alone, and a value's bias could be the output's", "[plain]") {
  plain_gpt2 m = plain_gpt2::random(gpt2, 31);
  const tokens t = some_tokens(context);
  const plain_rows before = m.logits(t);
  CHECK_THROWS_AS(m.logits(some_tokens(context + 1)), std::invalid_argument);
  // Weights of attention sum to one, so a bias of the values arrives whole.
  plain_attention& a = m.blocks[1].attention;
  add_to(a.output.bias, a.output.weight.times(a.value.bias));
  clear(a.value.bias);
  CHECK(apart(m.logits(t), before) < 1e-12);
  // Without positions and in one token repeated, every position is alike.
  CHECK(apart(m.logits(tokens(4, 2))[0], m.logits(tokens(4, 2))[3]) > 1e-3);
  clear(m.positions.v);
  CHECK(apart(m.logits(tokens(4, 2))[0], m.logits(tokens(4, 2))[3]) < 1e-12);
}

TEST_CASE("The hybrid with GPT-2's choices and no positions is GPT-2", "[plain]") {
  plain_gpt2 m = plain_gpt2::random(gpt2, 32);
  clear(m.positions.v);
  hybrid_shape s;
  s.dim = gpt2.dim;
  s.hidden = gpt2.hidden;
  s.layers = gpt2.layers;
  s.heads = s.kv_heads = gpt2.heads;
  s.head_dim = s.still = gpt2.dim / gpt2.heads;
  s.vocab = vocab;
  s = s.as_neox();
  s.join = residual::sequential;
  s.act = activation::gelu_tanh;
  s.tied_head = true;
  plain_hybrid h = plain_hybrid::random(s, 1);
  for (const named_tensor& t : tensors_of(h)) {
    std::string name = t.name;
    if (const std::size_t at = name.find("mixer"); at != std::string::npos) name.replace(at, 5, "attention");
    t.values() = tensor_of(m, name).values();
  }
  const tokens t = some_tokens(8);
  CHECK(apart(h.logits(t), m.logits(t)) < 1e-13);
  h.s.act = activation::gelu_erf;
  CHECK(apart(h.logits(t), m.logits(t)) > 1e-6);
}

// ----------------------------------------------------------------------------------------------------------------- Qwen

TEST_CASE("Qwen2 without its biases is a Llama; halves are neighbours in another order of rows", "[plain]") {
  const mote::shape llama{.dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
  const plain_decoder d = plain_decoder::random(llama, 41);
  plain_qwen m = plain_qwen::random({.generation = qwen::two,
                                     .dim = 24,
                                     .hidden = 44,
                                     .layers = 2,
                                     .heads = 4,
                                     .kv_heads = 2,
                                     .head_dim = 6,
                                     .vocab = 37,
                                     .context = 64,
                                     .rope_theta = static_cast<double>(llama.rope_theta),
                                     .norm_epsilon = static_cast<double>(llama.norm_epsilon),
                                     .pairs = rope_pairs::neighbours},
                                    1);
  m.embedding = d.embedding;
  m.final_norm.gain = d.final_norm;
  const auto of = [&](std::size_t l, mote::role r) { return d.blocks[l].matrix[static_cast<std::size_t>(r)]; };
  for (std::size_t l = 0; l < 2; ++l) {
    plain_transformer_block& b = m.blocks[l];
    b.attention_norm.gain = d.blocks[l].attention_norm;
    b.ffn_norm.gain = d.blocks[l].ffn_norm;
    b.attention.query.weight = of(l, mote::role::query);
    b.attention.key.weight = of(l, mote::role::key);
    b.attention.value.weight = of(l, mote::role::value);
    b.attention.output.weight = of(l, mote::role::output);
    b.ffn.gate.weight = of(l, mote::role::gate);
    b.ffn.up.weight = of(l, mote::role::up);
    b.ffn.down.weight = of(l, mote::role::down);
  }
  const tokens t = some_tokens(12);
  const plain_rows biased = m.logits(t);
  // With biases: halves, after the rows of each head of query and key are put so that pair i is (i, i + 3).
  plain_qwen halves = m;
  halves.s.pairs = rope_pairs::halves;
  CHECK(apart(halves.logits(t), biased) > 1e-3);
  for (plain_transformer_block& b : halves.blocks)
    for (plain_linear* linear : {&b.attention.query, &b.attention.key}) {
      const plain_linear kept = *linear;
      for (std::size_t row = 0; row < kept.weight.rows; ++row) {
        const std::size_t pair = row % 6 / 2, to = row / 6 * 6 + pair + (row % 2 == 0 ? 0 : 3);
        linear->bias[to] = kept.bias[row];
        for (std::size_t c = 0; c < 24; ++c) linear->weight.at(to, c) = kept.weight.at(row, c);
      }
    }
  CHECK(apart(halves.logits(t), biased) < 1e-12);

  for (plain_transformer_block& b : m.blocks)
    for (plain_linear* linear : {&b.attention.query, &b.attention.key, &b.attention.value}) clear(linear->bias);
  const plain_rows plain = d.logits(std::span<const std::size_t>(t));
  CHECK(apart(m.logits(t), plain) < 1e-12);
  CHECK(apart(biased, plain) > 1e-2);
  CHECK(near(m.loss(t, 3), d.loss(std::span<const std::size_t>(t), 3) / 8));
}

TEST_CASE("Qwen2's biases stand on query, key and value; Qwen3's norms on each head of query and key", "[plain]") {
  plain_qwen two = plain_qwen::random(qwen2, 42), three = plain_qwen::random(qwen3, 43);
  std::set<std::string> of_two, of_three;
  for (const named_tensor& t : tensors_of(two)) of_two.insert(t.name);
  for (const named_tensor& t : tensors_of(three)) of_three.insert(t.name);
  const std::set<std::string> both{"attention_norm", "ffn_norm", "query", "key", "value",
                                   "output",         "gate",     "up",    "down"};
  std::set<std::string> expected_two{"embedding", "final_norm"}, expected_three{"embedding", "final_norm", "head"};
  for (const std::string layer : {"layers.0.", "layers.1."}) {
    for (const std::string& part : both) {
      expected_two.insert(layer + part);
      expected_three.insert(layer + part);
    }
    for (const char* part : {"query.bias", "key.bias", "value.bias"}) expected_two.insert(layer + part);
    for (const char* part : {"query_norm", "key_norm"}) expected_three.insert(layer + part);
  }
  CHECK(of_two == expected_two);
  CHECK(of_three == expected_three);
  CHECK(tensor_of(three, "layers.0.query").matrix->rows == 24);  // 4 heads of 6, whatever dim is
  CHECK(tensor_of(three, "layers.0.key").matrix->rows == 12);
  CHECK(tensor_of(three, "layers.0.output").matrix->cols == 24);
  CHECK(tensor_of(three, "layers.0.query_norm").vector->size() == 6);

  // The norm is of each head: the size of one head's rows does not matter.
  three.s.norm_epsilon = 0;
  const tokens t = some_tokens(8);
  const plain_rows before = three.logits(t);
  plain_matrix& query = three.blocks[0].attention.query.weight;
  for (std::size_t r = 6; r < 12; ++r)
    for (std::size_t c = 0; c < query.cols; ++c) query.at(r, c) *= 3;
  CHECK(apart(three.logits(t), before) < 1e-12);
  // The gains come before the turning: only if both of a pair have the same could they come after.
  plain_vector gain = three.blocks[0].attention.query_norm.gain;
  for (std::size_t i = 0; i < 3; ++i) gain[i + 3] = gain[i];
  three.blocks[0].attention.query_norm.gain = gain;
  const plain_rows paired = three.logits(t);
  CHECK(apart(paired, before) > 1e-4);
  // Then moving a gain from query to key changes nothing.
  for (std::size_t i = 0; i < 6; ++i) three.blocks[0].attention.key_norm.gain[i] *= gain[i];
  std::fill(gain.begin(), gain.end(), 1.0);
  three.blocks[0].attention.query_norm.gain = gain;
  CHECK(apart(three.logits(t), paired) < 1e-12);
}

TEST_CASE("Qwen: a position by itself is nothing, the order is something", "[plain]") {
  plain_qwen m = plain_qwen::random(qwen2, 44);
  const plain_rows alike = m.stream(tokens(8, 5));  // all values are alike, so their mean is whatever the weights are
  for (std::size_t t = 1; t < 8; ++t) CHECK(apart(alike[t], alike[0]) < 1e-12);
  CHECK(apart(m.stream(tokens{1, 2, 3})[2], m.stream(tokens{2, 1, 3})[2]) > 1e-3);
}

// --------------------------------------------------------------------------------------------------------------- hybrid

TEST_CASE("The hybrid with Qwen3's choices is Qwen3, with either pairs", "[plain]") {
  qwen_shape q = qwen3;
  q.rope_theta = 500;
  q.pairs = GENERATE(rope_pairs::neighbours, rope_pairs::halves);
  plain_qwen m = plain_qwen::random(q, 57);
  hybrid_shape s = hybrid;
  s.layers = q.layers;
  s.mixers.assign(q.layers, mixer::full);
  s.softcap = 0;
  s.tied_head = false;
  s.rope_theta = q.rope_theta;
  s.pairs = q.pairs;
  s.norm_epsilon = q.norm_epsilon;
  plain_hybrid h = plain_hybrid::random(s, 1);
  for (const named_tensor& t : tensors_of(h)) {
    std::string name = t.name;
    if (const std::size_t at = name.find("mixer"); at != std::string::npos) name.replace(at, 5, "attention");
    t.values() = tensor_of(m, name).values();
  }
  const tokens t = some_tokens(8);
  CHECK(apart(h.logits(t), m.logits(t)) < 1e-13);
}

TEST_CASE("Hybrid: how far a token reaches is the window or the kernel", "[plain]") {
  const auto reach = [](mixer kind, std::size_t window, std::size_t kernel) {
    hybrid_shape s = hybrid;
    s.layers = 1;
    s.mixers = {kind};
    s.window = window;
    s.kernel = kernel;
    const plain_hybrid m = plain_hybrid::random(s, 51);
    tokens t = some_tokens(9);
    const plain_rows before = m.logits(t);
    t[2] = (t[2] + 3) % vocab;
    const plain_rows after = m.logits(t);
    std::size_t changed = 0;
    for (std::size_t u = 0; u < 9; ++u) {
      if (after[u] == before[u]) continue;
      CHECK(u == 2 + changed);  // without a gap
      ++changed;
    }
    return changed;
  };
  for (std::size_t n : {1U, 2U, 3U, 4U, 6U}) {
    CHECK(reach(mixer::windowed, n, 1) == n);
    CHECK(reach(mixer::convolution, 1, n) == n);
  }
  CHECK(reach(mixer::windowed, 100, 1) == 7);
  CHECK(reach(mixer::full, 1, 1) == 7);
}

TEST_CASE("Hybrid: a window as long as the text is full attention, an endless cap is none", "[plain]") {
  plain_hybrid m = plain_hybrid::random(hybrid, 52);
  const tokens t = some_tokens(9);
  const plain_rows narrow = m.logits(t);
  m.s.window = 9;
  const plain_rows wide = m.logits(t);
  CHECK(apart(narrow, wide) > 1e-3);
  m.s.mixers[0] = mixer::full;
  CHECK(m.logits(t) == wide);
  m.s.softcap = 1e9;
  const plain_rows endless = m.logits(t);
  CHECK(apart(endless, wide) > 1e-3);
  m.s.softcap = 0;
  const plain_rows uncapped = m.logits(t);
  CHECK(apart(uncapped, endless) < 1e-12);
  m.s.logit_softcap = 0.5;
  const plain_rows capped = m.logits(t);
  for (std::size_t u = 0; u < 9; ++u)
    for (std::size_t v = 0; v < vocab; ++v) CHECK(near(capped[u][v], 0.5 * std::tanh(uncapped[u][v] / 0.5)));
}

TEST_CASE("Hybrid: without word of mixers they take turns, and a layer has its own's weights alone", "[plain]") {
  hybrid_shape s = hybrid;
  s.mixers.clear();
  plain_hybrid m = plain_hybrid::random(s, 53);
  std::set<std::string> names;
  for (const named_tensor& t : tensors_of(m)) names.insert(t.name);
  for (std::size_t l = 0; l < 3; ++l) {
    const std::string at = "layers." + std::to_string(l) + ".";
    for (const char* part : {"query", "key", "value", "output", "query_norm", "key_norm"})
      CHECK(names.contains(at + part) == (l != 1));
    for (const char* part : {"convolution_input", "convolution_kernel", "convolution_output"})
      CHECK(names.contains(at + part) == (l == 1));
  }
  CHECK(m.s.mixer_of(0) == mixer::windowed);
  CHECK(m.s.mixer_of(1) == mixer::convolution);
  CHECK(m.s.mixer_of(2) == mixer::windowed);
  CHECK(tensor_of(m, "layers.1.convolution_kernel").matrix->cols == 3);
}

TEST_CASE("Hybrid: in parallel both halves read the same stream and their sums add up", "[plain]") {
  const auto kind = GENERATE(mixer::windowed, mixer::convolution);
  hybrid_shape s = hybrid;
  s.layers = 1;
  s.mixers = {kind};
  s.join = residual::parallel;
  s.biased = true;
  const plain_hybrid m = plain_hybrid::random(s, 54);
  const tokens t = some_tokens(7);
  const plain_rows start = look_up(m.embedding, t);
  const auto without = [&](plain_hybrid part, bool mix, bool feed) {
    plain_linear& out =
        kind == mixer::convolution ? part.blocks[0].convolution.output : part.blocks[0].attention.output;
    if (!mix) clear(out.weight.v), clear(out.bias);
    if (!feed) clear(part.blocks[0].ffn.down.weight.v), clear(part.blocks[0].ffn.down.bias);
    return part.stream(t);
  };
  CHECK(apart(without(m, false, false), start) == 0);
  const auto sum = [&](const plain_hybrid& model) {
    plain_rows y = without(model, true, false);
    const plain_rows fed = without(model, false, true);
    for (std::size_t u = 0; u < 7; ++u)
      for (std::size_t i = 0; i < s.dim; ++i) y[u][i] += fed[u][i] - start[u][i];
    return y;
  };
  CHECK(apart(sum(m), m.stream(t)) < 1e-13);
  // One after the other they do not, and one norm for both is two norms of the same values.
  plain_hybrid sequential = m;
  sequential.s.join = residual::sequential;
  CHECK(apart(sum(sequential), sequential.stream(t)) > 1e-3);
  CHECK(apart(sum(sequential), m.stream(t)) < 1e-13);
  CHECK(apart(without(sequential, false, true), without(m, false, true)) < 1e-13);
  plain_hybrid one = m, twice = m;
  one.s.join = residual::parallel_one_norm;
  one.blocks[0].ffn_norm = {};
  CHECK(apart(one.stream(t), m.stream(t)) > 1e-3);
  twice.blocks[0].ffn_norm = twice.blocks[0].mixer_norm;
  CHECK(apart(one.stream(t), twice.stream(t)) == 0);
}

TEST_CASE("GPT-NeoX and Phi: what each has", "[plain]") {
  hybrid_shape s = hybrid;
  s.still = 2;
  plain_hybrid neox = plain_hybrid::random(s.as_neox(), 55), phi = plain_hybrid::random(s.as_phi(), 56);
  std::set<std::string> of_neox, of_phi;
  for (const named_tensor& t : tensors_of(neox)) of_neox.insert(t.name);
  for (const named_tensor& t : tensors_of(phi)) of_phi.insert(t.name);
  for (const char* name : {"layers.2.mixer_norm.bias", "layers.2.query.bias", "layers.2.output.bias",
                           "layers.2.up.bias", "layers.2.down.bias", "head", "final_norm.bias"}) {
    CHECK(of_neox.contains(name));
    CHECK(of_phi.contains(name));
  }
  CHECK(of_neox.contains("layers.2.ffn_norm"));
  CHECK(!of_phi.contains("layers.2.ffn_norm"));
  CHECK(!of_neox.contains("layers.2.gate"));
  CHECK(!of_neox.contains("head.bias"));
  CHECK(of_phi.contains("head.bias"));
  // Which activation and which sum: the exact GELU and two norms, the approximation ("gelu_new") and one.
  CHECK(neox.s.act == activation::gelu_erf);
  CHECK(phi.s.act == activation::gelu_tanh);
  CHECK(neox.s.join == residual::parallel);
  CHECK(phi.s.join == residual::parallel_one_norm);
  // The values that stand still do not carry the position: a key's bias there adds the same to every score.
  const tokens t = some_tokens(8);
  const plain_rows before = neox.logits(t);
  for (std::size_t i : {4U, 5U, 10U, 11U}) neox.blocks[1].attention.key.bias[i] += 2;
  CHECK(apart(neox.logits(t), before) < 1e-11);
  neox.blocks[1].attention.key.bias[3] += 2;
  CHECK(apart(neox.logits(t), before) > 1e-4);
}

// -------------------------------------------------------------------------------------------------------------- encoder

TEST_CASE("Encoder: every position sees every other; without positions their order is nothing", "[plain]") {
  const encoder_shape s = GENERATE(encoder, bert);
  plain_encoder m = plain_encoder::random(s, 61);
  tokens t = some_tokens(7);
  const plain_rows before = m.hidden(t);
  tokens other = t;
  other[6] = (other[6] + 1) % vocab;
  for (std::size_t u = 0; u < 7; ++u) CHECK(apart(m.hidden(other)[u], before[u]) > 1e-6);
  CHECK_THROWS_AS(m.hidden(some_tokens(context + 1)), std::invalid_argument);

  const std::size_t order[] = {3, 0, 6, 2, 5, 1, 4};
  const auto permuted = [&](const auto& v) {
    auto y = v;
    for (std::size_t u = 0; u < 7; ++u) y[u] = v[order[u]];
    return y;
  };
  CHECK(apart(m.hidden(permuted(t)), permuted(before)) > 1e-2);
  clear(m.positions.v);
  CHECK(apart(m.hidden(permuted(t)), permuted(m.hidden(t))) < 1e-12);
}

TEST_CASE("Encoder: the last norm is the outer one, or the feed-forward's where norms stand after", "[plain]") {
  for (const encoder_shape& s : {encoder, bert}) {
    plain_encoder m = plain_encoder::random(s, 62);
    plain_norm& last = s.norms == norm_place::before ? m.outer_norm : m.blocks.back().ffn_norm;
    std::fill(last.gain.begin(), last.gain.end(), 1.0);
    clear(last.bias);
    for (const plain_vector& row : m.hidden(some_tokens(6))) {
      double mean = 0, square = 0;
      for (double v : row) mean += v / static_cast<double>(s.dim);
      for (double v : row) square += v * v / static_cast<double>(s.dim);
      CHECK(near(mean, 0));
      CHECK(near(square, 1, 1e-10));
    }
  }
  // Norms after: with both halves silent each norm is taken of a normed row. Gains of one and no bias: once is enough.
  plain_encoder m = plain_encoder::random(bert, 63);
  for (const named_tensor& t : tensors_of(m)) {
    if (t.name.ends_with("norm")) std::fill(t.vector->begin(), t.vector->end(), 1.0);
    if (t.name.ends_with("norm.bias") || t.name.find("output") != std::string::npos ||
        t.name.find("down") != std::string::npos)
      clear(t.values());
  }
  const tokens t = some_tokens(5);
  plain_rows expected = look_up(m.embedding, t);
  add_positions(expected, m.positions);
  for (plain_vector& row : expected) row = layer_norm(row, plain_vector(bert.dim, 1.0), {}, 0);
  CHECK(apart(m.hidden(t), expected) < 1e-9);
}

TEST_CASE("Encoder: its loss is of the positions that have a target, and all weights matter", "[plain]") {
  plain_encoder m = plain_encoder::random(GENERATE(encoder, bert), 64);
  const tokens t = some_tokens(8);
  const plain_rows logits = m.logits(t);
  std::vector<std::size_t> targets(8, plain_encoder::unscored);
  targets[2] = 7;
  targets[5] = 0;
  CHECK(near(m.loss(t, targets), (surprise(logits[2], 7) + surprise(logits[5], 0)) / 2));
  CHECK(near(m.loss(t, 7), surprise(logits[7], t[7])));
  const double before = m.loss(t, targets);
  for (const named_tensor& tensor : tensors_of(m)) {
    INFO(tensor.name);
    mote::rng r(78);
    const plain_vector kept = tensor.values();
    for (double v : kept) CHECK(static_cast<double>(static_cast<float>(v)) == v);
    for (double& v : tensor.values()) v += 0.1 * static_cast<double>(r.normal());
    const double moved = std::abs(m.loss(t, targets) - before);
    tensor.values() = kept;
    if (tensor.name.ends_with("key.bias")) CHECK(moved < 1e-13);
    else CHECK(moved > 1e-6);
  }
}

TEST_CASE("Encoder: one position alone is GPT-2's first, but for the activation", "[plain]") {
  encoder_shape s = encoder;
  s.act = activation::gelu_tanh;
  s.norm_epsilon = gpt2.norm_epsilon;
  plain_encoder m = plain_encoder::random(s, 65);
  plain_gpt2 g = plain_gpt2::random(gpt2, 1);
  for (const named_tensor& t : tensors_of(g))
    t.values() = tensor_of(m, t.name.starts_with("final_norm") ? "outer_norm" + t.name.substr(10) : t.name).values();
  CHECK(apart(g.logits(tokens{4}), m.logits(tokens{4})) < 1e-13);
  m.s.act = encoder_shape{}.act;
  CHECK(apart(g.logits(tokens{4}), m.logits(tokens{4})) > 1e-6);
  m.s.act = activation::gelu_tanh;
  CHECK(apart(g.logits(tokens{4, 2, 1}), m.logits(tokens{4, 2, 1})) > 1e-3);
  CHECK(apart(g.logits(tokens{4, 2, 1})[2], m.logits(tokens{4, 2, 1})[2]) > 1e-6);
}

}  // namespace
