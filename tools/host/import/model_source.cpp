// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_source.hpp"

#include "mote/family/llama.hpp"
#include "mote/host/import/raw_model.hpp"

namespace mote::inline v0::host {

template class held_model<llama>;
template raw_model read_whole(model_source&);

}  // namespace mote::inline v0::host
