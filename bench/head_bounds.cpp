// SPDX-License-Identifier: BSL-1.0
// How many rows of the head a proven bound would spare `greedy`: |w| |h| of a row's vector and the head's input, or the
// exact part of the first columns and |w| |h| of the rest (Cauchy-Schwarz). A row is left out if its bound is below the
// largest logit so far; the order of the rows decides how soon that is large. docs/design/all-rows-of-the-head.md.
//   head_bounds IMAGE QUESTIONS [answers [tokens an answer]]      QUESTIONS: a text, a question a line
// Another model: -DMODEL=its type, -DMODEL_HEADER="...", -DPOLICY=the policy that import_model prints.
// Refuses to be a gate: bounds are in double precision, without the margin that a kernel's rounding would need.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#ifndef MODEL
#define MODEL hearth
#define MODEL_HEADER "../models/hearth/hearth.hpp"
#define POLICY mote::interleave<1>
#endif
#include "mote/mote.hpp"
#include MODEL_HEADER

namespace {

constexpr std::size_t context = 256;
using speaker = mote::pipeline<MODEL, POLICY, mote::context<context>>;
using family = speaker::family;
using store = mote::kept_in<family, mote::float_cache>;
constexpr const mote::shape& shape = speaker::shape;
using passes = mote::detail::answer_facts<speaker::format, family, store, MODEL::shape, context, mote::pass_size{}>;
using plan = mote::decode_plan_of<family>;

struct bytes_at_64 {
  explicit bytes_at_64(std::size_t n) : data(static_cast<std::byte*>(::operator new(n, std::align_val_t{64}))) {
    std::memset(data, 0, n);
  }
  std::byte* data;
};

/// Of rows in an order: how many are not computed to their end. `known`: the exact part of a row, `rest`: of what is
/// left of it at most.
struct count {
  double skipped = 0, all = 0;
  void see(const std::vector<std::uint32_t>& order, const std::vector<double>& known, const std::vector<double>& rest,
           const float* logits, double start) {
    double best = start;
    for (const std::uint32_t id : order) {
      if (known[id] + rest[id] < best) skipped += 1;
      else best = std::max(best, static_cast<double>(logits[id]));
    }
    all += static_cast<double>(order.size());
  }
  double percent() const { return 100 * skipped / all; }
};

double length(const float* v, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += static_cast<double>(v[i]) * static_cast<double>(v[i]);
  return std::sqrt(sum);
}
double product(const float* a, const float* b, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: head_bounds IMAGE QUESTIONS [answers [tokens an answer]]\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const bytes_at_64 image(file.size() + 1);
  std::memcpy(image.data, file.data(), file.size());
  const auto ai = std::make_unique<speaker>();
  mote::basic_attached_image<mote::tokenizer_of<MODEL>::table> opened;
  const auto open = [&] {
    return mote::detail::open_weights<speaker::format, family>(
        {image.data, file.size()}, mote::detail::expected_image<speaker::format, family, MODEL>, shape,
        mote::detail::map_of<speaker::format, family, MODEL::shape>, mote::payload_check::full, opened);
  };
  if (ai->attach({image.data, file.size()}) != mote::status::ok || open() != mote::status::ok) {
    std::fprintf(stderr, "%s is no image of this model\n", argv[1]);
    return 1;
  }
  std::ifstream questions(argv[2]);
  std::size_t answers = argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 40;
  const std::size_t most = argc > 4 ? static_cast<std::size_t>(std::atol(argv[4])) : 64;

  constexpr std::size_t vocab = shape.vocab, dim = shape.dim;
  const auto head = passes::over(opened.weights).head();
  std::vector<std::vector<float>> rows(vocab, std::vector<float>(mote::padded(dim)));
  std::vector<float> mean(dim);
  for (std::size_t id = 0; id < vocab; ++id) {
    head.decode_row(id, rows[id].data());
    for (std::size_t i = 0; i < dim; ++i) mean[i] += rows[id][i] / static_cast<float>(vocab);
  }
  constexpr std::size_t parts[] = {0, dim / 4, dim / 2};
  std::vector<std::vector<double>> norms(std::size(parts), std::vector<double>(vocab));
  std::vector<double> around_mean(vocab);
  for (std::size_t id = 0; id < vocab; ++id) {
    for (std::size_t p = 0; p < std::size(parts); ++p) norms[p][id] = length(rows[id].data(), parts[p], dim);
    std::vector<float> centred(dim);
    for (std::size_t i = 0; i < dim; ++i) centred[i] = rows[id][i] - mean[i];
    around_mean[id] = length(centred.data(), 0, dim);
  }
  std::vector<std::uint32_t> by_number(vocab), by_norm, by_use;
  std::iota(by_number.begin(), by_number.end(), 0U);
  by_norm = by_use = by_number;
  std::ranges::sort(by_norm, [&](auto a, auto b) { return norms[0][a] > norms[0][b]; });

  const bytes_at_64 arena(passes::plan.bytes), cache(store::bytes(mote::cached_by<family>(shape), context));
  const mote::no_adapter none;
  mote::single_thread::team alone;
  enum { number, norm, use, known, ways };
  const char* const ways_names[] = {"by number", "by norm", "by use", "the largest is known"};
  count plain[ways], centred[ways], quarter[ways], half[ways];
  std::vector<std::size_t> used(vocab);
  std::vector<double> part(vocab), rest(vocab);
  std::size_t choices = 0;
  double cosine = 0;
  for (std::string line; answers > 0 && std::getline(questions, line);) {
    if (ai->begin(line, most) != mote::status::ok) continue;
    while (!ai->step().done) {}
    --answers;
    const std::vector<speaker::token> tokens(ai->tokens().begin(), ai->tokens().end());
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      const bool chooses = at + 1 >= ai->prompt_tokens();
      (void)passes::run(static_cast<const std::byte*>(opened.weights), none, cache.data, alone, arena.data,
                        tokens.data() + at, 1, at, chooses ? 1 : 0);
      if (!chooses) continue;
      const auto buffers = passes::buffers(arena.data);
      const float* const logits = buffers.logits();
      const auto* const h = reinterpret_cast<const float*>(buffers.bytes<plan::last_normed>());
      const std::size_t best = mote::greedy::state<vocab>::pick(logits);
      by_use = by_norm;
      std::ranges::stable_sort(by_use, [&](auto a, auto b) { return used[a] > used[b]; });
      const auto see = [&](count* counts) {
        counts[number].see(by_number, part, rest, logits, -1e30);
        counts[norm].see(by_norm, part, rest, logits, -1e30);
        counts[use].see(by_use, part, rest, logits, -1e30);
        counts[known].see(by_number, part, rest, logits, static_cast<double>(logits[best]));
      };
      count* const counts[] = {plain, quarter, half};
      for (std::size_t p = 0; p < std::size(parts); ++p) {
        const double size = length(h, parts[p], dim);
        for (std::size_t id = 0; id < vocab; ++id) {
          part[id] = product(rows[id].data(), h, 0, parts[p]);
          rest[id] = norms[p][id] * size;
        }
        see(counts[p]);
      }
      const double shared = product(mean.data(), h, 0, dim), size = length(h, 0, dim);
      for (std::size_t id = 0; id < vocab; ++id) part[id] = shared, rest[id] = around_mean[id] * size;
      see(centred);
      cosine += static_cast<double>(logits[best]) / (norms[0][best] * size);
      ++used[best];
      ++choices;
    }
  }
  std::vector<double> sorted = norms[0];
  std::ranges::sort(sorted);
  std::printf("%s: %zu rows of %zu, %zu choices; norms %.2f, %.2f, %.2f (first tenth, middle, last tenth); the choice's "
              "cosine %.2f\n\n| rows skipped, of the order | |w| |h| | around the mean row | a quarter exact | half exact |\n"
              "|---|---:|---:|---:|---:|\n", std::string(MODEL::name).c_str(), vocab, dim, choices, sorted[vocab / 10],
              sorted[vocab / 2], sorted[vocab - 1 - vocab / 10], cosine / static_cast<double>(choices));
  for (int way = 0; way < ways; ++way)
    std::printf("| %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", ways_names[way], plain[way].percent(),
                centred[way].percent(), quarter[way].percent(), half[way].percent());
  return 0;
}
