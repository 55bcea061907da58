// SPDX-License-Identifier: BSL-1.0
// What a floor keeps out and loses: refusing FILE OTHER, as dialogues.py and sets.py print them. Each question is asked
// of a memory of 8, 30, 64 and 500 texts around one that answers it (answered), of the same memory without those that
// do (removed), and each memory is asked a question that nothing in it is near: of another memory (far), of the other
// file (foreign). Questions of dialogues about what the other person said, which have no answer, are `near`. Floors are
// calibrated on one half and judged on the other, both ways; `lost` are right texts among two hits.
//   g++ -std=c++23 -O2 -DITEM_BYTES=200 ...
// Refuses to be part of the tests: the texts are not the project's.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <mote/core/rng.hpp>
#include <mote/host/report/floor.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/flat.hpp>

#include "question_set.hpp"

namespace {

std::vector<memory> all, other;

const question& any_question(mote::rng& random, const std::vector<memory>& of) {
  const memory& m = of[random.below(static_cast<std::uint32_t>(of.size()))];
  return m.questions[random.below(static_cast<std::uint32_t>(m.questions.size()))];
}

template <class Retriever>
void measure(const char* name, std::size_t size) {
  mote::rng random(1);
  std::array<std::vector<float>, 2> right;
  std::map<std::string, std::array<std::vector<float>, 2>> without;
  const std::size_t stride = getenv("STRIDE") != nullptr ? std::stoul(getenv("STRIDE")) : 1;
  for (std::size_t at = 0; at < all.size(); ++at) {
    const memory& m = all[at];
    const std::size_t count = std::min(size, m.texts.size());
    for (std::size_t n = 0; n < m.questions.size(); n += stride) {
      const question& q = m.questions[n];
      const bool half = all.size() == 1 ? n / stride % 2 != 0 : 2 * at >= all.size();
      const std::size_t centre = q.evidence[random.below(static_cast<std::uint32_t>(q.evidence.size()))];
      const std::size_t before = random.below(static_cast<std::uint32_t>(count));
      const std::size_t first = std::min(centre > before ? centre - before : 0, m.texts.size() - count);
      const auto is_right = [&](std::size_t i) {
        return std::find(q.evidence.begin(), q.evidence.end(), i) != q.evidence.end();
      };
      mote::host::floor_meter<Retriever> notes;
      std::vector<std::size_t> in_memory;
      for (std::size_t i = first; i < first + count; ++i) {
        if (is_right(i)) in_memory.push_back(i - first);
        (void)notes.add(m.texts[i]);
      }
      const mote::host::sureness sure = notes.ask(q.text, in_memory);
      if (q.near) without["near"][half].push_back(sure.best);
      else if (sure.right > 0.0F) right[half].push_back(sure.right);
      without["foreign"][half].push_back(notes.ask(any_question(random, other).text, {}).best);
      if (all.size() > 1) {
        const std::size_t next = (at + 1 + random.below(static_cast<std::uint32_t>(all.size() - 1))) % all.size();
        const auto& far = all[next].questions;
        without["far"][half].push_back(
            notes.ask(far[random.below(static_cast<std::uint32_t>(far.size()))].text, {}).best);
      } else {
        for (int tries = 0; tries < 50; ++tries) {  // of other pages: none of its texts within 12 of the memory
          const question& far = any_question(random, all);
          bool apart = true;
          for (const std::size_t e : far.evidence) apart = apart && (e + 12 < first || e > first + count + 12);
          if (!apart) continue;
          without["far"][half].push_back(notes.ask(far.text, {}).best);
          break;
        }
      }
      if (q.near) continue;
      mote::host::floor_meter<Retriever> rest;
      for (std::size_t i = first; i < first + count; ++i)
        if (!is_right(i)) (void)rest.add(m.texts[i]);
      without["removed"][half].push_back(rest.ask(q.text, {}).best);
    }
  }
  std::printf("%-8s %3zu texts: right among two in %zu and %zu; ", name, size, right[0].size(), right[1].size());
  double lost = 0.0;
  std::array<float, 2> floor{};
  for (std::size_t half = 0; half < 2; ++half) {
    floor[half] = mote::host::floor_that_loses(right[half], 0.03);
    lost += 50.0 * mote::host::part_below(right[1 - half], floor[half]);
  }
  std::printf("floors %.3f %.3f lose %.1f %%;", static_cast<double>(floor[0]), static_cast<double>(floor[1]), lost);
  for (const auto& [kind, found] : without) {
    double refused = 0.0, area = 0.0;
    for (std::size_t half = 0; half < 2; ++half) {
      refused += 50.0 * mote::host::part_below(found[1 - half], floor[half]);
      area += 0.5 * mote::host::area_of_floors(right[half], found[half]);
    }
    std::printf(" %s %.1f %% (%.3f)", kind.c_str(), refused, area);
  }
  std::printf("\n");
  for (const float least : {0.03F, 0.04F, 0.05F, 0.06F, 0.08F, 0.1F, 0.15F, 0.2F, 0.3F, 0.4F, 0.5F}) {
    std::printf("    %.2f loses %4.1f %4.1f %%; ", static_cast<double>(least),
                100.0 * mote::host::part_below(right[0], least), 100.0 * mote::host::part_below(right[1], least));
    for (const auto& [kind, found] : without)
      std::printf(" %s %5.1f %5.1f %%", kind.c_str(), 100.0 * mote::host::part_below(found[0], least),
                  100.0 * mote::host::part_below(found[1], least));
    std::printf("\n");
  }
  std::fflush(stdout);
}

template <std::size_t Items>
void measure_all() {
  constexpr std::size_t bytes = ITEM_BYTES;
  // Inverted, which is faster here; the scores are the same.
  constexpr mote::bm25_knobs words{.items = 1025, .item_bytes = bytes, .least = 0, .share = 0, .alike = 1};
  measure<mote::bm25<words>>("bm25", Items);
  measure<mote::flat<mote::flat_knobs{.items = Items, .item_bytes = bytes, .dims = 256, .gram = 4}>>("flat", Items);
  measure<mote::flat<mote::flat_knobs{.items = Items, .item_bytes = bytes, .dims = 1024, .gram = 3}>>("ngrams", Items);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  all = read_question_set(argv[1]);
  other = read_question_set(argv[2]);
  measure_all<8>();
  measure_all<30>();
  measure_all<64>();
  measure_all<500>();
}
