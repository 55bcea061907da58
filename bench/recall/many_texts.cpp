// SPDX-License-Identifier: BSL-1.0
// Queries a second of bm25<> over many texts, inverted and by reading all again: many_texts TEXTS QUESTIONS, a line
// each.
// Refuses to compare with others: fts5.py does, in one run.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <mote/recall/bm25.hpp>

#ifndef ITEMS
#define ITEMS 10'000
#endif

namespace {

constexpr mote::bm25_knobs knobs{.items = ITEMS, .item_bytes = ITEM_BYTES, .least = 0, .share = 0, .alike = 1};
mote::bm25<knobs>::index inverted;
mote::retrieve<mote::item_store<knobs.items, knobs.item_bytes>, mote::counted_words<mote::english>,
               mote::bm25_index<mote::english, knobs>>::index scan;

std::vector<std::string> lines(const char* file) {
  std::vector<std::string> all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

template <class F>
double seconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Index>
std::size_t ask(const Index& index, const std::vector<std::string>& questions, std::size_t count) {
  std::size_t found = 0;
  mote::hit hits[5];
  for (std::size_t q = 0; q < count; ++q) found += index.search(questions[q], hits);
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto texts = lines(argv[1]), questions = lines(argv[2]);
  const std::size_t few = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 0;
  const double added = seconds([&] {
    for (const std::string& t : texts) (void)inverted.add(t);
  });
  std::size_t found = 0;
  const double asked = seconds([&] { found = ask(inverted, questions, questions.size()); });
  std::printf("inverted: %zu texts, %zu bytes, add %.0f/s, %.0f queries/s, %zu found\n", inverted.size(),
              sizeof inverted, static_cast<double>(texts.size()) / added, static_cast<double>(questions.size()) / asked,
              found);
  if (few == 0) return 0;
  for (const std::string& t : texts) (void)scan.add(t);
  const double read = seconds([&] { found = ask(scan, questions, few); });
  std::printf("scan: %zu texts, %zu bytes, %.1f queries/s, %zu found; inverted finds %zu\n", scan.size(), sizeof scan,
              static_cast<double>(few) / read, found, ask(inverted, questions, few));
}
