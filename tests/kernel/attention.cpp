// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/attention.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../model/plain_decoder.hpp"
#include "../model/plain_parts.hpp"

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
      const mote::attention_shape a{f.heads, f.kv_heads, f.width};
      std::vector<float> scratch(mote::attention_scratch_floats(a, count), NAN);
      std::vector<float> out(f.heads * f.width);
      mote::attention(a, q.data(), keys.data(), stride, values.data(), f.kv_heads * f.width, count, scratch.data(),
                      out.data());
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
    const mote::attention_shape a{p.heads, p.kv_heads, p.width};
    std::vector<float> scratch(mote::attention_gradient_scratch_floats(a, count), NAN), dq(q.size(), NAN);
    std::vector<float> dk(keys.size(), 0.5F), dv(keys.size(), -0.5F);  // added to, not written
    mote::attention_gradient(a, q.data(), keys.data(), values.data(), stride, dout_float.data(), count, scratch.data(),
                             dq.data(), dk.data(), dv.data());
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

namespace {

using mote::attention_shape;
using all_of_it = mote::with_window<mote::with_softcap<mote::with_score_scale<attention_shape>>>;
using both = mote::both_ways<mote::with_softcap<attention_shape>>;

all_of_it form_of(std::size_t heads, std::size_t kv_heads, std::size_t width, float scale, float cap,
                  std::size_t window) {
  all_of_it a;
  a.heads = heads, a.kv_heads = kv_heads, a.head_dim = width;
  a.score_scale = scale, a.softcap = cap, a.window = window;
  return a;
}

/// Queries, keys and values of a sequence; floats, and what the reference makes of them.
struct sequence {
  attention_shape a;
  std::size_t count;
  mote_tests::plain_rows q, k, v;

  sequence(const attention_shape& of, std::size_t n, mote::rng& random) : a(of), count(n) {
    const auto draw = [&](mote_tests::plain_rows& rows, std::size_t width) {
      rows.assign(n, mote_tests::plain_vector(width));
      for (auto& row : rows)
        for (double& x : row) x = static_cast<double>(random.normal());
    };
    draw(q, a.query_dim()), draw(k, a.kv_dim()), draw(v, a.kv_dim());
  }
  mote_tests::plain_rows exact(double scale, double cap, std::size_t window, bool all) const {
    return exact_of(q, 0, scale, cap, window, all);
  }
  mote_tests::plain_vector exact_last(double scale, double cap, std::size_t window) const {
    return exact_of({q.back()}, count - 1, scale, cap, window, false)[0];
  }
  mote_tests::plain_rows exact_of(mote_tests::plain_rows scaled, std::size_t first, double scale, double cap,
                                  std::size_t window,
                                  bool all) const {  // the reference divides by the root of the width
    if (scale != 0)
      for (auto& row : scaled)
        for (double& x : row) x *= scale * std::sqrt(static_cast<double>(a.head_dim));
    return mote_tests::attend(scaled, k, v, {a.heads, a.kv_heads, a.head_dim}, cap, [=](std::size_t t, std::size_t u) {
      return all || (u <= t + first && (window == 0 || t + first - u < window));
    });
  }
  std::vector<float> rows(const mote_tests::plain_rows& from) const {
    std::vector<float> out;
    for (const auto& row : from) out.insert(out.end(), row.begin(), row.end());
    return out;
  }
  std::vector<float> by_channel(const mote_tests::plain_rows& from, std::size_t stride, float beyond) const {
    std::vector<float> out(from[0].size() * stride, beyond);
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t c = 0; c < from[t].size(); ++c) out[c * stride + t] = static_cast<float>(from[t][c]);
    return out;
  }
};

struct knobs {
  float scale, cap;
  std::size_t window;
};
constexpr knobs all_knobs[] = {{0, 0, 0},       {0, 0, 1},   {0, 0, 3},    {0, 0, 8},    {0, 0, 16},
                               {0, 0, 17},      {0, 0, 100}, {0.3F, 0, 0}, {0, 1.5F, 0}, {0, 30, 17},
                               {0.7F, 0.5F, 3}, {0, 2, 1},   {0.2F, 3, 33}};
constexpr attention_shape all_shapes[] = {{4, 4, 8},  {4, 2, 6}, {6, 3, 16}, {20, 2, 4},
                                          {3, 1, 30}, {9, 1, 2}, {5, 5, 40}};

}  // namespace

TEST_CASE("a window, a cap and a scale follow the definition; together or alone, tokens give the same bits") {
  mote::rng random(3);
  constexpr std::size_t stride = 64, count = 53;
  for (const attention_shape& shape : all_shapes) {
    const sequence m(shape, count, random);
    const auto q = m.rows(m.q), v = m.rows(m.v);
    const auto keys = m.by_channel(m.k, stride, NAN);
    std::vector<float> values(stride * shape.kv_dim(), NAN);
    std::copy(v.begin(), v.end(), values.begin());
    for (const knobs& n : all_knobs) {
      const all_of_it a = form_of(shape.heads, shape.kv_heads, shape.head_dim, n.scale, n.cap, n.window);
      const auto exact = m.exact(static_cast<double>(n.scale), static_cast<double>(n.cap), n.window, false);
      std::vector<float> scratch(mote::attention_scratch_floats(a, count, count), NAN);
      std::vector<float> one(q.size(), NAN), several(q.size(), NAN), plain(q.size(), NAN);
      const std::size_t dim = shape.query_dim();
      for (std::size_t t = 0; t < count; ++t) {
        mote::attention(a, q.data() + t * dim, keys.data(), stride, values.data(), shape.kv_dim(), t + 1,
                        scratch.data(), one.data() + t * dim);
        mote::attention(shape, q.data() + t * dim, keys.data(), stride, values.data(), shape.kv_dim(), t + 1,
                        scratch.data(), plain.data() + t * dim);
      }
      INFO("heads " << shape.heads << "/" << shape.kv_heads << ", width " << shape.head_dim << ", scale " << n.scale
                    << ", cap " << n.cap << ", window " << n.window);
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t i = 0; i < dim; ++i)
          REQUIRE(std::fabs(static_cast<double>(one[t * dim + i]) - exact[t][i]) < 4e-6);
      const bool changes = n.scale != 0 || n.cap != 0 || (n.window != 0 && n.window < count);
      CHECK((one == plain) != changes);
      constexpr std::size_t together = mote::detail::tokens_together;
      for (std::size_t first = 0; first < together; ++first) {  // wherever a run begins
        several = one;
        for (std::size_t t = first; t + together <= count; t += together) {
          for (std::size_t i = 0; i < together * dim; ++i) several[t * dim + i] = NAN;
          mote::attention_of_several(a, q.data() + t * dim, dim, keys.data(), stride, values.data(), shape.kv_dim(),
                                     t + 1, scratch.data(), several.data() + t * dim);
        }
        CHECK(several == one);
      }
    }
  }
}

TEST_CASE("attention both ways: every token sees all, together or alone with the same bits") {
  mote::rng random(4);
  constexpr std::size_t stride = 48;
  for (const attention_shape& shape : all_shapes)
    for (const std::size_t count : {1U, 5U, 16U, 35U})
      for (const float cap : {0.0F, 2.0F}) {
        const sequence m(shape, count, random);
        both a{{shape, cap}};
        const auto q = m.rows(m.q), v = m.rows(m.v), keys = m.by_channel(m.k, stride, NAN);
        std::vector<float> values(stride * shape.kv_dim(), NAN);
        std::copy(v.begin(), v.end(), values.begin());
        const auto exact = m.exact(0, static_cast<double>(cap), 0, true);
        std::vector<float> scratch(mote::attention_scratch_floats(a, count, count), NAN), one(q.size(), NAN);
        const std::size_t dim = shape.query_dim();
        for (std::size_t t = 0; t < count; ++t)
          mote::attention(a, q.data() + t * dim, keys.data(), stride, values.data(), shape.kv_dim(), count,
                          scratch.data(), one.data() + t * dim);
        for (std::size_t t = 0; t < count; ++t)
          for (std::size_t i = 0; i < dim; ++i)
            REQUIRE(std::fabs(static_cast<double>(one[t * dim + i]) - exact[t][i]) < 4e-6);
        auto several = one;
        constexpr std::size_t together = mote::detail::tokens_together;
        for (std::size_t t = 0; t + together <= count; t += together) {
          for (std::size_t i = 0; i < together * dim; ++i) several[t * dim + i] = NAN;
          mote::attention_of_several(a, q.data() + t * dim, dim, keys.data(), stride, values.data(), shape.kv_dim(),
                                     count, scratch.data(), several.data() + t * dim);
        }
        CHECK(several == one);
      }
}

TEST_CASE("the gradient through a window, a cap and a scale equals central differences in double precision") {
  mote::rng random(5);
  constexpr std::size_t stride = 48;
  for (const attention_shape& shape : {attention_shape{4, 2, 6}, attention_shape{3, 1, 10}})
    for (const std::size_t count : {1U, 7U, 16U, 37U})
      for (const knobs& n : all_knobs) {
        sequence m(shape, count, random);
        const all_of_it a = form_of(shape.heads, shape.kv_heads, shape.head_dim, n.scale, n.cap, n.window);
        std::vector<float> dout(shape.query_dim());
        for (float& x : dout) x = random.normal();
        const auto keys = m.by_channel(m.k, stride, 0), values = m.by_channel(m.v, stride, 0);
        const auto q = m.rows({m.q.back()});
        std::vector<float> scratch(mote::attention_gradient_scratch_floats(a, count), NAN), dq(q.size(), NAN);
        std::vector<float> dk(keys.size(), 0.5F), dv(keys.size(), -0.5F);
        mote::attention_gradient(a, q.data(), keys.data(), values.data(), stride, dout.data(), count, scratch.data(),
                                 dq.data(), dk.data(), dv.data());
        const auto loss = [&] {
          const auto row = m.exact_last(static_cast<double>(n.scale), static_cast<double>(n.cap), n.window);
          double sum = 0;
          for (std::size_t i = 0; i < dout.size(); ++i) sum += static_cast<double>(dout[i]) * row[i];
          return sum;
        };
        INFO("width " << shape.head_dim << ", positions " << count << ", scale " << n.scale << ", cap " << n.cap
                      << ", window " << n.window);
        const auto close = [&](float got, double& parameter) {
          const auto d = mote_tests::central_difference(parameter, loss);
          return std::fabs(static_cast<double>(got) - d.slope) <= 5e-6 + d.error;
        };
        for (std::size_t i = 0; i < dq.size(); i += 5) REQUIRE(close(dq[i], m.q.back()[i]));
        for (std::size_t t = 0; t < count; ++t)
          for (std::size_t c = t % 5; c < shape.kv_dim(); c += 5) {
            REQUIRE(close(dk[c * stride + t] - 0.5F, m.k[t][c]));
            REQUIRE(close(dv[c * stride + t] + 0.5F, m.v[t][c]));
            if (n.window != 0 && t + n.window < count) {
              REQUIRE(dk[c * stride + t] == 0.5F);  // nothing at all reaches what the window hides
              REQUIRE(dv[c * stride + t] == -0.5F);
            }
          }
      }
}
