// SPDX-License-Identifier: BSL-1.0
// The Cranfield collection: 1,400 abstracts of aerodynamics and 225 questions, made by others.
// Refuses to be a parser of XML: an element is what stands between its two tags.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
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

}  // namespace mote_tests
