// SPDX-License-Identifier: BSL-1.0
// Files on a PC or an embedded Linux: read whole, mapped, or replaced in one step. POSIX.
// Refuses to leave half a file behind: a reader finds the old bytes or the new ones.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::inline v0::host {

/// What the host tools throw: a sentence that names the file, what was expected and what was found.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::filesystem::path& file, std::string_view what) {
  throw file_error(file.string() + ": " + std::string(what));
}

[[noreturn]] inline void fail_with_errno(const std::filesystem::path& file, std::string_view verb) {
  const int code = errno;
  fail(file, "cannot " + std::string(verb) + ": " + std::strerror(code));
}

namespace detail {
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  /// The result of close(): the last chance to hear about a failed write.
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

inline std::size_t regular_size(const descriptor& fd, const std::filesystem::path& file) {
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) fail_with_errno(file, "stat");
  if (!S_ISREG(facts.st_mode)) fail(file, "is not a regular file");
  if (facts.st_size < 0 || !std::in_range<std::size_t>(facts.st_size)) fail(file, "is too large for this machine");
  return static_cast<std::size_t>(facts.st_size);
}
}  // namespace detail

/// All bytes of a file.
inline std::vector<std::byte> read_file(const std::filesystem::path& file) {
  const detail::descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail_with_errno(file, "open");
  std::vector<std::byte> bytes(detail::regular_size(fd, file));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_with_errno(file, "read");
    if (n == 0) fail(file, "shrank while it was read");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

/// A file's bytes without a copy: pages come when they are touched. Page aligned, so an image can be attached.
/// Another process that shortens the file meanwhile makes reads fault; write_atomically() never shortens one.
class mapped_file {
 public:
  explicit mapped_file(const std::filesystem::path& file) {
    const detail::descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) fail_with_errno(file, "open");
    size_ = detail::regular_size(fd, file);
    if (size_ == 0) return;  // nothing can be mapped; bytes() is empty
    void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (at == MAP_FAILED) fail_with_errno(file, "map");
    data_ = static_cast<const std::byte*>(at);
  }
  mapped_file(mapped_file&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~mapped_file() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  }

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Replaces a file in one step: a temporary beside it, flushed to the disk, then renamed over it.
inline void write_atomically(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  std::string temporary = file.string() + ".XXXXXX";
  detail::descriptor fd(::mkstemp(temporary.data()));
  if (fd.get() < 0) fail_with_errno(file, "create a temporary file beside it");
  try {
    // mkstemp makes the file private to its owner; a result is as readable as any other new file.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd.get(), static_cast<mode_t>(0666) & ~mask) != 0) fail_with_errno(file, "set its permissions");
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_with_errno(file, "write");
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(fd.get()) != 0 || fd.close() != 0) fail_with_errno(file, "write");
    if (::rename(temporary.c_str(), file.c_str()) != 0) fail_with_errno(file, "rename the temporary file to it");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

inline void write_atomically(const std::filesystem::path& file, std::string_view text) {
  write_atomically(file, std::as_bytes(std::span(text)));
}

}  // namespace mote::inline v0::host
