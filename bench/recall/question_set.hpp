// SPDX-License-Identifier: BSL-1.0
// Texts and questions with the texts that answer them, as dialogues.py and sets.py print them. A line is "#" (another
// memory begins), or of fields behind tabs: T and a text; Q, a question and the numbers of the texts that answer it; N
// for Q: a question about what the other person said, which has no answer.
// Counts where an index finds the texts that answer. Refuses to know a retriever.
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <mote/recall/retrieve.hpp>

struct question {
  std::string text;
  std::vector<std::size_t> evidence;
  bool near = false;
};
struct memory {
  std::vector<std::string> texts;
  std::vector<question> questions;
};

/// Counts a question whose first right text, by the ids of the memory's texts, is among an index's first 1, 2, 5 hits.
template <class Index>
void count_hits(const Index& index, const question& q, const std::vector<mote::item_id>& ids, std::size_t (&hits)[3]) {
  mote::hit found[5];
  const std::size_t count = index.search(q.text, found);
  std::size_t rank = 5;
  for (std::size_t i = count; i-- > 0;)
    for (const std::size_t e : q.evidence)
      if (ids[e] == found[i].id) rank = i;
  hits[0] += rank < 1 ? 1 : 0;
  hits[1] += rank < 2 ? 1 : 0;
  hits[2] += rank < 5 ? 1 : 0;
}

inline std::vector<memory> read_question_set(const char* file) {
  std::vector<memory> all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line == "#") all.emplace_back();
    else if (line[0] == 'T') all.back().texts.push_back(line.substr(2));
    else {
      const std::size_t tab = line.rfind('\t');
      question q{.text = line.substr(2, tab - 2), .evidence = {}, .near = line[0] == 'N'};
      std::istringstream numbers(line.substr(tab + 1));
      for (std::string n; std::getline(numbers, n, ',');) q.evidence.push_back(std::stoul(n));
      all.back().questions.push_back(q);
    }
  }
  return all;
}
