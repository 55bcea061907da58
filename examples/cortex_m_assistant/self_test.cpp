// SPDX-License-Identifier: BSL-1.0
// Tests the toolchain, the linker script and the start-up code: data, FPU, stack. Run it first on a new board.
// Refuses to use mote: it tests the start-up code alone. The argument "fault" or "overflow" makes it fail on purpose.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "semihosting.hpp"
#include "startup.hpp"

namespace {

// volatile: the values must be read from the board's memory, not computed by the compiler.
volatile std::uint32_t in_data = 0x12345678;
std::array<volatile std::uint32_t, 1000> in_bss;
volatile float seven = 7.0F;
std::uint32_t from_initializer = in_data + 1;  // run by .init_array, after .data is copied

[[gnu::noinline]] std::uint32_t use_stack(std::uint32_t n) {
  std::array<volatile std::uint32_t, 100> frame{};
  for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = n + static_cast<std::uint32_t>(i);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) sum += frame[i];
  return sum;
}

/// Recurses without end, until the stack overflows.
[[gnu::noinline]] std::uint32_t overflow_stack(std::uint32_t n) {
  if (in_data == 0) return n;
  return use_stack(n) + overflow_stack(n + 1) + in_data;
}

bool bss_is_zero() {
  for (const auto& word : in_bss)
    if (word != 0) return false;
  return true;
}

unsigned failures = 0;
void expect(bool holds, std::string_view what) {
  semihosting::print(holds ? "ok    " : "FAILED ");
  semihosting::print(what);
  semihosting::print("\n");
  if (!holds) ++failures;
}

}  // namespace

int main() {
  std::array<char, 64> buffer{};
  const std::string_view arguments = semihosting::command_line(buffer);
  if (arguments.ends_with("fault")) *reinterpret_cast<volatile std::uint32_t*>(0xFFFF0000U) = 1;  // no memory there
  if (arguments.ends_with("overflow")) semihosting::print(overflow_stack(0));

  expect(in_data == 0x12345678, ".data is copied");
  expect(bss_is_zero(), ".bss is zero");
  expect(from_initializer == 0x12345679, ".init_array is run");
  expect(seven * seven / 2.0F == 24.5F, "the FPU answers");
#if defined(__ARM_FEATURE_MVE)
  std::array<std::int8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::int8_t>(i + in_bss[i]);
  std::int32_t sum = 0;
  __asm__("vldrb.8 q0, [%1]\n vmladav.s8 %0, q0, q0" : "=Te"(sum) : "r"(bytes.data()) : "q0", "memory");
  expect(sum == 1240, "Helium answers");
#endif
  const std::size_t before = firmware::stack_high_water();
  expect(use_stack(1) == 5050, "the stack holds");
  const std::size_t after = firmware::stack_high_water();
  expect(before > 0 && after >= before && after >= 400 && after < firmware::stack_bytes(), "its high-water mark moves");

  semihosting::print("stack: ");
  semihosting::print(after);
  semihosting::print(" of ");
  semihosting::print(firmware::stack_bytes());
  semihosting::print(" bytes\n");
  return failures == 0 ? 0 : 1;
}
