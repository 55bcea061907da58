// SPDX-License-Identifier: BSL-1.0
// Which format each tensor gets within a budget of bytes: layer-wise unified compression (EDGE-LLM, Yu et al. 2024,
// arXiv 2406.15758) as a budget solver. What each tensor loses in each format is measured one at a time, as the divergence
// of the whole model; losses are taken to add up; the plan of the least sum is found exactly. Then the plan is measured as
// a whole, because losses do not quite add up, and a uniform format that does better goes before it.
// Refuses a budget that no plan meets, with the least that one needs.
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

/// One format that a tensor could have.
struct tensor_choice {
  const packed_format* format = nullptr;
  std::size_t bytes = 0;  ///< in the image, with what aligns the next tensor
  double loss = 0;        ///< nats a token, all other tensors being floats
};
struct tensor_choices {
  tensor_place place;
  std::vector<tensor_choice> all;
};

/// Who rounds the tensors, and the text that it is calibrated on if it is.
struct rounding_way {
  quantiser_kind quantiser = quantiser_kind::rtn;
  const text_sample* text = nullptr;
};

/// Told (done, all) in measurements.
using allocate_report = std::function<void(std::size_t, std::size_t)>;

/// Measures every tensor of the model in every family of formats, as it is in a model of that family alone.
std::vector<tensor_choices> measure_choices(const raw_model& m, std::span<const std::string_view> families,
                                            std::size_t rows, const quality_meter& meter,
                                            const allocate_report& report = {}, const rounding_way& way = {});

/// The choice of each tensor whose losses have the least sum, all together in no more than `bytes`. Exact in steps of 64
/// bytes, which is what a tensor takes, up to 16 MB; above, in as many steps, and what they leave is filled greedily.
std::vector<std::size_t> choose_within(std::span<const tensor_choices> tensors, std::size_t bytes);

struct allocation {
  packing_plan plan;
  std::size_t weights_bytes = 0;        ///< of the plan, norms and all
  double expected = 0;                  ///< the sum of the losses
  quality measured;                     ///< of the plan as a whole
  std::vector<quantised_tensor> codes;  ///< of the plan, where a quantiser has rounded
  std::string uniform;                  ///< the family, where a uniform format has gone before the plan
};

/// The plan of least loss whose weights take no more than `weights_bytes` in an image, measured as a whole.
allocation allocate(const raw_model& m, std::span<const tensor_choices> tensors, std::size_t weights_bytes,
                    const quality_meter& meter, const rounding_way& way = {});

}  // namespace mote::inline v0::host
