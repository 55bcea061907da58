// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_file.hpp"

#include <filesystem>
#include <stdexcept>

#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"

namespace mote::inline v0::host {

gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer) {
  if (weights.extension() == ".gguf") {
    if (!tokenizer.empty()) throw std::runtime_error("a GGUF file has its own vocabulary; leave --tokenizer out");
    return read_gguf(weights);
  }
  if (tokenizer.empty()) throw std::runtime_error("a llama2.c checkpoint needs its vocabulary; give --tokenizer");
  gguf_model m;
  m.model = read_llama2c(weights);
  m.vocabulary = read_llama2c_tokenizer(tokenizer, m.model.shape.vocab);
  return m;
}

}  // namespace mote::inline v0::host
