// SPDX-License-Identifier: BSL-1.0
// How many answers of the shipped model are right, by what is put in its prompt: prompts HEARTH.MOTE DAYS. A day is
// twelve facts of the held-out split, questions about them, orders, and questions that nothing answers. Four ways to
// note the facts: a note each; four in one note; all in one note; and each said twice.
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude -Itools -Imodels/hearth bench/recall/prompts.cpp
// Refuses to be a test: it takes minutes.
#include <algorithm>
#include <array>
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

#include "hearth.hpp"

namespace {

namespace host = mote::host;

// A retriever's hits the other way round: the worst stands next to the question.
template <class Index>
struct other_way_index : Index {
  template <class Query, class Items>
  void search(const Query& query, const Items& items, mote::best_hits& best) const {
    std::array<mote::hit, 8> room;
    mote::best_hits found(std::span<mote::hit>(room).first(std::min<std::size_t>(best.most(), 8)));
    Index::search(query, items, found);
    for (std::size_t i = 0; i < found.found(); ++i) best.offer(room[i].id, static_cast<float>(i + 1));
  }
};
template <class R>
using other_way = mote::retrieve<typename R::store, typename R::features, other_way_index<typename R::finder>>;

struct counts {
  std::size_t right[4] = {}, asked[4] = {};
  std::size_t refused = 0, notes = 0;
};

struct day {
  std::vector<host::dialogue_item> items;
  std::vector<std::string> notes;
};

std::vector<day> days_of(std::size_t many, int way) {
  std::vector<day> all;
  for (std::size_t seed = 1; seed <= many; ++seed) {
    day d{.items = host::user_day(seed), .notes = {}};
    std::vector<std::string> facts;
    for (const host::dialogue_item& i : d.items)
      for (const std::string& n : i.notes) facts.push_back(n);
    if (way == 0) d.notes = facts;
    const std::size_t in_one = way == 1 ? 4 : 12;
    for (std::size_t i = 0; (way == 1 || way == 2) && i < facts.size(); i += in_one) {
      std::string note;
      for (std::size_t k = i; k < std::min(i + in_one, facts.size()); ++k) note += (k == i ? "" : " ") + facts[k];
      d.notes.push_back(note);
    }
    if (way == 3)
      for (const std::string& f : facts) {
        d.notes.push_back("By the way: " + f);
        d.notes.push_back(f);
      }
    all.push_back(d);
  }
  return all;
}

template <class Recall>
void measure(const char* name, std::span<const std::byte> image, const std::vector<day>& days) {
  using assistant = mote::pipeline<hearth, mote::quantize<8>, mote::interleave<1>, Recall>;
  counts c;
  for (const day& d : days) {
    const auto ai = std::make_unique<assistant>();
    if (ai->attach(image) != mote::status::ok) std::abort();
    for (const std::string& n : d.notes) {
      ++c.notes;
      if (ai->remember(n) != mote::status::ok) ++c.refused;
    }
    for (const host::dialogue_item& i : d.items) {
      std::string said;
      for (const std::string_view piece : ai->ask(i.prompt, 64)) said += piece;
      const auto kind = static_cast<std::size_t>(i.kind);
      ++c.asked[kind];
      c.right[kind] += said == i.answer ? 1 : 0;
    }
  }
  std::printf("  %-42s recall %3zu of %zu, unknown %2zu of %zu, orders %3zu of %zu; %zu of %zu notes refused\n", name,
              c.right[2], c.asked[2], c.right[3], c.asked[3], c.right[0], c.asked[0], c.refused, c.notes);
  std::fflush(stdout);
}

template <std::size_t Hits, std::size_t Tokens = 96, class R = mote::bm25<>>
using put = mote::rag<R, mote::rag_knobs{.hits = Hits, .tokens = Tokens}>;
template <std::size_t Bytes>
using cut = mote::pieces<mote::bm25<>, mote::pieces_knobs{.piece_bytes = Bytes}>;
template <std::size_t Bytes>
using alone = mote::pieces<mote::bm25<>, mote::pieces_knobs{.piece_bytes = Bytes, .sentences = true}>;

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<std::byte> room(file.size() + 64);
  const std::size_t at = (64 - reinterpret_cast<std::uintptr_t>(room.data()) % 64) % 64;
  std::copy_n(reinterpret_cast<const std::byte*>(file.data()), file.size(), room.data() + at);
  const std::span<const std::byte> image(room.data() + at, file.size());
  for (int way = 0; way < 4; ++way) {
    const auto days = days_of(std::stoul(argv[2]), way);
    std::printf("%s\n", way == 0   ? "a note each"
                        : way == 1 ? "four facts in a note"
                        : way == 2 ? "twelve facts in a note"
                                   : "each said twice");
    const auto run = [&]<class Recall>(const char* name) { measure<Recall>(name, image, days); };
    run.operator()<put<2>>("bm25<>, 2 hits");
    run.operator()<put<1>>("bm25<>, 1 hit");
    run.operator()<put<4, 160>>("bm25<>, 4 hits, 160 tokens");
    run.operator()<put<2, 96, other_way<mote::bm25<>>>>("bm25<>, 2 hits, worst last");
    run.operator()<put<2, 96, cut<192>>>("pieces<bm25<>>, 2 hits");
    run.operator()<put<2, 96, cut<64>>>("pieces<bm25<>, 64>, 2 hits");
    run.operator()<put<2, 96, alone<192>>>("pieces<bm25<>> by sentences, 2 hits");
    run.operator()<put<1, 96, alone<192>>>("pieces<bm25<>> by sentences, 1 hit");
  }
}
