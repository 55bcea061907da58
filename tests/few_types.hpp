// SPDX-License-Identifier: BSL-1.0
// Which types a test runs with: all with MOTE_TEST_ALL, some of them for every change.
// Refuses to be the only list: what leaves the ordinary run stands beside what stays.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

namespace mote_tests {

#if MOTE_TEST_FEW_TYPES
inline constexpr bool few_types = true;
#else
inline constexpr bool few_types = false;
#endif

/// The types of `Some`, and those of `Rest` unless MOTE_TEST_FEW_TYPES is set: std::tuple of both.
template <class Some, class Rest>
using some_or_all =
    std::conditional_t<few_types, Some, decltype(std::tuple_cat(std::declval<Some>(), std::declval<Rest>()))>;

}  // namespace mote_tests
