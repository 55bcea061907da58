// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/allocate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/host/image/packing.hpp"
#include "mote/host/quantize/compress.hpp"
#include "mote/host/report/quality.hpp"

namespace mote::inline v0::host {

std::vector<tensor_choices> measure_choices(const raw_model& m, std::span<const std::string_view> families,
                                            std::size_t rows, const quality_meter& meter, const allocate_report& report,
                                            const rounding_way& way) {
  const auto tensors = all_tensors(m.shape);
  std::vector<tensor_choices> out;
  for (const tensor_place& p : tensors) out.push_back({.place = p, .all = {}});
  batch_model in_use = use_floats(m);
  std::size_t done = 0;
  for (const std::string_view family : families) {
    const packing_plan plan = read_packing(family, rows, m.shape);
    batch_model rounded =
        use_compressed({.model = m, .plan = plan, .codes = choose_codes(m, plan, way.quantizer, way.text)});
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

std::vector<std::size_t> choose_within(std::span<const tensor_choices> tensors, std::size_t bytes) {
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
  // Sizes are rounded up to steps. If the smallest choices then exceed the budget, they are taken as they are and
  // upgraded greedily below.
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
    std::vector<double> loss(budget + 1, 0.0);  // [b]: least loss of the tensors so far within b steps
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
  for (;;) {  // takes the upgrade with the largest gain per byte, until none fits
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

allocation allocate(const raw_model& m, std::span<const tensor_choices> tensors, std::size_t weights_bytes,
                    const quality_meter& meter, const rounding_way& way) {
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
    out.codes = choose_codes(m, out.plan, way.quantizer, way.text);
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
