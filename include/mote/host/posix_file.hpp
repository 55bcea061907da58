// SPDX-License-Identifier: BSL-1.0
// The POSIX calls that file.hpp is built from: opening, reading, syncing, removing temporary files of killed programs.
// Refuses all but regular files: it opens no device and does not wait for a FIFO.
//
// It also refuses Windows, where these guarantees do not hold: an open or mapped file cannot be replaced by a rename, a
// folder cannot be synced, locks block readers, and ownership is an access list. Cygwin and WSL are POSIX.
#pragma once

#if defined(_WIN32)
#error "mote: files are locked, synced and replaced by POSIX calls; on Windows use WSL or Cygwin [mote-posix]"
#include "stopped by the error above"
#endif

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/xattr.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::inline v0::host {

/// The exception of the host tools. Its text names the file, what was expected and what was found.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The file was not replaced: its content is not what this program has read or written.
struct file_conflict : file_error {
  using file_error::file_error;
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
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

inline void must_be_regular(const struct stat& facts, const std::filesystem::path& file) {
  const auto mode = facts.st_mode;
  if (S_ISREG(mode)) return;
  fail(file, std::string("is ") +
                 (S_ISDIR(mode)    ? "a folder"
                  : S_ISFIFO(mode) ? "a FIFO"
                  : S_ISCHR(mode)  ? "a character device"
                  : S_ISBLK(mode)  ? "a block device"
                  : S_ISSOCK(mode) ? "a socket"
                                   : "something else") +
                 ", not a regular file");
}

inline struct stat facts_of(const descriptor& fd, const std::filesystem::path& file) {
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) fail_with_errno(file, "look at it");
  return facts;
}

/// Opens `name` in `folder` for reading; `file` is for messages. The type is checked before opening, because opening a
/// device may have an effect and opening a FIFO releases a waiting writer. It is checked again afterwards, and
/// O_NONBLOCK is set, because another file may have taken the name in between.
inline descriptor open_to_read(const std::filesystem::path& file, int folder, const char* name) {
  struct stat facts{};
  if (::fstatat(folder, name, &facts, 0) == 0) must_be_regular(facts, file);
  descriptor fd(::openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) fail_with_errno(file, "open");
  must_be_regular(facts_of(fd, file), file);
  return fd;
}
inline descriptor open_to_read(const std::filesystem::path& file) { return open_to_read(file, AT_FDCWD, file.c_str()); }

inline std::size_t size_of(const descriptor& fd, const std::filesystem::path& file) {
  const struct stat facts = facts_of(fd, file);
  if (facts.st_size < 0 || !std::in_range<std::size_t>(facts.st_size)) fail(file, "is too large for this machine");
  return static_cast<std::size_t>(facts.st_size);
}

inline void fill(const descriptor& fd, std::span<std::byte> into, const std::filesystem::path& file) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(fd.get(), into.data() + done, into.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_with_errno(file, "read");
    if (n == 0) fail(file, "shrank while it was read");
    done += static_cast<std::size_t>(n);
  }
}

inline std::vector<std::byte> read_whole(const descriptor& fd, const std::filesystem::path& file) {
  std::vector<std::byte> bytes(size_of(fd, file));
  fill(fd, bytes, file);
  return bytes;
}

/// While it lives, a write of this thread beyond the file size limit (`ulimit -f`) fails with EFBIG instead of killing
/// the program by SIGXFSZ.
class no_size_signal {
 public:
  no_size_signal() {
    sigset_t pending;
    ::sigemptyset(&only_);
    ::sigaddset(&only_, SIGXFSZ);
    ::sigpending(&pending);
    earlier_ = ::sigismember(&pending, SIGXFSZ) == 1;
    ::pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  no_size_signal(const no_size_signal&) = delete;
  no_size_signal& operator=(const no_size_signal&) = delete;
  ~no_size_signal() {
    const int code = errno;
    sigset_t pending;
    int taken = 0;
    ::sigpending(&pending);
    if (!earlier_ && ::sigismember(&pending, SIGXFSZ) == 1) ::sigwait(&only_, &taken);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = code;
  }

 private:
  sigset_t only_;
  sigset_t before_;
  bool earlier_ = false;
};

/// True if what was written is on the disk, as far as the system can tell; else errno says why not.
inline bool synced(const descriptor& fd) {
#if defined(F_FULLFSYNC)
  if (::fcntl(fd.get(), F_FULLFSYNC) == 0) return true;  // macOS: fsync leaves it in the drive's cache
#endif
  while (::fsync(fd.get()) != 0)
    if (errno != EINTR) return false;
  return true;
}

// A program locks the temporary file that it writes, so an unlocked one is from a program that was killed.
inline constexpr std::string_view temporary_front = ".mote-";
inline constexpr std::string_view temporary_back = ".part";
inline constexpr std::size_t temporary_digits = 16;

inline bool is_temporary(std::string_view name) {
  return name.size() == temporary_front.size() + temporary_digits + temporary_back.size() &&
         name.starts_with(temporary_front) && name.ends_with(temporary_back) &&
         name.substr(temporary_front.size(), temporary_digits).find_first_not_of("0123456789abcdef") == name.npos;
}

/// Whether `fd` is still the file of that name: the name may have got another file since `fd` was opened.
inline bool stands_at(const descriptor& fd, const descriptor& folder, const std::string& name) {
  struct stat here{};
  struct stat there{};
  return ::fstat(fd.get(), &here) == 0 && ::fstatat(folder.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/// Whether a lock failed with `code` because this file system has none, as NFS without its lock daemon.
inline bool means_no_locks(int code) {
  return code == ENOLCK || code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS;
}

/// Removes what killed programs left in a folder; of what cannot be removed nothing is said.
inline void sweep(const descriptor& folder) {
  const int again = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return;
  DIR* entries = ::fdopendir(again);
  if (entries == nullptr) {
    ::close(again);
    return;
  }
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    if (!is_temporary(name)) continue;
    const descriptor fd(::openat(folder.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    // However many names it has: a backup by hard links gives one more to what is being written.
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 && stands_at(fd, folder, name))
      ::unlinkat(folder.get(), name.c_str(), 0);
  }
  ::closedir(entries);
}

/// Copies mode, owner, access list and the user's attributes from the old file to the new one. Throws if it cannot.
inline void keep_facts(const descriptor& old, const descriptor& fresh, const std::filesystem::path& file) {
  const struct stat was = facts_of(old, file);
  const struct stat is = facts_of(fresh, file);
  if ((was.st_uid != is.st_uid || was.st_gid != is.st_gid) && ::fchown(fresh.get(), was.st_uid, was.st_gid) != 0)
    fail_with_errno(file, "keep its owner and group");
#if defined(__linux__)
  constexpr const char* access_list = "system.posix_acl_access";
  ::fremovexattr(fresh.get(), access_list);  // a folder's default access list may have been applied
#endif
  if (::fchmod(fresh.get(), was.st_mode & static_cast<mode_t>(07777)) != 0) fail_with_errno(file, "keep its mode");
#if defined(__linux__)
  const ssize_t bytes = ::flistxattr(old.get(), nullptr, 0);
  if (bytes <= 0) return;  // there are none, or the file system does not support them
  std::string names(static_cast<std::size_t>(bytes), '\0');
  const ssize_t listed = ::flistxattr(old.get(), names.data(), names.size());
  if (listed < 0) fail_with_errno(file, "keep its attributes");
  names.resize(static_cast<std::size_t>(listed));
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    if (std::strcmp(name, access_list) != 0 && !std::string_view(name).starts_with("user.")) continue;
    std::vector<char> value(65536);  // the largest value that Linux allows
    const ssize_t size = ::fgetxattr(old.get(), name, value.data(), value.size());
    if (size < 0 || ::fsetxattr(fresh.get(), name, value.data(), static_cast<std::size_t>(size), 0) != 0)
      fail_with_errno(file, "keep its access list and attributes");
  }
#endif
}
}  // namespace detail

/// The file that a symbolic link leads to, over at most 40 links. It need not exist. Throws if the links form a circle.
inline std::filesystem::path link_target(const std::filesystem::path& file) {
  std::filesystem::path at = file;
  for (int links = 0; links < 40; ++links) {
    std::error_code error;
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(at, error))) return at;
    const std::filesystem::path to = std::filesystem::read_symlink(at, error);
    if (error) fail(file, "cannot follow the link: " + error.message());
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  fail(file, "is a link that leads to no end");
}

}  // namespace mote::inline v0::host
