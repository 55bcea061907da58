// SPDX-License-Identifier: BSL-1.0
// record_stream: a sink of records that writes them to a sink of bytes, counts the bytes and computes their CRC-32.
// buffer_sink: a buffer as a sink of bytes.
// Refuses to hold anything back: a portion is written when it is given, so no memory of a record's size is needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/checksum.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"

namespace mote::inline v0 {

template <byte_sink Sink>
class record_stream {
 public:
  constexpr explicit record_stream(Sink& sink) : sink_(sink) {}

  /// Writes bytes outside of records, such as a header. Returns the sink's answer.
  status put(std::span<const std::byte> portion) {
    used_ += portion.size();
    crc_ = crc32(portion, crc_);
    return sink_.put(portion);
  }

  /// Writes a record's header. wrong_size: it is longer than 4,294,967,295 bytes.
  status begin(record_kind kind, std::size_t bytes) {
    std::array<std::byte, record_header_bytes> header;
    std::size_t at = 0;
    left_ = bytes;
    put_number(header, at, static_cast<std::uint16_t>(kind));
    put_number(header, at, static_cast<std::uint32_t>(bytes));
    if constexpr (sizeof bytes > sizeof(std::uint32_t))
      if (bytes > 0xFFFFFFFFU) return status::wrong_size;
    return put(header);
  }
  /// wrong_size: more than was announced.
  status append(std::span<const std::byte> portion) {
    if (portion.size() > left_) return status::wrong_size;
    left_ -= portion.size();
    return put(portion);
  }
  /// wrong_size: less than was announced.
  constexpr status commit() const { return left_ == 0 ? status::ok : status::wrong_size; }

  constexpr std::size_t used() const { return used_; }  ///< bytes so far
  constexpr std::uint32_t crc() const { return crc_; }  ///< CRC-32 of them

 private:
  Sink& sink_;
  std::size_t used_ = 0;
  std::size_t left_ = 0;  // of the record that was begun
  std::uint32_t crc_ = 0;
};

/// A buffer as a sink of bytes. put() gives full if a portion does not fit; nothing of it is written then.
class buffer_sink {
 public:
  constexpr explicit buffer_sink(std::span<std::byte> target) : rest_(target) {}

  status put(std::span<const std::byte> portion) {
    if (portion.size() > rest_.size()) return status::full;
    if (!portion.empty()) __builtin_memcpy(rest_.data(), portion.data(), portion.size());
    rest_ = rest_.subspan(portion.size());
    return status::ok;
  }

 private:
  std::span<std::byte> rest_;
};
static_assert(byte_sink<buffer_sink> && record_sink<record_stream<buffer_sink>>);

}  // namespace mote::inline v0
