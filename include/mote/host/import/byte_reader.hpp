// SPDX-License-Identifier: BSL-1.0
// Reads numbers, texts and bytes one after another from a file in memory.
// Refuses to read past the end: the message has what was to be read, the bytes needed, the offset and the bytes left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "mote/host/file.hpp"

namespace mote::inline v0::host::detail {

class byte_reader {
 public:
  byte_reader(std::span<const std::byte> bytes, const std::filesystem::path& file) : bytes_(bytes), file_(&file) {}

  std::span<const std::byte> take(std::uint64_t n, std::string_view what) {
    if (n > left()) lacks(what, std::to_string(n));
    const auto taken = bytes_.subspan(done_, static_cast<std::size_t>(n));
    done_ += taken.size();
    return taken;
  }
  template <class T>
  T number(std::string_view what) {
    T v{};
    std::memcpy(&v, take(sizeof v, what).data(), sizeof v);
    return v;
  }
  std::size_t done() const { return done_; }
  std::size_t left() const { return bytes_.size() - done_; }
  const std::filesystem::path& file() const { return *file_; }

 protected:
  [[noreturn]] void lacks(std::string_view what, const std::string& needed) const {
    fail(*file_, std::string(what) + " needs " + needed + " bytes at offset " + std::to_string(done_) + ", found " +
                     std::to_string(left()));
  }

 private:
  std::span<const std::byte> bytes_;
  const std::filesystem::path* file_;
  std::size_t done_ = 0;
};

}  // namespace mote::inline v0::host::detail
