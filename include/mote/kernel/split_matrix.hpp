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
  float unit;   // a row's second product is at most unit * its length
  float* sums;  // (rows_together)
};

}  // namespace detail

/// `Maps`: rounded_for<Format>(x, cols) and multiply_rows(matrix, activation, y), as detail::linear_maps has them.
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
      both(maps, in, 0, rows, logits + t * padded(rows));
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
  /// Stretch rows at a time, whose logits are in y (padded(Stretch)). choice.see(y, n): all of the next n rows;
  /// choice.see_some(y, n, first): n rows from `first` on; choice.most(): the largest so far. gate.open(): whether rows
  /// are skipped; gate.saw(computed, rows): of that work, what it was.
  template <std::size_t Stretch, bool ByBlocks = has_vectors, class Maps, class Choice, class Gate>
  void choose(const Maps& maps, const float* x, float* y, Choice& choice, Gate& gate) const {
    const auto in = turned(maps, x, 0);
    if (gate.open() && in.unit < 0x1p40F && skipping<Stretch, ByBlocks>(maps, in, y, choice, gate)) return;
    choice = {};
    for (std::size_t at = 0; at < rows; at += Stretch) {
      const std::size_t n = least(rows - at, Stretch);
      both(maps, in, at, n, y);
      choice.see(y, n);
    }
  }

 private:
  static constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }

  template <class Maps>
  detail::split_input turned(const Maps& maps, const float* x, std::size_t t) const {
    constexpr std::size_t group = format::activation_group;
    auto* scratch = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(x)) - format::scratch_bytes(cols);
    auto* along = reinterpret_cast<float*>(scratch);  // (padded(cols))
    std::byte* rounded = scratch + padded(cols) * sizeof(float);
    auto* sums = reinterpret_cast<float*>(scratch + format::scratch_bytes(cols)) - format::rows_together;
    maps.multiply_rows(basis(), maps.template rounded_for<typename format::basis>(x + t * padded(cols), cols), along);
    detail::split_input in{.first = maps.template rounded_for<Inner>(along, First),
                           .second = quantize_groups<group>(along + First, cols - First, rounded),
                           .unit = 0,
                           .sums = sums};
    // The product of lengths is more than any sum of the second part's products could be: (cols / 16 + 20) * 2^-24 of
    // it for what floats round, in the kernel and here, and 2^-125 a length for what they underflow.
    const float wide = 1.0F + static_cast<float>(cols) * 0x1p-21F;
    in.unit = detail::length_of<group>(in.second, cols - First) * unit() * wide + 0x1p-125F;
    return in;
  }
  /// y (n) += the second products of rows from `at` on.
  template <class Maps>
  void add_second(const Maps& maps, const detail::split_input& in, std::size_t at, std::size_t n, float* y) const {
    for (std::size_t done = 0; done < n; done += format::rows_together) {
      const std::size_t now = least(n - done, format::rows_together);
      maps.multiply_rows(second_part().slice(at + done, now), in.second, in.sums);
      for (std::size_t i = 0; i < now; ++i) y[done + i] += in.sums[i];
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
  /// False: a logit is so large that sums could overflow; nothing is chosen.
  template <std::size_t Stretch, bool ByBlocks, class Maps, class Choice, class Gate>
  bool skipping(const Maps& maps, const detail::split_input& in, float* y, Choice& choice, Gate& gate) const {
    float known = -__builtin_inff();  // some row has this logit, or a larger one
    std::size_t computed = 0;
    for (std::size_t at = 0; at < rows; at += Stretch) {
      const std::size_t n = least(rows - at, Stretch);
      maps.multiply_rows(first_part().slice(at, n), in.first, y);
      detail::square_sum squares;
      squares.add(y, n);
      if (!(squares.joined() < 0x1p100F)) return false;
      const std::uint8_t* const length = lengths() + at;
      const std::uint8_t* const longest = lengths() + rows + at / format::block;
      if (at == 0) {  // a large logit, before any other is known
        const std::size_t guess = Choice::largest(y, n), tile = guess / Inner::rows * Inner::rows;
        maps.multiply_rows(second_part().slice(tile, least(n - tile, Inner::rows)), in.second, in.sums);
        known = y[guess] + in.sums[guess - tile];
      }
      for (std::size_t i = first_needed<ByBlocks>(y, length, longest, 0, n, in.unit, known); i < n;) {
        std::size_t end = i + together<ByBlocks>;
        while (end < n && end - i < format::rows_together &&
               needed<ByBlocks>(y, length, longest, end, n, in.unit, known))
          end += together<ByBlocks>;
        end = least(end, n);
        add_second(maps, in, at + i, end - i, y + i);
        choice.see_some(y + i, end - i, at + i);
        known = choice.most() > known ? choice.most() : known;
        computed += end - i;
        i = first_needed<ByBlocks>(y, length, longest, end, n, in.unit, known);
      }
    }
    // Without vectors rows are mostly alone, and one costs 1.7 of one among others (q8 on a Cortex-M7).
    gate.saw(ByBlocks ? computed : least(computed * 5 / 3, rows), rows);
    return true;
  }
};

}  // namespace mote::inline v0
