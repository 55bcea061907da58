// SPDX-License-Identifier: BSL-1.0
// What tests of files need of a system: a folder of their own, a process that may be killed, a small disk, another user.
// Refuses to hang: a child that takes longer than ten seconds is ended by its own alarm.
#pragma once

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/mount.h>
#endif

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <string>

namespace mote_tests {

inline void (*on_sync)(int fd) = nullptr;  // called by the tests' fsync(), which replaces the C library's

struct scratch_folder {
  scratch_folder() : path(std::filesystem::temp_directory_path() / ("mote_file_test." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
    std::filesystem::permissions(path, std::filesystem::perms::all);  // also for another user
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code none;
    std::filesystem::remove_all(path, none);
  }
  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path)) ++n;
    return n;
  }
  std::filesystem::path path;
};

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// How a child ended: what it said, and the signal that killed it, or 0.
struct ended {
  std::string said;
  int by_signal = 0;
};

/// Runs `body` in a child, which says what it returns, or what was thrown.
template <class Body>
ended in_child(Body&& body) {
  int ends[2];
  if (::pipe(ends) != 0) return {"no pipe", 0};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    ::signal(SIGXFSZ, SIG_DFL);
    std::string said;
    try {
      said = body();
    } catch (const std::exception& e) {
      said = e.what();
    }
    [[maybe_unused]] const ssize_t n = ::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  ended result;
  char some[256];
  for (ssize_t n = 0; (n = ::read(ends[0], some, sizeof some)) > 0;)
    result.said.append(some, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) result.by_signal = WTERMSIG(status);
  return result;
}

/// In a child: no longer root, so that permissions are asked. False: it is not possible here.
inline bool become_anybody() {
  constexpr unsigned nobody = 65534;
  return ::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0);
}

/// In a child: a file system of `bytes` over `folder`, for this child alone. False: it is not possible here.
inline bool mount_small_disk([[maybe_unused]] const std::filesystem::path& folder, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("none", folder.c_str(), "tmpfs", 0, ("size=" + std::to_string(bytes)).c_str()) == 0;
#else
  return false;
#endif
}

}  // namespace mote_tests
