#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# bm25<> over many texts beside SQLite's FTS5 (unicode61 and Porter, in memory), one after the other, three times, one
# thread: queries a second for the five best, texts added a second, bytes. Both are asked for the questions' words without
# stop words, any of them.
# Refuses to be part of the tests: it needs texts, a line each, and questions.
#   python3 bench/recall/fts5.py TEXTS QUESTIONS 10000 100000
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import reference

root = pathlib.Path(__file__).resolve().parents[2]
texts = pathlib.Path(sys.argv[1]).read_text().split("\n")
questions = [q for q in pathlib.Path(sys.argv[2]).read_text().split("\n") if q]
match = [" OR ".join(f'"{w}"' for w in [w for w in reference.words(q) if w not in reference.STOP] or reference.words(q))
         for q in questions]


def fts5(some):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61')")
    start = time.perf_counter()
    with db:
        db.executemany("INSERT INTO t VALUES (?)", ((x,) for x in some))
    added = time.perf_counter() - start
    db.execute("INSERT INTO t(t) VALUES ('optimize')")
    start = time.perf_counter()
    found = sum(len(db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 5", (m,)).fetchall()) for m in match)
    asked = time.perf_counter() - start
    size = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
    print(f"FTS5 {sqlite3.sqlite_version}: {len(some)} texts, {size} bytes, add {len(some) / added:.0f}/s, "
          f"{len(match) / asked:.0f} queries/s, {found} found", flush=True)


with tempfile.TemporaryDirectory() as work:
    for count in map(int, sys.argv[3:]):
        some = texts[:count]
        (pathlib.Path(work) / "texts").write_text("\n".join(some) + "\n")
        (pathlib.Path(work) / "questions").write_text("\n".join(questions) + "\n")
        mean = sum(len(t.encode()) for t in some) // count + 1
        program = f"{work}/many_texts_{count}"
        subprocess.run(["g++", "-std=c++23", "-O3", "-march=native", "-ffp-contract=off", "-mcmodel=large", f"-DITEMS={count}",
                        f"-DITEM_BYTES={mean}", f"-I{root}/include", f"-isystem{root}/build/deps/usr/include",
                        f"{root}/bench/recall/many_texts.cpp", "-o", program],
                       check=True)
        for turn in range(3):
            fts5(some)
            subprocess.run([program, f"{work}/texts", f"{work}/questions"] + (["20"] if turn == 0 else []), check=True)
