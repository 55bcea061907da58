// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/model_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mote/host/import/any_family.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// Whether `s` can be the name of a type: not a keyword, not a reserved identifier.
bool is_type_name(std::string_view s) {
  constexpr std::array keywords{"alignas",   "alignof",      "and",           "and_eq",
                                "asm",       "auto",         "bitand",        "bitor",
                                "bool",      "break",        "case",          "catch",
                                "char",      "char16_t",     "char32_t",      "char8_t",
                                "class",     "co_await",     "co_return",     "co_yield",
                                "compl",     "concept",      "const",         "const_cast",
                                "consteval", "constexpr",    "constinit",     "continue",
                                "decltype",  "default",      "delete",        "do",
                                "double",    "dynamic_cast", "else",          "enum",
                                "explicit",  "export",       "extern",        "false",
                                "float",     "for",          "friend",        "goto",
                                "if",        "inline",       "int",           "long",
                                "mote",      "mutable",      "namespace",     "new",
                                "noexcept",  "not",          "not_eq",        "nullptr",
                                "operator",  "or",           "or_eq",         "private",
                                "protected", "public",       "register",      "reinterpret_cast",
                                "requires",  "return",       "short",         "signed",
                                "sizeof",    "static",       "static_assert", "static_cast",
                                "std",       "struct",       "switch",        "template",
                                "this",      "thread_local", "throw",         "true",
                                "try",       "typedef",      "typeid",        "typename",
                                "union",     "unsigned",     "using",         "virtual",
                                "void",      "volatile",     "wchar_t",       "while",
                                "xor",       "xor_eq"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inside = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !s.empty() && letter(s[0]) && std::all_of(s.begin(), s.end(), inside) &&
         s.find("__") == std::string_view::npos &&
         std::none_of(keywords.begin(), keywords.end(), [s](std::string_view k) { return k == s; });
}

}  // namespace

/// The header of model/ with the class that a tokenizer's type is of.
std::string header_of(std::string_view tokenizer) {
  for (const std::string_view name :
       {"byte_level_bpe", "hashed_sentencepiece_bpe", "sentencepiece_unigram", "wordpiece"})
    if (tokenizer.substr(0, tokenizer.find('<')).ends_with(name)) return std::string(name);
  throw std::runtime_error("model header: \"" + comment_text(std::string(tokenizer)) + "\" is not a tokenizer of ours");
}

std::string float_literal(float v) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), v).ptr;
  std::string s(text.data(), end);
  if (s.find_first_of(".e") == std::string::npos) s += ".0";
  return s + "F";
}

std::string with_commas(std::size_t n) {
  std::string s = std::to_string(n);
  for (std::size_t i = s.size(); i > 3; i -= 3) s.insert(i - 3, ",");
  return s;
}

std::string comment_text(std::string s) {
  for (char& c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\') c = '?';
  return s;
}

}  // namespace detail

std::string model_header(const model_facts& m) {
  if (!detail::is_type_name(m.name))
    throw std::runtime_error("model header: \"" + detail::comment_text(m.name) + "\" cannot name a C++ type");
  const auto field = [](std::string_view name, std::string_view value) {
    return "      ." + std::string(name) + " = " + std::string(value) + ",\n";
  };
  const auto number = [](auto n) { return std::to_string(n); };
  const mote::shape& s = m.shape;
  const mote::special_tokens& d = m.special_tokens;
  std::string t;
  t += "// " + m.name + ": a model as a type. Written from " + detail::comment_text(m.origin) + ".\n";
  t += "// " + detail::with_commas(m.family.parameters(s)) + " parameters, " + detail::with_commas(s.vocab) +
       " tokens. Its weights and its token table are in an image, " + m.name + ".mote.\n";
  t += "#pragma once\n\n";
  if (!m.control_tokens.empty() || !m.end_tokens.empty() || !m.chat.empty()) t += "#include <array>\n";
  t += "#include <cstddef>\n" + std::string(m.end_tokens.empty() ? "" : "#include <cstdint>\n") +
       "#include <string_view>\n\n";
  if (!m.family.is_llama()) t += "#include <" + std::string(m.family.header()) + ">\n";
  if (!m.tokenizer.empty()) t += "#include <mote/model/" + detail::header_of(m.tokenizer) + ".hpp>\n";
  if (!m.chat.empty()) t += "#include <mote/model/chat_template.hpp>\n";
  if (m.pooled) t += "#include <mote/model/pooling.hpp>\n";
  t += "#ifndef MOTE_SINGLE_HEADER  // mote.hpp as one file has them\n";
  t += "#include <mote/model/shape.hpp>\n#include <mote/model/special_tokens.hpp>\n#endif\n\n";
  t += "struct " + m.name + " {\n";
  if (!m.family.is_llama()) t += "  using family = " + m.family.type() + ";\n";
  t += "  static constexpr std::string_view name = \"" + m.name + "\";\n";
  t += "  static constexpr mote::shape shape{\n";
  t += field("dim", number(s.dim)) + field("hidden", number(s.hidden)) + field("layers", number(s.layers)) +
       field("heads", number(s.heads)) + field("kv_heads", number(s.kv_heads)) + field("vocab", number(s.vocab)) +
       field("context", number(s.context)) + field("tied_head", s.tied_head ? "true" : "false");
  if (s.per_layer_width != 0) t += field("per_layer_width", number(s.per_layer_width));
  t += field("rope_theta", detail::float_literal(s.rope_theta)) +
       field("norm_epsilon", detail::float_literal(s.norm_epsilon));
  if (s.head_width != 0) t += field("head_width", number(s.head_width));
  if (s.window != 0) t += field("window", number(s.window));
  if (s.softcap != 0) t += field("softcap", detail::float_literal(s.softcap));
  if (s.score_scale != 0) t += field("score_scale", detail::float_literal(s.score_scale));
  if (s.rotary_width != 0) t += field("rotary_width", number(s.rotary_width));
  if (s.local_theta != 0) t += field("local_theta", detail::float_literal(s.local_theta));
  if (s.logit_softcap != 0) t += field("logit_softcap", detail::float_literal(s.logit_softcap));
  if (s.rope != rope_scaling{})
    t += field("rope", "{.factor = " + detail::float_literal(s.rope.factor) +
                           ", .low_frequency_factor = " + detail::float_literal(s.rope.low_frequency_factor) +
                           ", .high_frequency_factor = " + detail::float_literal(s.rope.high_frequency_factor) +
                           ", .original_context = " + number(s.rope.original_context) + "}");
  t += "  };\n";
  t += "  static constexpr std::size_t vocabulary_bytes = " + number(m.vocabulary_bytes) +
       ";  // of the packed token table\n";
  t += "  static constexpr std::size_t longest_piece = " + number(m.longest_piece) + ";  // bytes\n";
  t += "  static constexpr mote::special_tokens special_tokens{\n";
  t += field("bos", number(d.bos)) + field("eos", number(d.eos)) + field("note", number(d.note)) +
       field("user", number(d.user)) + field("answer", number(d.answer));
  t += "  };\n";
  if (!m.end_tokens.empty()) {
    t += "  static constexpr std::array<std::uint32_t, " + number(m.end_tokens.size()) + "> end_tokens{";
    for (const std::uint32_t id : m.end_tokens) t += (t.back() == '{' ? "" : ", ") + number(id);
    t += "};  // end an answer, as eos does\n";
  }
  if (m.pooled)
    t += "  static constexpr mote::pooling pooling = mote::pooling::" +
         std::string(*m.pooled == pooling::mean ? "mean" : "cls") + ";  // of the states of a text\n";
  if (!m.tokenizer.empty()) t += "  using tokenizer = " + m.tokenizer + ";\n";
  if (m.texts_in_order) t += "  static constexpr bool texts_in_order = true;  // for constraints\n";
  if (!m.control_tokens.empty()) {
    t += "  static constexpr std::array control_tokens{";
    for (std::size_t i = 0; i < m.control_tokens.size(); ++i)
      t += (i == 0 ? "mote::token_range{" : ",\n                                             mote::token_range{") +
           number(m.control_tokens[i].first) + ", " + number(m.control_tokens[i].count) + "}";
    t += "};  // no text becomes one of these\n";
  }
  t += m.chat + "};\n";
  return t;
}

}  // namespace mote::inline v0::host
