// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/batch_decoder.hpp"

#include "mote/format/f32.hpp"

namespace mote::inline v0::host {

linear pack_floats(const float* w, std::size_t rows, std::size_t cols) { return pack<f32<16>>(w, rows, cols); }

template batch_model use_floats(const raw_model&);

}  // namespace mote::inline v0::host
