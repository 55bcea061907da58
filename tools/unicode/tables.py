#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Writes include/mote/recall/unicode_data.hpp from Python's copy of the Unicode character database.
# Refuses to choose scripts: it writes all of them, and the compiler cuts out what a program names.
#   python3 tools/unicode/tables.py > include/mote/recall/unicode_data.hpp
import sys
import unicodedata

END = 0x20000  # above: ideographs, tags and private use, which are letters or nothing


def known(code):
    return unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")


def is_word(code):
    return unicodedata.category(chr(code))[0] in "LMN"


def fold(code):
    """Simple case folding: statuses C and S of CaseFolding.txt."""
    if code == 0x130:
        return 0x69  # dotted capital I, which the simple folding leaves alone: languages that have it write i
    text = chr(code)
    folded = text.casefold()
    if len(folded) != 1:
        folded = text.lower()
    return ord(folded) if len(folded) == 1 else code


def base(code):
    """The letter without its marks; the code itself if it has none."""
    letters = unicodedata.normalize("NFD", chr(code))
    if len(letters) > 1 and all(unicodedata.category(c) == "Mn" for c in letters[1:]):
        return ord(letters[0])
    return code


boundaries, word = [], True
for code in range(0x80, END):
    if known(code) and is_word(code) != word:
        boundaries.append(code)
        word = not word

folded = [(c, fold(c) - c) for c in range(0x80, END) if fold(c) != c]
runs = []
while folded:
    first, delta = folded[0]
    step = 2 if delta == 1 else 1
    count = 1
    while count < len(folded) and folded[count] == (first + count * step, delta):
        count += 1
    runs.append((first, first + (count - 1) * step, delta))
    folded = folded[count:]

bases = [(c, base(c)) for c in range(0xC0, 0x2000) if base(c) != c and fold(c) == c and is_word(c)]


def lines(items, form, width=118):
    line = " "
    for item in items:
        text = " " + form(item) + ","
        if len(line) + len(text) > width:
            yield line
            line = " "
        line += text
    yield line


out = f"""// SPDX-License-Identifier: BSL-1.0
// Unicode {unicodedata.unidata_version}: where words begin and end, simple case folding, and letters without their marks. Written by
// tools/unicode/tables.py. Refuses to be in a program: words<> cuts out what the named scripts need, when it is compiled.
#pragma once

#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0::detail {{

// clang-format off
// From U+0080 on, each number ends a run of characters of one kind: words (categories L, M, N), then what is between
// words, then words. Characters that are not assigned belong to the run before them.
inline constexpr std::uint32_t word_boundaries[] = {{
"""
out += "\n".join(lines(boundaries, lambda c: f"0x{c:X}"))
out += """
};

// first ... last have the lower case at `delta`; every second character of them where delta is 1.
struct unicode_fold {
  std::uint32_t first, last;
  std::int32_t delta;
};
inline constexpr unicode_fold unicode_folds[] = {
"""
out += "\n".join(lines(runs, lambda r: f"{{0x{r[0]:X}, 0x{r[1]:X}, {r[2]}}}"))
out += """
};

// A letter in lower case with its marks, and without them.
struct unicode_base {
  std::uint16_t code, base;
};
inline constexpr unicode_base unicode_bases[] = {
"""
out += "\n".join(lines(bases, lambda b: f"{{0x{b[0]:X}, 0x{b[1]:X}}}"))
out += """
};
// clang-format on

}  // namespace mote::inline v0::detail
"""
sys.stdout.write(out)
sys.stderr.write(f"{len(boundaries)} boundaries, {len(runs)} runs of cases, {len(bases)} letters with marks\n")
