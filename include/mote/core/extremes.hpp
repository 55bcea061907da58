// SPDX-License-Identifier: BSL-1.0
// The least and the greatest of one or more integers of one type.
// Refuses floats: comparisons with a NaN are false, so the result would depend on the order.
#pragma once

#include <concepts>

#include "mote/config.hpp"

namespace mote::inline v0::detail {

template <std::integral Number, std::same_as<Number>... More>
constexpr Number least_of(Number first, More... more) {
  ((first = more < first ? more : first), ...);
  return first;
}
template <std::integral Number, std::same_as<Number>... More>
constexpr Number greatest_of(Number first, More... more) {
  ((first = first < more ? more : first), ...);
  return first;
}

}  // namespace mote::inline v0::detail
