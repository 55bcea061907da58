// SPDX-License-Identifier: BSL-1.0
// A snapshot: what a pipeline learned and remembered, as bytes. A header identifies pipeline and image, then come the
// parts as records, and last a record with the checksum of all before it. It is written front to back into any sink of
// bytes.
//
//   header (96) | learned: count | its records | remembered: count | its records | end: CRC-32
//
// Refuses to be loaded in part: every number is checked, the checksum too, before anything changes.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/checksum.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/store/container.hpp"
#include "mote/store/record_stream.hpp"

namespace mote::inline v0 {

/// What a snapshot must agree with to be loaded.
struct snapshot_identity {
  std::uint64_t shape = 0;
  std::uint64_t parameters = 0;  ///< fingerprint of what is trained, and of its layout
  std::uint64_t base = 0;        ///< the image
  std::string_view model;
  std::string_view format_name;
};

/// The parameters_fingerprint of a pipeline that does not learn: that of the policy `frozen`.
inline constexpr std::uint64_t nothing_learned = fingerprint{}.add("frozen").value();

struct snapshot_header {
  std::array<char, 4> magic = snapshot_magic;
  std::uint16_t version = 1;
  std::uint16_t header_bytes = 96;
  std::uint32_t header_crc = 0;   ///< of the header, with this field zero
  std::uint32_t parts = 0;        ///< how many follow
  std::uint64_t total_bytes = 0;  ///< header, parts and end
  std::uint64_t shape_fingerprint = 0;
  std::uint64_t parameters_fingerprint = 0;  ///< of the learning policy; nothing_learned: no learned part follows
  std::uint64_t base_fingerprint = 0;        ///< of the image it learned on
  std::array<char, 24> model_name{};         ///< printable ASCII, then zeros
  std::array<char, 16> format_name{};        ///< as above
  std::uint64_t reserved = 0;
};
static_assert(sizeof(snapshot_header) == 96 && std::is_trivially_copyable_v<snapshot_header>);

inline constexpr std::size_t snapshot_header_bytes = sizeof(snapshot_header);
inline constexpr std::size_t snapshot_end_bytes = record_header_bytes + sizeof(std::uint32_t);

/// In the first part, the payload of the record after the count is at a multiple of 16 bytes: floats are read in place.
static_assert((snapshot_header_bytes + 2 * record_header_bytes + sizeof(std::uint32_t)) % 16 == 0);

/// Sets header_crc: the last step of writing a header.
constexpr void seal(snapshot_header& h) {
  h.header_crc = 0;
  h.header_crc = crc32(__builtin_bit_cast(std::array<std::byte, snapshot_header_bytes>, h));
}

constexpr bool begins_part(record_kind kind) { return kind >= record_kind::learned && kind < record_kind::end; }

/// One part of a snapshot: its records, and the number of things (floats, texts) that its saver wrote down as `count`.
struct kept_records {
  bool is_there = false;
  std::uint32_t count = 0;
  std::span<const std::byte> records;
};

/// A view of what a pipeline keeps; is_kept is false if it saves nothing. ready() is asked before a byte is written:
/// any answer but ok stops saving. check() changes nothing: ok, no_effect (sound, but taking it would change nothing)
/// or what is wrong. take() is called after every part's check passed. It must give ok, except that of the one part
/// with may_refuse, which is taken first.
template <class P>
concept snapshot_part = requires(P& part, const P& view, counting_sink& sink, const kept_records& from) {
  { P::kind } -> std::convertible_to<record_kind>;
  { P::is_kept } -> std::convertible_to<bool>;
  { P::may_refuse } -> std::convertible_to<bool>;
  { view.ready() } -> std::same_as<status>;
  { view.count() } -> std::same_as<std::uint32_t>;
  { view.save(sink) } -> std::same_as<status>;
  { view.check(from) } -> std::same_as<status>;
  { part.take(from.records) } -> std::same_as<status>;
};

// ---- saving ---------------------------------------------------------------------------------------------------------

namespace detail {

template <record_sink Sink, snapshot_part Part>
status save_part(Sink& sink, const Part& part) {
  if constexpr (Part::is_kept) {
    std::array<std::byte, sizeof(std::uint32_t)> count;
    std::size_t at = 0;
    put_number(count, at, part.count());
    if (const status s = write_record(sink, Part::kind, count); s != status::ok) return s;
    return part.save(sink);
  } else {
    return status::ok;
  }
}
template <record_sink Sink, snapshot_part... Parts>
status save_parts(Sink& sink, const Parts&... parts) {
  status s = status::ok;
  static_cast<void>(((s = save_part(sink, parts), s == status::ok) && ...));
  return s;
}

}  // namespace detail

/// The size of a snapshot of these parts in bytes: they are written into a sink that only counts.
template <snapshot_part... Parts>
std::size_t snapshot_bytes(const Parts&... parts) {
  counting_sink count;
  (void)detail::save_parts(count, parts...);
  return snapshot_header_bytes + count.bytes() + snapshot_end_bytes;
}

/// Writes a snapshot; parts are given in ascending order of their kinds. wrong_size: a part wrote another number of
/// bytes than when it was counted; what was written lacks its end and does not load. Else what a part or the sink says.
template <byte_sink Sink, snapshot_part... Parts>
status save_snapshot(Sink& sink, const snapshot_identity& id, const Parts&... parts) {
  status s = status::ok;
  if (!((s = parts.ready(), s == status::ok) && ...)) return s;
  snapshot_header h;
  h.parts = (0U + ... + (Parts::is_kept ? 1U : 0U));
  h.total_bytes = snapshot_bytes(parts...);
  h.shape_fingerprint = id.shape;
  h.parameters_fingerprint = id.parameters;
  h.base_fingerprint = id.base;
  put_name(h.model_name, id.model);
  put_name(h.format_name, id.format_name);
  seal(h);
  record_stream<Sink> out(sink);
  if (s = out.put(detail::bytes_of(&h)); s != status::ok) return s;
  if (s = detail::save_parts(out, parts...); s != status::ok) return s;
  if (out.used() + snapshot_end_bytes != h.total_bytes) return status::wrong_size;
  if (s = out.begin(record_kind::end, sizeof(std::uint32_t)); s != status::ok) return s;
  const std::uint32_t crc = out.crc();
  return out.append(detail::bytes_of(&crc));
}

// ---- reading --------------------------------------------------------------------------------------------------------

/// Reads a header and checks that it is whole and of this version, and that its total_bytes are there; not the rest.
/// Errors: truncated, misaligned (16 bytes), wrong_kind (an image), not_mote, wrong_version (also an early snapshot
/// with an image's header), corrupt_header; `out` is then untouched.
inline status read_snapshot_header(std::span<const std::byte> source, snapshot_header& out) {
  if (source.size() < snapshot_header_bytes) return status::truncated;
  if (reinterpret_cast<std::uintptr_t>(source.data()) % 16 != 0) return status::misaligned;
  snapshot_header h;
  __builtin_memcpy(&h, source.data(), sizeof h);
  if (detail::magic_number(h.magic) ==
      detail::magic_number(container_header{}.magic))  // its `kind` is where header_bytes is here
    return h.header_bytes == static_cast<std::uint16_t>(container_kind::former_snapshot) ? status::wrong_version
                                                                                         : status::wrong_kind;
  if (detail::magic_number(h.magic) != detail::magic_number(snapshot_magic)) return status::not_mote;
  if (h.version != snapshot_header{}.version) return status::wrong_version;  // its header may differ: ask no more
  snapshot_header sealed = h;
  seal(sealed);
  if (h.header_crc != sealed.header_crc || h.header_bytes != snapshot_header_bytes || h.reserved != 0 ||
      !detail::name_is_clean(h.model_name) || !detail::name_is_clean(h.format_name) ||
      h.total_bytes < snapshot_header_bytes + snapshot_end_bytes)
    return status::corrupt_header;
  if (h.total_bytes > source.size()) return status::truncated;  // compared as 64 bits, so right on 32-bit targets
  out = h;
  return status::ok;
}

/// Checks everything after a header that passed read_snapshot_header(). truncated: the end record is missing, as after
/// a power failure; corrupt_payload: the checksum differs.
inline status check_snapshot_end(std::span<const std::byte> source, const snapshot_header& h) {
  const auto last = static_cast<std::size_t>(h.total_bytes) - sizeof(std::uint32_t);
  record_reader in(source.subspan(last - record_header_bytes, snapshot_end_bytes));
  record end;
  if (in.next(end) != status::ok || end.kind != record_kind::end || !in.done()) return status::truncated;
  std::size_t at = 0;
  return get_number<std::uint32_t>(end.payload, at) == crc32(source.first(last)) ? status::ok : status::corrupt_payload;
}

/// Checks that a snapshot of any pipeline was written to its end and is undamaged. Errors: those of the two above.
inline status check_snapshot(std::span<const std::byte> source) {
  snapshot_header h;
  if (const status s = read_snapshot_header(source, h); s != status::ok) return s;
  return check_snapshot_end(source, h);
}

/// Checks that a snapshot is sound and of this pipeline; gives its header and the bytes of its parts. One without
/// learned parameters fits any learning policy.
/// Errors: those of read_snapshot_header(), wrong_shape, wrong_format, wrong_base, those of check_snapshot_end().
inline status open_snapshot(std::span<const std::byte> source, const snapshot_identity& id, snapshot_header& h,
                            std::span<const std::byte>& records) {
  if (const status s = read_snapshot_header(source, h); s != status::ok) return s;
  if (h.shape_fingerprint != id.shape) return status::wrong_shape;
  if (h.parameters_fingerprint != id.parameters && h.parameters_fingerprint != nothing_learned)
    return status::wrong_format;
  if (h.base_fingerprint != id.base) return status::wrong_base;
  if (const status s = check_snapshot_end(source, h); s != status::ok) return s;
  records = source.subspan(snapshot_header_bytes,
                           static_cast<std::size_t>(h.total_bytes) - snapshot_header_bytes - snapshot_end_bytes);
  return status::ok;
}

/// Reads the next part: a record that begins one, and those after it up to the next such. unknown_record: the first
/// record does not begin a part; corrupt_payload: a record is not whole, or the first is not one count.
inline status next_part(record_reader& in, record_kind& kind, kept_records& out) {
  record r;
  if (in.next(r) != status::ok) return status::corrupt_payload;
  if (!begins_part(r.kind)) return status::unknown_record;
  if (r.payload.size() != sizeof out.count) return status::corrupt_payload;
  kind = r.kind;
  std::size_t at = 0;
  out.count = get_number<std::uint32_t>(r.payload, at);
  const std::span<const std::byte> from = in.rest();
  while (!in.done()) {
    record_reader ahead = in;
    if (ahead.next(r) != status::ok) return status::corrupt_payload;
    if (begins_part(r.kind)) break;
    in = ahead;
  }
  out.records = from.first(from.size() - in.rest().size());
  out.is_there = true;
  return status::ok;
}

namespace detail {

/// found[i] becomes the part of kinds[i]; it stays empty if the snapshot has none. Not a template: all pipelines share
/// the code. Errors: those of next_part(), for a part twice or out of order corrupt_payload, for one of another kind
/// unknown_record, and corrupt_header if their number is not `parts`.
inline status find_parts(std::span<const std::byte> records, std::uint32_t parts, std::span<const record_kind> kinds,
                         kept_records* found) {
  record_kind kind = record_kind::none;
  for (record_reader in(records); !in.done(); --parts) {
    const record_kind before = kind;
    kept_records next;
    if (const status s = next_part(in, kind, next); s != status::ok) return s;
    if (kind <= before) return status::corrupt_payload;  // each once, in order: the parameters come first
    std::size_t i = 0;
    while (i < kinds.size() && kinds[i] != kind) ++i;
    if (i == kinds.size()) return status::unknown_record;
    found[i] = next;
  }
  return parts == 0 ? status::ok : status::corrupt_header;
}

}  // namespace detail

/// Gives every part its records; on any error nothing changes. Parts that the snapshot does not hold stay as they are.
/// Errors: those of open_snapshot() and next_part(); unknown_record: it holds a part that is none of these;
/// wrong_format: learned parameters without a fingerprint; wrong_size: a fingerprint without learned parameters; those
/// of the parts; no_effect: it would change nothing.
template <snapshot_part... Parts>
status load_snapshot(std::span<const std::byte> source, const snapshot_identity& id, Parts... parts) {
  static constexpr record_kind kinds[] = {Parts::kind...};
  snapshot_header h;
  std::span<const std::byte> records;
  kept_records found[sizeof...(Parts)];
  status s = open_snapshot(source, id, h, records);
  if (s == status::ok) s = detail::find_parts(records, h.parts, kinds, found);
  if (s != status::ok) return s;

  const kept_records* at = found;
  bool has_effect = false;
  bool learned = false;
  const auto check = [&](const auto& part) {
    const kept_records& from = *at++;
    if (!from.is_there) return true;
    learned = learned || part.kind == record_kind::learned;
    s = learned && h.parameters_fingerprint == nothing_learned ? status::wrong_format : part.check(from);
    has_effect = has_effect || s == status::ok;
    return s == status::ok || s == status::no_effect;
  };
  if (!(check(parts) && ...)) return s;
  if (!learned && h.parameters_fingerprint != nothing_learned) return status::wrong_size;
  if (!has_effect) return status::no_effect;

  s = status::ok;
  const auto take = [&](auto& part, bool now) {
    const kept_records& from = *at++;
    if (now && from.is_there) s = part.take(from.records);
    return s == status::ok;
  };
  at = found;
  if (!(take(parts, Parts::may_refuse) && ...)) return s;
  at = found;
  static_cast<void>((take(parts, !Parts::may_refuse) && ...));
  return s;
}

}  // namespace mote::inline v0
