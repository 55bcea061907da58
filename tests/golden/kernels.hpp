// SPDX-License-Identifier: BSL-1.0
// Kernels of floats that the golden pipelines do not run: their bits, as a hash that must be the same on every target.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/feed_forward.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "mote/kernel/attention.hpp"
#include "mote/kernel/gelu.hpp"
#include "mote/kernel/layer_norm.hpp"
#include "mote/model/attention_form.hpp"
#include "mote/model/int8_cache.hpp"
#include "mote/model/kivi_cache.hpp"
#include "mote/model/known_answers.hpp"
#include "mote/simd/math.hpp"
#include "report.hpp"

namespace mote_units {

/// Gathers bits, and says which hash they have where another was expected.
struct hashed_kernel {
  report& r;
  mote::fingerprint hash{};

  void add(const float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) hash = hash.add(__builtin_bit_cast(std::uint32_t, x[i]));
  }
  void expect(std::uint64_t expected, const char* what) {
    r.check(hash.value() == expected, what);
    if (hash.value() != expected) {
      char text[] = "  its hash is 0x0000000000000000\n";
      for (std::size_t i = 0; i < 16; ++i) text[16 + i] = "0123456789ABCDEF"[hash.value() >> (60 - 4 * i) & 15U];
      r.print(text);
    }
    hash = {};
  }
};

struct attention_room {
  static constexpr std::size_t most_dim = 80, step = 5;  // tokens
  alignas(64) std::byte memory[26000];
  float q[step * most_dim], k[step * most_dim], v[step * most_dim], out[step * most_dim], scratch[2000];
};

/// Answers of a cache to a sequence, some of it in runs, with whatever Form reads of the shape.
template <class Cache, class Form>
void hash_answers(hashed_kernel& all, attention_room& room, const mote::shape& s) {
  constexpr std::size_t context = 72, most_dim = attention_room::most_dim, step = attention_room::step;
  auto& [memory, q, k, v, out, scratch] = room;
  const auto a = Form::of(s);
  const Cache cache(memory, mote::cache_shape{a, 1}, context);
  mote::rng random(s.window + 9);
  for (std::size_t t = 0; t + step <= context; t += step) {
    for (std::size_t i = 0; i < step * most_dim; ++i) {
      q[i] = random.uniform() * 4.0F - 2.0F;
      k[i] = random.uniform() * 2.0F - (i % 3 == 0 ? 3.0F : 1.0F);
      v[i] = random.uniform() * 2.0F - 1.0F;
    }
    const std::size_t tokens = t % 2 == 0 ? step : 1;
    for (std::size_t i = 0; i < step; i += tokens) {
      cache.attend(a,
                   {.position = t + i,
                    .tokens = tokens,
                    .query = q + i * most_dim,
                    .key = k + i * most_dim,
                    .value = v + i * most_dim,
                    .out = out + i * most_dim,
                    .query_stride = most_dim,
                    .key_stride = most_dim},
                   0, a.kv_heads, scratch);
      for (std::size_t j = i; j < i + tokens; ++j) all.add(out + j * most_dim, a.query_dim());
    }
  }
}

/// The gradient of attention at the last of some positions.
template <class Form>
void hash_gradient(hashed_kernel& all, const mote::shape& s) {
  constexpr std::size_t stride = 64, count = 53;
  static float k[40 * stride], v[40 * stride], dk[40 * stride], dv[40 * stride], q[80], dout[80], dq[80], scratch[192];
  const auto a = Form::of(s);
  mote::rng random(s.window + 3);
  for (std::size_t i = 0; i < 40 * stride; ++i) {
    k[i] = random.uniform() * 2.0F - 1.0F;
    v[i] = random.uniform() * 2.0F - 1.0F;
    dk[i] = dv[i] = 0.25F;
  }
  for (std::size_t i = 0; i < 80; ++i) {
    q[i] = random.uniform() * 2.0F - 1.0F;
    dout[i] = random.uniform() * 2.0F - 1.0F;
  }
  mote::attention_gradient(a, q, k, v, stride, dout, count, scratch, dq, dk, dv);
  all.add(dq, a.query_dim()), all.add(dk, a.kv_dim() * stride), all.add(dv, a.kv_dim() * stride);
}

inline void check_forms_of_attention(report& r) {
  using rich = mote::attention_form<mote::windowed, mote::softcapped, mote::score_scaled>;
  using encoder = mote::attention_form<mote::softcapped, mote::looks_both_ways>;
  static attention_room room;
  hashed_kernel floats{r}, halves{r}, codes{r}, kivi{r}, all{r}, gradient{r};
  for (const std::size_t width : {std::size_t{10}, std::size_t{20}})
    for (const std::size_t window :
         {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{17}, std::size_t{40}}) {
      mote::shape s{.dim = 24, .hidden = 4, .layers = 1, .heads = 4, .kv_heads = 2, .vocab = 4, .context = 72};
      s.head_width = width, s.window = window;
      s.softcap = window == 8 ? 0.0F : 1.5F, s.score_scale = window == 17 ? 0.0F : 0.375F;
      hash_answers<mote::float_cache, rich>(floats, room, s);
      hash_answers<mote::half_cache, rich>(halves, room, s);
      hash_answers<mote::int8_cache<>, rich>(codes, room, s);
      hash_answers<mote::kivi_cache<4, 32>, rich>(kivi, room, s);
      hash_answers<mote::float_cache, encoder>(all, room, s);
      hash_answers<mote::int8_cache<>, encoder>(all, room, s);
      hash_gradient<rich>(gradient, s);
    }
  floats.expect(0x752C61B03300DE65, "attention with a window, a cap and a scale");
  halves.expect(0x638DE4515462FF94, "the same with keys and values as halves");
  codes.expect(0xE4FC82913FDD4F1D, "the same in 8 bits");
  kivi.expect(0xE6170B2A45F2CCC4, "the same with kivi<4, 32>");
  all.expect(0xA3A2B996AE358F43, "attention both ways");
  gradient.expect(0xBFCA091E8D314892, "the gradient of attention with a window, a cap and a scale");
}

/// What self_check() compares, of blocks that the golden pipelines do not have as well.
inline void check_known_answers(report& r) {
  using namespace mote::detail;
  static float room[1024];
  alignas(64) static std::byte kept[6400];
  r.check(norm_bits(room) == known::norm, "known norm");
  r.check(layer_norm_bits(room) == known::layer_norm, "known layer norm");
  r.check(rotation_bits(room) == known::rotation, "known rotation");
  r.check(softcap_bits(room) == known::softcap, "known softcap");
  r.check(gates_hold(room), "gates");
  r.check(gate_bits<mote::silu>(room) == known::silu_gate, "known gate of silu");
  r.check(gate_bits<mote::gelu>(room) == known::gelu_gate, "known gate of gelu");
  r.check(activation_bits<mote::gelu>(room) == known::gelu, "known gelu");
  r.check(activation_bits<mote::exact_gelu>(room) == known::exact_gelu, "known exact gelu");
  r.check(activation_bits<mote::rectifier>(room) == known::rectifier, "known rectifier");
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const mote::attention_shape a{.heads = 2, .kv_heads = 1, .head_dim = i == 0 ? 16U : 25U};
    constexpr std::size_t n = known::attention_positions;
    r.check(attention_bits<mote::float_cache, 1>(a, n, kept, room) == known::attention_to_floats[i], "known attention");
    r.check(attention_bits<mote::float_cache, 4>(a, n, kept, room) == known::attention_to_floats[i], "in runs");
    r.check(attention_bits<mote::half_cache, 3>(a, n, kept, room) == known::attention_to_halves[i], "to halves");
  }
}

inline void check_kernels(report& r) {
  check_forms_of_attention(r);
  check_known_answers(r);
  constexpr std::size_t most = 176;
  alignas(64) static float x[most], gain[most], bias[most], y[most], dx[most], dgain[most], dbias[most];
  mote::rng random(3);
  const auto draw = [&](float size) {
    for (std::size_t i = 0; i < most; ++i) {
      x[i] = (random.uniform() * 2.0F - 1.0F) * size;
      gain[i] = random.uniform() + 0.5F;
      bias[i] = random.uniform() - 0.5F;
    }
  };
  hashed_kernel norm{r}, norm_gradient{r}, gelu{r}, gelu_gradient{r}, relu{r}, tanh{r};
  for (const std::size_t n : {std::size_t{5}, std::size_t{16}, std::size_t{31}, std::size_t{172}})
    for (const float size : {1e-3F, 1.0F, 9.0F, 300.0F}) {
      draw(size);
      mote::layer_norm(x, gain, bias, n, 1e-5F, y);
      norm.add(y, n);
      mote::layer_norm(x, gain, nullptr, n, 1e-5F, y);
      norm.add(y, n);
      for (std::size_t i = 0; i < most; ++i) dx[i] = dgain[i] = dbias[i] = 0.125F;
      mote::layer_norm_gradient(x, gain, bias, n, 1e-5F, dx, dgain, dbias);
      norm_gradient.add(dx, n), norm_gradient.add(dgain, n), norm_gradient.add(dbias, n);
      mote::gelu_tanh(x, n, y);
      gelu.add(y, n);
      for (std::size_t i = 0; i < most; ++i) dx[i] = x[i];
      mote::gelu_tanh_gradient(dx, bias, n);
      gelu_gradient.add(dx, n);
      mote::relu(x, n, y);
      for (std::size_t i = 0; i < most; ++i) dx[i] = x[i];
      mote::relu_gradient(dx, bias, n);
      relu.add(y, n), relu.add(dx, n);
      for (std::size_t i = 0; i < 176; i += 16) mote::simd::tanh(mote::simd::floats<16>::load(x + i)).store(y + i);
      for (std::size_t i = 0; i < n; ++i) r.check(mote::simd::tanh(x[i]) == y[i], "tanh of one number");
      tanh.add(y, most);
    }
  norm.expect(0x6570D1E5D134853B, "layer norm");
  norm_gradient.expect(0xD2521CCA68CCFA1E, "layer norm's gradient");
  gelu.expect(0x2151AA3C7EA6BAAC, "GELU");
  gelu_gradient.expect(0x8370A2308E2BEFD3, "GELU's gradient");
  relu.expect(0x545562D038487E7A, "ReLU and its gradient");
  tanh.expect(0x1E8D3452BF0995A7, "tanh");
}

}  // namespace mote_units
