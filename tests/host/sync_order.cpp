// SPDX-License-Identifier: BSL-1.0
// What was written is on the disk before it has the name, and the name before commit() returns: a crash between any two
// calls leaves the old file or the new one. The C library's functions are replaced by ones that note the call.
// Refuses other systems than Linux: their names for a sync differ.
#include "mote/host/file.hpp"

#include <catch2/catch_test_macros.hpp>

#if defined(__linux__)

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "file_processes.hpp"

namespace {

std::vector<std::string>* calls = nullptr;  // null: nobody asks

void note(const char* what) {
  if (calls != nullptr) calls->emplace_back(what);
}
bool is_folder(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
}

void note_sync(int fd) { note(is_folder(fd) ? "sync folder" : "sync file"); }
const bool asked = (mote_tests::on_sync = note_sync) != nullptr;

}  // namespace

extern "C" [[gnu::weak]] int fsync(int fd) {  // where tests/host/file.cpp, which has one too, is not linked
  if (asked) mote_tests::on_sync(fd);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int renameat(int from, const char* old_name, int to, const char* new_name) noexcept {
  note("rename");
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, 0));
}
extern "C" int linkat(int from, const char* old_name, int to, const char* new_name, int flags) noexcept {
  note("link");
  return static_cast<int>(::syscall(SYS_linkat, from, old_name, to, new_name, flags));
}

TEST_CASE("file: bytes are synced before they have the name, and the folder after", "[host][file]") {
  const mote_tests::scratch_folder folder;
  const auto file = folder.path / "a";
  std::vector<std::string> seen;
  calls = &seen;
  mote::host::write_atomically(file, std::string_view("first"));
  calls = nullptr;
  CHECK(seen == std::vector<std::string>{"sync file", "link", "sync folder"});
  seen.clear();
  calls = &seen;
  mote::host::write_atomically(file, std::string_view("second"));
  calls = nullptr;
  CHECK(seen == std::vector<std::string>{"sync file", "rename", "sync folder"});
}

TEST_CASE("file: a kept file is synced as one that is written once", "[host][file]") {
  const mote_tests::scratch_folder folder;
  mote::host::kept_file kept(folder.path / "a");
  std::vector<std::string> seen;
  for (const bool first : {true, false}) {
    seen.clear();
    calls = &seen;
    const std::string text = first ? "first" : "second";
    kept.save(std::as_bytes(std::span(text)));
    calls = nullptr;
    CHECK(seen == std::vector<std::string>{"sync file", first ? "link" : "rename", "sync folder"});
  }
}

#endif
