// SPDX-License-Identifier: BSL-1.0
// The token table of large vocabularies, read in place from flash: texts, a hash index with a bounded search, merges,
// added tokens, and, for constraints, the order of the texts. docs/reference/container.md has its bytes.
// Refuses to trust the table: check() validates every number once, against the size of the table and against the tokens
// that the program says no text becomes. The other functions need a table that passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

/// The kind of tokenizer that a table is for; 0 is the table of model/vocabulary.hpp.
enum class table_kind : std::uint32_t { byte_level = 1, sentencepiece = 2, unigram = 3, word_pieces = 4 };

namespace detail {

/// FNV-1a, then the finalizer of MurmurHash3, which spreads it over all bits.
class text_hash {
 public:
  constexpr text_hash& add(std::string_view text) {
    for (char c : text) h_ = (h_ ^ static_cast<unsigned char>(c)) * 16777619U;
    return *this;
  }
  constexpr std::uint32_t value() const {
    std::uint32_t h = h_;
    h = (h ^ h >> 16U) * 0x85EBCA6BU;
    h = (h ^ h >> 13U) * 0xC2B2AE35U;
    return h ^ h >> 16U;
  }

 private:
  std::uint32_t h_ = 2166136261U;
};

}  // namespace detail

/// What a token table states about itself: the words of its header.
struct token_table_header {
  std::uint32_t count = 0;       ///< tokens, below 2^20
  std::uint32_t searchable = 0;  ///< tokens that a text can become
  std::uint32_t longest = 0;     ///< bytes of the longest text
  std::uint32_t text_bytes = 0;
  std::uint32_t byte_first = no_token;  ///< the token of byte 0, those of the others follow; no_token: none
  std::uint32_t kind = 0;               ///< table_kind
  std::uint32_t slots = 0;              ///< of the index
  std::uint32_t probes = 0;             ///< entries that a search reads at most
  std::uint32_t added = 0;              ///< tokens that the file adds
  std::uint32_t unknown = no_token;     ///< the token of what cannot be spelled
  std::uint32_t ranks = 0;              ///< 1: a word for each token; 0: the lower id merges first
  std::uint32_t splits = 0;             ///< bytes a token of its split(); 0: any two halves merge
  std::uint32_t unknown_score = 0;      ///< of a unigram vocabulary: a float, the score of an unknown character
  std::uint32_t ordered = 0;            ///< 1: the searchable tokens in the order of their texts; 0: no such list
  std::uint32_t reserved[2] = {};

  static constexpr std::uint32_t most = (1U << 20U) - 1;
  bool has_bytes_of() const { return kind == static_cast<std::uint32_t>(table_kind::byte_level); }
  /// Bytes of an entry of the order.
  std::size_t order_entry() const { return count < 65536 ? 2 : 4; }

  /// Bytes of the whole table, or too_big.
  std::size_t bytes() const {
    if (count > most || slots > 4 * most || added > count || text_bytes > 0x3FFFFFFFU || splits > 2 || ranks > 1 ||
        ordered > 1 || searchable > count)
      return too_big;
    std::size_t n = sizeof *this + 4 * (std::size_t{slots} + added + count / 64 + 1);
    n += ranks * 4 * std::size_t{count} + (has_bytes_of() ? 1024 : 0);
    n += ordered * order_entry() * searchable;
    n += 2 * (std::size_t{count} + 1) + splits * std::size_t{count} + text_bytes;
    return round_up(n, 4);
  }
};
static_assert(sizeof(token_table_header) == 64);

class token_table {
 public:
  static constexpr std::uint32_t empty_slot = 0xFFFFFFFFU;  ///< an entry of the index without a token
  static constexpr std::uint32_t id_bits = 0xFFFFFU;        ///< the token of an entry; the next 11 bits are of the hash
  static constexpr std::uint32_t at_once = 0x80000000U;     ///< a piece with this text is this token, without merges
  static constexpr std::uint32_t is_control = 0x80000000U;  ///< of an added token

  /// Where the search for a text begins in the index, and the bits of the hash in its entry.
  static constexpr std::uint32_t slot_of(std::uint32_t hash, std::uint32_t slots) {
    return static_cast<std::uint32_t>(std::uint64_t{hash} * slots >> 32U);
  }
  static constexpr std::uint32_t hash_bits(std::uint32_t hash) { return (hash & 0x7FFU) << 20U; }

  token_table() = default;

  /// A view of a table that check() passed.
  explicit token_table(std::span<const std::byte> table) {
    __builtin_memcpy(&h_, table.data(), sizeof h_);
    index_ = table.data() + sizeof h_;
    added_ = index_ + std::size_t{4} * h_.slots;
    bases_ = added_ + std::size_t{4} * h_.added;
    ranks_ = bases_ + 4 * (std::size_t{h_.count} / 64 + 1);
    bytes_ = ranks_ + std::size_t{4} * h_.ranks * h_.count;
    starts_ = bytes_ + (h_.has_bytes_of() ? 1024 : 0) + h_.ordered * h_.order_entry() * h_.searchable;
    splits_ = starts_ + 2 * (std::size_t{h_.count} + 1);
    text_ = splits_ + std::size_t{h_.splits} * h_.count;
  }

  /// ok, misaligned (4 bytes), truncated, or corrupt_vocabulary, which is also the answer to a table of another kind,
  /// and to one by which a text could become a token of `control`. Reads nothing outside the span.
  static status check(std::span<const std::byte> table, table_kind kind, const control_set& control) {
    token_table_header h;
    if (table.size() < sizeof h) return status::truncated;
    if (reinterpret_cast<std::uintptr_t>(table.data()) % 4 != 0) return status::misaligned;
    __builtin_memcpy(&h, table.data(), sizeof h);
    const std::size_t needed = h.bytes();
    if (h.count == 0 || h.kind == 0 || h.kind > 4 || h.kind != static_cast<std::uint32_t>(kind) || needed == too_big)
      return status::corrupt_vocabulary;
    if (needed > table.size()) return status::truncated;
    if (needed < table.size() || h.slots < h.searchable || h.probes == 0 || h.probes > h.slots)
      return status::corrupt_vocabulary;
    for (const std::uint32_t r : h.reserved)
      if (r != 0) return status::corrupt_vocabulary;
    if (h.unknown != no_token && h.unknown >= h.count) return status::corrupt_vocabulary;
    return token_table{table}.sound(table, control) ? status::ok : status::corrupt_vocabulary;
  }

  std::uint32_t count() const { return h_.count; }
  std::uint32_t longest() const { return h_.longest; }
  std::uint32_t searchable() const { return h_.searchable; }
  bool in_order() const { return h_.ordered != 0; }

  /// The token at a place in the order of the texts, place < searchable(), of a table that is in_order().
  std::uint32_t searched(std::uint32_t place) const {
    const std::byte* const order = starts_ - h_.order_entry() * h_.searchable;
    return h_.order_entry() == 2 ? half(order + std::size_t{2} * place) : word_at(order + std::size_t{4} * place);
  }
  std::uint32_t unknown() const { return h_.unknown; }
  bool has_splits() const { return h_.splits != 0; }

  /// The text of a token, id < count().
  std::string_view text(std::uint32_t id) const {
    const std::uint32_t begin = start(id);
    return {reinterpret_cast<const char*>(text_) + begin, start(id + 1) - begin};
  }

  /// Priority of the merge that makes a token, higher first; 0: none does.
  std::uint32_t rank(std::uint32_t id) const {
    return h_.ranks != 0 ? word_at(ranks_ + std::size_t{4} * id) : h_.count - id;
  }
  float unknown_score() const { return __builtin_bit_cast(float, h_.unknown_score); }
  float score(std::uint32_t id) const { return __builtin_bit_cast(float, word_at(ranks_ + std::size_t{4} * id)); }

  /// Bytes of the left half of the only merge that makes a token; 0: none does.
  std::uint32_t split(std::uint32_t id) const {
    return h_.splits == 1 ? static_cast<std::uint32_t>(splits_[id]) : half(splits_ + std::size_t{2} * id);
  }

  bool has_bytes() const { return h_.byte_first != no_token; }
  bool is_byte(std::uint32_t id) const { return has_bytes() && id >= h_.byte_first && id - h_.byte_first < 256; }
  std::uint32_t byte_token(unsigned char byte) const { return h_.byte_first + byte; }
  /// The token that a byte is before merging, in a byte-level vocabulary; no_token: it has none.
  std::uint32_t token_of(char byte) const {
    return word_at(bytes_ + std::size_t{4} * static_cast<unsigned char>(byte));
  }

  /// The token whose text is `head` followed by `tail`, or no_token. Never a control token or a byte token.
  std::uint32_t find(std::string_view head, std::string_view tail = {}) const {
    const std::uint32_t e = entry(head, tail);
    return e == empty_slot ? no_token : e & id_bits;
  }
  /// As find(), given the hash of the text: a caller whose text grows adds to the hash instead of computing it again.
  std::uint32_t find_hashed(std::uint32_t hash, std::string_view head, std::string_view tail) const {
    const std::uint32_t e = entry(hash, head, tail);
    return e == empty_slot ? no_token : e & id_bits;
  }
  /// As find(), only tokens that a piece with their text is at once.
  std::uint32_t find_at_once(std::string_view piece) const {
    const std::uint32_t e = entry(piece, {});
    return e == empty_slot || (e & at_once) == 0 ? no_token : e & id_bits;
  }

  /// The longest added token at the front of a text, among those that the program asks for, or no_token.
  std::uint32_t added_at(std::string_view text, added_tokens which) const {
    std::uint32_t found = no_token;
    if (which == added_tokens::none) return found;
    std::uint32_t low = 0;
    std::uint32_t high = h_.added;
    for (std::size_t length = 0;; ++length) {  // [low, high): those that begin with text.first(length)
      if (low < high && length > 0) {
        const std::uint32_t e = added_entry(low);
        if (this->text(e & id_bits).size() == length) {
          if (which == added_tokens::all || (e & is_control) == 0) found = e & id_bits;
          ++low;
        }
      }
      if (low >= high || length == text.size()) return found;
      const auto byte = static_cast<unsigned char>(text[length]);
      const std::uint32_t from = bound(low, high, length, byte);
      high = bound(from, high, length, byte + 1U);
      low = from;
    }
  }

  /// Whether an added token begins with this byte.
  bool added_begins_with(unsigned char byte) const {
    const std::uint32_t first = bound(0, h_.added, 0, byte);
    return first < h_.added && static_cast<unsigned char>(text(added_entry(first) & id_bits)[0]) == byte;
  }

  /// The bytes that a token adds to a text; none if it is a control token or the id is unknown.
  std::string_view shown(std::uint32_t id) const {
    if (id >= h_.count) return {};
    const std::string_view t = text(id);
    return is_byte(id) || find(t) == id || added_at(t, added_tokens::user_defined) == id ? t : std::string_view{};
  }

 private:
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
  std::uint32_t start(std::uint32_t id) const {
    return word_at(bases_ + std::size_t{4} * (id / 64)) + half(starts_ + std::size_t{2} * id);
  }
  /// memcmp() takes no null pointer, not even for no bytes.
  static bool begins(const char* at, std::string_view text) {
    return text.empty() || __builtin_memcmp(at, text.data(), text.size()) == 0;
  }
  std::uint32_t added_entry(std::uint32_t i) const { return word_at(added_ + std::size_t{4} * i); }

  std::uint32_t entry(std::string_view head, std::string_view tail) const {
    if (head.size() > h_.longest || tail.size() > h_.longest - head.size()) return empty_slot;
    return entry(detail::text_hash{}.add(head).add(tail).value(), head, tail);
  }
  std::uint32_t entry(std::uint32_t hash, std::string_view head, std::string_view tail) const {
    std::uint32_t at = slot_of(hash, h_.slots);
    for (std::uint32_t i = 0; i < h_.probes; ++i) {
      const std::uint32_t e = word_at(index_ + std::size_t{4} * at);
      if (e == empty_slot) break;
      if ((e & ~id_bits & ~at_once) == hash_bits(hash)) {
        const std::string_view t = text(e & id_bits);
        if (t.size() == head.size() + tail.size() && begins(t.data(), head) && begins(t.data() + head.size(), tail))
          return e;
      }
      if (++at == h_.slots) at = 0;
    }
    return empty_slot;
  }

  /// The first of the added tokens [low, high), which agree in `length` bytes, whose next byte is at least `byte`.
  std::uint32_t bound(std::uint32_t low, std::uint32_t high, std::size_t length, unsigned byte) const {
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (static_cast<unsigned char>(text(added_entry(middle) & id_bits)[length]) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  bool sound(std::span<const std::byte> table, const control_set& control) const {
    if (start(0) != 0 || start(h_.count) != h_.text_bytes) return false;
    std::uint32_t widest = 0;
    for (std::uint32_t id = 0; id < h_.count; ++id) {
      const std::uint32_t begin = start(id);
      const std::uint32_t end = start(id + 1);
      if (begin > end || end > h_.text_bytes) return false;
      if (end - begin > widest) widest = end - begin;
      if (h_.splits != 0 && split(id) != 0 && split(id) >= end - begin) return false;
    }
    if (widest != h_.longest) return false;

    if (has_bytes()) {
      if (h_.count < 256 || h_.byte_first > h_.count - 256) return false;
      for (std::uint32_t b = 0; b < 256; ++b)
        if (const std::string_view t = text(h_.byte_first + b); t.size() != 1 || static_cast<unsigned char>(t[0]) != b)
          return false;
    }

    // The search finds each entry by its own text, so no two entries have the same text. None is a control token.
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < h_.slots; ++i) {
      const std::uint32_t e = word_at(index_ + std::size_t{4} * i);
      if (e == empty_slot) continue;
      const std::uint32_t id = e & id_bits;
      ++used;
      if (id >= h_.count || is_byte(id) || control.contains(id) || text(id).empty() || find(text(id)) != id)
        return false;
    }
    if (used != h_.searchable) return false;

    std::string_view before;
    for (std::uint32_t i = 0; i < h_.ordered * h_.searchable; ++i) {  // ascending, so each token of the index is there
      const std::uint32_t id = searched(i);
      if (id >= h_.count || text(id) <= before || find(text(id)) != id) return false;
      before = text(id);
    }
    before = {};
    for (std::uint32_t i = 0; i < h_.added; ++i) {
      const std::uint32_t e = added_entry(i);
      const std::uint32_t id = e & id_bits;
      if (id >= h_.count || (e & ~id_bits & ~is_control) != 0 || text(id) <= before) return false;
      if ((e & is_control) != 0 ? find(text(id)) == id : control.contains(id)) return false;
      before = text(id);
    }
    if (h_.has_bytes_of()) {
      for (unsigned b = 0; b < 256; ++b) {
        const char byte = static_cast<char>(static_cast<unsigned char>(b));
        if (const std::uint32_t id = token_of(byte); id != no_token && (id >= h_.count || find({&byte, 1}) != id))
          return false;
      }
    }
    for (const std::byte* pad = text_ + h_.text_bytes; pad != table.data() + table.size(); ++pad)
      if (*pad != std::byte{0}) return false;
    return true;
  }

  token_table_header h_{.byte_first = 0, .unknown = 0};  // all zero: a static one is in .bss
  const std::byte* index_ = nullptr;                     // (slots)
  const std::byte* added_ = nullptr;                     // (added)
  const std::byte* bases_ = nullptr;                     // (count / 64 + 1)
  const std::byte* ranks_ = nullptr;                     // (count), or none
  const std::byte* bytes_ = nullptr;                     // (256), or none; behind it the order (searchable), or none
  const std::byte* starts_ = nullptr;                    // (count + 1)
  const std::byte* splits_ = nullptr;                    // (count), or none
  const std::byte* text_ = nullptr;                      // (text_bytes)
};

/// The table of one kind, as a tokenizer names it: `using table = table_of<...>`.
template <table_kind Kind>
class table_of : public token_table {
 public:
  using token_table::token_table;
  static status check(std::span<const std::byte> table, const control_set& control = {}) {
    return token_table::check(table, Kind, control);
  }
};

}  // namespace mote::inline v0
