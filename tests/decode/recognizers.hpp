// SPDX-License-Identifier: BSL-1.0
// Independent parsers for the texts of five_grammars.hpp, by hand and by nlohmann-json.
// Refuses to include what it judges: no grammar, no table.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mote_tests {

inline bool is_time(std::string_view t) {
  const auto digit = [&](std::size_t i) { return t[i] >= '0' && t[i] <= '9'; };
  if (t.size() != 5 || t[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return false;
  return (t[0] - '0') * 10 + (t[1] - '0') < 24 && t[3] < '6';
}

/// A sum by recursive descent, and how deep its brackets go.
struct sum_reader {
  std::string_view t;
  std::size_t at = 0, depth = 0, deepest = 0;
  bool term() {
    if (at < t.size() && t[at] == '(') {
      ++at;
      deepest = std::max(deepest, ++depth);
      if (!sum() || at >= t.size() || t[at] != ')') return false;
      --depth;
      ++at;
      return true;
    }
    std::size_t digits = 0;
    for (; at < t.size() && t[at] >= '0' && t[at] <= '9'; ++at) ++digits;
    return digits >= 1 && digits <= 3;
  }
  bool sum() {
    if (!term()) return false;
    while (at < t.size() && (t[at] == '+' || t[at] == '-')) {
      ++at;
      if (!term()) return false;
    }
    return true;
  }
};
inline bool is_sum(std::string_view t) {
  sum_reader r{t};
  return r.sum() && r.at == t.size() && r.deepest <= 5;
}

/// The characters of well-formed UTF-8 (The Unicode Standard, table 3-7), or -1.
inline int characters(std::string_view t) {
  int n = 0;
  for (std::size_t i = 0; i < t.size(); ++n) {
    const auto b = [&](std::size_t k) -> unsigned {
      return i + k < t.size() ? static_cast<unsigned char>(t[i + k]) : 0;
    };
    const auto tail = [&](std::size_t k) { return b(k) >= 0x80 && b(k) <= 0xBF; };
    if (b(0) < 0x80) i += 1;
    else if (b(0) >= 0xC2 && b(0) <= 0xDF && tail(1)) i += 2;
    else if (b(0) >= 0xE0 && b(0) <= 0xEF && tail(1) && tail(2) && (b(0) != 0xE0 || b(1) >= 0xA0) &&
             (b(0) != 0xED || b(1) <= 0x9F))
      i += 3;
    else if (b(0) >= 0xF0 && b(0) <= 0xF4 && tail(1) && tail(2) && tail(3) && (b(0) != 0xF0 || b(1) >= 0x90) &&
             (b(0) != 0xF4 || b(1) <= 0x8F))
      i += 4;
    else return -1;
  }
  return n;
}
inline bool is_quoted(std::string_view t) {
  if (t.size() < 2 || t.front() != '"' || t.back() != '"') return false;
  t = t.substr(1, t.size() - 2);
  for (const char c : t)
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
  return characters(t) >= 0 && characters(t) <= 12;
}

/// Of the schema `order`.
inline bool is_order(std::string_view text) {
  const auto v = nlohmann::json::parse(text, nullptr, false);
  if (!v.is_object() || !v.contains("device") || !v.contains("level") || !v.contains("on")) return false;
  const auto& device = v["device"];
  const auto& level = v["level"];
  if (device != "lamp" && device != "la\"mp\n" && device != "fan") return false;
  if (!level.is_number_integer() || level < -40 || level > 125 || !v["on"].is_boolean()) return false;
  std::size_t fields = 3;
  if (v.contains("note")) {
    ++fields;
    if (!v["note"].is_string()) return false;
    const int size = characters(v["note"].get<std::string>());
    if (size < 1 || size > 12) return false;
  }
  if (v.contains("plate")) {
    ++fields;
    if (!v["plate"].is_string()) return false;
    const std::string p = v["plate"];
    const auto capital = [&](std::size_t i) { return p[i] >= 'A' && p[i] <= 'Z'; };
    if (p.size() < 4 || p.size() > 6 || !capital(0) || !capital(1) || p[2] != '-') return false;
    if (p.find_first_not_of("0123456789", 3) != std::string::npos) return false;
  }
  if (v.contains("times")) {
    ++fields;
    if (!v["times"].is_array() || v["times"].empty() || v["times"].size() > 3) return false;
    for (const auto& hour : v["times"])
      if (!hour.is_number_integer() || hour < 0 || hour > 23) return false;
  }
  return v.size() == fields;
}

/// Of the schema `spans`, with notes whose words have one blank between them: whole words, or the number behind B-MX.
inline bool is_span(std::string_view text, const auto& notes) {
  const auto v = nlohmann::json::parse(text, nullptr, false);
  if (!v.is_object() || v.size() != 1 || !v.contains("code") || !v["code"].is_string()) return false;
  const std::string code = v["code"];
  if (code.empty() || code.size() > 24) return false;
  for (const std::string_view note : notes)
    for (std::size_t at = note.find(code); at != std::string_view::npos; at = note.find(code, at + 1)) {
      const std::size_t end = at + code.size();
      const bool begins = at == 0 || note[at - 1] == ' ';
      const bool ends = end == note.size() || note[end] == ' ' || note[end] == ',';
      if (begins && ends && code.front() != ' ' && code.back() != ' ' && code.back() != ',') return true;
    }
  return false;
}

}  // namespace mote_tests
