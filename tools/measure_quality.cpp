// SPDX-License-Identifier: BSL-1.0
// measure_quality: measures what a model loses in formats and by quantizers, on text sampled from itself: mean
// divergence, ratio of perplexities, how often the likeliest token stays the same. Prints a table and draws a picture.
// Refuses to say what is good enough: it gives the loss for each size.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "mote/host/file.hpp"
#include "mote/host/import/model_file.hpp"
#include "mote/host/progress.hpp"
#include "mote/host/quantize/compress.hpp"
#include "mote/host/report/quality.hpp"
#include "mote/host/report/quality_plot.hpp"

namespace {

namespace host = mote::host;

struct wishes {
  std::filesystem::path weights;
  std::filesystem::path tokenizer;
  std::filesystem::path plot;
  std::vector<std::string> schemes{"q8",
                                   "q6",
                                   "q6k",
                                   "q5",
                                   "mse/q5a,embedding=q8",
                                   "q4",
                                   "iq4_nl",
                                   "q4k",
                                   "iq4_nl,embedding=f32",
                                   "awq/iq4_nl,embedding=f32",
                                   "gptq/q4a,embedding=f32",
                                   "gptq/iq4_nl,embedding=q8",
                                   "gptq/q4k,embedding=q8",
                                   "iq4_nl,embedding=q8,value=q6,down=q6",
                                   "gptq/iq4_nl,embedding=q8,value=q6,down=q6",
                                   "hadamard/gptq/iq4_nl,embedding=q8,head=q8",
                                   "q3",
                                   "gptq/q3,embedding=q8",
                                   "gptq/q3k,embedding=q8",
                                   "q2",
                                   "ternary"};
  std::size_t tokens = 3840;
  std::size_t calibration_tokens = 4096;
  std::size_t begin = 1;
};

void run(const wishes& w) {
  const host::raw_model model = host::read_model_file(w.weights, w.tokenizer).model;
  const mote::shape& s = model.shape;
  const std::size_t parameters = mote::parameters_of<mote::llama>(s);
  host::progress sampling("sampling text");
  const host::text_sample calibration =
      host::calibration_text(model, w.calibration_tokens, w.begin, 1, [&](double part) { sampling.show(part / 2); });
  const host::batch_model base = host::use_floats(model);
  const host::quality_meter meter(
      base, host::calibration_text(model, w.tokens, w.begin, 2, [&](double part) { sampling.show(0.5 + part / 2); }));
  sampling.done();
  std::printf("%s, %zu parameters; %zu tokens of its own, perplexity %.3f\n\n", w.weights.filename().c_str(),
              parameters, meter.text().sequences * meter.text().length, meter.base_perplexity());
  std::printf(
      "| scheme | weights, bytes | bits a parameter | KL | perplexity | same choice |\n|---|---:|---:|---:|---:|---:|\n");
  std::vector<host::quality_point> points;
  for (const std::string& text : w.schemes) {
    const host::compressed_model c = host::compress(model, host::read_scheme(text), 1, &calibration);
    const std::size_t bytes = host::map_tensors(c.plan, c.model.shape).bytes;
    const host::quality q = meter.measure(host::use_compressed(c));
    std::printf("| `%s` | %zu | %.2f | %.4f | %.3f | %.3f |\n", text.c_str(), bytes,
                8 * static_cast<double>(bytes) / static_cast<double>(parameters), q.divergence, q.perplexity_ratio,
                q.same_choice);
    std::fflush(stdout);
    points.push_back({text, static_cast<double>(bytes), q.divergence});
  }
  std::printf("\nno other is smaller and better:");
  for (const auto& p : host::frontier(points)) std::printf(" `%s`", p.name.c_str());
  std::printf("\n");
  if (!w.plot.empty()) host::write_atomically(w.plot, host::plot_quality(points, w.weights.filename().string()));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures what a model loses in formats and by quantizers, on text that it wrote itself."};
  wishes w;
  std::vector<std::string> schemes;
  app.add_option("--weights", w.weights, "a llama2.c checkpoint or a .gguf file")->required();
  app.add_option("--tokenizer", w.tokenizer, "llama2.c tokenizer.bin; not for .gguf");
  app.add_option("schemes", schemes,
                 "such as q8, gptq/iq4_nl,embedding=q8, awq/mse/q4; left out: a table of usual ones");
  app.add_option("--plot", w.plot, "an SVG picture");
  app.add_option("--tokens", w.tokens, "to measure on")->check(CLI::Range(256, 1 << 20))->capture_default_str();
  app.add_option("--calibration-tokens", w.calibration_tokens, "for quantizers and folds")
      ->check(CLI::Range(256, 1 << 20))
      ->capture_default_str();
  app.add_option("--begin", w.begin, "the token that opens a text")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  if (!schemes.empty()) w.schemes = schemes;
  try {
    run(w);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "measure_quality: %s\n", e.what());
    return 1;
  }
  return 0;
}
