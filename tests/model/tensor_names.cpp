// SPDX-License-Identifier: BSL-1.0
#include "mote/model/tensor_names.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using mote::named;
using mote::outer_matrix;
using mote::role;
using mote::vector_role;

constexpr mote::tensor_names first{std::array{named{role::query, "a", "b"}, named{vector_role::ffn_norm, "c", "d"},
                                              named{outer_matrix::embedding, "e", "f", 2}},
                                   {.rotates_halves = true},
                                   {.transposed = true}};

}  // namespace

TEST_CASE("tensor_names: a matrix, a vector and a table of the same number are three tensors", "[model]") {
  // query, attention_norm and embedding are all number 0.
  CHECK(mote::tensor_id(role::query) != mote::tensor_id(vector_role::attention_norm));
  CHECK(mote::tensor_id(role::query) != mote::tensor_id(outer_matrix::embedding));
  CHECK(mote::tensor_id(vector_role::attention_norm) != mote::tensor_id(outer_matrix::embedding));
  CHECK(first.find(role::query).gguf == "a");
  CHECK(first.find(role::query).safetensors == "b");
  CHECK(first.find(vector_role::ffn_norm).gguf == "c");
  CHECK(first.find(outer_matrix::embedding).part == 2);
  CHECK(first.find(vector_role::attention_norm).gguf.empty());
  CHECK(first.find(role::key).safetensors.empty());
}

TEST_CASE("tensor_names: and_also() appends, with the orders of the new family", "[model]") {
  constexpr auto both = first.and_also(std::array{named{role::key, "k", "l"}, named{role::query, "late", "late"}}, {},
                                       {.rotates_halves = true});
  CHECK(both.all.size() == 5);
  CHECK(both.find(role::key).safetensors == "l");
  CHECK(both.find(role::query).gguf == "a");  // the first of a name counts
  CHECK(!both.in_gguf.rotates_halves);
  CHECK(both.in_safetensors.rotates_halves);
  CHECK(!both.in_safetensors.transposed);
}
