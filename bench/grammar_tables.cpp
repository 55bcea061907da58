// SPDX-License-Identifier: BSL-1.0
// What a grammar takes of flash, RAM and work for vocabularies of 512 to 262,144 tokens, and what the tool does for it.
//   bench_grammar_tables    a table; data of the assets: tok512, tokenizer32k, the vocabularies of Llama 3.1 and Gemma 3
// Refuses to be a time: bytes of texts that are tried are counted, and milliseconds are those of one run.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/decode/admission.hpp"
#include "mote/decode/json.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/tokenizer_json.hpp"
#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/token_table.hpp"
#include "mote/model/vocabulary.hpp"

namespace {

namespace s = mote::schema;
using order = mote::json<s::object<s::field<"device", s::one_of<"lamp", "fan">>, s::field<"level", s::integer<0, 100>>,
                                   s::optional<"room", s::text<1, 12>>>>;

std::size_t tried = 0;

/// The grammar, with its bytes counted.
struct counted {
  static constexpr mote::byte_set bytes = order::bytes;
  struct state {
    order::state at;
    bool enter(unsigned char byte) {
      ++tried;
      return at.enter(byte);
    }
    bool may_end() const { return at.may_end(); }
    bool operator==(const state&) const = default;
  };
};

std::string unzipped(const std::filesystem::path& file) {
  std::string out;
  std::FILE* pipe = ::popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
  if (pipe == nullptr) return out;
  std::vector<char> part(1U << 16U);
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  (void)::pclose(pipe);
  return out;
}

mote::host::tokenizer_text of_json(const std::filesystem::path& file) {
  const std::string bytes = unzipped(file);
  return mote::host::parse_tokenizer_json(std::as_bytes(std::span(bytes)), file);
}

std::vector<std::byte> pack(const mote::host::vocabulary_text& text) { return mote::host::pack_vocabulary(text); }
std::vector<std::byte> pack(const mote::host::tokenizer_text& text) {
  return mote::host::pack_token_table(text, mote::host::text_order::kept);
}

template <class Table, std::size_t Vocab, class Text>
void row(const char* name, const Text& text, mote::special_tokens control = {.bos = 1, .eos = 2}) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::byte> packed = pack(text);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  const auto words = std::make_unique<std::uint32_t[]>(packed.size() / 4);
  std::memcpy(words.get(), packed.data(), packed.size());
  const Table v({reinterpret_cast<const std::byte*>(words.get()), packed.size()});

  const auto admitted = std::make_unique<mote::admission<counted, Vocab>>();
  (void)admitted->begin_with(v, control);
  std::printf("| %s | %u | %zu | %zu | %zu | %u | %.0f ms |", name, v.count(), order::table_bytes,
              sizeof(mote::admission<order, Vocab>), packed.size(), v.searchable() * (v.count() < 65536 ? 2 : 4),
              took.count());
  for (const std::string_view said :
       {"", "{\"device\":\"", "{\"device\":\"fan\",\"level\":", "{\"device\":\"fan\",\"level\":7,\"room\":\""}) {
    admitted->begin();
    admitted->advance(said);
    tried = 0;
    admitted->find(v, control, false);
    std::printf(" %zu, %zu |", admitted->count(), tried);
  }
  std::printf("\n");
}

}  // namespace

int main() {
  const char* of = std::getenv("MOTE_ASSETS");
  const std::filesystem::path assets = of != nullptr ? of : MOTE_ASSETS_DEFAULT;
  std::printf(
      "| vocabulary | tokens | tables of the grammar | RAM | token table | of it the order | packed in | at the start: admitted, "
      "bytes tried | in a list | at a number | in a string |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  row<mote::vocabulary_view, 512>("stories260K",
                                  mote::host::read_llama2c_tokenizer(assets / "llama2c-stories260K/tok512.bin", 512));
  row<mote::vocabulary_view, 32'000>(
      "Llama 2", mote::host::read_llama2c_tokenizer(assets / "llama2c-tokenizer32k/tokenizer.bin", 32'000));
  row<mote::table_of<mote::table_kind::byte_level>, 128'256>(
      "Llama 3.1", of_json(assets / "tokenizers/llama3_1/tokenizer.json.gz"), {.bos = 128000, .eos = 128009});
  row<mote::table_of<mote::table_kind::sentencepiece>, 262'145>(
      "Gemma 3", of_json(assets / "tokenizers/gemma3/tokenizer.json.gz"), {.bos = 2, .eos = 1});
}
