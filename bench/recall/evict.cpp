// SPDX-License-Identifier: BSL-1.0
// Which text goes when a memory is full: evict FILE, as retrievers.cpp reads it. Of each dialogue the turns are said one by
// one; after each, a question about what was said is asked, some far more often than others: those that may be asked stand
// in an order of chance, and number n is asked with a share of 1/n (Zipf), or all equally. Judged: how many of them find a
// right text among five, and how many such texts are still kept.
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude bench/recall/evict.cpp
// Refuses to be part of the tests: the texts are not the project's, and when who asks what is made here.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <mote/core/rng.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/evict.hpp>

#include "question_set.hpp"

namespace {

std::vector<memory> memories;

template <class R, bool Zipf>
void measure(const char* name) {
  std::size_t asked = 0, found = 0, kept = 0;
  for (std::size_t d = 0; d < memories.size(); ++d) {
    const memory& m = memories[d];
    const auto index = std::make_unique<typename R::index>();
    std::vector<mote::item_id> ids;
    mote::rng chance(d + 1);
    std::vector<const question*> open;
    std::vector<std::vector<const question*>> opens(m.texts.size());
    for (const question& q : m.questions)
      if (!q.near) opens[*std::max_element(q.evidence.begin(), q.evidence.end())].push_back(&q);
    for (std::size_t t = 0; t < m.texts.size(); ++t) {
      ids.push_back(index->add(m.texts[t]) == mote::status::ok ? index->newest() : mote::item_id{});
      for (const question* const q : opens[t])
        open.insert(open.begin() + chance.below(static_cast<std::uint32_t>(open.size() + 1)), q);
      if (open.empty()) continue;
      std::size_t which = chance.below(static_cast<std::uint32_t>(open.size()));
      if constexpr (Zipf) {  // by the sum of 1/n
        double all = 0;
        for (std::size_t n = 1; n <= open.size(); ++n) all += 1.0 / static_cast<double>(n);
        double at = all * static_cast<double>(chance.below(1 << 24)) / (1 << 24);
        for (which = 0; which + 1 < open.size() && at >= 1.0 / static_cast<double>(which + 1); ++which)
          at -= 1.0 / static_cast<double>(which + 1);
      }
      const question& q = *open[which];
      mote::hit hits[5];
      const std::size_t count = index->search(q.text, hits);
      bool right = false, there = false;
      for (const std::size_t e : q.evidence) {
        there = there || !index->text(ids[e]).empty();
        for (std::size_t i = 0; i < count; ++i) right = right || ids[e] == hits[i].id;
      }
      for (std::size_t i = 0; i < count && i < 2; ++i) (void)mote::use_text(*index, hits[i].id);  // as a prompt of two
      ++asked;
      found += right ? 1 : 0;
      kept += there ? 1 : 0;
    }
  }
  const auto share = [&](std::size_t n) { return 100.0 * static_cast<double>(n) / static_cast<double>(asked); };
  std::printf("  %-28s %5.1f %% found, %5.1f %% kept, of %zu\n", name, share(found), share(kept), asked);
  std::fflush(stdout);
}

template <std::size_t Items, bool Zipf>
void of_size() {
  using words = mote::bm25<mote::bm25_knobs{.items = Items, .item_bytes = 128}>;
  std::printf("%zu texts of 128 bytes, %s\n", Items, Zipf ? "some asked more often" : "all asked equally");
  measure<words, Zipf>("the oldest goes");
  measure<mote::evict<words>, Zipf>("least_used");
  measure<mote::evict<words, mote::least_used_a_byte>, Zipf>("least_used_a_byte");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  memories = read_question_set(argv[1]);
  std::printf("%s\n", argv[1]);
  of_size<32, true>();
  of_size<64, true>();
  of_size<128, true>();
  of_size<256, true>();
  of_size<64, false>();
  of_size<256, false>();
}
