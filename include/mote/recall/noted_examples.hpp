// SPDX-License-Identifier: BSL-1.0
// The memory of examples<>: accepted answers beside the notes of another memory, what each is worth, and their prompt.
// The question is found by a retriever; a larger product of likeness and utility is shown. Utility goes to what judge()
// was told or renew() measured: utility += rate * (found - utility), as in IC-Cache.
// Refuses to show what harms: an example whose utility is 0 or less waits for renew() to drop it.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_writer.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/parts.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

/// Names one example. An id is not used twice, except after load().
enum class example_id : std::uint32_t { none = 0 };

struct examples_knobs {
  std::size_t question_bytes = 64;  ///< most of a question
  std::size_t answer_bytes = 96;    ///< most of an answer
  std::size_t shown = 2;            ///< most examples in front of a question
  std::size_t tokens = 64;          ///< most tokens of all these examples together
  float first = 0.5F;               ///< the utility of a new example
  float rate = 0.25F;               ///< how much of the way to what was found a utility goes at once

  constexpr bool valid() const {
    return question_bytes - 1 < 65535 && answer_bytes - 1 < 65535 && shown - 1 < 64 && tokens - 1 < 65535 &&
           first > 0.0F && first <= 1.0F && rate > 0.0F && rate <= 1.0F;
  }
};

namespace detail {

/// The memory of examples alone: no note is kept.
struct no_notes {
  static status add(std::string_view) { return status::no_recall; }
  static bool erase(item_id) { return false; }
  static std::size_t forget(std::string_view) { return 0; }
  static void clear() {}
  static std::size_t size() { return 0; }
  static std::string_view text(item_id) { return {}; }
  static std::size_t search(std::string_view, std::span<hit>) { return 0; }
  static item_id newest() { return item_id::none; }
  template <record_sink Sink>
  static status save(Sink&) {
    return status::ok;
  }
  /// no_recall: the records hold a note.
  static status load(std::span<const std::byte> records) {
    record_reader in(records);
    for (record r; !in.done();) {
      if (const status s = in.next(r); s != status::ok) return s;
      if (r.kind != record_kind::item_store)
        return r.kind == record_kind::item ? status::no_recall : status::wrong_kind;
    }
    return status::ok;
  }
};

}  // namespace detail

/// The memory of Notes, and N examples beside it. Finder::index keeps the questions and finds those that are alike.
template <std::size_t N, class Notes, examples_knobs Knobs, class Finder>
class noted_examples : public Notes {
  struct pair {
    item_id id = item_id::none;  // of the question in finder_; none: the place is free
    float utility = 0.0F;
    std::uint16_t size = 0;
    std::array<char, Knobs.answer_bytes> answer{};

    std::string_view text() const { return {answer.data(), size}; }
  };
  static constexpr std::size_t depth = N < 16 ? N : 16;  // of the questions found, how many are weighed

 public:
  using Notes::erase;

  /// Keeps an answer to a question, as the newest example. The same question's answer is replaced. If there are N, the
  /// one of the least utility goes, the oldest of those. too_long, empty (the question has no word to be found by):
  /// nothing changes.
  status approve(std::string_view question, std::string_view answer) {
    if (question.empty() || answer.empty()) return status::empty;
    if (answer.size() > Knobs.answer_bytes) return status::too_long;
    if (const status s = fits(question); s != status::ok) return s;
    std::array<char, Knobs.question_bytes> asked;  // both may be texts of this memory, which move
    std::array<char, Knobs.answer_bytes> said;
    std::memcpy(asked.data(), question.data(), question.size());
    std::memcpy(said.data(), answer.data(), answer.size());
    question = {asked.data(), question.size()};
    std::size_t at = 0;
    while (at < N && finder_.text(pairs_[at].id) != question) ++at;
    if (at == N && examples() == N) drop(worst());
    for (std::size_t i = 0; at == N; ++i)
      if (pairs_[i].size == 0) at = i;
    const status s = finder_.add(question);
    if (s == status::ok) {
      pair& p = pairs_[at];
      p = {.id = finder_.newest(), .utility = Knobs.first, .size = static_cast<std::uint16_t>(answer.size())};
      std::memcpy(p.answer.data(), said.data(), p.size);
    }
    for (pair& other : pairs_)  // questions that the finder had no room for
      if (other.size != 0 && finder_.text(other.id).empty()) other = {};
    return s;
  }

  /// The same, of what can be encoded (`words` of a pipeline) and fits a prompt, else too_long or the encoder's status.
  template <class Words, class Scratch>
  status approve(std::string_view question, std::string_view answer, const Words& words, Scratch scratch) {
    std::size_t all = 3;  // with the control tokens
    for (const std::string_view text : {question, answer}) {
      std::size_t count = 0;
      if (const status s = words.append(text, scratch, count); s != status::ok) return s;
      all += count;
    }
    return all > Knobs.tokens ? status::too_long : approve(question, answer);
  }

  /// What a person says of the answer in front of which examples stood: 1 it helped, -1 it did not, or between. Each of
  /// those that the newest prompt shows learns it; returns how many. A NaN is nobody's judgement: 0.
  std::size_t judge(float found) {
    std::size_t count = 0;
    for (const item_id id : shown_)
      if (pair* const p = of(id); p != nullptr && move(*p, found)) ++count;
    return count;
  }

  /// For idle times: measures the example whose turn it is. Model (a pipeline) scores the accepted answer of the
  /// question most like its own, with the example in front and without; what that answer gains in nats a token, -1 to
  /// 1, is what the example's utility goes to. One whose utility is 0 or less is dropped. Ends the current answer.
  /// Work: a search, and two scores. empty: there is no example; else the status of score().
  template <class Model>
  status renew(Model& model) {
    if (examples() == 0) return status::empty;
    do turn_ = turn_ + 1 < N ? turn_ + 1 : 0;
    while (pairs_[turn_].size == 0);
    pair& p = pairs_[turn_];
    if (p.utility > 0.0F) {
      std::array<hit, 2> like;
      const std::size_t found = finder_.search(finder_.text(p.id), like);
      const pair* of_other = nullptr;
      for (std::size_t i = 0; i < found && of_other == nullptr; ++i)
        if (like[i].id != p.id) of_other = of(like[i].id);
      if (of_other == nullptr) return status::ok;  // nothing is like it: what it is worth stays
      const std::string_view question = finder_.text(of_other->id), answer = of_other->text();
      float without = 0.0F, with = 0.0F;
      only_ = nobody;
      status s = model.score(question, std::span(&answer, 1), std::span(&without, 1));
      only_ = static_cast<std::uint32_t>(p.id);
      if (s == status::ok) s = model.score(question, std::span(&answer, 1), std::span(&with, 1));
      only_ = anybody;
      if (s != status::ok) return s;
      (void)move(p, with - without);
    }
    if (p.utility <= 0.0F) drop(p);
    return status::ok;
  }

  std::size_t examples() const {
    std::size_t count = 0;
    for (const pair& p : pairs_) count += p.size != 0 ? 1 : 0;
    return count;
  }
  /// Calls visit(example_id, question, answer, utility) for each example, the oldest first.
  template <class Visit>
  void for_each_example(Visit&& visit) const {
    finder_.for_each([&](item_id id, std::string_view question) {
      if (const pair* const p = of(id); p != nullptr)
        visit(example_id{static_cast<std::uint32_t>(id)}, question, p->text(), p->utility);
    });
  }
  /// Forgets an example and zeroes its bytes. False: none has that id.
  bool erase(example_id id) {
    pair* const p = of(item_id{static_cast<std::uint32_t>(id)});
    if (p != nullptr) drop(*p);
    return p != nullptr;
  }
  /// Forgets each note that has all of these words, and each example whose question and answer have them together.
  std::size_t forget(std::string_view these) {
    std::size_t count = Notes::forget(these);
    for (pair& p : pairs_) {
      if (p.size == 0 || !has_all(finder_.text(p.id), p.text(), these)) continue;
      drop(p);
      ++count;
    }
    return count;
  }
  void clear() {
    Notes::clear();
    clear_examples();
  }
  std::size_t size() const { return Notes::size() + examples(); }  ///< notes and examples

  // Saved as what Notes saves, and then one record for each example, the oldest first:
  //   utility f32 | bytes of the question u16 | question | answer

  template <record_sink Sink>
  status save(Sink& sink) const {
    status s = Notes::save(sink);
    finder_.for_each([&](item_id id, std::string_view question) {
      const pair* const p = of(id);
      if (p == nullptr || s != status::ok) return;
      std::array<std::byte, head_bytes> head;
      std::size_t used = 0;
      put_number(head, used, __builtin_bit_cast(std::uint32_t, p->utility));
      put_number(head, used, static_cast<std::uint16_t>(question.size()));
      s = sink.begin(record_kind::example, head_bytes + question.size() + p->size);
      if (s == status::ok) s = sink.append(head);
      if (s == status::ok) s = sink.append(detail::bytes_of(question.data(), question.size()));
      if (s == status::ok) s = sink.append(detail::bytes_of(p->answer.data(), p->size));
      if (s == status::ok) s = sink.commit();
    });
    return s;
  }

  /// Replaces notes and examples by those that save() wrote, here or in a memory without examples; what is no whole
  /// example changes nothing. Else as Notes::load().
  template <class... Model>
    requires requires(Notes& notes, std::span<const std::byte> records, Model&... model) {
      notes.load(records, model...);
    }
  status load(std::span<const std::byte> records, Model&... model) {
    record_reader in(records);
    std::span<const std::byte> ours;
    for (record r; ours.empty() && !in.done();) {
      const std::span<const std::byte> here = in.rest();
      if (in.next(r) != status::ok) break;  // Notes says what is wrong with it
      if (r.kind == record_kind::example) ours = here;
    }
    if (const status s = check(ours); s != status::ok) return s;
    const status s = Notes::load(records.first(records.size() - ours.size()), model...);
    if (s != status::ok && s != status::full) return s;
    clear_examples();
    record_reader again(ours);
    for (entry e; e.parse(again) == status::ok;) {
      if (approve(e.question, e.answer) != status::ok) continue;  // a finder without room for all
      if (pair* const p = of(finder_.newest()); p != nullptr) p->utility = e.utility;
    }
    return s;
  }

  /// Moves the examples that a question has to the front of its prompt, target[0, used), the best behind the others,
  /// and returns how many tokens are then used. Encode: as of assemble_prompt(). What cannot be encoded is left out.
  template <std::integral Token, text_encoder<Token> Encode>
  std::size_t put_in_front(std::string_view question, const special_tokens& control, Encode&& encode,
                           std::span<Token> target, std::size_t used) {
    std::array<hit, depth> room;
    const std::size_t found = choose(question, room);
    token_writer<Token> out(target, used);
    const std::size_t begin = control.bos >= 0 ? 1 : 0;
    std::size_t left = Knobs.tokens, count = 0;
    shown_ = {};
    for (std::size_t i = 0; i < found && count < Knobs.shown; ++i) {
      const std::size_t mark = out.used();
      const auto put = [&](int before, std::string_view text, int behind) {
        const std::size_t spent = out.used() - mark;
        if (spent >= left || !out.control(before)) return false;
        const std::size_t from = out.used();
        if (!out.text(encode, text, left - spent) || out.used() == from || out.holds(from, control)) return false;
        return behind >= 0 || out.text(encode, "\n", out.room());  // no control token parts it from what follows
      };
      const int end = control.eos >= 0 ? control.eos : control.bos;
      if (!put(control.user, finder_.text(room[i].id), control.answer) ||
          !put(control.answer, of(room[i].id)->text(), end) || !out.control(end) || out.used() - mark > left) {
        out.back_to(mark);
        continue;
      }
      left -= out.used() - mark;
      out.move_to(begin, mark);
      shown_[count++] = room[i].id;
    }
    return out.used();
  }
  /// Examples in the newest prompt.
  std::size_t shown() const {
    std::size_t count = 0;
    while (count < Knobs.shown && shown_[count] != item_id::none) ++count;
    return count;
  }

  static constexpr std::size_t stack_of_search = depth * sizeof(hit) + Finder::stack_bytes;

 private:
  static constexpr std::uint32_t anybody = 0, nobody = 0xFFFFFFFF;
  static constexpr std::size_t head_bytes = 6;

  struct entry {
    float utility = 0.0F;
    std::string_view question, answer;

    status parse(record_reader& in) {
      record r;
      if (const status s = in.next(r); s != status::ok) return s;
      if (r.kind != record_kind::example) return status::wrong_kind;
      if (r.payload.size() < head_bytes) return status::corrupt_payload;
      std::size_t at = 0;
      utility = __builtin_bit_cast(float, get_number<std::uint32_t>(r.payload, at));
      const std::size_t size = get_number<std::uint16_t>(r.payload, at);
      if (size > r.payload.size() - at || !(utility >= -1.0F && utility <= 1.0F)) return status::corrupt_payload;
      const char* const first = reinterpret_cast<const char*>(r.payload.data() + at);
      question = {first, size};
      answer = {first + size, r.payload.size() - at - size};
      return status::ok;
    }
  };
  /// Whether load() may take these records.
  static status check(std::span<const std::byte> ours) {
    record_reader in(ours);
    for (std::size_t count = 0; !in.done(); ++count) {
      if (count == N) return status::wrong_size;
      record_reader earlier(ours);
      entry e, other;
      if (const status s = e.parse(in); s != status::ok) return s;
      if (e.answer.empty()) return status::corrupt_payload;
      if (e.answer.size() > Knobs.answer_bytes) return status::too_long;
      if (const status s = fits(e.question); s != status::ok) return s == status::empty ? status::corrupt_payload : s;
      for (std::size_t i = 0; i < count; ++i)
        if (other.parse(earlier) == status::ok && other.question == e.question) return status::corrupt_payload;
    }
    return status::ok;
  }
  /// Whether the finder takes a question.
  static status fits(std::string_view question) {
    if (question.size() > Knobs.question_bytes) return status::too_long;
    if (const status s = Finder::store::fits(question); s != status::ok) return s;
    typename Finder::features::item item;
    const status s = typename Finder::features{}.embed(question, item);
    return s == status::ok && !can_take<typename Finder::finder>(item) ? status::too_long : s;
  }

  const pair* of(item_id id) const {
    for (const pair& p : pairs_)
      if (p.size != 0 && p.id == id) return &p;
    return nullptr;
  }
  pair* of(item_id id) { return const_cast<pair*>(static_cast<const noted_examples*>(this)->of(id)); }
  static bool move(pair& p, float found) {
    if (!(found >= -1.0F)) {
      if (!(found < -1.0F)) return false;  // a NaN
      found = -1.0F;
    }
    p.utility += Knobs.rate * ((found < 1.0F ? found : 1.0F) - p.utility);
    return true;
  }
  void drop(pair& p) {
    (void)finder_.erase(p.id);
    p = {};
  }
  void clear_examples() {
    finder_.clear();
    pairs_ = {};
    shown_ = {};
    turn_ = 0;
  }
  /// That of the least utility, the oldest of those.
  pair& worst() {
    std::size_t at = 0;
    for (std::size_t i = 1; i < N; ++i)
      if (pairs_[i].utility < pairs_[at].utility ||
          (pairs_[i].utility == pairs_[at].utility && pairs_[i].id < pairs_[at].id))
        at = i;
    return pairs_[at];
  }
  static bool has_all(std::string_view question, std::string_view answer, std::string_view these) {
    words<> wanted(these);
    bool any = false;
    for (std::uint32_t w = 0; wanted.next(w); any = true) {
      bool found = false;
      for (const std::string_view text : {question, answer}) {
        words<> in_text(text);
        for (std::uint32_t h = 0; !found && in_text.next(h);) found = h == w;
      }
      if (!found) return false;
    }
    return any;
  }

  /// The ids of the examples that may be shown, best first.
  std::size_t choose(std::string_view question, std::span<hit> out) const {
    if (only_ == nobody) return 0;
    if (only_ != anybody) {
      out[0].id = item_id{only_};
      return 1;
    }
    std::array<hit, depth> room;
    const std::size_t found = question.empty() ? 0 : finder_.search(question, room);
    best_hits best(out);
    for (const hit& h : std::span(room).first(found))
      if (const pair* const p = of(h.id); p != nullptr && p->utility > 0.0F && h.score > 0.0F)
        best.offer(h.id, h.score * p->utility);
    return best.found();
  }

  typename Finder::index finder_;
  std::array<pair, N> pairs_{};
  std::array<item_id, Knobs.shown> shown_{};  // in the newest prompt
  std::uint32_t turn_ = 0;                    // the pair that renew() measured last
  std::uint32_t only_ = anybody;              // the example that a prompt may have, while renew() measures
};

}  // namespace mote::inline v0
