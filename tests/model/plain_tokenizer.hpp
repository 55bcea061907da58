// SPDX-License-Identifier: BSL-1.0
// The tokenizer's algorithm as plainly as the standard library allows, for comparison: every pair is looked up again
// in every round, in a std::map.
// Refuses to be fast: what it says must be right at a glance.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"

namespace mote_tests {

class plain_tokenizer {
 public:
  explicit plain_tokenizer(mote::host::vocabulary_text text) : text_(std::move(text)) {
    for (std::size_t id = 0; id < text_.pieces.size(); ++id) ids_[text_.pieces[id]] = static_cast<int>(id);
  }

  std::vector<int> encode(const std::string& s, bool bos) const {
    std::vector<int> out;
    if (bos) out.push_back(1);
    if (!s.empty()) out.push_back(ids_.at(" "));
    for (std::size_t i = 0; i < s.size();) {
      std::string character(1, s[i++]);
      while (i < s.size() && is_continuation(s[i]) && character.size() < 4) character += s[i++];
      if (const auto hit = ids_.find(character); hit != ids_.end()) out.push_back(hit->second);
      else
        for (char c : character) out.push_back(static_cast<unsigned char>(c) + 3);
    }
    for (;;) {
      float best_score = -1e10F;
      std::size_t best = out.size();
      int merged = -1;
      for (std::size_t i = 0; i + 1 < out.size(); ++i) {
        const auto hit = ids_.find(piece(out[i]) + piece(out[i + 1]));
        if (hit == ids_.end() || !(score(hit->second) > best_score)) continue;
        best_score = score(hit->second);
        best = i;
        merged = hit->second;
      }
      if (best == out.size()) return out;
      out[best] = merged;
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
  }

  std::string decode(int previous, int token) const {
    std::string p = piece(token);
    if (previous == 1 && !p.empty() && p[0] == ' ') p.erase(0, 1);
    if (p.size() == 6 && p.starts_with("<0x") && p[5] == '>')
      return std::string(1, static_cast<char>(std::stoi(p.substr(3, 2), nullptr, 16)));
    return p;
  }

 private:
  static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
  const std::string& piece(int id) const { return text_.pieces[static_cast<std::size_t>(id)]; }
  float score(int id) const { return text_.scores[static_cast<std::size_t>(id)]; }

  mote::host::vocabulary_text text_;
  std::map<std::string, int> ids_;
};

}  // namespace mote_tests
