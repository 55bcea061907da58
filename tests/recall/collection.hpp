// SPDX-License-Identifier: BSL-1.0
// Collections of texts, questions and judgements, made by others: Cranfield (1,400 abstracts of aerodynamics, 225
// questions), CACM (3,204 abstracts, 64 questions), CISI (1,460 abstracts, 112 questions).
// Refuses to be a parser of XML: an element is what stands between its two tags.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../assets.hpp"

namespace mote_tests {

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// What stands between <tag> and </tag>, for each occurrence.
inline std::vector<std::string> elements(const std::string& xml, const std::string& tag) {
  std::vector<std::string> all;
  const std::string open = "<" + tag + ">";
  for (std::size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at)) {
    at += open.size();
    const std::size_t end = xml.find("</" + tag + ">", at);
    if (end == std::string::npos) break;
    all.push_back(xml.substr(at, end - at));
    at = end;
  }
  return all;
}

struct document {
  int number = 0;
  std::string text;
};

inline std::vector<document> cranfield_documents() {
  std::vector<document> all;
  for (const std::string& d : elements(file_text(asset("retrieval/cranfield/cran.all.1400.xml")), "doc"))
    all.push_back({std::stoi(elements(d, "docno").at(0)), elements(d, "text").at(0)});
  REQUIRE(all.size() == 1400);
  return all;
}

inline std::vector<std::string> cranfield_queries() {
  auto all = elements(file_text(asset("retrieval/cranfield/cran.qry.xml")), "title");
  REQUIRE(all.size() == 225);
  return all;
}

struct collection {
  std::vector<document> documents;
  std::map<int, std::string> queries;
  std::map<int, std::set<int>> relevant;  // documents by query
};

/// Lines of four columns: query, 0, document, grade.
inline void read_judgements(collection& c, const std::string& text, std::size_t skip) {
  std::istringstream lines(text);
  int query = 0, grade = 0;
  std::string zero, document;
  while (lines >> query >> zero >> document >> grade)
    if (grade > 0) c.relevant[query].insert(std::stoi(document.substr(skip)));
}

inline collection cranfield() {
  collection c{.documents = cranfield_documents(), .queries = {}, .relevant = {}};
  for (const std::string& q : cranfield_queries()) c.queries[static_cast<int>(c.queries.size()) + 1] = q;
  read_judgements(c, file_text(asset("retrieval/cranfield/cranqrel.trec.txt")), 0);
  return c;
}

inline collection cacm() {
  collection c;
  const std::string archive = asset("retrieval/cacm/cacm.tar.gz").string();
  FILE* pipe = ::popen(("tar -xzOf '" + archive + "'").c_str(), "r");  // by number, as they lie in it
  REQUIRE(pipe != nullptr);
  std::string all;
  std::vector<char> part(1 << 16);
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) all.append(part.data(), n);
  REQUIRE(::pclose(pipe) == 0);
  for (std::string text : elements(all, "pre")) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) {  // ends before its citations
      int citing = 0, kind = 0, cited = 0;
      if (std::sscanf(text.c_str() + at, "\n%d\t%d\t%d", &citing, &kind, &cited) != 3) continue;
      text.resize(at);
      break;
    }
    c.documents.push_back({static_cast<int>(c.documents.size()) + 1, text});
  }
  REQUIRE(c.documents.size() == 3204);
  for (const std::string& topic : elements(file_text(asset("retrieval/cacm/topics.cacm.txt")), "DOC")) {
    const std::size_t end = topic.find("</DOCNO>");
    c.queries[std::stoi(elements(topic, "DOCNO").at(0))] = topic.substr(end + 8);
  }
  REQUIRE(c.queries.size() == 64);
  read_judgements(c, file_text(asset("retrieval/cacm/qrels.cacm.txt")), 5);
  return c;
}

/// number -> field letter -> text, of a file in SMART's format.
inline std::map<int, std::map<char, std::string>> smart_items(const std::string& text) {
  std::map<int, std::map<char, std::string>> items;
  std::istringstream lines(text);
  int number = 0;
  char field = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 1 && line[0] == '.' && line[1] >= 'A' && line[1] <= 'Z' &&
        line.find_first_not_of(" \t\r", 2) == std::string::npos) {
      field = line[1];
    } else if (line.starts_with(".I ")) {
      number = std::stoi(line.substr(3));
      field = 0;
    } else if (field != 0) {
      items[number][field] += line + "\n";
    }
  }
  return items;
}

inline collection cisi() {
  collection c;
  for (auto& [number, fields] : smart_items(file_text(asset("retrieval/cisi/CISI.ALL"))))
    c.documents.push_back({number, fields['T'] + "\n" + fields['W']});
  for (auto& [number, fields] : smart_items(file_text(asset("retrieval/cisi/CISI.QRY"))))
    c.queries[number] = fields['W'];
  std::istringstream lines(file_text(asset("retrieval/cisi/CISI.REL")));
  int query = 0, document = 0;
  for (std::string line; std::getline(lines, line);)
    if (std::istringstream(line) >> query >> document) c.relevant[query].insert(document);
  REQUIRE(c.documents.size() == 1460);
  REQUIRE(c.queries.size() == 112);
  return c;
}

}  // namespace mote_tests
