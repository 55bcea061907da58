// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/quality.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace mote::inline v0::host {

namespace detail {

double log_sum(std::span<const float> logits) {
  const double most = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (float l : logits) sum += std::exp(static_cast<double>(l) - most);
  return most + std::log(sum);
}

double log_probability(std::span<const float> logits, std::size_t token) {
  return static_cast<double>(logits[token]) - log_sum(logits);
}

}  // namespace detail

template class quality_meter_of<llama>;
template quality quality_meter::measure<float_cache>(const batch_model&) const;

}  // namespace mote::inline v0::host
