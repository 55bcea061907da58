// SPDX-License-Identifier: BSL-1.0
#include "mote/host/posix_file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "file_processes.hpp"

namespace fs = std::filesystem;
namespace detail = mote::host::detail;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;
using mote_tests::in_child;
using mote_tests::scratch_folder;

namespace {
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

detail::descriptor make(const fs::path& file) {
  detail::descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(fd);
  return fd;
}
}  // namespace

TEST_CASE("posix_file: a descriptor is closed once, by the last that has it", "[host][file]") {
  const scratch_folder folder;
  int first = -1;
  int second = -1;
  {
    detail::descriptor a = make(folder.path / "a");
    detail::descriptor b = make(folder.path / "b");
    first = a.get();
    second = b.get();
    b = std::move(a);
    CHECK(b.get() == first);
    const detail::descriptor c(std::move(b));
    CHECK_FALSE(b);  // NOLINT: moved from, and empty
    CHECK(c.get() == first);
    CHECK(is_open(first));
  }
  CHECK_FALSE(is_open(first));
  CHECK_FALSE(is_open(second));
}

TEST_CASE("posix_file: where a link leads", "[host][file]") {
  const scratch_folder folder;
  const fs::path& at = folder.path;
  CHECK(mote::host::link_target(at / "none") == at / "none");
  fs::create_directory(at / "deep");
  fs::create_symlink("../file", at / "deep" / "up");
  fs::create_symlink("deep/up", at / "link");
  CHECK(mote::host::link_target(at / "link") == at / "deep" / "../file");
  fs::create_symlink(at / "far", at / "absolute");
  CHECK(mote::host::link_target(at / "absolute") == at / "far");
  fs::create_symlink("a", at / "b");
  fs::create_symlink("b", at / "a");
  CHECK_THROWS_MATCHES(mote::host::link_target(at / "a"), mote::host::file_error,
                       MessageMatches(EndsWith("a: is a link that leads to no end")));
}

TEST_CASE("posix_file: a FIFO's writer is not released by who may not read it", "[host][file]") {
  const scratch_folder folder;
  const fs::path fifo = folder.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_AS(detail::open_to_read(fifo), mote::host::file_error);
  CHECK(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK) == -1);
  CHECK(errno == ENXIO);  // nobody reads
}

#if defined(RENAME_EXCHANGE)
TEST_CASE("posix_file: what becomes a FIFO between the look and the opening is not waited for", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "file";
  const fs::path fifo = folder.path / "fifo";
  make(file);
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const pid_t changing = ::fork();
  if (changing == 0) {
    ::alarm(20);
    for (;;) ::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, fifo.c_str(), RENAME_EXCHANGE);
  }
  const auto end = in_child([&]() -> std::string {
    int seen[2] = {0, 0};
    for (int i = 0; i < 20'000; ++i) {
      try {
        (void)detail::open_to_read(file);
        ++seen[0];
      } catch (const mote::host::file_error&) {
        ++seen[1];
      }
    }
    return seen[0] > 0 && seen[1] > 0 ? "both were seen" : "nothing changed";
  });
  ::kill(changing, SIGKILL);
  ::waitpid(changing, nullptr, 0);
  CHECK(end.by_signal == 0);
  CHECK(end.said == "both were seen");
}
#endif

TEST_CASE("posix_file: only our own names are temporaries", "[host][file]") {
  CHECK(detail::is_temporary(".mote-0123456789abcdef.part"));
  for (const char* name : {".mote-0123456789abcde.part", ".mote-0123456789abcdef0.part", ".mote-0123456789ABCDEF.part",
                           ".mote-0123456789abcdef.parT", "xmote-0123456789abcdef.part", ".mote-.part", ".mote", ""})
    CHECK_FALSE(detail::is_temporary(name));
}

TEST_CASE("posix_file: a temporary is swept when nobody has it locked", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / ".mote-0123456789abcdef.part";
  const detail::descriptor at(::open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  {
    const detail::descriptor owner = make(file);
    REQUIRE(::flock(owner.get(), LOCK_EX) == 0);
    detail::sweep(at);
    CHECK(fs::exists(file));
    fs::create_hard_link(file, folder.path / "backup");
    detail::sweep(at);
    CHECK(fs::exists(file));  // also with a second name
    fs::remove(folder.path / "backup");
    CHECK(detail::stands_at(owner, at, file.filename()));
    fs::rename(file, folder.path / "kept");
    make(file);
    CHECK_FALSE(detail::stands_at(owner, at, file.filename()));  // another file of this name
    detail::sweep(at);
    CHECK_FALSE(fs::exists(file));
    CHECK(fs::exists(folder.path / "kept"));
  }
  detail::sweep(at);
  CHECK(folder.files() == 1);
}

TEST_CASE("posix_file: a limit of file size gives an error while the guard is there", "[host][file]") {
  const scratch_folder folder;
  const auto write_beyond = [&](bool guarded) {
    return [&folder, guarded]() -> std::string {
      const rlimit limit{.rlim_cur = 10, .rlim_max = 10};
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return "not possible";
      const detail::descriptor fd = make(folder.path / "a");
      const std::string text(20, 'x');
      std::string said;
      if (guarded) {
        const detail::no_size_signal guard;
        said += std::to_string(::write(fd.get(), text.data(), text.size()));
        said += ::write(fd.get(), text.data(), text.size()) == -1 && errno == EFBIG ? " EFBIG" : " no error";
      } else {
        for (int i = 0; i < 2; ++i) said += std::to_string(::write(fd.get(), text.data(), text.size())) + " ";
      }
      return said + ", goes on";
    };
  };
  const auto guarded = in_child(write_beyond(true));
  CHECK(guarded.by_signal == 0);
  CHECK(guarded.said == "10 EFBIG, goes on");
  CHECK(in_child(write_beyond(false)).by_signal == SIGXFSZ);  // else this test could not fail

  // A signal that was waiting before goes on waiting.
  const auto waiting = in_child([]() -> std::string {
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, SIGXFSZ);
    ::pthread_sigmask(SIG_BLOCK, &only, nullptr);
    ::raise(SIGXFSZ);
    {
      const detail::no_size_signal guard;
    }
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGXFSZ) == 1 ? "still waiting" : "taken";
  });
  CHECK(waiting.said == "still waiting");
}

TEST_CASE("posix_file: the facts of a file go to another", "[host][file]") {
  const scratch_folder folder;
  const detail::descriptor old = make(folder.path / "old");
  const detail::descriptor fresh = make(folder.path / "fresh");
  REQUIRE(::fchmod(old.get(), 0751) == 0);
  detail::keep_facts(old, fresh, folder.path / "old");
  CHECK((detail::facts_of(fresh, "fresh").st_mode & 07777U) == 0751U);
  CHECK(detail::facts_of(fresh, "fresh").st_uid == detail::facts_of(old, "old").st_uid);
  CHECK(detail::synced(fresh));
  CHECK(detail::size_of(fresh, "fresh") == 0);
}
