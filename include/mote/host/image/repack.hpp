// SPDX-License-Identifier: BSL-1.0
// Rewrites an image with another row interleaving: one image is shipped, and each board gets its own layout at build
// time, byte for byte what the importer would have written for it. Codes and scales are moved, not changed.
// Refuses an image that is damaged or of another model.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "mote/host/file.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/packing_plan.hpp"

namespace mote::inline v0::host {

/// Writes `image`, of the model `m`, with `rows` rows interleaved (1, 4, 8 or 16) to `out`. `formats` is the text that
/// read_packing() takes; it may be empty if all tensors have one format. The new image has another fingerprint: a
/// snapshot that was saved with one of them does not load with the other. The memory needed is that of some rows.
/// Throws std::runtime_error with the reason.
image_summary repack(const mapped_file& image, const model_facts& m, std::size_t rows, std::string_view formats,
                     image_sink& out);

/// The same in memory. `image` must be aligned to 16 bytes.
std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows,
                              std::string_view formats = {});

}  // namespace mote::inline v0::host
