// SPDX-License-Identifier: BSL-1.0
// The lesson in progress: its position, its plan of the arena, and how it runs in portions. The arena and `lesson`
// together are enough to continue it later.
// Refuses to tokenize: the pipeline passes the encoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "mote/block/train.hpp"
#include "mote/learn/example.hpp"
#include "mote/learn/schedule.hpp"

namespace mote::inline v0 {

struct lesson {
  train_progress pass;
  std::uint32_t tokens = 0;  ///< of the learner's first positions and the example; 0: no lesson is open
  std::uint32_t answer = 0;  ///< index of the answer's first token
  bool gradient = false;     ///< false: only the loss is computed
  bool unfinished = false;   ///< true from begin() to the end of the lesson, also after an interruption

  /// Opens the lesson of an example that follows `front` tokens of the learner's own.
  void begin(const example_tokens& made, std::size_t front, bool wants_gradient) {
    *this = {};
    tokens = made.tokens == 0 ? 0 : static_cast<std::uint32_t>(front + made.tokens);
    answer = static_cast<std::uint32_t>(front + made.answer);
    gradient = wants_gradient;
    unfinished = made.tokens != 0;
  }
};

/// The arena plan of a lesson, and the offset at which an answer's memory begins: 0 unless both take turns.
template <class Family, class Formats, shape S, std::size_t Tokens, std::size_t Chunk, way_back Way, bool TakesTurns,
          std::size_t AnswerBytes>
inline constexpr auto lesson_plan = [] {
  constexpr auto lives = train_lifetimes<Family, Formats>(S, Tokens, Chunk, Way);
  if constexpr (TakesTurns) return plan_beside(lives, AnswerBytes);
  else return shared_plan<decltype(plan_arena(lives))>{plan_arena(lives), 0};
}();

/// The constants that all lessons of a pipeline type share.
template <class Family>
struct lesson_facts {
  const shape& s;
  const typename train_buffers<Family>::plan_type& plan;
  const std::uint64_t* frequencies;
  std::size_t tokens, chunk, batch, first_layer;
};

/// Runs at most `budget` units of a lesson. A unit is one token: forward through one block of a layer, backward through
/// one phase of a layer, or its loss. Pipelines of one family, format and kind of delta share this code.
template <class Isa, bool GoesBack, class Family, class Formats, class View, class Token>
MOTE_NOINLINE learned advance_lesson(const lesson_facts<Family>& f, std::byte* arena, const weights<Formats, Family>& w,
                                     View& delta, const Token* tokens, lesson& l, std::size_t budget) {
  const train_buffers<Family> buffers{arena, f.plan};
  sequence_pass<Family, Isa, Formats, View, GoesBack> pass(f.s, w, delta, f.frequencies, buffers, f.tokens, f.chunk,
                                                           f.first_layer);
  const std::size_t batch = l.gradient ? f.batch : 1;
  const std::span<const Token> all(tokens, l.tokens);
  const float share = 1.0F / static_cast<float>(batch);
  const next_tokens<Token> next{all, 1.0F / static_cast<float>(l.tokens - l.answer) * share};
  pass.resume(l.pass);
  while (budget > 0 && pass.progress().stage != train_progress::done)
    budget -= pass.advance(all, l.answer - 1, next, l.gradient, budget);
  l.pass = pass.progress();
  if (l.pass.stage != train_progress::done) return {.tokens = l.tokens, .done = false};
  const float loss = l.pass.sum / share;
  return {.state = is_finite(loss) ? status::ok : status::not_finite, .loss = loss, .tokens = l.tokens};
}

/// The learning part of a pipeline: the policy's state, the tokens of the current example, and the lesson in progress.
template <class Family, class Isa, class Formats, class Learning, class Model, class Token, std::size_t AnswerBytes>
class lessons : public Learning::template state<Model, Formats> {
  using state_type = typename Learning::template state<Model, Formats>;
  using schedule = typename detail::schedule_of<Learning>::type;
  static constexpr const shape& s = Model::shape;
  static constexpr std::size_t first_layer = schedule::first_layer(s);
  static constexpr bool scales = detail::scales_outputs<state_type>();
  static constexpr std::size_t prefix = detail::prefix_of<Learning>();
  static constexpr std::size_t leading = detail::positions_of<Learning>() - prefix;  // positions that have tokens
  static constexpr const auto& plan = lesson_plan<
      Family, Formats, s, leading + Learning::tokens, Learning::chunk,
      way_back{.first_layer = first_layer, .any = schedule::goes_back, .prefix = prefix, .scales_outputs = scales},
      detail::takes_turns<Learning>(), AnswerBytes>;

 public:
  static constexpr std::size_t arena_bytes = plan.plan.bytes > AnswerBytes ? plan.plan.bytes : AnswerBytes;
  static constexpr std::size_t answer_offset = plan.answer;

  /// Closes the open lesson and its batch: the parameters were replaced.
  void restart_lessons() {
    lesson_ = {};
    examples_in_batch_ = 0;
  }
  // These calls change the state, so they close the open lesson and its batch, which began from another one.
  template <class... Weights>
  void reset(Weights... weights)
    requires requires(state_type& state) { state.reset(weights...); }
  {
    state_type::reset(weights...);
    restart_lessons();
  }
  void restore(const float* parameters)
    requires requires(state_type& state) { state.restore(parameters); }
  {
    state_type::restore(parameters);
    restart_lessons();
  }
  void drop()
    requires requires(state_type& state) { state.drop(); }
  {
    state_type::drop();
    restart_lessons();
  }
  /// An answer takes the arena: closes the open lesson, unless the policy takes turns.
  void interrupt_lesson() {
    if constexpr (!detail::takes_turns<Learning>()) lesson_.tokens = 0;
  }
  template <class Encode>
  example_tokens open_lesson(const example& e, bool wants_gradient, Encode& encode) {
    // An unfinished lesson may have left part of its gradient among those of the batch: all of them are dropped.
    if (lesson_.unfinished) {
      if constexpr (requires { state_type::drop(); }) state_type::drop();
      examples_in_batch_ = 0;
    }
    put_leading(tokens_.data());
    const auto made =
        assemble_example<Token>(e, Model::special_tokens, encode, std::span<Token>(tokens_).subspan(leading));
    lesson_.begin(made, leading, wants_gradient);
    if constexpr (!schedule::goes_back)
      if (wants_gradient && made.state == status::ok) this->begin_trials();
    return made;
  }
  /// Writes the tokens of the learner's own first positions.
  static void put_leading(Token* tokens) {
    if constexpr (leading != 0) Learning::delta::lead(s.vocab, tokens);
  }
  bool lesson_is_open() const { return lesson_.tokens != 0; }

  learned lesson_step(std::byte* arena, const weights<Formats, Family>& w, std::size_t budget) {
    auto&& delta = collecting();
    learned result = advance_lesson<Isa, schedule::goes_back>(facts, arena, w, delta, tokens_.data(), lesson_, budget);
    result.tokens -= leading;
    if (!result.done) return result;
    if constexpr (!schedule::goes_back) {
      if (lesson_.gradient && is_finite(result.loss) && this->next_trial(result.loss)) {
        lesson_.pass = {};
        return {.tokens = result.tokens, .done = false};
      }
    }
    lesson_.tokens = 0;
    lesson_.unfinished = false;
    if (lesson_.gradient) finish_lesson<state_type>(*this, Learning::batch, examples_in_batch_, result);
    return result;
  }

 private:
  static constexpr lesson_facts<Family> facts{
      s,          plan.plan, rotary_table<Family, s>(), leading + Learning::tokens, Learning::chunk, Learning::batch,
      first_layer};
  decltype(auto) collecting() {
    if constexpr (schedule::goes_back) return this->collector();
    else return lesson_.gradient ? this->trial() : this->collector();
  }

  std::array<Token, leading + Learning::tokens> tokens_{};
  lesson lesson_;
  std::size_t examples_in_batch_ = 0;
};

/// For a policy that does not learn.
template <class Family, class Isa, class Formats, class Learning, class Model, class Token, std::size_t AnswerBytes>
  requires(!Learning::learns)
class lessons<Family, Isa, Formats, Learning, Model, Token, AnswerBytes>
    : public Learning::template state<Model, Formats> {
 public:
  static constexpr std::size_t arena_bytes = AnswerBytes;
  static constexpr std::size_t answer_offset = 0;
  static void interrupt_lesson() {}
};

}  // namespace mote::inline v0
