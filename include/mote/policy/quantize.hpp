// SPDX-License-Identifier: BSL-1.0
// The policies of the weights slot: in which format each matrix is kept.
//   quantize<8>            8-bit weights in groups of 32: no loss of quality at any model size  8.5 bits a weight
//   quantize<8, 64>        groups of 64 with float scales: takes llama2.c's 8-bit files without rounding again
//   quantize<6> <5> <4>    fewer bits in groups of 32: 4 cost small models quality     6.5, 5.5, 4.5 bits a weight
//   quantize<3> <2>        for models that were trained for it                                  3.5, 2.5 bits a weight
//   quantize<16>           IEEE binary16                                                        16 bits a weight
//   quantize<32>           floats: what full<> trains                                           32 bits a weight
//   packed<iq4_nl>         any format by its name (bf16, iq4_nl, ternary, trits, q4a, q5a), or a user's own
//   k_quant<4>           blocks that fit the rows' length, with scales of scales: policy/k_quant.hpp
//   mixed<quantize<8>, in<role::down, quantize<32>>, in_embedding<...>, in_head<...>, in_layer<0, role::key, ...>>
//                          a format for each tensor: the last matching entry applies, else the first policy
// Refuses other numbers of bits, and groups other than 32 and, with 8 bits, 64.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

namespace detail {
template <std::size_t Bits, std::size_t Rows, std::size_t Group>
consteval auto format_of_bits() {
  if constexpr (Bits == 2) return std::type_identity<q2<Rows>>{};
  else if constexpr (Bits == 3) return std::type_identity<q3<Rows>>{};
  else if constexpr (Bits == 4) return std::type_identity<q4<Rows>>{};
  else if constexpr (Bits == 5) return std::type_identity<q5<Rows>>{};
  else if constexpr (Bits == 6) return std::type_identity<q6<Rows>>{};
  else if constexpr (Bits == 16) return std::type_identity<f16<Rows>>{};
  else if constexpr (Bits == 32) return std::type_identity<f32<Rows>>{};
  else return std::type_identity<q8<Rows, Group == 64 ? 64 : 32>>{};
}
}  // namespace detail

/// A policy of the weights slot offers `format<Rows, Cols>`: the format of a matrix with rows of Cols weights, Rows of
/// them interleaved.
template <std::size_t Bits = 0 /* refused below */, std::size_t Group = 32>
struct quantize {
  using slot = slots::weights;
  static constexpr std::size_t bits = Bits;
  template <std::size_t Rows, std::size_t>
  using format = typename decltype(detail::format_of_bits<Bits, Rows, Group>())::type;

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(
      (Bits >= 2 && Bits <= 6) || Bits == 8 || Bits == 16 || Bits == 32,
      "mote: weights cannot be kept in this many bits; use quantize<2>, <3>, <4>, <5>, <6>, <8>, <16> or <32> [mote-bits]");
  static_assert(
      Group == 32 || (Group == 64 && Bits == 8),
      "mote: weights cannot be grouped like this; leave the group out, or use quantize<8, 64> for llama2.c's 8-bit files [mote-group]");
};

/// A format by its name: packed<bf16>.
template <template <std::size_t> class Format>
struct packed {
  using slot = slots::weights;
  template <std::size_t Rows, std::size_t>
  using format = Format<Rows>;
};

/// The tensor that `holds` of an entry of mixed<> is asked about. A tied head counts as the embedding.
struct tensor_place {
  enum kind_type { embedding, head, block } kind = block;
  std::size_t layer = 0;
  role which = role::query;
};

/// Entries of mixed<>: the policy applies to the tensors for which `holds` is true. A user's type with both members is
/// an entry too.
template <role Role, class Policy>
struct in {
  using policy = Policy;
  static constexpr bool holds(tensor_place t) { return t.kind == tensor_place::block && t.which == Role; }
};
template <class Policy>
struct in_embedding {
  using policy = Policy;
  static constexpr bool holds(tensor_place t) { return t.kind == tensor_place::embedding; }
};
template <class Policy>
struct in_head {
  using policy = Policy;
  static constexpr bool holds(tensor_place t) { return t.kind == tensor_place::head; }
};
template <std::size_t Layer, role Role, class Policy>
struct in_layer {
  using policy = Policy;
  static constexpr bool holds(tensor_place t) {
    return t.kind == tensor_place::block && t.layer == Layer && t.which == Role;
  }
};

/// Formats that differ from tensor to tensor; Default for those that no entry holds.
template <class Default, class... Entries>
struct mixed {
  using slot = slots::weights;
  using fallback = Default;
};

/// The members that a policy of the weights slot needs, in the order of the checks. `policy` and `holds` are members of
/// an entry of mixed<>.
enum class weights_member { none, format, policy, holds };

namespace detail {

/// Checked with one example: a matrix of 64 columns, four rows interleaved.
template <class P>
inline constexpr bool weights_has_format = requires {
  { P::template format<4, 64>::name } -> std::convertible_to<std::string_view>;
};
template <class E>
inline constexpr bool entry_has_policy = requires { typename E::policy; };
template <class E>
inline constexpr bool entry_has_format = requires {
  { E::policy::template format<4, 64>::name } -> std::convertible_to<std::string_view>;
};
template <class E>
inline constexpr bool entry_has_holds = requires(tensor_place t) {
  { E::holds(t) } -> std::convertible_to<bool>;
};

template <class P>
inline constexpr weights_member policy_without =
    first_missing<weights_member>({{weights_has_format<P>, weights_member::format}});
template <class Default, class... Entries>
inline constexpr weights_member policy_without<mixed<Default, Entries...>> = first_missing<weights_member>({
    {(entry_has_policy<Entries> && ...), weights_member::policy},
    {weights_has_format<Default> && (entry_has_format<Entries> && ...), weights_member::format},
    {(entry_has_holds<Entries> && ...), weights_member::holds},
});

}  // namespace detail

template <class P>
inline constexpr weights_member weights_lacks = detail::policy_without<P>;

template <class P>
struct weights_check {
  using m = weights_member;
  template <m Member>
  static constexpr bool has = weights_lacks<P> != Member;
  static_assert(
      has<m::format>,
      "mote: this policy does not say how a matrix is kept; give it a template `format<Rows, Cols>` that gives a format [mote-weights-policy]");
  static_assert(
      has<m::policy>,
      "mote: an entry of mixed<> names no policy; give it a type `policy`, as in in<role::down, quantize<32>> [mote-weights-policy]");
  static_assert(
      has<m::holds>,
      "mote: an entry of mixed<> does not say where it holds; give it `static constexpr bool holds(tensor_place)` [mote-weights-policy]");
};

template <bool Alone>
struct head_alone_is_split {
  static_assert(
      Alone,
      "mote: only a model's own head can be in two parts, of weights that are in memory and do not learn; write in_head<split<...>> into mixed<>, of own_head<Model> where the head is tied, with a first part narrower than the model [mote-split-head]");
};

namespace detail {

/// Whether a tensor that is no head has a format of split<> (policy/split.hpp).
template <class Formats>
consteval bool splits_others() {
  using facts = formats_of<Formats>;
  if (requires { facts::embedding::first_columns; }) return true;
  if constexpr (requires { facts::matrices; })
    for (std::size_t layer = 0; layer < facts::layers; ++layer)
      for (std::size_t i = 0; i < facts::matrices; ++i)
        if (facts::with(layer, i, []<class F>() { return requires { F::first_columns; }; })) return true;
  return false;
}
template <class Chosen>
consteval bool splits_well() {
  using formats = typename Chosen::format;
  if constexpr (splits_others<formats>()) return false;
  else if constexpr (requires { formats_of<formats>::head::first_columns; })
    return formats_of<formats>::head::first_columns < Chosen::shape.dim &&
           std::is_same_v<typename Chosen::bound, formats> && !Chosen::template in<slots::learning>::learns;
  else return true;
}

}  // namespace detail

/// The slot.
struct slots::weights : slot_facts {
  using fallback = quantize<8>;
  template <class Chosen>
  using fault = unless<detail::splits_well<Chosen>(), head_alone_is_split<detail::splits_well<Chosen>()>>;
  template <class P, class>
  using lack = unless<weights_lacks<P> == weights_member::none, weights_check<P>>;
};

}  // namespace mote::inline v0
