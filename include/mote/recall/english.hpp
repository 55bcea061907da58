// SPDX-License-Identifier: BSL-1.0
// The analysis of English texts, which bm25<> has by default: words of every script, without the commonest English
// words, without English endings.
//   english                                          3.1 KiB of tables, and the stemmer's code
//   analysis<words<latin>, porter2>                  stems alone
// Refuses to guess the language of a text: other languages are cut and compared as they are, but for endings.
#pragma once

#include <string_view>

#include "mote/config.hpp"
#include "mote/recall/analysis.hpp"
#include "mote/recall/porter2.hpp"
#include "mote/recall/word_lists.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

/// Snowball's list of English stop words (snowballstem.org/algorithms/english/stop.txt). Its contractions are here in
/// the parts that words<> cuts them into.
inline constexpr std::string_view english_stop_words[] = {
    "i",      "me",         "my",       "myself",     "we",      "our",     "ours",   "ourselves", "you",
    "your",   "yours",      "yourself", "yourselves", "he",      "him",     "his",    "himself",   "she",
    "her",    "hers",       "herself",  "it",         "its",     "itself",  "they",   "them",      "their",
    "theirs", "themselves", "what",     "which",      "who",     "whom",    "this",   "that",      "these",
    "those",  "am",         "is",       "are",        "was",     "were",    "be",     "been",      "being",
    "have",   "has",        "had",      "having",     "do",      "does",    "did",    "doing",     "would",
    "should", "could",      "ought",    "a",          "an",      "the",     "and",    "but",       "if",
    "or",     "because",    "as",       "until",      "while",   "of",      "at",     "by",        "for",
    "with",   "about",      "against",  "between",    "into",    "through", "during", "before",    "after",
    "above",  "below",      "to",       "from",       "up",      "down",    "in",     "out",       "on",
    "off",    "over",       "under",    "again",      "further", "then",    "once",   "here",      "there",
    "when",   "where",      "why",      "how",        "all",     "any",     "both",   "each",      "few",
    "more",   "most",       "other",    "some",       "such",    "no",      "nor",    "not",       "only",
    "own",    "same",       "so",       "than",       "too",     "very",    "s",      "t",         "d",
    "m",      "ll",         "re",       "ve",         "don",     "isn",     "aren",   "wasn",      "weren",
    "hasn",   "haven",      "hadn",     "doesn",      "didn",    "won",     "wouldn", "shan",      "shouldn",
    "can",    "cannot",     "couldn",   "mustn",      "let"};

using english = analysis<words<>, stop_words<english_stop_words>, porter2>;

}  // namespace mote::inline v0
