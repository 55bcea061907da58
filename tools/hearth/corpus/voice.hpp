// SPDX-License-Identifier: BSL-1.0
// Draws words, names, codes and wordings from a seed. Most are made up, so that a model must copy and cannot memorize.
// Refuses two draws in one expression: the order of evaluation is unspecified, and the text must not depend on it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "hearth/corpus/item.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"

namespace mote::inline v0::host {

/// A list of choices in one string, "a|b|c", which keeps the tables of wordings readable.
struct choices {
  static constexpr std::size_t count(std::string_view list) {
    return 1 + static_cast<std::size_t>(std::count(list.begin(), list.end(), '|'));
  }
  static constexpr std::string_view at(std::string_view list, std::size_t index) {
    for (; index > 0; --index) list.remove_prefix(list.find('|') + 1);
    return list.substr(0, list.find('|'));
  }
};

namespace corpus_words {

inline constexpr std::string_view names =
    "Anna|Ben|Clara|David|Emma|Felix|Greta|Hugo|Ida|Jonas|Kim|Leo|Mia|Nora|Oscar|Paul|Rosa|Sam|Tina|Vera|Will|Yara|Zoe";
inline constexpr std::string_view roles =
    "sister|brother|mother|father|son|daughter|wife|husband|aunt|uncle|cousin|friend|neighbour|boss|teacher|doctor";
inline constexpr std::string_view colours = "red|blue|green|white|black|yellow|brown|grey|pink|orange";
inline constexpr std::string_view foods =
    "milk|oat milk|honey|sugar|cream|lemon|salt|nuts|fish|eggs|rice|bread|butter|cheese|apples|beans|corn|soup|pasta|"
    "pepper|ginger|mint|plums|peas";
inline constexpr std::string_view boxes =
    "pot|box|bag|shelf|drawer|chair|bed|basket|bench|table|sofa|jar|bucket|stone|rug|cupboard";
inline constexpr std::string_view places = "under|in|on|behind|near|next to|above|inside";
inline constexpr std::string_view rooms =
    "kitchen|bedroom|office|hall|bathroom|living room|garage|cellar|nursery|attic|dining room|guest room|garden|"
    "balcony";
inline constexpr std::string_view days = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";
inline constexpr std::string_view months =
    "January|February|March|April|May|June|July|August|September|October|November|December";
inline constexpr std::string_view jobs =
    "nurse|baker|teacher|driver|cook|painter|pilot|farmer|lawyer|writer|singer|tailor|builder|gardener";

inline constexpr std::string_view onsets =
    "b|d|f|g|h|j|k|l|m|n|p|r|s|t|v|w|z|br|dr|gr|kr|pr|tr|fl|bl|kl|pl|sk|st|sw|th|ch|c|y|qu";
inline constexpr std::string_view vowels = "a|e|i|o|u|a|e|i|o|u|ai|ea|oo|ou|ie|y";
inline constexpr std::string_view codas = "n|r|l|s|t|k|m|d|p|x|ck|nd|rn|sk|g|b|f|v|z|w";
// A made-up word must not contain any of these: parts of offensive words.
inline constexpr std::string_view unwanted =
    "fu|phu|nig|neg|fag|rap|cun|coo|kun|sex|tit|dik|dic|pis|slu|kik|ana|arse|pen|vag|kok|cok|naz|dyk|cum|pus|poo|who|"
    "jap|pak|tar|pro|wan|jew|gook|chi|ped|sem|pub|hom|tra|twa|bum|bas|but|boo|ret|spa|wet";

}  // namespace corpus_words

/// Draws the text of one split from a seed.
class voice {
 public:
  // The seed is hashed because a xorshift starts alike from neighbouring seeds.
  voice(std::uint64_t seed, split part)
      : rng_(fingerprint{}.add(seed).add(static_cast<std::uint64_t>(part)).value()), part_(part) {
    for (int i = 0; i < 8; ++i) (void)rng_.next();
  }

  split part() const { return part_; }
  std::uint32_t below(std::size_t n) { return rng_.below(static_cast<std::uint32_t>(n)); }
  float point() { return rng_.uniform(); }
  bool chance(float p) { return point() < p; }
  std::string_view pick(std::string_view list) { return choices::at(list, below(choices::count(list))); }

  /// Whether a word or code is held out: one in five is, by its hash.
  static bool held_out(std::string_view text) { return mixed(text) % 5 == 0; }
  /// Whether a wording of `key` is held out: one in five is. Never all of them are, so a loop that draws again ends.
  static bool held_out(std::string_view key, std::size_t wording) { return mixed(key) % 5 == wording % 5; }
  bool mine(std::string_view text) const { return held_out(text) == (part_ == split::heldout); }

  /// Whether to draw longer codes and words; the generator sets it from `hardness`.
  void hard(bool yes) { hard_ = yes; }

  /// The digits of a code, without a leading zero.
  std::string digits(std::size_t shortest, std::size_t longest) {
    for (;;) {
      const std::size_t length = shortest + below(longest - shortest + 1);
      std::string code(1, static_cast<char>('1' + below(9)));
      while (code.size() < length) code += static_cast<char>('0' + below(10));
      if (length < 2 || mine(code)) return code;
    }
  }

  /// A made-up word of 3 to 9 letters. If hard, one in eight is of random letters, so that a model learns to copy
  /// letter by letter.
  std::string made_up() {
    for (;;) {
      std::string word;
      if (hard_ && below(8) == 0) {
        const std::size_t length = 3 + below(4);
        while (word.size() < length) word += static_cast<char>('a' + below(26));
      } else {
        const std::size_t syllables = 1 + below(hard_ ? 3 : 2);
        for (std::size_t i = 0; i < syllables; ++i) {
          word += pick(corpus_words::onsets);
          word += pick(corpus_words::vowels);
        }
        if (syllables == 1 || chance(0.6F)) word += pick(corpus_words::codas);
      }
      if (word.size() >= 3 && word.size() <= 9 && decent(word) && mine(word)) return word;
    }
  }

  std::string capital_made_up() { return sentence(made_up()); }

  /// `text` with each @kind replaced by a fresh draw, in order of appearance.
  std::string say(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t at = text.find('@');
      out += text.substr(0, at);
      if (at == std::string_view::npos) break;
      text.remove_prefix(at + 1);
      std::size_t length = 0;
      while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
      out += draw(text.substr(0, length));
      text.remove_prefix(length);
    }
    return out;
  }

  /// The first letter in capitals.
  static std::string sentence(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  }

 private:
  // The low bits of FNV depend mostly on the last letters, so they are mixed with the high ones.
  static std::uint64_t mixed(std::string_view text) {
    std::uint64_t h = fingerprint{}.add(text).value();
    h = (h ^ (h >> 32U)) * 0xD6E8FEB86659FD93ULL;
    return h ^ (h >> 32U);
  }

  static bool decent(std::string_view word) {
    for (std::size_t i = 0; i < choices::count(corpus_words::unwanted); ++i)
      if (word.find(choices::at(corpus_words::unwanted, i)) != std::string_view::npos) return false;
    return word.find("sh") == std::string_view::npos;
  }

  std::string draw(std::string_view kind) {
    using namespace corpus_words;
    if (kind == "digits") return digits(2, hard_ ? 5 : 3);
    if (kind == "digit") return digits(1, 1);
    if (kind == "number") return digits(1, 2);
    if (kind == "word" || kind == "noun") return made_up();
    if (kind == "title") return capital_made_up();
    if (kind == "name") return chance(0.3F) ? std::string(pick(names)) : capital_made_up();
    if (kind == "role") return std::string(pick(roles));
    if (kind == "colour") return std::string(pick(colours));
    if (kind == "food") return std::string(pick(foods));
    if (kind == "box") return std::string(pick(boxes));
    if (kind == "place") return std::string(pick(places));
    if (kind == "room") return std::string(pick(rooms));
    if (kind == "day") return std::string(pick(days));
    if (kind == "job") return std::string(pick(jobs));
    if (kind == "pass") {
      std::string word = made_up();
      word += digits(2, 3);
      return word;
    }
    if (kind == "time") {
      std::string clock = std::to_string(below(24));
      const std::uint32_t minute = chance(0.7F) ? 5 * below(12) : below(60);
      clock += minute < 10 ? ":0" : ":";
      return clock + std::to_string(minute);
    }
    if (kind == "date") {
      std::string day = std::to_string(1 + below(28)) + ' ';
      return day += pick(months);
    }
    return "@" + std::string(kind);  // a mistake in a table; a test looks for it
  }

  rng rng_;
  split part_;
  bool hard_ = true;
};

}  // namespace mote::inline v0::host
