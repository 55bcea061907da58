// SPDX-License-Identifier: BSL-1.0
// A stage that takes the endings off English words: "repair", "repaired" and "repairing" are one term. It is Snowball's
// English stemmer (Porter2), written from its published description as of 2026: snowballstem.org/algorithms/english.
// Refuses other languages: a word of theirs may lose an ending that is none, in texts and questions alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

namespace detail {

// An ending and what replaces it, with their sizes: strlen would be a third of the stemmer's work.
class ending_rule {
 public:
  constexpr ending_rule(std::string_view ending, std::string_view instead)
      : size_(static_cast<unsigned char>(ending.size())), instead_size_(static_cast<unsigned char>(instead.size())) {
    for (std::size_t i = 0; i < ending.size(); ++i) letters_[i] = ending[i];
    for (std::size_t i = 0; i < instead.size(); ++i) instead_[i] = instead[i];
  }
  constexpr std::string_view ending() const { return {letters_, size_}; }
  constexpr std::string_view instead() const { return {instead_, instead_size_}; }

 private:
  unsigned char size_, instead_size_;
  char letters_[7]{};
  char instead_[6]{};
};

class english_stemmer {
 public:
  constexpr explicit english_stemmer(word& w) : w_(w) {}

  constexpr void run() {
    if (w_.size < 3 || is_exception()) return;
    mark_consonant_y();
    find_regions();
    plural();
    past_and_ing();
    if (w_.size > 2 && (last() == 'y' || last() == 'Y') && !is_vowel(w_.size - 2)) w_.letters[w_.size - 1] = 'i';
    derived();
    derived_again();
    bare();
    final_letter();
    for (std::size_t i = 0; i < w_.size; ++i)
      if (w_.letters[i] == 'Y') w_.letters[i] = 'y';
  }

 private:
  constexpr std::uint32_t last(std::size_t back = 0) const { return w_.letters[w_.size - 1 - back]; }
  constexpr bool is_vowel(std::size_t at) const { return is_one_of(w_.letters[at], "aeiouy"); }
  static constexpr bool is_one_of(std::uint32_t c, std::string_view letters) {
    for (const char l : letters)
      if (c == static_cast<unsigned char>(l)) return true;
    return false;
  }
  /// Whether the first `size` letters end with these.
  constexpr bool ends(std::string_view ending, std::size_t size) const {
    if (ending.size() > size) return false;
    for (std::size_t i = 0; i < ending.size(); ++i)
      if (w_.letters[size - ending.size() + i] != static_cast<unsigned char>(ending[i])) return false;
    return true;
  }
  constexpr bool ends(std::string_view ending) const { return ends(ending, w_.size); }
  constexpr bool is(std::string_view text, std::size_t size) const { return size == text.size() && ends(text, size); }
  constexpr bool is(std::string_view text) const { return is(text, w_.size); }
  constexpr void put(std::size_t from, std::string_view text) {
    w_.size = from;
    for (const char c : text) w_.letters[w_.size++] = static_cast<unsigned char>(c);
  }
  constexpr bool vowel_before(std::size_t end) const {
    for (std::size_t i = 0; i < end; ++i)
      if (is_vowel(i)) return true;
    return false;
  }
  /// A short syllable ends where the first `size` letters do.
  constexpr bool is_short(std::size_t size) const {
    if (ends("past", size)) return true;
    if (size < 2 || is_vowel(size - 1) || !is_vowel(size - 2)) return false;
    if (size == 2) return true;
    return !is_one_of(w_.letters[size - 1], "wxY") && !is_vowel(size - 3);
  }

  constexpr bool is_exception() {
    for (const ending_rule& e : exceptions) {
      if (!is(e.ending())) continue;
      put(0, e.instead());
      return true;
    }
    return false;
  }

  /// A y at the beginning or after a vowel is a consonant, and a capital until the end.
  constexpr void mark_consonant_y() {
    for (std::size_t i = 0; i < w_.size; ++i)
      if (w_.letters[i] == 'y' && (i == 0 || is_vowel(i - 1))) w_.letters[i] = 'Y';
  }

  /// The place after the first consonant that follows a vowel, from `at` on.
  constexpr std::size_t region_from(std::size_t at) const {
    while (at < w_.size && !is_vowel(at)) ++at;
    while (at < w_.size && is_vowel(at)) ++at;
    return at < w_.size ? at + 1 : w_.size;
  }
  constexpr void find_regions() {
    first_region_ = 0;
    for (const ending_rule& s : stems) {
      const std::string_view stem = s.ending();
      if (stem.size() <= w_.size && ends(stem, stem.size())) first_region_ = stem.size();
    }
    if (first_region_ == 0) first_region_ = region_from(0);
    second_region_ = region_from(first_region_);
  }

  constexpr void plural() {
    if (ends("sses")) {
      w_.size -= 2;
    } else if (ends("ied") || ends("ies")) {
      w_.size -= w_.size > 4 ? 2 : 1;
    } else if (ends("s") && !ends("us") && !ends("ss")) {
      if (vowel_before(w_.size - 2)) --w_.size;
    }
  }

  constexpr void past_and_ing() {
    for (const std::string_view ending : {std::string_view("eedly"), std::string_view("eed")}) {
      if (!ends(ending)) continue;
      const std::size_t stem = w_.size - ending.size();
      if (stem >= first_region_ && !is("proc", stem) && !is("exc", stem) && !is("succ", stem)) put(stem, "ee");
      return;
    }
    std::size_t stem = 0;
    for (const std::string_view ending :
         {std::string_view("ingly"), std::string_view("edly"), std::string_view("ing"), std::string_view("ed")}) {
      if (!ends(ending)) continue;
      stem = w_.size - ending.size();
      if (ending == "ing") {
        if (stem == 2 && w_.letters[1] == 'y' && !is_vowel(0)) return put(1, "ie");
        for (const char* whole : {"inn", "out", "cann", "herr", "earr", "even"})
          if (is(whole, stem)) return;
      }
      break;
    }
    if (stem == 0 || !vowel_before(stem)) return;
    w_.size = stem;
    if (ends("at") || ends("bl") || ends("iz")) return put(stem, "e");
    if (stem >= 2 && last() == last(1) && is_one_of(last(), "bdfgmnprt")) {
      if (stem != 3 || !is_one_of(w_.letters[0], "aeo")) --w_.size;
      return;
    }
    if (first_region_ == stem && is_short(stem)) put(stem, "e");
  }

  /// Replaces the first ending of a list, longest first, that the word has, if it lies behind `region`.
  template <std::size_t Size>
  constexpr void replace(const ending_rule (&rules)[Size], std::size_t region) {
    for (const ending_rule& r : rules) {
      const std::string_view ending = r.ending();
      if (!ends(ending)) continue;
      const std::size_t stem = w_.size - ending.size();
      if (stem >= region) put(stem, r.instead());
      return;
    }
  }

  constexpr void derived() {
    const std::size_t before = w_.size;
    for (const ending_rule& r : first_endings)
      if (ends(r.ending())) return replace(first_endings, first_region_);
    if (ends("ogi")) {
      if (before - 3 >= first_region_ && before > 3 && last(3) == 'l') --w_.size;
    } else if (ends("li")) {
      if (before - 2 >= first_region_ && before > 2 && is_one_of(last(2), "cdeghkmnrt")) w_.size -= 2;
    }
  }

  constexpr void derived_again() {
    if (!ends("ative")) return replace(second_endings, first_region_);
    if (w_.size - 5 >= second_region_ && w_.size - 5 >= first_region_) w_.size -= 5;
  }

  constexpr void bare() {
    if (!ends("ion")) return replace(bare_endings, second_region_);
    if (w_.size - 3 >= second_region_ && w_.size > 3 && is_one_of(last(3), "st")) w_.size -= 3;
  }

  constexpr void final_letter() {
    const std::size_t stem = w_.size - 1;
    if (last() == 'e') {
      if (stem >= second_region_ || (stem >= first_region_ && !is_short(stem))) w_.size = stem;
    } else if (last() == 'l' && stem >= second_region_ && stem > 0 && last(1) == 'l') {
      w_.size = stem;
    }
  }

  static constexpr ending_rule exceptions[] = {
      {"skis", "ski"},    {"skies", "sky"},   {"idly", "idl"},      {"gently", "gentl"}, {"ugly", "ugli"},
      {"early", "earli"}, {"only", "onli"},   {"singly", "singl"},  {"sky", "sky"},      {"news", "news"},
      {"howe", "howe"},   {"atlas", "atlas"}, {"cosmos", "cosmos"}, {"bias", "bias"},    {"andes", "andes"}};
  static constexpr ending_rule first_endings[] = {
      {"ization", "ize"}, {"ational", "ate"}, {"fulness", "ful"}, {"ousness", "ous"}, {"iveness", "ive"},
      {"tional", "tion"}, {"biliti", "ble"},  {"lessli", "less"}, {"entli", "ent"},   {"ation", "ate"},
      {"alism", "al"},    {"aliti", "al"},    {"ousli", "ous"},   {"iviti", "ive"},   {"fulli", "ful"},
      {"ogist", "og"},    {"enci", "ence"},   {"anci", "ance"},   {"abli", "able"},   {"izer", "ize"},
      {"ator", "ate"},    {"alli", "al"},     {"bli", "ble"}};
  static constexpr ending_rule second_endings[] = {{"ational", "ate"}, {"tional", "tion"}, {"alize", "al"},
                                                   {"icate", "ic"},    {"iciti", "ic"},    {"ical", "ic"},
                                                   {"ness", ""},       {"ful", ""}};
  static constexpr ending_rule bare_endings[] = {{"ement", ""}, {"ance", ""}, {"ence", ""}, {"able", ""}, {"ible", ""},
                                                 {"ment", ""},  {"ant", ""},  {"ent", ""},  {"ism", ""},  {"ate", ""},
                                                 {"iti", ""},   {"ous", ""},  {"ive", ""},  {"ize", ""},  {"al", ""},
                                                 {"er", ""},    {"ic", ""}};
  static constexpr ending_rule stems[] = {{"gener", ""}, {"commun", ""}, {"arsen", ""}, {"past", ""}, {"univers", ""},
                                          {"later", ""}, {"emerg", ""},  {"organ", ""}, {"inter", ""}};

  word& w_;
  std::size_t first_region_ = 0, second_region_ = 0;  // R1 and R2: what an ending must lie in
};

}  // namespace detail

struct porter2 {
  static constexpr bool apply(word& w) {
    detail::english_stemmer(w).run();
    return true;
  }
};

}  // namespace mote::inline v0
