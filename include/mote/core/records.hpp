// SPDX-License-Identifier: BSL-1.0
// The records that a part of a pipeline is saved as: each is a kind and its bytes. A part writes itself to a sink,
// record by record, and is read back from bytes. store/record_stream.hpp turns records into bytes for any sink of
// bytes: a buffer, pages of flash, a file.
//
//   kind u16 | bytes u32 | payload          little-endian, at any address
//
// Refuses to check contents: the snapshot around the records has the checksum, and a part checks what it reads.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/status.hpp"

namespace mote::inline v0 {

/// Kinds from 0x8000 on are reserved for a user's own parts; mote never uses them.
enum class record_kind : std::uint16_t {
  none = 0,
  item_store = 1,
  item = 2,
  parameters = 3,       ///< floats, as in memory
  tokens = 4,           ///< of a session or a prefix, as in memory
  keys_and_values = 5,  ///< of a session or a prefix, as in memory
  answer = 6,           ///< where the answer of a session is
  states = 7,           ///< of a session's policies, as in memory
  weights = 8,          ///< of a fuse<>, learned from use: floats
  example = 9,          ///< of examples<>: a question and the answer that was accepted
  uses = 10,            ///< of evict<>: how often each text was of use
  learned = 0x7F00,     ///< begins the records of the learning part; kinds from here to `end` each begin a part
  remembered = 0x7F01,  ///< begins the records of the recall part
  session = 0x7F02,     ///< begins the records of an answer under way (pipeline/sessions.hpp)
  prefix = 0x7F03,      ///< begins the records of a prompt's first tokens
  end = 0x7FFF          ///< the last record of a snapshot
};

/// A sink of bytes: put() takes them in order, in portions of any size. The writer stops if it returns anything but ok.
template <class S>
concept byte_sink = requires(S& sink, std::span<const std::byte> portion) {
  { sink.put(portion) } -> std::same_as<status>;
};

/// A sink of records: begin() announces a kind and the number of payload bytes, append() gives them in portions of any
/// size, commit() ends the record. A part stops if one of them returns anything but ok.
template <class S>
concept record_sink = requires(S& sink, record_kind kind, std::size_t bytes, std::span<const std::byte> portion) {
  { sink.begin(kind, bytes) } -> std::same_as<status>;
  { sink.append(portion) } -> std::same_as<status>;
  { sink.commit() } -> std::same_as<status>;
};

inline constexpr std::size_t record_header_bytes = 6;

namespace detail {
/// The bytes of `count` objects. std::as_bytes(std::span) compiles slowly: it checks the range concepts for each type.
template <class Object>
std::span<const std::byte> bytes_of(const Object* first, std::size_t count = 1) {
  return {reinterpret_cast<const std::byte*>(first), count * sizeof(Object)};
}
}  // namespace detail

/// Writes a number at target[at], little-endian as every target of mote, and adds its size to `at`. No bounds check.
template <std::unsigned_integral Unsigned>
void put_number(std::span<std::byte> target, std::size_t& at, Unsigned v) {
  __builtin_memcpy(target.data() + at, &v, sizeof v);
  at += sizeof v;
}

/// Reads a number at source[at] and adds its size to `at`. The caller has checked that source holds it.
template <std::unsigned_integral Unsigned>
Unsigned get_number(std::span<const std::byte> source, std::size_t& at) {
  Unsigned v;
  __builtin_memcpy(&v, source.data() + at, sizeof v);
  at += sizeof v;
  return v;
}

/// Writes one record, whose payload is `first` followed by `second`. Returns the first status that is not ok.
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

/// Reads records from bytes, one after another.
class record_reader {
 public:
  constexpr explicit record_reader(std::span<const std::byte> source) : rest_(source) {}

  constexpr bool done() const { return rest_.empty(); }
  constexpr std::span<const std::byte> rest() const { return rest_; }

  /// Reads the next record; its payload points into the source. truncated: the bytes end before the record does; then
  /// nothing is consumed, and out.kind is set if its two bytes are there.
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

/// A sink that keeps nothing and counts the bytes that a part takes, with 6 bytes of header for each record.
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
