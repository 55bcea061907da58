// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packed_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

void packed_format::encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols,
                                std::byte* tile) const {
  if (rows == 1) return row.encode(w, count, cols, tile);
  std::fill_n(tile, tile_bytes(cols), std::byte{0});
  std::vector<std::byte> one(row.bytes(cols));
  for (std::size_t i = 0; i < rows; ++i) {
    row.encode(w + (i < count ? i : 0) * cols, i < count ? 1 : 0, cols, one.data());
    put_row(one.data(), tile, i, cols);
  }
}

void packed_format::decode_row(const std::byte* tile, std::size_t index, std::size_t cols,
                               float* out /* (cols) */) const {
  if (rows == 1) return row.decode(tile, 0, cols, out);
  std::vector<std::byte> one(row.bytes(cols));
  take_row(tile, index, cols, one.data());
  row.decode(one.data(), 0, cols, out);
}

void packed_format::keep(const stored_matrix& from, std::size_t first, std::size_t count, std::size_t cols,
                         std::byte* tile) const {
  if (from.group == 0 && !from.blocks) return;
  std::vector<std::byte> one(row.bytes(cols));
  for (std::size_t i = 0; i < count; ++i) {
    take_row(tile, i, cols, one.data());
    row.keep(from, first + i, cols, one.data());
    put_row(one.data(), tile, i, cols);
  }
}

void packed_format::put_codes(std::byte* tile, std::size_t index, std::size_t cols, const group_scale* scales,
                              const std::uint8_t* codes /* (cols) */) const {
  std::vector<std::byte> one(row.bytes(cols));
  row.put_codes(one.data(), cols, scales, codes);
  put_row(one.data(), tile, index, cols);
}

}  // namespace mote::inline v0::host
