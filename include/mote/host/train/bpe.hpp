// SPDX-License-Identifier: BSL-1.0
// Learns a byte-pair vocabulary from text and encodes with it, in the order and the meaning of llama2.c's tokenizer.
// Refuses merges that make copying hard: none touches a digit, none crosses from one word to the next.
//
//   id 0..2        <unk>, begin, end, as llama2.c spells them
//   3..258         the byte pieces <0x00> .. <0xFF>: any text can be encoded
//   259..          control tokens (asked for by name; no text can produce one)
//   then           the single characters of the text, most frequent first
//   then           merges; scores fall by one each, so "merge the best-scored pair first" replays the training
//
// A pair may merge if the characters that meet may meet inside a piece:
//
// | left \ right      | letter | apostrophe | punctuation | digit | space |
// |-------------------|--------|------------|-------------|-------|-------|
// | letter            | yes    | no         | no          | no    | no    |
// | apostrophe        | yes    | yes        | yes         | no    | no    |
// | punctuation       | no     | yes        | yes         | no    | no    |
// | digit             | no     | no         | no          | no    | no    |
// | space             | yes    | yes        | yes         | no    | no    |
//
// The rule looks at two characters only, so an encoder needs to know nothing of it.
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

inline constexpr std::size_t special_tokens = 3;
inline constexpr std::size_t byte_tokens = 256;
/// Control tokens have the ids from here, in the order of their names.
inline constexpr std::size_t first_control_token = special_tokens + byte_tokens;
/// Below any score a merge can have; a token with this score is never made from text.
inline constexpr float control_score = -1e9F;

namespace detail {

using token_ids = std::vector<std::int32_t>;

/// What a pair of ids merges into.
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

/// The reference encoder. Works with any llama2.c vocabulary; const and shareable between threads once built.
class bpe_encoder {
 public:
  explicit bpe_encoder(vocabulary_text vocabulary);

  const vocabulary_text& vocabulary() const { return words_; }

  /// Text with a leading space in front, as llama2.c adds it, and no begin or end token. Empty text has no tokens.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// The text of `ids` without the leading space; special and control tokens have no text.
  std::string decode(std::span<const std::int32_t> ids) const;

  /// The id of a token by its exact piece; -1 if there is none. This is how a trainer finds its control tokens.
  std::int32_t find(std::string_view piece) const;

 private:
  void append_character(detail::token_ids& ids, std::string_view character) const;

  vocabulary_text words_;
  std::unordered_map<std::string, std::int32_t> id_;
  detail::merge_table merges_;
};

/// A vocabulary of at most `vocab` tokens learned from `texts` (fewer if the text has no more patterns).
/// `control`: names of at least three characters, in the order of their ids; they should hold a sign the text does not
/// use, as in "<user>", since pieces that begin or end a name are never learned.
/// Throws std::invalid_argument where not one character has room, or a control name is too short or given twice.
vocabulary_text train_bpe(std::span<const std::string> texts, std::size_t vocab, std::vector<std::string> control);

}  // namespace mote::inline v0::host
