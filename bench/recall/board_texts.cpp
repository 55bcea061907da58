// SPDX-License-Identifier: BSL-1.0
// Prints 500 notes of a household and eight questions about them, as a header for board_program.cpp.
// Refuses texts that are not the project's: they are generated as those that the shipped model was trained on.
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <hearth/corpus.hpp>

int main() {
  namespace host = mote::host;
  std::set<std::string> known;
  std::vector<std::string> notes, questions;
  host::corpus source(1, host::split::heldout, {.stray = 0});
  while (notes.size() < 500)
    for (const host::dialogue_item& item : source.day(12, 0, 0)) {
      if (item.notes.empty() || notes.size() == 500 || !known.insert(item.notes[0]).second) continue;
      if (notes.size() < 16 && notes.size() % 2 == 0) questions.push_back(item.prompt);
      notes.push_back(item.notes[0]);
    }
  std::size_t bytes = 0;
  for (const std::string& n : notes) bytes += n.size();
  std::printf("// %zu bytes of notes\n#pragma once\n#include <array>\n#include <string_view>\n", bytes);
  const auto list = [](const char* name, const std::vector<std::string>& all) {
    std::printf("inline constexpr std::array<std::string_view, %zu> %s{{\n", all.size(), name);
    for (const std::string& text : all) {
      std::printf("  \"");
      for (const char c : text) std::printf(c == '"' || c == '\\' ? "\\%c" : "%c", c);
      std::printf("\",\n");
    }
    std::printf("}};\n");
  };
  list("notes", notes);
  list("questions", questions);
}
