// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf_file.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/byte_reader.hpp"
#include "mote/host/import/gguf_blocks.hpp"

namespace mote::inline v0::host {

namespace detail {

std::string_view gguf_cursor::text(std::string_view what) {
  const auto length = number<std::uint64_t>(what);
  const auto taken = take(length, what);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

std::string shown(std::string_view name) {
  std::string s(name.substr(0, 64));
  for (char& c : s)
    if (c < ' ' || c > '~') c = '?';
  return '"' + s + '"';
}

}  // namespace detail

gguf_file::gguf_file(std::span<const std::byte> bytes, const std::filesystem::path& file)
    : file_(file), in_(bytes, file_) {
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "GGUF", 4) != 0) fail(file_, "is not a GGUF file");
  in_.take(4, "the magic number");
  const auto version = in_.number<std::uint32_t>("the version");
  if (version != 2 && version != 3)
    fail(file_, "is of GGUF version " + std::to_string(version) + "; expected 2 or 3, little-endian");
  const auto tensors = in_.number<std::uint64_t>("the header");
  const auto values = in_.number<std::uint64_t>("the header");
  for (std::uint64_t i = 0; i < values; ++i) read_value();  // each consumes bytes: a wrong count fails at the end
  read_tensors(bytes, tensors);
}

const gguf_value* gguf_file::find(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() ? nullptr : &at->second;
}

std::uint64_t gguf_file::integer(std::string_view key, std::uint64_t low, std::uint64_t high,
                                 std::int64_t fallback) const {
  const gguf_value* v = find(key);
  if (v == nullptr && fallback >= 0) return static_cast<std::uint64_t>(fallback);
  if (v == nullptr) missing(key);
  std::uint64_t n = 0;
  bool negative = false;
  const auto get = [&]<class T>(T) {
    T x{};
    std::memcpy(&x, v->bytes.data(), sizeof x);
    if constexpr (std::is_signed_v<T>) negative = x < 0;
    n = static_cast<std::uint64_t>(x);
  };
  switch (v->type) {
    case gguf_value_type::u8: get(std::uint8_t{}); break;
    case gguf_value_type::i8: get(std::int8_t{}); break;
    case gguf_value_type::u16: get(std::uint16_t{}); break;
    case gguf_value_type::i16: get(std::int16_t{}); break;
    case gguf_value_type::u32: get(std::uint32_t{}); break;
    case gguf_value_type::i32: get(std::int32_t{}); break;
    case gguf_value_type::u64: get(std::uint64_t{}); break;
    case gguf_value_type::i64: get(std::int64_t{}); break;
    default: fail(file_, detail::shown(key) + " is not an integer");
  }
  if (negative || n < low || n > high)
    fail(file_, detail::shown(key) + " is " +
                    (negative ? std::to_string(static_cast<std::int64_t>(n)) : std::to_string(n)) + "; expected " +
                    std::to_string(low) + " to " + std::to_string(high));
  return n;
}

float gguf_file::real(std::string_view key, float fallback) const {
  const gguf_value* v = find(key);
  if (v == nullptr) return fallback;
  if (v->type != gguf_value_type::f32) fail(file_, detail::shown(key) + " is not a float");
  float x = 0;
  std::memcpy(&x, v->bytes.data(), 4);
  if (!std::isfinite(x)) fail(file_, detail::shown(key) + " is not finite");
  return x;
}

bool gguf_file::truth(std::string_view key, bool fallback) const {
  const gguf_value* v = find(key);
  if (v == nullptr) return fallback;
  if (v->type != gguf_value_type::boolean) fail(file_, detail::shown(key) + " is neither true nor false");
  return v->bytes[0] != std::byte{0};
}

std::string_view gguf_file::text(std::string_view key) const {
  const gguf_value* v = find(key);
  if (v == nullptr) missing(key);
  if (v->type != gguf_value_type::string) fail(file_, detail::shown(key) + " is not a string");
  return {reinterpret_cast<const char*>(v->bytes.data()), v->bytes.size()};
}

const gguf_value* gguf_file::array(std::string_view key, gguf_value_type element) const {
  const gguf_value* v = find(key);
  if (v == nullptr) return nullptr;
  if (v->type != gguf_value_type::array || v->element != element)
    fail(file_, detail::shown(key) + " is not an array of the expected type");
  return v;
}

std::vector<std::string_view> gguf_file::texts(const gguf_value& array) const {
  detail::gguf_cursor in(array.bytes, file_);
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < array.count; ++i) out.push_back(in.text("a string"));
  return out;
}

std::string_view gguf_file::name_of(std::string_view what) {
  const std::string_view name = in_.text(what);
  if (name.empty() || name.size() > longest_name)
    fail(file_, std::string(what) + " has " + std::to_string(name.size()) + " bytes; expected 1 to 65535");
  return name;
}

void gguf_file::join(const gguf_file& part) {
  for (const auto& [name, t] : part.tensors_)
    if (!tensors_.emplace(name, t).second) fail(part.file_, "has the tensor " + detail::shown(name) + " a second time");
}

void gguf_file::read_value() {
  const std::string_view key = name_of("a key");
  const auto type = in_.number<std::uint32_t>("a value");
  gguf_value v;
  v.type = static_cast<gguf_value_type>(type);
  if (v.type == gguf_value_type::string) {
    const std::string_view text = in_.text("a string");
    v.bytes = std::as_bytes(std::span(text));
  } else if (v.type == gguf_value_type::array) {
    const auto element = in_.number<std::uint32_t>("an array");
    const auto count = in_.number<std::uint64_t>("an array");
    v.element = static_cast<gguf_value_type>(element);
    const std::size_t each = v.element == gguf_value_type::string ? 8 : gguf_number_bytes(element);
    if (each == 0) fail(file_, detail::shown(key) + " is an array of type " + std::to_string(element));
    if (count > in_.left() / each)
      fail(file_, detail::shown(key) + " has " + std::to_string(count) + " elements; only " +
                      std::to_string(in_.left()) + " bytes are left");
    v.count = static_cast<std::size_t>(count);
    if (v.element == gguf_value_type::string) {
      detail::gguf_cursor ahead = in_;
      for (std::size_t i = 0; i < v.count; ++i) ahead.text("a string of an array");
      v.bytes = in_.take(ahead.done() - in_.done(), "an array");
    } else {
      v.bytes = in_.take(v.count * each, "an array");
    }
  } else {
    const std::size_t bytes = gguf_number_bytes(type);
    if (bytes == 0) fail(file_, detail::shown(key) + " is of the unknown type " + std::to_string(type));
    v.bytes = in_.take(bytes, "a number");
  }
  if (!values_.emplace(key, v).second) fail(file_, "has " + detail::shown(key) + " twice");
}

void gguf_file::read_tensors(std::span<const std::byte> bytes, std::uint64_t count) {
  std::vector<std::pair<gguf_tensor*, std::uint64_t>> offsets;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view name = name_of("a tensor's name");
    const auto dimensions = in_.number<std::uint32_t>("a tensor");
    if (dimensions < 1 || dimensions > 4)
      fail(file_, detail::shown(name) + " has " + std::to_string(dimensions) + " dimensions; expected 1 to 4");
    gguf_tensor t{.cols = 1, .rows = 1, .dimensions = dimensions, .bytes = {}};
    for (std::uint32_t d = 0; d < dimensions; ++d) {
      const auto n = in_.number<std::uint64_t>("a dimension");
      if (n == 0 || n > std::uint64_t{1} << 40U)
        fail(file_, detail::shown(name) + " has a dimension of " + std::to_string(n));
      if (!std::in_range<std::size_t>(n)) fail(file_, detail::shown(name) + " is too large for this machine");
      (d == 0 ? t.cols : t.rows) = checked_mul(d == 0 ? t.cols : t.rows, static_cast<std::size_t>(n));
      if (t.rows == too_big) fail(file_, detail::shown(name) + " has more elements than can be counted");
    }
    const auto type = in_.number<std::uint32_t>("a tensor");
    t.type = find_gguf_type(type);
    if (t.type == nullptr)
      fail(file_, detail::shown(name) + " is of type " + std::to_string(type) + ", which is not read");
    if (t.cols % t.type->cols != 0)
      fail(file_, detail::shown(name) + " has rows of " + std::to_string(t.cols) + ", no multiple of the " +
                      std::to_string(t.type->cols) + " of a block of " + std::string(t.type->name));
    const auto offset = in_.number<std::uint64_t>("a tensor");
    const auto [at, is_new] = tensors_.emplace(name, t);
    if (!is_new) fail(file_, "has the tensor " + detail::shown(name) + " twice");
    offsets.emplace_back(&at->second, offset);
  }

  const auto alignment = static_cast<std::size_t>(integer("general.alignment", 1, 65536, 32));
  if (!std::has_single_bit(alignment))
    fail(file_, "\"general.alignment\" is " + std::to_string(alignment) + "; expected a power of two");
  const std::size_t begin = round_up(in_.done(), alignment);  // cannot overflow: done() is within a file
  const std::span<const std::byte> data = begin <= bytes.size() ? bytes.subspan(begin) : std::span<const std::byte>{};
  for (const auto& [t, offset] : offsets) {
    const std::size_t needed = checked_mul(checked_mul(t->cols / t->type->cols, t->type->bytes), t->rows);
    if (offset % alignment != 0)
      fail(file_, "a tensor begins at " + std::to_string(offset) + ", no multiple of the alignment");
    if (offset > data.size() || needed > data.size() - static_cast<std::size_t>(offset))
      fail(file_, "a tensor of " + (needed == too_big ? "too many" : std::to_string(needed)) + " bytes at offset " +
                      std::to_string(offset) + " ends behind the file's " + std::to_string(data.size()) +
                      " bytes of tensors");
    t->bytes = data.subspan(static_cast<std::size_t>(offset), needed);
  }
}

}  // namespace mote::inline v0::host
