// SPDX-License-Identifier: BSL-1.0
// Tokens of an answer, freely or under a constraint, for the counts of bench/constrained.sh: TOKENS steps behind a prompt.
//   constrained IMAGE FORM     FORM: 0 freely, 1 any string, at each token another place, 2 digits, 3 orders in JSON,
//                              4 freely drawn, 5 any string drawn; 6, 7 the same as sharply as a trained model's;
//                              8, 9 the same without a filter; 10, 11 the same as 0, 1 with a repetition penalty,
//                              12, 13 with a banned token, 14, 15 with confidence
// Refuses to go on where a status is not ok or an answer ends before its tokens: exits 1.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "../instructions/mark.h"
#include "mote/mote.hpp"
#include MODEL_HEADER

namespace {

namespace s = mote::schema;
using any_text = mote::gbnf<R"_(root ::= ([^"\\\x00-\x1F]{7})* "!")_">;
using digits = mote::gbnf<"root ::= [0-9]{200,220}">;
using order = s::object<s::field<"device", s::one_of<"lamp", "fan">>, s::field<"level", s::integer<0, 100>>>;
/// Logits of random weights lie close together: the nucleus of sample<> has most tokens. Here it has some.
using sharp = mote::sample<mote::sample_knobs{.temperature = 0.1F}>;
using unfiltered = mote::sample<mote::sample_knobs{.temperature = 1, .top_p = 1}>;
using penalized = mote::repetition_penalty<>;
using banning = mote::banned_tokens<mote::greedy, 5>;
using orders = mote::json<s::array<order, 8, 9>>;

template <class... Constraint>
int run(std::span<const std::byte> image) {
  static mote::pipeline<MODEL, POLICY, mote::context<128>, Constraint...> ai;
  if (ai.attach(image, mote::payload_check::skip) != mote::status::ok) return 1;
  if (ai.begin("The garden", TOKENS + 1) != mote::status::ok) return 1;
  while (ai.tokens().size() == ai.prompt_tokens())
    if (ai.step().done) return 1;
  for (std::size_t i = 0; i < TOKENS; ++i) {
    instruction_mark();
    if (ai.step().done) return 1;
  }
  instruction_mark();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int file = ::open(argv[1], O_RDONLY);
  struct stat facts = {};
  if (file < 0 || ::fstat(file, &facts) != 0) return 2;
  const auto bytes = static_cast<std::size_t>(facts.st_size);
  void* const at = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (at == MAP_FAILED) return 2;
  const std::span image(static_cast<const std::byte*>(at), bytes);
  switch (std::atoi(argv[2])) {
    case 0: return run<>(image);
    case 1: return run<any_text>(image);
    case 2: return run<digits>(image);
    case 4: return run<mote::sample<>>(image);
    case 5: return run<mote::sample<>, any_text>(image);
    case 6: return run<sharp>(image);
    case 7: return run<sharp, any_text>(image);
    case 8: return run<unfiltered>(image);
    case 9: return run<unfiltered, any_text>(image);
    case 10: return run<penalized>(image);
    case 11: return run<penalized, any_text>(image);
    case 12: return run<banning>(image);
    case 13: return run<banning, any_text>(image);
    case 14: return run<mote::confidence>(image);
    case 15: return run<mote::confidence, any_text>(image);
    default: return run<orders>(image);
  }
}
