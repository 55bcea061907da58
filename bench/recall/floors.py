#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What a floor of BM25's scores loses and keeps out: questions of people's dialogues (LoCoMo: a folder of its JSON files),
# asked of a memory of turns around their evidence, and of one of another dialogue. Made bm25_knobs' `least` and `share`.
# Refuses to be part of the tests: the dialogues are not the project's.
#   python3 bench/recall/floors.py FOLDER
import collections
import functools
import math
import pathlib
import random
import sys

import dialogues
import reference

K1, B = 1.2, 0.75
terms_of = functools.cache(reference.english)


def best_two(texts, question):
    """The two best texts with their share of what the question is worth."""
    counts = {name: collections.Counter(terms_of(text)) for name, text in texts.items()}
    average = sum(sum(c.values()) for c in counts.values()) / len(counts)
    worth, scores = 0.0, collections.Counter()
    for term in terms_of(question):
        having = [n for n, c in counts.items() if term in c]
        n = max(1, len(having))
        weight = math.log(1 + (len(counts) - n + 0.5) / (n + 0.5))
        worth += weight
        for name in having:
            tf, length = counts[name][term], sum(counts[name].values())
            scores[name] += weight * tf / (tf + K1 * (1 - B + B * length / average))
    return [(name, score / worth) for name, score in scores.most_common(2)]


random.seed(1)
memory = list(dialogues.read(pathlib.Path(sys.argv[1])))
for size in (8, 30, 64, 500):
    answered, far = [], []
    for at, (turns, questions) in enumerate(memory):
        names = list(turns)
        for question, evidence, near in random.sample(questions, min(40, len(questions))):
            centre = names.index(random.choice(sorted(evidence)))
            first = max(0, min(centre - random.randrange(size), len(names) - size))
            texts = {n: turns[n] for n in names[first : first + size]}
            other = random.choice(memory[(at + 1 + random.randrange(len(memory) - 1)) % len(memory)][1])
            far.append(best_two(texts, other[0]))
            if not near:
                answered.append((best_two(texts, question), evidence))
    found = [max(s for n, s in two if n in evidence) for two, evidence in answered if any(n in evidence for n, _ in two)]
    print(f"{size} texts: right turn among two in {len(found)} of {len(answered)}")
    for floor in (0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.12):
        lost = sum(s < floor for s in found) / len(found)
        refused = sum(not two or two[0][1] < floor for two in far) / len(far)
        print(f"  least {floor:.2f}: {100 * lost:4.1f} % lost, {100 * refused:3.0f} % of other dialogues' find nothing")
    for share in (0.0, 0.3, 0.5, 0.7, 0.9):
        kept = [([n for n, s in two if s >= share * two[0][1]], evidence) for two, evidence in answered]
        hit = sum(any(n in evidence for n in names) for names, evidence in kept) / len(kept)
        print(f"  share {share:.1f}: {sum(len(n) for n, _ in kept) / len(kept):.2f} texts, right one in {100 * hit:.1f} %")
