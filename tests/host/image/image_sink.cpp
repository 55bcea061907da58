// SPDX-License-Identifier: BSL-1.0
// An image that is written as it is made is the image in memory, takes the memory of some rows, and appears only whole.
// Optimized: it measures memory.
#include "mote/host/image/image_sink.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "../../few_types.hpp"
#include "../file_processes.hpp"
#include "../import/gguf_writer.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/repack.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/quantize/compress.hpp"

using Catch::Matchers::ContainsSubstring;
using mote_tests::in_child;
using mote_tests::scratch_folder;
namespace fs = std::filesystem;
namespace host = mote::host;

namespace {

/// The tool's way, from file to file.
void import(const fs::path& gguf, const fs::path& image, const std::string& scheme) {
  const host::opened_model m = host::open_gguf(gguf);
  const host::scheme how = host::read_scheme(scheme);
  const auto plan = host::read_packing(how.formats, 4, m.weights->shape());
  host::file_replacement out(image);
  host::file_sink sink(out);
  host::write_image(*m.weights, host::pack_vocabulary(m.vocabulary), "model", plan, sink, {},
                    host::code_rows(plan, how, m.weights->shape()));
  out.commit();
}

host::model_facts facts_of(const fs::path& gguf) {
  const host::opened_model m = host::open_gguf(gguf);
  return {.name = "model",
          .origin = "a test",
          .shape = m.weights->shape(),
          .vocabulary_bytes = host::pack_vocabulary(m.vocabulary).size(),
          .longest_piece = 4,
          .special_tokens = {}};
}

void repack(const fs::path& gguf, const fs::path& image, const fs::path& to, const std::string& formats) {
  const auto facts = facts_of(gguf);
  const host::mapped_file from(image);
  host::file_replacement out(to);
  host::file_sink sink(out);
  host::repack(from, facts, 16, formats, sink);
  out.commit();
}

/// A field of /proc/self/status in bytes.
std::size_t memory(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1)) * 1024;
  return 0;
}

/// In a child: by how much `body` raised what the process has in memory, file pages and all.
template <class Body>
std::size_t peak_of(Body&& body) {
  const auto run = in_child([&]() -> std::string {
    ::alarm(300);                                   // a loaded machine needs more than others' ten seconds
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const std::size_t before = memory("VmRSS");
    body();
    return std::to_string(memory("VmHWM") - before);
  });
  INFO(run.said);
  REQUIRE(run.by_signal == 0);
  REQUIRE(run.said.find_first_not_of("0123456789") == std::string::npos);
  return std::stoul(run.said);
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool counts_memory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool counts_memory = false;
#else
constexpr bool counts_memory = true;
#endif
#else
constexpr bool counts_memory = true;
#endif

}  // namespace

TEST_CASE("image sink: what goes into a file is what stands in memory", "[host][image_sink]") {
  const scratch_folder folder;
  const fs::path gguf = folder.path / "m.gguf";
  host::write_atomically(gguf, mote_tests::little_gguf(host::gguf_type::q8_0, 256, 512).file());
  const host::gguf_model whole = host::read_gguf(gguf);
  const auto table = host::pack_vocabulary(whole.vocabulary);
  std::vector<const char*> schemes{"q8", "q4k,embedding=q8", "mse/q3,value=ternary"};
  if (!mote_tests::few_types) schemes.insert(schemes.end(), {"f32", "hqq/q4", "hqq/q5k,embedding=f16", "mse/q4a"});
  for (const char* scheme : schemes) {
    INFO(scheme);
    const host::scheme how = host::read_scheme(scheme);
    const auto plan = host::read_packing(how.formats, 4, whole.model.shape);
    // Without a text the quantizer of a whole model calibrates nothing.
    std::map<const host::packed_format*, host::quantization_grid> grids;
    for (const auto& p : host::all_tensors(whole.model.shape))
      if (plan.at(p).takes_codes()) grids.try_emplace(&plan.at(p), plan.at(p).levels());
    const auto codes = how.quantizer == host::quantizer_kind::rtn
                           ? std::vector<host::quantized_tensor>{}
                           : host::quantize_model(whole.model, [&](const host::tensor_place& p) {
                               const auto found = grids.find(&plan.at(p));
                               return found == grids.end()
                                          ? host::tensor_recipe{}
                                          : host::tensor_recipe{&found->second, host::quantizer_of(how.quantizer)};
                             });
    const auto expected = host::write_image(whole.model, table, "model", plan, {}, codes);
    const fs::path image = folder.path / "m.mote";
    import(gguf, image, scheme);
    CHECK(host::read_file(image) == expected.bytes);
    CHECK(expected.total_bytes == expected.bytes.size());
    const fs::path other = folder.path / "other.mote";
    repack(gguf, image, other, how.formats);
    CHECK(host::read_file(other) == host::repack(host::mapped_file(image).bytes(), facts_of(gguf), 16, how.formats));
  }
  CHECK(folder.files() == 3);
}

TEST_CASE("image sink: importing, rounding and repacking take the memory of some rows, not of the model",
          "[host][image_sink]") {
#if !defined(__linux__)
  SKIP("memory is counted on Linux");
#endif
  if (!counts_memory) SKIP("a sanitizer keeps what was freed");
  const scratch_folder folder;
  const fs::path gguf = folder.path / "m.gguf", image = folder.path / "m.mote", other = folder.path / "other.mote";
  host::write_atomically(gguf, mote_tests::little_gguf(host::gguf_type::q8_0, 1024, 3072).file());
  const std::size_t file = fs::file_size(gguf);
  REQUIRE(file > std::size_t{25} << 20U);                // as floats 100 MiB, its largest matrix 12 MiB
  constexpr std::size_t bound = std::size_t{20} << 20U;  // the program's own pages are counted too
  for (const char* scheme : {"q8", "q4", "hqq/f16,0.key=q4"}) {
    const std::size_t peak = peak_of([&] { import(gguf, image, scheme); });
    INFO(scheme << ": " << peak << " bytes for a file of " << file << ", an image of " << fs::file_size(image));
    CHECK(peak < bound);
  }
  const std::size_t peak = peak_of([&] { repack(gguf, image, other, "f16,0.key=q4"); });
  INFO("repacking: " << peak << " bytes");
  CHECK(peak < bound);
}

TEST_CASE("image sink: an image that cannot be written, or whose weights are no numbers, leaves nothing",
          "[host][image_sink]") {
  const scratch_folder folder;
  const fs::path gguf = folder.path / "m.gguf", image = folder.path / "m.mote";
  auto parts = mote_tests::little_gguf(host::gguf_type::f16, 256, 512);
  host::write_atomically(gguf, parts.file());
  const auto limited = in_child([&]() -> std::string {
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    import(gguf, image, "f32");
    return "written";
  });
  CHECK_THAT(limited.said, ContainsSubstring("m.mote: cannot write"));
  CHECK(folder.files() == 1);

  parts.at("blk.1.ffn_up.weight").bytes[1] = std::byte{0x7C};
  parts.at("blk.1.ffn_up.weight").bytes[0] = std::byte{0};
  host::write_atomically(gguf, parts.file());
  CHECK_THROWS_WITH(import(gguf, image, "f32"), ContainsSubstring("is not finite, at index 0"));
  CHECK(folder.files() == 1);

  fs::resize_file(gguf, fs::file_size(gguf) - 100);
  CHECK_THROWS_WITH(import(gguf, image, "f32"), ContainsSubstring("ends behind the file's"));
  CHECK(folder.files() == 1);
}
