// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/raw_model.hpp"

#include <string>

#include "mote/family/llama.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0::host {

std::string spelled(role r) {
  const auto n = static_cast<unsigned>(r);
  return n < 16 ? std::string(name(r)) : "own " + std::to_string(n - 16);
}

std::string spelled(vector_role v) {
  const auto n = static_cast<unsigned>(v);
  return n < 64 ? std::string(name(v)) : "own vector " + std::to_string(n - 64);
}

}  // namespace mote::inline v0::host
