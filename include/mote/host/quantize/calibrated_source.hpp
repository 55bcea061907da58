// SPDX-License-Identifier: BSL-1.0
// A model that is folded and quantized while it is written: who writes an image asks for one layer after another, and
// each is loaded, run on the calibration text, folded, quantized and let go. In memory are the floats of a layer, the
// moments of its inputs, and the residual stream of the text.
// Refuses an order other than that of an image: a layer is calibrated behind those before it, which are gone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/quantize/calibration.hpp"
#include "mote/host/quantize/fold.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/host/quantize/read_at_use.hpp"

namespace mote::inline v0::host {

/// What is done to each layer.
template <class Family>
struct calibrated_steps {
  /// Changes a layer that is alone in memory, by what goes into its matrices before any is changed. Null: nothing.
  std::function<void(raw_model_of<Family>&, std::size_t layer, const layer_moments&)> fold;
  moment_kind fold_sees = moment_kind::diagonal;

  /// The grid of a matrix; null: its format rounds it.
  std::function<const quantization_grid*(const tensor_place&)> grid;
  /// Rounds some rows of a matrix, or all, without its input. Null: no matrix is quantized.
  quantizer alone;
  /// The same for the matrices that read an input. Null: all are rounded without.
  std::function<quantizer(input_moments)> behind;
  moment_kind quantizer_sees = moment_kind::diagonal;
};

/// Both `from` and `text` must outlive it. It is written once.
template <class Family>
class calibrated_source final : public model_source {
  using tensors = tensors_of<Family>;
  using batch = batch_model_of<Family>;

 public:
  calibrated_source(model_source& from, const text_sample& text, calibrated_steps<Family> steps)
      : from_(&from), text_(&text), steps_(std::move(steps)), plain_(without_matrices<Family>(from)), coded_(plain_) {
    shape_ = from.shape();
    family_ = from.family();
    kind_ = from.kind();
    looked_up(plain_, false);
    looked_up(coded_, true);
  }

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    if (p.where != tensor_place::part::block) return from_->load_rows(p, first, count, out);
    enter(p.layer);
    const matrix_size size = size_of<Family>(shape_, p);
    if (first > size.rows || count > size.rows - first)
      throw std::runtime_error("model: " + name(p) + " has fewer rows than asked");
    const auto rows = values_of(held_, p).subspan(first * size.cols, count * size.cols);
    std::copy(rows.begin(), rows.end(), out);
  }
  void load_vector(std::size_t layer, vector_role v, float* out) override {
    if (tensors::find_outer(v) < tensors::outer_vectors) return from_->load_vector(layer, v, out);
    enter(layer);
    const auto values = vector_of(std::as_const(held_), layer, v);
    std::copy(values.begin(), values.end(), out);
  }
  /// Nothing of a matrix that a fold may change, or that has codes.
  stored_matrix stored(const tensor_place& p) override {
    if ((steps_.alone && steps_.grid(p) != nullptr) || folded(p)) return {};
    return from_->stored(p);
  }

  /// For write_image(): the codes of rows that this source has given. It refers to the source.
  row_coder coder() {
    return [this](const quantizer_task& rows, std::size_t first) -> coded_rows {
      const quantization_grid* grid = steps_.alone ? steps_.grid(rows.place) : nullptr;
      if (grid == nullptr) return {};
      codes_ = quantize(rows, *grid);
      if (rows.place.where == tensor_place::part::block) {
        const auto to = change_values(held_, rows.place).subspan(first * rows.cols, codes_.values.size());
        std::copy(codes_.values.begin(), codes_.values.end(), to.begin());
      }
      return {&codes_, 0};
    };
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  /// Embeddings of a run: as they are, or as they are behind their codes.
  void looked_up(batch& m, bool coded) {
    const auto place = [&](const tensor_place& p, linear& to) {
      const matrix_size size = size_of<Family>(shape_, p);
      to = read_at_use(
          [this, p, coded, cols = size.cols](std::size_t first, std::size_t count) -> const float* {
            row_.resize(count * cols);
            from_->load_rows(p, first, count, row_.data());
            const quantization_grid* grid = coded && steps_.alone ? steps_.grid(p) : nullptr;
            if (grid != nullptr)
              row_ = steps_.alone({.place = p, .w = row_.data(), .rows = count, .cols = cols}, *grid).values;
            return row_.data();
          },
          size.rows, size.cols);
    };
    place(tensor_place::embedding(), m.embedding);
    if constexpr (has_positions<Family>) place(tensor_place::positions(), m.positions);
  }

  bool folded(const tensor_place& p) const {
    if (!steps_.fold || p.where != tensor_place::part::block) return false;
    return std::ranges::any_of(scaled_inputs_of<Family>(p.layer), [&](const scaled_input& in) {
      return std::ranges::find(in.readers, p.role) != in.readers.end() ||
             std::ranges::find(in.matrix, p.role) != in.matrix.end();
    });
  }

  coded_matrix quantize(const quantizer_task& rows, const quantization_grid& grid) {
    if (!steps_.behind || rows.place.where == tensor_place::part::embedding ||
        rows.place.where == tensor_place::part::positions)
      return steps_.alone(rows, grid);
    if (rows.place.where == tensor_place::part::head) {
      if (!head_) {
        leave();
        if (layer_ + 1 != shape_.layers) throw std::runtime_error(out_of_order);
        head_ = steps_.behind(behind_->look_at_head(steps_.quantizer_sees));
      }
      return (*head_)(rows, grid);
    }
    for (input& in : inputs_)
      if (std::ranges::find(in.readers, rows.place.role) != in.readers.end()) {
        if (!in.how) in.how = steps_.behind(std::move(in.moments));
        return in.how(rows, grid);
      }
    return steps_.alone(rows, grid);  // nothing has gone into it
  }

  /// Loads the next layer, when the one before has been written.
  void enter(std::size_t layer) {
    if (layer == layer_) return;
    if (layer != layer_ + 1) throw std::runtime_error(out_of_order);  // none + 1 is the first
    leave();
    layer_ = layer;
    load(layer);
    if (steps_.fold) {
      if (!before_) before_.emplace(plain_, *text_);
      put_vectors(plain_);
      put_matrices(plain_);
      steps_.fold(held_, layer, before_->look_and_run(layer, steps_.fold_sees));
      clear(plain_);
    }
    if (!steps_.alone || !steps_.behind) return;
    if (!behind_) behind_.emplace(coded_, *text_);
    put_vectors(coded_);
    put_matrices(coded_);
    for (seen_input& in : behind_->look(layer, steps_.quantizer_sees))
      inputs_.push_back({std::move(in.readers), std::move(in.moments), {}});
    in_front_ = true;
  }
  /// Runs the text through the layer as it is now.
  void leave() {
    inputs_.clear();
    if (!std::exchange(in_front_, false)) return;
    behind_->run(layer_);
    clear(coded_);
  }

  void load(std::size_t layer) {
    const std::size_t kind = Family::layer::kind_of(layer);
    held_.shape = shape_;
    held_.first_layer = layer;
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      std::vector<float>& values = held_.matrices[i].values;
      if (!tensors::has_matrix(kind, i)) {
        values = {};
        continue;
      }
      const tensor_place p = tensor_place::block(layer, tensors::matrix(i));
      const matrix_size size = size_of<Family>(shape_, p);
      values.resize(size.rows * size.cols);
      from_->load_rows(p, 0, size.rows, values.data());
    }
    for (std::size_t i = 0; i < tensors::vectors; ++i) {
      std::vector<float>& values = held_.vectors[i].values;
      values.resize(tensors::has_vector(kind, i) ? tensors::floats(shape_, i) : 0);
      if (!values.empty()) from_->load_vector(layer, tensors::vector(i), values.data());
    }
  }
  void put_vectors(batch& m) {
    for (std::size_t i = 0; i < tensors::vectors; ++i) m.vectors[layer_][i] = held_.vectors[i].values;
  }
  void put_matrices(batch& m) {
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      if (!tensors::has_matrix(Family::layer::kind_of(layer_), i)) continue;
      const matrix_size size = size_of<Family>(shape_, tensors::matrix(i));
      m.blocks[layer_][i] = read_at_use(
          [this, i, cols = size.cols](std::size_t first, std::size_t) {
            return std::as_const(held_).matrices[i].values.data() + first * cols;
          },
          size.rows, size.cols);
    }
  }
  void clear(batch& m) {
    m.blocks[layer_] = {};
    m.vectors[layer_] = {};
  }

  struct input {
    std::vector<role> readers;
    input_moments moments;  // until `how` is made of them
    quantizer how;
  };
  static constexpr const char* out_of_order = "calibration: the tensors are not asked for in the order of an image";

  model_source* from_;
  const text_sample* text_;
  calibrated_steps<Family> steps_;
  batch plain_;  // the layer before it is folded
  batch coded_;  // the layer as it is written
  std::optional<calibration_run<Family>> before_, behind_;
  raw_model_of<Family> held_;
  std::size_t layer_ = none;
  bool in_front_ = false;  // `behind_` has not run the layer
  std::vector<input> inputs_;
  std::optional<quantizer> head_;
  std::vector<float> row_;
  coded_matrix codes_;
};

extern template class calibrated_source<llama>;

}  // namespace mote::inline v0::host
