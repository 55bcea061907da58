// SPDX-License-Identifier: BSL-1.0
// import_model: converts a llama2.c checkpoint, a GGUF file or a folder of safetensors into the two files that a firmware
// needs: `<name>.hpp`, the model as a type, and `<name>.mote`, its image in the row layout of one board.
// Refuses an inconsistent file: the message says what was expected and what was found, and nothing is written.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "mote/family/bert.hpp"
#include "mote/host/board_names.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/any_table.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/model_file.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/progress.hpp"
#include "mote/host/quantize/compress.hpp"
#include "mote/host/report/helps_text.hpp"
#include "mote/model/token_table.hpp"
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
  bool no_order = false;
  std::string ends;  // --eos
};

/// Prints whether the model fits the board with default policies, and if not, which changes would make it fit.
void budget(const mote::shape& s, const mote::board_facts& board, const host::image_summary& image) {
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

/// What is packed: the weights, in their file, changed as they are read, or in memory, their formats, and who rounds
/// them.
struct prepared {
  std::unique_ptr<host::model_source> file;  // what `weights` refers to, if it changes them
  std::unique_ptr<host::text_sample> text;   // and the text
  std::unique_ptr<host::model_source> weights;
  std::unique_ptr<host::compressed_model> whole;  // what the others refer to, if the model had to be in memory
  host::packing_plan plan;
  host::row_coder coder;
};

prepared prepare(const wishes& w, std::unique_ptr<host::model_source> weights, std::size_t begin) {
  const host::scheme how = host::read_scheme(w.fold + "/" + w.quantizer + "/" + w.formats);
  const bool calibrated = how.needs_text() && w.calibration_tokens != 0;
  prepared p;
  if (how.by_rows(calibrated)) {
    p.plan = host::read_packing(how.formats, w.rows, weights->shape(), weights->family());
    p.coder = host::code_rows(p.plan, how, weights->shape());
    p.weights = std::move(weights);
    return p;
  }
  if (!weights->family().is_llama())
    throw std::runtime_error("--quantizer " + w.quantizer + " with --fold " + w.fold +
                             " has to run the model, which is done of Llama's family alone and not of " +
                             weights->family().type() + "; rtn and hqq need not, nor mse with --calibration-tokens 0");
  const auto sample = [&](auto& model) {
    host::progress sampling("sampling text");
    auto text = std::make_unique<host::text_sample>(
        host::calibration_text(model, w.calibration_tokens, begin, 1, [&](double part) { sampling.show(part); }));
    sampling.done();
    return text;
  };
  if (calibrated && how.by_layers()) {
    p.text = sample(*weights);
    p.file = std::move(weights);
    host::streamed_model m = host::compress_by_layers(*p.file, how, w.rows, *p.text);
    p.weights = std::move(m.weights);
    p.plan = std::move(m.plan);
    p.coder = std::move(m.coder);
    return p;
  }
  host::raw_model model = host::read_whole(*weights);
  if (calibrated) p.text = sample(model);
  host::progress quantizing("quantizing", "matrices");
  p.whole = std::make_unique<host::compressed_model>(
      host::compress(std::move(model), how, w.rows, p.text.get(),
                     [&](std::size_t done, std::size_t all) { quantizing.show(done, all); }));
  quantizing.done();
  p.plan = p.whole->plan;
  p.coder = host::coder_of(p.whole->codes);
  p.weights = std::make_unique<host::held_model<>>(p.whole->model);
  return p;
}

/// The ids of --eos: one or several with commas between; -1: none.
std::vector<int> ids_in(const std::string& list) {
  std::vector<int> ids;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = (std::min)(list.find(',', at), list.size());
    int id = 0;
    const auto [rest, error] = std::from_chars(list.data() + at, list.data() + end, id);
    if (error != std::errc{} || rest != list.data() + end || id < -1)
      throw std::runtime_error("--eos " + list + " is no list of token ids, as 2 or 128009,128001");
    if (id >= 0 && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    at = end + 1;
  }
  return ids;
}

void import(const wishes& w) {
  host::opened_model opened = host::open_model_file(w.weights, w.tokenizer);
  mote::special_tokens special_tokens = w.special_tokens;
  if (!w.bos_given) special_tokens.bos = opened.bos;  // -1: no text begins with one
  special_tokens.eos = opened.eos;
  std::vector<std::uint32_t> end_tokens(opened.end_tokens.begin(), opened.end_tokens.end());
  if (!w.ends.empty()) {
    const std::vector<int> ids = ids_in(w.ends);
    special_tokens.eos = ids.empty() ? -1 : ids[0];
    end_tokens.assign(ids.begin() + (ids.empty() ? 0 : 1), ids.end());
  }
  for (const std::uint32_t id : end_tokens)
    if (id >= opened.weights->shape().vocab)
      throw std::runtime_error("--eos names the token " + std::to_string(id) + "; there are " +
                               std::to_string(opened.weights->shape().vocab));
  const auto& words = opened.tokenizer;
  const bool in_order = words && !w.no_order && words->kind != mote::table_kind::word_pieces;  // encoders say nothing
  const std::vector<std::byte> table =
      words ? host::pack_token_table(*words, in_order ? host::text_order::kept : host::text_order::left_out)
            : host::pack_vocabulary(opened.vocabulary, special_tokens);
  const std::vector<mote::token_range> controls = words ? words->control_tokens() : std::vector<mote::token_range>{};
  std::vector<mote::token_range> hidden = controls;
  for (const std::uint32_t id : end_tokens) hidden.push_back({id, 1});
  if (host::any_table::check(table, {special_tokens, hidden}) != mote::status::ok) {
    const mote::special_tokens& t = special_tokens;
    for (const auto& [option, id] :
         {std::pair{"--bos", t.bos}, {"--eos", t.eos}, {"--note", t.note}, {"--user", t.user}, {"--answer", t.answer}})
      if (id >= 0 && host::any_table::check(table, {{.bos = id, .eos = -1}, controls}) != mote::status::ok)
        throw std::runtime_error(w.weights.string() + ": token " + std::to_string(id) + " for " + option +
                                 " is one that texts are cut into; name a control token, or -1 for none");
    throw std::runtime_error(w.weights.string() + ": a token of --eos is one that texts are cut into");
  }

  const std::string source = opened.weights->kind();
  const prepared ready =
      prepare(w, std::move(opened.weights), static_cast<std::size_t>(std::max(special_tokens.bos, 0)));
  const mote::shape& s = ready.weights->shape();

  const std::string header = host::model_header({
      .name = w.name,
      .origin = w.weights.filename().string() + " (" + source + ")" +
                (w.tokenizer.empty() ? "" : " and " + w.tokenizer.filename().string()),
      .shape = s,
      .family = ready.weights->family(),
      .vocabulary_bytes = table.size(),
      .longest_piece = words ? mote::token_table{std::span<const std::byte>(table)}.longest()
                             : mote::vocabulary_view{table}.longest(),
      .special_tokens = special_tokens,
      .end_tokens = end_tokens,
      .tokenizer = words ? words->type_name() : std::string(),
      .texts_in_order = in_order,
      .chat = opened.chat.form ? opened.chat.form->header_text() : std::string(),
      .control_tokens = controls,
      .pooled = opened.pooled,
  });
  std::filesystem::create_directories(w.out);
  const std::filesystem::path header_file = w.out / (w.name + ".hpp");
  const std::filesystem::path image_file = w.out / (w.name + ".mote");
  host::file_replacement image_out(image_file);
  host::file_replacement header_out(header_file);
  host::file_sink sink(image_out);
  host::progress packing(ready.file ? "quantizing" : "packing", "rows");
  const host::image_summary image = host::write_image(
      *ready.weights, table, w.name, ready.plan, sink,
      [&](std::size_t done, std::size_t all) { packing.show(done, all); }, ready.coder);
  packing.done();
  header_out.append(header);
  image_out.flush();  // both before the first has its name: if the disk is full, both old files stay
  header_out.flush();
  image_out.commit();
  header_out.commit();

  const auto commas = [](std::size_t n) { return host::detail::with_commas(n); };
  const host::any_family& family = ready.weights->family();
  const bool encodes = family == host::any_family::of<mote::bert>();
  std::printf("%s: %s\n", w.weights.filename().c_str(), source.c_str());
  if (!family.is_llama()) std::printf("  family      %s\n", family.type().c_str());
  if (words)
    std::printf("  tokenizer   %s%s\n", words->type_name().c_str(), in_order ? ", in order for constraints" : "");
  if (encodes) {
    std::printf("  a vector    %s, of %zu numbers\n",
                !opened.pooled ? "the file does not say how it is made: give the type a `pooling`"
                : *opened.pooled == mote::pooling::mean ? "the mean of a text's states"
                                                        : "the state of a text's first token",
                s.dim);
  } else if (special_tokens.eos >= 0) {
    std::printf("  end         of an answer: token %d", special_tokens.eos);
    for (const std::uint32_t id : end_tokens) std::printf(", or %u", id);
    std::printf("\n");
  }
  if (opened.chat.form) {
    const auto& form = opened.chat.form->form;
    std::printf("  chat        turns of user, assistant%s%s\n", form.system.known ? ", system" : "",
                form.tool.known ? ", tool" : "");
  } else if (!opened.chat.refused.empty()) {
    std::printf("  chat        none: %s\n", opened.chat.refused.c_str());
  }
  std::printf(
      "  shape       dim %zu, hidden %zu, layers %zu, heads %zu, kv heads %zu, vocab %zu, context %zu, %s head\n",
      s.dim, s.hidden, s.layers, s.heads, s.kv_heads, s.vocab, s.context, s.tied_head ? "tied" : "own");
  std::printf("  parameters  %s\n", commas(family.parameters(s)).c_str());
  std::printf("  format      %.*s, rounding error %.3f %% RMS of the weights\n",
              static_cast<int>(image.format_name.size()), image.format_name.data(), image.relative_error * 100);
  std::printf("  policy      %s\n", host::policy_of(ready.plan, s).c_str());
  std::printf("  image       %s bytes: weights %s, vocabulary %s\n", commas(image.total_bytes).c_str(),
              commas(image.weights_bytes).c_str(), commas(image.vocabulary_bytes).c_str());
  if (!w.board.empty() && family.is_llama()) budget(s, host::board_names().at(w.board), image);
  if (!w.board.empty() && !family.is_llama())
    std::printf(
        "%s",
        encodes
            ? "  on a board  the size of its encoder<>, a constant, says so; here only Llama's family is counted\n"
            : "  on a board  its pipeline says so when it is compiled with fit<>; here only Llama's family is counted\n");
  std::printf("  written     %s\n              %s\n", image_file.c_str(), header_file.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Turns a model of llama2.c, GGUF or safetensors into a C++ type and an image for one board."};
  wishes w;
  app.add_option(
         "--weights", w.weights,
         "a GGUF file or a folder of safetensors, of any family that the library has; or a checkpoint: llama2.c legacy, ak42 version 1 or version 2")
      ->required();
  app.add_option("--tokenizer", w.tokenizer,
                 "llama2.c tokenizer.bin with as many tokens as the model; only for a checkpoint");
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
  app.add_option(
         "--calibration-tokens", w.calibration_tokens,
         "of text sampled from the model itself, for mse, gptq, awq and smooth; 0: mse weighs all columns alike, "
         "and the model need not fit into memory")
      ->check(CLI::IsMember({0}) | CLI::Range(256, 1 << 20))
      ->capture_default_str();
  auto* interleave = app.add_option("--interleave", w.rows, "rows interleaved: 1, 4, 8 or 16")->capture_default_str();
  std::vector<std::string> names;
  for (const auto& [name, facts] : host::board_names()) names.push_back(name);
  app.add_option("--board", w.board, "takes the layout of a board's instruction set")
      ->check(CLI::IsMember(names))
      ->excludes(interleave);
  auto* bos =
      app.add_option("--bos", w.special_tokens.bos, "token that opens a document; -1: none; a GGUF file says it")
          ->capture_default_str();
  app.add_option("--eos", w.ends,
                 "tokens that end an answer, with commas between, the first as examples do; -1: none; a GGUF file or "
                 "a folder says them; else 2");
  app.add_option("--note", w.special_tokens.note, "token in front of recalled knowledge; -1: none")
      ->capture_default_str();
  app.add_option("--user", w.special_tokens.user, "token in front of the user's words; -1: none")
      ->capture_default_str();
  app.add_option("--answer", w.special_tokens.answer, "token in front of the answer; -1: none")->capture_default_str();
  app.add_flag(
      "--no-order", w.no_order,
      "leaves the order of the texts out of a hashed token table: no constraint works then, and it is 2 bytes a "
      "token smaller, 4 from 65,536 tokens on");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  w.bos_given = bos->count() != 0;
  if (!w.weights.has_filename()) w.weights = w.weights.parent_path();  // "folder/" is called as the folder is
  if (!w.board.empty()) w.rows = mote::interleaved_rows(host::board_names().at(w.board).instructions);

  try {
    import(w);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "import_model: %s\n", e.what());
    return 1;
  }
  return 0;
}
