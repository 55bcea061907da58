// SPDX-License-Identifier: BSL-1.0
// The family of a model: its member type `family`, else Llama.
//   struct yours { using family = mote::llama; ... };
// Refuses to guess the family from the shape.
#pragma once

#include "mote/family/llama.hpp"

namespace mote::inline v0 {

namespace detail {
template <class Model>
struct named_family {
  using type = llama;
};
template <class Model>
  requires requires { typename Model::family; }
struct named_family<Model> {
  using type = typename Model::family;
};
}  // namespace detail

template <class Model>
using family_of = typename detail::named_family<Model>::type;

}  // namespace mote::inline v0
