// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_file.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <utility>

#include "mote/host/file.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

namespace {

/// The first bytes of a file, which say what it is.
std::string first_bytes(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file))
    fail(file, "is a folder; a GGUF file or a llama2.c checkpoint is read, and no folder of safetensors yet");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail_with_errno(file, "open");
  std::string bytes(64, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

}  // namespace

opened_model open_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  const std::string first = first_bytes(weights);
  if (first.starts_with("version https://git-lfs"))
    fail(weights, "is a pointer of Git LFS, not the file itself; `git lfs pull` fetches that");
  if (first.starts_with("<!") || first.starts_with("<html")) fail(weights, "is a page of HTML, not a model");
  if (first.size() > 9 && first[8] == '{' && first[9] == '"')
    fail(weights, "is a safetensors file; GGUF files and llama2.c checkpoints are read");
  if (first.starts_with("GGUF")) {
    if (!tokenizer.empty()) throw std::runtime_error("a GGUF file has its own vocabulary; leave --tokenizer out");
    return open_gguf(weights);
  }
  if (tokenizer.empty()) throw std::runtime_error("a llama2.c checkpoint needs its vocabulary; give --tokenizer");
  opened_model m;
  m.weights = open_llama2c(weights);
  m.vocabulary = read_llama2c_tokenizer(tokenizer, m.weights->shape().vocab);
  return m;
}

gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  if (first_bytes(weights).starts_with("GGUF") && tokenizer.empty()) return read_gguf(weights);
  opened_model m = open_model_file(weights, tokenizer);
  return {.model = read_whole(*m.weights), .vocabulary = std::move(m.vocabulary), .bos = m.bos, .eos = m.eos};
}

}  // namespace mote::inline v0::host
