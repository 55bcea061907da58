// SPDX-License-Identifier: BSL-1.0
#include "mote/block/delta.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using mote::role;
using mote::vector_role;

struct plain : mote::matrices_only {
  static void apply(std::size_t, role, const float*, float*) {}
};
struct scaling : plain {
  static bool scales(std::size_t, role) { return true; }
  static void output_backward(std::size_t, role, const float*, float*, std::size_t, std::size_t) {}
};
struct leading : plain {
  static std::size_t positions() { return 3; }
};
struct prompting : leading {
  static void embed(std::size_t, float*) {}
  static void embed_backward(std::size_t, const float*) {}
};
struct prefixing : leading {
  static const float* key(std::size_t, std::size_t) { return nullptr; }
  static const float* value(std::size_t, std::size_t) { return nullptr; }
  static float* key_gradient(std::size_t, std::size_t) { return nullptr; }
  static float* value_gradient(std::size_t, std::size_t) { return nullptr; }
};

struct no_positions {};
struct soft_prompt {
  static constexpr std::size_t positions = 5;
  struct delta {
    static void lead(std::size_t, std::uint16_t*) {}
  };
};
struct soft_prefix {
  static constexpr std::size_t positions = 5;
  struct delta {};
};

}  // namespace

TEST_CASE("delta: each kind is told from the others by its members", "[block]") {
  STATIC_REQUIRE((mote::delta_view<plain> && !mote::scaling_delta<plain> && !mote::leading_delta<plain>));
  STATIC_REQUIRE((mote::scaling_delta<scaling> && !mote::leading_delta<scaling>));
  STATIC_REQUIRE((mote::leading_delta<leading> && !mote::prompting_delta<leading> && !mote::prefixing_delta<leading>));
  STATIC_REQUIRE((mote::prompting_delta<prompting> && !mote::prefixing_delta<prompting>));
  STATIC_REQUIRE((mote::prefixing_delta<prefixing> && !mote::prompting_delta<prefixing>));
  STATIC_REQUIRE(!mote::delta_view<mote::matrices_only>);  // a base: it has no apply()
  CHECK(mote::matrices_only::vector_gradient(0, vector_role::attention_norm) == nullptr);
}

TEST_CASE("delta: the positions that a policy owns, and what is left of a context", "[block]") {
  namespace d = mote::detail;
  CHECK(d::positions_of<no_positions>() == 0);
  CHECK(d::prefix_of<no_positions>() == 0);
  CHECK(d::positions_of<soft_prompt>() == 5);
  CHECK(d::prefix_of<soft_prompt>() == 0);  // tokens run at these
  CHECK(d::positions_of<soft_prefix>() == 5);
  CHECK(d::prefix_of<soft_prefix>() == 5);
  CHECK(d::left_of_context<soft_prefix>(16) == 11);
  CHECK(d::left_of_context<soft_prefix>(5) == 0);
  CHECK(d::left_of_context<soft_prefix>(4) == 0);  // not a number below zero
  CHECK(d::left_of_context<no_positions>(16) == 16);
}
