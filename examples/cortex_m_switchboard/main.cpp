// SPDX-License-Identifier: BSL-1.0
// A sentence switches a light of an Arm MPS3 board with image AN547: the order is a string of a grammar, the light's
// number is a span of a note, and what is not certain or not wired switches nothing.
// Refuses input: what it prints stands in docs/howto/drive-a-gpio.md. Compiled for a PC, it prints the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mote/boards/mps3_an547.hpp>
#include <mote/mote.hpp>

#include "hearth.hpp"

#if defined(__linux__)
#include <cstdio>
static std::uint32_t leds;
static void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
#else
#include "semihosting.hpp"
static volatile std::uint32_t& leds = *reinterpret_cast<std::uint32_t*>(0x49302000);  // FPGAIO LED0: bits 0 to 9
static void print(std::string_view text) { semihosting::print(text); }
#endif

namespace {

using order = mote::gbnf<R"_(
root ::= "{\"light\":\"" room "\",\"set\":\"" ("on" | "off") "\"}" | "{\"ask\":\"which room\"}"
room ::= "kitchen" | "hall" | "garage" | "cellar"
)_">;
using wire = mote::gbnf<R"_(root ::= copied ([a-z]+ " light's number is " [0-9]))_">;
using board = mote::fit<mote::boards::mps3_an547>;
using listener = mote::pipeline<hearth, order, mote::confidence, mote::context<96>, board>;
using finder = mote::pipeline<hearth, mote::rag<mote::bm25<>, mote::rag_knobs{.hits = 1, .tokens = 40}>, wire,
                              mote::context<96>, board>;
MOTE_EMBED_IMAGE(image, IMAGE, listener::image_bytes);

listener listens;
finder finds;

struct text {
  char bytes[64];
  std::size_t size = 0;
  std::string_view view() const { return {bytes, size}; }
  text& operator+=(std::string_view more) {
    for (std::size_t i = 0; i < more.size() && size < sizeof bytes; ++i) bytes[size++] = more[i];
    return *this;
  }
};

/// Reads a whole string of a pipeline's grammar into `to`. False: there is none, or it was cut.
template <class Pipeline>
bool whole(Pipeline& ai, std::string_view question, text& to) {
  auto answer = ai.ask(question);
  for (const std::string_view piece : answer) to += piece;
  return answer.ending() == mote::ending::complete && to.size < sizeof to.bytes;
}

/// Switches what the sentence names; the answer for the user is what it did, or why not.
std::string_view obey(std::string_view sentence) {
  text said;
  if (!whole(listens, sentence, said)) return "I was cut short.";
  print(said.view());
  print("\n");
  if (!(listens.confidence().mean_log_probability >= -0.01F)) return "I did not understand.";
  if (said.view().starts_with("{\"ask\"")) return "Which room?";

  std::string_view room = said.view();
  room.remove_prefix(std::string_view("{\"light\":\"").size());
  room = {room.data(), room.find('"')};
  text question, span;
  question += "what is the ";
  question += room;
  question += " light's number?";
  const bool found = whole(finds, question.view(), span);
  if (found) {
    print(span.view());
    print("\n");
  }
  text wanted;  // all but the digit
  wanted += room;
  wanted += " light's number is ";
  if (!found || !span.view().starts_with(wanted.view())) return "I do not know where that light is.";

  const std::uint32_t bit = std::uint32_t{1} << (span.view().back() - '0');
  const bool on = said.view().ends_with("\"on\"}");
  leds = on ? leds | bit : leds & ~bit;
  return on ? "It is on." : "It is off.";
}

void hear(std::string_view sentence) {
  print("> ");
  print(sentence);
  print("\n");
  print(obey(sentence));
  print(" leds 7..0: ");
  for (unsigned i = 8; i-- > 0;) print((leds >> i & 1U) != 0 ? "1" : "0");
  print("\n");
}

}  // namespace

int main() {
  if (listens.attach(image) != mote::status::ok || finds.attach(image) != mote::status::ok) return 1;
  leds = 0;
  hear("turn on the kitchen light");  // no note says which it is
  if (finds.remember("the hallway light's number is 5.") != mote::status::ok) return 1;
  hear("it is dark in the hall");  // nor which this is: the note is another light's
  for (const std::string_view note : {"the kitchen light's number is 3.", "the hall light's number is 7."})
    if (finds.remember(note) != mote::status::ok) return 1;
  for (const std::string_view sentence :
       {"turn on the kitchen light", "it is dark in the hall", "put the kitchen light off", "turn on the light",
        "turn on the bedroom light", "play jazz in the hall", "cellar light on"})
    hear(sentence);
  return 0;
}
