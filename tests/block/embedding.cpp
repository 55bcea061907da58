// SPDX-License-Identifier: BSL-1.0
#include "mote/block/embedding.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace {

constexpr mote::shape s{.dim = 19, .hidden = 4, .layers = 1, .heads = 1, .kv_heads = 1, .vocab = 5, .context = 8};

/// A table of which row r has r * 100 + column.
struct table {
  float sign;
  void decode_row(std::size_t row, float* to) const {
    for (std::size_t i = 0; i < s.dim; ++i) to[i] = sign * static_cast<float>(row * 100 + i);
  }
};
struct pass {
  mutable std::vector<float> room = std::vector<float>(32, -7.0F);
  static const mote::shape& shape() { return s; }
  static table embedding() { return {1}; }
  static table positions() { return {0.5F}; }
  template <class>
  float* at() const {
    return room.data();
  }
};
struct tokens_alone {
  std::size_t token = 99;
  const float* gradient = nullptr;
  void embedding_backward(std::size_t t, const float* dx) { token = t, gradient = dx; }
};
struct positions_too : tokens_alone {
  std::size_t position = 99;
  void position_backward(std::size_t p, const float* dx) {
    position = p;
    CHECK(dx == gradient);
  }
};

}  // namespace

TEST_CASE("embedding: a token's row, and with learned positions the row of its position besides", "[block]") {
  STATIC_REQUIRE((!mote::token_embedding::positions && mote::token_and_position_embedding::positions));
  const pass p;
  for (const std::size_t token : {0U, 4U})
    for (const std::size_t position : {0U, 7U}) {
      std::vector<float> x(s.dim + 1, -3.0F), y = x;
      mote::token_embedding::forward(p, token, position, x.data());
      mote::token_and_position_embedding::forward(p, token, position, y.data());
      for (std::size_t i = 0; i < s.dim; ++i) {
        CHECK(x[i] == static_cast<float>(token * 100 + i));
        CHECK(y[i] == static_cast<float>(token * 100 + i) + 0.5F * static_cast<float>(position * 100 + i));
      }
      CHECK((x.back() == -3.0F && y.back() == -3.0F));
    }
}

TEST_CASE("embedding: the gradient goes to the token, and to the position where a learner trains positions",
          "[block]") {
  const float dx[32] = {};
  positions_too both;
  mote::token_and_position_embedding::backward(both, 3, 5, dx);
  CHECK((both.token == 3 && both.position == 5 && both.gradient == dx));
  tokens_alone one;
  mote::token_and_position_embedding::backward(one, 2, 5, dx);
  CHECK((one.token == 2 && one.gradient == dx));
  positions_too never;
  mote::token_embedding::backward(never, 1, 5, dx);
  CHECK((never.token == 1 && never.position == 99));
}

TEST_CASE("embedding: the row of a position is a buffer of the one operation that reads it", "[block]") {
  using buffers = mote::token_and_position_embedding::forward_buffers<4>;
  STATIC_REQUIRE(buffers::count == 1);
  const auto all = buffers::of(s, {.tokens = 3});
  CHECK(all[0].bytes == 32 * sizeof(float));  // one row of 19, padded, however many tokens run
  CHECK((all[0].first == 4 && all[0].last == 4));
  STATIC_REQUIRE(mote::token_embedding::forward_buffers<4>::count == 0);
}
