// SPDX-License-Identifier: BSL-1.0
#include "mote/pipeline/answer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <vector>

namespace {

using mote::answer_progress;
using mote::ending;
using mote::status;

/// A pipeline that says these pieces; an empty one is a step of the prompt.
struct speaker {
  std::vector<std::string> pieces;
  answer_progress progress{};
  std::size_t at = 0;
  mote::ending last = mote::ending::end_of_text;
  mote::progress_step step() {
    if (at == pieces.size()) return progress.finish(last);
    return {.piece = pieces[at++]};
  }
  status state() const { return progress.state; }
  mote::ending ending() const { return progress.ending; }
};

}  // namespace

TEST_CASE("answer: a loop sees each piece once, and none of the prompt's steps", "[pipeline]") {
  for (const std::vector<std::string>& said : {std::vector<std::string>{"", "", "Yes", "", ", of", " course"},
                                               std::vector<std::string>{"", ""}, std::vector<std::string>{}}) {
    speaker s{said};
    mote::basic_answer answer(s);
    std::string all;
    std::size_t pieces = 0;
    for (const std::string_view piece : answer) all += piece, ++pieces;
    std::string expected;
    std::size_t count = 0;
    for (const std::string& p : said) expected += p, count += p.empty() ? 0U : 1U;
    CHECK(all == expected);
    CHECK(pieces == count);
    CHECK(answer.ending() == ending::end_of_text);
  }
}

TEST_CASE("answer: a loop that is left goes on where it was", "[pipeline]") {
  speaker s{{"a", "b", "c"}};
  mote::basic_answer answer(s);
  for (const std::string_view piece : answer)
    if (piece == "b") break;
  CHECK(answer.ending() == ending::none);
  std::string rest;
  for (const std::string_view piece : answer) rest += piece;
  CHECK(rest == "c");
}

TEST_CASE("answer: a step after the end says how it ended, and one before the start that nothing is attached",
          "[pipeline]") {
  answer_progress p;
  CHECK((p.last_step().state == status::not_attached && p.last_step().done && p.last_step().ending == ending::failed));
  CHECK((p.start() == status::ok && p.ending == ending::none));
  const auto end = p.finish(ending::limit);
  CHECK((end.done && end.ending == ending::limit && end.state == status::ok && p.last_step().ending == ending::limit));
  const auto failed = p.fail_step(status::too_long);
  CHECK((failed.done && failed.state == status::too_long && failed.ending == ending::failed));
  CHECK(p.last_step().state == status::too_long);
  p.stop();
  CHECK((p.last_step().ending == ending::stopped && p.last_step().state == status::empty));
  CHECK((p.start() == status::ok && p.state == status::ok));
}

TEST_CASE("answer: every ending has its own name", "[pipeline]") {
  std::set<std::string> names;
  for (int e = 0; e <= static_cast<int>(ending::failed); ++e) names.insert(std::string(name(static_cast<ending>(e))));
  CHECK(names == std::set<std::string>{"none", "end_of_text", "complete", "stop_word", "limit", "context_full",
                                       "stopped", "failed"});
  CHECK(name(ending::limit) == "limit");
  CHECK(name(static_cast<ending>(77)) == "unknown");
}
