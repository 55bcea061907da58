// SPDX-License-Identifier: BSL-1.0
// A SentencePiece unigram vocabulary (Kudo 2018, arXiv 1804.10959): of all ways to spell a text, the one whose tokens'
// scores have the largest sum (Viterbi).
// Refuses a normalization table: a file that has one is refused at import.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/core/utf8.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_table.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

/// Slots: one for each byte of a text, and one for the space in front. Work: for each character at most as many
/// searches as the longest token has bytes. Scores are added as floats, from the left; of equal sums the one whose last
/// token is longest stays.
template <bool SpaceBefore = true>
class sentencepiece_unigram {
 public:
  using table = table_of<table_kind::unigram>;
  static constexpr bool drops_space = SpaceBefore;  ///< piece() leaves out the one in front of a text

  sentencepiece_unigram() = default;
  sentencepiece_unigram(table words, const special_tokens& control) : words_(words), control_(control) {}

  /// Writes the tokens of a text after the first `count` slots and increases `count`. What no token spells becomes its
  /// bytes, or the unknown token, one for a row of such characters. On failure `count` is unchanged. too_long: the
  /// slots do not suffice; not_spelled: the vocabulary has neither bytes nor an unknown token; not_attached.
  status append(std::string_view text, std::span<merge_slot> slots, std::size_t& count, encoding how = {}) const {
    if (text.empty()) return status::ok;
    if (words_.count() == 0) return status::not_attached;
    if (count > slots.size()) return status::too_long;
    std::size_t end = count;
    bool space = SpaceBefore && how.space_before;
    const status s = detail::with_added(words_, text, how.added, slots, end, [&](std::string_view plain) {
      const std::size_t lead = space ? 1 : 0;
      space = false;
      if (lead + plain.size() > slots.size() - end) return status::too_long;
      return spell({plain, lead}, slots.subspan(end, lead + plain.size()), end);
    });
    if (s == status::ok) count = end;
    return s;
  }

  /// The bytes of a token. After the token `bos`, one leading space is dropped, the one that append() added.
  std::string_view piece(std::uint32_t previous, std::uint32_t token) const {
    std::string_view text = words_.shown(token);
    const bool opened = SpaceBefore && control_.bos >= 0 && previous == static_cast<std::uint32_t>(control_.bos);
    if (opened && !words_.is_byte(token) && text.starts_with(' ')) text.remove_prefix(1);
    return text;
  }

  const table& vocabulary() const { return words_; }

 private:
  /// A text with `lead` spaces in front, 0 or 1.
  struct led_text {
    std::string_view text;
    std::size_t lead;

    std::size_t size() const { return lead + text.size(); }
    char operator[](std::size_t i) const { return i < lead ? ' ' : text[i - lead]; }
    std::size_t character_bytes(std::size_t i) const {
      return i < lead ? std::size_t{1} : character_at(text, i - lead).bytes;
    }
    std::string_view head(std::size_t from) const { return from < lead ? std::string_view(" ") : std::string_view(); }
    std::string_view tail(std::size_t from, std::size_t to) const {
      const std::size_t begin = from < lead ? 0 : from - lead;
      return {text.data() + begin, to - lead - begin};
    }
  };

  /// slots[p - 1] is the best way to position p: its last token, where that begins (merged), its sum (rank).
  status spell(const led_text& text, std::span<merge_slot> slots, std::size_t& count) const {
    const std::size_t size = text.size();
    for (merge_slot& s : slots) s.merged = no_token;
    const auto offer = [&](std::size_t from, std::size_t to, std::uint32_t token, float sum) {
      merge_slot& s = slots[to - 1];
      if (s.merged != no_token && !(sum > __builtin_bit_cast(float, s.rank))) return;
      s = {token, static_cast<std::uint32_t>(from), __builtin_bit_cast(std::uint32_t, sum)};
    };
    for (std::size_t at = 0; at < size; ++at) {
      if (at > 0 && slots[at - 1].merged == no_token) continue;  // inside a character
      const float before = at == 0 ? 0.0F : __builtin_bit_cast(float, slots[at - 1].rank);
      const std::size_t whole = at + text.character_bytes(at);
      bool known = false;
      detail::text_hash hash;
      for (std::size_t to = at + 1; to <= size && to - at <= words_.longest(); ++to) {
        const char byte = text[to - 1];
        hash.add({&byte, 1});
        const std::uint32_t id = words_.find_hashed(hash.value(), text.head(at), text.tail(at, to));
        if (id == no_token) continue;
        offer(at, to, id, before + words_.score(id));
        known = known || to == whole;
      }
      if (!known) offer(at, whole, no_token, before + words_.unknown_score());
    }

    // From the end back to the beginning, `rank` becomes where the next token ends.
    std::size_t next = size;
    std::size_t end = 0;
    for (std::size_t p = size; p > 0;) {
      const std::size_t from = slots[p - 1].merged;
      slots[p - 1].rank = static_cast<std::uint32_t>(end);
      end = p;
      next = p;
      p = from;
    }
    std::size_t written = 0;
    bool was_unknown = false;
    for (std::size_t p = next; p != 0;) {
      const merge_slot step = slots[p - 1];
      if (step.token != no_token) {
        slots[written++].token = step.token;
      } else if (words_.has_bytes()) {
        for (std::size_t i = step.merged; i < p; ++i)
          slots[written++].token = words_.byte_token(static_cast<unsigned char>(text[i]));
      } else if (words_.unknown() == no_token) {
        return status::not_spelled;
      } else if (!was_unknown) {
        slots[written++].token = words_.unknown();
      }
      was_unknown = step.token == no_token;
      p = step.rank;
    }
    count += written;
    return status::ok;
  }

  table words_;
  special_tokens control_{.bos = 0, .eos = 0, .note = 0, .user = 0, .answer = 0};  // all zero: in .bss
};

}  // namespace mote::inline v0
