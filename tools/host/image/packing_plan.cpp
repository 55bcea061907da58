// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packing_plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

planned_map map_tensors(const packing_plan& plan, const shape& s) {
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

format_identity identify(const packing_plan& plan, const shape& s) {
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
