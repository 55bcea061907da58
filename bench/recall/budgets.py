#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# How often each retriever finds a right text among the first 1, 2, 5, in 16 KB, 64 KB, 256 KB and 4 MB, for each set that
# dialogues.py and sets.py print: compiles retrievers.cpp for each budget and each size of texts, and prints its lines; of
# these makes tables and a plot. Of XQuAD each fourth question is asked: words of long texts take minutes.
# Refuses to be part of the tests: the texts are not the project's.
#   python3 bench/recall/budgets.py FOLDER >LINES      FOLDER: locomo.txt xquad.en.txt cranfield.txt ...
#   python3 bench/recall/budgets.py --show LINES OUT.svg >TABLES.md
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
sets = {"locomo": 131, "xquad.en": 850, "xquad.de": 850, "xquad.es": 850, "xquad.zh": 850, "cranfield": 80, "cacm": 58,
        "cisi": 58}  # bytes of a text, on average
budgets = (16, 64, 256, 4096)
shown = {"bm25, every hit": "`bm25<>` without floors", "bm25": "`bm25<>`", "the same, bm25's floors": "`fuse<bm25<>, ngrams<>>`",
         "ngrams": "`ngrams<>`", "flat, 256, 4-grams": "`flat<>`, runs of 4",
         "binary, 256, 4-grams": "`binary<>`, runs of 4", "hnsw, 256, 4-grams": "`hnsw<>`", "ivf, 256, 4-grams": "`ivf<>`, half of the lists"}
if sys.argv[1] != "--show":
    with tempfile.TemporaryDirectory() as work:
        for mean in sorted(set(sets.values())):
            for budget in budgets:
                program = f"{work}/retrievers"
                subprocess.run(["g++", "-std=c++23", "-O2", "-march=x86-64-v3", "-ffp-contract=off", f"-DBUDGET={budget}",
                                f"-DMEAN_BYTES={mean}", f"-DEVERY={4 if mean > 500 else 1}", f"-I{root}/include",
                                f"-isystem{root}/build/deps/usr/include", f"{root}/bench/recall/retrievers.cpp", "-o", program],
                               check=True)
                for name in (s for s in sets if sets[s] == mean):
                    print(name, flush=True)
                    subprocess.run([program, f"{sys.argv[1]}/{name}.txt"], check=True)
    sys.exit()
found = collections.defaultdict(dict)  # (set, budget) -> {retriever: (items, 1, 2, 5)}
for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
    m = re.match(r" *(\d+) KB  (.+?) +(\d+) items +([\d.]+) +([\d.]+) +([\d.]+)", line)
    if m:
        found[name, int(m[1])][m[2]] = (int(m[3]), *map(float, m.groups()[3:]))
    elif line in sets:
        name = line
plot = pathlib.Path(sys.argv[3])
for name in sets:
    print(f"\n| {name} | " + " | ".join(f"{b} KB" if b < 1024 else f"{b // 1024} MB" for b in budgets) + " |\n|---|" + "---|" * len(budgets))
    for key, text in shown.items():
        print(f"| {text} | " + " | ".join("{1:.1f} / {2:.1f} / {3:.1f} %".format(*found[name, b][key]) for b in budgets) + " |")

colours = {"the same, bm25's floors": "#1f6fb2", "bm25": "#2a8a4a", "ngrams": "#c2571a", "binary, 256, 4-grams": "#8a4a9c",
           "flat, 256, 4-grams": "#777777"}
side, left, top, gap, down = 180, 44, 46, 56, 62
out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + 4 * (side + gap)} {top + 2 * (side + down) + 22}" '
       f'width="{left + 4 * (side + gap)}" height="{top + 2 * (side + down) + 22}" font-family="sans-serif" font-size="12">',
       '<rect width="100%" height="100%" fill="white"/>',
       '<text x="8" y="16" fill="#444444">questions with a right text among the first two, %, by bytes of memory</text>']
for at, name in enumerate(sets):
    x0, y0 = left + at % 4 * (side + gap), top + at // 4 * (side + down)
    x = lambda b: x0 + side * budgets.index(b) / (len(budgets) - 1)
    y = lambda share: y0 + side * (1 - share / 100)
    out.append(f'<text x="{x0 + side / 2}" y="{y0 - 8}" text-anchor="middle" fill="#222222">{name}</text>')
    for tick in (0, 25, 50, 75, 100):
        out.append(f'<path d="M{x0} {y(tick):.1f}H{x0 + side}" stroke="#dddddd"/>')
        if at % 4 == 0:
            out.append(f'<text x="{x0 - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#444444">{tick}</text>')
    for b in budgets:
        out.append(f'<text x="{x(b):.1f}" y="{y0 + side + 16}" text-anchor="middle" fill="#444444">'
                   + (f"{b} KB" if b < 1024 else f"{b // 1024} MB") + "</text>")
    for key, colour in reversed(colours.items()):
        points = " ".join(f"{x(b):.1f},{y(found[name, b][key][2]):.1f}" for b in budgets)
        out.append(f'<polyline fill="none" stroke-width="2" stroke="{colour}" points="{points}"/>')
names = {"the same, bm25's floors": "fuse&lt;bm25&lt;&gt;, ngrams&lt;&gt;&gt;"}
for n, (key, colour) in enumerate(colours.items()):
    text = names.get(key, key.split(",")[0] + "&lt;&gt;")
    out.append(f'<text x="{left + (n + (n > 0)) * (4 * (side + gap)) / 6:.0f}" y="{top + 2 * (side + down) + 8}" fill="{colour}">{text}</text>')
out.append("</svg>")
plot.write_text("\n".join(out) + "\n")
