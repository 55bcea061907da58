// SPDX-License-Identifier: BSL-1.0
// Learns a byte-pair vocabulary from text and encodes with it, with the same results as llama2.c's tokenizer.
// Refuses merges that make copying hard for a model: none contains a digit or crosses from one word into the next.
//
//   id 0..2        <unk>, begin, end, as llama2.c spells them
//   3..258         the byte pieces <0x00> .. <0xFF>: any text can be encoded
//   259..          control tokens (given by name; no text can produce one)
//   then           the single characters of the text, most frequent first
//   then           merges; scores fall by one each, so "merge the best-scored pair first" replays the training
//
// Two pieces may merge if this table allows the last character of the left one before the first of the right one:
//
// | left \ right      | letter | apostrophe | punctuation | digit | space |
// |-------------------|--------|------------|-------------|-------|-------|
// | letter            | yes    | no         | no          | no    | no    |
// | apostrophe        | yes    | yes        | yes         | no    | no    |
// | punctuation       | no     | yes        | yes         | no    | no    |
// | digit             | no     | no         | no          | no    | no    |
// | space             | yes    | yes        | yes         | no    | no    |
//
// The rule depends on two characters only, so the merges of a vocabulary contain it: an encoder need not apply it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

inline constexpr std::size_t first_byte_token = 3;  // after <unk>, <s> and </s>
inline constexpr std::size_t byte_tokens = 256;
/// The id of the first control token; the others follow in the order in which they were given.
inline constexpr std::size_t first_control_token = first_byte_token + byte_tokens;
/// The score of control tokens, below that of any merge: no text becomes a token with this score.
inline constexpr float control_score = -1e9F;

namespace detail {

using token_ids = std::vector<std::int32_t>;

/// The id that a pair of ids merges into; find() returns -1 if the pair does not merge.
class merge_table {
 public:
  void add(std::int32_t left, std::int32_t right, std::int32_t whole) {
    whole_.insert_or_assign(key(left, right), whole);
  }
  std::int32_t find(std::int32_t left, std::int32_t right) const {
    const auto at = whole_.find(key(left, right));
    return at == whole_.end() ? -1 : at->second;
  }
  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U | static_cast<std::uint32_t>(right);
  }

 private:
  std::unordered_map<std::uint64_t, std::int32_t> whole_;
};

}  // namespace detail

/// The reference encoder, for any llama2.c vocabulary. After construction it is const: threads can share it.
class bpe_encoder {
 public:
  explicit bpe_encoder(vocabulary_text vocabulary);

  const vocabulary_text& vocabulary() const { return words_; }

  /// The ids of a text. A space is put in front, as llama2.c does; there is no begin or end token. Empty text: no ids.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// The text of `ids` without the leading space; special and control tokens have no text.
  std::string decode(std::span<const std::int32_t> ids) const;

  /// The id of the token with exactly this piece, control tokens included; -1 if there is none.
  std::int32_t find(std::string_view piece) const;

 private:
  void append_character(detail::token_ids& ids, std::string_view character) const;

  vocabulary_text words_;
  std::unordered_map<std::string, std::int32_t> id_;
  detail::merge_table merges_;
};

/// A vocabulary of at most `vocab` tokens learned from `texts`; fewer if no pair occurs twice any more.
/// `control`: names of at least three characters, in the order of their ids. A name should contain a sign that the text
/// does not use, as in "<user>": pieces that begin or end a name are never learned.
/// Throws std::invalid_argument if there is no room for a single character, or if a name is too short or given twice.
vocabulary_text train_bpe(std::span<const std::string> texts, std::size_t vocab, std::vector<std::string> control);

}  // namespace mote::inline v0::host
