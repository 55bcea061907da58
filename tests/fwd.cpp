// SPDX-License-Identifier: BSL-1.0
// The names come first, then what a header of an application would do with them, then the bodies: a name that does not
// agree with its definition (kind, parameters, underlying type) is an error or, under Clang, a warning of its own.
#include "mote/fwd.hpp"

namespace {

/// What fwd.hpp is for: everything here is only mentioned.
struct application {
  const mote::shape* shape;
  const mote::footprint* cost;
  mote::isa instructions;
  mote::item_id newest;
  mote::verdict last;
  mote::role role;
  mote::container_kind kind;
  mote::payload_check depth;
  const mote::early_stop<3>* watch;
  const mote::weights<mote::q8<4, 32>, mote::llama>* weights;
  const mote::arena_plan<13>* plan;
  const mote::arena_guard<13>* guard;
  mote::learned (*teach)(const mote::example&);
};

template <class... Policies>
struct names {};
using policies = names<mote::quantize<8, 32>, mote::interleave<4>, mote::context<64>, mote::cache<32>, mote::frozen,
                       mote::no_recall, mote::greedy, mote::unchecked, mote::board_interleave, mote::trained_context,
                       mote::prefill<4>, mote::one_by_one, mote::single_thread, mote::no_draft, mote::k_quant<4>,
                       mote::kivi<4, 64>, mote::mixed<mote::quantize<8, 32>>, mote::ngram<1024, 4, 8>,
                       mote::lookup<3, 8>, mote::first_of<mote::lookup<3, 8>, mote::ngram<1024, 4, 8>>>;
using slots = names<mote::slots::weights, mote::slots::interleave, mote::slots::context, mote::slots::cache,
                    mote::slots::learning, mote::slots::recall, mote::slots::decoding, mote::slots::fit,
                    mote::slots::constraint, mote::slots::stopping, mote::slots::confidence, mote::slots::drafting,
                    mote::slots::prefill, mote::slots::overflow, mote::slots::threads>;

}  // namespace

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/mote.hpp"

namespace {

struct some_model {
  static constexpr std::string_view name = "some_model";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 29, .context = 64};
  static constexpr std::size_t vocabulary_bytes = 600;
  static constexpr mote::special_tokens special_tokens{};
};

using named =
    mote::basic_pipeline<some_model, mote::q8<4, 32>, 64, mote::unchecked, mote::cache<32>, mote::frozen,
                         mote::no_recall, mote::greedy, mote::unconstrained, mote::no_stop_text, mote::no_confidence,
                         mote::no_draft, mote::one_by_one, mote::ends_when_full, mote::single_thread>;

template <class... P>
constexpr bool all_policies(names<P...>) {
  return (mote::policy<P> && ...);
}
template <class... S>
constexpr bool all_complete(names<S...>) {
  return ((sizeof(S) > 0) && ...);
}

template <class T>
constexpr std::size_t width_of = sizeof(std::underlying_type_t<T>);

}  // namespace

TEST_CASE("fwd: the names are those of the definitions", "[fwd]") {
  STATIC_REQUIRE(std::is_same_v<named, mote::pipeline<some_model, mote::interleave<4>>>);
  STATIC_REQUIRE(all_policies(policies{}));
  STATIC_REQUIRE(all_complete(slots{}));
  STATIC_REQUIRE(width_of<mote::isa> == 1);
  STATIC_REQUIRE(width_of<mote::item_id> == 4);
  STATIC_REQUIRE(width_of<mote::container_kind> == 2);
  STATIC_REQUIRE(std::is_same_v<decltype(application::teach), mote::learned (*)(const mote::example&)>);

  static constexpr mote::shape s = some_model::shape;
  application a{};
  a.shape = &s;
  CHECK(a.shape->kv_dim() == 16);  // two heads of eight
}
