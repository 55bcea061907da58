// SPDX-License-Identifier: BSL-1.0
// One person's own words: does an adapter learn from earlier messages what helps with later ones? On the messages of
// IRC users (assets/irc-users) with a model of 260,000 parameters that was trained on children's stories.
//
// The users are chosen by rule, not by result: the three with the most messages, by name where they are equal. Each
// user's messages stay in the order of time: 70 % to learn, 10 % to know when to stop, 20 % to measure. The first word
// of a message (mostly the name of the person spoken to) is the prompt; what is measured is the rest. Messages that do
// not fit the learning window are left out of all parts.
// Optimized: it learns for five epochs what three people wrote.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../assets.hpp"
#include "../model/plain_decoder.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/learn/early_stop.hpp"
#include "mote/learn/prefix_tuning.hpp"
#include "mote/learn/prompt_tuning.hpp"
#include "mote/pipeline.hpp"

namespace {

using mote::status;

struct stories260k {
  static constexpr std::string_view name = "stories260k";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
  static constexpr std::size_t vocabulary_bytes = 4464;
  static constexpr mote::special_tokens special_tokens{};
};
using assistant =
    mote::pipeline<stories260k, mote::quantize<8>, mote::context<96>,
                   mote::lora<8, mote::lora_knobs{.targets = mote::all_matrices, .tokens = 64, .batch = 4, .chunk = 16},
                              mote::adam<mote::adam_knobs{.rate = 4e-3F}>>>;

struct message {
  std::string prompt, answer;
  mote::example example() const { return {.prompt = prompt, .answer = answer}; }
};

std::map<std::string, std::vector<message>> read_users(const std::filesystem::path& file) {
  std::map<std::string, std::vector<message>> users;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);  // the names of the columns
  while (std::getline(in, line)) {
    std::size_t at = 0;
    for (int column = 0; column < 3; ++column) at = line.find('\t', at) + 1;
    const std::string text = line.substr(at);
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || space == 0 || space + 1 == text.size()) continue;
    users[line.substr(0, line.find('\t'))].push_back({text.substr(0, space), text.substr(space + 1)});
  }
  return users;
}

/// Nats a token over a set; every message counts alike.
template <class Assistant>
double mean_loss(Assistant& ai, std::span<const message> set) {
  double sum = 0;
  for (const message& m : set) {
    const auto l = ai.loss(m.example());
    REQUIRE(l.state == status::ok);
    sum += static_cast<double>(l.loss);
  }
  return sum / static_cast<double>(set.size());
}

mote_tests::packed_bytes stories_image() {
  const auto model = mote::host::read_llama2c(mote_tests::asset("llama2c-stories260K/stories260K.bin"));
  const auto vocabulary = mote::host::pack_vocabulary(
      mote::host::read_llama2c_tokenizer(mote_tests::asset("llama2c-stories260K/tok512.bin"), model.shape.vocab),
      stories260k::special_tokens);
  const auto written = mote::host::write_image<assistant::format>(model, vocabulary, stories260k::name);
  mote_tests::packed_bytes image(written.bytes.size());
  std::memcpy(image.data(), written.bytes.data(), written.bytes.size());
  return image;
}

}  // namespace

TEST_CASE("an adapter that learned a user's earlier messages predicts the later ones better") {
  const auto users = read_users(mote_tests::asset("irc-users/users.tsv"));
  const mote_tests::packed_bytes image = stories_image();
  std::vector<std::pair<std::size_t, std::string>> by_count;
  for (const auto& [name, messages] : users) by_count.emplace_back(messages.size(), name);
  std::sort(by_count.begin(), by_count.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  REQUIRE(by_count.size() == 100);

  auto ai = std::make_unique<assistant>();
  mote_tests::packed_bytes best_state(1 << 20);
  std::vector<std::vector<message>> later_of;
  std::vector<mote_tests::packed_bytes> state_of;
  for (std::size_t u = 0; u < 3; ++u) {
    REQUIRE(ai->attach(image.span()) == status::ok);
    std::vector<message> fitting;
    for (const message& m : users.at(by_count[u].second))
      if (ai->loss(m.example()).state == status::ok) fitting.push_back(m);
    const std::size_t n = fitting.size();
    REQUIRE(n >= 100);
    const std::span<const message> all(fitting);
    const auto learn = all.first(n * 7 / 10), validate = all.subspan(learn.size(), n / 10),
               later = all.subspan(learn.size() + validate.size());

    const double base = mean_loss(*ai, later);
    mote::early_stop<2> stop;
    (void)stop.observe(static_cast<float>(mean_loss(*ai, validate)));
    bool improved = false;
    int epoch = 0;
    for (; epoch < 5; ++epoch) {
      for (const message& m : learn) REQUIRE(ai->learn(m.example()).state == status::ok);
      const mote::verdict v = stop.observe(static_cast<float>(mean_loss(*ai, validate)));
      if (v == mote::verdict::better) {
        improved = true;
        REQUIRE(ai->saved_bytes() <= best_state.size());
        REQUIRE(ai->save({best_state.data(), best_state.size()}) == status::ok);
      }
      if (v == mote::verdict::stop) break;
    }
    REQUIRE(improved);
    REQUIRE(ai->load({best_state.data(), ai->saved_bytes()}) == status::ok);
    const double after = mean_loss(*ai, later);
    WARN(by_count[u].second << ": " << learn.size() << " messages learned, " << later.size() << " later ones: " << base
                            << " -> " << after << " nats a token (" << 100 * (after / base - 1) << " %), " << epoch
                            << " epochs");
    CHECK(after < 0.9 * base);
    later_of.emplace_back(later.begin(), later.end());
    state_of.push_back(best_state);
  }

  // How much of it is the person, and how much only the channel? Each user's later words under the others' adapters.
  for (std::size_t u = 0; u < 3; ++u) {
    double own = 0, others = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      REQUIRE(ai->load({state_of[a].data(), ai->saved_bytes()}) == status::ok);
      (a == u ? own : others) += mean_loss(*ai, later_of[u]) / (a == u ? 1 : 2);
    }
    WARN(by_count[u].second << ": " << own << " with the user's own adapter, " << others << " with the others'");
    CHECK(own < others);
  }
}

TEMPLATE_TEST_CASE("what stands in front of a prompt, and nothing else, learns what a user's later messages are like",
                   "", (mote::prompt_tuning<8, mote::prompt_tuning_knobs{.tokens = 64, .batch = 4, .chunk = 16}>),
                   (mote::prefix_tuning<8, mote::prefix_tuning_knobs{.tokens = 64, .batch = 4, .chunk = 16}>)) {
  using student = mote::pipeline<stories260k, mote::quantize<8>, mote::context<96>, TestType>;
  const auto users = read_users(mote_tests::asset("irc-users/users.tsv"));
  const auto most = std::max_element(users.begin(), users.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();  // the first by name of those with the most
  });
  const mote_tests::packed_bytes image = stories_image();
  const auto untaught = std::make_unique<assistant>();
  const auto ai = std::make_unique<student>();
  REQUIRE(untaught->attach(image.span()) == status::ok);
  REQUIRE(ai->attach(image.span()) == status::ok);
  std::vector<message> fitting;
  for (const message& m : most->second)
    if (ai->loss(m.example()).state == status::ok) fitting.push_back(m);
  const std::span<const message> all(fitting);
  const auto learn = all.first(all.size() * 7 / 10), later = all.subspan(learn.size());
  const double base = mean_loss(*untaught, later);
  const double start = mean_loss(*ai, later);
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const message& m : learn) REQUIRE(ai->learn(m.example()).state == status::ok);
  const double after = mean_loss(*ai, later);
  WARN(most->first << ": " << learn.size() << " messages learned, " << later.size() << " later ones: " << base
                   << " nats a token without, " << start << " at the start, " << after << " with what was learned");
  CHECK(after < 0.9 * base);
}
