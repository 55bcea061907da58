// SPDX-License-Identifier: BSL-1.0
// How sure the order of examples/cortex_m_switchboard is for sentences that mean one and for sentences that do not:
// for each the order, and its mean log-probability in nats a token.
//   g++ -std=c++23 -O2 -ffp-contract=off -DMOTE_WITH_XSIMD=0 -Iinclude -Imodels/hearth -Iexamples/cortex_m_switchboard
//     -DIMAGE='"models/hearth/hearth.mote"' bench/switchboard.cpp -o switchboard && ./switchboard
// Refuses to choose a bound: that is who reads it.
#include <cstdio>
#include <span>
#include <string_view>

#define main switchboard_main
#include <main.cpp>
#undef main

namespace {

constexpr std::string_view orders[] = {
    "turn on the kitchen light",  "turn off the kitchen light",
    "turn the hall light on",     "switch off the hall light",
    "put the garage light off",   "it is dark in the hall",
    "it is dark in the garage",   "cellar light on",
    "garage light off",           "light in the cellar please",
    "switch on the garage light", "turn off the cellar light",
    "turn on the light",
};
constexpr std::string_view others[] = {
    "turn on the bedroom light",
    "play jazz in the hall",
    "do not touch the hall light",
    "my dog is in the kitchen",
    "what time is it?",
    "set a timer for 5 minutes",
    "who are you?",
    "the kitchen is clean",
    "turn up the heating",
    "is the hall light on?",
    "the bins go out on thursday",
    "open the garage door",
    "is it dark in the garage?",
};

void measure(const char* name, std::span<const std::string_view> sentences) {
  std::printf("%s\n", name);
  for (const std::string_view sentence : sentences) {
    text said;
    (void)whole(listens, sentence, said);
    std::printf("  %-30.*s %9.5f  %.*s\n", static_cast<int>(sentence.size()), sentence.data(),
                static_cast<double>(listens.confidence().mean_log_probability), static_cast<int>(said.size),
                said.bytes);
  }
}

}  // namespace

int main() {
  if (listens.attach(image) != mote::status::ok) return 1;
  measure("orders", orders);
  measure("others", others);
}
