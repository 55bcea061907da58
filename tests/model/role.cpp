// SPDX-License-Identifier: BSL-1.0
#include "mote/model/role.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

TEST_CASE("role: a user's names begin behind those that have one, and none is another's", "[model]") {
  CHECK(static_cast<int>(mote::own_role(0)) == 16);
  CHECK(static_cast<int>(mote::own_role(15)) == 31);
  CHECK(static_cast<int>(mote::own_vector(0)) == 64);
  CHECK(static_cast<int>(mote::own_vector(190)) == 254);
  CHECK(mote::own_vector(190) != mote::vector_role::none);
  CHECK(name(mote::own_role(3)) == "own");
  CHECK(name(mote::own_vector(3)) == "own");
  CHECK(name(mote::vector_role::none) == "own");
}

TEST_CASE("role: names are those of the enumerators, in their order", "[model]") {
  CHECK(mote::role_count == 7);
  CHECK(name(mote::role::query) == "query");
  CHECK(name(mote::role::output) == "output");
  CHECK(name(mote::role::down) == "down");
  CHECK(name(mote::vector_role::attention_norm) == "attention_norm");
  CHECK(name(mote::vector_role::final_norm_bias) == "final_norm_bias");
  CHECK(name(mote::vector_role::query_bias) == "query_bias");
  CHECK(name(mote::vector_role::down_bias) == "down_bias");
  CHECK(name(mote::vector_role::key_norm) == "key_norm");
  CHECK(name(mote::vector_role::head_bias) == "head_bias");
  CHECK(name(mote::role::convolution_output) == "convolution_output");
  std::set<std::string> all;
  for (int v = 0; v <= static_cast<int>(mote::vector_role::head_bias); ++v)
    all.insert(std::string(name(static_cast<mote::vector_role>(v))));
  CHECK(all.size() == 19);
  CHECK(!all.contains("own"));
}
