// SPDX-License-Identifier: BSL-1.0
// Which format each matrix of a model has: one for all, or a list of formats and an index into it for every tensor.
// Both have the same interface, so the decoder is written once, and a model of one format has no dispatch.
// Refuses lists whose rows are interleaved differently: one binary has one layout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "mote/core/bytes.hpp"
#include "mote/core/checksum.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/role.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// For every tensor, its index in a list of formats; the matrices of a layer by their numbers (model/tensors.hpp). The
/// choice repeats after Layers layers; 1: all layers have the same.
template <std::size_t Layers, std::size_t Matrices = role_count>
struct format_choice {
  static constexpr std::size_t layers = Layers;
  static constexpr std::size_t matrices = Matrices;
  std::uint8_t embedding = 0;
  std::uint8_t head = 0;
  std::array<std::array<std::uint8_t, Matrices>, Layers> block{};

  constexpr std::uint8_t of(std::size_t layer, std::size_t matrix) const {
    return block[Layers == 1 ? 0 : layer % Layers][matrix];
  }
  constexpr bool operator==(const format_choice&) const = default;
};

/// Formats that differ from tensor to tensor.
template <auto Choice, class First, class... Others>
struct mixed_formats {
  static_assert(((First::rows == Others::rows) && ...));
  static constexpr std::string_view name = "mixed";
  static constexpr std::size_t rows = First::rows;
  static constexpr bool quantized = First::quantized || (Others::quantized || ...);
};

/// What a model asks about its formats. The primary template is for one format of all tensors.
template <class Format>
struct formats_of {
  static constexpr bool per_layer = false;
  static constexpr std::size_t layers = 1;
  static constexpr std::size_t rows = Format::rows;
  static constexpr bool shares_activation = true;  // one 8-bit copy of a vector serves all its readers
  using embedding = Format;
  using head = Format;

  /// Calls f.operator()<F>() with the format F of a matrix in a layer; the matrix by its number.
  template <std::size_t Matrix, class F>
  MOTE_INLINE static constexpr decltype(auto) with(std::size_t, F&& f) {
    return f.template operator()<Format>();
  }
  template <class F>
  static constexpr decltype(auto) with(std::size_t, std::size_t, F&& f) {
    return f.template operator()<Format>();
  }
  /// Calls f.operator()<F>() for every format in use, once each.
  template <class F>
  static constexpr void each(F&& f) {
    f.template operator()<Format>();
  }
};

template <auto Choice, class... Formats>
struct formats_of<mixed_formats<Choice, Formats...>> {
  static constexpr bool per_layer = Choice.layers > 1;
  static constexpr std::size_t layers = Choice.layers;
  static constexpr std::size_t rows = mixed_formats<Choice, Formats...>::rows;
  template <std::size_t Index>
  using at = std::tuple_element_t<Index, std::tuple<Formats...>>;
  static constexpr bool shares_activation = ((Formats::activation_group == at<0>::activation_group) && ...);
  using embedding = at<Choice.embedding>;
  using head = at<Choice.head>;

  static constexpr std::size_t matrices = Choice.matrices;

  template <std::size_t Matrix, class F>
  MOTE_INLINE static constexpr decltype(auto) with(std::size_t layer, F&& f) {
    if constexpr (alike<Matrix>()) return f.template operator()<at<Choice.of(0, Matrix)>>();
    else return choose<Matrix, 0>(layer, f);
  }
  template <class F>
  static constexpr decltype(auto) with(std::size_t layer, std::size_t matrix, F&& f) {
    return choose_by_index<0>(Choice.of(layer, matrix), f);
  }
  template <class F>
  static constexpr void each(F&& f) {
    (f.template operator()<Formats>(), ...);
  }

 private:
  template <std::size_t Matrix>
  static consteval bool alike() {
    for (std::size_t l = 1; l < layers; ++l)
      if (Choice.of(l, Matrix) != Choice.of(0, Matrix)) return false;
    return true;
  }
  template <std::size_t Matrix>
  static consteval bool used(std::size_t format) {
    for (std::size_t l = 0; l < layers; ++l)
      if (Choice.of(l, Matrix) == format) return true;
    return false;
  }
  /// A chain of comparisons over the formats that this matrix has in some layer: no table of functions.
  template <std::size_t Matrix, std::size_t Index, class F>
  MOTE_INLINE static constexpr decltype(auto) choose(std::size_t layer, F&& f) {
    if constexpr (Index + 1 == sizeof...(Formats)) {
      return f.template operator()<at<Index>>();
    } else if constexpr (!used<Matrix>(Index)) {
      return choose<Matrix, Index + 1>(layer, f);
    } else {
      if (Choice.of(layer, Matrix) == Index) return f.template operator()<at<Index>>();
      return choose<Matrix, Index + 1>(layer, f);
    }
  }
  template <std::size_t Index, class F>
  static constexpr decltype(auto) choose_by_index(std::size_t index, F&& f) {
    if constexpr (Index + 1 == sizeof...(Formats)) {
      return f.template operator()<at<Index>>();
    } else {
      if (index == Index) return f.template operator()<at<Index>>();
      return choose_by_index<Index + 1>(index, f);
    }
  }
};

/// The bytes of matrix number `matrix` of a layer, or of the tile of one row.
template <class Formats, class Family = llama>
constexpr std::size_t matrix_bytes(const shape& s, std::size_t layer, std::size_t matrix, bool one_row = false) {
  const matrix_size m = tensors_of<Family>::size(s, matrix);
  return formats_of<Formats>::with(layer, matrix, [&]<class F>() { return F::bytes(one_row ? 1 : m.rows, m.cols); });
}

/// The bytes of the 8-bit copy of a vector of `cols` floats, for the format that needs most; a multiple of 16.
template <class Formats>
constexpr std::size_t input_bytes(std::size_t cols) {
  std::size_t most = 0;
  formats_of<Formats>::each([&]<class F>() {
    if (activation_bytes<F>(cols) > most) most = activation_bytes<F>(cols);
  });
  return round_up(most, 16);
}

/// The bytes of scratch that the head's format needs, a multiple of 64: 0, but of one in two parts.
template <class Formats>
constexpr std::size_t head_scratch_bytes([[maybe_unused]] std::size_t dim) {
  if constexpr (requires { formats_of<Formats>::head::first_columns; })
    return round_up(formats_of<Formats>::head::scratch_bytes(dim), 64);
  else return 0;
}

/// Adds a tensor's format to a fingerprint. The importer and the firmware both use it.
constexpr fingerprint add_format(fingerprint f, std::string_view name, std::size_t group, std::size_t rows) {
  return f.add(name).add(group).add(rows);
}

/// A hash of the formats and their row interleaving, which an image must match as well as the shape. With one format,
/// of that alone; else of the embedding, the head and the matrices of each layer up to where the choice repeats.
template <class Formats>
constexpr std::uint64_t format_fingerprint() {
  using facts = formats_of<Formats>;
  const auto add = []<class F>(fingerprint f) { return add_format(f, F::name, F::group, F::rows); };
  if constexpr (requires { Formats::group; }) {
    return add.template operator()<Formats>({}).value();
  } else {
    fingerprint f = add.template operator()<typename facts::embedding>({});
    f = add.template operator()<typename facts::head>(f);
    for (std::size_t layer = 0; layer < facts::layers; ++layer)
      for (std::size_t i = 0; i < facts::matrices; ++i)
        facts::with(layer, i, [&]<class F>() { f = add.template operator()<F>(f); });
    return f.value();
  }
}

}  // namespace mote::inline v0
