// SPDX-License-Identifier: BSL-1.0
// Where a writer of images puts the bytes: in order, and the header, which is known last, over what stood in its place.
// Refuses to seek: nothing but a header is written twice.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mote/core/checksum.hpp"
#include "mote/host/file.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

class image_sink {
 public:
  image_sink() = default;
  image_sink(const image_sink&) = delete;
  image_sink& operator=(const image_sink&) = delete;
  virtual ~image_sink() = default;

  virtual void append(std::span<const std::byte> bytes) = 0;
  /// Replaces the first bytes.
  virtual void put_header(std::span<const std::byte> bytes) = 0;
};

/// An image in memory.
class memory_sink : public image_sink {
 public:
  void append(std::span<const std::byte> more) override { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void put_header(std::span<const std::byte> header) override {
    std::copy(header.begin(), header.end(), bytes.begin());
  }

  std::vector<std::byte> bytes;
};

/// An image in a file, which appears when the caller commits it.
class file_sink : public image_sink {
 public:
  explicit file_sink(file_replacement& out) : out_(&out) {}
  void append(std::span<const std::byte> bytes) override { out_->append(bytes); }
  void put_header(std::span<const std::byte> header) override { out_->overwrite(0, header); }

 private:
  file_replacement* out_;
};

namespace detail {

/// The payload of an image, front to back, and its checksum. The header's place is kept free.
class payload_writer {
 public:
  explicit payload_writer(image_sink& out) : out_(&out) {
    const std::byte header[container_header_bytes] = {};
    out_->append(header);
  }

  void append(std::span<const std::byte> bytes) {
    out_->append(bytes);
    crc_ = crc32(bytes, crc_);
    size_ += bytes.size();
  }
  /// Zeros up to `offset` in the image.
  void fill_to(std::size_t offset) {
    const std::byte zeros[section_alignment] = {};
    while (size_ < offset) append(std::span(zeros).first((std::min)(offset - size_, sizeof zeros)));
  }
  /// Completes the header with the payload's checksum and writes it.
  void finish(container_header h) {
    h.payload_crc = crc_;
    h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
    seal(h);
    out_->put_header(std::as_bytes(std::span(&h, 1)));
  }

 private:
  image_sink* out_;
  std::uint32_t crc_ = 0;
  std::size_t size_ = container_header_bytes;
};

}  // namespace detail

}  // namespace mote::inline v0::host
