// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_file.hpp"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

opened_model open_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  if (weights.extension() == ".gguf") {
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
  opened_model m = open_model_file(weights, tokenizer);
  return {.model = read_whole(*m.weights), .vocabulary = std::move(m.vocabulary), .bos = m.bos, .eos = m.eos};
}

}  // namespace mote::inline v0::host
