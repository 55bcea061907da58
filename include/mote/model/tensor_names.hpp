// SPDX-License-Identifier: BSL-1.0
// How GGUF and safetensors files name the tensors of a family: for each of ours two patterns, in which # is the number of a
// layer, and what an importer must turn round.
//   static constexpr tensor_names names{std::array{named{role::query, "blk.#.attn_q.weight", "layers.#.q.weight"}}};
// Refuses to read a file: that is host/'s.
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

/// A tensor of a family, of whatever kind.
struct tensor_id {
  enum kind_type : std::uint8_t { matrix, vector, outer } kind;
  std::uint8_t number;
  constexpr tensor_id(role r) : kind(matrix), number(static_cast<std::uint8_t>(r)) {}
  constexpr tensor_id(vector_role v) : kind(vector), number(static_cast<std::uint8_t>(v)) {}
  constexpr tensor_id(outer_matrix m) : kind(outer), number(static_cast<std::uint8_t>(m)) {}
  constexpr bool operator==(const tensor_id&) const = default;
};

/// The names of a tensor. Where files have several of ours in one of theirs, rows behind rows, `part` counts them from 1;
/// 0: it is alone.
struct named {
  tensor_id which;
  std::string_view gguf, safetensors;
  unsigned part = 0;
};

/// How the numbers in a kind of file lie otherwise than in an image.
struct file_order {
  /// The two of a pair that turns lie half a head apart, not side by side: so do rows of query and key, their biases, and
  /// the gains of heads' norms.
  bool turns_halves = false;
  /// The matrices of layers are (cols, rows).
  bool transposed = false;
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
  /// The same names and some more, in files of another order.
  template <std::size_t More>
  constexpr tensor_names<Count + More> and_also(const std::array<named, More>& more, file_order gguf,
                                                file_order safetensors) const {
    return [&]<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
      return tensor_names<Count + More>{{all[I]..., more[J]...}, gguf, safetensors};
    }(std::make_index_sequence<Count>{}, std::make_index_sequence<More>{});
  }
};

}  // namespace mote::inline v0
