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
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/policy/quantize.hpp"

namespace mote::inline v0::host {

namespace detail {

template <template <std::size_t, std::size_t> class Format>
const packed_format* with_rows_and_columns(std::size_t rows, std::size_t cols) {
  switch (rows) {
    case 1: return Format<1, 0>::choose(cols);
    case 4: return Format<4, 0>::choose(cols);
    case 8: return Format<8, 0>::choose(cols);
    case 16: return Format<16, 0>::choose(cols);
    default: return nullptr;
  }
}
/// A format whose columns do not matter.
template <template <std::size_t> class Format>
struct plain {
  template <std::size_t Rows, std::size_t>
  struct of {
    static const packed_format* choose(std::size_t) { return &packed_format_of<Format<Rows>>; }
  };
  static const packed_format* with(std::size_t rows, std::size_t cols);
};
template <template <std::size_t> class Format>
const packed_format* plain<Format>::with(std::size_t rows, std::size_t cols) {
  return with_rows_and_columns<of>(rows, cols);
}
/// Blocks as long as super_of() makes them.
template <unsigned Bits>
struct super_blocks {
  template <std::size_t Rows, std::size_t>
  struct of {
    static const packed_format* choose(std::size_t cols) {
      constexpr std::array<const packed_format*, 8> all = []<std::size_t... Index>(std::index_sequence<Index...>) {
        return std::array<const packed_format*, 8>{&packed_format_of<qk<Bits, 32 * (Index + 1), Rows>>...};
      }(std::make_index_sequence<8>{});
      return all[super_of<Bits>(cols) / 32 - 1];
    }
  };
  static const packed_format* with(std::size_t rows, std::size_t cols);
};
template <unsigned Bits>
const packed_format* super_blocks<Bits>::with(std::size_t rows, std::size_t cols) {
  return with_rows_and_columns<of>(rows, cols);
}

template <std::size_t Rows>
using q8_narrow = q8<Rows, 32>;
template <std::size_t Rows>
using q8_wide = q8<Rows, 64>;

// Formats of every layout and length are most of what this header costs a compiler. A program of many files compiles
// them in one, with an empty MOTE_EVERY_FORMAT, and says -DMOTE_EVERY_FORMAT=extern to the others.
#ifdef MOTE_EVERY_FORMAT
MOTE_EVERY_FORMAT template struct plain<f32>;
MOTE_EVERY_FORMAT template struct plain<f16>;
MOTE_EVERY_FORMAT template struct plain<bf16>;
MOTE_EVERY_FORMAT template struct plain<q8_narrow>;
MOTE_EVERY_FORMAT template struct plain<q8_wide>;
MOTE_EVERY_FORMAT template struct plain<q6>;
MOTE_EVERY_FORMAT template struct plain<q5>;
MOTE_EVERY_FORMAT template struct plain<q4>;
MOTE_EVERY_FORMAT template struct plain<iq4_nl>;
MOTE_EVERY_FORMAT template struct plain<q3>;
MOTE_EVERY_FORMAT template struct plain<q2>;
MOTE_EVERY_FORMAT template struct plain<ternary>;
MOTE_EVERY_FORMAT template struct plain<trits>;
MOTE_EVERY_FORMAT template struct plain<q5a>;
MOTE_EVERY_FORMAT template struct plain<q4a>;
MOTE_EVERY_FORMAT template struct super_blocks<6>;
MOTE_EVERY_FORMAT template struct super_blocks<5>;
MOTE_EVERY_FORMAT template struct super_blocks<4>;
MOTE_EVERY_FORMAT template struct super_blocks<3>;
MOTE_EVERY_FORMAT template struct super_blocks<2>;
#endif

}  // namespace detail

/// What remains of a format when its row layout is taken away: its name in a list, and the policy that asks for it.
struct format_family {
  std::string_view name;
  std::string_view policy;
  const packed_format* (*with)(std::size_t rows, std::size_t cols);
};
inline constexpr std::array<format_family, 20> format_families{{
    {"f32", "mote::quantize<32>", &detail::plain<f32>::with},
    {"f16", "mote::quantize<16>", &detail::plain<f16>::with},
    {"bf16", "mote::packed<mote::bf16>", &detail::plain<bf16>::with},
    {"q8", "mote::quantize<8>", &detail::plain<detail::q8_narrow>::with},
    {"q8g64", "mote::quantize<8, 64>", &detail::plain<detail::q8_wide>::with},
    {"q6", "mote::quantize<6>", &detail::plain<q6>::with},
    {"q5", "mote::quantize<5>", &detail::plain<q5>::with},
    {"q4", "mote::quantize<4>", &detail::plain<q4>::with},
    {"iq4_nl", "mote::packed<mote::iq4_nl>", &detail::plain<iq4_nl>::with},
    {"q3", "mote::quantize<3>", &detail::plain<q3>::with},
    {"q2", "mote::quantize<2>", &detail::plain<q2>::with},
    {"ternary", "mote::packed<mote::ternary>", &detail::plain<ternary>::with},
    {"trits", "mote::packed<mote::trits>", &detail::plain<trits>::with},
    {"q6k", "mote::two_level<6>", &detail::super_blocks<6>::with},
    {"q5k", "mote::two_level<5>", &detail::super_blocks<5>::with},
    {"q4k", "mote::two_level<4>", &detail::super_blocks<4>::with},
    {"q3k", "mote::two_level<3>", &detail::super_blocks<3>::with},
    {"q2k", "mote::two_level<2>", &detail::super_blocks<2>::with},
    {"q5a", "mote::packed<mote::q5a>", &detail::plain<q5a>::with},
    {"q4a", "mote::packed<mote::q4a>", &detail::plain<q4a>::with},
}};

inline const format_family& family_of(std::string_view word) {
  std::string known;
  for (const format_family& f : format_families) {
    if (word == f.name) return f;
    known += (known.empty() ? "" : ", ") + std::string(f.name);
  }
  throw std::runtime_error("packing: no format is called \"" + std::string(word) + "\"; there are " + known);
}

/// The format of a family for rows of `cols` weights, `rows` of them interleaved.
inline const packed_format* format_with(const format_family& family, std::size_t rows, std::size_t cols) {
  if (const packed_format* f = family.with(rows, cols)) return f;
  throw std::runtime_error("packing: no format interleaves " + std::to_string(rows) +
                           " rows; 1, 4, 8 or 16 can be packed");
}

namespace detail {
/// Every tensor that an exception names.
inline std::vector<tensor_place> named_tensors(std::string_view where, const shape& s) {
  if (where == "embedding") return {tensor_place::embedding()};
  if (where == "head") return {tensor_place::head()};
  std::vector<tensor_place> named;
  std::size_t first = 0;
  std::size_t last = s.layers;
  if (const std::size_t dot = where.find('.'); dot != std::string_view::npos) {
    std::size_t layer = 0;
    if (dot == 0 || dot > 4) return {};
    for (const char c : where.substr(0, dot)) {
      if (c < '0' || c > '9') return {};
      layer = layer * 10 + static_cast<std::size_t>(c - '0');
    }
    if (layer >= s.layers)
      throw std::runtime_error("packing: layer " + std::to_string(layer) + " is named; the model has " +
                               std::to_string(s.layers) + " layers, from 0");
    first = layer;
    last = layer + 1;
    where.remove_prefix(dot + 1);
  }
  for (std::size_t r = 0; r < role_count; ++r)
    if (where == mote::name(static_cast<role>(r)) || where == "all")
      for (std::size_t layer = first; layer < last; ++layer)
        named.push_back(tensor_place::block(layer, static_cast<role>(r)));
  return named;
}
}  // namespace detail

/// Reads the text form above for a model of this shape.
inline packing_plan read_packing(std::string_view text, std::size_t rows, const shape& s) {
  packing_plan plan;
  plan.blocks.resize(s.layers);
  const auto put = [&](const tensor_place& p, const format_family& family) {
    plan.put(p, format_with(family, rows, size_of(s, p).cols));
  };
  bool first = true;
  while (!text.empty() || first) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const std::size_t equals = entry.find('=');
    if (first != (equals == std::string_view::npos))
      throw std::runtime_error(
          "packing: \"" + std::string(entry) +
          "\" is not understood; write a format, then exceptions, as in q4,embedding=q8,0.down=q6");
    const format_family& family = family_of(equals == std::string_view::npos ? entry : entry.substr(equals + 1));
    if (first) {
      put(tensor_place::embedding(), family);
      put(tensor_place::head(), family);
      for (const tensor_place& p : detail::named_tensors("all", s)) put(p, family);
    } else {
      const auto named = detail::named_tensors(entry.substr(0, equals), s);
      if (named.empty())
        throw std::runtime_error("packing: \"" + std::string(entry.substr(0, equals)) +
                                 "\" names no tensor; there are embedding, head, query, key, value, output, gate, up, "
                                 "down and all, with a layer in front if only one is meant, as in 0.down");
      for (const tensor_place& p : named) put(p, family);
    }
    first = false;
  }
  return plan;
}

/// A plan in words: the family that most tensors have, then the exceptions.
struct plan_entry {
  enum class kind : std::uint8_t { everywhere, embedding, head, in_role, in_layer } what = kind::everywhere;
  std::size_t layer = 0;
  mote::role role = mote::role::query;
  std::string_view family;
};
inline std::vector<plan_entry> entries_of(const packing_plan& plan, const shape& s) {
  const auto most = [](const std::map<std::string_view, std::size_t>& votes) {
    auto best = votes.begin();
    for (auto i = votes.begin(); i != votes.end(); ++i)
      if (i->second > best->second) best = i;
    return best->first;
  };
  std::map<std::string_view, std::size_t> votes;
  for (const tensor_place& p : all_tensors(s)) ++votes[plan.at(p).family];
  const std::string_view usual = most(votes);
  std::vector<plan_entry> entries{{.family = usual}};
  if (plan.embedding->family != usual)
    entries.push_back({.what = plan_entry::kind::embedding, .family = plan.embedding->family});
  if (!s.tied_head && plan.head->family != usual)
    entries.push_back({.what = plan_entry::kind::head, .family = plan.head->family});
  for (std::size_t r = 0; r < role_count; ++r) {
    std::map<std::string_view, std::size_t> here;
    for (const auto& block : plan.blocks) ++here[block[r]->family];
    here[usual] += 0;
    const std::string_view own = here[usual] * 2 >= s.layers ? usual : most(here);
    if (own != usual)
      entries.push_back({.what = plan_entry::kind::in_role, .role = static_cast<role>(r), .family = own});
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      if (plan.blocks[layer][r]->family != own)
        entries.push_back({.what = plan_entry::kind::in_layer,
                           .layer = layer,
                           .role = static_cast<role>(r),
                           .family = plan.blocks[layer][r]->family});
  }
  return entries;
}

/// The text that read_packing() takes.
inline std::string text_of(const packing_plan& plan, const shape& s) {
  std::string text;
  for (const plan_entry& e : entries_of(plan, s)) {
    switch (e.what) {
      case plan_entry::kind::everywhere: text += std::string(e.family); continue;
      case plan_entry::kind::embedding: text += ",embedding="; break;
      case plan_entry::kind::head: text += ",head="; break;
      case plan_entry::kind::in_role: text += "," + std::string(mote::name(e.role)) + "="; break;
      case plan_entry::kind::in_layer:
        text += "," + std::to_string(e.layer) + "." + std::string(mote::name(e.role)) + "=";
        break;
    }
    text += e.family;
  }
  return text;
}

/// The policy whose image has this plan, as C++.
inline std::string policy_of(const packing_plan& plan, const shape& s) {
  const auto entries = entries_of(plan, s);
  const std::string usual(family_of(entries.front().family).policy);
  if (entries.size() == 1) return usual;
  std::string text = "mote::mixed<" + usual;
  for (const plan_entry& e : std::span(entries).subspan(1)) {
    const std::string policy(family_of(e.family).policy);
    const std::string which = "mote::role::" + std::string(mote::name(e.role)) + ", ";
    switch (e.what) {
      case plan_entry::kind::everywhere: break;
      case plan_entry::kind::embedding: text += ", mote::in_embedding<" + policy + ">"; break;
      case plan_entry::kind::head: text += ", mote::in_head<" + policy + ">"; break;
      case plan_entry::kind::in_role: text += ", mote::in<" + which + policy + ">"; break;
      case plan_entry::kind::in_layer:
        text += ", mote::in_layer<" + std::to_string(e.layer) + ", " + which + policy + ">";
        break;
    }
  }
  return text + ">";
}

}  // namespace mote::inline v0::host
