// SPDX-License-Identifier: BSL-1.0
// The products of a head in two parts (format/split_rows.hpp). A logit is the sum of both parts' products, each of them
// a kernel's float. choose() finds the row that the largest logit has, the first of equals, and computes the second
// part only of rows that may be it: by Cauchy and Schwarz that part is at most the product of two lengths.
// Refuses to trust that bound where a float could make it wrong: then it computes all rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/format/split_rows.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/simd/math.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

namespace detail {

/// The length of a vector in 8 bits, about: it is off by less than cols * 2^-22 of itself. NaN if a group is none of
/// numbers. The largest scale is taken out, or squares would be subnormal.
template <std::size_t Group>
float length_of(const activation& a, std::size_t cols) {
  const std::size_t groups = ceil_div(cols, Group);
  float most = 0, any = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    most = a.scale[g] > most ? a.scale[g] : most;
    any += a.scale[g];
  }
  if (!(most > 0)) return any;  // 0 or NaN
  float sum = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    std::int32_t squares = 0;
    for (std::size_t i = g * Group; i < (g + 1) * Group; ++i) squares += a.q[i] * a.q[i];
    const float part = a.scale[g] / most;
    sum += part * part * static_cast<float>(squares);
  }
  return most * simd::sqrt(sum);
}

struct split_input {
  activation first, second;
  float unit;  // a row's second product is at most unit * its length
};

}  // namespace detail

/// `Maps`: rounded_for<Format>(x, cols), multiply_rows(matrix, activation, y) and each_part(bytes, rows, unit, f), as
/// detail::linear_maps has them.
template <class Inner, std::size_t First>
struct matrix<split_rows<Inner, First>> {
  using format = split_rows<Inner, First>;
  const std::byte* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;

  static constexpr bool has_vectors = simd::floats<format::block>::registers != format::block;

  matrix<Inner> first_part() const { return {data, rows, First}; }
  matrix<Inner> second_part() const { return {data + format::second_at(rows), rows, cols - First}; }
  matrix<typename format::basis> basis() const { return {data + format::basis_at(rows, cols), cols, cols}; }
  float unit() const { return *reinterpret_cast<const float*>(data + format::unit_at(rows, cols)); }
  const std::uint8_t* lengths() const {  // (rows), then the largest of each format::block
    return reinterpret_cast<const std::uint8_t*>(data + format::unit_at(rows, cols) + sizeof(float));
  }

  /// logits (count, padded(rows)) of x (count, padded(cols)), behind format::scratch_bytes(cols) of scratch.
  template <class Maps>
  void multiply(const Maps& maps, const float* x, std::size_t count, float* logits) const {
    for (std::size_t t = 0; t < count; ++t) {
      const auto in = turned(maps, x, t);
      maps.each_part(format::bytes(rows, cols), rows, format::rows_together,
                     [&](std::size_t, std::size_t first, std::size_t n) {
                       both(maps, in, first, n, logits + t * padded(rows) + first);
                     });
    }
  }
  /// The same of one vector and of some rows: any(first, count) says whether one of a tile's is asked for.
  template <class Maps, class Rows>
  void multiply_some(const Maps& maps, const float* x, float* logits, const Rows& asked) const {
    const auto in = turned(maps, x, 0);
    for (std::size_t at = 0; at < rows;) {
      std::size_t end = at;
      while (end < rows && asked.any(end, Inner::rows)) end += Inner::rows;
      if (end != at) both(maps, in, at, (end < rows ? end : rows) - at, logits + at);
      at = end + Inner::rows;
    }
  }
  /// What gives some rows' logits: f(first, n, y).
  template <class Maps>
  auto product_of(const Maps& maps, const float* x) const {
    return [this, &maps, in = turned(maps, x, 0)](std::size_t first, std::size_t n, float* y) {
      both(maps, in, first, n, y);
    };
  }
  /// Stretch rows at a time, whose logits are in y (Maps::team_parts, Stretch). choice.see(y, n, first): all of n rows
  /// from `first` on; choice.see_finite(y, n, first): of rows that are finite; choice.most: the largest so far;
  /// choice.join(): with that of the next part. gate.open(): whether rows are skipped; gate.saw(computed, rows): what
  /// of that work was done.
  template <std::size_t Stretch, bool ByBlocks = has_vectors, class Maps, class Choice, class Gate>
  void choose(const Maps& maps, const float* x, float* y, Choice& choice, Gate& gate) const {
    const auto in = turned(maps, x, 0);
    if (gate.open() && in.unit < 0x1p40F) {
      Choice some[Maps::team_parts];
      std::size_t computed[Maps::team_parts] = {};  // 0: nothing was chosen
      bool asked[Maps::team_parts] = {};
      maps.each_part(format::bytes(rows, cols), rows, Stretch, [&](std::size_t part, std::size_t first, std::size_t n) {
        computed[part] = skipping<Stretch, ByBlocks>(maps, in, first, n, y + part * Stretch, some[part]);
        asked[part] = true;
      });
      std::size_t all = 0;
      bool chosen = true;
      choice = {};
      for (std::size_t part = 0; part < Maps::team_parts; ++part) {
        chosen = chosen && (computed[part] != 0 || !asked[part]);
        all += computed[part];
        choice.join(some[part]);
      }
      // Without vectors rows are mostly alone, and one costs 1.7 of one among others (q8 on a Cortex-M7).
      if (chosen) return gate.saw(ByBlocks ? all : least(all * 5 / 3, rows), rows);
    }
    Choice some[Maps::team_parts];
    maps.each_part(format::bytes(rows, cols), rows, Stretch, [&](std::size_t part, std::size_t first, std::size_t n) {
      float* const here = y + part * Stretch;
      for (std::size_t at = first; at < first + n; at += Stretch) {
        const std::size_t now = least(first + n - at, Stretch);
        both(maps, in, at, now, here);
        some[part].see(here, now, at);
      }
    });
    choice = {};
    for (const Choice& one : some) choice.join(one);
  }

 private:
  static constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }

  template <class Maps>
  detail::split_input turned(const Maps& maps, const float* x, std::size_t t) const {
    constexpr std::size_t group = format::activation_group;
    auto* scratch = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(x)) - format::scratch_bytes(cols);
    auto* along = reinterpret_cast<float*>(scratch);  // (padded(cols))
    std::byte* rounded = scratch + padded(cols) * sizeof(float);
    const auto axes = basis();
    const activation given = maps.template rounded_for<typename format::basis>(x + t * padded(cols), cols);
    maps.each_part(format::basis::bytes(cols, cols), cols, format::basis::rows,
                   [&](std::size_t, std::size_t first, std::size_t n) {
                     maps.multiply_rows(axes.slice(first, n), given, along + first);
                   });
    detail::split_input in{.first = maps.template rounded_for<Inner>(along, First),
                           .second = quantize_groups<group>(along + First, cols - First, rounded),
                           .unit = 0};
    // The product of lengths is more than any sum of the second part's products could be: (cols / 16 + 20) * 2^-24 of
    // it for what floats round, in the kernel and here, and 2^-125 a length for what they underflow.
    const float wide = 1.0F + static_cast<float>(cols) * 0x1p-21F;
    in.unit = detail::length_of<group>(in.second, cols - First) * unit() * wide + 0x1p-125F;
    return in;
  }
  /// y (n) += the second products of rows from `at` on.
  template <class Maps>
  void add_second(const Maps& maps, const detail::split_input& in, std::size_t at, std::size_t n, float* y) const {
    alignas(64) float sums[format::rows_together];
    for (std::size_t done = 0; done < n; done += format::rows_together) {
      const std::size_t now = least(n - done, format::rows_together);
      maps.multiply_rows(second_part().slice(at + done, now), in.second, sums);
      for (std::size_t i = 0; i < now; ++i) y[done + i] += sums[i];
    }
  }
  template <class Maps>
  void both(const Maps& maps, const detail::split_input& in, std::size_t at, std::size_t n, float* y) const {
    maps.multiply_rows(first_part().slice(at, n), in.first, y);
    add_second(maps, in, at, n, y);
  }
  /// Rows that are computed or left together: those of a tile, or where there are vectors a block, which is longer to
  /// compute but shorter to ask and to begin.
  template <bool ByBlocks>
  static constexpr std::size_t together = ByBlocks ? format::block : Inner::rows;

  /// Whether one of n rows from i on, as many as are together, may have a logit of `known` or more. Rounding keeps an
  /// order: where the sum of a bound is less, the sum of what it bounds is. A NaN is not less.
  template <bool ByBlocks>
  MOTE_INLINE static bool needed(const float* y, const std::uint8_t* length, const std::uint8_t* longest, std::size_t i,
                                 std::size_t n, float unit, float known) {
    if constexpr (ByBlocks)
      if (n - i >= format::block)
        return !(simd::reduce_max(simd::floats<format::block>::load(y + i)) +
                     static_cast<float>(longest[i / format::block]) * unit <
                 known);
    bool any = false;
    for (const std::size_t end = i + least(n - i, together<ByBlocks>); i < end; ++i)
      any |= !(y[i] + static_cast<float>(length[i]) * unit < known);
    return any;
  }
  /// The first such rows from i on; n or more: none.
  template <bool ByBlocks>
  MOTE_NOINLINE static std::size_t first_needed(const float* y, const std::uint8_t* length, const std::uint8_t* longest,
                                                std::size_t i, std::size_t n, float unit, float known) {
    while (i < n && !needed<ByBlocks>(y, length, longest, i, n, unit, known)) i += together<ByBlocks>;
    return i;
  }
  /// How many of n rows from `begin` on were computed to their ends. 0: a logit is so large that sums could overflow,
  /// and nothing is chosen.
  template <std::size_t Stretch, bool ByBlocks, class Maps, class Choice>
  std::size_t skipping(const Maps& maps, const detail::split_input& in, std::size_t begin, std::size_t count, float* y,
                       Choice& choice) const {
    float known = -__builtin_inff();  // some row has this logit, or a larger one
    std::size_t computed = 0;
    for (std::size_t at = begin; at < begin + count; at += Stretch) {
      const std::size_t n = least(begin + count - at, Stretch);
      maps.multiply_rows(first_part().slice(at, n), in.first, y);
      detail::square_sum squares;
      squares.add(y, n);
      if (!(squares.joined() < 0x1p100F)) return 0;
      const std::uint8_t* const length = lengths() + at;
      const std::uint8_t* const longest = lengths() + rows + at / format::block;
      if (at == begin) {  // a large logit, before any other is known
        alignas(64) float sums[Inner::rows < 16 ? 16 : Inner::rows];
        const std::size_t guess = Choice::largest(y, n), tile = guess / Inner::rows * Inner::rows;
        maps.multiply_rows(second_part().slice(at + tile, least(n - tile, Inner::rows)), in.second, sums);
        known = y[guess] + sums[guess - tile];
      }
      for (std::size_t i = first_needed<ByBlocks>(y, length, longest, 0, n, in.unit, known); i < n;) {
        std::size_t end = i + together<ByBlocks>;
        while (end < n && end - i < format::rows_together &&
               needed<ByBlocks>(y, length, longest, end, n, in.unit, known))
          end += together<ByBlocks>;
        end = least(end, n);
        add_second(maps, in, at + i, end - i, y + i);
        choice.see_finite(y + i, end - i, at + i);
        known = choice.most > known ? choice.most : known;
        computed += end - i;
        i = first_needed<ByBlocks>(y, length, longest, end, n, in.unit, known);
      }
    }
    return computed;
  }
};

}  // namespace mote::inline v0
