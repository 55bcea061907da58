// SPDX-License-Identifier: BSL-1.0
// The header of an image: 128 bytes with its sections, the fingerprints of the pipeline's type that it fits, and
// checksums. A snapshot has a header of its own (store/snapshot.hpp).
// Refuses what it cannot prove: every number from a file is compared with the bytes that are there before it is used,
// and a bad file gives a status. Nothing is copied.
//
//   docs/reference/container.md has the table of the bytes; all little-endian, the payload is everything after them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/bytes.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/status.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0 {

/// former_snapshot: early snapshots had this header; now they have their own.
enum class container_kind : std::uint16_t { image = 1, former_snapshot = 2 };

inline constexpr std::array<char, 4> snapshot_magic{'M', 'O', 'T', 'S'};

struct container_header {
  std::array<char, 4> magic{'M', 'O', 'T', 'E'};
  std::uint16_t version = 1;
  std::uint16_t kind = 0;
  std::uint32_t header_bytes = 128;
  std::uint32_t header_crc = 0;   ///< of the header, with this field zero
  std::uint64_t total_bytes = 0;  ///< header and payload
  std::uint64_t shape_fingerprint = 0;
  std::uint64_t format_fingerprint = 0;
  std::uint64_t base_fingerprint = 0;  ///< image_fingerprint() of this image
  std::uint64_t weights_offset = 0;    ///< from the header's first byte, a multiple of 64
  std::uint64_t weights_bytes = 0;
  std::uint64_t vocabulary_offset = 0;  ///< as above
  std::uint64_t vocabulary_bytes = 0;
  std::uint32_t payload_crc = 0;  ///< of everything after the header
  std::uint32_t reserved = 0;
  std::array<char, 24> model_name{};   ///< printable ASCII, then zeros
  std::array<char, 16> format_name{};  ///< as above
};
static_assert(sizeof(container_header) == 128 && std::is_trivially_copyable_v<container_header>);

inline constexpr std::size_t container_header_bytes = sizeof(container_header);
inline constexpr std::size_t section_alignment = 64;  ///< of section offsets: a cache line

namespace detail {
/// A magic as one 32-bit number: comparing it takes fewer instructions than comparing arrays.
constexpr std::uint32_t magic_number(std::array<char, 4> magic) { return __builtin_bit_cast(std::uint32_t, magic); }
constexpr std::uint32_t header_checksum(container_header h) {
  h.header_crc = 0;
  return crc32(__builtin_bit_cast(std::array<std::byte, container_header_bytes>, h));
}
template <std::size_t N>
constexpr std::string_view stored_name(const std::array<char, N>& field) {
  std::size_t n = 0;
  while (n < N && field[n] != 0) ++n;
  return {field.data(), n};
}
/// Printable characters, then zeros: a name goes into messages and must not carry a terminal's control codes there.
template <std::size_t N>
constexpr bool name_is_clean(const std::array<char, N>& field) {
  const std::size_t length = stored_name(field).size();
  for (std::size_t i = 0; i < N; ++i)
    if (i < length ? field[i] < 0x20 || field[i] > 0x7E : field[i] != 0) return false;
  return length > 0;
}
}  // namespace detail

/// Identifies an image. A snapshot loads only on the image that it was learned on.
constexpr std::uint64_t image_fingerprint(std::uint32_t payload_crc, std::uint64_t shape_fingerprint) {
  return fingerprint{}.add(payload_crc).add(shape_fingerprint).value();
}

/// Where mote's writer puts the sections: the weights after the header, the token table after them. MOTE_EMBED_IMAGE
/// compares total_bytes with the file. A reader uses the header's offsets.
struct image_layout {
  std::size_t weights_offset = container_header_bytes;
  std::size_t vocabulary_offset = 0;
  std::size_t total_bytes = 0;
};
constexpr image_layout lay_image(std::size_t weights_bytes, std::size_t vocabulary_bytes) {
  const std::size_t vocabulary_offset = round_up(container_header_bytes + weights_bytes, section_alignment);
  return {container_header_bytes, vocabulary_offset, vocabulary_offset + vocabulary_bytes};
}

/// Sets header_crc: the last step of writing a header.
constexpr void seal(container_header& h) { h.header_crc = detail::header_checksum(h); }

/// Copies a name into a field: cut to N characters, padded with zeros.
template <std::size_t N>
constexpr void put_name(std::array<char, N>& field, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) field[i] = i < name.size() ? name[i] : '\0';
}

namespace detail {
/// Checks a header that was read; `available`: the bytes that are there. Errors: those of read_header().
inline status check_header(const container_header& h, container_kind kind, std::uint64_t available) {
  if (magic_number(h.magic) == magic_number(snapshot_magic)) return status::wrong_kind;
  if (magic_number(h.magic) != magic_number(container_header{}.magic)) return status::not_mote;
  if (h.version != container_header{}.version) return status::wrong_version;  // its header may differ: ask no more
  if (h.header_crc != header_checksum(h)) return status::corrupt_header;
  if (h.header_bytes != container_header_bytes || h.reserved != 0 || !name_is_clean(h.model_name) ||
      !name_is_clean(h.format_name))
    return status::corrupt_header;
  if (h.kind != static_cast<std::uint16_t>(kind)) return status::wrong_kind;
  if (h.total_bytes < container_header_bytes) return status::corrupt_header;
  return h.total_bytes > available ? status::truncated : status::ok;  // as 64 bits, so right on 32-bit targets
}
}  // namespace detail

/// Reads a header and checks that it is whole, of this version and of that kind, and that its total_bytes are there;
/// not the payload. Errors: truncated, misaligned (16 bytes), not_mote, wrong_version, corrupt_header, wrong_kind;
/// `out` is then untouched.
inline status read_header(std::span<const std::byte> bytes, container_kind kind, container_header& out) {
  if (bytes.size() < container_header_bytes) return status::truncated;
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 16 != 0) return status::misaligned;
  container_header h;
  __builtin_memcpy(&h, bytes.data(), sizeof h);
  const status s = detail::check_header(h, kind, bytes.size());
  if (s == status::ok) out = h;
  return s;
}

/// What the type of a pipeline fixes about its image.
struct image_expectation {
  std::uint64_t shape_fingerprint = 0;
  std::uint64_t format_fingerprint = 0;
  std::size_t weights_bytes = 0;
  std::size_t vocabulary_bytes = 0;
  std::size_t vocab_count = 0;
  control_set control{};  ///< the tokens that no text may become
};

/// Table: the view of the token table, of the tokenizer that the image is for.
template <class Table>
struct basic_attached_image {
  const std::byte* weights = nullptr;  ///< 16-byte aligned, image_expectation::weights_bytes long
  Table vocabulary;
  std::uint64_t base_fingerprint = 0;
};
using attached_image = basic_attached_image<vocabulary_view>;

/// Whether the payload's checksum is computed: a pass over the image at start, about ten cycles a byte. Without it a
/// flipped bit in the weights is not noticed. The sizes, the header and the token table are checked in any case; a
/// pipeline also checks that weights are bounded (model/bounds.hpp).
enum class payload_check : bool { skip, full };

namespace detail {
/// A section [offset, offset + bytes) inside the payload. total is at most the span's size.
constexpr bool section_inside(std::uint64_t offset, std::uint64_t bytes, std::uint64_t total) {
  return offset % section_alignment == 0 && offset >= container_header_bytes && offset <= total &&
         bytes <= total - offset;
}
/// Whether a checked header is that of the expected image, and its sections lie inside and apart.
MOTE_INLINE status check_sections(const container_header& h, const image_expectation& expected) {
  if (h.shape_fingerprint != expected.shape_fingerprint) return status::wrong_shape;
  if (h.format_fingerprint != expected.format_fingerprint) return status::wrong_format;
  if (h.weights_bytes != expected.weights_bytes || h.vocabulary_bytes != expected.vocabulary_bytes)
    return status::wrong_size;
  if (!section_inside(h.weights_offset, h.weights_bytes, h.total_bytes) ||
      !section_inside(h.vocabulary_offset, h.vocabulary_bytes, h.total_bytes))
    return status::corrupt_header;
  // Both ends are at most total_bytes, so neither sum wraps.
  if (h.weights_offset < h.vocabulary_offset + h.vocabulary_bytes &&
      h.vocabulary_offset < h.weights_offset + h.weights_bytes)
    return status::corrupt_header;
  if (h.base_fingerprint != image_fingerprint(h.payload_crc, h.shape_fingerprint)) return status::corrupt_header;
  return status::ok;
}
}  // namespace detail

/// Attaches an image in place. Bytes after total_bytes (the rest of a flash partition) are not looked at. Errors: those
/// of read_header() and Table::check(), wrong_shape, wrong_format, wrong_size, corrupt_header,
/// corrupt_payload; `out` is then untouched.
template <class Table>
status open_image(std::span<const std::byte> bytes, const image_expectation& expected, basic_attached_image<Table>& out,
                  payload_check depth = payload_check::full) {
  container_header h;
  if (const status s = read_header(bytes, container_kind::image, h); s != status::ok) return s;
  if (const status s = detail::check_sections(h, expected); s != status::ok) return s;

  // From here on every number of the header is at most bytes.size().
  const auto at = [](std::uint64_t n) { return static_cast<std::size_t>(n); };
  const auto payload = bytes.subspan(container_header_bytes, at(h.total_bytes) - container_header_bytes);
  if (depth == payload_check::full && crc32(payload) != h.payload_crc) return status::corrupt_payload;
  const auto table = bytes.subspan(at(h.vocabulary_offset), at(h.vocabulary_bytes));
  if (const status s = Table::check(table, expected.control); s != status::ok) {
    return s == status::truncated ? status::corrupt_vocabulary : s;  // the file is whole; its table is not
  }
  const Table vocabulary{table};
  if (vocabulary.count() != expected.vocab_count) return status::wrong_size;
  out = {
      .weights = bytes.data() + at(h.weights_offset), .vocabulary = vocabulary, .base_fingerprint = h.base_fingerprint};
  return status::ok;
}

/// The name of the format in an image's header, for a message about wrong_format; empty if read_header() refuses it.
inline std::string_view stored_format_name(std::span<const std::byte> bytes) {
  container_header h;
  if (read_header(bytes, container_kind::image, h) != status::ok) return {};
  const char* field = reinterpret_cast<const char*>(bytes.data()) + offsetof(container_header, format_name);
  return {field, detail::stored_name(h.format_name).size()};
}

/// The name of the model in an image's header, likewise.
inline std::string_view stored_model_name(std::span<const std::byte> bytes) {
  if (stored_format_name(bytes).empty()) return {};
  container_header h;
  __builtin_memcpy(&h, bytes.data(), sizeof h);
  const char* field = reinterpret_cast<const char*>(bytes.data()) + offsetof(container_header, model_name);
  return {field, detail::stored_name(h.model_name).size()};
}

}  // namespace mote::inline v0
