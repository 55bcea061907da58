// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/attention.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "../model/plain_decoder.hpp"

namespace {

struct problem {
  std::size_t heads, kv_heads, width, count;
  std::vector<double> q, k, v;  // (heads, width), (count, kv_heads, width) twice

  problem(std::size_t h, std::size_t kv, std::size_t w, std::size_t n, mote::rng& random)
      : heads(h), kv_heads(kv), width(w), count(n), q(h * w), k(n * kv * w), v(n * kv * w) {
    for (auto* part : {&q, &k, &v})
      for (double& x : *part) x = static_cast<double>(random.normal());
  }
  std::vector<double> mixed() const {
    std::vector<double> out(heads * width);
    for (std::size_t h = 0; h < heads; ++h) {
      const std::size_t kv = h / (heads / kv_heads);
      std::vector<double> p(count);
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t d = 0; d < width; ++d)
          p[t] += q[h * width + d] * k[(t * kv_heads + kv) * width + d] / std::sqrt(static_cast<double>(width));
      mote_tests::plain_decoder::softmax(p);
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t d = 0; d < width; ++d) out[h * width + d] += p[t] * v[(t * kv_heads + kv) * width + d];
    }
    return out;
  }
  std::vector<float> query() const { return {q.begin(), q.end()}; }
  /// (kv_heads, width, stride); positions to come hold `beyond`.
  std::vector<float> by_channel(const std::vector<double>& from, std::size_t stride, float beyond) const {
    std::vector<float> out(kv_heads * width * stride, beyond);
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t c = 0; c < kv_heads * width; ++c)
        out[c * stride + t] = static_cast<float>(from[t * kv_heads * width + c]);
    return out;
  }
};

}  // namespace

TEST_CASE("attention follows the definition, for shared keys, odd widths and any number of positions") {
  mote::rng random(1);
  struct form {
    std::size_t heads, kv_heads, width;
  };
  for (const form f :
       {form{4, 4, 8}, form{8, 4, 8}, form{4, 2, 6}, form{6, 3, 16}, form{20, 2, 4}, form{3, 1, 30}, form{9, 1, 2}})
    for (const std::size_t count : {1U, 2U, 15U, 16U, 17U, 40U}) {
      const problem p(f.heads, f.kv_heads, f.width, count, random);
      const std::size_t stride = 48;
      const auto q = p.query();
      const auto keys = p.by_channel(p.k, stride, NAN);  // what the cache holds of positions to come is not seen
      std::vector<float> values(stride * f.kv_heads * f.width, NAN);
      for (std::size_t i = 0; i < p.v.size(); ++i) values[i] = static_cast<float>(p.v[i]);
      std::vector<float> scratch(mote::attention_scratch_floats(f.heads, f.kv_heads, count), NAN);
      std::vector<float> out(f.heads * f.width);
      mote::attention(q.data(), keys.data(), stride, values.data(), f.kv_heads * f.width, f.heads, f.kv_heads, f.width,
                      count, scratch.data(), out.data());
      const auto exact = p.mixed();
      INFO("heads " << f.heads << "/" << f.kv_heads << ", width " << f.width << ", positions " << count);
      for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(std::fabs(static_cast<double>(out[i]) - exact[i]) < 3e-6);
    }
}

TEST_CASE("the gradient of attention equals central differences in double precision") {
  mote::rng random(2);
  for (const std::size_t count : {1U, 5U, 16U, 19U}) {
    problem p(4, 2, 6, count, random);
    const std::size_t stride = 32;
    std::vector<double> dout(p.q.size());
    for (double& x : dout) x = static_cast<double>(random.normal());
    const std::vector<float> dout_float(dout.begin(), dout.end());
    const auto q = p.query(), keys = p.by_channel(p.k, stride, 0), values = p.by_channel(p.v, stride, 0);
    std::vector<float> scratch(mote::attention_gradient_scratch_floats(count), NAN), dq(q.size(), NAN);
    std::vector<float> dk(keys.size(), 0.5F), dv(keys.size(), -0.5F);  // added to, not written
    mote::attention_gradient(q.data(), keys.data(), values.data(), stride, dout_float.data(), p.heads, p.kv_heads,
                             p.width, count, scratch.data(), dq.data(), dk.data(), dv.data());
    const auto slope = [&](double& x) {
      const double kept = x;
      double value[2];
      for (int side = 0; side < 2; ++side) {
        x = kept + (side == 0 ? 1e-5 : -1e-5);
        const auto m = p.mixed();
        value[side] = 0;
        for (std::size_t i = 0; i < m.size(); ++i) value[side] += dout[i] * m[i];
      }
      x = kept;
      return (value[0] - value[1]) / 2e-5;
    };
    INFO("positions " << count);
    for (std::size_t i = 0; i < p.q.size(); ++i) REQUIRE(std::fabs(static_cast<double>(dq[i]) - slope(p.q[i])) < 2e-5);
    const std::size_t channels = p.kv_heads * p.width;
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t c = 0; c < channels; ++c) {
        REQUIRE(std::fabs(static_cast<double>(dk[c * stride + t]) - 0.5 - slope(p.k[t * channels + c])) < 2e-5);
        REQUIRE(std::fabs(static_cast<double>(dv[c * stride + t]) + 0.5 - slope(p.v[t * channels + c])) < 2e-5);
      }
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t t = mote::padded(count); t < stride; ++t) REQUIRE(dk[c * stride + t] == 0.5F);
  }
}
