// SPDX-License-Identifier: BSL-1.0
// allocate_bits: chooses a format for every tensor of a model so that its image fits a budget of bytes with the least
// loss. It prints the list of formats that import_model takes and the same as a C++ policy.
// Refuses to estimate: it measures every tensor in every format, on text sampled from the model itself.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/board_names.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/model_file.hpp"
#include "mote/host/progress.hpp"
#include "mote/host/quantize/allocate.hpp"
#include "mote/store/container.hpp"

namespace {

namespace host = mote::host;

struct wishes {
  std::filesystem::path weights;
  std::filesystem::path tokenizer;
  std::vector<std::size_t> budgets;
  std::vector<std::string> families{"q8", "q6", "q5", "iq4_nl", "q3"};
  std::string board;
  std::string quantizer = "rtn";
  std::size_t rows = 1;
  std::size_t tokens = 2560;
  std::size_t calibration_tokens = 4096;
  std::size_t begin = 1;
};

void run(const wishes& w) {
  const host::gguf_model read = host::read_model_file(w.weights, w.tokenizer);
  const host::raw_model& model = read.model;
  const mote::shape& s = model.shape;
  const std::size_t vocabulary = host::pack_vocabulary(read.vocabulary, {}).size();
  const host::batch_model base = host::use_floats(model);
  host::progress sampling("sampling text");
  const host::scheme scheme = host::read_scheme(w.quantizer + "/q8");
  const double texts = scheme.needs_text() ? 3 : 2;
  const auto text = [&](std::size_t tokens, std::uint64_t seed) {
    return host::calibration_text(model, tokens, w.begin, seed,
                                  [&](double part) { sampling.show((static_cast<double>(seed) - 1 + part) / texts); });
  };
  const host::quality_meter meter(base, text(w.tokens, 1));
  const host::quality_meter other(base, text(w.tokens, 2));
  host::text_sample calibration;
  if (scheme.needs_text()) calibration = text(w.calibration_tokens, 3);
  const host::rounding_way way{.quantizer = scheme.quantizer, .text = scheme.needs_text() ? &calibration : nullptr};
  sampling.done();

  const std::vector<std::string_view> families(w.families.begin(), w.families.end());
  host::progress measuring("measuring tensors");
  const auto tensors = host::measure_choices(
      model, families, w.rows, meter,
      [&](std::size_t done, std::size_t all) { measuring.show(static_cast<double>(done) / static_cast<double>(all)); },
      way);
  measuring.done();
  std::printf("%s, %zu tokens; KL of one tensor rounded, nats a token\n\n| tensor | weights |",
              w.weights.filename().c_str(), meter.text().sequences * meter.text().length);
  for (const auto& f : families) std::printf(" %.*s |", static_cast<int>(f.size()), f.data());
  std::printf("\n|---|---:|");
  for (std::size_t i = 0; i < families.size(); ++i) std::printf("---:|");
  for (const auto& t : tensors) {
    const mote::matrix_size m = size_of(s, t.place);
    std::printf("\n| %s | %zu |", name(t.place).c_str(), m.rows * m.cols);
    for (const auto& c : t.all) std::printf(" %.5f |", c.loss);
  }
  std::printf("\n");

  for (const std::size_t budget : w.budgets) {
    const std::size_t around = mote::lay_image(64, vocabulary).total_bytes - 64;
    if (budget < around)
      throw std::runtime_error("an image without weights has " + std::to_string(around) + " bytes already");
    const auto a = host::allocate(model, tensors, (budget - around) / 64 * 64, meter, way);
    const auto again = other.measure(host::use_compressed({.model = model, .plan = a.plan, .codes = a.codes}));
    std::printf("\nbudget %zu bytes: an image of %zu\n", budget,
                mote::lay_image(a.weights_bytes, vocabulary).total_bytes);
    if (a.uniform.empty())
      std::printf("  KL %.5f as a sum, %.5f as a whole, %.5f on another text\n", a.expected, a.measured.divergence,
                  again.divergence);
    else
      std::printf("  %s alone does better than any mixture: KL %.5f, %.5f on another text\n", a.uniform.c_str(),
                  a.measured.divergence, again.divergence);
    std::printf("  perplexity x %.4f, same choice %.4f\n", again.perplexity_ratio, again.same_choice);
    std::printf("  --formats %s%s\n  %s\n", host::text_of(a.plan, s).c_str(),
                w.quantizer == "rtn" ? "" : (" --quantizer " + w.quantizer).c_str(),
                host::policy_of(a.plan, s).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Finds a format for every tensor of a model: the least loss within a budget of bytes."};
  wishes w;
  app.add_option("--weights", w.weights, "a llama2.c checkpoint or a .gguf file")->required();
  app.add_option("--tokenizer", w.tokenizer, "llama2.c tokenizer.bin; not for .gguf");
  app.add_option("--bytes", w.budgets, "of the whole image, vocabulary and all; several budgets share the measurements")
      ->required();
  app.add_option("--formats", w.families, "that a tensor may have")->delimiter(',')->capture_default_str();
  app.add_option("--quantizer", w.quantizer, "who rounds, here and in import_model: rtn, mse, gptq or hqq")
      ->check(CLI::IsMember(std::vector<std::string>(host::quantizer_names.begin(), host::quantizer_names.end())))
      ->capture_default_str();
  app.add_option("--calibration-tokens", w.calibration_tokens, "for mse and gptq")
      ->check(CLI::Range(256, 1 << 20))
      ->capture_default_str();
  auto* interleave = app.add_option("--interleave", w.rows, "rows interleaved: 1, 4, 8 or 16")->capture_default_str();
  std::vector<std::string> names;
  for (const auto& [name, facts] : host::board_names()) names.push_back(name);
  app.add_option("--board", w.board, "takes the layout of a board's instruction set")
      ->check(CLI::IsMember(names))
      ->excludes(interleave);
  app.add_option("--tokens", w.tokens, "to measure on")->check(CLI::Range(256, 1 << 20))->capture_default_str();
  app.add_option("--begin", w.begin, "the token that opens a text")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  if (!w.board.empty()) w.rows = mote::interleaved_rows(host::board_names().at(w.board).instructions);
  try {
    run(w);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "allocate_bits: %s\n", e.what());
    return 1;
  }
  return 0;
}
