// SPDX-License-Identifier: BSL-1.0
// The same integers and scales in another order of rows: one image is shipped, each board gets its own layout of it at
// build time, byte for byte what the importer would have written.
// Refuses to change bits, groups or a single weight, and an image that is not whole or not the model's.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "mote/host/image/model_header.hpp"

namespace mote::inline v0::host {

/// An image of the model `m` with `rows` rows interleaved (1, 4, 8 or 16). The image's address is a multiple of 16.
/// `formats` says which tensor has which, as in read_packing(); an image of one format needs no such help.
/// A snapshot belongs to the image it learned on, and the new image is another one.
std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows,
                              std::string_view formats = {});

}  // namespace mote::inline v0::host
