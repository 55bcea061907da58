// SPDX-License-Identifier: BSL-1.0
// Queries a second of flat_index beside faiss's scalar quantizer, with the same vectors, and which part of flat_index's
// first hits binary_index finds: faiss TEXTS QUESTIONS, a text and a question on each line. One thread, queries in
// turn, one by one; the best of five rounds, in which all take turns.
//   git clone https://github.com/facebookresearch/faiss; its sources with -O3 -march=native -DCOMPILE_SIMD_AVX2
//   g++ -std=c++23 -O3 -march=native -DNDEBUG -DITEMS=20000 -Ifaiss -Iinclude -isystem XSIMD bench/recall/faiss.cpp ...
// Refuses to be part of the tests: faiss is not the project's.
#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <faiss/IndexScalarQuantizer.h>
#include <mote/recall/binary.hpp>
#include <mote/recall/flat.hpp>

namespace {

constexpr std::size_t items = ITEMS, dims = 256, rounds = 5;
using embedder = mote::hashed_ngrams<dims, 4>;
using vector = embedder::item;

struct rows {  // what an index asks of a store
  const std::vector<std::string>* texts;
  std::size_t size() const { return texts->size(); }
  static std::size_t row(std::size_t place) { return place; }
  static mote::item_id id(std::size_t row) { return mote::item_id{static_cast<std::uint32_t>(row + 1)}; }
  std::string_view text(std::size_t row) const { return (*texts)[row]; }
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::vector<std::string> lines_of(const char* file, std::size_t most) {
  std::vector<std::string> all;
  std::set<std::string> known;
  std::ifstream in(file);
  for (std::string line; all.size() < most && std::getline(in, line);)
    if (vector v; known.insert(line).second && embedder::embed(line, v) == mote::status::ok) all.push_back(line);
  return all;
}
template <std::size_t Dims>
std::vector<mote::int8_vector<Dims>> vectors_of(const std::vector<std::string>& lines) {
  std::vector<mote::int8_vector<Dims>> all(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) (void)mote::hashed_ngrams<Dims, 4>::embed(lines[i], all[i]);
  return all;
}

using ten = std::array<std::size_t, 10>;
template <class Index, class Query>
ten first_ten(const Index& index, const Query& query, const rows& store) {
  std::array<mote::hit, 10> hits;
  mote::best_hits best(hits);
  index.search(query, store, best);
  ten out;
  out.fill(items);
  for (std::size_t i = 0; i < best.found(); ++i) out[i] = static_cast<std::size_t>(hits[i].id) - 1;
  return out;
}

struct searched {
  const char* name;
  std::function<ten(std::size_t question)> ask;
  std::vector<ten> answers{};
  double seconds = 1e9;
};

double in_common(const std::vector<ten>& a, const std::vector<ten>& b) {
  std::size_t both = 0, all = 0;
  for (std::size_t q = 0; q < a.size(); ++q)
    for (const std::size_t row : a[q]) {
      if (row == items) continue;
      ++all;
      both += std::find(b[q].begin(), b[q].end(), row) != b[q].end() ? 1 : 0;
    }
  return static_cast<double>(both) / static_cast<double>(all);
}

template <std::size_t Dims, std::size_t Candidates>
void bits(const std::vector<std::string>& texts, const std::vector<std::string>& questions) {
  using features = mote::hashed_ngrams<Dims, 4>;
  const rows store{&texts};
  const auto all = vectors_of<Dims>(texts), asked = vectors_of<Dims>(questions);
  const auto flat = std::make_unique<mote::flat_index<mote::int8_vector<Dims>, items>>();
  const auto binary = std::make_unique<mote::binary_index<features, items, Candidates>>();
  for (std::size_t row = 0; row < all.size(); ++row) {
    flat->add(row, all[row]);
    binary->add(row, mote::sign_code<Dims>::of(all[row]));
  }
  std::vector<ten> exact, found;
  const double begin = now();
  for (const auto& q : asked) exact.push_back(first_ten(*flat, q, store));
  const double middle = now();
  for (const auto& q : asked) found.push_back(first_ten(*binary, q, store));
  const double end = now();
  std::printf(
      "binary, %4zu bits, %3zu candidates a hit: %.4f of flat's first ten; %.0f queries/s, flat %.0f; %zu bytes, flat %zu\n",
      Dims, Candidates, in_common(exact, found), static_cast<double>(asked.size()) / (end - middle),
      static_cast<double>(asked.size()) / (middle - begin), sizeof *binary, sizeof *flat);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  omp_set_num_threads(1);
  const auto texts = lines_of(argv[1], items), questions = lines_of(argv[2], 500);
  const rows store{&texts};
  const auto all = vectors_of<dims>(texts), asked = vectors_of<dims>(questions);
  std::printf("%zu texts, %zu questions, %zu codes\n", texts.size(), questions.size(), dims);

  std::vector<float> floats(all.size() * dims), whole(all.size() * dims), asked_floats(asked.size() * dims),
      asked_whole(asked.size() * dims);
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const vector& v = all[i / dims];
    whole[i] = static_cast<float>(v.codes[i % dims]);
    floats[i] = whole[i] * v.scale;  // of length 1
  }
  for (std::size_t i = 0; i < asked_floats.size(); ++i) {
    asked_whole[i] = static_cast<float>(asked[i / dims].codes[i % dims]);
    asked_floats[i] = static_cast<float>(asked[i / dims].codes[i % dims]) * asked[i / dims].scale;
  }

  const auto flat = std::make_unique<mote::flat_index<vector, items>>();
  for (std::size_t row = 0; row < all.size(); ++row) flat->add(row, all[row]);
  const auto quantizer = [&](faiss::ScalarQuantizer::QuantizerType type, const std::vector<float>& from,
                             const std::vector<float>& queries) {
    auto index =
        std::make_shared<faiss::IndexScalarQuantizer>(static_cast<int>(dims), type, faiss::METRIC_INNER_PRODUCT);
    index->train(static_cast<faiss::idx_t>(all.size()), from.data());
    index->add(static_cast<faiss::idx_t>(all.size()), from.data());
    return [index, &queries](std::size_t q) {
      std::array<float, 10> scores;
      std::array<faiss::idx_t, 10> ids;
      index->search(1, queries.data() + q * dims, 10, scores.data(), ids.data());
      ten out;
      for (std::size_t i = 0; i < 10; ++i) out[i] = ids[i] < 0 ? items : static_cast<std::size_t>(ids[i]);
      return out;
    };
  };
  std::vector<searched> them;
  them.push_back({"flat_index", [&](std::size_t q) { return first_ten(*flat, asked[q], store); }});
  them.push_back({"faiss QT_8bit", quantizer(faiss::ScalarQuantizer::QT_8bit, floats, asked_floats)});
  them.push_back({"faiss QT_8bit_uniform", quantizer(faiss::ScalarQuantizer::QT_8bit_uniform, floats, asked_floats)});
  them.push_back(
      {"faiss QT_8bit_direct_signed", quantizer(faiss::ScalarQuantizer::QT_8bit_direct_signed, whole, asked_whole)});
  for (std::size_t round = 0; round < rounds; ++round)
    for (searched& s : them) {
      s.answers.clear();
      const double begin = now();
      for (std::size_t q = 0; q < asked.size(); ++q) s.answers.push_back(s.ask(q));
      s.seconds = std::min(s.seconds, now() - begin);
    }
  for (const searched& s : them)
    std::printf("%-28s %8.0f queries/s, %.2f of flat_index's time, %.4f of its first ten\n", s.name,
                static_cast<double>(asked.size()) / s.seconds, s.seconds / them[0].seconds,
                in_common(them[0].answers, s.answers));
  std::fflush(stdout);
  bits<256, 16>(texts, questions);
  bits<256, mote::binary_knobs{.items = items}.most_candidates()>(texts, questions);
  bits<1024, 8>(texts, questions);
  bits<1024, 16>(texts, questions);
}
