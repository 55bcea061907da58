// SPDX-License-Identifier: BSL-1.0
// A learner's three answers: the absence of every single member is named by that member, and what stands in a wrong place
// by that place.
#include "mote/learn/answers.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <utility>

#include "mote/learn/full.hpp"
#include "mote/learn/ia3.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/lora.hpp"
#include "mote/learn/zeroth_order.hpp"
#include "mote/pipeline.hpp"

namespace {

using mote::delta_member;
using mote::learner_place;
using mote::optimizer_member;
using mote::role;
using mote::schedule_member;
using mote::vector_role;

struct little {
  static constexpr std::string_view name = "little";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 2, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 128};
  static constexpr std::size_t vocabulary_bytes = 6000;
  static constexpr mote::special_tokens special_tokens{};
};

// Each of these has every member but one.
template <delta_member But>
struct view_but {
  float *parameters, *gradients;
  using m = delta_member;
  static void apply(std::size_t, role, const float*, float*)
    requires(But != m::apply)
  {}
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
  static bool scales(std::size_t, role)
    requires(But != m::scales)
  {
    return false;
  }
  static void output_backward(std::size_t, role, const float*, float*, std::size_t, std::size_t)
    requires(But != m::output_backward)
  {}
  template <class F>
  void each(F f) const
    requires(But != m::each)
  {
    f(std::size_t{0}, std::size_t{16});
  }
};
template <delta_member But = delta_member::none>
struct delta_but {
  using m = delta_member;
  template <class>
  static constexpr std::size_t floats(const mote::shape&)
    requires(But != m::floats)
  {
    return 16;
  }
  template <class, mote::shape>
  static view_but<But> over(float* parameters, float* gradients)
    requires(But != m::over)
  {
    return {parameters, gradients};
  }
  template <class>
  static constexpr std::uint64_t fingerprint()
    requires(But != m::fingerprint)
  {
    return 1;
  }
};

struct says_goes_back {
  static constexpr bool goes_back = false;
};
struct says_nothing {};
template <schedule_member But>
struct trials_but {
  template <class View>
  void begin(const View&, const float*, float*)
    requires(But != schedule_member::begin)
  {}
  template <class View>
  bool next(const View&, const float*, float*, float&)
    requires(But != schedule_member::next)
  {
    return false;
  }
};
template <schedule_member But>
struct has_trials {
  template <std::size_t>
  struct state : trials_but<But> {};
};
template <schedule_member But = schedule_member::none>
struct schedule_but : std::conditional_t<But == schedule_member::goes_back, says_nothing, says_goes_back>,
                      std::conditional_t<But == schedule_member::state, says_nothing, has_trials<But>> {
  static constexpr std::size_t first_layer(const mote::shape& s)
    requires(But != schedule_member::first_layer)
  {
    return But == schedule_member::learning_layers ? s.layers : 0;
  }
};

struct has_rate {
  float rate = 0;
};
template <bool InRange>
struct has_first_rate {
  static constexpr float first_rate = InRange ? 1.0F : 11.0F;
};
template <bool Sound>
struct has_sound_knobs {
  static constexpr bool knobs_are_sound = Sound;
};
template <optimizer_member But = optimizer_member::none>
struct optimizer_but : std::conditional_t<But == optimizer_member::rate, says_nothing, has_rate>,
                       has_first_rate<But != optimizer_member::first_rate>,
                       has_sound_knobs<But != optimizer_member::knobs_are_sound> {
  using m = optimizer_member;
  static constexpr std::size_t state_floats(std::size_t)
    requires(But != m::state_floats)
  {
    return 0;
  }
  void reset()
    requires(But != m::reset)
  {}
  bool step(float*, float*, float*, std::size_t)
    requires(But != m::step)
  {
    return true;
  }
};

/// Whether holds<I> is true for each I in [0, Last].
template <class Member, Member Last, class Holds>
consteval bool for_every(Holds holds) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (holds.template operator()<static_cast<Member>(I)>() && ...);
  }(std::make_index_sequence<static_cast<std::size_t>(Last) + 1>{});
}

template <class Delta, class Optimizer = mote::adam<>, class Schedule = mote::backpropagation>
using fault = mote::answers_fault<Delta, Optimizer, Schedule, little>;

}  // namespace

TEST_CASE("a delta that lacks a member is told which") {
  STATIC_CHECK(for_every<delta_member, delta_member::each>([]<delta_member M>() {
    using schedule = std::conditional_t<M == delta_member::each, mote::zeroth_order<>, mote::backpropagation>;
    using said = std::conditional_t<M == delta_member::none, void, mote::delta_check<M, delta_but<M>>>;
    return mote::delta_lacks < delta_but<M>, little,
           M != delta_member::each > == M && std::is_same_v<fault<delta_but<M>, mote::adam<>, schedule>, said> &&
               mote::can_compose<little, mote::learner<delta_but<M>, mote::adam<>, schedule>> ==
                   (M == delta_member::none);
  }));
  STATIC_CHECK(std::is_void_v<fault<delta_but<delta_member::each>>>);  // asked for by a schedule that does not go back
  STATIC_CHECK(mote::delta_lacks<says_nothing, little> == delta_member::floats);
  STATIC_CHECK(mote::delta_lacks<int, little> == delta_member::floats);
}

TEST_CASE("a schedule that lacks a member is told which") {
  STATIC_CHECK(for_every<schedule_member, schedule_member::next>([]<schedule_member M>() {
    using said = std::conditional_t<M == schedule_member::none, void, mote::schedule_check<M, schedule_but<M>>>;
    return std::is_same_v<fault<delta_but<>, mote::adam<>, schedule_but<M>>, said> &&
           mote::can_compose<little, mote::learner<delta_but<>, mote::adam<>, schedule_but<M>>> ==
               (M == schedule_member::none);
  }));
}

TEST_CASE("an optimizer that lacks a member is told which") {
  STATIC_CHECK(for_every<optimizer_member, optimizer_member::step>([]<optimizer_member M>() {
    using optimizer = optimizer_but<M>;
    using said = std::conditional_t<M == optimizer_member::none, void, mote::optimizer_check<optimizer>>;
    using full = mote::full<mote::full_knobs{.tokens = 32}, optimizer>;
    return mote::optimizer_lacks<optimizer> == M && std::is_same_v<fault<delta_but<>, optimizer>, said> &&
           mote::can_compose<little, mote::learner<delta_but<>, optimizer>> == (M == optimizer_member::none) &&
           mote::can_compose<little, mote::quantize<32>, full> == (M == optimizer_member::none);
  }));
}

namespace {

// What might stand in a place: ours, a user's, and one that lacks a member.
template <learner_place Place, class... Found>
consteval bool is_misplaced() {
  return (
      std::is_same_v<std::conditional_t<Place == learner_place::delta, fault<Found>,
                                        std::conditional_t<Place == learner_place::optimizer, fault<delta_but<>, Found>,
                                                           fault<delta_but<>, mote::adam<>, Found>>>,
                     mote::place_check<Place, Found>> &&
      ...);
}
using a_delta = mote::ia3_delta<mote::only(role::up)>;
using a_broken_delta = delta_but<delta_member::over>;
using a_broken_optimizer = optimizer_but<optimizer_member::state_floats>;
using a_broken_schedule = schedule_but<schedule_member::state>;

}  // namespace

TEST_CASE("what stands in the place of another answer is told so") {
  STATIC_CHECK(is_misplaced<learner_place::delta, mote::adam<>, mote::sgd<>, optimizer_but<>, a_broken_optimizer,
                            mote::backpropagation, mote::last_layers<1>, mote::zeroth_order<>, schedule_but<>,
                            a_broken_schedule, mote::lora<4>, mote::ia3<>, mote::full<>, mote::frozen, mote::greedy>());
  STATIC_CHECK(
      is_misplaced<learner_place::optimizer, a_delta, mote::low_rank_delta<4, 2.0F, mote::all_matrices, 1>, delta_but<>,
                   a_broken_delta, mote::backpropagation, mote::last_layers<1>, mote::zeroth_order<>, schedule_but<>,
                   a_broken_schedule, mote::lora<4>, mote::ia3<>, mote::full<>, mote::frozen, mote::greedy>());
  STATIC_CHECK(is_misplaced<learner_place::schedule, a_delta, mote::low_rank_delta<4, 2.0F, mote::all_matrices, 1>,
                            delta_but<>, a_broken_delta, mote::adam<>, mote::sgd<>, optimizer_but<>, a_broken_optimizer,
                            mote::lora<4>, mote::ia3<>, mote::full<>, mote::frozen, mote::greedy>());
  // Of lora<>, ia3<> and full<> as well; a search hears false, and no error.
  using mote::can_compose;
  STATIC_CHECK(can_compose<little, mote::lora<4>>);
  STATIC_CHECK_FALSE(can_compose<little, mote::lora<4, mote::lora_knobs{}, mote::last_layers<1>>>);
  STATIC_CHECK_FALSE(can_compose<little, mote::lora<4, mote::lora_knobs{}, mote::last_layers<1>, mote::adam<>>>);
  STATIC_CHECK_FALSE(can_compose<little, mote::ia3<mote::ia3_knobs{}, mote::adam<>, mote::sgd<>>>);
  using weights = mote::quantize<32>;
  STATIC_CHECK(can_compose<little, weights, mote::full<>>);
  STATIC_CHECK_FALSE(can_compose<little, weights, mote::full<mote::full_knobs{}, a_delta>>);
  STATIC_CHECK_FALSE(can_compose<little, weights, mote::full<mote::full_knobs{}, mote::adam<>, mote::sgd<>>>);
  STATIC_CHECK_FALSE(can_compose<little, weights, mote::full<mote::full_knobs{}, mote::adam<>, mote::zeroth_order<>>>);
}

TEST_CASE("what is none of the three is told what its place asks for first") {
  STATIC_CHECK(std::is_same_v<fault<says_nothing>, mote::delta_check<delta_member::floats, says_nothing>>);
  STATIC_CHECK(std::is_same_v<fault<int>, mote::delta_check<delta_member::floats, int>>);
  STATIC_CHECK(std::is_same_v<fault<a_delta, says_nothing>, mote::optimizer_check<says_nothing>>);
  STATIC_CHECK(std::is_same_v<fault<a_delta, mote::adam<>, says_nothing>,
                              mote::schedule_check<schedule_member::goes_back, says_nothing>>);
}
