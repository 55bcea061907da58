// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/schedule.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace {

using mote::role;
using mote::vector_role;

/// Notes the layers that it is asked for.
struct noting : mote::matrices_only {
  std::vector<std::size_t>* seen;
  float* gradient;
  explicit noting(std::vector<std::size_t>& s, float* g = nullptr) : seen(&s), gradient(g) {}
  void apply(std::size_t layer, role, const float*, float*) const { seen->push_back(layer); }
  void backward(std::size_t layer, role, const float*, std::size_t, std::size_t, const float*, std::size_t, float*,
                std::size_t) {
    seen->push_back(layer);
  }
  float* vector_gradient(std::size_t layer, vector_role) { return gradient + layer; }
};
struct scaling : noting {
  using noting::noting;
  static bool scales(std::size_t layer, role) { return layer == 1; }
  void output_backward(std::size_t layer, role, const float*, float*, std::size_t, std::size_t) {
    seen->push_back(layer);
  }
};
struct names_none {};
struct names_one {
  using schedule = mote::backpropagation;
  static constexpr bool takes_turns = true;
};
struct state_that_scales {
  scaling collector();
};
struct state_that_adds {
  noting collector();
};

}  // namespace

TEST_CASE("schedule: a delta of the upper layers sees the first of them as its layer 0, and no lower one", "[learn]") {
  std::vector<std::size_t> seen;
  float gradients[4] = {};
  mote::upper_layers upper(noting(seen, gradients), 3);
  STATIC_REQUIRE(mote::delta_view<decltype(upper)>);
  for (std::size_t layer = 0; layer < 6; ++layer) upper.apply(layer, role::query, nullptr, nullptr);
  CHECK(seen == std::vector<std::size_t>{0, 1, 2});
  seen.clear();
  upper.backward(5, role::query, nullptr, 0, 0, nullptr, 0, nullptr, 0);
  CHECK(seen == std::vector<std::size_t>{2});
  CHECK(upper.vector_gradient(2, vector_role::ffn_norm) == nullptr);
  CHECK(upper.vector_gradient(3, vector_role::ffn_norm) == gradients);
  CHECK(upper.vector_gradient(5, vector_role::ffn_norm) == gradients + 2);
}

TEST_CASE("schedule: the upper layers of a delta that scales scale, and of one that does not, do not", "[learn]") {
  std::vector<std::size_t> seen;
  mote::upper_layers upper(scaling(seen), 3);
  STATIC_REQUIRE(mote::scaling_delta<decltype(upper)>);
  STATIC_REQUIRE(!mote::scaling_delta<mote::upper_layers<noting>>);
  CHECK((!upper.scales(3, role::query) && upper.scales(4, role::query)));
  upper.output_backward(4, role::query, nullptr, nullptr, 0, 0);
  CHECK(seen == std::vector<std::size_t>{1});
  STATIC_REQUIRE(
      (mote::detail::scales_outputs<state_that_scales>() && !mote::detail::scales_outputs<state_that_adds>()));
  STATIC_REQUIRE(!mote::detail::scales_outputs<names_none>());
}

TEST_CASE("schedule: a policy that names none goes back through every layer", "[learn]") {
  using said = mote::detail::schedule_of<names_none>::type;
  STATIC_REQUIRE((std::is_same_v<said, mote::backpropagation> && said::goes_back));
  CHECK(said::first_layer({.layers = 9}) == 0);
  CHECK(mote::from_layer({.dim = 5, .layers = 9}, 4) == mote::shape{.dim = 5, .layers = 5});
  CHECK((mote::detail::takes_turns<names_one>() && !mote::detail::takes_turns<names_none>()));
}
