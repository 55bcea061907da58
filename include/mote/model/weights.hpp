// SPDX-License-Identifier: BSL-1.0
// Where each tensor of a decoder lies in its packed bytes, computed by the compiler from shape and format, and typed
// views on them. Bytes may be flash, a mapped file or RAM.
// Refuses to copy or to check: store/container.hpp has checked before a view is made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// The matrices of a block.
enum class role : std::uint8_t { query, key, value, output, gate, up, down };
inline constexpr std::size_t role_count = 7;

constexpr std::string_view name(role r) {
  constexpr std::string_view names[] = {"query", "key", "value", "output", "gate", "up", "down"};
  return names[static_cast<std::size_t>(r)];
}

struct matrix_size {
  std::size_t rows, cols;
};
constexpr matrix_size size_of(const shape& s, role r) {
  switch (r) {
    case role::query:
    case role::output: return {s.dim, s.dim};
    case role::key:
    case role::value: return {s.kv_dim(), s.dim};
    case role::gate:
    case role::up: return {s.hidden, s.dim};
    case role::down: break;
  }
  return {s.dim, s.hidden};
}

/// Byte offsets into the packed weights; those of a block are relative to the block.
struct tensor_map {
  std::size_t embedding = 0;       // (vocab, dim) in Format
  std::size_t blocks = 0;          // the first block
  std::size_t block_bytes = 0;     // from one block to the next
  std::size_t attention_norm = 0;  // (dim) floats
  std::size_t ffn_norm = 0;        // (dim) floats
  std::array<std::size_t, role_count> matrix{};
  std::size_t final_norm = 0;      // (dim) floats
  std::size_t head = 0;            // (vocab, dim) in Format; the embedding where tied
  std::size_t bytes = 0;

  constexpr bool operator==(const tensor_map&) const = default;
};

/// Every tensor starts on a multiple of 64 bytes.
template <class Format>
constexpr tensor_map map_tensors(const shape& s) {
  tensor_map map;
  std::size_t end = 0;
  const auto place = [&end](std::size_t bytes) {
    const std::size_t at = end;
    end = round_up(end + bytes, 64);
    return at;
  };
  map.embedding = place(Format::bytes(s.vocab, s.dim));
  map.blocks = end;
  end = 0;
  map.attention_norm = place(s.dim * sizeof(float));
  map.ffn_norm = place(s.dim * sizeof(float));
  for (std::size_t r = 0; r < role_count; ++r) {
    const matrix_size m = size_of(s, static_cast<role>(r));
    map.matrix[r] = place(Format::bytes(m.rows, m.cols));
  }
  map.block_bytes = end;
  end = map.blocks + s.layers * map.block_bytes;
  map.final_norm = place(s.dim * sizeof(float));
  map.head = s.tied_head ? map.embedding : place(Format::bytes(s.vocab, s.dim));
  map.bytes = end;
  return map;
}

/// What an image must agree with beside its shape: the format and how its rows lie.
template <class Format>
constexpr std::uint64_t format_fingerprint() {
  return fingerprint{}.add(Format::name).add(Format::group).add(Format::rows).value();
}

/// Typed views on packed weights of one shape.
template <class Format>
class weights {
 public:
  using format = Format;

  constexpr weights() = default;
  constexpr weights(const std::byte* base, const shape& s, const tensor_map& map)
      : base_(base), shape_(&s), map_(&map) {}

  matrix<Format> embedding() const { return {base_ + map_->embedding, shape_->vocab, shape_->dim}; }
  matrix<Format> head() const { return {base_ + map_->head, shape_->vocab, shape_->dim}; }
  matrix<Format> of(std::size_t layer, role r) const {
    const matrix_size m = size_of(*shape_, r);
    return {block(layer) + map_->matrix[static_cast<std::size_t>(r)], m.rows, m.cols};
  }
  const float* attention_norm(std::size_t layer) const { return floats(block(layer) + map_->attention_norm); }
  const float* ffn_norm(std::size_t layer) const { return floats(block(layer) + map_->ffn_norm); }
  const float* final_norm() const { return floats(base_ + map_->final_norm); }
  const std::byte* data() const { return base_; }

 private:
  const std::byte* block(std::size_t layer) const { return base_ + map_->blocks + layer * map_->block_bytes; }
  static const float* floats(const std::byte* p) { return reinterpret_cast<const float*>(p); }

  const std::byte* base_ = nullptr;
  const shape* shape_ = nullptr;
  const tensor_map* map_ = nullptr;
};

}  // namespace mote::inline v0
