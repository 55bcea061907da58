// SPDX-License-Identifier: BSL-1.0
// The formats of an image as a person asks for them, at run time: one for all tensors, or a list of exceptions,
//   "q4,embedding=q8,value=q6,0.down=q8"      four bits, but embedding, values and the first layer's down differently
// Later entries win, as in mote::mixed<>. An untied head follows `head=`, else the first entry.
// Refuses a name that no format has, with those that there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q8.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::host {

/// What remains of a format when its row layout is taken away.
enum class format_family : std::uint8_t { f32, f16, bf16, q8, q8g64, q4 };
inline constexpr std::array<std::string_view, 6> format_family_names{"f32", "f16", "bf16", "q8", "q8g64", "q4"};

constexpr std::string_view name(format_family f) { return format_family_names[static_cast<std::size_t>(f)]; }

/// The format of one tensor.
struct packing {
  format_family family = format_family::q8;
  std::size_t rows = 1;  ///< interleaved: 1, 4, 8 or 16

  constexpr bool operator==(const packing&) const = default;
};

template <std::size_t Rows>
using q8_narrow = q8<Rows, 32>;
template <std::size_t Rows>
using q8_wide = q8<Rows, 64>;

/// Calls f.operator()<Format>() for the format that a packing means for rows of `cols` weights.
template <class F>
auto with_format(packing p, [[maybe_unused]] std::size_t cols, F&& f) {
  const auto of_rows = [&]<template <std::size_t> class Format>() {
    switch (p.rows) {
      case 1: return f.template operator()<Format<1>>();
      case 4: return f.template operator()<Format<4>>();
      case 8: return f.template operator()<Format<8>>();
      case 16: return f.template operator()<Format<16>>();
      default:
        throw std::runtime_error("packing: no format interleaves " + std::to_string(p.rows) +
                                 " rows; 1, 4, 8 or 16 can be packed");
    }
  };
  switch (p.family) {
    case format_family::f32: return of_rows.template operator()<f32>();
    case format_family::f16: return of_rows.template operator()<f16>();
    case format_family::bf16: return of_rows.template operator()<bf16>();
    case format_family::q4: return of_rows.template operator()<q4>();
    case format_family::q8: return of_rows.template operator()<q8_narrow>();
    case format_family::q8g64: break;
  }
  return of_rows.template operator()<q8_wide>();
}

inline format_family family_of(std::string_view word) {
  std::string known;
  for (std::size_t i = 0; i < format_family_names.size(); ++i) {
    if (word == format_family_names[i]) return static_cast<format_family>(i);
    known += (i == 0 ? "" : ", ") + std::string(format_family_names[i]);
  }
  throw std::runtime_error("packing: no format is called \"" + std::string(word) + "\"; there are " + known);
}

/// Every tensor's format.
struct packing_plan {
  packing embedding;
  packing head;
  std::vector<std::array<packing, role_count>> blocks;  ///< (layers)

  static packing_plan uniform(packing p, std::size_t layers) {
    packing_plan plan{.embedding = p, .head = p, .blocks = {}};
    plan.blocks.resize(layers);
    for (auto& block : plan.blocks) block.fill(p);
    return plan;
  }
  bool layers_alike() const {
    for (const auto& block : blocks)
      if (block != blocks.front()) return false;
    return true;
  }
  bool operator==(const packing_plan&) const = default;
};

namespace detail {
/// Whether an exception names a tensor.
inline bool set_exception(packing_plan& plan, std::string_view where, packing p) {
  if (where == "embedding") return plan.embedding = p, true;
  if (where == "head") return plan.head = p, true;
  std::size_t first = 0;
  std::size_t last = plan.blocks.size();
  if (const std::size_t dot = where.find('.'); dot != std::string_view::npos) {
    std::size_t layer = 0;
    if (dot == 0 || dot > 4) return false;
    for (const char c : where.substr(0, dot)) {
      if (c < '0' || c > '9') return false;
      layer = layer * 10 + static_cast<std::size_t>(c - '0');
    }
    if (layer >= plan.blocks.size())
      throw std::runtime_error("packing: layer " + std::to_string(layer) + " is named; the model has " +
                               std::to_string(plan.blocks.size()) + " layers, from 0");
    first = layer;
    last = layer + 1;
    where.remove_prefix(dot + 1);
  }
  for (std::size_t r = 0; r < role_count; ++r) {
    if (where != mote::name(static_cast<role>(r)) && where != "all") continue;
    for (std::size_t layer = first; layer < last; ++layer) plan.blocks[layer][r] = p;
    if (where != "all") return true;
  }
  return where == "all";
}
}  // namespace detail

/// Reads the text form above.
inline packing_plan read_packing(std::string_view text, std::size_t rows, std::size_t layers) {
  packing_plan plan;
  bool first = true;
  while (!text.empty() || first) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const std::size_t equals = entry.find('=');
    if (first != (equals == std::string_view::npos))
      throw std::runtime_error("packing: \"" + std::string(entry) +
                               "\" is not understood; write a format, then exceptions, as in q4,embedding=q8,0.down=q6");
    const packing p{family_of(equals == std::string_view::npos ? entry : entry.substr(equals + 1)), rows};
    if (first) plan = packing_plan::uniform(p, layers);
    else if (!detail::set_exception(plan, entry.substr(0, equals), p))
      throw std::runtime_error("packing: \"" + std::string(entry.substr(0, equals)) +
                               "\" names no tensor; there are embedding, head, query, key, value, output, gate, up, "
                               "down and all, with a layer in front if only one is meant, as in 0.down");
    first = false;
  }
  return plan;
}

/// What a type says, at run time.
template <class Formats>
packing_plan plan_of(const shape& s) {
  const auto packing_of = []<class F>(std::size_t cols) {
    for (std::size_t family = 0; family < format_family_names.size(); ++family) {
      const packing p{static_cast<format_family>(family), F::rows};
      if (with_format(p, cols, []<class G>() { return std::is_same_v<F, G>; })) return p;
    }
    throw std::runtime_error("packing: \"" + std::string(F::name) + "\" cannot be written");
  };
  using facts = formats_of<Formats>;
  packing_plan plan{.embedding = packing_of.template operator()<typename facts::embedding>(s.dim),
                    .head = packing_of.template operator()<typename facts::head>(s.dim),
                    .blocks = {}};
  plan.blocks.resize(s.layers);
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t r = 0; r < role_count; ++r)
      plan.blocks[layer][r] = facts::with(layer, static_cast<role>(r), [&]<class F>() {
        return packing_of.template operator()<F>(size_of(s, static_cast<role>(r)).cols);
      });
  return plan;
}

/// Where a plan puts the tensors: by the same rule as map_tensors().
struct planned_map {
  std::size_t embedding = 0;
  std::vector<block_map> block;     // (layers)
  std::vector<std::size_t> start;   // (layers), from the first byte of the weights
  std::size_t final_norm = 0;
  std::size_t head = 0;
  std::size_t bytes = 0;
};
inline std::size_t bytes_of(packing p, std::size_t rows, std::size_t cols) {
  return with_format(p, cols, [&]<class F>() { return F::bytes(rows, cols); });
}
inline planned_map map_tensors(const packing_plan& plan, const shape& s) {
  planned_map map;
  std::size_t end = round_up(bytes_of(plan.embedding, s.vocab, s.dim), 64);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    map.start.push_back(end);
    map.block.push_back(place_block(s, [&](role r) {
      const matrix_size m = size_of(s, r);
      return bytes_of(plan.blocks[layer][static_cast<std::size_t>(r)], m.rows, m.cols);
    }));
    end += map.block.back().bytes;
  }
  map.final_norm = end;
  end += round_up(s.dim * sizeof(float), 64);
  map.head = s.tied_head ? map.embedding : end;
  map.bytes = s.tied_head ? end : end + round_up(bytes_of(plan.head, s.vocab, s.dim), 64);
  return map;
}

/// The name and the fingerprint that the type's image has.
struct format_identity {
  std::string name;
  std::uint64_t fingerprint = 0;
};
inline format_identity identify(const packing_plan& plan, const shape& s) {
  struct one {
    std::string_view name;
    std::size_t group, rows;
    bool operator==(const one&) const = default;
  };
  const auto facts = [](packing p, std::size_t cols) {
    return with_format(p, cols, []<class F>() { return one{F::name, F::group, F::rows}; });
  };
  std::vector<one> all{facts(plan.embedding, s.dim), facts(s.tied_head ? plan.embedding : plan.head, s.dim)};
  const std::size_t layers = plan.layers_alike() ? 1 : s.layers;
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (std::size_t r = 0; r < role_count; ++r)
      all.push_back(facts(plan.blocks[layer][r], size_of(s, static_cast<role>(r)).cols));
  fingerprint f;
  bool same = true;
  for (const one& o : all) same = same && o == all.front();
  if (same) return {std::string(all[0].name), add_format({}, all[0].name, all[0].group, all[0].rows).value()};
  for (const one& o : all) f = add_format(f, o.name, o.group, o.rows);
  return {"mixed", f.value()};
}

}  // namespace mote::inline v0::host
