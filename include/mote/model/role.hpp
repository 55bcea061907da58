// SPDX-License-Identifier: BSL-1.0
// The matrices of a block by their role, and how large each is.
// Refuses to know how they are stored: formats are model/formats.hpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// The matrices of a block, in the order in which they lie.
enum class role : std::uint8_t { query, key, value, output, gate, up, down };
inline constexpr std::size_t role_count = 7;

constexpr std::string_view name(role r) {
  constexpr std::string_view names[] = {"query", "key", "value", "output", "gate", "up", "down"};
  return names[static_cast<std::size_t>(r)];
}

/// The vectors of a model by their role: gains of norms. They are floats in every image.
enum class vector_role : std::uint8_t { attention_norm, ffn_norm, final_norm };

struct matrix_size {
  std::size_t rows, cols;
};
constexpr matrix_size size_of(const shape& s, role r) {
  switch (r) {
    case role::query: return {s.query_dim(), s.dim};
    case role::output: return {s.dim, s.query_dim()};
    case role::key:
    case role::value: return {s.kv_dim(), s.dim};
    case role::gate:
    case role::up: return {s.hidden, s.dim};
    case role::down: break;
  }
  return {s.dim, s.hidden};
}

}  // namespace mote::inline v0
