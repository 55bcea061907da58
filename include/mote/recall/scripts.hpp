// SPDX-License-Identifier: BSL-1.0
// The scripts that words<> can be told to know: which characters are theirs, and whether they put spaces between words.
//   words<latin, cyrillic>            two scripts
//   struct mine : han { ... }         a script of a user's own, or one of these with other blocks
// Refuses to tell languages apart: Latin is one script for all that are written with it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Characters from `first` to `last`. gram 0: spaces stand between words. Otherwise a run of these characters is cut
/// into overlapping pieces of `gram` characters: 1 makes each a word.
struct script_block {
  std::uint32_t first, last;
  std::size_t gram = 0;
};

struct latin {
  static constexpr script_block blocks[] = {{0x80, 0x24F},    {0x250, 0x2AF},   {0x1D00, 0x1DBF}, {0x1E00, 0x1EFF},
                                            {0x2C60, 0x2C7F}, {0xA720, 0xA7FF}, {0xAB30, 0xAB6F}};
};
struct greek {
  static constexpr script_block blocks[] = {{0x370, 0x3FF}, {0x1F00, 0x1FFF}};
};
struct cyrillic {
  static constexpr script_block blocks[] = {{0x400, 0x52F}, {0x1C80, 0x1C8F}, {0x2DE0, 0x2DFF}, {0xA640, 0xA69F}};
};
struct armenian {
  static constexpr script_block blocks[] = {{0x530, 0x58F}, {0xFB13, 0xFB17}};
};
struct georgian {
  static constexpr script_block blocks[] = {{0x10A0, 0x10FF}, {0x1C90, 0x1CBF}, {0x2D00, 0x2D2F}};
};
struct hebrew {
  static constexpr script_block blocks[] = {{0x590, 0x5FF}, {0xFB1D, 0xFB4F}};
};
struct arabic {
  static constexpr script_block blocks[] = {
      {0x600, 0x6FF}, {0x750, 0x77F}, {0x870, 0x8FF}, {0xFB50, 0xFDFF}, {0xFE70, 0xFEFF}};
};
struct indic {  ///< Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam, Sinhala
  static constexpr script_block blocks[] = {{0x900, 0xDFF}, {0xA8E0, 0xA8FF}};
};
struct ethiopic {
  static constexpr script_block blocks[] = {{0x1200, 0x139F}, {0x2D80, 0x2DDF}, {0xAB00, 0xAB2F}};
};
struct tibetan {
  static constexpr script_block blocks[] = {{0xF00, 0xFFF}};
};
struct thai {
  static constexpr script_block blocks[] = {{0xE00, 0xE7F, 3}};
};
struct lao {
  static constexpr script_block blocks[] = {{0xE80, 0xEFF, 3}};
};
struct myanmar {
  static constexpr script_block blocks[] = {{0x1000, 0x109F, 3}, {0xA9E0, 0xA9FF, 3}, {0xAA60, 0xAA7F, 3}};
};
struct khmer {
  static constexpr script_block blocks[] = {{0x1780, 0x17FF, 3}};
};
struct kana {
  static constexpr script_block blocks[] = {{0x3040, 0x30FF, 1}, {0x31F0, 0x31FF, 1}, {0xFF66, 0xFF9F, 1}};
};
struct han {
  static constexpr script_block blocks[] = {{0x3400, 0x9FFF, 1}, {0xF900, 0xFAFF, 1}, {0x20000, 0x3FFFF, 1}};
};
/// Korean has spaces, but a noun and its particle stand together: each syllable is a word.
struct hangul {
  static constexpr script_block blocks[] = {
      {0x1100, 0x11FF}, {0x3130, 0x318F}, {0xA960, 0xA97F}, {0xAC00, 0xD7A3, 1}, {0xD7B0, 0xD7FF}};
};
/// All that Unicode has. What the scripts above say of their characters holds here too.
struct every_script {
  static constexpr script_block blocks[] = {
      {0x80, 0x3FFFF},     {0xE00, 0xE7F, 3},   {0xE80, 0xEFF, 3},   {0x1000, 0x109F, 3},  {0x1780, 0x17FF, 3},
      {0x3040, 0x30FF, 1}, {0x31F0, 0x31FF, 1}, {0x3400, 0x9FFF, 1}, {0xA9E0, 0xA9FF, 3},  {0xAA60, 0xAA7F, 3},
      {0xAC00, 0xD7A3, 1}, {0xF900, 0xFAFF, 1}, {0xFF66, 0xFF9F, 1}, {0x20000, 0x3FFFF, 1}};
};

}  // namespace mote::inline v0
