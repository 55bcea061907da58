// SPDX-License-Identifier: BSL-1.0
// Writes what llama2.c is timed with, random weights in one of the shapes: model.bin (floats), model_q8.bin (version 2,
// int8). The weights come from a seed and are the same everywhere.
// Refuses to be a converter for use: where the hidden width is no multiple of llama2.c's group it is padded with zeros,
// which changes no answer and lets runq.c take it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/train/llama2c_writer.hpp"
#include "shapes.hpp"

namespace {

namespace fs = std::filesystem;
namespace host = mote::host;
using file = host::detail::numbers_file;
using values = std::vector<float>;

/// Normal numbers whose variance keeps a product of `cols` of them near one.
values random_values(std::size_t rows, std::size_t cols, mote::rng& random) {
  values v(rows * cols);
  const float deviation = 1.0F / std::sqrt(static_cast<float>(cols));
  for (float& x : v) x = random.normal() * deviation;
  return v;
}

host::raw_tensor tensor(values v) {
  host::raw_tensor t;
  t.values = std::move(v);
  return t;
}

host::raw_model random_model(const mote::shape& s) {
  mote::rng random(20231);
  const auto matrices = [&](std::size_t count, std::size_t rows, std::size_t cols) {
    return tensor(random_values(count * rows, cols, random));
  };
  const auto ones = [](std::size_t count) { return tensor(values(count, 1.0F)); };
  host::raw_model m;
  m.shape = s;
  m.embedding = matrices(1, s.vocab, s.dim);
  m.of(mote::vector_role::attention_norm) = ones(s.layers * s.dim);
  m.of(mote::role::query) = matrices(s.layers, s.dim, s.dim);
  m.of(mote::role::key) = matrices(s.layers, s.kv_dim(), s.dim);
  m.of(mote::role::value) = matrices(s.layers, s.kv_dim(), s.dim);
  m.of(mote::role::output) = matrices(s.layers, s.dim, s.dim);
  m.of(mote::vector_role::ffn_norm) = ones(s.layers * s.dim);
  m.of(mote::role::gate) = matrices(s.layers, s.hidden, s.dim);
  m.of(mote::role::down) = matrices(s.layers, s.dim, s.hidden);
  m.of(mote::role::up) = matrices(s.layers, s.hidden, s.dim);
  m.of(mote::vector_role::final_norm) = ones(s.dim);
  return m;
}

void put_shape(file& out, const mote::shape& s, std::size_t hidden) {
  for (std::size_t n : {s.dim, hidden, s.layers, s.heads, s.kv_heads, s.vocab, s.context})
    out.put(static_cast<std::int32_t>(n));
}

void write_floats(const fs::path& path, const host::raw_model& m) {
  const mote::shape& s = m.shape;
  file out(path);
  put_shape(out, s, s.hidden);
  const auto put = [&](const host::raw_tensor& t) { out.put(t.values.data(), t.values.size() * sizeof(float)); };
  for (const auto* t :
       {&m.embedding, &m.of(mote::vector_role::attention_norm), &m.of(mote::role::query), &m.of(mote::role::key),
        &m.of(mote::role::value), &m.of(mote::role::output), &m.of(mote::vector_role::ffn_norm),
        &m.of(mote::role::gate), &m.of(mote::role::down), &m.of(mote::role::up), &m.of(mote::vector_role::final_norm)})
    put(*t);
  put(tensor(values(s.context * s.head_dim())));  // the old rotary tables, which nobody reads
  out.commit();
}

/// llama2.c's rounding: the largest magnitude of a group becomes 127.
void put_groups(file& out, const float* v, std::size_t count, std::size_t group) {
  std::vector<std::int8_t> integers(count);
  values scales(count / group);
  for (std::size_t g = 0; g < scales.size(); ++g) {
    float most = 0;
    for (std::size_t i = 0; i < group; ++i) most = std::max(most, std::fabs(v[g * group + i]));
    scales[g] = most / 127.0F;
    for (std::size_t i = g * group; most > 0 && i < (g + 1) * group; ++i)
      integers[i] = static_cast<std::int8_t>(std::round(v[i] / scales[g]));
  }
  out.put(integers.data(), integers.size());
  out.put(scales.data(), scales.size() * sizeof(float));
}

/// (layers, rows, cols) with zeros added up to (layers, new_rows, new_cols)
values widen(const values& from, std::size_t layers, std::size_t rows, std::size_t cols, std::size_t new_rows,
             std::size_t new_cols) {
  values to(layers * new_rows * new_cols);
  for (std::size_t l = 0; l < layers; ++l)
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < cols; ++c) to[(l * new_rows + r) * new_cols + c] = from[(l * rows + r) * cols + c];
  return to;
}

void write_integers(const fs::path& path, const host::raw_model& m) {
  const mote::shape& s = m.shape;
  std::size_t group = 64;  // what llama2.c's exporter starts with, and how it gives way
  while (s.dim % group != 0) group /= 2;
  const std::size_t hidden = mote::round_up(s.hidden, group);
  file out(path);
  out.put(std::int32_t{0x616B3432});
  out.put(std::int32_t{2});
  put_shape(out, s, hidden);
  const char shared = 1;
  out.put(&shared, 1);
  out.put(static_cast<std::int32_t>(group));
  const values rest((256 - 9 * 4 - 1 - 4 + 3) / 4);
  out.put(rest.data(), 256 - 9 * 4 - 1 - 4);
  for (const auto* t : {&m.of(mote::vector_role::attention_norm), &m.of(mote::vector_role::ffn_norm),
                        &m.of(mote::vector_role::final_norm)})
    out.put(t->values.data(), t->values.size() * sizeof(float));
  const auto put = [&](const values& v, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put_groups(out, v.data() + i * (v.size() / count), v.size() / count, group);
  };
  put(m.embedding.values, 1);
  for (const auto* t :
       {&m.of(mote::role::query), &m.of(mote::role::key), &m.of(mote::role::value), &m.of(mote::role::output)})
    put(t->values, s.layers);
  put(widen(m.of(mote::role::gate).values, s.layers, s.hidden, s.dim, hidden, s.dim), s.layers);
  put(widen(m.of(mote::role::down).values, s.layers, s.dim, s.hidden, s.dim, hidden), s.layers);
  put(widen(m.of(mote::role::up).values, s.layers, s.hidden, s.dim, hidden, s.dim), s.layers);
  out.commit();
}

}  // namespace

int main(int count, char** words) try {
  const mote::shape s = count == 3 ? peers::shape_called(words[1]) : mote::shape{};
  if (!s.valid()) {
    std::fprintf(stderr, "usage: make_model SHAPE FOLDER\n");
    return 2;
  }
  const fs::path folder = words[2];
  fs::create_directories(folder);
  const host::raw_model model = random_model(s);
  write_floats(folder / "model.bin", model);
  write_integers(folder / "model_q8.bin", model);
} catch (const std::exception& e) {
  std::fprintf(stderr, "make_model: %s\n", e.what());
  return 1;
}
