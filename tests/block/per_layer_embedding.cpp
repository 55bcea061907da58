// SPDX-License-Identifier: BSL-1.0
// What a table a layer costs: one row a token, no product, no adapter. Its numbers are in tests/family/ple_tinylm.cpp.
#include "mote/block/per_layer_embedding.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>

#include "mote/budget/functions.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q4.hpp"
#include "mote/learn/low_rank_adapters.hpp"
#include "mote/learn/role_set.hpp"
#include "mote/model/streamed_weights.hpp"

namespace {

using tensors = mote::tensors_of<mote::ple_tinylm>;

/// The published model: 28.9M weights, 25.2M of them in the tables.
constexpr mote::shape published{.dim = 96,
                                .hidden = 66,
                                .layers = 6,
                                .heads = 4,
                                .kv_heads = 4,
                                .vocab = 32768,
                                .context = 256,
                                .per_layer_width = 128,
                                .norm_epsilon = 1e-6F};
constexpr std::size_t table_weights = 6 * 32768 * 128;
constexpr std::size_t layer_weights = 6 * (4 * 96 * 96 + 3 * 96 * 66 + 3 * 96 * 128);

}  // namespace

TEST_CASE("per-layer embedding: the tables are weights of the model, and no token multiplies them", "[block]") {
  STATIC_CHECK(mote::parameters_of<mote::ple_tinylm>(published) ==
               32768 * 96 + table_weights + layer_weights + 6 * 3 * 96 + 128 + 96);
  STATIC_CHECK(tensors::is_table(tensors::find(mote::per_layer::table)));
  STATIC_CHECK(!tensors::is_table(tensors::find(mote::per_layer::input)));
  CHECK(mote::detail::layer_weights<mote::ple_tinylm>(published) == layer_weights);
  STATIC_CHECK(mote::widest_output<mote::ple_tinylm>(published) == 128);  // not the vocabulary
  STATIC_CHECK(mote::shape_is_read<mote::ple_tinylm>(published));
  constexpr mote::shape without = [] {
    mote::shape s = published;
    s.per_layer_width = 0;
    return s;
  }();
  STATIC_CHECK(!mote::shape_is_read<mote::ple_tinylm>(without));
  STATIC_CHECK(!mote::shape_is_read<mote::llama>(published));
}

TEST_CASE("per-layer embedding: of a table behind a reader a token reads one tile", "[block]") {
  using format = mote::f32<4>;
  constexpr std::size_t tile = format::tile_bytes(128), padding = 6 * 2 * (68 - 66) * 96;  // rows of gate and up
  STATIC_CHECK(mote::streamed_bytes_a_token<format, mote::ple_tinylm>(published) ==
               4 * (32768 * 96 + layer_weights + padding) + format::tile_bytes(96) + 6 * tile);
}

TEST_CASE("per-layer embedding: adapters and scales leave tables alone", "[block]") {
  STATIC_CHECK(!mote::has(mote::targets_in<mote::ple_tinylm>(mote::all_matrices), mote::per_layer::table));
  constexpr auto placed = mote::lay_adapters<mote::ple_tinylm, mote::all_matrices>(published, 1);
  STATIC_CHECK(placed.adapters.size() == tensors::matrices - 1);
  constexpr std::size_t sides = 4 * (96 + 96) + 3 * (96 + mote::padded(66)) + 3 * (96 + 128);
  STATIC_CHECK(placed.layer_floats == sides);
  constexpr mote::output_vectors<mote::ple_tinylm> scales{published, mote::all_matrices};
  STATIC_CHECK(scales.floats() == 6 * (5 * 96 + 2 * mote::padded(66) + 2 * 128 + 96));
}

TEST_CASE("per-layer embedding: working memory does not grow with the tables", "[block]") {
  // A first vector and a number for the token at hand, and short rows.
  constexpr std::size_t plain =
      mote::plan_arena(mote::decode_lifetimes<mote::llama, mote::q4<4>>(published, 256)).bytes;
  constexpr std::size_t own =
      mote::plan_arena(mote::decode_lifetimes<mote::ple_tinylm, mote::q4<4>>(published, 256)).bytes;
  STATIC_CHECK(own - plain <= 96 * 4 + 64);
}
