// SPDX-License-Identifier: BSL-1.0
// What a fuse of words and letters learns from use: learned FILE, as retrievers.cpp reads it. Of each memory every second
// question is told with a right text that was found; judged are the others: a right text among the first 1, 2, 5 hits.
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude bench/recall/learned.cpp
// Refuses to be part of the tests: the texts are not the project's.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <mote/recall/bm25.hpp>
#include <mote/recall/flat.hpp>
#include <mote/recall/learned_weights.hpp>

#include "question_set.hpp"

namespace {

// Letters are those of ngrams<>; they are kept, which is faster and finds the same.
constexpr std::size_t items = 3300, item_bytes = 400;
using words =
    mote::bm25<mote::bm25_knobs{.items = items, .item_bytes = item_bytes, .least = 0, .share = 0, .alike = 1}>;
using letters = mote::flat<mote::flat_knobs{.items = items, .item_bytes = item_bytes, .dims = 1024}>;
constexpr mote::fuse_knobs equal{.second = 1.0F};

std::vector<memory> memories;

template <class R>
void measure(const char* name) {
  std::size_t hits[3] = {}, asked = 0, told = 0;
  for (const memory& m : memories) {
    const auto index = std::make_unique<typename R::index>();
    std::vector<mote::item_id> ids;
    for (const std::string& t : m.texts)
      ids.push_back(index->add(t) == mote::status::ok ? index->newest() : mote::item_id{});
    if constexpr (requires { index->helped("", mote::item_id{}); })
      for (std::size_t q = 0; q < m.questions.size(); q += 2) {
        mote::hit found[16];
        const std::size_t count = index->search(m.questions[q].text, found);
        for (std::size_t i = 0, done = 0; i < count && done == 0; ++i)
          for (const std::size_t e : m.questions[q].evidence)
            if (ids[e] == found[i].id && done++ == 0) (void)index->helped(m.questions[q].text, found[i].id), ++told;
      }
    for (std::size_t q = 1; q < m.questions.size(); q += 2) {
      count_hits(*index, m.questions[q], ids, hits);
      ++asked;
    }
  }
  std::printf("  %-24s", name);
  for (const std::size_t h : hits) std::printf(" %5.1f", 100.0 * static_cast<double>(h) / static_cast<double>(asked));
  std::printf(" %% of %zu; %zu told\n", asked, told);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  memories = read_question_set(argv[1]);
  std::printf("%s\n", argv[1]);
  measure<words>("words");
  measure<letters>("letters");
  measure<mote::fuse<words, letters, equal>>("equal");
  measure<mote::fuse<words, letters, equal, mote::learned_weights<>>>("equal, learned");
  measure<mote::fuse<words, letters>>("the knobs'");
  measure<mote::fuse<words, letters, mote::fuse_knobs{}, mote::learned_weights<>>>("the knobs', learned");
}
