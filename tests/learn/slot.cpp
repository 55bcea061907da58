// SPDX-License-Identifier: BSL-1.0
// A learning policy of a user's own, its state and its collector: the absence of every single member is named by that
// member.
#include "mote/learn/slot.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <utility>

#include "mote/learn/zeroth_order.hpp"
#include "mote/pipeline.hpp"

namespace {

using mote::learning_member;
using mote::role;
using mote::vector_role;

struct little {
  static constexpr std::string_view name = "little";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 2, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 128};
  static constexpr std::size_t vocabulary_bytes = 6000;
  static constexpr mote::special_tokens special_tokens{};
};
using format = mote::f32<1>;

struct nothing {};
template <bool There, class Member>
using when = std::conditional_t<There, Member, nothing>;
struct says_learns {
  static constexpr bool learns = true;
};
template <bool Owns>
struct says_owns_weights {
  static constexpr bool owns_weights = Owns;
};
struct says_tokens {
  static constexpr std::size_t tokens = 32;
};
struct says_chunk {
  static constexpr std::size_t chunk = 8;
};
struct says_batch {
  static constexpr std::size_t batch = 1;
};
struct says_parameter_floats {
  static constexpr std::size_t parameter_floats = 16;
};
struct says_optimizer_floats {
  static constexpr std::size_t optimizer_floats = 0;
};

template <learning_member But>
struct collector_but {
  using m = learning_member;
  static void apply(std::size_t, role, const float*, float*) {}
  static void backward(std::size_t, role, const float*, std::size_t, std::size_t, const float*, std::size_t, float*,
                       std::size_t)
    requires(But != m::backward)
  {}
  static float* vector_gradient(std::size_t, vector_role)
    requires(But != m::vector_gradient)
  {
    return nullptr;
  }
  static void embedding_backward(std::size_t, const float*)
    requires(But != m::embedding_backward)
  {}
  static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t)
    requires(But != m::head_backward)
  {}
};
template <learning_member But, bool Owns>
struct state_but : when<But != learning_member::parameter_floats, says_parameter_floats>,
                   when<But != learning_member::optimizer_floats, says_optimizer_floats> {
  using m = learning_member;
  static constexpr std::uint64_t fingerprint()
    requires(But != m::fingerprint)
  {
    return 1;
  }
  static collector_but<But> adapter()
    requires(But != m::adapter)
  {
    return {};
  }
  static void reset()
    requires(But != m::reset && !Owns)
  {}
  static void reset(const std::byte*)
    requires(But != m::reset && Owns)
  {}
  static bool step()
    requires(But != m::step)
  {
    return true;
  }
  static bool has_effect(const float*, const std::byte*)
    requires(But != m::has_effect)
  {
    return true;
  }
  const float* parameters() const
    requires(But != m::parameters)
  {
    return floats;
  }
  static void restore(const float*)
    requires(But != m::restore)
  {}
  static const std::byte* bytes()
    requires(But != m::bytes && Owns)
  {
    return nullptr;
  }
  static collector_but<But> collector()
    requires(But != m::collector)
  {
    return {};
  }
  static collector_but<But> trial()
    requires(But != m::trial)
  {
    return {};
  }
  static void begin_trials()
    requires(But != m::begin_trials)
  {}
  static bool next_trial(float&)
    requires(But != m::next_trial)
  {
    return false;
  }
  alignas(64) float floats[16];
};
template <learning_member But, bool Owns>
struct has_state {
  template <class Model, class Format>
  using state = state_but<But, Owns>;
};
template <learning_member But, bool Owns, class Schedule>
struct policy_but : when<But != learning_member::learns, says_learns>,
                    when<But != learning_member::owns_weights, says_owns_weights<Owns>>,
                    when<But != learning_member::tokens, says_tokens>,
                    when<But != learning_member::chunk, says_chunk>,
                    when<But != learning_member::batch, says_batch>,
                    when<But != learning_member::state, has_state<But, Owns>> {
  using slot = mote::slots::learning;
  using schedule = Schedule;
};

template <bool Owns, class Schedule, learning_member... Unasked>
consteval bool names_each() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    constexpr auto holds = []<learning_member M>() {
      constexpr bool asked = ((M != Unasked) && ...);
      return mote::learning_lacks<policy_but<M, Owns, Schedule>, little, format> == (asked ? M : learning_member::none);
    };
    return (holds.template operator()<static_cast<learning_member>(I)>() && ...);
  }(std::make_index_sequence<static_cast<std::size_t>(learning_member::next_trial) + 1>{});
}

}  // namespace

TEST_CASE("a learning policy that lacks a member is told which") {
  using m = learning_member;
  STATIC_CHECK(names_each<true, mote::zeroth_order<>>());
  STATIC_CHECK(names_each<false, mote::zeroth_order<>, m::bytes>());
  STATIC_CHECK(names_each<true, mote::backpropagation, m::trial, m::begin_trials, m::next_trial>());
  STATIC_CHECK(names_each<false, mote::backpropagation, m::bytes, m::trial, m::begin_trials, m::next_trial>());
}

TEST_CASE("a learning policy's own schedule is asked for before its state") {
  using mote::learner_place;
  STATIC_CHECK(mote::can_compose<little, policy_but<learning_member::none, false, mote::backpropagation>>);
  STATIC_CHECK_FALSE(mote::can_compose<little, policy_but<learning_member::none, false, mote::sgd<>>>);
  STATIC_CHECK_FALSE(mote::can_compose<little, policy_but<learning_member::none, false, nothing>>);
  using found =
      decltype(mote::detail::learning_gap<policy_but<learning_member::none, false, mote::sgd<>>, little, format>());
  STATIC_CHECK(std::is_same_v<found::type, mote::place_check<learner_place::schedule, mote::sgd<>>>);
}
