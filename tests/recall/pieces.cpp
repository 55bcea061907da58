// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/pieces.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/inverted.hpp"
#include "mote/recall/rag.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::hit;
using mote::item_id;
using mote::status;

constexpr mote::bm25_knobs few{.items = 24, .item_bytes = 40};
using plain = mote::bm25<few>;
using long_notes = mote::pieces<plain, mote::pieces_knobs{.piece_bytes = 64}>;

static_assert(long_notes::ram_bytes == plain::ram_bytes);
static_assert(long_notes::max_item_bytes == 24 * 40 && long_notes::items == 24);
static_assert(mote::retriever<long_notes> && mote::retriever<mote::pieces<mote::bm25<>>>);
static_assert(mote::rag<long_notes>::ram_bytes == sizeof(long_notes::index));
static_assert(!mote::pieces_knobs{.piece_bytes = 31}.valid());

constexpr std::string_view manual =
    "The boiler stands in the cellar behind the white door. Its service code is 7731, and only Ben knows it! "
    "Bleed the radiators in October. The expansion tank must be filled to one and a half bar.\nCall Ann if it leaks.";

std::vector<std::string> cut(std::string_view text) {
  std::vector<std::string> all;
  CHECK(mote::each_piece<long_notes::index>(text, [&](std::string_view piece) {
          all.emplace_back(piece);
          return status::ok;
        }) == status::ok);
  return all;
}

std::string_view found(const auto& notes, std::string_view question) {
  std::array<hit, 1> hits;
  return notes.search(question, hits) == 1 ? notes.text(hits[0].id) : std::string_view{};
}

/// Letters; after so many passes each fails once more, as one behind a driver may.
struct flaky : mote::hashed_ngrams<64, 3> {
  static inline std::size_t good = 1000;
  static status embed(std::string_view text, item& out) {
    if (good == 0) return status::io_error;
    --good;
    return hashed_ngrams::embed(text, out);
  }
};

}  // namespace

TEST_CASE("pieces: an embedder that fails is heard, and no piece is left with the features of another",
          "[recall][pieces]") {
  using behind_driver = mote::retrieve<mote::item_store<24, 40>, flaky, mote::flat_index<flaky::item, 24>>;
  static mote::pieces<behind_driver, mote::pieces_knobs{.piece_bytes = 64}>::index notes;
  REQUIRE(notes.add("The bins go out on Thursday.") == status::ok);
  REQUIRE(notes.add(manual) == status::ok);
  const std::size_t pieces = cut(manual).size() + 1;
  std::vector<std::byte> saved(mote::records_bytes(notes));
  REQUIRE(mote::write_records(notes, saved) == status::ok);
  flaky::good = pieces - 1;  // a check that fails: nothing changes
  CHECK((notes.load(saved) == status::io_error && notes.size() == 2));
  for (std::size_t second = 0; second < pieces; ++second) {
    flaky::good = pieces + second;
    REQUIRE(notes.load(saved) == status::io_error);
    REQUIRE(notes.size() == 0);
    flaky::good = 1000;
    REQUIRE(notes.load(saved) == status::ok);
  }
  CHECK(found(notes, "service code") == "Its service code is 7731, and only Ben knows it!");

  // Each text once to see whether it can be kept, then again: a note of which a piece fails is not kept.
  notes.clear();
  REQUIRE(notes.add("The bins go out on Thursday.") == status::ok);
  flaky::good = pieces - 1 + 1 + 2;
  CHECK((notes.add(manual) == status::io_error && notes.size() == 1));
  flaky::good = 1000;
  CHECK(found(notes, "bins") == "The bins go out on Thursday.");
  CHECK(notes.add(manual) == status::ok);

  // Said again: whichever reading fails, the note is kept as it was or is the newest, and both are found.
  REQUIRE(notes.add("Ann likes tea.") == status::ok);
  std::size_t renewed = 0;
  for (std::size_t good = 0; good <= 2 * pieces; ++good) {
    flaky::good = good;
    const item_id before = notes.newest();
    const status said = notes.add(manual);
    flaky::good = 1000;
    CHECK((said == status::ok || said == status::io_error));
    CHECK((notes.newest() != before) == (said == status::ok));
    renewed += said == status::ok ? 1 : 0;
    REQUIRE(notes.size() == 3);
    CHECK(notes.note(notes.newest()) == (renewed != 0 ? std::string_view(manual) : "Ann likes tea."));
    CHECK(found(notes, "service code") == "Its service code is 7731, and only Ben knows it!");
    CHECK(found(notes, "likes tea") == "Ann likes tea.");
  }
  CHECK(renewed > 0);
}

TEST_CASE("pieces: a note that is said again where the index has no room stays whole, and so do others",
          "[recall][pieces]") {
  constexpr mote::bm25_knobs knobs{.items = 40, .item_bytes = 60};
  using little = mote::retrieve<mote::item_store<40, 60>, mote::counted_words<mote::words<>>,
                                mote::inverted_index<mote::words<>, knobs, 60>>;
  static mote::pieces<little, mote::pieces_knobs{.piece_bytes = 40}>::index notes;
  mote::rng random(3);
  std::vector<std::string> kept;
  for (int change = 0; change < 1000; ++change) {
    std::string text = "note" + std::to_string(change);
    for (std::uint32_t n = 1 + random.below(40); n > 0; --n)
      text += " w" + std::to_string(random.below(10) + 30 * random.below(20));
    if (!kept.empty() && random.below(3) == 0) text = kept[random.below(static_cast<std::uint32_t>(kept.size()))];
    const status s = notes.add(text);
    REQUIRE((s == status::ok || s == status::full));
    std::erase(kept, text);
    if (s == status::ok) kept.push_back(text);
    std::vector<std::string> found;
    notes.for_each([&](item_id, std::string_view note) { found.emplace_back(note); });
    REQUIRE(found.size() <= kept.size());
    kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(found.size()));  // the oldest went
    REQUIRE(found == kept);
  }
}

TEST_CASE("pieces: each sentence alone, where a prompt is to have nothing beside what was found", "[recall][pieces]") {
  using by_sentence = mote::pieces<plain, mote::pieces_knobs{.piece_bytes = 64, .sentences = true}>;
  static_assert(!by_sentence::index::adds_neighbours && long_notes::index::adds_neighbours);
  by_sentence::index notes;
  constexpr std::string_view note =
      "Ann is at work. Dr. Lee has the key. The code is 7.5!  Why?\nA sentence without an end that is longer than a piece may be";
  std::vector<std::string> all;
  CHECK(mote::each_piece<by_sentence::index>(note, [&](std::string_view piece) {
          all.emplace_back(piece);
          return status::ok;
        }) == status::ok);
  REQUIRE(all.size() >= 5);
  CHECK(all[0] + all[1] + all[2] == "Ann is at work. Dr. Lee has the key. The code is 7.5!  ");
  CHECK(all[1] == "Dr. Lee has the key. ");
  std::string together;
  for (const std::string& piece : all) together += piece;
  CHECK(together == note);
  REQUIRE(notes.add(note) == status::ok);
  CHECK(found(notes, "who has the key?") == "Dr. Lee has the key.");
  CHECK(notes.size() == 1);
  CHECK(notes.forget("key") == 1);  // the note, not the sentence
  CHECK(by_sentence::index::first_piece("\n\nKeys. And more") == "\n\nKeys. ");
  CHECK(notes.size() == 0);
}

TEST_CASE("pieces: a long note is cut behind sentences, words, characters, and nothing is lost", "[recall][pieces]") {
  CHECK(cut("A short note.") == std::vector<std::string>{"A short note."});
  const auto of_manual = cut(manual);
  REQUIRE(of_manual.size() == 5);
  CHECK(of_manual[0] == "The boiler stands in the cellar behind the white door. ");
  CHECK(of_manual[1] == "Its service code is 7731, and only Ben knows it! ");

  mote::rng random(5);
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (std::uint32_t n = 1 + random.below(90); n > 0; --n)
      text +=
          std::array{"a", "word", ".", "! ", " ", "\xC3\xA9", "\xE4\xBA\xAC", "\n", "\xFF", "longer"}[random.below(10)];
    std::string together;
    for (const std::string& piece : cut(text)) {
      REQUIRE(!piece.empty());
      REQUIRE(piece.size() <= 64);
      together += piece;
    }
    REQUIRE(together == text);
  }
  // Where there is no space, characters stay whole.
  std::string han;
  for (int n = 0; n < 100; ++n) han += "\xE4\xBA\xAC";
  for (const std::string& piece : cut(han)) CHECK(piece.size() % 3 == 0);
}

TEST_CASE("pieces: the piece is found, and the whole note is known and forgotten", "[recall][pieces]") {
  static long_notes::index notes;
  REQUIRE(notes.add("Ann likes tea.") == status::ok);
  REQUIRE(notes.add(manual) == status::ok);
  const item_id id = notes.newest();
  REQUIRE(notes.add("The bins go out on Thursday.") == status::ok);
  CHECK(notes.size() == 3);
  CHECK(found(notes, "What is the service code?") == "Its service code is 7731, and only Ben knows it!");
  CHECK(found(notes, "When do I bleed radiators?").starts_with("Bleed the radiators in October."));
  CHECK(notes.note(id) == manual);
  CHECK(notes.text(id) == "The boiler stands in the cellar behind the white door.");

  std::array<hit, 1> hits;
  REQUIRE(notes.search("service code", hits) == 1);
  CHECK(notes.note(hits[0].id) == manual);
  REQUIRE(notes.erase(hits[0].id));  // by any of its pieces
  CHECK(notes.size() == 2);
  CHECK(found(notes, "radiators in October").empty());
  const std::string_view memory(reinterpret_cast<const char*>(&notes), sizeof notes);
  for (const char* part : {"boiler", "7731", "October", "leaks"}) CHECK(memory.find(part) == std::string_view::npos);
  CHECK(!notes.erase(id));

  REQUIRE(notes.add(manual) == status::ok);
  CHECK(notes.forget("boiler LEAKS") == 1);  // words of different pieces
  CHECK(memory.find("Ben knows") == std::string_view::npos);
  CHECK(notes.size() == 2);
}

TEST_CASE("pieces: neighbours come with a hit while there is room", "[recall][pieces]") {
  static long_notes::index notes;
  REQUIRE(notes.add("Ann likes tea.") == status::ok);
  REQUIRE(notes.add(manual) == status::ok);
  REQUIRE(notes.add("The bins go out on Thursday.") == status::ok);
  std::array<hit, 2> hits;
  std::array<std::string_view, 2> texts;
  const auto wide = [&](std::string_view question, std::size_t most) {
    const std::size_t count = notes.search(question, hits);
    for (std::size_t i = 0; i < count; ++i) texts[i] = notes.text(hits[i].id);
    notes.add_neighbours(std::span(hits).first(count), std::span(texts).first(count), [&](auto all) {
      std::size_t bytes = 0;
      for (std::string_view t : all) bytes += t.size();
      return bytes <= most;
    });
    return count;
  };
  REQUIRE(wide("service code", 1000) == 1);
  CHECK(texts[0] == manual);
  REQUIRE(wide("service code", 60) == 1);
  CHECK(texts[0] == "Its service code is 7731, and only Ben knows it!");
  REQUIRE(wide("service code", 90) == 1);  // the next piece first; the one before has no room then
  CHECK(texts[0].starts_with("Its service code"));
  CHECK(texts[0].ends_with("October."));
  REQUIRE(wide("call Ann, leaks", 90) == 1);  // the last piece: the one before it
  CHECK(texts[0].ends_with("Call Ann if it leaks."));
  CHECK(texts[0].starts_with("The expansion tank"));
  REQUIRE(wide("Thursday bins, tea", 1000) == 2);
  CHECK(std::max(texts[0].size(), texts[1].size()) == 28);  // short notes have none
  REQUIRE(wide("Ben knows the cellar door", 1000) == 2);    // neighbours of each other: each is there once
  CHECK(texts[0].size() + texts[1].size() <= manual.size());
  CHECK((texts[0].find("cellar") == std::string_view::npos) != (texts[1].find("cellar") == std::string_view::npos));
}

TEST_CASE("pieces: whole notes through eight hundred changes", "[recall][pieces]") {
  static long_notes::index notes;
  notes.clear();
  std::deque<std::pair<item_id, std::string>> kept;
  mote::rng random(8);
  for (int change = 0; change < 800; ++change) {
    const std::uint32_t what = random.below(8);
    if (what == 0 && !kept.empty()) {
      const auto gone = kept.begin() + random.below(static_cast<std::uint32_t>(kept.size()));
      REQUIRE(notes.erase(gone->first));
      kept.erase(gone);
    } else if (what == 1 && !kept.empty()) {  // said again
      const auto again = kept.begin() + random.below(static_cast<std::uint32_t>(kept.size()));
      const std::string text = again->second;
      REQUIRE(notes.add(random.below(2) == 0 ? std::string_view(text) : notes.note(again->first)) == status::ok);
      kept.erase(again);
      kept.emplace_back(notes.newest(), text);
    } else {
      std::string text = std::to_string(change);
      for (std::uint32_t n = random.below(60); n > 0; --n)
        text += std::array{" boiler", " code", " tea.", " nine"}[random.below(4)];
      REQUIRE(notes.add(text) == status::ok);
      kept.emplace_back(notes.newest(), text);
    }
    while (kept.size() > notes.size()) kept.pop_front();  // the oldest go whole
    REQUIRE(kept.size() == notes.size());
    if (change % 4 != 0) continue;
    std::size_t at = 0, together = 0;
    notes.for_each([&](item_id id, std::string_view text) {
      REQUIRE(id == kept[at].first);
      REQUIRE(text == kept[at].second);
      together += text.size();
      ++at;
    });
    REQUIRE(at == kept.size());
    REQUIRE(together <= 24 * 40);
  }
  CHECK(notes.add(std::string(24 * 40 + 1, 'x')) == status::too_long);
  CHECK(notes.add("... --- ...") == status::empty);
  CHECK(notes.size() == kept.size());
}

TEST_CASE("pieces: kept and loaded as notes, also from a memory without pieces", "[recall][pieces][snapshot]") {
  static long_notes::index notes, other;
  static plain::index texts;
  notes.clear();
  REQUIRE(notes.add("Ann likes tea.") == status::ok);
  REQUIRE(notes.add(std::string(manual) + " ---- ---- ---- ---- ---- ---- ---- ---- ---- ---- ---- ---- ---- ----") ==
          status::ok);
  REQUIRE(notes.add("The bins go out on Thursday.") == status::ok);
  std::vector<std::byte> kept(mote::records_bytes(notes));
  REQUIRE(mote::write_records(notes, kept) == status::ok);
  REQUIRE(other.load(kept) == status::ok);
  CHECK(other.size() == 3);
  CHECK(found(other, "service code").starts_with("Its service code"));
  REQUIRE(other.add("A further note.") == status::ok);
  CHECK(other.size() == 4);
  CHECK(other.forget("boiler") == 1);
  CHECK(other.size() == 3);
  CHECK(texts.load(kept) == status::wrong_version);

  REQUIRE(texts.add("One text.") == status::ok);
  REQUIRE(texts.add("Another text.") == status::ok);
  kept.resize(mote::records_bytes(texts));
  REQUIRE(mote::write_records(texts, kept) == status::ok);
  REQUIRE(other.load(kept) == status::ok);
  CHECK(other.size() == 2);  // two notes, though their ids are consecutive
  CHECK(other.forget("another") == 1);
  CHECK(found(other, "one text") == "One text.");
}
