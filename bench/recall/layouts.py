#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# How an item should lie in memory: the newest turns of people's dialogues (LoCoMo: a folder of its JSON files) that a
# budget holds, by what an item takes, and how often BM25 finds a right turn among the first 1, 2, 5 of them.
# Refuses to be part of the tests: the dialogues are not the project's.
#   python3 bench/recall/layouts.py FOLDER
import collections
import functools
import math
import pathlib
import re
import sys

import dialogues
import reference

K1, B = 1.2, 0.75


@functools.cache
def terms_of(text):
    return tuple(reference.english(text))


def size(text):
    return len(text.encode())


def pieces(text, most_bytes, most_terms):
    """Whole sentences as long as they fit, words of a sentence that does not."""
    def fits(t):
        return size(t) <= most_bytes and len(set(terms_of(t))) <= most_terms

    piece = ""
    for sentence in re.findall(r"[^.!?]*[.!?]+\s*|[^.!?]+$", text):
        for part in [sentence] if fits(sentence) else re.findall(r"\S+\s*", sentence):
            if piece and not fits(piece + part):
                yield piece
                piece = ""
            piece += part
    if piece:
        yield piece


def fixed(most_bytes, most_terms):
    return lambda text: [(text, most_bytes + 5 * most_terms + 12)] if size(text) <= most_bytes and len(
        set(terms_of(text))) <= most_terms else []


def fixed_pieces(most_bytes, most_terms):
    return lambda text: [(p, most_bytes + 5 * most_terms + 14) for p in pieces(text, most_bytes, most_terms)]


def needed(bytes_a_term, bytes_an_item):
    return lambda text: [(text, size(text) + bytes_a_term * len(terms_of(text)) + bytes_an_item)]


def needed_pieces(bytes_a_term, bytes_an_item, most_bytes):
    return lambda text: [(p, size(p) + bytes_a_term * len(terms_of(p)) + bytes_an_item)
                         for p in pieces(text, most_bytes, 9999)]


def found(memory, items_of, budget):
    hits, asked = [0, 0, 0], 0
    for turns, questions in memory:
        left, kept = budget, []
        for name, text in reversed(turns.items()):
            for item, cost in reversed([i for i in items_of(text) if terms_of(i[0])]):
                left -= cost
                if left >= 0:
                    kept.append((name, collections.Counter(terms_of(item))))
            if left < 0:
                break
        kept.reverse()
        length = [sum(count.values()) for _, count in kept]
        average = sum(length) / len(length)
        postings = collections.defaultdict(list)
        for i, (_, count) in enumerate(kept):
            for term, tf in count.items():
                postings[term].append((i, tf))
        for question, evidence, _ in questions:
            scores = collections.Counter()
            for term in terms_of(question):
                having = postings.get(term, ())
                weight = math.log(1 + (len(kept) - len(having) + 0.5) / (len(having) + 0.5))
                for i, tf in having:
                    scores[i] += weight * tf / (tf + K1 * (1 - B + B * length[i] / average))
            best = sorted(scores, key=lambda i: (-scores[i], -i))
            asked += 1
            for at, depth in enumerate((1, 2, 5)):
                hits[at] += any(kept[i][0] in evidence for i in best[:depth])
    return asked, [100 * h / asked for h in hits]


kinds = {
    "96 bytes, 24 words, others refused": fixed(96, 24),
    "512 bytes, 64 words, others refused": fixed(512, 64),
    "96 bytes, 24 words, in pieces": fixed_pieces(96, 24),
    "what it needs, 5 bytes a word": needed(5, 16),
    "what it needs, 4 bytes a word": needed(4, 16),
    "what it needs, 2 bytes a word": needed(2, 16),
    "what it needs, no word": needed(0, 12),
    "pieces of 192 bytes, 4 bytes a word": needed_pieces(4, 16, 192),
}
memory = list(dialogues.read(pathlib.Path(sys.argv[1])))
for budget in (16, 64, 256):
    for kind, items_of in kinds.items():
        asked, hits = found(memory, items_of, budget * 1024)
        print(f"{budget:3} KB, {kind:36} {hits[0]:4.1f} {hits[1]:4.1f} {hits[2]:4.1f} % of {asked}", flush=True)
