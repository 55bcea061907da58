// SPDX-License-Identifier: BSL-1.0
// Chooses a format for each tensor within a budget of bytes: layer-wise unified compression (EDGE-LLM, Yu et al. 2024,
// arXiv 2406.15758) as a budget solver. For each tensor and format it measures the divergence of the whole model with
// only that tensor rounded. It assumes that these losses add up and finds the plan with the least sum. It then measures
// that plan as a whole, because losses do not add up exactly, and takes a uniform format instead if that loses less.
// Refuses a budget that no plan meets; the message gives the least budget that one needs.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/quantize/compress.hpp"
#include "mote/host/report/quality.hpp"

namespace mote::inline v0::host {

/// One candidate format of a tensor.
struct tensor_choice {
  const packed_format* format = nullptr;
  std::size_t bytes = 0;  ///< in the image, rounded up to 64, the alignment of the next tensor
  double loss = 0;        ///< nats per token, with all other tensors as floats
};
struct tensor_choices {
  tensor_place place;
  std::vector<tensor_choice> all;
};

/// The quantizer that rounds the tensors, and its calibration text; null if it needs none.
struct rounding_way {
  quantizer_kind quantizer = quantizer_kind::rtn;
  const text_sample* text = nullptr;
};

/// Called with (measurements done, measurements in all).
using allocate_report = std::function<void(std::size_t, std::size_t)>;

/// Measures every tensor in every family of formats, with the codes that it has when the whole model is in that family.
std::vector<tensor_choices> measure_choices(const raw_model& m, std::span<const std::string_view> families,
                                            std::size_t rows, const quality_meter& meter,
                                            const allocate_report& report = {}, const rounding_way& way = {});

/// For each tensor the index of its choice: least sum of losses, all tensors together in at most `bytes`. Exact up to
/// 16 MiB, in steps of 64 bytes. Above that the steps are larger (at most 2^18 of them), and the bytes that rounding to
/// steps leaves over are spent greedily. Throws if even the smallest choices do not fit.
std::vector<std::size_t> choose_within(std::span<const tensor_choices> tensors, std::size_t bytes);

struct allocation {
  packing_plan plan;
  std::size_t weights_bytes = 0;        ///< of the plan, with norms
  double expected = 0;                  ///< the sum of the single losses
  quality measured;                     ///< of the plan as a whole
  std::vector<quantized_tensor> codes;  ///< those that the quantizer chose; empty for rtn
  std::string uniform;                  ///< the family, if one format for all tensors lost less than the mixed plan
};

/// The plan of least loss whose weights take at most `weights_bytes` in an image, measured as a whole.
allocation allocate(const raw_model& m, std::span<const tensor_choices> tensors, std::size_t weights_bytes,
                    const quality_meter& meter, const rounding_way& way = {});

}  // namespace mote::inline v0::host
