// SPDX-License-Identifier: BSL-1.0
// A model read in pieces is the model read whole, whatever the file; and what a file lacks is said when it is opened.
#include "mote/host/import/model_source.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../assets.hpp"
#include "../../random_weights.hpp"
#include "../file_processes.hpp"
#include "gguf_writer.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_file.hpp"

using Catch::Matchers::ContainsSubstring;
namespace host = mote::host;

namespace {

/// Rows in pieces of every size, and the numbers of the file, are those of the model.
void is_whole(host::model_source& in, const host::raw_model& m) {
  REQUIRE(in.shape() == m.shape);
  REQUIRE(in.kind() == m.source);
  for (const host::tensor_place& p : host::all_tensors(m.shape)) {
    INFO(host::name(p));
    const mote::matrix_size size = host::size_of(m.shape, p);
    const auto values = host::values_of(m, p);
    std::vector<float> rows(size.rows * size.cols);
    for (const std::size_t count : {std::size_t{1}, std::size_t{7}, size.rows}) {
      std::fill(rows.begin(), rows.end(), -1.0F);
      for (std::size_t first = 0; first < size.rows; first += count)
        in.load_rows(p, first, std::min(count, size.rows - first), rows.data() + first * size.cols);
      REQUIRE(std::equal(rows.begin(), rows.end(), values.begin(), values.end()));
    }
    CHECK_THROWS_AS(in.load_rows(p, size.rows, 1, rows.data()), std::runtime_error);
    CHECK_THROWS_AS(in.load_rows(p, 1, size.rows, rows.data()), std::runtime_error);
    const host::stored_matrix found = in.stored(p), expected = host::held_model<>(m).stored(p);
    REQUIRE(found.group == expected.group);
    REQUIRE(std::ranges::equal(found.integers, expected.integers));
    REQUIRE(std::ranges::equal(found.scales, expected.scales));
    REQUIRE(found.blocks.has_value() == expected.blocks.has_value());
    if (found.blocks) {
      REQUIRE(found.blocks->type == expected.blocks->type);
      REQUIRE(std::ranges::equal(found.blocks->bytes, expected.blocks->bytes));
    }
  }
  std::vector<float> vector(m.shape.dim);
  for (std::size_t layer = 0; layer < m.shape.layers; ++layer)
    for (const mote::vector_role v :
         {mote::vector_role::attention_norm, mote::vector_role::ffn_norm, mote::vector_role::final_norm}) {
      in.load_vector(layer, v, vector.data());
      REQUIRE(std::ranges::equal(vector, host::vector_of(m, layer, v)));
    }
}

}  // namespace

TEST_CASE("model source: a GGUF file in pieces is the file whole", "[host][model_source]") {
  for (const auto& type : host::gguf_types) {
    if (type.cols > 64) continue;  // rows of 64
    INFO(type.name);
    const auto file = mote_tests::little_gguf(type.type).file();
    const host::opened_model opened = host::open_gguf(file, "x.gguf");
    is_whole(*opened.weights, host::parse_gguf(file, "x.gguf").model);
  }
  const mote_tests::scratch_folder folder;
  const auto mapped = folder.path / "k.gguf";  // from the disk: what was read is given back, and comes again
  host::write_atomically(mapped, mote_tests::little_gguf(host::gguf_type::q4_k, 1024, 512).file());
  const host::opened_model opened = host::open_gguf(mapped);
  is_whole(*opened.weights, host::read_gguf(mapped).model);
  CHECK(opened.vocabulary.pieces.size() == 265);
  CHECK(opened.bos == 1);
}

TEST_CASE("model source: a llama2.c checkpoint in pieces is the file whole", "[host][model_source]") {
  for (const char* file : {"llama2c-stories260K/stories260K.bin", "llama2c-stories3M-q80/stories3M-q80.bin"}) {
    const auto opened = host::open_llama2c(mote_tests::asset(file));
    is_whole(*opened, host::read_llama2c(mote_tests::asset(file)));
  }
}

TEST_CASE("model source: groups of integers that lie across rows are cut where rows are", "[host][model_source]") {
  // Version 2, dim 8, hidden 12, groups of 16: every second row begins within a group.
  std::vector<std::byte> file;
  const auto put = [&]<class T>(T v) {
    file.resize(file.size() + sizeof v);
    std::memcpy(file.data() + file.size() - sizeof v, &v, sizeof v);
  };
  put(std::uint32_t{0x616B3432});
  for (const std::int32_t n : {2, 8, 12, 2, 2, 1, 6, 4}) put(n);
  put(std::uint8_t{1});
  put(std::int32_t{16});
  file.resize(256);
  for (std::size_t i = 0; i < 5 * 8; ++i) put(static_cast<float>(i));
  float scale = 0.5F;
  int q = 0;
  const auto matrix = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put(static_cast<std::int8_t>((q++ * 37) % 255 - 127));
    for (std::size_t i = 0; i < count / 16; ++i) put(scale += 0.25F);
  };
  matrix(48);
  for (const std::size_t count : {64U, 32U, 32U, 64U, 96U, 96U, 96U})
    for (int layer = 0; layer < 2; ++layer) matrix(count);
  const auto opened = host::open_llama2c(file, "m.bin");
  const auto m = host::parse_llama2c(file, "m.bin");
  is_whole(*opened, m);
  CHECK(m.embedding.scales[0] == 0.75F);
  CHECK(m.embedding.values[17] == static_cast<float>((17 * 37) % 255 - 127) * 1.0F);
}

TEST_CASE("model source: a model in memory is a source too, and one that is too short says so",
          "[host][model_source]") {
  auto m = mote_tests::random_weights(
      {.dim = 40, .hidden = 52, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 13, .context = 16, .tied_head = false},
      3);
  m.source = "a test";
  host::held_model<> held(m);
  const host::raw_model again = host::read_whole(held);
  host::held_model<> other(again);
  is_whole(other, m);
  m.of(mote::role::up).values.pop_back();
  std::vector<float> rows(52 * 40);
  CHECK_NOTHROW(held.load_rows(host::tensor_place::block(1, mote::role::up), 0, 52, rows.data()));
  CHECK_THROWS_WITH(held.load_rows(host::tensor_place::block(2, mote::role::up), 0, 52, rows.data()),
                    ContainsSubstring("layer 2 up has 6239 values"));
}

TEST_CASE("model source: a file that is cut is refused when it is opened, a weight that is no number when it is read",
          "[host][model_source]") {
  auto parts = mote_tests::little_gguf(host::gguf_type::f16);
  auto file = parts.file();
  file.resize(file.size() - 1);
  CHECK_THROWS_WITH(host::open_gguf(file, "x.gguf"),
                    ContainsSubstring("x.gguf: a tensor of") && ContainsSubstring("ends behind the file's"));
  auto& values = parts.at("blk.1.ffn_up.weight").bytes;
  values[2 * 65] = std::byte{0};
  values[2 * 65 + 1] = std::byte{0x7C};  // infinity, in the second row
  file = parts.file();
  const auto opened = host::open_gguf(file, "x.gguf");
  std::vector<float> row(64);
  const auto up = host::tensor_place::block(1, mote::role::up);
  CHECK_NOTHROW(opened.weights->load_rows(up, 0, 1, row.data()));
  CHECK_THROWS_WITH(opened.weights->load_rows(up, 1, 1, row.data()),
                    ContainsSubstring("\"blk.1.ffn_up.weight\" holds a value that is not finite, at index 65"));
}

TEST_CASE("model source: a GGUF file in many parts is the file in one", "[host][model_source]") {
  const mote_tests::scratch_folder folder;
  const mote_tests::gguf_parts whole = mote_tests::little_gguf(host::gguf_type::q8_0);
  const auto bytes = whole.file();
  const host::raw_model expected = host::parse_gguf(bytes, "x.gguf").model;
  const auto write_part = [&](std::uint16_t number, const auto& change) {
    mote_tests::gguf_parts part;
    if (number == 0) {
      part.values = whole.values;
      part.value_count = whole.value_count;
    }
    part.value("split.no", 2, number);
    part.value("split.count", 2, std::uint16_t{3});
    for (std::size_t i = number; i < whole.tensors.size(); i += 3) {
      const auto& t = whole.tensors[i];
      part.add(t.name, t.dimensions, static_cast<host::gguf_type>(t.type), t.bytes);
    }
    change(part);
    host::write_atomically(folder.path / ("m-0000" + std::to_string(number + 1) + "-of-00003.gguf"), part.file());
  };
  const auto same = [](auto&) {};
  for (std::uint16_t number = 0; number < 3; ++number) write_part(number, same);
  const auto first = folder.path / "m-00001-of-00003.gguf";
  is_whole(*host::open_gguf(first).weights, expected);
  CHECK_THROWS_WITH(host::open_gguf(folder.path / "m-00002-of-00003.gguf"), ContainsSubstring("is part 2 of 3"));
  write_part(1, [](auto& g) { g.value("split.no", 2, std::uint16_t{2}); });
  CHECK_THROWS_WITH(host::open_gguf(first), ContainsSubstring("is not part 2 of 3"));
  write_part(1, [](auto& g) { g.value("llama.rope.freq_base", 6, 5e5F); });
  CHECK_THROWS_WITH(host::open_gguf(first), ContainsSubstring("which only the first part may have"));
  write_part(1, [&](auto& g) { g.add("token_embd.weight", {1}, host::gguf_type::f32, std::vector<std::byte>(4)); });
  CHECK_THROWS_WITH(host::open_gguf(first), ContainsSubstring("a second time"));
  write_part(1, same);
  std::filesystem::remove(folder.path / "m-00003-of-00003.gguf");
  CHECK_THROWS_WITH(host::open_gguf(first), ContainsSubstring("m-00003-of-00003.gguf: cannot open"));
}

TEST_CASE("model file: what it is, its first bytes say, and a message names what is something else",
          "[host][model_source]") {
  const mote_tests::scratch_folder folder;
  const auto written = [&](const char* name, std::string_view text) {
    host::write_atomically(folder.path / name, std::as_bytes(std::span(text)));
    return folder.path / name;
  };
  const auto model = folder.path / "model.bin";
  host::write_atomically(model, mote_tests::little_gguf(host::gguf_type::f16).file());
  CHECK(host::open_model_file(model, {}).weights->kind() == "GGUF, F16");
  CHECK(host::read_model_file(model, {}).bos == 1);
  CHECK_THROWS_WITH(host::open_model_file(model, model), ContainsSubstring("has its own vocabulary"));
  CHECK_THROWS_WITH(host::open_model_file(folder.path, {}), ContainsSubstring("config.json: cannot open"));
  CHECK_THROWS_WITH(host::open_model_file(folder.path / "none.gguf", {}), ContainsSubstring("none.gguf: cannot open"));
  CHECK_THROWS_WITH(host::open_model_file(written("a.gguf", "<!DOCTYPE html><html>"), {}),
                    ContainsSubstring("is a page of HTML"));
  CHECK_THROWS_WITH(host::open_model_file(written("b.gguf", "version https://git-lfs.github.com/spec/v1\n"), {}),
                    ContainsSubstring("is a pointer of Git LFS"));
  CHECK_THROWS_WITH(
      host::open_model_file(written("c.gguf", std::string_view("\x40\0\0\0\0\0\0\0{\"wte\":{}}", 18)), {}),
      ContainsSubstring("is a safetensors file"));
  for (const std::string_view nothing : {"", "GGU", "words", "words, and more of them than a header is long"}) {
    const auto file = written("d.gguf", nothing);
    for (const auto& tokenizer : {std::filesystem::path(), folder.path / "tokenizer.bin"}) {
      CHECK_THROWS_WITH(
          host::open_model_file(file, tokenizer),
          ContainsSubstring("d.gguf") && ContainsSubstring("looked for GGUF's magic, a folder of "
                                                           "safetensors and a llama2.c checkpoint's header"));
      CHECK_THROWS_WITH(host::open_model_file(file, tokenizer), !ContainsSubstring("--tokenizer"));
    }
  }
  CHECK_THROWS_WITH(host::open_model_file(written("e.gguf", ""), {}), ContainsSubstring("has no bytes;"));
  const auto header = [&](std::array<std::int32_t, 7> numbers) {
    return written("f.bin", std::string_view(reinterpret_cast<const char*>(numbers.data()), sizeof numbers));
  };
  CHECK_THROWS_WITH(host::open_model_file(header({64, 172, 5, 8, 4, 512, 512}), {}),
                    ContainsSubstring("give --tokenizer"));
  CHECK_THROWS_WITH(host::open_model_file(header({64, 172, 5, 8, 4, -512, 512}), {}),
                    ContainsSubstring("give --tokenizer"));
  CHECK_THROWS_WITH(host::open_model_file(written("g.bin", "24ka"), {}), ContainsSubstring("give --tokenizer"));
  for (const auto& numbers : {std::array<std::int32_t, 7>{64, 172, 5, 7, 7, 512, 512},
                              {64, 172, 5, 8, 3, 512, 512},
                              {64, 172, 0, 8, 4, 512, 512},
                              {64, 172, 5, 8, 4, 512, -512},
                              {64, 172, 5, 8, 4, 2000000, 9}})
    CHECK_THROWS_WITH(host::open_model_file(header(numbers), {}), ContainsSubstring("looked for"));
}
