// SPDX-License-Identifier: BSL-1.0
// pipeline<>: makes one type of a model and a pack of policies.
// Refuses what cannot be composed, with one message.
#pragma once

#include <type_traits>

#include "mote/pipeline/checks.hpp"

namespace mote::inline v0 {

/// The type that Model and Policies make together; two orders of the same policies are one type. What cannot be
/// composed does not compile: docs/errors.md has every message.
template <class Model, class... Policies>
using pipeline =
    typename detail::outcome<typename decltype(detail::composition_fault<detail::proof_of, Model, Policies...>())::type,
                             Model, Policies...>::type;

/// Whether Model and Policies can be composed and fit their board, without an error.
template <class Model, class... Policies>
inline constexpr bool can_compose =
    std::is_void_v<typename decltype(detail::composition_fault<detail::holds_of, Model, Policies...>())::type>;

}  // namespace mote::inline v0
