#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The rows of bench/parity.sh: how far mote, llama.cpp and the definition lie from one another, and whether they say the same.

  table.py FOLDER FAMILY       reads FAMILY.{tokens,spoken,mote,llama,definition,definition32,...}; a file that is not there is a dash

Relative error: of each position |a - b| / |b| over its logits; the largest of all positions.
Exit code 1: mote lies further than 1e-4 from the definition, or says another of the 64 tokens.
Refuses to average: the worst position is what is shown.
"""
import pathlib
import sys

import numpy


def load(folder, name, kind, width):
    path = folder / ("%s.%s" % (name, kind))
    if not path.exists():
        return None
    return numpy.fromfile(path, numpy.float64 if "definition" in kind else numpy.float32).astype(numpy.float64).reshape(-1, width)


def error(a, b):
    if a is None or b is None:
        return None
    return float((numpy.linalg.norm(a - b, axis=1) / numpy.linalg.norm(b, axis=1)).max())


def agree(a, b):
    if a is None or b is None:
        return "-"
    same = int((a.argmax(1) == b.argmax(1)).sum())
    return "%d of %d" % (same, len(a))


def shown(x):
    return "-" if x is None else "%.1e" % x


def main():
    folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    encodes = name == "bert"
    width = 128 if encodes else 384
    mote, llama, exact = (load(folder, name, kind, width) for kind in ("mote", "llama", "definition"))
    said = {}
    if not encodes:
        spoken = numpy.fromfile(folder / (name + ".spoken"), numpy.int32)
        begin = len(spoken) - 64
        for kind in ("llama", "definition"):
            logits = load(folder, name, kind + "_spoken", width)
            if logits is not None:
                said[kind] = int((logits.argmax(1)[begin - 1:-1] == spoken[begin:]).sum())
    single = load(folder, name, "definition32", width)
    row = [name, shown(error(mote, exact)), shown(error(single, exact)), shown(error(llama, exact)), shown(error(mote, llama))]
    row += ["-" if encodes else agree(mote, exact), "-" if encodes else agree(mote, llama)]
    row += ["-" if said.get(kind) is None else "equal" if said[kind] == 64 else "%d of 64" % said[kind]
            for kind in ("definition", "llama")]
    print("| " + " | ".join(row) + " |")
    off = error(mote, exact if exact is not None else llama)
    if off is None or off > 1e-4 or said.get("definition", 64) != 64:
        sys.exit(1)


if __name__ == "__main__":
    main()
