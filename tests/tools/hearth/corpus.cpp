// SPDX-License-Identifier: BSL-1.0
// Optimized: it writes and reads hundreds of thousands of examples.
#include "hearth/corpus.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/checksum.hpp"

using mote::host::choices;
using mote::host::corpus;
using mote::host::dialogue_item;
using mote::host::split;
using mote::host::task;

namespace {

std::uint64_t hash_of(corpus source, int items) {
  mote::fingerprint all;
  for (int i = 0; i < items; ++i) {
    const dialogue_item item = source.next();
    for (const std::string& note : item.notes) all.add(note);
    all.add(item.prompt).add(item.answer).add(static_cast<std::uint64_t>(item.kind));
    all.add(static_cast<std::uint64_t>(item.relevant + 1)).add(item.reserved ? 1U : 0U);
  }
  return all.value();
}

/// Small letters, no marks: two prompts that only differ in typing are one.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == ' ') out += static_cast<char>(std::tolower(u));
  }
  return out;
}

std::string all_text(const dialogue_item& item) {
  std::string all;
  for (const std::string& note : item.notes) all += note + '\n';
  return all + item.prompt + '\n' + item.answer;
}

/// A flat JSON object of strings, and integers without a leading zero; no space outside a string.
bool is_compact_object(std::string_view json) {
  std::size_t at = 0;
  const auto eat = [&](char c) { return at < json.size() && json[at] == c && ++at != 0; };
  const auto text = [&] {
    if (!eat('"')) return false;
    const std::size_t first = at;
    const auto plain_letter = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
    while (at < json.size() && plain_letter(json[at])) ++at;
    return at > first && eat('"');
  };
  const auto number = [&] {
    const std::size_t first = at;
    while (at < json.size() && json[at] >= '0' && json[at] <= '9') ++at;
    return at > first && (json[first] != '0' || at == first + 1);
  };
  if (!eat('{')) return false;
  do {
    if (!text() || !eat(':')) return false;
    if (at < json.size() && json[at] == '"' ? !text() : !number()) return false;
  } while (eat(','));
  return eat('}') && at == json.size();
}

}  // namespace

TEST_CASE("corpus: the same text on every machine", "[host][corpus]") {
  CHECK(hash_of(corpus(1), 1000) == 0x871ef64ac88d3035U);
  CHECK(hash_of(corpus(1, split::heldout), 1000) == 0xd4966d5b4f69738aU);
  CHECK(hash_of(corpus(1), 300) == hash_of(corpus(1), 300));
  CHECK(hash_of(corpus(1), 300) != hash_of(corpus(2), 300));
}

TEST_CASE("corpus: the checker of objects is not blind", "[host][corpus]") {
  CHECK(is_compact_object(R"({"light":"living room","level":40})"));
  for (std::string_view bad :
       {R"({"light":"hall"} )", R"({"light": "hall"})", R"({"level":040})", R"({"level":})", "{}", R"({"light":"hall")",
        R"({"light":"hall",})", R"({light:"hall"})", R"({"a":"b"}})"})
    CHECK_FALSE(is_compact_object(bad));
}

TEST_CASE("corpus: orders become compact JSON", "[host][corpus]") {
  corpus source(11);
  std::set<std::string> devices;
  std::set<std::string> rooms;
  for (int i = 0; i < 20000; ++i) {
    const dialogue_item item = source.command();
    REQUIRE(item.kind == task::command);
    INFO(item.prompt << " -> " << item.answer);
    REQUIRE(is_compact_object(item.answer));
    REQUIRE_FALSE(item.prompt.empty());
    devices.insert(item.answer.substr(0, item.answer.find(':')));
    const std::size_t room = item.answer.find(R"("room":")");
    if (room != std::string::npos) rooms.insert(item.answer.substr(room));
  }
  CHECK(devices.size() >= 14);
  CHECK(rooms.size() >= 14);
}

TEST_CASE("corpus: the tables keep what their headers say", "[host][corpus]") {
  for (const auto& kind : mote::host::command_kinds) {
    INFO(kind.name);
    CHECK(choices::count(kind.wordings) >= 6);  // five to train, one reserved
    std::set<std::string_view> distinct;
    for (std::size_t i = 0; i < choices::count(kind.wordings); ++i) {
      const std::string_view wording = choices::at(kind.wordings, i);
      distinct.insert(wording);
      // What the answer needs, every wording must name.
      for (std::size_t at = kind.json.find('{', 1); at != std::string_view::npos; at = kind.json.find('{', at + 1))
        CHECK(wording.find(kind.json.substr(at, 3)) != std::string_view::npos);
    }
    CHECK(distinct.size() == choices::count(kind.wordings));
  }
  for (const auto& kind : mote::host::fact_kinds) {
    INFO(kind.name);
    CHECK(choices::count(kind.questions) >= 5);
    CHECK(choices::count(kind.notes) >= 2);
    for (std::size_t i = 0; i < choices::count(kind.notes); ++i)
      CHECK(choices::at(kind.notes, i).find("{v}") != std::string_view::npos);
  }
}

TEST_CASE("corpus: what is recalled stands in the note", "[host][corpus]") {
  for (const split part : {split::train, split::heldout}) {
    corpus source(12, part);
    std::array<int, 4> notes_seen{};
    std::array<int, 3> place{};
    for (int i = 0; i < 20000; ++i) {
      const dialogue_item item = source.recall();
      REQUIRE(item.relevant >= 0);
      REQUIRE(static_cast<std::size_t>(item.relevant) < item.notes.size());
      REQUIRE(item.notes.size() <= 3);
      ++notes_seen[item.notes.size()];
      if (item.notes.size() == 3) ++place[static_cast<std::size_t>(item.relevant)];
      const std::string& note = item.notes[static_cast<std::size_t>(item.relevant)];
      INFO(note << " | " << item.prompt << " -> " << item.answer);
      REQUIRE(item.answer.ends_with('.'));
      const std::string value = item.answer.substr(1, item.answer.size() - 2);
      const char first = item.answer[0];
      const char small = static_cast<char>(std::tolower(static_cast<unsigned char>(first)));
      REQUIRE((note.find(first + value) != std::string::npos || note.find(small + value) != std::string::npos));
      for (const std::string& each : item.notes) REQUIRE(std::count(each.begin(), each.end(), ' ') < 14);
    }
    CHECK(notes_seen[0] == 0);
    for (std::size_t n : {1U, 2U, 3U}) CHECK(notes_seen[n] > 4000);
    for (int times : place) CHECK(times > 2000);  // the answer's place says nothing
  }
}

TEST_CASE("corpus: what nobody told is not known, whatever the notes are about", "[host][corpus]") {
  corpus source(13);
  int bare = 0;
  int asked = 0;
  int about_the_same = 0;
  for (int i = 0; i < 5000; ++i) {
    const dialogue_item item = source.unknown();
    REQUIRE(item.answer == "I do not know.");
    REQUIRE(item.relevant == -1);
    REQUIRE(item.notes.size() <= 3);
    bare += item.notes.empty() ? 1 : 0;
    // "what is the boiler's pin?": a note on the boiler's pin would be an answer.
    const std::size_t owner = item.prompt.find("'s ");
    if (!item.prompt.starts_with("What is ") || owner == std::string::npos) continue;
    std::string key = item.prompt.substr(8);
    for (std::string_view determiner : {"the ", "my ", "our "})
      if (key.starts_with(determiner)) key.erase(0, determiner.size());
    ++asked;
    while (!key.empty() && (key.back() == '?' || key.back() == '.')) key.pop_back();
    for (const std::string& note : item.notes) {
      INFO(note << " | " << item.prompt);
      CHECK(note.find(key + " is ") == std::string::npos);
      about_the_same += note.find(key.substr(0, key.find('\''))) != std::string::npos ? 1 : 0;
    }
  }
  CHECK(bare > 200);
  CHECK(about_the_same * 3 > asked);  // near misses, not only strangers
}

TEST_CASE("corpus: nothing of the tables' notation reaches the text", "[host][corpus]") {
  for (const split part : {split::train, split::heldout}) {
    corpus source(14, part);
    for (int i = 0; i < 20000; ++i) {
      const dialogue_item item = source.next();
      std::string text = all_text(item);
      INFO(text);
      if (item.kind == task::command) text.resize(text.size() - item.answer.size());
      REQUIRE(text.find_first_of("{}@~|/_\"") == std::string::npos);
      REQUIRE(text.find("  ") == std::string::npos);
      REQUIRE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }));
    }
  }
}

TEST_CASE("corpus: private phrases are in no generated text", "[host][corpus]") {
  for (const split part : {split::train, split::heldout}) {
    corpus source(15, part);
    for (int i = 0; i < 50000; ++i) {
      const std::string text = plain(all_text(source.next()));
      for (std::string_view phrase : mote::host::private_phrases) REQUIRE(text.find(phrase) == std::string::npos);
      REQUIRE(text.find("movie") == std::string::npos);
      REQUIRE(text.find("leaving") == std::string::npos);
    }
  }
}

TEST_CASE("corpus: training and held-out text share no order, no small talk and no code", "[host][corpus]") {
  corpus train(16);
  corpus heldout(16, split::heldout);
  std::set<std::string> prompts;
  std::set<std::string> codes;
  std::set<std::string> questions;
  const auto code_of = [](const dialogue_item& item) {
    const std::string value = item.answer.substr(0, item.answer.size() - 1);
    return value.size() > 1 && value.find_first_not_of("0123456789") == std::string::npos ? value : std::string();
  };
  for (int i = 0; i < 60000; ++i) {
    const dialogue_item item = train.next();
    REQUIRE_FALSE(item.reserved);
    if (item.kind == task::recall) codes.insert(code_of(item));
    if (item.kind == task::command || item.kind == task::chat) prompts.insert(plain(item.prompt));
    else questions.insert(plain(item.prompt));
  }
  std::map<bool, int> reserved;
  int seen_questions = 0;
  int all_questions = 0;
  for (int i = 0; i < 20000; ++i) {
    const dialogue_item item = heldout.next();
    INFO(all_text(item));
    ++reserved[item.reserved];
    if (item.kind == task::recall && !code_of(item).empty()) REQUIRE_FALSE(codes.contains(code_of(item)));
    if (item.kind == task::command || item.kind == task::chat) REQUIRE_FALSE(prompts.contains(plain(item.prompt)));
    if (item.kind == task::recall || item.kind == task::unknown) {
      ++all_questions;
      seen_questions += questions.contains(plain(item.prompt)) ? 1 : 0;
    }
  }
  CHECK(seen_questions * 1000 < all_questions);
  CHECK(reserved[true] > 6000);
  CHECK(reserved[false] > 6000);
}

TEST_CASE("corpus: the mixture and the curriculum are what the knobs say", "[host][corpus]") {
  corpus source(17);
  std::map<task, int> kinds;
  for (int i = 0; i < 20000; ++i) ++kinds[source.next().kind];
  const auto near = [&](task kind, double share) { return std::abs(kinds[kind] / 20000.0 - share) < 0.015; };
  CHECK(near(task::recall, 0.55));
  CHECK(near(task::unknown, 0.10));
  CHECK(near(task::command, 0.27));
  CHECK(near(task::chat, 0.08));

  corpus orders(18, split::train, {.recall = 0, .unknown = 0, .command = 1, .chat = 0});
  for (int i = 0; i < 1000; ++i) REQUIRE(orders.next().kind == task::command);

  source.hardness(0);
  for (int i = 0; i < 5000; ++i) {
    const dialogue_item item = source.next();
    REQUIRE(item.notes.size() <= 1);
    if (item.kind == task::recall) REQUIRE(std::count(item.answer.begin(), item.answer.end(), ' ') <= 1);
  }
}

TEST_CASE("corpus: the question of the first page is learned, with other numbers", "[host][corpus]") {
  corpus source(19, split::train, {.hardness = 0});
  int asked = 0;
  for (int i = 0; i < 100000; ++i) {
    const dialogue_item item = source.recall();
    const std::string& note = item.notes[0];
    if (note.find("boiler's service code is ") == std::string::npos) continue;
    asked += plain(item.prompt).ends_with("boilers code") ? 1 : 0;
  }
  CHECK(asked > 0);
}

TEST_CASE("household: private orders to teach and to test, ordinary ones to keep", "[host][corpus]") {
  const auto taught = mote::host::private_command_examples();
  const auto later = mote::host::private_command_heldout();
  CHECK(taught.size() == 3 * 7);
  CHECK(later.size() == 3 * 6);
  std::set<std::string> prompts;
  for (const auto* set : {&taught, &later})
    for (const dialogue_item& item : *set) {
      INFO(item.prompt);
      CHECK(prompts.insert(item.prompt).second);
      CHECK(is_compact_object(item.answer));
      CHECK(item.kind == task::command);
      int phrases = 0;
      for (std::string_view phrase : mote::host::private_phrases)
        phrases += plain(item.prompt).find(phrase) != std::string::npos ? 1 : 0;
      CHECK(phrases == 1);
    }
  // Three orders, three answers.
  std::set<std::string> answers;
  for (const dialogue_item& item : taught) answers.insert(item.answer);
  CHECK(answers.size() == 3);

  const auto control = mote::host::control_items();
  CHECK(control.size() == 64);
  for (const dialogue_item& item : control) {
    CHECK(item.notes.empty());
    CHECK(prompts.insert(item.prompt).second);
  }
}

TEST_CASE("household: a day's facts do not contradict each other", "[host][corpus]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto day = mote::host::user_day(seed);
    CHECK(day.size() == 24);
    std::map<task, int> kinds;
    std::set<std::string> notes;
    std::map<std::string, std::string> answers;
    for (const dialogue_item& item : day) {
      ++kinds[item.kind];
      CHECK(item.notes.size() == (item.kind == task::recall ? 1U : 0U));
      for (const std::string& note : item.notes) CHECK(notes.insert(note).second);
      if (item.kind == task::recall || item.kind == task::unknown)
        CHECK(answers.emplace(plain(item.prompt), item.answer).second);
    }
    CHECK(kinds[task::recall] == 12);
    CHECK(kinds[task::unknown] == 4);
    CHECK(kinds[task::command] == 8);
  }
}
