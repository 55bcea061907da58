// SPDX-License-Identifier: BSL-1.0
// Matrix times vector for row-major formats on Helium, four rows at a time: integer dot products, then scales and sums
// in guarded vectors of floats (simd/arch/mve_floats.hpp). If a vector flushed a subnormal number, the four rows are
// computed again with plain floats: the same operations in the same order.
// Refuses q8, whose four rows have a kernel of their own in kernel/arch/mve/rows_q8.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/kernel/integer.hpp"
#include "mote/kernel/matrix.hpp"

namespace mote::inline v0 {

namespace detail {

/// y (4) of four rows, `stride` bytes apart, of a format with one scale for 32 columns, and perhaps a minimum.
template <bool Guarded, class Unit, class Format, class Rows>
MOTE_INLINE void four_rows(Rows& rows, const std::byte* w, std::size_t stride, std::size_t cols, const activation& a,
                           float* y /* (4) */) {
  constexpr std::size_t bytes = Format::tile_bytes(32);
  rows.begin(w + Format::codes_at, stride);
  const auto* x = reinterpret_cast<const std::uint8_t*>(a.q);
  const std::int32_t* x_sum = a.sum;
  const float* scale = a.scale;
  const float* const end = scale + Format::groups(cols);
  if constexpr (Guarded) {
#if MOTE_WITH_MVE_FLOATS
    const auto scales = simd::detail::helium_offsets(stride, bytes + Format::codes_at);
    auto sum = simd::detail::helium_zeros();
    for (; scale != end; ++scale, ++x_sum) {
      const auto dots = rows.next(x);
      sum = simd::detail::helium_group<Format::steps, Format::least, Format::has_min ? 2 : 0>(sum, rows.first(), scales,
                                                                                              dots, *scale, *x_sum);
    }
    simd::detail::helium_store(y, sum);
#endif
  } else {
    using floats = simd::floats<1>;
    for (std::size_t r = 0; r < 4; ++r) y[r] = 0.0F;
    for (; scale != end; ++scale, ++x_sum, w += bytes) {
      std::int32_t dots[4];
      simd::detail::helium_store(dots, rows.next(x));
      for (std::size_t r = 0; r < 4; ++r) {
        const auto dot = simd::to_float(simd::ints<1>::all(Format::steps * dots[r] + Format::least * *x_sum));
        const std::byte* from = w + r * stride;
        auto sum = floats::load(y + r);
        if constexpr (Format::has_min) {
          floats by[1], min[1];
          Format::template expand<Unit>(from, by, min);
          sum = sum + (by[0] * floats::all(*scale)) * dot;
          sum = sum - min[0] * floats::all(*scale * static_cast<float>(*x_sum));
        } else {
          const auto by = Format::scales(*reinterpret_cast<const typename Format::block*>(from));
          sum = sum + (by * floats::all(*scale)) * dot;
        }
        sum.store(y + r);
      }
    }
  }
}

/// The same for super-blocks.
template <bool Guarded, class Unit, class Format, class Rows>
  requires(super_block_format<Format> && requires { Format::least_scale; })
MOTE_INLINE void four_rows(Rows& rows, const std::byte* w, std::size_t stride, std::size_t cols, const activation& a,
                           float* y /* (4) */) {
  using floats = simd::floats<1>;
  constexpr std::size_t sub = Format::sub;
  const std::size_t all = ceil_div(cols, sub);
  rows.begin(w + Format::codes_at, stride);
  const auto* x = reinterpret_cast<const std::uint8_t*>(a.q);
#if MOTE_WITH_MVE_FLOATS
  const auto offsets = simd::detail::helium_offsets(stride);
  auto sums = simd::detail::helium_zeros();
#endif
  if constexpr (!Guarded)
    for (std::size_t r = 0; r < 4; ++r) y[r] = 0.0F;
  for (std::size_t first = 0; first < all; first += Format::subs, w += Format::block_bytes) {
    const std::size_t now = all - first < Format::subs ? all - first : Format::subs;
    std::int32_t dots[Format::subs * 4];
    if constexpr (sub == 32) {
#pragma GCC unroll 1
      for (std::size_t s = 0; s < now; ++s) simd::detail::helium_store(dots + s * 4, rows.next(x));
    } else {
#pragma GCC unroll 1
      for (std::size_t s = 0; s < now; s += 2) rows.next(x, s + 1 < now, dots + s * 4);
    }
    rows.skip(Format::codes_at);  // to the codes of the next block
    if constexpr (Guarded) {
#if MOTE_WITH_MVE_FLOATS
      simd::helium_words::vector v[Format::fields];
      Format::template small_integers<simd::helium_words>(
          simd::helium_place{reinterpret_cast<const std::uint8_t*>(w), stride}, v);
      const simd::detail::helium_small<Format::fields> integers(v);
      const auto d = simd::detail::helium_scales(w, offsets, sums);
      auto dmin = d;
      if constexpr (Format::has_min) dmin = simd::detail::helium_scales(w + 2, offsets, sums);
      constexpr std::size_t mins_at = Format::has_min ? Format::scale_quads * 4 : 0;
      sums = simd::detail::helium_subs<Format::least, Format::signed_scales, Format::least_scale, mins_at>(
          sums, d, dmin, integers, dots, a.scale + first, a.sum + first, now);
#endif
    } else {
      for (std::size_t r = 0; r < 4; ++r) {
        floats scale[Format::subs], min[Format::subs];
        Format::template expand<Unit>(w + r * stride, scale, min);
        auto sum = floats::load(y + r);
        for (std::size_t s = 0; s < now; ++s) {
          const float by = a.scale[first + s];
          const std::int32_t x_sum = a.sum[first + s];
          const auto dot = simd::to_float(simd::ints<1>::all(dots[s * 4 + r] + Format::least * x_sum));
          sum = sum + (scale[s] * floats::all(by)) * dot;
          if constexpr (Format::has_min) sum = sum - min[s] * floats::all(by * static_cast<float>(x_sum));
        }
        sum.store(y + r);
      }
    }
  }
#if MOTE_WITH_MVE_FLOATS
  if constexpr (Guarded) simd::detail::helium_store(y, sums);
#endif
}

/// The same for one scale a row: the few operations on floats are the scalar unit's.
template <class Unit, row_scaled_format Format>
MOTE_INLINE void four_rows(const std::byte* w, std::size_t stride, std::size_t cols, const activation& a,
                           float* y /* (4) */) {
  using floats = simd::floats<1>;
  std::int32_t sums[4];
  Format::template rows_to_their_ends<Unit>(w, stride, a.q, Format::groups(cols), sums);
  for (std::size_t r = 0; r < 4; ++r) {
    const auto by = Format::scales(w + r * stride) * floats::all(a.scale[0]);
    (by * simd::to_float(simd::ints<1>::all(sums[r] - a.sum[0]))).store(y + r);
  }
}
/// y (4) of four rows with plain floats, which need no guard.
template <class Unit, class Format>
MOTE_NOINLINE void four_plain_rows(const std::byte* w, std::size_t stride, std::size_t cols, const activation& a,
                                   float* y /* (4) */) {
  if constexpr (row_scaled_format<Format>) {
    four_rows<Unit, Format>(w, stride, cols, a, y);
  } else {
    auto rows = Format::template rows_of<Unit>();
    four_rows<false, Unit, Format>(rows, w, stride, cols, a, y);
  }
}

/// y (rows) = w (rows, cols) * a (cols)
template <class Isa, class Format>
MOTE_NOINLINE void row_major_matvec(const matrix<Format>& w, const activation& a, float* y) {
  using unit = simd::dot4<Isa, 1>;
  const std::size_t stride = Format::tile_bytes(w.cols);
  const std::byte* from = w.data;
  float* const end = y + w.rows;
  float* const whole = y + w.rows / 4 * 4;
  if constexpr (MOTE_WITH_MVE_FLOATS == 0 || row_scaled_format<Format>) {
    for (; y != whole; y += 4, from += 4 * stride) four_plain_rows<unit, Format>(from, stride, w.cols, a, y);
  } else {
#if MOTE_WITH_MVE_FLOATS
    auto rows = Format::template rows_of<unit>();
    for (; y != whole; y += 4, from += 4 * stride) {
      simd::detail::forget_flushes();
      four_rows<true, unit, Format>(rows, from, stride, w.cols, a, y);
      if (simd::detail::have_flushed(y)) [[unlikely]]
        four_plain_rows<unit, Format>(from, stride, w.cols, a, y);
    }
#endif
  }
  std::size_t none = 0;
  __asm__("" : "+r"(none));                // an opaque zero: stops GCC 12 from cloning the callee
  for (; y != end; ++y, from += stride) {  // the last rows % 4: each as four times the same row
    float same[4];
    four_plain_rows<unit, Format>(from, none, w.cols, a, same);
    *y = same[0];
  }
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, integer_format Format>
  requires detail::has_row_major_kernel<Isa, Format>
void matvec(const matrix<Format>& w, const activation& a, float* y) {
  detail::row_major_matvec<Isa>(w, a, y);
}

}  // namespace mote::inline v0
