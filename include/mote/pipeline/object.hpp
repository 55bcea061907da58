// SPDX-License-Identifier: BSL-1.0
// basic_pipeline, the object that pipeline<> makes: it answers, remembers and learns. Each slot's policy is one part.
// Refuses unbounded work: step() runs one pass, learn() one example, learn_step() a portion of an example.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "mote/block/train.hpp"
#include "mote/budget/cost.hpp"
#include "mote/budget/part_room.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/constrained.hpp"
#include "mote/decode/drafts.hpp"
#include "mote/decode/picking.hpp"
#include "mote/decode/stopping_slot.hpp"
#include "mote/family/family_of.hpp"
#include "mote/learn/lesson.hpp"
#include "mote/learn/lora.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/pipeline/answer_state.hpp"
#include "mote/pipeline/chatting.hpp"
#include "mote/pipeline/choices.hpp"
#include "mote/pipeline/constants.hpp"
#include "mote/pipeline/forgetting.hpp"
#include "mote/pipeline/keeping.hpp"
#include "mote/pipeline/scoring.hpp"
#include "mote/pipeline/sessions.hpp"
#include "mote/pipeline/stopping.hpp"
#include "mote/pipeline/teaching.hpp"
#include "mote/pipeline/text_coder.hpp"
#include "mote/pipeline/weights_source.hpp"
#include "mote/recall/prompt.hpp"
#include "mote/recall/retriever.hpp"
#include "mote/store/snapshot.hpp"

namespace mote::inline v0 {

/// Policies: one for each of slots::of_the_object, in that order; the others have become Bound and Context. Bound: the
/// formats of the weights, or a streamed_formats.
template <class Model, class Bound, std::size_t Context, class... Policies>
class basic_pipeline : public chatting<basic_pipeline<Model, Bound, Context, Policies...>>,
                       public forgetting<basic_pipeline<Model, Bound, Context, Policies...>>,
                       public keeping<basic_pipeline<Model, Bound, Context, Policies...>>,
                       public scoring<basic_pipeline<Model, Bound, Context, Policies...>>,
                       public sessions<basic_pipeline<Model, Bound, Context, Policies...>> {
  using Fit = detail::policy_in<slots::fit, Policies...>;
  using Cache = detail::policy_in<slots::cache, Policies...>;
  using Learning = detail::policy_in<slots::learning, Policies...>;
  using Recall = detail::policy_in<slots::recall, Policies...>;
  using Decoding = detail::policy_in<slots::decoding, Policies...>;
  using Constraint = detail::policy_in<slots::constraint, Policies...>;
  using Confidence = detail::policy_in<slots::confidence, Policies...>;
  using Stopping = detail::policy_in<slots::stopping, Policies...>;
  using Drafting = detail::policy_in<slots::drafting, Policies...>;
  using Prefill = detail::policy_in<slots::prefill, Policies...>;
  using Overflow = detail::policy_in<slots::overflow, Policies...>;
  using Threads = detail::policy_in<slots::threads, Policies...>;

 public:
  using model_type = Model;
  using family = family_of<Model>;
  using format = formats_in<Bound>;
  using token = detail::token_of<Model::shape.vocab>;
  static constexpr const mote::shape& shape = Model::shape;
  static constexpr std::size_t context = Context;
  static constexpr bool learns = Learning::learns;
  static constexpr bool recalls = Recall::recalls;
  static constexpr bool copies = detail::constraint_copies<Constraint>;
  static constexpr bool constrains = !std::is_same_v<Constraint, unconstrained>;
  static constexpr bool measures = !std::is_same_v<Confidence, no_confidence>;
  static constexpr bool fuses = detail::picks_in_head<typename Decoding::template state<shape.vocab>>;
  /// The size of the image's file: what MOTE_EMBED_IMAGE compares.
  static constexpr std::size_t image_bytes =
      lay_image(detail::map_of<format, family, Model::shape>.bytes, Model::vocabulary_bytes).total_bytes;

  /// What a token reads where the weights are streamed<>, one token a pass; 0 where they are in memory.
  static constexpr std::uint64_t bytes_a_token =
      std::is_same_v<Bound, format> ? 0 : streamed_bytes_a_token<format, family>(Model::shape);

  static constexpr choices facts = detail::choices_from<Model, Bound, Context, Policies...>();
  static constexpr std::size_t arena_bytes = detail::arena_bytes(shape, facts);
  static constexpr std::size_t cache_bytes = detail::cache_bytes(shape, facts);

  /// What this pipeline costs, by region.
  static constexpr footprint cost() {
    constexpr footprint all = footprint_of(shape, facts, Fit::facts, Model::name);  // a constant: no code on the board
    return all;
  }

  /// Uses the image in place: a span in flash or in a mapped file, which must outlive the pipeline. What was learned is
  /// forgotten; remembered texts stay. Errors: those of open_image(), not_finite (a number of the image is not finite
  /// or beyond 65504), fused_multiply_add and flushed_subnormals.
  /// not_placed: a part is outside the object (arena_in<> and others of fit<>), and use() gave it no memory.
  status attach(std::span<const std::byte> image, payload_check depth = payload_check::full) {
    static_assert(
        !source::streams,
        "mote: this pipeline's weights come through a reader; attach the reader, or leave streamed<> out [mote-streamed-attach]");
    if (!placed()) return status::not_placed;
    basic_attached_image<typename words::table> opened;
    const status s = detail::open_weights<format, family>(image, detail::expected_image<format, family, Model>, shape,
                                                          detail::map_of<format, family, Model::shape>, depth, opened);
    return s == status::ok ? use_image(opened) : s;
  }
  /// The same with streamed<> weights: reads the image once, or twice with its checksum. The reader must outlive the
  /// pipeline. io_error: it refused.
  template <block_reader Reader>
    requires(!detail::weights_source<Bound, family_of<Model>, Model>::streams ||
             std::same_as<Reader, typename detail::weights_source<Bound, family_of<Model>, Model>::reader>)
  status attach(Reader& reader, payload_check depth = payload_check::full) {
    if (!placed()) return status::not_placed;
    answer_.attached = false;  // vectors and table are replaced
    stop();
    if (const status s = detail::machine_is_sound(); s != status::ok) return s;
    basic_attached_image<typename words::table> opened;
    const status s = source_.open(reader, depth, opened);
    return s == status::ok ? use_image(opened) : s;
  }
  bool attached() const { return answer_.attached; }

  /// Memory for a part outside the object: static, in the region that fit<> names. use() detaches: call attach() after
  /// it. Learning and recall are constructed in theirs, empty: before that, learning() and memory() must not be called.
  ///   [[gnu::section(".dtcm")]] static assistant::arena_memory room;   ai.use(room);
  using cache_memory = part_memory<0, cache_bytes>;
  using arena_memory = part_memory<1, arena_bytes>;
  using learning_memory = part_memory<2, detail::learning_bytes(shape, facts)>;
  using recall_memory = part_memory<3, detail::recall_bytes(facts)>;
  template <std::size_t Part, std::size_t Bytes>
  void use(part_memory<Part, Bytes>& m)
    requires(Part < 4 && detail::bytes_apart(shape, facts)[Part & 3U] == Bytes)
  {
    answer_.attached = false;
    stop();
    std::get<Part>(std::tie(cache_, arena_, learning_, index_)).take(m.bytes);
  }

  // ---- answering ----------------------------------------------------------------------------------------------------
  /// Makes the prompt for a question: recalled items, the question, the answer's control token. No token runs yet. The
  /// answer has at most `limit` tokens.
  /// too_long: the question leaves no room for an answer; empty; bad_utf8; not_spelled; corrupt_vocabulary;
  /// not_attached; no_span: the constraint must copy, and no note of the prompt has such a text.
  status begin(std::string_view question, std::size_t limit = too_big) {
    stop();
    if (!attached()) return answer_.progress.fail(status::not_attached);
    std::array<std::string_view, Recall::hits == 0 ? 1 : Recall::hits> items;
    std::size_t found = 0;
    if constexpr (recalls) {
      std::array<hit, Recall::hits> hits;
      if (!question.empty()) found = search_with(*index_, question, hits, *this);
      for (std::size_t i = 0; i < found; ++i) items[i] = use_text(*index_, hits[i].id);
      if constexpr (requires { requires Recall::index::adds_neighbours; })  // pieces of notes
        index_->add_neighbours(std::span(hits).first(found), std::span(items).first(found), [this](auto texts) {
          return answer_.fit(texts, Model::special_tokens, Recall::tokens, merging());
        });
    }
    const std::span<token> room = std::span<token>(tokens_).first(Context - answer_room).subspan(in_front);
    const status made = answer_.begin(std::span<const std::string_view>(items.data(), found), question, limit,
                                      Model::special_tokens, Recall::tokens, merging(), room, notes_to_keep());
    if (made != status::ok) return made;
    if constexpr (requires { Recall::example_tokens; }) {
      detail::text_coder<words> code{coder(), merging()};
      answer_.prompt_tokens = index_->put_in_front(question, Model::special_tokens, code, room, answer_.prompt_tokens);
    }
    if constexpr (copies)
      if (!decoding_.admitted.begin(decoding_.notes.all())) return answer_.progress.fail(status::no_span);
    if constexpr (in_front != 0) {
      learning_state::put_leading(tokens_.data());
      answer_.stand_behind(in_front, detail::prefix_of<Learning>());
    }
    return made;
  }

  /// Runs at most one pass: up to prefill<>'s number of prompt tokens, or the newest token with its drafts.
  /// not_finite, io_error: the pass failed, and prompt and answer are gone; the next answer is not affected.
  progress_step step() {
    return stopping_.step(answer_.progress, [this] { return next_step(); });
  }

  /// The answer as a range of pieces of text: `for (std::string_view piece : ai.ask("..."))`. One pass at a time.
  using answer = basic_answer<basic_pipeline>;
  answer ask(std::string_view question, std::size_t limit = too_big) {
    (void)begin(question, limit);
    return answer(*this);
  }

  void stop() {  ///< ends the current answer
    begin_answer();
    answer_.stop();
  }

  /// How the answer to the newest question ended; none while it goes on.
  v0::ending ending() const { return stopping_.has_rest() ? v0::ending::none : answer_.progress.ending; }
  /// ok, or why the newest question has no answer, or no more of it; empty: it was stopped.
  status state() const { return answer_.progress.state; }

  /// How sure the model was of the answer so far, with `confidence` among the policies.
  template <class Self = basic_pipeline>
  auto confidence() const {
    static_assert(
        measures || sizeof(Self) == 0,
        "mote: this pipeline does not measure its answers; add mote::confidence to its policies [mote-no-confidence]");
    if constexpr (measures) return decoding_.confidence.value();
    else return answer_confidence{};
  }

  std::size_t recalled_items() const { return answer_.recalled_items; }  ///< remembered items in the current prompt
  /// The tokens so far: prompt and answer, without those that left the window.
  std::span<const token> tokens() const {
    const std::size_t count = answer_.prompt_tokens == 0 ? in_front : answer_.known();
    return text(count < Context ? count : Context);
  }
  std::size_t prompt_tokens() const { return answer_.prompt_tokens == 0 ? 0 : answer_.prompt_tokens - in_front; }
  void seed(std::uint64_t s) { decoding_.seed(s); }  ///< of the decoding policy, where it draws by chance
  /// The logits (vocab) of the newest token's choice, as the decoding policy left them; valid until the next call.
  std::span<const float> logits() const { return {detail::keeps_logits<!fuses>::of(last_logits()), shape.vocab}; }

  auto& memory() { return *index_; }  ///< the remembered texts
  const auto& memory() const { return *index_; }

  // ---- learning -----------------------------------------------------------------------------------------------------
  /// Learns one example: computes its gradient, and after the last example of a batch makes a step of the optimizer.
  /// too_long: the example exceeds the learning window; empty: no prompt or no answer; nothing changes then.
  /// not_finite: the loss or the step was not finite; the batch is dropped, parameters and optimizer keep their values.
  template <std::same_as<example> Example = example>
  learned learn(const Example& e) {
    static_assert(learns || sizeof(Example) == 0,
                  "mote: this pipeline does not learn; add a learning policy, as in mote::lora<4> [mote-no-learning]");
    if constexpr (learns) return teaching<basic_pipeline>::whole(*this, e, true);
    else return {};
  }
  /// The same in portions: opens a lesson, which learn_step() runs. Errors as learn()'s. A lesson that is still open is
  /// dropped, and so is the gradient of its batch.
  template <std::same_as<example> Example = example>
  status learn_begin(const Example& e) {
    static_assert(learns || sizeof(Example) == 0,
                  "mote: this pipeline does not learn; add a learning policy, as in mote::lora<4> [mote-no-learning]");
    if constexpr (learns) return teaching<basic_pipeline>::open(*this, e, true);
    else return {};
  }
  /// Runs at most `budget` units of the open lesson; a unit is one token through one block of a layer, forward or
  /// backward. The last portion returns what learn() returns; until then `done` is false. Between two portions an
  /// answer may run if the learning policy has .takes_turns; otherwise it ends the lesson and drops the gradient of its
  /// batch. A budget of 0 does nothing. empty: no lesson is open; not_attached.
  template <std::integral Budget>
  learned learn_step(Budget budget) {
    static_assert(learns || sizeof(Budget) == 0,
                  "mote: this pipeline does not learn; add a learning policy, as in mote::lora<4> [mote-no-learning]");
    if constexpr (learns) {
      const auto asked = static_cast<std::uint64_t>(budget);  // may be more than a board's size_t holds
      return teaching<basic_pipeline>::portion(*this, asked < too_big ? static_cast<std::size_t>(asked) : too_big);
    } else return {};
  }
  /// The loss of an example, nats a token of the answer, without learning: for held-out items and early_stop.
  template <std::same_as<example> Example = example>
  learned loss(const Example& e) {
    static_assert(
        learns || sizeof(Example) == 0,
        "mote: this pipeline does not learn and has no memory to compute a loss; add a learning policy, as in mote::lora<4> [mote-no-learning]");
    if constexpr (learns) return teaching<basic_pipeline>::whole(*this, e, false);
    else return {};
  }
  auto& learning() {
    drafts_.drop();
    return *learning_;
  }
  const auto& learning() const { return *learning_; }

 private:
  friend class chatting<basic_pipeline>;
  friend class forgetting<basic_pipeline>;
  friend class keeping<basic_pipeline>;
  friend class scoring<basic_pipeline>;
  friend struct teaching<basic_pipeline>;
  friend class sessions<basic_pipeline>;
  template <class Pipeline>
  friend class self_checking;  // pipeline/self_check.hpp, which only programs that call it include
  using words = tokenizer_of<Model>;
  using source = detail::weights_source<Bound, family, Model>;
  using learning_policy = Learning;
  using store = kept_in<family, typename Cache::store>;
  /// The largest pass: tokens of the prompt, or the newest token and its drafts.
  static constexpr pass_size pass_limits = detail::pass_size_of(facts);
  using passes = detail::answer_facts<format, family, store, Model::shape, Context, pass_limits>;
  static constexpr std::size_t in_front = detail::positions_of<Learning>();
  static constexpr std::size_t answer_room = Context / 4 < 32 ? Context / 4 : 32;
  static constexpr std::size_t merge_slots = detail::merge_slots(Context);
  static constexpr auto controls = detail::controls_of<Model>();  // what is no text under a constraint
  using learning_state =
      lessons<family, simd::native, format, Learning, Model, token, detail::answer_arena_bytes(shape, facts)>;

  MOTE_INLINE status use_image(const basic_attached_image<typename words::table>& opened) {
    static_assert(cost().ram.object() == sizeof(basic_pipeline) && passes::plan.bytes <= arena_bytes,
                  "mote: the object is not what cost_of() says it is");
    if constexpr (constrains)
      if (!decoding_.admitted.begin_with(opened.vocabulary, controls)) return status::not_spelled;
    answer_.image = opened;
    answer_.attached = true;
    if constexpr (Learning::owns_weights) learning_->reset(opened.weights);
    else if constexpr (learns) learning_->reset();
    decoding_.seed(1);
    team_.start();
    stop();
    return status::ok;
  }
  MOTE_INLINE void begin_answer() {
    drafts_.begin();
    stopping_.begin();
    if constexpr (constrains) decoding_.admitted.begin();
    if constexpr (measures) decoding_.confidence.begin();
  }
  /// Takes the notes of the next prompt. Not a lambda: pipelines that copy nothing share the code of a prompt.
  decltype(auto) notes_to_keep() {
    if constexpr (copies) return (decoding_.notes.clear());
    else return items_not_kept{};
  }
  words coder() const { return answer_.words(Model::special_tokens); }
  std::span<const token> text(std::size_t count) const { return std::span(tokens_).first(count).subspan(in_front); }
  std::span<merge_slot> merging() {
    drafts_.drop();  // the arena is used for something else
    learning_->interrupt_lesson();
    return {reinterpret_cast<merge_slot*>(answer_arena()), merge_slots};
  }
  std::byte* answer_arena() { return arena_.data() + learning_state::answer_offset; }
  auto base() {  // what a pass takes as its weights
    if constexpr (source::streams) return source_.begin_pass();
    else if constexpr (Learning::owns_weights) return static_cast<const std::byte*>(learning_->bytes());
    else return answer_.image.weights;
  }
  /// The row of logits that the next token is picked from.
  float* last_logits() const {
    auto* arena = const_cast<std::byte*>(arena_.data()) + learning_state::answer_offset;
    return passes::buffers(arena).logits() + drafts_.row() * padded(shape.vocab);
  }

  /// Finds the tokens that may follow. False: none, and the answer is complete.
  bool find_admitted()
    requires constrains
  {
    auto& admitted = decoding_.admitted;
    admitted.find(answer_.image.vocabulary, controls,
                  answer_.opens(std::span<const token>(tokens_), Model::special_tokens));
    if (admitted.goes_on()) return true;
    if (admitted.may_end()) (void)answer_.progress.finish(v0::ending::complete);
    else (void)answer_.progress.fail(status::not_spelled);
    return false;
  }

  progress_step next_step() {
    if constexpr (constrains)
      if (answer_.under_way() && !find_admitted()) return answer_.progress.last_step();
    if (!answer_.goes_on(Context)) return answer_.progress.last_step();
    if constexpr (Overflow::kept != 0)
      if (answer_.known() == Context) leave_oldest();
    if (drafts_.has_next()) {  // the last pass has run this token already
      drafts_.next();
      ++answer_.position;
    } else if (!advance()) {
      return answer_.progress.ending == v0::ending::none ? progress_step{} : answer_.progress.last_step();
    }
    float* const logits = last_logits();
    const std::size_t at = answer_.position;
    const auto said_before = text(at).last(answer_.answered);
    if constexpr (constrains) decoding_.limit(answer_.image.vocabulary, controls, logits, said_before);
    if (!detail::may_pick<shape.vocab>(decoding_, logits)) return answer_.break_off(status::not_finite);
    const std::size_t next = detail::pick_next(decoding_, logits, said_before);
    if (ends_answers<Model>(next)) return answer_.progress.finish(v0::ending::end_of_text);
    const token guess = at < Context ? tokens_[at] : token{};
    const progress_step said = answer_.say(next, std::span<token>(tokens_), Model::special_tokens);
    if constexpr (constrains) decoding_.admitted.advance(said.piece);
    if (!said.done && at < Context) drafts_.picked(text(at + 1), guess);
    return said;
  }

  /// Runs one pass. False: more of the prompt follows, or the answer has failed.
  bool advance() {
    const std::size_t at = answer_.position;
    const std::size_t left = Overflow::kept != 0 || at < answer_.prompt_tokens ? answer_.known() - at : 1;
    const std::size_t count = left < Prefill::tokens ? left : Prefill::tokens;
    const bool whole = count == left;
    if (at < answer_.prompt_tokens)
      for (std::size_t i = 1; i <= count; ++i)
        if (at + i > in_front) drafts_.follow(text(at + i));
    std::size_t guesses = 0;
    if (whole && count == 1) {  // no more guesses than may be said, fit the context, and can be taken back
      const std::size_t asked = answer_.limit - answer_.answered - 1;
      const std::size_t room = Context - at - 1;
      constexpr std::size_t back = store::rollback_tokens(Context);
      std::size_t most = Drafting::length < back ? Drafting::length : back;
      most = asked < most ? asked : most;
      most = room < most ? room : most;
      guesses = drafts_.guess(text(at + 1), std::span<token>(tokens_).subspan(at + 1, most));
      if constexpr (constrains)
        guesses = decoding_.admitted.follow(answer_.image.vocabulary, controls,
                                            std::span<const token>(tokens_).subspan(at + 1, guesses));
    }
    answer_.position += count;
    const auto pass = [&] {
      if (!run(at, count + guesses, whole ? 1 + guesses : 0)) (void)answer_.break_off(source_.failure());
    };
    if (Drafting::length == 0 || !whole) pass();
    else drafts_.run(guesses, pass);
    return whole && answer_.progress.ending == v0::ending::none;
  }

  /// The oldest tokens leave, and what stays behind the first ones is run again. Keys and values of tokens that stay in
  /// their places are as they were, if the cache can be taken back to there.
  MOTE_NOINLINE void leave_oldest() {
    constexpr std::size_t first = in_front + Overflow::sinks;  // the first that leaves
    drafts_.begin();
    answer_.leave(std::span<token>(tokens_), first, Context - in_front - Overflow::kept,
                  store::rollback_tokens(Context) >= Context - first ? first : detail::prefix_of<Learning>());
  }

  bool run(std::size_t position, std::size_t count, std::size_t logits_for) {
    learning_->interrupt_lesson();
    std::byte* const arena = answer_arena();
    const token* const from = tokens_.data() + position;
    return detail::with_head_rows(decoding_, answer_.image.vocabulary, controls,
                                  [&](const auto&... rows) __attribute__((always_inline)) {
                                    return passes::run(base(), learning_->adapter(), cache_.data(), team_, arena, from,
                                                       count, position, logits_for, rows...);
                                  }) &&
           source_.sound();
  }

  bool placed() const { return arena_.placed() && cache_.placed() && learning_.placed() && index_.placed(); }

  detail::part_room<arena_bytes, facts.arena_is_apart()> arena_;
  detail::part_room<cache_bytes, facts.cache_is_apart()> cache_;
  [[no_unique_address]] source source_;
  [[no_unique_address]] detail::part_home<learning_state, facts.learning_is_apart()> learning_;
  [[no_unique_address]] detail::part_home<typename Recall::index, facts.recall_is_apart()> index_;
  [[no_unique_address]]
  typename detail::chooser<Decoding, Constraint, Confidence, Recall::hits>::template state<shape.vocab> decoding_;
  [[no_unique_address]] stopping<Stopping> stopping_;
  [[no_unique_address]] drafts<Drafting, token> drafts_;
  [[no_unique_address]] typename Threads::team team_;
  std::array<token, Context> tokens_{};
  basic_answer_state<words> answer_;
};

}  // namespace mote::inline v0
