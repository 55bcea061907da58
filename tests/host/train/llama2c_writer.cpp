// SPDX-License-Identifier: BSL-1.0
#include "mote/host/train/llama2c_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "../file_processes.hpp"
#include "mote/host/file.hpp"

namespace {

using namespace mote;

/// Numbers that say where they come from: 100 a role and 1 a layer, from 0 on in each row.
struct rows_of {
  std::size_t rows;
  std::size_t cols;
  float base;
  void decode_row(std::size_t r, float* out) const {
    for (std::size_t c = 0; c < cols; ++c) out[c] = base + static_cast<float>(r * cols + c) / 1024.0F;
  }
};

struct told_trainer {
  static constexpr shape s{
      .dim = 4, .hidden = 6, .layers = 2, .heads = 2, .kv_heads = 1, .vocab = 5, .context = 8, .tied_head = true};
  struct told_weights {
    std::vector<float> ones = std::vector<float>(4, 1.0F);
    rows_of of(std::size_t layer, role r) const {
      const bool wide = r == role::gate || r == role::up;
      const bool narrow = r == role::key || r == role::value;
      return {wide     ? 6U
              : narrow ? 2U
                       : 4U,
              r == role::down ? 6U : 4U,
              100.0F * static_cast<float>(1 + static_cast<int>(r)) + static_cast<float>(layer)};
    }
    rows_of embedding() const { return {5, 4, 0.5F}; }
    rows_of head() const { return {5, 4, 0.0F}; }
    const float* vector(std::size_t, vector_role) const { return ones.data(); }
  };
  told_weights view() const { return {}; }
};

template <class T>
T number_at(const std::vector<std::byte>& bytes, std::size_t at) {
  T v{};
  REQUIRE(at + sizeof v <= bytes.size());
  std::memcpy(&v, bytes.data() + at, sizeof v);
  return v;
}

}  // namespace

TEST_CASE("llama2c_writer: the legacy layout, and the tokenizer's", "[host][llama2c_writer]") {
  const mote_tests::scratch_folder folder;
  const std::string model = folder.path / "model.bin";
  const std::string words = folder.path / "tokenizer.bin";
  const host::vocabulary_text vocabulary{.pieces = {"a", "bcd", "", "e", "fg"}, .scores = {0, -1, -2, -3, -4}};
  host::write_llama2c(model, words, told_trainer{}, vocabulary);

  const auto bytes = host::read_file(model);
  const std::size_t floats = 5 * 4 + 2 * 4 + 2 * (4 * 4 + 2 * 4 + 2 * 4 + 4 * 4) + 2 * 4 + 2 * (3 * 6 * 4) + 4 + 8 * 2;
  CHECK(bytes.size() == 7 * 4 + 4 * floats);
  const std::int32_t header[] = {4, 6, 2, 2, 1, 5, 8};
  for (std::size_t i = 0; i < 7; ++i) CHECK(number_at<std::int32_t>(bytes, 4 * i) == header[i]);
  CHECK(number_at<float>(bytes, 28) == 0.5F);
  const std::size_t query = 28 + 4 * (20 + 8);
  CHECK(number_at<float>(bytes, query) == 100.0F * static_cast<float>(1 + static_cast<int>(role::query)));
  CHECK(number_at<float>(bytes, query + 4 * 16) == 100.0F * static_cast<float>(1 + static_cast<int>(role::query)) + 1);

  const auto text = host::read_file(words);
  CHECK(number_at<std::int32_t>(text, 0) == 3);  // the longest piece
  CHECK(number_at<float>(text, 4 + 9) == -1.0F);
  CHECK(number_at<std::int32_t>(text, 4 + 9 + 4) == 3);
  CHECK(mote_tests::text_of(text).substr(4 + 9 + 8, 3) == "bcd");
  CHECK(text.size() == 4 + 5 * 8 + 7);
}

TEST_CASE("llama2c_writer: both files or none", "[host][llama2c_writer]") {
  const mote_tests::scratch_folder folder;
  const std::string model = folder.path / "model.bin";
  const std::string words = folder.path / "tokenizer.bin";
  host::write_atomically(model, std::string_view("old model"));
  host::write_atomically(words, std::string_view("old words"));
  REQUIRE(::chmod(words.c_str(), 0444) == 0);
  CHECK_THROWS_MATCHES(host::write_llama2c(model, words, told_trainer{}, {}), host::file_error,
                       Catch::Matchers::MessageMatches(Catch::Matchers::EndsWith("tokenizer.bin: is read-only")));
  CHECK(mote_tests::text_of(host::read_file(model)) == "old model");
  CHECK(mote_tests::text_of(host::read_file(words)) == "old words");
  CHECK(folder.files() == 2);
}
