// SPDX-License-Identifier: BSL-1.0
// The format of every tensor of an image, where that puts the tensors, and the name and fingerprint that the image gets:
// by the same rules as the type's (model/weights.hpp, model/formats.hpp), at run time.
// Refuses to choose: host/image/packing.hpp reads plans from text, plan_of<> takes a type's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/formats.hpp"
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

/// What a type says, at run time.
template <class Formats>
packing_plan plan_of(const shape& s) {
  using facts = formats_of<Formats>;
  packing_plan plan{.embedding = &packed_format_of<typename facts::embedding>,
                    .head = &packed_format_of<typename facts::head>,
                    .blocks = {}};
  plan.blocks.resize(s.layers);
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t r = 0; r < role_count; ++r)
      plan.blocks[layer][r] =
          facts::with(layer, r, []<class F>() -> const packed_format* { return &packed_format_of<F>; });
  return plan;
}

/// Where a plan puts the tensors: by the same rule as map_tensors().
struct planned_map {
  std::size_t embedding = 0;
  std::vector<block_map_of<llama>> block;  // (layers)
  std::vector<std::size_t> start;          // (layers), from the first byte of the weights
  std::size_t final_norm = 0;
  std::size_t head = 0;
  std::size_t bytes = 0;
};
inline planned_map map_tensors(const packing_plan& plan, const shape& s) {
  planned_map map;
  std::size_t end = round_up(plan.embedding->bytes(s.vocab, s.dim), 64);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    map.start.push_back(end);
    map.block.push_back(place_block<llama>(s, 0, [&](std::size_t i) {
      const matrix_size m = tensors_of<llama>::size(s, i);
      return plan.blocks[layer][i]->bytes(m.rows, m.cols);
    }));
    end += map.block.back().bytes;
  }
  map.final_norm = end;
  end += round_up(s.dim * sizeof(float), 64);
  map.head = s.tied_head ? map.embedding : end;
  map.bytes = s.tied_head ? end : end + round_up(plan.head->bytes(s.vocab, s.dim), 64);
  return map;
}

/// The name and the fingerprint that the type's image has.
struct format_identity {
  std::string name;
  std::uint64_t fingerprint = 0;
};
inline format_identity identify(const packing_plan& plan, const shape& s) {
  std::vector<const packed_format*> all{plan.embedding, s.tied_head ? plan.embedding : plan.head};
  const std::size_t layers = plan.layers_alike() ? 1 : s.layers;
  for (std::size_t layer = 0; layer < layers; ++layer)
    all.insert(all.end(), plan.blocks[layer].begin(), plan.blocks[layer].end());
  fingerprint f;
  bool same = true;
  for (const packed_format* o : all) same = same && o == all.front();
  if (same) return {std::string(all[0]->name), add_format({}, all[0]->name, all[0]->group, all[0]->rows).value()};
  for (const packed_format* o : all) f = add_format(f, o->name, o->group, o->rows);
  return {"mixed", f.value()};
}

}  // namespace mote::inline v0::host
