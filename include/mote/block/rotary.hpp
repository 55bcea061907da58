// SPDX-License-Identifier: BSL-1.0
// The rotary frequencies of a family's model: those of shape.rope_theta, followed by those of shape.local_theta if some
// layer reads them.
// Refuses blocks of one family that rotate heads of different widths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/block/layer.hpp"
#include "mote/core/log.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// How many pairs of a head are rotated.
template <class Family>
constexpr std::size_t rotary_pairs(const shape& s) {
  if constexpr (Family::layer::rotates_partly) return s.rotary_dim() / 2;
  else return s.head_dim() / 2;
}
/// How many frequencies the family's blocks read: also the rotations of one position.
template <class Family>
constexpr std::size_t rotary_count(const shape& s) {
  if constexpr (Family::layer::rotates_locally) return 2 * rotary_pairs<Family>(s);
  else return rotary_pairs<Family>(s);
}

namespace detail {
/// A frequency after scaling. By wavelength in the definition of Llama 3.1; here by turns in the original context.
constexpr double scaled_turns(double turns, const rope_scaling& r) {
  if (r.original_context == 0) return turns / static_cast<double>(r.factor);
  const auto low = static_cast<double>(r.low_frequency_factor);
  const auto high = static_cast<double>(r.high_frequency_factor);
  const double all = turns * static_cast<double>(r.original_context);
  if (all > high) return turns;
  if (all < low) return turns / static_cast<double>(r.factor);
  const double part = (all - low) / (high - low);
  return (1 - part) * turns / static_cast<double>(r.factor) + part * turns;
}
}  // namespace detail

/// Writes the frequencies to `to` (rotary_count), in units of 2^-64 turns a position.
template <class Family>
constexpr void put_rotary_frequencies(const shape& s, std::uint64_t* to) {
  const std::size_t pairs = rotary_pairs<Family>(s);
  const double log_theta = detail::constant_log(static_cast<double>(s.rope_theta));
  for (std::size_t i = 0; i < pairs; ++i) {
    if (s.rope.factor == 1) to[i] = rope_frequency(log_theta, i, pairs);
    else to[i] = rope_units(detail::scaled_turns(rope_turns_per_position(log_theta, i, pairs), s.rope));
  }
  if constexpr (Family::layer::rotates_locally) {
    const double local = s.local_theta == 0 ? log_theta : detail::constant_log(static_cast<double>(s.local_theta));
    for (std::size_t i = 0; i < pairs; ++i) to[pairs + i] = rope_frequency(local, i, pairs);
  }
}

namespace detail {
template <class Family, shape S>
consteval auto rotary_frequencies() {
  std::array<std::uint64_t, rotary_count<Family>(S)> all{};
  put_rotary_frequencies<Family>(S, all.data());
  return all;
}
template <class Family, shape S>
inline constexpr auto rotary_table_of = rotary_frequencies<Family, S>();
}  // namespace detail

/// The frequencies as a table that the compiler computes. Models that rotate whole heads, without scaling, share it if
/// their head_dim and rope_theta are equal; every other model has its own.
template <class Family, shape S>
constexpr const std::uint64_t* rotary_table() {
  if constexpr (Family::layer::rotates_partly || Family::layer::rotates_locally || S.rope.factor != 1)
    return detail::rotary_table_of<Family, S>.data();
  else return rope_table<S.head_dim() / 2, S.rope_theta>.data();
}

}  // namespace mote::inline v0
