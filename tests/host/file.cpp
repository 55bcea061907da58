// SPDX-License-Identifier: BSL-1.0
#include "mote/host/file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#endif
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "file_processes.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;
using mote_tests::in_child;
using mote_tests::scratch_folder;
using mote_tests::text_of;

namespace {
struct stat facts_of(const fs::path& file) {
  struct stat facts{};
  REQUIRE(::lstat(file.c_str(), &facts) == 0);
  return facts;
}
unsigned mode_of(const fs::path& file) { return facts_of(file).st_mode & 07777U; }
}  // namespace

TEST_CASE("file: what is written is read and mapped", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a.bin";
  mote::host::write_atomically(file, std::string_view("first"));
  CHECK(text_of(mote::host::read_file(file)) == "first");
  const mote::host::mapped_file before(file);
  mote::host::write_atomically(file, std::string_view("second, and longer"));
  CHECK(text_of(mote::host::read_file(file)) == "second, and longer");
  CHECK(text_of(before.bytes()) == "first");  // the old file lives on under the mapping
  CHECK(reinterpret_cast<std::uintptr_t>(before.bytes().data()) % 64 == 0);
  CHECK(folder.files() == 1);

  mote::host::write_atomically(file, std::string_view{});
  CHECK(mote::host::read_file(file).empty());
  mote::host::mapped_file empty(file);
  CHECK(empty.bytes().empty());
  mote::host::write_atomically(folder.path / "b", std::string_view("b"));
  empty = mote::host::mapped_file(folder.path / "b");
  CHECK(text_of(empty.bytes()) == "b");
}

TEST_CASE("file: a result has the permissions of any new file", "[host][file]") {
  const scratch_folder folder;
  const mode_t mask = ::umask(022);
  mote::host::write_atomically(folder.path / "a", std::string_view("a"));
  ::umask(mask);
  CHECK(mode_of(folder.path / "a") == 0644U);
}

TEST_CASE("file: a replaced file keeps its mode and owner", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::write_atomically(file, std::string_view("old"));
  for (const mode_t mode : {0600U, 0640U, 0666U, 0755U}) {
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    mote::host::write_atomically(file, std::string_view("new"));
    CHECK(mode_of(file) == mode);
  }
  if (::geteuid() == 0) {
    REQUIRE(::chown(file.c_str(), 12, 34) == 0);
    REQUIRE(::chmod(file.c_str(), 02640) == 0);
    mote::host::write_atomically(file, std::string_view("newer"));
    CHECK(facts_of(file).st_uid == 12);
    CHECK(facts_of(file).st_gid == 34);
    CHECK(mode_of(file) == 02640U);  // and chown took none of its bits
    // Who cannot give it to its owner leaves it.
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    const auto other = in_child([&]() -> std::string {
      if (!mote_tests::become_anybody()) return "not possible";
      mote::host::write_atomically(file, std::string_view("mine"));
      return "written";
    });
    CHECK_THAT(other.said, EndsWith("a: cannot keep its owner and group: Operation not permitted"));
    CHECK(text_of(mote::host::read_file(file)) == "newer");
    CHECK(folder.files() == 1);
  }
}

#if defined(__linux__)
TEST_CASE("file: a replaced file keeps its access list and the user's attributes", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::write_atomically(file, std::string_view("old"));
  if (::setxattr(file.c_str(), "user.from", "anna", 4, 0) != 0) SKIP("this file system keeps no attributes");
  // Version 2: user rw-, user 1234 r--, group ---, mask rw-, others ---.
  const std::array<std::uint32_t, 11> list{2,   6U << 16U | 1,  ~0U, 4U << 16U | 2,  1234, 0U << 16U | 4,
                                           ~0U, 6U << 16U | 16, ~0U, 0U << 16U | 32, ~0U};
  const bool lists = ::setxattr(file.c_str(), "system.posix_acl_access", list.data(), sizeof list, 0) == 0;
  mote::host::write_atomically(file, std::string_view("new"));
  std::array<char, 64> value{};
  CHECK(::getxattr(file.c_str(), "user.from", value.data(), value.size()) == 4);
  CHECK(std::string(value.data()) == "anna");
  if (lists) {
    std::array<std::uint32_t, 11> kept{};
    CHECK(::getxattr(file.c_str(), "system.posix_acl_access", kept.data(), sizeof kept) == sizeof kept);
    CHECK(kept == list);
  }
}
#endif

#if defined(__linux__)
namespace {
std::string synced;            // what was, one word each, and whether the new name was there then
fs::path synced_for;           // empty: nobody asks
bool folders_can_sync = true;  // false: their fsync fails
int lock_error = 0;            // what flock() fails with
}  // namespace

extern "C" int fsync(int fd) {  // in place of the C library's
  if (mote_tests::on_sync != nullptr) mote_tests::on_sync(fd);
  if (!synced_for.empty()) {
    struct stat facts{};
    ::fstat(fd, &facts);
    synced +=
        std::string(S_ISDIR(facts.st_mode) ? "folder" : "file") + (fs::exists(synced_for) ? " after, " : " before, ");
  }
  struct stat facts{};
  if (!folders_can_sync && ::fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int flock(int fd, int operation) {
  if (lock_error != 0) {
    errno = lock_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

TEST_CASE("file: the file is synced before it has its name, the folder after", "[host][file]") {
  const scratch_folder folder;
  synced.clear();
  synced_for = folder.path / "a";
  mote::host::write_atomically(synced_for, std::string_view("new"));
  synced_for.clear();
  CHECK(synced == "file before, folder after, ");
}
#endif

TEST_CASE("file: a link stays one, and what it leads to is replaced", "[host][file]") {
  const scratch_folder folder;
  fs::create_directories(folder.path / "deep");
  const fs::path target = folder.path / "deep" / "target";
  mote::host::write_atomically(target, std::string_view("old"));
  fs::create_symlink("deep/target", folder.path / "link");
  fs::create_symlink(folder.path / "link", folder.path / "second");
  mote::host::write_atomically(folder.path / "second", std::string_view("new"));
  CHECK(fs::is_symlink(folder.path / "second"));
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK_FALSE(fs::is_symlink(target));
  CHECK(text_of(mote::host::read_file(target)) == "new");

  fs::create_symlink("deep/missing", folder.path / "to_nothing");
  mote::host::write_atomically(folder.path / "to_nothing", std::string_view("made"));
  CHECK(fs::is_symlink(folder.path / "to_nothing"));
  CHECK(text_of(mote::host::read_file(folder.path / "deep" / "missing")) == "made");

  fs::create_symlink("round", folder.path / "round");
  CHECK_THROWS_MATCHES(mote::host::write_atomically(folder.path / "round", std::string_view("x")),
                       mote::host::file_error, MessageMatches(EndsWith("round: is a link that leads to no end")));
}

TEST_CASE("file: what is not a regular file is neither read nor written, nor waited for", "[host][file]") {
  const scratch_folder folder;
  const fs::path fifo = folder.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0666) == 0);
  const fs::path listening = folder.path / "socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, listening.c_str(), sizeof address.sun_path - 1);
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  fs::create_directories(folder.path / "folder");
  // As root a device of its own: were it replaced, /dev would not be hurt.
  const fs::path device = folder.path / "device";
  const bool own_device = ::mknod(device.c_str(), S_IFCHR | 0666, makedev(1, 7)) == 0;
  fs::create_symlink(own_device ? device : fs::path("/dev/full"), folder.path / "link");

  const std::vector<std::pair<fs::path, std::string>> cases{
      {fifo, "is a FIFO, not a regular file"},
      {listening, "is a socket, not a regular file"},
      {folder.path / "folder", "is a folder, not a regular file"},
      {own_device ? device : folder.path / "link", "is a character device, not a regular file"},
      {folder.path / "link", "is a character device, not a regular file"}};
  for (const auto& [file, words] : cases) {
    const auto before = facts_of(file);
    const auto wanted = file.string() + ": " + words;
    for (int way = 0; way < 3; ++way) {
      const auto end = in_child([&]() -> std::string {
        if (way == 0) (void)mote::host::read_file(file);
        if (way == 1) (void)mote::host::mapped_file(file);
        if (way == 2) mote::host::write_atomically(file, std::string_view("x"));
        return "done";
      });
      CHECK(end.by_signal == 0);
      CHECK(end.said == wanted);
      CHECK(facts_of(file).st_ino == before.st_ino);
    }
  }
  ::close(server);
}

TEST_CASE("file: failures name the file and leave nothing behind", "[host][file]") {
  const scratch_folder folder;
  const auto missing = folder.path / "missing";
  CHECK_THROWS_MATCHES(mote::host::read_file(missing), mote::host::file_error,
                       MessageMatches(ContainsSubstring("missing: cannot open: ")));
  CHECK_THROWS_MATCHES(mote::host::mapped_file(missing), mote::host::file_error,
                       MessageMatches(ContainsSubstring("missing: cannot open: ")));
  CHECK_THROWS_MATCHES(mote::host::write_atomically(missing / "x", std::string_view("x")), mote::host::file_error,
                       MessageMatches(EndsWith("x: cannot open the folder it is to be in: No such file or directory")));
  CHECK_THROWS_MATCHES(mote::host::write_atomically(folder.path / "", std::string_view("x")), mote::host::file_error,
                       MessageMatches(EndsWith("names a folder, not a file")));
  CHECK(folder.files() == 0);
}

TEST_CASE("file: a read-only file and a read-only folder stay as they are", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::write_atomically(file, std::string_view("old"));
  REQUIRE(::chmod(file.c_str(), 0444) == 0);
  CHECK_THROWS_MATCHES(mote::host::write_atomically(file, std::string_view("new")), mote::host::file_error,
                       MessageMatches(EndsWith("a: is read-only")));
  CHECK(text_of(mote::host::read_file(file)) == "old");
  CHECK(mode_of(file) == 0444U);

  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  REQUIRE(::chmod(folder.path.c_str(), 0555) == 0);
  const auto end = in_child([&]() -> std::string {
    if (!mote_tests::become_anybody()) return "not possible";
    mote::host::write_atomically(file, std::string_view("new"));
    return "written";
  });
  REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
  CHECK_THAT(end.said, EndsWith("a: cannot create a temporary file beside it: Permission denied"));
  CHECK(text_of(mote::host::read_file(file)) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("file: a limit of file size is an error, and the old file stays", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::write_atomically(file, std::string_view("old"));
  const std::vector<std::byte> much(200'000);
  const auto end = in_child([&]() -> std::string {
    const rlimit limit{.rlim_cur = 100'000, .rlim_max = 100'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return "not possible";
    std::string said;
    try {
      mote::host::write_atomically(file, much);
    } catch (const mote::host::file_error& e) {
      said = e.what();
    }
    // The next smaller one goes through, and nobody's signals were changed.
    mote::host::write_atomically(file.string() + ".small", std::string_view("small"));
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return said + (::sigismember(&blocked, SIGXFSZ) == 0 ? "" : ", and the signal stays blocked");
  });
  CHECK(end.by_signal == 0);
  CHECK_THAT(end.said, EndsWith("a: cannot write: File too large"));
  CHECK(text_of(mote::host::read_file(file)) == "old");
  CHECK(text_of(mote::host::read_file(file.string() + ".small")) == "small");
  CHECK(folder.files() == 2);
}

TEST_CASE("file: a full disk is an error, and the old file stays", "[host][file]") {
  const scratch_folder folder;
  const std::vector<std::byte> much(200'000);
  const auto end = in_child([&]() -> std::string {
    if (!mote_tests::mount_small_disk(folder.path, 64 * 1024)) return "no small disk";
    const fs::path file = folder.path / "a";
    mote::host::write_atomically(file, std::string_view("old"));
    std::string said;
    try {
      mote::host::write_atomically(file, much);
    } catch (const mote::host::file_error& e) {
      said = e.what();
    }
    return said + "; " + text_of(mote::host::read_file(file)) + ", files: " + std::to_string(folder.files());
  });
  if (end.said == "no small disk") SKIP("a small disk needs root or a namespace for users");
  CHECK(end.by_signal == 0);
  CHECK_THAT(end.said, EndsWith("a: cannot write: No space left on device; old, files: 1"));
}

TEST_CASE("file: what a killed program left is swept, what a living one writes is not", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::write_atomically(file, std::string_view("old"));
  for (int i = 0; i < 3; ++i) {
    // Killed with the temporary open: no destructor runs.
    const auto end = in_child([&]() -> std::string {
      mote::host::file_replacement out(folder.path / ("b" + std::to_string(i)));
      out.append(std::string_view("half"));
      ::kill(::getpid(), SIGKILL);
      return "";
    });
    CHECK(end.by_signal == SIGKILL);
    CHECK(folder.files() == 2);  // each start has removed what the one before left
  }
  // Of others' files none is touched, whatever they are called.
  const std::vector<std::string> others{".mote-0123456789abcdeg.part", ".mote-0123456789abcdef.part~",
                                        ".mote-0123456789abcdef", "a.Xy12Zq", "mote-0123456789abcdef.part"};
  for (const auto& name : others) mote::host::write_atomically(folder.path / name, std::string_view("mine"));
  fs::create_directory(folder.path / ".mote-00000000000000ff.part");
  fs::create_symlink("a", folder.path / ".mote-00000000000000fe.part");
  const std::size_t kept = others.size() + 3;
  CHECK(folder.files() == kept);

  mote::host::file_replacement living(folder.path / "c");
  CHECK(folder.files() == kept + 1);
  mote::host::write_atomically(file, std::string_view("new"));  // sweeps
  CHECK(folder.files() == kept + 1);
  living.append(std::string_view("whole"));
  living.commit();
  CHECK(text_of(mote::host::read_file(folder.path / "c")) == "whole");

  // Killed when the new name was there and the temporary's was not removed yet: the file has two.
  mote::host::write_atomically(folder.path / "d", std::string_view("whole"));
  fs::create_hard_link(folder.path / "d", folder.path / ".mote-00000000000000fd.part");
  mote::host::write_atomically(file, std::string_view("newer"));
  CHECK(folder.files() == kept + 2);
  CHECK(text_of(mote::host::read_file(folder.path / "d")) == "whole");
}

TEST_CASE("file: a backup by hard links does not take what a living program writes", "[host][file]") {
  const scratch_folder folder;
  const fs::path backup = folder.path / "backup";
  fs::create_directory(backup);
  mote::host::file_replacement living(folder.path / "a");
  living.append(std::string_view("whole"));
  for (const auto& entry : fs::directory_iterator(folder.path))
    if (entry.is_regular_file()) fs::create_hard_link(entry.path(), backup / entry.path().filename());
  mote::host::write_atomically(folder.path / "b", std::string_view("other"));  // sweeps
  living.commit();
  CHECK(text_of(mote::host::read_file(folder.path / "a")) == "whole");
  CHECK(folder.files() == 3);
}

TEST_CASE("file: a replacement is written in parts, and given up whole", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  std::string all;
  {
    mote::host::file_replacement out(file);
    for (const std::size_t n : {1U, 65535U, 65536U, 3U, 200'000U, 0U, 7U}) {
      const std::string part(n, static_cast<char>('a' + all.size() % 26));
      out.append(std::string_view(part));
      all += part;
    }
    CHECK_FALSE(fs::exists(file));
    out.commit();
    CHECK_THROWS_MATCHES(out.append(std::string_view("more")), mote::host::file_error,
                         MessageMatches(ContainsSubstring("is written already")));
  }
  CHECK(text_of(mote::host::read_file(file)) == all);
  {
    mote::host::file_replacement out(file);
    out.append(std::string_view("unfinished"));
  }
  CHECK(text_of(mote::host::read_file(file)) == all);
  CHECK(folder.files() == 1);
}

TEST_CASE("file: a header that is known last goes over what stood in its place", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  mote::host::file_replacement out(file);
  out.append(std::string_view("....body"));
  out.overwrite(0, std::as_bytes(std::span(std::string_view("head"))));
  out.append(std::string_view(" and more"));
  CHECK_THROWS_WITH(out.overwrite(15, std::as_bytes(std::span(std::string_view("xyz")))),
                    EndsWith("a: has 17 bytes so far; 3 from 15 on cannot be replaced"));
  out.flush();
  CHECK_FALSE(fs::exists(file));
  out.commit();
  CHECK(text_of(mote::host::read_file(file)) == "headbody and more");
}

TEST_CASE("file: of two files that belong together neither appears if the second cannot be written", "[host][file]") {
  const scratch_folder folder;
  const auto limited = in_child([&]() -> std::string {
    const rlimit limit{50000, 50000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    mote::host::file_replacement first(folder.path / "a");
    mote::host::file_replacement second(folder.path / "b");
    first.append(std::string(40000, 'a'));
    second.append(std::string(60000, 'b'));  // fits into the buffer: only a flush finds out
    first.flush();
    second.flush();
    first.commit();
    second.commit();
    return "written";
  });
  CHECK_THAT(limited.said, ContainsSubstring("b: cannot write"));
  CHECK(folder.files() == 0);
}

TEST_CASE("file: mapped pages that were given back are there again when they are read", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + " ";
  mote::host::write_atomically(file, text);
  const mote::host::mapped_file mapped(file);
  for (const std::size_t at : {0U, 70000U, 500000U}) {
    mapped.forget(mapped.bytes().subspan(at));
    mapped.forget(mapped.bytes().subspan(at, 1));
    mapped.forget({});
    CHECK(text_of(mapped.bytes()) == text);
  }
}

TEST_CASE("file: two that replace one file see each other", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  {  // Neither was there: the name is taken once.
    mote::host::file_replacement first(file);
    mote::host::file_replacement second(file);
    first.append(std::string_view("first"));
    second.append(std::string_view("second"));
    first.commit();
    CHECK_THROWS_MATCHES(second.commit(), mote::host::file_conflict,
                         MessageMatches(EndsWith("a: was written by another program meanwhile; nothing was written")));
  }
  CHECK(text_of(mote::host::read_file(file)) == "first");
  {  // It is there: it is locked.
    mote::host::file_replacement first(file);
    const auto other = in_child([&]() -> std::string {
      mote::host::write_atomically(file, std::string_view("other"));
      return "written";
    });
    CHECK_THAT(other.said, EndsWith("a: is in use by another program"));
    first.append(std::string_view("again"));
    first.commit();
  }
  CHECK(text_of(mote::host::read_file(file)) == "again");
  {  // A program that knows no locks has replaced it.
    mote::host::file_replacement first(file);
    fs::remove(file);
    std::FILE* plain = std::fopen(file.c_str(), "w");
    std::fputs("theirs", plain);
    std::fclose(plain);
    first.append(std::string_view("ours"));
    CHECK_THROWS_AS(first.commit(), mote::host::file_conflict);
  }
  CHECK(text_of(mote::host::read_file(file)) == "theirs");
  CHECK(folder.files() == 1);
}

namespace {
mote::status accept_any(std::span<const std::byte>) { return mote::status::ok; }

void write_in_place(const fs::path& file, const char* text) {  // as an editor or cp: no lock, the same file
  std::FILE* plain = std::fopen(file.c_str(), "r+");
  REQUIRE(plain != nullptr);
  std::fputs(text, plain);
  std::fclose(plain);
}

void save(mote::host::kept_file& mine, std::string_view text) { mine.save(std::as_bytes(std::span(text))); }
}  // namespace

TEST_CASE("file: a kept file is loaded, saved and replaced by the one that holds it", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  {
    mote::host::kept_file mine(file);
    CHECK(mine.refusal().empty());
    CHECK_THROWS_MATCHES(mine.load(accept_any), mote::host::file_error,
                         MessageMatches(EndsWith("mine: cannot open: No such file or directory")));
    save(mine, "one");
    save(mine, "two");
    const fs::path other = folder.path / "other";
    mote::host::kept_file second(other);
    save(second, "else");
  }
  mote::host::kept_file mine(file);
  std::string found;
  CHECK(mine.load([&](std::span<const std::byte> bytes) {
    found = text_of(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % 16 == 0);
    return mote::status::ok;
  }) == mote::status::ok);
  CHECK(found == "two");
  save(mine, "three");
  fs::remove(file);
  save(mine, "four");  // what somebody removed is made again
  CHECK(text_of(mote::host::read_file(file)) == "four");
  CHECK(folder.files() == 2);
}

TEST_CASE("file: what a kept file holds and was not loaded is not written over", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::write_atomically(file, std::string_view("years of work"));
  mote::host::kept_file mine(file);
  CHECK_THROWS_MATCHES(save(mine, "new"), mote::host::file_conflict,
                       MessageMatches(EndsWith("mine: holds what was not loaded")));
  // What was refused is not loaded.
  CHECK(mine.load([](auto) { return mote::status::not_mote; }) == mote::status::not_mote);
  CHECK_THROWS_AS(save(mine, "new"), mote::host::file_conflict);
  CHECK(text_of(mote::host::read_file(file)) == "years of work");
  mine.replace(std::as_bytes(std::span(std::string_view("asked for"))));
  save(mine, "and known now");
  CHECK(text_of(mote::host::read_file(file)) == "and known now");
}

TEST_CASE("file: what another program changed in a kept file is noticed", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::write_atomically(file, std::string_view("loaded"));
  const auto changed = MessageMatches(EndsWith("mine: was changed by another program meanwhile"));
  SECTION("in place, with the same length and within a tick of the clock") {
    mote::host::kept_file mine(file);
    CHECK(mine.load(accept_any) == mote::status::ok);
    write_in_place(file, "LOADED");
    CHECK_THROWS_MATCHES(save(mine, "ours"), mote::host::file_conflict, changed);
    CHECK(text_of(mote::host::read_file(file)) == "LOADED");
    CHECK(mine.load(accept_any) == mote::status::ok);
    save(mine, "ours");
  }
  SECTION("by another file in its place") {
    mote::host::kept_file mine(file);
    CHECK(mine.load(accept_any) == mote::status::ok);
    fs::rename(file, folder.path / "away");
    fs::copy_file(folder.path / "away", file);
    save(mine, "ours");  // it holds the same
    fs::remove(file);
    fs::copy_file(folder.path / "away", file);
    CHECK_THROWS_MATCHES(save(mine, "more"), mote::host::file_conflict, changed);
  }
  SECTION("by being made") {
    mote::host::kept_file mine(folder.path / "new");
    mote::host::write_atomically(folder.path / "new", std::string_view("theirs"));
    CHECK_THROWS_MATCHES(save(mine, "ours"), mote::host::file_conflict,
                         MessageMatches(EndsWith("new: was made by another program meanwhile")));
  }
}

TEST_CASE("file: a change is noticed also where old and new have one CRC, as whole snapshots have", "[host][file]") {
  const auto with_crc = [](std::string text) {  // as a snapshot ends
    const std::uint32_t crc = mote::crc32(std::as_bytes(std::span(text)));
    for (unsigned shift = 0; shift < 32; shift += 8)
      text += static_cast<char>(static_cast<unsigned char>(crc >> shift));
    return text;
  };
  const std::string old = with_crc("what was loaded");
  const std::string theirs = with_crc("what they wrote");
  REQUIRE(old.size() == theirs.size());
  REQUIRE(mote::crc32(std::as_bytes(std::span(old))) == mote::crc32(std::as_bytes(std::span(theirs))));
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::write_atomically(file, old);
  mote::host::kept_file mine(file);
  CHECK(mine.load(accept_any) == mote::status::ok);
  fs::remove(file);
  mote::host::write_atomically(file, theirs);
  CHECK_THROWS_AS(save(mine, "ours"), mote::host::file_conflict);
  CHECK(text_of(mote::host::read_file(file)) == theirs);
}

TEST_CASE("file: of two processes that keep one file the second does not write", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::write_atomically(file, std::string_view("start"));
  const auto second = [&](bool then_wait) {
    return [&file, then_wait]() -> std::string {
      mote::host::kept_file mine(file);
      const std::string refusal = mine.refusal();
      if (mine.load(accept_any) != mote::status::ok) return "not loaded";
      if (then_wait) ::pause();
      try {
        save(mine, "second");
      } catch (const mote::host::file_error& e) {
        return refusal + " / " + e.what();
      }
      return refusal + " / saved";
    };
  };
  {
    mote::host::kept_file mine(file);
    CHECK(mine.load(accept_any) == mote::status::ok);
    for (const char* text : {"first", "first again"}) {  // the lock goes along with each replacement
      save(mine, text);
      const auto end = in_child(second(false));
      CHECK(end.said == "is in use by another program / " + file.string() + ": is in use by another program");
      CHECK(text_of(mote::host::read_file(file)) == text);
    }
    CHECK(in_child([&]() -> std::string {
            mote::host::write_atomically(file, std::string_view("x"));
            return "";
          }).said == file.string() + ": is in use by another program");
  }
  CHECK(in_child(second(false)).said == " / saved");  // the first is gone

  // The second has loaded, the first saved and ended: what the second would write misses what the first saved.
  auto mine = std::make_unique<mote::host::kept_file>(file);
  mote::host::kept_file late(file);
  CHECK(late.refusal() == "is in use by another program");
  CHECK(mine->load(accept_any) == mote::status::ok);
  CHECK(late.load(accept_any) == mote::status::ok);
  save(*mine, "first");
  mine.reset();
  CHECK_THROWS_AS(save(late, "late"), mote::host::file_conflict);
  CHECK(late.refusal().empty());
  CHECK(text_of(mote::host::read_file(file)) == "first");
}

TEST_CASE("file: a kept file that cannot be written is told of at the start, and can be loaded", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::write_atomically(file, std::string_view("old"));
  REQUIRE(::chmod(file.c_str(), 0444) == 0);
  mote::host::kept_file mine(file);
  CHECK(mine.refusal() == "is read-only");
  CHECK(mine.load(accept_any) == mote::status::ok);
  CHECK_THROWS_MATCHES(save(mine, "new"), mote::host::file_error, MessageMatches(EndsWith("mine: is read-only")));
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  save(mine, "new");
  CHECK(mode_of(file) == 0600U);
  REQUIRE(::chmod(file.c_str(), 0444) == 0);  // also while it is held
  CHECK_THROWS_MATCHES(save(mine, "newer"), mote::host::file_error, MessageMatches(EndsWith("mine: is read-only")));
  CHECK(mine.refusal() == "is read-only");
  CHECK(text_of(mote::host::read_file(file)) == "new");
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  save(mine, "newer");

  mote::host::kept_file small(folder.path / "small", 3);
  save(small, "1234");
  CHECK_THROWS_MATCHES(small.load(accept_any), mote::host::file_error,
                       MessageMatches(EndsWith("small: has more than 3 bytes")));
  REQUIRE(::mkfifo((folder.path / "fifo").c_str(), 0666) == 0);
  const auto end = in_child([&]() -> std::string {
    mote::host::kept_file fifo(folder.path / "fifo");
    return "kept";
  });
  CHECK(end.said == (folder.path / "fifo").string() + ": is a FIFO, not a regular file");
}

#if defined(__linux__)
TEST_CASE("file: after a folder that was not synced, a kept file knows what it wrote", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "mine";
  mote::host::kept_file mine(file);
  struct restored {
    ~restored() { folders_can_sync = true; }
  } at_the_end;
  for (const char* text : {"new", "replaced"}) {
    folders_can_sync = false;
    CHECK_THROWS_MATCHES(
        save(mine, text), mote::host::file_error,
        MessageMatches(ContainsSubstring("mine: cannot sync its folder, so a power cut may bring the old file back")));
    folders_can_sync = true;
    CHECK(text_of(mote::host::read_file(file)) == text);  // it stands there already
    save(mine, "known");
    CHECK(text_of(mote::host::read_file(file)) == "known");
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("file: where there are no locks, a file is replaced, and a kept one only loaded", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a";
  const auto no_locks = MessageMatches(EndsWith(": is on a file system without locks"));
  struct restored {
    ~restored() { lock_error = 0; }
  } at_the_end;
  for (const int code : {ENOLCK, ENOTSUP, EOPNOTSUPP, ENOSYS}) {
    lock_error = code;
    mote::host::write_atomically(file, std::string_view("made"));
    mote::host::write_atomically(file, std::string_view("replaced"));
    CHECK(text_of(mote::host::read_file(file)) == "replaced");
    {
      mote::host::kept_file mine(file);
      CHECK(mine.refusal() == "is on a file system without locks");
      CHECK(mine.load(accept_any) == mote::status::ok);
      CHECK_THROWS_MATCHES(save(mine, "ours"), mote::host::file_error, no_locks);
      CHECK_THROWS_MATCHES(mine.replace({}), mote::host::file_error, no_locks);
      mote::host::kept_file fresh(folder.path / "new");
      CHECK_THROWS_MATCHES(save(fresh, "ours"), mote::host::file_error, no_locks);
      lock_error = 0;
      save(mine, "ours");  // as soon as there are
    }
    CHECK(folder.files() == 1);
  }
  lock_error = EIO;  // any other error is one
  CHECK_THROWS_MATCHES(mote::host::write_atomically(file, std::string_view("x")), mote::host::file_error,
                       MessageMatches(ContainsSubstring("a: cannot lock: ")));
  CHECK_THROWS_MATCHES(mote::host::write_atomically(folder.path / "b", std::string_view("x")), mote::host::file_error,
                       MessageMatches(ContainsSubstring("b: cannot lock a temporary file beside it: ")));
  lock_error = 0;
  CHECK(folder.files() == 1);
}
#endif
