// SPDX-License-Identifier: BSL-1.0
// Trains every parameter of a decoder from text, on a PC. Two threads compute the gradients of one half of a batch
// each; these are added in a fixed order, so the result does not depend on timing.
// Refuses to read files or to print: it takes batches of tokens and returns losses.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "mote/block/train.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/llama.hpp"
#include "mote/learn/full.hpp"

namespace mote::inline v0::host {

/// A sequence to learn. The tokens from index `first_answer` (1 or more) on are predicted; those before it are given.
struct training_sequence {
  std::vector<std::uint32_t> tokens;
  std::size_t first_answer = 1;
};

/// Trains Llama models of this shape on sequences of at most `Tokens` tokens. The map of the tensors, the arena of a
/// pass and the rotary frequencies are computed from both at compile time.
template <shape Shape, std::size_t Tokens>
class model_trainer {
 public:
  using format = f32<16>;
  static constexpr shape s = Shape;
  static constexpr tensor_map<> map = map_tensors<format>(s);
  static constexpr std::size_t parameter_floats = map.bytes / sizeof(float);
  static constexpr std::size_t halves = 2;

  explicit model_trainer(std::uint64_t seed) : parameters_(parameter_floats), state_(2 * parameter_floats) {
    for (auto& w : workers_) w = std::make_unique<worker>();
    optimizer_.reset();
    rng random(seed);
    // Normal with deviation 1/sqrt(columns); matrices that add to the residual stream have it divided by sqrt(2
    // layers), as in GPT-2. The embedding has half of 1/sqrt(dim).
    const float narrow = 1.0F / std::sqrt(static_cast<float>(s.dim));
    const float residual = 1.0F / std::sqrt(2.0F * static_cast<float>(s.layers));
    fill(at(map.embedding), {s.vocab, s.dim}, 0.5F * narrow, random);
    for (std::size_t layer = 0; layer < s.layers; ++layer) {
      for (std::size_t i = 0; i < s.dim; ++i)
        at(map.at<vector_role::attention_norm>(layer))[i] = at(map.at<vector_role::ffn_norm>(layer))[i] = 1.0F;
      for (std::size_t k = 0; k < tensors_of<llama>::matrices; ++k) {
        const role r = tensors_of<llama>::matrix(k);
        const matrix_size m = size_of(s, r);
        const bool adds = r == role::output || r == role::down;
        const float deviation = 1.0F / std::sqrt(static_cast<float>(m.cols));
        fill(at(map.at(layer, r)), m, adds ? deviation * residual : deviation, random);
      }
    }
    for (std::size_t i = 0; i < s.dim; ++i) at(map.at<vector_role::final_norm>(0))[i] = 1.0F;
    if (!s.tied_head) fill(at(map.head), {s.vocab, s.dim}, narrow, random);
  }

  /// One optimizer step over a batch. Returns the mean loss per predicted token in nats, before the step. NaN: the
  /// gradient is not finite, or a parameter would leave the range of weights; then no parameter was changed.
  float step(std::span<const training_sequence> batch, float rate) {
    std::size_t predicted = 0;
    for (const auto& q : batch) predicted += q.tokens.size() - q.first_answer;
    const float weight = 1.0F / static_cast<float>(predicted);
    std::array<float, halves> loss{};
    {
      std::array<std::jthread, halves> threads;
      for (std::size_t h = 0; h < halves; ++h)
        threads[h] = std::jthread([&, h] {
          for (std::size_t i = h; i < batch.size(); i += halves)
            loss[h] += workers_[h]->backward(*this, batch[i], weight);
        });
    }
    float* gradient = workers_[0]->gradients.data();
    const float* other = workers_[1]->gradients.data();
    for (std::size_t i = 0; i < parameter_floats; ++i) gradient[i] += other[i];
    optimizer_.rate = rate;  // the caller has the schedule
    const bool stepped = optimizer_.step(parameters_.data(), gradient, state_.data(), parameter_floats);
    std::fill(workers_[1]->gradients.begin(), workers_[1]->gradients.end(), 0.0F);
    return stepped ? loss[0] + loss[1] : std::numeric_limits<float>::quiet_NaN();
  }

  /// The mean loss per predicted token of a set, in nats, without training.
  float loss(std::span<const training_sequence> set) {
    float sum = 0;
    std::size_t predicted = 0;
    for (const auto& q : set) {
      sum += workers_[0]->loss(*this, q);
      predicted += q.tokens.size() - q.first_answer;
    }
    return sum / static_cast<float>(predicted);
  }

  /// The parameters as bytes in the layout of f32<16>.
  std::span<const std::byte> packed() const { return std::as_bytes(std::span(parameters_)); }
  weights<format> view() const { return {packed().data(), s, map}; }
  std::span<float> parameters() { return parameters_; }

 private:
  static constexpr std::size_t chunk = 32;
  static constexpr auto plan = plan_arena(train_lifetimes<llama, format>(s, Tokens, chunk));
  static constexpr auto frequencies = rope_frequencies<s.head_dim() / 2>(s.rope_theta);

  struct worker {
    std::vector<float> gradients = std::vector<float>(parameter_floats);
    std::vector<std::byte> memory = std::vector<std::byte>(plan.bytes + arena_alignment);

    float backward(const model_trainer& trainer, const training_sequence& q, float weight) {
      return run(trainer, [&](auto& pass) {
        return pass.backward(std::span<const std::uint32_t>(q.tokens), q.first_answer - 1, weight);
      });
    }
    float loss(const model_trainer& trainer, const training_sequence& q) {
      return run(trainer, [&](auto& pass) {
        return pass.loss(std::span<const std::uint32_t>(q.tokens), q.first_answer - 1, 1.0F);
      });
    }
    template <class Function>
    float run(const model_trainer& trainer, Function f) {
      void* p = memory.data();
      std::size_t space = memory.size();
      const train_buffers<llama> buffers{static_cast<std::byte*>(std::align(arena_alignment, plan.bytes, p, space)),
                                         plan};
      full_gradients<format::rows> collector(s, map, gradients.data());
      const weights<format> w = trainer.view();
      sequence_pass<llama, simd::native, format, full_gradients<format::rows>> pass(s, w, collector, frequencies.data(),
                                                                                    buffers, Tokens, chunk);
      return f(pass);
    }
  };

  float* at(std::size_t offset) { return parameters_.data() + offset / sizeof(float); }
  static void fill(float* to, matrix_size m, float deviation, rng& random) {
    for (std::size_t row = 0; row < m.rows; ++row)
      for (std::size_t col = 0; col < m.cols; ++col)
        to[(row / format::rows * m.cols + col) * format::rows + row % format::rows] = random.normal() * deviation;
  }

  std::vector<float> parameters_;
  std::vector<float> state_;
  std::array<std::unique_ptr<worker>, halves> workers_;
  adam<adam_knobs{.rate = 1e-3F, .beta2 = 0.98F, .decay = 0.01F, .clip = 1.0F}> optimizer_;
};

}  // namespace mote::inline v0::host
