// SPDX-License-Identifier: BSL-1.0
// The directory of a GGUF file, versions 2 and 3: its named values and the positions of its tensors.
//
//   "GGUF" | u32 version | u64 tensors | u64 values
//   values:   string key | u32 type | value       string: u64 length, bytes     array: u32 type, u64 count, elements
//   tensors:  string name | u32 dimensions | u64 each, columns first | u32 type | u64 offset
//   padding to the alignment, then the tensors' bytes
//
// Every number of the file is untrusted: it is compared with the size of the file before it is used, in arithmetic that
// cannot overflow, and no allocation has a size that the file states.
// Refuses types of values and tensors that it does not know; the message names them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/byte_reader.hpp"
#include "mote/host/import/gguf_blocks.hpp"

namespace mote::inline v0::host {

namespace detail {

class gguf_cursor : public byte_reader {
 public:
  using byte_reader::byte_reader;

  std::string_view text(std::string_view what);
};

/// A key or name for a message: at most 64 characters, with '?' for those that are not printable ASCII.
std::string shown(std::string_view name);

}  // namespace detail

enum class gguf_value_type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// Bytes of a number of this type; 0 for strings, arrays and unknown types.
constexpr std::size_t gguf_number_bytes(std::uint32_t type) {
  constexpr std::uint8_t bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < sizeof bytes ? bytes[type] : 0;
}

/// A value; `bytes` points into the file. For an array: the type, the number and the bytes of its elements.
struct gguf_value {
  gguf_value_type type{};
  gguf_value_type element{};
  std::size_t count = 1;
  std::span<const std::byte> bytes;
};

struct gguf_tensor {
  const gguf_type_facts* type = nullptr;
  std::size_t cols = 0;  // the first dimension
  std::size_t rows = 0;  // the product of the others
  std::size_t dimensions = 0;
  std::span<const std::byte> bytes;  // (rows, cols) in blocks
};

/// The directory of a file. `bytes` must outlive it. The constructor throws file_error.
class gguf_file {
 public:
  gguf_file(std::span<const std::byte> bytes, const std::filesystem::path& file);

  const std::filesystem::path& name() const { return file_; }
  const std::map<std::string_view, gguf_tensor>& tensors() const { return tensors_; }

  const std::map<std::string_view, gguf_value>& values() const { return values_; }
  const gguf_value* find(std::string_view key) const;
  /// An integer of any width within [low, high]. If there is no such key: `fallback`, or an error if that is negative.
  std::uint64_t integer(std::string_view key, std::uint64_t low, std::uint64_t high, std::int64_t fallback = -1) const;
  float real(std::string_view key, float fallback) const;
  bool truth(std::string_view key, bool fallback) const;
  std::string_view text(std::string_view key) const;
  /// An array with elements of this type; null if there is no such key, an error if the value is something else.
  const gguf_value* array(std::string_view key, gguf_value_type element) const;
  /// The strings of an array of strings.
  std::vector<std::string_view> texts(const gguf_value& array) const;
  /// Adds the tensors of another part of the same model, whose bytes must outlive this too. Throws file_error if both
  /// have one.
  void join(const gguf_file& part);
  [[noreturn]] void missing(std::string_view key) const { fail(file_, "has no " + detail::shown(key)); }

 private:
  static constexpr std::uint64_t longest_name = 65535;

  std::string_view name_of(std::string_view what);

  void read_value();

  void read_tensors(std::span<const std::byte> bytes, std::uint64_t count);

  std::filesystem::path file_;
  detail::gguf_cursor in_;
  std::map<std::string_view, gguf_value> values_;
  std::map<std::string_view, gguf_tensor> tensors_;  // references to elements stay valid
};

}  // namespace mote::inline v0::host
