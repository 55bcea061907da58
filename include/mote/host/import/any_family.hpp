// SPDX-License-Identifier: BSL-1.0
// A family at run time: its type's name, its tensors, their sizes and their names in files, for programs that learn
// from a file which family a model is of. any_family::of<llama>() makes one from a type, families() lists the
// library's.
// Refuses to compute: forward passes are compiled for their family.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/block/layer.hpp"
#include "mote/family/llama.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensor_names.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0::host {

/// What tensors_of<Family> and the family's blocks say, as values and functions. Tensors are numbered as there.
struct family_facts {
  std::string_view type;    ///< "mote::qwen3"; of lfm2_layers without its order
  std::string_view header;  ///< "mote/family/qwen.hpp"
  std::string_view name;    ///< that an image's fingerprint has; of lfm2_layers without its order
  bool has_positions = false;
  std::span<const role> matrices;
  std::span<const vector_role> vectors;
  std::span<const vector_role> outer_vectors;
  std::span<const named> names;
  file_order in_gguf, in_safetensors;
  matrix_size (*size)(const mote::shape&, std::size_t matrix) = nullptr;
  std::size_t (*floats)(const mote::shape&, std::size_t vector) = nullptr;
  std::size_t (*outer_floats)(const mote::shape&, std::size_t vector) = nullptr;
  std::size_t (*kind_of)(std::size_t layer) = nullptr;
  bool (*has_matrix)(std::size_t kind, std::size_t matrix) = nullptr;
  bool (*is_table)(std::size_t matrix) = nullptr;  ///< a token reads one row of it
  bool (*has_vector)(std::size_t kind, std::size_t vector) = nullptr;
  bool (*reads)(const mote::shape&) = nullptr;  ///< whether some block reads every feature that the shape sets
};

namespace detail {

template <class Role, std::size_t Count, class Get>
constexpr std::array<Role, Count> roles_of(Get get) {
  std::array<Role, Count> all{};
  for (std::size_t i = 0; i < Count; ++i) all[i] = get(i);
  return all;
}

template <class Family>
struct family_lists {
  using tensors = tensors_of<Family>;
  static constexpr auto matrices = roles_of<role, tensors::matrices>([](std::size_t i) { return tensors::matrix(i); });
  static constexpr auto vectors =
      roles_of<vector_role, tensors::vectors>([](std::size_t i) { return tensors::vector(i); });
  static constexpr auto outer_vectors =
      roles_of<vector_role, tensors::outer_vectors>([](std::size_t i) { return tensors::outer_vector(i); });
};

template <class Family>
constexpr family_facts facts_of_family(std::string_view type, std::string_view header, std::string_view name) {
  using tensors = tensors_of<Family>;
  using lists = family_lists<Family>;
  return {.type = type,
          .header = header,
          .name = name,
          .has_positions = mote::has_positions<Family>,
          .matrices = lists::matrices,
          .vectors = lists::vectors,
          .outer_vectors = lists::outer_vectors,
          .names = Family::names.all,
          .in_gguf = Family::names.in_gguf,
          .in_safetensors = Family::names.in_safetensors,
          .size = [](const mote::shape& s, std::size_t i) { return tensors::size(s, i); },
          .floats = [](const mote::shape& s, std::size_t i) { return tensors::floats(s, i); },
          .outer_floats = [](const mote::shape& s, std::size_t i) { return tensors::outer_floats(s, i); },
          .kind_of = [](std::size_t layer) { return Family::layer::kind_of(layer); },
          .has_matrix = [](std::size_t kind, std::size_t i) { return tensors::has_matrix(kind, i); },
          .is_table = [](std::size_t i) { return tensors::is_table(i); },
          .has_vector = [](std::size_t kind, std::size_t i) { return tensors::has_vector(kind, i); },
          .reads = [](const mote::shape& s) { return attends_as_asked<Family>(s) && shape_is_read<Family>(s); }};
}

}  // namespace detail

/// A family as a value: one of families(), and for LFM2 the order of its layers.
class any_family {
 public:
  /// Llama.
  any_family();
  /// `order` is one letter a layer, as lfm2_layers has it; empty for every other family.
  explicit any_family(const family_facts& facts, std::string order = {}) : facts_(&facts), order_(std::move(order)) {}

  /// The family of a type. Throws std::runtime_error if it is none of families().
  template <class Family>
  static any_family of() {
    return named(Family::name);
  }
  /// The family whose type a model's header names: "mote::qwen3". Throws std::runtime_error if there is none.
  static any_family of_type(std::string_view type);

  /// As C++ has it: "mote::qwen3", "mote::lfm2_layers<\"cca\">".
  std::string type() const;
  std::string_view header() const { return facts_->header; }
  /// The name in a fingerprint of a shape.
  std::string name() const;
  const family_facts& facts() const { return *facts_; }
  bool is_llama() const;

  /// The number of a tensor; the count of its list if there is none of that name.
  std::size_t find(role r) const;
  std::size_t find(vector_role v) const;
  std::size_t find_outer(vector_role v) const;
  bool has_matrix(std::size_t layer, std::size_t i) const { return facts_->has_matrix(kind_of(layer), i); }
  bool has_vector(std::size_t layer, std::size_t i) const { return facts_->has_vector(kind_of(layer), i); }
  /// Whether each layer has every matrix.
  bool layers_have_all() const;
  /// The names of a tensor in files; empty ones if it has none.
  mote::named find_name(tensor_id which) const;

  matrix_size size(const mote::shape& s, const tensor_place& p) const;
  /// Every matrix in the order of the image.
  std::vector<tensor_place> all_tensors(const mote::shape& s) const;
  /// The number of weights of a model.
  std::size_t parameters(const mote::shape& s) const;

  bool operator==(const any_family& other) const { return type() == other.type(); }

 private:
  static any_family named(std::string_view name);
  std::size_t kind_of(std::size_t layer) const;

  const family_facts* facts_;
  std::string order_;
};

/// The families of the library. LFM2 is there twice: with a convolution as the first layer, and with an attention.
std::span<const family_facts> families();

}  // namespace mote::inline v0::host
