// SPDX-License-Identifier: BSL-1.0
// How often the model that is shipped chooses the right intent of CLINC150 (Larson et al. 2019, arXiv 1909.02027), by
// the log-probabilities of its labels alone: as they are, and less a prior.
//   bench_labels IMAGE [labels [questions a label [questions a label that make the prior]]]
// IMAGE has rows by 1, as models/hearth/hearth.mote. The data are those of the assets' clinc150/data_small.json: of its
// test questions the first of the labels that come first; the prior is made of the first of `val`.
// Refuses to be a claim about a model that was made for this: hearth was trained on none of it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../models/hearth/hearth.hpp"
#include "mote/mote.hpp"

namespace {

using assistant = mote::pipeline<hearth, mote::context<96>, mote::interleave<1>>;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct question {
  std::string text;
  std::size_t label;
};

/// The first `each` questions of each label; unknown labels are added while there are fewer than `most`.
std::vector<question> questions_of(const nlohmann::json& part, std::map<std::string, std::size_t>& labels,
                                   std::size_t most, std::size_t each) {
  std::vector<question> all;
  std::map<std::size_t, std::size_t> taken;
  for (const auto& entry : part) {
    std::string label = entry[1];
    std::replace(label.begin(), label.end(), '_', ' ');
    if (labels.size() < most) labels.emplace(label, labels.size());
    const auto at = labels.find(label);
    if (at != labels.end() && taken[at->second]++ < each) all.push_back({entry[0], at->second});
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::size_t otherwise) {
    return argc > i ? static_cast<std::size_t>(std::atol(argv[i])) : otherwise;
  };
  const std::string image = argc > 1 ? read_file(argv[1]) : "";
  auto* const bytes = static_cast<std::byte*>(::operator new(image.size() + 1, std::align_val_t{64}));
  std::memcpy(bytes, image.data(), image.size());
  const auto ai = std::make_unique<assistant>();
  if (const mote::status s = ai->attach({bytes, image.size()}); s != mote::status::ok) {
    std::fprintf(stderr, "%s: %s\n", argc > 1 ? argv[1] : "no image", mote::name(s).data());
    return 1;
  }
  const char* assets = std::getenv("MOTE_ASSETS");
  const auto data = nlohmann::json::parse(
      read_file(std::string(assets != nullptr ? assets : MOTE_ASSETS_DEFAULT) + "/clinc150/data_small.json"));

  std::map<std::string, std::size_t> labels;
  const auto asked = questions_of(data["test"], labels, number(2, 30), number(3, 5));
  const auto typical = questions_of(data["val"], labels, labels.size(), number(4, 2));
  std::vector<std::string_view> names(labels.size());
  for (const auto& [name, index] : labels) names[index] = name;

  std::vector<float> scores(names.size()), free_of_content(names.size()), mean(names.size());
  const auto score = [&](std::string_view text) { return ai->score(text, names, scores) == mote::status::ok; };
  if (!score("N/A")) return 1;
  free_of_content = scores;
  for (const question& q : typical) {
    if (!score(q.text)) return 1;
    for (std::size_t i = 0; i < names.size(); ++i) mean[i] += scores[i] / static_cast<float>(typical.size());
  }
  std::size_t right[3] = {};
  for (const question& q : asked) {
    if (!score(q.text)) return 1;
    const auto best = [&](const std::vector<float>* prior) {
      std::size_t at = 0;
      const auto value = [&](std::size_t i) { return scores[i] - (prior != nullptr ? (*prior)[i] : 0.0F); };
      for (std::size_t i = 1; i < names.size(); ++i) at = value(i) > value(at) ? i : at;
      return at;
    };
    right[0] += best(nullptr) == q.label ? 1U : 0U;
    right[1] += best(&free_of_content) == q.label ? 1U : 0U;
    right[2] += best(&mean) == q.label ? 1U : 0U;
  }
  std::printf("%zu labels, %zu questions; right: no prior %zu, of \"N/A\" %zu, of %zu questions %zu\n", names.size(),
              asked.size(), right[0], right[1], typical.size(), right[2]);
}
