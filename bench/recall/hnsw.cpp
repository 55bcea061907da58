// SPDX-License-Identifier: BSL-1.0
// Queries a second and bytes of hnsw_index beside hnswlib, with the same vectors: hnsw TEXTS QUESTIONS, a text and a
// question on each line. Each is built once; queries are asked in turn, one by one, on one thread, three times; the
// best of each. recall@10 is of the ten largest cosines, which flat_index finds.
//   git clone https://github.com/nmslib/hnswlib
//   g++ -std=c++23 -O3 -march=native -DNDEBUG -DITEMS=20000 -Ihnswlib -Iinclude -isystem XSIMD bench/recall/hnsw.cpp
// Refuses to be part of the tests: hnswlib is not the project's.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <hnswlib/hnswlib.h>
#include <mote/recall/flat.hpp>
#include <mote/recall/hnsw.hpp>

namespace {

constexpr std::size_t items = ITEMS, dims = 256, degree = 16, build = 100;
using embedder = mote::hashed_ngrams<dims, 4>;
using vector = embedder::item;

struct rows {  // what an index asks of a store
  std::size_t count = 0;
  std::size_t size() const { return count; }
  static std::size_t row(std::size_t place) { return place; }
  static mote::item_id id(std::size_t row) { return mote::item_id{static_cast<std::uint32_t>(row + 1)}; }
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::vector<vector> vectors_of(const char* file, std::size_t most) {
  std::vector<vector> all;
  std::set<std::string> known;
  std::ifstream in(file);
  for (std::string line; all.size() < most && std::getline(in, line);) {
    vector v;
    if (known.insert(line).second && embedder::embed(line, v) == mote::status::ok) all.push_back(v);
  }
  return all;
}
std::vector<float> floats_of(const vector& v) {  // of length 1
  std::vector<float> all(dims);
  for (std::size_t i = 0; i < dims; ++i) all[i] = static_cast<float>(v.codes[i]) * v.scale;
  return all;
}

std::vector<vector> texts, questions;
std::vector<std::set<std::size_t>> right;
rows store;

struct measured {
  double recall = 0, queries_a_second = 0;
};
template <class Ask>
measured run(Ask&& ask) {
  measured m;
  for (int round = 0; round < 3; ++round) {
    std::size_t found = 0;
    const double begin = now();
    std::vector<std::array<std::size_t, 10>> answers(questions.size());
    for (std::size_t q = 0; q < questions.size(); ++q) answers[q] = ask(q);
    const double seconds = now() - begin;
    for (std::size_t q = 0; q < questions.size(); ++q)
      for (const std::size_t row : answers[q]) found += right[q].contains(row) ? 1 : 0;
    m.recall = static_cast<double>(found) / (10.0 * static_cast<double>(questions.size()));
    m.queries_a_second = std::max(m.queries_a_second, static_cast<double>(questions.size()) / seconds);
  }
  return m;
}
template <class Index>
std::array<std::size_t, 10> ask_index(const Index& index, std::size_t q) {
  std::array<mote::hit, 10> hits;
  mote::best_hits best(hits);
  index.search(questions[q], store, best);
  std::array<std::size_t, 10> out;
  out.fill(items);
  for (std::size_t i = 0; i < best.found(); ++i) out[i] = static_cast<std::size_t>(hits[i].id) - 1;
  return out;
}
void say(const char* name, std::size_t search, const measured& m, std::size_t bytes, double seconds) {
  std::printf("%-10s search %4zu: recall@10 %.4f, %9.0f queries/s, %11zu bytes, built in %.1f s\n", name, search,
              m.recall, m.queries_a_second, bytes, seconds);
  std::fflush(stdout);
}

template <std::size_t Search>
void mine() {
  using index_type = mote::hnsw_index<vector, items, degree, build, Search, -2.0F>;
  const auto index = std::make_unique<index_type>();
  const double begin = now();
  for (std::size_t row = 0; row < texts.size(); ++row) index->add(row, texts[row]);
  const double built = now() - begin;
  say("mote", Search, run([&](std::size_t q) { return ask_index(*index, q); }), sizeof(index_type), built);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  texts = vectors_of(argv[1], items);
  questions = vectors_of(argv[2], 2000);
  store.count = texts.size();
  std::printf("%zu texts, %zu questions, %zu codes\n", texts.size(), questions.size(), dims);
  const auto flat = std::make_unique<mote::flat_index<vector, items, -2.0F>>();
  for (std::size_t row = 0; row < texts.size(); ++row) flat->add(row, texts[row]);
  right.resize(questions.size());
  for (std::size_t q = 0; q < questions.size(); ++q)
    for (const std::size_t row : ask_index(*flat, q)) right[q].insert(row);
  say("flat", 0, run([&](std::size_t q) { return ask_index(*flat, q); }), sizeof *flat, 0);

  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  hnswlib::InnerProductSpace space(dims);
  hnswlib::HierarchicalNSW<float> theirs(&space, items, degree, build);
  const double begin = now();
  for (std::size_t row = 0; row < texts.size(); ++row) theirs.addPoint(floats_of(texts[row]).data(), row);
  const double built = now() - begin;
  const std::size_t bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  std::vector<std::vector<float>> asked;
  for (const vector& q : questions) asked.push_back(floats_of(q));
  const auto compare = [&]<std::size_t Search>() {
    theirs.setEf(Search);
    const measured m = run([&](std::size_t q) {
      std::array<std::size_t, 10> out;
      out.fill(items);
      auto found = theirs.searchKnn(asked[q].data(), 10);
      for (std::size_t i = 0; !found.empty(); found.pop()) out[i++] = found.top().second;
      return out;
    });
    say("hnswlib", Search, m, bytes, built);
    mine<Search>();
  };
  compare.operator()<50>();
  compare.operator()<100>();
  compare.operator()<200>();
  compare.operator()<300>();
  compare.operator()<400>();
  compare.operator()<800>();
}
