// SPDX-License-Identifier: BSL-1.0
// record_writer: a sink that writes records into a buffer, one after the other. records_bytes() and write_records()
// give the size and the bytes of a part of a pipeline as records.
// Refuses a record that does not fit as a whole: full, and nothing of it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/records.hpp"
#include "mote/core/status.hpp"

namespace mote::inline v0 {

class record_writer {
 public:
  constexpr explicit record_writer(std::span<std::byte> target) : target_(target) {}

  /// Writes a record's header. full: there is no room for header and payload.
  status begin(record_kind kind, std::size_t bytes) {
    const std::size_t room = target_.size() - used_;
    if (room < record_header_bytes || room - record_header_bytes < bytes) return status::full;
    put_number(target_, used_, static_cast<std::uint16_t>(kind));
    put_number(target_, used_, static_cast<std::uint32_t>(bytes));
    end_ = used_ + bytes;
    return status::ok;
  }
  /// wrong_size: more than was announced.
  status append(std::span<const std::byte> portion) {
    if (portion.size() > end_ - used_) return status::wrong_size;
    if (!portion.empty()) __builtin_memcpy(target_.data() + used_, portion.data(), portion.size());
    used_ += portion.size();
    return status::ok;
  }
  /// wrong_size: less than was announced.
  constexpr status commit() const { return used_ == end_ ? status::ok : status::wrong_size; }

  constexpr std::size_t used() const { return used_; }  ///< bytes so far

 private:
  std::span<std::byte> target_;
  std::size_t used_ = 0;
  std::size_t end_ = 0;  // of the record that was begun
};
static_assert(record_sink<record_writer> && record_sink<counting_sink>);

/// The size of a part's records in bytes, headers included.
template <class Part>
std::size_t records_bytes(const Part& part) {
  counting_sink count;
  (void)part.save(count);  // a sink that only counts refuses nothing
  return count.bytes();
}

/// Writes a part's records into a buffer. full: it is smaller than records_bytes(). Else the part's answer.
template <class Part>
status write_records(const Part& part, std::span<std::byte> target) {
  record_writer out(target);
  return part.save(out);
}

}  // namespace mote::inline v0
