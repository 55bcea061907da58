// SPDX-License-Identifier: BSL-1.0
// The policies of the cache slot: how keys and values are stored. How to choose: docs/reference/cache.md.
//   cache<32>   floats: nothing is rounded                                     8 bytes a channel and token
//   cache<16>   binary16: answers diverge by 1e-6 nats a token                 4
//   cache<8>    8 bits; attention multiplies integers                          2, and 6 a token and head
//   kivi<4>     the newest tokens as floats, older ones in 8, 4 or 2 bits      1.13, and 4 a token and 32 channels
// Refuses other numbers of bits, and a kivi window that is not a multiple of 32.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "mote/block/layer.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/family/family_of.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/int8_cache.hpp"
#include "mote/model/kivi_cache.hpp"

namespace mote::inline v0 {

template <std::size_t Bits = 0>  // no default: the assertion below refuses 0
struct cache {
  using slot = slots::cache;
  using store = std::conditional_t<Bits == 8, int8_cache<>, std::conditional_t<Bits == 16, half_cache, float_cache>>;

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(Bits == 32 || Bits == 16 || Bits == 8,
                "mote: keys and values cannot be kept in this many bits; use cache<8>, <16> or <32> [mote-cache-bits]");
};

/// KIVI: the newest Window tokens are stored as floats, older ones in Bits bits (model/kivi_cache.hpp).
template <std::size_t Bits, std::size_t Window = 64>
struct kivi {
  static constexpr bool has_bits = Bits == 8 || Bits == 4 || Bits == 2;
  static constexpr bool has_window = Window >= 32 && Window % 32 == 0;
  using slot = slots::cache;
  using store = kivi_cache<has_bits ? Bits : 4, has_window ? Window : 64>;

  static_assert(has_bits,
                "mote: old keys and values cannot be kept in this many bits; use kivi<8>, <4> or <2> [mote-kivi-bits]");
  static_assert(has_window,
                "mote: keys are rounded in groups of 32 tokens; use a window of 32, 64, 96 and so on, "
                "kivi<4, 64> [mote-kivi-window]");
};

/// The members that a policy of the cache slot needs, in the order of the checks: a class `store`, then that class's
/// members.
enum class cache_member { none, store, bytes, scratch_floats, rollback_tokens, made_of_memory, attend };

namespace detail {

template <class P>
inline constexpr bool cache_has_store = requires { sizeof(typename P::store); };
template <class P>
inline constexpr bool cache_has_bytes = requires(const cache_shape& s, std::size_t context) {
  { P::store::bytes(s, context) } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool cache_has_scratch = requires(const cache_shape& s, std::size_t context, std::size_t tokens) {
  { P::store::scratch_floats(s, context, tokens) } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool cache_takes_back = requires(std::size_t context) {
  { P::store::rollback_tokens(context) } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool cache_is_made =
    requires { requires std::constructible_from<typename P::store, std::byte*, const cache_shape&, std::size_t>; };
template <class P>
inline constexpr bool cache_attends =
    requires(const typename P::store& c, const attention_shape& a, const attention_run& r, std::size_t head,
             float* scratch) { c.attend(a, r, head, head, scratch); };

}  // namespace detail

template <class P>
inline constexpr cache_member cache_lacks = first_missing<cache_member>({
    {detail::cache_has_store<P>, cache_member::store},
    {detail::cache_has_bytes<P>, cache_member::bytes},
    {detail::cache_has_scratch<P>, cache_member::scratch_floats},
    {detail::cache_takes_back<P>, cache_member::rollback_tokens},
    {detail::cache_is_made<P>, cache_member::made_of_memory},
    {detail::cache_attends<P>, cache_member::attend},
});

template <class P>
struct cache_check {
  using m = cache_member;
  template <m Member>
  static constexpr bool has = cache_lacks<P> != Member;
  static_assert(
      has<m::store>,
      "mote: this policy keeps no keys and values; give it a class `store`, as in mote/model/cache.hpp [mote-cache-policy]");
  static_assert(
      has<m::bytes>,
      "mote: this policy's store does not say what it costs; give it `bytes(cache_shape, context)` [mote-cache-policy]");
  static_assert(
      has<m::scratch_floats>,
      "mote: this policy's store does not say what it works in; give it `scratch_floats(attention_shape, context, tokens)` [mote-cache-policy]");
  static_assert(
      has<m::rollback_tokens>,
      "mote: this policy's store does not say what it can take back; give it `rollback_tokens(context)`, or 0 [mote-cache-policy]");
  static_assert(
      has<m::made_of_memory>,
      "mote: this policy's store is not made of memory; give it a constructor `(std::byte*, cache_shape, context)` [mote-cache-policy]");
  static_assert(
      has<m::attend>,
      "mote: this policy's store answers no query; give it a template `attend(attention, attention_run, first, last, scratch) const` [mote-cache-policy]");
};

/// A store that declares `rounds_in_a_run` quantizes tokens before a run ends. A family whose tokens attend to later
/// ones cannot have it.
template <class P, class Family, bool LooksAhead>
struct cache_looks_back {
  static_assert(
      !LooksAhead,
      "mote: this cache rounds tokens while a run goes on, and in this family tokens see those behind them; use cache<32>, <16> or <8> [mote-cache-looks-ahead]");
};

/// The slot.
struct slots::cache : slot_facts {
  using fallback = v0::cache<32>;
  template <class P, class>
  using lack = unless<cache_lacks<P> == cache_member::none, cache_check<P>>;
  template <class Chosen, class P = typename Chosen::template in<slots::cache>,
            class Family = family_of<typename Chosen::model_type>>
  using fault = unless<!(requires { P::store::rounds_in_a_run; } && looks_ahead<Family>(Chosen::shape)),
                       cache_looks_back<P, Family, true>>;
};

}  // namespace mote::inline v0
