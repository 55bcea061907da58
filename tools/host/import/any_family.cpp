// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/any_family.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/family/bert.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neo.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/llama.hpp"
#include "mote/family/opt.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/family/stablelm.hpp"

namespace mote::inline v0::host {

namespace {

constexpr std::string_view lfm2_type = "mote::lfm2_layers";

template <class Family>
constexpr family_facts family_entry(std::string_view type, std::string_view header) {
  return detail::facts_of_family<Family>(type, header, Family::name);
}

constexpr std::array all_families{
    family_entry<llama>("mote::llama", "mote/family/llama.hpp"),
    family_entry<qwen2>("mote::qwen2", "mote/family/qwen.hpp"),
    family_entry<qwen3>("mote::qwen3", "mote/family/qwen.hpp"),
    family_entry<gemma2>("mote::gemma2", "mote/family/gemma2.hpp"),
    family_entry<gemma3>("mote::gemma3", "mote/family/gemma3.hpp"),
    family_entry<phi2>("mote::phi2", "mote/family/phi2.hpp"),
    family_entry<phi3>("mote::phi3", "mote/family/phi3.hpp"),
    family_entry<gpt2>("mote::gpt2", "mote/family/gpt2.hpp"),
    family_entry<gpt_neo>("mote::gpt_neo", "mote/family/gpt_neo.hpp"),
    family_entry<gpt_neox>("mote::gpt_neox", "mote/family/gpt_neox.hpp"),
    family_entry<opt>("mote::opt", "mote/family/opt.hpp"),
    family_entry<bert>("mote::bert", "mote/family/bert.hpp"),
    family_entry<ple_tinylm>("mote::ple_tinylm", "mote/family/ple_tinylm.hpp"),
    family_entry<stablelm>("mote::stablelm", "mote/family/stablelm.hpp"),
    family_entry<stablelm2>("mote::stablelm2", "mote/family/stablelm.hpp"),
    detail::facts_of_family<lfm2_layers<"ca">>(lfm2_type, "mote/family/lfm2.hpp", "lfm2 c"),
    detail::facts_of_family<lfm2_layers<"ac">>(lfm2_type, "mote/family/lfm2.hpp", "lfm2 a"),
};

std::size_t place_in_list(std::span<const role> all, role r) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), r) - all.begin());
}
std::size_t place_in_list(std::span<const vector_role> all, vector_role v) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), v) - all.begin());
}

}  // namespace

std::span<const family_facts> families() { return all_families; }

any_family::any_family() : facts_(&all_families.front()) {}

any_family any_family::named(std::string_view name) {
  const bool has_order = name.starts_with("lfm2 ");
  for (const family_facts& f : all_families)
    if (has_order ? name.starts_with(f.name) : f.name == name)
      return any_family(f, has_order ? std::string(name.substr(5)) : std::string());
  throw std::runtime_error("family: none is called \"" + std::string(name) + "\"");
}

any_family any_family::of_type(std::string_view type) {
  if (type.starts_with(lfm2_type) && type.ends_with("\">") && type.substr(lfm2_type.size()).starts_with("<\"")) {
    const std::string_view order = type.substr(lfm2_type.size() + 2, type.size() - lfm2_type.size() - 4);
    if (!order.empty() && order.find_first_not_of("ca") == order.npos) return named("lfm2 " + std::string(order));
  } else {
    for (const family_facts& f : all_families)
      if (f.type == type && type != lfm2_type) return any_family(f);
  }
  throw std::runtime_error("family: none of ours is the type \"" + std::string(type) + "\"");
}

std::string any_family::type() const {
  return order_.empty() ? std::string(facts_->type) : std::string(facts_->type) + "<\"" + order_ + "\">";
}
std::string any_family::name() const { return order_.empty() ? std::string(facts_->name) : "lfm2 " + order_; }
bool any_family::is_llama() const { return facts_ == &all_families.front(); }

std::size_t any_family::find(role r) const { return place_in_list(facts_->matrices, r); }
std::size_t any_family::find(vector_role v) const { return place_in_list(facts_->vectors, v); }
std::size_t any_family::find_outer(vector_role v) const { return place_in_list(facts_->outer_vectors, v); }

std::size_t any_family::kind_of(std::size_t layer) const {
  if (order_.empty()) return facts_->kind_of(layer);
  return order_[layer % order_.size()] == order_.front() ? 0 : 1;
}

bool any_family::layers_have_all() const {
  for (std::size_t layer = 0; layer < std::max<std::size_t>(order_.size(), 1); ++layer)
    for (std::size_t i = 0; i < facts_->matrices.size(); ++i)
      if (!has_matrix(layer, i)) return false;
  return true;
}

mote::named any_family::find_name(tensor_id which) const {
  for (const mote::named& n : facts_->names)
    if (n.which == which) return n;
  return {which, {}, {}};
}

matrix_size any_family::size(const mote::shape& s, const tensor_place& p) const {
  if (p.where == tensor_place::part::positions) return {s.context, s.dim};
  if (p.where != tensor_place::part::block) return {s.vocab, s.dim};
  return facts_->size(s, find(p.role));
}

std::vector<tensor_place> any_family::all_tensors(const mote::shape& s) const {
  std::vector<tensor_place> all{tensor_place::embedding()};
  if (facts_->has_positions) all.push_back(tensor_place::positions());
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < facts_->matrices.size(); ++i)
      if (has_matrix(layer, i)) all.push_back(tensor_place::block(layer, facts_->matrices[i]));
  if (!s.tied_head) all.push_back(tensor_place::head());
  return all;
}

std::size_t any_family::parameters(const mote::shape& s) const {
  std::size_t n = 0;
  for (const tensor_place& p : all_tensors(s)) {
    const matrix_size m = size(s, p);
    n += m.rows * m.cols;
  }
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < facts_->vectors.size(); ++i)
      if (has_vector(layer, i)) n += facts_->floats(s, i);
  for (std::size_t i = 0; i < facts_->outer_vectors.size(); ++i) n += facts_->outer_floats(s, i);
  return n;
}

}  // namespace mote::inline v0::host
