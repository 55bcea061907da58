// SPDX-License-Identifier: BSL-1.0
// Every block goes apart and together again bit for bit, and means what a loop over its bytes, written from the format's
// description and not from our tables, says it means.
#include "mote/host/import/gguf_blocks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

using namespace mote::host;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes random_block(gguf_type type, mote::rng& random) {
  bytes b(facts_of(type).bytes);
  for (auto& v : b) v = static_cast<std::uint8_t>(random.next());
  const auto tame = [&](std::size_t at) { b[at + 1] = static_cast<std::uint8_t>(b[at + 1] & 0xBFU); };  // finite halves
  switch (type) {
    case gguf_type::q2_k:
      tame(80);
      tame(82);
      break;
    case gguf_type::q3_k: tame(108); break;
    case gguf_type::q6_k: tame(208); break;
    case gguf_type::q4_k:
    case gguf_type::q5_k:
    case gguf_type::q4_1:
    case gguf_type::q5_1:
      tame(0);
      tame(2);
      break;
    case gguf_type::tq1_0:  // five trits as the byte that a writer makes of them
      for (std::size_t i = 0; i < 48; ++i) b[i] = static_cast<std::uint8_t>((random.below(243) * 256 + 242) / 243);
      for (std::size_t i = 48; i < 52; ++i) b[i] = static_cast<std::uint8_t>((random.below(81) * 3 * 256 + 242) / 243);
      tame(52);
      break;
    case gguf_type::tq2_0: tame(64); break;
    default: tame(0); break;
  }
  return b;
}

double half(const bytes& b, std::size_t at) {
  const unsigned h = b[at] | b[at + 1] * 256U;
  const int exponent = static_cast<int>(h / 1024 % 32);
  const double size = exponent == 0 ? std::ldexp(h % 1024, -24) : std::ldexp(1024 + h % 1024, exponent - 25);
  return h >= 32768 ? -size : size;
}

/// All weights of a block, in double, by walking over its bytes in the order in which they lie.
std::vector<double> meaning(gguf_type type, const bytes& b) {
  std::vector<double> w(facts_of(type).cols);
  switch (type) {
    case gguf_type::q8_0:
      for (std::size_t j = 0; j < 32; ++j) w[j] = half(b, 0) * static_cast<std::int8_t>(b[2 + j]);
      break;
    case gguf_type::q4_0:
      for (std::size_t j = 0; j < 16; ++j) {
        w[j] = half(b, 0) * (b[2 + j] % 16 - 8);
        w[j + 16] = half(b, 0) * (b[2 + j] / 16 - 8);
      }
      break;
    case gguf_type::q4_1:
      for (std::size_t j = 0; j < 16; ++j) {
        w[j] = half(b, 0) * (b[4 + j] % 16) + half(b, 2);
        w[j + 16] = half(b, 0) * (b[4 + j] / 16) + half(b, 2);
      }
      break;
    case gguf_type::q5_0:
    case gguf_type::q5_1: {
      const std::size_t at = type == gguf_type::q5_0 ? 2 : 4;
      const std::uint32_t fifth = unsigned{b[at]} | unsigned{b[at + 1]} << 8U | unsigned{b[at + 2]} << 16U |
                                  static_cast<std::uint32_t>(b[at + 3]) << 24U;
      for (std::size_t j = 0; j < 16; ++j) {
        const int low = static_cast<int>(b[at + 4 + j] % 16 + ((fifth >> j) % 2) * 16);
        const int high = static_cast<int>(b[at + 4 + j] / 16 + ((fifth >> (j + 16)) % 2) * 16);
        w[j] = type == gguf_type::q5_0 ? half(b, 0) * (low - 16) : half(b, 0) * low + half(b, 2);
        w[j + 16] = type == gguf_type::q5_0 ? half(b, 0) * (high - 16) : half(b, 0) * high + half(b, 2);
      }
      break;
    }
    case gguf_type::iq4_nl: {
      constexpr std::array<int, 16> values{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
      for (std::size_t j = 0; j < 16; ++j) {
        w[j] = half(b, 0) * values[b[2 + j] % 16];
        w[j + 16] = half(b, 0) * values[b[2 + j] / 16];
      }
      break;
    }
    case gguf_type::q2_k: {
      std::size_t out = 0, sub = 0;
      for (std::size_t n = 0; n < 2; ++n)
        for (unsigned shift = 0; shift < 8; shift += 2)
          for (std::size_t part = 0; part < 2; ++part, ++sub)
            for (std::size_t l = 0; l < 16; ++l)
              w[out++] = half(b, 80) * (b[sub] % 16) * ((b[16 + 32 * n + 16 * part + l] >> shift) % 4) -
                         half(b, 82) * (b[sub] / 16);
      break;
    }
    case gguf_type::q3_k: {
      int scale[16];
      for (std::size_t s = 0; s < 4; ++s) {  // in four columns of four
        scale[s] = b[96 + s] % 16 + b[104 + s] % 4 * 16 - 32;
        scale[s + 4] = b[100 + s] % 16 + b[104 + s] / 4 % 4 * 16 - 32;
        scale[s + 8] = b[96 + s] / 16 + b[104 + s] / 16 % 4 * 16 - 32;
        scale[s + 12] = b[100 + s] / 16 + b[104 + s] / 64 * 16 - 32;
      }
      std::size_t out = 0;
      unsigned mask = 1;
      for (std::size_t n = 0; n < 2; ++n)
        for (unsigned shift = 0; shift < 8; shift += 2, mask *= 2)
          for (std::size_t l = 0; l < 32; ++l, ++out)
            w[out] = half(b, 108) * scale[out / 16] *
                     (static_cast<int>((b[32 + 32 * n + l] >> shift) % 4) - ((b[l] & mask) != 0 ? 0 : 4));
      break;
    }
    case gguf_type::q4_k:
    case gguf_type::q5_k: {
      int scale[8], min[8];
      for (std::size_t s = 0; s < 8; ++s) {
        const std::uint8_t* p = b.data() + 4;
        scale[s] = s < 4 ? p[s] & 63 : (p[s + 4] & 15) | (p[s - 4] >> 6) << 4;
        min[s] = s < 4 ? p[s + 4] & 63 : p[s + 4] >> 4 | (p[s] >> 6) << 4;
      }
      const bool five = type == gguf_type::q5_k;
      std::size_t out = 0;
      for (std::size_t c = 0; c < 4; ++c)
        for (std::size_t upper = 0; upper < 2; ++upper)
          for (std::size_t l = 0; l < 32; ++l, ++out) {
            const unsigned byte = b[(five ? 48U : 16U) + 32 * c + l];
            unsigned code = upper == 0 ? byte % 16 : byte / 16;
            if (five) code += 16U * ((b[16 + l] >> (2 * c + upper)) % 2U);
            w[out] = half(b, 0) * scale[out / 32] * code - half(b, 2) * min[out / 32];
          }
      break;
    }
    case gguf_type::q6_k:
      for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t l = 0; l < 32; ++l) {
          const std::uint8_t* low = b.data() + 64 * n;
          const unsigned high = b[128 + 32 * n + l];
          const int code[4] = {
              static_cast<int>(low[l] % 16 + high % 4 * 16), static_cast<int>(low[l + 32] % 16 + high / 4 % 4 * 16),
              static_cast<int>(low[l] / 16 + high / 16 % 4 * 16), static_cast<int>(low[l + 32] / 16 + high / 64 * 16)};
          for (std::size_t k = 0; k < 4; ++k)
            w[128 * n + 32 * k + l] =
                half(b, 208) * static_cast<std::int8_t>(b[192 + 8 * n + 2 * k + l / 16]) * (code[k] - 32);
        }
      break;
    case gguf_type::tq2_0:
      for (std::size_t j = 0; j < 2; ++j)
        for (unsigned n = 0; n < 4; ++n)
          for (std::size_t m = 0; m < 32; ++m)
            w[128 * j + 32 * n + m] = half(b, 64) * (static_cast<int>((b[32 * j + m] >> (2 * n)) % 4) - 1);
      break;
    case gguf_type::tq1_0: {
      const auto digit = [](unsigned byte, unsigned n) {  // by long division: the byte is v / 243 in 256ths, rounded up
        unsigned v = byte * 243 / 256;
        for (unsigned i = n; i < 4; ++i) v /= 3;
        return static_cast<int>(v % 3) - 1;
      };
      std::size_t out = 0;
      for (unsigned n = 0; n < 5; ++n)
        for (std::size_t m = 0; m < 32; ++m) w[out++] = half(b, 52) * digit(b[m], n);
      for (unsigned n = 0; n < 5; ++n)
        for (std::size_t m = 32; m < 48; ++m) w[out++] = half(b, 52) * digit(b[m], n);
      for (unsigned n = 0; n < 4; ++n)
        for (std::size_t m = 48; m < 52; ++m) w[out++] = half(b, 52) * digit(b[m], n);
      break;
    }
    default: FAIL("not a type of blocks");
  }
  return w;
}

constexpr gguf_type block_types[] = {gguf_type::q8_0, gguf_type::q4_0,   gguf_type::q4_1, gguf_type::q5_0,
                                     gguf_type::q5_1, gguf_type::iq4_nl, gguf_type::q2_k, gguf_type::q3_k,
                                     gguf_type::q4_k, gguf_type::q5_k,   gguf_type::q6_k, gguf_type::tq1_0,
                                     gguf_type::tq2_0};

}  // namespace

TEST_CASE("a block of any type goes apart and together bit for bit") {
  mote::rng random(1);
  for (const gguf_type type : block_types)
    for (int turn = 0; turn < 400; ++turn) {
      bytes b = random_block(type, random);
      if (turn % 2 == 1 && type != gguf_type::tq1_0)
        for (auto& v : b) v = static_cast<std::uint8_t>(random.next());  // infinite scales too: bits are bits
      bytes again(b.size(), 0xEE);
      const auto* from = reinterpret_cast<const std::byte*>(b.data());
      auto* to = reinterpret_cast<std::byte*>(again.data());
      if (facts_of(type).cols == 32) write_group_block(type, read_group_block(type, from), to);
      else if (type == gguf_type::tq1_0 || type == gguf_type::tq2_0)
        write_trit_block(type, read_trit_block(type, from), to);
      else write_super_block(type, read_super_block(type, from), to);
      INFO(facts_of(type).name);
      REQUIRE(b == again);
    }
}

TEST_CASE("each of the 243 numbers of five trits has its byte, and comes back") {
  for (unsigned v = 0; v < 243; ++v) {
    bytes b(54);
    b[7] = static_cast<std::uint8_t>((v * 256 + 242) / 243);
    bytes again(54);
    const auto t = read_trit_block(gguf_type::tq1_0, reinterpret_cast<const std::byte*>(b.data()));
    unsigned number = 0;
    for (std::size_t n = 0; n < 5; ++n) number = number * 3 + t.code[n * 32 + 7];
    REQUIRE(number == v);
    write_trit_block(gguf_type::tq1_0, t, reinterpret_cast<std::byte*>(again.data()));
    REQUIRE(again == b);
  }
}

TEST_CASE("a block means what its description says, rounded once to a float") {
  mote::rng random(2);
  for (const gguf_type type : block_types)
    for (int turn = 0; turn < 200; ++turn) {
      const bytes b = random_block(type, random);
      const std::vector<double> expected = meaning(type, b);
      std::vector<float> found(expected.size());
      gguf_decode(type, reinterpret_cast<const std::byte*>(b.data()), found.data());
      INFO(facts_of(type).name);
      bool same = true;
      for (std::size_t i = 0; i < found.size(); ++i) same = same && found[i] == static_cast<float>(expected[i]);
      REQUIRE(same);
    }
}

TEST_CASE("unknown types of tensors are unknown") {
  for (const std::uint32_t number : {4U, 5U, 9U, 15U, 16U, 24U, 31U, 39U, 0xFFFFFFFFU})
    CHECK(find_gguf_type(number) == nullptr);
  for (const auto& facts : gguf_types) CHECK(&facts_of(facts.type) == &facts);
}
