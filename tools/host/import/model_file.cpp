// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "mote/host/file.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/safetensors.hpp"

namespace mote::inline v0::host {

namespace {

/// The first bytes of a file, which say what it is.
std::string first_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail_with_errno(file, "open");
  std::string bytes(64, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

/// Whether a file begins as a llama2.c checkpoint does: its magic number, or seven integers that may be a shape.
bool may_be_llama2c(std::string_view first) {
  if (first.starts_with("24ka")) return true;
  std::array<std::int32_t, 7> numbers{};  // dim, hidden, layers, heads, kv heads, vocab (less than 0: untied), context
  if (first.size() < sizeof numbers) return false;
  std::memcpy(numbers.data(), first.data(), sizeof numbers);
  constexpr std::int32_t most = 1 << 20;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool vocab = i == 5;
    if (numbers[i] == 0 || numbers[i] > most || numbers[i] < (vocab ? -most : 1)) return false;
  }
  return numbers[0] % numbers[3] == 0 && numbers[3] % numbers[4] == 0;
}

}  // namespace

opened_model open_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  const auto own = [&](const char* what) {
    if (!tokenizer.empty())
      throw std::runtime_error(std::string(what) + " has its own vocabulary; leave --tokenizer out");
  };
  if (std::filesystem::is_directory(weights)) {
    own("a folder of safetensors");
    return open_safetensors(weights);
  }
  const std::string first = first_bytes(weights);
  if (first.starts_with("version https://git-lfs"))
    fail(weights, "is a pointer of Git LFS, not the file itself; `git lfs pull` fetches that");
  if (first.starts_with("<!") || first.starts_with("<html")) fail(weights, "is a page of HTML, not a model");
  if (first.size() > 9 && first[8] == '{' && first[9] == '"')
    fail(weights, "is a safetensors file; name its folder, in which config.json and tokenizer.json are too");
  if (first.starts_with("GGUF")) {
    own("a GGUF file");
    return open_gguf(weights);
  }
  if (!may_be_llama2c(first))
    fail(weights, "has " + std::string(first.empty() ? "no bytes" : "no bytes that say what it is") +
                      "; looked for GGUF's magic, a folder of safetensors and a llama2.c checkpoint's header");
  if (tokenizer.empty()) throw std::runtime_error("a llama2.c checkpoint needs its vocabulary; give --tokenizer");
  opened_model m;
  m.bos = 1;  // as llama2.c's own program has them
  m.eos = 2;
  m.weights = open_llama2c(weights);
  m.vocabulary = read_llama2c_tokenizer(tokenizer, m.weights->shape().vocab);
  return m;
}

gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  opened_model m = open_model_file(weights, tokenizer);
  if (m.tokenizer)
    fail(weights, "has the tokenizer " + m.tokenizer->type_name() + ", with which it can be imported, not run here");
  return {.model = read_whole(*m.weights), .vocabulary = std::move(m.vocabulary), .bos = m.bos, .eos = m.eos};
}

}  // namespace mote::inline v0::host
