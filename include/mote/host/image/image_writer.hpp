// SPDX-License-Identifier: BSL-1.0
// Packs a model into an image, a few rows at a time: neither the model nor the image has to be in memory. The formats
// are chosen at run time; the layout of the bytes is the one that a pipeline's type computes (model/weights.hpp,
// store/container.hpp).
// Refuses weights that the format cannot hold; reports the rounding error of the others.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/quantize/quantizer.hpp"

namespace mote::inline v0::host {

/// Called with (rows done, rows in all) of all matrices, about every 1,024 rows and at the end.
using packing_report = std::function<void(std::size_t, std::size_t)>;

/// The codes of some rows of a matrix: row i of them is row `first` + i of `codes`. Null: their format rounds them.
struct coded_rows {
  const coded_matrix* codes = nullptr;
  std::size_t first = 0;
};
/// Gives the codes of rows first .. first + rows.rows - 1 of the matrix `rows.place`; `rows` has their floats. The
/// result is used until the next call.
using row_coder = std::function<coded_rows(const quantizer_task& rows, std::size_t first)>;

/// Codes that were chosen before, for whole matrices. They must outlive the result.
row_coder coder_of(std::span<const quantized_tensor> codes);

struct image_summary {
  std::string format_name;
  std::size_t total_bytes = 0;
  std::size_t weights_bytes = 0;
  std::size_t vocabulary_bytes = 0;
  double relative_error = 0;  ///< RMS of the rounding error over RMS of the weights, all matrices together
};

/// A whole image, written to `out` in order. `vocabulary` is a packed table (vocabulary_packer.hpp) of exactly
/// m.shape().vocab tokens. `name` is the model's, `plan` the formats. Matrices without codes are rounded here. The
/// memory needed is that of some rows: a few megabytes. Throws std::runtime_error with the reason.
image_summary write_image(model_source& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, image_sink& out, const packing_report& report = {},
                          const row_coder& coder = {});

struct written_image : image_summary {
  std::vector<std::byte> bytes;
};

/// The same in memory, of a model in memory. `codes` are written unchanged for the matrices that they belong to
/// (quantize_model.hpp).
written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, const packing_report& report = {},
                          std::span<const quantized_tensor> codes = {});

}  // namespace mote::inline v0::host
