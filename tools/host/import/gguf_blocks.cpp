// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf_blocks.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "mote/format/qk_fit.hpp"
#include "mote/simd/float16.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

std::uint16_t half_at(const std::uint8_t* p) { return static_cast<std::uint16_t>(p[0] | p[1] << 8U); }

void put_half(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v & 0xFFU);
  p[1] = static_cast<std::uint8_t>(v >> 8U);
}

/// `width` bits at bit `at` of a byte.
constexpr unsigned bits_at(unsigned byte, std::size_t at, unsigned width) {
  return (byte >> at) & ((1U << width) - 1U);
}

void or_bits(std::uint8_t& byte, std::size_t at, unsigned bits) { byte = static_cast<std::uint8_t>(byte | bits << at); }

constexpr bool has_fifth(gguf_type t) { return t == gguf_type::q5_0 || t == gguf_type::q5_1; }

/// The layout of the blocks of a super-block type.
struct super_layout {
  unsigned bits;
  std::size_t d, scales, low, high;  // offsets in bytes; dmin, if any, follows d
};

constexpr super_layout layout_of(gguf_type t) {
  switch (t) {
    case gguf_type::q2_k: return {2, 80, 0, 16, 0};
    case gguf_type::q3_k: return {3, 108, 96, 32, 0};
    case gguf_type::q4_k: return {4, 0, 4, 16, 0};
    case gguf_type::q5_k: return {5, 0, 4, 48, 16};
    default: return {6, 208, 192, 0, 128};
  }
}

/// The position of the lower and the upper bits of a column's code: byte within the part, first bit.
struct code_place {
  std::size_t low_byte, low_bit, high_byte, high_bit;
};

constexpr code_place place_of(unsigned bits, std::size_t col) {
  const std::size_t n = col / 128, j = col % 128 / 32, l = col % 32;
  if (bits <= 3) return {32 * n + l, 2 * j, l, 4 * n + j};
  if (bits <= 5) return {col / 64 * 32 + l, col % 64 / 32 * 4, l, col / 32};
  return {64 * n + j % 2 * 32 + l, j / 2 * 4, 32 * n + l, 2 * j};
}

/// Six-bit scales and minima of Q4_K and Q5_K. The first four of each are in one byte each, the others in two parts.
void get_scales_4k(const std::uint8_t* p /* (12) */, qk_row& row) {
  for (std::size_t s = 0; s < 4; ++s) {
    row.scale[s] = p[s] & 63U;
    row.min[s] = p[s + 4] & 63U;
    row.scale[s + 4] = static_cast<std::uint8_t>((p[s + 8] & 15U) | (unsigned{p[s]} >> 6U) << 4U);
    row.min[s + 4] = static_cast<std::uint8_t>(unsigned{p[s + 8]} >> 4U | (unsigned{p[s + 4]} >> 6U) << 4U);
  }
}

void put_scales_4k(std::uint8_t* p /* (12) */, const qk_row& row) {
  for (std::size_t s = 0; s < 4; ++s) {
    p[s] = static_cast<std::uint8_t>(row.scale[s] | (row.scale[s + 4] >> 4U) << 6U);
    p[s + 4] = static_cast<std::uint8_t>(row.min[s] | (row.min[s + 4] >> 4U) << 6U);
    p[s + 8] = static_cast<std::uint8_t>((row.scale[s + 4] & 15U) | (row.min[s + 4] & 15U) << 4U);
  }
}

constexpr unsigned powers_of_three[] = {1, 3, 9, 27, 81, 243};

/// The position of a column of TQ1_0: byte, digit (0 is the most significant), number of digits in the byte.
struct trit_place {
  std::size_t byte, digit, digits;
};

constexpr trit_place trit_of(std::size_t col) {
  if (col < 160) return {col % 32, col / 32, 5};
  if (col < 240) return {32 + (col - 160) % 16, (col - 160) / 16, 5};
  return {48 + (col - 240) % 4, (col - 240) / 4, 4};
}

}  // namespace

}  // namespace detail

gguf_group read_group_block(gguf_type type, const std::byte* block) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(block);
  gguf_group g{.d = detail::half_at(p)};
  p += 2;
  if (type == gguf_type::q8_0) {
    for (std::size_t i = 0; i < 32; ++i) g.code[i] = p[i] ^ 0x80U;
    return g;
  }
  if (detail::has_m(type)) {
    g.m = detail::half_at(p);
    p += 2;
  }
  const std::uint8_t* fifth = p;
  if (detail::has_fifth(type)) p += 4;
  for (std::size_t i = 0; i < 32; ++i) {
    unsigned code = detail::bits_at(p[i % 16], i / 16 * 4, 4);
    if (detail::has_fifth(type)) code |= detail::bits_at(fifth[i / 8], i % 8, 1) << 4U;
    g.code[i] = static_cast<std::uint8_t>(code);
  }
  return g;
}

void write_group_block(gguf_type type, const gguf_group& g, std::byte* block) {
  auto* p = reinterpret_cast<std::uint8_t*>(block);
  std::memset(p, 0, facts_of(type).bytes);
  detail::put_half(p, g.d);
  p += 2;
  if (type == gguf_type::q8_0) {
    for (std::size_t i = 0; i < 32; ++i) p[i] = g.code[i] ^ 0x80U;
    return;
  }
  if (detail::has_m(type)) {
    detail::put_half(p, g.m);
    p += 2;
  }
  std::uint8_t* fifth = p;
  if (detail::has_fifth(type)) p += 4;
  for (std::size_t i = 0; i < 32; ++i) {
    detail::or_bits(p[i % 16], i / 16 * 4, g.code[i] & 15U);
    if (detail::has_fifth(type)) detail::or_bits(fifth[i / 8], i % 8, (g.code[i] >> 4U) & 1U);
  }
}

qk_row read_super_block(gguf_type type, const std::byte* block) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(block);
  const detail::super_layout at = detail::layout_of(type);
  qk_row row;
  row.d = detail::half_at(p + at.d);
  if (at.bits != 3 && at.bits != 6) row.dmin = detail::half_at(p + at.d + 2);
  const std::uint8_t* scales = p + at.scales;
  if (at.bits == 4 || at.bits == 5) {
    detail::get_scales_4k(scales, row);
  } else {
    for (std::size_t s = 0; s < 16; ++s) {
      if (at.bits == 2) {
        row.scale[s] = scales[s] & 15U;
        row.min[s] = static_cast<std::uint8_t>(scales[s] >> 4U);
      } else if (at.bits == 3) {
        row.scale[s] = static_cast<std::uint8_t>(detail::bits_at(scales[s % 8], s / 8 * 4, 4) |
                                                 detail::bits_at(scales[8 + s % 4], s / 4 * 2, 2) << 4U);
      } else {
        row.scale[s] = scales[s] ^ 0x80U;
      }
    }
  }
  const unsigned low = at.bits <= 3 ? 2 : 4;
  for (std::size_t i = 0; i < 256; ++i) {
    const detail::code_place c = detail::place_of(at.bits, i);
    unsigned code = detail::bits_at(p[at.low + c.low_byte], c.low_bit, low);
    if (at.bits > low) code |= detail::bits_at(p[at.high + c.high_byte], c.high_bit, at.bits - low) << low;
    row.code[i] = static_cast<std::uint8_t>(code);
  }
  return row;
}

void write_super_block(gguf_type type, const qk_row& row, std::byte* block) {
  auto* p = reinterpret_cast<std::uint8_t*>(block);
  std::memset(p, 0, facts_of(type).bytes);
  const detail::super_layout at = detail::layout_of(type);
  detail::put_half(p + at.d, row.d);
  if (at.bits != 3 && at.bits != 6) detail::put_half(p + at.d + 2, row.dmin);
  std::uint8_t* scales = p + at.scales;
  if (at.bits == 4 || at.bits == 5) {
    detail::put_scales_4k(scales, row);
  } else {
    for (std::size_t s = 0; s < 16; ++s) {
      if (at.bits == 2) {
        scales[s] = static_cast<std::uint8_t>(row.scale[s] | row.min[s] << 4U);
      } else if (at.bits == 3) {
        detail::or_bits(scales[s % 8], s / 8 * 4, row.scale[s] & 15U);
        detail::or_bits(scales[8 + s % 4], s / 4 * 2, row.scale[s] >> 4U);
      } else {
        scales[s] = row.scale[s] ^ 0x80U;
      }
    }
  }
  const unsigned low = at.bits <= 3 ? 2 : 4;
  for (std::size_t i = 0; i < 256; ++i) {
    const detail::code_place c = detail::place_of(at.bits, i);
    detail::or_bits(p[at.low + c.low_byte], c.low_bit, row.code[i] & ((1U << low) - 1U));
    if (at.bits > low) detail::or_bits(p[at.high + c.high_byte], c.high_bit, static_cast<unsigned>(row.code[i]) >> low);
  }
}

gguf_trits read_trit_block(gguf_type type, const std::byte* block) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(block);
  gguf_trits t{.d = detail::half_at(p + facts_of(type).bytes - 2)};
  for (std::size_t i = 0; i < 256; ++i) {
    if (type == gguf_type::tq2_0) {
      t.code[i] = static_cast<std::uint8_t>(detail::bits_at(p[i / 128 * 32 + i % 32], i % 128 / 32 * 2, 2));
    } else {
      const detail::trit_place at = detail::trit_of(i);
      const unsigned turned = (p[at.byte] * detail::powers_of_three[at.digit]) & 0xFFU;
      t.code[i] = static_cast<std::uint8_t>(turned * 3U >> 8U);
    }
  }
  return t;
}

void write_trit_block(gguf_type type, const gguf_trits& t, std::byte* block) {
  auto* p = reinterpret_cast<std::uint8_t*>(block);
  std::memset(p, 0, facts_of(type).bytes);
  detail::put_half(p + facts_of(type).bytes - 2, t.d);
  unsigned number[52] = {};
  for (std::size_t i = 0; i < 256; ++i) {
    if (type == gguf_type::tq2_0) {
      detail::or_bits(p[i / 128 * 32 + i % 32], i % 128 / 32 * 2, t.code[i]);
    } else {
      const detail::trit_place at = detail::trit_of(i);
      number[at.byte] += t.code[i] * detail::powers_of_three[4 - at.digit];
    }
  }
  // The stored byte of a number n of five base-3 digits is ceil(n * 256 / 243).
  if (type == gguf_type::tq1_0)
    for (std::size_t i = 0; i < 52; ++i) p[i] = static_cast<std::uint8_t>((number[i] * 256U + 242U) / 243U);
}

void gguf_decode(gguf_type type, const std::byte* block, float* out /* (columns of a block) */) {
  const auto half = [](std::uint16_t h) { return simd::from_binary16(h); };
  const auto super = [&]<unsigned Bits>() {
    using levels = qk_grid<Bits>;  // not `grid`, which host/quantize/quantization_grid.hpp has
    const qk_row row = read_super_block(type, block);
    for (std::size_t i = 0; i < 256; ++i)
      out[i] = levels::weight(half(row.d), row.scale[i / levels::sub], row.code[i], half(row.dmin),
                              row.min[i / levels::sub]);
  };
  switch (type) {
    case gguf_type::f32: std::memcpy(out, block, 4); return;
    case gguf_type::f16: *out = half(detail::half_at(reinterpret_cast<const std::uint8_t*>(block))); return;
    case gguf_type::bf16:
      *out = simd::from_bfloat16(detail::half_at(reinterpret_cast<const std::uint8_t*>(block)));
      return;
    case gguf_type::q2_k: return super.template operator()<2>();
    case gguf_type::q3_k: return super.template operator()<3>();
    case gguf_type::q4_k: return super.template operator()<4>();
    case gguf_type::q5_k: return super.template operator()<5>();
    case gguf_type::q6_k: return super.template operator()<6>();
    case gguf_type::tq1_0:
    case gguf_type::tq2_0: {
      const gguf_trits t = read_trit_block(type, block);
      for (std::size_t i = 0; i < 256; ++i) out[i] = half(t.d) * (static_cast<float>(t.code[i]) - 1.0F);
      return;
    }
    default: break;
  }
  const gguf_group g = read_group_block(type, block);
  const float d = half(g.d);
  for (std::size_t i = 0; i < 32; ++i) {
    const auto code = static_cast<float>(g.code[i]);
    if (type == gguf_type::iq4_nl) out[i] = d * static_cast<float>(iq4_nl_values[g.code[i]]);
    else if (detail::has_m(type)) out[i] = d * code + half(g.m);
    else out[i] = d * (code - (type == gguf_type::q8_0 ? 128.0F : type == gguf_type::q4_0 ? 8.0F : 16.0F));
  }
}

}  // namespace mote::inline v0::host
