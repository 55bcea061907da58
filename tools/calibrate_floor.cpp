// SPDX-License-Identifier: BSL-1.0
// Prints the floor of a retriever that a user's own notes and questions ask for:
//   calibrate_floor NOTES QUESTIONS [--lost PERCENT]
// NOTES has a note on each line. A line of QUESTIONS is a question, and after a tab the numbers of the lines that answer
// it, from 1, with commas; a question without numbers is one that must be refused. Floors are calibrated on every second
// question and judged on the others.
// Refuses fewer than 20 questions with an answer: a floor of them would be chance.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/report/floor.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/ngrams.hpp"

namespace {

struct question {
  std::string text;
  std::vector<std::size_t> right;  // numbers of notes, from 0
};

constexpr mote::bm25_knobs words{.items = 4096, .item_bytes = 1024, .least = 0, .share = 0, .alike = 1};
constexpr mote::ngrams_knobs letters{.items = 4096, .item_bytes = 1024};

std::vector<std::string> lines_of(const char* file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + std::string(file));
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::vector<question> questions_of(const char* file, std::size_t notes) {
  std::vector<question> all;
  for (const std::string& line : lines_of(file)) {
    if (line.empty()) continue;
    const std::size_t tab = line.find('\t');
    question q{.text = line.substr(0, tab), .right = {}};
    std::istringstream numbers(tab == std::string::npos ? "" : line.substr(tab + 1));
    for (std::string n; std::getline(numbers, n, ',');) {
      char* end = nullptr;
      const unsigned long number = std::strtoul(n.c_str(), &end, 10);
      if (end == n.c_str() || *end != '\0' || number == 0 || number > notes)
        throw std::runtime_error("\"" + n + "\" is not the number of a note, in: " + line);
      q.right.push_back(number - 1);
    }
    all.push_back(q);
  }
  return all;
}

template <class Retriever>
void calibrate(const char* name, const std::vector<std::string>& notes, const std::vector<question>& questions,
               double lost) {
  mote::host::floor_meter<Retriever> memory;
  std::size_t refused_notes = 0;
  for (const std::string& note : notes) refused_notes += memory.add(note) ? 0 : 1;
  std::array<std::vector<float>, 2> right, none;  // calibrated on, judged on
  std::size_t answered = 0, refused = 0, found = 0;
  for (const question& q : questions) {
    const mote::host::sureness sure = memory.ask(q.text, q.right);
    if (q.right.empty()) none[refused++ % 2].push_back(sure.best);
    else if (sure.right > 0.0F) right[answered++ % 2].push_back(sure.right), ++found;
    else ++answered;
  }
  const float least = mote::host::floor_that_loses(right[0], lost);
  std::printf("%s{.least = %.3fF}\n", name, static_cast<double>(least));
  std::printf("  a right note is among the first two for %zu of %zu questions", found, answered);
  if (refused_notes != 0) std::printf("; %zu notes have no word", refused_notes);
  std::printf("\n  this floor loses %.1f %% of them on the half it was calibrated on, %.1f %% on the other\n",
              100.0 * mote::host::part_below(right[0], least), 100.0 * mote::host::part_below(right[1], least));
  if (refused == 0) return;
  std::vector<float> all = none[0];
  all.insert(all.end(), none[1].begin(), none[1].end());
  std::printf("  and refuses %.1f %% of %zu questions without an answer; area under the curve of all floors %.3f\n",
              100.0 * mote::host::part_below(all, least), refused, mote::host::area_of_floors(right[1], all));
}

}  // namespace

int main(int argc, char** argv) try {
  double lost = 0.03;
  if (argc == 5 && std::string_view(argv[3]) == "--lost") lost = std::strtod(argv[4], nullptr) / 100.0;
  else if (argc != 3) {
    std::fprintf(stderr, "calibrate_floor NOTES QUESTIONS [--lost PERCENT]\n");
    return 2;
  }
  const std::vector<std::string> notes = lines_of(argv[1]);
  if (notes.empty() || notes.size() > words.items) throw std::runtime_error("from 1 to 4096 notes, please");
  const std::vector<question> questions = questions_of(argv[2], notes.size());
  const auto with_answer = std::count_if(questions.begin(), questions.end(), [](auto& q) { return !q.right.empty(); });
  if (with_answer < 20) throw std::runtime_error("fewer than 20 questions have an answer: a floor would be chance");
  calibrate<mote::bm25<words>>("mote::bm25_knobs", notes, questions, lost);
  calibrate<mote::ngrams<letters>>("mote::ngrams_knobs", notes, questions, lost);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "calibrate_floor: %s\n", e.what());
  return 1;
}
