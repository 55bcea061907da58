// SPDX-License-Identifier: BSL-1.0
// BM25 written a second time, in double, with maps and strings: what the index is compared with.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/status.hpp"

namespace reference {

/// What an add() may say, as statuses were numbered when hashes of it were made.
inline std::uint64_t number_of(mote::status s) {
  using mote::status;
  if (s == status::ok) return 0;
  if (s == status::too_long) return 17;
  if (s == status::empty) return 18;
  FAIL("another status: " << mote::name(s));
  return 0;
}

/// The words of an ASCII text.
inline std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    const bool owned =
        word == "s" && i >= 3 && text[i - 2] == '\'' && std::isalnum(static_cast<unsigned char>(text[i - 3])) != 0;
    if (!word.empty() && !owned) all.push_back(word);
    word.clear();
  }
  return all;
}

class bm25 {
 public:
  bm25(double k1, double b) : k1_(k1), b_(b) {}

  void add(std::uint32_t id, std::string_view text) {
    document& d = documents_[id];
    d.text = text;
    for (const std::string& w : words(text)) ++d.count[w], ++d.length;
  }
  void erase(std::uint32_t id) { documents_.erase(id); }

  /// id -> score, for those that share a word with the query.
  std::map<std::uint32_t, double> search(std::string_view query) const {
    double total = 0.0;
    for (const auto& [id, d] : documents_) total += d.length;
    const double n = static_cast<double>(documents_.size());
    std::map<std::uint32_t, double> scores;
    for (const std::string& w : words(query)) {
      double having = 0.0;
      for (const auto& [id, d] : documents_) having += d.count.contains(w) ? 1.0 : 0.0;
      for (const auto& [id, d] : documents_) {
        const auto it = d.count.find(w);
        if (it == d.count.end()) continue;
        const double tf = it->second;
        scores[id] += std::log(1.0 + (n - having + 0.5) / (having + 0.5)) * tf /
                      (tf + k1_ * (1.0 - b_ + b_ * d.length / (total / n)));
      }
    }
    return scores;
  }

  struct document {
    std::string text;
    std::map<std::string, double> count;
    double length = 0.0;
  };
  const std::map<std::uint32_t, document>& documents() const { return documents_; }

 private:
  double k1_, b_;
  std::map<std::uint32_t, document> documents_;
};

}  // namespace reference
