// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/tokenizer_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mote::inline v0::host {

std::string tokenizer_text::type_name() const {
  switch (kind) {
    case table_kind::byte_level:
      return "mote::byte_level_bpe<mote::" + std::string(pre_tokenizer_names[static_cast<std::size_t>(cut)]) +
             "_pieces" + (composes ? ", mote::nfc>" : ">");
    case table_kind::sentencepiece:
      return std::string("mote::hashed_sentencepiece_bpe<") + (space_before ? "true>" : "false>");
    case table_kind::unigram: return std::string("mote::sentencepiece_unigram<") + (space_before ? "true>" : "false>");
    case table_kind::word_pieces: return "mote::wordpiece";
  }
  return {};
}

void tokenizer_text::add_end(int id) {
  if (id < 0 || static_cast<std::size_t>(id) >= types.size() || id == eos) return;
  if (std::find(end_tokens.begin(), end_tokens.end(), id) != end_tokens.end()) return;
  if (eos < 0) eos = id;
  else end_tokens.push_back(id);
  types[static_cast<std::size_t>(id)] = token_type::control;
}

void tokenizer_text::add_first_end(int id) {
  add_end(id);
  if (const auto at = std::find(end_tokens.begin(), end_tokens.end(), id); at != end_tokens.end()) std::swap(*at, eos);
}

std::vector<token_range> tokenizer_text::control_tokens() const {
  std::vector<token_range> ranges;
  for (std::uint32_t id = 0; id < types.size(); ++id) {
    if (types[id] != token_type::control && types[id] != token_type::unknown) continue;
    if (!ranges.empty() && ranges.back().first + ranges.back().count == id) ++ranges.back().count;
    else ranges.push_back({id, 1});
  }
  return ranges;
}

}  // namespace mote::inline v0::host
