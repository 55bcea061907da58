// SPDX-License-Identifier: BSL-1.0
// What a text's vector keeps in one bit a coordinate, and by which rotation: signs FILE, as dialogues.py and sets.py
// print it. Texts are ordered by their bits, against the question's bits (signs) or its numbers (as binary<> does), and
// it is printed how many of the first ten by cosine are among the first 8, 16, 32 for each of them. Rotations: none,
// signs and a Walsh-Hadamard transform (as binary<>), one drawn at random, and that one after twenty rounds of
// iterative quantization (ITQ, Gong and Lazebnik 2011) on the texts themselves, which a tool would not know.
//   g++ -std=c++23 -O3 -march=native -DDIMS=256 -DGRAM=3 ...
// Refuses to be part of the tests: the texts are not the project's.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <mote/recall/binary.hpp>

#include "question_set.hpp"

namespace {

constexpr std::size_t dims = DIMS;
using embedder = mote::hashed_ngrams<dims, GRAM>;
using numbers = std::vector<float>;
using rotation = std::vector<numbers>;  // rows

rotation none() {
  rotation r(dims, numbers(dims));
  for (std::size_t i = 0; i < dims; ++i) r[i][i] = 1.0F;
  return r;
}
rotation of_sign_code() {
  rotation r(dims, numbers(dims));
  for (std::size_t column = 0; column < dims; ++column) {
    mote::int8_vector<dims> one;
    one.codes[column] = 1;
    mote::sign_code<dims>::turned x;
    mote::sign_code<dims>::turn(one, x);
    for (std::size_t row = 0; row < dims; ++row) r[row][column] = static_cast<float>(x[row]);
  }
  return r;
}
float product(const numbers& a, const numbers& b) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < dims; ++i) sum += a[i] * b[i];
  return sum;
}
rotation at_random() {  // rows of normal numbers, made orthogonal one after the other
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  rotation r(dims, numbers(dims));
  for (std::size_t row = 0; row < dims; ++row) {
    for (float& x : r[row]) x = normal(random);
    for (std::size_t other = 0; other < row; ++other) {
      const float along = product(r[row], r[other]);
      for (std::size_t i = 0; i < dims; ++i) r[row][i] -= along * r[other][i];
    }
    const float length = std::sqrt(product(r[row], r[row]));
    for (float& x : r[row]) x /= length;
  }
  return r;
}
numbers turned(const rotation& r, const numbers& v) {
  numbers out(dims);
  for (std::size_t row = 0; row < dims; ++row) out[row] = product(r[row], v);
  return out;
}

/// The rotation that is nearest to the sum of signs times vectors, again and again; by Newton and Schulz's iteration.
void quantize(rotation& r, const std::vector<numbers>& texts) {
  for (int round = 0; round < 20; ++round) {
    rotation sum(dims, numbers(dims));
    for (const numbers& v : texts) {
      const numbers y = turned(r, v);
      for (std::size_t row = 0; row < dims; ++row)
        for (std::size_t i = 0; i < dims; ++i) sum[row][i] += y[row] > 0.0F ? v[i] : -v[i];
    }
    float square = 0.0F;
    for (const numbers& row : sum) square += product(row, row);
    for (numbers& row : sum)
      for (float& x : row) x /= std::sqrt(square);
    for (int step = 0; step < 40; ++step) {
      const rotation before = sum;
      for (std::size_t row = 0; row < dims; ++row) {
        numbers next = before[row];
        for (float& x : next) x *= 1.5F;
        for (std::size_t other = 0; other < dims; ++other) {
          const float along = 0.5F * product(before[row], before[other]);
          for (std::size_t i = 0; i < dims; ++i) next[i] -= along * before[other][i];
        }
        sum[row] = next;
      }
    }
    r = sum;
  }
}

void measure(const char* name, const rotation& r, const std::vector<numbers>& texts,
             const std::vector<numbers>& questions) {
  std::vector<std::vector<float>> signs;
  for (const numbers& t : texts) {
    signs.push_back(turned(r, t));
    for (float& x : signs.back()) x = x > 0.0F ? 1.0F : -1.0F;
  }
  for (const bool whole : {false, true}) {
    std::array<std::size_t, 3> found{};
    std::size_t all = 0;
    for (const numbers& q : questions) {
      numbers asked = turned(r, q);
      if (!whole)
        for (float& x : asked) x = x > 0.0F ? 1.0F : -1.0F;
      std::vector<std::pair<float, std::size_t>> exact, by_bits;
      for (std::size_t t = 0; t < texts.size(); ++t) {
        exact.emplace_back(-product(q, texts[t]), t);
        by_bits.emplace_back(-product(asked, signs[t]), t);
      }
      const std::size_t ten = std::min<std::size_t>(10, texts.size());
      std::partial_sort(exact.begin(), exact.begin() + static_cast<std::ptrdiff_t>(ten), exact.end());
      std::sort(by_bits.begin(), by_bits.end());
      for (std::size_t i = 0; i < ten; ++i) {
        const auto at =
            std::find_if(by_bits.begin(), by_bits.end(), [&](const auto& b) { return b.second == exact[i].second; });
        ++all;
        for (std::size_t k = 0; k < 3; ++k) found[k] += at - by_bits.begin() < std::array{80, 160, 320}[k] ? 1 : 0;
      }
    }
    std::printf("  %-28s %-10s", name, whole ? "numbers" : "signs");
    for (const std::size_t f : found) std::printf(" %.3f", static_cast<double>(f) / static_cast<double>(all));
    std::printf("\n");
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<numbers> texts, questions, some;
  std::set<std::string> known;
  const auto add = [](const std::string& text, std::vector<numbers>& to) {
    embedder::item v;
    if (embedder::embed(text, v) != mote::status::ok) return;
    to.emplace_back(dims);
    for (std::size_t i = 0; i < dims; ++i) to.back()[i] = static_cast<float>(v.codes[i]) * v.scale;
  };
  std::vector<std::string> asked;
  for (const memory& m : read_question_set(argv[1])) {
    for (const std::string& t : m.texts)
      if (known.insert(t).second) add(t, texts);
    for (const question& q : m.questions) asked.push_back(q.text);
  }
  for (std::size_t q = 0; q < asked.size(); q += std::max<std::size_t>(1, asked.size() / 300)) add(asked[q], questions);
  for (std::size_t t = 0; t < texts.size(); t += std::max<std::size_t>(1, texts.size() / 1500))
    some.push_back(texts[t]);
  std::printf("%zu texts, %zu questions, %zu bits: of the first ten, among 8, 16, 32 times as many\n", texts.size(),
              questions.size(), dims);
  measure("no rotation", none(), texts, questions);
  measure("signs and Walsh-Hadamard", of_sign_code(), texts, questions);
  rotation r = at_random();
  measure("at random", r, texts, questions);
  quantize(r, some);
  measure("ITQ on the texts", r, texts, questions);
}
