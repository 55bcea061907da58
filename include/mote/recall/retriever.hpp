// SPDX-License-Identifier: BSL-1.0
// What rag<> asks of a retriever: a type that names its costs and has an `index`, which keeps texts, finds those that
// answer a question, forgets, and goes into a snapshot as plain bytes.
// Refuses to say how texts are found: by words, by vectors, or by a user's own rule.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"

namespace mote::inline v0 {

/// Names one remembered text. A later text has a larger id; an id is not used twice.
enum class item_id : std::uint32_t { none = 0 };

/// One answer of a search. Scores of one search may be compared with each other, and with nothing else.
struct hit {
  item_id id = item_id::none;
  float score = 0.0F;
};

/// The costs of a retriever, as constants, and a class `index` that a pipeline can hold.
template <class R>
concept has_index = std::default_initializable<typename R::index> && requires {
  { R::ram_bytes } -> std::convertible_to<std::size_t>;
  { R::max_item_bytes } -> std::convertible_to<std::size_t>;
};

/// `add` refuses what it cannot keep whole and forgets the oldest item when it is full; `search` gives the best first
/// and nothing that does not match; `load` changes nothing unless every byte of it is good and of this retriever: what it
/// saves should begin with a mark of its own.
template <class Index>
concept searchable = requires(Index& index, const Index& seen, std::string_view text, item_id id, std::span<hit> hits,
                              std::span<std::byte> target, std::span<const std::byte> source) {
  { index.add(text) } -> std::same_as<status>;
  { index.erase(id) } -> std::same_as<bool>;
  { index.clear() } -> std::same_as<void>;
  { seen.size() } -> std::same_as<std::size_t>;
  { seen.text(id) } -> std::same_as<std::string_view>;
  { seen.search(text, hits) } -> std::same_as<std::size_t>;
  { seen.saved_bytes() } -> std::same_as<std::size_t>;
  { seen.save(target) } -> std::same_as<status>;
  { index.load(source) } -> std::same_as<status>;
};

template <class R>
concept retriever = has_index<R> && searchable<typename R::index>;

}  // namespace mote::inline v0
