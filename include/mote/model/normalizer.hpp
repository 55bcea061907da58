// SPDX-License-Identifier: BSL-1.0
// What a tokenizer does to a text before it cuts it into pieces: nothing (unchanged), or Unicode's composed form (nfc).
// Refuses memory of its own: a changed text is written to the last of the caller's slots.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/unicode_compose.hpp"

namespace mote::inline v0 {

/// `is_normal(text)`: nothing changes. `put(text, out)`: writes the changed text to `out` if it fits, and returns its
/// bytes.
template <class N>
concept normalizer = requires(std::string_view text, std::span<char> out) {
  { N::is_normal(text) } -> std::same_as<bool>;
  { N::put(text, out) } -> std::same_as<std::size_t>;
};

/// A text stays as it is.
struct unchanged {
  static constexpr bool is_normal(std::string_view) { return true; }
  static constexpr std::size_t put(std::string_view text, std::span<char>) { return text.size(); }
};

/// Normalization Form C (Unicode Standard Annex 15). Bytes that are no UTF-8 stay. Of more than 28 combining marks in a
/// row, the rest is ordered and composed by itself.
struct nfc {
  static bool is_normal(std::string_view text) { return detail::is_composed(text); }
  static std::size_t put(std::string_view text, std::span<char> out) { return detail::compose(text, out); }
};

namespace detail {

/// Calls encode(text, slots) with the text and all slots if the text is normal; else with the normalized text, which is
/// in the last slots, and the slots before it. `used`: slots at the front that hold tokens already.
template <class Normalizer, class Encode>
status normalized(std::string_view text, std::span<merge_slot> slots, std::size_t used, Encode encode) {
  if (Normalizer::is_normal(text)) return encode(text, slots);
  const std::size_t bytes = Normalizer::put(text, {});
  const std::size_t taken = (bytes + sizeof(merge_slot) - 1) / sizeof(merge_slot);
  if (taken > slots.size() - used) return status::too_long;
  const std::span<merge_slot> behind = slots.last(taken);
  char* const out = reinterpret_cast<char*>(behind.data());
  (void)Normalizer::put(text, {out, bytes});
  return encode(std::string_view(out, bytes), slots.first(slots.size() - taken));
}

}  // namespace detail

}  // namespace mote::inline v0
