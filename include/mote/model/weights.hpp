// SPDX-License-Identifier: BSL-1.0
// Where each tensor of a decoder lies in its packed bytes, computed by the compiler from shape and format, and typed
// views on them. Bytes may be flash, a mapped file or RAM.
// Refuses to copy or to check: store/container.hpp has checked before a view is made.
#pragma once

#include <array>
#include <cstddef>

#include "mote/core/bytes.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// Where the tensors of a block lie, from its first byte.
struct block_map {
  std::size_t attention_norm = 0;  // (dim) floats
  std::size_t ffn_norm = 0;        // (dim) floats
  std::array<std::size_t, role_count> matrix{};
  std::size_t bytes = 0;  // from this block to the next

  constexpr bool operator==(const block_map&) const = default;
};

/// Byte offsets into the packed weights. Layers = 1: all blocks are alike and follow each other; else each has its own.
template <std::size_t Layers = 1>
struct tensor_map {
  std::size_t embedding = 0;  // (vocab, dim)
  std::size_t blocks = 0;     // the first block
  std::array<block_map, Layers> block{};
  std::array<std::size_t, Layers> start{};  // of each block, from the first
  std::size_t final_norm = 0;               // (dim) floats
  std::size_t head = 0;                     // (vocab, dim); the embedding where tied
  std::size_t bytes = 0;

  constexpr const block_map& in(std::size_t layer) const { return block[Layers == 1 ? 0 : layer]; }
  constexpr std::size_t start_of(std::size_t layer) const {
    return blocks + (Layers == 1 ? layer * block[0].bytes : start[layer]);
  }
  constexpr std::size_t at(std::size_t layer, role r) const {
    return start_of(layer) + in(layer).matrix[static_cast<std::size_t>(r)];
  }
  constexpr std::size_t at(std::size_t layer, vector_role v) const {
    if (v == vector_role::final_norm) return final_norm;
    return start_of(layer) + (v == vector_role::attention_norm ? in(layer).attention_norm : in(layer).ffn_norm);
  }
  constexpr bool operator==(const tensor_map&) const = default;
};

/// The map of formats that are known when the program is compiled.
template <class Formats>
using tensor_map_of = tensor_map<formats_of<Formats>::layers>;

/// Places the tensors of a block, for compilers and for writers of images alike; `bytes_of(role)` says how large each
/// matrix is. Every tensor starts on a multiple of 64 bytes.
template <class BytesOf>
constexpr block_map place_block(const shape& s, BytesOf&& bytes_of) {
  block_map block;
  std::size_t end = 0;
  const auto place = [&end](std::size_t bytes) {
    const std::size_t at = end;
    end = round_up(end + bytes, 64);
    return at;
  };
  block.attention_norm = place(s.dim * sizeof(float));
  block.ffn_norm = place(s.dim * sizeof(float));
  for (std::size_t r = 0; r < role_count; ++r) block.matrix[r] = place(bytes_of(static_cast<role>(r)));
  block.bytes = end;
  return block;
}

template <class Formats>
constexpr tensor_map_of<Formats> map_tensors(const shape& s) {
  using facts = formats_of<Formats>;
  tensor_map_of<Formats> map;
  std::size_t end = round_up(facts::embedding::bytes(s.vocab, s.dim), 64);
  map.blocks = end;
  for (std::size_t layer = 0; layer < facts::layers; ++layer) {
    map.start[layer] = end - map.blocks;
    map.block[layer] = place_block(s, [&](role r) { return matrix_bytes<Formats>(s, layer, r); });
    end += map.block[layer].bytes * (facts::layers == 1 ? s.layers : 1);
  }
  map.final_norm = end;
  end += round_up(s.dim * sizeof(float), 64);
  map.head = s.tied_head ? map.embedding : end;
  map.bytes = s.tied_head ? end : end + round_up(facts::head::bytes(s.vocab, s.dim), 64);
  return map;
}

/// Typed views on packed weights of one shape.
template <class Formats>
class weights {
  using facts = formats_of<Formats>;

 public:
  using format = Formats;
  using map_type = tensor_map_of<Formats>;

  constexpr weights() = default;
  constexpr weights(const std::byte* base, const shape& s, const map_type& map) : base_(base), shape_(&s), map_(&map) {}

  matrix<typename facts::embedding> embedding() const { return {base_ + map_->embedding, shape_->vocab, shape_->dim}; }
  matrix<typename facts::head> head() const { return {base_ + map_->head, shape_->vocab, shape_->dim}; }
  /// f(matrix<F>) with the format F that the matrix of this role has in this layer.
  template <role R, class F>
  MOTE_INLINE decltype(auto) with(std::size_t layer, F&& f) const {
    return facts::template with<R>(layer, [&]<class Format>() { return f(view<Format>(layer, R)); });
  }
  template <class F>
  decltype(auto) with(std::size_t layer, role r, F&& f) const {
    return facts::with(layer, r, [&]<class Format>() { return f(view<Format>(layer, r)); });
  }
  /// The matrix, where all have one format.
  matrix<Formats> of(std::size_t layer, role r) const
    requires requires { Formats::group; }
  {
    return view<Formats>(layer, r);
  }
  /// A vector of a layer; what belongs to no layer takes any.
  const float* vector(std::size_t layer, vector_role v) const { return floats(base_ + map_->at(layer, v)); }
  const std::byte* data() const { return base_; }

 private:
  template <class Format>
  MOTE_INLINE matrix<Format> view(std::size_t layer, role r) const {
    const matrix_size m = size_of(*shape_, r);
    return {base_ + map_->at(layer, r), m.rows, m.cols};
  }
  static const float* floats(const std::byte* p) { return reinterpret_cast<const float*>(p); }

  const std::byte* base_ = nullptr;
  const shape* shape_ = nullptr;
  const map_type* map_ = nullptr;
};

}  // namespace mote::inline v0
