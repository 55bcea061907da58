// SPDX-License-Identifier: BSL-1.0
// What a part of a pipeline is kept as: records, each a kind and its bytes, one after the other. A part writes itself
// into a sink, a record at a time, and is read back from bytes. store/record_stream.hpp makes bytes of records for any
// sink of bytes: a buffer, pages of flash, a file.
//
//   kind u16 | bytes u32 | payload          little-endian, at any address
//
// Refuses to vouch for a record: the snapshot around them has the checksum, and a part checks what it reads.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/status.hpp"

namespace mote::inline v0 {

/// Kinds from 0x8000 on are never ours: parts of a user's own may take them.
enum class record_kind : std::uint16_t {
  none = 0,
  item_store = 1,
  item = 2,
  parameters = 3,       ///< floats, as they lie in memory
  learned = 0x7F00,     ///< begins the records of what learns; from here to `end` each kind begins a part of a snapshot
  remembered = 0x7F01,  ///< begins the records of what recalls
  end = 0x7FFF          ///< the last record of a snapshot
};

/// A sink of bytes takes them in any portions, in order. On any answer but ok the writer stops.
template <class S>
concept byte_sink = requires(S& sink, std::span<const std::byte> portion) {
  { sink.put(portion) } -> std::same_as<status>;
};

/// `begin` announces a record of so many bytes, `append` gives them in any portions, `commit` ends it. On any answer but
/// ok a part stops.
template <class S>
concept record_sink = requires(S& sink, record_kind kind, std::size_t bytes, std::span<const std::byte> portion) {
  { sink.begin(kind, bytes) } -> std::same_as<status>;
  { sink.append(portion) } -> std::same_as<status>;
  { sink.commit() } -> std::same_as<status>;
};

inline constexpr std::size_t record_header_bytes = 6;

namespace detail {
/// As they lie in memory. std::as_bytes() of a std::span of each type would have the compiler prove it a range first.
template <class Object>
std::span<const std::byte> bytes_of(const Object* first, std::size_t count = 1) {
  return {reinterpret_cast<const std::byte*>(first), count * sizeof(Object)};
}
}  // namespace detail

/// Writes a number and moves `at` behind it. mote is little-endian everywhere.
template <std::unsigned_integral Unsigned>
void put_number(std::span<std::byte> target, std::size_t& at, Unsigned v) {
  __builtin_memcpy(target.data() + at, &v, sizeof v);
  at += sizeof v;
}

/// The caller has seen that the number is there.
template <std::unsigned_integral Unsigned>
Unsigned get_number(std::span<const std::byte> source, std::size_t& at) {
  Unsigned v;
  __builtin_memcpy(&v, source.data() + at, sizeof v);
  at += sizeof v;
  return v;
}

/// One record, whose payload is given in two portions.
template <record_sink Sink>
status write_record(Sink& sink, record_kind kind, std::span<const std::byte> first,
                    std::span<const std::byte> second = {}) {
  if (const status s = sink.begin(kind, first.size() + second.size()); s != status::ok) return s;
  if (const status s = sink.append(first); s != status::ok) return s;
  if (const status s = sink.append(second); s != status::ok) return s;
  return sink.commit();
}

struct record {
  record_kind kind = record_kind::none;
  std::span<const std::byte> payload;
};

/// Reads records one after the other.
class record_reader {
 public:
  constexpr explicit record_reader(std::span<const std::byte> source) : rest_(source) {}

  constexpr bool done() const { return rest_.empty(); }
  constexpr std::span<const std::byte> rest() const { return rest_; }

  /// truncated: the bytes end before the record does; the kind is known then, if its bytes are there.
  status next(record& out) {
    out = {};
    std::size_t at = 0;
    if (rest_.size() >= 2) out.kind = record_kind{get_number<std::uint16_t>(rest_, at)};
    if (rest_.size() < record_header_bytes) return status::truncated;
    const std::size_t bytes = get_number<std::uint32_t>(rest_, at);
    if (bytes > rest_.size() - at) return status::truncated;
    out.payload = rest_.subspan(at, bytes);
    rest_ = rest_.subspan(at + bytes);
    return status::ok;
  }

 private:
  std::span<const std::byte> rest_;
};

/// The sink that only counts: what a part would take.
class counting_sink {
 public:
  constexpr status begin(record_kind, std::size_t bytes) {
    bytes_ += record_header_bytes + bytes;
    return status::ok;
  }
  static constexpr status append(std::span<const std::byte>) { return status::ok; }
  static constexpr status commit() { return status::ok; }
  constexpr std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace mote::inline v0
