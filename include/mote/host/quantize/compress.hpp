// SPDX-License-Identifier: BSL-1.0
// A scheme from floats to an image's weights: a fold that prepares the floats, a quantizer that chooses codes, and the
// format of each tensor. As text, with the formats last: "gptq/iq4_nl,embedding=q8" or "awq/mse/q4". Without a fold in
// the text nothing is folded; without a quantizer it is rtn.
//   rtn       round to nearest, as the format itself does; no calibration
//   mse       scales of least squared error, columns weighted by the power of their input
//   gptq      later columns compensate the error of earlier ones
//   hqq       minimizes a p-norm (p < 1), which tolerates outliers; no calibration
//   awq, smooth, hadamard      folds: awq.hpp, smooth.hpp, hadamard.hpp; hadamard unties a tied head
// Refuses a quantizer if all tensors keep floats, and awq if all tensors of the blocks do: floats have no codes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/quantize/quantize_model.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

enum class fold_kind : std::uint8_t { none, awq, smooth, hadamard };
inline constexpr std::array<std::string_view, 4> fold_names{"none", "awq", "smooth", "hadamard"};
enum class quantizer_kind : std::uint8_t { rtn, mse, gptq, hqq };
inline constexpr std::array<std::string_view, 4> quantizer_names{"rtn", "mse", "gptq", "hqq"};

struct scheme {
  fold_kind fold = fold_kind::none;
  quantizer_kind quantizer = quantizer_kind::rtn;
  std::string formats = "q8";

  /// Whether each row is rounded alone, so that code_rows() can round a model that nobody holds. A fold changes
  /// matrices together, and who is calibrated needs the outputs of layers before.
  bool by_rows(bool calibrated) const {
    return fold == fold_kind::none && quantizer != quantizer_kind::gptq &&
           !(quantizer == quantizer_kind::mse && calibrated);
  }
  /// Whether a layer can be done when those before it are done and gone, so that compress_by_layers() can take a model
  /// that nobody holds.
  bool by_layers() const { return fold != fold_kind::hadamard; }
  /// Whether compress() needs a calibration text.
  bool needs_text() const {
    return fold == fold_kind::awq || fold == fold_kind::smooth || quantizer == quantizer_kind::mse ||
           quantizer == quantizer_kind::gptq;
  }
};

/// Reads the text form above. Throws on an unknown word before a slash; the formats are checked by read_packing().
scheme read_scheme(std::string_view text);
std::string text_of(const scheme& s);

/// What write_image() needs.
struct compressed_model {
  raw_model model;  ///< folded; after `hadamard` its shape has an untied head
  packing_plan plan;
  std::vector<quantized_tensor>
      codes;  ///< of the tensors that the quantizer has rounded; the others are rounded by their format
};

/// Text for calibration, sampled from the model itself: at least `tokens` tokens, in sequences of at most 256. `begin`
/// is the first token of each sequence.
text_sample calibration_text(const raw_model& m, std::size_t tokens, std::size_t begin, std::uint64_t seed = 1,
                             const std::function<void(double)>& report = {});
/// The same text of a model that is not in memory: it is read once for each token of a sequence.
text_sample calibration_text(model_source& m, std::size_t tokens, std::size_t begin, std::uint64_t seed = 1,
                             const std::function<void(double)>& report = {});

/// The quantizer of a kind, with the knobs that schemes use.
quantizer quantizer_of(quantizer_kind kind);

/// Codes for every tensor of a plan whose format takes them. Empty for `rtn`, which is the rounding of the formats.
std::vector<quantized_tensor> choose_codes(const raw_model& m, const packing_plan& plan, quantizer_kind kind,
                                           const text_sample* text, const quantize_report& report = {});

/// Codes for write_image(), chosen for the rows that it asks for, without calibration; null for `rtn`. For a scheme
/// that is by_rows(false). Throws if no tensor of the plan takes codes from it.
row_coder code_rows(const packing_plan& plan, const scheme& s, const mote::shape& shape);

/// Folds and quantizes `m`; `rows` are interleaved in each format. `text` must be given if s.needs_text(), and may be
/// sampled from the model before folding, which changes its answers by rounding only.
compressed_model compress(raw_model m, const scheme& s, std::size_t rows, const text_sample* text = nullptr,
                          const quantize_report& report = {});

/// What write_image() needs of a model that is folded and quantized while it is written, once.
struct streamed_model {
  std::unique_ptr<model_source> weights;
  packing_plan plan;
  row_coder coder;  ///< refers to `weights`
};
/// What compress() makes, bit for bit, a layer at a time. For a scheme that is by_layers() and needs_text(). `from` and
/// `text` must outlive the result.
streamed_model compress_by_layers(model_source& from, const scheme& s, std::size_t rows, const text_sample& text);

/// The floats of a matrix after its format has rounded it.
std::vector<float> rounded_by(const packed_format& f, const raw_model& m, const tensor_place& p);

/// The model with the floats that the image's weights decode to: measures the loss of the weights alone.
batch_model use_compressed(const compressed_model& c);

}  // namespace mote::inline v0::host
