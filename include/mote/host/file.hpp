// SPDX-License-Identifier: BSL-1.0
// Files on a PC or an embedded Linux (POSIX): read whole, mapped, replaced atomically, or kept locked for a user.
// Refuses to overwrite a file that another program has locked or changed, and to leave half a file: a reader finds
// either the old bytes or the new ones, also after the program was killed.
#pragma once

#include "mote/host/posix_file.hpp"  // first: its #error names Windows before a POSIX header is missing

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/checksum.hpp"
#include "mote/core/status.hpp"

namespace mote::inline v0::host {

/// All bytes of a file.
inline std::vector<std::byte> read_file(const std::filesystem::path& file) {
  return detail::read_whole(detail::open_to_read(file), file);
}

/// The bytes of a file without a copy: the system loads pages when they are read. They are page-aligned, so an image
/// can be attached. If another process shortens the file, reads fault; file_replacement never shortens a file.
class mapped_file {
 public:
  explicit mapped_file(const std::filesystem::path& file) {
    const detail::descriptor fd = detail::open_to_read(file);
    size_ = detail::size_of(fd, file);
    if (size_ == 0) return;  // mmap rejects a length of 0; bytes() is empty
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

  /// Gives back the memory of pages that were read, those around `part` too; reading them again loads them again. So a
  /// program that reads a file once, part by part, takes the memory of one part.
  void forget(std::span<const std::byte> part) const {
    // A fault maps its neighbours: 64 KiB around, or, by Linux since 6.18, the whole folio of the page cache.
    constexpr std::size_t around = std::size_t{2} << 20U;  // the largest folio
    if (part.empty()) return;
    const auto first = static_cast<std::size_t>(part.data() - data_) / around * around;
    const auto end = static_cast<std::size_t>(part.data() - data_) + part.size();
    const auto last = size_ - end < around ? size_ : (end + around - 1) / around * around;
    ::madvise(const_cast<std::byte*>(data_) + first, last - first, MADV_DONTNEED);
  }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {
/// A name in a folder, and the file of that name, locked against other writers. The lock is on the file itself: a
/// replacement is locked before it gets the name, so there is no moment at which the name is unlocked.
struct locked_name {
  enum class without_locks { go_on, refuse };  // what is done on a file system that has none

  locked_name(const std::filesystem::path& asked, without_locks choice) : file(asked), choice_(choice) {
    const std::filesystem::path target = link_target(asked);
    name = target.filename();
    if (name.empty() || name == "." || name == "..") fail(file, "names a folder, not a file");
    const std::filesystem::path parent = target.has_parent_path() ? target.parent_path() : ".";
    folder = descriptor(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) fail_with_errno(file, "open the folder it is to be in");
    sweep(folder);
  }

  /// Tries to lock the file. Returns why this program cannot write it; empty: the file is locked and in `held`, or
  /// there is no file of that name.
  std::string lock() {
    constexpr const char* read_only = "is read-only";
    constexpr auto may_be_written = [](const struct stat& facts) { return (facts.st_mode & 0222U) != 0; };
    for (;;) {
      if (held && stands_at(held, folder, name)) return may_be_written(facts_of(held, file)) ? "" : read_only;
      held = descriptor();
      struct stat facts{};
      if (::fstatat(folder.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        fail_with_errno(file, "look at it");
      }
      must_be_regular(facts, file);
      if (!may_be_written(facts)) return read_only;  // root could write, and is not meant to
      descriptor fd(::openat(folder.get(), name.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
      if (!fd && errno == ENOENT) continue;
      if (!fd && (errno == EACCES || errno == EROFS || errno == EPERM)) return read_only;
      if (!fd) fail_with_errno(file, "open for writing");
      must_be_regular(facts_of(fd, file), file);
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return "is in use by another program";
        if (errno == EINTR) continue;
        if (!goes_on_without(errno)) {
          if (means_no_locks(errno)) return no_locks;
          fail_with_errno(file, "lock");
        }
      }
      held = std::move(fd);  // and looked at again: it may have been replaced before the lock was there
    }
  }

  bool goes_on_without(int code) const { return means_no_locks(code) && choice_ == without_locks::go_on; }

  static constexpr const char* no_locks = "is on a file system without locks";

  std::filesystem::path file;  // as it was asked for: for messages
  std::string name;
  descriptor folder;
  descriptor held;

 private:
  without_locks choice_;
};
}  // namespace detail

/// Replaces a file in one step, or makes it: `file_replacement out(file); out.append(bytes); out.commit();`
/// A temporary in the same folder takes the bytes, is synced and gets the name; then the folder is synced. What fails,
/// or is killed, before it has the name leaves the old file. A link stays a link, and its target is replaced; mode,
/// owner, access list (Linux) and attributes of the user (Linux) are kept, or nothing is written. Other hard links to
/// the old file keep the old bytes. Where the file system has no locks, it goes on without.
class file_replacement {
 public:
  explicit file_replacement(const std::filesystem::path& file) : file_replacement(nullptr, file) {}
  /// Uses the lock of `place`, which afterwards holds that of the new file.
  explicit file_replacement(detail::locked_name& place) : file_replacement(&place, {}) {}
  file_replacement(const file_replacement&) = delete;
  file_replacement& operator=(const file_replacement&) = delete;
  ~file_replacement() { discard(); }

  /// Adds bytes at the end. Up to 64 KiB are buffered in memory.
  void append(std::span<const std::byte> bytes) {
    must_be_open();
    if (gathered_.size() + bytes.size() > gathered_bytes) put(std::exchange(gathered_, {}));
    if (bytes.size() > gathered_bytes) return put(bytes);
    gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  }
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }

  /// Replaces bytes that were appended before, from `offset` on: a header that is known last.
  void overwrite(std::size_t offset, std::span<const std::byte> bytes) {
    must_be_open();
    put(std::exchange(gathered_, {}));
    const std::size_t size = detail::size_of(fresh_, place_.file);
    if (offset > size || bytes.size() > size - offset)
      fail(place_.file, "has " + std::to_string(size) + " bytes so far; " + std::to_string(bytes.size()) + " from " +
                            std::to_string(offset) + " on cannot be replaced");
    put(bytes, static_cast<off_t>(offset));
  }

  /// Writes what was appended to the disk; then commit() has only the name to give. Of two files that belong together
  /// both are flushed before the first gets its name: a full disk then leaves both old ones.
  void flush() {
    must_be_open();
    put(std::exchange(gathered_, {}));
    if (!detail::synced(fresh_)) fail_to_write();
  }

  /// Replaces the file. When this returns, the new bytes and the name are on the disk. Throws file_conflict if another
  /// program has replaced the file meanwhile.
  void commit() {
    take_name();
    sync_name();
  }

 private:
  friend class kept_file;  // which knows the new bytes as soon as they have the name

  static constexpr std::size_t gathered_bytes = 65536;

  void take_name() {
    must_be_open();
    put(std::exchange(gathered_, {}));
    try {
      if (!detail::synced(fresh_)) fail_with_errno(place_.file, "write");
      if (place_.held) take_over();
      else appear();
    } catch (...) {
      discard();
      throw;
    }
    temporary_.clear();
    place_.held = std::exchange(fresh_, detail::descriptor());
  }

  void sync_name() {
    if (!detail::synced(place_.folder) && errno != EINVAL && errno != ENOTSUP)  // some file systems know no such thing
      fail_with_errno(place_.file, "sync its folder, so a power cut may bring the old file back");
  }

  file_replacement(detail::locked_name* place, const std::filesystem::path& file)
      : own_(place == nullptr
                 ? std::optional<detail::locked_name>(std::in_place, file, detail::locked_name::without_locks::go_on)
                 : std::nullopt),
        place_(place == nullptr ? *own_ : *place) {
    if (const std::string refusal = place_.lock(); !refusal.empty()) fail(place_.file, refusal);
    make_temporary();
    try {
      if (place_.held) detail::keep_facts(place_.held, fresh_, place_.file);
    } catch (...) {
      discard();
      throw;
    }
  }

  void make_temporary() {
    const mode_t mode = place_.held ? 0600 : 0666;  // for a new file the system applies the umask
    std::random_device random;
    for (int tries = 0; tries < 100; ++tries) {
      std::string name(detail::temporary_front);
      for (std::size_t i = 0; i < detail::temporary_digits; ++i) name += "0123456789abcdef"[random() & 15U];
      name += detail::temporary_back;
      fresh_ = detail::descriptor(
          ::openat(place_.folder.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
      if (!fresh_ && (errno == EEXIST || errno == EINTR)) continue;
      if (!fresh_) fail_with_errno(place_.file, "create a temporary file beside it");
      temporary_ = std::move(name);
      // Who sweeps may have come between the two calls.
      if (::flock(fresh_.get(), LOCK_EX | LOCK_NB) == 0 || place_.goes_on_without(errno)) {
        if (detail::stands_at(fresh_, place_.folder, temporary_)) return;
      } else if (errno != EWOULDBLOCK && errno != EINTR) {
        const int code = std::exchange(errno, 0);
        discard();
        errno = code;
        if (detail::means_no_locks(code)) fail(place_.file, place_.no_locks);
        fail_with_errno(place_.file, "lock a temporary file beside it");
      }
      discard();
    }
    fail(place_.file, "cannot create a temporary file beside it: another program takes each");
  }

  void must_be_open() const {
    if (!fresh_) fail(place_.file, "was given up after an earlier error, or is written already");
  }

  /// Writes at the end, or from `at` on.
  void put(std::span<const std::byte> bytes, off_t at = -1) {
    const detail::no_size_signal guard;
    while (!bytes.empty()) {
      const ssize_t n = at < 0 ? ::write(fresh_.get(), bytes.data(), bytes.size())
                               : ::pwrite(fresh_.get(), bytes.data(), bytes.size(), at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_to_write();
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      if (at >= 0) at += n;
    }
  }

  [[noreturn]] void fail_to_write() {
    const int code = errno;
    discard();
    errno = code;
    fail_with_errno(place_.file, "write");
  }

  void take_over() {
    if (!detail::stands_at(place_.held, place_.folder, place_.name)) conflict();
    if (::renameat(place_.folder.get(), temporary_.c_str(), place_.folder.get(), place_.name.c_str()) != 0)
      fail_with_errno(place_.file, "rename the temporary file to it");
  }

  /// Gives the file a name that was free, if it still is: link() fails on an existing name, rename() replaces it.
  void appear() {
    const int folder = place_.folder.get();
    if (::linkat(folder, temporary_.c_str(), folder, place_.name.c_str(), 0) == 0) {
      ::unlinkat(folder, temporary_.c_str(), 0);
      return;
    }
    if (errno == EEXIST) conflict();
    // A file system without hard links (FAT): check and rename, which leaves a short gap between the two.
    struct stat facts{};
    if (::fstatat(folder, place_.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) conflict();
    if (::renameat(folder, temporary_.c_str(), folder, place_.name.c_str()) != 0)
      fail_with_errno(place_.file, "rename the temporary file to it");
  }

  [[noreturn]] void conflict() const {
    throw file_conflict(place_.file.string() + ": was written by another program meanwhile; nothing was written");
  }

  void discard() {
    if (!temporary_.empty()) ::unlinkat(place_.folder.get(), temporary_.c_str(), 0);
    temporary_.clear();
    fresh_ = detail::descriptor();
  }

  std::optional<detail::locked_name> own_;
  detail::locked_name& place_;
  detail::descriptor fresh_;
  std::string temporary_;
  std::vector<std::byte> gathered_;
};

/// Replaces or creates a file by a file_replacement, in one call.
inline void write_atomically(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  file_replacement out(file);
  out.append(bytes);
  out.commit();
}

inline void write_atomically(const std::filesystem::path& file, std::string_view text) {
  write_atomically(file, std::as_bytes(std::span(text)));
}

/// A user's file that a program keeps locked while it runs:
/// `kept_file mine(name); mine.load([&](auto bytes) { return ai.load(bytes); }); mine.save(bytes);`
/// The constructor locks it unless another kept_file or file_replacement has the lock, so two writers notice each
/// other. Changes by programs that do not lock (an editor, cp) are detected by size and fingerprint before a
/// replacement.
class kept_file {
 public:
  /// The file need not exist. Temporary files of killed programs are removed from its folder. load() rejects a file of
  /// more than `most_bytes` (64 MiB by default).
  explicit kept_file(const std::filesystem::path& file, std::size_t most_bytes = std::size_t{1} << 26U)
      : place_(file, detail::locked_name::without_locks::refuse), refusal_(place_.lock()), most_bytes_(most_bytes) {
    struct stat facts{};
    const bool stands = ::fstatat(place_.folder.get(), place_.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
    known_.kind = stands ? knowledge::unseen : knowledge::absent;
  }

  /// Why save() is refused, when it was last tried or at the start: read-only, in use, or on a file system without
  /// locks (of a file that is not there yet, the first save() says so); empty: it is not.
  const std::string& refusal() const { return refusal_; }

  /// Reads the file and returns the status of take(std::span<const std::byte>), whose bytes are aligned to 16. Only
  /// after status::ok may save() replace this content. Throws file_error if the file cannot be read.
  template <class Take>
  status load(Take&& take) {
    const detail::descriptor fd = detail::open_to_read(place_.file, place_.folder.get(), place_.name.c_str());
    const std::size_t size = detail::size_of(fd, place_.file);
    if (size > most_bytes_) fail(place_.file, "has more than " + std::to_string(most_bytes_) + " bytes");
    struct alignas(16) portion {
      std::byte bytes[16];
    };
    std::vector<portion> memory(size / sizeof(portion) + 1);
    const auto bytes = std::as_writable_bytes(std::span(memory)).first(size);
    detail::fill(fd, bytes, place_.file);
    const status s = take(std::span<const std::byte>(bytes));
    if (s == status::ok) known_ = knowledge::of(bytes);
    return s;
  }

  /// Replaces the file atomically. Throws file_conflict, and leaves the file, if it has content that was neither loaded
  /// nor saved by this object.
  void save(std::span<const std::byte> bytes) {
    lock();
    if (place_.held && !holds_what_is_known()) {
      throw file_conflict(place_.file.string() + (known_.kind == knowledge::unseen ? ": holds what was not loaded"
                                                  : known_.kind == knowledge::absent
                                                      ? ": was made by another program meanwhile"
                                                      : ": was changed by another program meanwhile"));
    }
    put(bytes);
  }

  /// As save(), whatever the file has: for use after the user has agreed.
  void replace(std::span<const std::byte> bytes) {
    lock();
    put(bytes);
  }

 private:
  struct knowledge {
    enum { absent, unseen, seen } kind = absent;
    std::size_t size = 0;
    std::uint64_t hash = 0;  // no CRC-32: of bytes that end with their own, as a snapshot does, it is always the same

    static knowledge of(std::span<const std::byte> bytes) {
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return {seen, bytes.size(), fingerprint{}.add(text).value()};
    }
    bool operator==(const knowledge&) const = default;
  };

  bool holds_what_is_known() const {
    return known_.kind == knowledge::seen && detail::size_of(place_.held, place_.file) == known_.size &&
           known_ == knowledge::of(detail::read_whole(place_.held, place_.file));
  }

  void lock() {
    refusal_ = place_.lock();
    if (!refusal_.empty()) fail(place_.file, refusal_);
  }

  void put(std::span<const std::byte> bytes) {
    file_replacement out(place_);
    out.append(bytes);
    out.take_name();
    known_ = knowledge::of(bytes);  // they stand there, also if the sync of the folder fails
    out.sync_name();
  }

  detail::locked_name place_;
  std::string refusal_;
  std::size_t most_bytes_;
  knowledge known_;
};

}  // namespace mote::inline v0::host
