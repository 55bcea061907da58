// SPDX-License-Identifier: BSL-1.0
// Packs the floats of a model into an image. The formats are chosen at run time; the layout of the bytes is the one
// that a pipeline's type computes (model/weights.hpp, store/container.hpp).
// Refuses weights that the format cannot hold; reports the rounding error of the others.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/quantize/quantizer.hpp"

namespace mote::inline v0::host {

/// Called with (rows done, rows in all) of all matrices, about every 1,024 rows and at the end.
using packing_report = std::function<void(std::size_t, std::size_t)>;

struct written_image {
  std::vector<std::byte> bytes;
  std::string format_name;
  std::size_t weights_bytes = 0;
  std::size_t vocabulary_bytes = 0;
  double relative_error = 0;  ///< RMS of the rounding error over RMS of the weights, all matrices together
};

/// A whole image. `vocabulary` is a packed table (vocabulary_packer.hpp) of exactly m.shape.vocab tokens. `name` is the
/// model's, `plan` the formats. `codes` are written unchanged for the matrices that they belong to
/// (quantize_model.hpp); the other matrices are rounded here. Throws std::runtime_error with the reason.
written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, const packing_report& report = {},
                          std::span<const quantized_tensor> codes = {});

}  // namespace mote::inline v0::host
