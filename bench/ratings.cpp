// SPDX-License-Identifier: BSL-1.0
// verbalize<>'s scores as a rating of five steps, and as probabilities: how often right, how far off, and how far what
// they say of themselves is from how often they are right (expected calibration error, ten bins: Guo et al. 2017, arXiv
// 1706.04599), before and after a temperature. Beside them what the model says freely, and under allowed<>.
//   bench_ratings IMAGE [labels [questions a label [questions at most]]]    IMAGE has rows by 1, as models/hearth/hearth.mote
// Ratings: sentences made by a rule, each with a word of one step; half of the words are the labels themselves.
// Intents: those of bench_labels. Priors and temperatures are of other sentences than those that are counted.
// Refuses to be a claim about a model that was made for this: hearth was trained on none of it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../models/hearth/hearth.hpp"
#include "mote/mote.hpp"

namespace {

using scorer = mote::pipeline<hearth, mote::context<96>, mote::interleave<1>>;
using rater = mote::pipeline<hearth, mote::context<96>, mote::interleave<1>,
                             mote::allowed<"awful", "bad", "fine", "good", "great">>;
constexpr std::array<std::string_view, 5> steps{"awful", "bad", "fine", "good", "great"};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct question {
  std::string text;
  std::size_t label;
};
struct task {
  std::vector<std::string_view> labels;
  std::vector<question> prior, fitted, counted;
};

// For callgrind: --toggle-collect=score_of_a_question, or '*said_freely*'.
extern "C" {
[[gnu::noinline]] bool score_of_a_question(scorer& ai, std::string_view text, const task& t,
                                           std::vector<float>& scores) {
  scores.resize(t.labels.size());
  return ai.score(text, t.labels, scores) == mote::status::ok;
}
}
template <class Pipeline>
[[gnu::noinline]] std::string said_freely(Pipeline& ai, std::string_view text) {
  std::string said;
  for (const std::string_view piece : ai.ask(text, 24)) said += piece;
  return said;
}

std::vector<std::vector<float>> scores_of(scorer& ai, const task& t, const std::vector<question>& asked) {
  std::vector<std::vector<float>> all(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (!score_of_a_question(ai, asked[i].text, t, all[i])) std::exit(1);
  return all;
}
std::size_t best_of(const std::vector<float>& s) {
  return static_cast<std::size_t>(std::max_element(s.begin(), s.end()) - s.begin());
}
double probability(const std::vector<float>& s, std::size_t of, double temperature) {
  double sum = 0;
  for (const float x : s) sum += std::exp(static_cast<double>(x - s[of]) / temperature);
  return 1 / sum;
}
double calibration_error(const std::vector<std::vector<float>>& scores, const std::vector<question>& asked, double t) {
  double confidence[10] = {}, right[10] = {}, error = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::size_t best = best_of(scores[i]);
    const double p = probability(scores[i], best, t);
    const auto bin = static_cast<std::size_t>(std::min(9.0, p * 10));
    confidence[bin] += p;
    right[bin] += best == asked[i].label;
  }
  for (int b = 0; b < 10; ++b) error += std::fabs(confidence[b] - right[b]);
  return error / static_cast<double>(asked.size());
}

void report(const char* name, scorer& ai, const task& t, rater* limited) {
  std::vector<float> prior(t.labels.size());
  for (const auto& s : scores_of(ai, t, t.prior))
    for (std::size_t i = 0; i < prior.size(); ++i) prior[i] += s[i] / static_cast<float>(t.prior.size());
  auto fitted = scores_of(ai, t, t.fitted), counted = scores_of(ai, t, t.counted);
  std::size_t plain = 0;
  for (std::size_t i = 0; i < counted.size(); ++i) plain += best_of(counted[i]) == t.counted[i].label;
  for (auto* all : {&fitted, &counted})
    for (auto& s : *all)
      for (std::size_t i = 0; i < s.size(); ++i) s[i] -= prior[i];

  double temperature = 1, least = 1e300;  // the likelihood of the labels of `fitted`
  for (double c = 0.02; c < 20; c *= 1.05) {
    double loss = 0;
    for (std::size_t i = 0; i < fitted.size(); ++i) loss -= std::log(probability(fitted[i], t.fitted[i].label, c));
    if (loss < least) least = loss, temperature = c;
  }
  std::size_t named = 0, named_right = 0;  // the label stands in the question
  std::size_t right = 0, off = 0, said = 0, said_limited = 0, off_limited = 0;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const std::size_t best = best_of(counted[i]), wanted = t.counted[i].label;
    const auto distance = [&](std::size_t step) { return step > wanted ? step - wanted : wanted - step; };
    right += best == wanted;
    const bool stands = t.counted[i].text.ends_with(t.labels[wanted]);
    named += stands;
    named_right += stands && best == wanted;
    off += distance(best);
    said += said_freely(ai, t.counted[i].text).starts_with(t.labels[wanted]);
    if (limited == nullptr) continue;
    const std::string step = said_freely(*limited, t.counted[i].text);
    const auto at = static_cast<std::size_t>(std::find(t.labels.begin(), t.labels.end(), step) - t.labels.begin());
    said_limited += at == wanted;
    off_limited += distance(at);
  }
  const auto mean = [&](std::size_t n) { return static_cast<double>(n) / static_cast<double>(counted.size()); };
  std::printf(
      "%s: %zu labels, %zu questions; right: freely %zu, no prior %zu, prior %zu (of %zu that end with their label %zu); ",
      name, t.labels.size(), counted.size(), said, plain, right, named, named_right);
  if (limited != nullptr)
    std::printf("allowed<> %zu; steps off: allowed<> %.2f, prior %.2f; ", said_limited, mean(off_limited), mean(off));
  std::printf("temperature %.2f of %zu others: calibration error %.3f at 1, %.3f at it\n", temperature, fitted.size(),
              calibration_error(counted, t.counted, 1), calibration_error(counted, t.counted, temperature));
}

task ratings() {
  constexpr std::string_view words[5][4] = {{"awful", "horrible", "terrible", "dreadful"},
                                            {"bad", "poor", "weak", "unpleasant"},
                                            {"fine", "okay", "average", "all right"},
                                            {"good", "nice", "pleasant", "solid"},
                                            {"great", "excellent", "wonderful", "superb"}};
  constexpr std::string_view things[] = {"the soup was ",     "the film is ",   "my new lamp is ",
                                         "the room was ",     "this song is ",  "the coffee here is ",
                                         "the garden looks ", "the answer was "};
  task t{{steps.begin(), steps.end()}, {}, {}, {}};
  for (std::size_t thing = 0; thing < 8; ++thing)
    for (std::size_t step = 0; step < 5; ++step)
      for (std::size_t word = 0; word < 4; ++word) {
        auto& to = thing < 1 ? t.prior : thing < 3 ? t.fitted : t.counted;
        for (std::size_t again = 0; again < (word == 0 ? 3U : 1U); ++again) {
          constexpr std::string_view more[] = {"", "really ", "quite "};
          to.push_back({std::string(things[thing]).append(more[again]).append(words[step][word]), step});
        }
      }
  return t;
}

task intents(std::vector<std::string>& names, std::size_t most, std::size_t each) {
  const char* assets = std::getenv("MOTE_ASSETS");
  const auto data = nlohmann::json::parse(
      read_file(std::string(assets != nullptr ? assets : MOTE_ASSETS_DEFAULT) + "/clinc150/data_small.json"));
  std::map<std::string, std::size_t> known;
  task t;
  names.reserve(most);
  for (const char* part : {"test", "val"}) {
    std::map<std::size_t, std::size_t> taken;
    for (const auto& entry : data[part]) {
      std::string label = entry[1];
      std::replace(label.begin(), label.end(), '_', ' ');
      if (known.size() < most && known.emplace(label, known.size()).second) names.push_back(label);
      const auto at = known.find(label);
      if (at == known.end()) continue;
      const std::size_t n = taken[at->second]++;
      if (part[0] == 't' && n < each) t.counted.push_back({entry[0], at->second});
      if (part[0] == 'v' && n < 2) t.prior.push_back({entry[0], at->second});
      if (part[0] == 'v' && n >= 2 && n < 6) t.fitted.push_back({entry[0], at->second});
    }
  }
  t.labels.assign(names.begin(), names.end());
  return t;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string image = argc > 1 ? read_file(argv[1]) : "";
  auto* const bytes = static_cast<std::byte*>(::operator new(image.size() + 1, std::align_val_t{64}));
  std::memcpy(bytes, image.data(), image.size());
  const auto ai = std::make_unique<scorer>();
  const auto limited = std::make_unique<rater>();
  for (const mote::status s : {ai->attach({bytes, image.size()}), limited->attach({bytes, image.size()})})
    if (s != mote::status::ok) {
      std::fprintf(stderr, "%s: %s\n", argc > 1 ? argv[1] : "no image", mote::name(s).data());
      return 1;
    }
  const auto number = [&](int i, std::size_t otherwise) {
    return argc > i ? static_cast<std::size_t>(std::atol(argv[i])) : otherwise;
  };
  const auto some = [&](task t) {
    for (auto* part : {&t.prior, &t.fitted, &t.counted}) part->resize(std::min(part->size(), number(4, 1000)));
    return t;
  };
  report("ratings", *ai, some(ratings()), limited.get());
  std::vector<std::string> names;
  report("intents", *ai, some(intents(names, number(2, 10), number(3, 10))), nullptr);
}
