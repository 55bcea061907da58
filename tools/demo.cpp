// SPDX-License-Identifier: BSL-1.0
// demo: shows in about a minute, without input, what mote does: the budget of a chip, a remembered fact, private
// commands learned on the deployed 8-bit weights, both kept over a restart, and the same answers from a firmware.
// Refuses to claim what did not happen: each claim is checked, and the exit code is 1 if one fails.
//   demo --out build --firmware mps2-an500=assistant.elf      (./dev demo builds the firmware and says so)
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include BOARD_HEADER
#include MODEL_HEADER
#include "../examples/cortex_m_assistant/assistant.hpp"
#include "../examples/cortex_m_assistant/transcript.hpp"
#include "hearth/corpus.hpp"
#include "mote/boards/mps2_an500.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/host/file.hpp"
#include "mote/host/progress.hpp"
#include "mote/host/report/footprint.hpp"
#include "mote/host/train/teach.hpp"
#include "mote/mote.hpp"

namespace {

namespace host = mote::host;

/// The pipeline that runs on this PC.
using home = mote::pipeline<hearth, mote::quantize<8>, mote::lora<4, mote::lora_knobs{.targets = mote::all_matrices}>,
                            mote::rag<mote::bm25<>>, mote::fit<mote::boards::BOARD>>;

/// A pipeline for an STM32H743 that learns and fits into one 512 KiB block of RAM. Only its footprint is shown.
using on_a_chip = mote::pipeline<hearth, mote::quantize<8>, mote::lora<4, mote::lora_knobs{.tokens = 48}>,
                                 mote::rag<mote::bm25<>, mote::rag_knobs{.hits = 2, .tokens = 60}>, mote::context<96>,
                                 mote::fit<mote::boards::stm32h743, mote::fit_knobs{.code_bytes = 64 * 1024}>>;

/// The type of the firmware, run on this PC.
using on_the_board = assistant<hearth, mote::boards::mps2_an500>;

int failures = 0;
void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("FAILED: %s\n", what);
  ++failures;
}

void title(const char* text) {
  std::printf("\n--- %s ---\n\n", text);
  std::fflush(stdout);
}

void must(const char* what, mote::status s) {
  if (s != mote::status::ok) throw std::runtime_error(std::string(what) + ": " + std::string(name(s)));
}

std::string answer(home& ai, std::string_view question) {
  std::string said;
  auto pieces = ai.ask(question);
  must("ask", pieces.state());
  for (const std::string_view piece : pieces) said += piece;
  return said;
}

std::string show(home& ai, std::string_view question) {
  std::string said = answer(ai, question);
  std::printf("  > %.*s\n    %s%s\n", static_cast<int>(question.size()), question.data(), said.c_str(),
              ai.ending() == mote::ending::context_full ? " [cut: the context is full]" : "");
  std::fflush(stdout);
  return said;
}

std::size_t right(home& ai, const std::vector<host::dialogue_item>& items) {
  return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const host::dialogue_item& item) {
    return answer(ai, item.prompt) == item.answer;
  }));
}

void budget(const std::filesystem::path& out) {
  title("1. Will it fit? The compiler says so, before anything is flashed");
  constexpr mote::footprint cost = on_a_chip::cost();
  std::fputs(host::footprint_text(cost).c_str(), stdout);
  host::write_atomically(out / "footprint.json", host::footprint_json(cost));
  host::write_atomically(out / "footprint.svg", host::footprint_svg(cost));
  std::printf("Also written: %s and .svg\n", (out / "footprint.json").c_str());
}

constexpr std::string_view boiler = "What is the boiler's code?";

void remembering(home& ai) {
  title("2. It says what it does not know, and remembers what it is told");
  check(show(ai, boiler) == "I do not know.", "an unknown fact is not made up");
  constexpr std::string_view fact = "The boiler's service code is 7731.";
  must("remember", ai.remember(fact));
  std::printf("  remember: %.*s\n", static_cast<int>(fact.size()), fact.data());
  check(show(ai, boiler).find("7731") != std::string::npos, "a remembered fact is recalled");
}

void learning(home& ai) {
  title("3. It learns your own commands, on the weights as they are deployed");
  const auto lessons = host::private_command_examples();
  const auto later = host::private_command_heldout();
  const auto ordinary = host::control_items(64, 1);
  show(ai, later.front().prompt);
  const std::size_t later_before = right(ai, later);
  const std::size_t ordinary_before = right(ai, ordinary);

  std::printf("  %zu examples of three commands, among ordinary ones:\n", lessons.size());
  host::corpus source(51, host::split::train,
                      {.recall = 0.2F, .unknown = 0.05F, .command = 0.65F, .chat = 0.1F, .hardness = 1, .stray = 0});
  host::progress bar("  learning");
  const host::taught t = host::teach(ai, lessons, source, {}, [&](std::size_t round, std::size_t rounds, float loss) {
    bar.show(static_cast<double>(round) / static_cast<double>(rounds), "loss " + std::to_string(loss).substr(0, 6));
  });
  bar.done();
  must("learn", t.state);
  std::printf("  held-back loss %.3f -> %.3f in %zu steps of one example; %zu KiB of adapter\n\n",
              static_cast<double>(t.before), static_cast<double>(t.after), t.steps, home::cost().ram.weights / 1024);

  for (std::size_t i = 0; i < later.size(); i += later.size() / 3) show(ai, later[i].prompt);
  const std::size_t later_after = right(ai, later);
  const std::size_t ordinary_after = right(ai, ordinary);
  std::printf("\n                                        before   after\n");
  std::printf("  wordings that were never taught       %2zu/%zu    %2zu/%zu\n", later_before, later.size(), later_after,
              later.size());
  std::printf("  ordinary commands, held-out wordings  %2zu/%zu    %2zu/%zu\n", ordinary_before, ordinary.size(),
              ordinary_after, ordinary.size());
  check(later_after > later_before, "what was taught is answered in new wordings");
  check(ordinary_after + ordinary.size() / 10 >= ordinary_before, "ordinary commands still work");
}

void restart(std::unique_ptr<home>& ai, std::span<const std::byte> image, const std::filesystem::path& out) {
  title("4. A restart loses nothing");
  const std::string command = host::private_command_heldout().front().prompt;
  const std::string said = answer(*ai, command);
  std::vector<std::byte> bytes(ai->saved_bytes());
  must("save", ai->save(bytes));
  const std::filesystem::path file = out / "mine.mote";
  host::write_atomically(file, bytes);
  std::printf("  saved: %s, %zu bytes, replaced in one step\n", file.c_str(), bytes.size());

  ai = std::make_unique<home>();
  must("attach", ai->attach(image));
  check(answer(*ai, boiler) == "I do not know.", "a new object knows nothing");
  const host::mapped_file saved(file);
  must("load", ai->load(saved.bytes()));
  std::printf("  loaded into a new object:\n");
  check(show(*ai, boiler).find("7731") != std::string::npos, "the fact is back");
  check(show(*ai, command) == said, "the command is back");
}

/// The standard output of a shell command; throws if its exit code is not 0.
std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run: " + command);
  std::string all;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) all.append(buffer, n);
  if (::pclose(pipe) != 0) throw std::runtime_error("it failed: " + command + "\n" + all);
  return all;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

void boards(const std::vector<std::pair<std::string, std::string>>& firmware) {
  title("5. The same answers from a firmware, bit for bit");
  if (firmware.empty()) {
    std::printf("  Skipped: it needs arm-none-eabi-g++ and qemu-system-arm, and ./dev demo builds the rest.\n");
    return;
  }
  const host::mapped_file image(MODEL_IMAGE);
  std::string here;
  auto ai = std::make_unique<on_the_board>();
  check(transcript(*ai, [&here](std::string_view piece) { here += piece; }).run(image.bytes()), "the PC's own run");
  for (const auto& [machine, elf] : firmware) {
    const std::string there =
        output_of("timeout 120 qemu-system-arm -M " + machine +
                  " -nographic -monitor none -serial none -semihosting-config enable=on,target=native -kernel '" + elf +
                  "' < /dev/null");
    const bool same = there.starts_with(here);
    if (&machine == &firmware.front().first) std::printf("%s\n", here.c_str());
    // On a "tokens" line each number has one space before it, so the spaces are counted.
    std::size_t tokens = 0;
    for (std::size_t at = 0; (at = here.find("\ntokens", at)) != here.npos; ++at)
      tokens += count(std::string_view(here).substr(at, here.find('\n', at + 1) - at), " ");
    std::printf("  %-12s %s: %zu tokens, %zu hashes of all logits, the loss of a step of learning\n", machine.c_str(),
                same ? "identical" : "DIFFERENT", tokens, count(here, "\nlogits "));
    check(same, "a board answers as this PC does");
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path out = ".";
  std::vector<std::pair<std::string, std::string>> firmware;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "--out") out = value;
    if (option == "--firmware" && value.find('=') != value.npos)
      firmware.emplace_back(value.substr(0, value.find('=')), value.substr(value.find('=') + 1));
  }
  const auto start = std::chrono::steady_clock::now();
  try {
    std::filesystem::create_directories(out);
    const host::mapped_file image(IMAGE);
    auto ai = std::make_unique<home>();
    must("attach", ai->attach(image.bytes()));
    budget(out);
    remembering(*ai);
    learning(*ai);
    restart(ai, image.bytes(), out);
    boards(firmware);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "demo: %s\n", e.what());
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("\n%s, in %.0f s\n", failures == 0 ? "All of it held" : "NOT all of it held", took.count());
  return failures == 0 ? 0 : 1;
}
