// SPDX-License-Identifier: BSL-1.0
// Files on Windows.
// EXPECT: mote: files are locked, synced and replaced by POSIX calls; on Windows use WSL or Cygwin \[mote-posix\]
#if MOTE_FAIL
#define _WIN32 1
#endif
#include <mote/host/file.hpp>
