// SPDX-License-Identifier: BSL-1.0
// What a head in two parts (docs/reference/fused_greedy.md) gives a model: rows whose second part is computed, for each
// number of first columns; the error of logits and the perplexity beside the head as it is, in 8 and 4 bits; and with a
// third argument the image that is packed so. The first half of the text finds the basis, the second is measured.
//   bench_split_head IMAGE TEXT [OUT]      TEXT: a text a line
// Another model: -DMODEL=its type, -DMODEL_HEADER="...", -DPOLICY=the policy that import_model prints; -DFIRST=columns
// of the first part in OUT, whose pipeline has own_head<MODEL> and in_head<split<POLICY, FIRST>>.
// Refuses to count instructions: bench/instructions does.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <vector>

#ifndef MODEL
#define MODEL hearth
#define MODEL_HEADER "../models/hearth/hearth.hpp"
#define POLICY mote::quantize<8>
#endif
#ifndef FIRST
#define FIRST 32
#endif
#ifndef ROWS
#define ROWS 1
#endif
#ifndef INPUTS
#define INPUTS 1  // 0: the basis of OUT is the principal axes of the rows
#endif
#include MODEL_HEADER
#include "mote/decode/fused_greedy.hpp"
#include "mote/host/image/split_head.hpp"
#include "mote/mote.hpp"
#include "mote/policy/split.hpp"

namespace {

constexpr std::size_t context = 256;
using policy = POLICY;
using speaker = mote::pipeline<MODEL, policy, mote::interleave<ROWS>, mote::context<context>>;
using split_speaker =
    mote::pipeline<mote::own_head<MODEL>, mote::mixed<policy, mote::in_head<mote::split<policy, FIRST>>>,
                   mote::interleave<ROWS>, mote::context<context>, mote::fused_greedy<>>;
using inner = mote::formats_of<speaker::format>::head;
constexpr std::size_t vocab = MODEL::shape.vocab, dim = MODEL::shape.dim, stretch = 512;

std::byte* zeros(std::size_t n) {
  auto* const data = static_cast<std::byte*>(::operator new(n, std::align_val_t{64}));
  std::memset(data, 0, n);
  return data;
}

struct maps {
  std::byte* rounded = zeros(8 * dim);
  template <class Format>
  mote::activation rounded_for(const float* x, std::size_t cols) const {
    return mote::quantize_groups<Format::activation_group>(x, cols, rounded);
  }
  template <class Format>
  void multiply_rows(const mote::matrix<Format>& m, const mote::activation& in, float* y) const {
    mote::matvec(m, in, y);
  }
  static constexpr std::size_t team_parts = 1;
  template <class F>
  void each_part(std::size_t, std::size_t n, std::size_t, F&& f) const {
    f(std::size_t{0}, std::size_t{0}, n);
  }
};
struct counting_gate {
  double computed = 0, rows = 0, closed = 0;
  static bool open() { return true; }
  void saw(std::size_t n, std::size_t all) {
    computed += static_cast<double>(n);
    rows += static_cast<double>(all);
    if (n > all / 8 * 5) ++closed;
  }
};

using seen = mote::host::head_inputs;

struct quality {
  double error = 0, power = 0, loss = 0, divergence = 0, same = 0;
  std::size_t count = 0;
  void see(const std::vector<double>& exact, const float* logits, std::size_t next) {
    double mean = 0;
    for (const double x : exact) mean += x / static_cast<double>(vocab);
    for (std::size_t i = 0; i < vocab; ++i) {
      error += std::pow(static_cast<double>(logits[i]) - exact[i], 2);
      power += std::pow(exact[i] - mean, 2);
    }
    double most = -1e300, sum = 0, of_exact = 0, whole = 0;
    for (std::size_t i = 0; i < vocab; ++i) most = std::max({most, static_cast<double>(logits[i]), exact[i]});
    for (std::size_t i = 0; i < vocab; ++i) sum += std::exp(static_cast<double>(logits[i]) - most);
    for (std::size_t i = 0; i < vocab; ++i) whole += std::exp(exact[i] - most);
    for (std::size_t i = 0; i < vocab; ++i)
      of_exact += std::exp(exact[i] - most) / whole * (exact[i] - static_cast<double>(logits[i]));
    divergence += of_exact - std::log(whole) + std::log(sum);
    loss += std::log(sum) + most - static_cast<double>(logits[next]);
    const auto best = static_cast<std::size_t>(std::max_element(exact.begin(), exact.end()) - exact.begin());
    same += mote::greedy::state<vocab>::pick(logits) == best ? 1 : 0;
    ++count;
  }
  void print(const char* name) const {
    const auto n = static_cast<double>(count);
    std::printf("  %-22s error of logits %6.3f %%, divergence %.6f nats, same choice %.1f %%, perplexity %.4f\n", name,
                100 * std::sqrt(error / power), divergence / n, 100 * same / n, std::exp(loss / n));
  }
};

template <class Format>
quality plain(const std::vector<float>& rows, const seen& s, const std::vector<std::vector<double>>& exact) {
  std::byte* const packed = zeros(Format::bytes(vocab, dim));
  (void)mote::host::detail::pack_columns<Format>(rows, dim, 0, dim, packed);
  const maps m;
  auto* const logits = reinterpret_cast<float*>(zeros(mote::padded(vocab) * 4));
  auto* const x = reinterpret_cast<float*>(zeros(mote::padded(dim) * 4));
  quality q;
  for (std::size_t i = 0; i < s.count(); ++i) {
    std::memcpy(x, s.inputs.data() + i * dim, dim * 4);
    m.multiply_rows(mote::matrix<Format>{packed, vocab, dim}, m.rounded_for<Format>(x, dim), logits);
    q.see(exact[i], logits, s.next[i]);
  }
  return q;
}
template <class Split>
quality in_parts(const std::vector<float>& rows, const mote::host::square_matrix& basis, const seen& s,
                 const std::vector<std::vector<double>>& exact, counting_gate& gate) {
  const auto bytes = mote::host::pack_split<Split>(rows, dim, basis);
  std::byte* const packed = zeros(bytes.size());
  std::memcpy(packed, bytes.data(), bytes.size());
  const mote::matrix<Split> m{packed, vocab, dim};
  const maps functions;
  auto* const logits = reinterpret_cast<float*>(zeros(mote::padded(vocab) * 4));
  auto* const some = reinterpret_cast<float*>(zeros(stretch * 4));
  std::byte* const room = zeros(Split::scratch_bytes(dim) + mote::padded(dim) * 4);
  auto* const x = reinterpret_cast<float*>(room + Split::scratch_bytes(dim));
  quality q;
  for (std::size_t i = 0; i < s.count(); ++i) {
    std::memcpy(x, s.inputs.data() + i * dim, dim * 4);
    m.multiply(functions, x, 1, logits);
    mote::detail::head_choice choice;
    m.template choose<stretch, false>(functions, x, some, choice, gate);
    if (choice.id != mote::greedy::state<vocab>::pick(logits)) {
      std::printf("another choice\n");
      std::exit(1);
    }
    if (!exact.empty()) q.see(exact[i], logits, s.next[i]);
  }
  return q;
}

template <std::size_t Columns>
void shares(const std::vector<float>& rows, const mote::host::square_matrix& axes,
            const mote::host::square_matrix& basis, const seen& s) {
  if constexpr (Columns < dim) {
    std::printf("  first %3zu columns:", Columns);
    for (const auto* b : {&axes, &basis}) {
      const auto one = [&]<class Format>(std::size_t together) {
        counting_gate g;
        (void)in_parts<mote::split_rows<Format, Columns>>(rows, *b, s, {}, g);
        const double share = g.computed / g.rows, first = static_cast<double>(Columns) / dim;
        std::printf("  %2zu: %5.1f %% %5.1f %%", together, 100 * share,
                    100 * ((1 - share) * (1 - first) - static_cast<double>(dim) / vocab));
      };
      one.template operator()<typename inner::template with_rows<1>>(1);
      one.template operator()<typename inner::template with_rows<4>>(4);
      one.template operator()<typename inner::template with_rows<16>>(16);
      std::printf(b == &axes ? " |" : "\n");
    }
    shares<Columns + (inner::activation_group)>(rows, axes, basis, s);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_split_head IMAGE TEXT [OUT]\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  std::byte* const bytes = zeros(file.size() + 1);
  std::memcpy(bytes, file.data(), file.size());
  const std::span<const std::byte> image(bytes, file.size());
  const auto ai = std::make_unique<speaker>();
  if (ai->attach(image) != mote::status::ok) {
    std::fprintf(stderr, "%s is no image of this model\n", argv[1]);
    return 1;
  }
  std::vector<float> rows(vocab * dim);
  mote::container_header h;
  std::memcpy(&h, bytes, sizeof h);
  constexpr mote::shape shape = MODEL::shape;
  const auto map = mote::map_tensors<speaker::format, speaker::family>(shape);
  const mote::weights<speaker::format, speaker::family> w(bytes + h.weights_offset, shape, map);
  for (std::size_t id = 0; id < vocab; ++id) w.head().decode_row(id, rows.data() + id * dim);

  std::vector<std::string> texts;
  std::ifstream lines(argv[2]);
  for (std::string line; std::getline(lines, line);) texts.push_back(line);
  const seen all = mote::host::inputs_of<speaker>(image, texts, 1200);
  seen fit, held;
  const std::size_t half = all.count() / 2;
  fit.inputs.assign(all.inputs.begin(), all.inputs.begin() + static_cast<std::ptrdiff_t>(half * dim));
  held.inputs.assign(all.inputs.begin() + static_cast<std::ptrdiff_t>(half * dim), all.inputs.end());
  held.next.assign(all.next.begin() + static_cast<std::ptrdiff_t>(half), all.next.end());
  const auto axes = mote::host::head_basis(rows, {}, dim), basis = mote::host::head_basis(rows, fit.inputs, dim);

  std::vector<std::vector<double>> exact(held.count(), std::vector<double>(vocab));
  for (std::size_t i = 0; i < held.count(); ++i)
    for (std::size_t id = 0; id < vocab; ++id)
      for (std::size_t j = 0; j < dim; ++j)
        exact[i][id] += static_cast<double>(rows[id * dim + j]) * static_cast<double>(held.inputs[i * dim + j]);
  std::printf("%s: %zu rows of %zu; a basis of %zu inputs, %zu held back\n", std::string(MODEL::name).c_str(), vocab,
              dim, half, held.count());
  counting_gate gate;
  plain<inner>(rows, held, exact).print("8 bits");
  in_parts<mote::split_rows<inner, FIRST>>(rows, basis, held, exact, gate).print("8 bits, in two parts");
  std::printf("  passes that compute most rows: %.1f %%\n", 100 * gate.closed / static_cast<double>(held.count()));
  plain<mote::q4<ROWS>>(rows, held, exact).print("4 bits");
  in_parts<mote::split_rows<mote::q4<ROWS>, FIRST / 32 * 32>>(rows, basis, held, exact, gate)
      .print("4 bits, in two parts");
  std::printf(
      "rows with a second part, of tiles of 1, 4 and 16 rows; products spared, the turning counted\n"
      "  (left: along the principal axes of rows; right: of rows and inputs)\n");
  shares<inner::activation_group>(rows, axes, basis, held);

  if (argc > 3) {
    const auto made = mote::host::split_head<speaker, split_speaker>(image, INPUTS ? all.inputs : std::vector<float>());
    std::byte* const copy = zeros(made.size());
    std::memcpy(copy, made.data(), made.size());
    const auto other = std::make_unique<split_speaker>();
    if (other->attach({copy, made.size()}) != mote::status::ok) return 1;
    std::ofstream(argv[3], std::ios::binary)
        .write(reinterpret_cast<const char*>(made.data()), static_cast<std::streamsize>(made.size()));
    std::printf("%s: %zu bytes instead of %zu\n", argv[3], made.size(), image.size());
    std::ifstream again(argv[2]);
    std::size_t same = 0, asked = 0;
    for (std::string line; asked < 40 && std::getline(again, line); ++asked) {
      std::string one, two;
      for (const std::string_view piece : ai->ask(line, 30)) one += piece;
      for (const std::string_view piece : other->ask(line, 30)) two += piece;
      same += one == two ? 1U : 0U;
    }
    std::printf("answers of 30 tokens that are the same text: %zu of %zu\n", same, asked);
  }
  return 0;
}
