// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packing.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"

namespace mote::inline v0::host {

const format_family& family_of(std::string_view word) {
  std::string known;
  for (const format_family& f : format_families) {
    if (word == f.name) return f;
    known += (known.empty() ? "" : ", ") + std::string(f.name);
  }
  throw std::runtime_error("packing: no format is called \"" + std::string(word) + "\"; there are " + known);
}

const packed_format* format_with(const format_family& family, std::size_t rows, std::size_t cols) {
  if (const packed_format* f = family.with(rows, cols)) return f;
  throw std::runtime_error("packing: no format interleaves " + std::to_string(rows) +
                           " rows; 1, 4, 8 or 16 can be packed");
}

namespace detail {

namespace {

std::string matrix_names(const any_family& family) {
  std::string all;
  for (const role r : family.facts().matrices) all += (all.empty() ? "" : ", ") + std::string(mote::name(r));
  return all;
}

/// The tensors that the left side of an exception names; empty if it names none.
std::vector<tensor_place> named_tensors(std::string_view where, const shape& s, const any_family& family) {
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
  for (const role r : family.facts().matrices)
    if (where == mote::name(r) || where == "all")
      for (std::size_t layer = first; layer < last; ++layer) named.push_back(tensor_place::block(layer, r));
  return named;
}

}  // namespace

}  // namespace detail

packing_plan read_packing(std::string_view text, std::size_t rows, const shape& s, const any_family& family) {
  packing_plan plan;
  plan.family = family;
  plan.blocks.resize(s.layers);
  const auto put = [&](const tensor_place& p, const format_family& format) {
    plan.put(p, format_with(format, rows, family.size(s, p).cols));
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
    const format_family& format = family_of(equals == std::string_view::npos ? entry : entry.substr(equals + 1));
    if (first) {
      put(tensor_place::embedding(), format);
      put(tensor_place::head(), format);
      for (const tensor_place& p : detail::named_tensors("all", s, family)) put(p, format);
    } else {
      const auto named = detail::named_tensors(entry.substr(0, equals), s, family);
      if (named.empty())
        throw std::runtime_error("packing: \"" + std::string(entry.substr(0, equals)) +
                                 "\" names no tensor; there are embedding, head, " + detail::matrix_names(family) +
                                 " and all, with a layer in front if only one is meant, as in 0.down");
      for (const tensor_place& p : named) put(p, format);
    }
    first = false;
  }
  return plan;
}

std::vector<plan_entry> plan_entries(const packing_plan& plan, const shape& s) {
  const auto most = [](const std::map<std::string_view, std::size_t>& votes) {
    auto best = votes.begin();
    for (auto i = votes.begin(); i != votes.end(); ++i)
      if (i->second > best->second) best = i;
    return best->first;
  };
  std::map<std::string_view, std::size_t> votes;
  for (const tensor_place& p : plan.family.all_tensors(s)) ++votes[plan.at(p).family];
  const std::string_view usual = most(votes);
  std::vector<plan_entry> entries{{.family = usual}};
  if (plan.embedding->family != usual)
    entries.push_back({.what = plan_entry::kind::embedding, .family = plan.embedding->family});
  if (!s.tied_head && plan.head->family != usual)
    entries.push_back({.what = plan_entry::kind::head, .family = plan.head->family});
  for (const role which : plan.family.facts().matrices) {
    const auto r = static_cast<std::size_t>(which);
    std::map<std::string_view, std::size_t> here;
    for (const auto& block : plan.blocks) ++here[block[r]->family];
    here[usual] += 0;
    const std::string_view own = here[usual] * 2 >= s.layers ? usual : most(here);
    if (own != usual) entries.push_back({.what = plan_entry::kind::in_role, .role = which, .family = own});
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      if (plan.blocks[layer][r]->family != own)
        entries.push_back({.what = plan_entry::kind::in_layer,
                           .layer = layer,
                           .role = which,
                           .family = plan.blocks[layer][r]->family});
  }
  return entries;
}

std::string text_of(const packing_plan& plan, const shape& s) {
  std::string text;
  for (const plan_entry& e : plan_entries(plan, s)) {
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

namespace detail {
namespace {
/// A role as a program writes it.
std::string in_code(role r) {
  constexpr std::string_view of_layers = "per_layer_";
  const std::string_view name = mote::name(r);
  return name.starts_with(of_layers) ? "mote::per_layer::" + std::string(name.substr(of_layers.size()))
                                     : "mote::role::" + std::string(name);
}
}  // namespace
}  // namespace detail

std::string policy_of(const packing_plan& plan, const shape& s) {
  const auto entries = plan_entries(plan, s);
  const std::string usual(family_of(entries.front().family).policy);
  if (entries.size() == 1) return usual;
  std::string text = "mote::mixed<" + usual;
  for (const plan_entry& e : std::span(entries).subspan(1)) {
    const std::string policy(family_of(e.family).policy);
    const std::string which = detail::in_code(e.role) + ", ";
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
