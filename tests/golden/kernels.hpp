// SPDX-License-Identifier: BSL-1.0
// Kernels of floats that the golden pipelines do not run: their bits, as a hash that must be the same on every target.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "mote/kernel/gelu.hpp"
#include "mote/kernel/layer_norm.hpp"
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

inline void check_kernels(report& r) {
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
