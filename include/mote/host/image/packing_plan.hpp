// SPDX-License-Identifier: BSL-1.0
// The format of every tensor of an image at run time, and what follows from it: the offsets of the tensors, and the
// format name and fingerprint of the image. The rules are those of the compile-time types (model/weights.hpp,
// model/formats.hpp).
// Refuses to choose formats: packing.hpp reads a plan from text, plan_of.hpp takes that of a type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0::host {

/// The matrices that have a name in packings: those that are nobody's own.
inline constexpr std::size_t packed_roles = 13;

struct packing_plan {
  any_family family{};
  const packed_format* embedding = nullptr;
  const packed_format* head = nullptr;
  std::vector<std::array<const packed_format*, packed_roles>> blocks;  ///< (layers), by role; null: not in the family

  bool layers_alike() const {
    for (const auto& block : blocks)
      if (block != blocks.front()) return false;
    return true;
  }
  const packed_format& at(const tensor_place& p) const {
    if (p.where == tensor_place::part::head) return *head;
    if (p.where != tensor_place::part::block) return *embedding;  // positions have the embedding's format
    return *blocks[p.layer][static_cast<std::size_t>(p.role)];
  }
  void put(const tensor_place& p, const packed_format* f) {
    if (p.where == tensor_place::part::embedding) embedding = f;
    else if (p.where == tensor_place::part::head) head = f;
    else blocks[p.layer][static_cast<std::size_t>(p.role)] = f;
  }
  bool operator==(const packing_plan&) const = default;
};

/// The offsets of the tensors in bytes, by the rules of map_tensors() for types.
struct planned_map {
  struct layer {
    std::vector<std::size_t> vector, matrix;  // by their numbers, from the layer's first byte; 0: the layer has none
    std::size_t bytes = 0;
    bool operator==(const layer&) const = default;
  };
  std::size_t embedding = 0;
  std::size_t positions = 0;
  std::vector<layer> block;        // (layers)
  std::vector<std::size_t> start;  // (layers), of each layer from the first byte of the weights
  std::vector<std::size_t> outer;  // vectors outside of layers
  std::size_t head = 0;
  std::size_t bytes = 0;
};
planned_map map_tensors(const packing_plan& plan, const shape& s);

/// The format name and fingerprint of an image, equal to those of the type with the same formats. Throws
/// std::runtime_error if layers of different matrices have different formats.
struct format_identity {
  std::string name;
  std::uint64_t fingerprint = 0;
};
format_identity identify(const packing_plan& plan, const shape& s);

}  // namespace mote::inline v0::host
