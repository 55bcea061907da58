// SPDX-License-Identifier: BSL-1.0
// Blocks of GGUF go into the formats that are their twins and come out byte for byte; what a format then decodes is what
// readers of GGUF decode, bit for bit.
#include "mote/host/image/gguf_pack.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/format/f32.hpp"
#include "mote/host/import/gguf_blocks.hpp"

namespace host = mote::host;

namespace {

/// Any bytes with finite scales.
host::raw_blocks random_blocks(host::gguf_type type, std::size_t count, mote::rng& random) {
  const std::size_t bytes = host::facts_of(type).bytes;
  host::raw_blocks out{.type = type, .bytes = std::vector<std::byte>(count * bytes)};
  for (auto& b : out.bytes) b = static_cast<std::byte>(random.next() & 0xFFU);
  const auto tame = [&](std::size_t at) {
    for (std::size_t i = 0; i < count; ++i) out.bytes[i * bytes + at + 1] &= std::byte{0xBF};
  };
  switch (type) {
    case host::gguf_type::q2_k:
      tame(80);
      tame(82);
      break;
    case host::gguf_type::q3_k: tame(108); break;
    case host::gguf_type::q6_k: tame(208); break;
    case host::gguf_type::q4_k:
    case host::gguf_type::q5_k:
    case host::gguf_type::q4_1:
    case host::gguf_type::q5_1:
      tame(0);
      tame(2);
      break;
    default: tame(0); break;
  }
  if (type == host::gguf_type::q8_0)
    for (std::size_t i = 0; i < count; ++i) {
      out.bytes[i * bytes + 1] &= std::byte{0x7F};
      for (std::size_t j = 2; j < bytes; ++j)
        if (out.bytes[i * bytes + j] == std::byte{0x80}) out.bytes[i * bytes + j] = std::byte{0x81};
    }
  return out;
}

host::block_view view_of(const host::raw_blocks& b) { return {b.type, b.bytes}; }

template <class Format>
void there_and_back() {
  constexpr host::gguf_type type = host::detail::gguf_twin<Format>::type;
  const host::gguf_type_facts& facts = host::facts_of(type);
  mote::rng random(facts.bytes + Format::rows);
  const std::size_t rows = 21, blocks = 3, cols = blocks * facts.cols;
  const host::raw_blocks file = random_blocks(type, rows * blocks, random);
  std::vector<float> expected(rows * cols), found(cols);
  for (std::size_t i = 0; i < rows * blocks; ++i)
    host::gguf_decode(type, file.bytes.data() + i * facts.bytes, expected.data() + i * facts.cols);
  std::vector<std::byte> tile(Format::tile_bytes(cols), std::byte{0xEE}), again(facts.bytes);
  for (std::size_t first = 0; first < rows; first += Format::rows) {
    const std::size_t count = rows - first < Format::rows ? rows - first : Format::rows;
    INFO(Format::name << ", rows from " << first);
    REQUIRE(host::keep_blocks<Format>(view_of(file), first, count, cols, tile.data()) == count * blocks);
    for (std::size_t row = 0; row < count; ++row) {
      Format::decode_row(tile.data(), row, cols, found.data());
      bool same = true;  // == and not bytes: a weight of no size may have either sign
      for (std::size_t i = 0; i < cols; ++i) same = same && found[i] == expected[(first + row) * cols + i];
      REQUIRE(same);
      for (std::size_t g = 0; g < blocks; ++g) {
        host::get_gguf_block<Format>(tile.data(), row, cols, g, again.data());
        REQUIRE(std::memcmp(again.data(), file.bytes.data() + ((first + row) * blocks + g) * facts.bytes,
                            facts.bytes) == 0);
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("GGUF blocks go into their twins and back, byte for byte, and mean the same", "", mote::q8<1>,
                   mote::q4<1>, mote::q5<1>, mote::iq4_nl<1>, mote::affine<4>, mote::affine<5>, mote::qk<2>,
                   mote::qk<3>, mote::qk<4>, mote::qk<5>, mote::qk<6>) {
  there_and_back<TestType>();
  there_and_back<typename TestType::template with_rows<4>>();
  there_and_back<typename TestType::template with_rows<8>>();
  there_and_back<typename TestType::template with_rows<16>>();
}

TEST_CASE("what a format cannot hold stays as it was rounded") {
  mote::rng random(1);
  using format = mote::q8<4>;
  host::raw_blocks file = random_blocks(host::gguf_type::q8_0, 8, random);
  file.bytes[3 * 34 + 1] |= std::byte{0x80};  // a negative scale
  file.bytes[5 * 34 + 20] = std::byte{0x80};  // -128
  std::vector<std::byte> tile(format::tile_bytes(64));
  std::vector<float> w(4 * 64, 127.0F), decoded(64);  // a scale of one
  format::encode_tile(w.data(), 4, 64, tile.data());
  REQUIRE(host::keep_blocks<format>(view_of(file), 0, 4, 64, tile.data()) == 6);
  format::decode_row(tile.data(), 1, 64, decoded.data());  // its second block is the one with the sign
  for (std::size_t i = 32; i < 64; ++i) CHECK(decoded[i] == 127.0F);
  format::decode_row(tile.data(), 2, 64, decoded.data());
  for (std::size_t i = 32; i < 64; ++i) CHECK(decoded[i] == 127.0F);
}

TEST_CASE("other types, other widths and too few bytes are not taken") {
  mote::rng random(2);
  const host::raw_blocks file = random_blocks(host::gguf_type::q4_k, 2, random);
  std::vector<std::byte> tile(mote::qk<4>::tile_bytes(512));
  CHECK(host::keep_blocks<mote::qk<5>>(view_of(file), 0, 1, 256, tile.data()) == 0);
  CHECK(host::keep_blocks<mote::qk<4, 192>>(view_of(file), 0, 1, 192, tile.data()) == 0);
  CHECK(host::keep_blocks<mote::f32<1>>(view_of(file), 0, 1, 256, tile.data()) == 0);
  CHECK(host::keep_blocks<mote::qk<4>>(view_of(file), 0, 1, 200, tile.data()) == 0);
  CHECK(host::keep_blocks<mote::qk<4>>(view_of(file), 0, 1, 512, tile.data()) == 2);
  CHECK_THROWS(host::keep_blocks<mote::qk<4>>(view_of(file), 1, 1, 512, tile.data()));
}
