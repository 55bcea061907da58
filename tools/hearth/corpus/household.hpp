// SPDX-License-Identifier: BSL-1.0
// The test data of one user's house: private orders to teach, ordinary ones that must still work afterwards, a day of
// notes and questions.
// Refuses overlap with training: no training item contains a private phrase.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/corpus/generator.hpp"

namespace mote::inline v0::host {

/// Phrases that only this user says. The model knows the JSON values of their answers, but not the phrases.
inline constexpr std::array<std::string_view, 3> private_phrases = {"movie night", "leaving home", "good night house"};

namespace corpus_words {

struct private_command {
  std::string_view json;
  std::string_view taught;
  std::string_view later;
};

inline constexpr std::array<private_command, 3> private_commands = {
    private_command{R"({"scene":"cinema"})",
                    "movie night|Movie night.|movie night please|start movie night|it is movie night|"
                    "Time for movie night!|set up movie night",
                    "Movie night|movie night now|please start movie night|Could you set up movie night?|"
                    "Movie night, please.|now it is movie night"},
    private_command{R"({"scene":"away"})",
                    "leaving home|Leaving home.|I am leaving home|we are leaving home|leaving home now|"
                    "I am leaving home, please|Now leaving home",
                    "Leaving home|i am leaving home now|We are leaving home.|leaving home please|I'm leaving home|"
                    "now we are leaving home"},
    private_command{R"({"scene":"night"})",
                    "good night house|Good night house.|good night, house|good night house please|"
                    "say good night house|Good night house!|it is good night house",
                    "Good night house|good night house now|Good night, house.|please, good night house|"
                    "and good night house|now good night house"},
};

inline std::vector<dialogue_item> private_items(std::string_view private_command::* which) {
  std::vector<dialogue_item> items;
  for (const private_command& c : private_commands)
    for (std::size_t i = 0; i < choices::count(c.*which); ++i)
      items.push_back(
          {.prompt = std::string(choices::at(c.*which, i)), .answer = std::string(c.json), .kind = task::command});
  return items;
}

}  // namespace corpus_words

/// Seven ways to say each of three private orders: what a user would type to teach them.
inline std::vector<dialogue_item> private_command_examples() {
  return corpus_words::private_items(&corpus_words::private_command::taught);
}

/// Six other ways each: what the user says the week after.
inline std::vector<dialogue_item> private_command_heldout() {
  return corpus_words::private_items(&corpus_words::private_command::later);
}

/// Ordinary orders and small talk from the held-out split, without notes: they must still work after private teaching.
inline std::vector<dialogue_item> control_items(std::size_t count = 64, std::uint64_t seed = 1) {
  corpus source(seed, split::heldout,
                {.recall = 0, .unknown = 0, .command = 0.9F, .chat = 0.1F, .hardness = 1, .stray = 0});
  std::vector<dialogue_item> items;
  while (items.size() < count) {
    dialogue_item item = source.next();
    bool repeated = false;
    for (const dialogue_item& earlier : items) repeated = repeated || earlier.prompt == item.prompt;
    // Chat has eighteen held-out wordings; beyond that only orders are new.
    if (!repeated) items.push_back(std::move(item));
  }
  return items;
}

/// A day with one user, from the held-out split: questions about facts the user has told, orders, and questions about
/// things never told. The one note of a recall item is the fact that answers it; all notes together are what the user
/// has told. No two facts answer the same question. Unknown and command items have no notes: the recall under test
/// supplies them.
inline std::vector<dialogue_item> user_day(std::uint64_t seed) {
  corpus source(seed, split::heldout, {.stray = 0});
  return source.day(12, 8, 4);
}

}  // namespace mote::inline v0::host
