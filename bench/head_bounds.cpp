// SPDX-License-Identifier: BSL-1.0
// What proven bounds would spare `greedy` in the head: of a row, its vector's exact part up to a column and the product
// of the lengths of the rest (Cauchy-Schwarz). A row whose bound is below the largest logit so far is left there.
// docs/design/all-rows-of-the-head.md has the figures.
//   bench_head_bounds IMAGE QUESTIONS [answers [tokens an answer]]      QUESTIONS: a text, a question a line
// Another model: -DMODEL=its type, -DMODEL_HEADER="...", -DPOLICY=the policy that import_model prints.
// Refuses to be a gate: bounds are in double precision, without the margin that a kernel's rounding would need.
#include <algorithm>
#include <array>
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
#include MODEL_HEADER
#include "mote/mote.hpp"

namespace {

constexpr std::size_t context = 256;
using speaker = mote::pipeline<MODEL, POLICY, mote::context<context>>;
using family = speaker::family;
using store = mote::kept_in<family, mote::float_cache>;
using passes = mote::detail::answer_facts<speaker::format, family, store, MODEL::shape, context, mote::pass_size{}>;
using plan = mote::decode_plan_of<family>;
constexpr std::size_t vocab = MODEL::shape.vocab, dim = MODEL::shape.dim;
constexpr std::size_t step = 16;  // columns between two tests of a bound
constexpr std::size_t steps = (dim + step - 1) / step;

using rows_type = std::vector<std::array<double, dim>>;

double product(const double* a, const double* b, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += a[i] * b[i];
  return sum;
}
std::size_t column(std::size_t s) { return s * step < dim ? s * step : dim; }

/// The lengths of what is left of a vector from each step on.
std::array<double, steps> rests(const double* v) {
  std::array<double, steps> r;
  for (std::size_t s = 0; s < steps; ++s) r[s] = std::sqrt(product(v, v, column(s), dim));
  return r;
}

/// Rows and their rests, in some basis.
struct head {
  rows_type rows;
  std::vector<std::array<double, steps>> rest;
  explicit head(rows_type r) : rows(std::move(r)) {
    for (const auto& row : rows) rest.push_back(rests(row.data()));
  }
};

/// Products of a head that are computed where groups of `rows` rows, one after another, are left together.
struct spared {
  double products = 0, whole = 0;
  void see(const head& w, const double* h, std::size_t rows) {
    const auto rest = rests(h);
    double best = -1e300;
    for (std::size_t first = 0; first < vocab; first += rows) {
      const std::size_t last = std::min(first + rows, vocab);
      std::vector<double> sum(last - first);
      std::size_t s = 0;
      for (; s < steps; ++s) {
        bool needed = false;
        for (std::size_t i = first; i < last; ++i) needed = needed || sum[i - first] + w.rest[i][s] * rest[s] >= best;
        if (!needed) break;
        for (std::size_t i = first; i < last; ++i)
          sum[i - first] += product(w.rows[i].data(), h, column(s), column(s + 1));
      }
      products += static_cast<double>(column(s) * (last - first));
      if (s == steps)
        for (const double logit : sum) best = std::max(best, logit);
    }
    whole += static_cast<double>(vocab * dim);
  }
  double percent() const { return 100 * (1 - products / whole); }
};

/// The principal axes of the rows, by falling length: columns of the result (Jacobi's rotations).
std::vector<std::vector<double>> axes_of(const rows_type& rows) {
  std::vector<std::vector<double>> s(dim, std::vector<double>(dim)), e = s, sorted = s;
  for (const auto& r : rows)
    for (std::size_t i = 0; i < dim; ++i)
      for (std::size_t j = 0; j < dim; ++j) s[i][j] += r[i] * r[j];
  for (std::size_t i = 0; i < dim; ++i) e[i][i] = 1;
  const auto turn = [](double& x, double& y, double c, double n) {
    const double old = x;
    x = c * x - n * y;
    y = n * old + c * y;
  };
  for (int sweep = 0; sweep < 12; ++sweep)
    for (std::size_t p = 0; p < dim; ++p)
      for (std::size_t q = p + 1; q < dim; ++q) {
        if (s[p][q] == 0) continue;
        const double half = (s[q][q] - s[p][p]) / (2 * s[p][q]);
        const double t = (half >= 0 ? 1 : -1) / (std::fabs(half) + std::sqrt(half * half + 1));
        const double c = 1 / std::sqrt(t * t + 1), n = t * c;
        for (std::size_t k = 0; k < dim; ++k) turn(s[k][p], s[k][q], c, n);
        for (std::size_t k = 0; k < dim; ++k) turn(s[p][k], s[q][k], c, n);
        for (std::size_t k = 0; k < dim; ++k) turn(e[k][p], e[k][q], c, n);
      }
  std::vector<std::size_t> order(dim);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](auto a, auto b) { return s[a][a] > s[b][b]; });
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t k = 0; k < dim; ++k) sorted[i][k] = e[k][order[i]];
  return sorted;
}
std::array<double, dim> turned(const std::vector<std::vector<double>>& axes, const double* v) {
  std::array<double, dim> out;
  for (std::size_t i = 0; i < dim; ++i) out[i] = product(axes[i].data(), v, 0, dim);
  return out;
}

std::byte* zeros(std::size_t n) {
  auto* const data = static_cast<std::byte*>(::operator new(n, std::align_val_t{64}));
  std::memset(data, 0, n);
  return data;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_head_bounds IMAGE QUESTIONS [answers [tokens an answer]]\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  std::byte* const bytes = zeros(file.size() + 1);
  std::memcpy(bytes, file.data(), file.size());
  const std::span<const std::byte> image(bytes, file.size());
  const auto ai = std::make_unique<speaker>();
  mote::basic_attached_image<mote::tokenizer_of<MODEL>::table> opened;
  if (ai->attach(image) != mote::status::ok ||
      mote::detail::open_weights<speaker::format, family>(
          image, mote::detail::expected_image<speaker::format, family, MODEL>, MODEL::shape,
          mote::detail::map_of<speaker::format, family, MODEL::shape>, mote::payload_check::full,
          opened) != mote::status::ok) {
    std::fprintf(stderr, "%s is no image of this model\n", argv[1]);
    return 1;
  }
  rows_type rows(vocab), along(vocab);
  std::vector<float> row(dim);
  for (std::size_t id = 0; id < vocab; ++id) {
    passes::over(opened.weights).head().decode_row(id, row.data());
    std::ranges::copy(row, rows[id].begin());
  }
  const auto axes = axes_of(rows);
  for (std::size_t id = 0; id < vocab; ++id) along[id] = turned(axes, rows[id].data());
  const head plain(std::move(rows)), principal(std::move(along));

  std::byte* const arena = zeros(passes::plan.bytes);
  std::byte* const cache = zeros(store::bytes(mote::cached_by<family>(MODEL::shape), context));
  const mote::no_adapter none;
  mote::single_thread::team alone;
  constexpr std::size_t together[] = {1, 4, 16};
  spared as_they_are[std::size(together)], along_axes[std::size(together)];
  std::size_t choices = 0, left_at_once = 0;
  double cosine = 0;
  std::ifstream questions(argv[2]);
  auto answers = argc > 3 ? std::atol(argv[3]) : 20;
  const auto most = static_cast<std::size_t>(argc > 4 ? std::atol(argv[4]) : 50);
  for (std::string line; answers > 0 && std::getline(questions, line);) {
    if (ai->begin(line, most) != mote::status::ok) continue;
    while (!ai->step().done) {
    }
    --answers;
    const std::vector<speaker::token> tokens(ai->tokens().begin(), ai->tokens().end());
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      const bool chooses = at + 1 >= ai->prompt_tokens();
      (void)passes::run(opened.weights, none, cache, alone, arena, tokens.data() + at, 1, at, chooses ? 1 : 0);
      if (!chooses) continue;
      const auto buffers = passes::buffers(arena);
      const auto* const normed = reinterpret_cast<const float*>(buffers.bytes<plan::last_normed>());
      std::array<double, dim> h;
      std::copy(normed, normed + dim, h.begin());
      const auto h_along = turned(axes, h.data());
      for (std::size_t i = 0; i < std::size(together); ++i) {
        as_they_are[i].see(plain, h.data(), together[i]);
        along_axes[i].see(principal, h_along.data(), together[i]);
      }
      const std::size_t chosen = mote::greedy::state<vocab>::pick(buffers.logits());
      const auto logit = static_cast<double>(buffers.logits()[chosen]);
      const double length = rests(h.data())[0];
      for (std::size_t id = 0; id < vocab; ++id) left_at_once += plain.rest[id][0] * length < logit ? 1U : 0U;
      cosine += logit / (plain.rest[chosen][0] * length);
      ++choices;
    }
  }
  const auto n = static_cast<double>(choices);
  std::printf(
      "%s: %zu rows of %zu, %zu choices\ncosine of the choice's row and the input: %.2f\nrows with |w| |h| below "
      "the largest logit: %.1f %%\nproducts spared by a bound each %zu columns, of rows left together:\n",
      std::string(MODEL::name).c_str(), vocab, dim, choices, cosine / n,
      100 * static_cast<double>(left_at_once) / (n * static_cast<double>(vocab)), step);
  for (std::size_t i = 0; i < std::size(together); ++i)
    std::printf("  %2zu: %.1f %%, along principal axes %.1f %%\n", together[i], as_they_are[i].percent(),
                along_axes[i].percent());
  return 0;
}
