// SPDX-License-Identifier: BSL-1.0
// The formats of an image as a person asks for them, at run time: one for all tensors, or a list of exceptions,
//   "q4,embedding=q8,value=q6,0.down=q8"      four bits, but embedding, values and the first layer's down differently
// Later entries win, as in mote::mixed<>. An untied head follows `head=`, else the first entry. And back: a plan as the
// shortest such text, and as the C++ policy that means the same.
// Refuses a name that no format has, with those that there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"

namespace mote::inline v0::host {

/// What remains of a format when its row layout is taken away: its name in a list, and the policy that asks for it.
struct format_family {
  std::string_view name;
  std::string_view policy;
  const packed_format* (*with)(std::size_t rows, std::size_t cols);
};
extern const std::array<format_family, 20> format_families;

const format_family& family_of(std::string_view word);

/// The format of a family for rows of `cols` weights, `rows` of them interleaved.
const packed_format* format_with(const format_family& family, std::size_t rows, std::size_t cols);

/// Reads the text form above for a model of this shape.
packing_plan read_packing(std::string_view text, std::size_t rows, const shape& s);

/// A plan in words: the family that most tensors have, then the exceptions.
struct plan_entry {
  enum class kind : std::uint8_t { everywhere, embedding, head, in_role, in_layer } what = kind::everywhere;
  std::size_t layer = 0;
  mote::role role = mote::role::query;
  std::string_view family;
};
std::vector<plan_entry> entries_of(const packing_plan& plan, const shape& s);

/// The text that read_packing() takes.
std::string text_of(const packing_plan& plan, const shape& s);

/// The policy whose image has this plan, as C++.
std::string policy_of(const packing_plan& plan, const shape& s);

}  // namespace mote::inline v0::host
