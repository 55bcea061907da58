// SPDX-License-Identifier: BSL-1.0
// The names of a family's tensors in GGUF and safetensors files: two patterns for each tensor, in which # is the number
// of a layer, and how the order of elements in those files differs from an image's.
//   static constexpr tensor_names names{std::array{named{role::query, "blk.#.attn_q.weight", "layers.#.q.weight"}}};
// Refuses to read a file: the importers of host/ do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "mote/config.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// The matrices that belong to no layer.
enum class outer_matrix : std::uint8_t { embedding, positions, head };

/// The name of a tensor of any kind: a matrix or vector of a layer, or an outer matrix.
struct tensor_id {
  enum kind_type : std::uint8_t { matrix, vector, outer } kind;
  std::uint8_t number;
  constexpr tensor_id(role r) : kind(matrix), number(static_cast<std::uint8_t>(r)) {}
  constexpr tensor_id(vector_role v) : kind(vector), number(static_cast<std::uint8_t>(v)) {}
  constexpr tensor_id(outer_matrix m) : kind(outer), number(static_cast<std::uint8_t>(m)) {}
  constexpr bool operator==(const tensor_id&) const = default;
};

/// The names of a tensor in files. One of a layer without # is of a tensor that holds those of all layers: rows of one
/// after those of another; of a table, columns. If a file's tensor is several of ours, the rows of one after those of
/// another, `part` is the place of this one, from 1 on; 0: it is one tensor there too.
struct named {
  tensor_id which;
  std::string_view gguf, safetensors;
  unsigned part = 0;
};

/// How the order of elements in a kind of file differs from an image's.
struct file_order {
  /// A rotary pair is half the rotated channels apart, (i, i + rotary_dim / 2), not adjacent. This applies to the rows
  /// of query and key, to their biases, and to the gains of head norms.
  bool rotates_halves = false;
  /// The matrices of layers are (cols, rows).
  bool transposed = false;
  /// A tensor of several parts has the rows of a head of each, head by head: (heads, parts, head_dim).
  bool parts_by_head = false;
  /// The gains of norms are one less than the factors.
  bool gains_less_one = false;
  /// Rows of the table of positions in front of the first position's.
  std::uint8_t rows_before_positions = 0;
};

template <std::size_t Count>
struct tensor_names {
  std::array<named, Count> all;
  file_order in_gguf{}, in_safetensors{};

  /// The names of a tensor; empty ones if it has none.
  constexpr named find(tensor_id which) const {
    for (const named& n : all)
      if (n.which == which) return n;
    return {which, {}, {}};
  }
  /// These names, but another for one tensor.
  constexpr tensor_names with(const named& other) const {
    tensor_names changed = *this;
    for (named& n : changed.all)
      if (n.which == other.which) n = other;
    return changed;
  }
  /// These names and `more`, with the element orders that are given.
  template <std::size_t More>
  constexpr tensor_names<Count + More> and_also(const std::array<named, More>& more, file_order gguf,
                                                file_order safetensors) const {
    return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
      return tensor_names<Count + More>{{all[I]..., more[J]...}, gguf, safetensors};
    }(std::make_index_sequence<Count>{}, std::make_index_sequence<More>{});
  }
};

}  // namespace mote::inline v0
