// SPDX-License-Identifier: BSL-1.0
// How often vectors that a model gives find a right text among the first 1, 2, 5 hits, beside words and letters, with
// room for all texts: embedders FILE MODEL [TOKENIZER], FILE as retrievers.cpp reads it, MODEL a llama2.c checkpoint
// with its tokenizer, a GGUF file with '' for its own, or hearth.mote.
//   rows      the mean of the token embeddings, each by its rarity (SIF), without their first common component
//   states    the mean of the residual stream behind a layer, without the mean and the first component of all texts
// Both are told the frequencies, the mean and the component of the very texts that are searched: more than a tool would
// know.
//   g++ -std=c++23 -O2 -march=x86-64-v3 -ffp-contract=off -Iinclude -Imodels/hearth bench/recall/embedders.cpp libmote_host.a -lz
// Refuses to be part of the tests: the texts are not the project's.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <mote/host/image/any_table.hpp>
#include <mote/host/image/vocabulary_packer.hpp>
#include <mote/host/import/model_file.hpp>
#include <mote/host/import/model_source.hpp>
#include <mote/host/quantize/batch_decoder.hpp>
#include <mote/model/sentencepiece_bpe.hpp>
#include <mote/pipeline.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>
#include <mote/recall/ngrams.hpp>

#include "hearth.hpp"
#include "question_set.hpp"

namespace {

std::vector<memory> memories;

constexpr std::size_t dims = 256, items = 3300;
using vector = mote::int8_vector<dims>;
std::unordered_map<std::string, vector> known;  // of each text and question, by what is measured

struct looked_up {
  using item = vector;
  using query = vector;
  static constexpr std::size_t stack_bytes = 0;
  static mote::status embed(std::string_view text, vector& out) {
    out = known.at(std::string(text));
    return out.scale == 0.0F ? mote::status::empty : mote::status::ok;
  }
  static mote::status ask(std::string_view text, vector& out) { return embed(text, out); }
};

constexpr mote::bm25_knobs every{.items = items, .item_bytes = 400, .least = 0, .share = 0, .alike = 1};
using words = mote::bm25<every>;
using letters = mote::ngrams<mote::ngrams_knobs{.items = items, .item_bytes = 400}>;
using given = mote::retrieve<mote::item_store<items, 400>, looked_up, mote::flat_index<vector, items, -1.0F>>;

template <class R>
void measure(const char* name) {
  std::size_t hits[2][3] = {}, asked[2] = {};
  for (const memory& m : memories) {
    const auto index = std::make_unique<typename R::index>();
    std::vector<mote::item_id> ids;
    for (const std::string& t : m.texts)
      ids.push_back(index->add(t) == mote::status::ok ? index->newest() : mote::item_id{});
    for (const question& q : m.questions) {
      const bool half = memories.size() == 1 ? (&q - m.questions.data()) % 2 != 0
                                             : 2 * static_cast<std::size_t>(&m - memories.data()) >= memories.size();
      count_hits(*index, q, ids, hits[half]);
      ++asked[half];
    }
  }
  std::printf("%-40s", name);
  const auto part = [](std::size_t n, std::size_t of) {
    return 100.0 * static_cast<double>(n) / static_cast<double>(of);
  };
  for (int d = 0; d < 3; ++d) std::printf(" %5.1f", part(hits[0][d] + hits[1][d], asked[0] + asked[1]));
  for (int h = 0; h < 2; ++h) {
    std::printf("  |");
    for (int d = 0; d < 3; ++d) std::printf(" %5.1f", part(hits[h][d], asked[h]));
  }
  std::printf(" %% of %zu, %zu\n", asked[0], asked[1]);
  std::fflush(stdout);
}
template <int Percent>
void measure_fused() {
  constexpr mote::fuse_knobs k{.second = static_cast<float>(Percent) / 100.0F, .alone = 1e6F};
  char name[40];
  std::snprintf(name, sizeof name, "  fuse<bm25, it>, second %.2f", Percent / 100.0);
  measure<mote::fuse<words, given, k>>(name);
}

using floats = std::vector<float>;

// Subtracts the mean (if centre) and the projection on the first component of the unit vectors.
void remove_common(std::vector<floats>& all, bool centre, const std::vector<float>& weight) {
  if (all.empty()) return;
  const std::size_t n = all[0].size();
  std::vector<double> mean(n);
  double total = 0;
  for (std::size_t r = 0; r < all.size(); ++r) {
    total += weight[r];
    for (std::size_t i = 0; i < n; ++i) mean[i] += weight[r] * all[r][i];
  }
  if (centre)
    for (floats& v : all)
      for (std::size_t i = 0; i < n; ++i) v[i] -= static_cast<float>(mean[i] / total);
  std::vector<double> c(n, 1.0);
  for (int round = 0; round < 30; ++round) {
    std::vector<double> next(n);
    for (std::size_t r = 0; r < all.size(); ++r) {
      double dot = 0;
      for (std::size_t i = 0; i < n; ++i) dot += all[r][i] * c[i];
      for (std::size_t i = 0; i < n; ++i) next[i] += weight[r] * dot * all[r][i];
    }
    double length = 0;
    for (double x : next) length += x * x;
    length = std::sqrt(length) + 1e-30;
    for (std::size_t i = 0; i < n; ++i) c[i] = next[i] / length;
  }
  for (floats& v : all) {
    double dot = 0;
    for (std::size_t i = 0; i < n; ++i) dot += v[i] * c[i];
    for (std::size_t i = 0; i < n; ++i) v[i] -= static_cast<float>(dot * c[i]);
  }
}

// Whitens: divides by the standard deviation of each principal axis is left out; scales each coordinate instead.
void scale_coordinates(std::vector<floats>& all) {
  const std::size_t n = all[0].size();
  for (std::size_t i = 0; i < n; ++i) {
    double s = 0;
    for (const floats& v : all) s += v[i] * v[i];
    const auto by = static_cast<float>(1.0 / std::sqrt(s / static_cast<double>(all.size()) + 1e-20));
    for (floats& v : all) v[i] *= by;
  }
}

vector rounded(const floats& v) {
  vector out;
  float largest = 0;
  for (float x : v) largest = std::max(largest, std::fabs(x));
  if (largest == 0) return out;
  for (std::size_t i = 0; i < v.size(); ++i) out.codes[i] = static_cast<std::int8_t>(std::lround(v[i] / largest * 127));
  out.measure();
  return out;
}

std::vector<std::string> names;                // each text and question once
std::vector<std::vector<std::size_t>> tokens;  // of each
std::vector<bool> is_text;

void use(const std::vector<floats>& all, const char* name) {
  known.clear();
  for (std::size_t i = 0; i < names.size(); ++i) known[names[i]] = rounded(all[i]);
  measure<given>(name);
  measure_fused<10>();
  measure_fused<20>();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  memories = read_question_set(argv[1]);
  std::printf("%s, %s\n", argv[1], argv[2]);
  measure<words>("bm25");
  measure<letters>("ngrams");
  measure<mote::fuse<words, letters>>("fuse<bm25, ngrams>");

  mote::special_tokens control{.bos = 1, .eos = 2};
  mote::host::raw_model model;
  std::vector<std::uint64_t> room;  // of the token table, or of the image
  mote::sentencepiece_bpe encoder;
  const auto aligned = [&](std::span<const std::byte> bytes) {
    room.resize(bytes.size() / 8 + 16);
    auto* at = reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(room.data()) + 63) / 64 * 64);
    std::memcpy(at, bytes.data(), bytes.size());
    return std::span<const std::byte>(at, bytes.size());
  };
  if (argc > 3) {
    auto opened = mote::host::open_model_file(argv[2], argv[3]);
    model = mote::host::read_whole<mote::llama>(*opened.weights);
    encoder = {mote::vocabulary_view{aligned(mote::host::pack_vocabulary(opened.vocabulary, control))}, control};
  } else {
    using format = mote::q8<1>;
    std::ifstream image(argv[2], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(image), std::istreambuf_iterator<char>()};
    static mote::attached_image opened;
    constexpr auto expected = mote::detail::expected_image<format, mote::llama, hearth>;
    if (mote::open_image(aligned(std::as_bytes(std::span(bytes))), expected, opened) != mote::status::ok) return 1;
    static constexpr auto map = mote::map_tensors<format>(hearth::shape);
    const mote::weights<format> w(opened.weights, hearth::shape, map);
    using tensors = mote::tensors_of<mote::llama>;
    model.shape = hearth::shape;
    const auto append = [](std::vector<float>& to, const auto& matrix, std::size_t rows, std::size_t cols) {
      for (std::size_t row = 0; row < rows; ++row) {
        to.resize(to.size() + cols);
        matrix.decode_row(row, to.data() + to.size() - cols);
      }
    };
    append(model.embedding.values, w.embedding(), hearth::shape.vocab, hearth::shape.dim);
    for (std::size_t layer = 0; layer < hearth::shape.layers; ++layer) {
      for (std::size_t i = 0; i < tensors::matrices; ++i) {
        const mote::matrix_size size = tensors::size(hearth::shape, i);
        w.with(layer, i, [&](const auto& m) { append(model.matrices[i].values, m, size.rows, size.cols); });
      }
      for (std::size_t i = 0; i < tensors::vectors; ++i) {
        const float* v = w.vector(layer, tensors::vector(i));
        model.vectors[i].values.insert(model.vectors[i].values.end(), v, v + tensors::floats(hearth::shape, i));
      }
    }
    for (std::size_t i = 0; i < tensors::outer_vectors; ++i) {
      const float* v = w.vector(0, tensors::outer_vector(i));
      model.outer[i].values.assign(v, v + tensors::outer_floats(hearth::shape, i));
    }
    control = hearth::special_tokens;
    encoder = {opened.vocabulary, control};
  }
  const mote::shape& s = model.shape;

  std::map<std::string, std::size_t> place;
  for (const memory& m : memories) {
    for (const std::string& t : m.texts)
      if (place.emplace(t, names.size()).second) names.push_back(t), is_text.push_back(true);
    for (const question& q : m.questions)
      if (place.emplace(q.text, names.size()).second) names.push_back(q.text), is_text.push_back(false);
  }
  std::vector<double> count(s.vocab, 0.0);
  double all_tokens = 0;
  std::vector<mote::merge_slot> slots(65536);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto e = encoder.encode(names[i], slots, true);
    std::vector<std::size_t> ids;
    if (e.state == mote::status::ok)
      for (std::size_t t = 0; t < e.count; ++t) ids.push_back(static_cast<std::size_t>(slots[t].token));
    if (is_text[i])
      for (const std::size_t id : ids) count[id] += 1, all_tokens += 1;
    tokens.push_back(ids);
  }

  // ---- rows
  const auto rows_of = [&](const std::vector<floats>& table_rows, double a) {
    std::vector<floats> out;
    for (const auto& ids : tokens) {
      floats sum(table_rows[0].size());
      for (std::size_t t = 1; t < ids.size(); ++t) {
        const double w = a / (a + (count[ids[t]] + 0.5) / all_tokens);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<float>(w) * table_rows[ids[t]][i];
      }
      out.push_back(sum);
    }
    return out;
  };
  std::vector<floats> rows(s.vocab);
  std::vector<float> by_count(s.vocab);
  for (std::size_t v = 0; v < s.vocab; ++v) {
    rows[v].assign(model.embedding.values.begin() + static_cast<std::ptrdiff_t>(v * s.dim),
                   model.embedding.values.begin() + static_cast<std::ptrdiff_t>((v + 1) * s.dim));
    by_count[v] = static_cast<float>(count[v] / all_tokens);
  }
  use(rows_of(rows, 1e9), "rows, mean");
  std::vector<floats> cleaned = rows;
  remove_common(cleaned, true, by_count);
  use(rows_of(cleaned, 1e-3), "rows, SIF 1e-3, less common");
  use(rows_of(cleaned, 1e-4), "rows, SIF 1e-4, less common");
  for (floats& v : cleaned) {
    double length = 1e-20;
    for (float x : v) length += x * x;
    for (float& x : v) x /= static_cast<float>(std::sqrt(length));
  }
  use(rows_of(cleaned, 1e-4), "rows of length 1, SIF 1e-4, less common");

  // ---- states
  const auto packed = mote::host::use_floats(model);
  std::map<std::size_t, std::vector<floats>> states;
  std::vector<std::size_t> layers{s.layers / 2, (2 * s.layers + 2) / 3, s.layers};
  mote::host::batch_decoder<> decoder(packed, 1, s.context);
  for (const auto& ids : tokens) {
    const std::size_t n = std::min(ids.size(), s.context);
    if (n < 2) {
      for (const std::size_t l : layers) states[l].push_back(floats(s.dim));
      continue;
    }
    decoder.restart();
    std::vector<float> x = decoder.embed(std::span(ids).first(n));
    for (std::size_t l = 0; l < s.layers; ++l) {
      decoder.block(l, x);
      if (std::find(layers.begin(), layers.end(), l + 1) == layers.end()) continue;
      floats mean(s.dim);
      for (std::size_t t = 1; t < n; ++t) {
        double length = 1e-20;
        for (std::size_t i = 0; i < s.dim; ++i)
          length += x[t * decoder.hidden_stride() + i] * x[t * decoder.hidden_stride() + i];
        const double w = 1.0 / std::sqrt(length);
        for (std::size_t i = 0; i < s.dim; ++i)
          mean[i] += static_cast<float>(w) * x[t * decoder.hidden_stride() + i] / static_cast<float>(n - 1);
      }
      auto& to = states[l + 1];
      to.push_back(mean);
    }
  }
  std::vector<float> texts_only(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) texts_only[i] = is_text[i] ? 1.0F : 0.0F;
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  for (const std::size_t l : layers) {
    auto all = states[l];
    all.resize(names.size(), floats(s.dim));
    use(all, ("states behind layer " + std::to_string(l)).c_str());
    remove_common(all, true, texts_only);
    use(all, ("states behind layer " + std::to_string(l) + ", less common").c_str());
    scale_coordinates(all);
    use(all, ("states behind layer " + std::to_string(l) + ", scaled").c_str());
  }
}
