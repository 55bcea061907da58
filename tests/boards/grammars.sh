#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A hundred texts of each of five grammars (tests/decode/five_grammars.hpp) are said on an emulated Cortex-M7 by a model of random
# weights that draws at temperature 1; independent parsers on this PC (tests/decode/recognizers.hpp) accept each of them.
# Refuses to pass without a cross compiler or the emulator, and in the ordinary run: it is skipped (77).
# Usage: grammars.sh [include directory]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
[ "${MOTE_TEST_ALL:-ON}" = ON ] || { echo "skip: with --all"; exit 77; }
for tool in arm-none-eabi-g++ qemu-system-arm g++; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
example=$here/../../examples/cortex_m_assistant

cat > "$work/says.cpp" << 'C'
#include "decode/five_grammars.hpp"
#include "golden/golden.hpp"
#include "semihosting.hpp"

namespace {

struct speaking {  // golden::tiny with a longer context
  static constexpr std::string_view name = "speaking";
  static constexpr mote::shape shape = [] {
    mote::shape s = golden::tiny::shape;
    s.context = 256;
    return s;
  }();
  static constexpr std::size_t vocabulary_bytes = golden::table_bytes;
  static constexpr mote::special_tokens special_tokens = golden::control;
};
using notes = mote::rag<
    mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 40, .least = 0, .share = 0, .alike = 1}, mote::words<>>>;
template <class... More>
using speaker = mote::pipeline<speaking, mote::quantize<32>, mote::interleave<1>, mote::sample<>, More...>;

template <class Pipeline>
bool say(std::string_view name) {
  auto& ai = *new (golden::pipeline_bytes) Pipeline();
  static_assert(sizeof(Pipeline) <= golden::pipeline_room);
  const auto image = golden::make_image<typename Pipeline::format>(speaking::shape, speaking::name);
  if (ai.attach(image) != mote::status::ok) return false;
  if constexpr (Pipeline::recalls)
    for (const std::string_view note : mote_tests::notes_with_spans)
      if (ai.remember(note) != mote::status::ok) return false;
  unsigned whole = 0, cut = 0;
  for (std::uint64_t seed = 1; whole < 100; ++seed) {
    ai.seed(seed);
    char text[400];
    std::size_t size = 0;
    auto answer = ai.ask("the tea in the red hat", 160);
    if (answer.state() != mote::status::ok) return false;
    for (const std::string_view piece : answer)
      for (const char c : piece)
        if (size < sizeof text) text[size++] = c;
    const mote::ending how = answer.ending();
    if (how != mote::ending::complete && how != mote::ending::end_of_text) {
      if (how != mote::ending::limit || ++cut > 1000) return false;
      continue;
    }
    ++whole;
    semihosting::print(name);
    semihosting::print(" ");
    for (std::size_t i = 0; i < size; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      const char digits[] = {"0123456789abcdef"[c >> 4U], "0123456789abcdef"[c & 15U]};
      semihosting::print({digits, 2});
    }
    semihosting::print("\n");
  }
  semihosting::print("cut ");
  semihosting::print(cut);
  semihosting::print("\n");
  return true;
}

}  // namespace

int main() {
  const bool all = say<speaker<mote_tests::times>>("times") && say<speaker<mote_tests::sums>>("sums") &&
                   say<speaker<mote_tests::quoted>>("quoted") && say<speaker<mote_tests::order>>("order") &&
                   say<speaker<mote_tests::spans, notes>>("spans");
  return all ? 0 : 1;
}
C
cat > "$work/accepts.cpp" << 'C'
#include <iostream>
#include <map>
#include <set>
#include <span>
#include <string>

#include "decode/recognizers.hpp"

int main(int, char** notes) {
  std::map<std::string, std::set<std::string>> distinct;
  std::map<std::string, int> accepted;
  int failures = 0;
  for (std::string name, hex; std::cin >> name;) {
    std::getline(std::cin, hex);
    if (name == "cut") continue;
    std::string text;
    for (std::size_t i = 1; i + 1 < hex.size(); i += 2) text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    const std::string_view given[] = {notes[1], notes[2]};
    const bool good = name == "times"    ? mote_tests::is_time(text)
                      : name == "sums"   ? mote_tests::is_sum(text)
                      : name == "quoted" ? mote_tests::is_quoted(text)
                      : name == "order"  ? mote_tests::is_order(text)
                      : name == "spans"  ? mote_tests::is_span(text, given)
                                         : false;
    if (!good) std::cout << "FAILED: " << name << " does not accept " << text << "\n", ++failures;
    accepted[name] += good;
    distinct[name].insert(text);
  }
  for (const auto& [name, n] : accepted)
    std::cout << "ok    " << name << ": " << n << " accepted, " << distinct[name].size() << " of them distinct\n";
  for (const auto& [name, all] : distinct)
    if (accepted[name] != 100 || all.size() < 5) ++failures;
  return failures != 0 || accepted.size() != 5;
}
C
arm-none-eabi-g++ -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard -mthumb -std=gnu++23 -O2 -ffp-contract=off -fno-math-errno \
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-unwind-tables -fno-asynchronous-unwind-tables \
  -ffunction-sections -fdata-sections -Wall -Wextra "-I$include" "-I$here/.." "-I$here/../golden" "-I$example" \
  "$work/says.cpp" "$example/startup.cpp" -o "$work/says.elf" -nostdlib "-L$example/board" -T mps2-an500.ld \
  -Wl,--defsym=mote_stack_bytes=16384 -Wl,--gc-sections -Wl,--start-group -lc -lgcc -Wl,--end-group ||
  { echo "FAILED: it does not build"; exit 1; }
timeout 600 qemu-system-arm -M mps2-an500 -nographic -monitor none -serial none -semihosting-config enable=on,target=native \
  -kernel "$work/says.elf" > "$work/said" < /dev/null || { echo "FAILED: the board"; tail -n 5 "$work/said"; exit 1; }
json=$here/../../build/deps/usr/include
[ -d "$json/nlohmann" ] && json="-isystem $json" || json=
# shellcheck disable=SC2086
g++ -std=c++20 -O1 "-I$here/.." $json "$work/accepts.cpp" -o "$work/accepts"
# The notes of five_grammars.hpp, as the parser sees them.
"$work/accepts" "the tea is B-MX 4711, and hot" "ann has 12.50 in the red hat" < "$work/said"
grep -q "\"the tea is B-MX 4711, and hot\"" "$here/../decode/five_grammars.hpp" || { echo "FAILED: other notes"; exit 1; }
