// SPDX-License-Identifier: BSL-1.0
// The formats of an image as text, for command lines: one format for all tensors, then exceptions:
//   "q4,embedding=q8,value=q6,0.down=q8"      4 bits; 8 for the embedding, 6 for values, 8 for the first layer's down
// Later entries win, as in mote::mixed<>. An untied head has the format of `head=`, else of the first entry. And back:
// a plan as a short text of this form, and as the C++ policy with the same meaning.
// Refuses an unknown format; the message lists those that exist.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"

namespace mote::inline v0::host {

/// A format without its row layout: its name in the text, and the C++ policy that selects it.
struct format_family {
  std::string_view name;
  std::string_view policy;
  const packed_format* (*with)(std::size_t rows, std::size_t cols);
};
extern const std::array<format_family, 20> format_families;

/// The family of that name. Throws if there is none.
const format_family& family_of(std::string_view word);

/// The format of a family for a matrix of `cols` columns, with `rows` rows interleaved.
const packed_format* format_with(const format_family& family, std::size_t rows, std::size_t cols);

/// Reads the text form above for a model of this shape and family, with `rows` rows interleaved. Throws
/// std::runtime_error with the entry that is wrong.
packing_plan read_packing(std::string_view text, std::size_t rows, const shape& s, const any_family& family = {});

/// An entry of the text form: the family that most tensors have, or an exception.
struct plan_entry {
  enum class kind : std::uint8_t { everywhere, embedding, head, in_role, in_layer } what = kind::everywhere;
  std::size_t layer = 0;
  mote::role role = mote::role::query;
  std::string_view family;
};
std::vector<plan_entry> plan_entries(const packing_plan& plan, const shape& s);

/// The text that read_packing() takes.
std::string text_of(const packing_plan& plan, const shape& s);

/// The policy whose image has this plan, as C++.
std::string policy_of(const packing_plan& plan, const shape& s);

}  // namespace mote::inline v0::host
