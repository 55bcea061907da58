// SPDX-License-Identifier: BSL-1.0
// The members that a family and its blocks need, and the message that names the first one missing: family_fault<Family,
// Model> is void if none is.
// Refuses to run a block: whether its results are right is for tests.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mote/block/buffers.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/parallel.hpp"
#include "mote/block/residual.hpp"
#include "mote/core/check.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// The members that a family, its embedding, its norms and its blocks need, in the order of the checks.
enum class family_member { none, name, embedding, layer, last_norm, blocks, attention };
enum class embedding_member { none, positions, forward_buffers, forward, backward };
enum class norm_member { none, forward, backward };
enum class block_member {
  none,
  in_residual,
  operations,
  reads_until,
  keeps,
  phases,
  forward_buffers,
  backward_buffers,
  forward,
  backward
};

namespace detail {

/// A placeholder for a pass or a learner. The functions of a block are templates that take any, so only the call is
/// checked.
struct any_pass {};

template <class F>
inline constexpr bool family_has_name = requires {
  { F::name } -> std::convertible_to<std::string_view>;
};
template <class F>
inline constexpr bool family_has_embedding = requires { sizeof(typename F::embedding); };

/// Whether each layer has a block, and whether some block attends. Both match the lists of blocks and instantiate no
/// block.
template <class Layers>
inline constexpr bool layers_have_blocks = true;
template <class... Blocks>
inline constexpr bool layers_have_blocks<in_sequence<Blocks...>> = sizeof...(Blocks) > 0;
template <class... Kinds>
inline constexpr bool layers_have_blocks<cycle<Kinds...>> = sizeof...(Kinds) > 0 && (layers_have_blocks<Kinds> && ...);
template <class Layers>
inline constexpr bool layers_attend = true;
template <class... Blocks>
inline constexpr bool layers_attend<in_sequence<Blocks...>> = (attends<Blocks> || ...);
template <class... Kinds>
inline constexpr bool layers_attend<cycle<Kinds...>> = (layers_attend<Kinds> || ...);
template <class F>
inline constexpr bool family_has_blocks = requires { requires layers_have_blocks<typename F::layer>; };
template <class F>
inline constexpr bool family_attends = requires { requires layers_attend<typename F::layer>; };

/// A layer without blocks has members that do not compile, so they are not looked at.
template <class F>
concept has_layer_without_blocks = requires { requires !layers_have_blocks<typename F::layer>; };
template <class F>
concept has_layer_with_blocks = requires {
  sizeof(typename F::layer);
  requires F::layer::kinds > 0;
  F::layer::kind_of(0);
  F::layer::period;
};
template <class F>
concept has_layer = has_layer_without_blocks<F> || has_layer_with_blocks<F>;
template <class F>
inline constexpr bool family_has_layer = has_layer<F>;
template <class F>
inline constexpr bool family_has_last_norm = requires { sizeof(typename F::last_norm); };

/// The limits of one layer. A plan has room for 64 operations, or 32 if inference and training alternate; a pass has
/// some operations of its own, which are subtracted.
inline constexpr int most_operations = 61;  // embed, head_norm and head: block/decode.hpp
inline constexpr int most_phases = 27;      // embed to again, and embedding_back: block/train_plan.hpp

template <class E>
inline constexpr bool embedding_has_positions = requires {
  { E::positions } -> std::convertible_to<bool>;
};
template <class B>
inline constexpr bool block_has_forward_buffers = requires { sizeof(typename B::template forward_buffers<0>); };
template <class E>
inline constexpr bool embedding_goes_there = requires(any_pass& p, std::size_t n, float* x) { E::forward(p, n, n, x); };
template <class E>
inline constexpr bool embedding_goes_back =
    requires(any_pass& p, std::size_t n, const float* dx) { E::backward(p, n, n, dx); };

template <class N>
inline constexpr bool norm_goes_there = requires(any_pass& p, const float* x, float* y) { N::forward(p, x, y); };
template <class N>
inline constexpr bool norm_goes_back = requires(any_pass& p, const float* x, float* y) { N::backward(p, x, x, y); };

template <auto N>
struct a_constant {};
template <class B>
inline constexpr bool block_has_operations = requires { a_constant<int{B::operations}>{}; };
template <class B>
inline constexpr bool block_has_reads_until = requires { a_constant<int{B::reads_until}>{}; };
template <class B>
inline constexpr bool block_has_keeps = requires { a_constant<bool{B::keeps}>{}; };
template <class B>
inline constexpr bool block_has_phases = requires { a_constant<int{B::phases}>{}; };
template <class B>
inline constexpr bool block_has_backward_buffers =
    requires { sizeof(typename B::template backward_buffers<block_operations<0, 0, true, 1>>); };
template <class B>
inline constexpr bool block_goes_there =
    requires(any_pass& p, const float* in, float* out) { B::template forward<0>(p, in, out); };
template <class B>
inline constexpr bool block_goes_back =
    requires(any_pass& p, const float* in, float* out) { B::template backward<0>(p, in, in, out); };

template <class B>
inline constexpr bool is_in_residual = requires { B::template forward<0>(std::declval<any_pass&>()); };

}  // namespace detail

template <class F>
inline constexpr family_member family_lacks = first_missing<family_member>({
    {detail::family_has_name<F>, family_member::name},
    {detail::family_has_embedding<F>, family_member::embedding},
    {detail::family_has_layer<F>, family_member::layer},
    {detail::family_has_last_norm<F>, family_member::last_norm},
    {detail::family_has_blocks<F>, family_member::blocks},
});
template <class E>
inline constexpr embedding_member embedding_lacks = first_missing<embedding_member>({
    {detail::embedding_has_positions<E>, embedding_member::positions},
    {detail::block_has_forward_buffers<E>, embedding_member::forward_buffers},
    {detail::embedding_goes_there<E>, embedding_member::forward},
    {detail::embedding_goes_back<E>, embedding_member::backward},
});
template <class N>
inline constexpr norm_member norm_lacks = first_missing<norm_member>({
    {detail::norm_goes_there<N>, norm_member::forward},
    {detail::norm_goes_back<N>, norm_member::backward},
});
/// For a block within a residual.
template <class B>
inline constexpr block_member block_lacks = first_missing<block_member>({
    {detail::block_has_operations<B>, block_member::operations},
    {detail::block_has_reads_until<B>, block_member::reads_until},
    {detail::block_has_keeps<B>, block_member::keeps},
    {detail::block_has_phases<B>, block_member::phases},
    {detail::block_has_forward_buffers<B>, block_member::forward_buffers},
    {detail::block_has_backward_buffers<B>, block_member::backward_buffers},
    {detail::block_goes_there<B>, block_member::forward},
    {detail::block_goes_back<B>, block_member::backward},
});

template <class F, family_member Lacks = family_lacks<F>>
struct family_check {
  using m = family_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(has<m::name>,
                "mote: this family has no name; give it `static constexpr std::string_view name` [mote-family]");
  static_assert(
      has<m::embedding>,
      "mote: this family has no first vector of a token; give it a type `embedding`, as token_embedding [mote-family]");
  static_assert(
      has<m::layer>,
      "mote: this family has no layers; give it a type `layer`, an in_sequence<...> of blocks or a cycle<...> of those [mote-family]");
  static_assert(
      has<m::last_norm>,
      "mote: this family has no norm before its head; give it a type `last_norm`, as rms_norm_block<vector_role::final_norm> [mote-family]");
  static_assert(
      has<m::blocks>,
      "mote: a layer of this family has no blocks; a family needs one at least in each layer, in_sequence<residual<...>> [mote-family]");
  static_assert(
      has<m::attention>,
      "mote: no layer of this family attends; a family needs a block that does in one of its layers, as rotary_attention [mote-family]");
};
template <class E>
struct embedding_check {
  using m = embedding_member;
  template <m Member>
  static constexpr bool has = embedding_lacks<E> != Member;
  static_assert(has<m::positions>,
                "mote: this embedding does not say whether positions are learned; give it `positions` [mote-block]");
  static_assert(
      has<m::forward_buffers>,
      "mote: this embedding does not say which buffers it has; give it `template <int At> using forward_buffers`, or lives<> [mote-block]");
  static_assert(has<m::forward>,
                "mote: this embedding makes no vector; give it `forward(pass, token, position, x)` [mote-block]");
  static_assert(has<m::backward>,
                "mote: this embedding has no gradient; give it `backward(learner, token, position, dx)` [mote-block]");
};
template <class N>
struct norm_check {
  using m = norm_member;
  template <m Member>
  static constexpr bool has = norm_lacks<N> != Member;
  static_assert(has<m::forward>,
                "mote: this norm computes nothing; give it `forward(pass, x, y)` of one token [mote-block]");
  static_assert(has<m::backward>,
                "mote: this norm has no gradient; give it `backward(pass, x, dy, dx)` of one token [mote-block]");
};
template <class B, block_member Lacks = block_lacks<B>>
struct block_check {
  using m = block_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(
      has<m::in_residual>,
      "mote: this block does not add to the stream; put it into a residual, residual<Norm, Block> [mote-block]");
  static_assert(has<m::operations>,
                "mote: this block does not say in how many steps its buffers live; give it `operations` [mote-block]");
  static_assert(
      has<m::reads_until>,
      "mote: this block does not say which operation reads its input last; give it `reads_until` [mote-block]");
  static_assert(
      has<m::keeps>,
      "mote: this block does not say whether its gradient reads what the way there made; give it `keeps` [mote-block]");
  static_assert(has<m::phases>,
                "mote: this block does not say in how many phases its gradient runs; give it `phases` [mote-block]");
  static_assert(
      has<m::forward_buffers>,
      "mote: this block does not say which buffers it has; give it `template <int At> using forward_buffers`, or lives<> [mote-block]");
  static_assert(
      has<m::backward_buffers>,
      "mote: this block does not say which buffers its gradient has; give it `template <class At> using backward_buffers`, or lives<> [mote-block]");
  static_assert(has<m::forward>,
                "mote: this block computes nothing; give it a template `forward<At>(pass, in, out)` [mote-block]");
  static_assert(
      has<m::backward>,
      "mote: this block has no gradient; give it a template `backward<Phase>(pass, in, dy, dx)` [mote-block]");
};

template <class Family, bool Mixed>
struct attends_one_way {
  static_assert(
      !Mixed,
      "mote: some attentions of this family see one run of tokens and keep nothing, others a cache; give all of them attention_form<in_one_run>, for an encoder<>, or none [mote-attends-mixed]");
};
template <class Family, bool Encoder>
struct says_something {
  static_assert(
      !Encoder,
      "mote: this family makes a vector of a text; it neither answers nor learns; make an encoder<> of the model (mote/pipeline/encoder.hpp), which encoded_by<> searches with [mote-encoder]");
};

template <class Block>
struct norms_both {
  static constexpr bool agree = Block::norms_agree;
  static_assert(
      agree,
      "mote: an attention norms the heads of queries and of keys, or of neither; name both norms [mote-head-norms]");
};
template <class Layer, std::size_t Attending>
struct attends_once {
  static_assert(
      Attending <= 1,
      "mote: two blocks of a layer attend, and a cache has one place a layer; make two layers of them, cycle<A, B> [mote-attends-twice]");
};
template <class Layer, int Operations, int Phases>
struct is_planned {
  static constexpr bool fits = Operations <= detail::most_operations && Phases <= detail::most_phases;
  static_assert(
      fits,
      "mote: a layer has more than 61 operations, or more than 27 phases of its gradient; make two layers of it, cycle<A, B>, or have blocks of fewer [mote-operations]");
};
template <class Layer>
struct names_tensors_once {
  static constexpr bool once = !detail::gathered<typename detail::blocks_in<Layer>::type>::all.twice;
  static_assert(
      once,
      "mote: two tensors of a layer have one name; give one of the blocks names of its own, own_role(0) or own_vector(0) [mote-tensor-twice]");
};
template <class Layer>
struct tells_states_apart {
  static constexpr bool apart = detail::states_in<typename detail::blocks_in<Layer>::type>::told_apart;
  static_assert(
      apart,
      "mote: a block that keeps a state is twice in a layer, and both would have one state; make the second a type of its own, derived from the first [mote-state-twice]");
};
template <class Family, class Model>
struct window_looks_back {
  static constexpr bool back = windows_look_back<Family>(Model::shape);
  static_assert(
      back,
      "mote: a window counts the positions before a token, and an attention that looks both ways sees later ones too; drop one of the two [mote-window-both-ways]");
};
template <class Family, class Model>
struct family_reads_shape {
  static constexpr bool reads = shape_is_read<Family>(Model::shape);
  static_assert(
      reads,
      "mote: the model's shape has a rotary width, a local theta, a rotary scaling, a cap of logits or a per_layer_width that its family does not read, or lacks the last; name the family that does, as gemma3 [mote-shape-unread]");
};
template <class Family, class Model>
struct attention_reads_shape {
  static constexpr bool reads = attends_as_asked<Family>(Model::shape);
  static_assert(
      reads,
      "mote: the model's shape has a window, a cap or a scale of attention that no layer of its family reads; give a block that form, attention_form<windowed> [mote-attention-form]");
};

namespace detail {

template <class... Faults>
struct first_fault {
  using type = void;
};
template <class First, class... Others>
struct first_fault<First, Others...> {
  using type = First;
};
template <class... Others>
struct first_fault<void, Others...> : first_fault<Others...> {};

template <class B>
struct block_fault {
  using type =
      typename first_fault<unless<is_in_residual<B>, block_check<B, block_member::in_residual>>,
                           unless<block_has_backward_buffers<B>, block_check<B, block_member::backward>>>::type;
};
template <class N>
using norm_fault = unless<norm_lacks<N> == norm_member::none, norm_check<N>>;
template <class N>
struct optional_norm_fault {
  using type = norm_fault<N>;
};
template <>
struct optional_norm_fault<no_norm> {
  using type = void;
};
template <class Inner>
using inner_fault = typename first_fault<unless<block_lacks<Inner> == block_member::none, block_check<Inner>>,
                                         unless<!requires { requires !Inner::norms_agree; }, norms_both<Inner>>>::type;
template <class Norm, class Inner, class Behind>
struct block_fault<residual<Norm, Inner, Behind>> {
  using type =
      typename first_fault<norm_fault<Norm>, inner_fault<Inner>, typename optional_norm_fault<Behind>::type>::type;
};
template <class Norm, class A, class B, class Second>
struct block_fault<parallel<Norm, A, B, Second>> {
  using type = typename first_fault<norm_fault<Norm>, inner_fault<A>, inner_fault<B>,
                                    typename optional_norm_fault<Second>::type>::type;
};
template <class Kind>
struct kind_fault;
template <class... Blocks>
struct kind_fault<in_sequence<Blocks...>> {
  using blocks = typename first_fault<typename block_fault<Blocks>::type...>::type;
  static consteval auto find() {
    using kind = in_sequence<Blocks...>;
    if constexpr (!std::is_void_v<blocks>) return std::type_identity<blocks>{};
    else if constexpr (kind::attending > 1) return std::type_identity<attends_once<kind, kind::attending>>{};
    else if constexpr (kind::operations > most_operations || kind::phases > most_phases)
      return std::type_identity<is_planned<kind, kind::operations, kind::phases>>{};
    else if constexpr (!names_once<kind>) return std::type_identity<names_tensors_once<kind>>{};
    else if constexpr (!states_in<typename blocks_in<kind>::type>::told_apart)
      return std::type_identity<tells_states_apart<kind>>{};
    else return std::type_identity<void>{};
  }
  template <class Kind>
  static constexpr bool names_once = !gathered<typename blocks_in<Kind>::type>::all.twice;
};
template <class Layers, class Kinds = std::make_index_sequence<Layers::kinds>>
struct layers_fault;
template <class Layers, std::size_t... Kind>
struct layers_fault<Layers, std::index_sequence<Kind...>> {
  using type =
      typename first_fault<typename decltype(kind_fault<typename Layers::template kind<Kind>>::find())::type...>::type;
};

template <class F>
consteval bool encodes() {
  if constexpr (family_attends<F>) return is_encoder<F>;
  else return false;
}

template <class F, class Model>
consteval auto find_family_fault() {
  if constexpr (family_lacks<F> != family_member::none) {
    return std::type_identity<family_check<F>>{};
  } else if constexpr (encodes<F>()) {
    return std::type_identity<says_something<F, true>>{};
  } else {
    using parts = typename first_fault<
        unless<embedding_lacks<typename F::embedding> == embedding_member::none,
               embedding_check<typename F::embedding>>,
        unless<norm_lacks<typename F::last_norm> == norm_member::none, norm_check<typename F::last_norm>>,
        typename layers_fault<typename F::layer>::type>::type;
    if constexpr (!std::is_void_v<parts>) return std::type_identity<parts>{};
    else if constexpr (!family_attends<F>) return std::type_identity<family_check<F, family_member::attention>>{};
    else if constexpr (attends_alone<F> != 0) return std::type_identity<attends_one_way<F, true>>{};
    else if constexpr (!windows_look_back<F>(Model::shape)) return std::type_identity<window_looks_back<F, Model>>{};
    else if constexpr (!attends_as_asked<F>(Model::shape)) return std::type_identity<attention_reads_shape<F, Model>>{};
    else if constexpr (!shape_is_read<F>(Model::shape)) return std::type_identity<family_reads_shape<F, Model>>{};
    else return std::type_identity<void>{};
  }
}

}  // namespace detail

/// The class whose assertion names the first fault of a family for a model; void if there is none.
template <class Family, class Model>
using family_fault = typename decltype(detail::find_family_fault<Family, Model>())::type;

}  // namespace mote::inline v0
