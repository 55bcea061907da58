// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/helps_text.hpp"

#include <cstddef>
#include <string>

#include "mote/budget/what_helps.hpp"
#include "mote/host/report/svg.hpp"

namespace mote::inline v0::host {

std::string policy_text(const help& h, const board_facts& board) {
  const std::string to = std::to_string(h.to);
  switch (h.what) {
    case way::context: return "context<" + to + ">";
    case way::cache_bits: return "cache<" + to + ">";
    case way::example_tokens: return ".tokens = " + to;
    case way::rank: return "lora<" + to + ">";
    case way::sgd: return "sgd<>";
    case way::items: return ".items = " + to;
    case way::prefill: return h.to == 1 ? "no prefill<>" : "prefill<" + to + ">";
    case way::no_draft: return "no drafts";
    case way::cache_region: return "cache_in<\"" + std::string(board.regions[h.to].name) + "\">";
    case way::arena_region: return "arena_in<\"" + std::string(board.regions[h.to].name) + "\">";
    case way::learning_region: return "learning_in<\"" + std::string(board.regions[h.to].name) + "\">";
    case way::recall_region: return "recall_in<\"" + std::string(board.regions[h.to].name) + "\">";
    case way::bits: break;
  }
  return "quantize<" + to + ">";
}

std::string helps_text(const helps& h, const board_facts& board) {
  std::string out;
  for (const help& one : h)
    out += detail::print_to_string("  %-18s saves %12zu bytes%s\n", policy_text(one, board).c_str(), one.saves,
                                   one.enough ? ", and that is enough" : "");
  return out;
}

std::string remedy_text(const remedy& r, const board_facts& board) {
  if (!r.fits())
    return detail::print_to_string("  nothing makes it fit: with all sizes at their least %zu bytes are missing\n",
                                   r.misses);
  std::string out;
  for (std::size_t i = 0; r.size() > 1 && i < r.size(); ++i)
    out += detail::print_to_string(
        "  %-18s saves %12zu bytes, %s\n", ((i == 0 ? "" : "and ") + policy_text(r[i], board)).c_str(), r[i].saves,
        i + 1 == r.size() ? "and that is enough" : (std::to_string(r.over_by[i]) + " are missing").c_str());
  return out;
}

}  // namespace mote::inline v0::host
