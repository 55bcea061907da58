// SPDX-License-Identifier: BSL-1.0
// Where the real models and texts are that no repository can hold: MOTE_ASSETS, or what CMake found beside the sources.
// Refuses to let a test pass without them: the test is skipped, and says which file it misses.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#ifndef MOTE_ASSETS_DEFAULT
#define MOTE_ASSETS_DEFAULT "../shared/assets"
#endif

namespace mote_tests {

/// The path of an asset; skips the test where it is absent.
inline std::filesystem::path asset(const std::string& name) {
  const char* set = std::getenv("MOTE_ASSETS");
  const std::filesystem::path path = std::filesystem::path(set != nullptr ? set : MOTE_ASSETS_DEFAULT) / name;
  if (!std::filesystem::exists(path)) SKIP("needs " << path.string() << "; set MOTE_ASSETS");
  return path;
}

}  // namespace mote_tests
