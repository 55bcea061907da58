// SPDX-License-Identifier: BSL-1.0
// Helium's floats (mote/simd/arch/mve_floats.hpp): what the guard rests on, that FPSCR tells of every number that vectors
// flush to zero, and that the kernels over it give the bits of plain floats, among subnormals as well; products of every
// integer format among them.
// Refuses to let the compiler make vectors of the reference: an empty assembler line stands in each of its sums.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/kernel/attention.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/matvec.hpp"
#include "mote/kernel/swiglu.hpp"
#include "mote/simd/math.hpp"

#include "report.hpp"
#include "units.hpp"

namespace mote_helium {

using mote_units::report;

/// x, of which the compiler knows nothing: behind this it is one float in the scalar unit.
inline float one(float x) {
  __asm__ volatile("" : "+t"(x));
  return x;
}
inline std::uint32_t bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float of(std::uint32_t b) { return __builtin_bit_cast(float, b); }

enum class op { add, add_n, subtract, subtract_n, multiply, multiply_n, larger, smaller, largest };
inline constexpr op ops[] = {op::add,        op::add_n,  op::subtract, op::subtract_n, op::multiply,
                             op::multiply_n, op::larger, op::smaller,  op::largest};

/// Does one operation in a vector, gives whether FPSCR says that something was flushed.
[[gnu::noinline]] inline bool flushes(op o, const float* a /* (4) */, const float* b /* (4) */, float* r /* (4) */) {
  mote::simd::detail::forget_flushes();
  const float32x4_t x = __arm_vldrwq_f32(a);
  const float32x4_t y = __arm_vldrwq_f32(b);
  float32x4_t z = x;
  switch (o) {
    case op::add: z = __arm_vaddq_f32(x, y); break;
    case op::add_n: z = __arm_vaddq_n_f32(x, b[0]); break;
    case op::subtract: z = __arm_vsubq_f32(x, y); break;
    case op::subtract_n: z = __arm_vsubq_n_f32(x, b[0]); break;
    case op::multiply: z = __arm_vmulq_f32(x, y); break;
    case op::multiply_n: z = __arm_vmulq_n_f32(x, b[0]); break;
    case op::larger: z = __arm_vmaxnmq_f32(x, y); break;
    case op::smaller: z = __arm_vminnmq_f32(x, y); break;
    case op::largest: z = __arm_vdupq_n_f32(__arm_vmaxnmvq_f32(b[0], x)); break;
  }
  __arm_vstrwq_f32(r, z);
  return mote::simd::detail::have_flushed();
}
/// The same with the scalar unit, which keeps subnormals.
inline void plainly(op o, const float* a, const float* b, float* r) {
  for (std::size_t i = 0; i < 4; ++i) {
    const float x = one(a[i]);
    const float y = one(o == op::add_n || o == op::subtract_n || o == op::multiply_n ? b[0] : b[i]);
    switch (o) {
      case op::add:
      case op::add_n: r[i] = one(x + y); break;
      case op::subtract:
      case op::subtract_n: r[i] = one(x - y); break;
      case op::multiply:
      case op::multiply_n: r[i] = one(x * y); break;
      case op::larger: r[i] = x > y ? x : y; break;
      case op::smaller: r[i] = x < y ? x : y; break;
      case op::largest: {
        float most = b[0];
        for (std::size_t j = 0; j < 4; ++j) most = one(a[j]) > most ? a[j] : most;
        r[i] = most;
        break;
      }
    }
  }
}
inline bool same(const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (bits(a[i]) != bits(b[i]) && !(a[i] == 0.0F && b[i] == 0.0F && bits(a[i]) == 0x80000000U - bits(b[i])))
      return false;
  return true;
}
inline bool equal(const float* a, const float* b, std::size_t n) { return __builtin_memcmp(a, b, n * sizeof *a) == 0; }

/// A float of any sign with an exponent in first .. last (0: subnormal or zero).
inline float draw(mote::rng& random, unsigned first, unsigned last) {
  const std::uint32_t exponent = first + random.below(last - first + 1);
  const std::uint32_t mantissa = random.below(8) == 0 ? 0 : random.below(1U << 23U);
  return of(random.below(2) << 31U | exponent << 23U | mantissa);
}

void check_flags(report& r) {
  // A subnormal operand in each lane of either side, the smallest and the largest of them.
  for (const op o : ops)
    for (std::size_t lane = 0; lane < 4; ++lane)
      for (const std::uint32_t tiny : {0x00000001U, 0x007FFFFFU, 0x80000001U, 0x807FFFFFU, 0x00400000U})
        for (const bool second : {false, true}) {
          const bool scalar = o == op::add_n || o == op::subtract_n || o == op::multiply_n || o == op::largest;
          if (second && scalar && lane != 0) continue;
          float a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8}, got[4];
          (second ? b : a)[lane] = of(tiny);
          r.check(flushes(o, a, b, got), "FPSCR tells of an operand flushed");
          (second ? b : a)[lane] = 0.0F;
          r.check(!flushes(o, a, b, got), "FPSCR accuses nobody");
          (second ? b : a)[lane] = of(0x00800000U);
          r.check(!flushes(o, a, b, got), "the least normal number is no subnormal one");
        }
  // A subnormal result in each lane; the last would be rounded up to a normal one.
  constexpr struct {
    op o;
    float a, b;
  } results[] = {{op::add, 0x1.8p-126F, -0x1p-126F},     {op::add_n, 0x1.8p-126F, -0x1p-126F},
                 {op::subtract, 0x1.8p-126F, 0x1p-126F}, {op::subtract_n, 0x1.8p-126F, 0x1p-126F},
                 {op::multiply, 0x1p-126F, 0.5F},        {op::multiply_n, 0x1p-126F, 0.5F},
                 {op::multiply, 0x1p-100F, 0x1p-100F},   {op::multiply_n, -0x1p-100F, 0x1p-100F},
                 {op::multiply, 0x1p-75F, 0x1p-74F},     {op::multiply, 0x1.fffffep-64F, 0x1p-63F}};
  for (const auto& c : results)
    for (std::size_t lane = 0; lane < 4; ++lane) {
      float a[4] = {1, 1, 1, 1}, b[4] = {c.b, c.b, c.b, c.b}, got[4];
      a[lane] = c.a;
      r.check(flushes(c.o, a, b, got), "FPSCR tells of a result flushed");
      a[lane] = 1;
      r.check(!flushes(c.o, a, b, got), "FPSCR accuses nobody of a normal result");
    }
  // Whatever the numbers: where FPSCR says nothing, the vector has the scalar unit's bits.
  mote::rng random(3);
  unsigned quiet = 0, told = 0;
  constexpr unsigned ranges[][4] = {{0, 4, 0, 4}, {1, 30, 1, 30}, {60, 68, 55, 64}, {90, 130, 1, 40}, {1, 254, 1, 254}};
  for (int round = 0; round < 3000; ++round) {
    const auto& range = ranges[round % 5];
    float a[4], b[4], got[4], expected[4];
    for (auto& x : a) x = draw(random, range[0], range[1]);
    for (auto& x : b) x = draw(random, range[2], range[3]);
    if (round % 7 == 0) b[0] = -a[0];
    for (const op o : ops) {
      if (flushes(o, a, b, got)) {
        ++told;
        continue;
      }
      ++quiet;
      plainly(o, a, b, expected);
      // Of two zeros, vmaxnm takes the positive one, and a comparison the second: to exp() they are the same.
      const bool order = o == op::larger || o == op::smaller || o == op::largest;
      r.check(order ? same(got, expected, 4) : equal(got, expected, 4), "a vector that FPSCR says nothing of");
    }
  }
  r.check(quiet > 1000 && told > 1000, "both cases occur");
}

/// The sum of sixteen interleaved parts, in the tree that pack.hpp fixes.
inline float joined(const float* v, std::size_t n) {
  float s[16] = {};
  for (std::size_t i = 0; i < n; ++i) s[i % 16] = one(s[i % 16] + v[i]);
  for (std::size_t half = 8; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) s[i] = one(s[i] + s[i + half]);
  return s[0];
}
[[gnu::noinline]] inline float plain_exp(float x) { return one(mote::simd::detail::exp_lane(one(x))); }

void check_exp(report& r) {
  mote::rng random(5);
  constexpr float special[] = {
      0.0F,  -0.0F,  1e-20F, -1e-20F, 0x1p-63F, -0x1p-64F, 0x1p-126F,        0x1p-127F,         -0x1p-149F,
      88.0F, 89.0F,  -87.0F, -87.5F,  1e30F,    -3e38F,    __builtin_inff(), -__builtin_inff(), 0.34F,
      0.35F, -0.35F, 1e-10F, -1e-6F};
  for (int round = 0; round < 300; ++round) {
    float x[16], expected[16];
    for (auto& v : x) {
      v = random.uniform() * 100.0F - 80.0F;
      if (round % 3 == 1 && random.below(4) == 0) v = special[random.below(sizeof special / sizeof *special)];
      if (round % 3 == 2 && random.below(4) == 0) v = draw(random, 0, 130);
    }
    for (std::size_t i = 0; i < 16; ++i) expected[i] = plain_exp(x[i]);
    float got[16];
    mote::simd::exp(mote::simd::floats<16>::load(x)).store(got);
    r.check(equal(got, expected, 16), "exp of sixteen");
    r.check(bits(mote::simd::exp(x[3])) == bits(expected[3]), "exp of one");
  }
}

void check_swiglu(report& r) {
  mote::rng random(6);
  for (int round = 0; round < 200; ++round) {
    float gate[48], up[48], h[48], expected[48];
    for (std::size_t i = 0; i < 48; ++i) {
      gate[i] = round % 2 == 0 ? random.uniform() * 20.0F - 10.0F : draw(random, 0, 134);
      up[i] = round % 2 == 0 || random.below(8) != 0 ? random.uniform() * 20.0F - 10.0F : draw(random, 0, 134);
      const float sigmoid = one(1.0F / one(1.0F + plain_exp(one(0.0F - gate[i]))));
      expected[i] = one(one(gate[i] * sigmoid) * up[i]);
    }
    mote::swiglu(gate, up, 48, h);
    r.check(equal(h, expected, 48), "swiglu");
    mote::swiglu(gate, up, 48, gate);
    r.check(equal(gate, expected, 48), "swiglu in place");
  }
}

inline float kept(float x) { return x; }
inline float kept(mote::simd::half_bits x) { return mote::simd::signed_half_to_float(x); }

/// Attention of one token, number by number.
template <class Element>
void plain_attention(const float* q, const Element* keys, std::size_t key_stride, const Element* values,
                     std::size_t value_stride, std::size_t heads, std::size_t kv_heads, std::size_t head_dim,
                     std::size_t count, float* out) {
  const float scale = one(1.0F / mote::simd::sqrt(static_cast<float>(head_dim)));
  float e[64];
  for (std::size_t h = 0; h < heads; ++h) {
    const std::size_t first = h / (heads / kv_heads) * head_dim;
    float most = -3.0e38F;
    for (std::size_t t = 0; t < count; ++t) {
      float sum = 0;
      for (std::size_t d = 0; d < head_dim; ++d)
        sum = one(sum + one(q[h * head_dim + d] * kept(keys[(first + d) * key_stride + t])));
      e[t] = one(sum * scale);
      most = e[t] > most ? e[t] : most;
    }
    for (std::size_t t = 0; t < count; ++t) e[t] = plain_exp(one(e[t] - most));
    const float inverse = one(1.0F / joined(e, count));
    for (std::size_t d = 0; d < head_dim; ++d) {
      float sum = 0;
      for (std::size_t t = 0; t < count; ++t) sum = one(sum + one(e[t] * kept(values[t * value_stride + first + d])));
      out[h * head_dim + d] = one(sum * inverse);
    }
  }
}

void check_attention(report& r) {
  constexpr std::size_t most_dim = 20, positions = 64;
  static float q[6 * most_dim], keys[2 * most_dim * positions], values[positions * 2 * most_dim],
      scratch[3 * positions], got[6 * most_dim], expected[6 * most_dim];
  mote::rng random(9);
  constexpr std::size_t shapes[][3] = {{4, 2, 8}, {2, 2, 4}, {6, 2, 12}, {4, 2, 5}, {2, 1, 20}, {3, 1, 16}};
  for (int round = 0; round < 90; ++round) {
    const auto& shape = shapes[round % 6];
    const std::size_t heads = shape[0], kv_heads = shape[1], dim = shape[2];
    constexpr std::size_t counts[] = {1, 15, 16, 17, 40, 64, 2, 33};
    const std::size_t count = counts[static_cast<std::size_t>(round / 6) % 8];
    // Plain numbers; wide scores, whose weights make tiny products; tiny queries; tiny values; a few subnormals.
    const int kind = round / 6 % 5;
    for (auto& v : q) v = (random.uniform() * 2.0F - 1.0F) * (kind == 1 ? 60.0F : kind == 2 ? 1e-37F : 1.0F);
    for (auto& v : keys) v = random.uniform() * 2.0F - 1.0F;
    for (auto& v : values) v = (random.uniform() * 2.0F - 1.0F) * (kind == 3 ? 1e-37F : 1.0F);
    if (kind == 4) {
      keys[random.below(4)] = 0x1p-130F;
      values[random.below(4)] = -0x1p-140F;
    }
    for (auto& v : got) v = -99;
    plain_attention(q, keys, positions, values, kv_heads * dim, heads, kv_heads, dim, count, expected);
    mote::attention(mote::attention_shape{heads, kv_heads, dim}, q, keys, positions, values, kv_heads * dim, count,
                    scratch, got);
    r.check(equal(got, expected, heads * dim), "attention");
    static mote::simd::half_bits half_keys[2 * most_dim * positions], half_values[positions * 2 * most_dim];
    for (std::size_t i = 0; i < 2 * most_dim * positions; ++i) {
      half_keys[i] = mote::simd::float_to_signed_half(keys[i] * (kind == 3 ? 0x1p-14F : 1.0F));  // subnormal halves
      half_values[i] = mote::simd::float_to_signed_half(values[i]);
    }
    for (auto& v : got) v = -99;
    plain_attention(q, half_keys, positions, half_values, kv_heads * dim, heads, kv_heads, dim, count, expected);
    mote::attention(mote::attention_shape{heads, kv_heads, dim}, q, half_keys, positions, half_values, kv_heads * dim,
                    count, scratch, got);
    r.check(equal(got, expected, heads * dim), "attention over halves");
  }
}

/// Activations as 8 bits, and q8 matrices times them, ragged in rows and columns.
template <std::size_t Group>
void check_matvec(report& r) {
  using format = mote::q8<1, Group>;
  constexpr std::size_t most_cols = 172, most_rows = 13;
  alignas(16) static std::byte packed[format::bytes(most_rows, most_cols)];
  alignas(16) static std::byte buffer[mote::activation_bytes<format>(most_cols)];
  static float x[most_cols], got[mote::padded(most_rows)];
  mote::rng random(11);
  constexpr std::size_t shapes[][2] = {{1, 32}, {4, 64}, {13, 172}, {7, 33}, {8, 100}, {12, 1}};
  for (int round = 0; round < 120; ++round) {
    const std::size_t rows = shapes[round % 6][0], cols = shapes[round % 6][1], groups = format::groups(cols);
    const int kind = round / 6 % 5;  // plain numbers; zeros; subnormal ones; tiny beside large; tiny scales of weights
    for (auto& v : x) {
      v = random.uniform() * 8.0F - 4.0F;
      if (kind == 1 && random.below(3) != 0) v = 0;
      if (kind == 2) v = draw(random, 0, 3);
      if (kind == 3 && random.below(2) == 0) v = draw(random, 0, 8);
    }
    if (kind == 1)
      for (std::size_t i = 0; i < 40; ++i) x[i] = 0;
    const mote::activation a = mote::quantize_activations<format>(x, cols, buffer);
    for (std::size_t g = 0; g < groups; ++g) {
      float largest = 0;
      for (std::size_t i = g * Group; i < cols && i < (g + 1) * Group; ++i) {
        const float size = one(x[i] < 0.0F ? -x[i] : x[i]);
        largest = size > largest ? size : largest;
      }
      r.check(bits(a.scale[g]) == bits(one(largest / 127.0F)), "scale of an activation");
      const float inverse = largest > 0.0F ? one(127.0F / largest) : 0.0F;
      std::int32_t sum = 0;
      bool right = true;
      for (std::size_t i = g * Group; i < (g + 1) * Group; ++i) {
        const float moved = one(one((i < cols ? x[i] : 0.0F) * inverse) + 12582912.0F);
        const auto q = static_cast<std::int8_t>(bits(moved));
        right = right && a.q[i] == q;
        sum += q;
      }
      r.check(right, "integers of an activation");
      r.check(a.sum[g] == sum, "sum of an activation");
    }
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t g = 0; g < groups; ++g) {
        std::uint8_t codes[Group];
        for (auto& c : codes) c = static_cast<std::uint8_t>(1 + random.below(255));
        float scale = static_cast<float>(random.below(2000)) * 0x1p-14F;
        if (kind == 4) scale = static_cast<float>(random.below(1100)) * 0x1p-24F;  // subnormal halves among them
        if (kind == 4 && Group == 64 && random.below(2) == 0) scale = 0x1p-120F;
        format::write_group(packed + row * format::tile_bytes(cols), 0, cols, g, scale, codes);
      }
    for (auto& v : got) v = -99;
    mote::matvec(mote::matrix<format>{packed, rows, cols}, a, got);
    for (std::size_t row = 0; row < rows; ++row) {
      float sum = 0;
      for (std::size_t g = 0; g < groups; ++g) {
        float scale = 0;
        std::uint8_t codes[Group];
        format::read_group(packed + row * format::tile_bytes(cols), 0, cols, g, scale, codes);
        std::int32_t dot = 0;
        for (std::size_t i = 0; i < Group; ++i) dot += (static_cast<int>(codes[i]) - 128) * a.q[g * Group + i];
        sum = one(sum + one(one(scale * a.scale[g]) * static_cast<float>(dot)));
      }
      r.check(bits(got[row]) == bits(sum), "matvec");
    }
  }
}

/// Every other integer format, four rows together, against plain loops: ragged in rows and columns, and where something is
/// flushed. Gives how often that was.
template <class Format>
unsigned check_rows(report& r) {
  constexpr std::size_t most_cols = 400, most_rows = 13;
  alignas(16) static std::byte packed[Format::bytes(most_rows, most_cols)];
  alignas(16) static std::byte buffer[mote::activation_bytes<Format>(most_cols)];
  static float x[most_cols], got[mote::padded(most_rows)], expected[mote::padded(most_rows)];
  mote::rng random(13);
  constexpr std::size_t shapes[][2] = {{1, 32},  {4, 64}, {13, 172}, {7, 33},  {8, 100}, {12, 1}, {4, 16}, {5, 400},
                                       {6, 300}, {4, 80}, {9, 20},   {3, 160}, {4, 360}, {8, 96}, {4, 48}};
  unsigned told = 0;
  for (int round = 0; round < 75; ++round) {
    const std::size_t rows = shapes[round % 15][0], cols = shapes[round % 15][1], bytes = Format::tile_bytes(cols);
    const int kind =
        round / 15;  // plain numbers; zeros; subnormal ones; tiny beside large; subnormal scales of weights
    for (auto& v : x) {
      v = random.uniform() * 8.0F - 4.0F;
      if (kind == 1 && random.below(3) != 0) v = 0;
      if (kind == 2) v = draw(random, 0, 3);
      if (kind == 3 && random.below(40) != 0) v = draw(random, 0, 12);
    }
    if (kind == 1)
      for (std::size_t i = 0; i < 40; ++i) x[i] = 0;
    const mote::activation a = mote::quantize_activations<Format>(x, cols, buffer);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t g = 0; g < Format::groups(cols); ++g) {
        mote_units::write_random<Format>(packed + row * bytes, 0, cols, g, random);
        if constexpr (!mote::row_scaled_format<Format>) {
          const auto half = static_cast<std::uint16_t>(random.below(1024));
          if (kind == 4 && random.below(4) != 0)
            __builtin_memcpy(packed + row * bytes + g * Format::tile_bytes(1), &half, 2);
        }
      }
    const mote::matrix<Format> w{packed, rows, cols};
    for (auto& v : expected) v = -99;
    mote::matvec<mote::simd::scalar>(w, a, expected);
    for (auto& v : got) v = -99;
    mote::simd::detail::forget_flushes();
    mote::matvec(w, a, got);
    told += mote::simd::detail::have_flushed(got) ? 1 : 0;
    r.check(equal(got, expected, mote::padded(most_rows)), Format::name.data());  // what lies behind is untouched, too
  }
  return told;
}
template <class... Formats>
void check_all_rows(report& r) {
  const auto one_format = [&]<class Format>() {
    const unsigned told = check_rows<Format>(r);
    r.check(mote::row_scaled_format<Format> || (told >= 10 && told < 60), "some flush, some do not");
  };
  (one_format.template operator()<Formats>(), ...);
}

/// Gives how many comparisons failed.
inline int run(mote_units::print_function print) {
  report r{print};
  check_flags(r);
  check_exp(r);
  check_swiglu(r);
  check_attention(r);
  check_matvec<32>(r);
  check_matvec<64>(r);
  check_all_rows<mote::q6<1>, mote::q5<1>, mote::q4<1>, mote::iq4_nl<1>, mote::q3<1>, mote::q2<1>, mote::ternary<1>,
                 mote::trits<1>, mote::qk<6, 256, 1>, mote::qk<5, 192, 1>, mote::qk<4, 256, 1>, mote::qk<4, 96, 1>,
                 mote::qk<3, 64, 1>, mote::qk<2, 256, 1>, mote::affine<5, 1>, mote::affine<4, 1>>(r);
  print(r.failures == 0 ? "ok    Helium: what it flushes is told, and done again without\n"
                        : "Helium: differs from plain floats\n");
  return r.checks < 10000 ? 1 : r.failures;
}

}  // namespace mote_helium
