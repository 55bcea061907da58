// SPDX-License-Identifier: BSL-1.0
// The tensors of a family's model in files that hold them by name, GGUF or safetensors: rows are found, taken out of
// joined tensors and put in an image's order as they are loaded, by what the family's tensor_names say.
// Refuses a file that lacks a tensor of the model, has another size of it, or has one that the model does not have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensor_names.hpp"

namespace mote::inline v0::host {

/// Tensors by name, in one file or several that stay open. Those of safetensors have GGUF's types of floats.
struct tensor_files {
  struct tensor : gguf_tensor {
    std::size_t file = 0;  ///< index in `files`
  };
  std::filesystem::path name;  ///< in messages
  std::vector<std::unique_ptr<detail::file_bytes>> files;
  std::map<std::string, tensor, std::less<>> tensors;
  std::size_t token_rows = 0;  ///< of tables, if more than the vocabulary: those behind it are of no token
};

class family_source : public model_source {
 public:
  enum class naming : std::uint8_t { gguf, safetensors };

  /// `known`: tensors that were read before. Throws file_error.
  family_source(tensor_files in, naming names, const mote::shape& s, const any_family& family,
                const std::set<std::string>& known = {});

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override;
  void load_vector(std::size_t layer, vector_role v, float* out) override;
  /// Of safetensors, which hold floats: nothing.
  stored_matrix stored(const tensor_place& p) override;

 private:
  using entry = std::map<std::string, tensor_files::tensor, std::less<>>::value_type;

  /// A tensor of ours in one of the file: which of how many it is there, its first row, or of a vector its first float.
  struct part_of_file {
    const entry* in;
    std::size_t part, parts, first;
    std::size_t first_col = 0;  // of a table that holds all layers
  };

  std::string_view name_of(const mote::named& n) const { return names_ == naming::gguf ? n.gguf : n.safetensors; }
  bool turns(tensor_id which) const;
  bool is_transposed(tensor_id which) const;
  bool is_table(tensor_id which) const;
  std::size_t row_in_file(const part_of_file& at, tensor_id which, std::size_t row) const;
  std::size_t floats_of(vector_role v) const;
  std::size_t rows_of_part(tensor_id which) const;
  part_of_file find(tensor_id which, std::size_t layer, std::size_t& rows) const;
  part_of_file matrix_at(const tensor_place& p) const;
  part_of_file vector_at(std::size_t layer, vector_role v) const;
  void find_tensors(std::set<std::string> used);
  bool head_repeats_embedding() const;
  void decode_cols(const part_of_file& at, std::size_t row, std::size_t cols, float* out) const;
  void decode(const entry& in, std::span<const std::byte> blocks, std::size_t index, float* out) const;
  void use(const entry& in, std::span<const std::byte> part);

  tensor_files in_;
  naming names_;
  file_order order_;
  std::size_t file_in_use_ = 0;
  std::span<const std::byte> in_use_;
  std::vector<std::byte> turned_;  // the matrix that stored() gave last, in our order
};

}  // namespace mote::inline v0::host
