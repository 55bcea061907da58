#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# From mote's BM25 and analysis to those of a published run, one difference after the other: mean average precision on CACM,
# Cranfield and CISI. reference.py, which shares no line with mote, computes all of them.
#   python3 bench/recall/published.py ../shared/assets
import collections
import pathlib
import re
import sys
import tarfile

import reference

LUCENE_STOP = set("""a an and are as at be but by for if in into is it no not of on or such that the their then there these
they this to was will with""".split())
porter = reference.library.sb_stemmer_new(b"porter", b"UTF_8")


def lucene(text):
    words = [w for w in reference.words(text) if w not in LUCENE_STOP]
    return [stem(w) for w in words]


def kept_words(text):
    return [w for w in reference.words(text) if w not in reference.STOP] or reference.words(text)


def stem(word):
    text = word.encode()
    library = reference.library
    found = reference.ctypes.string_at(library.sb_stemmer_stem(porter, text, len(text)), library.sb_stemmer_length(porter))
    return found.decode()


def in_a_byte(length):
    """Lucene's lengths: 24, and what is above it in four significant bits."""
    above = length - 24
    shift = max(0, above.bit_length() - 4)
    return length if above < 16 else 24 + (above >> shift << shift)


def show(what, *args, **kw):
    judged, average = reference.mean_average_precision(*args, **kw)
    print("  %-72s %.4f  (%d queries)" % (what, average, judged), flush=True)


folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/assets") / "retrieval"

print("CACM")
documents, queries, relevant = reference.cacm(folder)
whole = {}
with tarfile.open(folder / "cacm/cacm.tar.gz") as tar:
    for member in tar:
        text = re.sub(r"</?(html|pre)>", "", tar.extractfile(member).read().decode("latin-1"))
        whole[int(re.search(r"(\d+)\.html", member.name).group(1))] = text
show("mote's: English, k1 1.2, b 0.75, no cut", documents, queries, relevant, reference.english)
show("the 33 stop words of Lucene, Porter's stemmer", documents, queries, relevant, lucene)
show("and k1 0.9, b 0.4", documents, queries, relevant, lucene, 0.9, 0.4)
show("and documents whole: what cites what is in them, as numbers", whole, queries, relevant, lucene, 0.9, 0.4)
show("and 1,000 documents a query", whole, queries, relevant, lucene, 0.9, 0.4, 1000)
show("and lengths of one byte", whole, queries, relevant, lucene, 0.9, 0.4, 1000, in_a_byte)

print("Cranfield")
documents, queries, relevant = reference.cranfield(folder)
show("mote's: English, k1 1.2, b 0.75, no cut", documents, queries, relevant, reference.english)
show("the 33 stop words of Lucene, Porter's stemmer", documents, queries, relevant, lucene)
show("and 1,000 documents a query", documents, queries, relevant, lucene, depth=1000)
every = collections.defaultdict(set)
for line in (folder / "cranfield/cranqrel.trec.txt").read_text().split("\n"):
    if line.strip():
        every[int(line.split()[0])].add(int(line.split()[2]))
show("and all 1,837 judgements, also those of grade 0", documents, queries, every, lucene, depth=1000)
show("mote's, and all 1,837 judgements", documents, queries, every, reference.english)

print("CISI")
documents, queries, relevant = reference.cisi(folder)
show("mote's: English, k1 1.2, b 0.75, no cut", documents, queries, relevant, reference.english)
show("the 33 stop words of Lucene, Porter's stemmer", documents, queries, relevant, lucene)
show("no stems, k1 1.5", documents, queries, relevant, kept_words, 1.5)
show("and 100 documents a query", documents, queries, relevant, kept_words, 1.5, depth=100)
