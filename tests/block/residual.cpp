// SPDX-License-Identifier: BSL-1.0
#include "mote/block/residual.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace {

constexpr mote::shape s{.dim = 5, .hidden = 4, .layers = 1, .heads = 1, .kv_heads = 1, .vocab = 5, .context = 8};

struct negated {  // the norm: y = -x
  template <class Pass>
  static void forward(const Pass&, const float* x, float* y) {
    for (std::size_t i = 0; i < s.dim; ++i) y[i] = -x[i];
  }
  template <class Pass>
  static void backward(Pass&, const float*, const float* dy, float* dx) {
    for (std::size_t i = 0; i < s.dim; ++i) dx[i] -= dy[i];
  }
};
struct tripled {  // what is inside: y = 3 x, of all tokens
  static constexpr int operations = 2;
  static constexpr int reads_until = 1;
  static constexpr bool keeps = true;
  static constexpr int phases = 2;
  template <int>
  using forward_buffers = mote::lives<>;
  template <class>
  using backward_buffers = mote::lives<>;
  template <int At, class Pass>
  static void forward(Pass& p, const float* in, float* out) {
    p.template enter<At>();
    for (std::size_t i = 0; i < 16 * p.tokens(); ++i) out[i] = 3 * in[i];
  }
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    p.phases.push_back(Phase);
    if constexpr (Phase == 0) {
      CHECK((in == nullptr && dx == nullptr));
    } else {
      for (std::size_t i = 0; i < 16 * p.tokens(); ++i) dx[i] += 3 * dy[i];
      for (std::size_t t = 0; t < p.tokens(); ++t)
        for (std::size_t i = 0; i < s.dim; ++i) CHECK(in[16 * t + i] == -p.stream[16 * t + i]);
    }
  }
};
using block = mote::residual<negated, tripled>;

struct pass {
  std::vector<float> stream, gradient, normed = std::vector<float>(48), other = std::vector<float>(48, 77.0F);
  std::vector<int> entered;
  std::vector<std::size_t> phases;
  static const mote::shape& shape() { return s; }
  static std::size_t tokens() { return 3; }
  const float* x() const { return stream.data(); }
  float* dx() { return gradient.data(); }
  template <class Tag>
  float* at() {
    return std::is_same_v<Tag, block::normed> ? normed.data() : other.data();
  }
  template <class>
  float* next() {
    return other.data();
  }
  static void pad(float* to, std::size_t n) { std::fill(to + n, to + 16, 0.0F); }
  void add(std::size_t t, const float* delta) {
    for (std::size_t i = 0; i < s.dim; ++i) stream[16 * t + i] += delta[i];
  }
  template <int At>
  void enter() {
    entered.push_back(At);
  }
};

}  // namespace

TEST_CASE("residual: x becomes x + inner(norm(x)) for every token, in its own operations", "[block]") {
  pass p;
  for (int i = 0; i < 48; ++i) p.stream.push_back(static_cast<float>(i));
  block::forward<7>(p);
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t i = 0; i < s.dim; ++i) {
      const auto x = static_cast<float>(16 * t + i);
      CHECK(p.stream[16 * t + i] == x - 3 * x);
    }
  CHECK(p.entered == std::vector<int>{7, 8});  // the norm, then what is inside
}

TEST_CASE("residual: the gradient goes around and through; what is inside goes back phase by phase", "[block]") {
  pass p;
  for (int i = 0; i < 48; ++i)
    p.stream.push_back(static_cast<float>(i)), p.gradient.push_back(static_cast<float>(100 + i));
  const std::vector<float> before = p.gradient;
  block::backward<0>(p);
  CHECK(p.gradient == before);  // not the last phase
  block::backward<1>(p);
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t i = 0; i < s.dim; ++i) CHECK(p.gradient[16 * t + i] == before[16 * t + i] * (1 - 3));
  CHECK(p.phases == std::vector<std::size_t>{0, 1});
}

TEST_CASE("residual: its buffers live from the norm to the last read, and the sum's in the last operation", "[block]") {
  const mote::pass_facts facts{.tokens = 3};
  STATIC_REQUIRE((block::operations == 3 && block::phases == 2 && block::keeps));
  const auto in = block::forward_buffers<7>::of(s, facts);
  REQUIRE(in.size() == 1);
  CHECK((in[0].bytes == 3 * 64 && in[0].first == 7 && in[0].last == 9));  // reads_until 1 of the operations from 8 on
  const auto sum = block::added_buffers<7>::of(s, facts);
  CHECK((sum[0].bytes == 3 * 64 && sum[0].first == 9 && sum[0].last == 9));
}
