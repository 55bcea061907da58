// SPDX-License-Identifier: BSL-1.0
// libFuzzer on what a model comes in: -DPARSER names one of the functions below. What is read is read whole: of a model
// that opens, each row of each tensor, and its token table is made.
// Refuses to know a right model: a file is read or refused with a sentence, and no allocation is beyond what its bytes
// justify (-malloc_limit_mb of fuzz.sh).
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/any_table.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/chat_form.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/jinja.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_config.hpp"
#include "mote/host/import/safetensors.hpp"
#include "mote/host/import/tokenizer_json.hpp"

namespace {

namespace host = mote::host;
using bytes = std::span<const std::byte>;

void want(bool holds) {
  if (!holds) std::abort();
}

/// A table of the words, and some texts through it.
void use(const host::tokenizer_text& words) {
  const auto table = host::pack_token_table(words, host::text_order::left_out);
  const auto controls = words.control_tokens();
  (void)host::any_table::check(table, {{.bos = words.bos, .eos = words.eos}, controls});
  (void)words.type_name();
}

void use(host::model_source& weights) {
  const auto& s = weights.shape();
  for (const host::tensor_place& p : weights.family().all_tensors(s)) {
    const mote::matrix_size size = weights.family().size(s, p);
    if (size.rows * size.cols > 1U << 20U) continue;  // a bit a weight: as many bytes of floats as 32 files
    std::vector<float> rows(size.rows * size.cols);
    weights.load_rows(p, 0, size.rows, rows.data());
    (void)weights.stored(p);
  }
}

[[maybe_unused]] void gguf(bytes in) {
  const host::opened_model m = host::open_gguf(in, "x.gguf");
  use(*m.weights);
  if (m.tokenizer) use(*m.tokenizer);
  else (void)host::pack_vocabulary(m.vocabulary, {.bos = m.bos, .eos = m.eos});
}

[[maybe_unused]] void safetensors(bytes in) {
  for (const auto& [name, t] : host::read_safetensors(in, "x.safetensors")) {
    want(t.bytes.data() >= in.data() && t.bytes.data() + t.bytes.size() <= in.data() + in.size());
    want(t.rows * t.cols * t.type->bytes == t.bytes.size());
  }
}

[[maybe_unused]] void tokenizer(bytes in) { use(host::parse_tokenizer_json(in, "tokenizer.json")); }
[[maybe_unused]] void vocab_txt(bytes in) { use(host::parse_vocab_txt(in, "vocab.txt")); }

[[maybe_unused]] void config(bytes in) {
  (void)host::read_end_tokens(in, "generation_config.json");
  want(host::read_model_config(in, "config.json").shape.valid() || true);
}

/// A template and the texts of its control tokens, by lines.
[[maybe_unused]] void chat(bytes in) {
  std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
  static const host::tokenizer_text known = [] {
    host::tokenizer_text t;
    for (const char* piece :
         {"<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|user|>", "<start_of_turn>", "<end_of_turn>", "a"}) {
      t.pieces.emplace_back(piece);
      t.types.push_back(t.pieces.size() < 8 ? host::token_type::control : host::token_type::normal);
    }
    return t;
  }();
  const std::array<host::chat_message, 3> all{{{"system", "Be brief."}, {"user", "Hi {{ x }}"}, {"assistant", "No."}}};
  try {
    (void)host::render_jinja(text, {.messages = all, .bos_token = "<s>", .eos_token = "</s>"});
  } catch (const host::jinja_error&) {
  }
  const auto read =
      host::try_chat_form({.text = std::string(text), .key = "x", .bos_token = "<s>", .eos_token = "</s>"}, known);
  if (read.form) (void)read.form->header_text();
}

[[maybe_unused]] void llama2c(bytes in) { (void)host::parse_llama2c_tokenizer(in, 8, "tokenizer.bin"); }
[[maybe_unused]] void checkpoint(bytes in) { use(*host::open_llama2c(in, "model.bin")); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // As a mapped file lies: on 64 bytes, and its end is its end.
  static std::vector<std::byte> kept;
  kept.resize(size);
  kept.shrink_to_fit();
  if (size != 0) std::memcpy(kept.data(), data, size);
  try {
    PARSER(bytes(kept));
  } catch (const std::exception& e) {
    want(e.what()[0] != '\0');
  }
  return 0;
}
