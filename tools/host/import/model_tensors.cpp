// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_tensors.hpp"

#include <string>

#include "mote/family/llama.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

std::string name(const tensor_place& p) {
  switch (p.where) {
    case tensor_place::part::embedding: return "embedding";
    case tensor_place::part::positions: return "positions";
    case tensor_place::part::head: return "head";
    case tensor_place::part::block: break;
  }
  return "layer " + std::to_string(p.layer) + " " + spelled(p.role);
}

}  // namespace mote::inline v0::host
