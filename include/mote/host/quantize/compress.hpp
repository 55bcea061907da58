// SPDX-License-Identifier: BSL-1.0
// A whole way from floats to an image's weights: what is folded first, which quantiser chooses codes, which format each
// tensor has. As text: "gptq/iq4_nl,embedding=q8" or "awq/mse/q4", formats last, what is left out being nothing and rtn.
//   rtn       the format's own rounding; no calibration
//   mse       the scales of the least squared error, columns weighed by their input's power
//   gptq      what a column loses, later columns make up for
//   hqq       forgives weights that lie far out; no calibration
//   awq, smooth, hadamard      awq.hpp, smooth.hpp, hadamard.hpp; hadamard gives a tied head its own matrix
// Refuses a quantiser that no tensor could listen to: floats have no codes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/packing_plan.hpp"
#include "mote/host/quantize/quantise_model.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

enum class fold_kind : std::uint8_t { none, awq, smooth, hadamard };
inline constexpr std::array<std::string_view, 4> fold_names{"none", "awq", "smooth", "hadamard"};
enum class quantiser_kind : std::uint8_t { rtn, mse, gptq, hqq };
inline constexpr std::array<std::string_view, 4> quantiser_names{"rtn", "mse", "gptq", "hqq"};

struct scheme {
  fold_kind fold = fold_kind::none;
  quantiser_kind quantiser = quantiser_kind::rtn;
  std::string formats = "q8";

  /// Whether a text must be sampled first.
  bool needs_text() const {
    return fold == fold_kind::awq || fold == fold_kind::smooth || quantiser == quantiser_kind::mse ||
           quantiser == quantiser_kind::gptq;
  }
};

/// Reads the text form above.
scheme read_scheme(std::string_view text);
std::string text_of(const scheme& s);

/// What an image is written from.
struct compressed_model {
  raw_model model;  ///< folded; its shape has a head of its own after `hadamard`
  packing_plan plan;
  std::vector<quantised_tensor>
      codes;  ///< of the tensors that a quantiser has rounded; the others round by their format
};

/// Text for calibration, from the model itself. `begin` is its first token.
text_sample calibration_text(const raw_model& m, std::size_t tokens, std::size_t begin, std::uint64_t seed = 1,
                             const std::function<void(double)>& report = {});

/// A quantiser by its name, as schemes use it.
quantiser quantiser_of(quantiser_kind kind);

/// Codes for every tensor of a plan that takes them; none from `rtn`, which is what formats do by themselves.
std::vector<quantised_tensor> choose_codes(const raw_model& m, const packing_plan& plan, quantiser_kind kind,
                                           const text_sample* text, const quantise_report& report = {});

/// `text` is needed if the scheme says so; it may be sampled from the model as it was before.
compressed_model compress(raw_model m, const scheme& s, std::size_t rows, const text_sample* text = nullptr,
                          const quantise_report& report = {});

/// The floats that a matrix decodes to when its format has rounded it.
std::vector<float> rounded_by(const packed_format& f, const raw_model& m, const tensor_place& p);

/// The model whose floats are those that the image will hold: for measuring what its weights have lost.
batch_model use_compressed(const compressed_model& c);

}  // namespace mote::inline v0::host
