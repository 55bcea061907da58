#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes Unicode's data as the tables that tokenizers read: classes, lower case, canonical decompositions.

    python3 tools/unicode/make_tables.py include/mote/model

The data are those of the interpreter's `unicodedata`; the version stands in each file. Refuses to write a table that
does not read back as the data it was made of.
"""
import sys
import unicodedata

LIMIT = 0x110000
WHITE_SPACE = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
SEPARATOR, SPACE, LETTER, MARK, NUMBER, PUNCTUATION, SYMBOL, OTHER, SPACING_MARK = range(9)


def class_of(c):
    if c in WHITE_SPACE:
        return SPACE
    category = unicodedata.category(chr(c))
    if category == "Mn":
        return MARK
    return {"L": LETTER, "M": SPACING_MARK, "N": NUMBER, "P": PUNCTUATION, "S": SYMBOL, "C": OTHER,
            "Z": SEPARATOR}[category[0]]


def words(values):
    """Rows of numbers, at most 120 columns."""
    rows, row = [], "   "
    for v in values:
        text = f" {v},"
        if len(row) + len(text) > 120:
            rows.append(row)
            row = "   "
        row += text
    return "\n".join(rows + [row])


def array(name, kind, values, comment):
    values = list(values)
    return (f"// {comment}\ninline constexpr {kind} {name}[{len(values)}] = {{\n" + words(values) + "\n};\n")


def write(folder, file, what, refuses, body):
    with open(f"{folder}/{file}", "w", encoding="utf-8") as out:
        out.write(f"""// SPDX-License-Identifier: BSL-1.0
// {what}, Unicode {unicodedata.unidata_version}. Written by tools/unicode/make_tables.py.
// Refuses {refuses}
#pragma once

#include <cstdint>

namespace mote::inline v0::detail {{

// clang-format off
{body}// clang-format on

}}  // namespace mote::inline v0::detail
""")


def classes(folder):
    values = [class_of(c) for c in range(LIMIT)]
    end = 0x100 * (max(c for c in range(0xE0000) if values[c] != OTHER) // 0x100 + 1)
    marks = [c for c in range(end, LIMIT) if values[c] != OTHER]
    assert marks == list(range(marks[0], marks[-1] + 1)) and all(values[c] == MARK for c in marks)
    leaves, middles, top = {}, {}, []
    for block in range(0, end, 0x100):
        middle = []
        for at in range(block, block + 0x100, 16):
            leaf = tuple(values[at:at + 16])
            middle.append(leaves.setdefault(leaf, len(leaves)))
        top.append(middles.setdefault(tuple(middle), len(middles)))
    assert len(middles) <= 256 and len(leaves) <= 65536
    halves = []
    for leaf in leaves:
        halves += [sum(v << (4 * i) for i, v in enumerate(leaf[at:at + 8])) for at in (0, 8)]
    flat = [i for middle in middles for i in middle]
    for c in range(end):
        leaf = flat[16 * top[c >> 8] + (c >> 4 & 15)]
        assert halves[2 * leaf + (c >> 3 & 1)] >> (4 * (c & 7)) & 15 == values[c]
    body = array("class_blocks", "std::uint8_t", top, "Blocks of 256 code points: a row of class_rows.")
    body += array("class_rows", "std::uint16_t", flat, "Rows of 16: the leaf of 16 code points.")
    body += array("class_leaves", "std::uint32_t", (f"0x{v:X}U" for v in halves), "Leaves of 16 classes of 4 bits.")
    body += f"inline constexpr std::uint32_t class_end = 0x{end:X};  // above are only these marks, and unassigned ones\n"
    body += f"inline constexpr std::uint32_t late_marks_first = 0x{marks[0]:X};\n"
    body += f"inline constexpr std::uint32_t late_marks_last = 0x{marks[-1]:X};\n"
    write(folder, "unicode_classes.hpp", "The classes of characters", "to be read without model/unicode.hpp.", body)
    print(f"classes: {len(top) + 2 * len(flat) + 4 * len(halves)} bytes")


def lower(folder):
    pairs = [(c, ord(chr(c).lower()[0])) for c in range(LIMIT) if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
    pairs.append((0x130, 0x69))  # its lower case is i with a dot above
    pairs.sort()
    runs = []  # first, last, step, difference
    for c, to in pairs:
        if runs:
            first, last, step, difference = runs[-1]
            gap = c - last
            if to - c == difference and (gap == step or (first == last and gap in (1, 2))):
                runs[-1] = (first, c, gap, difference)
                continue
        runs.append((c, c, 1, to - c))
    made = {c: c + d for first, last, step, d in runs for c in range(first, last + 1, step)}
    assert made == dict(pairs)
    body = array("lower_runs", "std::uint32_t", (f"0x{first | (step - 1) << 31:X}U, 0x{(last - first) << 20 | (d & 0xFFFFF):X}U"
                 for first, last, step, d in runs), "Pairs: the first code point, bit 31 where every second one counts; "
                 "the rest of the run << 20, the difference (20 bits).")
    body = body.replace(f"lower_runs[{len(runs)}]", f"lower_runs[{2 * len(runs)}]")
    assert all(last - first < 4096 and -0x80000 <= d < 0x80000 for first, last, step, d in runs)
    write(folder, "unicode_lower.hpp", "Simple lower case", "to be read without model/unicode_fold.hpp.", body)
    print(f"lower: {8 * len(runs)} bytes")


def decompositions(folder):
    table = []
    for c in range(LIMIT):
        d = unicodedata.decomposition(chr(c))
        if d and d[0] != "<":
            parts = [int(p, 16) for p in d.split()]
            table.append((c, parts[0], parts[1] if len(parts) == 2 else 0))
    composed = []  # indices, in the order of first and second; those that NFC makes again
    for i, (c, a, b) in enumerate(table):
        if b and unicodedata.normalize("NFC", chr(a) + chr(b)) == chr(c):
            composed.append(i)
    composed.sort(key=lambda i: table[i][1:])
    ranks = [(c, unicodedata.combining(chr(c))) for c in range(LIMIT) if unicodedata.combining(chr(c))]
    runs = []
    for c, r in ranks:
        if runs and runs[-1][2] == r and runs[-1][1] + 1 == c and c - runs[-1][0] < 64:
            runs[-1] = (runs[-1][0], c, r)
        else:
            runs.append((c, c, r))
    assert all(c < 1 << 18 and a < 1 << 18 and b < 1 << 17 for c, a, b in table)
    body = array("decomposed", "std::uint64_t", (f"0x{c << 35 | a << 17 | b:X}U" for c, a, b in table),
                 "Ascending: a code point << 35, the first that it is << 17, and the second, or 0.")
    body += array("composable", "std::uint16_t", composed, "Those that compose, in the order of what they are made of.")
    write(folder, "unicode_decompositions.hpp", "Canonical decompositions",
          "to be read without model/unicode_compose.hpp.", body)
    body = array("combining_runs", "std::uint32_t", (f"0x{a << 8 | r:X}U" for a, b, r in runs),
                 "The first code point << 8, and the combining class of the run.")
    body += array("combining_lengths", "std::uint8_t", (b - a + 1 for a, b, r in runs), "Code points of that run.")
    write(folder, "unicode_combining.hpp", "Canonical combining classes",
          "to be read without model/unicode_compose.hpp.", body)
    print(f"decompositions: {8 * len(table) + 2 * len(composed)} bytes, combining classes: {5 * len(runs)} bytes")


classes(sys.argv[1])
lower(sys.argv[1])
decompositions(sys.argv[1])
