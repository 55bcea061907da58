// SPDX-License-Identifier: BSL-1.0
// Generates the text of a home assistant, item by item, from one seed: facts to copy from notes, orders, small talk.
// Refuses to leak: held-out words and combinations and reserved wordings never appear in the training split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/corpus/chat.hpp"
#include "hearth/corpus/commands.hpp"
#include "hearth/corpus/facts.hpp"
#include "hearth/corpus/item.hpp"
#include "hearth/corpus/voice.hpp"

namespace mote::inline v0::host {

/// The mixture. Weights need not sum to one.
struct corpus_knobs {
  float recall = 0.55F;
  float unknown = 0.10F;
  float command = 0.27F;
  float chat = 0.08F;
  float hardness = 1.0F;  ///< 0: one note, short one-word values; 1: up to three notes, every kind of fact
  float stray = 0.3F;     ///< part of the orders and small talk that get unrelated notes
};

class corpus {
 public:
  explicit corpus(std::uint64_t seed, split part = split::train, corpus_knobs knobs = {})
      : voice_(seed, part), knobs_(knobs) {}

  /// How hard the next items are; a trainer raises it from 0 to 1.
  void hardness(float h) { knobs_.hardness = h; }

  dialogue_item next() {
    const float total = knobs_.recall + knobs_.unknown + knobs_.command + knobs_.chat;
    float at = total * voice_.point();
    if ((at -= knobs_.recall) < 0) return recall();
    if ((at -= knobs_.unknown) < 0) return unknown();
    if ((at -= knobs_.command) < 0) return command();
    return chat();
  }

  dialogue_item recall() {
    draw_hardness();
    const fact asked = draw_fact();
    dialogue_item item{.kind = task::recall};
    item.prompt = ask(asked, item.reserved);
    item.answer = answer(asked);
    item.notes = distractors(asked, notes_beside());
    item.relevant = static_cast<int>(voice_.below(item.notes.size() + 1));
    item.notes.insert(item.notes.begin() + item.relevant, note(asked));
    return item;
  }

  dialogue_item unknown() {
    draw_hardness();
    dialogue_item item{.answer = std::string(i_do_not_know), .kind = task::unknown};
    const fact asked = draw_fact();
    item.prompt = voice_.chance(0.15F) ? world_question(item.reserved) : ask(asked, item.reserved);
    const bool bare = voice_.chance(0.15F);
    item.notes = distractors(asked, bare ? 0 : 1 + notes_beside());
    return item;
  }

  dialogue_item command() {
    draw_hardness();
    const bool reserved = wants_reserved();
    for (;;) {
      const command_kind& kind = command_kinds[weighted(command_kinds)];
      dialogue_item item{.kind = task::command, .reserved = reserved};
      const std::size_t last = choices::count(kind.wordings) - 1;
      const std::size_t wording = reserved ? last : voice_.below(last);
      std::string prompt(choices::at(kind.wordings, wording));
      item.answer = kind.json;
      std::string cell = "command|";
      cell += kind.name;
      const std::size_t bare = cell.size();
      for (char slot : std::string_view("ronmtcgdikspwh")) {
        const std::string mark{'{', slot, '}'};
        if (prompt.find(mark) == std::string::npos) continue;
        const std::string value = voice_.say(voice_.pick(slot_values(slot)));
        prompt = replaced(std::move(prompt), mark, value);
        item.answer = replaced(std::move(item.answer), mark, value);
        cell += '|';
        cell += value;
      }
      // An order without slots has too few wordings to hold out a fifth of them: only its reserved one is held out.
      const bool kept_back = item.reserved || (cell.size() > bare && voice::held_out(cell, wording));
      if (kept_back != (voice_.part() == split::heldout)) continue;
      item.prompt = styled(polite(std::move(prompt)));
      if (voice_.chance(knobs_.stray)) item.notes = stray_notes();
      return item;
    }
  }

  dialogue_item chat() {
    draw_hardness();
    const chat_kind& kind = chat_kinds[weighted(chat_kinds)];
    dialogue_item item{.kind = task::chat};
    item.reserved = voice_.part() == split::heldout;  // too few wordings for a second rule
    const std::size_t last = choices::count(kind.wordings) - 1;
    const std::size_t wording = item.reserved ? last : voice_.below(last);
    const std::string who = voice_.say("@name");
    std::string prompt = replaced(std::string(choices::at(kind.wordings, wording)), "{v}", who);
    item.prompt = styled(std::move(prompt));
    item.answer = replaced(std::string(kind.answer), "{v}", who);
    if (voice_.chance(knobs_.stray)) item.notes = stray_notes();
    return item;
  }

  /// In random order: `facts` questions with the one note that answers each, `orders` orders without notes, and `gaps`
  /// questions that no note answers. No two of the facts and gaps have the same key.
  std::vector<dialogue_item> day(std::size_t facts, std::size_t orders, std::size_t gaps) {
    std::vector<dialogue_item> items;
    std::vector<std::string> keys;
    while (keys.size() < facts + gaps) {
      draw_hardness();
      const fact f = draw_fact();
      bool taken = false;
      for (const std::string& key : keys) taken = taken || key == f.key;
      if (taken) continue;
      const bool told = keys.size() < facts;
      keys.push_back(f.key);
      dialogue_item item{.kind = told ? task::recall : task::unknown, .relevant = told ? 0 : -1};
      item.prompt = ask(f, item.reserved);
      item.answer = told ? answer(f) : std::string(i_do_not_know);
      if (told) item.notes.push_back(note(f));
      items.push_back(std::move(item));
    }
    for (std::size_t i = 0; i < orders; ++i) {
      items.push_back(command());
      items.back().notes.clear();
    }
    for (std::size_t i = items.size() - 1; i > 0; --i) std::swap(items[i], items[voice_.below(i + 1)]);
    return items;
  }

 private:
  struct fact {
    std::size_t row = 0;
    std::string owner = {};
    std::string noted = {};      // the attribute's name in the note
    std::string asked_for = {};  // its names in a question, "a/b"
    std::string value = {};
    std::string key = {};  // two facts with one key answer the same question
  };

  static std::string replaced(std::string text, std::string_view mark, std::string_view with) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
      text.replace(at, mark.size(), with);
    return text;
  }

  void draw_hardness() {
    hard_ = voice_.chance(knobs_.hardness);
    voice_.hard(hard_);
  }

  std::size_t notes_beside() {
    if (!hard_) return 0;
    const std::uint32_t at = voice_.below(20);
    return at < 5 ? 0 : at < 12 ? 1 : 2;
  }

  template <class Table>
  std::size_t weighted(const Table& table) {
    std::uint32_t total = 0;
    for (const auto& row : table) total += row.weight;
    std::uint32_t at = voice_.below(total);
    std::size_t row = 0;
    while (at >= table[row].weight) at -= table[row++].weight;
    return row;
  }

  // ---- facts

  std::size_t draw_row() {
    for (;;) {
      const std::size_t row = weighted(fact_kinds);
      if (hard_ || fact_kinds[row].easy) return row;
    }
  }

  fact draw_fact() {
    const std::size_t row = draw_row();
    return draw_fact_of(row, voice_.say(voice_.pick(fact_kinds[row].owners)));
  }

  fact draw_fact_of(std::size_t row, std::string owner) {
    const fact_kind& kind = fact_kinds[row];
    fact f{.row = row, .owner = std::move(owner)};
    // A made-up attribute is drawn before the split at '/', so its name is the same in the note and in the question.
    const std::string attribute = voice_.say(voice_.pick(kind.attributes));
    const std::size_t slash = attribute.find('/');
    f.noted = attribute.substr(0, slash);
    f.asked_for = slash == std::string::npos ? f.noted : attribute.substr(slash + 1);
    f.value = voice_.say(voice_.pick(kind.values));
    f.key = std::string(kind.name) + '|' + f.owner + '|' + f.asked_for.substr(0, f.asked_for.find('/'));
    return f;
  }

  std::string note(const fact& f) {
    const fact_kind& kind = fact_kinds[f.row];
    std::string text(voice_.pick(kind.notes));
    text = replaced(std::move(text), "{d}", voice_.pick(kind.determiners));
    text = replaced(std::move(text), "{o}", f.owner);
    text = replaced(std::move(text), "{a}", f.noted);
    text = respelt(replaced(std::move(text), "{v}", f.value));
    if (!voice_.chance(0.12F) && (kind.sentence || !text.starts_with(f.value))) text = voice::sentence(std::move(text));
    if (!voice_.chance(0.1F)) text += '.';
    return text;
  }

  std::string ask(const fact& f, bool& reserved) {
    const fact_kind& kind = fact_kinds[f.row];
    // At least three wordings of every key stay for training; held-out text falls back on the reserved one.
    const std::size_t last = choices::count(kind.questions) - 1;
    const bool out = voice_.part() == split::heldout;
    std::size_t wording = last;
    std::size_t allowed = 0;
    for (std::size_t i = 0; i < last; ++i) allowed += voice::held_out(f.key, i) == out ? 1U : 0U;
    reserved = wants_reserved() || allowed == 0;
    if (!reserved) {
      std::size_t nth = voice_.below(allowed);
      for (wording = 0; voice::held_out(f.key, wording) != out || nth-- > 0;) ++wording;
    }
    std::string text(choices::at(kind.questions, wording));
    text = replaced(std::move(text), "{d}", voice_.pick(kind.determiners));
    text = replaced(std::move(text), "{o}", f.owner);
    std::string names = f.asked_for;
    for (char& c : names) c = c == '/' ? '|' : c;
    text = replaced(std::move(text), "{q}", voice_.pick(names));
    return styled(respelt(std::move(text)));
  }

  static std::string answer(const fact& f) {
    return (fact_kinds[f.row].sentence ? voice::sentence(f.value) : f.value) + '.';
  }

  /// Notes that do not answer `asked`: the same attribute of another owner, another one of the same owner, or any fact.
  std::vector<std::string> distractors(const fact& asked, std::size_t count) {
    std::vector<std::string> notes;
    std::vector<std::string> keys{asked.key};
    for (int attempt = 0; notes.size() < count && attempt < 40; ++attempt) {
      const std::uint32_t way = voice_.below(10);
      fact other;
      if (way < 4) {
        other = draw_fact_of(asked.row, voice_.say(voice_.pick(fact_kinds[asked.row].owners)));
        if (!fact_kinds[asked.row].attributes.empty() && voice_.chance(0.7F)) {
          other.noted = asked.noted;
          other.asked_for = asked.asked_for;
          other.key =
              std::string(fact_kinds[asked.row].name) + '|' + other.owner + asked.key.substr(asked.key.rfind('|'));
        }
      } else if (way < 8) {
        std::size_t row = draw_row();
        for (int tries = 0; tries < 20 && !share_owners(row, asked.row); ++tries) row = draw_row();
        if (!share_owners(row, asked.row)) continue;
        other = draw_fact_of(row, asked.owner);
      } else {
        other = draw_fact();
      }
      bool taken = other.value == asked.value;
      for (const std::string& key : keys) taken = taken || key == other.key;
      if (taken) continue;
      keys.push_back(other.key);
      notes.push_back(note(other));
    }
    return notes;
  }

  // Whether facts of two kinds can have the same owner. "Tomi" can live, work and like things; the "I" of a habit and
  // the "my" of a favourite are written differently.
  static bool share_owners(std::size_t a, std::size_t b) {
    const kin about = fact_kinds[a].about;
    return a == b || (about == fact_kinds[b].about && (about == kin::person || about == kin::thing));
  }

  std::vector<std::string> stray_notes() {
    const fact any = draw_fact();
    return distractors(any, 1 + notes_beside());
  }

  std::string world_question(bool& reserved) {
    reserved = voice_.part() == split::heldout;
    const std::size_t last = choices::count(world_questions) - 1;
    const std::size_t wording = reserved ? last : voice_.below(last);
    return styled(voice_.say(choices::at(world_questions, wording)));
  }

  // ---- wording

  /// Held-out text uses the reserved wording in two of five items.
  bool wants_reserved() { return voice_.part() == split::heldout && voice_.chance(0.4F); }

  std::string respelt(std::string text) {
    if (voice_.chance(0.6F)) return text;
    text = replaced(std::move(text), "favourite", "favorite");
    return replaced(std::move(text), "colour", "color");
  }

  std::string polite(std::string text) {
    const bool nominal = text.starts_with('~');
    const bool question = text.ends_with('?');
    const bool sentence = text.ends_with('.') || text.starts_with("I ") || text.starts_with("it ") ||
                          text.starts_with("we ") || text.starts_with("the ") || text.starts_with("no ") ||
                          text.starts_with("do ");
    if (question || voice_.chance(0.55F)) return text;
    if (sentence) return text;
    if (nominal) return voice_.chance(0.5F) ? text + " please" : text + ", please";
    const std::uint32_t way = voice_.below(8);
    switch (way) {
      case 0:
      case 1: return "please " + text;
      case 2: return "could you " + text + '?';
      case 3: return "can you " + text + '?';
      case 4: return "could you please " + text + '?';
      case 5: return text + " now";
      case 6: return text + " please";
      default: return text + ", please";
    }
  }

  /// Varies capitals, contractions and the final mark at random, as people type.
  std::string styled(std::string text) {
    if (text.starts_with('~')) text.erase(0, 1);
    const std::uint32_t contraction = voice_.below(20);
    for (std::string_view word : {"what", "where", "when", "who"}) {
      if (contraction > 5 || !text.starts_with(word) || !text.substr(word.size()).starts_with(" is ")) continue;
      text.replace(word.size(), 3, contraction == 0 ? "s" : "'s");
    }
    const bool careless = voice_.chance(0.35F);
    if (!careless) {
      text = voice::sentence(std::move(text));
    } else if (voice_.chance(0.5F)) {
      text = replaced(std::move(text), " I ", " i ");
      if (text.starts_with("I ")) text[0] = 'i';
    }
    const std::uint32_t mark = voice_.below(20);
    if (text.ends_with('?') || text.ends_with('.')) {
      if (mark < (careless ? 10U : 3U)) text.pop_back();
    } else if (!careless && mark < 8) {
      text += mark == 0 ? '!' : '.';
    }
    return text;
  }

  voice voice_;
  corpus_knobs knobs_;
  bool hard_ = true;
};

}  // namespace mote::inline v0::host
