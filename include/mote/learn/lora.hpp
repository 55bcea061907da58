// SPDX-License-Identifier: BSL-1.0
// Learns by low-rank adapters beside a frozen, quantised base (Hu et al. 2021, arXiv 2106.09685; on the base as it is
// deployed, Dettmers et al. 2023, arXiv 2305.14314).
//   lora<4>                                       rank 4 on query and value: the least memory that teaches a command
//   lora<8, lora_knobs{.targets = all_matrices}>  more room to learn, four times the adapter
//   lora<4, lora_knobs{}, sgd<>>                  no optimiser state
// Cost: 4 bytes a parameter, 4 for its gradient, 8 for Adam; rank * (rows + cols) parameters a matrix.
// Refuses to merge into the base: integers would round the adapter away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/status.hpp"
#include "mote/kernel/low_rank.hpp"
#include "mote/learn/optimiser.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// A set of matrices, one bit a role.
using role_set = std::uint8_t;
constexpr role_set only(role r) { return static_cast<role_set>(1U << static_cast<unsigned>(r)); }
inline constexpr role_set query_and_value = static_cast<role_set>(only(role::query) | only(role::value));
inline constexpr role_set all_matrices = 0x7F;

struct lora_knobs {
  float alpha = 0;  ///< the adapter counts alpha / rank; 0: 2 * rank
  role_set targets = query_and_value;
  std::size_t tokens = 64;  ///< longest example, prompt and answer together
  std::size_t batch = 1;    ///< examples to a step of the optimiser
  std::size_t chunk = 8;    ///< tokens at a time through the wide layers
  std::uint64_t seed = 1;   ///< of A; B starts at zero, so nothing changes before the first step
};

template <std::size_t Rank, lora_knobs Knobs = lora_knobs{}, class Optimiser = adam<>>
struct lora {
  static constexpr std::size_t rank = Rank == 0 ? 1 : Rank;  // nought is refused below, and there alone
  using slot = slots::learning;
  using optimiser = Optimiser;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = Knobs.tokens;
  static constexpr std::size_t batch = Knobs.batch;
  static constexpr std::size_t chunk = Knobs.chunk < Knobs.tokens ? Knobs.chunk : Knobs.tokens;
  static constexpr float scale =
      (Knobs.alpha > 0 ? Knobs.alpha : 2.0F * static_cast<float>(rank)) / static_cast<float>(rank);

  /// The parameters of one model's adapters. Satisfies `learner`.
  template <class Model, class Format>
  class state {
   public:
    static constexpr shape s = Model::shape;

    /// Where each matrix's adapter lies in a layer, in floats; too_big where it has none.
    struct layout {
      std::array<std::size_t, role_count> offset{};
      std::size_t layer_floats = 0;
    };
    static constexpr layout map = [] {
      layout l;
      for (std::size_t r = 0; r < role_count; ++r) {
        l.offset[r] = too_big;
        if ((Knobs.targets >> r & 1U) == 0) continue;
        l.offset[r] = l.layer_floats;
        const matrix_size m = size_of(s, static_cast<role>(r));
        l.layer_floats += low_rank_size{rank, m.rows, m.cols}.floats();
      }
      return l;
    }();
    static constexpr std::size_t parameter_floats = s.layers * map.layer_floats;
    static constexpr std::size_t optimiser_floats = Optimiser::state_floats(parameter_floats);

    static constexpr low_rank_size size(role r) {
      const matrix_size m = size_of(s, r);
      return {rank, m.rows, m.cols};
    }

    /// What collects the gradients: this object.
    state& collector() { return *this; }

    /// A small and random, B zero: the pipeline answers as if there were no adapter.
    void reset() {
      rng random(Knobs.seed);
      for (std::size_t layer = 0; layer < s.layers; ++layer) {
        for (std::size_t r = 0; r < role_count; ++r) {
          if (map.offset[r] == too_big) continue;
          const low_rank_size n = size(static_cast<role>(r));
          float* a = parameters_ + layer * map.layer_floats + map.offset[r];
          const float deviation = 1.0F / simd::sqrt(static_cast<float>(n.cols));
          for (std::size_t row = 0; row < rank; ++row)
            for (std::size_t col = 0; col < padded(n.cols); ++col)
              a[row * padded(n.cols) + col] = col < n.cols ? random.normal() * deviation : 0.0F;
          for (std::size_t i = 0; i < n.b_floats(); ++i) a[n.a_floats() + i] = 0.0F;
        }
      }
      forget();
    }

    void add(std::size_t layer, role r, const float* x, float* y) const {
      const std::size_t offset = map.offset[static_cast<std::size_t>(r)];
      if (offset == too_big) return;
      const low_rank_size n = size(r);
      const float* a = parameters_ + layer * map.layer_floats + offset;
      low_rank_add(n, a, a + n.a_floats(), scale, x, y);
    }

    void backward(std::size_t layer, role r, const float* x, std::size_t x_stride, std::size_t count, const float* dy,
                  std::size_t y_stride, float* dx, std::size_t dx_stride) {
      const std::size_t offset = map.offset[static_cast<std::size_t>(r)];
      if (offset == too_big) return;
      const low_rank_size n = size(r);
      const std::size_t at = layer * map.layer_floats + offset;
      for (std::size_t t = 0; t < count; ++t)
        low_rank_gradient(n, parameters_ + at, parameters_ + at + n.a_floats(), scale, x + t * x_stride,
                          dy + t * y_stride, gradients_ + at, gradients_ + at + n.a_floats(), dx + t * dx_stride);
    }

    // The base is frozen: its norms, embedding and head collect nothing.
    static float* vector_gradient(std::size_t, vector_role) { return nullptr; }
    static void embedding_backward(std::size_t, const float*) {}
    static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}

    /// False where the step would leave the floats: parameters and optimiser stay as they were.
    bool step() { return optimiser_.step(parameters_, gradients_, optimiser_state_, parameter_floats); }
    /// Forgets the gradients that were collected.
    void drop() {
      for (float& g : gradients_) g = 0;
    }
    /// bad_rate where it is not within 0 to largest_rate: the rate stays.
    status rate(float r) {
      if (!is_rate(r)) return status::bad_rate;
      optimiser_.rate = r;
      return status::ok;
    }
    float rate() const { return optimiser_.rate; }

    /// Whether these parameters would change an answer: some B is not zero.
    static bool has_effect(const float* parameters, const std::byte*) {
      for (std::size_t layer = 0; layer < s.layers; ++layer) {
        for (std::size_t r = 0; r < role_count; ++r) {
          if (map.offset[r] == too_big) continue;
          const low_rank_size n = size(static_cast<role>(r));
          const float* b = parameters + layer * map.layer_floats + map.offset[r] + n.a_floats();
          for (std::size_t i = 0; i < n.b_floats(); ++i)
            if (b[i] != 0.0F) return true;
        }
      }
      return false;
    }

    /// Takes saved parameters; gradients and the optimiser start anew.
    void restore(const float* parameters) {
      __builtin_memcpy(parameters_, parameters, sizeof parameters_);
      forget();
    }

    /// What a snapshot of these parameters must agree with.
    static constexpr std::uint64_t fingerprint() {
      return v0::fingerprint{}
          .add("lora")
          .add(rank)
          .add(Knobs.targets)
          .add(__builtin_bit_cast(std::uint32_t, scale))
          .value();
    }

    float* parameters() { return parameters_; }
    const float* parameters() const { return parameters_; }
    float* gradients() { return gradients_; }

   private:
    void forget() {
      drop();
      for (float& v : optimiser_state_) v = 0;
      optimiser_.reset();
    }

    alignas(64) float parameters_[parameter_floats] = {};
    alignas(64) float gradients_[parameter_floats] = {};
    alignas(64) float optimiser_state_[optimiser_floats == 0 ? 1 : optimiser_floats] = {};
    Optimiser optimiser_;
  };

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(Rank >= 1 && Rank <= 256,
                "mote: the rank of lora<> must lie in 1 to 256; 2, 4 and 8 are usual [mote-lora-rank]");
  static_assert(Knobs.targets != 0 && Knobs.targets <= all_matrices,
                "mote: lora<> adapts no matrix; set .targets, as in query_and_value [mote-lora-targets]");
};

}  // namespace mote::inline v0
