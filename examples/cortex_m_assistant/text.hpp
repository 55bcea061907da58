// SPDX-License-Identifier: BSL-1.0
// Writes numbers as text: each function calls put(std::string_view) one or more times.
// Refuses printf, which needs a heap or double arithmetic in software.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace text {

/// Decimal, without leading zeros.
template <class Put>
void number(Put&& put, std::uint32_t value) {
  std::array<char, 10> digits{};
  std::size_t first = digits.size();
  do {
    digits[--first] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  put(std::string_view(&digits[first], digits.size() - first));
}

/// Eight hexadecimal digits.
template <class Put>
void hex(Put&& put, std::uint32_t value) {
  std::array<char, 8> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i)
    digits[i] = "0123456789abcdef"[(value >> (28U - 4U * static_cast<std::uint32_t>(i))) & 15U];
  put(std::string_view(digits.data(), digits.size()));
}

/// Three decimals; "?" outside of -2,000,000 to 2,000,000, whose thousandths fit into 32 bits, and for NaN.
template <class Put>
void fixed(Put&& put, float value) {
  if (!(value > -2e6F && value < 2e6F)) return put(std::string_view("?"));
  const float scaled = value * 1000.0F;
  const auto thousandths = static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5F : scaled + 0.5F);
  const auto size = static_cast<std::uint32_t>(thousandths < 0 ? -thousandths : thousandths);
  if (thousandths < 0) put(std::string_view("-"));
  number(put, size / 1000U);
  const std::array<char, 4> tail{'.', static_cast<char>('0' + size / 100U % 10U),
                                 static_cast<char>('0' + size / 10U % 10U), static_cast<char>('0' + size % 10U)};
  put(std::string_view(tail.data(), tail.size()));
}

}  // namespace text
