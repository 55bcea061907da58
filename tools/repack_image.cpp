// SPDX-License-Identifier: BSL-1.0
// repack_image: rewrites an image with the row interleaving of a board. mote_repack_image() (cmake/moteImage.cmake)
// runs it at build time, so it needs only a compiler for the PC: no CLI library, no xsimd.
// Refuses an image that is not of the model in the header; then nothing is written.
#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mote/host/board_names.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/model_header_reader.hpp"
#include "mote/host/image/repack.hpp"
#include "mote/store/container.hpp"

namespace {

namespace host = mote::host;

constexpr std::string_view usage =
    "repack_image --header MODEL.hpp --image MODEL.mote (--board NAME | --interleave ROWS) --out FILE [--formats LIST]\n"
    "  --header  the model as a type, as import_model wrote it\n"
    "  --image   its image, in any layout\n"
    "  --board   the layout of this board's instruction set\n"
    "  --interleave  rows interleaved: 1, 4, 8 or 16\n"
    "  --formats of an image of mixed formats: the list that import_model was given\n";

std::size_t wanted_rows(const std::map<std::string, std::string>& options) {
  if (options.contains("board")) {
    const auto found = host::board_names().find(options.at("board"));
    if (found != host::board_names().end()) return mote::interleaved_rows(found->second.instructions);
    std::string names;
    for (const auto& [name, facts] : host::board_names()) names += " " + name;
    throw std::runtime_error("there is no board '" + options.at("board") + "'; known are" + names);
  }
  const std::string& text = options.at("interleave");
  std::size_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("--interleave is '" + text + "'; 1, 4, 8 or 16 can be packed");
  return rows;
}

void run(const std::map<std::string, std::string>& options) {
  const auto text = host::read_file(options.at("header"));
  const host::model_facts model = host::read_model_header({reinterpret_cast<const char*>(text.data()), text.size()});
  const host::mapped_file image(options.at("image"));
  const std::string formats = options.contains("formats") ? options.at("formats") : "";
  const std::size_t rows = wanted_rows(options);
  const std::filesystem::path out = options.at("out");
  if (out.has_parent_path()) std::filesystem::create_directories(out.parent_path());
  host::file_replacement file(out);
  host::file_sink sink(file);
  const host::image_summary packed = host::repack(image, model, rows, formats, sink);
  file.commit();
  const std::string_view from = mote::stored_format_name(image.bytes());
  std::printf("%s: %.*s to %s, %zu bytes: %s\n", model.name.c_str(), static_cast<int>(from.size()), from.data(),
              packed.format_name.c_str(), packed.total_bytes, out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc && std::string_view(argv[i]).starts_with("--"); i += 2)
    options[argv[i] + 2] = argv[i + 1];
  const bool known = options.size() == (options.contains("formats") ? 5 : 4) && options.contains("header") &&
                     options.contains("image") && options.contains("out") &&
                     options.contains("board") != options.contains("interleave");
  if (argc != 2 * static_cast<int>(options.size()) + 1 || !known) {
    std::fputs(usage.data(), argc == 2 && std::string_view(argv[1]) == "--help" ? stdout : stderr);
    return argc == 2 && std::string_view(argv[1]) == "--help" ? 0 : 2;
  }
  try {
    run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "repack_image: %s\n", e.what());
    return 1;
  }
  return 0;
}
