// SPDX-License-Identifier: BSL-1.0
// import_model: turns a model file from elsewhere into the two files that a firmware takes: `<name>.hpp`, the model as
// a type, and `<name>.mote`, its image for one board's layout.
// Refuses to guess: a file that does not add up is named, with what was expected and what was found, and nothing is
// written.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/host/board_names.hpp"
#include "mote/host/file.hpp"
#include "mote/host/gguf.hpp"
#include "mote/host/image_writer.hpp"
#include "mote/host/llama2c.hpp"
#include "mote/host/model_header.hpp"
#include "mote/host/packing.hpp"
#include "mote/host/vocabulary_packer.hpp"

namespace {

namespace host = mote::host;

struct wishes {
  std::filesystem::path weights;
  std::filesystem::path tokenizer;
  std::filesystem::path out = ".";
  std::string name;
  std::string board;
  std::string formats = "q8";
  std::size_t rows = 1;
  mote::dialogue dialogue;
  bool bos_given = false;
  bool eos_given = false;
};

/// Overwrites one line of a terminal; a log gets nothing.
class progress_line {
 public:
  void operator()(std::size_t done, std::size_t all) {
    const int percent = static_cast<int>(done * 100 / all);
    if (!terminal_ || percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\rpacking %3d %%%s", percent, done == all ? "\n" : "");
    std::fflush(stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  int shown_ = -1;
};

/// A GGUF file holds its vocabulary and says its control tokens; a checkpoint of llama2.c does neither.
host::gguf_model read_model(const wishes& w) {
  if (w.weights.extension() == ".gguf") {
    if (!w.tokenizer.empty()) throw std::runtime_error("a GGUF file has its own vocabulary; leave --tokenizer out");
    return host::read_gguf(w.weights);
  }
  if (w.tokenizer.empty()) throw std::runtime_error("a llama2.c checkpoint needs its vocabulary; give --tokenizer");
  host::gguf_model m;
  m.model = host::read_llama2c(w.weights);
  m.vocabulary = host::read_llama2c_tokenizer(w.tokenizer, m.model.shape.vocab);
  return m;
}

void import(const wishes& w) {
  const host::gguf_model read = read_model(w);
  const host::raw_model& model = read.model;
  const mote::shape& s = model.shape;
  mote::dialogue dialogue = w.dialogue;
  if (!w.bos_given && read.bos >= 0) dialogue.bos = read.bos;
  if (!w.eos_given && read.eos >= 0) dialogue.eos = read.eos;
  const std::vector<std::byte> table = host::pack_vocabulary(read.vocabulary, dialogue);

  const std::string header = host::model_header({
      .name = w.name,
      .origin = w.weights.filename().string() + " (" + model.source + ")" +
                (w.tokenizer.empty() ? "" : " and " + w.tokenizer.filename().string()),
      .shape = s,
      .vocabulary_bytes = table.size(),
      .longest_piece = mote::vocabulary_view{table}.longest(),
      .dialogue = dialogue,
  });
  const host::packing_plan plan = host::read_packing(w.formats, w.rows, s);
  progress_line line;
  const host::written_image image = host::write_image(model, table, w.name, plan,
                                                      [&line](std::size_t done, std::size_t all) { line(done, all); });

  std::filesystem::create_directories(w.out);
  const std::filesystem::path header_file = w.out / (w.name + ".hpp");
  const std::filesystem::path image_file = w.out / (w.name + ".mote");
  host::write_atomically(image_file, image.bytes);
  host::write_atomically(header_file, header);

  const auto commas = [](std::size_t n) { return host::detail::with_commas(n); };
  std::printf("%s: %s\n", w.weights.filename().c_str(), model.source.c_str());
  std::printf(
      "  shape       dim %zu, hidden %zu, layers %zu, heads %zu, kv heads %zu, vocab %zu, context %zu, %s head\n",
      s.dim, s.hidden, s.layers, s.heads, s.kv_heads, s.vocab, s.context, s.tied_head ? "tied" : "own");
  std::printf("  parameters  %s\n", commas(s.parameters()).c_str());
  std::printf("  format      %.*s, rounding error %.3f %% RMS of the weights\n",
              static_cast<int>(image.format_name.size()), image.format_name.data(), image.relative_error * 100);
  std::printf("  policy      %s\n", host::policy_of(plan, s).c_str());
  std::printf("  image       %s bytes: weights %s, vocabulary %s\n", commas(image.bytes.size()).c_str(),
              commas(image.weights_bytes).c_str(), commas(image.vocabulary_bytes).c_str());
  std::printf("  written     %s\n              %s\n", image_file.c_str(), header_file.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Turns a llama2.c or GGUF model into a C++ type and an image for one board."};
  wishes w;
  app.add_option("--weights", w.weights, "checkpoint: llama2.c legacy, ak42 version 1 or version 2; or a .gguf file of the llama architecture")->required();
  app.add_option("--tokenizer", w.tokenizer, "llama2.c tokenizer.bin with as many tokens as the model; not for .gguf");
  app.add_option("--name", w.name, "name of the C++ type and of the files")->required();
  app.add_option("--out", w.out, "folder for <name>.hpp and <name>.mote")->capture_default_str();
  app.add_option("--formats", w.formats,
                 "of the weights: q8, q6, iq4_nl, q4k, q8g64 (keeps llama2.c version 2 files exactly), f32 ...; exceptions "
                 "behind it, as in q4,embedding=q8,value=q6,0.down=q8")
      ->capture_default_str();
  auto* layout = app.add_option("--layout", w.rows, "rows interleaved: 1, 4, 8 or 16")->capture_default_str();
  std::vector<std::string> names;
  for (const auto& [name, facts] : host::board_names()) names.push_back(name);
  app.add_option("--board", w.board, "takes the layout of a board's instruction set")
      ->check(CLI::IsMember(names))
      ->excludes(layout);
  auto* bos = app.add_option("--bos", w.dialogue.bos, "token that opens a document; -1: none; a .gguf file says it")->capture_default_str();
  auto* eos = app.add_option("--eos", w.dialogue.eos, "token that ends an answer; -1: none; a .gguf file says it")->capture_default_str();
  app.add_option("--note", w.dialogue.note, "token in front of recalled knowledge; -1: none")->capture_default_str();
  app.add_option("--user", w.dialogue.user, "token in front of the user's words; -1: none")->capture_default_str();
  app.add_option("--answer", w.dialogue.answer, "token in front of the answer; -1: none")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  w.bos_given = bos->count() != 0;
  w.eos_given = eos->count() != 0;
  if (!w.board.empty()) w.rows = mote::interleaved_rows(host::board_names().at(w.board).instructions);

  try {
    import(w);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "import_model: %s\n", e.what());
    return 1;
  }
  return 0;
}
