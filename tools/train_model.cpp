// SPDX-License-Identifier: BSL-1.0
// train_model: trains the project's own model from generated text and writes it in llama2.c's formats, with a record of
// the training.
// Refuses to start if the output folder cannot be written.
//   train_model --minutes 30 --out build/model
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <sstream>

#include "hearth/assistant_model.hpp"
#include "mote/block/decode.hpp"
#include "mote/family/llama.hpp"
#include "mote/host/file.hpp"
#include "mote/host/progress.hpp"
#include "mote/host/report/loss_plot.hpp"
#include "mote/host/train/llama2c_writer.hpp"

namespace {

using namespace mote;
using namespace mote::host;
constexpr std::size_t longest = 128;
using trainer = model_trainer<assistant_shape, longest>;

/// Decodes the model's answer greedily.
class reader {
 public:
  explicit reader(trainer& t) : trainer_(t) {}

  std::vector<std::uint32_t> answer(std::span<const std::uint32_t> prompt, std::size_t most) {
    constexpr shape s = assistant_shape;
    static constexpr auto plan = plan_arena(decode_lifetimes<llama, trainer::format>(s, longest));
    static constexpr auto frequencies = rope_frequencies<s.head_dim() / 2>(s.rope_theta);
    alignas(64) static std::byte arena[plan.bytes];
    alignas(64) static std::byte kept[float_cache::bytes(cache_shape_of(s), longest)];
    const float_cache cache(kept, cache_shape_of(s), longest);
    const decode_buffers<llama> buffers{arena, plan};
    full_gradients<trainer::format::rows> nothing(trainer::s, trainer::map, nullptr);
    std::vector<std::uint32_t> out;
    std::uint32_t token = 0;
    for (std::size_t position = 0; position < longest && out.size() < most; ++position) {
      const bool given = position < prompt.size();
      if (given) token = prompt[position];
      const float* logits = decode(trainer::s, trainer_.view(), nothing, frequencies.data(), cache, buffers, token,
                                   position, position + 1 >= prompt.size());
      if (logits == nullptr) continue;
      token = static_cast<std::uint32_t>(std::max_element(logits, logits + s.vocab) - logits);
      if (token == static_cast<std::uint32_t>(assistant_dialogue.eos)) break;
      out.push_back(token);
    }
    return out;
  }

 private:
  trainer& trainer_;
};

std::string_view name(task t) {
  constexpr std::string_view names[] = {"command", "chat", "recall", "unknown"};
  return names[static_cast<std::size_t>(t)];
}

/// For each kind of held-out item: (answered exactly, asked).
std::map<std::string_view, std::pair<int, int>> examine(trainer& t, const bpe_encoder& encoder, int items,
                                                        std::uint64_t seed) {
  corpus exam(seed, split::heldout);
  reader read(t);
  std::map<std::string_view, std::pair<int, int>> result;
  for (int i = 0; i < items; ++i) {
    const dialogue_item item = exam.next();
    const training_sequence q = to_sequence(encoder, item);
    if (q.tokens.size() > longest) continue;
    const std::span<const std::uint32_t> all(q.tokens);
    const auto said = read.answer(all.first(q.first_answer), q.tokens.size() - q.first_answer + 8);
    const auto wanted = all.subspan(q.first_answer, q.tokens.size() - q.first_answer - 1);
    auto& [right, of] = result[name(item.kind)];
    right += std::equal(said.begin(), said.end(), wanted.begin(), wanted.end()) ? 1 : 0;
    ++of;
  }
  return result;
}

/// Reports a failed write and goes on: a disk that is full for a while must not end hours of training. The next
/// checkpoint tries again.
template <class Writing>
void try_to(Writing&& writing) {
  try {
    writing();
  } catch (const file_error& e) {
    std::fprintf(stderr, "\ntrain_model: %s; training goes on\n", e.what());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Trains mote's own model from generated text."};
  double minutes = 30;
  std::size_t steps = 0;
  std::size_t batch_size = 64;
  float top_rate = 3e-3F;
  std::uint64_t seed = 1;
  std::string out = "model";
  app.add_option("--minutes", minutes, "stop after this long, if --steps is not given")->capture_default_str();
  app.add_option("--steps", steps, "exact number of steps: the reproducible way");
  app.add_option("--batch", batch_size, "items a step")->capture_default_str();
  app.add_option("--rate", top_rate, "highest learning rate")->capture_default_str();
  app.add_option("--seed", seed)->capture_default_str();
  app.add_option("--out", out, "folder for the model and its training record")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::filesystem::create_directories(out);
  std::ostringstream record;
  record << "step,tokens,seconds,rate,loss,held_out\n";
  const auto write_record = [&] { write_atomically(out + "/training.csv", record.view()); };
  write_record();  // fails before the training if the folder cannot be written
  std::printf("learning %zu pieces of text ...\n", assistant_shape.vocab);
  std::vector<std::string> texts;
  corpus sample(seed + 1000);
  for (int i = 0; i < 20000; ++i) {
    dialogue_item item = sample.next();
    for (auto& n : item.notes) texts.push_back(std::move(n));
    texts.push_back(std::move(item.prompt));
    texts.push_back(std::move(item.answer));
  }
  const bpe_encoder encoder(train_bpe(texts, assistant_shape.vocab, assistant_control_names()));
  if (encoder.vocabulary().pieces.size() != assistant_shape.vocab) {
    std::fprintf(stderr, "train_model: the text gave only %zu pieces\n", encoder.vocabulary().pieces.size());
    return 1;
  }

  std::vector<training_sequence> held_out;
  corpus exam(seed, split::heldout);
  while (held_out.size() < 256) {
    auto q = to_sequence(encoder, exam.next());
    if (q.tokens.size() <= longest) held_out.push_back(std::move(q));
  }

  auto model = std::make_unique<trainer>(seed);
  corpus text(seed);
  std::vector<loss_point> curve;
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::size_t seen = 0;
  double recent = 0;
  progress bar("training");
  for (std::size_t step = 0;; ++step) {
    const double part = steps > 0 ? static_cast<double>(step) / static_cast<double>(steps) : seconds() / (60 * minutes);
    if (part >= 1) break;
    text.hardness(static_cast<float>(std::min(1.0, part / 0.4)));
    std::vector<training_sequence> batch;
    while (batch.size() < batch_size) {
      auto q = to_sequence(encoder, text.next());
      if (q.tokens.size() > longest) continue;
      seen += q.tokens.size();
      batch.push_back(std::move(q));
    }
    const double warm = std::min(1.0, static_cast<double>(step + 1) / 200.0);
    // Cosine decay over half a turn. mote's own cosine: the last bit of libm's differs between machines, and so would
    // the weights.
    const double cosine =
        0.5 * (1 + static_cast<double>(simd::rotation(static_cast<std::uint64_t>(part * 0x1p63)).cosine));
    const auto rate = static_cast<float>(static_cast<double>(top_rate) * warm * (0.02 + 0.98 * cosine));
    const float loss = model->step(batch, rate);
    if (!std::isfinite(loss)) {
      std::fprintf(stderr, "\ntrain_model: the loss is not a number at step %zu; lower --rate\n", step);
      return 1;
    }
    recent = step == 0 ? static_cast<double>(loss) : 0.98 * recent + 0.02 * static_cast<double>(loss);
    bar.show(part, "loss " + std::to_string(recent).substr(0, 6));
    if (step % 200 == 0) {
      const double held = static_cast<double>(model->loss(held_out));
      record << step << ',' << seen << ',' << seconds() << ',' << rate << ',' << recent << ',' << held << '\n';
      try_to(write_record);
      curve.push_back({.tokens = static_cast<double>(seen), .loss = recent, .held_out = held});
    }
    if (step % 2000 == 1999) {
      std::printf("\nstep %zu, %zu tokens, %.0f s:", step + 1, seen, seconds());
      for (const auto& [kind, r] : examine(*model, encoder, 200, seed + 7))
        std::printf("  %.*s %d/%d", static_cast<int>(kind.size()), kind.data(), r.first, r.second);
      std::printf("\n");
      try_to([&] { write_llama2c(out + "/model.bin", out + "/tokenizer.bin", *model, encoder.vocabulary()); });
    }
  }
  bar.done();
  const double held = static_cast<double>(model->loss(held_out));
  curve.push_back({.tokens = static_cast<double>(seen), .loss = recent, .held_out = held});
  write_llama2c(out + "/model.bin", out + "/tokenizer.bin", *model, encoder.vocabulary());
  write_record();
  write_atomically(out + "/training.svg", plot_loss(curve));
  std::printf("trained on %zu tokens in %.0f s; held-out loss %.4f nats a token\n", seen, seconds(), held);
  std::ostringstream summary;
  summary << "tokens " << seen << "\nseconds " << seconds() << "\nheld_out_loss " << held << "\n";
  for (const auto& [kind, r] : examine(*model, encoder, 1000, seed + 99)) {
    std::printf("  %-8.*s %d of %d held-out items exactly right\n", static_cast<int>(kind.size()), kind.data(), r.first,
                r.second);
    summary << kind << ' ' << r.first << " of " << r.second << '\n';
  }
  write_atomically(out + "/training.txt", summary.view());
} catch (const std::exception& e) {
  std::fprintf(stderr, "train_model: %s\n", e.what());
  return 1;
}
