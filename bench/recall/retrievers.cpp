// SPDX-License-Identifier: BSL-1.0
// How often each retriever finds a right text among its first 1, 2, 5 hits, in a budget of bytes: retrievers FILE, as
// dialogues.py and sets.py print it. Each memory takes all texts in their order and keeps what it has room for. Two
// rows of figures: what was tuned on the first half (of the memories, or of the questions if there is one) shows in the
// second.
//   g++ -std=c++23 -O2 -DBUDGET=64 -DMEAN_BYTES=131 ...        or all of them: budgets.py
// Refuses to be part of the tests: the texts are not the project's.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <mote/recall/binary.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>
#include <mote/recall/hnsw.hpp>
#include <mote/recall/ivf.hpp>
#include <mote/recall/mmr.hpp>
#include <mote/recall/ngrams.hpp>
#include <mote/recall/recent.hpp>

#include "question_set.hpp"

namespace {

#ifndef EVERY
#define EVERY 1  // of so many questions one is asked, and of the retrievers fewer
#endif
constexpr std::size_t mean_bytes = MEAN_BYTES;  // of a text
constexpr std::size_t budget = BUDGET * std::size_t{1024};

std::vector<memory> memories;

template <std::size_t N>
using words = mote::bm25<mote::bm25_knobs{.items = N, .item_bytes = mean_bytes, .least = 0, .share = 0, .alike = 1}>;
template <std::size_t N>
using words_with_floors = mote::bm25<mote::bm25_knobs{.items = N, .item_bytes = mean_bytes}>;
template <std::size_t N>
using letters = mote::flat<mote::flat_knobs{.items = N, .item_bytes = mean_bytes, .gram = 4}>;
template <std::size_t N>
using bits = mote::binary<mote::binary_knobs{.items = N, .item_bytes = mean_bytes, .gram = 4}>;
template <std::size_t N>
using graph = mote::hnsw<mote::hnsw_knobs{.items = N, .item_bytes = mean_bytes}>;
constexpr std::size_t root_of(std::size_t n) {
  std::size_t root = 1;
  while (root * root < n) ++root;
  return root;
}
template <std::size_t N>
using lists = mote::ivf<mote::ivf_knobs{
    .items = N, .item_bytes = mean_bytes, .lists = root_of(N), .probes = (root_of(N) + 1) / 2}>;
template <std::size_t N>
using newest = mote::recent<mote::recent_knobs{.items = N, .item_bytes = mean_bytes}>;
template <std::size_t N>
using reread = mote::ngrams<mote::ngrams_knobs{.items = N, .item_bytes = mean_bytes}>;
template <std::size_t N>
using words_letters = mote::fuse<words<N>, letters<N>>;
template <std::size_t N>
using words_bits = mote::fuse<words<N>, bits<N>>;
template <std::size_t N>
using words_reread = mote::fuse<words<N>, reread<N>>;
template <std::size_t N>
using floors_reread = mote::fuse<words_with_floors<N>, reread<N>>;
template <std::size_t N>
using different = mote::mmr<words<N>>;

/// As many as the budget holds, 4,096 at most: more than any memory of these sets has. From a number that is too large
/// down, then up again: an inverted index is larger than one that reads the texts.
template <template <std::size_t> class Of, std::size_t Guess = std::min<std::size_t>(4096, budget / mean_bytes)>
constexpr std::size_t most_items() {
  constexpr std::size_t bytes = Of<Guess>::ram_bytes;
  constexpr std::size_t next = std::min<std::size_t>(4096, Guess * budget / bytes);
  if constexpr (bytes > budget) return most_items<Of, std::max<std::size_t>(1, std::min(Guess - 1, next))>();
  else if constexpr (next > Guess && Of<next>::ram_bytes <= budget) return most_items<Of, next>();
  else return Guess;
}

template <template <std::size_t> class Of>
void measure(const char* name) {
  constexpr std::size_t items = most_items<Of>();
  static_assert(Of<items>::ram_bytes <= budget);
  std::size_t hits[2][3] = {}, asked[2] = {};
  for (const memory& m : memories) {
    const auto memory = std::make_unique<typename Of<items>::index>();
    std::vector<mote::item_id> ids;
    for (const std::string& t : m.texts)
      ids.push_back(memory->add(t) == mote::status::ok ? memory->newest() : mote::item_id{});
    for (const question& q : m.questions) {
      if ((&q - m.questions.data()) % EVERY != 0) continue;
      const auto number =
          static_cast<std::size_t>(memories.size() == 1 ? (&q - m.questions.data()) / EVERY : &m - memories.data());
      const bool half = memories.size() == 1 ? number % 2 != 0 : 2 * number >= memories.size();
      count_hits(*memory, q, ids, hits[half]);
      ++asked[half];
    }
  }
  const auto share = [](std::size_t n, std::size_t of) {
    return 100.0 * static_cast<double>(n) / static_cast<double>(of);
  };
  std::printf("%3zu KB  %-24s %4zu items ", std::size_t{BUDGET}, name, items);
  for (std::size_t depth = 0; depth < 3; ++depth)
    std::printf(" %5.1f", share(hits[0][depth] + hits[1][depth], asked[0] + asked[1]));
  for (std::size_t half = 0; half < 2; ++half) {
    std::printf("  |");
    for (std::size_t depth = 0; depth < 3; ++depth) std::printf(" %5.1f", share(hits[half][depth], asked[half]));
  }
  std::printf(" %% of %zu, %zu, %zu\n", asked[0] + asked[1], asked[0], asked[1]);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  memories = read_question_set(argv[1]);
  measure<words>("bm25, every hit");
  measure<words_with_floors>("bm25");
  measure<letters>("flat, 256, 4-grams");
  measure<bits>("binary, 256, 4-grams");
  measure<reread>("ngrams");
  measure<graph>("hnsw, 256, 4-grams");
  measure<lists>("ivf, 256, 4-grams");
  measure<floors_reread>("the same, bm25's floors");
  if constexpr (EVERY != 1) return 0;
  measure<words_letters>("fuse<bm25, flat>");
  measure<words_bits>("fuse<bm25, binary>");
  measure<words_reread>("fuse<bm25, ngrams>");
  measure<different>("mmr<bm25>");
  measure<newest>("recent");
}
