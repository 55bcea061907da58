// SPDX-License-Identifier: BSL-1.0
// Every format finds a scale or a weight of its own that no model has, in every row and group; and a pipeline every tensor.
#include "mote/model/bounds.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include <cstring>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/format/affine.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/qk.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "mote/pipeline.hpp"

namespace {

/// Where numbers lie in a tile: so many at the start of every so many bytes, wide or halves.
struct numbers {
  std::size_t count, each, step;
  bool sign = true;
};
template <class F>
numbers numbers_of(std::size_t cols) {
  if constexpr (!F::quantized)
    return {F::tile_bytes(cols) / (F::name[0] == 'f' && F::name[1] == '3' ? 4 : 2), F::name[1] == '3' ? 4U : 2U,
            F::tile_bytes(cols)};
  else if constexpr (requires { F::header_bytes; }) return {F::rows, 4, F::tile_bytes(cols)};
  else if constexpr (requires { F::block_bytes; }) return {F::rows * (F::has_min ? 2 : 1), 2, F::block_bytes};
  else if constexpr (requires { F::wide; }) return {F::rows, F::wide ? 4U : 2U, sizeof(typename F::block), F::wide};
  else return {F::rows, 2, sizeof(typename F::block), F::grid::signed_scale};
}

}  // namespace

TEMPLATE_TEST_CASE("bounds: a number that no weight has is found wherever it stands", "", mote::f32<1>, mote::f32<8>,
                   mote::f16<1>, mote::f16<16>, mote::bf16<1>, mote::bf16<4>, mote::q8<1>, mote::q8<4>,
                   (mote::q8<1, 64>), (mote::q8<16, 64>), mote::q6<4>, mote::q5<1>, mote::q4<8>, mote::iq4_nl<4>,
                   mote::q3<1>, mote::q2<4>, mote::ternary<1>, mote::ternary<4>, mote::trits<8>, (mote::qk<6, 64, 4>),
                   (mote::qk<5, 192, 1>), (mote::qk<4, 96, 8>), (mote::qk<3, 64, 4>), (mote::qk<2, 256, 1>),
                   (mote::affine<5, 4>), (mote::affine<4, 1>)) {
  constexpr std::size_t cols = 100;
  std::vector<float> w(TestType::rows * cols);
  mote::rng random(3);
  for (float& v : w) v = random.normal() * 100.0F;
  std::vector<std::byte> tile(TestType::tile_bytes(cols));
  TestType::encode_tile(w.data(), TestType::rows, cols, tile.data());
  REQUIRE(TestType::is_bounded(tile.data(), cols));
  const numbers n = numbers_of<TestType>(cols);
  std::size_t seen = 0;
  for (std::size_t block = 0; block + n.count * n.each <= tile.size(); block += n.step)
    for (std::size_t i = 0; i < n.count; ++i) {
      std::byte* at = tile.data() + block + i * n.each;
      std::vector<std::uint32_t> evil{0x7F800000U, 0xFF800000U, 0x7FC00000U, 0x7FD5A5A5U, 0x60AD78ECU, 0xFF61B1E6U};
      if (n.each == 2) {
        evil = {0x7C00U, 0xFC00U, 0x7E00U, 0x7FFFU};  // infinite and no numbers for bfloat16 too, or too large
        if (!n.sign) evil.push_back(0x8001U);
      }
      for (const std::uint32_t bits : evil) {
        std::uint32_t kept = 0;
        std::memcpy(&kept, at, n.each);
        std::memcpy(at, &bits, n.each);
        REQUIRE(!TestType::is_bounded(tile.data(), cols));
        std::memcpy(at, &kept, n.each);
        ++seen;
      }
      REQUIRE(TestType::is_bounded(tile.data(), cols));
    }
  CHECK(seen >= 4);
}

TEMPLATE_TEST_CASE("bounds: attach() refuses each tensor's first and last number, whatever the check of the payload",
                   "", mote::quantize<32>, mote::quantize<8>,
                   (mote::mixed<mote::quantize<8>, mote::in<mote::role::down, mote::quantize<32>>>)) {
  using pipeline = mote::pipeline<mote_tests::synthetic, mote::context<64>, TestType>;
  using format = typename pipeline::format;
  static pipeline ai;
  mote_tests::aligned_bytes image = mote_tests::synthetic_image<pipeline>();
  const std::span<std::byte> bytes = image.span();
  REQUIRE(ai.attach(bytes) == mote::status::ok);
  const mote::shape& s = mote_tests::synthetic::shape;
  const auto map = mote::map_tensors<format>(s);
  std::size_t tried = 0;
  const auto refuses = [&](std::size_t at, std::size_t each, std::uint32_t evil) {
    std::byte* to = bytes.data() + mote::container_header_bytes + at;
    std::uint32_t kept = 0;
    std::memcpy(&kept, to, each);
    std::memcpy(to, &evil, each);
    mote::container_header h, old;
    std::memcpy(&h, bytes.data(), sizeof h);
    old = h;
    h.payload_crc = mote::crc32(bytes.subspan(mote::container_header_bytes));
    h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
    mote::seal(h);
    std::memcpy(bytes.data(), &h, sizeof h);
    INFO("at " << at);
    REQUIRE(ai.attach(bytes) == mote::status::not_finite);
    REQUIRE(ai.attach(bytes, mote::payload_check::skip) == mote::status::not_finite);
    std::memcpy(to, &kept, each);
    std::memcpy(bytes.data(), &old, sizeof old);
    ++tried;
  };
  const auto gains = [&](std::size_t at) {
    for (const std::uint32_t evil : {0x7F800000U, 0x7FC00000U, 0x60AD78ECU, 0xC77FE001U}) {
      refuses(at, 4, evil);
      refuses(at + (s.dim - 1) * 4, 4, evil);
    }
  };
  const auto matrix = [&]<class F>(std::size_t at, std::size_t rows, std::size_t cols) {
    const std::size_t each = F::quantized ? 2 : 4;
    refuses(at, each, F::quantized ? 0x7C00U : 0x7F800000U);
    const std::size_t last = at + (mote::ceil_div(rows, F::rows) - 1) * F::tile_bytes(cols);
    refuses(F::quantized ? last + F::tile_bytes(cols) - F::tile_bytes(1) : last + F::tile_bytes(cols) - 4, each,
            F::quantized ? 0x7C00U : 0xFFC00000U);
  };
  matrix.template operator()<typename mote::formats_of<format>::embedding>(map.embedding, s.vocab, s.dim);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    gains(map.at(layer, mote::vector_role::attention_norm));
    gains(map.at(layer, mote::vector_role::ffn_norm));
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      const auto which = static_cast<mote::role>(r);
      const mote::matrix_size m = mote::size_of(s, which);
      mote::formats_of<format>::with(
          layer, r, [&]<class F>() { matrix.template operator()<F>(map.at(layer, which), m.rows, m.cols); });
    }
  }
  gains(map.at(0, mote::vector_role::final_norm));
  if (!s.tied_head) matrix.template operator()<typename mote::formats_of<format>::head>(map.head, s.vocab, s.dim);
  CHECK(tried > 8 * (2 * s.layers + 1) + 14 * s.layers);
  CHECK(ai.attach(bytes) == mote::status::ok);
}
