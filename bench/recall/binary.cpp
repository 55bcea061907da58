// SPDX-License-Identifier: BSL-1.0
// How much of flat<>'s first 2 and 10 hits binary<> finds with its default knobs: binary FILE..., as dialogues.py and
// sets.py print them. All texts of a file are one memory; about 300 of its questions are asked.
//   g++ -std=c++23 -O3 -march=native -DITEMS=6000 -DITEM_BYTES=600 ...
// Refuses to be part of the tests: the texts are not the project's.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <mote/recall/binary.hpp>

#include "question_set.hpp"

namespace {

template <std::size_t Gram>
void measure(const char* file, const std::vector<std::string>& texts, const std::vector<std::string>& questions) {
  constexpr mote::binary_knobs bits{.items = ITEMS, .item_bytes = ITEM_BYTES, .gram = Gram};
  constexpr mote::flat_knobs bytes{.items = ITEMS, .item_bytes = ITEM_BYTES, .gram = Gram};
  const auto by_bits = std::make_unique<typename mote::binary<bits>::index>();
  const auto exact = std::make_unique<typename mote::flat<bytes>::index>();
  for (const std::string& t : texts) {
    (void)by_bits->add(t);
    (void)exact->add(t);
  }
  for (const std::size_t most : {2, 10}) {
    std::size_t all = 0, both = 0;
    for (std::size_t q = 0; q < questions.size(); q += std::max<std::size_t>(1, questions.size() / 300)) {
      std::array<mote::hit, 10> a, b;
      const std::size_t wanted = exact->search(questions[q], std::span(a).first(most));
      const std::size_t found = by_bits->search(questions[q], std::span(b).first(most));
      all += wanted;
      for (const mote::hit& h : std::span(a).first(wanted))
        both += std::any_of(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(found),
                            [&](const mote::hit& o) { return o.id == h.id; })
                    ? 1
                    : 0;
    }
    std::printf("%s: %zu texts, runs of %zu, of the first %zu: %.3f\n", file, by_bits->size(), Gram, most,
                static_cast<double>(both) / static_cast<double>(all));
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::vector<std::string> texts, questions;
    for (const memory& m : read_question_set(argv[i])) {
      texts.insert(texts.end(), m.texts.begin(), m.texts.end());
      for (const question& q : m.questions) questions.push_back(q.text);
    }
    measure<3>(argv[i], texts, questions);
    measure<4>(argv[i], texts, questions);
  }
}
