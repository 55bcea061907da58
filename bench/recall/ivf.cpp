// SPDX-License-Identifier: BSL-1.0
// How much of flat_index's first ten an ivf_index finds, and queries a second, by how many of its lists are read, beside
// faiss's IndexIVFScalarQuantizer with as many lists: ivf TEXTS QUESTIONS, a text and a question on each line. One
// thread, queries in turn, one by one; the best of five rounds. Also with means that stay, those that the index
// has made, and with a third of the adds for texts that were erased before.
//   g++ -std=c++23 -O3 -march=native -DNDEBUG -DITEMS=20000 -DLISTS=128 -Ifaiss -Iinclude -isystem XSIMD ...
// Refuses to be part of the tests: faiss is not the project's.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <mote/core/rng.hpp>
#include <mote/recall/ivf.hpp>

#if WITH_FAISS
#include <omp.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#endif

namespace {

constexpr std::size_t items = ITEMS, lists = LISTS, dims = 256;
using embedder = mote::hashed_ngrams<dims, 4>;
using vector = embedder::item;
using ten = std::array<std::size_t, 10>;

struct rows {  // what an index asks of a store
  std::vector<std::size_t> order;
  std::size_t size() const { return order.size(); }
  std::size_t row(std::size_t place) const { return order[place]; }
  static mote::item_id id(std::size_t row) { return mote::item_id{static_cast<std::uint32_t>(row + 1)}; }
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::vector<vector> vectors_of(const char* file, std::size_t most, std::size_t stride) {
  std::vector<vector> all;
  std::ifstream in(file);
  std::size_t n = 0;
  for (std::string line; all.size() < most && std::getline(in, line);)
    if (vector v; n++ % stride == 0 && embedder::embed(line, v) == mote::status::ok) all.push_back(v);
  return all;
}

template <class Index>
ten first_ten(const Index& index, const vector& query, const rows& store) {
  std::array<mote::hit, 10> hits;
  mote::best_hits best(hits);
  index.search(query, store, best);
  ten out;
  out.fill(items);
  for (std::size_t i = 0; i < best.found(); ++i) out[i] = static_cast<std::size_t>(hits[i].id) - 1;
  return out;
}

std::vector<ten> exact;
double flat_queries = 0.0;

void report(const char* name, std::size_t probes, std::size_t questions, const std::function<ten(std::size_t)>& ask) {
  std::vector<ten> answers(questions);
  double seconds = 1e9;
  for (int round = 0; round < 5; ++round) {
    const double begin = now();
    for (std::size_t q = 0; q < questions; ++q) answers[q] = ask(q);
    seconds = std::min(seconds, now() - begin);
  }
  if (exact.empty()) exact = answers, flat_queries = static_cast<double>(questions) / seconds;
  std::size_t both = 0, all = 0;
  for (std::size_t q = 0; q < questions; ++q)
    for (const std::size_t row : exact[q]) {
      if (row == items) continue;
      ++all;
      both += std::find(answers[q].begin(), answers[q].end(), row) != answers[q].end() ? 1 : 0;
    }
  const double queries = static_cast<double>(questions) / seconds;
  std::printf("%-36s %4zu lists read: recall@10 %.3f, %6.0f queries/s, %.2f of flat_index\n", name, probes,
              static_cast<double>(both) / static_cast<double>(all), queries, queries / flat_queries);
  std::fflush(stdout);
}

/// Means of a table, filled before the first use.
std::array<vector, lists> table;

template <class Means, std::size_t Probes>
void measure(const char* name, const std::vector<vector>& texts, const std::vector<vector>& questions, bool erases) {
  using index_type = mote::ivf_index<mote::kept_vectors<vector, items>, Means, items, Probes>;
  const auto index = std::make_unique<index_type>();
  rows store;
  mote::rng random(1);
  const double begin = now();
  std::size_t adds = 0;
  const auto add = [&](std::size_t row) {
    store.order.push_back(row);
    index->add(row, texts[row], store);
    ++adds;
  };
  for (std::size_t row = 0; row < texts.size(); ++row) {
    add(row);
    if (!erases || row % 2 != 0) continue;
    const std::size_t place = random.below(static_cast<std::uint32_t>(store.size()));
    const std::size_t again = store.order[place];
    index->remove(again, store);
    store.order.erase(store.order.begin() + static_cast<std::ptrdiff_t>(place));
    add(again);
  }
  const double microseconds = 1e6 * (now() - begin) / static_cast<double>(adds);
  report(name, Probes, questions.size(), [&](std::size_t q) { return first_ten(*index, questions[q], store); });
  if (Probes != lists / 4) return;
  std::printf("    %.1f us an add, %zu bytes\n", microseconds, sizeof(index_type));
  for (std::size_t list = 0; list < lists; ++list) table[list] = index->means().mean(list);
}
template <std::size_t... Parts>
void measure_all(const std::vector<vector>& texts, const std::vector<vector>& questions,
                 std::index_sequence<Parts...>) {
  using moving = mote::moving_means<vector, lists>;
  (measure<moving, std::max<std::size_t>(1, lists >> Parts)>("ivf_index", texts, questions, false), ...);
  measure<moving, lists / 4>("ivf_index, a third moved about", texts, questions, true);
  measure<mote::fixed_means<table>, lists / 4>("ivf_index, means of a table", texts, questions, false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto texts = vectors_of(argv[1], items, 1), questions = vectors_of(argv[2], 500, 4);
  std::printf("%zu texts, %zu questions, %zu codes, %zu lists\n", texts.size(), questions.size(), dims, lists);
  {
    const auto flat = std::make_unique<mote::flat_index<vector, items>>();
    rows store;
    for (std::size_t row = 0; row < texts.size(); ++row) {
      flat->add(row, texts[row]);
      store.order.push_back(row);
    }
    report("flat_index", lists, questions.size(), [&](std::size_t q) { return first_ten(*flat, questions[q], store); });
  }
  measure_all(texts, questions, std::index_sequence<5, 4, 3, 2, 1, 0>{});
#if WITH_FAISS
  omp_set_num_threads(1);
  const auto floats = [](const std::vector<vector>& of) {
    std::vector<float> all;
    for (const vector& v : of)
      for (const std::int8_t c : v.codes) all.push_back(static_cast<float>(c) * v.scale);
    return all;
  };
  const std::vector<float> from = floats(texts), asked = floats(questions);
  faiss::IndexFlatIP coarse(static_cast<int>(dims));
  faiss::IndexIVFScalarQuantizer index(&coarse, dims, lists, faiss::ScalarQuantizer::QT_8bit,
                                       faiss::METRIC_INNER_PRODUCT, false);
  index.cp.spherical = true;
  double begin = now();
  index.train(static_cast<faiss::idx_t>(texts.size()), from.data());
  std::printf("faiss: trained in %.2f s,", now() - begin);
  begin = now();
  index.add(static_cast<faiss::idx_t>(texts.size()), from.data());
  std::printf(" %.1f us an add (all at once)\n", 1e6 * (now() - begin) / static_cast<double>(texts.size()));
  for (std::size_t part = 6; part-- > 0;) {
    index.nprobe = std::max<std::size_t>(1, lists >> part);
    report("faiss IVF, QT_8bit", index.nprobe, questions.size(), [&](std::size_t q) {
      std::array<float, 10> scores;
      std::array<faiss::idx_t, 10> ids;
      index.search(1, asked.data() + q * dims, 10, scores.data(), ids.data());
      ten out;
      for (std::size_t i = 0; i < 10; ++i) out[i] = ids[i] < 0 ? items : static_cast<std::size_t>(ids[i]);
      return out;
    });
  }
#endif
}
