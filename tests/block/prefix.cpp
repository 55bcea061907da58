// SPDX-License-Identifier: BSL-1.0
#include "mote/block/prefix.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

namespace {

constexpr std::size_t kv_dim = 6, owned = 3;

struct owner : mote::matrices_only {
  std::array<std::array<float, kv_dim>, owned> keys{}, values{}, key_grads{}, value_grads{};
  static void apply(std::size_t, mote::role, const float*, float*) {}
  static std::size_t positions() { return owned; }
  const float* key(std::size_t, std::size_t p) const { return keys[p].data(); }
  const float* value(std::size_t, std::size_t p) const { return values[p].data(); }
  float* key_gradient(std::size_t, std::size_t p) { return key_grads[p].data(); }
  float* value_gradient(std::size_t, std::size_t p) { return value_grads[p].data(); }
};
/// Keeps what it is given.
struct cache {
  mutable std::vector<std::array<float, 2 * kv_dim>> rows;
  mutable std::vector<std::size_t> at;
  void attend(const mote::attention_shape& a, const mote::attention_run& r, std::size_t first, std::size_t last,
              float*) const {
    CHECK((r.layer == 4 && first == 0 && last == a.kv_heads));
    at.push_back(r.position);
    rows.emplace_back();
    for (std::size_t i = 0; i < kv_dim; ++i) rows.back()[i] = r.key[i], rows.back()[kv_dim + i] = r.value[i];
  }
};
constexpr mote::attention_shape shape{.heads = 4, .kv_heads = 2, .head_dim = 3};

}  // namespace

TEST_CASE("prefix: keys and values go to positions 0 and on, in order", "[block]") {
  owner delta;
  for (std::size_t p = 0; p < owned; ++p)
    for (std::size_t i = 0; i < kv_dim; ++i)
      delta.keys[p][i] = static_cast<float>(10 * p + i), delta.values[p][i] = -delta.keys[p][i];
  const cache c;
  std::array<float, 16> query{}, out{}, scratch{};
  CHECK(mote::keep_prefix(delta, 1, c, 4, shape, query.data(), out.data(), scratch.data()));
  REQUIRE(c.at == std::vector<std::size_t>{0, 1, 2});
  for (std::size_t p = 0; p < owned; ++p)
    for (std::size_t i = 0; i < kv_dim; ++i) {
      CHECK(c.rows[p][i] == static_cast<float>(10 * p + i));
      CHECK(c.rows[p][kv_dim + i] == -static_cast<float>(10 * p + i));
    }
}

TEST_CASE("prefix: what is too large or not finite becomes zeros, at its position alone", "[block]") {
  for (const float bad : {1e30F, __builtin_inff(), __builtin_nanf("")})
    for (const bool in_key : {true, false}) {
      owner delta;
      for (auto& k : delta.keys) k.fill(1);
      for (auto& v : delta.values) v.fill(2);
      (in_key ? delta.keys : delta.values)[1][5] = bad;
      const cache c;
      std::array<float, 16> query{}, out{}, scratch{};
      out.fill(9);
      CHECK(!mote::keep_prefix(delta, 0, c, 4, shape, query.data(), out.data(), scratch.data()));
      REQUIRE(c.rows.size() == owned);
      for (std::size_t i = 0; i < 2 * kv_dim; ++i) {
        CHECK(c.rows[0][i] == (i < kv_dim ? 1.0F : 2.0F));
        CHECK(c.rows[1][i] == 0);
        CHECK(c.rows[2][i] == (i < kv_dim ? 1.0F : 2.0F));
      }
    }
}

TEST_CASE("prefix: gradients are those of the first positions, added to what is there", "[block]") {
  constexpr std::size_t stride = 16;
  owner delta;
  for (auto& g : delta.key_grads) g.fill(0.5F);
  std::vector<float> dk(kv_dim * stride), dv(kv_dim * stride);
  for (std::size_t i = 0; i < dk.size(); ++i) dk[i] = static_cast<float>(i), dv[i] = -static_cast<float>(i);
  mote::prefix_backward(delta, 0, dk.data(), dv.data(), kv_dim, stride);
  for (std::size_t p = 0; p < owned; ++p)
    for (std::size_t d = 0; d < kv_dim; ++d) {
      CHECK(delta.key_grads[p][d] == 0.5F + static_cast<float>(d * stride + p));
      CHECK(delta.value_grads[p][d] == -static_cast<float>(d * stride + p));
    }
}
