// SPDX-License-Identifier: BSL-1.0
// Which tokens a constraint admits next: those whose bytes it takes, and the end token where the answer may end. The
// texts are walked in their order, so a beginning is tried once for all tokens that share it.
// Refuses special tokens and end tokens as text, also where one is the token of a byte.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/block/head_rows.hpp"
#include "mote/core/bytes.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0 {

/// The special tokens of a model that has further end tokens.
struct special_tokens_and_ends : special_tokens {
  std::span<const std::uint32_t> ends;
};

namespace detail {

/// The special tokens of a model, and its `end_tokens` if it has such: none of them is text in an answer.
template <class Model>
constexpr auto controls_of() {
  if constexpr (requires { Model::end_tokens; })
    return special_tokens_and_ends{Model::special_tokens, std::span<const std::uint32_t>(Model::end_tokens)};
  else return Model::special_tokens;
}

template <class Controls>
constexpr bool is_control(const Controls& d, std::uint32_t id) {
  for (const int control : {d.bos, d.eos, d.note, d.user, d.answer})
    if (control >= 0 && id == static_cast<std::uint32_t>(control)) return true;
  if constexpr (requires { d.ends; })
    for (const std::uint32_t end : d.ends)
      if (id == end) return true;
  return false;
}

inline bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && __builtin_memcmp(text.data(), start.data(), start.size()) == 0;
}

/// The first place behind `place` whose text does not begin with `start`, as that at `place` does.
template <class Table>
MOTE_NOINLINE std::uint32_t place_behind(const Table& v, std::uint32_t place, std::string_view start) {
  std::uint32_t step = 1;
  while (step < v.searchable() - place && begins_with(v.text(v.searched(place + step)), start)) {
    place += step;
    step *= 2;
  }
  for (; step > 0; step /= 2)
    if (step < v.searchable() - place && begins_with(v.text(v.searched(place + step)), start)) place += step;
  return place + 1;
}

/// Calls offer(id) for each token whose bytes `start` takes. `opened`: a leading space is not said (tokenizer::piece).
template <class Table, class State, class Offer>
void for_each_admitted(const Table& v, const State& start, bool opened, Offer&& offer) {
  constexpr std::size_t kept = 12;  // bytes whose states are kept; of longer texts the rest is walked again
  State after[kept + 1];            // after[d]: d bytes of `before`
  after[0] = start;
  std::string_view before;
  std::size_t alive = 0;  // bytes of `before` with a state
  for (std::uint32_t place = 0; place < v.searchable();) {
    const std::uint32_t id = v.searched(place);
    const std::string_view text = v.text(id);
    std::size_t d = 0;
    while (d < alive && d < text.size() && text[d] == before[d]) ++d;
    State s = after[d];
    for (; d < text.size(); ++d) {
      const bool unsaid = opened && d == 0 && text[0] == ' ';
      if (!unsaid && !s.enter(static_cast<unsigned char>(text[d]))) break;
      if (d < kept) after[d + 1] = s;
    }
    before = text;
    alive = d < kept ? d : kept;
    if (d == text.size()) {
      offer(id);
      ++place;
    } else {
      place = place_behind(v, place, {text.data(), d + 1});
    }
  }
  if (!v.has_bytes()) return;
  for (unsigned b = 0; b < 256; ++b)
    if (State s = start; s.enter(static_cast<unsigned char>(b))) offer(v.byte_token(static_cast<unsigned char>(b)));
}

}  // namespace detail

/// The first byte of a set that no token is alone, or -1: with a token for each byte every string can be spelled, and
/// no answer can come to a place without a way on. Controls: special_tokens, or special_tokens_and_ends.
template <ordered_table Table, class Controls>
int first_unspelled(const Table& v, const Controls& control, const byte_set& bytes) {
  for (unsigned b = 0; b < 256; ++b) {
    if (!bytes.has(b)) continue;
    const char text = static_cast<char>(b);
    const std::uint32_t id = v.find({&text, 1});
    if (id != no_token && !detail::is_control(control, id)) continue;
    if (v.has_bytes() && !detail::is_control(control, v.byte_token(static_cast<unsigned char>(b)))) continue;
    return static_cast<int>(b);
  }
  return -1;
}

/// The constraint of a pipeline at work: where the answer is, and the tokens that are admitted there, a bit each.
/// Settles: where many tokens may follow, each is tried when it is likely, instead of all beforehand: by mask(), whose
/// choice is that of greedy among all that are admitted, or by a policy that asks tries().
template <class Constraint, std::size_t Vocab, bool Settles = false>
class admission {
 public:
  using state = typename Constraint::state;

  /// An image was attached. False: its vocabulary cannot spell the constraint, or has no order after all.
  template <ordered_table Table, class Controls>
  bool begin_with(const Table& v, const Controls& control) {
    known_ = false;
    if constexpr (requires { v.in_order(); })
      if (!v.in_order()) return false;
    return first_unspelled(v, control, Constraint::bytes) < 0;
  }
  /// A new answer.
  void begin() { at_ = state{}; }
  /// A new answer whose prompt has these notes, which stay where they are until its end. False: none of them has a
  /// value that must be copied.
  bool begin(std::span<const std::string_view> notes)
    requires copies_notes<state>
  {
    known_ = false;
    return at_.begin(notes);
  }
  /// The answer goes on with these bytes, which are those of an admitted token.
  void advance(std::string_view piece) {
    (void)enter(at_, piece);
    if constexpr (gives_way) at_.give_way(false);
  }
  /// Where the answer is, to be kept and taken again.
  const state& place() const { return at_; }
  void go_on_at(const state& place) {
    at_ = place;
    known_ = false;  // a place in notes compares where they lie
  }
  /// Finds the tokens that may follow, and the end tokens where the answer may end; `opened`: a leading space of the
  /// next one is not said.
  template <ordered_table Table, class Controls>
  MOTE_NOINLINE void find(const Table& v, const Controls& control, bool opened) {
    if (known_ && opened == opened_ && at_ == of_) return;
    known_ = true;
    opened_ = opened;
    if constexpr (Settles) {
      open_ = many_ = admits_many(v);
      if (open_) {
        clear();
        count_ = Vocab;
        of_ = at_;
        add_ends(control);
        return;
      }
    }
    mark(v, control);
    if constexpr (gives_way)
      if (count_ == 0 && !at_.may_end()) {
        at_.give_way(true);
        mark(v, control);
      }
    of_ = at_;
    add_ends(control);
  }
  /// Whether a token other than an end token may follow.
  bool goes_on() const { return count_ != 0; }
  bool may_end() const { return at_.may_end(); }
  bool has(std::size_t id) const { return id < Vocab && (bits_[id / 32] >> id % 32 & 1U) != 0; }
  /// Tokens that may follow, without the end tokens; Vocab where it settles and many are admitted.
  std::size_t count() const { return count_; }
  head_rows rows() const { return {bits_, count_}; }

  /// How many of these tokens, which are guesses, may follow one another.
  template <ordered_table Table, class Controls, class Token>
  std::size_t follow(const Table& v, [[maybe_unused]] const Controls& control, std::span<const Token> guesses) const {
    state s = at_;
    std::size_t n = 0;
    for (const Token t : guesses) {
      std::string_view text = v.text(t);
      if (n == 0 && opened_ && !v.is_byte(t) && text.size() != 0 && text[0] == ' ') text.remove_prefix(1);
      if ((n == 0 && !(is_open() ? takes(v, control, t) : has(t))) || text.empty() || !enter(s, text)) break;
      ++n;
    }
    return n;
  }

  /// Gives the tokens that are not admitted a logit below all others; where it settles and many are admitted, only
  /// those that are likelier than each that is.
  template <ordered_table Table, class Controls>
  void mask([[maybe_unused]] const Table& v, [[maybe_unused]] const Controls& control, float* logits) {
    if constexpr (Settles)
      if (settle(v, control, logits)) return;
    mask_marked(logits);
  }
  /// The same where all tokens that may follow are marked.
  void mask_marked(float* logits /* (Vocab) */) const { mask_rows(bits_, logits, Vocab); }
  /// The same of the logits (n) of rows whose bits these are.
  MOTE_INLINE static void mask_rows(const std::uint32_t* bits, float* logits, std::size_t n) {
    for (std::size_t i = 0; i < n; i += 32) {
      const std::uint32_t word = bits[i / 32];
      if (word == 0xFFFFFFFFU) continue;
      for (std::size_t j = i; j < i + 32 && j < n; ++j)
        if ((word >> (j - i) & 1U) == 0) logits[j] = masked;
    }
  }
  /// Whether a policy that asks for tokens one by one does so here. It depends on the place alone, not on what was
  /// marked: a session that goes on draws the same.
  bool many() const { return many_; }
  /// Whether not all tokens that may follow are marked.
  bool is_open() const {
    if constexpr (Settles) return open_;
    else return false;
  }
  /// Whether a token may follow; several threads may ask.
  template <class Table, class Controls>
  bool may(const Table& v, const Controls& control, std::uint32_t id) const {
    return has(id) || (is_open() && takes(v, control, id));
  }
  /// Whether a token may follow; it is marked then.
  template <class Table, class Controls>
  bool tries(const Table& v, const Controls& control, std::uint32_t id) {
    if (has(id)) return true;
    if (!open_ || !takes(v, control, id)) return false;
    bits_[id / 32] |= 1U << id % 32;
    return true;
  }
  /// Marks all tokens that may follow, where they are tried one by one.
  template <class Table, class Controls>
  void mark_all(const Table& v, const Controls& control) {
    if (!open_) return;
    open_ = false;
    mark(v, control);
    add_ends(control);
  }
  /// The token that was picked from masked logits; if it is not admitted, the likeliest of those that are.
  std::size_t checked(std::size_t picked, const float* logits) const {
    if (has(picked)) return picked;
    std::size_t best = Vocab;
    for (std::size_t i = 0; i < Vocab; ++i)
      if (has(i) && (best == Vocab || logits[i] > logits[best])) best = i;
    return best;
  }

 private:
  /// Whether a constraint takes back some of what it refuses, where it leaves no token at all (banned.hpp).
  static constexpr bool gives_way = requires(state& s) { s.give_way(true); };

  /// Whether the likeliest token is one that is admitted, after those that are likelier were masked. Else the tokens
  /// that may follow are marked: the model wants others.
  template <class Table, class Controls>
  MOTE_NOINLINE bool settle(const Table& v, const Controls& control, float* logits) {
    for (int tried = 0; open_ && tried < 16; ++tried) {
      const std::size_t id = greedy::state<Vocab>::pick(logits);
      const bool admitted = has(id) || takes(v, control, static_cast<std::uint32_t>(id));
      if (admitted) bits_[id / 32] |= 1U << id % 32;
      if (admitted) return true;
      logits[id] = masked;
    }
    mark_all(v, control);
    return false;
  }
  /// Whether a token is text whose bytes are taken here.
  template <class Table, class Controls>
  bool takes(const Table& v, const Controls& control, std::uint32_t id) const {
    if (id >= v.count() || detail::is_control(control, id)) return false;
    std::string_view text = v.text(id);
    if (!v.is_byte(id)) {
      if (v.find(text) != id) return false;  // no text becomes it
      if (opened_ && text[0] == ' ') text.remove_prefix(1);
    }
    state s = at_;
    return enter(s, text);
  }
  /// Whether a quarter of all tokens may follow, by some from everywhere in their order: then all rows of the head are
  /// computed anyway.
  template <class Table>
  bool admits_many(const Table& v) const {
    constexpr std::uint32_t asked = 128;
    if (v.searchable() < asked) return false;
    std::uint32_t taken = 0;
    for (std::uint32_t i = 0; i < asked; ++i) {
      std::string_view text = v.text(v.searched(v.searchable() / asked * i + v.searchable() / (2 * asked)));
      if (opened_ && text[0] == ' ') text.remove_prefix(1);
      state s = at_;
      taken += enter(s, text) ? 1U : 0U;
    }
    return taken >= asked / 4;
  }

  void clear() {
    for (std::uint32_t& w : bits_) w = 0;
  }
  template <class Controls>
  void add_ends(const Controls& control) {
    if (!at_.may_end()) return;
    const int end = control.eos >= 0 ? control.eos : control.bos;
    if (end >= 0) bits_[static_cast<unsigned>(end) / 32] |= 1U << static_cast<unsigned>(end) % 32;
    if constexpr (requires { control.ends; })
      for (const std::uint32_t id : control.ends)
        if (id < Vocab) bits_[id / 32] |= 1U << id % 32;
  }
  /// Marks the tokens that may follow, without the end tokens.
  template <class Table, class Controls>
  void mark(const Table& v, const Controls& control) {
    clear();
    count_ = 0;
    detail::for_each_admitted(v, at_, opened_, [&](std::uint32_t id) {
      bits_[id / 32] |= 1U << id % 32;
      ++count_;
    });
    for (const int id : {control.bos, control.eos, control.note, control.user, control.answer})  // whatever their texts
      if (id >= 0 && has(static_cast<std::size_t>(id))) take_back(static_cast<unsigned>(id));
    if constexpr (requires { control.ends; })
      for (const std::uint32_t id : control.ends)
        if (has(id)) take_back(id);
  }
  void take_back(std::uint32_t id) {
    bits_[id / 32] &= ~(1U << id % 32);
    --count_;
  }
  static constexpr float masked = -0x1p50F;  // a million squares of it are finite, as are_finite() wants

  static bool enter(state& s, std::string_view bytes) {
    for (const char c : bytes)
      if (!s.enter(static_cast<unsigned char>(c))) return false;
    return true;
  }

  [[no_unique_address]] state at_{};
  [[no_unique_address]] state of_{};  // where bits_ belong
  std::uint32_t bits_[ceil_div(Vocab, 32)] = {};
  std::uint32_t count_ = 0;
  bool known_ = false;
  bool opened_ = false;
  bool open_ = false;  // of one that settles: bits_ has what was tried, and the end tokens
  bool many_ = false;  // whether open_ was so when the place was found
};

}  // namespace mote::inline v0
