// SPDX-License-Identifier: BSL-1.0
// The plan and the image for the formats of a type: plan_of<Pipeline::format>(shape),
// write_image<Pipeline::format>(...).
// Refuses to read a plan from text: packing.hpp does that.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packed_format_of.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/model/formats.hpp"

namespace mote::inline v0::host {

/// The formats of a type as a run-time plan for a model of this shape.
template <class Formats>
packing_plan plan_of(const shape& s) {
  using facts = formats_of<Formats>;
  packing_plan plan{.family = {},
                    .embedding = &packed_format_of<typename facts::embedding>,
                    .head = &packed_format_of<typename facts::head>,
                    .blocks = {}};
  plan.blocks.resize(s.layers);
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t r = 0; r < role_count; ++r)
      plan.blocks[layer][r] =
          facts::with(layer, r, []<class F>() -> const packed_format* { return &packed_format_of<F>; });
  return plan;
}

/// An image in the formats of a type; otherwise as write_image() with a plan.
template <class Formats>
written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_report& report = {}) {
  return write_image(m, vocabulary, name, plan_of<Formats>(m.shape), report);
}

}  // namespace mote::inline v0::host
