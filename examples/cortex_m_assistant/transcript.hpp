// SPDX-License-Identifier: BSL-1.0
// The conversation of this example: a question that the model cannot answer, a fact to remember, the question again,
// and a private command before and after a few steps of learning. It prints tokens, losses and a hash of all logits, so
// that the outputs of two machines can be compared line by line.
// Refuses to print what differs between machines: main.cpp prints sizes and the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <mote/core/checksum.hpp>
#include <mote/pipeline.hpp>

#include "text.hpp"

/// `put` is called with every std::string_view to print.
template <class Assistant, class Put>
class transcript {
 public:
  transcript(Assistant& ai, Put put) : ai_(ai), put_(put) {}

  /// Attaches the image and runs the conversation. True if every call succeeded and learning lowered the loss.
  bool run(std::span<const std::byte> image) {
    if (!good("attach", ai_.attach(image))) return false;
    put_("model ");
    put_(Assistant::model_type::name);
    put_("\n");

    constexpr std::string_view question = "What is the boiler's code?";
    bool all = ask(question);
    if constexpr (Assistant::recalls) {
      constexpr std::string_view fact = "The boiler's service code is 7731.";
      all = good("remember", ai_.remember(fact)) && ask(question) && all;
    }
    if constexpr (Assistant::learns) {
      constexpr std::string_view command = "movie night";
      all = ask(command) && learn({.prompt = command, .answer = "{\"scene\":\"cinema\"}"}, 8) && ask(command) && all;
    }
    put_(all ? "done\n" : "FAILED\n");
    return all;
  }

 private:
  bool good(std::string_view what, mote::status s) {
    put_(what);
    put_(": ");
    put_(name(s));
    put_("\n");
    return s == mote::status::ok;
  }

  /// Prints the answer, the tokens of prompt and answer, and a hash of the logits that the answer was chosen from.
  bool ask(std::string_view question) {
    put_("> ");
    put_(question);
    put_("\n");
    if (const mote::status s = ai_.begin(question, 24); s != mote::status::ok) return good("ask", s);
    mote::fingerprint seen;
    for (bool done = false; !done;) {
      const mote::progress_step s = ai_.step();  // one token; a main loop can do other work between two steps
      done = s.done;
      put_(s.piece);
      if (done || ai_.tokens().size() > ai_.prompt_tokens())
        for (const float x : ai_.logits()) seen.add(__builtin_bit_cast(std::uint32_t, x));
    }
    put_("\ntokens");
    for (const auto t : ai_.tokens()) {
      put_(" ");
      text::number(put_, t);
    }
    put_("\nlogits ");
    text::hex(put_, static_cast<std::uint32_t>(seen.value() >> 32U));
    text::hex(put_, static_cast<std::uint32_t>(seen.value()));
    put_("\n");
    return true;
  }

  bool learn(const mote::example& e, int steps) {
    (void)ai_.learning().rate(0.01F);  // five times the default, because there are only a few steps
    const mote::learned first = ai_.loss(e);
    if (first.state != mote::status::ok) return good("learn", first.state);
    for (int i = 0; i < steps; ++i) (void)ai_.learn(e);
    const float last = ai_.loss(e).loss;
    put_("learned in ");
    text::number(put_, static_cast<std::uint32_t>(steps));
    put_(" steps: loss ");
    text::fixed(put_, first.loss);
    put_(" -> ");
    text::fixed(put_, last);
    put_("\n");
    return last < first.loss;
  }

  Assistant& ai_;
  Put put_;
};
