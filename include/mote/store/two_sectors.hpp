// SPDX-License-Identifier: BSL-1.0
// Keeps snapshots in flash so that the power may fail at any byte: they are written to two sectors in turn, page by
// page, and the newest complete one is loaded. Memory: one page, while it saves.
//   mote::two_sectors<board_flash> kept(flash);     board_flash is a driver of yours: erase, program, sector
//   kept.load(ai);   ...   kept.save(ai);
//
//   sector: stamp (a page: number u32, its complement u32, FF ...) | snapshot | FF to the end of a page
//
// Refuses to erase the newest complete snapshot, and to spread one over more than a sector.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/store/snapshot.hpp"

namespace mote::inline v0 {

/// erase() makes a sector all FF. program() writes one page of page_bytes (a multiple of 16) into an erased sector, at
/// byte `at`, a multiple of page_bytes. sector() gives the bytes of sector 0 or 1 as the processor reads them, aligned
/// to 16 bytes; both sectors have the same size.
template <class F>
concept flash_driver =
    requires(F& flash, const F& view, std::size_t sector, std::size_t at, std::span<const std::byte> page) {
      { F::page_bytes } -> std::convertible_to<std::size_t>;
      { flash.erase(sector) } -> std::same_as<status>;
      { flash.program(sector, at, page) } -> std::same_as<status>;
      { view.sector(sector) } -> std::same_as<std::span<const std::byte>>;
      requires F::page_bytes >= 16 && F::page_bytes % 16 == 0;
    };

/// A sink of bytes that programs a sector page by page. The first portion erases it; an error before erases nothing.
template <flash_driver Flash>
class page_sink {
 public:
  page_sink(Flash& flash, std::size_t sector) : flash_(flash), sector_(sector) {}

  /// full: the sector ends. Else the driver's answer.
  status put(std::span<const std::byte> portion) {
    if (at_ == 0 && used_ == 0)
      if (const status s = flash_.erase(sector_); s != status::ok) return s;
    while (!portion.empty()) {
      const std::size_t room = page_.size() - used_;
      const std::size_t count = portion.size() < room ? portion.size() : room;
      __builtin_memcpy(page_.data() + used_, portion.data(), count);
      used_ += count;
      portion = portion.subspan(count);
      if (used_ == page_.size())
        if (const status s = program(); s != status::ok) return s;
    }
    return status::ok;
  }
  /// Fills the rest of the page with FF and programs it; nothing if the page is empty. Errors as put().
  status finish() {
    if (used_ == 0) return status::ok;
    while (used_ < page_.size()) page_[used_++] = std::byte{0xFF};
    return program();
  }

 private:
  status program() {
    if (flash_.sector(sector_).size() < at_ + page_.size()) return status::full;
    const status s = flash_.program(sector_, at_, page_);
    at_ += page_.size();
    used_ = 0;
    return s;
  }

  Flash& flash_;
  std::size_t sector_;
  std::size_t at_ = 0;    // where the page goes in the sector
  std::size_t used_ = 0;  // bytes of the page
  std::array<std::byte, Flash::page_bytes> page_;
};

template <flash_driver Flash>
class two_sectors {
 public:
  static constexpr std::size_t none = 2;

  explicit two_sectors(Flash& flash) : flash_(flash) {}

  /// The sector with the newest complete snapshot, 0 or 1, or none. Cost: a checksum over both snapshots.
  std::size_t newest() const {
    const std::uint32_t a = number_of(0);
    const std::uint32_t b = number_of(1);
    if (a == 0 || b == 0) return a != 0 ? 0 : b != 0 ? 1 : none;
    return b - a < 0x80000000U ? 1 : 0;  // numbers wrap around
  }

  /// Loads the newest complete snapshot. empty: there is none. Else the answer of ai.load(); an older one is not tried.
  template <class Pipeline>
  status load(Pipeline& ai) const {
    const std::size_t from = newest();
    return from == none ? status::empty : ai.load(snapshot_in(from));
  }

  /// Saves into the sector that does not hold the newest complete snapshot. full: the sector is too small, and nothing
  /// is erased; io_error: what was written does not read back as a complete snapshot. Else the answer of ai.save() or
  /// of the driver. In any case the newest complete snapshot stays until a newer one is complete.
  template <class Pipeline>
  status save(const Pipeline& ai) {
    const std::size_t last = newest();
    const std::size_t to = last == 0 ? 1 : 0;
    if (flash_.sector(to).size() < Flash::page_bytes || room_in(to) < ai.saved_bytes()) return status::full;
    std::uint32_t number = last == none ? 1 : number_of(last) + 1;
    if (number == 0) number = 1;
    stamped out{.pages = {flash_, to}, .number = number};
    if (const status s = ai.save(out); s != status::ok) return s;
    if (const status s = out.pages.finish(); s != status::ok) return s;
    return newest() == to ? status::ok : status::io_error;
  }

 private:
  /// Writes the stamp, in a page of its own, before the first byte.
  struct stamped {
    page_sink<Flash> pages;
    std::uint32_t number;
    bool begun = false;

    status put(std::span<const std::byte> portion) {
      if (!begun) {
        std::array<std::byte, 8> stamp;
        std::size_t at = 0;
        put_number(stamp, at, number);
        put_number(stamp, at, ~number);
        if (const status s = pages.put(stamp); s != status::ok) return s;
        if (const status s = pages.finish(); s != status::ok) return s;
        begun = true;
      }
      return pages.put(portion);
    }
  };

  std::size_t room_in(std::size_t sector) const {
    return (flash_.sector(sector).size() / Flash::page_bytes - 1) * Flash::page_bytes;
  }
  std::span<const std::byte> snapshot_in(std::size_t sector) const {
    return flash_.sector(sector).subspan(Flash::page_bytes);
  }
  /// The number of a complete snapshot; 0: there is none.
  std::uint32_t number_of(std::size_t sector) const {
    const std::span<const std::byte> bytes = flash_.sector(sector);
    if (bytes.size() < Flash::page_bytes) return 0;
    std::size_t at = 0;
    const auto number = get_number<std::uint32_t>(bytes, at);
    if (number != ~get_number<std::uint32_t>(bytes, at)) return 0;
    return check_snapshot(snapshot_in(sector)) == status::ok ? number : 0;
  }

  Flash& flash_;
};

}  // namespace mote::inline v0
