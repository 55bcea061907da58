// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/model_header_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mote/host/image/model_header.hpp"
#include "mote/host/import/any_family.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// The text between `before` and `after`; throws if one of them is missing.
std::string_view text_between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  const std::size_t end = begin == text.npos ? begin : text.find(after, begin + before.size());
  if (end == text.npos)
    throw std::runtime_error("model header: no \"" + comment_text(std::string(before)) +
                             "\"; this is not what import_model writes");
  return text.substr(begin + before.size(), end - begin - before.size());
}

template <class T>
T header_number(std::string_view text, std::string_view before, std::string_view after) {
  const std::string_view digits = text_between(text, before, after);
  T value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw std::runtime_error("model header: \"" + comment_text(std::string(digits)) + "\" behind \"" +
                             std::string(before) + "\" is not a number in range");
  return value;
}

}  // namespace

}  // namespace detail

model_facts read_model_header(std::string_view text) {
  if (text.size() > 65536) throw std::runtime_error("model header: too long to be one");
  const auto size = [&](std::string_view field) {
    return detail::header_number<std::size_t>(text, "      ." + std::string(field) + " = ", ",\n");
  };
  const auto real = [&](std::string_view field) {
    return detail::header_number<float>(text, "      ." + std::string(field) + " = ", "F,\n");
  };
  const auto id = [&](std::string_view field) {
    return detail::header_number<int>(text, "      ." + std::string(field) + " = ", ",\n");
  };
  model_facts m;
  m.name = detail::text_between(text, "\nstruct ", " {\n");
  m.origin = detail::text_between(text, " a model as a type. Written from ", ".\n");
  m.shape = {.dim = size("dim"),
             .hidden = size("hidden"),
             .layers = size("layers"),
             .heads = size("heads"),
             .kv_heads = size("kv_heads"),
             .vocab = size("vocab"),
             .context = size("context"),
             .tied_head = detail::text_between(text, "      .tied_head = ", ",\n") == "true",
             .rope_theta = real("rope_theta"),
             .norm_epsilon = real("norm_epsilon")};
  const auto has = [&](std::string_view field) {
    return text.find("      ." + std::string(field) + " = ") != std::string_view::npos;
  };
  if (has("head_width")) m.shape.head_width = size("head_width");
  if (has("window")) m.shape.window = size("window");
  if (has("softcap")) m.shape.softcap = real("softcap");
  if (has("score_scale")) m.shape.score_scale = real("score_scale");
  if (has("rotary_width")) m.shape.rotary_width = size("rotary_width");
  if (has("local_theta")) m.shape.local_theta = real("local_theta");
  if (has("logit_softcap")) m.shape.logit_softcap = real("logit_softcap");
  if (has("per_layer_width"))
    m.shape.per_layer_width = detail::header_number<std::uint16_t>(text, "      .per_layer_width = ", ",\n");
  if (has("rope"))
    m.shape.rope = {.factor = detail::header_number<float>(text, "      .rope = {.factor = ", "F, "),
                    .low_frequency_factor = detail::header_number<float>(text, ", .low_frequency_factor = ", "F, "),
                    .high_frequency_factor = detail::header_number<float>(text, ", .high_frequency_factor = ", "F, "),
                    .original_context = detail::header_number<std::size_t>(text, ", .original_context = ", "},\n")};
  m.vocabulary_bytes = detail::header_number<std::size_t>(text, " vocabulary_bytes = ", ";");
  m.longest_piece = detail::header_number<std::size_t>(text, " longest_piece = ", ";");
  m.special_tokens = {
      .bos = id("bos"), .eos = id("eos"), .note = id("note"), .user = id("user"), .answer = id("answer")};
  constexpr std::string_view ends = "> end_tokens{";
  if (const std::size_t at = text.find(ends); at != text.npos) {
    std::string_view list = detail::text_between(text, ends, "};");
    while (!list.empty()) {
      const std::size_t comma = list.find(", ");
      const std::string each = " " + std::string(list.substr(0, comma)) + ";";
      m.end_tokens.push_back(detail::header_number<std::uint32_t>(each, " ", ";"));
      list = comma == list.npos ? std::string_view{} : list.substr(comma + 2);
    }
  }
  if (text.find("  using family = ") != text.npos)
    m.family = any_family::of_type(detail::text_between(text, "  using family = ", ";\n"));
  constexpr std::string_view pooled = " pooling = mote::pooling::";
  if (text.find(pooled) != text.npos)
    m.pooled = detail::text_between(text, pooled, ";") == "mean" ? pooling::mean : pooling::cls;
  if (text.find("  using tokenizer = ") != text.npos)
    m.tokenizer = detail::text_between(text, "  using tokenizer = ", ";\n");
  m.texts_in_order = text.find("  static constexpr bool texts_in_order = true;") != text.npos;
  constexpr std::string_view chat = "  static constexpr mote::chat_template chat_template{\n";
  if (const std::size_t at = text.find(chat); at != text.npos)
    m.chat =
        std::string(text.substr(at, text.size() - at - (std::min)(text.size() - at, std::string_view("};\n").size())));
  constexpr std::string_view range = "mote::token_range{";
  for (std::size_t at = 0; (at = text.find(range, at)) != text.npos; at += range.size()) {
    const std::string_view rest = text.substr(at);
    m.control_tokens.push_back({.first = detail::header_number<std::uint32_t>(rest, range, ", "),
                                .count = detail::header_number<std::uint32_t>(rest, ", ", "}")});
  }
  if (!m.shape.valid()) throw std::runtime_error("model header: the numbers of " + m.name + "'s shape make no model");
  if (model_header(m) != text)
    throw std::runtime_error("model header: " + m.name + "'s is not as import_model writes it; import the model again");
  return m;
}

}  // namespace mote::inline v0::host
