// SPDX-License-Identifier: BSL-1.0
// How a model's conversations are written: what stands in front of the words of each role and behind them, as data of
// the model's type, which import_model takes from what the file's own template renders.
// Refuses to make a control token of anybody's words: those of the template are put by their ids, words are encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/core/utf8.hpp"

namespace mote::inline v0 {

enum class turn_role : std::uint8_t { system, user, assistant, tool };

/// What one side says: `turn::user("Is it cold?")`.
struct turn {
  turn_role role = turn_role::user;
  std::string_view content{};

  static constexpr turn system(std::string_view content) { return {turn_role::system, content}; }
  static constexpr turn user(std::string_view content) { return {turn_role::user, content}; }
  static constexpr turn assistant(std::string_view content) { return {turn_role::assistant, content}; }
  static constexpr turn tool(std::string_view content) { return {turn_role::tool, content}; }
};

/// Turns, of an array or as written in a call: `{turn::system("..."), turn::user("...")}`. They are read in that call.
class turns : public std::span<const turn> {
 public:
  constexpr turns(std::span<const turn> all) : span(all) {}
  constexpr turns(std::initializer_list<turn> all) : span(all.begin(), all.size()) {}
};

/// A control token that a template spells.
struct chat_token {
  std::string_view spelling{};
  std::uint32_t id = 0;
  bool strips = false;  ///< white space behind it is left out
};

/// What stands around the words of a role.
template <class Text>
struct basic_turn_frame {
  Text before{};
  Text behind{};
  bool known = false;    ///< the template has such turns
  bool trimmed = false;  ///< white space at both ends of the words is left out

  bool operator==(const basic_turn_frame&) const = default;
};

template <class Text>
struct basic_chat_template {
  Text opening{};    ///< in front of a conversation
  Text no_system{};  ///< then, if it does not begin with a turn of the system
  basic_turn_frame<Text> system{};
  basic_turn_frame<Text> user{};
  basic_turn_frame<Text> assistant{};
  basic_turn_frame<Text> tool{};
  Text tools_before{};  ///< around tool turns that follow one another
  Text tools_behind{};
  Text prompt{};                 ///< behind the last turn: the answer follows
  bool system_in_user = false;   ///< the system's words stand in the first turn of the user
  bool trims_as_one = false;     ///< and are trimmed together with the user's
  bool system_anywhere = false;  ///< not only as the first turn
  bool alternates = false;       ///< user and assistant take turns
  bool drops_thinking = false;   ///< of an assistant's words before the last question those up to </think>

  constexpr const basic_turn_frame<Text>& of(turn_role r) const {
    switch (r) {
      case turn_role::system: return system;
      case turn_role::user: return user;
      case turn_role::assistant: return assistant;
      case turn_role::tool: break;
    }
    return tool;
  }
  bool operator==(const basic_chat_template&) const = default;
};

/// A model's: the texts are literals in which control tokens are spelled as in its `chat_tokens`.
using chat_template = basic_chat_template<std::string_view>;

namespace detail {

/// White space as Python's str.strip() has it.
constexpr bool is_stripped(const character& c) {
  const std::uint32_t v = c.code;
  if (!c.valid) return false;
  return (v >= 0x09 && v <= 0x0D) || (v >= 0x1C && v <= 0x20) || v == 0x85 || v == 0xA0 || v == 0x1680 ||
         (v >= 0x2000 && v <= 0x200A) || v == 0x2028 || v == 0x2029 || v == 0x202F || v == 0x205F || v == 0x3000;
}
constexpr std::string_view without_front_space(std::string_view text) {
  for (character c = character_at(text, 0); c.bytes != 0 && is_stripped(c); c = character_at(text, 0))
    text.remove_prefix(c.bytes);
  return text;
}
constexpr std::string_view without_back_space(std::string_view text) {
  std::size_t end = 0;  // behind the last character that stays
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    at += c.bytes;
    if (!is_stripped(c)) end = at;
  }
  return {text.data(), end};
}
constexpr std::string_view without_space(std::string_view text) {
  return without_back_space(without_front_space(text));
}

inline constexpr std::string_view thinking_ends = "</think>";
constexpr std::string_view without_thinking(std::string_view text) {
  if (const std::size_t at = text.rfind(thinking_ends); at != text.npos) {
    text.remove_prefix(at + thinking_ends.size());
    while (text.starts_with('\n')) text.remove_prefix(1);
  }
  return text;
}

/// The order of a template's texts and the words of the turns. Out has literal(text), whose tokens are spelled, and
/// words(text, role).
template <class Text, class Out>
class turn_writer {
 public:
  constexpr turn_writer(const basic_chat_template<Text>& form, std::span<const turn> all, Out& out)
      : form_(form), all_(all), out_(out) {}

  /// wrong_turn: the template has no place for one of the turns, or none that the model would answer.
  constexpr status put(bool goes_on) {
    if (all_.empty()) return status::empty;
    if (all_.back().role == turn_role::assistant || all_.back().role == turn_role::system) return status::wrong_turn;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!has_place(i, goes_on)) return status::wrong_turn;
    if (goes_on) {
      out_.literal(form_.assistant.behind);
    } else {
      out_.literal(form_.opening);
      if (all_[0].role != turn_role::system || form_.system_in_user) out_.literal(form_.no_system);
    }
    for (std::size_t i = 0; i < all_.size(); ++i) one(i);
    out_.literal(form_.prompt);
    return status::ok;
  }

 private:
  /// Whether this turn of the user has the system's words in it.
  constexpr bool behind_system(std::size_t i) const {
    return i == 1 && form_.system_in_user && is(0, turn_role::system);
  }
  constexpr bool is(std::size_t i, turn_role r) const { return i < all_.size() && all_[i].role == r; }

  constexpr bool has_place(std::size_t i, bool goes_on) const {
    const turn& t = all_[i];
    if (!form_.of(t.role).known) return false;
    const bool first = i == 0 && !goes_on;
    if (behind_system(i) && form_.trims_as_one && without_space(t.content).empty()) return false;
    if (t.role == turn_role::system) {
      if (form_.system_in_user) return first && is(1, turn_role::user);
      return first || form_.system_anywhere;
    }
    if (form_.alternates) {
      const bool after_user = i > 0 && is(i - 1, turn_role::user);
      if ((t.role == turn_role::user) == after_user) return false;
    }
    if (t.role == turn_role::assistant && form_.drops_thinking && !is_past(i))
      return t.content.find(thinking_ends) == std::string_view::npos;
    return true;
  }
  /// Whether a question follows.
  constexpr bool is_past(std::size_t i) const {
    for (++i; i < all_.size(); ++i)
      if (all_[i].role == turn_role::user) return true;
    return false;
  }

  constexpr void one(std::size_t i) {
    const turn& t = all_[i];
    const auto& frame = form_.of(t.role);
    if (t.role == turn_role::system && form_.system_in_user) return;  // in the next one
    if (t.role == turn_role::tool && (i == 0 || !is(i - 1, turn_role::tool))) out_.literal(form_.tools_before);
    out_.literal(frame.before);
    if (behind_system(i)) {
      out_.literal(form_.system.before);
      words(all_[0], form_.system);
      out_.literal(form_.system.behind);
    }
    if (behind_system(i) && form_.trims_as_one) out_.words(without_back_space(t.content), t.role);
    else words(t, frame);
    out_.literal(frame.behind);
    if (t.role == turn_role::tool && !is(i + 1, turn_role::tool)) out_.literal(form_.tools_behind);
  }
  constexpr void words(const turn& t, const basic_turn_frame<Text>& frame) {
    std::string_view said = t.content;
    if (t.role == turn_role::assistant && form_.drops_thinking) said = without_thinking(said);
    out_.words(frame.trimmed ? without_space(said) : said, t.role);
  }

  const basic_chat_template<Text>& form_;
  std::span<const turn> all_;
  Out& out_;
};

}  // namespace detail

/// Gives a conversation to `out`, ready for the model's answer. `goes_on`: behind an answer, whose turn is still open.
/// empty: no turns; wrong_turn: the template has no place for one of them; nothing was given then.
template <class Text, class Out>
constexpr status render_turns(const basic_chat_template<Text>& form, std::span<const turn> all, bool goes_on,
                              Out& out) {
  return detail::turn_writer<Text, Out>(form, all, out).put(goes_on);
}

}  // namespace mote::inline v0
