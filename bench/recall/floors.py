#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# How many texts a part of the best score leaves, and how often a right one is among them: questions of people's
# dialogues (LoCoMo: a folder of its JSON files), asked of a memory of turns around their evidence. Made bm25_knobs' `share`;
# refusing.cpp made `least`.
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
    answered = []
    for at, (turns, questions) in enumerate(memory):
        names = list(turns)
        for question, evidence, near in random.sample(questions, min(40, len(questions))):
            centre = names.index(random.choice(sorted(evidence)))
            first = max(0, min(centre - random.randrange(size), len(names) - size))
            texts = {n: turns[n] for n in names[first : first + size]}
            if not near:
                answered.append((best_two(texts, question), evidence))
    print(f"{size} texts")
    for share in (0.0, 0.3, 0.5, 0.7, 0.9):
        kept = [([n for n, s in two if s >= share * two[0][1]], evidence) for two, evidence in answered]
        hit = sum(any(n in evidence for n in names) for names, evidence in kept) / len(kept)
        print(f"  share {share:.1f}: {sum(len(n) for n, _ in kept) / len(kept):.2f} texts, right one in {100 * hit:.1f} %")
