#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What is refused, by the part of right texts that is lost: refusing_plot.py TEXTS <refusing's output >OUT.svg. One panel a
# retriever, one line a kind of question; a point for each floor, halves averaged.
# Refuses floors that keep everything: their points are where the axes meet.
import re
import sys

size = sys.argv[1]
panels, panel = [], None
for line in sys.stdin:
    head = re.match(r"(\S+) +(\d+) texts: .*", line)
    if head:
        panel = {} if head[2] == size else None
        if panel is not None:
            panels.append((head[1], panel, dict(re.findall(r"(\w+) [\d.]+ % \(([\d.]+)\)", line))))
    elif panel is not None:
        lost = [float(n) for n in re.match(r" +\S+ loses +([\d.]+) +([\d.]+) %", line).groups()]
        for kind, a, b in re.findall(r"(\w+) +([\d.]+) +([\d.]+) %", line.split(";")[1]):
            panel.setdefault(kind, []).append((sum(lost) / 2, (float(a) + float(b)) / 2))

colours = {"far": "#1f6fb2", "foreign": "#2a8a4a", "removed": "#c2571a", "near": "#8a4a9c"}
side, left, top, gap = 210, 46, 40, 40
width, height = left + len(panels) * (side + gap), top + side + 90
out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="12">']
out.append(f'<rect width="{width}" height="{height}" fill="white"/>')
out.append(f'<text x="8" y="16" fill="#444444">questions that find nothing, %, among {size} texts</text>')
for at, (name, lines, areas) in enumerate(panels):
    x0 = left + at * (side + gap)
    x = lambda lost: x0 + side * min(lost, 50) / 50
    y = lambda refused: top + side * (1 - refused / 100)
    for tick in (0, 25, 50, 75, 100):
        out.append(f'<path d="M{x0} {y(tick):.1f}H{x0 + side}" stroke="#dddddd"/>')
        if at == 0:
            out.append(f'<text x="{x0 - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#444444">{tick}</text>')
    for tick in (0, 10, 20, 30, 40, 50):
        out.append(f'<text x="{x(tick):.1f}" y="{top + side + 16}" text-anchor="middle" fill="#444444">{tick}</text>')
    out.append(f'<path d="M{x(3):.1f} {top}V{top + side}" stroke="#999999" stroke-dasharray="3 3"/>')
    out.append(f'<text x="{x0 + side / 2}" y="{top + side + 34}" text-anchor="middle" fill="#444444">right texts lost, %</text>')
    shown = "bm25&lt;&gt;" if name == "bm25" else {"flat": "flat&lt;&gt;, runs of 4", "ngrams": "ngrams&lt;&gt;"}[name]
    out.append(f'<text x="{x0 + side / 2}" y="{top - 8}" text-anchor="middle" fill="#222222">{shown}</text>')
    for kind, points in lines.items():
        inside = [p for p in sorted(points) if p[0] <= 50]
        text = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in inside)
        out.append(f'<polyline fill="none" stroke-width="2" stroke="{colours[kind]}" points="{text}"/>')
for n, kind in enumerate(colours):
    cells = ", ".join(areas[kind] for _, _, areas in panels)
    out.append(f'<text x="{left + n * (width - left) / 4:.0f}" y="{top + side + 58}" fill="{colours[kind]}">{kind}</text>')
    out.append(f'<text x="{left + n * (width - left) / 4:.0f}" y="{top + side + 74}" fill="#444444">{cells}</text>')
out.append("</svg>")
print("\n".join(out))
