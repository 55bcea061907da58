// SPDX-License-Identifier: BSL-1.0
// How often an encoder finds a right text among the first 1, 2, 5 hits, beside words and letters and in a fuse with
// words, with room for all texts, and what an embedding takes: encoders FILE IMAGE, FILE as retrievers.cpp reads it.
// MODEL is the type that import_model wrote for IMAGE, in 8 bits with the rows of these flags; ASKS stands in front of a
// question.
//   import_model --weights FOLDER --name minilm --interleave 8 --out models
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude -Imodels -DMODEL=minilm
//       -DMODEL_HEADER='"minilm.hpp"' -DASKS='""' bench/recall/encoders.cpp
// Refuses to be part of the tests: neither the texts nor a trained encoder are the project's.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#include <mote/pipeline/encoder.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/encoded.hpp>
#include <mote/recall/fuse.hpp>
#include <mote/recall/ngrams.hpp>

#include MODEL_HEADER
#include "question_set.hpp"

namespace {

constexpr std::size_t items = 3300, item_bytes = 800;
mote::encoder<MODEL, mote::context<(MODEL::shape.context < 512 ? MODEL::shape.context : 512)>> finder;

/// A text that is longer than the context is cut, as those who trained the model do.
struct means : mote::encoded_by<finder, finder.dim, ASKS> {
  static mote::status embed(std::string_view text, item& out) {
    const mote::status s = finder.embed(text, {.cuts = true});
    if (s == mote::status::ok) mote::detail::round_vector(finder.vector(), out);
    return s;
  }
};
constexpr mote::bm25_knobs every{.items = items, .item_bytes = item_bytes, .least = 0, .share = 0, .alike = 1};
using words = mote::bm25<every>;
using letters = mote::ngrams<mote::ngrams_knobs{.items = items, .item_bytes = item_bytes}>;
using meaning = mote::retrieve<mote::item_store<items, item_bytes>, means, mote::flat_index<means::item, items, -1.0F>>;
template <int Percent>
using both =
    mote::fuse<words, meaning, mote::fuse_knobs{.second = static_cast<float>(Percent) / 100.0F, .alone = 1e6F}>;

std::vector<memory> memories;

template <class R>
void measure(const char* name) {
  std::size_t hits[3] = {}, asked = 0;
  for (const memory& m : memories) {
    const auto index = std::make_unique<typename R::index>();
    std::vector<mote::item_id> ids;
    for (const std::string& t : m.texts)
      ids.push_back(index->add(t) == mote::status::ok ? index->newest() : mote::item_id{});
    for (const question& q : m.questions) {
      count_hits(*index, q, ids, hits);
      ++asked;
    }
  }
  std::printf("%-28s", name);
  for (const std::size_t n : hits) std::printf(" %5.1f", 100.0 * static_cast<double>(n) / static_cast<double>(asked));
  std::printf(" %% of %zu\n", asked);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "encoders FILE IMAGE\n"), 1;
  memories = read_question_set(argv[1]);
  std::ifstream in(argv[2], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  auto* image = static_cast<std::byte*>(::operator new(bytes.size() + 1, std::align_val_t{64}));
  std::memcpy(image, bytes.data(), bytes.size());
  if (const mote::status s = finder.attach({image, bytes.size()}); s != mote::status::ok)
    return std::fprintf(stderr, "%s: %s\n", argv[2], mote::name(s).data()), 1;
  measure<words>("bm25");
  measure<letters>("ngrams");
  const auto begin = std::chrono::steady_clock::now();
  measure<meaning>("the encoder");
  std::size_t texts = 0;
  for (const memory& m : memories) texts += m.texts.size() + m.questions.size();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("  %.2f ms an embedding and its search\n", 1000 * seconds / static_cast<double>(texts));
  measure<both<10>>("fuse<bm25, it>, second 0.10");
  measure<both<50>>("fuse<bm25, it>, second 0.50");
  measure<both<100>>("fuse<bm25, it>, second 1.00");
}
