#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# BM25 with the English analysis, a second time: Python's Unicode, Debian's libstemmer, dictionaries. Prints the mean
# average precision that tests/recall/english.cpp compares with.
# Refuses to be part of the tests: it needs the collections and libstemmer.
#   python3 bench/recall/reference.py ../shared/assets
import collections
import ctypes
import math
import pathlib
import re
import sys
import tarfile

STOP = """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
it its itself they them their theirs themselves what which who whom this that these those am is are was were be been
being have has had having do does did doing would should could ought a an the and but if or because as until while of at
by for with about against between into through during before after above below to from up down in out on off over under
again further then once here there when where why how all any both each few more most other some such no nor not only own
same so than too very s t d m ll re ve don isn aren wasn weren hasn haven hadn doesn didn won wouldn shan shouldn can
cannot couldn mustn let""".split()

library = ctypes.CDLL("libstemmer.so.0d")
library.sb_stemmer_new.restype = ctypes.c_void_p
library.sb_stemmer_new.argtypes = [ctypes.c_char_p] * 2
library.sb_stemmer_stem.restype = ctypes.c_void_p
library.sb_stemmer_stem.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
library.sb_stemmer_length.argtypes = [ctypes.c_void_p]
stemmer = library.sb_stemmer_new(b"english", b"UTF_8")


def stem(word):
    text = word.encode()
    return ctypes.string_at(library.sb_stemmer_stem(stemmer, text, len(text)), library.sb_stemmer_length(stemmer)).decode()


def words(text):
    return re.findall(r"[^\W_]+", re.sub(r"(?<=\w)['\u2019]s\b", "", text.lower()))


def english(text):
    all_words = words(text)
    kept = [w for w in all_words if w not in STOP] or all_words
    return [stem(w) for w in kept]


def cacm(folder):
    documents = {}
    with tarfile.open(folder / "cacm/cacm.tar.gz") as tar:
        for member in tar:
            text = re.sub(r"</?(html|pre)>", "", tar.extractfile(member).read().decode("latin-1"))
            number = int(re.search(r"(\d+)\.html", member.name).group(1))
            documents[number] = re.split(r"\n\d+\t\d+\t\d+", text)[0]  # what cites what
    queries = {}
    for topic in re.findall(r"<DOC>(.*?)</DOC>", (folder / "cacm/topics.cacm.txt").read_text(), re.S):
        number = re.search(r"<DOCNO>\s*(\d+)\s*</DOCNO>", topic)
        queries[int(number.group(1))] = topic[number.end():]
    relevant = collections.defaultdict(set)
    for line in (folder / "cacm/qrels.cacm.txt").read_text().split("\n"):
        if line.strip():
            query, _, document, grade = line.split()
            if int(grade) > 0:
                relevant[int(query)].add(int(document.split("-")[1]))
    return documents, queries, relevant


def cranfield(folder):
    text = (folder / "cranfield/cran.all.1400.xml").read_text("latin-1")
    documents = {}
    for d in re.findall(r"<doc>(.*?)</doc>", text, re.S):
        documents[int(re.search(r"<docno>\s*(\d+)", d).group(1))] = re.search(r"<text>(.*?)</text>", d, re.S).group(1)
    titles = re.findall(r"<title>(.*?)</title>", (folder / "cranfield/cran.qry.xml").read_text("latin-1"), re.S)
    relevant = collections.defaultdict(set)
    for line in (folder / "cranfield/cranqrel.trec.txt").read_text().split("\n"):
        if line.strip():
            query, _, document, grade = line.split()
            if int(grade) > 0:
                relevant[int(query)].add(int(document))
    return documents, {i + 1: t for i, t in enumerate(titles)}, relevant


def cisi(folder):
    def items(name):
        for part in re.split(r"^\.I ", (folder / "cisi" / name).read_text(), flags=re.M)[1:]:
            yield int(part.split()[0]), dict(re.findall(r"^\.([A-Z])[ \t]*\n(.*?)(?=^\.[A-Z]|\Z)", part, re.S | re.M))

    documents = {n: fields.get("T", "") + "\n" + fields.get("W", "") for n, fields in items("CISI.ALL")}
    queries = {n: fields.get("W", "") for n, fields in items("CISI.QRY")}
    relevant = collections.defaultdict(set)
    for line in (folder / "cisi/CISI.REL").read_text().split("\n"):
        if line.strip():
            relevant[int(line.split()[0])].add(int(line.split()[1]))
    return documents, queries, relevant


def mean_average_precision(documents, queries, relevant, analysis, k1=1.2, b=0.75, depth=None,
                           kept=lambda length: length):
    """depth: documents a query, all if None. kept: a length as an index keeps it."""
    postings, length = collections.defaultdict(collections.Counter), {}
    for number, text in documents.items():
        terms = analysis(text)
        if not terms:
            continue
        length[number] = len(terms)
        for t in terms:
            postings[t][number] += 1
    average = sum(length.values()) / len(length)
    total = judged = 0
    for query, text in queries.items():
        if not relevant.get(query):
            continue
        scores = collections.Counter()
        for t in analysis(text):
            having = postings.get(t, {})
            weight = math.log(1 + (len(length) - len(having) + 0.5) / (len(having) + 0.5))
            for number, tf in having.items():
                scores[number] += weight * tf / (tf + k1 * (1 - b + b * kept(length[number]) / average))
        right = precision = 0
        for rank, number in enumerate(sorted(scores, key=lambda n: (-scores[n], -n))[:depth]):
            if number in relevant[query]:
                right += 1
                precision += right / (rank + 1)
        total += precision / len(relevant[query])
        judged += 1
    return judged, total / judged


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/assets") / "retrieval"
    for name, read in {"CACM": cacm, "Cranfield": cranfield, "CISI": cisi}.items():
        collection = read(folder)
        for kind, analysis in {"words": words, "English": english}.items():
            print("%-9s %-8s %3d queries, MAP %.4f" % (name, kind, *mean_average_precision(*collection, analysis)))
