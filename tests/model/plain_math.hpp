// SPDX-License-Identifier: BSL-1.0
// What the reference models are made of, as their papers write it: norms, activations, rotary positions, attention,
// convolution and loss, in double precision and plain loops, nothing shared with include/mote but the random numbers.
// Refuses to be clever, and to know any model: plain_gpt2.hpp and its neighbours put these together. The two innermost loops
// read through pointers: an unoptimized build calls a function for each vector's element.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "mote/core/rng.hpp"

namespace mote_tests {

using plain_vector = std::vector<double>;
using plain_rows = std::vector<plain_vector>;  // one row a position

/// A (rows, cols) matrix of doubles whose values are exact floats, so that packing as f32 loses nothing.
struct plain_matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<double> v;

  double& at(std::size_t r, std::size_t c) { return v[r * cols + c]; }
  double at(std::size_t r, std::size_t c) const { return v[r * cols + c]; }
  std::vector<double> row(std::size_t r) const {
    std::vector<double> y(cols);
    for (std::size_t c = 0; c < cols; ++c) y[c] = at(r, c);
    return y;
  }
  std::vector<double> times(const std::vector<double>& x) const {
    std::vector<double> y(rows);
    const double* const in = x.data();
    for (std::size_t r = 0; r < rows; ++r) {
      const double* const weights = v.data() + r * cols;
      double sum = 0;
      for (std::size_t c = 0; c < cols; ++c) sum += weights[c] * in[c];
      y[r] = sum;
    }
    return y;
  }
};

inline plain_matrix random_matrix(std::size_t rows, std::size_t cols, double deviation, mote::rng& random) {
  plain_matrix m{rows, cols, std::vector<double>(rows * cols)};
  for (double& v : m.v) v = static_cast<double>(static_cast<float>(static_cast<double>(random.normal()) * deviation));
  return m;
}

inline void add_to(plain_vector& x, const plain_vector& more) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += more[i];
}

// --------------------------------------------------------------------------------------------------------------- norms

/// Ba, Kiros and Hinton 2016 (arXiv 1607.06450): mean 0 and variance 1, the variance over n and not n - 1, then gain and
/// bias. The epsilon is below the root.
inline plain_vector layer_norm(const plain_vector& x, const plain_vector& gain, const plain_vector& bias,
                               double epsilon) {
  const double n = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  for (double v : x) mean += v / n;
  for (double v : x) variance += (v - mean) * (v - mean) / n;
  plain_vector y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = (x[i] - mean) / std::sqrt(variance + epsilon) * gain[i] + (bias.empty() ? 0.0 : bias[i]);
  return y;
}

/// Zhang and Sennrich 2019 (arXiv 1910.07467): no mean is taken away, and there is no bias.
inline plain_vector rms_norm(const plain_vector& x, const plain_vector& gain, double epsilon) {
  double square = 0;
  for (double v : x) square += v * v / static_cast<double>(x.size());
  plain_vector y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] / std::sqrt(square + epsilon) * gain[i];
  return y;
}

// --------------------------------------------------------------------------------------------------------- activations

/// Hendrycks and Gimpel 2016 (arXiv 1606.08415): x times the normal distribution's integral up to x.
inline double gelu_erf(double x) { return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2)); }

/// The same paper's approximation, which GPT-2 was trained with.
inline double gelu_tanh(double x) {
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

inline double silu(double x) { return x / (1.0 + std::exp(-x)); }

inline double relu(double x) { return x > 0 ? x : 0; }

enum class activation { silu, gelu_tanh, gelu_erf, relu };
inline double activate(activation a, double x) {
  switch (a) {
    case activation::silu: return silu(x);
    case activation::gelu_tanh: return gelu_tanh(x);
    case activation::gelu_erf: return gelu_erf(x);
    case activation::relu: break;
  }
  return relu(x);
}

/// Scores stay within (-cap, cap) (Gemma 2, arXiv 2408.00118). 0: no cap.
inline double soft_cap(double score, double cap) { return cap == 0 ? score : cap * std::tanh(score / cap); }

// ------------------------------------------------------------------------------------------------------------ positions

/// Which two values of a head turn together: (2i, 2i + 1) as the paper (Su et al. 2021, arXiv 2104.09864) writes it and
/// Llama's own files have it; (i, i + turning / 2) as the checkpoints of Qwen, GPT-NeoX, Phi and LFM2 have it.
enum class rope_pairs { neighbours, halves };

/// What Llama 3.1 (arXiv 2407.21783; `rope_type: llama3` of its published configuration) does to the frequencies: by
/// wavelength, short ones stay, long ones are divided by the factor, those between are mixed. original = 0: `linear`, all
/// are divided (Chen et al. 2023, arXiv 2306.15595).
struct rope_stretch {
  double factor = 1, low_freq_factor = 1, high_freq_factor = 4, original = 0;

  double operator()(double frequency) const {
    if (original == 0) return frequency / factor;
    const double wavelength = 2 * std::numbers::pi / frequency;
    if (wavelength < original / high_freq_factor) return frequency;
    if (wavelength > original / low_freq_factor) return frequency / factor;
    const double smooth = (original / wavelength - low_freq_factor) / (high_freq_factor - low_freq_factor);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  }
};

/// Turns the first `turning` values of every head of `width` values; pair i by position * theta^(-2i / turning), stretched.
inline void rotate_heads(plain_vector& v, std::size_t width, std::size_t turning, std::size_t position, double theta,
                         rope_pairs pairs, const rope_stretch& stretch = {}) {
  for (std::size_t head = 0; head < v.size(); head += width)
    for (std::size_t i = 0; i < turning / 2; ++i) {
      const double power = -2.0 * static_cast<double>(i) / static_cast<double>(turning);
      const double angle = static_cast<double>(position) * stretch(std::pow(theta, power));
      double& a = v[head + (pairs == rope_pairs::neighbours ? 2 * i : i)];
      double& b = v[head + (pairs == rope_pairs::neighbours ? 2 * i + 1 : i + turning / 2)];
      const double kept = a;
      a = kept * std::cos(angle) - b * std::sin(angle);
      b = kept * std::sin(angle) + b * std::cos(angle);
    }
}

// ----------------------------------------------------------------------------------------------------------- the mixers

struct head_counts {
  std::size_t heads, kv_heads, width;
};

/// Softmax attention (Vaswani et al. 2017, arXiv 1706.03762) of heads in groups (arXiv 2305.13245): query head h reads key
/// head h / (heads / kv_heads). `sees(t, u)`: whether position t sees position u. It must see one at least.
template <class Sees>
plain_rows attend(const plain_rows& queries, const plain_rows& keys, const plain_rows& values, const head_counts& c,
                  double cap, Sees sees) {
  plain_rows mixed(queries.size(), plain_vector(c.heads * c.width));
  for (std::size_t t = 0; t < queries.size(); ++t)
    for (std::size_t h = 0; h < c.heads; ++h) {
      const std::size_t query = h * c.width, key = h / (c.heads / c.kv_heads) * c.width;
      std::vector<std::size_t> seen;
      plain_vector score;
      for (std::size_t u = 0; u < keys.size(); ++u) {
        if (!sees(t, u)) continue;
        const double *const q = queries[t].data() + query, *const k = keys[u].data() + key;
        double dot = 0;
        for (std::size_t d = 0; d < c.width; ++d) dot += q[d] * k[d];
        seen.push_back(u);
        score.push_back(soft_cap(dot / std::sqrt(static_cast<double>(c.width)), cap));
      }
      if (seen.empty()) throw std::invalid_argument("a position must see one position at least");
      const double most = *std::max_element(score.begin(), score.end());
      double sum = 0;
      for (double s : score) sum += std::exp(s - most);
      double* const out = mixed[t].data() + query;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        const double share = std::exp(score[i] - most) / sum;
        const double* const value = values[seen[i]].data() + key;
        for (std::size_t d = 0; d < c.width; ++d) out[d] += share * value[d];
      }
    }
  return mixed;
}

/// Every channel by itself: y[t] = sum over j of kernel[j] * x[t - (length - 1) + j], zeros before the first position. The
/// last tap is the position's own, as the checkpoints of LFM2 have it.
inline plain_rows causal_convolution(const plain_rows& x, const plain_matrix& kernel /* (channels, length) */) {
  plain_rows y(x.size(), plain_vector(kernel.rows));
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t c = 0; c < kernel.rows; ++c)
      for (std::size_t back = 0; back < kernel.cols && back <= t; ++back)
        y[t][c] += kernel.at(c, kernel.cols - 1 - back) * x[t - back][c];
  return y;
}

// ----------------------------------------------------------------------------------------------------------------- loss

/// -log softmax(logits)[token].
inline double surprise(const plain_vector& logits, std::size_t token) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (double v : logits) sum += std::exp(v - most);
  return std::log(sum) + most - logits[token];
}

/// The mean over t >= first of -log p(tokens[t + 1] | tokens[0..t]).
template <class Tokens>
double mean_surprise(const plain_rows& logits, const Tokens& tokens, std::size_t first) {
  double sum = 0;
  for (std::size_t t = first; t + 1 < tokens.size(); ++t) sum += surprise(logits[t], tokens[t + 1]);
  return sum / static_cast<double>(tokens.size() - 1 - first);
}

}  // namespace mote_tests
