// SPDX-License-Identifier: BSL-1.0
// Unpacks the blocks of GGUF tensors into scales and codes, and packs them again, bit for bit.
//
//   Q8_0    32 columns   34 bytes  | d | 32 x int8 |
//   Q4_0    32           18        | d | 16 x (low nibble: column j, high nibble: column j + 16) |       IQ4_NL alike
//   Q4_1    32           20        | d | m | as Q4_0 |
//   Q5_0    32           22        | d | bit 4 of column j: bit j of 32 | as Q4_0 |
//   Q5_1    32           24        | d | m | as Q5_0 |
//   Q2_K   256           84        | 16 x (scale 4, min 4) | 64 x 4 columns of 2 bits | d | dmin |
//   Q3_K   256          110        | 32 x 8 bits 2 | 64 x 4 columns of bits 0-1 | 16 scales of 6 bits | d |
//   Q4_K   256          144        | d | dmin | 8 scales, 8 mins of 6 bits | 128 x 2 nibbles |
//   Q5_K   256          176        | d | dmin | as Q4_K | 32 x 8 bits 4 | 128 x 2 nibbles |
//   Q6_K   256          210        | 128 x 2 nibbles | 64 x 4 bits 4-5 | 16 x int8 scale | d |
//   TQ2_0  256           66        | 64 x 4 columns of 2 bits | d |
//   TQ1_0  256           54        | 48 x 5 trits | 4 x 4 trits | d |
//
// d, m, dmin: binary16. All numbers are little-endian. gguf_decode() computes the weights.
// Refuses to round floats to blocks: the formats of format/ do that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/format/qk_fit.hpp"
#include "mote/host/build_settings.hpp"
#include "mote/simd/float16.hpp"

namespace mote::inline v0::host {

/// The tensor types that can be read, with GGUF's numbers.
enum class gguf_type : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  iq4_nl = 20,
  bf16 = 30,
  tq1_0 = 34,
  tq2_0 = 35,
};

struct gguf_type_facts {
  gguf_type type;
  std::string_view name;
  std::size_t cols;   ///< per block; a row has a multiple of it
  std::size_t bytes;  ///< per block
};

inline constexpr gguf_type_facts gguf_types[] = {
    {gguf_type::f32, "F32", 1, 4},        {gguf_type::f16, "F16", 1, 2},       {gguf_type::bf16, "BF16", 1, 2},
    {gguf_type::q8_0, "Q8_0", 32, 34},    {gguf_type::q4_0, "Q4_0", 32, 18},   {gguf_type::q4_1, "Q4_1", 32, 20},
    {gguf_type::q5_0, "Q5_0", 32, 22},    {gguf_type::q5_1, "Q5_1", 32, 24},   {gguf_type::iq4_nl, "IQ4_NL", 32, 18},
    {gguf_type::q2_k, "Q2_K", 256, 84},   {gguf_type::q3_k, "Q3_K", 256, 110}, {gguf_type::q4_k, "Q4_K", 256, 144},
    {gguf_type::q5_k, "Q5_K", 256, 176},  {gguf_type::q6_k, "Q6_K", 256, 210}, {gguf_type::tq1_0, "TQ1_0", 256, 54},
    {gguf_type::tq2_0, "TQ2_0", 256, 66},
};

/// The facts of GGUF's type `number`; null if that type cannot be read.
constexpr const gguf_type_facts* find_gguf_type(std::uint32_t number) {
  for (const auto& facts : gguf_types)
    if (static_cast<std::uint32_t>(facts.type) == number) return &facts;
  return nullptr;
}
constexpr const gguf_type_facts& facts_of(gguf_type type) { return *find_gguf_type(static_cast<std::uint32_t>(type)); }

/// An unpacked block of 32 columns. Codes are unsigned: 128 is added to those of Q8_0.
struct gguf_group {
  std::uint16_t d = 0;
  std::uint16_t m = 0;  // Q4_1 and Q5_1: the minimum
  std::uint8_t code[32] = {};
};

/// An unpacked block of TQ1_0 or TQ2_0. Weight = d * (code - 1).
struct gguf_trits {
  std::uint16_t d = 0;
  std::uint8_t code[256] = {};
};

inline constexpr std::int8_t iq4_nl_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                  1,    13,   25,  38,  53,  69,  89,  113};

namespace detail {

/// Whether blocks of the type have a minimum `m`.
constexpr bool has_m(gguf_type t) { return t == gguf_type::q4_1 || t == gguf_type::q5_1; }

}  // namespace detail

/// Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL.
gguf_group read_group_block(gguf_type type, const std::byte* block);
void write_group_block(gguf_type type, const gguf_group& g, std::byte* block);

/// Q2_K to Q6_K.
qk_row read_super_block(gguf_type type, const std::byte* block);
void write_super_block(gguf_type type, const qk_row& row, std::byte* block);

/// TQ1_0, TQ2_0. A byte of TQ2_0 can hold the code 3 as well, which no writer makes.
gguf_trits read_trit_block(gguf_type type, const std::byte* block);
void write_trit_block(gguf_type type, const gguf_trits& t, std::byte* block);

/// The weights of one block of any type above. Floating-point operations are in the same order as in other GGUF
/// readers, so that every reader gets the same bits.
void gguf_decode(gguf_type type, const std::byte* block, float* out /* (columns of a block) */);

}  // namespace mote::inline v0::host
