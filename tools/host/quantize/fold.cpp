// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/fold.hpp"

#include <cstddef>
#include <vector>

#include "mote/block/for_tools.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/quantize/batch_decoder.hpp"

namespace mote::inline v0::host {

std::size_t scale_of_column(const mote::shape& s, const scaled_input& input, std::size_t col) {
  if (!input.by_heads) return col;
  const std::size_t head = col / s.head_dim();
  return head / (s.heads / s.kv_heads) * s.head_dim() + col % s.head_dim();
}

namespace detail {

std::vector<tensor_place> readers_of(std::size_t layer, const scaled_input& input) {
  if (input.readers.empty()) return {tensor_place::head()};
  std::vector<tensor_place> all;
  for (const role r : input.readers) all.push_back(tensor_place::block(layer, r));
  return all;
}

}  // namespace detail

}  // namespace mote::inline v0::host
