// SPDX-License-Identifier: BSL-1.0
// The format of every tensor of an image, where that puts the tensors, and the name and fingerprint that the image gets:
// by the same rules as the type's (model/weights.hpp, model/formats.hpp), at run time.
// Refuses to choose: host/image/packing.hpp reads plans from text, plan_of.hpp takes a type's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

struct packing_plan {
  const packed_format* embedding = nullptr;
  const packed_format* head = nullptr;
  std::vector<std::array<const packed_format*, role_count>> blocks;  ///< (layers)

  bool layers_alike() const {
    for (const auto& block : blocks)
      if (block != blocks.front()) return false;
    return true;
  }
  const packed_format& at(const tensor_place& p) const {
    if (p.where == tensor_place::part::head) return *head;
    if (p.where != tensor_place::part::block) return *embedding;  // positions have its format
    return *blocks[p.layer][static_cast<std::size_t>(p.role)];
  }
  void put(const tensor_place& p, const packed_format* f) {
    if (p.where == tensor_place::part::embedding) embedding = f;
    else if (p.where == tensor_place::part::head) head = f;
    else blocks[p.layer][static_cast<std::size_t>(p.role)] = f;
  }
  bool operator==(const packing_plan&) const = default;
};

/// Where a plan puts the tensors: by the same rule as map_tensors().
struct planned_map {
  std::size_t embedding = 0;
  std::vector<block_map_of<llama>> block;  // (layers)
  std::vector<std::size_t> start;          // (layers), from the first byte of the weights
  std::size_t final_norm = 0;
  std::size_t head = 0;
  std::size_t bytes = 0;
};
planned_map map_tensors(const packing_plan& plan, const shape& s);

/// The name and the fingerprint that the type's image has.
struct format_identity {
  std::string name;
  std::uint64_t fingerprint = 0;
};
format_identity identify(const packing_plan& plan, const shape& s);

}  // namespace mote::inline v0::host
