// SPDX-License-Identifier: BSL-1.0
#include "mote/model/weights.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "plain_decoder.hpp"

namespace {
constexpr mote::shape tied{
    .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
constexpr mote::shape untied = [] {
  mote::shape s = tied;
  s.tied_head = false;
  return s;
}();
}  // namespace

TEMPLATE_TEST_CASE("tensors lie on cache lines, apart from each other, up to the last byte", "", mote::f32<1>,
                   mote::f32<16>, mote::q8<1>, mote::q8<8>, mote::q8<16>, (mote::q8<4, 64>)) {
  for (const mote::shape& s : {tied, untied}) {
    const mote::tensor_map<> map = mote::map_tensors<TestType>(s);
    std::vector<std::array<std::size_t, 2>> spans;
    const auto add = [&](std::size_t at, std::size_t bytes) { spans.push_back({at, at + bytes}); };
    add(map.embedding, TestType::bytes(s.vocab, s.dim));
    for (std::size_t l = 0; l < s.layers; ++l) {
      const std::size_t block = map.start_of(l);
      add(map.at(l, mote::vector_role::attention_norm), s.dim * 4);
      add(map.at(l, mote::vector_role::ffn_norm), s.dim * 4);
      for (std::size_t r = 0; r < mote::role_count; ++r) {
        const auto m = mote::size_of(s, static_cast<mote::role>(r));
        add(block + map.in(l).matrix[r], TestType::bytes(m.rows, m.cols));
      }
    }
    add(map.at(0, mote::vector_role::final_norm), s.dim * 4);
    if (s.tied_head) CHECK(map.head == map.embedding);
    else add(map.head, TestType::bytes(s.vocab, s.dim));
    std::sort(spans.begin(), spans.end());
    std::size_t used = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      CHECK(spans[i][0] % 64 == 0);
      if (i > 0) CHECK(spans[i][0] >= spans[i - 1][1]);
      used += spans[i][1] - spans[i][0];
    }
    CHECK(map.bytes >= spans.back()[1]);
    CHECK(map.bytes < used + 64 * spans.size());  // no gap but for alignment
  }
}

TEST_CASE("views find the numbers that were packed") {
  using format = mote::f32<4>;
  const auto m = mote_tests::plain_decoder::random(untied, 1);
  const auto packed = m.pack<format>();
  const auto map = mote::map_tensors<format>(untied);
  const mote::weights<format> w(packed.data(), untied, map);
  std::vector<float> row(untied.hidden);
  const auto check = [&](mote::matrix<format> view, const mote_tests::plain_matrix& p) {
    REQUIRE(view.rows == p.rows);
    REQUIRE(view.cols == p.cols);
    for (const std::size_t r : {std::size_t{0}, p.rows / 2, p.rows - 1}) {
      view.decode_row(r, row.data());
      for (std::size_t c = 0; c < p.cols; ++c) REQUIRE(static_cast<double>(row[c]) == p.at(r, c));
    }
  };
  check(w.embedding(), m.embedding);
  check(w.head(), m.head);
  for (std::size_t l = 0; l < untied.layers; ++l) {
    for (std::size_t r = 0; r < mote::role_count; ++r)
      check(w.of(l, static_cast<mote::role>(r)), m.blocks[l].matrix[r]);
    for (std::size_t i = 0; i < untied.dim; ++i) {
      REQUIRE(static_cast<double>(w.vector(l, mote::vector_role::attention_norm)[i]) == m.blocks[l].attention_norm[i]);
      REQUIRE(static_cast<double>(w.vector(l, mote::vector_role::ffn_norm)[i]) == m.blocks[l].ffn_norm[i]);
    }
  }
  for (std::size_t i = 0; i < untied.dim; ++i)
    REQUIRE(static_cast<double>(w.vector(0, mote::vector_role::final_norm)[i]) == m.final_norm[i]);
}

TEST_CASE("two formats or two layouts are told apart") {
  const std::array all{mote::format_fingerprint<mote::f32<1>>(),    mote::format_fingerprint<mote::f32<16>>(),
                       mote::format_fingerprint<mote::q8<1>>(),     mote::format_fingerprint<mote::q8<4>>(),
                       mote::format_fingerprint<mote::q8<8>>(),     mote::format_fingerprint<mote::q8<16>>(),
                       mote::format_fingerprint<mote::q8<1, 64>>(), mote::format_fingerprint<mote::q8<16, 64>>()};
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i + 1; j < all.size(); ++j) CHECK(all[i] != all[j]);
}
