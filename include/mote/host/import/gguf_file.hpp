// SPDX-License-Identifier: BSL-1.0
// A GGUF file's directory, versions 2 and 3: its named values and where its tensors lie.
//
//   "GGUF" | u32 version | u64 tensors | u64 values
//   values:   string key | u32 type | value          string: u64 length, bytes      array: u32 type, u64 count, elements
//   tensors:  string name | u32 dimensions | u64 each, columns first | u32 type | u64 offset
//   padding to the alignment, then the tensors' bytes
//
// Every number is hostile: compared with the bytes that are there before it is used, in arithmetic that cannot wrap.
// Nothing is allocated by a number of the file. Refuses what it does not know, by name.
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

/// A key or name, safe to show: at most 64 characters, those that are no printable ASCII as '?'.
std::string shown(std::string_view name);

}  // namespace detail

enum class gguf_value_type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// Bytes of a number; 0 for strings, arrays and what is unknown.
constexpr std::size_t gguf_number_bytes(std::uint32_t type) {
  constexpr std::uint8_t bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < sizeof bytes ? bytes[type] : 0;
}

/// A value, in place. Of an array, its elements' type, their number and their bytes.
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

/// The directory of a file whose bytes outlive it.
class gguf_file {
 public:
  gguf_file(std::span<const std::byte> bytes, const std::filesystem::path& file);

  const std::filesystem::path& name() const { return file_; }
  const std::map<std::string_view, gguf_tensor>& tensors() const { return tensors_; }

  const gguf_value* find(std::string_view key) const;
  /// An integer of any width within [low, high]; `fallback` where there is no such key, if one is given.
  std::uint64_t integer(std::string_view key, std::uint64_t low, std::uint64_t high, std::int64_t fallback = -1) const;
  float real(std::string_view key, float fallback) const;
  bool truth(std::string_view key, bool fallback) const;
  std::string_view text(std::string_view key) const;
  /// An array of `element`, or null.
  const gguf_value* array(std::string_view key, gguf_value_type element) const;
  /// The strings of an array of strings.
  std::vector<std::string_view> texts(const gguf_value& array) const;
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
