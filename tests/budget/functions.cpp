// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/functions.hpp"

#include <catch2/catch_test_macros.hpp>

#include "mote/family/llama.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/optimizer.hpp"

namespace {
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
constexpr const mote::family_functions& family = mote::detail::family_functions_of<mote::llama>;
std::size_t of_rows(std::size_t rows, std::size_t) { return rows; }
}  // namespace

TEST_CASE("functions: the weights of a Llama, counted by hand", "[budget]") {
  // query 24 x 24, key and value 12 x 24, output 24 x 24, gate and up 44 x 24, down 24 x 44
  CHECK(family.layer_weights(s) == 3 * (24 * 24 + 2 * 12 * 24 + 24 * 24 + 3 * 44 * 24));
  CHECK(family.last_weights(s) == 3 * 24 * 44);
  CHECK(family.state_bytes(s) == 0);
  CHECK((family.cached(s).layers == 3 && family.cached(s).kv_heads == 2 && family.cached(s).head_dim == 6));
}

TEST_CASE("functions: packed bytes are those of the map, of each format and of any that is given as a function",
          "[budget]") {
  using format = mote::q8<4, 32>;
  const auto& weights = mote::detail::weights_functions_of<format>;
  CHECK(weights.bytes(family, s) == mote::map_tensors<format>(s).bytes);
  CHECK(weights.rows == 4);
  CHECK(weights.name == format::name);
  CHECK(weights.embedding_bytes(s) == (format::bytes(37, 24) + 63) / 64 * 64);
  // Every tensor starts at a multiple of 64 bytes: with a byte a row, each matrix takes 64, each vector of 24 floats 128.
  CHECK(family.packed_bytes(s, &of_rows) == 64 + 3 * (7 * 64 + 2 * 128) + 128);
}

TEST_CASE("functions: optimizers and schedules are asked themselves", "[budget]") {
  CHECK(mote::detail::optimizer_functions_of<mote::adam<>>.kept_floats(48) == 96);
  CHECK(mote::detail::optimizer_functions_of<mote::sgd<>>.kept_floats(48) == 0);
  CHECK(mote::detail::optimizer_functions_of<mote::sgd<>>.bytes == sizeof(mote::sgd<>));
  CHECK(mote::detail::schedule_functions_of<mote::last_layers<2>>.first_layer(s) == 1);
}
