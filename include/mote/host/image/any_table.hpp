// SPDX-License-Identifier: BSL-1.0
// The token table of an image whose tokenizer is not known as a type: tools check it and count its tokens.
// Refuses to encode with it: that needs the tokenizer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "mote/core/status.hpp"
#include "mote/model/token_table.hpp"
#include "mote/model/tokenizer.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0::host {

/// A view as a tokenizer's `table` is, over either of our two layouts.
class any_table {
 public:
  any_table() = default;
  /// A view of a table that check() passed.
  explicit any_table(std::span<const std::byte> table) { std::memcpy(&count_, table.data(), sizeof count_); }

  /// What the check of its kind says. A table of a tokenizer of a user's own is corrupt_vocabulary.
  static status check(std::span<const std::byte> table, const control_set& control = {}) {
    constexpr std::size_t kind_at = 20;
    std::uint32_t kind = 0;
    if (table.size() < vocabulary_header_bytes) return status::truncated;
    std::memcpy(&kind, table.data() + kind_at, sizeof kind);
    if (kind == 0) return vocabulary_view::check(table, control);
    return token_table::check(table, static_cast<table_kind>(kind), control);
  }
  std::uint32_t count() const { return count_; }

 private:
  std::uint32_t count_ = 0;
};

}  // namespace mote::inline v0::host
