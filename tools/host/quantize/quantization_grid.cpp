// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantization_grid.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "mote/simd/half.hpp"

namespace mote::inline v0::host {

namespace detail {

float through_half(float x) {
  const float kept = simd::half_to_float(simd::float_to_half(std::fabs(x)));
  return x < 0 ? -kept : kept;
}

std::vector<float> integers_from(int first, int last) {
  std::vector<float> levels(static_cast<std::size_t>(last - first + 1));
  std::iota(levels.begin(), levels.end(), static_cast<float>(first));
  return levels;
}

std::vector<std::uint8_t> codes_in_order(std::size_t n) {
  std::vector<std::uint8_t> codes(n);
  std::iota(codes.begin(), codes.end(), std::uint8_t{0});
  return codes;
}

}  // namespace detail

quantization_grid asymmetric_grid(std::size_t bits, std::size_t group) {
  quantization_grid g;
  g.name = "asymmetric " + std::to_string(bits) + " bit, group " + std::to_string(group);
  g.bits_per_weight = static_cast<double>(bits) + 32.0 / static_cast<double>(group);
  g.group = group;
  const int last = (1 << bits) - 1;
  g.levels = detail::integers_from(0, last);
  g.codes = detail::codes_in_order(g.levels.size());
  g.has_minimum = true;
  g.stored = detail::both_through_half;
  g.fit = [last](const float* w, std::size_t n, group_scale* s) {
    const auto [least, most] = std::minmax_element(w, w + n);
    *s = detail::both_through_half({.scale = (*most - *least) / static_cast<float>(last), .minimum = *least});
  };
  return g;
}

quantization_grid symmetric_grid(std::size_t bits, std::size_t group) {
  quantization_grid g;
  g.name = "symmetric " + std::to_string(bits) + " bit, group " + std::to_string(group);
  g.bits_per_weight = static_cast<double>(bits) + 16.0 / static_cast<double>(group);
  g.group = group;
  const int last = (1 << (bits - 1)) - 1;
  g.levels = detail::integers_from(-last, last);
  g.codes = detail::codes_in_order(g.levels.size());
  g.stored = detail::both_through_half;
  g.fit = [last](const float* w, std::size_t n, group_scale* s) {
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i) largest = (std::max)(largest, std::fabs(w[i]));
    *s = detail::both_through_half({.scale = largest / static_cast<float>(last)});
  };
  return g;
}

quantization_grid table_grid(std::string name, std::vector<float> levels, double bits_per_weight, std::size_t group) {
  quantization_grid g;
  g.name = std::move(name);
  g.bits_per_weight = bits_per_weight;
  g.group = group;
  g.levels = std::move(levels);
  g.codes = detail::codes_in_order(g.levels.size());
  g.stored = detail::both_through_half;
  const float outermost =
      std::fabs(g.levels.front()) >= std::fabs(g.levels.back()) ? g.levels.front() : g.levels.back();
  g.fit = [outermost](const float* w, std::size_t n, group_scale* s) {
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (std::fabs(w[i]) > std::fabs(largest)) largest = w[i];
    *s = detail::both_through_half({.scale = largest / outermost});
  };
  return g;
}

}  // namespace mote::inline v0::host
