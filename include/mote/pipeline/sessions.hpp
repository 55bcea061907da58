// SPDX-License-Identifier: BSL-1.0
// Answers that go on after a restart, and prompts whose beginning was computed once: keys and values as bytes, in a
// snapshot of their own. A part of basic_pipeline.
//   save_session(sink) | load_session(bytes)                the answer under way
//   save_prefix(sink, tokens) | begin_behind(bytes, ...)    the first tokens of a prompt, for prompts that have them
// Refuses keys and values of another image, other parameters, another type of pipeline or other tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/block/states.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/pipeline/choices.hpp"
#include "mote/pipeline/keeping.hpp"
#include "mote/store/record_stream.hpp"
#include "mote/store/snapshot.hpp"

namespace mote::inline v0 {

namespace detail {

/// A sink that keeps nothing but the checksum of what a part writes.
struct hashing_sink {
  std::uint32_t crc = 0;
  status begin(record_kind, std::size_t) { return status::ok; }
  status append(std::span<const std::byte> portion) {
    crc = crc32(portion, crc);
    return status::ok;
  }
  static status commit() { return status::ok; }
};

/// A number for a type, of one compiler.
template <class T>
consteval std::uint64_t number_of_type() {
  return fingerprint{}.add(std::string_view(__PRETTY_FUNCTION__)).value();
}

/// What basic_answer_state says of an answer, for a file.
struct kept_answer {
  std::uint32_t position, prompt_tokens, answered, recalled_items;
  std::uint64_t limit;
};

}  // namespace detail

template <class Pipeline>
class sessions {
 public:
  /// Streams the answer under way, with its keys and values: about cost().ram.cache / context bytes a token.
  /// load_session() of the same pipeline, image and learned parameters goes on with it, bit for bit. empty: no answer
  /// is under way, or a piece of it waits: call step() first; else the sink's status.
  template <byte_sink Sink>
  status save_session(Sink& sink) const {
    check_states();
    auto& ai = self();
    if (!ai.attached()) return status::not_attached;
    if (!ai.answer_.under_way() || ai.stopping_.has_rest()) return status::empty;
    return save_snapshot(sink, identity(), part<true>{ai, ai.answer_.position});
  }
  /// Goes on with a saved answer: the next step() is the one that followed. The current answer ends; on an error it is
  /// all that happens. Where a constraint copies, the bytes have the notes, and stay where they are until the answer's
  /// end. wrong_base: of another image, other parameters or another type of pipeline; others:
  /// store/snapshot.hpp.
  status load_session(std::span<const std::byte> source) {
    check_states();
    auto& ai = self();
    if (!ai.attached()) return status::not_attached;
    ai.stop();
    return load_snapshot(source, identity(), part<true>{ai, 0});
  }

  /// Streams the keys and values of the newest prompt's first `tokens` tokens, all of which must have run. empty: they
  /// have not; else the sink's status.
  template <byte_sink Sink>
  status save_prefix(Sink& sink, std::size_t tokens) const {
    auto& ai = self();
    if (!ai.attached()) return status::not_attached;
    const std::size_t all = tokens + Pipeline::in_front;
    if (tokens == 0 || ai.answer_.position < all || ai.answer_.prompt_tokens < all) return status::empty;
    return save_snapshot(sink, identity(), part<false>{ai, all});
  }
  /// begin(), with the keys and values of the prompt's first tokens as they were saved: they are copied, not computed,
  /// and no bit of the answer changes. Errors: those of begin(); wrong_prefix: the prompt begins with other tokens;
  /// wrong_base and others as load_session()'s. No answer is under way then.
  status begin_behind(std::span<const std::byte> prefix, std::string_view question, std::size_t limit = too_big) {
    auto& ai = self();
    if (const status s = ai.begin(question, limit); s != status::ok) return s;
    const status s = load_snapshot(prefix, identity(), part<false>{ai, 0});
    if (s != status::ok) (void)ai.answer_.progress.fail(s);
    return s;
  }

 private:
  template <bool Whole>
  class part;
  /// A saver changes nothing; one type of part serves both.
  Pipeline& self() const { return static_cast<Pipeline&>(const_cast<sessions&>(*this)); }

  static void check_states() {
    constexpr bool leaves = Pipeline::Overflow::kept != 0;
    constexpr bool place_is_there = !Pipeline::constrains || keeps_place<Pipeline> || (!leaves && !Pipeline::copies);
    constexpr bool filter_is_there = !stops_at_text<Pipeline> || keeps_filter<Pipeline> || !leaves;
    constexpr bool brought_back = place_is_there && filter_is_there;
    constexpr bool plain = std::is_trivially_copyable_v<std::remove_reference_t<decltype(picking(self_type()))>>;
    static_assert(
        brought_back,
        "mote: a session keeps the state of a constraint that copies, and in a window those of constraints and stop words, as bytes, and this one's is no plain bytes that can be checked; give it `bool sound() const`, and where it copies `void take_notes(notes)` [mote-session-replay]");
    static_assert(
        plain,
        "mote: a session keeps the state of its decoding policy as bytes, and this one's is no plain bytes; take another, or keep a prefix alone [mote-session-state]");
  }
  static Pipeline& self_type();  // never defined
  /// Whether a state may be read from bytes.
  template <class State>
  static constexpr bool is_checked = std::is_trivially_copyable_v<State> && requires(const State& s) { s.sound(); };
  /// The place of a constraint, kept as bytes where saying the answer again does not lead there: in a window its text
  /// is not all there, and a place in notes is told by what was found in them.
  struct no_place {};
  template <class Of>
  static constexpr auto place_of() {
    if constexpr (Of::constrains && (Of::Overflow::kept != 0 || Of::copies)) {
      using place = typename Of::Constraint::state;
      if constexpr (is_checked<place> && (!Of::copies || takes_notes<place>)) return place{};
      else return no_place{};
    } else {
      return no_place{};
    }
  }
  template <class Of>
  static constexpr bool keeps_place = !std::is_same_v<decltype(place_of<Of>()), no_place>;
  /// The same of stop words.
  template <class Of>
  static constexpr bool stops_at_text = !std::is_empty_v<decltype(Of::stopping_)>;
  template <class Of>
  static constexpr bool keeps_filter =
      stops_at_text<Of> && Of::Overflow::kept != 0 && is_checked<typename Of::Stopping::state>;
  /// The state of the decoding policy alone.
  static auto& picking(Pipeline& ai) {
    using state = typename Pipeline::Decoding::template state<Pipeline::shape.vocab>;
    if constexpr (Pipeline::constrains) return static_cast<state&>(ai.decoding_.decoding);
    else return static_cast<state&>(ai.decoding_);
  }
  snapshot_identity identity() const {
    auto& ai = self();
    constexpr std::uint64_t of_shape = Pipeline::shape.fingerprint(Pipeline::family::name);
    constexpr std::uint64_t of_type = detail::number_of_type<Pipeline>();
    detail::hashing_sink learned;
    if constexpr (Pipeline::learns) (void)learned_part{*ai.learning_, ai.answer_.image.weights}.save(learned);
    return {.shape = of_shape,
            .parameters = nothing_learned,
            .base = fingerprint{}.add(ai.answer_.image.base_fingerprint).add(of_type).add(learned.crc).value(),
            .model = Pipeline::model_type::name,
            .format_name = Pipeline::format::name};
  }
};

/// Keys and values of the first `tokens` positions; with `Whole`, the answer as well.
template <class Pipeline>
template <bool Whole>
class sessions<Pipeline>::part {
  using token = typename Pipeline::token;
  using store = typename Pipeline::store;

 public:
  static constexpr record_kind kind = Whole ? record_kind::session : record_kind::prefix;
  static constexpr bool is_kept = true;
  static constexpr bool may_refuse = false;

  part(Pipeline& of, std::size_t tokens) : ai_(of), tokens_(tokens) {}

  static status ready() { return status::ok; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(tokens_); }
  template <record_sink Sink>
  status save(Sink& sink) const {
    // Every known token: of an answer the last one has no keys yet.
    const std::size_t known = Whole ? ai_.answer_.known() : tokens_;
    if (const status s = write_record(sink, record_kind::tokens, detail::bytes_of(ai_.tokens_.data(), known));
        s != status::ok)
      return s;
    std::size_t bytes = 0;
    each_range(tokens_, [&](std::size_t, std::size_t n) { bytes += n; });
    status s = sink.begin(record_kind::keys_and_values, bytes);
    each_range(tokens_, [&](std::size_t at, std::size_t n) {
      if (s == status::ok) s = sink.append({ai_.cache_.data() + at, n});
    });
    if (s == status::ok) s = sink.commit();
    if constexpr (Whole) {
      const auto& a = ai_.answer_;
      const auto narrow = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
      const detail::kept_answer kept{narrow(a.position), narrow(a.prompt_tokens), narrow(a.answered),
                                     narrow(a.recalled_items), a.limit == too_big ? ~std::uint64_t{0} : a.limit};
      if (s == status::ok) s = write_record(sink, record_kind::answer, detail::bytes_of(&kept));
      const auto at = place();
      const auto picks = state_of(picking(ai_)), sure = confidence(), held = filter();
      if (s == status::ok) s = sink.begin(record_kind::states, picks.size() + sure.size() + held.size() + place_bytes);
      for (const auto& portion : {picks, sure, held, detail::bytes_of(&at).first(place_bytes)})
        if (s == status::ok) s = sink.append(portion);
      if (s == status::ok) s = sink.commit();
      if constexpr (Pipeline::copies)
        for (const std::string_view note : ai_.decoding_.notes.all())
          if (s == status::ok) s = write_record(sink, record_kind::item, detail::bytes_of(note.data(), note.size()));
    }
    return s;
  }
  /// wrong_prefix: the tokens are not those of the prompt, or all of them; wrong_size: of another context.
  status check(const kept_records& from) const {
    record_reader in(from.records);
    record tokens, rows;
    if (in.next(tokens) != status::ok || in.next(rows) != status::ok) return status::corrupt_payload;
    if (tokens.kind != record_kind::tokens || rows.kind != record_kind::keys_and_values) return status::wrong_kind;
    const std::size_t known = tokens.payload.size() / sizeof(token);
    if (known > Pipeline::context || known * sizeof(token) != tokens.payload.size()) return status::wrong_size;
    if (from.count > known || from.count < Pipeline::in_front) return status::wrong_size;
    std::size_t bytes = 0;
    each_range(from.count, [&](std::size_t, std::size_t n) { bytes += n; });
    if (bytes != rows.payload.size()) return status::wrong_size;
    if constexpr (!Whole) {
      if (!in.done() || known != from.count) return status::wrong_size;
      constexpr std::size_t front = Pipeline::in_front * sizeof(token);
      const auto own = detail::bytes_of(ai_.tokens_.data(), ai_.answer_.prompt_tokens);
      if (tokens.payload.size() >= own.size()) return status::wrong_prefix;
      const std::size_t compared = tokens.payload.size() - front;
      return __builtin_memcmp(own.data() + front, tokens.payload.data() + front, compared) == 0 ? status::ok
                                                                                                : status::wrong_prefix;
    } else {
      record answer, states;
      if (in.next(answer) != status::ok || in.next(states) != status::ok) return status::corrupt_payload;
      if (answer.kind != record_kind::answer || states.kind != record_kind::states) return status::wrong_kind;
      if (answer.payload.size() != sizeof(detail::kept_answer)) return status::wrong_size;
      if (states.payload.size() != state_of(picking(ai_)).size() + confidence().size() + filter().size() + place_bytes)
        return status::wrong_size;
      if constexpr (Pipeline::copies)
        if (const status s = take_notes(in); s != status::ok) return s;
      if (!in.done()) return status::corrupt_payload;
      if constexpr (place_bytes != 0)
        if (!place_in(states.payload).sound()) return status::wrong_size;
      if constexpr (keeps_filter<Pipeline>)
        if (!filter_in(states.payload).sound()) return status::wrong_size;
      const detail::kept_answer a = answer_in(answer.payload);
      const bool sound = a.position == from.count && a.prompt_tokens > Pipeline::in_front && a.prompt_tokens <= known &&
                         a.answered == known - a.prompt_tokens && a.position < known;
      for (std::size_t i = Pipeline::in_front; i < known; ++i)
        if (token_in(tokens.payload, i) >= Pipeline::shape.vocab) return status::wrong_size;
      return sound ? status::ok : status::wrong_size;
    }
  }
  status take(std::span<const std::byte> records) {
    record_reader in(records);
    record tokens, rows, answer, states;
    (void)in.next(tokens);
    (void)in.next(rows);
    const std::size_t known = tokens.payload.size() / sizeof(token);
    std::size_t count = known;
    if constexpr (Whole) {
      (void)in.next(answer);
      (void)in.next(states);
      count = answer_in(answer.payload).position;
    }
    std::size_t used = 0;
    each_range(count, [&](std::size_t at, std::size_t n) {
      __builtin_memcpy(ai_.cache_.data() + at, rows.payload.data() + used, n);
      used += n;
    });
    if constexpr (Whole) {
      __builtin_memcpy(ai_.tokens_.data(), tokens.payload.data(), tokens.payload.size());
      const detail::kept_answer a = answer_in(answer.payload);
      ai_.answer_.prompt_tokens = a.prompt_tokens;
      ai_.answer_.answered = a.answered;
      ai_.answer_.conversing = true;
      ai_.answer_.recalled_items = a.recalled_items;
      ai_.answer_.limit = a.limit > too_big ? too_big : static_cast<std::size_t>(a.limit);
      const std::size_t first = state_of(picking(ai_)).size();
      put(state_of(picking(ai_)), states.payload.first(first));
      if constexpr (Pipeline::measures) put(confidence(), states.payload.subspan(first, confidence().size()));
      if constexpr (place_bytes != 0) ai_.decoding_.admitted.go_on_at(place_in(states.payload));
      if constexpr (keeps_filter<Pipeline>) ai_.stopping_.filter() = filter_in(states.payload);
      (void)ai_.answer_.progress.start();
      say_again();
    }
    ai_.answer_.position = count;
    return status::ok;
  }

 private:
  using place_type = decltype(place_of<Pipeline>());
  static constexpr std::size_t place_bytes = keeps_place<Pipeline> ? sizeof(place_type) : 0;
  /// Without where its notes lie: they are saved behind it.
  place_type place() const {
    place_type p{};
    if constexpr (place_bytes != 0) p = ai_.decoding_.admitted.place();
    if constexpr (Pipeline::copies && place_bytes != 0) p.take_notes({});
    return p;
  }
  place_type place_in(std::span<const std::byte> payload) const {
    place_type p;
    __builtin_memcpy(&p, payload.data() + payload.size() - place_bytes, place_bytes);
    if constexpr (Pipeline::copies && place_bytes != 0) p.take_notes(ai_.decoding_.notes.all());
    return p;
  }
  /// The notes of the answer, which stay where they are read: the rest of its records.
  status take_notes(record_reader& in) const {
    auto& notes = ai_.decoding_.notes.clear();
    while (!in.done()) {
      record note;
      if (in.next(note) != status::ok) return status::corrupt_payload;
      if (note.kind != record_kind::item) return status::wrong_kind;
      if (notes.count == notes.texts.size()) return status::wrong_size;
      notes({reinterpret_cast<const char*>(note.payload.data()), note.payload.size()});
    }
    return status::ok;
  }
  std::span<const std::byte> filter() const {
    if constexpr (keeps_filter<Pipeline>) return detail::bytes_of(&ai_.stopping_.filter());
    else return {};
  }
  static auto filter_in(std::span<const std::byte> payload) {
    typename Pipeline::Stopping::state f;
    __builtin_memcpy(&f, payload.data() + payload.size() - place_bytes - sizeof f, sizeof f);
    return f;
  }
  static detail::kept_answer answer_in(std::span<const std::byte> payload) {
    detail::kept_answer a;
    __builtin_memcpy(&a, payload.data(), sizeof a);
    return a;
  }
  static std::size_t token_in(std::span<const std::byte> payload, std::size_t i) {
    token t;
    __builtin_memcpy(&t, payload.data() + i * sizeof t, sizeof t);
    return t;
  }
  /// Calls range(offset, bytes) for the parts of the cache's memory that hold the first `tokens` positions.
  template <class Range>
  static void each_range(std::size_t tokens, Range&& range) {
    constexpr auto shape = cached_by<typename Pipeline::family>(Pipeline::shape);
    constexpr bool has_states = states_of<typename Pipeline::family>::any;
    if constexpr (!has_states && requires { store::each_range(shape, Pipeline::context, tokens, range); })
      store::each_range(shape, Pipeline::context, tokens, range);
    else range(std::size_t{0}, Pipeline::cache_bytes);
  }
  /// The bytes of a policy's state, without the tail that the next member may use.
  template <class State>
  static std::span<const std::byte> state_of(State& s) {
    return {reinterpret_cast<const std::byte*>(&s), detail::size_of_part<State>().bytes};
  }
  std::span<const std::byte> confidence() const {
    if constexpr (Pipeline::measures) return state_of(ai_.decoding_.confidence);
    else return {};
  }
  static void put(std::span<const std::byte> to, std::span<const std::byte> from) {
    if (!from.empty()) __builtin_memcpy(const_cast<std::byte*>(to.data()), from.data(), from.size());
  }
  /// A constraint and stop words that were not kept follow the text: they hear the answer once more.
  void say_again() {
    constexpr bool place_hears = Pipeline::constrains && place_bytes == 0;
    constexpr bool filter_hears = stops_at_text<Pipeline> && !keeps_filter<Pipeline>;
    if constexpr (!place_hears && !filter_hears) return;
    constexpr special_tokens control = Pipeline::model_type::special_tokens;
    auto& a = ai_.answer_;
    for (std::size_t i = 0; i < a.answered; ++i) {
      const std::size_t at = a.prompt_tokens + i;
      const std::string_view piece = a.piece_at(std::span<const token>(ai_.tokens_), at, i == 0, control);
      if constexpr (place_hears) ai_.decoding_.admitted.advance(piece);
      if constexpr (filter_hears) {
        const auto again = [&] { return progress_step{.piece = piece}; };
        (void)ai_.stopping_.step(a.progress, again);
        while (ai_.stopping_.has_rest()) (void)ai_.stopping_.step(a.progress, again);
      }
    }
  }

  Pipeline& ai_;
  std::size_t tokens_;
};

}  // namespace mote::inline v0
