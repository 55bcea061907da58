// SPDX-License-Identifier: BSL-1.0
// What was learned and remembered, as bytes: a container of kind `snapshot`, bound to the image it was learned on.
//
//   header (128) | items u32, reserved u32 x 15 | parameters, floats | the index's own bytes | zeros to a multiple of 64
//
// Refuses to be loaded in part: every number is checked, the checksum too, before anything changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0 {

/// What a snapshot must agree with to be loaded.
struct snapshot_identity {
  std::uint64_t shape = 0;
  std::uint64_t parameters = 0;  ///< fingerprint of what is trained, and how it lies
  std::uint64_t base = 0;        ///< the image
  std::string_view model;
  std::string_view format_name;
};

/// What stands for the parameters of a pipeline that does not learn: the fingerprint of `frozen`.
inline constexpr std::uint64_t nothing_learned = fingerprint{}.add("frozen").value();

inline constexpr std::size_t snapshot_prefix_bytes = 64;

constexpr std::size_t snapshot_index_offset(std::size_t parameter_bytes) {
  return container_header_bytes + snapshot_prefix_bytes + round_up(parameter_bytes, 64);
}
constexpr std::size_t snapshot_bytes(std::size_t parameter_bytes, std::size_t index_bytes) {
  return snapshot_index_offset(parameter_bytes) + round_up(index_bytes, 64);
}

/// A snapshot that open_snapshot() found sound.
struct snapshot_view {
  std::span<const std::byte> parameters;  ///< empty: its pipeline does not learn
  std::span<const std::byte> index;       ///< empty: its pipeline does not recall
  std::uint32_t items = 0;

  bool learned() const { return !parameters.empty(); }
  bool recalled() const { return !index.empty(); }
};

/// Lays a snapshot into a buffer: fill parameters and index, then seal.
struct snapshot_writer {
  std::span<std::byte> target;
  std::size_t parameter_bytes;
  std::size_t index_bytes;

  status open() const {
    if (target.size() < container_header_bytes + snapshot_prefix_bytes) return status::full;  // else GCC 14 warns
    if (target.size() < snapshot_bytes(parameter_bytes, index_bytes)) return status::full;
    if (reinterpret_cast<std::uintptr_t>(target.data()) % 16 != 0) return status::misaligned;
    for (std::byte& b : target.first(snapshot_bytes(parameter_bytes, index_bytes))) b = std::byte{0};
    return status::ok;
  }
  std::span<std::byte> parameters() const {
    return target.subspan(container_header_bytes + snapshot_prefix_bytes, parameter_bytes);
  }
  std::span<std::byte> index() const { return target.subspan(snapshot_index_offset(parameter_bytes), index_bytes); }

  void seal(const snapshot_identity& id, std::uint32_t items) const {
    const std::size_t total = snapshot_bytes(parameter_bytes, index_bytes);
    __builtin_memcpy(target.data() + container_header_bytes, &items, sizeof items);
    container_header h;
    h.kind = static_cast<std::uint16_t>(container_kind::snapshot);
    h.total_bytes = total;
    h.shape_fingerprint = id.shape;
    h.format_fingerprint = id.parameters;
    h.base_fingerprint = id.base;
    h.weights_offset = container_header_bytes + snapshot_prefix_bytes;
    h.weights_bytes = parameter_bytes;
    h.vocabulary_offset = snapshot_index_offset(parameter_bytes);
    h.vocabulary_bytes = index_bytes;
    h.payload_crc = crc32(target.subspan(container_header_bytes, total - container_header_bytes));
    put_name(h.model_name, id.model);
    put_name(h.format_name, id.format_name);
    v0::seal(h);
    __builtin_memcpy(target.data(), &h, sizeof h);
  }
};

/// A snapshot of a pipeline that does not learn holds no parameters, and agrees with any.
/// Errors: those of read_header(), wrong_shape, wrong_format, wrong_base, wrong_size, corrupt_header, corrupt_payload,
/// not_finite.
inline status open_snapshot(std::span<const std::byte> source, const snapshot_identity& id, std::size_t parameter_bytes,
                            snapshot_view& out) {
  container_header h;
  if (const status s = read_header(source, container_kind::snapshot, h); s != status::ok) return s;
  if (h.shape_fingerprint != id.shape) return status::wrong_shape;
  if (h.weights_bytes == 0 && h.format_fingerprint == nothing_learned) parameter_bytes = 0;
  else if (h.format_fingerprint != id.parameters) return status::wrong_format;
  if (h.base_fingerprint != id.base) return status::wrong_base;
  if (h.weights_bytes != parameter_bytes) return status::wrong_size;
  if (h.weights_offset != container_header_bytes + snapshot_prefix_bytes ||
      h.vocabulary_offset != snapshot_index_offset(parameter_bytes) || h.vocabulary_offset > h.total_bytes ||
      h.vocabulary_bytes > h.total_bytes - h.vocabulary_offset)
    return status::corrupt_header;
  const auto total = static_cast<std::size_t>(h.total_bytes);  // at most source.size(), read_header() saw to it
  if (crc32(source.subspan(container_header_bytes, total - container_header_bytes)) != h.payload_crc)
    return status::corrupt_payload;
  out.parameters = source.subspan(container_header_bytes + snapshot_prefix_bytes, parameter_bytes);
  out.index = source.subspan(snapshot_index_offset(parameter_bytes), static_cast<std::size_t>(h.vocabulary_bytes));
  __builtin_memcpy(&out.items, source.data() + container_header_bytes, sizeof out.items);
  if (out.items != 0 && !out.recalled()) return status::corrupt_header;
  if (!floats_within(out.parameters.data(), parameter_bytes / 4)) return status::not_finite;
  return status::ok;
}

}  // namespace mote::inline v0
