// SPDX-License-Identifier: BSL-1.0
// A learning policy of three parts: what changes (Delta), by which rule (Optimizer), how the pass runs (Schedule).
//   struct delta {
//     class view;  // what the passes call: a delta_view (block/delta.hpp); may depend on the family
//     template <class Family> static constexpr std::size_t floats(const shape&);  // a multiple of 16
//     template <class Family, shape S> static view over(float* parameters, float* gradients);
//     template <class Family> static constexpr std::uint64_t fingerprint();       // a snapshot must have the same
//   };
// A schedule without a backward pass needs `each(f) const` of the view: it calls f(offset, n) for each run of trained
// floats, always in the same order and without padding. Padding gets no gradient and stays zero.
// By default all floats of a delta start at zero, and a delta of zeros changes no answer. A delta with another start
// has a static reset(view), and its view a has_effect().
// A delta that owns the first positions of a sequence also has `positions` (prefixing_delta), and `lead` if tokens run
// at these positions (prompting_delta).
// Refuses to replace the model's weights: full<> does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/block/delta.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/answers.hpp"
#include "mote/learn/learner_knobs.hpp"
#include "mote/learn/schedule.hpp"
#include "mote/learn/trained_floats.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// The check of a delta's size: an optimizer moves sixteen floats at a time.
template <std::size_t Floats>
struct delta_floats {
  static_assert(
      Floats != 0,
      "mote: a learner has nothing to learn; set its targets to matrices of the model's family, as in only(role::value) [mote-delta-empty]");
  static_assert(
      Floats % 16 == 0,
      "mote: a delta's floats are a multiple of 16; round what floats() gives up with mote::padded() [mote-delta-floats]");
};

/// The check of a delta that owns the first positions: its gradient comes through every layer.
template <std::size_t FirstLayer>
struct front_learns_through_all {
  static_assert(
      FirstLayer == 0,
      "mote: what stands in front of a prompt learns through every layer; use backpropagation or zeroth_order<> with it, not last_layers<> [mote-front-schedule]");
};

template <class Delta, class Optimizer = adam<>, class Schedule = backpropagation,
          learner_knobs Knobs = learner_knobs{}>
struct learner {
  using slot = slots::learning;
  using delta = Delta;
  using optimizer = Optimizer;
  using schedule = Schedule;
  static constexpr std::size_t positions = detail::positions_of<Delta>();
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = Knobs.tokens;
  static constexpr std::size_t batch = Knobs.batch;
  static constexpr std::size_t chunk = Knobs.tokens_at_a_time();
  static constexpr bool takes_turns = Knobs.takes_turns;

  template <class Model>
  static constexpr std::size_t floats_of =
      Delta::template floats<family_of<Model>>(from_layer(Model::shape, Schedule::first_layer(Model::shape)));
  template <class Model>
  static consteval auto find_fault() {
    using of_answers = answers_fault<Delta, Optimizer, Schedule, Model>;
    if constexpr (!Knobs.are_sound()) return std::type_identity<learner_knobs_fault<Knobs>>{};
    else if constexpr (!std::is_void_v<of_answers>) return std::type_identity<of_answers>{};
    else if constexpr (positions != 0 && Schedule::first_layer(Model::shape) != 0)
      return std::type_identity<front_learns_through_all<Schedule::first_layer(Model::shape)>>{};
    else
      return std::type_identity<
          unless<floats_of<Model> != 0 && floats_of<Model> % 16 == 0, delta_floats<floats_of<Model>>>>{};
  }
  template <class Chosen>
  using fault = typename decltype(find_fault<typename Chosen::model_type>())::type;

  /// The state for one model: parameters, gradients, optimizer, schedule.
  template <class Model, class Format>
  class state : public trained_floats<optimizer, floats_of<Model>> {
   public:
    using family = family_of<Model>;
    static constexpr std::size_t first_layer = Schedule::first_layer(Model::shape);
    static constexpr shape s = from_layer(Model::shape, first_layer);  // the layers that learn
    using floats = trained_floats<optimizer, floats_of<Model>>;

    /// The view that the decoder applies, and the one that collects gradients.
    auto adapter() const {
      return seen(const_cast<float*>(this->parameters_), nullptr);
    }  // const_cast: only its const apply() is called
    auto collector() { return seen(this->parameters_, this->gradients_); }

    /// Starts again: the pipeline answers as if nothing had been learned.
    void reset() {
      const auto all = view(this->parameters_);
      if constexpr (requires { Delta::reset(all); }) Delta::reset(all);
      else
        for (float& p : this->parameters_) p = 0;
      this->forget();
      schedule_ = {};
    }
    void restore(const float* parameters) {
      floats::restore(parameters);
      schedule_ = {};
    }
    void drop() {
      floats::drop();
      if constexpr (requires { schedule_.drop(); }) schedule_.drop();
    }

    /// Whether these parameters would change an answer.
    static bool has_effect(const float* parameters, const std::byte*) {
      const auto all = view(const_cast<float*>(parameters));
      if constexpr (requires { all.has_effect(); }) return all.has_effect();
      bool found = false;
      for (std::size_t i = 0; i < floats::parameter_floats; ++i) found = found || parameters[i] != 0.0F;
      return found;
    }
    /// Identifies what the parameters are: a snapshot must have the same value.
    static constexpr std::uint64_t fingerprint() {
      constexpr std::uint64_t of_delta = Delta::template fingerprint<family>();
      if constexpr (first_layer == 0) return of_delta;
      else return v0::fingerprint{}.add(of_delta).add(first_layer).value();
    }

    // A schedule without a backward pass tries moved parameters; they use the memory of the gradients.
    auto trial() { return seen(this->gradients_, nullptr); }
    void begin_trials() { schedule_.begin(view(this->parameters_), this->parameters_, this->gradients_); }
    /// Takes the loss of a trial; the last trial replaces it by the lesson's. True: another trial follows.
    bool next_trial(float& loss)
      requires(!Schedule::goes_back)
    {
      return schedule_.next(view(this->parameters_), this->parameters_, this->gradients_, loss);
    }

   private:
    static auto view(float* parameters, float* gradients = nullptr) {
      return Delta::template over<family, s>(parameters, gradients);
    }
    static auto seen(float* parameters, float* gradients) {
      if constexpr (first_layer == 0) return view(parameters, gradients);
      else return upper_layers{view(parameters, gradients), first_layer};
    }
    [[no_unique_address]] typename Schedule::template state<batch> schedule_;
  };
};

}  // namespace mote::inline v0
