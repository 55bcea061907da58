// SPDX-License-Identifier: BSL-1.0
#include "mote/host/train/bpe.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/merge.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

enum class letter_kind : std::uint8_t { letter, apostrophe, punctuation, digit, space };

/// Bytes from 0x80 on, of characters beyond ASCII, count as letters.
constexpr letter_kind kind_of(char c) {
  const auto u = static_cast<unsigned char>(c);
  if (c >= '0' && c <= '9') return letter_kind::digit;
  if (c == '\'') return letter_kind::apostrophe;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || u >= 0x80U) return letter_kind::letter;
  return u <= 0x20U ? letter_kind::space : letter_kind::punctuation;
}

constexpr bool may_meet(char left, char right) {
  const letter_kind l = kind_of(left);
  const letter_kind r = kind_of(right);
  if (l == letter_kind::digit || r == letter_kind::digit || r == letter_kind::space) return false;
  if (l == letter_kind::letter) return r == letter_kind::letter;
  if (l == letter_kind::punctuation) return r != letter_kind::letter;
  return true;
}

/// Bytes of the UTF-8 character at the front, as llama2.c counts: a first byte and up to three continuation bytes.
constexpr std::size_t character_length(std::string_view text) {
  std::size_t n = 1;
  while (n < text.size() && n < 4 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) ++n;
  return n;
}

std::string byte_piece(unsigned value) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  return {'<', '0', 'x', hex[value >> 4U], hex[value & 15U], '>'};
}

/// The merges of a vocabulary, as model/merge.hpp asks for them.
struct scored_merges {
  const merge_table& table;
  std::span<const float> scores;
  static constexpr bool lower_left_first = false;

  std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const {
    const std::int32_t whole = table.find(static_cast<std::int32_t>(left), static_cast<std::int32_t>(right));
    return whole < 0 ? no_token : static_cast<std::uint32_t>(whole);
  }
  /// The order of the scores as integers; control tokens have 0.
  std::uint32_t rank(std::uint32_t token) const {
    const float score = scores[token];
    return score > control_score ? ordered(score) - ordered(control_score) : 0;
  }
  /// Larger for a larger float; equal for both zeros.
  static constexpr std::uint32_t ordered(float score) {
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
    return (bits >> 31U) != 0 ? ~bits : bits | 0x80000000U;
  }
};

/// Merges the best-scored neighbours, the leftmost of equals, until none is left.
void merge_ids(token_ids& ids, const merge_table& table, std::span<const float> scores) {
  std::vector<merge_slot> slots(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) slots[i].token = static_cast<std::uint32_t>(ids[i]);
  ids.resize(merge(std::span(slots), scored_merges{table, scores}));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(slots[i].token);
}

}  // namespace

}  // namespace detail

bpe_encoder::bpe_encoder(vocabulary_text vocabulary) : words_(std::move(vocabulary)) {
  // Of equal pieces the first id counts. Control tokens are left out: no text becomes one.
  for (std::size_t id = first_control_token; id < words_.pieces.size(); ++id)
    if (words_.scores[id] > control_score && !words_.pieces[id].empty())
      id_.emplace(words_.pieces[id], static_cast<std::int32_t>(id));
  for (const auto& [piece, id] : id_)
    for (std::size_t cut = 1; cut < piece.size(); ++cut) {
      const auto left = id_.find(piece.substr(0, cut));
      const auto right = id_.find(piece.substr(cut));
      if (left != id_.end() && right != id_.end()) merges_.add(left->second, right->second, id);
    }
}

std::vector<std::int32_t> bpe_encoder::encode(std::string_view text) const {
  detail::token_ids ids;
  if (text.empty()) return ids;
  ids.reserve(text.size() + 1);
  append_character(ids, " ");
  while (!text.empty()) {
    const std::size_t length = detail::character_length(text);
    append_character(ids, text.substr(0, length));
    text.remove_prefix(length);
  }
  detail::merge_ids(ids, merges_, words_.scores);
  return ids;
}

std::string bpe_encoder::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (std::int32_t token : ids) {
    const auto id = static_cast<std::size_t>(token);
    if (token < static_cast<std::int32_t>(first_byte_token) || id >= words_.pieces.size()) continue;
    if (id < first_control_token) text += static_cast<char>(id - first_byte_token);
    else if (words_.scores[id] > control_score) text += words_.pieces[id];
  }
  return text.starts_with(' ') ? text.substr(1) : text;
}

std::int32_t bpe_encoder::find(std::string_view piece) const {
  for (std::size_t id = 0; id < words_.pieces.size(); ++id)
    if (words_.pieces[id] == piece) return static_cast<std::int32_t>(id);
  return -1;
}

void bpe_encoder::append_character(detail::token_ids& ids, std::string_view character) const {
  const auto at = id_.find(std::string(character));
  if (at != id_.end()) {
    ids.push_back(at->second);
    return;
  }
  for (char c : character) ids.push_back(static_cast<std::int32_t>(static_cast<unsigned char>(c) + first_byte_token));
}

namespace detail {

namespace {

/// Counts of pairs over all distinct chunks of the text, kept up to date while chunks are merged.
class pair_counter {
 public:
  struct chunk {
    token_ids ids;
    std::int64_t times;
  };

  void add(token_ids ids, std::int64_t times) {
    chunks_.push_back({std::move(ids), times});
    count(chunks_.size() - 1, 1);
  }

  /// The most frequent pair that `allowed` accepts. Ties go to the smaller ids: the hash order must not decide.
  template <class Allowed>
  std::pair<std::int32_t, std::int32_t> best(Allowed allowed) const {
    std::pair<std::int32_t, std::int32_t> winner{-1, -1};
    std::int64_t most = 1;  // a pair must occur twice
    for (const auto& [key, seen] : pairs_) {
      const std::pair<std::int32_t, std::int32_t> pair{static_cast<std::int32_t>(key >> 32U),
                                                       static_cast<std::int32_t>(key & 0xFFFFFFFFU)};
      const bool better = seen.times > most || (seen.times == most && winner.first >= 0 && pair < winner);
      if (better && allowed(pair.first, pair.second)) {
        winner = pair;
        most = seen.times;
      }
    }
    return winner;
  }

  /// Calls `change` on the ids of every chunk that contains the pair, and updates the counts.
  template <class Change>
  void rewrite(std::pair<std::int32_t, std::int32_t> pair, Change change) {
    const std::set<std::size_t> where = std::exchange(pairs_[merge_table::key(pair.first, pair.second)].chunks, {});
    for (std::size_t index : where) {
      count(index, -1);
      change(chunks_[index].ids);
      count(index, 1);
    }
  }

 private:
  struct entry {
    std::int64_t times = 0;
    std::set<std::size_t> chunks = {};  // chunks that contain the pair, or did before a merge
  };

  void count(std::size_t index, std::int64_t sign) {
    const chunk& c = chunks_[index];
    for (std::size_t i = 0; i + 1 < c.ids.size(); ++i) {
      entry& e = pairs_[merge_table::key(c.ids[i], c.ids[i + 1])];
      e.times += sign * c.times;
      if (sign > 0) e.chunks.insert(index);
    }
  }

  std::vector<chunk> chunks_;
  std::unordered_map<std::uint64_t, entry> pairs_;
};

}  // namespace

}  // namespace detail

vocabulary_text train_bpe(std::span<const std::string> texts, std::size_t vocab, std::vector<std::string> control) {
  vocabulary_text out;
  if (vocab <= first_control_token + control.size())
    throw std::invalid_argument("bpe: " + std::to_string(vocab) + " tokens are too few; the special, byte and " +
                                "control tokens alone are " + std::to_string(first_control_token + control.size()));
  for (const std::string& name : control) {
    std::size_t length = 0;
    for (std::size_t at = 0; at < name.size(); ++length)
      at += detail::character_length(std::string_view(name).substr(at));
    if (length < 3) throw std::invalid_argument("bpe: the control token '" + name + "' has less than three characters");
    if (std::count(control.begin(), control.end(), name) != 1)
      throw std::invalid_argument("bpe: the control token '" + name + "' is given twice");
  }

  const auto add = [&out](std::string piece, float score) {
    out.pieces.push_back(std::move(piece));
    out.scores.push_back(score);
    return static_cast<std::int32_t>(out.pieces.size() - 1);
  };
  for (const char* special : {"<unk>", "\n<s>\n", "\n</s>\n"}) add(special, 0.0F);
  for (unsigned value = 0; value < byte_tokens; ++value) add(detail::byte_piece(value), 0.0F);
  for (const std::string& name : control) add(name, control_score);

  // Texts are cut into chunks where no merge may cross, so each distinct chunk is processed once, with its count.
  std::map<std::string, std::int64_t, std::less<>> chunks;
  std::map<std::string, std::int64_t, std::less<>> characters;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    const std::string spaced = ' ' + text;
    for (std::size_t at = 0, start = 0; at < spaced.size();) {
      const std::size_t length = detail::character_length(std::string_view(spaced).substr(at));
      ++characters[spaced.substr(at, length)];
      at += length;
      if (at < spaced.size() && detail::may_meet(spaced[at - 1], spaced[at])) continue;
      ++chunks[spaced.substr(start, at - start)];
      start = at;
    }
  }

  std::vector<std::pair<std::string, std::int64_t>> by_count(characters.begin(), characters.end());
  std::sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  const std::string nul(1, '\0');
  std::map<std::string, std::int32_t, std::less<>> known;
  for (const auto& [character, times] : by_count)
    if (out.pieces.size() < vocab && character != nul)                       // no packed vocabulary can hold a NUL
      known.emplace(character, add(character, -static_cast<float>(vocab)));  // below every merge

  const std::size_t character_count = known.size();

  detail::pair_counter counter;
  for (const auto& [text, times] : chunks) {
    detail::token_ids ids;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = detail::character_length(std::string_view(text).substr(at));
      const auto id = known.find(std::string_view(text).substr(at, length));
      ids.push_back(id == known.end() ? 0 : id->second);  // 0: left to the byte pieces, never merged
      at += length;
    }
    counter.add(std::move(ids), times);
  }

  // Merges must never produce a control name: no piece may begin or end one, so the last merge would lack a half.
  const auto builds_control = [&control](std::string_view piece) {
    for (const std::string& name : control)
      if (name.starts_with(piece) || name.ends_with(piece)) return true;
    return false;
  };

  const auto joined = [&out](std::int32_t left, std::int32_t right) {
    return out.pieces[static_cast<std::size_t>(left)] + out.pieces[static_cast<std::size_t>(right)];
  };

  detail::merge_table merges;
  while (out.pieces.size() < vocab) {
    const auto pair = counter.best([&](std::int32_t left, std::int32_t right) {
      if (left == 0 || right == 0) return false;
      return !builds_control(joined(left, right));
    });
    if (pair.first < 0) break;
    const std::string whole = joined(pair.first, pair.second);
    const auto rank = static_cast<float>(out.pieces.size() - first_control_token - control.size() - character_count);
    const std::int32_t id = add(whole, -rank);
    // An encoder merges any two pieces whose text together is a piece, not only the pair that was learned. So all such
    // pairs that the new piece makes possible are added: it and a known piece, and other cuts of it.
    std::vector<std::pair<std::int32_t, std::int32_t>> joins;
    const auto join = [&](std::int32_t l, std::string_view right, std::int32_t into) {
      const auto r = known.find(right);
      if (r == known.end()) return;
      merges.add(l, r->second, into);
      joins.emplace_back(l, r->second);
    };
    known.emplace(whole, id);
    for (const auto& [piece, into] : known) {
      if (into == id || piece.size() <= whole.size()) continue;
      const auto rest = piece.size() - whole.size();
      if (piece.starts_with(whole)) join(id, std::string_view(piece).substr(whole.size()), into);
      const auto front = known.find(std::string_view(piece).substr(0, rest));
      if (piece.ends_with(whole) && front != known.end()) join(front->second, whole, into);
    }
    for (std::size_t cut = 1; cut < whole.size(); ++cut)
      if (const auto front = known.find(std::string_view(whole).substr(0, cut)); front != known.end())
        join(front->second, std::string_view(whole).substr(cut), id);
    // The chunks are rewritten by the encoder's own function, so the next counts are of what an encoder produces.
    for (const auto& each : joins)
      counter.rewrite(each, [&](detail::token_ids& ids) { detail::merge_ids(ids, merges, out.scores); });
  }
  return out;
}

}  // namespace mote::inline v0::host
