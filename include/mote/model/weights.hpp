// SPDX-License-Identifier: BSL-1.0
// The offset of each tensor of a decoder in its packed bytes, computed from shape and formats (in firmware at compile
// time), and typed views of the tensors. The bytes may be in flash, a mapped file or RAM.
// Refuses to copy or to check: open_image() (store/container.hpp) checks before a view is made.
#pragma once

#include <array>
#include <cstddef>

#include "mote/core/bytes.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// Byte offsets of the tensors of a layer from its first byte, by their numbers in tensors_of<Family>.
template <std::size_t Vectors, std::size_t Matrices>
struct block_map {
  std::array<std::size_t, Vectors> vector{};
  std::array<std::size_t, Matrices> matrix{};
  std::size_t bytes = 0;  // from this layer to the next

  constexpr bool operator==(const block_map&) const = default;
};
template <class Family>
using block_map_of = block_map<tensors_of<Family>::vectors, tensors_of<Family>::matrices>;

/// Byte offsets into the packed weights. The layout of layers repeats after Layers of them; 1: all are alike.
template <std::size_t Layers = 1, class Family = llama>
struct tensor_map {
  using tensors = tensors_of<Family>;

  std::size_t embedding = 0;  // (vocab, dim)
  std::size_t positions = 0;  // (context, dim), if the family has learned positions
  std::size_t blocks = 0;     // the first layer
  std::array<block_map_of<Family>, Layers> block{};
  std::array<std::size_t, Layers> start{};  // of each layer, from the first
  std::size_t cycle = 0;                    // the bytes of Layers layers
  std::array<std::size_t, tensors::outer_vectors> outer{};
  std::size_t head = 0;  // (vocab, dim); the embedding where tied
  std::size_t bytes = 0;

  constexpr const block_map_of<Family>& in(std::size_t layer) const { return block[Layers == 1 ? 0 : layer % Layers]; }
  constexpr std::size_t start_of(std::size_t layer) const {
    return blocks + (Layers == 1 ? layer * block[0].bytes : layer / Layers * cycle + start[layer % Layers]);
  }
  template <role R>
  constexpr std::size_t at(std::size_t layer) const {
    return start_of(layer) + in(layer).matrix[tensors::template index<R>];
  }
  template <vector_role V>
  constexpr std::size_t at(std::size_t layer) const {
    constexpr std::size_t out = tensors::find_outer(V);
    if constexpr (out < tensors::outer_vectors) {
      return outer[out];
    } else {
      constexpr std::size_t i = tensors::find(V);
      static_assert(
          i < tensors::vectors,
          "mote: a block reads a vector that no block of its family states; add it to the block's vectors() [mote-tensor-unstated]");
      return start_of(layer) + in(layer).vector[i];
    }
  }
  /// The same for names known only at run time. The family must have the tensor.
  constexpr std::size_t at(std::size_t layer, role r) const {
    const std::size_t i = tensors::find(r);
    if (i >= tensors::matrices) __builtin_unreachable();  // GCC 14 warns of the index otherwise
    return start_of(layer) + in(layer).matrix[i];
  }
  constexpr std::size_t at(std::size_t layer, vector_role v) const {
    if (const std::size_t out = tensors::find_outer(v); out < tensors::outer_vectors) return outer[out];
    const std::size_t i = tensors::find(v);
    if (i >= tensors::vectors) __builtin_unreachable();
    return start_of(layer) + in(layer).vector[i];
  }
  constexpr bool operator==(const tensor_map&) const = default;
};

/// After how many layers their formats and kinds repeat.
template <class Formats, class Family>
inline constexpr std::size_t layers_that_differ =
    formats_of<Formats>::layers == 1 ? Family::layer::period : formats_of<Formats>::layers;

/// The map for formats that are known at compile time.
template <class Formats, class Family = llama>
using tensor_map_of = tensor_map<layers_that_differ<Formats, Family>, Family>;

/// Lays out the tensors of a layer; firmware and writers of images share it. `bytes_of(i)` is the size of matrix i.
/// Every tensor starts on a multiple of 64 bytes.
template <class Family = llama, class BytesOf>
constexpr block_map_of<Family> place_block(const shape& s, std::size_t kind, BytesOf&& bytes_of) {
  using tensors = tensors_of<Family>;
  block_map_of<Family> block;
  std::size_t end = 0;
  const auto place = [&end](std::size_t bytes) {
    const std::size_t at = end;
    end = round_up(end + bytes, 64);
    return at;
  };
  for (std::size_t i = 0; i < tensors::vectors; ++i)
    if (tensors::has_vector(kind, i)) block.vector[i] = place(tensors::floats(s, i) * sizeof(float));
  for (std::size_t i = 0; i < tensors::matrices; ++i)
    if (tensors::has_matrix(kind, i)) block.matrix[i] = place(bytes_of(i));
  block.bytes = end;
  return block;
}

/// Lays out all tensors of a model whose layers repeat after Differ of them. `table_bytes(rows)` is the size of the
/// embedding or of the table of positions, `bytes_of(layer, i)` that of matrix i.
template <class Family, std::size_t Differ, class TableBytes, class BytesOf>
constexpr tensor_map<Differ, Family> place_tensors(const shape& s, TableBytes&& table_bytes, std::size_t head_bytes,
                                                   BytesOf&& bytes_of) {
  using tensors = tensors_of<Family>;
  tensor_map<Differ, Family> map;
  std::size_t end = round_up(table_bytes(s.vocab), 64);
  if constexpr (has_positions<Family>) {
    map.positions = end;
    end += round_up(table_bytes(s.context), 64);
  }
  map.blocks = end;
  for (std::size_t layer = 0; layer < Differ; ++layer) {
    map.start[layer] = map.cycle;
    map.block[layer] =
        place_block<Family>(s, Family::layer::kind_of(layer), [&](std::size_t i) { return bytes_of(layer, i); });
    map.cycle += map.block[layer].bytes;
  }
  end = map.start_of(s.layers);
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) {
    map.outer[i] = end;
    end += round_up(tensors::outer_floats(s, i) * sizeof(float), 64);
  }
  map.head = s.tied_head ? map.embedding : end;
  map.bytes = s.tied_head ? end : end + round_up(head_bytes, 64);
  return map;
}

template <class Formats, class Family = llama>
constexpr tensor_map_of<Formats, Family> map_tensors(const shape& s) {
  using facts = formats_of<Formats>;
  return place_tensors<Family, layers_that_differ<Formats, Family>>(
      s, [&](std::size_t table_rows) { return facts::embedding::bytes(table_rows, s.dim); },
      facts::head::bytes(s.vocab, s.dim),
      [&](std::size_t layer, std::size_t i) { return matrix_bytes<Formats, Family>(s, layer, i); });
}

/// Typed views of packed weights of one shape.
template <class Formats, class Family = llama>
class weights {
  using facts = formats_of<Formats>;
  using tensors = tensors_of<Family>;

 public:
  using format = Formats;
  using family = Family;
  using map_type = tensor_map_of<Formats, Family>;

  constexpr weights() = default;
  constexpr weights(const std::byte* base, const shape& s, const map_type& map) : base_(base), shape_(&s), map_(&map) {}

  matrix<typename facts::embedding> embedding() const { return {base_ + map_->embedding, shape_->vocab, shape_->dim}; }
  matrix<typename facts::embedding> positions() const {
    return {base_ + map_->positions, shape_->context, shape_->dim};
  }
  matrix<typename facts::head> head() const { return {base_ + map_->head, shape_->vocab, shape_->dim}; }
  /// Returns f(matrix<F>), F being the format of the matrix of this role in this layer.
  template <role R, class F>
  MOTE_INLINE decltype(auto) with(std::size_t layer, F&& f) const {
    return facts::template with<tensors::template index<R>>(layer, [&]<class Format>() {
      const matrix_size m = tensors::template size<R>(*shape_);
      return f(matrix<Format>{base_ + map_->template at<R>(layer), m.rows, m.cols});
    });
  }
  /// The same for a matrix by its number in tensors_of<Family>.
  template <class F>
  decltype(auto) with(std::size_t layer, std::size_t i, F&& f) const {
    return facts::with(layer, i, [&]<class Format>() { return f(view<Format>(layer, i)); });
  }
  template <class F>
  decltype(auto) with(std::size_t layer, role r, F&& f) const {
    return with(layer, tensors::find(r), f);
  }
  /// The matrix itself; only if all tensors have one format.
  matrix<Formats> of(std::size_t layer, role r) const
    requires requires { Formats::group; }
  {
    return view<Formats>(layer, tensors::find(r));
  }
  /// A vector of a layer. For a vector outside the layers `layer` is ignored.
  template <vector_role V>
  MOTE_INLINE const float* vector(std::size_t layer) const {
    return floats(base_ + map_->template at<V>(layer));
  }
  const float* vector(std::size_t layer, vector_role v) const { return floats(base_ + map_->at(layer, v)); }
  const std::byte* data() const { return base_; }
  const map_type& map() const { return *map_; }
  /// The same, with a copy of the shape that lies elsewhere.
  MOTE_INLINE weights of_shape(const shape& s) const { return {base_, s, *map_}; }

 private:
  template <class Format>
  MOTE_INLINE matrix<Format> view(std::size_t layer, std::size_t i) const {
    const matrix_size m = tensors::size(*shape_, i);
    return {base_ + map_->start_of(layer) + map_->in(layer).matrix[i], m.rows, m.cols};
  }
  static const float* floats(const std::byte* p) { return reinterpret_cast<const float*>(p); }

  const std::byte* base_ = nullptr;
  const shape* shape_ = nullptr;
  const map_type* map_ = nullptr;
};

}  // namespace mote::inline v0
