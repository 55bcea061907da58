// SPDX-License-Identifier: BSL-1.0
// What accepted answers in front of a question do to the shipped model: examples HEARTH.MOTE DAYS. Three sets, with 0, 1,
// 2 and 4 examples in front: orders that only this user says, which were accepted in seven other wordings; ordinary
// orders beside those; and days of notes, questions and orders, where what was accepted is of other days.
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude -Itools -Imodels/hearth bench/recall/examples.cpp
// Refuses to be a test: it takes minutes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <hearth/corpus.hpp>
#include <mote/mote.hpp>
#include <mote/recall/examples.hpp>

#include "hearth.hpp"

namespace {

namespace host = mote::host;
using items = std::vector<host::dialogue_item>;

constexpr mote::rag_knobs notes{.hits = 2, .tokens = 64};
template <std::size_t Shown>
using assistant = mote::pipeline<
    hearth, mote::quantize<8>, mote::interleave<1>,
    mote::examples<64, mote::rag<mote::bm25<>, notes>, mote::examples_knobs{.shown = Shown, .tokens = 120}>>;

struct tally {
  std::size_t right = 0, asked = 0, shown = 0;
};

/// Asks everything; a person who says of each answer whether it was right, if `judged`.
template <class Assistant>
tally ask(Assistant& ai, const items& all, bool with, bool judged, std::size_t kind = 9) {
  tally t;
  for (const host::dialogue_item& i : all) {
    if (kind != 9 && static_cast<std::size_t>(i.kind) != kind) continue;
    std::string said;
    for (const std::string_view piece : ai.ask(i.prompt, 64)) said += piece;
    const bool right = said == i.answer;
    ++t.asked;
    t.right += right ? 1 : 0;
    t.shown += ai.memory().shown();
    if (with && judged) (void)ai.memory().judge(right ? 1.0F : -1.0F);
  }
  return t;
}

void print(const char* what, std::size_t shown, const tally& t) {
  std::printf("  %-44s at most %zu: right %3zu of %3zu, %.2f examples in a prompt\n", what, shown, t.right, t.asked,
              static_cast<double>(t.shown) / static_cast<double>(t.asked));
  std::fflush(stdout);
}

items other_days(std::size_t many) {
  items all;
  for (std::uint64_t seed = 1001; all.size() < many; ++seed)
    for (const host::dialogue_item& i : host::user_day(seed))
      if (all.size() < many && i.notes.empty()) all.push_back(i);  // orders, and what nobody knows
  return all;
}

/// What the user accepts, then what is asked.
template <std::size_t Shown>
void measure(std::span<const std::byte> image, std::size_t days, std::size_t shown) {
  const auto memory = std::make_unique<assistant<Shown>>();
  auto& ai = *memory;
  if (ai.attach(image) != mote::status::ok) std::abort();
  const auto approve = [&](const items& all) {
    for (const host::dialogue_item& i : all)
      if (shown != 0 && ai.approve(i.prompt, i.answer) != mote::status::ok)
        std::printf("  refused: %s\n", i.prompt.c_str());
  };
  const items taught = host::private_command_examples(), later = host::private_command_heldout();
  approve(taught);
  print("private orders", shown, ask(ai, later, shown != 0, false));
  print("ordinary orders beside those", shown, ask(ai, host::control_items(), shown != 0, false));
  if (shown != 0) {
    for (std::size_t i = 0; i < 2 * taught.size(); ++i) (void)ai.memory().renew(ai);
    std::printf("  renewed twice: %zu of %zu examples left\n", ai.memory().examples(), taught.size());
    print("private orders, renewed", shown, ask(ai, later, true, false));
    print("ordinary orders, renewed", shown, ask(ai, host::control_items(), true, false));
    for (int day = 0; day < 3; ++day)
      (void)ask(ai, taught, true, true), (void)ask(ai, host::control_items(), true, true);
    print("private orders, judged", shown, ask(ai, later, true, false));
    print("ordinary orders of another seed, judged", shown, ask(ai, host::control_items(64, 2), true, false));
  } else {
    print("ordinary orders of another seed", shown, ask(ai, host::control_items(64, 2), false, false));
  }
  ai.memory().clear();
  approve(other_days(64));
  tally kinds[4];
  for (int judged = 0; judged < 2; ++judged) {
    for (tally& t : kinds) t = {};
    const std::size_t first = judged != 0 ? days / 2 + 1 : 1;  // judged on the first half, compared on the second
    for (std::size_t seed = judged != 0 ? 1 : first; seed <= days; ++seed) {
      std::vector<mote::item_id> kept;
      const items day = host::user_day(seed);
      for (const host::dialogue_item& i : day)
        for (const std::string& n : i.notes)
          if (ai.remember(n) == mote::status::ok) kept.push_back(ai.memory().newest());
      for (std::size_t kind = 0; kind < 4; ++kind) {
        const tally t = ask(ai, day, shown != 0, judged != 0 && seed < first, kind);
        if (seed < first) continue;
        kinds[kind].right += t.right, kinds[kind].asked += t.asked, kinds[kind].shown += t.shown;
      }
      for (const mote::item_id id : kept) (void)ai.forget(id);
    }
    const char* const names[2][4] = {
        {"days: orders", "", "days: notes", "days: what nobody knows"},
        {"later days, judged: orders", "", "later days, judged: notes", "later days, judged: what nobody knows"}};
    for (std::size_t kind : {0U, 2U, 3U}) print(names[judged][kind], shown, kinds[kind]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<std::byte> room(file.size() + 64);
  const std::size_t at = (64 - reinterpret_cast<std::uintptr_t>(room.data()) % 64) % 64;
  std::copy_n(reinterpret_cast<const std::byte*>(file.data()), file.size(), room.data() + at);
  const std::span<const std::byte> image(room.data() + at, file.size());
  const std::size_t days = std::stoul(argv[2]);
  measure<1>(image, days, 0);
  measure<1>(image, days, 1);
  measure<2>(image, days, 2);
  measure<4>(image, days, 4);
}
