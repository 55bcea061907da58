// SPDX-License-Identifier: BSL-1.0
// The family and the shape that the keys of a GGUF file state: `general.architecture`, then that architecture's keys.
// Refuses an architecture that no family here computes, with the list of those that are; a key that is not known or has
// another value than the one supported; and a feature that no block of the family reads. Each by its name.
#pragma once

#include <optional>

#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/model/pooling.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0::host {

struct gguf_shape {
  mote::shape shape;  ///< its vocab is the number of rows of the embedding
  any_family family;
  bool has_rotary_factors = false;        ///< the tensor rope_freqs.weight was read; shape.rope says the same
  std::optional<mote::pooling> pooled{};  ///< of an encoder, if the file says it
};

/// Throws file_error.
gguf_shape read_gguf_shape(const gguf_file& in);

}  // namespace mote::inline v0::host
