// SPDX-License-Identifier: BSL-1.0
// import_model: converts a llama2.c or GGUF model into the two files that a firmware needs: `<name>.hpp`, the model as
// a type, and `<name>.mote`, its image in the row layout of one board.
// Refuses an inconsistent file: the message says what was expected and what was found, and nothing is written.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mote/host/board_names.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/model_file.hpp"
#include "mote/host/quantize/compress.hpp"
#include "mote/host/report/helps_text.hpp"
#include "mote/model/vocabulary.hpp"
#include "mote/pipeline/sweep.hpp"

namespace {

namespace host = mote::host;

struct wishes {
  std::filesystem::path weights;
  std::filesystem::path tokenizer;
  std::filesystem::path out = ".";
  std::string name;
  std::string board;
  std::string formats = "q8";
  std::string quantizer = "rtn";
  std::string fold = "none";
  std::size_t calibration_tokens = 4096;
  std::size_t rows = 1;
  mote::special_tokens special_tokens;
  bool bos_given = false;
  bool eos_given = false;
};

/// Progress on one line of a terminal; prints nothing if the output is not a terminal.
class progress_line {
 public:
  explicit progress_line(const char* what) : what_(what) {}
  void operator()(std::size_t done, std::size_t all) {
    const int percent = static_cast<int>(done * 100 / all);
    if (!terminal_ || percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\r%s %3d %%%s", what_, percent, done == all ? "\n" : "");
    std::fflush(stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  int shown_ = -1;
  const char* what_;
};

/// Prints whether the model fits the board with default policies, and if not, which changes would make it fit.
void budget(const mote::shape& s, const mote::board_facts& board, const host::written_image& image) {
  mote::choices c = mote::choices_of<>;
  c.vocabulary_bytes = image.vocabulary_bytes;
  c.fit = {.checks = true, .stack_bytes = board.stack_bytes, .code_bytes = mote::fit_knobs{}.code_bytes};
  mote::footprint f = mote::footprint_of(s, c, board);
  f.flash.weights = image.weights_bytes;
  std::printf("  on a board  %.*s: RAM %s of %s bytes, flash with %s of code %s of %s%s\n",
              static_cast<int>(board.name.size()), board.name.data(), host::detail::with_commas(f.ram.sum()).c_str(),
              host::detail::with_commas(board.ram_bytes).c_str(), host::detail::with_commas(f.flash.code).c_str(),
              host::detail::with_commas(f.flash.sum()).c_str(), host::detail::with_commas(board.flash_bytes).c_str(),
              f.ram_fits() && f.flash_fits() ? ", fits" : "; what would help, one at a time:");
  if (!f.ram_fits()) {
    std::printf("%s", host::helps_text(mote::what_helps(s, c, board, mote::memory::ram), board).c_str());
    std::printf("%s", host::remedy_text(mote::what_fits(s, c, board, mote::memory::ram), board).c_str());
  }
  if (!f.flash_fits()) std::printf("  fewer bits in --formats, or a smaller model\n");
}

void import(const wishes& w) {
  host::gguf_model read = host::read_model_file(w.weights, w.tokenizer);
  mote::special_tokens special_tokens = w.special_tokens;
  if (!w.bos_given && read.bos >= 0) special_tokens.bos = read.bos;
  if (!w.eos_given && read.eos >= 0) special_tokens.eos = read.eos;
  const std::vector<std::byte> table = host::pack_vocabulary(read.vocabulary, special_tokens);

  const std::string source = read.model.source;
  const host::scheme how = host::read_scheme(w.fold + "/" + w.quantizer + "/" + w.formats);
  host::text_sample text;
  if (how.needs_text()) {
    progress_line line("sampling text");
    text = host::calibration_text(read.model, w.calibration_tokens,
                                  static_cast<std::size_t>(std::max(special_tokens.bos, 0)), 1,
                                  [&line](double part) { line(static_cast<std::size_t>(part * 1000), 1000); });
  }
  progress_line quantizing("quantizing");
  const host::compressed_model compressed =
      host::compress(std::move(read.model), how, w.rows, &text,
                     [&quantizing](std::size_t done, std::size_t all) { quantizing(done, all); });
  const mote::shape& s = compressed.model.shape;

  const std::string header = host::model_header({
      .name = w.name,
      .origin = w.weights.filename().string() + " (" + source + ")" +
                (w.tokenizer.empty() ? "" : " and " + w.tokenizer.filename().string()),
      .shape = s,
      .vocabulary_bytes = table.size(),
      .longest_piece = mote::vocabulary_view{table}.longest(),
      .special_tokens = special_tokens,
  });
  progress_line packing("packing");
  const host::written_image image = host::write_image(
      compressed.model, table, w.name, compressed.plan,
      [&packing](std::size_t done, std::size_t all) { packing(done, all); }, compressed.codes);

  std::filesystem::create_directories(w.out);
  const std::filesystem::path header_file = w.out / (w.name + ".hpp");
  const std::filesystem::path image_file = w.out / (w.name + ".mote");
  host::file_replacement image_out(image_file);
  host::file_replacement header_out(header_file);
  image_out.append(image.bytes);
  header_out.append(header);
  image_out.commit();  // the larger file first: if the disk is full, this fails and the old header stays
  header_out.commit();

  const auto commas = [](std::size_t n) { return host::detail::with_commas(n); };
  std::printf("%s: %s\n", w.weights.filename().c_str(), source.c_str());
  std::printf(
      "  shape       dim %zu, hidden %zu, layers %zu, heads %zu, kv heads %zu, vocab %zu, context %zu, %s head\n",
      s.dim, s.hidden, s.layers, s.heads, s.kv_heads, s.vocab, s.context, s.tied_head ? "tied" : "own");
  std::printf("  parameters  %s\n", commas(mote::parameters_of<mote::llama>(s)).c_str());
  std::printf("  format      %.*s, rounding error %.3f %% RMS of the weights\n",
              static_cast<int>(image.format_name.size()), image.format_name.data(), image.relative_error * 100);
  std::printf("  policy      %s\n", host::policy_of(compressed.plan, s).c_str());
  std::printf("  image       %s bytes: weights %s, vocabulary %s\n", commas(image.bytes.size()).c_str(),
              commas(image.weights_bytes).c_str(), commas(image.vocabulary_bytes).c_str());
  if (!w.board.empty()) budget(s, host::board_names().at(w.board), image);
  std::printf("  written     %s\n              %s\n", image_file.c_str(), header_file.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Turns a llama2.c or GGUF model into a C++ type and an image for one board."};
  wishes w;
  app.add_option("--weights", w.weights,
                 "checkpoint: llama2.c legacy, ak42 version 1 or version 2; or a .gguf file of the llama architecture")
      ->required();
  app.add_option("--tokenizer", w.tokenizer, "llama2.c tokenizer.bin with as many tokens as the model; not for .gguf");
  app.add_option("--name", w.name, "name of the C++ type and of the files")->required();
  app.add_option("--out", w.out, "folder for <name>.hpp and <name>.mote")->capture_default_str();
  app.add_option(
         "--formats", w.formats,
         "of the weights: q8, q6, iq4_nl, q4k, q8g64 (keeps llama2.c version 2 files exactly), f32 ...; exceptions "
         "behind it, as in q4,embedding=q8,value=q6,0.down=q8")
      ->capture_default_str();
  app.add_option("--quantizer", w.quantizer, "who chooses the codes: rtn (the format's own rounding), mse, gptq or hqq")
      ->check(CLI::IsMember(std::vector<std::string>(host::quantizer_names.begin(), host::quantizer_names.end())))
      ->capture_default_str();
  app.add_option("--fold", w.fold, "before that: none, awq, smooth, or hadamard (a tied head gets its own matrix)")
      ->check(CLI::IsMember(std::vector<std::string>(host::fold_names.begin(), host::fold_names.end())))
      ->capture_default_str();
  app.add_option("--calibration-tokens", w.calibration_tokens,
                 "of text sampled from the model itself, for mse, gptq, awq and smooth")
      ->check(CLI::Range(256, 1 << 20))
      ->capture_default_str();
  auto* interleave = app.add_option("--interleave", w.rows, "rows interleaved: 1, 4, 8 or 16")->capture_default_str();
  std::vector<std::string> names;
  for (const auto& [name, facts] : host::board_names()) names.push_back(name);
  app.add_option("--board", w.board, "takes the layout of a board's instruction set")
      ->check(CLI::IsMember(names))
      ->excludes(interleave);
  auto* bos =
      app.add_option("--bos", w.special_tokens.bos, "token that opens a document; -1: none; a .gguf file says it")
          ->capture_default_str();
  auto* eos = app.add_option("--eos", w.special_tokens.eos, "token that ends an answer; -1: none; a .gguf file says it")
                  ->capture_default_str();
  app.add_option("--note", w.special_tokens.note, "token in front of recalled knowledge; -1: none")
      ->capture_default_str();
  app.add_option("--user", w.special_tokens.user, "token in front of the user's words; -1: none")
      ->capture_default_str();
  app.add_option("--answer", w.special_tokens.answer, "token in front of the answer; -1: none")->capture_default_str();
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
