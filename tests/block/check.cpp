// SPDX-License-Identifier: BSL-1.0
// What a family and a block lack is named, member by member.
#include "mote/block/check.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/family/gpt2.hpp"
#include "mote/family/llama.hpp"
#include "mote/family/qwen.hpp"

namespace {

using mote::block_member;
using mote::embedding_member;
using mote::family_member;
using mote::norm_member;

struct nothing {};
struct named_only {
  static constexpr std::string_view name = "named";
};
struct embeds : named_only {
  using embedding = mote::token_embedding;
};
struct layered_wrongly : embeds {
  using layer = mote::rotary_attention;  // a block, not a list of them
};
struct layered : embeds {
  using layer = mote::llama::layer;
};
struct whole : layered {
  using last_norm = mote::llama::last_norm;
};

struct with_operations {
  static constexpr int operations = 1;
};
struct with_reads : with_operations {
  static constexpr int reads_until = 0;
};
struct with_keeps : with_reads {
  static constexpr bool keeps = false;
};
struct with_phases : with_keeps {
  static constexpr int phases = 1;
};
struct with_there : with_phases {
  template <int>
  using forward_buffers = mote::lives<>;
};
struct with_back : with_there {
  template <class>
  using backward_buffers = mote::lives<>;
};
struct with_forward : with_back {
  template <int, class Pass>
  static void forward(Pass&, const float*, float*) {}
};
struct with_backward : with_forward {
  template <std::size_t, class Pass>
  static void backward(Pass&, const float*, const float*, float*) {}
};

struct embeds_positions {
  static constexpr bool positions = false;
};
struct embeds_buffers : embeds_positions {
  template <int>
  using forward_buffers = mote::lives<>;
};
struct embeds_there : embeds_buffers {
  template <class Pass>
  static void forward(const Pass&, std::size_t, std::size_t, float*) {}
};
struct norms_there {
  template <class Pass>
  static void forward(const Pass&, const float*, float*) {}
};

template <class Layer>
struct family_of_layers : embeds {
  using layer = Layer;
  using last_norm = mote::llama::last_norm;
};
struct model {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
};
struct windowed_model {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512, .window = 64};
};
using mote::vector_role;
using norm = mote::rms_norm_block<vector_role::ffn_norm>;
using attends = mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>;
template <int Phases>
struct in_phases : with_backward {
  static constexpr int phases = Phases;
};
template <class Layer, class Model = model>
using fault_of = mote::family_fault<family_of_layers<Layer>, Model>;

}  // namespace

TEST_CASE("a family's first missing member is named", "[block]") {
  STATIC_CHECK(mote::family_lacks<nothing> == family_member::name);
  STATIC_CHECK(mote::family_lacks<named_only> == family_member::embedding);
  STATIC_CHECK(mote::family_lacks<embeds> == family_member::layer);
  STATIC_CHECK(mote::family_lacks<layered_wrongly> == family_member::layer);
  STATIC_CHECK(mote::family_lacks<layered> == family_member::last_norm);
  STATIC_CHECK(mote::family_lacks<whole> == family_member::none);
}

TEST_CASE("the first missing member of a block, an embedding and a norm is named", "[block]") {
  STATIC_CHECK(mote::block_lacks<nothing> == block_member::operations);
  STATIC_CHECK(mote::block_lacks<with_operations> == block_member::reads_until);
  STATIC_CHECK(mote::block_lacks<with_reads> == block_member::keeps);
  STATIC_CHECK(mote::block_lacks<with_keeps> == block_member::phases);
  STATIC_CHECK(mote::block_lacks<with_phases> == block_member::forward_buffers);
  STATIC_CHECK(mote::block_lacks<with_there> == block_member::backward_buffers);
  STATIC_CHECK(mote::block_lacks<with_back> == block_member::forward);
  STATIC_CHECK(mote::block_lacks<with_forward> == block_member::backward);
  STATIC_CHECK(mote::block_lacks<with_backward> == block_member::none);

  STATIC_CHECK(mote::embedding_lacks<nothing> == embedding_member::positions);
  STATIC_CHECK(mote::embedding_lacks<embeds_positions> == embedding_member::forward_buffers);
  STATIC_CHECK(mote::embedding_lacks<embeds_buffers> == embedding_member::forward);
  STATIC_CHECK(mote::embedding_lacks<embeds_there> == embedding_member::backward);
  STATIC_CHECK(mote::embedding_lacks<mote::token_and_position_embedding> == embedding_member::none);
  STATIC_CHECK(mote::norm_lacks<nothing> == norm_member::forward);
  STATIC_CHECK(mote::norm_lacks<norms_there> == norm_member::backward);
  STATIC_CHECK(mote::norm_lacks<norm> == norm_member::none);
}

TEST_CASE("a family has one fault, the first, and ours have none", "[block]") {
  STATIC_CHECK(std::is_void_v<mote::family_fault<mote::llama, model>>);
  STATIC_CHECK(std::is_void_v<mote::family_fault<mote::gpt2, model>>);
  STATIC_CHECK(std::is_void_v<mote::family_fault<mote::qwen2, model>>);
  STATIC_CHECK(std::is_void_v<mote::family_fault<mote::qwen3, model>>);

  using mote::cycle;
  using mote::in_sequence;
  using mote::residual;
  STATIC_CHECK(std::is_same_v<fault_of<in_sequence<residual<norm, with_forward>>>, mote::block_check<with_forward>>);
  STATIC_CHECK(
      std::is_same_v<fault_of<in_sequence<residual<norms_there, with_forward>>>, mote::norm_check<norms_there>>);
  // Of the second kind of layer, too.
  STATIC_CHECK(std::is_same_v<fault_of<cycle<in_sequence<attends>, in_sequence<residual<norm, with_forward>>>>,
                              mote::block_check<with_forward>>);
  STATIC_CHECK(std::is_same_v<fault_of<in_sequence<with_backward>>,
                              mote::block_check<with_backward, block_member::in_residual>>);
  using twice = in_sequence<attends, attends>;
  STATIC_CHECK(std::is_same_v<fault_of<twice>, mote::attends_once<twice, 2>>);
  using same_names = in_sequence<residual<norm, mote::gated_feed_forward<>>, residual<norm, with_backward>>;
  STATIC_CHECK(std::is_same_v<fault_of<same_names>, mote::names_tensors_once<same_names>>);
  STATIC_CHECK(!std::is_void_v<fault_of<in_sequence<attends>, windowed_model>>);
  STATIC_CHECK(std::is_void_v<fault_of<in_sequence<attends>>>);
  STATIC_CHECK(std::is_void_v<fault_of<in_sequence<attends, residual<norm, with_backward>>>>);
  STATIC_CHECK(std::is_void_v<fault_of<cycle<in_sequence<attends>, in_sequence<residual<norm, with_backward>>>>>);

  // No layer attends; a layer has nothing in it.
  using silent = in_sequence<residual<norm, with_backward>>;
  STATIC_CHECK(
      std::is_same_v<fault_of<silent>, mote::family_check<family_of_layers<silent>, family_member::attention>>);
  STATIC_CHECK(std::is_same_v<fault_of<in_sequence<>>,
                              mote::family_check<family_of_layers<in_sequence<>>, family_member::blocks>>);
  STATIC_CHECK(
      std::is_same_v<
          fault_of<cycle<in_sequence<attends>, in_sequence<>>>,
          mote::family_check<family_of_layers<cycle<in_sequence<attends>, in_sequence<>>>, family_member::blocks>>);

  // As many phases as a plan holds, and one more.
  using most = in_sequence<attends, residual<norm, in_phases<27 - attends::phases>>>;
  using more = in_sequence<attends, residual<norm, in_phases<28 - attends::phases>>>;
  STATIC_CHECK(std::is_void_v<fault_of<most>>);
  STATIC_CHECK(std::is_same_v<fault_of<more>, mote::is_planned<more, more::operations, 28>>);
}
