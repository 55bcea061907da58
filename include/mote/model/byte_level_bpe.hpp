// SPDX-License-Identifier: BSL-1.0
// Byte-level BPE (Radford et al. 2019): a text is cut into pieces, each byte of a piece becomes a token, then the pair
// of highest rank is merged until none is left.
// Refuses to guess how a family cuts: its pieces (model/pieces.hpp) are an argument.
//
//   byte_level_bpe<llama3_pieces>       byte_level_bpe<qwen2_pieces, nfc>
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/normalizer.hpp"
#include "mote/model/pieces.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_table.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

/// Slots: one for each byte of a text, and where Normalizer changes the text, one more for each twelve bytes of it.
template <class Pieces, class Normalizer = unchanged>
class byte_level_bpe {
 public:
  using table = table_of<table_kind::byte_level>;

  byte_level_bpe() = default;
  byte_level_bpe(table words, const special_tokens&) : words_(words) {}

  /// Writes the tokens of a text after the first `count` slots and increases `count`; nothing merges with the tokens
  /// before. On failure `count` and the slots before it are unchanged. too_long: the slots do not suffice; not_spelled:
  /// the vocabulary has no token for a byte, as many have none for those that UTF-8 never uses; not_attached.
  status append(std::string_view text, std::span<merge_slot> slots, std::size_t& count, encoding how = {}) const {
    if (text.empty()) return status::ok;
    if (words_.count() == 0) return status::not_attached;
    if (count > slots.size()) return status::too_long;
    std::size_t end = count;
    const status s = detail::with_added(words_, text, how.added, slots, end, [&](std::string_view plain) {
      return detail::normalized<Normalizer>(
          plain, slots, end,
          [&](std::string_view normal, std::span<merge_slot> room) { return encode(normal, room, end); });
    });
    if (s == status::ok) count = end;
    return s;
  }

  /// The bytes of a token, a view of the image; they may be part of a character. Empty for a control token and for an
  /// unknown id.
  std::string_view piece(std::uint32_t /*previous*/, std::uint32_t token) const { return words_.shown(token); }

  const table& vocabulary() const { return words_; }

 private:
  struct merges {
    const table& words;
    static constexpr bool lower_left_first = true;

    std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const {
      const std::string_view head = words.text(left);
      const std::uint32_t both = words.find(head, words.text(right));
      if (both == no_token || !words.has_splits() || words.split(both) == head.size()) return both;
      return no_token;
    }
    std::uint32_t rank(std::uint32_t token) const { return words.rank(token); }
  };

  status encode(std::string_view text, std::span<merge_slot> slots, std::size_t& count) const {
    Pieces cut;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = cut.end_of(text, at);
      const std::string_view piece{text.data() + at, end - at};
      at = end;
      if (const std::uint32_t id = words_.find_at_once(piece); id != no_token) {
        if (count >= slots.size()) return status::too_long;
        slots[count++].token = id;
        continue;
      }
      if (piece.size() > slots.size() - count) return status::too_long;
      for (std::size_t i = 0; i < piece.size(); ++i)
        if ((slots[count + i].token = words_.token_of(piece[i])) == no_token) return status::not_spelled;
      count += merge(slots.subspan(count, piece.size()), merges{words_});
    }
    return status::ok;
  }

  table words_;
};

}  // namespace mote::inline v0
