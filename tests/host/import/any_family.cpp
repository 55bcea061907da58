// SPDX-License-Identifier: BSL-1.0
// A family as a value says what its type says.
#include "mote/host/import/any_family.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <set>
#include <stdexcept>
#include <string>

#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/lfm2.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/weights.hpp"
#include "mote/policy/bind_formats.hpp"
#include "mote/policy/quantize.hpp"

namespace host = mote::host;

namespace {
constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 7,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 37,
                        .context = 29,
                        .tied_head = false,
                        .per_layer_width = 20};
}  // namespace

TEMPLATE_TEST_CASE("any family: tensors, their places in an image and the fingerprints are those of the type",
                   "[host][any_family]", mote::llama, mote::gpt2, mote::qwen2, mote::gemma3, mote::phi2,
                   mote::ple_tinylm, mote::lfm2_layers<"cca">, mote::lfm2_layers<"acaccca">) {
  using tensors = mote::tensors_of<TestType>;
  using layers = typename TestType::layer;
  const host::any_family family = host::any_family::of<TestType>();
  CHECK(family.name() == TestType::name);
  CHECK(family.parameters(s) == mote::parameters_of<TestType>(s));
  CHECK(family.all_tensors(s) == host::all_tensors<TestType>(s));
  CHECK(host::any_family::of_type(family.type()) == family);
  CHECK(family.is_llama() == std::is_same_v<TestType, mote::llama>);

  const host::packing_plan plan = host::read_packing("f32", 4, s, family);
  const auto map = host::map_tensors(plan, s);
  const auto of_type = mote::map_tensors<mote::f32<4>, TestType>(s);
  CHECK(map.bytes == of_type.bytes);
  CHECK(map.head == of_type.head);
  if (mote::has_positions<TestType>) CHECK(map.positions == of_type.positions);
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) CHECK(map.outer[i] == of_type.outer[i]);
  for (std::size_t l = 0; l < s.layers; ++l) {
    CHECK(map.start[l] == of_type.start_of(l));
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(layers::kind_of(l), i))
        CHECK(map.start[l] + map.block[l].matrix[i] == of_type.at(l, tensors::matrix(i)));
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(layers::kind_of(l), i))
        CHECK(map.start[l] + map.block[l].vector[i] == of_type.at(l, tensors::vector(i)));
  }
}

TEST_CASE("any family: each has a type of its own; what is none of them is refused", "[host][any_family]") {
  std::set<std::string> names;
  for (const host::family_facts& f : host::families()) {
    CHECK(names.emplace(f.name).second);
    CHECK(f.header.starts_with("mote/family/"));
  }
  CHECK(host::any_family().type() == "mote::llama");
  CHECK(host::any_family::of<mote::lfm2_layers<"cca">>().type() == "mote::lfm2_layers<\"cca\">");
  for (const char* type : {"", "mote::falcon", "llama", "mote::lfm2_layers", "mote::lfm2_layers<\"\">",
                           "mote::lfm2_layers<\"cab\">", "mote::lfm2_layers<\"ca\"> "})
    CHECK_THROWS_AS(host::any_family::of_type(type), std::runtime_error);
}

TEST_CASE("any family: formats that differ have the fingerprint of the type's choice", "[host][any_family]") {
  using mote::f32, mote::q8;
  // Embedding and head f32, down f32, all else q8.
  constexpr auto choice = [] {
    mote::format_choice<1, mote::tensors_of<mote::lfm2_layers<"cca">>::matrices> c;
    using tensors = mote::tensors_of<mote::lfm2_layers<"cca">>;
    for (std::size_t i = 0; i < tensors::matrices; ++i) c.block[0][i] = tensors::matrix(i) == mote::role::down ? 0 : 1;
    return c;
  }();
  const auto plan =
      host::read_packing("q8,embedding=f32,head=f32,down=f32", 4, s, host::any_family::of<mote::lfm2_layers<"cca">>());
  CHECK(host::identify(plan, s).fingerprint ==
        mote::format_fingerprint<mote::mixed_formats<choice, f32<4>, q8<4, 32>>>());
  CHECK(host::text_of(plan, s) == "q8,embedding=f32,head=f32,down=f32");
  const auto own_tables = host::any_family::of<mote::ple_tinylm>();
  const auto tables = host::read_packing("q4,per_layer_table=q8", 4, s, own_tables);
  CHECK(host::policy_of(tables, s) ==
        "mote::mixed<mote::quantize<4>, mote::in<mote::per_layer::table, mote::quantize<8>>>");
  using bound = mote::bind_formats<mote::mixed<mote::quantize<4>, mote::in<mote::per_layer::table, mote::quantize<8>>>,
                                   s, 4, mote::ple_tinylm>;
  CHECK(host::identify(tables, s).fingerprint == mote::format_fingerprint<bound>());
  const auto uneven = host::read_packing("q8,2.down=f32", 4, s, host::any_family::of<mote::lfm2_layers<"cca">>());
  CHECK_THROWS_AS(host::identify(uneven, s), std::runtime_error);
  CHECK_THROWS_AS(host::read_packing("q8,gate=f32", 4, s, host::any_family::of<mote::gpt2>()), std::runtime_error);
}
