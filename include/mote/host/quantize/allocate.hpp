// SPDX-License-Identifier: BSL-1.0
// Which format each tensor gets within a budget of bytes: layer-wise unified compression (EDGE-LLM, Yu et al. 2024,
// arXiv 2406.15758) as a budget solver. What each tensor loses in each format is measured one at a time, as the divergence
// of the whole model; losses are taken to add up; the plan of the least sum is found exactly. Then the plan is measured as
// a whole, because losses do not quite add up, and a uniform format that does better goes before it.
// Refuses a budget that no plan meets, with the least that one needs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
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
inline std::vector<tensor_choices> measure_choices(const raw_model& m, std::span<const std::string_view> families,
                                                   std::size_t rows, const quality_meter& meter,
                                                   const allocate_report& report = {}, const rounding_way& way = {}) {
  const auto tensors = all_tensors(m.shape);
  std::vector<tensor_choices> out;
  for (const tensor_place& p : tensors) out.push_back({.place = p, .all = {}});
  batch_model in_use = use_floats(m);
  std::size_t done = 0;
  for (const std::string_view family : families) {
    const packing_plan plan = read_packing(family, rows, m.shape);
    batch_model rounded =
        use_compressed({.model = m, .plan = plan, .codes = choose_codes(m, plan, way.quantiser, way.text)});
    for (tensor_choices& t : out) {
      const matrix_size size = size_of(m.shape, t.place);
      const linear floats = in_use.at(t.place);
      in_use.put(t.place, rounded.at(t.place));
      t.all.push_back({&plan.at(t.place), round_up(plan.at(t.place).bytes(size.rows, size.cols), 64),
                       (std::max)(meter.measure(in_use).divergence, 0.0)});
      in_use.put(t.place, floats);
      if (report) report(++done, tensors.size() * families.size());
    }
  }
  return out;
}

/// The choice of each tensor whose losses have the least sum, all together in no more than `bytes`. Exact in steps of 64
/// bytes, which is what a tensor takes, up to 16 MB; above, in as many steps, and what they leave is filled greedily.
inline std::vector<std::size_t> choose_within(std::span<const tensor_choices> tensors, std::size_t bytes) {
  std::size_t least = 0;
  for (const tensor_choices& t : tensors) {
    std::size_t smallest = (std::numeric_limits<std::size_t>::max)();
    for (const tensor_choice& c : t.all) smallest = (std::min)(smallest, c.bytes);
    least += smallest;
  }
  if (bytes < least)
    throw std::runtime_error("allocate: the tensors have " + std::to_string(bytes) + " bytes and need at least " +
                             std::to_string(least) + "; allow formats of fewer bits");
  constexpr std::size_t most_steps = std::size_t{1} << 18U;
  // Sizes are rounded up to steps, each tensor by less than one: what the smallest choices need must still fit.
  std::size_t step = 64;
  while (bytes / step > most_steps) step *= 2;
  const auto steps_of = [&](const tensor_choice& c) { return (c.bytes + step - 1) / step; };
  std::size_t budget = bytes / step;
  std::size_t needed = 0;
  for (const tensor_choices& t : tensors) {
    std::size_t smallest = (std::numeric_limits<std::size_t>::max)();
    for (const tensor_choice& c : t.all) smallest = (std::min)(smallest, steps_of(c));
    needed += smallest;
  }
  std::vector<std::size_t> picked(tensors.size());
  if (needed <= budget) {
    constexpr double none = std::numeric_limits<double>::infinity();
    std::vector<double> loss(budget + 1, 0.0);  // of the tensors so far, by steps that they may take
    std::vector<double> next(budget + 1);
    std::vector<std::vector<std::uint8_t>> how(tensors.size(), std::vector<std::uint8_t>(budget + 1));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      std::fill(next.begin(), next.end(), none);
      for (std::size_t c = 0; c < tensors[i].all.size(); ++c) {
        const std::size_t cost = steps_of(tensors[i].all[c]);
        for (std::size_t b = cost; b <= budget; ++b) {
          const double sum = loss[b - cost] + tensors[i].all[c].loss;
          if (sum < next[b]) {
            next[b] = sum;
            how[i][b] = static_cast<std::uint8_t>(c);
          }
        }
      }
      loss.swap(next);
    }
    std::size_t left = budget;
    for (std::size_t i = tensors.size(); i-- > 0;) {
      picked[i] = how[i][left];
      left -= steps_of(tensors[i].all[picked[i]]);
    }
  } else {
    for (std::size_t i = 0; i < tensors.size(); ++i)
      for (std::size_t c = 1; c < tensors[i].all.size(); ++c)
        if (tensors[i].all[c].bytes < tensors[i].all[picked[i]].bytes) picked[i] = c;
  }
  if (step == 64) return picked;
  std::size_t used = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) used += tensors[i].all[picked[i]].bytes;
  for (;;) {  // the upgrade that gains most a byte
    std::size_t best = tensors.size();
    std::size_t best_choice = 0;
    double best_rate = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const tensor_choice& now = tensors[i].all[picked[i]];
      for (std::size_t c = 0; c < tensors[i].all.size(); ++c) {
        const tensor_choice& other = tensors[i].all[c];
        if (!(other.loss < now.loss) || used - now.bytes + other.bytes > bytes) continue;
        const double more = other.bytes > now.bytes ? static_cast<double>(other.bytes - now.bytes) : 0.5;
        if ((now.loss - other.loss) / more > best_rate) {
          best = i;
          best_choice = c;
          best_rate = (now.loss - other.loss) / more;
        }
      }
    }
    if (best == tensors.size()) return picked;
    used = used - tensors[best].all[picked[best]].bytes + tensors[best].all[best_choice].bytes;
    picked[best] = best_choice;
  }
}

struct allocation {
  packing_plan plan;
  std::size_t weights_bytes = 0;        ///< of the plan, norms and all
  double expected = 0;                  ///< the sum of the losses
  quality measured;                     ///< of the plan as a whole
  std::vector<quantised_tensor> codes;  ///< of the plan, where a quantiser has rounded
  std::string uniform;                  ///< the family, where a uniform format has gone before the plan
};

/// The plan of least loss whose weights take no more than `weights_bytes` in an image, measured as a whole.
inline allocation allocate(const raw_model& m, std::span<const tensor_choices> tensors, std::size_t weights_bytes,
                           const quality_meter& meter, const rounding_way& way = {}) {
  allocation a;
  a.plan.blocks.resize(m.shape.layers);
  std::size_t fixed = 0;  // norms
  const auto use = [&](auto&& choice_of) {
    allocation out;
    out.plan.blocks.resize(m.shape.layers);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const tensor_choice& choice = tensors[i].all[choice_of(i)];
      out.plan.put(tensors[i].place, choice.format);
      out.expected += choice.loss;
    }
    if (m.shape.tied_head) out.plan.head = out.plan.embedding;
    out.weights_bytes = map_tensors(out.plan, m.shape).bytes;
    return out;
  };
  const auto measured = [&](allocation& out) {
    out.codes = choose_codes(m, out.plan, way.quantiser, way.text);
    out.measured = meter.measure(use_compressed({.model = m, .plan = out.plan, .codes = out.codes}));
  };
  {
    const allocation first = use([](std::size_t) { return std::size_t{0}; });
    std::size_t matrices = 0;
    for (const tensor_choices& t : tensors) matrices += t.all[0].bytes;
    fixed = first.weights_bytes - matrices;
  }
  if (weights_bytes < fixed)
    throw std::runtime_error("allocate: the norms alone take " + std::to_string(fixed) + " bytes; the budget is " +
                             std::to_string(weights_bytes));
  const auto picked = choose_within(tensors, weights_bytes - fixed);
  a = use([&](std::size_t i) { return picked[i]; });
  measured(a);
  for (std::size_t c = 0; c < tensors.front().all.size(); ++c) {
    allocation same = use([&](std::size_t) { return c; });
    if (same.weights_bytes > weights_bytes) continue;
    measured(same);
    if (!(same.measured.divergence < a.measured.divergence)) continue;
    a = std::move(same);
    a.uniform = a.plan.embedding->family;
  }
  return a;
}

}  // namespace mote::inline v0::host
