// SPDX-License-Identifier: BSL-1.0
// Puts a file into the program, where flash is read in place: no array of numbers to compile (100 MB of them take the
// compiler gigabytes), no copy at start-up. The assembler checks the file's size against the type's, so that a file of
// another size does not assemble.
// Refuses to look inside: the pipeline's attach() checks the contents.
#pragma once

#include <cstddef>
#include <span>

#include "mote/config.hpp"

#if !defined(__ELF__)
#error "mote: this target's object format has no .incbin sections here; read or map the image instead [mote-embed]"
#endif

// A bare number in assembly: GCC for RISC-V prints constants bare anyway and does not know %c.
#if defined(__riscv)
#define MOTE_EMBED_NUMBER "%0"
#else
#define MOTE_EMBED_NUMBER "%c0"
#endif

/// Defines `symbol`, a `std::span<const std::byte, size>` over the contents of `path`, 64-byte aligned, in the section
/// .rodata.mote_image.<symbol>, so that a linker script can place it. Use it once, at namespace scope, in one source:
///
///     MOTE_EMBED_IMAGE(weights, "stories260k.mote", assistant::image_bytes)
///
/// `path` is a string literal, best an absolute one from the build system: a relative one is looked up in the directory
/// of the compiler's invocation and in those given by -Wa,-I.
///
/// A macro, because only the assembler can include bytes, and it reads only literals. The asm statement is in a
/// function that is never called, because `size` is a constant of the type and only asm in a function takes operands. A
/// linker with --gc-sections drops the function and keeps the bytes.
#define MOTE_EMBED_IMAGE(symbol, path, size)                                                             \
  extern "C" const std::byte mote_image_##symbol[] __attribute__((aligned(64)));                         \
  [[gnu::used, gnu::noinline, maybe_unused]] static void mote_embed_##symbol() {                         \
    __asm__ volatile(".pushsection .rodata.mote_image." #symbol                                          \
                     ",\"a\"\n"                                                                          \
                     ".balign 64\n"                                                                      \
                     ".global mote_image_" #symbol                                                       \
                     "\n"                                                                                \
                     ".type mote_image_" #symbol                                                         \
                     ", %%object\n"                                                                      \
                     "mote_image_" #symbol                                                               \
                     ":\n"                                                                               \
                     ".incbin \"" path                                                                   \
                     "\"\n"                                                                              \
                     ".Lmote_image_end_" #symbol                                                         \
                     ":\n"                                                                               \
                     ".size mote_image_" #symbol ", .Lmote_image_end_" #symbol " - mote_image_" #symbol  \
                     "\n"                                                                                \
                     ".if (.Lmote_image_end_" #symbol " - mote_image_" #symbol ") != " MOTE_EMBED_NUMBER \
                     "\n"                                                                                \
                     ".error \"mote: the embedded file is not the " MOTE_EMBED_NUMBER                    \
                     " bytes of the model's type; "                                                      \
                     "pack it again for this type [mote-embed-size]\"\n"                                 \
                     ".endif\n"                                                                          \
                     ".popsection\n" ::"i"(static_cast<std::size_t>(size)));                             \
  }                                                                                                      \
  inline constexpr std::span<const std::byte, (size)> symbol { mote_image_##symbol, (size) }
