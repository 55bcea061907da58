// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packing_plan.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0::host {

planned_map map_tensors(const packing_plan& plan, const shape& s) {
  const any_family& family = plan.family;
  const family_facts& facts = family.facts();
  planned_map map;
  std::size_t end = 0;
  const auto place = [&end](std::size_t bytes) {
    const std::size_t at = end;
    end += round_up(bytes, 64);
    return at;
  };
  map.embedding = place(plan.embedding->bytes(s.vocab, s.dim));
  if (facts.has_positions) map.positions = place(plan.embedding->bytes(s.context, s.dim));
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t start = end;
    planned_map::layer here{std::vector<std::size_t>(facts.vectors.size()),
                            std::vector<std::size_t>(facts.matrices.size())};
    for (std::size_t i = 0; i < facts.vectors.size(); ++i)
      if (family.has_vector(layer, i)) here.vector[i] = place(facts.floats(s, i) * sizeof(float)) - start;
    for (std::size_t i = 0; i < facts.matrices.size(); ++i) {
      if (!family.has_matrix(layer, i)) continue;
      const matrix_size m = facts.size(s, i);
      here.matrix[i] = place(plan.at(tensor_place::block(layer, facts.matrices[i])).bytes(m.rows, m.cols)) - start;
    }
    here.bytes = end - start;
    map.start.push_back(start);
    map.block.push_back(std::move(here));
  }
  for (std::size_t i = 0; i < facts.outer_vectors.size(); ++i)
    map.outer.push_back(place(facts.outer_floats(s, i) * sizeof(float)));
  map.head = s.tied_head ? map.embedding : place(plan.head->bytes(s.vocab, s.dim));
  map.bytes = end;
  return map;
}

format_identity identify(const packing_plan& plan, const shape& s) {
  std::vector<const packed_format*> all{plan.embedding, s.tied_head ? plan.embedding : plan.head};
  const std::size_t layers = plan.layers_alike() ? 1 : s.layers;
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (const role r : plan.family.facts().matrices) all.push_back(&plan.at(tensor_place::block(layer, r)));
  fingerprint f;
  bool same = true;
  for (const packed_format* o : all) same = same && o == all.front();
  if (same) return {std::string(all[0]->name), add_format({}, all[0]->name, all[0]->group, all[0]->rows).value()};
  if (layers > 1 && !plan.family.layers_have_all())
    throw std::runtime_error("packing: a model of " + plan.family.type() +
                             ", whose layers differ in their matrices, takes one list of formats for all layers");
  for (const packed_format* o : all) f = add_format(f, o->name, o->group, o->rows);
  return {"mixed", f.value()};
}

}  // namespace mote::inline v0::host
