// SPDX-License-Identifier: BSL-1.0
// Where byte-level BPE cuts a text before it merges: the pre-tokenizers of the families, each regular expression as
// some lines over Unicode's classes.
// Refuses a pre-tokenizer that is not here: there is none that guesses.
//
//   gpt2_pieces          GPT-2, GPT-Neo, GPT-NeoX, Pythia, MPT, Phi-2, OLMo
//   llama3_pieces        Llama 3, LFM2
//   qwen2_pieces         Qwen2, Qwen3, StableLM 2
//   starcoder_pieces     StarCoder, Refact, SmolLM: each digit alone, then as GPT-2
//   falcon_pieces        runs of punctuation, then as GPT-2, then three digits
//   deepseek_llm_pieces, deepseek_coder_pieces
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/model/unicode.hpp"

namespace mote::inline v0 {

namespace detail {

constexpr bool is_letter(character c) { return class_of(c) == character_class::letter; }
constexpr bool is_number(character c) { return class_of(c) == character_class::number; }
constexpr bool is_space(character c) { return class_of(c) == character_class::white_space; }
constexpr bool is_punctuation(character c) { return class_of(c) == character_class::punctuation; }
constexpr bool is_none_of_these(character c) {
  const character_class k = class_of(c);
  return k != character_class::letter && k != character_class::number && k != character_class::white_space;
}
constexpr bool is_line_end(character c) { return c.code == '\n' || c.code == '\r'; }
constexpr bool is_within(std::uint32_t code, std::uint32_t first, std::uint32_t last) {
  return code >= first && code <= last;
}

/// Where the run of characters that `belongs` accepts ends, from `at` on; at most `most` characters.
template <class Belongs>
constexpr std::size_t run_end(std::string_view text, std::size_t at, Belongs belongs,
                              std::size_t most = ~std::size_t{}) {
  for (; most > 0; --most) {
    const character c = character_at(text, at);
    if (c.bytes == 0 || !belongs(c)) break;
    at += c.bytes;
  }
  return at;
}

/// Bytes of 's 't 're 've 'm 'll 'd at the front, or 0. Folded: in either case, where the long s is an s.
constexpr std::size_t contraction(std::string_view text, bool folded) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const auto lower = [&](std::size_t i) {
    const char c = i < text.size() ? text[i] : '\0';
    return folded && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char a = lower(1);
  const char b = lower(2);
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  return folded && a == '\xC5' && b == '\xBF' ? 3 : 0;
}

/// `\s+(?!\S)|\s+` for a run of white space that ends at `end`: all of it at the text's end, else all but the last
/// character, which goes with what follows; but at least one.
constexpr std::size_t spaces(std::string_view text, std::size_t end) {
  if (end == text.size()) return end;
  std::size_t last = end - 1;
  while ((static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) --last;
  return last == 0 ? end : last;
}

}  // namespace detail

// ---- rules: next(text) is the length of the first piece of a text that is not empty ---------------------------------

/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
struct gpt2_rule {
  static constexpr std::size_t next(std::string_view text) {
    if (const std::size_t n = detail::contraction(text, false); n != 0) return n;
    const std::size_t at = text[0] == ' ' ? 1 : 0;
    const character c = character_at(text, at);
    if (c.bytes != 0) {
      const character_class k = class_of(c);
      if (k == character_class::letter) return detail::run_end(text, at, detail::is_letter);
      if (k == character_class::number) return detail::run_end(text, at, detail::is_number);
      if (k != character_class::white_space) return detail::run_end(text, at, detail::is_none_of_these);
    }
    return detail::spaces(text, detail::run_end(text, 0, detail::is_space));
  }
};

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|
/// \s+(?!\S)|\s+
template <std::size_t Digits>
struct llama3_rule {
  static constexpr std::size_t next(std::string_view text) {
    if (const std::size_t n = detail::contraction(text, true); n != 0) return n;
    const character first = character_at(text, 0);
    const character_class k = class_of(first);
    if (k == character_class::letter) return detail::run_end(text, 0, detail::is_letter);
    if (k == character_class::number) return detail::run_end(text, 0, detail::is_number, Digits);
    const character second = character_at(text, first.bytes);
    if (!detail::is_line_end(first) && second.bytes != 0 && detail::is_letter(second))
      return detail::run_end(text, first.bytes, detail::is_letter);
    const std::size_t at = text[0] == ' ' ? 1 : 0;
    const std::size_t end = detail::run_end(text, at, detail::is_none_of_these);
    if (end > at) return detail::run_end(text, end, detail::is_line_end);

    const std::size_t white = detail::run_end(text, 0, detail::is_space);
    for (std::size_t i = white; i > 0; --i)
      if (text[i - 1] == '\n' || text[i - 1] == '\r') return i;
    return detail::spaces(text, white);
  }
};

/// Each match of a pattern alone, and what lies between two. Pattern::match(text) is the length of its match at the
/// front of a text that is not empty, or 0.
template <class Pattern>
struct isolated {
  static constexpr std::size_t next(std::string_view text) {
    if (const std::size_t n = Pattern::match(text); n != 0) return n;
    std::size_t at = character_at(text, 0).bytes;
    while (at < text.size() && Pattern::match({text.data() + at, text.size() - at}) == 0)
      at += character_at(text, at).bytes;
    return at;
  }
};

namespace detail {

struct one_number {  // \p{N}
  static constexpr std::size_t match(std::string_view text) { return run_end(text, 0, is_number, 1); }
};
struct numbers {  // \p{N}+
  static constexpr std::size_t match(std::string_view text) { return run_end(text, 0, is_number); }
};
struct one_line_end {  // [\r\n]
  static constexpr std::size_t match(std::string_view text) { return run_end(text, 0, is_line_end, 1); }
};
struct three_digits {  // [0-9][0-9][0-9]
  static constexpr std::size_t match(std::string_view text) {
    const std::size_t end = run_end(text, 0, [](character c) { return is_within(c.code, '0', '9') && c.valid; }, 3);
    return end == 3 ? end : 0;
  }
};
struct falcon_punctuation {  // [\p{P}\$\+<=>\^~\|`]+
  static constexpr std::size_t match(std::string_view text) {
    return run_end(text, 0, [](character c) {
      return is_punctuation(c) || (c.valid && c.code < 128 && class_of(c) == character_class::symbol);
    });
  }
};
/// `\s?` before a run.
template <class Run>
struct spaced {
  static constexpr std::size_t match(std::string_view text) {
    const std::size_t at = run_end(text, 0, is_space, 1);
    const std::size_t end = run_end(text, at, Run::takes);
    return end > at ? end : at == 0 ? 0 : run_end(text, 0, Run::takes);
  }
};
struct any_letter {
  static constexpr bool takes(character c) { return is_letter(c); }
};
struct any_punctuation {
  static constexpr bool takes(character c) { return is_punctuation(c); }
};
/// Letters of cased scripts, as DeepSeek's list has them.
struct cased_letter {
  static constexpr bool takes(character c) {
    struct range {
      std::uint32_t first, last;
    };
    constexpr range all[] = {
        {'A', 'Z'},         {'a', 'z'},         {0xB5, 0xB5},       {0xC0, 0xD6},       {0xD8, 0xF6},
        {0xF8, 0x1BA},      {0x1BC, 0x1BF},     {0x1C4, 0x293},     {0x295, 0x2AF},     {0x370, 0x373},
        {0x376, 0x377},     {0x37B, 0x37D},     {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},
        {0x38C, 0x38C},     {0x38E, 0x3A1},     {0x3A3, 0x3F5},     {0x3F7, 0x481},     {0x48A, 0x52F},
        {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},   {0x13F8, 0x13FD},   {0x1C90, 0x1CBA},
        {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},   {0x1D6B, 0x1D77},   {0x1D79, 0x1D9A},   {0x1E00, 0x1F15},
        {0x1F18, 0x1F1D},   {0x1F20, 0x1F45},   {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},
        {0x1F5B, 0x1F5B},   {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},   {0x1FB6, 0x1FBC},
        {0x1FBE, 0x1FBE},   {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},   {0x1FD0, 0x1FD3},   {0x1FD6, 0x1FDB},
        {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},   {0x1FF6, 0x1FFC},   {0x2102, 0x2102},   {0x2107, 0x2107},
        {0x210A, 0x2113},   {0x2115, 0x2115},   {0x2119, 0x211D},   {0x2124, 0x2124},   {0x2126, 0x2126},
        {0x2128, 0x2128},   {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},   {0x213C, 0x213F},
        {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2184},   {0x2C00, 0x2C7B},   {0x2C7E, 0x2CE4},
        {0x2CEB, 0x2CEE},   {0x2CF2, 0x2CF3},   {0xA640, 0xA66D},   {0xA680, 0xA69B},   {0xA722, 0xA76F},
        {0xA771, 0xA787},   {0xA78B, 0xA78E},   {0xAB70, 0xABBF},   {0xFB00, 0xFB06},   {0xFB13, 0xFB17},
        {0xFF21, 0xFF3A},   {0xFF41, 0xFF5A},   {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB},
        {0x10C80, 0x10CB2}, {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
    };
    if (!c.valid) return false;
    std::size_t low = 0;
    std::size_t high = sizeof all / sizeof all[0];
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (all[middle].last < c.code) low = middle + 1;
      else high = middle;
    }
    return low < sizeof all / sizeof all[0] && c.code >= all[low].first;
  }
};
/// [!-/:-~！-／：-～‘-‟　-。]
struct deepseek_punctuation {
  static constexpr bool takes(character c) {
    return c.valid && (is_within(c.code, '!', '/') || is_within(c.code, ':', '~') ||
                       is_within(c.code, 0xFF01, 0xFF0F) || is_within(c.code, 0xFF1A, 0xFF5E) ||
                       is_within(c.code, 0x2018, 0x201F) || is_within(c.code, 0x3000, 0x3002));
  }
};
struct unspaced_script {  // [一-龥ࠀ-一가-퟿]+
  static constexpr std::size_t match(std::string_view text) {
    return run_end(text, 0, [](character c) {
      return c.valid && (is_within(c.code, 0x800, 0x9FA5) || is_within(c.code, 0xAC00, 0xD7FF));
    });
  }
};
/// \s+$ alone, and what is before it.
struct last_spaces {
  static constexpr std::size_t next(std::string_view text) {
    std::size_t begin = 0;  // of the white space before `at`
    for (std::size_t at = 0; at < text.size();) {
      const character c = character_at(text, at);
      at += c.bytes;
      if (!is_space(c)) begin = at;
    }
    return begin == 0 ? text.size() : begin;
  }
};

}  // namespace detail

/// Cuts with each rule the pieces of the rule before.
template <class... Rules>
class in_turn {
 public:
  /// Where the piece that begins at `at` < text.size() ends. Called for one piece behind another of one text.
  constexpr std::size_t end_of(std::string_view text, std::size_t at) {
    std::size_t end = text.size();
    std::size_t level = 0;
    ((end = ends_[level] > at ? ends_[level] : (ends_[level] = at + Rules::next({text.data() + at, end - at})),
      ++level),
     ...);
    return end;
  }

 private:
  std::size_t ends_[sizeof...(Rules)] = {};
};

using gpt2_pieces = in_turn<gpt2_rule>;
using llama3_pieces = in_turn<llama3_rule<3>>;
using qwen2_pieces = in_turn<llama3_rule<1>>;
using starcoder_pieces = in_turn<isolated<detail::one_number>, gpt2_rule>;
using falcon_pieces = in_turn<isolated<detail::falcon_punctuation>, gpt2_rule, isolated<detail::three_digits>>;
using deepseek_llm_pieces = in_turn<isolated<detail::one_line_end>, isolated<detail::spaced<detail::cased_letter>>,
                                    isolated<detail::spaced<detail::deepseek_punctuation>>, detail::last_spaces,
                                    isolated<detail::unspaced_script>, isolated<detail::numbers>>;
using deepseek_coder_pieces = in_turn<isolated<detail::one_line_end>, isolated<detail::spaced<detail::any_letter>>,
                                      isolated<detail::spaced<detail::any_punctuation>>,
                                      isolated<detail::unspaced_script>, isolated<detail::one_number>>;

}  // namespace mote::inline v0
