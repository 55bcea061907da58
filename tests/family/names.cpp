// SPDX-License-Identifier: BSL-1.0
// What the families say of their tensors' names in files.
#include "mote/model/tensor_names.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "../assets.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neo.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/llama.hpp"
#include "mote/family/opt.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/family/stablelm.hpp"
#include "mote/host/file.hpp"

namespace {

using mote::named;
using mote::outer_matrix;
using mote::tensor_id;

/// Every tensor that a model of the family may have; one that is in no layer, with false.
template <class Family>
std::vector<std::pair<tensor_id, bool>> tensors_stated() {
  using tensors = mote::tensors_of<Family>;
  std::vector<std::pair<tensor_id, bool>> all{{outer_matrix::embedding, false}, {outer_matrix::head, false}};
  if (mote::has_positions<Family>) all.emplace_back(outer_matrix::positions, false);
  for (std::size_t i = 0; i < tensors::matrices; ++i) all.emplace_back(tensors::matrix(i), true);
  for (std::size_t i = 0; i < tensors::vectors; ++i) all.emplace_back(tensors::vector(i), true);
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) all.emplace_back(tensors::outer_vector(i), false);
  return all;
}

std::string in_layer(std::string_view pattern, const std::string& layer) {
  std::string name(pattern);
  if (const std::size_t at = name.find('#'); at != std::string::npos) name.replace(at, 1, layer);
  return name;
}

}  // namespace

TEMPLATE_TEST_CASE("every tensor of a family has one name in GGUF and one in safetensors, and every name a tensor",
                   "[family]", mote::llama, mote::gpt2, mote::qwen2, mote::qwen3, mote::gemma2, mote::gemma3,
                   mote::phi2, mote::phi3, mote::gpt_neo, mote::gpt_neox, mote::opt, mote::stablelm, mote::stablelm2,
                   mote::lfm2, mote::ple_tinylm) {
  // GGUF has no architecture for these three.
  constexpr bool in_gguf = !std::is_same_v<TestType, mote::gpt_neo> && !std::is_same_v<TestType, mote::opt> &&
                           !std::is_same_v<TestType, mote::ple_tinylm>;
  // Of this one a tensor holds all layers.
  const auto joins_layers = [](const tensor_id& which) {
    return std::is_same_v<TestType, mote::ple_tinylm> &&
           (which == tensor_id(mote::per_layer::table) || which == tensor_id(mote::per_layer::input));
  };
  const auto stated = tensors_stated<TestType>();
  for (const auto& [which, is_in_layer] : stated) {
    CAPTURE(which.kind, which.number);
    const named n = TestType::names.find(which);
    REQUIRE(n.gguf.empty() == !in_gguf);
    REQUIRE_FALSE(n.safetensors.empty());
    CHECK((n.gguf.find('#') != std::string_view::npos) == (is_in_layer && in_gguf && !joins_layers(which)));
    CHECK((n.safetensors.find('#') != std::string_view::npos) == (is_in_layer && !joins_layers(which)));
  }
  CHECK(TestType::names.all.size() == stated.size());  // no name of what is not there, none twice

  std::map<std::string_view, std::vector<unsigned>> parts[2];
  for (const named& n : TestType::names.all) {
    if (in_gguf) parts[0][n.gguf].push_back(n.part);
    parts[1][n.safetensors].push_back(n.part);
  }
  for (const auto& of : parts)
    for (const auto& [name, each] : of) {
      CAPTURE(name);
      if (each.size() == 1) CHECK(each[0] == 0);
      else
        for (std::size_t i = 0; i < each.size(); ++i) CHECK(each[i] == i + 1);
    }
}

TEST_CASE("a file of Hugging Face's Llama has the names that the family says, and no others", "[family]") {
  const mote::host::mapped_file mapped(mote_tests::asset("tinystories-656K-safetensors/model.safetensors"));
  // The header is text: names are its keys, each with a type behind it.
  const std::span<const std::byte> bytes = mapped.bytes();
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + 8, header);
  std::set<std::string> found, expected;
  for (std::size_t at = 0; (at = text.find(":{\"dtype\"", at)) != std::string::npos; ++at) {
    const std::size_t from = text.rfind('"', at - 2) + 1;
    found.insert(text.substr(from, at - 1 - from));
  }
  REQUIRE(found.size() > 2);
  for (const char* layer : {"0", "1"})
    for (const named& n : mote::llama::names.all) expected.insert(in_layer(n.safetensors, layer));
  // Where the embedding is the head, the file has one of the two.
  expected.erase(found.contains("lm_head.weight") ? "model.embed_tokens.weight" : "lm_head.weight");
  CHECK(found == expected);
}
