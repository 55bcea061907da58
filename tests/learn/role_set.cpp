// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/role_set.hpp"

#include <catch2/catch_test_macros.hpp>

#include <utility>
#include <vector>

#include "mote/family/llama.hpp"

namespace {
using mote::role;
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
}  // namespace

TEST_CASE("role_set: members, and those that a family has", "[learn]") {
  constexpr mote::role_set set = mote::only(role::key) | mote::only(mote::own_role(15));
  CHECK((mote::has(set, role::key) && mote::has(set, mote::own_role(15))));
  CHECK((!mote::has(set, role::query) && !mote::has(set, mote::own_role(14))));
  CHECK(mote::targets_in<mote::llama>(set) == mote::only(role::key));
  CHECK(mote::targets_in<mote::llama>(mote::all_matrices) == 0x7FU);
  CHECK(mote::query_and_value == 0x5U);
}

TEST_CASE("role_set: the vectors of outputs lie layer by layer, each padded, and none overlaps", "[learn]") {
  // Rows of a Llama's matrices, by hand: query 24, key 12, value 12, output 24, gate 44, up 44, down 24.
  const std::vector<std::pair<role, std::size_t>> rows{{role::key, 12}, {role::gate, 44}, {role::down, 24}};
  mote::role_set targets = 0;
  for (const auto& [which, n] : rows) targets |= mote::only(which);
  const mote::output_vectors<mote::llama> vectors{s, targets};
  std::vector<std::pair<std::size_t, std::size_t>> expected, found;
  std::size_t at = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (const auto& [which, n] : rows) {
      CHECK(vectors.at(layer, which) == at);
      expected.emplace_back(at, n);
      at += (n + 15) / 16 * 16;
    }
  CHECK(vectors.floats() == at);
  vectors.each([&](std::size_t offset, std::size_t n) { found.emplace_back(offset, n); });
  CHECK(found == expected);
  CHECK(mote::output_vectors<mote::llama>{s, 0}.floats() == 0);
}
