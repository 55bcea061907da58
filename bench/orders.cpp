// SPDX-License-Identifier: BSL-1.0
// Orders of the model that is shipped, freely and under the grammar of its demo's world, on questions of ten kinds, drawn
// and hostile: how many are JSON, and how many are orders to a device that exists.
//   bench_orders IMAGE [questions]    IMAGE has rows by 1, as models/hearth/hearth.mote
// "right": of the orders of the corpus, those whose answer is the corpus' own, and is of the world.
// Refuses to choose questions: they are those of the test (tests/tools/hearth/orders.hpp), which was written first.
#include "../tests/tools/hearth/orders.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "../models/hearth/hearth.hpp"
#include "mote/host/file.hpp"
#include "mote/mote.hpp"

namespace {

using as_it_says = mote::pipeline<hearth, mote::interleave<1>, mote::context<128>>;
using of_the_world = mote::pipeline<hearth, mote::interleave<1>, mote::context<128>, mote_tests::world_orders>;

struct tally {
  std::size_t asked = 0, refused = 0, json = 0, world = 0, cut = 0, right = 0;
};

template <class Pipeline>
tally ask(Pipeline& ai, std::string_view question, std::string_view expected) {
  tally t{.asked = 1};
  std::string said;
  auto answer = ai.ask(question);
  for (const std::string_view piece : answer) said += piece;
  if (answer.state() != mote::status::ok) t.refused = 1;
  else if (answer.ending() != mote::ending::complete && answer.ending() != mote::ending::end_of_text) t.cut = 1;
  else {
    t.json = nlohmann::json::accept(said) ? 1 : 0;
    t.world = mote_tests::is_order_of_the_world(said) ? 1 : 0;
    t.right = t.world == 1 && said == expected ? 1 : 0;
  }
  return t;
}

void add(tally& to, const tally& t) {
  to.asked += t.asked, to.refused += t.refused, to.json += t.json, to.world += t.world, to.cut += t.cut,
      to.right += t.right;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_orders IMAGE [questions]\n"), 1;
  const mote::host::mapped_file file(argv[1]);
  const std::size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000;
  const auto freely = std::make_unique<as_it_says>();
  const auto under = std::make_unique<of_the_world>();
  if (freely->attach(file.bytes()) != mote::status::ok || under->attach(file.bytes()) != mote::status::ok) return 1;
  constexpr std::array names{"orders, held-out wordings",
                             "orders",
                             "orders, facts, small talk",
                             "orders behind other words",
                             "random bytes",
                             "random letters and marks",
                             "JSON of no device, or none",
                             "rooms that do not exist",
                             "marks of a dialogue, broken UTF-8",
                             "one character, up to 399 times"};
  std::array<tally, names.size()> free{}, constrained{};
  mote_tests::hostile_questions questions;
  for (std::size_t i = 0; i < most; ++i) {
    std::string expected;
    const std::string question = questions.next(&expected);
    add(free[i % names.size()], ask(*freely, question, expected));
    add(constrained[i % names.size()], ask(*under, question, expected));
  }
  std::printf(
      "| questions | asked | refused | freely: JSON | an order of the world | right | under the grammar: JSON "
      "| an order of the world | right | cut |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  tally all_free, all;
  const auto row = [](const char* name, const tally& f, const tally& c) {
    std::printf("| %s | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu |\n", name, c.asked, c.refused, f.json,
                f.world, f.right, c.json, c.world, c.right, c.cut);
  };
  for (std::size_t k = 0; k < names.size(); ++k) {
    row(names[k], free[k], constrained[k]);
    add(all_free, free[k]);
    add(all, constrained[k]);
  }
  row("all", all_free, all);
  return all.world + all.refused == all.asked ? 0 : 1;
}
