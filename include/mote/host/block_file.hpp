// SPDX-License-Identifier: BSL-1.0
// A file as the reader of streamed<> weights: blocks by pread(), where a file cannot be mapped.
// Refuses to throw once it is open: a read that fails is false, and the pipeline's status io_error.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <span>

#include <unistd.h>

#include "mote/host/posix_file.hpp"

namespace mote::inline v0::host {

class block_file {
 public:
  /// Throws file_error if the file cannot be opened or is none.
  explicit block_file(const std::filesystem::path& file) : file_(detail::open_to_read(file)) {}

  /// Bytes of the file from `offset` on, all or false: also where the file ends before.
  bool fetch(std::size_t offset, std::span<std::byte> to) {
    while (!to.empty()) {
      if (offset > static_cast<std::size_t>((std::numeric_limits<off_t>::max)())) return false;
      const ssize_t n = ::pread(file_.get(), to.data(), to.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      offset += static_cast<std::size_t>(n);
      to = to.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

 private:
  detail::descriptor file_;
};

}  // namespace mote::inline v0::host
