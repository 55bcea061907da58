// SPDX-License-Identifier: BSL-1.0
// Learns with every parameter: the weights live in RAM as floats. For small models, and for making models on a PC.
// Cost: 4 bytes a parameter, 4 for its gradient, 8 for Adam.
// Refuses a quantized base: a step of the optimizer is smaller than one unit of its integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/status.hpp"
#include "mote/family/family_of.hpp"
#include "mote/format/f32.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/learn/answers.hpp"
#include "mote/learn/learner_knobs.hpp"
#include "mote/learn/schedule.hpp"
#include "mote/learn/trained_floats.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

struct full_knobs {
  std::size_t tokens = 128;  ///< longest example, control tokens included
  std::size_t batch = 8;     ///< examples for one step of the optimizer
  std::size_t chunk = 32;    ///< tokens that go through a layer together
  bool takes_turns = false;  ///< true: an answer may run between two portions of a lesson
};

/// Collects the gradients of all tensors in a block laid out like the weights. Satisfies `delta_view`. One set of
/// weights may have several collectors, one for each thread.
template <std::size_t Rows, class Family = llama>
class full_gradients {
  using tensors = tensors_of<Family>;
  using layers = typename Family::layer;

 public:
  using map_type = tensor_map_of<f32<Rows>, Family>;
  full_gradients(const shape& s, const map_type& map, float* gradients) : s_(s), map_(map), gradients_(gradients) {}

  static void apply(std::size_t, role, const float*, float*) {}

  void backward(std::size_t layer, role r, const float* x, std::size_t x_stride, std::size_t count, const float* dy,
                std::size_t y_stride, float*, std::size_t) {
    const std::size_t i = tensors::find(r);
    const matrix_size m = tensors::size(s_, i);
    matmul_weight_gradient<Rows>(block(layer, map_.in(layer).matrix[i]), m.rows, m.cols, dy, y_stride, x, x_stride,
                                 count);
  }
  float* vector_gradient(std::size_t layer, vector_role v) { return at(map_.at(layer, v)); }
  void embedding_backward(std::size_t token, const float* dx) { add_row(at(map_.embedding), token, dx, s_.dim); }
  /// Adds the gradient of a row of a table of a layer.
  void row_backward(std::size_t layer, role r, std::size_t row, const float* drow) {
    const std::size_t i = tensors::find(r);
    add_row(block(layer, map_.in(layer).matrix[i]), row, drow, tensors::size(s_, i).cols);
  }
  /// Adds the gradient dx (dim) of a learned position's vector.
  void position_backward(std::size_t position, const float* dx) { add_row(at(map_.positions), position, dx, s_.dim); }
  void head_backward(const float* dlogits, const float* x, std::size_t count, std::size_t y_stride,
                     std::size_t x_stride) {
    matmul_weight_gradient<Rows>(at(map_.head), s_.vocab, s_.dim, dlogits, y_stride, x, x_stride, count);
  }
  /// The norm of all gradients. The squares of each row are summed alone and the sums added in row order, so that the
  /// result does not depend on the interleaving: a board and a PC must clip alike.
  float norm() const {
    float sum = 0;
    for (std::size_t i = 0; i < tensors::outer_vectors; ++i) add_vector(sum, at(map_.outer[i]), outer_floats(i));
    add_rows(sum, at(map_.embedding), s_.vocab, s_.dim);
    if constexpr (has_positions<Family>) add_rows(sum, at(map_.positions), s_.context, s_.dim);
    for (std::size_t layer = 0; layer < s_.layers; ++layer) {
      const std::size_t kind = layers::kind_of(layer);
      for (std::size_t i = 0; i < tensors::vectors; ++i)
        if (tensors::has_vector(kind, i))
          add_vector(sum, block(layer, map_.in(layer).vector[i]), tensors::floats(s_, i));
      for (std::size_t i = 0; i < tensors::matrices; ++i) {
        if (!tensors::has_matrix(kind, i)) continue;
        const matrix_size m = tensors::size(s_, i);
        add_rows(sum, block(layer, map_.in(layer).matrix[i]), m.rows, m.cols);
      }
    }
    if (!s_.tied_head) add_rows(sum, at(map_.head), s_.vocab, s_.dim);
    return simd::sqrt(sum);
  }

 private:
  std::size_t outer_floats(std::size_t i) const { return tensors::outer_floats(s_, i); }
  static void add_row(float* table, std::size_t row, const float* dx, std::size_t cols) {
    float* tile = table + row / Rows * Rows * cols;
    for (std::size_t col = 0; col < cols; ++col) tile[col * Rows + row % Rows] += dx[col];
  }
  static void add_vector(float& sum, const float* g, std::size_t n) { sum += dot(g, g, n); }
  static void add_rows(float& sum, const float* g, std::size_t rows, std::size_t cols) {
    using floats = simd::floats<Rows>;
    for (std::size_t row = 0; row < rows; row += Rows, g += cols * Rows) {
      floats squares = floats::all(0.0F);
      for (std::size_t col = 0; col < cols; ++col) {
        const auto v = floats::load(g + col * Rows);
        squares = squares + v * v;
      }
      float one[Rows];
      squares.store(one);
      for (std::size_t r = 0; r < Rows && row + r < rows; ++r) sum += one[r];
    }
  }
  float* at(std::size_t offset) const { return gradients_ + offset / sizeof(float); }
  float* block(std::size_t layer, std::size_t offset) const { return at(map_.start_of(layer) + offset); }

  const shape& s_;
  const map_type& map_;
  float* gradients_;
};

/// The check of the weights' format.
template <class Format>
struct full_learns_on {
  static_assert(
      !Format::quantized,
      "mote: full<> trains floats; use quantize<32>, or learn with lora<> on a quantized base [mote-full-needs-floats]");
};

/// The check of the schedule.
template <class Schedule>
struct full_goes_back {
  static constexpr bool does = Schedule::goes_back;
  static_assert(
      does,
      "mote: full<> needs a schedule that goes back; zeroth_order<> moves a few parameters, as of ia3<> or lora<> [mote-full-schedule]");
};

template <full_knobs Knobs = full_knobs{}, class Optimizer = adam<>, class Schedule = backpropagation>
struct full {
  using slot = slots::learning;
  using optimizer = Optimizer;
  using schedule = Schedule;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = true;
  static constexpr learner_knobs knobs = learner_knobs_of(Knobs);
  static constexpr std::size_t tokens = knobs.tokens;
  static constexpr std::size_t batch = knobs.batch;
  static constexpr std::size_t chunk = knobs.tokens_at_a_time();
  static constexpr bool takes_turns = knobs.takes_turns;
  template <class Chosen, class Model = typename Chosen::model_type>
  static consteval auto find_fault() {
    using of_answers = rule_and_way_fault<Optimizer, Schedule, Model>;
    if constexpr (!knobs.are_sound()) return std::type_identity<learner_knobs_fault<knobs>>{};
    else if constexpr (!std::is_void_v<of_answers>) return std::type_identity<of_answers>{};
    else if constexpr (!Schedule::goes_back) return std::type_identity<full_goes_back<Schedule>>{};
    else return std::type_identity<unless<!Chosen::format::quantized, full_learns_on<typename Chosen::format>>>{};
  }
  template <class Chosen>
  using fault = typename decltype(find_fault<Chosen>())::type;

  template <class Model, class Format>
  class state
      : public trained_floats<optimizer, map_tensors<Format, family_of<Model>>(Model::shape).bytes / sizeof(float)> {
    using floats = trained_floats<optimizer, map_tensors<Format, family_of<Model>>(Model::shape).bytes / sizeof(float)>;

   public:
    using said = decltype(let_speak(static_cast<full_learns_on<Format>*>(nullptr)));
    static constexpr shape s = Model::shape;
    using family = family_of<Model>;
    static constexpr auto map = map_tensors<Format, family>(s);
    using floats::parameter_floats;

    static no_adapter adapter() { return {}; }
    full_gradients<Format::rows, family> collector() { return {s, map, this->gradients_}; }

    /// As trained_floats::step(), with the norm that does not depend on the interleaving.
    bool step() {
      return this->optimizer_.step(this->parameters_, this->gradients_, this->optimizer_state_, parameter_floats,
                                   collector().norm());
    }

    /// Starts from the weights of an image.
    void reset(const std::byte* weights) { this->restore(reinterpret_cast<const float*>(weights)); }

    /// Whether these parameters differ from the image's.
    static bool has_effect(const float* parameters, const std::byte* weights) {
      return __builtin_memcmp(parameters, weights, parameter_floats * sizeof(float)) != 0;
    }

    /// Identifies what the parameters are: a snapshot must have the same value.
    static constexpr std::uint64_t fingerprint() { return v0::fingerprint{}.add("full").add(Format::name).value(); }

    const std::byte* bytes() const { return reinterpret_cast<const std::byte*>(this->parameters_); }
  };
};

}  // namespace mote::inline v0
