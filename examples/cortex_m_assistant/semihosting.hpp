// SPDX-License-Identifier: BSL-1.0
// Input and output through the debugger (Arm "Semihosting for AArch32 and AArch64"): text, the command line, files of
// the PC, and the exit code. Emulators and debug probes support it, so a firmware can be tried without a UART driver.
// Refuses to run without a debugger: the first call then faults. A product prints through its own UART.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "text.hpp"

namespace semihosting {

enum class operation : std::uint32_t {
  open = 0x01,
  close = 0x02,
  write = 0x05,
  read = 0x06,
  seek = 0x0A,
  length = 0x0C,
  command_line = 0x15,
  exit_extended = 0x20,
};

/// A semihosting call: the operation in r0, the address of its parameters in r1; returns r0.
inline std::int32_t call(operation what, const void* block) {
  register std::uint32_t r0 __asm__("r0") = static_cast<std::uint32_t>(what);
  register const void* r1 __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<std::int32_t>(r0);
}

namespace detail {
template <class T>
std::uint32_t word(T* p) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(p));
}
}  // namespace detail

/// A file of the PC. A file that could not be opened reads and writes 0 bytes.
class file {
 public:
  enum class mode : std::uint32_t { read = 1, write = 5, append = 9, console = 4 };  // rb, wb, ab; w for the console

  constexpr file() = default;
  /// Opens a file. `path` ends with a zero.
  file(const char* path, mode how) {
    const std::array<std::uint32_t, 3> block{detail::word(path), static_cast<std::uint32_t>(how),
                                             static_cast<std::uint32_t>(std::string_view(path).size())};
    handle_ = call(operation::open, block.data());
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (is_open()) {
      const std::array<std::uint32_t, 1> block{static_cast<std::uint32_t>(handle_)};
      call(operation::close, block.data());
    }
  }

  bool is_open() const { return handle_ >= 0; }
  /// The size of the file in bytes; 0 if it is unknown.
  std::size_t size() const {
    const std::array<std::uint32_t, 1> block{static_cast<std::uint32_t>(handle_)};
    const std::int32_t n = is_open() ? call(operation::length, block.data()) : -1;
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  bool seek(std::size_t offset) {
    const std::array<std::uint32_t, 2> block{static_cast<std::uint32_t>(handle_), static_cast<std::uint32_t>(offset)};
    return is_open() && call(operation::seek, block.data()) == 0;
  }
  /// Returns the bytes that were read.
  std::size_t read(std::span<std::byte> to) { return transfer(operation::read, to.data(), to.size()); }
  /// Returns the bytes that were written.
  std::size_t write(std::span<const std::byte> from) { return transfer(operation::write, from.data(), from.size()); }

 private:
  std::size_t transfer(operation what, const void* bytes, std::size_t size) {
    if (!is_open()) return 0;
    const std::array<std::uint32_t, 3> block{static_cast<std::uint32_t>(handle_), detail::word(bytes),
                                             static_cast<std::uint32_t>(size)};
    const auto not_done = static_cast<std::size_t>(call(what, block.data()));  // 0: all bytes were transferred
    return not_done > size ? 0 : size - not_done;
  }
  std::int32_t handle_ = -1;
};

/// Ends the program; the emulator exits with `code`.
[[noreturn]] inline void exit(int code) {
  constexpr std::uint32_t application_exit = 0x20026;
  const std::array<std::uint32_t, 2> block{application_exit, static_cast<std::uint32_t>(code)};
  for (;;) call(operation::exit_extended, block.data());
}

namespace detail {
// The console's handle plus one; 0 until the first print opens it. It needs no initializer, so a fault during start-up
// can print. It is never closed.
inline constinit std::uint32_t console_plus_one = 0;

inline std::uint32_t console() {
  if (console_plus_one == 0) {
    static constexpr char terminal[] = ":tt";
    const std::array<std::uint32_t, 3> block{word(&terminal[0]), static_cast<std::uint32_t>(file::mode::console),
                                             sizeof terminal - 1};
    console_plus_one = static_cast<std::uint32_t>(call(operation::open, block.data())) + 1;
  }
  return console_plus_one - 1;
}
}  // namespace detail

/// Prints to the PC's standard output. SYS_WRITE0 would be shorter, but emulators send it to standard error.
inline void print(std::string_view text) {
  if (text.empty()) return;
  const std::array<std::uint32_t, 3> block{detail::console(), detail::word(text.data()),
                                           static_cast<std::uint32_t>(text.size())};
  call(operation::write, block.data());
}

namespace detail {
inline constexpr auto put = [](std::string_view piece) { print(piece); };
}  // namespace detail

inline void print(unsigned long value) { text::number(detail::put, static_cast<std::uint32_t>(value)); }
inline void print(unsigned value) { print(static_cast<unsigned long>(value)); }
inline void print(long value) {
  if (value < 0) print("-");
  print(value < 0 ? 0UL - static_cast<unsigned long>(value) : static_cast<unsigned long>(value));
}
inline void print(int value) { print(static_cast<long>(value)); }

inline void print_hex(std::uint32_t value) {
  print("0x");
  text::hex(detail::put, value);
}

/// Three decimals; "?" outside of -2,000,000 to 2,000,000 and for NaN.
inline void print_fixed(float value) { text::fixed(detail::put, value); }

/// The command line of the firmware, stored in `buffer`; empty if there is none or it does not fit.
inline std::string_view command_line(std::span<char> buffer) {
  std::array<std::uint32_t, 2> block{detail::word(buffer.data()), static_cast<std::uint32_t>(buffer.size())};
  if (call(operation::command_line, block.data()) != 0 || block[1] >= buffer.size()) return {};
  return {buffer.data(), block[1]};
}

}  // namespace semihosting
