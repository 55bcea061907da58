// SPDX-License-Identifier: BSL-1.0
// The token table, read in place from flash: texts, merge ranks, and the order for a search by text.
// Refuses to trust the table: check() validates every number once, against the size of the table. The other functions
// need a table that passed, and do not validate it again.
//
//   offset  field
//        0  u32 count        tokens
//        4  u32 searchable   tokens that a text can become; the others are control tokens, bytes and duplicates
//        8  u32 longest      bytes of the longest text
//       12  u32 text_bytes
//       16  u32 byte_first   id of the token of byte 0; those of bytes 1 to 255 follow; 0xFFFFFFFF: none
//       20  u32 reserved[3]  zero
//       32  u32 offsets[count + 1]   where each text starts in the text area; the last is text_bytes
//           idx ranks[count]         merge priority, higher merges first; 0 is never the result of a merge
//           idx sorted[searchable]   ids in the order of their texts, strictly ascending as unsigned bytes
//           the texts, without separators, then zeros to a multiple of 4
//
// `idx` is u16 where count < 65,536, else u32. All little-endian. The text of a byte token is that raw byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

inline constexpr std::size_t vocabulary_header_bytes = 32;
inline constexpr std::size_t most_tokens = std::size_t{1} << 20U;  // as shape::valid()

/// Bytes of the table, or too_big.
constexpr std::size_t vocabulary_bytes(std::size_t count, std::size_t searchable, std::size_t text_bytes) {
  if (count > most_tokens || searchable > count || text_bytes >= too_big / 2) return too_big;
  const std::size_t index = count < 65536 ? 2 : 4;
  const std::size_t fixed = vocabulary_header_bytes + 4 * (count + 1) + index * (count + searchable);
  const std::size_t all = checked_add(fixed, text_bytes);
  return all >= too_big - 3 ? too_big : round_up(all, 4);
}

class vocabulary_view {
 public:
  vocabulary_view() = default;

  /// A view of a table that check() passed.
  explicit vocabulary_view(std::span<const std::byte> table)
      : offsets_(table.data() + vocabulary_header_bytes),
        count_(word_at(table.data())),
        searchable_(word_at(table.data() + 4)),
        longest_(word_at(table.data() + 8)),
        byte_end_(word_at(table.data() + 16) == no_token ? 0 : word_at(table.data() + 16) + 256) {
    const std::size_t index = wide() ? 4 : 2;
    ranks_ = offsets_ + 4 * (std::size_t{count_} + 1);
    sorted_ = ranks_ + index * count_;
    text_ = sorted_ + index * searchable_;
  }

  /// ok, misaligned (4 bytes), truncated or corrupt_vocabulary, which is also the answer to a table in which a search
  /// finds a token of `control`. Reads nothing outside the span.
  static status check(std::span<const std::byte> table, const control_set& control = {}) {
    if (table.size() < vocabulary_header_bytes) return status::truncated;
    if (reinterpret_cast<std::uintptr_t>(table.data()) % 4 != 0) return status::misaligned;
    const std::uint32_t count = word_at(table.data());
    const std::uint32_t text_bytes = word_at(table.data() + 12);
    const std::size_t needed = vocabulary_bytes(count, word_at(table.data() + 4), text_bytes);
    if (count == 0 || needed == too_big) return status::corrupt_vocabulary;
    if (needed > table.size()) return status::truncated;
    if (needed < table.size()) return status::corrupt_vocabulary;
    for (std::size_t i = 20; i < vocabulary_header_bytes; ++i)
      if (table[i] != std::byte{0}) return status::corrupt_vocabulary;
    return vocabulary_view{table}.sound(text_bytes, table, control) ? status::ok : status::corrupt_vocabulary;
  }

  std::uint32_t count() const { return count_; }
  std::uint32_t searchable() const { return searchable_; }
  std::uint32_t longest() const { return longest_; }

  /// The text of a token, id < count(). A byte token's text is its byte.
  std::string_view text(std::uint32_t id) const {
    const std::uint32_t begin = word_at(offsets_ + std::size_t{4} * id);
    const std::uint32_t end = word_at(offsets_ + std::size_t{4} * id + 4);
    return {reinterpret_cast<const char*>(text_) + begin, end - begin};
  }

  /// The token at a place in the order of the texts, place < searchable().
  std::uint32_t searched(std::uint32_t place) const { return index(sorted_, place); }
  std::uint32_t rank(std::uint32_t id) const { return index(ranks_, id); }

  bool has_bytes() const { return byte_end_ != 0; }
  bool is_byte(std::uint32_t id) const { return has_bytes() && id < byte_end_ && byte_end_ - id <= 256; }
  std::uint32_t byte_token(unsigned char byte) const { return byte_end_ - 256 + byte; }

  /// The token whose text is `head` followed by `tail`, or no_token. Never a control token or a byte token.
  std::uint32_t find(std::string_view head, std::string_view tail = {}) const {
    if (head.size() > longest_ || tail.size() > longest_ - head.size()) return no_token;
    std::uint32_t low = 0;
    std::uint32_t high = searchable_;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      const std::uint32_t id = index(sorted_, middle);
      const std::string_view candidate = text(id);
      // No substr(): its range check would link the exception machinery into a firmware.
      const std::size_t shared = candidate.size() < head.size() ? candidate.size() : head.size();
      int order = head.compare({candidate.data(), shared});
      // A candidate shorter than the head is already decided: the comparison above was not 0.
      if (order == 0) order = tail.compare({candidate.data() + shared, candidate.size() - shared});
      if (order == 0) return id;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return no_token;
  }

 private:
  // The alignment is promised: without it, code for cores that fault on unaligned words reads byte by byte.
  static std::uint32_t word_at(const std::byte* at) {
    std::uint32_t v = 0;
    __builtin_memcpy(&v, __builtin_assume_aligned(at, 4), 4);
    return v;
  }
  static std::uint32_t half(const std::byte* at) {
    std::uint16_t v = 0;
    __builtin_memcpy(&v, __builtin_assume_aligned(at, 2), 2);
    return v;
  }
  bool wide() const { return count_ >= 65536; }
  std::uint32_t index(const std::byte* table, std::uint32_t i) const {
    // Tables of u32 follow tables of u32, so they are aligned to 4 bytes; tables of u16 only to 2.
    return wide() ? word_at(table + std::size_t{4} * i) : half(table + std::size_t{2} * i);
  }

  bool sound(std::uint32_t text_bytes, std::span<const std::byte> table, const control_set& control) const {
    if (word_at(offsets_) != 0 || word_at(offsets_ + std::size_t{4} * count_) != text_bytes) return false;
    std::uint32_t widest = 0;
    for (std::uint32_t id = 0; id < count_; ++id) {
      const std::uint32_t begin = word_at(offsets_ + std::size_t{4} * id);
      const std::uint32_t end = word_at(offsets_ + std::size_t{4} * id + 4);
      if (begin > end || end > text_bytes) return false;
      if (end - begin > widest) widest = end - begin;
    }
    if (widest != longest_) return false;

    if (const std::uint32_t first = word_at(table.data() + 16); first != no_token) {
      if (count_ < 256 || first > count_ - 256) return false;
      for (std::uint32_t b = 0; b < 256; ++b) {
        const std::string_view byte = text(first + b);
        if (byte.size() != 1 || static_cast<unsigned char>(byte[0]) != b) return false;
      }
    }

    // Texts must ascend strictly, so they and their ids are distinct. None may be empty: merging it would change
    // nothing.
    std::string_view before;
    for (std::uint32_t i = 0; i < searchable_; ++i) {
      const std::uint32_t id = index(sorted_, i);
      if (id >= count_ || is_byte(id) || control.contains(id) || text(id) <= before) return false;
      before = text(id);
    }
    for (const std::byte* pad = text_ + text_bytes; pad != table.data() + table.size(); ++pad)
      if (*pad != std::byte{0}) return false;
    return true;
  }

  const std::byte* offsets_ = nullptr;  // (count + 1)
  const std::byte* ranks_ = nullptr;    // (count)
  const std::byte* sorted_ = nullptr;   // (searchable)
  const std::byte* text_ = nullptr;     // (text_bytes)
  std::uint32_t count_ = 0;
  std::uint32_t searchable_ = 0;
  std::uint32_t longest_ = 0;
  std::uint32_t byte_end_ = 0;  // 0: no byte tokens, so that a static view is in .bss
};

}  // namespace mote::inline v0
