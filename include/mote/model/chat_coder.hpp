// SPDX-License-Identifier: BSL-1.0
// Makes the tokens of a conversation: control tokens of the template by their ids, and each text between two of them,
// of the template and of the turns together, encoded as one.
// Refuses to cut: what does not fit gives too_long. It needs no memory: the text is joined in the end of the merging
// slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/chat_template.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

template <class Tokenizer, class Token>
class chat_coder {
 public:
  /// `goes_on`: the first text stands behind tokens of an answer, and gets no space before it.
  chat_coder(const Tokenizer& tokenizer, std::span<const chat_token> tokens, std::span<merge_slot> slots,
             std::span<Token> target, bool goes_on)
      : tokenizer_(tokenizer),
        tokens_(tokens),
        slots_(slots.first(slots.size() * parts / (parts + 1))),
        text_(reinterpret_cast<char*>(slots.data() + slots_.size())),
        room_((slots.size() - slots_.size()) * sizeof(merge_slot)),
        target_(target),
        space_before_(!goes_on) {}

  /// A text of the template, in which control tokens are spelled.
  void literal(std::string_view text) {
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
      const chat_token* const found = spelled_at(part(text, at, text.size()));
      if (found == nullptr) {
        ++at;
        continue;
      }
      add(part(text, begin, at));
      flush();
      put(found->id);
      strips_ = found->strips;
      at += found->spelling.size();
      begin = at;
    }
    add(part(text, begin, text.size()));
  }
  /// What somebody says: never a control token. In the model's own words, tokens such as <think> are what they were.
  void words(std::string_view text, turn_role role) {
    own_ = own_ || role == turn_role::assistant;
    others_ = others_ || role != turn_role::assistant;
    add(text);
  }
  /// The last text. The status of the first fault: too_long, or the tokenizer's.
  status finish() {
    flush();
    return state_;
  }
  std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t parts = sizeof(merge_slot);  // a slot for each byte of the text

  /// No substr(): its range check would link the exception machinery into a firmware.
  static std::string_view part(std::string_view text, std::size_t begin, std::size_t end) {
    return {text.data() + begin, end - begin};
  }
  const chat_token* spelled_at(std::string_view text) const {
    for (const chat_token& t : tokens_)
      if (text.starts_with(t.spelling)) return &t;
    return nullptr;
  }
  void fail(status why) {
    if (state_ == status::ok) state_ = why;
  }
  void put(std::uint32_t id) {
    if (count_ < target_.size()) target_[count_++] = static_cast<Token>(id);
    else fail(status::too_long);
  }
  void add(std::string_view text) {
    if (text.size() > room_ - bytes_) return fail(status::too_long);
    if (!text.empty()) std::memcpy(text_ + bytes_, text.data(), text.size());
    bytes_ += text.size();
  }
  void flush() {
    std::string_view text(text_, bytes_);
    if (strips_) text = detail::without_front_space(text);
    if (!text.empty() && state_ == status::ok) {
      std::size_t made = 0;
      if (const status s = encode(text, made); s != status::ok) fail(s);
      for (std::size_t i = 0; i < made && state_ == status::ok; ++i) put(slots_[i].token);
    }
    bytes_ = 0;
    strips_ = own_ = others_ = false;
    space_before_ = true;
  }
  status encode(std::string_view text, std::size_t& made) const {
    const encoding how{.space_before = space_before_,
                       .added = own_ && !others_ ? added_tokens::user_defined : added_tokens::none};
    if constexpr (requires { tokenizer_.append(text, slots_, made, how); })
      return tokenizer_.append(text, slots_, made, how);
    else return tokenizer_.append(text, slots_, made);
  }

  const Tokenizer& tokenizer_;
  std::span<const chat_token> tokens_;
  std::span<merge_slot> slots_;
  char* text_;
  std::size_t room_;
  std::size_t bytes_ = 0;
  std::span<Token> target_;
  std::size_t count_ = 0;
  status state_ = status::ok;
  bool space_before_;
  bool strips_ = false;
  bool own_ = false;     // words of the model are in the text
  bool others_ = false;  // words of somebody else are
};

}  // namespace mote::inline v0
