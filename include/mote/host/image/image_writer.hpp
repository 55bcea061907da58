// SPDX-License-Identifier: BSL-1.0
// Packs a model that an importer or a trainer holds as floats into an image: the format is chosen at run time, the
// layout of the bytes is the one that the type computes (model/weights.hpp, store/container.hpp).
// Refuses weights that the format cannot hold, and reports what the rounding cost.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/quantize/quantiser.hpp"

namespace mote::inline v0::host {

/// Told (done, all) in rows of matrices, now and then.
using packing_report = std::function<void(std::size_t, std::size_t)>;

struct written_image {
  std::vector<std::byte> bytes;
  std::string format_name;
  std::size_t weights_bytes = 0;
  std::size_t vocabulary_bytes = 0;
  double relative_error = 0;  ///< RMS of the rounding over RMS of the weights, all matrices together
};

/// A whole image. `vocabulary` is a packed table (vocabulary_packer.hpp) of exactly the shape's tokens. `codes` are what
/// quantisers chose for some of the matrices (host/quantize/quantise_model.hpp), as they are; the others are rounded here.
written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, const packing_report& report = {},
                          std::span<const quantised_tensor> codes = {});

}  // namespace mote::inline v0::host
