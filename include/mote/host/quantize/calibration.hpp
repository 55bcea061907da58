// SPDX-License-Identifier: BSL-1.0
// Runs a text through a model and collects the moments of every matrix input, layer by layer. A visitor gets the
// moments of each layer and may replace matrices of that layer; later layers then see the outputs of the replaced ones.
// Refuses to hold more than the residual stream of the text and the moments of one layer: the products of an input of
// 8,192 columns take half a gigabyte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

/// One input of a layer: the matrices that read it and its moments. layer_moments has them in the order of the blocks.
struct seen_input {
  std::vector<role> readers;
  input_moments moments;
};
struct layer_moments : std::vector<seen_input> {
  /// The moments of the input that matrix `r` reads; null if no block has multiplied it.
  const input_moments* find(role r) const {
    for (const seen_input& input : *this)
      if (std::ranges::find(input.readers, r) != input.readers.end()) return &input.moments;
    return nullptr;
  }
  const input_moments& of(role r) const {
    if (const input_moments* found = find(r)) return *found;
    throw std::runtime_error("calibration: nothing went into the matrix " + spelled(r));
  }
};

/// Adds the rows of an input, x: (rows, stride), to its moments. Whether products are summed, the first call decides.
void observe(input_moments& m, const float* x, std::size_t stride, std::size_t rows, std::size_t cols,
             moment_kind kind = moment_kind::full);

/// A text on its way through a model: the residual stream of all its tokens, which is what is held of it. A layer runs
/// one sequence after another, so that the buffers and the cache in use are those of one sequence in one layer. The
/// model is referred to: whoever calls may have the matrices of a single layer in it, and replace them between calls.
template <class Family>
class calibration_run {
 public:
  calibration_run(const batch_model_of<Family>& m, const text_sample& text)
      : text_(&text), decoder_(m, 1, text.length, kept_layers::one) {
    for (std::size_t i = 0; i < text.sequences; ++i) stream_.push_back(decoder_.embed(tokens_of(i)));
  }

  /// Runs a layer: the stream, which was in front of it, is behind it.
  void run(std::size_t layer) {
    for (std::size_t i = 0; i < stream_.size(); ++i) run(layer, i, stream_[i], {});
  }
  /// The moments of what goes into the matrices of a layer. The stream stays in front of it.
  layer_moments look(std::size_t layer, moment_kind kind) {
    layer_moments seen;
    for (std::size_t i = 0; i < stream_.size(); ++i) {
      std::vector<float> x = stream_[i];
      run(layer, i, x, into(seen, kind));
    }
    return seen;
  }
  /// Both at once.
  layer_moments look_and_run(std::size_t layer, moment_kind kind) {
    layer_moments seen;
    for (std::size_t i = 0; i < stream_.size(); ++i) run(layer, i, stream_[i], into(seen, kind));
    return seen;
  }
  /// The moments of what goes into the head, behind all layers.
  input_moments look_at_head(moment_kind kind) {
    input_moments seen;
    for (const std::vector<float>& x : stream_)
      decoder_.head_input(x, [&](const matrix_input& in) { observe(seen, in.x, in.stride, in.rows, in.cols, kind); });
    return seen;
  }

  /// (sequences) of (length, hidden stride)
  const std::vector<std::vector<float>>& stream() const { return stream_; }
  void go_back(std::vector<std::vector<float>> stream) { stream_ = std::move(stream); }

 private:
  std::span<const std::size_t> tokens_of(std::size_t i) const { return text_->sequence(i).first(text_->length); }

  void run(std::size_t layer, std::size_t sequence, std::vector<float>& x, const observer& see) {
    if constexpr (leaves_embedding<Family>) (void)decoder_.embed(tokens_of(sequence));  // the last one's is left there
    decoder_.block(layer, x, see);
  }
  static observer into(layer_moments& seen, moment_kind kind) {
    return [&seen, kind](const matrix_input& in) {
      auto to =
          std::ranges::find_if(seen, [&](const seen_input& s) { return std::ranges::equal(s.readers, in.readers); });
      if (to == seen.end()) to = seen.insert(to, {{in.readers.begin(), in.readers.end()}, {}});
      observe(to->moments, in.x, in.stride, in.rows, in.cols, kind);
    };
  }

  const text_sample* text_;
  batch_decoder<float_cache, Family> decoder_;
  std::vector<std::vector<float>> stream_;
};

/// Runs the text through `m` and calls visit(layer, moments) for each layer in order, then visit_head(moments) for the
/// input of the head, if it is given. A visit that has changed matrices of its layer must return true: the layer is
/// then run again.
template <class Family>
void calibrate(const batch_model_of<Family>& m, const text_sample& text,
               const std::function<bool(std::size_t, const layer_moments&)>& visit,
               const std::function<void(const input_moments&)>& visit_head = {}, moment_kind kind = moment_kind::full) {
  calibration_run<Family> run(m, text);
  for (std::size_t layer = 0; layer < m.shape.layers; ++layer) {
    std::vector<std::vector<float>> before = run.stream();
    const layer_moments moments = run.look_and_run(layer, kind);
    if (!visit(layer, moments)) continue;
    run.go_back(std::move(before));
    run.run(layer);
  }
  if (visit_head) visit_head(run.look_at_head(kind));
}

extern template void calibrate(const batch_model&, const text_sample&,
                               const std::function<bool(std::size_t, const layer_moments&)>&,
                               const std::function<void(const input_moments&)>&, moment_kind);
extern template class calibration_run<llama>;

}  // namespace mote::inline v0::host
